"""What every data set comes as: clips of one length, each with a label."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from audiogan_lib import audio


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Clips of one length and one sample rate, with a label each.

    Parameters
    ----------
    name : str
        What was loaded.
    waveforms : np.ndarray [shape=(clips, samples), float32, in [-1, 1]]
        The clips. Those of a big folder stay in their files: ``waveforms[which]`` reads some.
    labels : np.ndarray [shape=(clips,), int64]
        For each clip the position of its label in `label_names`.
    label_names : tuple of str
        The labels; a part of a data set keeps all of them.
    sample_rate : int
        In Hz.
    columns : dict of str to np.ndarray [shape=(clips,)]
        What else is known of each clip, such as ``"split"`` or ``"speaker"``.
    skipped : tuple of (str, str)
        Files of a folder that were not used, or not to their end, each with the reason.
    """

    name: str
    waveforms: np.ndarray
    labels: np.ndarray
    label_names: tuple[str, ...]
    sample_rate: int
    columns: dict[str, np.ndarray] = field(default_factory=dict)
    skipped: tuple[tuple[str, str], ...] = ()

    @property
    def in_memory(self):
        """Whether all waveforms were read: False where they stay in their files."""
        return isinstance(self.waveforms, np.ndarray)

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

        Returns
        -------
        Dataset
            Those clips, in their order.

        Raises
        ------
        ValueError
            When there is no such split.
        """
        splits = self.columns.get("split", np.array([], str))
        if name not in splits:
            raise ValueError(f"split must be one of {listed(np.unique(splits))}, received {name!r}")
        return self.select(splits == name)

    def select(self, which):
        """Return some of the clips.

        Parameters
        ----------
        which : array_like [shape=(clips,), bool] or [shape=(any,), int]
            A mask, or positions.

        Returns
        -------
        Dataset
            Those clips, with the same label names.
        """
        which = np.asarray(which)
        here = self.in_memory
        return replace(
            self,
            waveforms=self.waveforms[which] if here else self.waveforms.select(which),
            labels=self.labels[which],
            columns={name: values[which] for name, values in self.columns.items()},
        )

    def map(self, function):
        """Return the clips with changed waveforms.

        Parameters
        ----------
        function : callable
            From waveforms ``[any, samples]`` to as many of the same shape, each by itself: clips
            that stay in their files are changed whenever they are read.

        Returns
        -------
        Dataset
            The changed clips; all else is as it was.
        """
        here = self.in_memory
        changed = function(self.waveforms) if here else self.waveforms.map(function)
        return replace(self, waveforms=changed)


def collect(name, clips, sample_rate, samples, label_names=None, skipped=()):
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
        skipped=tuple(skipped),
    )


def listed(names: Iterable[str]) -> str:
    """Put names into quotes and commas."""
    return ", ".join(repr(str(name)) for name in names) or "none"


def numbered(labels, names=None) -> tuple[tuple[str, ...], np.ndarray]:
    """Number labels by their names; by default numbers by their value and before words."""

    def rank(name):
        return (0, int(name), "") if name.isdecimal() else (1, 0, name)

    names = names or tuple(sorted(set(labels), key=rank))
    numbers = {name: number for number, name in enumerate(names)}
    return names, np.array([numbers[label] for label in labels], np.int64)


def condition_labels(dataset, conditions):
    """Number the classes of each condition.

    Parameters
    ----------
    dataset : datasets.Dataset
        The clips.
    conditions : tuple of str
        ``"label"`` and names of columns.

    Returns
    -------
    labels : ndarray [shape=(clips, conditions)], int32
        Class of each clip.
    names : dict of str to tuple of str
        The names of the classes of each condition.
    """
    labels, names = [], {}
    for condition in conditions:
        if condition == "label":
            labels.append(dataset.labels)
            names[condition] = tuple(dataset.label_names)
        else:
            found, index = np.unique(dataset.columns[condition], return_inverse=True)
            labels.append(index)
            names[condition] = tuple(str(name) for name in found)
    return np.stack(labels, axis=1).astype(np.int32), names
