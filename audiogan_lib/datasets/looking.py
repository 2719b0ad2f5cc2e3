"""What a folder of sounds is like, told before anything is learnt from it."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from audiogan_lib import audio
from audiogan_lib.datasets import folders
from audiogan_lib.datasets.advice import LONGEST_S, advise, choose
from audiogan_lib.datasets.cutting import SILENCE

#: A sound has ended when this share of its power has passed; its band ends where so much is below.
_SHARE = 0.99
_N_FFT = 2048

#: Flat tops: so many samples in a row at one height, near full scale, are clipped.
_FLAT, _NEAR_FULL_SCALE, _SAME = 3, 0.97, 1e-4


@dataclass(frozen=True)
class SoundFile:
    """What `look` heard of one file.

    Parameters
    ----------
    name, label : str
        Of the file within the folder, and the class that it counts for.
    duration_s : float
        Length of the file.
    sample_rate, channels : int
        As the file has them.
    peak, level_db : float
        Largest magnitude, and level over the whole file in dB relative to full scale.
    silence : float in [0, 1]
        Share of it that is below -60 dB.
    clipped : int
        Samples in flat tops near full scale.
    bandwidth_hz : float
        Below it lies 99 % of the power.
    lengths_s : tuple of float
        How long the sounds in it last, each until 99 % of its power has passed, cut as clips are
        with the longest length that can be chosen.
    digest : str
        The same for files with the same samples.
    """

    name: str
    label: str
    duration_s: float
    sample_rate: int
    channels: int
    peak: float
    level_db: float
    silence: float
    clipped: int
    bandwidth_hz: float
    lengths_s: tuple[float, ...]
    digest: str


@dataclass(frozen=True, repr=False)
class Look:
    """What a folder of sounds is like, see `look`.

    Parameters
    ----------
    place : str
        Where it lies.
    sounds : tuple of SoundFile
        What can be used.
    skipped, remarks : tuple of (str, str)
        Files that cannot be used, and files that are odd, each with the reason.
    """

    place: str
    sounds: tuple
    skipped: tuple[tuple[str, str], ...] = ()
    remarks: tuple[tuple[str, str], ...] = ()

    def __repr__(self):
        return f"{self.table()}\n\n" + "\n".join(self.advice)

    @cached_property
    def duplicates(self):
        """The names of files that hold the same samples, a tuple for each such sound."""
        names = {}
        for sound in self.sounds:
            names.setdefault(sound.digest, []).append(sound.name)
        return tuple(tuple(same) for same in names.values() if len(same) > 1)

    @property
    def labels(self):
        """The number of files of each class, a dict."""
        return dict(sorted(Counter(sound.label for sound in self.sounds).items()))

    @property
    def advice(self):
        """Three sentences: how much there is, what to mend first, what would be trained."""
        return advise(self)

    def choose(self, sample_rate=None, duration_s=None):
        """Choose the rate and the length of clips by the sounds.

        Parameters
        ----------
        sample_rate : int, optional
            Wanted rate in Hz: 8000, 16000, 32000 or 44100.
        duration_s : float, optional
            Wanted length; rounded up to what the networks can make.

        Returns
        -------
        Choice
            With ``sample_rate``, ``samples`` and ``reason``.

        Raises
        ------
        ValueError
            If the networks cannot make it.
        """
        return choose(self.sounds, sample_rate, duration_s)

    def table(self):
        """Return one row for each class, and one for all."""
        rows = [_row(label, self._of(label)) for label in self.labels]
        rows += [_row("all", self.sounds)] if len(rows) > 1 else []
        return "\n".join([_HEADER, *rows])

    def as_dict(self):
        """Return all that is known, ready for JSON."""
        choice = self.choose()
        return {
            "place": self.place,
            "files": [asdict(sound) for sound in self.sounds],
            "labels": self.labels,
            "duplicates": [list(names) for names in self.duplicates],
            "skipped": [list(pair) for pair in self.skipped],
            "remarks": [list(pair) for pair in self.remarks],
            "advice": list(self.advice),
            "sample_rate": choice.sample_rate,
            "samples": choice.samples,
        }

    def _of(self, label):
        return [sound for sound in self.sounds if sound.label == label]


def look(place):
    """Hear what a folder of sounds is like: how much there is, what is wrong, what would suit.

    Parameters
    ----------
    place : path-like
        A folder whose sub-folders are classes, a zip of one, or a single recording.

    Returns
    -------
    Look
        Shown as a table and three sentences of advice.

    Raises
    ------
    ValueError
        If there is no such place, or nothing usable in it.

    Examples
    --------
    >>> import tempfile
    >>> from audiogan_lib import audio, datasets
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(6000) / 8000)
    ...     audio.write(f"{folder}/a.wav", wave, 8000)
    ...     heard = datasets.look(folder)
    >>> heard.sounds[0].duration_s, heard.choose().sample_rate
    (0.75, 8000)
    """
    place = Path(place)
    if not place.exists():
        raise ValueError(f"{place}: there is no such folder or file")
    found = folders.find(place)
    sounds, skipped, remarks = [], list(found.skipped), []
    for name in tqdm(found.names, desc="looking", leave=False, delay=1, disable=None):
        readable = folders.readable(name)
        try:
            with audio.remarks() as odd:
                label = folders.label_of(name, found.alone)
                sounds.append(_heard(found.folder / name, readable, label))
        except audio.AudioError as error:
            skipped.append((readable, error.reason))
        else:
            remarks += [(readable, text) for text in odd]
    if not sounds:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in skipped[:3])
        what = f"usable sound ({reasons})" if skipped else "sound files"
        raise ValueError(f"{place} holds no {what}")
    return Look(str(place), tuple(sounds), tuple(skipped), tuple(remarks))


class _Totals:
    """What is counted while a file is read block by block."""

    def __init__(self, sample_rate):
        self.sample_rate, self.samples = sample_rate, 0
        self.power, self.peak, self.quiet, self.clipped = 0.0, 0.0, 0, 0
        self.spectrum, self.digest = np.zeros(_N_FFT // 2 + 1), hashlib.sha256()

    def add(self, block):
        magnitudes = np.abs(block)
        self.samples += len(block)
        self.power += float(np.sum(np.square(block, dtype=np.float64)))
        self.peak = max(self.peak, float(magnitudes.max(initial=0.0)))
        # Frames, not samples: a loud sound is near zero as well, between its extremes.
        frame = max(1, self.sample_rate // 100)
        frames = magnitudes[: len(block) // frame * frame].reshape(-1, frame)
        self.quiet += frame * int(np.sum(frames.max(axis=1, initial=0.0) < SILENCE))
        self.clipped += _flat_tops(block)
        padded = np.pad(block, (0, -len(block) % _N_FFT)).reshape(-1, _N_FFT)
        self.spectrum += np.square(np.abs(np.fft.rfft(padded * np.hanning(_N_FFT)))).sum(axis=0)
        self.digest.update(np.rint(np.clip(block, -4, 4) * 8191).astype(np.int16).tobytes())

    @property
    def bandwidth_hz(self):
        below = np.cumsum(self.spectrum[1:])  # a constant offset is no sound
        place = 1 + int(np.searchsorted(below, _SHARE * below[-1]))
        return place * self.sample_rate / _N_FFT


def _heard(path, name, label):
    sample_rate, channels = audio.facts(path)
    totals = _Totals(sample_rate)
    clips = folders.clips_of(path, sample_rate, round(LONGEST_S * sample_rate), totals.add)
    lengths_s = tuple(round(_length(clip) / sample_rate, 3) for clip in clips)
    return SoundFile(
        name=name,
        label=label,
        duration_s=round(totals.samples / sample_rate, 3),
        sample_rate=sample_rate,
        channels=channels,
        peak=round(totals.peak, 4),
        level_db=round(10 * np.log10(totals.power / totals.samples), 1),
        silence=round(totals.quiet / totals.samples, 3),
        clipped=totals.clipped,
        bandwidth_hz=round(totals.bandwidth_hz),
        lengths_s=lengths_s,
        digest=totals.digest.hexdigest()[:32],
    )


def _length(clip):
    """Return after how many samples a sound has ended."""
    passed = np.cumsum(np.square(clip, dtype=np.float64))
    return 1 + int(np.searchsorted(passed, _SHARE * passed[-1]))


def _flat_tops(block):
    """Count samples that stand in a row at one height near full scale."""
    high = np.abs(block) >= _NEAR_FULL_SCALE
    same = high[1:] & high[:-1] & (np.abs(np.diff(block)) < _SAME)
    ends = np.flatnonzero(np.diff(np.concatenate([[False], same, [False]]).astype(np.int8)))
    runs = ends[1::2] - ends[::2] + 1
    return int(runs[runs >= _FLAT].sum())


_HEADER = (
    f"{'class':20} {'files':>6} {'sounds':>7} {'seconds':>9} {'kHz':>12} {'level dB':>11} "
    f"{'silent':>7} {'clipped':>8} {'twice':>6}"
)


def _row(label, sounds):
    rates = sorted({sound.sample_rate / 1000 for sound in sounds})
    levels = [sound.level_db for sound in sounds]
    seconds = sum(sound.duration_s for sound in sounds)
    silent = sum(sound.silence * sound.duration_s for sound in sounds) / max(seconds, 1e-9)
    twice = len(sounds) - len({sound.digest for sound in sounds})
    khz = f"{rates[0]:g}" if len(rates) == 1 else f"{rates[0]:g} to {rates[-1]:g}"
    return (
        f"{label[:20]:20} {len(sounds):6} {sum(len(sound.lengths_s) for sound in sounds):7} "
        f"{seconds:9.1f} {khz:>12} {min(levels):4.0f} to{max(levels):4.0f} "
        f"{silent:7.0%} {sum(sound.clipped > 0 for sound in sounds):8} {twice:6}"
    )
