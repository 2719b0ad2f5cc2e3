"""From students' notebooks to a table of points and a page for each student."""

import ast
import csv
from dataclasses import dataclass, field
from pathlib import Path

from audiogan_lib import files
from audiogan_lib.classroom.feedback import feedback_page
from audiogan_lib.classroom.kernel import run_cells
from audiogan_lib.classroom.sheets import (
    Sheet,
    code_of,
    python_of,
    read_cells,
    read_sheets,
)

#: Characters from which on equal answers are worth a look: a number alone is equal for many.
TELLING = 60

#: What is said of a notebook that did not run to its end.
ENDINGS = {
    "done": "",
    "time": "The time was up: is there a loop that does not end? What came before it counts.",
    "crash": "The kernel died, of too much memory or a crash. What came before it counts.",
}


@dataclass(frozen=True)
class Verdict:
    """What a check said of an answer.

    Parameters
    ----------
    solved : bool
        Whether the check was passed, the last time it was called.
    says : str
        What it said otherwise.
    """

    solved: bool
    says: str


@dataclass
class Paper:
    """A notebook that a student handed in, marked.

    Parameters
    ----------
    student : str
        The name of the folder.
    sheet : str
        The name of the chapter.
    verdicts : dict of str to Verdict
        By the exercises' titles.
    remarks : list of str
        What else there is to say: a crash, checks that were changed.
    answers : list of str
        The student's own code, a string a cell, without comments.
    """

    student: str
    sheet: str
    verdicts: dict
    remarks: list = field(default_factory=list)
    answers: list = field(default_factory=list)


def bound(statement: ast.stmt) -> set[str]:
    """Return the names that a statement binds where it stands."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {statement.name}
    nodes = list(ast.walk(statement))
    names = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    aliases = [n for n in nodes if isinstance(n, ast.alias)]
    return names | {(alias.asname or alias.name).partition(".")[0] for alias in aliases}


def parsed(source: str) -> list[ast.stmt] | None:
    """Return a cell's statements, or None if it is no Python."""
    try:
        return ast.parse(python_of(source)).body
    except (SyntaxError, ValueError):  # ValueError: a null character
        return None


def own_code(sheet: Sheet, cells: list[dict]) -> tuple[list[str], set[str]]:
    """Return what a student wrote, a string a cell, and which functions given were changed."""
    sources = [*sheet.given(), *code_of(sheet.front)]
    given = [statement for source in sources for statement in ast.parse(python_of(source)).body]
    known = {ast.dump(statement) for statement in given}
    definitions = (ast.FunctionDef, ast.ClassDef)
    kept = {statement.name for statement in given if isinstance(statement, definitions)}
    answers, changed = [], set()
    for source in code_of(cells):
        statements = parsed(source)
        if statements is None:
            answers.append(python_of(source))  # its error is the student's to see
            continue
        if all(ast.dump(s) in known for s in statements):
            continue  # a cell as it was given; in an answer, a given line may be meant anew
        changed |= set().union(*(bound(s) & kept for s in statements if ast.dump(s) not in known))
        statements = [s for s in statements if not bound(s) & kept]
        if statements:
            answers.append("\n".join(map(ast.unparse, statements)))
    return answers, changed


def mark(sheet, path, seconds=300.0, memory_gb=8.0, student="", runs=None):
    """Run one notebook of a student with the original checks.

    Parameters
    ----------
    sheet : Sheet
        Set-up and checks come from here, whatever became of them in the notebook.
    path : path-like
        The notebook.
    seconds, memory_gb : float > 0
        As in `run_cells`.
    student : str
        Whose it is.
    runs : dict, optional
        What answers came to, filled as they are run: the same answers are run once.

    Returns
    -------
    Paper
        A damaged notebook, a crash or an endless loop costs points, and is no error.
    """
    unanswered = {exercise.title: Verdict(False, "Not answered.") for exercise in sheet.exercises}
    paper = Paper(student, sheet.name, unanswered)
    try:
        paper.answers, changed = own_code(sheet, read_cells(path))
    except (OSError, ValueError):
        paper.remarks.append("The file is damaged or no notebook: nothing of it could be read.")
        return paper
    if changed:
        names = ", ".join(sorted(changed))
        paper.remarks.append(f"It was graded with the original of what it changes: {names}.")
    checks = [exercise.check for exercise in sheet.exercises]
    watching = "from audiogan_lib.classroom.witness import Witness\n"
    watching += f"Witness(globals(), {checks!r}, 'witness.json')\ndel Witness"
    cells = [*map(python_of, sheet.given()), watching, *paper.answers]
    key = sheet.name, *paper.answers
    runs = {} if runs is None else runs
    if key not in runs:
        runs[key] = run_cells(cells, seconds, memory_gb)
    ended, seen = runs[key]
    paper.remarks += filter(None, [ENDINGS.get(ended, ENDINGS["crash"])])
    if seen is None:
        paper.remarks.append("The checks could not be set up, or what they said was lost.")
    for exercise in sheet.exercises:
        if exercise.check in (seen or {}):
            paper.verdicts[exercise.title] = Verdict(**seen[exercise.check])
    return paper


#: Folders beside a student's notebooks that hold others of their names.
_OTHERS = {".ipynb_checkpoints", "originals"}


def handed_in(folder: Path, sheets: dict[str, Sheet]) -> dict[str, dict[str, Path]]:
    """Return each student's notebooks by the sheets they belong to, the newest of several."""
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    found = {}
    for student in sorted(path for path in folder.iterdir() if path.is_dir()):
        if student.name.startswith((".", "__")):  # .ipynb_checkpoints, __MACOSX
            continue
        notebooks = found.setdefault(student.name, {})
        for path in sorted(student.rglob("*.ipynb"), key=lambda path: (path.stat().st_mtime, path)):
            fits = [name for name in sheets if path.name.startswith(name)]
            if fits and not _OTHERS & set(path.relative_to(student).parts):
                notebooks[max(fits, key=len)] = path
    return found


def grade(folder, out, source="exercises", seconds=300.0, memory_gb=8.0, tell=print):
    """Grade the notebooks of a class. This runs students' code; see the face of this room.

    Parameters
    ----------
    folder : path-like
        One folder a student, with notebooks named as they were given out. A folder whose name
        begins with ``.`` or ``__``, such as ``__MACOSX``, is none.
    out : path-like
        Folder for ``grades.csv`` (a row a student), ``identical.csv`` (longer answers that several
        students share word by word, comments aside) and ``feedback/``, a page a student.
    source : path-like
        The instructor's notebooks, or unchanged copies of the students' ones.
    seconds, memory_gb : float > 0
        For each notebook, as in `run_cells`.
    tell : callable
        Is given a line for each notebook.

    Returns
    -------
    list of Paper
        Every student's, for each sheet that anybody handed in.

    Raises
    ------
    ValueError
        If no student's folder holds a notebook named as one of the exercises.
    """
    folder, out, sheets = Path(folder), Path(out), read_sheets(source)
    found = handed_in(folder, sheets)
    asked = [name for name in sheets if any(name in notebooks for notebooks in found.values())]
    if not asked:
        raise ValueError(f"{folder} has no folder of a student with one of {', '.join(sheets)}")
    papers, runs = [], {}
    for student, notebooks in found.items():
        for name in asked:
            if name in notebooks:
                path = notebooks[name]
                paper = mark(sheets[name], path, seconds, memory_gb, student, runs)
            else:
                blank = {e.title: Verdict(False, "Not handed in.") for e in sheets[name].exercises}
                paper = Paper(student, name, blank, ["Not handed in."])
            papers.append(paper)
            solved = sum(verdict.solved for verdict in paper.verdicts.values())
            points = f"{student}, {name}: {solved} of {len(paper.verdicts)}."
            tell(" ".join([points, *paper.remarks]))
    write_results(papers, sheets, out)
    return papers


def identical(papers: list[Paper], sheets: dict[str, Sheet]) -> list[tuple[str, str, str, str]]:
    """Return longer answers that several students share: sheet, students, origin, code."""
    sharing = {}
    for paper in papers:
        for answer in {one for one in paper.answers if len(one) >= TELLING}:
            sharing.setdefault((paper.sheet, answer), []).append(paper.student)
    rows = []
    for (name, answer), students in sharing.items():
        parts = [exercise.parts.get("solution", []) for exercise in sheets[name].exercises]
        solutions = [parsed(source) or [] for cells in parts for source in code_of(cells)]
        books = answer in {"\n".join(map(ast.unparse, one)) for one in solutions}
        if len(students) > 1:
            origin = "as in the book's solution" if books else ""
            rows.append((name, ", ".join(students), origin, answer))
    return rows


def write_table(path: Path, rows):
    """Write rows as CSV."""
    with files.replacing(path) as beside, beside.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


def write_results(papers: list[Paper], sheets: dict[str, Sheet], out: Path):
    """Write the table of points, the list of identical answers and a page a student."""
    (out / "feedback").mkdir(parents=True, exist_ok=True)
    theirs = {}
    for paper in papers:
        theirs.setdefault(paper.student, []).append(paper)
    first = next(iter(theirs.values()))
    titles = [f"{paper.sheet}: {title}" for paper in first for title in paper.verdicts]
    rows = [["student", *titles, "points", "of", "remarks"]]
    for student, own in theirs.items():
        points = [int(v.solved) for paper in own for v in paper.verdicts.values()]
        remarks = " ".join(remark for paper in own for remark in paper.remarks)
        rows.append([student, *points, sum(points), len(points), remarks])
        files.write_text(out / "feedback" / f"{student}.html", feedback_page(student, own))
    write_table(out / "grades.csv", rows)
    heads = ("notebook", "students", "origin", "answer")
    write_table(out / "identical.csv", [heads, *identical(papers, sheets)])
