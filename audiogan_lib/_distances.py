"""Scores of whole sets of clips; `audiogan_lib.metrics` states the conventions and exports them."""

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
    probabilities = check_probabilities(probabilities)
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


def check_probabilities(probabilities):
    """Return probabilities as rows that sum to one, or say what is wrong with them."""
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
