"""Our side of the comparison: ``training.GAN`` with each case's networks and losses."""

import keras
import numpy as np
import tensorflow as tf

from audiogan_lib import losses, spectral, training
from audiogan_lib.models import dense_lstm, gansynth, specgan, transcriber, vocoder, wavegan

_MODULES = {
    "dense_lstm": dense_lstm,
    "gansynth": gansynth,
    "specgan": specgan,
    "transcriber": transcriber,
    "wavegan": wavegan,
}


def log_mel(real, fake):
    """Compare the mels of two batches of waveforms ``[batch, 8192]`` at 8 kHz."""
    mels = [spectral.mel(sounds, 8000, 256, 64, 40) for sounds in (real, fake)]
    return losses.log_mel(*mels)


TERMS = {
    "log_mel": log_mel,
    "smoothness": transcriber.smoothness,
    "diversity": transcriber.diversity,
}


def build(case, dtype="float32"):
    """Build generator and discriminator, or a list of these.

    Parameters
    ----------
    case : cases.Case
        Which.
    dtype : str
        ``"float32"`` or ``"mixed_bfloat16"``.

    Returns
    -------
    generator, discriminator : keras.Model, keras.Model or list of keras.Model
        With fresh weights.
    """
    keras.utils.set_random_seed(0)
    policy = {} if case.network in ("dense_lstm", "transcriber") else {"dtype": dtype}
    keras.config.set_dtype_policy("float32" if policy else dtype)
    if case.network == "vocoder":
        small = vocoder.SMALL
        generator = vocoder.build_vocos_generator(
            frames=case.condition[0], **small["generator"], **policy
        )
        samples = case.example[0]
        period = vocoder.build_period_discriminator(samples, **small["period"], **policy)
        spectrogram = vocoder.build_spectrogram_discriminator(
            samples, **small["spectrogram"], **policy
        )
        return generator, [period, spectrogram]
    module = _MODULES[case.network]
    generator = module.build_generator(**case.generator, **policy)
    return generator, module.build_discriminator(**case.discriminator, **policy)


def build_gan(case, dtype="float32"):
    """Build networks and compile them as `torch_training.GAN` does.

    Parameters
    ----------
    case, dtype
        As in :func:`build`.

    Returns
    -------
    training.GAN
        Ready for a step.
    """
    options = dict(case.losses)
    terms = {name: (options.pop(name), TERMS[name]) for name in TERMS if name in options}
    generator, discriminator = build(case, dtype)
    generator = training.quicken(generator)
    if isinstance(discriminator, list):
        discriminator = [training.quicken(judge) for judge in discriminator]
    else:
        discriminator = training.quicken(discriminator)
    gan = training.GAN(generator, discriminator, latent=bool(case.latent_dim))
    adam = [training.Adam(4e-4, beta_1=0.5, beta_2=0.99) for _ in range(2)]
    gan.compile(*adam, generator_terms=terms, **options)
    return gan


def step_function(case, dtype="float32"):
    """Return a function that makes one training step, and the number of parameters.

    Parameters
    ----------
    case, dtype
        As in :func:`build`.

    Returns
    -------
    step : callable
        One step on the case's batch; returns when it is done.
    parameters : int
        What both networks train.
    arithmetic : int
        Multiply-accumulates of one step.
    """
    gan = build_gan(case, dtype)
    data = tuple(tf.constant(part) for part in case.data() if part is not None)
    graph = tf.function(lambda: gan.train_step(data), jit_compile=False)
    networks = gan.generator, gan.discriminator
    count = sum(int(np.prod(w.shape)) for n in networks for w in n.trainable_variables)
    return lambda: float(graph()["generator_loss"]), count, _step_arithmetic(case, gan)


def _step_arithmetic(case, gan):
    """Count the multiply-accumulates of a step: one pass forward counts once, one back twice.

    The discriminator's step generates and judges two batches, back to the weights; the generator's
    step generates and judges one, back through both, without the discriminator's weights. Feature
    matching also judges real examples; a gradient penalty judges a batch, back to it, and back
    again through both.
    """
    generator, discriminator = (arithmetic(n) for n in (gan.generator, gan.discriminator))
    judged = 8 + ("feature_matching" in case.losses) + 6 * ("gradient_penalty" in case.losses)
    return case.batch * (4 * generator + judged * discriminator)


def arithmetic(model):
    """Count the multiply-accumulates of one example in convolutions, dense layers and LSTMs.

    Products with the zeros of padding do not count, nor do Fourier transforms and what is done
    element by element.

    Parameters
    ----------
    model : keras.Model
        Built with known sizes.

    Returns
    -------
    int
        Of one pass forward.
    """
    total = 0
    for outer in model.layers:
        layer = getattr(outer, "layer", outer)  # within a wrapper
        if isinstance(outer, keras.Model):
            total += arithmetic(outer)
        elif isinstance(layer, keras.layers.LSTM):
            weights = sum(int(np.prod(w.shape)) for w in layer.cell.trainable_weights[:2])
            total += weights * outer.input.shape[1]
        elif isinstance(layer, keras.layers.Dense):
            total += int(np.prod(layer.kernel.shape) * np.prod(outer.input.shape[1:-1]))
        elif hasattr(layer, "kernel_size"):
            total += _taps(layer, outer.input, outer.output) * _pairs(layer)
    return total


def _pairs(layer):
    """Pairs of channels that a convolution joins."""
    channels = layer.kernel.shape[-2:]
    return int(np.prod(channels))


def _taps(layer, before, after):
    """Pairs of a place in the input and one in the output that a convolution joins."""
    if "Transpose" in type(layer).__name__:
        before, after = after, before
    total = 1
    axes = zip(layer.kernel_size, layer.strides, before.shape[1:-1], after.shape[1:-1], strict=True)
    for kernel, stride, long, short in axes:
        missing = max((short - 1) * stride + kernel - long, 0)
        start = {"same": missing // 2, "causal": missing, "valid": 0}[layer.padding]
        places = np.arange(short)[:, None] * stride + np.arange(kernel) - start
        total *= int(((places >= 0) & (places < long)).sum())
    return total
