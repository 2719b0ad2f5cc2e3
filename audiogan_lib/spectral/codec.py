"""What stands between sound and every network, and the simplest such thing: nothing."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import tensorflow as tf


class Codec(Protocol):
    """The face that all codecs share: who trains or plays a network asks no more of its codec.

    Attributes
    ----------
    shape : tuple of int
        Of one encoded sound, as a network draws it: time first.
    silence : float
        What stands for silence in the encoded sound's first channel.
    """

    silence: ClassVar[float]

    @property
    def shape(self):
        """Size of one encoded sound."""

    def encode(self, waveforms, labels=None):
        """Turn sounds into what a network sees.

        Parameters
        ----------
        waveforms : array-like [shape=(batch, samples)]
            Sound in [-1, 1].
        labels : sequence of str, optional
            The name of each sound's label, for codecs whose form depends on it.

        Returns
        -------
        tensor or ndarray [shape=(batch, *shape)], float32 in [-1, 1]
            The same sounds, each by itself.
        """

    def decode(self, drawn, labels=None):
        """Turn what a network draws into sounds.

        Parameters
        ----------
        drawn : array-like [shape=(batch, *shape)]
            Values in [-1, 1].
        labels : sequence of str, optional
            As for :meth:`encode`.

        Returns
        -------
        tensor or ndarray [shape=(batch, samples)], float32 in [-1, 1]
            The sounds.
        """


@dataclass(frozen=True)
class WaveformCodec:
    """The bridge between sound and a network of waveforms: one channel more or less.

    Parameters
    ----------
    samples : int > 0
        Length of a clip.

    Examples
    --------
    >>> from audiogan_lib.spectral import WaveformCodec
    >>> WaveformCodec(samples=16384).shape
    (16384, 1)
    """

    silence: ClassVar[float] = 0.0
    samples: int

    @property
    def shape(self):
        """Size of one encoded sound: samples and the channel."""
        return self.samples, 1

    def encode(self, waveforms, labels=None):
        """Add the channel.

        Parameters
        ----------
        waveforms : array-like [shape=(batch, samples)]
            Sound in [-1, 1].
        labels : any, optional
            Not needed.

        Returns
        -------
        tf.Tensor [shape=(batch, samples, 1)], float32
            The same numbers.

        Raises
        ------
        ValueError
            If the clips are not ``samples`` long.
        """
        return checked(waveforms, self.samples)[..., None]

    def decode(self, drawn, labels=None):
        """Take the channel away.

        Parameters
        ----------
        drawn : array-like [shape=(batch, samples, 1)]
            As :meth:`encode` returns it, or a network draws it.
        labels : any, optional
            Not needed.

        Returns
        -------
        tf.Tensor [shape=(batch, samples)], float32
            The same numbers.
        """
        return tf.convert_to_tensor(drawn, tf.float32)[..., 0]


def checked(waveforms, samples):
    """Return clips as a float32 tensor, or say that they are not ``samples`` long."""
    waveforms = tf.convert_to_tensor(waveforms, tf.float32)
    if waveforms.shape[-1] != samples:
        raise ValueError(f"waveforms: {waveforms.shape[-1]} samples, need {samples}")
    return waveforms
