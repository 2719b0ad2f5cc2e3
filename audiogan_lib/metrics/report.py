"""Generated clips beside held-out ones; `audiogan_lib.metrics` states the conventions."""

from typing import NamedTuple

import numpy as np

from ._comparison import (
    add_attacks,
    add_copies,
    add_ends,
    add_signs,
    add_tuning,
    compared,
    intervals,
)
from ._distances import frechet_distance
from ._draws import even_draw
from ._inception import inception_score
from ._shares import class_shares, label_accuracy, wilson_interval


class _Heard(NamedTuple):
    """What the judge makes of a set; a clip's group is its combination of verdicts."""

    waveforms: np.ndarray
    features: np.ndarray
    probabilities: dict
    groups: np.ndarray


def evaluate(
    judge, train, test, test_labels, generated, generated_labels, seed=0, pitches=None, brief=False
):
    """Score generated clips beside the held-out real ones, as the notes of this module say.

    Parameters
    ----------
    judge : object
        See the notes.
    train, test : np.ndarray [shape=(clips, samples)]
        Waveforms: the split the generator learnt from, the held-out split.
    test_labels : array_like of int [shape=(clips,)] or dict of str to such
        What each clip of ``test`` is; or that for ``"label"`` and other heads of the judge.
    generated : np.ndarray [shape=(clips, samples)]
        The generator's waveforms.
    generated_labels : array_like of int [shape=(clips,)] or dict of str to such
        What each was asked to be. Ask for the labels of the test split: another mix of labels
        moves inception score and Frechet distance by itself.
    seed : int
        Of all random draws.
    pitches : array_like of float [shape=(classes,)], optional
        MIDI pitch that each class of ``"label"`` stands for; then tuning is measured too.
    brief : bool
        Only accuracy, inception score, Frechet distance and shares, such as along a run.

    Returns
    -------
    report : dict
        ``"test"`` and ``"generated"``, each a dict of ``clips``, ``accuracy``, ``interval`` (95 %),
        ``accuracies`` (of other heads), ``inception_score``, ``frechet_distance`` and ``shares``
        (head -> class name -> share), and unless brief all other scores by the names of their
        functions, with ``intervals``, and clips to hear: ``worst``, ``best`` (clip, probability of
        the label asked for, label heard) and ``nearest_pairs`` (clip, training clip, distance);
        ``"floor"`` and ``"equal_count"``. Ready for JSON.

    Raises
    ------
    ValueError
        If a set is too small or its labels do not fit.
    """
    count = min(len(test), len(generated))
    if len(train) < count + 2:
        raise ValueError(f"train must have at least {count + 2} clips, got {len(train)}")
    rng = np.random.default_rng(seed)
    labels = {"test": _by_head(test_labels), "generated": _by_head(generated_labels)}
    reference = _hear(judge, train)
    heard = {"test": _hear(judge, test), "generated": _hear(judge, generated)}
    report = {
        name: _judged(judge, heard[name], labels[name], reference, count, rng) for name in heard
    }
    report |= {"floor": _floor(reference, count, rng), "equal_count": count}
    if not brief:
        _complete(report, judge, heard, labels, reference, pitches, rng)
    return report


def _complete(report, judge, heard, labels, reference, pitches, rng):
    """Add all further scores to a brief report."""
    for name, clips in heard.items():
        column = report[name]
        column |= compared(clips, reference, report["equal_count"], rng)
        column["intervals"] = intervals(column, clips, reference, report["equal_count"], rng)
        if pitches is not None:
            midi = np.asarray(pitches, np.float64)[np.asarray(labels[name]["label"])]
            add_tuning(column, clips, midi, judge.sample_rate)
    asked = np.asarray(labels["generated"]["label"])
    add_ends(report["generated"], heard["generated"], asked, judge.heads["label"])
    add_copies(report, heard, reference, judge.sample_rate, rng)
    add_signs(report, heard, judge.sample_rate, rng)
    add_attacks(report, heard, labels, judge.sample_rate, rng)


def _by_head(labels):
    return labels if isinstance(labels, dict) else {"label": labels}


def _hear(judge, waveforms):
    probabilities = {head: judge.probabilities(waveforms, head=head) for head in judge.heads}
    groups = np.zeros(len(waveforms), np.int64)
    for rows in reversed(probabilities.values()):
        groups = groups * rows.shape[1] + rows.argmax(axis=1)
    return _Heard(waveforms, judge.features(waveforms), probabilities, groups)


def _judged(judge, heard, labels, reference, count, rng):
    """The scores of every report."""
    clips = len(heard.waveforms)
    accuracies = {head: label_accuracy(heard.probabilities[head], labels[head]) for head in labels}
    accuracy = accuracies.pop("label")
    distances = [
        frechet_distance(heard.features[drawn], reference.features)
        for drawn in _even_draws(heard, count, rng)
    ]
    shares = {head: class_shares(rows) for head, rows in heard.probabilities.items()}
    return {
        "clips": clips,
        "accuracy": accuracy,
        "interval": wilson_interval(accuracy, clips),
        "accuracies": accuracies,
        "inception_score": inception_score(heard.probabilities["label"]),
        "frechet_distance": float(np.mean(distances)),
        "shares": {
            head: dict(zip(judge.heads[head], values.tolist(), strict=True))
            for head, values in shares.items()
        },
    }


def _floor(reference, count, rng):
    """Frechet distance of training clips to the other training clips."""
    features = reference.features
    return float(
        np.mean(
            [
                frechet_distance(features[drawn], np.delete(features, drawn, axis=0))
                for drawn in _even_draws(reference, count, rng)
            ]
        )
    )


def _even_draws(heard, count, rng):
    """Return ten random subsets, each with the set's mix of the judge's verdicts, as positions."""
    if count == len(heard.groups):
        return [np.arange(count)]
    return [even_draw(heard.groups, count, rng) for _ in range(10)]
