"""Any folder of audio as clips: the usable is cut to length, the rest is named and skipped."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from . import audio

#: What is taken for a sound; files of other endings are passed over. The last three cannot be
#: decoded by libsndfile: they are tried, so that they are named among the skipped.
ENDINGS = re.compile(
    r"\.(wave?|flac|og[ga]|opus|mp3|aiff?|aifc|au|snd|caf|w64|rf64|m4a|aac|wma)", re.IGNORECASE
)

#: Samples below this level count as silence, in dB relative to full scale.
SILENCE_DB = -60.0

#: A file with less sound than this many seconds is skipped.
SHORTEST_S = 0.02

#: What is left at the end of a file of several clips is used from this fraction of a clip on.
SHORTEST_REST = 0.25

TEST_FRACTION = 0.1

Clips = list[tuple[np.ndarray, dict]]


def read(folder: Path, sample_rate: int, samples: int, max_clips: int, seed: int):
    """Read every sound file under a folder.

    Returns
    -------
    clips : list of (waveform, row)
        Clips of at most `samples`, each with its label, file and split.
    skipped : list of (str, str)
        Files that were not used, or not to their end, with the reason; each was warned of.
    """
    files = sorted(
        path
        for path in folder.rglob("*")
        if ENDINGS.fullmatch(path.suffix)
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    found, skipped = {}, []
    for path in tqdm(files, desc=f"reading {folder.name}", leave=False, delay=1, disable=None):
        try:
            found[path], cut = _clips(path, sample_rate, samples, max_clips)
        except audio.AudioError as error:
            skipped.append((str(path), error.reason))
            continue
        if cut:
            skipped.append((str(path), f"only its first {max_clips} clips are used (max_clips)"))
    for path, reason in skipped:
        warnings.warn(f"{path}: {reason}", stacklevel=4)
    return _rows(folder, found, seed), skipped


def _rows(folder: Path, found: dict[Path, list[np.ndarray]], seed: int) -> Clips:
    """Name and split the clips; the split goes by file, so that no file stands on both sides."""
    test = set()
    if len(found) > 1:
        order = np.random.default_rng(seed).permutation(len(found))
        count = max(1, round(TEST_FRACTION * len(found)))
        test = {list(found)[position] for position in order[:count]}
    clips = []
    for path, waveforms in found.items():
        parts = path.relative_to(folder).parts
        row = {
            "label": parts[0] if len(parts) > 1 else folder.resolve().name,
            "file": "/".join(parts),
            "split": "test" if path in test else "train",
        }
        clips += [(waveform, row) for waveform in waveforms]
    return clips


def _clips(path, sample_rate, samples, max_clips) -> tuple[list[np.ndarray], bool]:
    """Cut a file into clips that each begin with sound; tell whether sound was left over."""
    clips, rest = [], np.zeros(0, np.float32)
    for block in audio.blocks(path, sample_rate):
        rest = _from_onset(np.concatenate([rest, block]))
        while len(rest) >= samples:
            if len(clips) == max_clips:
                return clips, True
            clips.append(_in_range(rest[:samples]))
            rest = _from_onset(rest[samples:])
    rest = _from_onset(rest[::-1])[::-1]
    if clips and len(rest) < SHORTEST_REST * samples:
        return clips, False
    if not len(rest):
        raise audio.AudioError(path, f"silent: nothing in it is above {SILENCE_DB:g} dB")
    if len(rest) < SHORTEST_S * sample_rate:
        duration_ms, shortest_ms = 1000 * len(rest) / sample_rate, 1000 * SHORTEST_S
        raise audio.AudioError(
            path, f"too short: {duration_ms:.0f} ms of sound, at least {shortest_ms:g} are needed"
        )
    if len(clips) == max_clips:
        return clips, True
    return [*clips, _in_range(rest)], False


def _from_onset(waveform: np.ndarray) -> np.ndarray:
    """Drop the silence at the beginning."""
    loud = np.flatnonzero(np.abs(waveform) > 10 ** (SILENCE_DB / 20))
    return waveform[loud[0] :] if len(loud) else waveform[:0]


def _in_range(waveform: np.ndarray) -> np.ndarray:
    """Scale a clip down to [-1, 1] where a file goes beyond, as files of floats and MP3 may."""
    return waveform / max(1.0, np.abs(waveform).max())
