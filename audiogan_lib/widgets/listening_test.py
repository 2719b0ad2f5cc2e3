"""Comparing by ear, side by side or blind: the controls; public in `widgets`."""

from __future__ import annotations

from html import escape

import numpy as np

from audiogan_lib import _panels, display

#: On a page: so many trials with folded answers, so many labels of a comparison.
PAGE_TRIALS, PAGE_LABELS = 3, 3


class ListeningTest(_panels.TwoFaces):
    """A blind test with a running score.

    Parameters
    ----------
    test : BlindTest
        Its sounds and its answers so far.
    sample_rate : int > 0
        Of the sounds, in Hz.

    Attributes
    ----------
    panel : ipywidgets.VBox
        The live face.

    Examples
    --------
    >>> test = BlindTest(recorded, generated, ("recorded", "generated"))  # doctest: +SKIP
    >>> ListeningTest(test, 16000)  # doctest: +SKIP
    """

    def __init__(self, test, sample_rate):
        import ipywidgets as widgets

        self.test, self.sample_rate = test, sample_rate
        said = "X is {}" if test.task == "abx" else "{} is " + test.kinds[1]
        self._buttons = {letter: widgets.Button(description=said.format(letter)) for letter in "AB"}
        for letter, button in self._buttons.items():
            button.on_click(lambda button, letter=letter: self._answer(letter))
        self._sounds, self._told = widgets.HTML(), widgets.HTML()
        buttons = _panels.row(*self._buttons.values())
        self.panel = widgets.VBox([self._sounds, buttons, self._told])
        self._update("")

    def page(self):
        """Render the face for a page without a kernel: the first trials, answers folded.

        Returns
        -------
        parts : display.Html
            Players of each trial, and an answer to unfold.
        """
        test, parts = self.test, []
        for trial in range(min(PAGE_TRIALS, test.trials)):
            sounds = test.sounds(trial)
            grid = self._players(trial, sounds, "" if trial else self._explain())
            told = self._reveal(trial)
            html = f"<details><summary>Answer {trial + 1}</summary><p>{escape(told)}</p></details>"
            parts += [grid, display.Html(html, f"Answer {trial + 1}: {told}")]
        return _panels.together(*parts)

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
        heard, columns = list(sounds.values()), len(sounds)
        return display.players(heard, self.sample_rate, labels, caption, columns, pictures=False)

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
        told = verdict + (self.test.score() if done else "") + " The test is over." * over
        self._told.value = _panels.status(told)


class Comparison(_panels.TwoFaces):
    """Hear the same from several sources, side by side.

    Parameters
    ----------
    sources : dict of str to array_like [shape=(sounds, samples)]
        As ``{"recorded": ..., "generated": ...}``, in each the same sounds in the same order.
    sample_rate : int > 0
        In Hz.
    labels : sequence of str
        A name for each sound.

    Attributes
    ----------
    panel : ipywidgets.VBox
        The live face.

    Raises
    ------
    ValueError
        When a source holds another number of sounds than there are labels.

    Examples
    --------
    >>> Comparison({"real": real, "generated": fake}, 16000, ["kick", "snare"])  # doctest: +SKIP
    """

    def __init__(self, sources, sample_rate, labels):
        import ipywidgets as widgets

        for name, sounds in sources.items():
            if len(sounds) != len(labels):
                raise ValueError(f"sources[{name!r}] must hold {len(labels)}, got {len(sounds)}")
        self.sources, self.sample_rate, self.labels = dict(sources), sample_rate, list(labels)
        numbered = [(name, i) for i, name in enumerate(self.labels)]
        self._which = widgets.Dropdown(
            options=numbered, value=0, description="sound", **_panels.look()
        )
        self._equal = widgets.Checkbox(True, description="equal levels", indent=False)
        self._sounds = widgets.HTML()
        for control in (self._which, self._equal):
            control.observe(self._update, "value")
        self.panel = widgets.VBox([self._which, self._equal, self._sounds])
        self._update()

    def page(self):
        """Render the face for a page without a kernel: the first sounds from all sources.

        Returns
        -------
        grid : display.Html
            A row for each sound.
        """
        count = min(PAGE_LABELS, len(self.labels))
        sounds, labels = [], []
        for which in range(count):
            sounds += self._heard(which)
            labels += [f"{self.labels[which]}, {name}" for name in self.sources]
        caption = (
            f"In a live notebook this is a menu of {len(self.labels)} sounds from "
            f"{len(self.sources)} sources. These are the first {count}"
            f"{', each row at one level' if self._equal.value else ''}."
        )
        columns = len(self.sources)
        return display.players(sounds, self.sample_rate, labels, caption, columns)

    def _heard(self, which):
        sounds = [np.asarray(sounds[which]) for sounds in self.sources.values()]
        return _panels.equal_levels(sounds) if self._equal.value else sounds

    def _update(self, change=None):
        labels = list(self.sources)
        self._sounds.value = display.players(
            self._heard(self._which.value), self.sample_rate, labels, columns=len(labels)
        ).html
