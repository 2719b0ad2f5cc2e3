"""GANSynth: a generator that draws log-magnitude and instantaneous frequency (Engel et al. 2019).

The defaults of the builders are those of the best model of the paper, ``IF-Mel + H`` (its
appendix D), as published in Magenta's ``configs/mel_prog_hires.py``: images of 128 frames by
1024 bins by 2 channels, 61 pitches, 7.31 and 6.83 million parameters. The networks are those of
progressive growing (Karras et al. 2018) at full resolution; growth itself is left out, which the
paper found not to be essential (section 2.2), and with it the 1 x 1 layers of the six smaller
resolutions.

The recipes of the book use a smaller variant: ``form="strided"`` with one 4 x 4 convolution of
stride 2 in place of each resampling and its two 3 x 3 convolutions, and ``patch=4``, squares of 4 x
4 neighbours as channels of the largest map.
"""

import keras
from keras import layers, ops

from audiogan_lib.layers import (
    EqualizedRate,
    MinibatchStd,
    PixelNorm,
    chain,
    condition_sizes,
    from_patches,
    to_patches,
)

_CHANNELS = 2  # log-magnitude and instantaneous frequency


def _plan(frames, bins, blocks, base, limit, patch, form):
    """Return the smallest map's size and the channels of each block, or say what does not fit."""
    if form not in ("nearest", "strided"):
        raise ValueError(f"form={form!r}: must be 'nearest' or 'strided'")
    if blocks < 1 or patch < 1:
        raise ValueError(f"blocks={blocks}, patch={patch}: both must be 1 or more")
    factor = patch * 2 ** (blocks - 1)
    if frames % factor or bins % factor or min(frames, bins) < factor:
        raise ValueError(
            f"frames={frames}, bins={bins}: both must be multiples of patch * 2^(blocks - 1) "
            f"= {factor}"
        )
    widths = [min(base // 2**block, limit) for block in range(blocks + 1)]
    if widths[-1] < 1:
        raise ValueError(f"base={base}: must be at least 2^blocks = {2**blocks}")
    return (frames // factor, bins // factor), widths


def _convolve(x, channels, kernel, name, dtype, strides=1, padding="same", transposed=False):
    """Apply a convolution of equalised learning rate and rectify."""
    kind = layers.Conv2DTranspose if transposed else layers.Conv2D
    layer = kind(channels, kernel, strides=strides, padding=padding, dtype=dtype)
    return layers.LeakyReLU(0.2, dtype=dtype)(EqualizedRate(layer, name=name)(x))


def _one_hot_inputs(latent_dim, labels):
    """Make the inputs of the generator, and latents and one-hot labels side by side."""
    latent = keras.Input((latent_dim,), name="latent")
    sizes = condition_sizes(labels)
    if not sizes:
        return latent, latent
    label = keras.Input((len(sizes),), dtype="int32", name="label")
    hot = [ops.one_hot(label[:, index], size) for index, size in enumerate(sizes)]
    return [latent, label], layers.Concatenate(dtype="float32")([latent, *hot])


def build_generator(
    frames=128,
    bins=1024,
    blocks=7,
    base=4096,
    limit=256,
    latent_dim=256,
    labels=61,
    patch=1,
    form="nearest",
    dtype=None,
):
    """Build the network from latents and pitches to images of magnitude and frequency.

    Parameters
    ----------
    frames, bins : int > 0
        Size of an image, multiples of ``patch * 2 ** (blocks - 1)``.
    blocks : int > 0
        Resolutions, each twice the one before.
    base, limit : int > 0
        Block ``n``, counted from 1 at the smallest map, has ``min(base / 2 ** n, limit)`` channels.
    latent_dim : int > 0
        Length of a latent.
    labels : int or tuple of int
        Classes of each condition, one-hot beside the latent: 61 pitches as published; 0 for none.
    patch : int > 0
        Side of the square of neighbours that are channels of the largest map; 1 as published.
    form : {"nearest", "strided"}
        Nearest neighbours and two 3 x 3 convolutions a block, as published, or one transposed 4 x
        4 convolution.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the last layer is float32 always.

    Returns
    -------
    keras.Model
        From ``[latents, labels int [batch, conditions]]``, or latents alone ``[batch,
        latent_dim]``, to ``[batch, frames, bins, 2]`` in [-1, 1].

    Raises
    ------
    ValueError
        If the sizes do not fit each other or there is no such form.
    """
    start, widths = _plan(frames, bins, blocks, base, limit, patch, form)
    inputs, x = _one_hot_inputs(latent_dim, labels)
    x = layers.Reshape((1, 1, x.shape[-1]), dtype="float32")(x)
    x = PixelNorm(dtype="float32")(x)
    # The published code pads one pixel with zeros; this is the same layer.
    x = _convolve(x, widths[1], start, "first", dtype, padding="valid", transposed=True)
    x = PixelNorm(dtype=dtype)(x)
    for block in range(1, blocks + 1):
        x = _draw_block(x, block, widths[block], form, dtype)
    image = layers.Conv2D(patch * patch * _CHANNELS, 1, dtype="float32")
    x = EqualizedRate(image, gain=1.0, name="to_image")(x)
    x = chain(from_patches(patch, (frames, bins, _CHANNELS)) if patch > 1 else [], x)
    x = layers.Activation("tanh", dtype="float32", name="image")(x)
    return keras.Model(inputs, x, name="gansynth_generator")


def _draw_block(x, block, channels, form, dtype):
    """Double both sides, but in the first block, and convolve."""
    if form == "strided":
        if block == 1:
            return x
        x = _convolve(x, channels, 4, f"upsample_{block}", dtype, strides=2, transposed=True)
        return PixelNorm(dtype=dtype)(x)
    if block > 1:
        x = layers.UpSampling2D(dtype=dtype)(x)  # nearest neighbour
    for index in range(2 if block > 1 else 1):  # the very first layer is the other one
        x = _convolve(x, channels, 3, f"block_{block}_{index}", dtype)
        x = PixelNorm(dtype=dtype)(x)
    return x


def build_discriminator(
    frames=128,
    bins=1024,
    blocks=7,
    base=4096,
    limit=256,
    labels=61,
    patch=1,
    form="nearest",
    group=4,
    gate=False,
    dtype=None,
):
    """Build the network from images to scores and pitches.

    Parameters
    ----------
    frames, bins, blocks, base, limit : int > 0
        As in :func:`build_generator`, errors too; the last layer has ``min(base, limit)`` channels.
    labels : int or tuple of int
        Classes of each condition, to be told; 0 for none.
    patch : int > 0
        As in :func:`build_generator`.
    form : {"nearest", "strided"}
        Two 3 x 3 convolutions and a 2 x 2 mean a block, as published, or one 4 x 4 of stride 2.
    group : int > 1
        Of ``layers.MinibatchStd``; must divide the batch, which is one group in the published code.
    gate : bool
        Multiply frequencies, noise in silent bins, by levels in [0, 1]; not in the paper.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; first and last layers are float32 always.

    Returns
    -------
    keras.Model
        From ``[batch, frames, bins, 2]`` to a dict: ``"scores"`` ``[batch, 1]`` and, with labels,
        ``"label_logits"`` ``[batch, classes]``, a list of them for several conditions.
    """
    _, widths = _plan(frames, bins, blocks, base, limit, patch, form)
    image = keras.Input((frames, bins, _CHANNELS), name="image")
    x = _gated(image) if gate else image
    x = chain(to_patches(frames, bins, patch, _CHANNELS) if patch > 1 else [], x)
    x = _convolve(x, widths[-1], 1, "from_image", "float32")
    for block in range(blocks, 1, -1):
        x = _judge_block(x, block, widths, form, dtype)
    x = MinibatchStd(group, dtype=dtype)(x)
    x = _convolve(x, widths[1], 3, "block_1_0", dtype)
    # The published convolution of the whole map, as the matrix product that it is.
    x = layers.Flatten(dtype=dtype)(x)
    x = EqualizedRate(layers.Dense(widths[0], dtype=dtype), name="last")(x)
    x = layers.LeakyReLU(0.2, dtype=dtype)(x)
    heads = {"scores": _head(x, 1, "score")}
    sizes = condition_sizes(labels)
    logits = [_head(x, size, f"label_logits_{index}") for index, size in enumerate(sizes)]
    if logits:
        heads["label_logits"] = logits if len(logits) > 1 else logits[0]
    return keras.Model(image, heads, name="gansynth_discriminator")


def _judge_block(x, block, widths, form, dtype):
    """Convolve and halve both sides."""
    if form == "strided":
        return _convolve(x, widths[block - 1], 4, f"downsample_{block}", dtype, strides=2)
    x = _convolve(x, widths[block], 3, f"block_{block}_0", dtype)
    x = _convolve(x, widths[block - 1], 3, f"block_{block}_1", dtype)
    return layers.AveragePooling2D(2, dtype=dtype)(x)


def _gated(image):
    """Multiply frequencies by levels in [0, 1]."""
    level, frequency = image[..., :1], image[..., 1:]
    return ops.concatenate([level, frequency * (level + 1.0) / 2.0], axis=-1)


def _head(x, units, name):
    """Map features linearly."""
    return EqualizedRate(layers.Dense(units, dtype="float32"), gain=1.0, name=name)(x)
