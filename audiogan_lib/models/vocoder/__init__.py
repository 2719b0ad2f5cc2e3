"""Vocoders: networks from log-mel spectrograms to waveforms, and the discriminators beside them.

HiFi-GAN (Kong et al. 2020) and MelGAN (Kumar et al. 2019) raise the frame rate to the sample rate
by transposed convolutions; Vocos (Siuzdak 2024) draws an STFT and inverts it. The defaults of the
builders are the papers'; ``SMALL`` holds arguments for two cores and sound at 8 kHz. Kernels start
from Keras's initial values where the published code, too, in effect has its framework's.

Frames and samples are aligned: ``frames`` frames give ``frames * hop_length`` samples, and frame
``t`` is centred on samples ``t * hop_length`` to ``(t + 1) * hop_length``. So do the spectra of
sounds padded by ``(n_fft - hop_length) / 2`` samples at each end: 8192 samples and hops of 64 are
128 frames. ``spectral.LogSpectrogram`` pads in this way; its ``encode`` makes what these networks
take, and their sound replaces its ``decode``.
"""

from audiogan_lib.models.vocoder.hifigan import build_hifigan_generator, build_period_discriminator
from audiogan_lib.models.vocoder.melgan import build_melgan_generator
from audiogan_lib.models.vocoder.parts import InverseSTFT
from audiogan_lib.models.vocoder.univnet import build_spectrogram_discriminator
from audiogan_lib.models.vocoder.vocos import SMALL, build_vocos_generator

__all__ = [
    "SMALL",
    "InverseSTFT",
    "build_hifigan_generator",
    "build_melgan_generator",
    "build_period_discriminator",
    "build_spectrogram_discriminator",
    "build_vocos_generator",
]
