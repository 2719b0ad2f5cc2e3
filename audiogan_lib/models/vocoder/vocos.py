"""Vocos: ConvNeXt blocks at the frame rate that draw an STFT, then its inverse."""

import keras
from keras import layers

from audiogan_lib.models.vocoder.parts import InverseSTFT, PolarSpectrum

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
    width, blocks : int > 0
        Channels between blocks, and number of blocks.
    kernel, expansion : int > 0
        Frames that a block sees, and channels inside it, in multiples of ``width``.
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
