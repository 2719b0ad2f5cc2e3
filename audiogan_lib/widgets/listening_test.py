"""Comparing by ear: a blind test and its control, and the same sounds side by side."""

from __future__ import annotations

from html import escape

import numpy as np
from scipy.stats import binomtest

from audiogan_lib import display
from audiogan_lib.widgets import panel

#: On a page: so many trials with folded answers, so many labels of a comparison.
PAGE_TRIALS, PAGE_LABELS = 8, 3


class BlindTest:
    """Trials with two possible answers, of which a guess hits half, and their score.

    In a trial of ``"abx"`` A and B are known and X repeats one of them: it tests whether two
    versions of the *same* sound can be told apart. Of two different sounds X is found by anybody;
    whether generated sounds can be told from recordings is asked by ``"which"``: A and B come in
    random order, and the second kind is to be found.

    Parameters
    ----------
    first, second : sequence of array_like [shape=(samples,)]
        Pairs of sounds, turned down to equal levels within each, or the louder would be known.
    kinds : tuple of str
        What the first and the second are, as ``("recorded", "generated")``.
    task : {"abx", "which"}
        What is asked.
    trials : int > 0
        How many, fixed beforehand: who stops when the score looks good has no valid interval.
    seed : int >= 0
        Of the order.

    Raises
    ------
    ValueError
        When the pairs do not match in number, there are none, or the task is another word.

    Examples
    --------
    >>> test = BlindTest([np.ones(80)], [np.zeros(80)], trials=3)
    >>> right = [test.answer(test.solution(trial)) for trial in range(3)]
    >>> test.score()
    '3 of 3 right (95 % interval 29 to 100 %); guessing does as well with probability 0.125.'
    """

    def __init__(self, first, second, kinds=("first", "second"), task="abx", trials=12, seed=0):
        panel.check_arrays({"first": first, "second": second})
        if len(first) != len(second) or not len(first):
            raise ValueError(
                "first and second must hold equally many sounds, at least one, "
                f"received {len(first)} and {len(second)}"
            )
        if task not in ("abx", "which"):
            raise ValueError(f"task must be 'abx' or 'which', received {task!r}")
        if not trials > 0:
            raise ValueError(f"trials must be positive, received {trials}")
        self.kinds, self.task, self.trials = tuple(kinds), task, int(trials)
        self._pairs = [panel.equal_levels(pair) for pair in zip(first, second, strict=True)]
        rng = np.random.default_rng(seed)
        rounds = -(-self.trials // len(self._pairs))
        order = [rng.permutation(len(self._pairs)) for _ in range(rounds)]
        self._order = np.concatenate(order)[: self.trials]
        self._coins = rng.integers(2, size=self.trials)
        self.answers = []

    def sounds(self, trial):
        """Give the sounds of a trial by name: A and B, for ABX also X.

        Parameters
        ----------
        trial : int in [0, trials)
            Which one.
        """
        first, second = self._pairs[self._order[trial]]
        if self.task == "abx":
            return {"A": first, "B": second, "X": (first, second)[self._coins[trial]]}
        swapped = self.solution(trial) == "A"
        return {"A": second, "B": first} if swapped else {"A": first, "B": second}

    def solution(self, trial):
        """Give the right answer of a trial, A or B: what X is, or which one is of the second kind.

        Parameters
        ----------
        trial : int in [0, trials)
            Which one.
        """
        return "AB"[self._coins[trial]]

    def answer(self, letter):
        """Answer the next trial; return whether it is so.

        Parameters
        ----------
        letter : {"A", "B"}
            What the listener says.

        Raises
        ------
        ValueError
            When it is another letter, or all trials have been answered.
        """
        if letter not in ("A", "B"):
            raise ValueError(f"letter must be 'A' or 'B', received {letter!r}")
        if len(self.answers) == self.trials:
            raise ValueError(f"all {self.trials} trials have been answered")
        self.answers.append(letter)
        return letter == self.solution(len(self.answers) - 1)

    @property
    def right(self):
        """Right answers so far."""
        return sum(letter == self.solution(i) for i, letter in enumerate(self.answers))

    def interval(self, confidence=0.95):
        """Exact interval of the share of right answers (Clopper and Pearson 1934); at first 0 to 1.

        Parameters
        ----------
        confidence : float in (0, 1)
            It contains the true share at least so often.
        """
        if not self.answers:
            return 0.0, 1.0
        test = binomtest(self.right, len(self.answers))
        low, high = test.proportion_ci(confidence, method="exact")
        return float(low), float(high)

    def chance(self):
        """Probability, one-sided, that guessing alone scores as well; 1 before the first answer."""
        if not self.answers:
            return 1.0
        test = binomtest(self.right, len(self.answers), 0.5, alternative="greater")
        return float(test.pvalue)

    def score(self):
        """Put into words right answers, interval and the chance of as many by guessing."""
        low, high = (100 * share for share in self.interval())
        return (
            f"{self.right} of {len(self.answers)} right (95 % interval {low:.0f} to {high:.0f} %); "
            f"guessing does as well with probability {self.chance():.3f}."
        )


class ListeningTest(panel.TwoFaces):
    """A blind test with a running score.

    Parameters
    ----------
    test : BlindTest
        Its sounds and its answers so far.
    sample_rate : int > 0
        Of the sounds, in Hz.

    Examples
    --------
    >>> recorded, generated = np.ones((2, 8000)), np.zeros((2, 8000))
    >>> test = BlindTest(recorded, generated, ("recorded", "generated"), task="which", trials=6)
    >>> ListeningTest(test, 16000).page().text[:23]
    'Which one is generated?'
    """

    def __init__(self, test, sample_rate):
        import ipywidgets as widgets

        self.test, self.sample_rate = test, sample_rate
        said = "X is {}" if test.task == "abx" else "{} is " + test.kinds[1]
        self._buttons = {letter: widgets.Button(description=said.format(letter)) for letter in "AB"}
        for letter, button in self._buttons.items():
            button.on_click(lambda button, letter=letter: self._answer(letter))
        self._sounds, self._status = widgets.HTML(), widgets.HTML()
        buttons = panel.row(*self._buttons.values())
        self.panel = widgets.VBox([self._sounds, buttons, self._status])
        self._update("")

    def page(self):
        """Render, for a page without a kernel, the first trials, each with an answer to unfold."""
        test, parts = self.test, []
        for trial in range(min(PAGE_TRIALS, test.trials)):
            sounds = test.sounds(trial)
            grid = self._players(trial, sounds, "" if trial else self._explain())
            answer = self._reveal(trial)
            title = f"Answer {trial + 1}"
            html = f"<details><summary>{title}</summary><p>{escape(answer)}</p></details>"
            parts += [grid, display.Html(html, f"{title}: {answer}")]
        return panel.alive("blind-test", self._options(), panel.together(*parts))

    def _options(self):
        """Say which of the rendered players are of the first and of the second kind."""
        test, pairs, count = self.test, [], 0
        for trial in range(min(PAGE_TRIALS, test.trials)):
            second = "AB".index(test.solution(trial)) if test.task == "which" else 1
            pairs.append((count + 1 - second, count + second))
            count += len(test.sounds(trial))
        options = {"task": test.task, "kinds": test.kinds, "trials": test.trials, "pairs": pairs}
        return options | {"sample_rate": self.sample_rate}

    def _explain(self):
        if self.test.task == "abx":
            asked = f"A is {self.test.kinds[0]}, B is {self.test.kinds[1]}. Which of them is X?"
        else:
            asked = f"Which one is {self.test.kinds[1]}?"
        return (
            f"{asked} Both have the same level. In a live notebook this is a test of "
            f"{self.test.trials} trials that keeps the score."
        )

    def _reveal(self, trial):
        letter = self.test.solution(trial)
        if self.test.task == "abx":
            return f"X was {letter} ({self.test.kinds['AB'.index(letter)]})."
        return f"{letter} was {self.test.kinds[1]}."

    def _players(self, trial, sounds, caption=""):
        labels = [f"{trial + 1} {letter}" for letter in sounds]
        rows, columns = list(sounds.values()), len(sounds)
        return display.players(rows, self.sample_rate, labels, caption, columns, pictures=False)

    def _answer(self, letter):
        right = self.test.answer(letter)
        trial = len(self.test.answers) - 1
        self._update(f"{'Right' if right else 'Wrong'}: {self._reveal(trial)} ")

    def _update(self, verdict):
        done = len(self.test.answers)
        over = done == self.test.trials
        for button in self._buttons.values():
            button.disabled = over
        if not over:
            caption = f"Trial {done + 1} of {self.test.trials}"
            self._sounds.value = self._players(done, self.test.sounds(done), caption).html
        score = self.test.score() if done else ""
        self._status.value = panel.status(f"{verdict}{score}{' The test is over.' * over}")


class Comparison(panel.TwoFaces):
    """Hear the same from several sources, side by side.

    Parameters
    ----------
    sources : dict of str to array_like [shape=(sounds, samples)]
        As ``{"recorded": ..., "generated": ...}``, in each the same sounds in the same order.
    sample_rate : int > 0
        In Hz.
    labels : sequence of str
        A name for each sound.

    Raises
    ------
    ValueError
        When a source holds another number of sounds than there are labels.

    Examples
    --------
    >>> square = np.sign(np.sin(2 * np.pi * 50 * np.arange(8000) / 8000 + 0.1))
    >>> real, fake = np.stack([square, square]), np.zeros((2, 8000))
    >>> comparison = Comparison({"real": real, "generated": fake}, 8000, ["kick", "snare"])
    >>> comparison.page().text.splitlines()[1]
    'kick, real: 1.00 s, 0.0 dBFS, strongest near 50 Hz'
    """

    def __init__(self, sources, sample_rate, labels):
        import ipywidgets as widgets

        panel.check_arrays(sources)
        for name, sounds in sources.items():
            if len(sounds) != len(labels):
                raise ValueError(f"sources[{name!r}] must hold {len(labels)}, got {len(sounds)}")
        self.sources, self.sample_rate, self.labels = dict(sources), sample_rate, list(labels)
        numbered = [(name, i) for i, name in enumerate(self.labels)]
        self._which = panel.control("Dropdown", "sound", options=numbered, value=0)
        self._equal = widgets.Checkbox(True, description="equal levels", indent=False)
        self._sounds = widgets.HTML()
        for control in (self._which, self._equal):
            control.observe(self._update, "value")
        self.panel = widgets.VBox([self._which, self._equal, self._sounds])
        self._update()

    def page(self):
        """Render, for a page without a kernel, a row for each of the first sounds."""
        count = min(PAGE_LABELS, len(self.labels))
        sounds, labels = [], []
        for which in range(count):
            sounds += self._chosen(which)
            labels += [f"{self.labels[which]}, {name}" for name in self.sources]
        caption = (
            f"In a live notebook this is a menu of {len(self.labels)} sounds from "
            f"{len(self.sources)} sources. These are the first {count}"
            f"{', each row at one level' if self._equal.value else ''}."
        )
        columns = len(self.sources)
        return display.players(sounds, self.sample_rate, labels, caption, columns)

    def _chosen(self, which):
        """Return one sound from each source, at the level that is set."""
        sounds = [np.asarray(sounds[which]) for sounds in self.sources.values()]
        return panel.equal_levels(sounds) if self._equal.value else sounds

    def _update(self, change=None):
        labels = list(self.sources)
        self._sounds.value = display.players(
            self._chosen(self._which.value), self.sample_rate, labels, columns=len(labels)
        ).html
