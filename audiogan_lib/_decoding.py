"""Open and decode sound files, with the checks that libsndfile does not make."""

from __future__ import annotations

import contextlib
import math
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

#: Seconds of sound that are decoded at a time: a long file never lies in memory at full rate.
BLOCK_S = 10.0

#: Samples, at the lower of two rates, that the resampler's filter reaches to either side; with so
#: many the stretch differs from the whole file's by float32's rounding only.
REACH = 160

#: From this size on, the size in a WAV's data chunk says "unknown": what a program writes that
#: streams into a pipe (ffmpeg 0xFFFFFFFF, sox 0x7FFFF000 and up), or the mark of RF64.
_UNKNOWN_SIZE = 0x7FFF0000


class AudioError(ValueError):
    """A file that cannot be used as sound.

    Parameters
    ----------
    path : str or Path
        The file.
    reason : str
        What is wrong with it, as the end of a sentence.
    """

    def __init__(self, path, reason):
        super().__init__(path, reason)
        self.path = str(path)
        self.reason = reason

    def __str__(self):
        return f"{self.path}: {self.reason}"


def name_of(file):
    """Return what a path or an open file is called, for messages."""
    return str(getattr(file, "name", file)) if hasattr(file, "read") else str(file)


@contextlib.contextmanager
def opened(file) -> Iterator[soundfile.SoundFile]:
    """Open sound after the checks that libsndfile does not make."""
    name, path = name_of(file), None
    with contextlib.ExitStack() as stack:
        if not hasattr(file, "read"):
            path = Path(file)
            if not path.is_file():
                raise AudioError(name, "is a folder" if path.is_dir() else "there is no such file")
            try:
                file = stack.enter_context(path.open("rb"))
            except OSError as error:
                raise AudioError(name, f"cannot be opened ({error.strerror})") from error
        size = file.seek(0, os.SEEK_END)
        if size == 0:
            raise AudioError(name, "the file is empty")
        missing = _missing_wav_bytes(file, size)
        if missing:
            raise AudioError(name, f"the WAV is truncated: {missing} bytes are missing")
        file.seek(0)
        try:
            # A path where there is one: libsndfile then reads by itself, beside other threads.
            sound = stack.enter_context(soundfile.SoundFile(path or file))
        except (soundfile.LibsndfileError, TypeError) as error:
            # TypeError: a .raw file, for which soundfile asks for the rate and the channels.
            raise AudioError(name, f"not a sound file that can be read ({_why(error)})") from error
        yield sound


def mono_blocks(sound, name, rate):
    """Decode, mix, check and resample an open file piece by piece."""
    resampler = None
    if rate != sound.samplerate:
        resampler = soxr.ResampleStream(sound.samplerate, rate, 1, dtype="float32", quality="HQ")
    length = int(BLOCK_S * sound.samplerate)
    while True:
        block = _mono(sound, name, length)
        last = len(block) < length
        yield block if resampler is None else resampler.resample_chunk(block, last=last)
        if last:
            return


def mono_part(sound, name, rate, start, samples):
    """Decode, mix, check and resample a stretch of an open file, given in samples at `rate`."""
    divisor = math.gcd(sound.samplerate, rate)
    # So many frames of the file are exactly so many samples: only there can decoding begin
    # without moving the samples against those of the whole file.
    frames, grid = sound.samplerate // divisor, rate // divisor
    margin = 0 if frames == grid else math.ceil(REACH / min(frames, grid))
    first = max(0, start // grid - margin)
    last = math.ceil((start + samples) / grid) + margin
    begin, end = min(first * frames, sound.frames), min(last * frames, sound.frames)
    try:
        sound.seek(begin)
    except soundfile.LibsndfileError as error:
        raise AudioError(name, f"damaged ({_why(error)})") from error
    block = _mono(sound, name, end - begin)
    if len(block) < end - begin:
        ends_s, promised_s = (begin + len(block)) / sound.samplerate, end / sound.samplerate
        raise AudioError(name, f"damaged: ends after {ends_s:.2f} s, before {promised_s:.2f} s")
    if frames != grid:
        block = soxr.resample(block, sound.samplerate, rate, quality="HQ")
    offset = start - first * grid
    return block[offset : offset + samples]


def _mono(sound, name, frames):
    """Decode up to `frames` frames, mixed to one channel and checked."""
    try:
        block = sound.read(frames, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise AudioError(name, f"damaged ({_why(error)})") from error
    block = block.mean(axis=1) if sound.channels > 1 else block[:, 0]
    if not np.isfinite(block).all():
        raise AudioError(name, "holds samples that are NaN or infinite")
    return block


def _why(error):
    text = getattr(error, "error_string", str(error))
    return text.removeprefix("Error :").strip(" .")


def _missing_wav_bytes(file, size):
    """Count the bytes that a WAV's header promises and the file does not have."""
    file.seek(0)
    header = file.read(12)
    if header[:4] != b"RIFF" or header[8:] != b"WAVE":
        return 0
    position = 12
    while position + 8 <= size:
        file.seek(position)
        kind, length = struct.unpack("<4sI", file.read(8))
        if kind == b"data":
            known = length < _UNKNOWN_SIZE
            return max(0, position + 8 + length - size) if known else 0
        position += 8 + length + length % 2
    return 0
