"""Networks of a few weights, for tests of training and of its callbacks."""

import math

import keras
import numpy as np

from audiogan_lib import datasets, layers, training


def networks(labels=0, shape=(2,), batch_norm=False):
    """Return a generator and a discriminator; of two axes, with a phase shuffle in the latter."""
    inputs, x = layers.generator_inputs(4, labels, embedding_dim=4)
    x = keras.layers.Dense(16)(x)
    if batch_norm:
        x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Dense(math.prod(shape))(keras.layers.ReLU()(x))
    generator = keras.Model(inputs, keras.layers.Reshape(shape)(x))
    example = x = keras.Input(shape)
    if len(shape) == 2:
        x = layers.PhaseShuffle(1)(keras.layers.Conv1D(4, 3, padding="same")(x))
    x = keras.layers.Dense(16)(keras.layers.Flatten()(x))
    score = layers.projection_score(example, keras.layers.LeakyReLU(0.2)(x), labels)
    return generator, keras.Model(*score)


def build(labels=0, shape=(2,), batch_norm=False, rates=(0.01, 0.02), optimizers=None, **options):
    """Return a compiled GAN, always with the same weights."""
    keras.utils.set_random_seed(0)
    wanted = {name: options.pop(name) for name in ("augment", "ema", "seed") if name in options}
    gan = training.GAN(*networks(labels, shape, batch_norm), **wanted)
    optimizers = optimizers or [keras.optimizers.Adam(rate, 0.5, 0.9) for rate in rates]
    gan.compile(*optimizers, **options)
    return gan


def examples(count=32, shape=(2,)):
    """Return random examples and one of three labels for each."""
    rng = np.random.default_rng(1)
    real = rng.normal(size=(count, *shape)).astype(np.float32)
    return real, rng.integers(0, 3, (count, 1)).astype(np.int32)


def train(gan, data, steps, batch_size=8, callbacks=(), epochs=1):
    """Go on from the step that the GAN has reached, as a run does."""
    stream = datasets.batches(data, batch_size, seed=3, first_step=int(gan.step.numpy()))
    return gan.fit(
        stream, steps_per_epoch=steps, epochs=epochs, shuffle=False, verbose=0, callbacks=callbacks
    )


def state(gan):
    """Return all that a run must not lose, as one list of arrays."""
    optimizers = (*gan.generator_optimizer.variables, *gan.discriminator_optimizer.variables)
    return [*gan.get_weights(), *(np.asarray(variable.numpy()) for variable in optimizers)]
