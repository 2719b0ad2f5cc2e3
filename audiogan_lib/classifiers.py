"""Judges: small recognisers of real sounds, by which generated sounds are scored.

A judge is trained on the training split of real sounds and never hears a generated one. It hears
mel cepstra and their slopes, on a time grid of its own. The generators draw log-magnitude
spectrograms; a judge that heard those would reward exactly what they were trained on. The level
of a clip tells it nothing.
"""

import hashlib
import json
import os
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from . import spectral

_WEIGHTS = Path(__file__).parent / "weights"
_FILE = "classifier.weights.h5"
_MELS, _CEPSTRA, _RANGE_DB = 40, 20, 60.0


def cepstra(waveforms, sample_rate):
    """Mel cepstra and their slopes in time, the same at every level.

    Windows of 25 ms every 10 ms; 40 mel bands up to half the sample rate, in decibels from 60 below
    the clip's loudest band (-1) to that band (+1); orthonormal cosine transform to 20 coefficients;
    regression slopes over five frames.

    Parameters
    ----------
    waveforms : array_like [shape=(batch, samples)]
        Sound at any level.
    sample_rate : int > 0
        In Hz.

    Returns
    -------
    cepstra : tf.Tensor [shape=(batch, frames, 40)], float32
        20 cepstra and their 20 slopes; ``frames`` is one for each 10 ms, and one more.

    References
    ----------
    S. Davis and P. Mermelstein, "Comparison of Parametric Representations for Monosyllabic Word
    Recognition in Continuously Spoken Sentences", 1980. Slopes: The HTK Book 3.5, section 5.9.
    """
    window, hop_length = round(0.025 * sample_rate), round(0.010 * sample_rate)
    n_fft = 1 << (window - 1).bit_length()
    waveforms = tf.cast(waveforms, tf.float32)
    waveforms /= tf.reduce_max(tf.abs(waveforms), axis=1, keepdims=True) + 1e-9
    # Without padding, an attack at the very start would fall where the window is zero.
    padded = tf.pad(waveforms, [[0, 0], [n_fft // 2, n_fft // 2]])
    mel = spectral.mel(padded, sample_rate, n_fft, hop_length, _MELS, win_length=window)
    loudest = tf.maximum(tf.reduce_max(mel, axis=[1, 2], keepdims=True), 1e-6)
    floor = 10.0 ** (-_RANGE_DB / 20.0)
    levels = 1.0 - 2.0 * tf.math.log(tf.maximum(mel / loudest, floor)) / np.log(floor)
    coefficients = tf.signal.dct(levels, norm="ortho")[..., :_CEPSTRA]
    around = tf.pad(coefficients, [[0, 0], [2, 2], [0, 0]], mode="SYMMETRIC")
    slopes = (around[:, 3:-1] - around[:, 1:-3] + 2.0 * (around[:, 4:] - around[:, :-4])) / 10.0
    return tf.concat([coefficients, slopes], axis=-1)


def augment(waveforms, seed):
    """Vary real sounds in ways that leave label and speaker as they are.

    Each clip is shifted in time (-2.5 to 10 % of its length), filtered by three random taps, loses
    up to 5 % of its length somewhere, and gets white noise 20 to 60 dB below its peak.

    Parameters
    ----------
    waveforms : tf.Tensor [shape=(batch, samples)], float32
        Sound.
    seed : tf.Tensor [shape=(2,)], int
        The same seed gives the same variation.

    Returns
    -------
    varied : tf.Tensor [shape=(batch, samples)], float32
        Sound; its peak may exceed 1.
    """
    batch, samples = tf.shape(waveforms)[0], waveforms.shape[1]
    seeds = tf.random.split(seed, 5)

    def draw(index, columns, low, high):
        return tf.random.stateless_uniform([batch, columns], seeds[index], low, high)

    margin = samples // 10
    shift = tf.cast(draw(0, 1, -samples / 40, margin), tf.int32)
    padded = tf.pad(waveforms, [[0, 0], [margin, margin]])
    waveforms = tf.gather(padded, tf.range(samples) + margin - shift, batch_dims=1)
    taps = draw(1, 2, -0.4, 0.4)
    delayed = tf.pad(waveforms, [[0, 0], [2, 0]])
    waveforms += taps[:, :1] * delayed[:, 1:-1] + taps[:, 1:] * delayed[:, :-2]
    hole = draw(2, 2, 0.0, 1.0) * [samples, samples / 20]
    time = tf.range(samples, dtype=tf.float32)
    inside = (time >= hole[:, :1]) & (time < hole[:, :1] + hole[:, 1:])
    waveforms = tf.where(inside, 0.0, waveforms)
    peak = tf.reduce_max(tf.abs(waveforms), axis=1, keepdims=True)
    noise = tf.random.stateless_normal(tf.shape(waveforms), seeds[3])
    return waveforms + noise * peak * 10.0 ** (draw(4, 1, -60.0, -20.0) / 20.0)


class _Cepstra(keras.layers.Layer):
    def __init__(self, sample_rate, **kwargs):
        super().__init__(**kwargs)
        self.sample_rate = sample_rate

    def call(self, waveforms):
        return cepstra(waveforms, self.sample_rate)


def build(samples, sample_rate, heads, width=64):
    """Build an untrained judge: convolutions over time, pooled over the clip.

    Parameters
    ----------
    samples : int > 0
        Length of a clip.
    sample_rate : int > 0
        In Hz.
    heads : dict of str to tuple of str
        For each question the names of its possible answers.
    width : int > 0
        Channels of the first layers; the last has twice as many.

    Returns
    -------
    judge : Classifier
        With random weights.
    """
    layers = keras.layers
    sound = x = keras.Input((samples,))  # [samples]
    x = layers.BatchNormalization()(_Cepstra(sample_rate)(x))  # [frames, 40]
    for channels, kernel, stride in (
        (width, 5, 1),
        (width, 5, 2),
        (width * 3 // 2, 3, 1),
        (width * 3 // 2, 3, 2),
        (width * 2, 3, 1),
    ):
        x = layers.Conv1D(channels, kernel, stride, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    pooled = [layers.GlobalAveragePooling1D()(x), layers.GlobalMaxPooling1D()(x)]
    x = layers.Dropout(0.2)(layers.Concatenate()(pooled))  # [4 * width]
    x = layers.BatchNormalization()(layers.Dense(64)(x))
    features = layers.ReLU()(x)
    x = layers.Dropout(0.2)(features)
    outputs = {head: layers.Dense(len(names), name=head)(x) for head, names in heads.items()}
    network = keras.Model(sound, {"features": features, **outputs})
    return Classifier(network, heads, sample_rate, width)


class Classifier:
    """A judge of sounds.

    Parameters
    ----------
    network : keras.Model
        From waveforms to a dict of ``"features"`` and each head's logits.
    heads : dict of str to tuple of str
        For each head the names of its classes.
    sample_rate : int > 0
        Of the sounds it judges, in Hz.
    width : int > 0
        What `build` made the network with.
    """

    def __init__(self, network, heads, sample_rate, width):
        self.network = network
        self.heads = {head: tuple(names) for head, names in heads.items()}
        self.sample_rate = sample_rate
        self.width = width
        self.samples = network.input_shape[1]

    def probabilities(self, waveforms, head="label"):
        """Tell how likely the judge finds each class.

        Parameters
        ----------
        waveforms : array_like [shape=(clips, samples)]
            Sound at ``sample_rate``, at any level.
        head : str
            One of ``heads``.

        Returns
        -------
        probabilities : np.ndarray [shape=(clips, classes)], float64
            Each row sums to 1; classes in the order of ``heads[head]``.

        Raises
        ------
        ValueError
            If there is no such head, or the waveforms have another length or are not finite.
        """
        if head not in self.heads:
            raise ValueError(f"head must be one of {', '.join(self.heads)}, got {head!r}")
        logits = self._run(waveforms)[head].astype(np.float64)
        exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def features(self, waveforms):
        """Return the last hidden layer, for Frechet distances.

        Parameters
        ----------
        waveforms : array_like [shape=(clips, samples)]
            Sound at ``sample_rate``, at any level.

        Returns
        -------
        features : np.ndarray [shape=(clips, 64)], float32 >= 0
            One vector per clip.

        Raises
        ------
        ValueError
            If the waveforms have another length or are not finite.
        """
        return self._run(waveforms)["features"]

    def _run(self, waveforms):
        waveforms = np.asarray(waveforms, dtype=np.float32)
        if waveforms.ndim != 2 or waveforms.shape[1] != self.samples or not len(waveforms):
            raise ValueError(
                f"waveforms must have shape (clips, {self.samples}), got {waveforms.shape}"
            )
        if not np.isfinite(waveforms).all():
            raise ValueError("waveforms must be finite, got NaN or infinity")
        return self.network.predict(waveforms, batch_size=256, verbose=0)


def train(dataset, columns=(), epochs=60, batch_size=64, width=64, seed=0, verbose="auto"):
    """Train a judge on real sounds.

    Parameters
    ----------
    dataset : audiogan_lib.datasets.Dataset
        Clips to learn from: the training split only.
    columns : tuple of str
        Columns of the data set, such as ``"speaker"``, that become heads beside ``"label"``.
    epochs, batch_size, width : int > 0
        Passes over the clips, clips per step, channels (see `build`).
    seed : int
        The same seed gives the same judge on the same machine and versions.
    verbose : str or int
        As in ``keras.Model.fit``.

    Returns
    -------
    judge : Classifier
        Trained.

    Raises
    ------
    ValueError
        If a column is missing or a label has fewer than two clips.
    """
    answers, heads = _answers(dataset, columns)
    keras.utils.set_random_seed(seed)
    judge = build(dataset.waveforms.shape[1], dataset.sample_rate, heads, width)
    steps = -(-len(dataset.waveforms) // batch_size)
    data = tf.data.Dataset.from_tensor_slices((dataset.waveforms.astype(np.float32), answers))
    data = data.shuffle(len(dataset.waveforms), seed=seed).repeat().batch(batch_size)
    data = data.enumerate().map(
        lambda step, batch: (augment(batch[0], tf.stack([np.int64(seed), step])), batch[1]),
        num_parallel_calls=2,
    )
    warmup = min(100, steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps * epochs - warmup, warmup_target=2e-3, warmup_steps=warmup
    )
    # A second model around the same layers: the judge itself keeps no optimiser to be saved.
    trainee = keras.Model(judge.network.input, {head: judge.network.output[head] for head in heads})
    trainee.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-2),
        loss={head: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for head in heads},
        metrics={head: "accuracy" for head in heads},
    )
    trainee.fit(data.prefetch(2), epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=verbose)
    return judge


def names():
    """List the judges that ship with the library.

    Returns
    -------
    names : tuple of str
        Names for `load`.
    """
    return tuple(sorted(card.parent.name[6:] for card in _WEIGHTS.glob("judge-*/card.json")))


def load(name):
    """Load a judge, after checking that its weights are the ones its card speaks of.

    Parameters
    ----------
    name : str or pathlib.Path
        A shipped judge (see `names`) or a folder that `save` wrote.

    Returns
    -------
    judge : Classifier
        Ready to judge.

    Raises
    ------
    ValueError
        If there is no such judge, or its weights do not have the SHA-256 on its card.
    """
    folder = _WEIGHTS / f"judge-{name}" if name in names() else Path(name)
    try:
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        data = (folder / _FILE).read_bytes()
    except FileNotFoundError as error:
        raise ValueError(
            f"name must be one of {', '.join(names())} or a folder with card.json and {_FILE}, "
            f"got {str(name)!r}: {error.filename} is missing"
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != card["sha256"]:
        raise ValueError(
            f"{folder / _FILE} is damaged: its SHA-256 is {digest}, its card says "
            f"{card['sha256']}. Install the library again."
        )
    judge = build(card["samples"], card["sample_rate"], card["heads"], card["width"])
    judge.network.load_weights(folder / _FILE)
    return judge


def save(judge, folder, **facts):
    """Write a judge's weights and card, so that `load` finds them.

    Parameters
    ----------
    judge : Classifier
        Trained.
    folder : str or pathlib.Path
        Made if missing; files in it are replaced whole or not at all.
    **facts
        What else the card shall say, such as data and accuracy; must fit into JSON.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / f"part.{_FILE}"  # Keras insists on the ending
    judge.network.save_weights(weights)
    card = {
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "sample_rate": judge.sample_rate,
        "samples": judge.samples,
        "width": judge.width,
        "heads": judge.heads,
        "parameters": judge.network.count_params(),
        **facts,
    }
    card_part = folder / "part.card.json"
    card_part.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    os.replace(weights, folder / _FILE)
    os.replace(card_part, folder / "card.json")


def _answers(dataset, columns):
    """Return each head's integer targets and the names they stand for."""
    answers = {"label": np.asarray(dataset.labels)}
    heads = {"label": tuple(dataset.label_names)}
    for column in columns:
        if column not in dataset.columns:
            raise ValueError(
                f"columns must be among {', '.join(dataset.columns)}, got {column!r}"
            )
        found, answers[column] = np.unique(dataset.columns[column], return_inverse=True)
        heads[column] = tuple(str(name) for name in found)
    for head, classes in heads.items():
        counts = np.bincount(answers[head], minlength=len(classes))
        if counts.min() < 2:
            raise ValueError(
                f"dataset must have at least 2 clips of each {head}, "
                f"got {counts.min()} of {classes[counts.argmin()]!r}"
            )
    return answers, heads
