"""Clips that stay in their files until a batch needs them.

A file is cut at fixed places, a clip's length apart, since its sound is not known beforehand. A
clip begins with the first sound after its place. Where there is none, or the file has become
unreadable, another clip of the same label stands in, always the same one.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import tensorflow as tf

from audiogan_lib import audio
from audiogan_lib.datasets import copies, folders, index
from audiogan_lib.datasets.dataset import Dataset, numbered

#: So many other clips are tried in place of one that has no sound.
TRIES = 200


@dataclass(frozen=True, eq=False, repr=False)
class Clips:
    """Waveforms of one length, to be taken like rows of an array, each read when it is taken.

    Parameters
    ----------
    folder : Path
        Where the files are.
    names : list of str
        The files, by their names in the folder.
    stamps : list of (int, int)
        Size and time of change of each, when it was indexed.
    sample_rate, samples : int
        Rate in Hz and length of every clip.
    file : np.ndarray [shape=(places,), int32]
        For each place where a clip begins, the position of its file in `names`.
    start : np.ndarray [shape=(places,), int64]
        Where in the file that is, in samples at `sample_rate`.
    label : np.ndarray [shape=(places,), int64]
        What may stand in for what.
    rows : np.ndarray [shape=(clips,), int64]
        The places that these clips are of.
    change : callable, optional
        What is done to the waveforms ``[any, samples]`` after reading.
    reported : set of str
        Files that were warned of.
    failures : list of Exception
        What stopped a stream: inside a graph, TensorFlow raises an error of its own instead.
    """

    folder: Path
    names: list[str]
    stamps: list[tuple[int, int]]
    sample_rate: int
    samples: int
    file: np.ndarray
    start: np.ndarray
    label: np.ndarray
    rows: np.ndarray
    change: Callable[[np.ndarray], np.ndarray] | None = None
    reported: set[str] = field(default_factory=set)
    failures: list[Exception] = field(default_factory=list)

    dtype = np.dtype(np.float32)

    @property
    def shape(self):
        """Number of clips, and samples of each."""
        return len(self.rows), self.samples

    def __len__(self):
        return len(self.rows)

    def __repr__(self):
        return f"<{len(self)} clips of {self.samples} samples, read when they are taken>"

    def __getitem__(self, which):
        """Read one clip, or several: a slice, a mask or positions."""
        rows = self.rows[which]
        waveforms = np.empty((np.size(rows), self.samples), np.float32)
        for position, row in enumerate(np.ravel(rows)):
            waveforms[position] = self._read(int(row))
        if self.change is not None:
            waveforms = self.change(waveforms)
        return waveforms if np.ndim(rows) else waveforms[0]

    def select(self, which):
        """Return some of the clips, reading none."""
        return replace(self, rows=self.rows[which])

    def map(self, function):
        """Return the clips with a change of their waveforms still to be made."""
        before = self.change
        after = function if before is None else lambda waveforms: function(before(waveforms))
        return replace(self, change=after)

    def gather(self, indices):
        """Read a batch within a graph: positions [batch] to waveforms [batch, samples]."""
        waveforms = tf.numpy_function(self.__getitem__, [indices], tf.float32)
        return tf.ensure_shape(waveforms, (*indices.shape, self.samples))

    def _read(self, row):
        """Read a clip, or the one that stands in for it."""
        problem = audio.AudioError(self.folder / self.names[self.file[row]], "has only silence")
        for number, candidate in enumerate(self._candidates(row)):
            try:
                waveform = self._clip(candidate)
            except audio.AudioError as error:
                problem = problem if number else error
                self._report(error)
                continue
            except OSError as error:
                self.failures.append(error)
                raise
            if waveform is not None:
                return waveform
        error = audio.AudioError(
            problem.path,
            f"{problem.reason}; nor is there sound in any of {TRIES} other clips of its label",
        )
        self.failures.append(error)
        raise error

    def _candidates(self, row):
        """Yield the clip itself, then others of its label, in an order of its own."""
        yield row
        others = self.rows[self.label[self.rows] == self.label[row]]
        yield from np.random.default_rng(row).choice(others, TRIES)

    def _clip(self, row):
        """Read the clip of a place; None where there is only silence."""
        number, start = self.file[row], self.start[row]
        path = self.folder / self.names[number]
        if index.stamp(path) != self.stamps[number]:
            raise audio.AudioError(path, "it has changed since the folder was loaded")
        alone = start == 0 and number not in self.file[row + 1 : row + 2]
        mp3 = path.suffix.lower() == ".mp3"
        excerpt = copies.excerpt if mp3 and not alone else audio.excerpt
        ahead = 2 * self.samples if alone else self.samples  # there is at most 1.25 times as much
        sound = excerpt(path, self.sample_rate, start, ahead)
        sound = folders.from_onset(sound)[: self.samples]
        missing = self.samples - len(sound)
        if not alone and 0 < missing < self.samples:
            more = excerpt(path, self.sample_rate, start + self.samples, missing)
            sound = np.concatenate([sound, more])
        heard = folders.from_onset(sound[::-1])[::-1]
        whole = len(sound) == self.samples
        if alone and not whole:  # this is all that there is in the file
            folders.check_length(path, heard, self.sample_rate)
        if len(heard) < folders.SHORTEST_S * self.sample_rate:
            return None
        return audio.fit_length(folders.in_range(sound if whole else heard), self.samples)

    def _report(self, error):
        """Warn of a file, once."""
        if error.path not in self.reported:
            self.reported.add(error.path)
            warnings.warn(f"{error}; other clips of its label stand in for it", stacklevel=2)


def dataset(folder: Path, sample_rate: int, samples: int, seed: int) -> Dataset:
    """Make a data set of a folder from the headers of its files; of no clips if none is usable."""
    usable, skipped = {}, []
    for name, entry in index.entries(folder).items():
        seconds = entry.frames / entry.sample_rate
        reason = entry.reason
        if not reason and seconds < folders.SHORTEST_S:
            reason = f"too short: {1000 * seconds:.0f} ms"
        if reason:
            skipped.append((str(folder / name), reason))
        else:
            usable[name] = entry
    file, start = _places(list(usable.values()), sample_rate, samples)
    columns = {"label": [], "file": [], "split": []}
    for row in folders.described(folder, usable, seed):
        for key, value in row.items():
            columns[key].append(value)
    label_names, labels = numbered(columns.pop("label"))
    labels = labels[file]
    clips = Clips(
        folder=folder,
        names=columns["file"],
        stamps=[entry[:2] for entry in usable.values()],
        sample_rate=sample_rate,
        samples=samples,
        file=file,
        start=start,
        label=labels,
        rows=np.arange(len(file)),
    )
    return Dataset(
        name=folder.resolve().name,
        waveforms=clips,
        labels=labels,
        label_names=label_names,
        sample_rate=sample_rate,
        columns={key: np.array(values, str)[file] for key, values in columns.items()},
        skipped=tuple(skipped),
    )


def _places(entries, sample_rate, samples):
    """Return for each place where a clip begins the number of its file, and where in it."""
    rates = np.array([entry.sample_rate for entry in entries], np.int64)
    lengths = np.array([entry.frames for entry in entries], np.int64) * sample_rate // rates
    counts, rests = np.divmod(lengths, samples)
    counts += (counts == 0) | (rests >= folders.SHORTEST_REST * samples)
    file = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    first = np.repeat(np.cumsum(counts) - counts, counts)
    return file, (np.arange(len(file)) - first) * samples
