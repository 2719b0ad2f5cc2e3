"""The blind tests of a room, pooled: each row is a listener's, and the unit is the listener."""

import csv
from collections import defaultdict
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

#: What the page's blind test gives to take home.
COLUMNS = ("name", "task", "trials", "right", "low", "high", "guessing", "answers")

_QUESTIONS = {"which": "Which one is generated?", "abx": "ABX: what is X?"}


@dataclass(frozen=True)
class Listener:
    """What one listener answered to one question.

    Attributes
    ----------
    name : str
        As given; empty for nobody in particular.
    task : {"which", "abx"}
        What was asked.
    answers : tuple of (int, bool)
        Pair that was heard, counted from 1 as on the page, and whether the answer was right.
    """

    name: str
    task: str
    answers: tuple

    @property
    def right(self):
        """Right answers."""
        return sum(was_right for _, was_right in self.answers)


def read_listeners(folder):
    """Read the rows of a room from the ``.csv`` and ``.txt`` files of a folder and those below it.

    A file may hold one listener's result as the page gives it, sentence and header included, or
    many rows. Rows of one name and one question are one listener's; the same row twice counts once,
    and rows without a name are each of a listener of their own.

    Parameters
    ----------
    folder : path-like
        With the files.

    Returns
    -------
    listeners : list of Listener
        By question and name.
    refused : list of str
        Rows that cannot be what the page gave: file, line and reason.

    Raises
    ------
    ValueError
        If there is no such folder, or no row in it; the message has the first three refusals.

    Examples
    --------
    >>> import tempfile
    >>> from audiogan_lib import classroom
    >>> row = 'Ada,which,4,3,0.194,0.994,0.3125,1+ 2+ 3- 1+'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = Path(folder, "ada.csv").write_text(row)
    ...     listeners, refused = classroom.read_listeners(folder)
    >>> listeners[0].name, listeners[0].right, refused
    ('Ada', 3, [])
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    found, refused = {}, []
    for path in _files(folder):
        try:
            rows = _rows(path)
        except csv.Error as error:
            refused.append(f"{path.relative_to(folder)}: {error}")
            continue
        for number, cells in rows:
            place = f"{path.relative_to(folder)}, line {number}"
            try:
                one = _listener(cells)
            except ValueError as error:
                refused.append(f"{place}: {error}")
                continue
            key = (one.task, one.name.casefold() or place)
            found.setdefault(key, {})[one.answers] = one
    if not found:
        why = f"{folder} has no row of a blind test in its .csv and .txt files"
        raise ValueError("; ".join([why, *refused[:3]]))
    return [_merged(list(found[key].values())) for key in sorted(found)], refused


def _files(folder):
    """Return the files of a folder and those below it that may hold rows."""
    paths = sorted(folder.rglob("*"))
    return [path for path in paths if path.suffix.lower() in (".csv", ".txt") and path.is_file()]


def _rows(path):
    """Return a file's rows with their numbers; not the sentence, the header and empty lines."""
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    rows = enumerate(csv.reader(text.splitlines()), 1)
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in rows]
    return [row for row in rows if len(row[1]) >= len(COLUMNS) - 1 and row[1][0] != COLUMNS[0]]


def _listener(cells):
    """Make a listener of a row's cells, if they agree with each other."""
    if len(cells) != len(COLUMNS):
        raise ValueError(f"a row has {len(COLUMNS)} columns, this one {len(cells)}")
    row = dict(zip(COLUMNS, cells, strict=True))
    if row["task"] not in _QUESTIONS:
        raise ValueError(f"the task must be which or abx, not {row['task']!r}")
    marks = row["answers"].split()
    if not all(mark[:-1].isdecimal() and mark[-1] in "+-" for mark in marks):
        raise ValueError(f"answers must look like 1+ 3- 2+, not {row['answers']!r}")
    answers = tuple((int(mark[:-1]), mark[-1] == "+") for mark in marks)
    one = Listener(row["name"], row["task"], answers)
    if [row["trials"], row["right"]] != [str(len(answers)), str(one.right)] or not answers:
        raise ValueError(
            f"it says {row['right']} of {row['trials']}, its answers {one.right} of {len(answers)}"
        )
    return one


def _merged(rows):
    """Join the rows of one listener."""
    answers = [answer for row in rows for answer in row.answers]
    return Listener(rows[0].name, rows[0].task, tuple(answers))


def share_interval(right, trials):
    """Estimate a share of right answers over listeners, with its 95 % interval.

    One listener's interval is the exact binomial one (Clopper and Pearson 1934). That of several is
    a jackknife over listeners, with Student's t; where an end of it lies within the binomial
    interval of all trials, as among listeners who happen to agree, that interval's end is given
    instead.

    Parameters
    ----------
    right : sequence of int >= 0
        Right answers of each listener.
    trials : sequence of int > 0
        Their trials.

    Returns
    -------
    share, low, high : float in [0, 1]
        Of all trials together, and the ends of its interval.

    Examples
    --------
    >>> from audiogan_lib import classroom
    >>> classroom.share_interval([8], [8])[1].round(2)
    np.float64(0.63)
    >>> share, low, high = classroom.share_interval([8, 8, 0, 0], [8, 8, 8, 8])
    >>> float(share), low, high
    (0.5, 0.0, 1.0)
    """
    from scipy import stats  # here, as grading's kernels enter this room without it

    right, trials = np.asarray(right), np.asarray(trials)
    share = right.sum() / trials.sum()
    exact = stats.binomtest(int(right.sum()), int(trials.sum())).proportion_ci(method="exact")
    low, high = np.float64(exact.low), np.float64(exact.high)
    if (listeners := len(right)) > 1:
        without = (right.sum() - right) / (trials.sum() - trials)
        spread = np.sqrt((listeners - 1) / listeners * np.sum((without - without.mean()) ** 2))
        reach = stats.t.ppf(0.975, listeners - 1) * spread
        low, high = min(low, share - reach), max(high, share + reach)
    return share, max(low, 0.0), min(high, 1.0)


def pool(listeners):
    """Make the table of a room: each listener, each pair of sounds, and all, question by question.

    Parameters
    ----------
    listeners : list of Listener
        From `read_listeners`.

    Returns
    -------
    list of dict
        Rows with ``task``, ``of`` (``"listener"``, ``"sound"`` or ``"all"``), ``name``,
        ``listeners``, ``trials``, ``right``, and ``share``, ``low`` and ``high`` in [0, 1].

    Examples
    --------
    >>> from audiogan_lib import classroom
    >>> ada = classroom.Listener("Ada", "which", ((1, True), (2, False)))
    >>> bob = classroom.Listener("Bob", "which", ((1, True), (2, True)))
    >>> [(row["name"], row["right"], row["trials"]) for row in classroom.pool([ada, bob])]
    [('Ada', 1, 2), ('Bob', 2, 2), ('1', 2, 2), ('2', 1, 2), ('all', 3, 4)]
    """
    rows = []
    for task in _QUESTIONS:
        asked = [one for one in listeners if one.task == task]
        if not asked:
            continue
        by_pair = defaultdict(list)
        for one in asked:
            marks = defaultdict(list)
            for pair, was_right in one.answers:
                marks[pair].append(was_right)
            for pair, heard in marks.items():
                by_pair[pair].append((sum(heard), len(heard)))
        counts = [(one.right, len(one.answers)) for one in asked]
        for one, count in zip(asked, counts, strict=True):
            rows.append(_row(task, "listener", one.name or "(no name)", [count]))
        rows += [_row(task, "sound", f"{pair}", by_pair[pair]) for pair in sorted(by_pair)]
        rows.append(_row(task, "all", "all", counts))
    return rows


def _row(task, of, name, counts):
    right, trials = zip(*counts, strict=True)
    share, low, high = (round(float(value), 3) for value in share_interval(right, trials))
    row = {"task": task, "of": of, "name": name, "listeners": len(counts)}
    row.update(trials=sum(trials), right=sum(right), share=share, low=low, high=high)
    return row


_STYLE = """\
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 48rem; margin: 2rem auto; padding: 0 1rem;
  color-scheme: light dark; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: bold; padding: .6rem 0; }
th, td { border-bottom: 1px solid #888; padding: .2rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
svg { width: 12rem; height: 1rem; vertical-align: middle; }
"""
_CAPTIONS = {"all": "The room", "listener": "Each listener", "sound": "Each pair of sounds"}
_SMALLEST_ROOM = 5


def pool_page(rows, refused=()):
    """Draw the table of a room as a page that asks for nothing outside itself.

    Parameters
    ----------
    rows : list of dict
        From `pool`.
    refused : sequence of str
        What `read_listeners` could not read.

    Returns
    -------
    str
        HTML. In each line's bar, the range is the interval, the dot the share, and the stroke in
        the middle half, what guessing gives.

    Examples
    --------
    >>> from audiogan_lib import classroom
    >>> ada = classroom.Listener("Ada", "which", ((1, True), (2, False)))
    >>> page = classroom.pool_page(classroom.pool([ada]))
    >>> "Which one is generated?" in page, page.count("<svg")
    (True, 4)
    """
    parts = [
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>The blind test of a room</title>\n<style>\n{_STYLE}</style>",
        "<h1>The blind test of a room</h1>",
    ]
    for task in dict.fromkeys(row["task"] for row in rows):
        parts.append(f"<h2>{escape(_QUESTIONS[task])}</h2>")
        asked = [row for row in rows if row["task"] == task]
        parts.append(f"<p>{escape(_verdict(asked[-1]))}</p>")
        for of, caption in _CAPTIONS.items():
            lines = [row for row in asked if row["of"] == of]
            parts.append(f"<table>\n<caption>{caption}</caption>\n{_HEADER}")
            parts += [_line(row) for row in lines]
            parts.append("</table>")
    if refused:
        parts.append("<h2>Rows left out</h2>\n<ul>")
        parts += [f"<li>{escape(one)}</li>" for one in refused]
        parts.append("</ul>")
    return "\n".join([*parts, "</html>", ""])


_HEADER = "<tr>" + "".join(
    f'<th scope="col">{name}</th>' for name in ("", "listeners", "right", "share", "95 %", "0 to 1")
)


def _verdict(whole):
    """Say what the room as a whole shows."""
    interval = f"{100 * whole['low']:.0f} to {100 * whole['high']:.0f} %"
    said = (
        f"{whole['right']} of {whole['trials']} right, {100 * whole['share']:.0f} %; with the "
        f"listener as the unit, the 95 % interval is {interval}. "
    )
    if whole["low"] > 0.5:
        said += "The room hears the difference."
    elif whole["high"] < 0.5:
        said += "The room hears a difference and takes it for the other kind."
    else:
        said += "That the room is guessing cannot be ruled out."
    if whole["listeners"] < _SMALLEST_ROOM:
        said += f" {whole['listeners']} of a room say little about others: ask more people."
    return said


def _line(row):
    """Draw a row."""
    name = f"pair {row['name']}" if row["of"] == "sound" else row["name"]
    left, right, dot = (200 * row[key] for key in ("low", "high", "share"))
    picture = (
        f'<svg viewBox="0 0 200 16" role="img" aria-label="{row["share"]:.2f} in '
        f'[{row["low"]:.2f}, {row["high"]:.2f}]"><path d="M100 0v16" stroke="currentColor" '
        f'stroke-dasharray="2 2"/><path d="M{left:.1f} 8H{right:.1f}" stroke="currentColor" '
        f'stroke-width="3" opacity=".5"/><circle cx="{dot:.1f}" cy="8" r="4" fill="currentColor"/>'
        "</svg>"
    )
    cells = (row["listeners"], f"{row['right']} of {row['trials']}", f"{100 * row['share']:.0f} %")
    interval = f"{100 * row['low']:.0f} to {100 * row['high']:.0f} %"
    texts = "".join(f"<td>{cell}</td>" for cell in (escape(name), *cells, interval, picture))
    return f"<tr>{texts}</tr>"
