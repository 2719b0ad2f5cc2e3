"""The codec of GANSynth: log-magnitude and instantaneous frequency (Engel et al. 2019).

The phase of a bin that a steady tone dominates grows by the same step from frame to frame. That
step, the instantaneous frequency, is a smooth picture, and with it the phase itself can be drawn
by a network, where other codecs must invent it.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import tensorflow as tf

from audiogan_lib.spectral.codec import Codec, check_frames, checked
from audiogan_lib.spectral.transforms import (
    full_scale,
    istft,
    levels_to_magnitudes,
    magnitudes_to_levels,
    stft,
)


@dataclass(frozen=True)
class InstantaneousFrequency(Codec):
    """Between sound and a network of magnitudes and phases (Engel et al. 2019, section 2).

    ``encode`` takes sounds to two channels in [-1, 1]. Channel 0 is the log-magnitude, scaled as
    in `LogSpectrogram`. Channel 1 is the change of phase since the frame before, unwrapped, in
    units of pi; frame 0 keeps its phase. A sine of frequency ``f`` Hz advances by ``2 f hop_length
    / sample_rate`` of these units a frame, of which a multiple of 2 cannot be seen: channel 1 is
    ``f`` as an offset from the nearest multiple of ``sample_rate / hop_length``, of which 1 is
    half. ``decode`` adds the changes up again, and gives back any sound whose bins are at most
    full scale, but for what lies at half the sample rate.

    Two departures from the published code, which leaves out the lowest bin rather than the highest
    and pads before the sound alone. Without the lowest bin the shipped notes come back with a
    signal-to-noise ratio of 27 dB at worst, without the highest with 68 dB (256 bins, hop 128);
    padding on both sides lets the window reach the end of the sound. Mel bands, the paper's
    ``IF-Mel``, are left out: pooled phases cannot be taken apart again.

    Parameters
    ----------
    samples, n_fft, hop_length, win_length, floor_db
        As in `LogSpectrogram`.

    Raises
    ------
    ValueError
        If ``samples`` is not a multiple of ``hop_length``, the padding would not be whole, or
        windows do not overlap.

    Examples
    --------
    >>> codec = InstantaneousFrequency(samples=16384, n_fft=1024, hop_length=256)
    >>> codec.shape
    (64, 512, 2)
    """

    silence: ClassVar[float] = -1.0  # of the levels
    samples: int
    n_fft: int
    hop_length: int
    win_length: int | None = None
    floor_db: float = -75.0

    def __post_init__(self):
        check_frames(self.samples, self.n_fft, self.hop_length)
        if self.hop_length >= (self.win_length or self.n_fft):
            raise ValueError(
                f"hop_length={self.hop_length}: must be less than the window's "
                f"{self.win_length or self.n_fft} samples"
            )

    @property
    def shape(self):
        return self.samples // self.hop_length, self.n_fft // 2, 2

    @property
    def _padding(self):
        return (self.n_fft - self.hop_length) // 2

    def encode(self, waveforms, labels=None):
        padded = tf.pad(checked(waveforms, self.samples), [[0, 0], [self._padding, self._padding]])
        spectra = stft(padded, self.n_fft, self.hop_length, self.win_length)[..., :-1]
        relative = tf.abs(spectra) / full_scale(self.n_fft, self.win_length)
        phases = tf.math.angle(spectra) / np.pi
        changes = tf.concat([phases[:, :1], phases[:, 1:] - phases[:, :-1]], 1)
        # The difference of unwrapped phases is the difference of phases, brought into [-pi, pi).
        wrapped = tf.math.floormod(changes + 1.0, 2.0) - 1.0
        return tf.stack([magnitudes_to_levels(relative, self.floor_db), wrapped], -1)

    def decode(self, drawn, labels=None):
        images = tf.convert_to_tensor(drawn, tf.float32)
        if tuple(images.shape[1:]) != self.shape:
            raise ValueError(f"images: shape {tuple(images.shape[1:])}, need {self.shape}")
        relative = levels_to_magnitudes(images[..., 0], self.floor_db)
        magnitudes = relative * full_scale(self.n_fft, self.win_length)
        phases = np.pi * tf.cumsum(images[..., 1], axis=1)
        spectra = tf.complex(magnitudes * tf.cos(phases), magnitudes * tf.sin(phases))
        spectra = tf.pad(spectra, [[0, 0], [0, 0], [0, 1]])
        sounds = istft(spectra, self.n_fft, self.hop_length, self.win_length)
        sounds = sounds[:, self._padding : self._padding + self.samples]
        return tf.clip_by_value(sounds, -1.0, 1.0)
