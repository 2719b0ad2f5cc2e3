"""Find knobs that change one quality of a shipped generator's sounds: brightness, length or noise.

From the repository's root, when the generator is in its place (see ``tools/ship_generator.py``)::

    python tools/find_knobs.py drums

Latents by the thousand are drawn, their spectrograms measured, and by backpropagation also how each
quality changes with the latent. A small network learns both, values and slopes (Czarnecki et al.
2017, "Sobolev training"): a latent of 64 numbers tells 65 numbers of each quality instead of one,
and slopes are what a knob goes by. What it does not predict gets no knob.
"""

import argparse
import json

import keras
import numpy as np
import tensorflow as tf

from audiogan_lib import files, pretrained

QUALITIES = ("brightness", "length", "noise")
#: Of the variance within a label that the network has to predict, for latents it has not met.
LEAST_EXPLAINED = 0.5
HIDDEN, EPOCHS, BATCH = 64, 30, 64
LEARNING_RATE, WEIGHT_DECAY = 4e-3, 1e-3
#: One sound of so many is for the test.
HELD_OUT = 8
#: Weight of the slopes' errors beside those of the values.
SLOPES = 0.3

PARAGRAPH = """
**Knobs.** `tools/find_knobs.py {name}`: a network of {hidden} hidden units predicts the qualities
of a sound from latent and label, by {sounds} spectrograms and their slopes. Of the variance
within a label it explains, for {held_out} latents that it has not met: {explained}.
{left_out}SHA-256 of its weights: `{sha256}`
"""


def main():
    """Find the knobs of the generator that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", choices=pretrained.names())
    parser.add_argument("--sounds", type=int, default=32768, help="how many to measure")
    arguments = parser.parse_args()
    generator = pretrained.load(arguments.name)
    measured = measure(generator, arguments.sounds)
    network, *about = fit(measured, generator)
    write(arguments.name, generator, network, len(measured[0]), *about)


def qualities(power, sample_rate, hop_length):
    """Measure sounds by their power spectrograms: ``[clips, qualities]``, logarithms to base 2.

    Brightness is the mean frequency of the energy in Hz, length its mean time in ms, and noise the
    spectral flatness: the geometric mean of the average spectrum over its arithmetic mean, where
    what is 70 dB below the sum counts as that much.

    Parameters
    ----------
    power : tensor [shape=(clips, frames, bins)]
        Squared magnitudes from 0 Hz to half the sample rate.
    sample_rate, hop_length : int > 0
        In Hz and in samples.
    """
    frames, bins = power.shape[1:]
    hertz = tf.constant(np.linspace(0, sample_rate / 2, bins), tf.float32)
    time_ms = tf.range(frames, dtype=tf.float32) * (1000 * hop_length / sample_rate)
    energy = tf.reduce_sum(power, axis=[1, 2])[:, tf.newaxis]
    spectrum = tf.reduce_sum(power, axis=1) / energy
    course = tf.reduce_sum(power, axis=2) / energy
    centroid, centre = tf.linalg.matvec(spectrum, hertz), tf.linalg.matvec(course, time_ms)
    flatness = tf.reduce_mean(tf.math.log(spectrum[:, 1:-1] + 1e-7), axis=1)
    return tf.stack([tf.math.log(centroid), tf.math.log(centre), flatness], axis=1) / np.log(2)


def measure(generator, count, seed=0):
    """Return latents, classes, qualities and their slopes ``[count, qualities, latent_dim]``."""
    recipe = generator.recipe

    @tf.function
    def values_and_slopes(latents, classes):
        with tf.GradientTape(persistent=True, watch_accessed_variables=False) as tape:
            tape.watch(latents)
            drawn = generator.network([latents, classes], training=False)
            power = tf.square(recipe.codec.magnitudes(drawn))
            values = qualities(power, recipe.sample_rate, recipe.hop_length)
            columns = tf.unstack(values, axis=1)
        return values, tf.stack([tape.gradient(column, latents) for column in columns], axis=1)

    draws = np.random.default_rng(seed)
    rows = []
    for _ in range(count // BATCH):
        latents = draws.standard_normal((BATCH, recipe.latent_dim), dtype=np.float32)
        sizes = [len(classes) for classes in generator.conditions.values()]
        classes = draws.integers(0, sizes, (BATCH, len(sizes))).astype(np.int32)
        values, slopes = values_and_slopes(latents, classes)
        rows.append((latents, classes, values.numpy(), slopes.numpy()))
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def standardise(values, slopes, classes):
    """Count from the mean of the sounds that were asked for alike, in their standard deviations.

    Return values, slopes, and for each sound the deviations.
    """
    groups = np.unique(classes, axis=0, return_inverse=True)[1].ravel()
    alike = [values[groups == index] for index in range(groups.max() + 1)]
    mean, deviation = (np.stack([how(some, axis=0) for some in alike]) for how in (np.mean, np.std))
    values = (values - mean[groups]) / deviation[groups]
    return values, slopes / deviation[groups][:, :, np.newaxis], deviation[groups]


def fit(measured, generator):
    """Return the network, what it explains of held-out sounds, and deviations.

    Both of these ``[labels, qualities]``.
    """
    latents, classes, values, slopes = measured
    held_out = slice(0, len(latents) // HELD_OUT)
    sizes = [len(names) for names in generator.conditions.values()]
    label = classes[:, list(generator.conditions).index("label")]
    values, slopes, deviation = standardise(values, slopes, classes)
    ones = np.concatenate([np.eye(n)[k] for n, k in zip(sizes, classes.T, strict=True)], axis=1)
    network = build(latents.shape[1], ones.shape[1], values.shape[1])
    arrays = [np.float32(part[held_out.stop :]) for part in (latents, ones, values, slopes)]
    train(network, tf.data.Dataset.from_tensor_slices(tuple(arrays)), len(arrays[0]))
    misses = values[held_out] - network([latents[held_out], ones[held_out]]).numpy()
    rows = [label[held_out] == index for index in range(label.max() + 1)]
    explained = [1 - (misses[r] ** 2).mean(axis=0) / values[held_out][r].var(axis=0) for r in rows]
    deviations = [deviation[held_out][row].mean(axis=0) for row in rows]
    return network, np.array(explained), np.array(deviations)


def build(latent_dim, classes, outputs):
    """Build the network from latents and one-hot classes to qualities."""
    keras.utils.set_random_seed(0)
    latent, ones = keras.Input((latent_dim,)), keras.Input((classes,))
    hidden = keras.layers.Dense(HIDDEN, name="first")(latent)
    hidden += keras.layers.Dense(HIDDEN, use_bias=False, name="table")(ones)
    values = keras.layers.Dense(outputs, name="last")(keras.ops.tanh(hidden))
    return keras.Model([latent, ones], values)


def train(network, data, count):
    """Fit values and slopes."""
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * (count // BATCH))
    optimiser = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY)

    @tf.function
    def step(latents, ones, values, slopes):
        with tf.GradientTape() as tape:
            with tf.GradientTape() as inner:
                inner.watch(latents)
                predicted = network([latents, ones])
            tilts = inner.batch_jacobian(predicted, latents)
            loss = tf.reduce_mean(tf.square(predicted - values))
            loss += SLOPES * tf.reduce_mean(tf.reduce_sum(tf.square(tilts - slopes), axis=-1))
        variables = network.trainable_variables
        optimiser.apply(tape.gradient(loss, variables), variables)

    batches = data.shuffle(count, seed=0).batch(BATCH, drop_remainder=True)
    for _ in range(EPOCHS):
        for batch in batches:
            step(*batch)


def write(name, generator, network, sounds, explained, deviations):
    """Write the knobs beside the generator, and what they are on its card."""
    folder = files.WEIGHTS / name
    kept = np.flatnonzero(explained.mean(axis=0) >= LEAST_EXPLAINED)
    names = [QUALITIES[index] for index in kept]
    shares = dict(zip(QUALITIES, explained.mean(axis=0).round(3).tolist(), strict=True))
    print("explained on average over the labels:", shares)
    if not names:
        raise SystemExit(f"no quality reaches {LEAST_EXPLAINED}: no knobs")
    (first, bias), (last, end) = (network.get_layer(n).get_weights() for n in ("first", "last"))
    layers = {"kernel_0": first, "bias_0": bias, "kernel_1": last[:, kept], "bias_1": end[kept]}
    [table] = network.get_layer("table").get_weights()
    with files.replacing(folder / "knobs.npz") as beside:
        np.savez_compressed(beside, table=table, **layers)
    card = files.read_json(folder / "card.json")
    card["knobs"] = {
        "names": names,
        "sha256": files.sha256(folder / "knobs.npz"),
        "sounds": sounds,
        "qualities": QUALITIES,
        "explained": of_labels(generator, explained),
        "deviation": of_labels(generator, deviations),
    }
    files.write_text(folder / "card.json", json.dumps(card, indent=1) + "\n")
    left_out = [quality for quality in QUALITIES if quality not in names]
    text = (folder / "card.md").read_text("utf-8").partition("\n**Knobs.**")[0]
    paragraph = PARAGRAPH.format(
        name=name,
        hidden=HIDDEN,
        sounds=sounds,
        held_out=sounds // HELD_OUT,
        explained=", ".join(f"{quality} {share:.0%}" for quality, share in shares.items()),
        left_out=f"No knob for {', '.join(left_out)}.\n" if left_out else "",
        sha256=card["knobs"]["sha256"],
    )
    files.write_text(folder / "card.md", text + paragraph)


def of_labels(generator, rows):
    """Name rows by their labels, for a card."""
    return dict(zip(generator.label_names, rows.astype(float).round(3).tolist(), strict=True))


if __name__ == "__main__":
    main()
