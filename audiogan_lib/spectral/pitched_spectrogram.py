"""Spectrograms of notes whose pitch is known: harmonics stand still, and phases need no guess."""

from dataclasses import dataclass
from typing import ClassVar

import librosa
import numpy as np
import tensorflow as tf

from audiogan_lib.spectral.codec import Codec
from audiogan_lib.spectral.inversion import griffin_lim
from audiogan_lib.spectral.transforms import (
    full_scale,
    levels_to_magnitudes,
    magnitudes_to_levels,
    stft,
)

_LEAST_PERIODS = 4  # as many bins has the main lobe of a Hann window


@dataclass(frozen=True)
class PitchedSpectrogram(Codec):
    """The bridge between notes of known pitch and a network that draws spectrograms.

    The window holds 4, 8, 16, ... periods of the note, as many as fit ``n_fft`` samples. So bins
    are fractions of the pitch, and the harmonics of all keys of an octave stand at the same bins.
    What a network draws is how loud each harmonic is, and what sounds between them; the pitch
    itself comes with the request and needs no drawing.

    Phases need no guess either. Where `LogSpectrogram` lets Griffin-Lim start from noise, here all
    bins within two of a harmonic start as a steady tone of its frequency, the others as one of
    their own, and a few rounds mend what the levels contradict.

    Levels are those of `LogSpectrogram`; bins above half the sample rate are silent. Both ways need
    ``labels``, the MIDI number of each sound, such as ``60`` or ``"60"``.

    Parameters
    ----------
    sample_rate, samples, floor_db, iterations
        As in `LogSpectrogram`.
    n_fft, hop_length : int > 0
        Greatest length of the window, and step; both even.

    Raises
    ------
    ValueError
        If ``samples`` is not a multiple of ``hop_length``, or the padding would not be whole.

    Examples
    --------
    >>> codec = PitchedSpectrogram(sample_rate=16000, samples=16384, n_fft=1024, hop_length=256)
    >>> codec.shape, codec.window(60)
    ((64, 512), (978, 16))
    """

    silence: ClassVar[float] = -1.0
    sample_rate: int
    samples: int
    n_fft: int
    hop_length: int
    floor_db: float = -75.0
    iterations: int = 4

    def __post_init__(self):
        if self.samples % self.hop_length or self.n_fft % 2 or self.hop_length % 2:
            raise ValueError(
                f"samples={self.samples} must be a multiple of hop_length={self.hop_length}, "
                f"and that and n_fft={self.n_fft} must be even"
            )

    @property
    def shape(self):
        return self.samples // self.hop_length, self.n_fft // 2

    def window(self, pitch):
        """Choose the window of a note.

        Returns its length in samples, even, and how many periods of the note are in it, a power of
        two: the distance of two harmonics in bins.

        Parameters
        ----------
        pitch : float
            As MIDI number: 69 is 440 Hz.

        Raises
        ------
        ValueError
            If the pitch is so low that four periods do not fit, or above half the sample rate.
        """
        period = self.sample_rate / librosa.midi_to_hz(pitch)
        if not 2 < period <= self.n_fft / _LEAST_PERIODS:
            raise ValueError(
                f"pitch={pitch:g}: a period of {period:.1f} samples at {self.sample_rate} Hz; it "
                f"must be 2 to {self.n_fft / _LEAST_PERIODS:g}, so that 4 fit n_fft={self.n_fft}"
            )
        periods = 2 ** int(np.log2(self.n_fft / period))
        return 2 * round(periods * period / 2), periods

    def encode(self, waveforms, labels=None):
        waveforms, pitches = np.asarray(waveforms, np.float32), _pitches(labels)
        if waveforms.shape != (len(pitches), self.samples):
            raise ValueError(
                f"waveforms: shape {waveforms.shape}, need ({len(pitches)}, {self.samples})"
            )
        spectrograms = np.full((len(waveforms), *self.shape), -1.0, np.float32)
        for n_fft, which in self._by_window(pitches):
            pad = (n_fft - self.hop_length) // 2
            padded = np.pad(waveforms[which], [(0, 0), (pad, pad)])
            magnitudes = tf.abs(stft(padded, n_fft, self.hop_length))[..., :-1]
            levels = magnitudes_to_levels(magnitudes / full_scale(n_fft), self.floor_db)
            spectrograms[which, :, : n_fft // 2] = levels
        return spectrograms

    def decode(self, drawn, labels=None):
        spectrograms, pitches = np.asarray(drawn, np.float32), _pitches(labels)
        if spectrograms.shape != (len(pitches), *self.shape):
            raise ValueError(
                f"spectrograms: shape {spectrograms.shape}, need {(len(pitches), *self.shape)}"
            )
        sounds = np.zeros((len(spectrograms), self.samples), np.float32)
        for n_fft, which in self._by_window(pitches):
            levels = tf.constant(spectrograms[which, :, : n_fft // 2])
            magnitudes = levels_to_magnitudes(levels, self.floor_db) * full_scale(n_fft)
            magnitudes = tf.pad(magnitudes, [[0, 0], [0, 0], [0, 1]])
            phases = np.stack([self._steady_phases(pitches[index]) for index in which])
            pad = (n_fft - self.hop_length) // 2
            rounds = self.hop_length, self.iterations
            rebuilt = griffin_lim(magnitudes, n_fft, *rounds, start=phases, margin=pad)
            sounds[which] = np.clip(rebuilt[:, pad : pad + self.samples], -1.0, 1.0)
        return sounds

    def _by_window(self, pitches):
        """Return pairs of a window's length and the positions of the notes that have it."""
        lengths = np.array([self.window(pitch)[0] for pitch in pitches])
        return [(int(n_fft), np.flatnonzero(lengths == n_fft)) for n_fft in np.unique(lengths)]

    def _steady_phases(self, pitch):
        """Phases [frames, 1 + n_fft // 2] of steady tones, as :func:`stft` would give them."""
        n_fft, periods = self.window(pitch)
        bins = np.arange(1 + n_fft // 2)
        harmonics = np.maximum(np.floor(bins / periods + 0.5), 1)
        near = np.abs(bins - harmonics * periods) <= 2
        f0 = librosa.midi_to_hz(pitch) / self.sample_rate
        frequencies = np.where(near, harmonics * f0, bins / n_fft)
        beginnings = np.random.default_rng(0).uniform(-np.pi, np.pi, (2, len(bins)))
        beginnings = np.where(near, beginnings[0, harmonics.astype(int)], beginnings[1])
        centres = np.arange(self.shape[0]) * self.hop_length + n_fft / 2
        # A window that is even about its centre adds pi a bin to the phase at its start.
        phases = 2 * np.pi * centres[:, None] * frequencies + beginnings - np.pi * bins
        return ((phases + np.pi) % (2 * np.pi) - np.pi).astype(np.float32)


def _pitches(labels):
    """Return MIDI numbers of the names that labels of pitch have."""
    if labels is None:
        raise ValueError("labels=None: each sound needs its label, its MIDI pitch")
    try:
        return np.array(labels, np.float64)
    except ValueError as error:
        raise ValueError(f"labels: must be MIDI pitches, such as '60'; {error}") from None
