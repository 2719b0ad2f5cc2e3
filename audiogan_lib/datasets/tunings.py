"""Copies of clips at other tunings, so that rare labels are heard as often as common ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from audiogan_lib import audio
from audiogan_lib.datasets.dataset import Clips


def retuned(dataset, octaves, count, seed=0):
    """Add copies at other tunings, until there are so many clips of each label.

    A copy is played faster or slower, as a drum head is tighter or slacker, and is a clip of the
    same recording. The clips of a label are copied about equally often.

    Parameters
    ----------
    dataset : Dataset
        Clips; those on the disk are retuned whenever they are read.
    octaves : float >= 0
        Largest change, drawn for each copy evenly from both directions.
    count : int
        Clips of each label in the end. A label that has more keeps them.
    seed : int >= 0
        Of the changes.

    Returns
    -------
    dataset : Dataset
        The clips as they were, then the copies, label by label.

    Raises
    ------
    ValueError
        When `octaves` is negative.

    Examples
    --------
    >>> from audiogan_lib import datasets
    >>> drums = datasets.load("drums", split="train")
    >>> more = datasets.retuned(drums, octaves=1 / 12, count=100)
    >>> np.unique(np.bincount(more.labels))
    array([100])
    """
    if not octaves >= 0:
        raise ValueError(f"octaves must be at least 0, received {octaves}")
    rng = np.random.default_rng(seed)
    copied = [np.arange(0)]
    for label in np.unique(dataset.labels):
        members = rng.permutation(np.flatnonzero(dataset.labels == label))
        copied.append(np.resize(members, max(0, count - len(members))))
    copied = np.concatenate(copied)
    changes = np.concatenate([np.zeros(len(dataset)), rng.uniform(-octaves, octaves, len(copied))])
    every = dataset.select(np.concatenate([np.arange(len(dataset)), copied]))
    if isinstance(every.waveforms, Clips):
        return replace(every, waveforms=every.waveforms.map(_play, changes))
    return replace(every, waveforms=_play(every.waveforms, changes))


def _play(waveforms, octaves):
    """Play clips ``[clips, samples]`` faster by so many octaves each, in their old length."""
    pairs = zip(waveforms, 2.0**octaves, strict=True)
    played = [audio.resample(waveform, speed, 1.0) for waveform, speed in pairs]
    return np.stack([audio.fit_length(waveform, waveforms.shape[1]) for waveform in played])
