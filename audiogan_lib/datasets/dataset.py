"""What every data set comes as: clips of one length, each with a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from audiogan_lib import audio

#: So many clips are encoded at a time.
PART = 256


@dataclass(frozen=True, eq=False, repr=False)
class Clips:
    """Clips of a big folder: taken like rows of an array, and read from the disk when taken.

    Parameters
    ----------
    source : array_like [shape=(any, ...)]
        What they are rows of: an array on the disk, or other clips.
    rows : np.ndarray [shape=(clips,), int]
        Which rows of `source`.
    function : callable, optional
        What is done to rows ``[any, ...]`` after reading.
    names : np.ndarray, optional
        For each row of `source` what `function` is given as well.

    Examples
    --------
    >>> clips = Clips(np.arange(8.0).reshape(4, 2), np.array([3, 0, 1])).map(np.negative)
    >>> clips.shape
    (3, 2)
    >>> clips[[0, 2]]
    array([[-6., -7.],
           [-2., -3.]])
    """

    source: Any
    rows: np.ndarray
    function: Callable | None = None
    names: np.ndarray | None = None

    @property
    def shape(self):
        """Number of clips, and the shape of each."""
        return len(self), *self._example.shape

    @property
    def ndim(self):
        """Number of axes."""
        return len(self.shape)

    @property
    def dtype(self):
        """Kind of numbers."""
        return self._example.dtype

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return f"<clips of shape {self.shape}, read when they are taken>"

    def __getitem__(self, which):
        """Read one clip, or several: a slice, a mask or positions."""
        rows = self.rows[which]
        values = self._read(np.atleast_1d(rows))
        return values if np.ndim(rows) else values[0]

    def __array__(self, dtype=None, copy=None):
        """Read all of them."""
        return self[:].astype(dtype or self.dtype, copy=False)

    def select(self, which):
        """Return some of the clips, reading none.

        Parameters
        ----------
        which : array_like
            A mask or positions.
        """
        return replace(self, rows=self.rows[which])

    def map(self, function, names=None):
        """Return the clips with a change that is still to be made, whenever they are read.

        Parameters
        ----------
        function : callable
            From rows ``[any, ...]``, and their names where there are any, to as many rows.
        names : np.ndarray [shape=(clips,)], optional
            A name for each clip.
        """
        return Clips(self, np.arange(len(self)), function, names)

    @cached_property
    def _example(self):
        return self._read(np.array([0]))[0]

    def _read(self, rows):
        values = self.source[rows]
        if self.function is None:
            return values
        names = () if self.names is None else (self.names[rows],)
        return np.asarray(self.function(values, *names))


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Clips of one length and one sample rate, with a label each.

    Parameters
    ----------
    name : str
        What was loaded.
    waveforms : np.ndarray or Clips [shape=(clips, samples), float32, in [-1, 1]]
        The clips. Those of a big folder lie on the disk: ``waveforms[which]`` reads some.
    labels : np.ndarray [shape=(clips,), int64]
        For each clip the position of its label in `label_names`.
    label_names : tuple of str
        The labels; a part of a data set keeps all of them.
    sample_rate : int
        In Hz.
    columns : dict of str to np.ndarray [shape=(clips,)]
        What else is known of each clip, such as ``"split"`` or ``"speaker"``. Every data set that
        `load` returns has ``"recording"``: clips of one recording have one value of it; drums have
        ``"kit"``.
    skipped : tuple of (str, str)
        Files of a folder that were not used, each with the reason.
    remarks : tuple of (str, str)
        Files of a folder that were used though something is odd about them, each with what.
    """

    name: str
    waveforms: np.ndarray
    labels: np.ndarray
    label_names: tuple[str, ...]
    sample_rate: int
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()

    def __len__(self):
        return len(self.waveforms)

    def __repr__(self):
        return (
            f"<Dataset {self.name!r}: {len(self)} clips of {self.waveforms.shape[1]} samples at "
            f"{self.sample_rate} Hz, {len(self.label_names)} labels>"
        )

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
            raise ValueError(f"split must be one of {listed(np.unique(splits))}, received {name!r}")
        return self.select(splits == name)

    def halves(self, seed, by="recording"):
        """Deal the clips out in two parts of about equal size that share no recording.

        Clips of one recording sound alike, so that parts which share some are nearer to each other
        than two draws of new sounds: a floor, a detector or a test of copies would be flattered.

        Parameters
        ----------
        seed, by : int >= 0, str
            As of `folds`, errors too.

        Examples
        --------
        >>> from audiogan_lib import datasets
        >>> digits = datasets.load("robot_digits")
        >>> one, other = digits.halves(seed=0, by="voice")
        >>> set(one.columns["voice"]) & set(other.columns["voice"])
        set()
        """
        return self.folds(2, seed, by)

    def hold_back(self, one_in=8, most=400):
        """Part the clips, by recording, in those to learn from and those to choose by.

        The only recording of a label is not held back. Where fewer than two clips would be, some
        of all are both: then the choice knows what was learnt.

        Parameters
        ----------
        one_in : int > 1
            One recording in so many is held back.
        most : int > 0
            So many clips at most are to choose by where none can be held back.

        Returns
        -------
        tuple of Dataset
            What is kept, and what is held back.

        Examples
        --------
        >>> from audiogan_lib import datasets
        >>> [len(part) for part in datasets.load("robot_digits", split="train").hold_back()]
        [348, 52]
        """
        recordings = self.columns["recording"]
        count = min(one_in, len(np.unique(recordings)))
        held = np.zeros(len(self), bool)
        if count > 1:
            part, *_ = self.folds(count, seed=0)
            held = np.isin(recordings, part.columns["recording"])
            held &= np.isin(self.labels, self.labels[~held])
        if held.sum() < 2:  # of which no distance can be told
            return self, self.select(np.arange(0, len(self), 1 + len(self) // most))
        return self.select(~held), self.select(held)

    def folds(self, count, seed, by="recording"):
        """Deal the clips out in several parts of about equal size that share no recording.

        A label of two or more recordings is in two or more parts. Kits, each of which has many
        labels, are dealt so that the labels come out about even.

        Parameters
        ----------
        count : int > 1
            Number of parts.
        seed : int >= 0
            Of the deal.
        by : str
            What may not stand in two parts: a column, such as ``"recording"``, ``"kit"`` or
            ``"speaker"``.

        Raises
        ------
        ValueError
            When there is no such column, or it has fewer values than there shall be parts.

        Examples
        --------
        >>> from audiogan_lib import datasets
        >>> [len(part) for part in datasets.load("robot_digits").folds(4, seed=0)]
        [120, 120, 120, 120]
        """
        if by not in self.columns:
            raise ValueError(f"by must be one of {listed(self.columns)}, received {by!r}")
        names, units = np.unique(self.columns[by], return_inverse=True)
        if not 2 <= count <= len(names):
            raise ValueError(
                f"count must be between 2 and the different values of {by!r} ({len(names)}), "
                f"received {count}"
            )
        counts = np.zeros((len(names), len(self.label_names) + 1))
        np.add.at(counts, (units, self.labels), 1.0)
        sizes = counts.sum(axis=1)
        counts[:, -1] = sizes / (2 * len(self))  # decides where the labels are even
        rng = np.random.default_rng(seed)
        held, part = np.zeros((count, counts.shape[1])), np.zeros(len(names), int)
        # The large ones about first, which the small ones then make up for.
        for unit in np.argsort(-sizes * rng.uniform(0.5, 1.0, len(names))):
            full = held @ counts[unit]
            part[unit] = rng.choice(np.flatnonzero(full == full.min()))
            held[part[unit]] += counts[unit]
        return tuple(self.select(part[units] == number) for number in range(count))

    def select(self, which):
        """Return some of the clips, with all label names.

        Parameters
        ----------
        which : array_like [shape=(clips,), bool] or [shape=(any,), int]
            A mask, or positions.
        """
        which = np.asarray(which)
        on_disk = isinstance(self.waveforms, Clips)
        return replace(
            self,
            waveforms=self.waveforms.select(which) if on_disk else self.waveforms[which],
            labels=self.labels[which],
            columns={name: values[which] for name, values in self.columns.items()},
        )

    @property
    def sounding_s(self):
        """How many seconds of sound there are: zeros that pad short clips do not count."""
        samples = 0
        for start in range(0, len(self), PART):
            sounding = np.asarray(self.waveforms[start : start + PART]) != 0
            samples += np.max(sounding * np.arange(1, sounding.shape[1] + 1), axis=1).sum()
        return float(samples / self.sample_rate)

    def map(self, function):
        """Return the clips with changed waveforms; all else is as it was.

        Parameters
        ----------
        function : callable
            From waveforms ``[any, samples]`` to as many of the same shape, each by itself: clips
            on the disk are changed whenever they are read.
        """
        on_disk = isinstance(self.waveforms, Clips)
        changed = self.waveforms.map(function) if on_disk else function(self.waveforms)
        return replace(self, waveforms=changed)

    def encoded(self, encode):
        """Return what a codec makes of the clips, ``[clips, ...]``, for `batches`.

        Parameters
        ----------
        encode : callable
            From waveforms ``[any, samples]`` and the names of their labels to examples, each by
            itself. Clips on the disk are encoded whenever they are read, others now.
        """
        names = np.array(self.label_names)[self.labels]
        if isinstance(self.waveforms, Clips):
            return self.waveforms.map(encode, names)
        parts = [slice(start, start + PART) for start in range(0, len(self), PART)]
        return np.concatenate([encode(self.waveforms[part], names[part]) for part in parts])


def collect(name, clips, sample_rate, samples, label_names=None):
    """Make a data set of a stream of (waveform, row), where each row has the same keys."""
    waveforms, rows = [], []
    for waveform, row in clips:
        waveforms.append(audio.fit_length(waveform, samples))
        rows.append(row)
    if not rows:
        raise ValueError(f"there is no sound in {name!r}")
    columns = {key: [row[key] for row in rows] for key in rows[0]}
    label_names, labels = numbered(columns.pop("label"), label_names)
    array = np.empty((len(rows), samples), np.float32)
    for position in reversed(range(len(rows))):  # gives memory back while the array fills
        array[position] = waveforms.pop()
    return Dataset(
        name=name,
        waveforms=array,
        labels=labels,
        label_names=label_names,
        sample_rate=sample_rate,
        columns={key: np.array(values) for key, values in columns.items()},
    )


def listed(names: Iterable[str]) -> str:
    """Put names into quotes and commas."""
    return ", ".join(repr(str(name)) for name in names) or "none"


def numbered(labels, names=None) -> tuple[tuple[str, ...], np.ndarray]:
    """Number labels by their names; by default numbers by their value and before words."""

    def rank(name):
        return (0, int(name), name) if name.isdecimal() else (1, 0, name)

    names = names or tuple(sorted(set(labels), key=rank))
    numbers = {name: number for number, name in enumerate(names)}
    return names, np.array([numbers[label] for label in labels], np.int64)


def condition_labels(dataset, conditions):
    """Number the classes of each condition.

    Returns labels, int32 ``[clips, conditions]``, and a dict with the names of each condition's
    classes.

    Parameters
    ----------
    dataset : datasets.Dataset
        The clips.
    conditions : tuple of str
        ``"label"`` and names of columns.
    """
    labels, names = [], {}
    for condition in conditions:
        if condition == "label":
            labels.append(dataset.labels)
            names[condition] = tuple(dataset.label_names)
        else:
            classes, index = np.unique(dataset.columns[condition], return_inverse=True)
            labels.append(index)
            names[condition] = tuple(str(name) for name in classes)
    return np.stack(labels, axis=1).astype(np.int32), names
