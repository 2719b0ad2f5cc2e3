"""Scores for generated sounds, in NumPy.

Notes
-----
- ``probabilities`` [shape=(clips, classes)]: one row per clip, each row sums to 1.
- ``features`` [shape=(clips, dims)]: one vector per clip, from the same judge for both sets.
- ``labels`` [shape=(clips,)]: integers, indices into ``judge.heads["label"]``.
- A *judge* is anything with ``probabilities(waveforms, head)``, ``features(waveforms)`` and
  ``heads`` (a dict from a head's name to the names of its classes), such as
  `audiogan_lib.classifiers.Classifier`. It must never have heard a generated sound.

Inception score and Frechet distance depend on the judge, on the number of clips and on the mix of
labels. A number by itself says nothing: compare generated clips with as many held-out real ones,
asked for in the same mix of labels, under one judge. `evaluate` does so.
"""

from statistics import NormalDist

import numpy as np

from ._distances import (
    check_probabilities,
    frechet_distance,
    inception_score,
    inception_scores,
)

__all__ = [
    "class_shares",
    "evaluate",
    "format_table",
    "frechet_distance",
    "inception_score",
    "inception_scores",
    "label_accuracy",
    "wilson_interval",
]


def label_accuracy(probabilities, labels):
    """Share of clips whose most probable class is the label asked for.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.
    labels : array_like of int [shape=(clips,)]
        The labels asked for.

    Returns
    -------
    accuracy : float in [0, 1]
        Share of agreement.

    Raises
    ------
    ValueError
        If labels and clips differ in number or a label names no class.
    """
    probabilities = check_probabilities(probabilities)
    labels = np.asarray(labels)
    if labels.shape != probabilities.shape[:1]:
        raise ValueError(
            f"labels must have shape {probabilities.shape[:1]}, one per clip, got {labels.shape}"
        )
    if not np.isin(labels, np.arange(probabilities.shape[1])).all():
        raise ValueError(
            f"labels must be integers from 0 to {probabilities.shape[1] - 1}, "
            f"got values from {labels.min()} to {labels.max()}"
        )
    return float(np.mean(probabilities.argmax(axis=1) == labels))


def class_shares(probabilities):
    """Share of clips for which each class is the most probable.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.

    Returns
    -------
    shares : np.ndarray [shape=(classes,)]
        Non-negative, with sum 1.

    Raises
    ------
    ValueError
        If the rows are not probabilities.
    """
    probabilities = check_probabilities(probabilities)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    return counts / len(probabilities)


def wilson_interval(share, count, confidence=0.95):
    """Confidence interval of a share, such as an accuracy, that was measured on few clips.

    Parameters
    ----------
    share : float in [0, 1]
        Measured share.
    count : int > 0
        Number of clips it was measured on.
    confidence : float in (0, 1)
        Coverage of the interval.

    Returns
    -------
    low, high : float in [0, 1]
        Wilson's score interval. Unlike the textbook's normal interval it stays inside [0, 1] and
        keeps a width when all clips were right.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    References
    ----------
    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", 1927.
    """
    if not 0.0 <= share <= 1.0 or count < 1 or not 0.0 < confidence < 1.0:
        raise ValueError(
            "share must lie in [0, 1], count be at least 1 and confidence lie in (0, 1), "
            f"got {share}, {count} and {confidence}"
        )
    z = NormalDist().inv_cdf(0.5 + confidence / 2.0)
    centre = share + z**2 / (2 * count)
    margin = z * np.sqrt(share * (1.0 - share) / count + z**2 / (4 * count**2))
    scale = 1.0 + z**2 / count
    return float(max((centre - margin) / scale, 0.0)), float(min((centre + margin) / scale, 1.0))


def evaluate(judge, train, test, test_labels, generated, generated_labels, seed=0):
    """Score generated clips beside the held-out real ones.

    Both sets are compared with the whole training split. When they differ in size, the Frechet
    distance of the larger is averaged over ten random subsets of the smaller's size. The floor is
    the distance of as many training clips to the training clips left over, averaged likewise.
    Subsets are drawn evenly over the judge's classes, so that each has the mix of its set.

    Parameters
    ----------
    judge : object
        See the head of this module.
    train, test : np.ndarray [shape=(clips, samples)]
        Waveforms: the split the generator learnt from, the held-out split.
    test_labels : array_like of int [shape=(clips,)]
        What each clip of ``test`` is.
    generated : np.ndarray [shape=(clips, samples)]
        The generator's waveforms.
    generated_labels : array_like of int [shape=(clips,)]
        What each was asked to be. Ask for the labels of the test split:
        another mix of labels moves inception score and Frechet distance by itself.
    seed : int
        Seed of the random subsets.

    Returns
    -------
    report : dict
        ``"test"`` and ``"generated"``, each a dict of ``clips``, ``accuracy``, ``interval`` (95 %),
        ``inception_score``, ``frechet_distance`` and ``shares`` (head -> class name -> share); and
        ``"floor"``, ``"equal_count"``. Plain numbers throughout, ready for JSON.

    Raises
    ------
    ValueError
        If a set is too small or its labels do not fit.
    """
    count = min(len(test), len(generated))
    if len(train) < count + 2:
        raise ValueError(f"train must have at least {count + 2} clips, got {len(train)}")
    rng = np.random.default_rng(seed)
    train_features = judge.features(train)
    report = {
        name: _score(judge, waveforms, labels, train_features, count, rng)
        for name, waveforms, labels in (
            ("test", test, test_labels),
            ("generated", generated, generated_labels),
        )
    }
    floors = [
        frechet_distance(train_features[drawn], np.delete(train_features, drawn, axis=0))
        for drawn in _even_draws(judge, train, count, rng)
    ]
    report["floor"] = float(np.mean(floors))
    report["equal_count"] = count
    return report


def format_table(report):
    """Lay out what `evaluate` returned as lines of text.

    Parameters
    ----------
    report : dict
        From `evaluate`.

    Returns
    -------
    table : str
        One column for the real test split, one for the generated clips, then each head's shares.
    """
    test, generated = report["test"], report["generated"]
    rows = [("", "test split", "generated")]
    rows.append(("clips", f"{test['clips']}", f"{generated['clips']}"))
    rows.append(("recognised as asked", f"{test['accuracy']:.3f}", f"{generated['accuracy']:.3f}"))
    intervals = [
        f"{low:.3f} to {high:.3f}" for low, high in (test["interval"], generated["interval"])
    ]
    rows.append(("  95 % interval", *intervals))
    for key, title in (
        ("inception_score", "inception score"),
        ("frechet_distance", "Frechet distance"),
    ):
        rows.append((title, f"{test[key]:.2f}", f"{generated[key]:.2f}"))
    rows.append(
        (f"  real against real, {report['equal_count']} clips", f"{report['floor']:.2f}", "")
    )
    for head, shares in test["shares"].items():
        rows.append((f"share of each {head}", "", ""))
        rows += [
            (f"  {name}", f"{share:.3f}", f"{generated['shares'][head][name]:.3f}")
            for name, share in shares.items()
        ]
    width = max(len(row[0]) for row in rows)
    return "\n".join(f"{a:<{width}}  {b:>14}  {c:>14}".rstrip() for a, b, c in rows)


def _score(judge, waveforms, labels, train_features, count, rng):
    """One column of the report."""
    probabilities = judge.probabilities(waveforms, head="label")
    accuracy = label_accuracy(probabilities, labels)
    features = judge.features(waveforms)
    distances = [
        frechet_distance(features[drawn], train_features)
        for drawn in _even_draws(judge, waveforms, count, rng)
    ]
    shares = {head: class_shares(judge.probabilities(waveforms, head=head)) for head in judge.heads}
    return {
        "clips": len(waveforms),
        "accuracy": accuracy,
        "interval": wilson_interval(accuracy, len(waveforms)),
        "inception_score": inception_score(probabilities),
        "frechet_distance": float(np.mean(distances)),
        "shares": {
            head: dict(zip(judge.heads[head], values.tolist(), strict=True))
            for head, values in shares.items()
        },
    }


def _even_draws(judge, waveforms, count, rng):
    """Return ten random subsets, each with the set's mix of the judge's verdicts, as positions."""
    if count == len(waveforms):
        return [np.arange(count)]
    verdicts = [judge.probabilities(waveforms, head=head).argmax(axis=1) for head in judge.heads]
    draws = []
    for _ in range(10):
        order = np.lexsort([rng.random(len(waveforms)), *verdicts])
        places = (np.arange(count) + rng.random()) * len(waveforms) / count
        draws.append(order[places.astype(int)])
    return draws
