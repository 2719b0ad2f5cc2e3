"""What stands between sound and every network, and the simplest such thing: nothing."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import tensorflow as tf


class Codec(Protocol):
    """The face that all codecs share: who trains or plays a network asks no more of its codec.

    ``silence`` is what stands for silence in the encoded sound's first channel.
    """

    silence: ClassVar[float]

    @property
    def shape(self):
        """Size of one encoded sound, as a network draws it: time first."""

    def encode(self, waveforms, labels=None):
        """Turn sounds into what a network sees, each by itself: float32 in [-1, 1].

        Parameters
        ----------
        waveforms : array-like [shape=(batch, samples)]
            Sound in [-1, 1].
        labels : sequence of str, optional
            The name of each sound's label, for codecs whose form depends on it.

        Raises
        ------
        ValueError
            If the clips are not as long as the codec's, or a label that is needed is not there.
        """

    def decode(self, drawn, labels=None):
        """Turn what a network draws into sounds.

        They are float32 ``[batch, samples]`` in [-1, 1], always the same for the same.

        Parameters
        ----------
        drawn : array-like [shape=(batch, ...)]
            Values in [-1, 1], as :meth:`encode` returns them or a network draws them.
        labels : sequence of str, optional
            As for :meth:`encode`.
        """


@dataclass(frozen=True)
class WaveformCodec(Codec):
    """The bridge between sound and a network of waveforms: one channel more or less.

    Parameters
    ----------
    samples : int > 0
        Length of a clip.

    Examples
    --------
    >>> WaveformCodec(samples=16384).shape
    (16384, 1)
    """

    silence: ClassVar[float] = 0.0
    samples: int

    @property
    def shape(self):
        return self.samples, 1

    def encode(self, waveforms, labels=None):
        return checked(waveforms, self.samples)[..., None]

    def decode(self, drawn, labels=None):
        return tf.convert_to_tensor(drawn, tf.float32)[..., 0]


def checked(waveforms, samples):
    """Return clips as a float32 tensor, or say that they are not ``samples`` long."""
    waveforms = tf.convert_to_tensor(waveforms, tf.float32)
    if waveforms.shape[-1] != samples:
        raise ValueError(f"waveforms: {waveforms.shape[-1]} samples, need {samples}")
    return waveforms


def check_frames(samples, n_fft, hop_length):
    """Say so if a clip is not a whole number of hops, or the padding at its ends not whole."""
    if samples % hop_length or (n_fft - hop_length) % 2:
        raise ValueError(
            f"samples={samples} must be a multiple of hop_length={hop_length}, "
            f"and n_fft - hop_length = {n_fft - hop_length} must be even"
        )
