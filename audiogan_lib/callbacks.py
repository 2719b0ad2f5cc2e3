"""Keras callbacks for long runs: checkpoints, a time limit, sounds and scores by step.

``TimeLimit`` goes first in the list of callbacks: the others save and read the time that it counts.
"""

import csv
import json
import time
import warnings
from pathlib import Path

import keras
import numpy as np
import pooch
from tqdm.auto import tqdm

from audiogan_lib import audio


class CheckpointError(RuntimeError):
    """A run cannot be resumed from its folder; the message says why and what to do."""


def save_weights(model, path):
    """Write weights beside ``path``, then rename, so that ``path`` is never half a file.

    Parameters
    ----------
    model : keras.Model
        What to save.
    path : path-like
        Ends in ``.weights.h5``.

    Returns
    -------
    str
        SHA-256 of the file.

    Raises
    ------
    OSError
        If the disk is full or the folder cannot be written; the older file at ``path`` stays.
    """
    path = Path(path)
    beside = path.with_name(f".writing-{path.name}")
    try:
        model.save_weights(beside)
        digest = pooch.file_hash(str(beside))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return digest


def write_text(path, text):
    """Write a text file beside ``path``, then rename.

    Parameters
    ----------
    path : path-like
        Where the file goes.
    text : str
        What it holds, written as UTF-8.
    """
    path = Path(path)
    beside = path.with_name(f".writing-{path.name}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


class Checkpoint(keras.callbacks.Callback):
    """Save a run every so often, and resume it.

    The two newest checkpoints are kept; ``checkpoints.json`` lists them with their SHA-256. A
    checkpoint that does not match is passed over for the older one.

    Parameters
    ----------
    folder : path-like
        Where the checkpoints stand; made when missing.
    every_s : float > 0
        Seconds between two checkpoints. One more is written when training ends.
    """

    def __init__(self, folder, every_s=120.0):
        super().__init__()
        self.folder, self.every_s = Path(folder), every_s
        self.folder.mkdir(parents=True, exist_ok=True)
        self._index = self.folder / "checkpoints.json"
        self._saved_at = time.monotonic()

    def _entries(self):
        """Return the listed checkpoints, newest first."""
        if not self._index.exists():
            return []
        try:
            return json.loads(self._index.read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise CheckpointError(
                f"{self._index} is damaged ({error}). Remove {self.folder} to start anew."
            ) from error

    def resume(self, gan):
        """Load the newest whole checkpoint into a compiled model.

        Parameters
        ----------
        gan : training.GAN
            Compiled, with the networks of the run.

        Returns
        -------
        int
            The step it goes on from; 0 if the folder holds no checkpoint.

        Raises
        ------
        CheckpointError
            If there are checkpoints and none is whole, or they are of other networks.
        """
        entries = self._entries()
        for entry in entries:
            path = self.folder / entry["file"]
            if path.exists() and pooch.file_hash(str(path)) == entry["sha256"]:
                self._load(gan, path)
                return int(gan.step.numpy())
            print(f"{path} is missing or damaged; trying the checkpoint before it.")
        if entries:
            raise CheckpointError(
                f"No checkpoint in {self.folder} is whole. Remove the folder to start anew."
            )
        return 0

    def _load(self, gan, path):
        """Load a checkpoint, all of it or none."""
        try:
            with warnings.catch_warnings():
                # Keras would go on without the state of an optimiser that does not match.
                warnings.filterwarnings("error", message="Skipping")
                gan.load_weights(path)
        except (ValueError, UserWarning) as error:
            raise CheckpointError(
                f"{path} is of other networks or optimisers than these. "
                f"Go on with those, or remove {self.folder} to start anew."
            ) from error

    def save(self):
        """Write a checkpoint now.

        Raises
        ------
        FloatingPointError
            If a weight of the networks is not a finite number; the older checkpoints stay.
        """
        step = int(self.model.step.numpy())
        if not all(np.isfinite(weight).all() for weight in self.model.get_weights()):
            raise FloatingPointError(
                f"The weights are no longer finite at step {step}; nothing was saved. "
                "Start again from the checkpoint before, with a lower learning rate."
            )
        name = f"step-{step:08d}.weights.h5"
        entry = {"file": name, "step": step, "sha256": save_weights(self.model, self.folder / name)}
        # A damaged checkpoint that was passed over is of a later step: it must not push out the
        # whole one before it.
        kept = [entry, *[e for e in self._entries() if e["step"] < step][:1]]
        write_text(self._index, json.dumps(kept, indent=1))
        for path in self.folder.glob("step-*.weights.h5"):
            if path.name not in {e["file"] for e in kept}:
                path.unlink()
        self._saved_at = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Save when it is time."""
        if time.monotonic() - self._saved_at >= self.every_s:
            self.save()

    def on_train_end(self, logs=None):
        """Save the last state."""
        self.save()


class TimeLimit(keras.callbacks.Callback):
    """Stop after so many minutes of training, counted over all the pieces of a resumed run.

    The seconds stand in the model's ``elapsed_s``, so checkpoints carry them. Time spent between
    epochs, scoring and saving, does not count.

    Parameters
    ----------
    minutes : float > 0
        Training time in all.
    progress : bool
        Show a progress bar in minutes, with the step and the losses.
    """

    def __init__(self, minutes, progress=False):
        super().__init__()
        self.minutes, self.progress = minutes, progress

    def on_train_begin(self, logs=None):
        """Open the progress bar."""
        self._bar = tqdm(
            total=self.minutes,
            initial=float(self.model.elapsed_s.numpy()) / 60,
            bar_format="{l_bar}{bar}| {n:.1f}/{total:g} min{postfix}",
            disable=not self.progress,
        )

    def on_epoch_begin(self, epoch, logs=None):
        """Start the clock."""
        self._began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Add the epoch's seconds and stop when they are spent."""
        seconds = time.monotonic() - self._began
        self.model.elapsed_s.assign_add(seconds)
        shown = {name: f"{value:.2f}" for name, value in (logs or {}).items()}
        self._bar.set_postfix({"step": int(self.model.step.numpy())} | shown, refresh=False)
        self._bar.update(seconds / 60)
        if float(self.model.elapsed_s.numpy()) >= 60 * self.minutes:
            self.model.stop_training = True

    def on_train_end(self, logs=None):
        """Close the progress bar."""
        self._bar.close()


class Watch(keras.callbacks.Callback):
    """Every so often, listen and measure: write sounds as WAV and scores as a line of a CSV table.

    Parameters
    ----------
    folder : path-like
        Gets ``step-NNNNNNNN.wav`` files and ``scores.csv``.
    every_minutes : float > 0
        Training minutes between two looks.
    listen : callable, optional
        Returns ``(waveforms [clips, samples], sample_rate)``; the clips go end to end in one file.
    score : callable, optional
        Returns a dict of str to float, one row of the table.
    """

    def __init__(self, folder, every_minutes, listen=None, score=None):
        super().__init__()
        self.folder, self.every_minutes = Path(folder), every_minutes
        self.listen, self.score = listen, score
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
            waveforms, sample_rate = self.listen()
            path = self.folder / f"step-{step:08d}.wav"
            audio.write(path, np.concatenate(list(waveforms)), sample_rate)
        if self.score:
            self._append({"step": step, "minutes": round(minutes, 2)} | self.score())

    def _append(self, row):
        path = self.folder / "scores.csv"
        new = not path.exists()
        with path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, row)
            if new:
                writer.writeheader()
            writer.writerow(row)
