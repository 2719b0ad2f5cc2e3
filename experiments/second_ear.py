"""What other ears say of the digits: a judge that had no part in the run, and one of no judge's.

``python -m experiments.second_ear`` downloads the Free Spoken Digit Dataset when needed, takes some
minutes on two cores, and writes ``audiogan_lib/results/second_ear.json``, which chapter 12 shows.
"""

import json
from dataclasses import replace

import numpy as np

from audiogan_lib import classifiers, files, metrics, pretrained, runs
from benchmarks import machine

RESULT = files.LIBRARY / "results" / "second_ear.json"
JUDGES = "digits", "digits-mels"

#: The rates of flutter that ``metrics.ScatteringEar`` tells apart.
RATES_HZ = (96.0, 48.0, 24.0, 12.0, 6.0, 3.0, 1.5)

#: Generated sounds of a draw, and seeds of the draws.
COUNT, SEEDS = 300, range(5)


def evenly(recordings, count):
    """Deal recordings in parts that have each digit of each speaker about equally often.

    The test split has five of each. A part with another mix lies farther from the rest for that
    alone.
    """
    pairs = zip(recordings.columns["speaker"], recordings.labels, strict=True)
    names, cells = np.unique([f"{who} {digit}" for who, digit in pairs], return_inverse=True)
    by_both = replace(recordings, labels=cells, label_names=tuple(names))
    return [
        np.isin(recordings.columns["recording"], part.columns["recording"])
        for part in by_both.folds(count, seed=0)
    ]


def measure(name, sets, recordings):
    """Return Fréchet distances to the training split, and how far each set spreads.

    Parameters
    ----------
    name : str
        Of a judge.
    sets : dict of str to np.ndarray [shape=(clips, samples)]
        With ``"train"``.
    recordings : datasets.Dataset
        The training split.
    """
    ear = classifiers.load(name)
    features = {key: ear.features(sounds) for key, sounds in sets.items()}
    known = features.pop("train")
    found = {key: metrics.frechet_distance(rows, known) for key, rows in features.items()}
    floors = [
        metrics.frechet_distance(known[out], known[~out])
        for out in evenly(recordings, len(known) // COUNT)
    ]
    spread = {key: float(np.trace(np.cov(rows.T))) for key, rows in features.items()}
    return found | {"floor": float(np.mean(floors))}, spread


def flutter(sets, sample_rate):
    """Return how much more each set flutters than the training split does.

    In standard deviations of the latter's clips, on average over a set's clips and over mel bands:
    a list for each set, one number for each rate in ``RATES_HZ``.

    Parameters
    ----------
    sets : dict of str to np.ndarray [shape=(clips, samples)]
        With ``"train"``.
    sample_rate : int > 0
        In Hz.
    """
    ear = metrics.ScatteringEar(sample_rate)
    orders = 1 + len(RATES_HZ)  # the first is how loud the bands are
    found = {}
    for key, sounds in sets.items():
        rows = ear.features(sounds).reshape(len(sounds), orders, -1)
        found[key] = rows[:, 1:, 0]  # the first cosine coefficient is the mean over bands
    known = found.pop("train")
    return {
        key: ((rows.mean(axis=0) - known.mean(axis=0)) / known.std(axis=0)).tolist()
        for key, rows in found.items()
    }


def main():
    """Measure and write."""
    generator = pretrained.load("digits")
    train, test = (generator.recipe.load_data(split) for split in ("train", "test"))
    codec = generator.recipe.codec
    sets = {"train": train.waveforms, "test": test.waveforms}
    sets["codec"] = codec.decode(codec.encode(test.waveforms)).numpy()
    for seed in SEEDS:
        sets[f"generated {seed}"] = runs.sounds_like(generator, test, COUNT, seed)[0]
    distances, spreads = {}, {}
    for name in JUDGES:
        distances[name], spreads[name] = measure(name, sets, train)
        print(name, distances[name], spreads[name])
    result = {"count": COUNT, "frechet_distance": distances, "spread": spreads}
    result["flutter"] = {"rate_hz": RATES_HZ, **flutter(sets, generator.recipe.sample_rate)}
    result |= {"machine": machine.describe(), "commit": files.commit()}
    files.write_text(RESULT, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
