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

import keras
from keras import layers

from audiogan_lib.layers import WeightNorm
from audiogan_lib.models._vocoder_discriminators import (
    build_period_discriminator,
    build_scale_discriminator,
    build_spectrogram_discriminator,
)
from audiogan_lib.models._vocoder_layers import InverseSTFT, PolarSpectrum, ReflectionPadding

__all__ = [
    "SMALL",
    "InverseSTFT",
    "build_hifigan_generator",
    "build_melgan_generator",
    "build_period_discriminator",
    "build_scale_discriminator",
    "build_spectrogram_discriminator",
    "build_vocos_generator",
]

#: Arguments of ``build_vocos_generator``, ``build_period_discriminator`` and
#: ``build_spectrogram_discriminator`` for two cores and 8 kHz.
SMALL = {
    "generator": {
        "n_mels": 40,
        "n_fft": 256,
        "hop_length": 64,
        "width": 192,
        "blocks": 6,
        "kernel": 3,
        "expansion": 2,
        "depthwise": False,
    },
    "period": {"periods": (2, 3, 5), "width": 4},
    "spectrogram": {
        "resolutions": ((512, 128, 512), (256, 64, 256), (128, 32, 128)),
        "width": 8,
    },
}

_UPSAMPLING = {  # strides; kernels are twice as long
    "V1": (8, 8, 2, 2),
    "V2": (8, 8, 2, 2),
    "V3": (8, 8, 4),
}
_RESIDUALS = {  # kernel: dilations of the convolutions of one residual step after the other
    "V1": dict.fromkeys((3, 7, 11), ((1, 1), (3, 1), (5, 1))),
    "V2": dict.fromkeys((3, 7, 11), ((1, 1), (3, 1), (5, 1))),
    "V3": {3: ((1,), (2,)), 5: ((2,), (6,)), 7: ((3,), (12,))},
}
_WIDTHS = {"V1": 512, "V2": 128, "V3": 256}


def _conv(x, channels, kernel, **options):
    """Apply a weight-normalised convolution that keeps the number of steps."""
    return WeightNorm(layers.Conv1D(channels, kernel, padding="same", **options))(x)


def _upsample(x, channels, stride, slope, dtype):
    """Apply [steps, before] -> [steps * stride, channels]."""
    x = layers.LeakyReLU(slope, dtype=dtype)(x)
    options = {"strides": stride, "padding": "same", "dtype": dtype}
    return WeightNorm(layers.Conv1DTranspose(channels, 2 * stride, **options))(x)


def _waveform(x):
    """Apply [steps, 1] -> [steps], bounded."""
    x = layers.Activation("tanh", dtype="float32")(x)
    return layers.Reshape((-1,), dtype="float32", name="waveform")(x)


def _fuse_fields(x, residuals, dtype):
    """Average residual stacks that see different distances (Kong et al. 2020, section 2.2)."""
    stacks = []
    for kernel, steps in residuals.items():
        y = x
        for dilations in steps:
            step = y
            for dilation in dilations:
                step = layers.LeakyReLU(0.1, dtype=dtype)(step)
                options = {"dilation_rate": dilation, "dtype": dtype}
                step = _conv(step, x.shape[-1], kernel, **options)
            y = layers.Add(dtype=dtype)([y, step])
        stacks.append(y)
    return layers.Average(dtype=dtype)(stacks)


def build_hifigan_generator(version="V1", n_mels=80, frames=None, width=None, dtype=None):
    """Build HiFi-GAN's generator (Kong et al. 2020, section 2.2 and appendix A.1); hops of 256.

    Parameters
    ----------
    version : {"V1", "V2", "V3"}
        Which of the paper's, of 13.94, 0.93 and 1.46 million parameters.
    n_mels : int > 0
        Bands of the log-mel spectrogram.
    frames : int, optional
        Number of frames, any when not given.
    width : int, optional
        Channels before upsampling, halved with each stage; the version's when not given.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the last layer is float32 always.

    Returns
    -------
    keras.Model
        From ``[batch, frames, n_mels]`` to waveforms ``[batch, 256 * frames]`` in [-1, 1].

    Raises
    ------
    ValueError
        If there is no such version.
    """
    if version not in _WIDTHS:
        raise ValueError(f"version={version!r}: must be one of {', '.join(_WIDTHS)}")
    mel = keras.Input((frames, n_mels), name="mel")
    channels = width or _WIDTHS[version]
    x = _conv(mel, channels, 7, dtype=dtype)
    # (frames, 512) -> (8 frames, 256) -> (64 frames, 128) -> (128 frames, 64) -> (256 frames, 32)
    for stride in _UPSAMPLING[version]:
        channels //= 2
        x = _upsample(x, channels, stride, 0.1, dtype)
        x = _fuse_fields(x, _RESIDUALS[version], dtype)
    # The published code leaves this slope at its framework's default.
    x = layers.LeakyReLU(0.01, dtype=dtype)(x)
    x = _waveform(_conv(x, 1, 7, dtype="float32"))
    return keras.Model(mel, x, name=f"hifigan_{version.lower()}_generator")


def _reflected_conv(x, channels, kernel, dilation=1, dtype=None):
    """Apply a weight-normalised convolution padded by reflection."""
    x = ReflectionPadding(dilation * (kernel // 2), dtype=dtype)(x)
    return WeightNorm(layers.Conv1D(channels, kernel, dilation_rate=dilation, dtype=dtype))(x)


def build_melgan_generator(n_mels=80, frames=None, width=32, dtype=None):
    """Build MelGAN's generator (Kumar et al. 2019, section 2.1 and appendix A); hops of 256.

    Parameters
    ----------
    n_mels : int > 0
        Bands of the log-mel spectrogram.
    frames : int, optional
        Number of frames, any from 4 on when not given.
    width : int > 0
        Channels before the last layer; they double towards the mel. 32 as published.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the last layer is float32 always.

    Returns
    -------
    keras.Model
        From ``[batch, frames, n_mels]`` to waveforms ``[batch, 256 * frames]`` in [-1, 1].
    """
    mel = keras.Input((frames, n_mels), name="mel")
    channels = 16 * width
    x = _reflected_conv(mel, channels, 7, dtype=dtype)
    # (frames, 512) -> (8 frames, 256) -> (64 frames, 128) -> (128 frames, 64) -> (256 frames, 32)
    for stride in (8, 8, 2, 2):
        channels //= 2
        x = _upsample(x, channels, stride, 0.2, dtype)
        for dilation in (1, 3, 9):
            step = layers.LeakyReLU(0.2, dtype=dtype)(x)
            step = _reflected_conv(step, channels, 3, dilation, dtype)
            step = layers.LeakyReLU(0.2, dtype=dtype)(step)
            step = _conv(step, channels, 1, dtype=dtype)
            x = layers.Add(dtype=dtype)([_conv(x, channels, 1, dtype=dtype), step])
    x = layers.LeakyReLU(0.2, dtype=dtype)(x)
    x = _waveform(_reflected_conv(x, 1, 7, dtype="float32"))
    return keras.Model(mel, x, name="melgan_generator")


def _convnext_block(x, kernel, expansion, depthwise, scale, dtype):
    """Add to each frame what its neighbours and then its own channels say."""
    width = x.shape[-1]
    start, small_start = (keras.initializers.TruncatedNormal(0.0, 0.02 * s) for s in (1, scale))
    options = {"padding": "same", "dtype": dtype}
    if depthwise:
        y = layers.DepthwiseConv1D(kernel, depthwise_initializer=start, **options)(x)
    else:
        y = layers.Conv1D(width, kernel, kernel_initializer=start, **options)(x)
    y = layers.LayerNormalization(epsilon=1e-6, dtype=dtype)(y)
    y = layers.Dense(expansion * width, "gelu", kernel_initializer=start, dtype=dtype)(y)
    y = layers.Dense(width, kernel_initializer=small_start, dtype=dtype)(y)
    return layers.Add(dtype=dtype)([x, y])


def _draw_spectrum(x, mel, n_fft):
    """Apply [frames, width] -> [frames, 2 + n_fft], with a direct path from the mel if given."""
    start = keras.initializers.TruncatedNormal(stddev=0.02)
    polar = layers.Dense(2 + n_fft, kernel_initializer=start, dtype="float32")(x)
    if mel is not None:
        options = {"kernel_initializer": "zeros", "dtype": "float32", "name": "shortcut"}
        polar = layers.Add(dtype="float32")([polar, layers.Dense(2 + n_fft, **options)(mel)])
    return PolarSpectrum(dtype="float32", name="spectrum")(polar)


def build_vocos_generator(
    n_mels=100,
    frames=None,
    n_fft=1024,
    hop_length=256,
    width=512,
    blocks=8,
    kernel=7,
    expansion=3,
    depthwise=True,
    shortcut=False,
    dtype=None,
):
    """Build the inverse-STFT generator of Vocos (Siuzdak 2024, section 3).

    It works at the frame rate throughout: ConvNeXt blocks, then magnitude and phase of each bin.
    The learned scale of a block is folded into its last layer, which starts small. ``SMALL`` has a
    dense, shorter kernel in each block in place of a depthwise one.

    Parameters
    ----------
    n_mels : int > 0
        Bands of the log-mel spectrogram.
    frames : int, optional
        Number of frames, any when not given.
    n_fft, hop_length : int > 0
        Of the STFT that is drawn, in samples; see :class:`InverseSTFT`.
    width : int > 0
        Channels between blocks.
    blocks : int > 0
        Their number.
    kernel : int > 0
        Frames that a block sees.
    expansion : int > 0
        Channels inside a block, in multiples of ``width``.
    depthwise : bool
        Convolve each channel by itself, as published, or all with all.
    shortcut : bool
        Add a layer ``"shortcut"`` from a frame's mel straight to its spectrum; not in the paper.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the spectrum is float32 always.

    Returns
    -------
    keras.Model
        From ``[batch, frames, n_mels]`` to waveforms ``[batch, hop_length * frames]``, not clipped.
    """
    start = keras.initializers.TruncatedNormal(stddev=0.02)
    mel = keras.Input((frames, n_mels), name="mel")
    x = layers.Conv1D(width, 7, padding="same", kernel_initializer=start, dtype=dtype)(mel)
    x = layers.LayerNormalization(epsilon=1e-6, dtype=dtype)(x)
    for _ in range(blocks):
        x = _convnext_block(x, kernel, expansion, depthwise, 1 / blocks, dtype)
    x = layers.LayerNormalization(epsilon=1e-6, dtype=dtype)(x)
    x = _draw_spectrum(x, mel if shortcut else None, n_fft)
    x = InverseSTFT(n_fft, hop_length, name="waveform")(x)
    return keras.Model(mel, x, name="vocos_generator")
