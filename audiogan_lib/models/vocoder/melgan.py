"""MelGAN: transposed convolutions, dilated residual blocks, a discriminator by scales."""

import keras
from keras import layers

from audiogan_lib.layers import SpectralNorm, WeightNorm
from audiogan_lib.models.vocoder.parts import (
    ReflectionPadding,
    as_waveform,
    conv,
    discriminator_layer,
    discriminator_model,
    discriminator_score,
    upsample,
)

_SCALE_LAYERS = {  # channels in multiples of the width, kernel, stride, groups
    "hifigan": (
        (1, 15, 1, 1),
        (1, 41, 2, 4),
        (2, 41, 2, 16),
        (4, 41, 4, 16),
        (8, 41, 4, 16),
        (8, 41, 1, 16),
        (8, 5, 1, 1),
    ),
    "melgan": (
        (1, 15, 1, 1),
        (4, 41, 4, 4),
        (16, 41, 4, 16),
        (64, 41, 4, 64),
        (64, 41, 4, 256),
        (64, 5, 1, 1),
    ),
}


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
        x = upsample(x, channels, stride, 0.2, dtype)
        for dilation in (1, 3, 9):
            step = layers.LeakyReLU(0.2, dtype=dtype)(x)
            step = _reflected_conv(step, channels, 3, dilation, dtype)
            step = layers.LeakyReLU(0.2, dtype=dtype)(step)
            step = conv(step, channels, 1, dtype=dtype)
            x = layers.Add(dtype=dtype)([conv(x, channels, 1, dtype=dtype), step])
    x = layers.LeakyReLU(0.2, dtype=dtype)(x)
    x = as_waveform(_reflected_conv(x, 1, 7, dtype="float32"))
    return keras.Model(mel, x, name="melgan_generator")


def build_scale_discriminator(
    samples=8192, version="hifigan", scales=3, width=None, grouped=True, dtype=None
):
    """Build the multi-scale discriminator of MelGAN or of HiFi-GAN.

    Kumar et al. 2019, section 2.2, and Kong et al. 2020, section 2.3: the same layers look at the
    waveform and at means of it over 4 samples, every 2, again and again. HiFi-GAN's first scale
    has spectral normalisation; all else is weight-normalised. Means at the ends leave out what
    would lie outside, as in MelGAN.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform.
    version : {"hifigan", "melgan"}
        Whose layers.
    scales : int > 0
        Sub-discriminators, 3 as published.
    width : int, optional
        Channels of the first layer, 128 in HiFi-GAN and 16 in MelGAN when not given; with
        ``grouped`` a multiple of 16, or 4 for MelGAN.
    grouped : bool
        Group the channels of the long kernels as published. TensorFlow's gradient of a grouped
        convolution is very slow on a processor: there, leave the groups out and take a
        width of 8 or less.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; scores are float32 always.

    Returns
    -------
    keras.Model
        As :func:`build_period_discriminator`.

    Raises
    ------
    ValueError
        If there is no such version, or the channels do not fit the groups.
    """
    if version not in _SCALE_LAYERS:
        raise ValueError(f"version={version!r}: must be one of {', '.join(_SCALE_LAYERS)}")
    hifigan = version == "hifigan"
    width, least = (width or 128, 16) if hifigan else (width or 16, 4)
    if grouped and width % least:
        raise ValueError(f"width={width}: must be a multiple of {least}, or grouped False")
    x = waveform = keras.Input((samples,), name="waveform")
    x = scaled = layers.Reshape((samples, 1), dtype="float32")(x)
    maps, scores = [], []
    for scale in range(scales):
        norm = SpectralNorm if hifigan and scale == 0 else WeightNorm
        if scale:
            x = scaled = layers.AveragePooling1D(4, 2, "same", dtype="float32")(scaled)
        for times, kernel, stride, groups in _SCALE_LAYERS[version]:
            options = {"norm": norm, "slope": 0.1 if hifigan else 0.2, "dtype": dtype}
            options |= {"strides": stride, "groups": groups if grouped else 1}
            x = discriminator_layer(x, layers.Conv1D, times * width, kernel, **options)
            maps.append(x)
        scores.append(discriminator_score(x, layers.Conv1D, 3, norm))
    return discriminator_model(waveform, maps, scores, "scale_discriminator")
