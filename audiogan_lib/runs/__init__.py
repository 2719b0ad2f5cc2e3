"""A training run and its folder: train, resume, evaluate; and all of it on somebody's own sounds.

A run's folder holds ``card.json`` and the averaged generator as it is now (what
``pretrained.load(folder)`` reads), ``checkpoints/`` (what resuming reads) and every so often
``step-NNNNNNNN.wav``. With a judge or an ear there are also ``scores.csv`` and ``best/``: the
generator of the look with the least Fréchet distance to recordings that were held back from
training for it, and a card that says which step and score; it is loaded by
``pretrained.load(folder / "best")``. The test split has no part in a run.

`train_own_sounds` takes what ``datasets.look`` heard, chooses rate and length of the clips by it,
trains a judge on the recordings where there are classes to tell apart, trains until its scores stop
improving, and ends with a page; `write_own_report` writes that page for any run on own sounds. The
folder then has beside the above ``judge/``, ``sounds.html`` (what was heard at each look so far),
``skipped.txt`` (files that could not be used, where there are any), ``report.html``,
``report.json`` and ``player.html``.
"""

from audiogan_lib.runs.judging import judge_report, sounds_like
from audiogan_lib.runs.own_report import write_own_report
from audiogan_lib.runs.own_sounds import train_own_sounds
from audiogan_lib.runs.page import write_page
from audiogan_lib.runs.run import Run

__all__ = [
    "Run",
    "judge_report",
    "sounds_like",
    "train_own_sounds",
    "write_own_report",
    "write_page",
]
