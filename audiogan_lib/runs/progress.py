"""What a run on own sounds tells while it trains: how quick it is, and how it sounds so far."""

from __future__ import annotations

import csv
import time
from html import escape
from pathlib import Path

import keras
from tqdm.auto import tqdm

from audiogan_lib import display, files


class Pace(keras.callbacks.Callback):
    """Measure what a step takes here, and say what the minutes are enough for.

    Parameters
    ----------
    recipe : recipes.Recipe
        With the minutes and the size of a batch.
    clips : int > 0
        Clips that are learnt from.
    """

    def __init__(self, recipe, clips):
        super().__init__()
        self.recipe, self.clips = recipe, clips

    def on_train_begin(self, logs=None):
        """Begin to count epochs: in the first one, the step is compiled."""
        self._epochs = 0

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self._began, self._step = time.monotonic(), int(self.model.step.numpy())

    def on_epoch_end(self, epoch, logs=None):
        """Say it after the second epoch."""
        self._epochs += 1
        if self._epochs == 2:
            steps = int(self.model.step.numpy()) - self._step
            tqdm.write(self.sentence((time.monotonic() - self._began) / max(steps, 1)))

    def sentence(self, step_s):
        """Say what so many seconds a step mean.

        Parameters
        ----------
        step_s : float > 0
            What a step takes.
        """
        minutes = self.recipe.minutes
        steps = round(60 * minutes / step_s)
        seen = steps * self.recipe.batch_size / self.clips
        drums = files.read_json(files.WEIGHTS / "drums" / "card.json", "training")
        wanted = drums["training"]["step"]
        return (
            f"A step takes {step_s:.2f} s here: {minutes:g} minutes are some {steps} steps, in "
            f"which each clip is heard {seen:.0f} times. The book's drums had {wanted} steps, "
            f"which here are {wanted * step_s / 60:.0f} minutes."
        )


class Diary(keras.callbacks.Callback):
    """After each look, say its scores in a line, and write the page with all sounds so far.

    Parameters
    ----------
    folder : path-like
        Of the run, where ``step-NNNNNNNN.wav`` and ``scores.csv`` are; gets ``sounds.html``.
    """

    def __init__(self, folder):
        super().__init__()
        self.folder = Path(folder)

    def on_epoch_end(self, epoch, logs=None):
        """Write, if there was a look."""
        if "frechet_distance" not in (logs or {}):
            return
        rows = self._rows()
        tqdm.write(_words(rows[-1]))
        title = f"How {self.folder.name} sounds so far"
        says = "<p>The newest first; reload the page for what has come since.</p>"
        looks = [self._section(row) for row in reversed(rows)]
        files.write_text(
            self.folder / "sounds.html", display.document(title, "\n".join([says, *looks]))
        )

    def _rows(self):
        with (self.folder / "scores.csv").open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def _section(self, row):
        name, words = f"step-{int(row['step']):08d}.wav", escape(_words(row))
        if not (self.folder / name).exists():
            return f"<p>{words}</p>"
        return (
            f'<section><p>{words}</p><audio controls preload="none" aria-label="{words}" '
            f'src="{name}"></audio></section>'
        )


def _words(row):
    """Put the scores of a look into words."""
    heard = f", recognised {float(row['accuracy']):.0%}" if "accuracy" in row else ""
    distance = float(row["frechet_distance"])
    return f"step {row['step']}, {row['minutes']} min{heard}, distance {distance:.1f}"
