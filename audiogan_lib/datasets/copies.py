"""Copies that are quick to seek in, of MP3 files, which are not.

A frame of an MP3 needs bits of frames before it, so libsndfile's decoder gets the first samples
after a seek wrong, says so on the standard error, and takes the longer the later they come. Each
file is therefore decoded once, into a FLAC file in the user's cache, which may be deleted at any
time and takes about as much room as an MP3 does.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from pathlib import Path

import numpy as np
import pooch
import soundfile

from audiogan_lib import audio
from audiogan_lib.datasets import index

#: Level of a copy, since decoded MP3 may go beyond full scale.
GAIN = 0.5


def excerpt(path: Path, sample_rate: int, start: int, samples: int) -> np.ndarray:
    """Return what `audio.excerpt` would, to 16 bits, by way of the file's copy."""
    return audio.excerpt(_copy(path, sample_rate), sample_rate, start, samples) / GAIN


def _copy(path: Path, sample_rate: int) -> Path:
    """Return a file's copy; make it if there is none, beside and then renamed."""
    known_by = os.fsencode(path.resolve()), *index.stamp(path), sample_rate
    digest = hashlib.sha256(repr(known_by).encode()).hexdigest()[:32]
    copy = Path(pooch.os_cache("audiogan_lib")) / "folders" / f"{digest}.flac"
    if copy.exists():
        return copy
    beside = copy.with_name(f".{copy.name}.{uuid.uuid4().hex}")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        with soundfile.SoundFile(beside, "w", sample_rate, 1, "PCM_16", format="FLAC") as file:
            for block in audio.blocks(path, sample_rate):
                file.write(np.clip(GAIN * block, -1, 1))
        beside.replace(copy)
    except (OSError, soundfile.LibsndfileError) as error:
        raise OSError(
            f"{path} cannot be decoded into {copy} ({error}); make room there, or turn the MP3 "
            "files into FLAC"
        ) from error
    finally:
        if beside.exists():
            beside.unlink()
    return copy
