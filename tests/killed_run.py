"""A run to be killed: ``python killed_run.py FOLDER EPOCHS`` goes on from the folder.

At the end it prints where it began, where it ended, and a hash of all that it has come to.
"""

import hashlib
import sys

import keras
import numpy as np
import tensorflow as tf

from audiogan_lib import callbacks, datasets, layers, training

#: What training is made of that could lose its place.
OPTIONS = {
    "loss": "wasserstein",
    "gradient_penalty": 10.0,
    "r1": 1.0,
    "r2": 0.5,
    "penalty_every": 3,
    "critic_steps": 2,
}


def build():
    """Return a convolutional GAN with every kind of random state."""
    latent, example = keras.Input((4,)), keras.Input((32, 1))
    x = keras.layers.Reshape((8, 4))(keras.layers.Dense(32)(latent))
    x = keras.layers.BatchNormalization(momentum=0.9)(x)
    x = keras.layers.Dropout(0.2)(keras.layers.ReLU()(x))
    drawn = keras.layers.Conv1DTranspose(1, 4, 4, activation="tanh")(x)
    y = keras.layers.LeakyReLU(0.2)(keras.layers.Conv1D(8, 4, 2, padding="same")(example))
    y = keras.layers.Dropout(0.2)(layers.PhaseShuffle(1)(y))
    y = keras.layers.LeakyReLU(0.2)(keras.layers.Conv1D(8, 4, 2, padding="same")(y))
    score = keras.layers.Dense(1)(keras.layers.Flatten()(y))
    networks = keras.Model(latent, drawn), keras.Model(example, score)
    gan = training.GAN(*networks, augment=layers.RandomShift(2, fill=0.0), ema=0.98)
    gan.compile(*(keras.optimizers.Adam(rate, 0.5, 0.9) for rate in (2e-3, 4e-3)), **OPTIONS)
    return gan


def main(folder, epochs):
    """Train to the end and print the hash."""
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    gan = build()
    checkpoint = callbacks.Checkpoint(folder, every_s=0)
    step = checkpoint.resume(gan)
    examples = np.random.default_rng(1).normal(size=(40, 32, 1)).astype(np.float32)
    gan.fit(
        datasets.batches([examples], 8, seed=3, first_step=step),
        steps_per_epoch=3,
        epochs=epochs,
        initial_epoch=step // 3,
        shuffle=False,
        verbose=0,
        callbacks=[checkpoint],
    )
    optimizers = gan.generator_optimizer, gan.discriminator_optimizer
    state = [*gan.variables, *(v for optimizer in optimizers for v in optimizer.variables)]
    content = b"".join(np.ascontiguousarray(variable.numpy()).tobytes() for variable in state)
    digest = hashlib.sha256(content).hexdigest()
    print(f"from step {step} to {int(gan.step.numpy())}: {digest}")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
