"""The codec of SpecGAN: log-magnitudes, each bin normalised over the training data."""

from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from audiogan_lib.spectral.inversion import griffin_lim
from audiogan_lib.spectral.transforms import stft

_EPSILON = 1e-6
_DEVIATIONS = 3.0
_CHUNK = 256  # clips at once when fitting


def _log_magnitudes(waveforms, n_fft, hop_length):
    """Return natural-log magnitudes [batch, samples / hop_length, 1 + n_fft // 2]."""
    waveforms = tf.convert_to_tensor(waveforms, tf.float32)
    samples, pad = waveforms.shape[-1], n_fft - hop_length
    if not samples or samples % hop_length:
        raise ValueError(
            f"waveforms: {samples} samples, need a multiple of hop_length={hop_length}"
        )
    padded = tf.pad(waveforms, [[0, 0], [pad // 2, pad - pad // 2]])
    return tf.math.log(tf.abs(stft(padded, n_fft, hop_length)) + _EPSILON)


@dataclass(frozen=True, eq=False)
class SpecGANFeatures:
    """The bridge between sound and SpecGAN as published: make one with :meth:`fit`.

    ``encode`` takes ``ln(magnitude + 1e-6)`` of each STFT bin, subtracts the mean of that bin over
    all training frames, divides by three of its standard deviations, and clips to [-1, 1]. The bin
    at half the sample rate is left out. ``decode`` undoes this, with that bin at its mean, and
    invents the phase with Griffin-Lim, without momentum, as published. Loud and quiet bins fill the
    same range, which also makes the noise of quiet ones as large as the music of loud ones;
    ``LogSpectrogram``, which the recipes use, keeps levels instead.

    Two departures from the published code: it pads the sound at its end only and inverts with a
    window whose square does not add up to one, so that its sound is quieter between frames. Here
    half of the padding stands before the sound, and the inverse is that of least squares.

    Parameters
    ----------
    mean, std : ndarray [shape=(1 + n_fft // 2,)], float32
        Of the natural-log magnitudes of each bin over the training data.
    n_fft, hop_length : int > 0
        As in :func:`stft`; 256 and 128 as published.
    iterations : int >= 0
        Of Griffin-Lim; 16 as published.

    Raises
    ------
    ValueError
        If there is not one mean and one positive standard deviation for each bin.

    References
    ----------
    Donahue et al. 2019, "Adversarial Audio Synthesis", section 4.

    Examples
    --------
    >>> noise = np.random.default_rng(0).uniform(-1, 1, (4, 16384))
    >>> SpecGANFeatures.fit(noise).encode(noise).shape
    TensorShape([4, 128, 128])
    """

    mean: np.ndarray
    std: np.ndarray
    n_fft: int = 256
    hop_length: int = 128
    iterations: int = 16

    def __post_init__(self):
        """Check the moments."""
        bins = (1 + self.n_fft // 2,)
        for name in ("mean", "std"):
            values = np.array(getattr(self, name), np.float32)
            if values.shape != bins:
                raise ValueError(f"{name}: shape {values.shape}, need {bins} for {self.n_fft=}")
            object.__setattr__(self, name, values)
        flat = np.flatnonzero(~(self.std > _EPSILON))
        if len(flat):
            raise ValueError(f"std: {self.std[flat[0]]} in bin {flat[0]}, must be above {_EPSILON}")

    @classmethod
    def fit(cls, waveforms, n_fft=256, hop_length=128, iterations=16):
        """Measure the moments of each bin.

        Parameters
        ----------
        waveforms : array-like [shape=(clips, samples)]
            The training data, sound in [-1, 1]; ``samples`` a multiple of ``hop_length``.
        n_fft, hop_length, iterations : int
            As for the class.

        Returns
        -------
        SpecGANFeatures
            The codec for these data.

        Raises
        ------
        ValueError
            If there are no clips, they do not fit, or a bin never changes.
        """
        if not len(waveforms):
            raise ValueError("waveforms: no clips to measure")
        total = squares = frames = 0
        for start in range(0, len(waveforms), _CHUNK):
            logs = _log_magnitudes(waveforms[start : start + _CHUNK], n_fft, hop_length)
            logs = logs.numpy().reshape(-1, 1 + n_fft // 2).astype(np.float64)
            frames += len(logs)
            total, squares = total + logs.sum(axis=0), squares + (logs**2).sum(axis=0)
        mean = total / frames
        # The difference of large sums may fall a little below zero.
        std = np.sqrt(np.maximum(squares / frames - mean**2, 0.0))
        return cls(mean, std, n_fft, hop_length, iterations)

    def encode(self, waveforms):
        """Turn sounds into normalised log-magnitudes.

        Parameters
        ----------
        waveforms : array-like [shape=(batch, samples)]
            Sound in [-1, 1]; ``samples`` a multiple of ``hop_length``.

        Returns
        -------
        tf.Tensor [shape=(batch, samples / hop_length, n_fft // 2)], float32 in [-1, 1]
            A third of the standard score of each bin, clipped.

        Raises
        ------
        ValueError
            If the clips are not a whole number of hops long.
        """
        logs = _log_magnitudes(waveforms, self.n_fft, self.hop_length)
        scores = (logs - self.mean) / (_DEVIATIONS * self.std)
        return tf.clip_by_value(scores[..., :-1], -1.0, 1.0)

    def magnitudes(self, spectrograms):
        """Undo :meth:`encode` as far as the STFT magnitudes.

        Parameters
        ----------
        spectrograms : array-like [shape=(batch, frames, n_fft // 2)]
            Values in [-1, 1].

        Returns
        -------
        tf.Tensor [shape=(batch, frames, 1 + n_fft // 2)], float32 >= 0
            Magnitudes as :func:`stft` would give them; in the last bin their geometric mean.
        """
        scores = tf.pad(tf.convert_to_tensor(spectrograms, tf.float32), [[0, 0], [0, 0], [0, 1]])
        logs = scores * _DEVIATIONS * self.std + self.mean
        return tf.maximum(tf.exp(logs) - _EPSILON, 0.0)

    def decode(self, spectrograms):
        """Turn normalised log-magnitudes into sound with Griffin-Lim.

        Parameters
        ----------
        spectrograms : array-like [shape=(batch, frames, n_fft // 2)]
            Values in [-1, 1], as :meth:`encode` returns them or a network draws them.

        Returns
        -------
        tf.Tensor [shape=(batch, frames * hop_length)], float32 in [-1, 1]
            The sounds; the same spectrogram always gives the same sound.
        """
        magnitudes = self.magnitudes(spectrograms)
        sounds = griffin_lim(magnitudes, self.n_fft, self.hop_length, self.iterations, momentum=0.0)
        pad = (self.n_fft - self.hop_length) // 2
        samples = magnitudes.shape[1] * self.hop_length
        return tf.clip_by_value(sounds[:, pad : pad + samples], -1.0, 1.0)
