"""What a long run shows of itself: time, sounds, scores."""

import csv
import math
import sys
import time
import warnings
from pathlib import Path

import IPython
import keras
import numpy as np
import tensorflow as tf
from tqdm.auto import tqdm

from audiogan_lib import audio


class TimeLimit(keras.callbacks.Callback):
    """Stop after so many minutes of training, counted over all the pieces of a resumed run.

    The seconds stand in the model's ``elapsed_s``, so checkpoints carry them. Time spent between
    epochs, scoring and saving, does not count.

    Parameters
    ----------
    minutes : float > 0
        Training time in all.
    progress : bool
        Show a progress bar in minutes, with the step and the losses; where standard error goes
        neither to a terminal nor to a notebook, one line at once and then one a minute.

    Raises
    ------
    ValueError
        If the minutes are not more than 0.
    """

    def __init__(self, minutes, progress=False):
        super().__init__()
        if not minutes > 0:  # nor NaN, with which no comparison ever ends a run
            raise ValueError(f"minutes={minutes:g}: must be more than 0")
        self.minutes, self.progress = minutes, progress

    def on_train_begin(self, logs=None):
        """Open the progress bar."""
        minutes = float(self.model.elapsed_s.numpy()) / 60
        if self.progress and not _is_watched():
            self._bar = _Lines(self.minutes, minutes)
            return
        self._bar = tqdm(
            total=self.minutes,
            initial=minutes,
            bar_format="{l_bar}{bar}| {n:.1f}/{total:g} min{postfix}",
            disable=not self.progress,
        )

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Add the epoch's seconds and stop when they are spent."""
        seconds = time.monotonic() - self._began
        strategy = self.model.distribute_strategy
        if isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # All machines must stop after the same epoch, or one would wait for the others.
            own = strategy.experimental_distribute_values_from_function(
                lambda _, seconds=seconds: tf.constant(seconds)
            )
            seconds = float(strategy.reduce("MEAN", own, axis=None))
        self.model.elapsed_s.assign_add(seconds)
        shown = {name: f"{value:.2f}" for name, value in (logs or {}).items()}
        self._bar.set_postfix({"step": int(self.model.step.numpy())} | shown, refresh=False)
        self._bar.update(min(seconds / 60, self.minutes - self._bar.n))  # tqdm shows no more
        if float(self.model.elapsed_s.numpy()) >= 60 * self.minutes:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """Close the progress bar."""
        self._bar.close()


def _is_watched():
    """Tell whether a bar that redraws itself is seen as one: in a terminal or in a notebook."""
    return sys.stderr.isatty() or IPython.get_ipython() is not None


class _Lines:
    """What stands in for a progress bar in a file: a line at once, one a minute, one at the end."""

    def __init__(self, total, initial):
        self.total, self.n, self._text, self._next = total, initial, "", -math.inf

    def set_postfix(self, values, refresh):
        self._text = ", ".join(f"{name}={value}" for name, value in values.items())

    def update(self, minutes):
        self.n += minutes
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + 60
            self._print()

    def close(self):
        if self._text:
            self._print()

    def _print(self):
        print(f"{self.n:.1f}/{self.total:g} min, {self._text}", file=sys.stderr, flush=True)
        self._text = ""


class Watch(keras.callbacks.Callback):
    """Every so often, listen and measure: sounds to files, page or TensorBoard; scores to a table.

    Scores also join the logs of the epoch, so callbacks that come later see them.

    Parameters
    ----------
    folder : path-like
        Gets ``step-NNNNNNNN.wav`` files and ``scores.csv``.
    every_minutes : float > 0
        Training minutes between two looks.
    listen : callable, optional
        Returns ``(waveforms [clips, samples], sample_rate)``; the clips go end to end in one file.
        Samples beyond [-1, 1] are clipped to it.
    score : callable, optional
        Returns a dict of str to float, one row of the table.
    show : callable, optional
        ``show(waveforms, sample_rate, caption=...)`` returns what a notebook shows in place of the
        look before, for example ``display.players``.
    tensorboard : path-like, optional
        Folder where TensorBoard finds the clips, such as that of ``keras.callbacks.TensorBoard``.
        Writing them does not need the tensorboard package.
    """

    def __init__(self, folder, every_minutes, listen=None, score=None, show=None, tensorboard=None):
        super().__init__()
        self.folder, self.every_minutes = Path(folder), every_minutes
        self.listen, self.score, self.show = listen, score, show
        self._board = tf.summary.create_file_writer(str(tensorboard)) if tensorboard else None
        self._shown = None
        self.folder.mkdir(parents=True, exist_ok=True)

    def on_train_begin(self, logs=None):
        """Plan the first look."""
        self._next = float(self.model.elapsed_s.numpy()) / 60 + self.every_minutes

    def on_epoch_end(self, epoch, logs=None):
        """Look when it is time, and when training stops."""
        minutes = float(self.model.elapsed_s.numpy()) / 60
        if minutes < self._next and not self.model.stop_training:
            return
        self._next = minutes + self.every_minutes
        step = int(self.model.step.numpy())
        if self.listen:
            self._play(*self.listen(), step, f"Step {step}, {minutes:.1f} minutes of training")
        if self.score:
            scores = self.score()
            self._append({"step": step, "minutes": round(minutes, 2)} | scores)
            if logs is not None:
                logs.update(scores)

    def _play(self, waveforms, sample_rate, step, caption):
        """Bring the sounds to every place where they are wanted."""
        if not np.isfinite(waveforms).all():
            warnings.warn(f"The sounds of step {step} are not finite: not played.", stacklevel=2)
            return
        waveforms = np.clip(waveforms, -1, 1)
        path = self.folder / f"step-{step:08d}.wav"
        audio.write(path, np.concatenate(list(waveforms)), sample_rate)
        if self._board:
            with self._board.as_default():
                tf.summary.experimental.write_raw_pb(_audio_summary(waveforms, sample_rate), step)
            self._board.flush()
        if self.show:
            from IPython.display import display

            shown = self.show(waveforms, sample_rate, caption=caption)
            if self._shown is None:
                self._shown = display(shown, display_id=True)
            else:
                self._shown.update(shown)

    def _append(self, row):
        path = self.folder / "scores.csv"
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)


def _audio_summary(waveforms, sample_rate):
    """Serialise clips in the form that TensorFlow itself defines; TensorBoard reads it.

    ``tf.summary.audio`` writes the same, but imports the tensorboard package to do so.
    """
    summary = tf.compat.v1.Summary()
    for index, waveform in enumerate(waveforms):
        wav = tf.audio.encode_wav(np.float32(waveform)[:, None], sample_rate).numpy()
        summary.value.add(
            tag=f"sounds/{index}",
            audio=tf.compat.v1.Summary.Audio(
                sample_rate=sample_rate,
                num_channels=1,
                length_frames=len(waveform),
                encoded_audio_string=wav,
                content_type="audio/wav",
            ),
        )
    return summary.SerializeToString()
