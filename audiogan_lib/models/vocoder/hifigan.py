"""HiFi-GAN: transposed convolutions and residual blocks, and discriminators by period."""

import keras
from keras import layers

from audiogan_lib.models.vocoder.parts import (
    FoldPeriod,
    as_waveform,
    conv,
    discriminator_layer,
    discriminator_model,
    discriminator_score,
    upsample,
)

# For each kernel the dilations of the convolutions of one residual step after the other.
_THREE_PAIRS = dict.fromkeys((3, 7, 11), ((1, 1), (3, 1), (5, 1)))
_TWO_SINGLE = {3: ((1,), (2,)), 5: ((2,), (6,)), 7: ((3,), (12,))}

_VERSIONS = {  # channels before upsampling; strides, whose kernels are twice as long; residuals
    "V1": (512, (8, 8, 2, 2), _THREE_PAIRS),
    "V2": (128, (8, 8, 2, 2), _THREE_PAIRS),
    "V3": (256, (8, 8, 4), _TWO_SINGLE),
}


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
                step = conv(step, x.shape[-1], kernel, **options)
            y = layers.Add(dtype=dtype)([y, step])
        stacks.append(y)
    return layers.Average(dtype=dtype)(stacks)


def build_hifigan_generator(version="V1", n_mels=80, frames=None, width=None, dtype=None):
    """Build HiFi-GAN's generator (Kong et al. 2020, section 2.2 and appendix A.1); hops of 256.

    Parameters
    ----------
    version : {"V1", "V2", "V3"}
        Which of the paper's, of 13.936, 0.929 and 1.464 million parameters in training; without
        the lengths of weight normalisation, which a kernel can take in after it, 13.926, 0.926
        and 1.462.
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
    if version not in _VERSIONS:
        raise ValueError(f"version={version!r}: must be one of {', '.join(_VERSIONS)}")
    published, strides, residuals = _VERSIONS[version]
    mel = keras.Input((frames, n_mels), name="mel")
    channels = width or published
    x = conv(mel, channels, 7, dtype=dtype)
    # (frames, 512) -> (8 frames, 256) -> (64 frames, 128) -> (128 frames, 64) -> (256 frames, 32)
    for stride in strides:
        channels //= 2
        x = upsample(x, channels, stride, 0.1, dtype)
        x = _fuse_fields(x, residuals, dtype)
    # The published code leaves this slope at its framework's default.
    x = layers.LeakyReLU(0.01, dtype=dtype)(x)
    x = as_waveform(conv(x, 1, 7, dtype="float32"))
    return keras.Model(mel, x, name=f"hifigan_{version.lower()}_generator")


def build_period_discriminator(samples=8192, periods=(2, 3, 5, 7, 11), width=32, dtype=None):
    """Build the multi-period discriminator of HiFi-GAN (Kong et al. 2020, section 2.3).

    Each sub-discriminator sees the waveform in as many lines as its period has samples and
    convolves along them, so that it compares samples one period apart.

    Departures from the published code: padding is Keras's ``"same"``, which puts the odd sample of
    a strided layer at the end, and the last layer's scores are not among the feature maps.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform.
    periods : tuple of int > 0
        In samples, one for each sub-discriminator.
    width : int > 0
        Channels of the first layer; the others have 4, 16, 32 and 32 times as many. 32 as
        published; 4 is for two cores.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; scores are float32 always.

    Returns
    -------
    keras.Model
        From waveforms ``[batch, samples]`` to a dict: ``"scores"``, a list with a float32 tensor
        ``[batch, places]`` for each sub-discriminator, and ``"feature_maps"``, a flat list of the
        outputs of all hidden layers.
    """
    waveform = keras.Input((samples,), name="waveform")
    maps, scores = [], []
    for period in periods:
        # (samples,) -> (period, samples / period, 1) -> ... (period, samples / period / 81, 1024)
        x = FoldPeriod(period, dtype="float32", name=f"period_{period}")(waveform)
        for times, stride in ((1, 3), (4, 3), (16, 3), (32, 3), (32, 1)):
            options = {"strides": (1, stride), "slope": 0.1, "dtype": dtype}
            x = discriminator_layer(x, times * width, (1, 5), **options)
            maps.append(x)
        scores.append(discriminator_score(x, (1, 3)))
    return discriminator_model(waveform, maps, scores, "period_discriminator")
