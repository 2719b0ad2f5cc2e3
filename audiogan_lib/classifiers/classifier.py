"""A small recogniser of real sounds, and how it is saved and loaded."""

from pathlib import Path

import keras
import numpy as np

from audiogan_lib import files
from audiogan_lib.classifiers import network, training

_FILE = "classifier.weights.h5"


def build(samples, sample_rate, heads, width=64, hears="cepstra"):
    """Build an untrained `Classifier`: convolutions over time, pooled over the clip.

    Parameters
    ----------
    samples, sample_rate : int > 0
        Length of a clip, and rate in Hz.
    heads : dict of str to tuple of str
        For each question the names of its possible answers.
    width : int > 0
        Channels of the first layers, where the last has twice as many; for pictures, of the last
        two, where the first has a quarter.
    hears : {"cepstra", "keys", "log_mels", "fine_mels"}
        Mel cepstra alone, or beside them bands of half a semitone; then labels are MIDI pitches. Or
        pictures of mel bands, to another network; the fine ones resolve the harmonics of notes.

    Raises
    ------
    ValueError
        If there are no such features, or a label is not what they need.
    """
    keras_model = network.build(samples, sample_rate, heads, width, hears)
    return Classifier(keras_model, heads, sample_rate, width, hears)


class Classifier:
    """A judge of sounds of so many ``samples`` at a ``sample_rate`` in Hz.

    Its ``network`` turns waveforms into a dict of ``"features"`` and each head's logits; ``heads``
    has for each head the names of its classes.
    """

    def __init__(self, network, heads, sample_rate, width, hears):
        self.network = network
        self.heads = {head: tuple(names) for head, names in heads.items()}
        self.sample_rate = sample_rate
        self.width, self.hears = width, hears
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
        """Return the last hidden layer, for Fréchet distances.

        One vector of 64 numbers per clip, float32 >= 0; the same clips are refused as by
        `probabilities`.

        Parameters
        ----------
        waveforms : array_like [shape=(clips, samples)]
            Sound at ``sample_rate``, at any level.
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


def train(
    dataset,
    columns=(),
    octaves=0.0,
    epochs=60,
    batch_size=64,
    width=64,
    hears="cepstra",
    seed=0,
    verbose="auto",
):
    """Train a `Classifier` on real sounds.

    Parameters
    ----------
    dataset : audiogan_lib.datasets.Dataset
        Clips to learn from: the training split only.
    columns : tuple of str
        Columns of the data set, such as ``"speaker"``, that become heads beside ``"label"``.
    octaves : float >= 0
        Greatest change of pitch by which clips are varied; 0 where pitch tells speakers apart.
    epochs, batch_size : int > 0
        Passes over the clips and clips per step.
    width, hears : int > 0, str
        As in `build`.
    seed : int
        The same seed gives the same judge on the same machine and versions.
    verbose : str or int
        As in ``keras.Model.fit``.

    Raises
    ------
    ValueError
        If a column is missing or a label has fewer than two clips.
    """
    answers, heads = training.answers(dataset, columns)
    keras.utils.set_random_seed(seed)
    judge = build(dataset.waveforms.shape[1], dataset.sample_rate, heads, width, hears)
    steps = -(-len(dataset.waveforms) // batch_size)
    data = training.stream(dataset.waveforms, answers, batch_size, octaves, seed)
    warmup = min(100, steps)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps * epochs - warmup, warmup_target=2e-3, warmup_steps=warmup
    )
    # A second model around the same layers: the judge itself keeps no optimiser to be saved.
    trainee = keras.Model(judge.network.input, {head: judge.network.output[head] for head in heads})
    trainee.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-2),
        loss={head: keras.losses.SparseCategoricalCrossentropy(from_logits=True) for head in heads},
        metrics=dict.fromkeys(heads, "accuracy"),
    )
    trainee.fit(data, epochs=epochs, steps_per_epoch=steps, shuffle=False, verbose=verbose)
    return judge


def names():
    """List the judges that ship with the library."""
    return tuple(sorted(card.parent.name[6:] for card in files.WEIGHTS.glob("judge-*/card.json")))


def load(name):
    """Load a `Classifier`, after checking that its weights are the ones its card speaks of.

    Parameters
    ----------
    name : str or pathlib.Path
        A shipped judge (see `names`) or a folder that `save` wrote.

    Raises
    ------
    ValueError
        If there is no such judge, or its weights do not have the SHA-256 on its card.
    """
    known = names()
    shipped = isinstance(name, str) and name in known
    folder = files.WEIGHTS / f"judge-{name}" if shipped else Path(name)
    if not (folder / "card.json").is_file():
        raise ValueError(
            f"no judge {str(name)!r}{files.nearest(name, known)}: name must be one of "
            f"{', '.join(known)}, or a folder with card.json and {_FILE}"
        )
    keys = "samples", "sample_rate", "heads", "width"
    card, weights = files.read_card(folder, *keys, weights=_FILE)
    hears = card.get("hears", "cepstra")  # cards of the first judges do not say
    judge = build(*(card[key] for key in keys), hears)
    judge.network.load_weights(weights)
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
    card = {
        "sample_rate": judge.sample_rate,
        "samples": judge.samples,
        "width": judge.width,
        "hears": judge.hears,
        "heads": judge.heads,
        "parameters": judge.network.count_params(),
        **facts,
    }
    files.write_card(folder, judge.network, card, _FILE)
