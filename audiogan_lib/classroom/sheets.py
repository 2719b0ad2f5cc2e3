"""What stands in a notebook of exercises, found by its headings."""

import ast
import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

#: The headings that begin a part, as an editor shows them.
PARTS = {
    "## Set-up": "set-up",
    "## Exercises": "given",
    "#### Hint": "hint",
    "#### Solution": "solution",
    "#### Typical mistakes": "mistakes",
}

#: What an answer's cell in a student's notebook begins with.
ANSWER = "# Your answer"


@dataclass(frozen=True)
class Exercise:
    """One task with all that belongs to it.

    Parameters
    ----------
    title : str
        As in its heading.
    check : str
        Name of the function that checks the answer.
    parts : dict of str to list of dict
        Its cells as they are stored: ``"given"`` (task and check), ``"hint"``, ``"solution"``,
        ``"mistakes"``; in a student's notebook only the first two, and ``"answer"``.
    """

    title: str
    check: str
    parts: dict


@dataclass(frozen=True)
class Sheet:
    """The exercises of one chapter.

    Parameters
    ----------
    name : str
        The file's name without its ending: that of the chapter.
    front : list of dict
        Cells before the set-up: title, installation.
    setup : list of dict
        Cells that make what the exercises use.
    shared : list of dict
        The heading of the exercises, and checks that several use.
    exercises : list of Exercise
        In order.
    """

    name: str
    front: list
    setup: list
    shared: list
    exercises: list

    def given(self) -> list[str]:
        """Return the code that a student is given: set-up and checks, a string a cell."""
        cells = [*self.setup, *self.shared]
        cells += [cell for exercise in self.exercises for cell in exercise.parts["given"]]
        return code_of(cells)


def source_of(cell: dict) -> str:
    """Return a cell's text, which notebooks store as one string or as lines."""
    return "".join(cell["source"])


def code_of(cells: list[dict]) -> list[str]:
    """Return the sources of those cells that hold code."""
    return [source_of(cell) for cell in cells if cell["cell_type"] == "code"]


def python_of(source: str) -> str:
    """Return a cell's code with the lines that only a notebook understands taken out."""
    with contextlib.suppress(SyntaxError, ValueError):
        ast.parse(source)
        return source  # a line that begins with % may be part of an expression
    return re.sub(r"^(\s*)[%!].*", r"\1pass", source, flags=re.MULTILINE)


def read_cells(path) -> list[dict]:
    """Return a notebook's cells; ValueError if the file is none."""
    try:
        cells = json.loads(Path(path).read_text("utf-8"))["cells"]
        return [cell for cell in cells if (cell["cell_type"], source_of(cell))]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no notebook, or a damaged one: {error}") from error


def by_parts(cells: list[dict]):
    """Yield the part and the exercise's title of each cell, and the cell."""
    part, title = "front", None
    for cell in cells:
        first = source_of(cell).strip().partition("\n")[0] if cell["source"] else ""
        if cell["cell_type"] == "markdown" and re.match(r"#{2,4} ", first):
            if first.startswith("### Exercise: "):
                part, title = "given", first.removeprefix("### Exercise: ")
            else:
                part = PARTS.get(first, "front" if first.startswith("## ") else part)
        answers = part in ("given", "hint") and source_of(cell).startswith(ANSWER)
        yield "answer" if answers and title else part, title, cell


def check_called(cells: list[dict], path, title: str) -> str:
    """Return the name of the check that an exercise's solution or answer calls."""
    for source in code_of(cells):
        for node in ast.walk(ast.parse(python_of(source))):
            name = node.func.id if isinstance(node, ast.Call) and hasattr(node.func, "id") else ""
            if name.startswith("check_"):
                return name
    raise ValueError(f"{path}: nothing calls a check in the exercise {title!r}")


def read_sheet(path):
    """Read an instructor's notebook, or one as it is given to students.

    Parameters
    ----------
    path : path-like
        An ``.ipynb`` file.

    Returns
    -------
    Sheet
        Its exercises.

    Raises
    ------
    ValueError
        If it is no notebook, has no exercise, or has one without a check.
    """
    front, setup, shared, tasks = [], [], [], {}
    for part, title, cell in by_parts(read_cells(path)):
        if part in ("front", "set-up"):
            (front if part == "front" else setup).append(cell)
        elif title is None:
            shared.append(cell)
        else:
            tasks.setdefault(title, {"given": []}).setdefault(part, []).append(cell)
    if not tasks:
        raise ValueError(f"{path} has no heading that begins '### Exercise: '")
    exercises = []
    for title, parts in tasks.items():
        answered = parts.get("solution", []) + parts.get("answer", [])
        exercises.append(Exercise(title, check_called(answered, path, title), parts))
    return Sheet(Path(path).stem, front, setup, shared, exercises)


def read_sheets(folder):
    """Read all notebooks of exercises in a folder.

    Parameters
    ----------
    folder : path-like
        A folder with ``.ipynb`` files.

    Returns
    -------
    dict of str to Sheet
        By the name of their chapter, in order.

    Raises
    ------
    ValueError
        If there is none, or one cannot be read.
    """
    paths = sorted(Path(folder).glob("*.ipynb"))
    if not paths:
        raise ValueError(f"no notebooks in {folder}: expected the folder with the exercises")
    return {path.stem: read_sheet(path) for path in paths}
