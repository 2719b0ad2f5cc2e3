"""Scores for generated sounds, in NumPy.

Conventions
-----------
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


def inception_scores(probabilities, splits=10, seed=0):
    """Inception score of each of several disjoint parts of a set of clips.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.
    splits : int > 0
        Number of parts. Clips are dealt to them in a seeded random order, so that clips sorted by
        label do not end up with one label per part.
    seed : int
        Seed of that order.

    Returns
    -------
    scores : np.ndarray [shape=(splits,)]
        Each between 1 and the number of classes; their standard deviation is the one usually
        printed beside the score. A part of few clips scores lower than the whole.

    Raises
    ------
    ValueError
        If the rows are not probabilities or there are fewer clips than splits.

    References
    ----------
    T. Salimans et al., "Improved Techniques for Training GANs", 2016, section 4.
    """
    probabilities = _check_probabilities(probabilities)
    if not 1 <= splits <= len(probabilities):
        raise ValueError(
            f"splits must be between 1 and the number of clips ({len(probabilities)}), got {splits}"
        )
    order = np.random.default_rng(seed).permutation(len(probabilities))
    parts = np.array_split(probabilities[order], splits)
    return np.array([_inception_score(part) for part in parts])


def inception_score(probabilities, splits=1):
    """Exponential of the mean divergence between each clip's classes and the set's classes.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.
    splits : int > 0
        Average over this many disjoint parts; `inception_scores` returns them one by one.

    Returns
    -------
    score : float
        From 1 (every clip looks alike to the judge) to the number of classes (every clip certain,
        all classes equally frequent).

    Raises
    ------
    ValueError
        If the rows are not probabilities or there are fewer clips than splits.

    Examples
    --------
    >>> inception_score([[1.0, 0.0], [0.0, 1.0]])
    2.0
    """
    return float(inception_scores(probabilities, splits).mean())


def frechet_distance(features, reference):
    """Squared Frechet distance between Gaussians fitted to two sets of features.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))``, the quantity called FID for pictures and FAD
    for sound. Two finite draws from one distribution are a positive distance apart, larger the
    fewer the clips: compare only distances measured at equal counts.

    Parameters
    ----------
    features : array_like [shape=(clips, dims)]
        Features of one set.
    reference : array_like [shape=(clips, dims)]
        Features of the other set, as many dimensions; the count of clips may differ.

    Returns
    -------
    distance : float >= 0
        In squared units of the features, so comparable under one judge only.

    Raises
    ------
    ValueError
        If a set has fewer than two clips, other dimensions than the other, or non-finite values.

    References
    ----------
    M. Heusel et al., "GANs Trained by a Two Time-Scale Update Rule", 2017, equation 6.

    Examples
    --------
    >>> points = np.array([[-1.0], [1.0]])
    >>> frechet_distance(points + 3.0, points)
    9.0
    """
    features = _check_features(features, "features")
    reference = _check_features(reference, "reference")
    if features.shape[1] != reference.shape[1]:
        raise ValueError(
            "features and reference must have as many dimensions, "
            f"got shapes {features.shape} and {reference.shape}"
        )
    covariance = np.atleast_2d(np.cov(features, rowvar=False))
    reference_covariance = np.atleast_2d(np.cov(reference, rowvar=False))
    # C1 C2 is not symmetric, but has the eigenvalues of the symmetric R C2 R with R R = C1; the
    # square root of those stays real even where there are fewer clips than dimensions.
    root = _symmetric_root(covariance)
    product = root @ reference_covariance @ root
    cross = np.sqrt(np.clip(np.linalg.eigvalsh((product + product.T) / 2), 0.0, None)).sum()
    shift = features.mean(axis=0) - reference.mean(axis=0)
    spread = np.trace(covariance) + np.trace(reference_covariance) - 2.0 * cross
    return float(max(shift @ shift + spread, 0.0))


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
    probabilities = _check_probabilities(probabilities)
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
    probabilities = _check_probabilities(probabilities)
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
    distances take random subsets of the smaller size, averaged over ten draws. The floor is the
    distance of as many training clips to the training clips left over; they are drawn evenly over
    the judge's classes, because a held-out split is usually balanced and a lopsided draw would
    look worse than it.

    Parameters
    ----------
    judge : object
        See the head of this module.
    train, test, generated : np.ndarray [shape=(clips, samples)]
        Waveforms: the split the generator learnt from, the held-out split, the generator's.
    test_labels, generated_labels : array_like of int [shape=(clips,)]
        What each clip is, and what each was asked to be. Ask for the labels of the test split:
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
    rng = np.random.default_rng(seed)
    train_features = judge.features(train)
    sets = {"test": (test, test_labels), "generated": (generated, generated_labels)}
    count = min(len(test), len(generated))
    if len(train) < count + 2:
        raise ValueError(f"train must have at least {count + 2} clips, got {len(train)}")
    report = {
        name: _score(judge, waveforms, labels, train_features, count, rng)
        for name, (waveforms, labels) in sets.items()
    }
    verdicts = [judge.probabilities(train, head=head).argmax(axis=1) for head in judge.heads]
    floors = []
    for _ in range(10):
        order = np.lexsort([rng.random(len(train)), *verdicts])
        drawn = order[np.linspace(0, len(train), count, endpoint=False).astype(int)]
        rest = np.setdiff1d(order, drawn)
        floors.append(frechet_distance(train_features[drawn], train_features[rest]))
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
    intervals = [f"{low:.3f} to {high:.3f}" for low, high in (test["interval"], generated["interval"])]
    rows.append(("  95 % interval", *intervals))
    for key, title in (("inception_score", "inception score"), ("frechet_distance", "Frechet distance")):
        rows.append((title, f"{test[key]:.2f}", f"{generated[key]:.2f}"))
    rows.append((f"  real against real, {report['equal_count']} clips", f"{report['floor']:.2f}", ""))
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
    features = judge.features(waveforms)
    accuracy = label_accuracy(probabilities, labels)
    draws = 1 if len(features) == count else 10
    distances = [
        frechet_distance(features[rng.permutation(len(features))[:count]], train_features)
        for _ in range(draws)
    ]
    shares = {
        head: class_shares(judge.probabilities(waveforms, head=head)) for head in judge.heads
    }
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


def _inception_score(probabilities):
    marginal = probabilities.mean(axis=0)
    # 0 log 0 is 0: a class with probability 0 adds nothing, and the marginal is positive elsewhere.
    logs = np.log(np.where(probabilities > 0, probabilities, 1.0))
    marginal_logs = np.log(np.where(marginal > 0, marginal, 1.0))
    divergences = (probabilities * (logs - marginal_logs)).sum(axis=1)
    return float(np.exp(divergences.mean()))


def _symmetric_root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


def _check_probabilities(probabilities):
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if probabilities.ndim != 2 or 0 in probabilities.shape:
        raise ValueError(
            f"probabilities must have shape (clips, classes), got {probabilities.shape}"
        )
    # float32 softmax rows sum to 1 within about 1e-6.
    if not (np.all(probabilities >= 0) and np.allclose(probabilities.sum(axis=1), 1.0, atol=1e-4)):
        raise ValueError("probabilities must be non-negative with rows that sum to 1")
    return probabilities / probabilities.sum(axis=1, keepdims=True)


def _check_features(features, name):
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(
            f"{name} must have shape (clips, dims) with at least 2 clips, got {features.shape}"
        )
    if not np.isfinite(features).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return features
