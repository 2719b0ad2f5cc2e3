"""Sound in and out of files, and the small operations that every clip goes through.

Conventions: a waveform is float32 in [-1, 1], mono, ``[samples]``; where a function takes
``[..., samples]`` it acts on the last axis, so a whole batch may be given.
"""

from __future__ import annotations

import contextlib
import os
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr

__all__ = [
    "AudioError",
    "blocks",
    "fit_length",
    "level_db",
    "normalize_peak",
    "read",
    "resample",
    "to_int16",
    "write",
]

#: A cut clip fades out over this fraction of its length (16 ms of a clip of 1.024 s).
FADE_FRACTION = 1 / 64

_WRITE_FORMATS = {".wav": "WAV", ".flac": "FLAC"}


def read(file, sample_rate=None):
    """Read a sound file as one channel.

    Several channels are averaged. Whatever libsndfile decodes is read: WAV, FLAC, OGG, MP3, ...

    Parameters
    ----------
    file : str, Path or seekable binary file
        What to read.
    sample_rate : int > 0, optional
        Wanted rate in Hz; the sound is resampled to it. By default the file's own rate is kept.

    Returns
    -------
    waveform : np.ndarray [shape=(samples,), float32]
        The sound, in the file's own scale (full scale is 1).
    sample_rate : int
        Its rate in Hz.

    Raises
    ------
    AudioError
        When the file is missing, empty, not sound, truncated or holds samples that are not finite.
    """
    with opened(file) as sound:
        rate = sound.samplerate if sample_rate is None else int(sample_rate)
        parts = list(mono_blocks(sound, name_of(file), rate))
    return np.concatenate(parts) if parts else np.zeros(0, np.float32), rate


def blocks(file, sample_rate):
    """Read a sound file as one channel, a few seconds at a time.

    The blocks joined are exactly what `read` returns; a file of any length needs little memory.

    Parameters
    ----------
    file : str, Path or seekable binary file
        What to read.
    sample_rate : int > 0
        Wanted rate in Hz.

    Yields
    ------
    block : np.ndarray [shape=(samples,), float32]
        The next stretch of sound; lengths differ from block to block.

    Raises
    ------
    AudioError
        As `read`; damage further on in the file is found when it is reached.
    """
    with opened(file) as sound:
        yield from mono_blocks(sound, name_of(file), int(sample_rate))


def write(path, waveform, sample_rate):
    """Write a waveform to a WAV or FLAC file of 16 bits.

    The file appears complete or not at all.

    Parameters
    ----------
    path : str or Path
        Where to; the ending, ``.wav`` or ``.flac``, chooses the format.
    waveform : array_like [shape=(samples,), in [-1, 1]]
        The sound.
    sample_rate : int > 0
        Its rate in Hz.

    Raises
    ------
    ValueError
        When the ending is another, or the waveform is not one channel of finite values in [-1, 1].
    OSError
        When the folder does not exist or cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITE_FORMATS:
        raise ValueError(f"path must end in .wav or .flac, received {path.name!r}")
    waveform = np.asarray(waveform, np.float32)
    if waveform.ndim != 1:
        raise ValueError(f"waveform must have the shape (samples,), received {waveform.shape}")
    if not np.isfinite(waveform).all():
        raise ValueError("waveform must be finite, received NaN or infinite samples")
    peak = np.abs(waveform).max(initial=0.0)
    if peak > 1:
        raise ValueError(
            f"waveform must lie in [-1, 1], received a peak of {peak:.3g}; see normalize_peak"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path must lie in a folder that exists, received {str(path)!r}")
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        soundfile.write(
            beside,
            to_int16(waveform),
            sample_rate,
            "PCM_16",
            format=_WRITE_FORMATS[path.suffix.lower()],
        )
        beside.replace(path)
    except soundfile.LibsndfileError as error:
        raise OSError(f"{path} cannot be written ({error})") from error
    finally:
        beside.unlink(missing_ok=True)


def to_int16(waveforms):
    """Round samples to 16 bits: to the nearest step of 1/32768, and 1 to the largest there is.

    libsndfile by itself rounds down for WAV and to the nearest for FLAC, so the same sound would
    differ between the two.

    Parameters
    ----------
    waveforms : array_like [shape=(..., samples), in [-1, 1]]
        The sound.

    Returns
    -------
    samples : np.ndarray [shape=(..., samples), int16]
        The sound in steps of 1/32768.
    """
    steps = np.rint(np.asarray(waveforms, np.float32) * np.float32(32768))
    return np.clip(steps, -32768, 32767).astype(np.int16)


def resample(waveform, sample_rate, target_rate):
    """Change the sample rate of a waveform.

    Parameters
    ----------
    waveform : array_like [shape=(samples,)]
        The sound.
    sample_rate, target_rate : int > 0
        Its rate and the wanted rate, in Hz.

    Returns
    -------
    waveform : np.ndarray [shape=(round(samples * target_rate / sample_rate),), float32]
        The sound at `target_rate`, band-limited by the SoX resampler (high quality), which is also
        librosa's default.
    """
    waveform = np.asarray(waveform, np.float32)
    if sample_rate == target_rate:
        return waveform
    return soxr.resample(waveform, sample_rate, target_rate, quality="HQ")


def fit_length(waveform, samples):
    """Bring clips to a length: zeros are added at the end, or the end fades out and is cut.

    Parameters
    ----------
    waveform : array_like [shape=(..., any length)]
        One clip or several.
    samples : int > 0
        Wanted length. A clip that is cut fades to zero, linearly, over the last 1/64 of it, so that
        the cut does not click.

    Returns
    -------
    waveform : np.ndarray [shape=(..., samples), float32]
        The clips at that length.
    """
    waveform = np.asarray(waveform, np.float32)
    length = waveform.shape[-1]
    if length <= samples:
        padding = [(0, 0)] * (waveform.ndim - 1) + [(0, samples - length)]
        return np.pad(waveform, padding)
    clip = waveform[..., :samples].copy()
    fade = int(samples * FADE_FRACTION)
    clip[..., samples - fade :] *= np.linspace(1, 0, fade, dtype=np.float32)
    return clip


def normalize_peak(waveforms, peak=0.9):
    """Scale each clip so that its largest magnitude is `peak`.

    Parameters
    ----------
    waveforms : array_like [shape=(..., samples)]
        The clips. Silent ones stay silent.
    peak : float > 0
        Wanted largest magnitude.

    Returns
    -------
    waveforms : np.ndarray [shape=(..., samples), float32]
        The scaled clips.
    """
    waveforms = np.asarray(waveforms, np.float32)
    largest = np.abs(waveforms).max(axis=-1, keepdims=True, initial=0.0)
    return waveforms * (np.float32(peak) / np.where(largest > 0, largest, 1))


def level_db(waveforms):
    """Root-mean-square level of each clip.

    Parameters
    ----------
    waveforms : array_like [shape=(..., samples)]
        The clips.

    Returns
    -------
    level_db : np.ndarray [shape=(...), float64]
        In dB relative to full scale: a square wave between -1 and 1 has 0 dB, a sine -3.01 dB,
        silence minus infinity.
    """
    power = np.mean(np.square(np.asarray(waveforms, np.float64)), axis=-1)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(power)


#: Seconds of sound that are decoded at a time: a long file never lies in memory at full rate.
BLOCK_S = 10.0

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
