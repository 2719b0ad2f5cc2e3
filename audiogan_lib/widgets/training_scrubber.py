"""The training scrubber: what the same latents sounded like along a run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from audiogan_lib import audio, display, files
from audiogan_lib.widgets import panel

#: On a page: at most so many steps, evenly chosen, of at most so many sounds.
PAGE_STEPS, PAGE_SOUNDS = 4, 3


@dataclass(frozen=True, eq=False)
class History:
    """The same sounds at several steps of a training run.

    Parameters
    ----------
    steps : sequence of int >= 0
        When they were made, in ascending order.
    sounds : array_like [shape=(steps, sounds, samples), in [-1, 1]]
        At each step the sounds of the same latents.
    sample_rate : int > 0
        In Hz.
    labels : sequence of str
        A name for each sound.
    losses : dict of str to sequence of float, optional
        Curves by name, such as Keras's ``history``, at even steps up to the last.
    alarms : dict of int to str, optional
        What rang at a step, empty where nothing did.

    Raises
    ------
    ValueError
        When steps do not ascend, or steps, sounds and labels do not match in number.
    """

    steps: tuple
    sounds: np.ndarray
    sample_rate: int
    labels: tuple
    losses: dict = field(default_factory=dict)
    alarms: dict = field(default_factory=dict)

    def __post_init__(self):
        shape = np.shape(self.sounds)
        if len(shape) != 3 or shape[:2] != (len(self.steps), len(self.labels)) or 0 in shape:
            raise ValueError(
                f"sounds must have the shape ({len(self.steps)}, {len(self.labels)}, samples), "
                f"steps by labels, received {shape}"
            )
        if (np.diff(self.steps) <= 0).any():
            raise ValueError(f"steps must ascend, received {list(self.steps)}")

    @classmethod
    def from_folder(cls, folder, labels, samples=None):
        """Read as many sounds as labels: `callbacks.Watch` writes all of a look end to end.

        Parameters
        ----------
        folder : path-like
            Holds files ``step-NNNNNNNN.wav`` or ``.flac``, taken in the order of their steps.
        labels : sequence of str
            The first sounds of a file, in order; a run's begin with one sound of each label.
        samples : int > 0, optional
            Length of a sound. By default the run's own, where its ``card.json`` lies in the folder;
            otherwise the labels share out the file evenly.

        Raises
        ------
        ValueError
            When there are no such files, or one cannot be shared out among the labels.
        """
        kept = {
            int(name[1]): file
            for file in Path(folder).glob("step-*")
            if (name := re.fullmatch(r"step-(\d+)\.(wav|flac)", file.name))
        }
        if not kept:
            raise ValueError(f"folder must hold files like step-00000100.wav, received {folder}")
        card, labels = Path(folder) / "card.json", tuple(labels)
        if samples is None and card.exists():
            samples = files.read_json(card)["recipe"]["samples"]
        sounds = []
        for step in sorted(kept):
            waveform, sample_rate = audio.read(kept[step])
            count = len(waveform) / samples if samples else len(labels)
            if not 0 < len(labels) <= count or len(waveform) % count or count != int(count):
                raise ValueError(
                    f"labels must share out the {len(waveform)} samples of {kept[step].name} "
                    f"evenly, {samples or 'equally many'} each, received {len(labels)}"
                )
            sounds.append(waveform.reshape(int(count), -1)[: len(labels)])
        return cls(tuple(sorted(kept)), np.stack(sounds), sample_rate, labels)


class TrainingScrubber(panel.TwoFaces):
    """Move along a training run and hear what the same latents sounded like.

    The losses, where the history has them, are drawn above; alarms are told. On a page of the book
    the slider moves, too, over the steps that are rendered there.

    ``sound`` is what the player holds now.

    Parameters
    ----------
    history : History
        The sounds; `History.from_folder` reads those of a run.

    Examples
    --------
    >>> growing = np.linspace(0, 1, 3)[:, np.newaxis, np.newaxis] * np.ones((3, 2, 800))
    >>> history = History((0, 100, 200), growing, 8000, ("kick", "snare"))
    >>> float(TrainingScrubber(history).sound.max())
    1.0
    """

    def __init__(self, history):
        import ipywidgets as widgets

        self.history = history
        numbered = [(name, i) for i, name in enumerate(history.labels)]
        steps = [(f"{step:,}", i) for i, step in enumerate(history.steps)]
        self._which = panel.control("Dropdown", "sound", options=numbered, value=0)
        self._step = panel.control("SelectionSlider", "step", options=steps, value=len(steps) - 1)
        self._player, self._picture, self._alarm = widgets.HTML(), widgets.HTML(), widgets.HTML()
        for control in (self._which, self._step):
            control.observe(self._update, "value")
        curves = [widgets.HTML(_curves(history).html)] if history.losses else []
        below = self._alarm, self._player, self._picture
        self.panel = widgets.VBox([*curves, self._which, self._step, *below])
        self._update()

    def page(self):
        """Render, for a page without a kernel, a row for each of the first sounds, by steps."""
        history = self.history
        shown = np.linspace(0, len(history.steps) - 1, PAGE_STEPS).round().astype(int)
        shown = np.unique(shown)
        sounds, labels = [], []
        for which, name in enumerate(history.labels[:PAGE_SOUNDS]):
            sounds += [np.asarray(history.sounds[i][which]) for i in shown]
            labels += [f"{name}, step {history.steps[i]:,}" for i in shown]
        caption = (
            f"In a live notebook this is a slider over {len(history.steps)} steps of the run, for "
            f"{len(history.labels)} sounds. These are some of them."
        )
        grid = display.players(sounds, history.sample_rate, labels, caption, columns=len(shown))
        steps = [int(history.steps[i]) for i in shown]
        settings = {
            "steps": steps,
            "labels": list(history.labels[:PAGE_SOUNDS]),
            "sample_rate": history.sample_rate,
            "losses": {name: _rounded(values) for name, values in history.losses.items()},
            "alarms": {step: history.alarms[step] for step in steps if step in history.alarms},
        }
        face = panel.together(_curves(history), grid) if history.losses else grid
        return panel.alive("training-scrubber", settings, face)

    def _update(self, change=None):
        history, which, at = self.history, self._which.value, self._step.value
        self.sound = np.asarray(history.sounds[at][which])
        label = f"{history.labels[which]}, step {history.steps[at]:,}"
        rung = history.alarms.get(history.steps[at])
        self._alarm.value = panel.status("" if rung is None else f"Alarms: {rung or 'none'}")
        play = change is not None
        grid = display.players(self.sound, history.sample_rate, label, autoplay=play)
        self._player.value = grid.html
        self._picture.value = display.spectrogram(self.sound, history.sample_rate, label).html


def _rounded(values):
    """Round numbers for a page; None stands for what is not finite."""
    values = np.asarray(values).tolist()
    return [round(value, 3) if np.isfinite(value) else None for value in values]


def _curves(history):
    """Draw the losses over the steps."""
    points = len(next(iter(history.losses.values())))
    steps = history.steps[-1] * np.arange(1, points + 1) / points
    return display.curves(history.losses, "step", "loss", x=steps)
