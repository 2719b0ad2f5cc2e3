"""How far a copy of a sound is from it; `audiogan_lib.spectral` states the conventions."""

import importlib

import numpy as np
import tensorflow as tf

from audiogan_lib import losses, spectral
from audiogan_lib.models.vocoder import SMALL

_N_MELS = 80
_FRAME, _HOP = 512, 128
_LAG_HZ = (60.0, 400.0)


def distances(real, copies, sample_rate=8000):
    """Compare copies of sounds with the sounds, clip by clip.

    Parameters
    ----------
    real, copies : array-like [shape=(clips, samples)]
        Sound in [-1, 1], of 512 samples or more.
    sample_rate : int in 800 to 30000
        In Hz; the frames below are meant for 8 kHz.

    Returns
    -------
    dict of str to ndarray [shape=(clips,)]
        All are 0 for the sounds themselves.

        ``"mel"``
            Mean difference of log-mel magnitudes in nepers over the frames within 40 dB of the
            clip's loudest: 80 bands of frames of 64 ms, which no vocoder here is given.
        ``"stft"``
            ``losses.multi_resolution_stft``: 64, 32 and 16 ms.
        ``"periodicity"``
            Root mean square difference of :func:`periodicity` over those frames.

    Raises
    ------
    ValueError
        If the shapes differ, or as :func:`periodicity`.
    """
    real, copies = np.asarray(real, np.float32), np.asarray(copies, np.float32)
    if real.ndim != 2 or real.shape != copies.shape:
        raise ValueError(
            f"real {real.shape} and copies {copies.shape}: need equal (clips, samples)"
        )
    loud = _loud(real)
    mels = [_log_mel(sounds, sample_rate) for sounds in (real, copies)]
    periods = [periodicity(sounds, sample_rate) for sounds in (real, copies)]
    pairs = zip(real, copies, strict=True)
    return {
        "mel": _mean(np.abs(mels[0] - mels[1]).mean(-1), loud),
        "stft": np.array(
            [float(_multi_resolution(tf.constant(a[None]), tf.constant(b[None]))) for a, b in pairs]
        ),
        "periodicity": np.sqrt(_mean((periods[0] - periods[1]) ** 2, loud)),
    }


@tf.function(reduce_retracing=True)
def _multi_resolution(real, copy):
    return losses.multi_resolution_stft(real, copy, SMALL["spectrogram"]["resolutions"])


def pesq_of_tens(real, copies, sample_rate=8000):
    """Return the narrow-band PESQ of every ten clips in a row, ``[clips // 10]``.

    In a single word it finds no speech. Needs the package ``pesq``, which a C compiler builds.

    Parameters
    ----------
    real, copies, sample_rate
        As for :func:`distances`.

    Raises
    ------
    ModuleNotFoundError
        If there is no ``pesq``.
    """
    pesq = importlib.import_module("pesq").pesq  # which nothing here requires
    rows = [
        sounds[: len(sounds) // 10 * 10].reshape(-1, 10 * sounds.shape[1])
        for sounds in (real, copies)
    ]
    return np.array([pesq(sample_rate, a, b, "nb") for a, b in zip(*rows, strict=True)])


def periodicity(waveforms, sample_rate=8000):
    """How nearly each frame repeats itself at the best period of a voice.

    The highest value of the normalised autocorrelation at the lags of 60 to 400 Hz, in frames of
    512 samples: near 1 for a steady vowel, low for noise and for a vowel whose harmonics have lost
    their common phase. One value every 128 samples, ``[clips, frames]``.

    Parameters
    ----------
    waveforms : array-like [shape=(clips, samples)]
        Sound, of 512 samples or more.
    sample_rate : int in 800 to 30000
        In Hz; a frame is too short for the lags of higher ones.

    Raises
    ------
    ValueError
        If the clips are too short, or the rate is out of its range.
    """
    waveforms = np.asarray(waveforms)
    if waveforms.ndim != 2 or waveforms.shape[1] < _FRAME:
        raise ValueError(f"waveforms {waveforms.shape}: need (clips, {_FRAME} samples or more)")
    if not 2 * _LAG_HZ[1] <= sample_rate <= _LAG_HZ[0] * (_FRAME - 12):
        raise ValueError(f"sample_rate={sample_rate}: must lie in 800 to 30000")
    frames = np.lib.stride_tricks.sliding_window_view(waveforms, _FRAME, axis=1)[:, ::_HOP]
    lags = range(int(sample_rate / _LAG_HZ[1]), int(sample_rate / _LAG_HZ[0]) + 1)
    spectra = np.abs(np.fft.rfft(frames.astype(np.float64), 2 * _FRAME)) ** 2
    products = np.fft.irfft(spectra)[..., : lags[-1] + 1]
    energy = np.cumsum(frames.astype(np.float64) ** 2, -1)
    total = energy[..., -1:]
    head = energy[..., [_FRAME - 1 - lag for lag in lags]]
    tail = total - energy[..., [lag - 1 for lag in lags]]
    ratio = products[..., lags[0] :] / np.sqrt(head * tail + 1e-9)
    return ratio.max(-1).clip(0, 1)


def _loud(waveforms):
    """Tell which frames are within 40 dB of the clip's loudest."""
    frames = np.lib.stride_tricks.sliding_window_view(waveforms, _FRAME, axis=1)[:, ::_HOP]
    power = (frames.astype(np.float64) ** 2).mean(-1)
    return power > 1e-4 * power.max(1, keepdims=True)


def _log_mel(waveforms, sample_rate):
    return np.log(np.maximum(spectral.mel(waveforms, sample_rate, _FRAME, _HOP, _N_MELS), 1e-3))


def _mean(values, loud):
    """Average over the loud frames of each clip."""
    return (values * loud).sum(1) / np.maximum(loud.sum(1), 1)
