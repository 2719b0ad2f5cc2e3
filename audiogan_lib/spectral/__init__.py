"""Spectra and back: the one definition of STFT, mel and log-magnitude that everything else uses.

Conventions: waveforms are float32 ``[batch, samples]`` in [-1, 1]; spectra are ``[batch, frames,
bins]``. The window is a periodic Hann window; where ``win_length < n_fft`` it stands in the middle
of the frame, as in librosa. No function pads on its own: frame ``t`` starts at sample
``t * hop_length``.

A **codec** stands between sound and a network: ``encode(waveforms, labels=None)``,
``decode(drawn, labels=None)``, ``shape`` and ``silence``, see :class:`Codec`.
"""

from audiogan_lib.spectral.codec import Codec, WaveformCodec
from audiogan_lib.spectral.instantaneous_frequency import InstantaneousFrequency
from audiogan_lib.spectral.inversion import griffin_lim, impose_mel
from audiogan_lib.spectral.log_spectrogram import LogSpectrogram
from audiogan_lib.spectral.pitched_spectrogram import PitchedSpectrogram
from audiogan_lib.spectral.transforms import (
    hann_window,
    istft,
    mel,
    mel_matrix,
    mel_to_magnitude,
    stft,
)

__all__ = [
    "Codec",
    "InstantaneousFrequency",
    "LogSpectrogram",
    "PitchedSpectrogram",
    "WaveformCodec",
    "griffin_lim",
    "hann_window",
    "impose_mel",
    "istft",
    "mel",
    "mel_matrix",
    "mel_to_magnitude",
    "stft",
]
