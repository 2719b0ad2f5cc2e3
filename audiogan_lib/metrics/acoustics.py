"""How quickly sounds rise; `audiogan_lib.metrics` states the conventions."""

import numpy as np
from scipy.ndimage import uniform_filter1d

_WINDOW_S = 0.001


def attack_times(waveforms, sample_rate):
    """Measure how quickly each sound rises: its envelope from 10 % to 90 % of the greatest value.

    The envelope is the root mean square over a millisecond. Pitfalls: a sound that swells again
    later counts up to its loudest moment, and of a low tone the envelope follows the wave itself,
    so that 60 Hz can rise no quicker than a few milliseconds. Compare medians of many sounds.

    Parameters
    ----------
    waveforms : array_like [shape=(clips, samples)]
        One sound each.
    sample_rate : int >= 1000
        In Hz.

    Returns
    -------
    attack_ms : np.ndarray [shape=(clips,)]
        In milliseconds, NaN for silence.

    Raises
    ------
    ValueError
        If the shape is another.
    """
    waveforms = np.asarray(waveforms, np.float64)
    if waveforms.ndim != 2:
        raise ValueError(f"waveforms must have shape (clips, samples), got {waveforms.shape}")
    window = max(1, round(_WINDOW_S * sample_rate))
    power = uniform_filter1d(np.square(waveforms), window, axis=1, mode="constant")
    peaks = power.max(axis=1, keepdims=True)
    first, last = ((power >= share**2 * peaks).argmax(axis=1) for share in (0.1, 0.9))
    return np.where(peaks[:, 0] > 0, 1000.0 * (last - first) / sample_rate, np.nan)


def attack_difference(fake_ms, fake_labels, real_ms, real_labels):
    """Compare attacks label by label.

    Parameters
    ----------
    fake_ms, real_ms : array_like [shape=(clips,)]
        From `attack_times`.
    fake_labels, real_labels : array_like of int [shape=(clips,)]
        What each sound was asked to be, or is.

    Returns
    -------
    difference_ms : float
        By how much the median attacks of generated and of real sounds differ: the mean over the
        labels that both have.
    """
    fake_ms, real_ms = np.asarray(fake_ms), np.asarray(real_ms)
    fake_labels, real_labels = np.asarray(fake_labels), np.asarray(real_labels)
    return float(
        np.mean(
            [
                abs(
                    np.nanmedian(fake_ms[fake_labels == label])
                    - np.nanmedian(real_ms[real_labels == label])
                )
                for label in np.intersect1d(fake_labels, real_labels)
            ]
        )
    )
