"""SpecGAN: a generator that draws log-magnitude spectrograms (Donahue et al. 2019, section 4).

The defaults of the builders are the paper's (its tables 4 and 5): a 128 x 128 spectrogram, width
64, 5 x 5 kernels, no normalisation. The recipes of the book use a smaller and conditional variant:
4 x 4 kernels, which stride 2 divides, batch normalisation in the generator, label embeddings beside
the latent, a projection discriminator (Miyato and Koyama 2018), and 2 x 2 patches of the
spectrogram as channels of the largest feature map (pixel shuffle, Shi et al. 2016), which on a
processor costs half the time of one more layer with few channels.
"""

import keras
from keras import layers

from audiogan_lib.layers import (
    SpectralNorm,
    chain,
    from_patches,
    generator_inputs,
    projection_score,
    to_patches,
)

_FACTOR = 32  # between a spectrogram and the smallest feature map


def _stages(frames, bins, patch):
    """Count the layers that change resolution, or say why the sizes do not fit."""
    if frames % _FACTOR or bins % _FACTOR or min(frames, bins) < _FACTOR:
        raise ValueError(f"frames={frames}, bins={bins}: both must be multiples of {_FACTOR}")
    if patch not in (1, 2, 4):
        raise ValueError(f"patch={patch}: must be 1, 2 or 4")
    return 6 - patch.bit_length()


def _upsample(x, channels, kernel, stage, batch_norm, last, dtype):
    """Normalise, rectify, and double both sides."""
    if batch_norm:
        x = layers.BatchNormalization(momentum=0.9, dtype=dtype, name=f"norm_{stage}")(x)
    x = layers.ReLU(dtype=dtype)(x)
    return layers.Conv2DTranspose(
        channels,
        kernel,
        strides=2,
        padding="same",
        use_bias=last or not batch_norm,
        dtype=dtype,
        name=f"upsample_{stage}",
    )(x)


def _downsample(x, channels, kernel, spectral_norm, **options):
    """Halve both sides, and rectify."""
    convolution = layers.Conv2D(channels, kernel, strides=2, padding="same", **options)
    if spectral_norm:
        convolution = SpectralNorm(convolution, name=convolution.name)
    return layers.LeakyReLU(0.2, dtype=options["dtype"])(convolution(x))


def build_generator(
    frames=128,
    bins=128,
    width=64,
    latent_dim=100,
    labels=0,
    kernel=5,
    patch=1,
    batch_norm=False,
    dtype=None,
):
    """Build the network from latents to spectrograms.

    Parameters
    ----------
    frames, bins : int > 0
        Size of a spectrogram, multiples of 32.
    width, latent_dim : int > 0
        Channels before the last layer, which double towards the latent, and length of a latent.
    labels : int or tuple of int
        Classes of each condition; 0 for none.
    kernel : int > 0
        Side of the kernels.
    patch : {1, 2, 4}
        Side of the square of neighbours that are channels of the largest map; 1 as published.
    batch_norm : bool
        Normalise after each layer but the last.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the output is float32 always.

    Returns
    -------
    keras.Model
        From ``[batch, latent_dim]``, or ``[latents, labels int [batch, conditions]]``, to ``[batch,
        frames, bins]`` in [-1, 1].

    Raises
    ------
    ValueError
        If ``frames`` or ``bins`` is not a multiple of 32.
    """
    stages = _stages(frames, bins, patch)
    height, breadth = frames // _FACTOR, bins // _FACTOR
    inputs, x = generator_inputs(latent_dim, labels)
    channels = width * 2 ** (stages - 1)
    size = height * breadth * channels
    x = layers.Dense(size, use_bias=not batch_norm, dtype=dtype, name="dense")(x)
    x = layers.Reshape((height, breadth, channels), dtype=dtype)(x)
    for stage in range(stages):  # (4, 4, 16 width) -> ... (64, 64, width) -> (128, 128, 1)
        last = stage == stages - 1
        channels = patch * patch if last else channels // 2
        x = _upsample(x, channels, kernel, stage, batch_norm, last, dtype)
    x = chain(from_patches(patch, (frames, bins)), x)
    x = layers.Activation("tanh", dtype="float32", name="spectrogram")(x)
    return keras.Model(inputs, x, name="specgan_generator")


def build_discriminator(
    frames=128,
    bins=128,
    width=64,
    labels=0,
    kernel=5,
    patch=1,
    initializer="glorot_uniform",
    spectral_norm=False,
    dtype=None,
):
    """Build the network from spectrograms to scores.

    Parameters
    ----------
    frames, bins
        As in :func:`build_generator`, errors too.
    width : int > 0
        Channels after the first layer; they double with each (16 times as many after the last, 8
        with ``patch=2``).
    labels : int or tuple of int
        Classes of each condition; 0 for none. With them the score gains the inner product of the
        features and an embedding of the labels (Miyato and Koyama 2018, section 3).
    kernel, patch
        As in :func:`build_generator`.
    initializer : str
        Of the kernels; Glorot's as published, ``"he_normal"`` in the recipes.
    spectral_norm : bool
        Divide each kernel by its largest singular value (Miyato et al. 2018).
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the score is float32 always.

    Returns
    -------
    keras.Model
        From ``[batch, frames, bins]``, or ``[spectrograms, labels int [batch, conditions]]``, to
        scores ``[batch, 1]``.
    """
    stages = _stages(frames, bins, patch)
    spectrogram = keras.Input((frames, bins), name="spectrogram")
    x = chain(to_patches(frames, bins, patch), spectrogram)
    for stage in range(stages):  # (128, 128, 1) -> (64, 64, width) -> (4, 4, 16 width)
        options = {"kernel_initializer": initializer, "dtype": dtype, "name": f"downsample_{stage}"}
        x = _downsample(x, width * 2**stage, kernel, spectral_norm, **options)
    x = layers.Flatten(dtype=dtype)(x)
    inputs, score = projection_score(spectrogram, x, labels, spectral_norm)
    return keras.Model(inputs, score, name="specgan_discriminator")
