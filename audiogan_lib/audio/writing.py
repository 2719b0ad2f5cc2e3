"""Waveforms into sound files of 16 bits."""

from pathlib import Path

import numpy as np
import soundfile

from audiogan_lib import files

_WRITE_FORMATS = {".wav": "WAV", ".flac": "FLAC"}


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
        When the ending is another, or the waveform is not one channel of finite values in [-1, 1],
        or a FLAC would be empty.
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
    kind = _WRITE_FORMATS[path.suffix.lower()]
    if kind == "FLAC" and not waveform.size:
        raise ValueError("a FLAC needs at least one sample, received none")
    with files.replacing(path) as beside:
        try:
            soundfile.write(beside, to_int16(waveform), sample_rate, "PCM_16", format=kind)
        except soundfile.LibsndfileError as error:
            raise OSError(f"{path} cannot be written ({error})") from error


def to_int16(waveforms):
    """Round samples to int16: to the nearest step of 1/32768, and 1 to the largest there is.

    libsndfile by itself rounds down for WAV and to the nearest for FLAC, so the same sound would
    differ between the two.

    Parameters
    ----------
    waveforms : array_like [shape=(..., samples), in [-1, 1]]
        The sound.
    """
    steps = np.rint(np.asarray(waveforms, np.float32) * np.float32(32768))
    return np.clip(steps, -32768, 32767).astype(np.int16)
