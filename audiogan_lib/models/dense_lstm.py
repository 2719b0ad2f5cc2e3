"""A network of dense layers against a network of LSTMs: as an article printed it, and mended.

The article's generator squeezes a latent through seventeen dense layers into one number, and its
discriminator walks sixteen LSTMs over 44100 single samples. The parts of it that can be built are
here with the article's widths, so that each defect can be seen, and :func:`article_cost` says what
training them would take without building them. The mended form, which trains on a laptop, keeps the
first three dense layers and one LSTM, but the generator ends in as many numbers as a sound has
samples, and the LSTM (Hochreiter and Schmidhuber 1997) reads frames, from which comes one score.
"""

from dataclasses import dataclass
from itertools import pairwise

import keras
from keras import layers

from audiogan_lib.layers import generator_inputs, projection_score

ARTICLE_SAMPLES = 44100
ARTICLE_LATENT_DIM = 100
#: Of the dense layers and of the LSTMs alike; one more dense layer of width 1 ends each network.
ARTICLE_WIDTHS = (*(2**power for power in range(8, 13)), *(2**power for power in range(11, 0, -1)))

_FLOAT_BYTES = 4
_KEPT = 6  # an LSTM's backward pass needs three gates, candidate, cell and output of each unit


@dataclass(frozen=True)
class Cost:
    """What training the article's networks would take, in float32.

    Parameters
    ----------
    generator_parameters, discriminator_parameters : int
        Weights and biases.
    state_bytes : int
        Parameters, their gradients and the two moments of Adam.
    activation_bytes : int
        The least that the discriminator keeps of one clip until its backward pass: three gates, the
        candidate, the cell and the output of each unit at each step.
    forward_macs : int
        Multiply-accumulates of the discriminator for one clip; those of the generator,
        which has no steps, do not count beside them.
    step_macs : int
        The same for one training step of both networks on one clip. A backward pass costs two
        forward passes, and the generator's step needs no gradients of the discriminator's weights:
        8 forward passes of the discriminator and 4 of the generator.
    """

    generator_parameters: int
    discriminator_parameters: int
    state_bytes: int
    activation_bytes: int
    forward_macs: int
    step_macs: int


def article_cost(samples=ARTICLE_SAMPLES, widths=ARTICLE_WIDTHS, latent_dim=ARTICLE_LATENT_DIM):
    """Count what the article's networks would take, a `Cost`, without building them.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform; the discriminator's LSTMs make one step a sample.
    widths : sequence of int > 0
        Units of the dense layers and of the LSTMs.
    latent_dim : int > 0
        Length of a latent.

    Examples
    --------
    >>> cost = article_cost()
    >>> cost.generator_parameters, cost.discriminator_parameters
    (22363561, 201113579)
    """
    dense = sum((before + 1) * after for before, after in pairwise((latent_dim, *widths, 1)))
    # Four gates a unit, each fed by the layer before, by the layer itself and by a bias.
    lstm = sum(4 * after * (before + after + 1) for before, after in pairwise((1, *widths)))
    lstm += widths[-1] + 1  # the dense layer that ends the discriminator, at each step
    forward = samples * lstm
    return Cost(
        generator_parameters=dense,
        discriminator_parameters=lstm,
        state_bytes=4 * _FLOAT_BYTES * (dense + lstm),
        activation_bytes=_FLOAT_BYTES * _KEPT * samples * sum(widths),
        forward_macs=forward,
        step_macs=8 * forward + 4 * dense,
    )


def build_article_generator(widths=ARTICLE_WIDTHS, latent_dim=ARTICLE_LATENT_DIM):
    """Build the article's generator as far as it can be built.

    Its last line, ``Reshape()``, lacks an argument and has none that would do: the layer before it
    ends in a single number.

    Parameters
    ----------
    widths : sequence of int > 0
        Units of the dense layers; the article's by default.
    latent_dim : int > 0
        Length of a latent.

    Returns
    -------
    keras.Model
        From latents ``[batch, latent_dim]`` to one number each, ``[batch, 1]`` in [-1, 1].
    """
    latent = x = keras.Input((latent_dim,), name="latent")
    for width in widths:
        x = layers.Dense(width, activation="relu")(x)
    x = layers.Dense(1, activation="tanh", name="gen_output")(x)
    return keras.Model(latent, x, name="article_generator")


def build_article_discriminator(samples=ARTICLE_SAMPLES, widths=ARTICLE_WIDTHS):
    """Build the article's discriminator with the channel axis that its LSTMs need.

    The article gives them a matrix ``[batch, samples]``, which they refuse. With an axis of one
    channel it can be built, and then answers once a sample, not once a sound. At the article's size
    it fills 0.8 GB; :func:`article_cost` counts it without.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform.
    widths : sequence of int > 0
        Units of the LSTMs; the article's by default.

    Returns
    -------
    keras.Model
        From waveforms ``[batch, samples, 1]`` to ``[batch, samples, 1]`` in (0, 1).
    """
    waveform = x = keras.Input((samples, 1), name="waveform")
    for width in widths:
        x = layers.LSTM(width, return_sequences=True)(x)
    x = layers.Dense(1, activation="sigmoid", name="disc_output")(x)
    return keras.Model(waveform, x, name="article_discriminator")


def build_generator(samples=2048, widths=(256, 512, 1024), latent_dim=100, labels=0):
    """Build the mended network from latents to waveforms.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform: the units of the last layer.
    widths : sequence of int > 0
        Units of the other layers; the article's first three by default.
    latent_dim : int > 0
        Length of a latent.
    labels : int or tuple of int
        Classes of each condition; 0 for none.

    Returns
    -------
    keras.Model
        From latents, or ``[latents, labels int [batch, conditions]]``, to ``[batch, samples, 1]``
        in [-1, 1].
    """
    inputs, x = generator_inputs(latent_dim, labels)
    for stage, width in enumerate(widths):
        x = layers.Dense(width, name=f"dense_{stage}")(x)
        x = layers.ReLU()(x)
    x = layers.Dense(samples, activation="tanh", name="samples")(x)
    x = layers.Reshape((samples, 1), name="waveform")(x)
    return keras.Model(inputs, x, name="dense_lstm_generator")


def build_discriminator(samples=2048, units=64, frame=64, labels=0):
    """Build the mended network from waveforms to scores.

    The score weighs the outputs of the LSTM at all steps.

    Parameters
    ----------
    samples : int > 0
        Length of a waveform, a multiple of ``frame``.
    units, frame : int > 0
        Of the LSTM, and samples that it reads at each step.
    labels : int or tuple of int
        Classes of each condition; 0 for none. With them the score gains the inner product of the
        LSTM's outputs and an embedding of the labels (Miyato and Koyama 2018, section 3).

    Returns
    -------
    keras.Model
        From waveforms ``[batch, samples, 1]``, or ``[waveforms, labels int [batch, conditions]]``,
        to scores ``[batch, 1]``, before any sigmoid.

    Raises
    ------
    ValueError
        If ``samples`` is not a multiple of ``frame``.
    """
    if samples % frame:
        raise ValueError(f"samples={samples}: must be a multiple of frame={frame}")
    waveform = keras.Input((samples, 1), name="waveform")
    x = layers.Reshape((samples // frame, frame), name="frames")(waveform)
    # Unrolled, the few steps are quicker than in a loop of the graph.
    x = layers.LSTM(units, return_sequences=True, unroll=True, name="lstm")(x)
    # All outputs count: from the last alone the generator is slower to find the sound within the
    # envelope.
    x = layers.Flatten()(x)
    inputs, score = projection_score(waveform, x, labels)
    return keras.Model(inputs, score, name="dense_lstm_discriminator")
