"""Clips to learn from: shipped sounds, public data sets on request, or any folder of audio.

``load`` returns a `Dataset` of float32 clips of one length with integer labels; ``batches`` turns
arrays into an endless, reproducible stream for training.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import soundfile
import tensorflow as tf

from . import _downloads, audio

SOUNDS = Path(__file__).parent / "sounds"

#: Sample rate (Hz) and clip length (samples) of the shipped data sets.
SHIPPED = {"drums": (16000, 16384), "notes": (16000, 16384), "robot_digits": (8000, 8192)}

FSDD = _downloads.Source(
    url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/"
    "26eb9aaf76e81b692f806f9140c2d2777410d7a1.tar.gz",
    filename="free-spoken-digit-dataset-26eb9aaf76e81b692f806f9140c2d2777410d7a1.tar.gz",
    recordings_sha256="dbd573d7cafe79c4b49f65718115e1304e24e067fa39eff18a660dc6cb9c360f",
)


@dataclass(frozen=True)
class Dataset:
    """Clips of one length and one sample rate, with a label each.

    Parameters
    ----------
    name : str
        What was loaded.
    waveforms : np.ndarray [shape=(clips, samples), float32, in [-1, 1]]
        The clips.
    labels : np.ndarray [shape=(clips,), int64]
        For each clip the position of its label in `label_names`.
    label_names : tuple of str
        The labels; a part of a data set keeps all of them.
    sample_rate : int
        In Hz.
    columns : dict of str to np.ndarray [shape=(clips,)]
        What else is known of each clip, such as ``"split"`` or ``"speaker"``.
    skipped : tuple of (str, str)
        Files that were not used, each with the reason.
    """

    name: str
    waveforms: np.ndarray
    labels: np.ndarray
    label_names: tuple[str, ...]
    sample_rate: int
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()

    def __len__(self):
        return len(self.waveforms)

    def split(self, name):
        """Return the clips of one split.

        Parameters
        ----------
        name : str
            ``"train"``, ``"test"``, or what else the data set has.

        Raises
        ------
        ValueError
            When there is no such split.
        """
        splits = self.columns.get("split", np.array([], str))
        if name not in splits:
            raise ValueError(
                f"split must be one of {_listed(np.unique(splits))}, received {name!r}"
            )
        return self.select(splits == name)

    def select(self, which):
        """Return some of the clips.

        Parameters
        ----------
        which : array_like [shape=(clips,), bool] or [shape=(any,), int]
            A mask, or positions.
        """
        which = np.asarray(which)
        return replace(
            self,
            waveforms=self.waveforms[which],
            labels=self.labels[which],
            columns={name: values[which] for name, values in self.columns.items()},
        )


def load(name, split=None, **options):
    """Load a data set by name, or a folder of audio by its path.

    Parameters
    ----------
    name : str or Path
        ``"drums"``, ``"notes"``, ``"robot_digits"`` (shipped), ``"fsdd"`` (downloaded).
    split : str, optional
        Only this split, such as ``"train"`` or ``"test"``; everything by default.

    Returns
    -------
    Dataset
        The clips.

    Raises
    ------
    ValueError
        When there is no such data set or split.
    """
    loaders = {**dict.fromkeys(SHIPPED, _shipped), "fsdd": _fsdd}
    if name not in loaders:
        raise ValueError(f"name must be one of {_listed(loaders)}, received {name!r}")
    dataset = loaders[name](name, **options)
    return dataset if split is None else dataset.split(split)


def batches(arrays, batch_size, seed=0, first_step=0):
    """Return an endless stream of shuffled batches.

    Each epoch visits every clip once, in an order of its own; a batch that an epoch cannot fill is
    completed from the next one. Batch i depends on `seed` and i alone, so a run that is resumed
    sees what it would have seen.

    Parameters
    ----------
    arrays : sequence of np.ndarray [shape=(clips, ...)]
        Arrays of equal first dimension, such as waveforms and labels.
    batch_size : int > 0
        Clips in each batch.
    seed : int
        Chooses the orders.
    first_step : int >= 0
        Number of the batch to begin with.

    Returns
    -------
    tf.data.Dataset
        Of tuples with one tensor [shape=(batch_size, ...)] for each array.

    Raises
    ------
    ValueError
        When the arrays are empty or of unequal length, or a number is out of range.
    """
    arrays = tuple(np.asarray(array) for array in arrays)
    lengths = {len(array) for array in arrays}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(
            "arrays must have one first dimension in common, of at least 1, "
            f"received shapes {[array.shape for array in arrays]}"
        )
    if batch_size < 1 or first_step < 0:
        raise ValueError(
            "batch_size must be at least 1 and first_step at least 0, "
            f"received {batch_size} and {first_step}"
        )
    (clips,) = lengths
    with tf.device("CPU"):  # whole data sets do not belong into a GPU's memory
        tensors = tuple(tf.constant(array) for array in arrays)
    last = tf.constant(clips - 1, tf.int64)

    def index(position):
        return tf.random.experimental.index_shuffle(
            position % clips, [tf.constant(seed, tf.int64), position // clips], last
        )

    def gather(indices):
        return tuple(tf.gather(tensor, indices) for tensor in tensors)

    positions = tf.data.Dataset.range(first_step * batch_size, np.iinfo(np.int64).max)
    indices = positions.map(index).batch(batch_size, drop_remainder=True)
    return indices.map(gather).prefetch(tf.data.AUTOTUNE)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(str(name)) for name in names) or "none"


def _sorted_names(names: Iterable[str]) -> tuple[str, ...]:
    """Sort labels, numbers by their value and before words."""

    def rank(name):
        return (0, int(name), "") if name.isdecimal() else (1, 0, name)

    return tuple(sorted(set(names), key=rank))


def _column(values: list[str]) -> np.ndarray:
    """Turn a column of text into an array, of integers where every value is one."""
    try:
        return np.array([int(value) for value in values])
    except ValueError:
        return np.array(values)


def _shipped(name: str) -> Dataset:
    """Read packed clips: one FLAC file per group, and an index of where each clip starts."""
    folder = SOUNDS / name
    sample_rate, samples = SHIPPED[name]
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    packs = {}
    for pack in {row["file"] for row in rows}:
        packs[pack], rate = soundfile.read(folder / pack, dtype="float32")
        if rate != sample_rate:
            raise ValueError(f"{folder / pack} must have {sample_rate} Hz, has {rate}")
    waveforms = np.zeros((len(rows), samples), np.float32)
    for waveform, row in zip(waveforms, rows, strict=True):
        start, length = int(row["start"]), int(row["samples"])
        waveform[:length] = packs[row["file"]][start : start + length]
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    for key in ("file", "start", "samples"):
        columns.pop(key)
    return _dataset(name, waveforms, columns.pop("label"), sample_rate, columns)


def _dataset(name, waveforms, labels, sample_rate, columns, label_names=None, skipped=()):
    """Number the labels and turn the columns of text into arrays."""
    label_names = label_names or _sorted_names(labels)
    positions = {label: position for position, label in enumerate(label_names)}
    return Dataset(
        name=name,
        waveforms=waveforms,
        labels=np.array([positions[label] for label in labels], np.int64),
        label_names=label_names,
        sample_rate=sample_rate,
        columns={key: _column(values) for key, values in columns.items()},
        skipped=tuple(skipped),
    )


def _fsdd(name: str) -> Dataset:
    """Free Spoken Digit Dataset: recordings 0 to 4 of each speaker and digit are its test."""
    waveforms, labels = [], []
    columns = {"speaker": [], "take": [], "split": []}
    for path, file in _fsdd_recordings():
        label, speaker, take = Path(path).stem.split("_")
        waveform, _ = audio.read(file, sample_rate=8000)
        waveforms.append(audio.fit_length(waveform, 8192))
        labels.append(label)
        columns["speaker"].append(speaker)
        columns["take"].append(take)
        columns["split"].append("test" if int(take) < 5 else "train")
    return _dataset(name, np.stack(waveforms), labels, 8000, columns)


def _fsdd_recordings() -> Iterator:
    members = _downloads.recordings(_downloads.fetch(FSDD))
    return ((path, file) for path, file in members if path.endswith(".wav"))
