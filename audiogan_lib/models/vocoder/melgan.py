"""MelGAN's generator: transposed convolutions and dilated residual blocks, padded by reflection.

The paper's discriminator, which looks at means of the waveform over ever more samples, is left out:
its grouped convolutions train far too slowly on a processor.
"""

import keras
from keras import layers

from audiogan_lib.layers import WeightNorm
from audiogan_lib.models.vocoder.parts import ReflectionPadding, as_waveform, conv, upsample


def _reflected_conv(x, channels, kernel, dilation=1, dtype=None):
    """Apply a weight-normalised convolution padded by reflection."""
    x = ReflectionPadding(dilation * (kernel // 2), dtype=dtype)(x)
    return WeightNorm(layers.Conv1D(channels, kernel, dilation_rate=dilation, dtype=dtype))(x)


def build_melgan_generator(n_mels=80, frames=None, width=32, dtype=None):
    """Build MelGAN's generator (Kumar et al. 2019, section 2.1 and appendix A); hops of 256.

    It has 4.266 million parameters in training, 4.260 million without the lengths of weight
    normalisation.

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
