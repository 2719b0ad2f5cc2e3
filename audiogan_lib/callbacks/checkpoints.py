"""Checkpoints that hold the whole state of a run, and the best weights of it."""

import json
import math
import re
import time
import warnings
from pathlib import Path

import keras
import numpy as np

from audiogan_lib import files


class CheckpointError(RuntimeError):
    """What is saved in a folder cannot be used; the message says why and what to do."""


def _variables(gan):
    """Name all the variables of a run, those of both optimisers and of random layers included.

    ``save_weights`` leaves out the random state of Keras's own layers, such as ``Dropout``. Names
    are without numbers: Keras counts layers over a whole session.
    """
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    variables = [*gan.variables, *(v for optimizer in optimizers for v in optimizer.variables)]
    names = (re.sub(r"_?\d+", "", variable.path) for variable in variables)
    return {f"{i:05d}/{name}": v for i, (name, v) in enumerate(zip(names, variables, strict=True))}


class Checkpoint(keras.callbacks.Callback):
    """Save the whole state of a run every so often, and resume it.

    State is every variable of the networks, the moving average and the optimisers, the random state
    of their layers, step and seconds. The two newest checkpoints are kept; ``checkpoints.json``
    lists them with their SHA-256. One that does not match is passed over for the older one.

    Parameters
    ----------
    folder : path-like
        Where the checkpoints stand; made when missing.
    every_s : float >= 0
        Seconds between two checkpoints. One more is written when training ends.

    Examples
    --------
    >>> import tempfile
    >>> from audiogan_lib import callbacks, training
    >>> latent, sound = keras.Input((4,)), keras.Input((16,))
    >>> networks = [keras.layers.Dense(16)(latent), keras.layers.Dense(1)(sound)]
    >>> gan = training.GAN(keras.Model(latent, networks[0]), keras.Model(sound, networks[1]))
    >>> gan.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    >>> checkpoint = callbacks.Checkpoint(tempfile.mkdtemp(), every_s=300)
    >>> checkpoint.resume(gan)
    0
    >>> batches = tf.data.Dataset.from_tensors(np.zeros((8, 16), np.float32)).repeat()
    >>> gan.fit(batches, steps_per_epoch=3, verbose=0, callbacks=[checkpoint]).epoch
    [0]
    >>> checkpoint.resume(gan)
    3
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
            return files.read_json(self._index, "file", "step", "sha256", kind=list)
        except ValueError as error:
            raise CheckpointError(f"{error}. Remove {self.folder} to start anew.") from error

    def resume(self, gan):
        """Load the newest whole checkpoint into a compiled model; return its step, 0 without one.

        Parameters
        ----------
        gan : training.GAN
            Compiled, with the networks of the run.

        Raises
        ------
        CheckpointError
            If there are checkpoints and none is whole, or they are of other networks.
        """
        entries = self._entries()
        for entry in entries:
            path = self.folder / entry["file"]
            if files.is_whole(path, entry["sha256"]):
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
        variables = _variables(gan)
        with np.load(path, allow_pickle=False) as file:
            saved = dict(file)
        current = {name: np.asarray(variable.numpy()) for name, variable in variables.items()}
        if _forms(saved) != _forms(current):
            raise CheckpointError(
                f"{path} is of other networks or optimisers than these. "
                f"Go on with those, or remove {self.folder} to start anew."
            )
        for name, variable in variables.items():
            # NumPy writes bfloat16, which it does not know, as two plain bytes.
            variable.assign(saved[name].view(current[name].dtype))

    def save(self):
        """Write a checkpoint now.

        Raises
        ------
        FloatingPointError
            If a variable is not a finite number; the older checkpoints stay.
        OSError
            If the disk is full or the folder cannot be written; the older checkpoints stay.
        """
        step = int(self.model.step.numpy())
        state = {name: np.asarray(v.numpy()) for name, v in _variables(self.model).items()}
        if not all(np.isfinite(values).all() for values in state.values()):
            raise FloatingPointError(
                f"The weights are no longer finite at step {step}; nothing was saved. "
                "Start again from the checkpoint before, with a lower learning rate."
            )
        path = self.folder / f"step-{step:08d}.npz"
        with files.replacing(path) as beside:
            with beside.open("wb") as file:
                np.savez(file, **state)
            digest = files.sha256(beside)
        # A damaged checkpoint that was passed over is of a later step: it must not push out the
        # whole one before it.
        older = [entry for entry in self._entries() if entry["step"] < step][:1]
        kept = [{"file": path.name, "step": step, "sha256": digest}, *older]
        files.write_text(self._index, json.dumps(kept, indent=1))
        files.keep_only(self.folder, "step-*.npz", [entry["file"] for entry in kept])
        self._saved_at = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        """Save when it is time."""
        if time.monotonic() - self._saved_at >= self.every_s:
            self.save()

    def on_train_end(self, logs=None):
        """Save the last state, if the last epoch has not."""
        if [entry["step"] for entry in self._entries()][:1] != [int(self.model.step.numpy())]:
            self.save()


class BestWeights(keras.callbacks.Callback):
    """Keep the averaged generator of the step that scored best, with a card, in its own folder.

    More training is not always better sound. The score is one that ``Watch`` measures, so this goes
    after it. ``keras.callbacks.ModelCheckpoint`` would save at every epoch without a score, and
    forget the best one when a run is resumed.

    Parameters
    ----------
    folder : path-like
        Gets ``card.json`` and the weights that it vouches for; made with the first score.
    monitor : str
        Name of the score.
    mode : {"max", "min"}
        Whether more or less is better.
    facts : callable, optional
        Returns a dict of what else the card says, such as that of a run, by which
        ``pretrained.load`` knows the generator.
    """

    def __init__(self, folder, monitor, mode, facts=dict):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode={mode!r}: must be 'max' or 'min'")
        self.folder, self.monitor, self.mode, self.facts = Path(folder), monitor, mode, facts

    @property
    def best(self):
        """Step and score that the card names, as a dict; None before the first score."""
        card = self.folder / "card.json"
        return files.read_json(card, "best")["best"] if card.exists() else None

    def on_train_begin(self, logs=None):
        """Begin to note what scores there are."""
        self._names = set()

    def on_epoch_end(self, epoch, logs=None):
        """Save the weights if their score is better than that on file."""
        self._names |= set(logs or {})
        if self.monitor not in (logs or {}):
            return
        score = float(logs[self.monitor])
        sign, best = (1 if self.mode == "max" else -1), self.best
        if not math.isfinite(score) or (best and sign * score <= sign * best[self.monitor]):
            return
        step = int(self.model.step.numpy())
        card = self.facts() | {"best": {"step": step, self.monitor: score}}
        name = f"generator-{step:08d}.weights.h5"
        files.write_card(self.folder, self.model.averaged_generator, card, name)
        files.keep_only(self.folder, "generator-*.weights.h5", [name])

    def on_train_end(self, logs=None):
        """Say so if nothing was ever kept."""
        if self.best is None:
            warnings.warn(
                f"monitor={self.monitor!r}: no such score, or none that is finite; "
                f"there were {', '.join(sorted(self._names))}. No weights were kept.",
                stacklevel=2,
            )


class Patience(keras.callbacks.EarlyStopping):
    """End a run when a score of ``Watch`` has not become better for so many looks.

    Keras's own, but for this: it counts looks, not epochs, most of which have no score. The first
    looks of a GAN are the worst, so it needs no start of its own. It goes after ``Watch``.

    Parameters
    ----------
    monitor : str
        Name of the score.
    mode : {"max", "min"}
        Whether more or less is better.
    patience : int > 0
        So many looks in a row without a better score end the run.
    """

    def __init__(self, monitor, mode, patience):
        super().__init__(monitor=monitor, mode=mode, patience=patience)

    def on_epoch_end(self, epoch, logs=None):
        """Count, at a look."""
        if self.monitor in (logs or {}):
            super().on_epoch_end(epoch, logs)


def _forms(arrays):
    """Return shape and type of each array; the byte order is the machine's."""
    return {name: (array.shape, array.dtype.str[1:]) for name, array in arrays.items()}
