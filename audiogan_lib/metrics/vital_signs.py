"""What a handful of sounds have in common: level, flatness, the strongest line, their distance."""

from typing import NamedTuple

import numpy as np
from scipy.ndimage import median_filter

from audiogan_lib import audio, spectral

_N_FFT, _HOP_LENGTH = 512, 128
#: Half the width, in bins, of what a line is compared with.
_AROUND = 8


class VitalSigns(NamedTuple):
    """Of a set of sounds.

    ``level_db``: median level. ``flatness``: median over clips of the flatness of the average power
    spectrum, 1 for white noise, near 0 for a tone. ``line_db``: by how much the strongest line of
    the average spectrum stands above its surroundings; ``line_hz`` its frequency. ``apart_db``:
    median over clips of the difference to the most similar other clip, the mean over all times and
    frequencies of their spectrograms at equal peaks.
    """

    level_db: float
    flatness: float
    line_db: float
    line_hz: float
    apart_db: float


def vital_signs(waveforms, sample_rate):
    """Measure sounds.

    Parameters
    ----------
    waveforms : np.ndarray [shape=(clips, samples)]
        At least two sounds of at least 512 samples.
    sample_rate : int > 0
        In Hz.

    Returns
    -------
    VitalSigns
        All of them.
    """
    magnitudes = np.abs(spectral.stft(waveforms, _N_FFT, _HOP_LENGTH).numpy())
    power = np.mean(np.square(magnitudes), axis=1) + 1e-20
    flatness = np.exp(np.log(power).mean(axis=-1)) / power.mean(axis=-1)
    average_db = 20 * np.log10(magnitudes + 1e-4).mean(axis=(0, 1))
    above_db = average_db - median_filter(average_db, 2 * _AROUND + 1, mode="nearest")
    line = int(above_db.argmax())
    return VitalSigns(
        level_db=float(np.median(audio.level_db(waveforms))),
        flatness=float(np.median(flatness)),
        line_db=float(above_db[line]),
        line_hz=line * sample_rate / _N_FFT,
        apart_db=_apart_db(magnitudes),
    )


def symptoms(fake, real):
    """Say for each alarm about sounds what is to be heard, if anything.

    Parameters
    ----------
    fake, real : VitalSigns
        Of generated sounds and of as many recordings.

    Returns
    -------
    dict of str to str, False or None
        By name of the alarm. What is silent is not judged further.
    """
    if fake.level_db < real.level_db - 20:
        seen = f"sounds at {fake.level_db:.0f} dB, recordings at {real.level_db:.0f} dB"
        return {"silence": seen, "noise": None, "whine": None, "collapse": None}
    hiss = max(0.2, min(10 * real.flatness, (1 + real.flatness) / 2))
    return {
        "silence": None,
        "noise": fake.flatness > hiss
        and f"flatness of the spectrum {fake.flatness:.2f}, that of recordings {real.flatness:.2f}",
        "whine": fake.line_db > real.line_db + 12
        and f"a line at {fake.line_hz:.0f} Hz, {fake.line_db:.0f} dB above what is around it",
        "collapse": fake.apart_db < real.apart_db / 4
        and f"each sound is {fake.apart_db:.2f} dB from the one most like it, "
        f"recordings are {real.apart_db:.2f} dB",
    }


def _apart_db(magnitudes, floor_db=-60.0):
    peaks = magnitudes.max(axis=(1, 2), keepdims=True) + 1e-20
    decibels = np.maximum(20 * np.log10(magnitudes / peaks + 1e-20), floor_db)
    nearest = [
        np.delete(np.abs(decibels - each).mean(axis=(1, 2)), index).min()
        for index, each in enumerate(decibels)
    ]
    return float(np.median(nearest))
