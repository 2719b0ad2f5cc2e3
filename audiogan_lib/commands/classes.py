"""``class``: exercises for students and their grades, and the blind tests of a room."""

from pathlib import Path

from audiogan_lib.commands import checks, pool

SUMMARY = "exercises for a class: give out, grade; blind tests: pool"

DESCRIPTION = """\
Give out the book's exercises without their solutions, grade what comes back,
or put changed exercises into the chapters. Work in a clone of the book, or say
with --exercises where the instructor's notebooks are."""

EXAMPLES = {
    "Notebooks for students, with checks and hints": "audiogan class release --out for-students",
    "Points and a page for each student, one folder each in homework": (
        "audiogan class grade homework --out grades"
    ),
    "What a room heard in the blind test of the pages": "audiogan class pool answers --out pooled",
}

_ACTIONS = {
    "release": ("write the students' notebooks", EXAMPLES),
    "grade": ("run what students handed in, with the original checks", EXAMPLES),
    "pool": ("pool the blind tests of a room; the unit is the listener", EXAMPLES),
    "insert": ("put changed exercises into the book's chapters", {"All": "audiogan class insert"}),
}


def add_arguments(parser):
    """Say what the command takes."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    parts = {}
    for name, (summary, examples) in _ACTIONS.items():
        shown = {purpose: line for purpose, line in examples.items() if f" {name}" in line}
        parts[name] = actions.add_parser(
            name, help=summary, description=summary.capitalize() + ".", examples=shown
        )
        if name == "pool":
            pool.add_arguments(parts[name])
            continue
        parts[name].add_argument(
            "--exercises",
            type=Path,
            default=Path("exercises"),
            metavar="FOLDER",
            help="the instructor's notebooks (default: %(default)s)",
        )
    parser.names = tuple(_ACTIONS)
    parts["release"].add_argument(
        "--out", type=Path, default=Path("for-students"), help="folder (default: %(default)s)"
    )
    grade = parts["grade"]
    grade.description += """

This runs students' code: each notebook in a kernel of its own, with limits, in
an empty home folder and, where Linux lets it, without a network: a fence, not a
prison."""
    grade.add_argument("folder", type=Path, help="a folder a student, with notebooks in it")
    grade.add_argument(
        "--out", type=Path, default=Path("grades"), help="folder (default: %(default)s)"
    )
    grade.add_argument(
        "--seconds", type=float, default=300.0, help="for each notebook (default: %(default)g)"
    )
    grade.add_argument(
        "--memory",
        type=float,
        default=8.0,
        metavar="GB",
        help="for each notebook (default: %(default)g)",
    )
    parts["insert"].add_argument(
        "--book", type=Path, default=Path("book"), help="the chapters (default: %(default)s)"
    )


def run(arguments):
    """Give out, grade, pool or insert."""
    if arguments.action == "pool":
        pool.run(arguments)
        return
    if arguments.action == "grade":
        checks.more_than_nothing(seconds=arguments.seconds, memory=arguments.memory)
    from audiogan_lib import classroom

    if arguments.action == "release":
        written = classroom.release(arguments.exercises, arguments.out)
        print(f"{arguments.out}: {len(written)} notebooks, and test_exercises.py for pytest")
    elif arguments.action == "grade":
        if not classroom.network_can_be_cut():
            print("This system cannot take the network from students' code.")
        limits = arguments.seconds, arguments.memory
        papers = classroom.grade(arguments.folder, arguments.out, arguments.exercises, *limits)
        students = len({paper.student for paper in papers})
        print(f"{arguments.out}: grades.csv, identical.csv and feedback for {students} students")
    else:
        for name in classroom.read_sheets(arguments.exercises):
            file = f"{name}.ipynb"
            if classroom.insert(arguments.exercises / file, arguments.book / file):
                print(f"{arguments.book / file}: changed")
