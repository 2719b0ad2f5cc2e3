"""From somebody's sounds to a generator of such sounds, and a page to hear it beside them.

`train` takes what ``datasets.look`` heard, chooses rate and length of the clips by it, trains a
judge on the recordings where there are classes to tell apart, trains until its scores stop
improving, and ends with a page; `write_report` writes that page for any run on own sounds. The
run's folder is that of ``runs.Run``, and holds beside it ``judge/``, ``sounds.html`` (what was
heard at each look so far), ``skipped.txt`` (files that could not be used, where there are any),
``report.html``, ``report.json`` and ``player.html``.
"""

from audiogan_lib.own_sounds.report import write_report
from audiogan_lib.own_sounds.training import train

__all__ = ["train", "write_report"]
