"""Any folder of audio as clips: the usable is cut to length, the rest is named and skipped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from audiogan_lib import audio
from audiogan_lib.datasets import index

#: Samples below this level count as silence, in dB relative to full scale.
SILENCE_DB = -60.0

#: A file with less sound than this many seconds is skipped.
SHORTEST_S = 0.02

#: What is left at the end of a file of several clips is used from this fraction of a clip on.
SHORTEST_REST = 0.25

TEST_FRACTION = 0.1


def read(folder: Path, sample_rate: int, samples: int, seed: int):
    """Read every sound file under a folder.

    Returns
    -------
    clips : list of (waveform, row)
        Clips of at most `samples`, each with its label, file and split.
    skipped : list of (str, str)
        Files that were not used, with the reason.
    """
    found, skipped = {}, []
    names = index.sound_files(folder)
    for name in tqdm(names, desc=f"reading {folder.name}", leave=False, delay=1, disable=None):
        try:
            found[name] = _clips(folder / name, sample_rate, samples)
        except audio.AudioError as error:
            skipped.append((error.path, error.reason))
    rows = zip(found.values(), described(folder, found, seed), strict=True)
    return [(waveform, row) for waveforms, row in rows for waveform in waveforms], skipped


def described(folder: Path, names: Iterable[str], seed: int) -> Iterator[dict[str, str]]:
    """Name and split files, not clips, so that no file stands on both sides of the split."""
    names = list(names)
    test = set()
    if len(names) > 1:
        order = np.random.default_rng(seed).permutation(len(names))
        test = set(order[: max(1, round(TEST_FRACTION * len(names)))].tolist())
    alone = folder.resolve().name
    for number, name in enumerate(names):
        parent, separator, _ = name.partition("/")
        yield {
            "label": parent if separator else alone,
            "file": name,
            "split": "test" if number in test else "train",
        }


def _clips(path, sample_rate, samples) -> list[np.ndarray]:
    """Cut a file into clips that each begin with sound."""
    clips, rest = [], np.zeros(0, np.float32)
    for block in audio.blocks(path, sample_rate):
        rest = from_onset(np.concatenate([rest, block]))
        while len(rest) >= samples:
            clips.append(in_range(rest[:samples]))
            rest = from_onset(rest[samples:])
    rest = from_onset(rest[::-1])[::-1]
    if clips and len(rest) < SHORTEST_REST * samples:
        return clips
    check_length(path, rest, sample_rate)
    return [*clips, in_range(rest)]


def check_length(path: Path, sound: np.ndarray, sample_rate: int) -> None:
    """Refuse a file for what sound there is in it."""
    if not len(sound):
        raise audio.AudioError(path, f"silent: nothing in it is above {SILENCE_DB:g} dB")
    if len(sound) < SHORTEST_S * sample_rate:
        duration_ms, shortest_ms = 1000 * len(sound) / sample_rate, 1000 * SHORTEST_S
        raise audio.AudioError(
            path, f"too short: {duration_ms:.0f} ms of sound, at least {shortest_ms:g} are needed"
        )


def from_onset(waveform: np.ndarray) -> np.ndarray:
    """Drop the silence at the beginning."""
    loud = np.flatnonzero(np.abs(waveform) > 10 ** (SILENCE_DB / 20))
    return waveform[loud[0] :] if len(loud) else waveform[:0]


def in_range(waveform: np.ndarray) -> np.ndarray:
    """Scale a clip down to [-1, 1] where a file goes beyond, as files of floats and MP3 may."""
    return waveform / max(1.0, np.abs(waveform).max())
