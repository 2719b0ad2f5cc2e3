"""Log-magnitude spectrograms, the codec of most generators here."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from audiogan_lib.spectral.codec import Codec, check_frames, checked
from audiogan_lib.spectral.inversion import griffin_lim, impose_mel
from audiogan_lib.spectral.transforms import (
    full_scale,
    levels_to_magnitudes,
    magnitudes_to_levels,
    mel_matrix,
    mel_to_magnitude,
    stft,
)


@dataclass(frozen=True)
class LogSpectrogram(Codec):
    """The bridge between sound and a network that draws spectrograms.

    ``encode`` takes sounds to log-magnitudes in [-1, 1]; ``decode`` takes them back, inventing the
    lost phase with Griffin-Lim. The sound is padded so that there are exactly ``samples /
    hop_length`` frames. ``log(magnitude + floor)`` is scaled linearly: -1 is silence, ``floor_db``
    below a full-scale sine, which is 1.

    Parameters
    ----------
    sample_rate, samples : int > 0
        Rate in Hz and length of a clip, a multiple of ``hop_length``.
    n_fft, hop_length, win_length : int > 0
        As in :func:`stft`; ``n_fft - hop_length`` must be even.
    n_mels : int, optional
        With it, bins are mel bands; without, STFT bins without the one at half the sample rate.
    fmin, fmax : float
        In Hz, with ``n_mels`` only.
    floor_db : float < 0
        Level of one bin, relative to a full-scale sine, that counts as silence.
    iterations : int >= 0
        Of Griffin-Lim.

    Raises
    ------
    ValueError
        If ``samples`` is not a multiple of ``hop_length``, or the padding would not be whole.

    Examples
    --------
    >>> codec = LogSpectrogram(sample_rate=8000, samples=8192, n_fft=256, hop_length=64)
    >>> codec.shape
    (128, 128)
    """

    silence: ClassVar[float] = -1.0
    sample_rate: int
    samples: int
    n_fft: int
    hop_length: int
    win_length: int | None = None
    n_mels: int | None = None
    fmin: float = 0.0
    fmax: float | None = None
    floor_db: float = -75.0
    iterations: int = 60

    def __post_init__(self):
        check_frames(self.samples, self.n_fft, self.hop_length)

    @property
    def shape(self):
        return self.samples // self.hop_length, self.n_mels or self.n_fft // 2

    @property
    def _full_scale(self):
        return full_scale(self.n_fft, self.win_length)

    def _mel_matrix(self):
        """Mel filters whose columns sum to one, so that a band is a weighted mean of bins."""
        matrix = mel_matrix(self.sample_rate, self.n_fft, self.n_mels, self.fmin, self.fmax)
        return matrix / np.maximum(matrix.sum(axis=0, keepdims=True), 1e-8)

    def encode(self, waveforms, labels=None):
        pad = (self.n_fft - self.hop_length) // 2
        padded = tf.pad(checked(waveforms, self.samples), [[0, 0], [pad, pad]])
        return self.levels(tf.abs(stft(padded, self.n_fft, self.hop_length, self.win_length)))

    def levels(self, magnitudes):
        """Turn STFT magnitudes into levels ``[batch, frames, bins]``, as :meth:`encode` does.

        Parameters
        ----------
        magnitudes : array-like [shape=(batch, frames, 1 + n_fft // 2)], >= 0
            As :func:`stft` gives them.
        """
        magnitudes = tf.convert_to_tensor(magnitudes, tf.float32)
        magnitudes = magnitudes @ self._mel_matrix() if self.n_mels else magnitudes[..., :-1]
        return magnitudes_to_levels(magnitudes / self._full_scale, self.floor_db)

    def magnitudes(self, spectrograms):
        """Undo :meth:`encode` as far as the magnitudes of :func:`stft`, Nyquist bin included.

        Parameters
        ----------
        spectrograms : array-like [shape=(batch, frames, bins)]
            Values in [-1, 1].
        """
        levels = tf.convert_to_tensor(spectrograms, tf.float32)
        magnitudes = levels_to_magnitudes(levels, self.floor_db) * self._full_scale
        if self.n_mels:
            return mel_to_magnitude(magnitudes, self._mel_matrix())
        return tf.pad(magnitudes, [[0, 0], [0, 0], [0, 1]])

    def decode(self, drawn, labels=None):
        magnitudes = self.magnitudes(drawn)
        pad = (self.n_fft - self.hop_length) // 2
        sounds = griffin_lim(
            magnitudes,
            self.n_fft,
            self.hop_length,
            self.iterations,
            win_length=self.win_length,
            margin=pad,
        )
        return tf.clip_by_value(sounds[:, pad : pad + self.samples], -1.0, 1.0)

    def impose(self, waveforms, spectrograms, iterations=8):
        """Bring sounds nearer to the mel levels that they should have; see :func:`impose_mel`.

        They are not clipped.

        Parameters
        ----------
        waveforms : array-like [shape=(batch, samples)]
            Sounds to begin with.
        spectrograms : array-like [shape=(batch, frames, n_mels)]
            Values in [-1, 1], as :meth:`encode` returns them.
        iterations : int >= 0
            Rounds.

        Raises
        ------
        ValueError
            If bins are not mel bands.
        """
        if not self.n_mels:
            raise ValueError("n_mels=None: there are no mel bands to impose")
        levels = tf.convert_to_tensor(spectrograms, tf.float32)
        mels = levels_to_magnitudes(levels, self.floor_db) * self._full_scale
        pad = (self.n_fft - self.hop_length) // 2
        padded = tf.pad(tf.convert_to_tensor(waveforms, tf.float32), [[0, 0], [pad, pad]])
        sizes = self.n_fft, self.hop_length, iterations
        sounds = impose_mel(padded, mels, self._mel_matrix(), *sizes, win_length=self.win_length)
        return sounds[:, pad : pad + self.samples]
