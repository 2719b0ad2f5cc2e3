"""WaveGAN: a generator that draws the waveform itself (Donahue et al. 2019, section 3).

The defaults of the builders are the paper's (its tables 2 and 3): 16384 samples, width 64, kernels
of 25 samples, stride 4, no normalisation, phase shuffle of radius 2; lengths of 32768 and 65536
samples follow the authors' code. Departures that are options: 8192 samples, where the layer next to
the waveform has stride 2; label embeddings beside the latent and a projection discriminator (Miyato
and Koyama 2018); and the sub-pixel form (Shi et al. 2016) of each layer, a
convolution of stride 1 at the lower rate whose channels are neighbouring samples of the higher
rate. That form has nearly as many weights and sees as far, and is quicker on a processor.
"""

import keras
from keras import layers

from audiogan_lib.layers import PhaseShuffle, SpectralNorm, generator_inputs, projection_score

_STEPS = 16  # of the smallest feature map
_STRIDES = {  # samples: strides of the generator and of the discriminator, first layer first
    8192: ((4, 4, 4, 4, 2), (2, 4, 4, 4, 4)),
    16384: ((4, 4, 4, 4, 4), (4, 4, 4, 4, 4)),
    32768: ((4, 4, 4, 4, 4, 2), (4, 4, 4, 4, 4, 2)),
    65536: ((4, 4, 4, 4, 4, 4), (4, 4, 4, 4, 4, 4)),
}
_SHUFFLED = 4  # layers of the discriminator, from the first on, that a phase shuffle follows


def _strides(samples, form):
    """Look up the strides, or say what the arguments should have been."""
    if samples not in _STRIDES:
        raise ValueError(f"samples={samples}: must be one of {', '.join(map(str, _STRIDES))}")
    if form not in ("transposed", "subpixel"):
        raise ValueError(f"form={form!r}: must be 'transposed' or 'subpixel'")
    return _STRIDES[samples]


def _upsample(x, channels, kernel, stride, form, **options):
    """Apply [steps, before] -> [steps * stride, channels]."""
    options |= {"padding": "same"}
    if form == "transposed":
        return layers.Conv1DTranspose(channels, kernel, stride, **options)(x)
    x = layers.Conv1D(channels * stride, -(-kernel // stride), **options)(x)
    return layers.Reshape((x.shape[1] * stride, channels), dtype=options["dtype"])(x)


def _downsample(x, stage, channels, kernel, stride, form, spectral_norm, **options):
    """Apply [steps, before] -> [steps / stride, channels]."""
    options |= {"padding": "same", "name": f"downsample_{stage}"}
    if form == "transposed":
        convolution = layers.Conv1D(channels, kernel, stride, **options)
    else:
        folded = (x.shape[1] // stride, x.shape[2] * stride)
        x = layers.Reshape(folded, dtype=options["dtype"])(x)
        convolution = layers.Conv1D(channels, -(-kernel // stride), **options)
    if spectral_norm:
        convolution = SpectralNorm(convolution, name=convolution.name)
    return convolution(x)


def _rise(x, strides, kernel, form, batch_norm, dtype):
    """Go through all layers from the smallest feature map to the waveform."""
    channels = x.shape[-1]
    for stage, stride in enumerate(strides):
        if batch_norm:
            x = layers.BatchNormalization(momentum=0.9, dtype=dtype, name=f"norm_{stage}")(x)
        x = layers.ReLU(dtype=dtype)(x)
        last = stage == len(strides) - 1
        channels = 1 if last else channels // 2
        options = {"use_bias": last or not batch_norm, "dtype": "float32" if last else dtype}
        x = _upsample(x, channels, kernel, stride, form, name=f"upsample_{stage}", **options)
    return layers.Activation("tanh", dtype="float32", name="waveform")(x)


def build_generator(
    samples=16384,
    width=64,
    latent_dim=100,
    labels=0,
    batch_norm=False,
    kernel=25,
    form="transposed",
    post_filter=0,
    dtype=None,
):
    """Build the network from latents to waveforms.

    Parameters
    ----------
    samples : {8192, 16384, 32768, 65536}
        Length of a waveform.
    width, latent_dim : int > 0
        Channels before the last layer, which double towards the latent, and length of a latent.
    labels : int or tuple of int
        Classes of each condition; 0 for none.
    batch_norm : bool
        Normalise after each layer but the last.
    kernel : int > 0
        Length of the kernels, in steps of the longer side of a layer.
    form : {"transposed", "subpixel"}
        As published, or convolutions of stride 1 whose channels become steps.
    post_filter : int >= 0
        Taps of a filter, learnt with the rest, over the sound; 0 for none, 512 in the authors'
        code. It can silence a whine; the sound may then leave [-1, 1] a little.
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the last layer is float32, or its steps would be heard.

    Returns
    -------
    keras.Model
        From latents, or ``[latents, labels int [batch, conditions]]``, to sounds in [-1, 1].

    Raises
    ------
    ValueError
        If there is no such length or form.
    """
    strides = _strides(samples, form)[0]
    inputs, x = generator_inputs(latent_dim, labels)
    channels = width * 2 ** (len(strides) - 1)
    x = layers.Dense(_STEPS * channels, use_bias=not batch_norm, dtype=dtype, name="dense")(x)
    x = layers.Reshape((_STEPS, channels), dtype=dtype)(x)
    # (16, 16 width) -> (64, 8 width) -> ... (4096, width) -> (16384, 1); longer: one layer more.
    x = _rise(x, strides, kernel, form, batch_norm, dtype)
    if post_filter:
        options = {"use_bias": False, "dtype": "float32", "name": "post_filter"}
        x = layers.Conv1D(1, post_filter, padding="same", **options)(x)
    return keras.Model(inputs, x, name="wavegan_generator")


def build_discriminator(
    samples=16384,
    width=64,
    phase_shuffle=2,
    labels=0,
    kernel=25,
    form="transposed",
    initializer="glorot_uniform",
    spectral_norm=False,
    dtype=None,
):
    """Build the network from waveforms to scores.

    Parameters
    ----------
    samples
        As in :func:`build_generator`, errors too.
    width : int > 0
        Channels after the first layer; they double with each.
    phase_shuffle : int >= 0
        Radius of the phase shuffle after each of the first four layers.
    labels, kernel, form
        As in :func:`build_generator`; sub-pixel convolutions see neighbouring steps as channels.
    initializer : str
        Of the kernels; Glorot's as published.
    spectral_norm : bool
        Divide each kernel by its largest singular value (Miyato et al. 2018).
    dtype : str or keras.DTypePolicy, optional
        For example ``"mixed_bfloat16"``; the first layer and the score are float32 always.

    Returns
    -------
    keras.Model
        From sounds, or ``[sounds, labels int [batch, conditions]]``, to scores ``[batch, 1]``.
    """
    strides = _strides(samples, form)[1]
    x = waveform = keras.Input((samples, 1), name="waveform")
    # (16384, 1) -> (4096, width) -> (1024, 2 width) -> (256, 4 width) -> (64, 8 width)
    # -> (16, 16 width); lengths over 16384 have a layer more, to (16, 32 width).
    for stage, stride in enumerate(strides):
        options = {"kernel_initializer": initializer, "dtype": dtype if stage else "float32"}
        x = _downsample(x, stage, width * 2**stage, kernel, stride, form, spectral_norm, **options)
        x = layers.LeakyReLU(0.2, dtype=dtype)(x)
        if phase_shuffle and stage < _SHUFFLED:
            x = PhaseShuffle(phase_shuffle, seed=stage, dtype=dtype)(x)
    x = layers.Flatten(dtype=dtype)(x)
    inputs, score = projection_score(waveform, x, labels, spectral_norm)
    return keras.Model(inputs, score, name="wavegan_discriminator")
