"""A class: exercises given out and graded, blind tests pooled.

An *instructor's notebook* (``exercises/``, named as its chapter) has all of an exercise: the task,
the check, a hint, the solution and typical mistakes. Headings tell them apart, and nothing else, so
any editor will do. A *sheet* is what was read of it. A grade is a count of checks that passed.

Grading runs students' code. Each notebook runs in a fresh kernel of its own, limited in time and
memory, in an empty home folder and, where the system allows it, without a network. That holds off
accidents; it is no prison for somebody who means harm.

A room's blind tests are pooled by the listener. Trials of one pair of ears are alike, so a room of
ten people with eight trials each is no sample of eighty.
"""

from audiogan_lib.classroom.book import insert, release
from audiogan_lib.classroom.grading import Paper, Verdict, grade, mark
from audiogan_lib.classroom.kernel import network_can_be_cut, run_cells
from audiogan_lib.classroom.pooling import Listener, pool, pool_page, read_listeners, share_interval
from audiogan_lib.classroom.sheets import Exercise, Sheet, read_sheet, read_sheets
from audiogan_lib.classroom.witness import Witness, mistake

__all__ = [
    "Exercise",
    "Listener",
    "Paper",
    "Sheet",
    "Verdict",
    "Witness",
    "grade",
    "insert",
    "mark",
    "mistake",
    "network_can_be_cut",
    "pool",
    "pool_page",
    "read_listeners",
    "read_sheet",
    "read_sheets",
    "release",
    "run_cells",
    "share_interval",
]
