"""Where exercises go: into the book's chapters, and into the notebooks that students get."""

import ast
import json
import re
from pathlib import Path

from audiogan_lib import files
from audiogan_lib.classroom.sheets import (
    ANSWER,
    Exercise,
    Sheet,
    by_parts,
    code_of,
    read_cells,
    read_sheet,
    read_sheets,
    source_of,
)

#: Where the book's pages are.
PAGES = "https://audiogan-book.github.io/audiogan-book/"

#: One test an exercise, for whatever runs pytest on what students hand in.
TESTS = '''\
"""One test an exercise: run ``python -m pytest`` beside the notebooks. This runs their code.

The checks come from ``originals/``, not from the notebooks.
"""

import functools
from pathlib import Path

import pytest

from audiogan_lib import classroom

HERE = Path(__file__).resolve().parent
SHEETS = classroom.read_sheets(HERE / "originals")
CASES = [
    (name, exercise.title)
    for name, sheet in SHEETS.items()
    if (HERE / f"{name}.ipynb").exists()
    for exercise in sheet.exercises
]


@functools.cache
def marked(name):
    return classroom.mark(SHEETS[name], HERE / f"{name}.ipynb")


@pytest.mark.parametrize("name, title", CASES)
def test_exercise(name, title):
    verdict = marked(name).verdicts[title]
    assert verdict.solved, " ".join([verdict.says, *marked(name).remarks])
'''


def text(source: str) -> dict:
    """Return a cell of text."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source: str) -> dict:
    """Return a cell of code."""
    cell = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {**cell, "source": source}


def plain(source: str, chapter: str) -> str:
    """Return a task in the Markdown that every editor shows, references as links to the book."""
    source = re.sub(r"```\{exercise\} .*\n:label: .*\n\n", "", source)
    source = re.sub(r"\n```\s*$", "", source)
    page = f"{PAGES}book/"
    link = rf"[this equation]({page}{chapter}.html#equation-\1)"
    source = re.sub(r"\{eq\}`([^`<]+)`", link, source)
    source = re.sub(r"(\A|[.?!]\s+)\[this equation\]", r"\1[This equation]", source)
    link = rf"[chapter \1]({page}\1_\2.html)"
    source = re.sub(r"\{doc\}`(\d\d)_(\w+)`", link, source)
    source = re.sub(r"\{doc\}`([^<`]+)<(\w+)>`", rf"[\1]({page}\2.html)", source)
    return re.sub(r"\{cite(?::\w)?\}`([^`]+)`", lambda cited: f"({authors_of(cited[1])})", source)


def authors_of(keys: str) -> str:
    """Return author and year of references, by their keys."""
    return re.sub(r"([a-z]+)(\d{4})\w*", lambda key: f"{key[1].title()} {key[2]}", keys)


def answer_cell(exercise: Exercise, given: list[str]) -> dict:
    """Return the cell in which a student answers: the check's call with dots for what is asked."""
    for node in (node for source in given for node in ast.parse(source).body):
        if isinstance(node, ast.FunctionDef) and node.name == exercise.check:
            asked = [arg.arg for arg in node.args.args]
            answers = ", ".join(f"{name}=..." for name in asked)
            call = f"{exercise.check}({answers or 'name=...'})"
            return code(f'{ANSWER} to "{exercise.title}"\n{call}')
    raise ValueError(f"the exercise {exercise.title!r} calls {exercise.check}, which is not given")


def student_cells(sheet: Sheet) -> list[dict]:
    """Return a sheet's cells without solutions and mistakes, hints behind a fold."""
    title = source_of(sheet.front[0]).partition("\n")[0]
    page = f"{PAGES}book/{sheet.name}.html"
    about = f"{title}\n\nThey belong to a [chapter of *Audio GANs by Ear*]({page}). "
    about += "Put your answers in the places of the dots and run the cell: its check says what is "
    about += "wrong. An error that names an *ellipsis* means that dots are left. You may add cells."
    cells = [text(about), *(code(source) for source in code_of(sheet.front) if "%pip" in source)]
    cells += [
        text(source_of(c)) if c["cell_type"] == "markdown" else code(source_of(c))
        for c in sheet.setup
    ]
    for cell in sheet.shared:
        source = source_of(cell)
        if cell["cell_type"] == "markdown":
            cells += [text("## Exercises")] if source.startswith("## Exercises") else []
        else:
            cells.append(code(source))
    for exercise in sheet.exercises:
        cells.append(text(f"### Exercise: {exercise.title}"))
        for cell in exercise.parts["given"][1:]:
            source = source_of(cell)
            is_text = cell["cell_type"] == "markdown"
            cells.append(text(plain(source, sheet.name)) if is_text else code(source))
        hint = "\n\n".join(source_of(cell) for cell in exercise.parts["hint"][1:])
        folded = f"<details><summary>Hint</summary>\n\n{plain(hint, sheet.name)}\n\n</details>"
        cells.append(text(folded))
        cells.append(answer_cell(exercise, sheet.given()))
    return [{**cell, "id": f"cell-{place}"} for place, cell in enumerate(cells)]


def write_notebook(path: Path, cells: list[dict], metadata: dict):
    """Write a notebook as the tools that strip outputs leave it."""
    notebook = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    files.write_text(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def release(source, out):
    """Write students' notebooks: solutions out, checks in, hints behind a fold.

    Beside them stand ``test_exercises.py``, which has a test an exercise for whatever runs pytest,
    and unchanged copies in ``originals/``, where it takes the checks from.

    Parameters
    ----------
    source : path-like
        Folder of the instructor's notebooks.
    out : path-like
        Folder for the students' ones.

    Returns
    -------
    list of Path
        What was written for students.

    Raises
    ------
    ValueError
        If the students' notebooks would overwrite those of the source (nothing is written then), a
        notebook of the source has no exercise, or one has no hint or no check.
    """
    out, sheets = Path(out), read_sheets(source)
    if any(taken.exists() and taken.samefile(source) for taken in (out, out / "originals")):
        raise ValueError(
            f"the students' notebooks would overwrite the instructor's in {source}: "
            f"choose another folder for them than {out}"
        )
    (out / "originals").mkdir(parents=True, exist_ok=True)
    metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    written = []
    for name, sheet in sheets.items():
        without = [e.title for e in sheet.exercises if len(e.parts.get("hint", ())) < 2]
        if without:
            raise ValueError(f"{name} has no hint for {', '.join(without)}")
        cells = student_cells(sheet)
        for path in (out / f"{name}.ipynb", out / "originals" / f"{name}.ipynb"):
            write_notebook(path, cells, metadata)
        written.append(out / f"{name}.ipynb")
    files.write_text(out / "test_exercises.py", TESTS)
    return written


def insert(sheet_path, chapter_path) -> bool:
    """Put the exercises of an instructor's notebook into their chapter.

    The chapter gets tasks, checks and solutions in the place of those that it has; hints and
    mistakes stay with the instructor.

    Parameters
    ----------
    sheet_path, chapter_path : path-like
        The instructor's notebook and the chapter's.

    Returns
    -------
    bool
        Whether the chapter had to be changed.

    Raises
    ------
    ValueError
        If the chapter has no section that begins with the line ``## Exercises``.
    """
    read_sheet(sheet_path)
    wanted, inside = [], False
    for part, _, cell in by_parts(read_cells(sheet_path)):
        inside = inside or source_of(cell).startswith("## Exercises")
        if inside and part in ("given", "solution"):
            wanted.append(cell)
    path = Path(chapter_path)
    notebook = json.loads(path.read_text("utf-8"))
    cells = notebook["cells"]
    heads = [
        (place, source_of(cell).startswith("## Exercises"))
        for place, cell in enumerate(cells)
        if cell["cell_type"] == "markdown" and source_of(cell).startswith("## ")
    ]
    begins = [place for place, ours in heads if ours]
    if not begins:
        raise ValueError(f"{path} has no cell that begins with '## Exercises'")
    end = min([place for place, _ in heads if place > begins[0]], default=len(cells))
    if cells[begins[0] : end] == wanted:
        return False
    notebook["cells"] = [*cells[: begins[0]], *wanted, *cells[end:]]
    files.write_text(path, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return True
