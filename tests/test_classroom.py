"""Exercises: one copy for book and class, checks that name each mistake, and grades."""

import ast
import csv
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audiogan_lib import classroom, commands
from audiogan_lib.classroom import kernel
from audiogan_lib.classroom.grading import handed_in, own_code
from audiogan_lib.classroom.sheets import ANSWER, code_of, python_of, read_cells, source_of

ROOT = Path(__file__).resolve().parents[1]
SHEETS = sorted((ROOT / "exercises").glob("*.ipynb"))

#: Those whose set-up or solutions train; once a week they are tried as well (see the Makefile).
LONG = {"03", "04", "07", "11", "13", "14", "15", "16"}

#: Exercises in which there is nothing to guess: each answer is a function, or an array.
HALF = """def check_half(number, why):
    assert number != 2, "Turned round."
    assert number == limit / 2, "Divide it by two."
    assert why == "halved", "Why?"
    print("Right.")"""
SQUARES = """def check_squares(squares):
    assert squares(3) != 6, "That is doubled."
    assert squares(3) == 9, "Multiply it by itself."
    print("Right.")"""
SOLVED = 'halved = limit / 2\ncheck_half(halved, why="halved")'
SQUARED = "def squares(number):\n    return number * number\n\n\ncheck_squares(squares)"
TINY = [
    "# Exercises: small ones",
    ("try:\n    import audiogan_lib\nexcept ModuleNotFoundError:\n    %pip install audiogan_lib",),
    ("from audiogan_lib.classroom import mistake",),
    "## Set-up",
    ("limit = 1.0",),
    "## Exercises\n\nTwo.",
    "### Exercise: Half",
    "```{exercise} Half\n:label: ex-half\n\nHalve the `limit` of {eq}`tiny-limit`, "
    "{cite}`one2020`.\n```",
    (HALF,),
    "#### Solution",
    "```{solution} ex-half\n:class: dropdown\n\nOne half.\n```",
    (SOLVED,),
    "#### Hint",
    "It is less than one.",
    "#### Typical mistakes",
    ('mistake("Turned round", check_half, 2, "halved")',),
    "### Exercise: Squares",
    "```{exercise} Squares\n:label: ex-squares\n\nWrite a function that squares. "
    "{eq}`tiny-square` has one.\n```",
    (SQUARES,),
    "#### Solution",
    (SQUARED,),
    "#### Hint",
    "It is one product.",
    "#### Typical mistakes",
    ('mistake("doubled", check_squares, lambda number: 2 * number)',),
]


def write(path, cells):
    """Write a notebook: strings are text, strings in a tuple code."""
    stored = []
    for place, cell in enumerate(cells):
        kind, source = ("markdown", cell) if isinstance(cell, str) else ("code", cell[0])
        stored.append({"cell_type": kind, "id": f"c{place}", "metadata": {}, "source": source})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": stored, "metadata": {}, "nbformat": 4}), "utf-8")
    return path


@pytest.fixture
def tiny(tmp_path):
    return write(tmp_path / "exercises" / "tiny.ipynb", TINY)


def run(cells, names):
    """Run cells of code in this process."""
    for source in code_of(cells):
        exec(compile(python_of(source), source[:40], "exec"), names)  # noqa: S102


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_solutions_score_everything_and_a_mistake_loses_its_own_point(path, tmp_path):
    if path.stem[:2] in LONG and not os.environ.get("AUDIOGAN_LONG"):
        pytest.skip("trains; `make exercises` tries it")
    sheet, names = classroom.read_sheet(path), {"__name__": "sheet"}
    run([*sheet.front, *sheet.setup, *sheet.shared], names)
    for exercise in sheet.exercises:
        run(exercise.parts["given"], names)
    seen = tmp_path / "seen.json"
    checks = [exercise.check for exercise in sheet.exercises]
    classroom.Witness(names, checks, seen)
    names["mistake"] = classroom.mistake
    for exercise in sheet.exercises:
        run(exercise.parts["solution"], names)
        before = json.loads(seen.read_text())
        assert before.pop(exercise.check) == {"solved": True, "says": ""}
        for statement in ast.parse("\n".join(code_of(exercise.parts["mistakes"]))).body:
            run([{"cell_type": "code", "source": ast.unparse(statement)}], names)
            after = json.loads(seen.read_text())
            ours = after.pop(exercise.check)
            assert after == before
        assert not ours["solved"]
        assert ours["says"]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_each_exercise_has_three_mistakes_that_are_told_apart(path):
    for exercise in classroom.read_sheet(path).exercises:
        sentences = [
            ast.literal_eval(node.args[0])
            for source in code_of(exercise.parts["mistakes"])
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "mistake"
        ]
        assert len(sentences) >= 3, exercise.title


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_the_book_has_the_exercises_of_the_instructors_notebook(path, tmp_path):
    chapter = shutil.copy(ROOT / "book" / path.name, tmp_path)
    assert not classroom.insert(path, chapter), "run: python -m audiogan_lib class insert"
    assert code_of(read_cells(path))[0] == code_of(read_cells(chapter))[0]  # installs the library


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.stem)
def test_what_the_set_up_defines_is_what_the_chapter_defines(path):
    def defined(cells):
        bodies = [ast.parse(python_of(source)).body for source in code_of(cells)]
        kinds = (ast.FunctionDef, ast.ClassDef)
        found = [node for body in bodies for node in body if isinstance(node, kinds)]
        return {node.name: ast.dump(node) for node in found}

    ours = defined(classroom.read_sheet(path).setup)
    theirs = defined(read_cells(ROOT / "book" / path.name))
    assert {name: ours[name] for name in ours if ours[name] != theirs[name]} == {}


def test_the_primer_and_every_chapter_from_2_to_16_have_exercises():
    names = {path.name for path in (ROOT / "book").glob("*.ipynb")}
    asked = {name for name in names if name == "primer.ipynb" or "02" <= name[:2] <= "16"}
    assert {path.name for path in SHEETS} >= asked


def test_what_students_get_has_no_solution_and_a_blank_for_each_answer(tmp_path):
    written = classroom.release(ROOT / "exercises", tmp_path)
    assert [path.name for path in written] == [path.name for path in SHEETS]
    for path, source in zip(written, SHEETS, strict=True):
        sheet, given = classroom.read_sheet(source), classroom.read_sheet(path)
        text = path.read_text("utf-8")
        assert "{solution" not in text
        assert "mistake(" not in text
        assert "```{exercise}" not in text
        assert [exercise.title for exercise in given.exercises] == [
            exercise.title for exercise in sheet.exercises
        ]
        assert given.given() == sheet.given()
        for ours, theirs in zip(sheet.exercises, given.exercises, strict=True):
            (answer,) = code_of(theirs.parts["answer"])
            assert answer.startswith(ANSWER)
            call = ast.parse(answer).body[0].value
            assert call.func.id == ours.check
            values = [*call.args, *(keyword.value for keyword in call.keywords)]
            assert {ast.unparse(value) for value in values} == {"..."}
            texts = [source_of(cell) for cell in theirs.parts["given"]]
            assert any(text.startswith("<details><summary>Hint</summary>") for text in texts)


def test_a_release_is_plain_markdown_with_links_to_the_book(tiny, tmp_path):
    (path,) = classroom.release(tiny.parent, tmp_path / "out")
    cells = [source_of(cell) for cell in json.loads(path.read_text("utf-8"))["cells"]]
    task = next(cell for cell in cells if cell.startswith("Halve"))
    assert task.startswith("Halve the `limit` of [this equation](https://")
    assert task.endswith("book/tiny.html#equation-tiny-limit), (One 2020).")
    task = next(cell for cell in cells if cell.startswith("Write a"))
    assert "squares. [This equation](https://" in task
    assert any(cell.endswith("check_half(number=..., why=...)") for cell in cells)


ANSWERS = {
    "right": [SOLVED, SQUARED],
    "wrong": ['check_half(2, "halved")', "check_squares(lambda n: n + n)"],
    "half": ['check_half(0.5, "halved")', "check_squares(squares=...)"],
    "forged": [
        'def check_half(*answers):\n    print("Right.")\n\n\ncheck_half(7, "guessed")',
        "limit = 14.0\ncheck_half(7, 'halved')",
        "check_squares = print",
        "check_squares(lambda n: n ** 2)",
    ],
    "loop": [SOLVED, "while True:\n    pass", SQUARED],
    "crash": [SOLVED, "import os\n\nos._exit(3)", SQUARED],
    "typo": ["check_half(0.5 'halved'", "raise ValueError", SQUARED],
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Thirty students' folders, graded at once."""
    folder = tmp_path_factory.mktemp("class")
    tiny = write(folder / "exercises" / "tiny.ipynb", TINY)
    (release,) = classroom.release(tiny.parent, folder / "release")
    blank = [
        (source_of(cell),) if cell["cell_type"] == "code" else source_of(cell)
        for cell in read_cells(release)
        if not source_of(cell).startswith(ANSWER)
    ]
    names = [*ANSWERS, *(f"right-{number:02}" for number in range(20))]
    for name in names:
        answers = [(answer,) for answer in ANSWERS[name.partition("-")[0]]]
        write(folder / "in" / name / "tiny (1).ipynb", [*blank, *answers])
    (folder / "in" / "damaged").mkdir()
    (folder / "in" / "damaged" / "tiny.ipynb").write_text(release.read_text("utf-8")[:900])
    (folder / "in" / "absent").mkdir()
    shutil.copytree(folder / "release", folder / "in" / "empty")
    assert len(list((folder / "in").iterdir())) == 30
    papers = classroom.grade(
        folder / "in", folder / "out", tiny.parent, seconds=8, tell=lambda line: None
    )
    return folder / "out", {paper.student: paper for paper in papers}


def points(paper):
    return [verdict.solved for verdict in paper.verdicts.values()]


def test_a_class_is_graded_though_one_loops_one_crashes_and_one_file_is_damaged(graded):
    _, papers = graded
    assert {student: points(papers[student]) for student in [*ANSWERS, "damaged", "empty"]} == {
        "right": [True, True],
        "wrong": [False, False],
        "half": [True, False],
        "forged": [False, True],
        "loop": [True, False],
        "crash": [True, False],
        "typo": [False, True],
        "damaged": [False, False],
        "empty": [False, False],
    }
    assert "a loop" in papers["loop"].remarks[0]
    assert "kernel died" in papers["crash"].remarks[0]
    assert "damaged" in papers["damaged"].remarks[0]
    assert papers["absent"].remarks == ["Not handed in."]


def test_the_sentences_of_the_checks_reach_the_student(graded):
    out, papers = graded
    assert [verdict.says for verdict in papers["wrong"].verdicts.values()] == [
        "Turned round.",
        "That is doubled.",
    ]
    page = (out / "feedback" / "wrong.html").read_text("utf-8")
    assert "Turned round." in page
    assert "0 of 2 exercises solved" in page


def test_changed_checks_are_named_and_the_originals_count(graded):
    (remark,) = graded[1]["forged"].remarks
    assert "check_half, check_squares" in remark
    assert graded[1]["forged"].verdicts["Half"].says == "Divide it by two."


def test_the_table_has_a_row_a_student_and_equal_answers_are_listed(graded):
    out, papers = graded
    with (out / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(papers)
    assert rows["right-07"]["tiny: Squares"] == rows["half"]["tiny: Half"] == "1"
    assert (rows["half"]["points"], rows["half"]["of"]) == ("1", "2")
    with (out / "identical.csv").open(newline="", encoding="utf-8") as file:
        (shared,) = csv.DictReader(file)
    assert shared["students"].split(", ") == sorted(
        ["crash", "loop", "typo", *(name for name in papers if name.startswith("right"))]
    )
    assert shared["origin"] == "as in the book's solution"


def test_the_same_checks_run_under_pytest(tiny, tmp_path):
    (path,) = classroom.release(tiny.parent, tmp_path / "out")
    write(path, ["# My answers", (SOLVED,), (SQUARED.partition("check")[0],)])
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_exercises.py"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(
        tests, cwd=path.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert "1 failed, 1 passed" in ran.stdout
    assert "Not answered." in ran.stdout


@pytest.mark.skipif(os.name != "posix", reason="nothing is limited there")
def test_a_system_that_limits_no_memory_limits_the_rest(monkeypatch):
    import resource

    limited = []

    def limit(what, most):
        if what == resource.RLIMIT_AS:
            raise ValueError("current limit exceeds maximum limit")  # as a Mac says
        limited.append(what)

    monkeypatch.setattr(resource, "setrlimit", limit)
    monkeypatch.setattr(resource, "getrlimit", lambda what: (0, resource.RLIM_INFINITY))
    kernel.limit(10, 1)
    assert {resource.RLIMIT_CPU, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE} == set(limited)


def test_students_code_has_neither_the_teachers_home_nor_secrets_nor_a_network(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "of the teacher")
    looks = (
        "import json, os, socket\nfrom pathlib import Path\nsaid = {}\n"
        "said['home'] = Path.home() == Path.cwd()\n"
        "said['secret'] = 'SECRET_TOKEN' in os.environ\n"
        "try:\n    socket.create_connection(('192.0.2.1', 80), 1)\nexcept OSError as error:\n"
        "    said['network'] = error.strerror == 'Network is unreachable'\n"
        "said = {name: {'solved': solved, 'says': ''} for name, solved in said.items()}\n"
        "Path('witness.json').write_text(json.dumps(said))"
    )
    ended, seen = classroom.run_cells([looks], seconds=30)
    assert ended == "done"
    assert seen["home"]["solved"]
    assert not seen["secret"]["solved"]
    if classroom.network_can_be_cut():
        assert seen["network"]["solved"]


@pytest.mark.skipif(not classroom.network_can_be_cut(), reason="no unshare on this system")
def test_what_a_student_started_in_a_session_of_its_own_ends_with_the_run(tmp_path):
    later = tmp_path / "later"
    starts = (
        "import subprocess\nfrom pathlib import Path\n"
        f"subprocess.Popen(['sh', '-c', 'sleep 4; touch {later}'], start_new_session=True)\n"
        "Path('witness.json').write_text('{}')"
    )
    assert classroom.run_cells([starts], seconds=30) == ("done", {})
    time.sleep(4.5)
    assert not later.exists()


def test_a_mistake_that_is_answered_otherwise_is_named():
    def check_half(number):
        assert number != 2, "Turned round."
        assert number == 0.5, "Divide it by two."

    classroom.mistake("Turned", check_half, 2)
    with pytest.raises(AssertionError, match=r"it says 'Divide.*', and not 'Turned'"):
        classroom.mistake("Turned", check_half, number=3)
    with pytest.raises(AssertionError, match="check_half accepts a mistake"):
        classroom.mistake("Turned", check_half, 0.5)


def test_what_a_student_wrote_is_told_from_what_was_given(tiny):
    sheet = classroom.read_sheet(tiny)
    sources = [HALF + "\n\n\n" + SOLVED, HALF.replace("Turned", "Wrong"), "limit = 1.0  # as given"]
    sources += ["%matplotlib inline\n!rm -r *", "# a remark", "x = (", "check_squares = print"]
    answers, changed = own_code(sheet, [{"cell_type": "code", "source": s} for s in sources])
    assert answers == [SOLVED.replace('"', "'"), "pass\npass", "x = ("]
    assert changed == {"check_half", "check_squares"}


def test_a_given_line_in_an_answer_runs_again(tiny):
    sheet = classroom.read_sheet(tiny)
    anew = "limit = 1.0\nhalf = limit / 2"  # the first line is given, and limit may have changed
    assert own_code(sheet, [{"cell_type": "code", "source": anew}])[0] == [anew]


def test_a_line_that_begins_with_a_percent_sign_may_be_python():
    assert python_of("x = (7\n     % 4)") == "x = (7\n     % 4)"
    assert python_of("%matplotlib inline\nx = 1") == "pass\nx = 1"


def test_the_newest_notebook_is_graded_and_no_original(tmp_path):
    (tmp_path / "ada" / "originals").mkdir(parents=True)
    names = ("tiny.ipynb", "tiny (1).ipynb", "originals/tiny.ipynb")
    for time_s, name in enumerate(names):
        (tmp_path / "ada" / name).touch()
        os.utime(tmp_path / "ada" / name, (time_s, time_s))
    found = handed_in(tmp_path, {"tiny": None})
    assert found == {"ada": {"tiny": tmp_path / "ada" / "tiny (1).ipynb"}}


@pytest.mark.parametrize(
    "cells, complaint",
    [
        (["# Nothing"], "has no heading"),
        (["### Exercise: A", "Task.", ("def check_a(x): pass",)], "nothing calls a check"),
    ],
)
def test_a_notebook_that_is_no_sheet_is_refused_by_name(tmp_path, cells, complaint):
    path = write(tmp_path / "a.ipynb", cells)
    with pytest.raises(ValueError, match=complaint):
        classroom.read_sheet(path)


def test_a_hint_is_asked_for_before_exercises_are_given_out(tmp_path):
    write(tmp_path / "in" / "a.ipynb", TINY[: TINY.index("#### Hint")])
    with pytest.raises(ValueError, match="a has no hint for Half"):
        classroom.release(tmp_path / "in", tmp_path / "out")


@pytest.mark.parametrize("source", ["exercises", "exercises/originals"])
def test_a_release_over_the_instructors_notebooks_is_refused(tmp_path, source, monkeypatch, capsys):
    path = write(tmp_path / source / "tiny.ipynb", TINY)
    out = tmp_path / "exercises"
    before = path.read_bytes(), sorted(out.rglob("*"))
    with pytest.raises(ValueError, match="would overwrite the instructor's"):
        classroom.release(tmp_path / source, out)
    monkeypatch.chdir(out)
    asked = ["class", "release", "--exercises", str(Path(source).relative_to("exercises"))]
    assert commands.main([*asked, "--out", "."]) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith("audiogan: the students' notebooks would overwrite")
    assert (path.read_bytes(), sorted(out.rglob("*"))) == before


def test_folders_that_systems_make_beside_the_students_are_no_students(tmp_path):
    for name in ("ada", ".ipynb_checkpoints", "__MACOSX", "_bob"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tiny.ipynb").touch()
    assert list(handed_in(tmp_path, {"tiny": None})) == ["_bob", "ada"]


def test_a_folder_without_students_is_refused(tiny, tmp_path):
    (tmp_path / "in" / "ada").mkdir(parents=True)
    with pytest.raises(ValueError, match="no folder of a student with one of tiny"):
        classroom.grade(tmp_path / "in", tmp_path / "out", tiny.parent)
    with pytest.raises(ValueError, match="there is no folder"):
        classroom.grade(tmp_path / "nowhere", tmp_path / "out", tiny.parent)
