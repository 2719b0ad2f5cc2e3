"""The transforms behind ``spectral``: STFT, mel, levels."""

from functools import lru_cache

import librosa
import numpy as np
import tensorflow as tf


@lru_cache(maxsize=32)
def hann_window(n_fft, win_length=None):
    """Periodic Hann window, centred in a frame.

    It is shared, and so cannot be written to.

    Parameters
    ----------
    n_fft : int > 0
        Samples in one frame.
    win_length : int in [1, n_fft], optional
        Samples under the window, zeros around it; ``n_fft`` when not given.

    Raises
    ------
    ValueError
        If the window is longer than the frame.
    """
    win_length = n_fft if win_length is None else win_length
    if not 1 <= win_length <= n_fft:
        raise ValueError(f"win_length={win_length}: must be 1 to n_fft={n_fft}")
    window = librosa.filters.get_window("hann", win_length, fftbins=True)
    window = librosa.util.pad_center(window, size=n_fft).astype(np.float32)
    window.setflags(write=False)
    return window


def stft(waveforms, n_fft, hop_length, win_length=None):
    """Short-time Fourier transform, without padding.

    Spectra are complex64 ``[batch, frames, 1 + n_fft // 2]``, of ``1 + (samples - n_fft) //
    hop_length`` frames.

    Parameters
    ----------
    waveforms : array-like [shape=(batch, samples)]
        Sound in [-1, 1], at least ``n_fft`` samples long.
    n_fft, hop_length : int > 0
        Samples in one frame, and between the starts of two frames.
    win_length : int in [1, n_fft], optional
        Samples under the window; ``n_fft`` when not given.

    Raises
    ------
    ValueError
        If the sound is shorter than one frame.
    """
    waveforms = tf.convert_to_tensor(waveforms, tf.float32)
    if waveforms.shape[-1] is not None and waveforms.shape[-1] < n_fft:
        raise ValueError(f"waveforms: {waveforms.shape[-1]} samples, need at least n_fft={n_fft}")
    window = hann_window(n_fft, win_length)
    return tf.signal.stft(waveforms, n_fft, hop_length, n_fft, lambda *_, **__: tf.constant(window))


def istft(spectra, n_fft, hop_length, win_length=None):
    """Inverse short-time Fourier transform: windowed overlap-add over the summed squared window.

    This is the signal whose STFT is nearest to ``spectra`` in the least-squares sense (Griffin and
    Lim 1984, equation 6). Samples of ``[batch, n_fft + (frames - 1) * hop_length]`` that no window
    reaches with more than a thousandth of its height are zero: at each end, where a Hann window
    begins, about one in a hundred of ``n_fft``.

    Parameters
    ----------
    spectra : tf.Tensor [shape=(batch, frames, 1 + n_fft // 2)], complex64
        Spectra as :func:`stft` returns them.
    n_fft, hop_length, win_length : int
        As in :func:`stft`.
    """
    window = hann_window(n_fft, win_length)
    frames = tf.signal.irfft(spectra, [n_fft]) * window
    total = tf.signal.overlap_and_add(frames, hop_length)
    squares = tf.broadcast_to(tf.constant(window**2), [tf.shape(spectra)[-2], n_fft])
    weight = tf.signal.overlap_and_add(squares, hop_length)
    return tf.where(weight > 1e-6, total / tf.maximum(weight, 1e-6), 0.0)


def full_scale(n_fft, win_length=None):
    """Magnitude that a sine of amplitude 1 reaches in one bin: half the sum of the window."""
    return float(hann_window(n_fft, win_length).sum() / 2)


def magnitudes_to_levels(relative, floor_db):
    """Scale magnitudes, of which 1 is full scale, logarithmically from ``floor_db`` to [-1, 1]."""
    floor = 10.0 ** (floor_db / 20)
    scaled = tf.math.log(relative + floor) / np.log(floor)
    return tf.clip_by_value(1.0 - 2.0 * scaled, -1.0, 1.0)


def levels_to_magnitudes(levels, floor_db):
    """Undo :func:`magnitudes_to_levels`."""
    floor = 10.0 ** (floor_db / 20)
    return tf.maximum(tf.exp((1.0 - levels) / 2.0 * np.log(floor)) - floor, 0.0)


@lru_cache(maxsize=32)
def mel_matrix(sample_rate, n_fft, n_mels, fmin=0.0, fmax=None):
    """Triangular mel filters, Slaney's scale and norm: librosa's matrix, transposed.

    float32 ``[1 + n_fft // 2, n_mels]``: multiply magnitudes by it on the right. It is shared, and
    so cannot be written to.

    Parameters
    ----------
    sample_rate, n_fft, n_mels : int > 0
        Rate in Hz, samples in one frame, number of bands.
    fmin, fmax : float
        Lowest and highest frequency in Hz; ``fmax`` defaults to half the sample rate.
    """
    matrix = librosa.filters.mel(sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)
    matrix = np.ascontiguousarray(matrix.T, dtype=np.float32)
    matrix.setflags(write=False)
    return matrix


def mel(waveforms, sample_rate, n_fft, hop_length, n_mels, fmin=0.0, fmax=None, win_length=None):
    """Mel magnitudes of sounds.

    float32 ``[batch, frames, n_mels]``, equal to ``librosa.feature.melspectrogram(..., power=1,
    center=False)``, transposed.

    Parameters
    ----------
    waveforms : array-like [shape=(batch, samples)]
        Sound in [-1, 1].
    sample_rate, n_fft, hop_length, n_mels, fmin, fmax, win_length
        As in :func:`stft` and :func:`mel_matrix`.
    """
    magnitudes = tf.abs(stft(waveforms, n_fft, hop_length, win_length))
    return magnitudes @ mel_matrix(sample_rate, n_fft, n_mels, fmin, fmax)


def mel_to_magnitude(mels, matrix, iterations=30):
    """Spread mel bands back over STFT bins by non-negative least squares.

    Starts from the pseudo-inverse and makes multiplicative updates (Lee and Seung 2001), which keep
    every value >= 0. Magnitudes ``[batch, frames, bins]`` have a mel spectrum near ``mels``.

    Parameters
    ----------
    mels : tf.Tensor [shape=(batch, frames, n_mels)], >= 0
        Mel magnitudes.
    matrix : ndarray [shape=(bins, n_mels)]
        From :func:`mel_matrix`.
    iterations : int >= 0
        Updates.
    """
    inverse = np.linalg.pinv(matrix.astype(np.float64)).astype(np.float32)
    magnitudes = tf.maximum(mels @ inverse, 1e-5)
    back = matrix.T
    target = mels @ back
    gram = matrix @ back
    for _ in range(iterations):
        magnitudes *= target / (magnitudes @ gram + 1e-8)
    return magnitudes
