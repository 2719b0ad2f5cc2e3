"""Scores of a judge's probabilities alone; `audiogan_lib.metrics` states the conventions."""

import numpy as np

#: Probabilities below this count as this much where a logarithm is taken of them.
_LEAST = 1e-6


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

    Pitfalls: it depends on the judge, on the number of clips and on the mix of labels; it hears
    neither copies of the training clips nor a single clip repeated in each class; a generator that
    exaggerates what the judge listens for scores higher than recordings.

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


def modified_inception_score(probabilities):
    """Exponential of the mean divergence between the classes of one clip and those of another.

    ``exp E KL(p(y|a) || p(y|b))`` over all pairs of different clips ``a``, ``b``.

    Pitfalls: it has no upper bound; two clips of different classes add the logarithm of how sure
    the judge is, so a judge trained for longer gives all sets higher scores. Probabilities below
    1e-6 count as 1e-6, which bounds it by 10^6. Compare under one judge only.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities, of at least two clips.

    Returns
    -------
    score : float >= 1
        1 when all clips look alike to the judge.

    Raises
    ------
    ValueError
        If the rows are not probabilities or there is one only.

    References
    ----------
    S. Gurumurthy, R. K. Sarvadevabhatla and R. V. Babu, "DeLiGAN: Generative Adversarial Networks
    for Diverse and Limited Data", 2017 (there within each class; here over all clips, as in Z.
    Kong et al., "DiffWave", 2021, for spoken digits).
    """
    probabilities = check_probabilities(probabilities)
    if len(probabilities) < 2:
        raise ValueError("probabilities must be of at least 2 clips, got 1")
    logs = np.log(np.maximum(probabilities, _LEAST))
    own = (probabilities * logs).sum(axis=1).mean()
    # A clip does not differ from itself: those pairs add nothing, and are not counted.
    pairs = own - probabilities.mean(axis=0) @ logs.mean(axis=0)
    return float(np.exp(pairs * len(probabilities) / (len(probabilities) - 1)))


def am_score(probabilities, train_probabilities):
    """Divergence of the set's classes from the training split's, and doubt about each clip.

    ``KL(train mean || set mean) + E H(p(y|clip))``, in nats: an inception score that knows which
    mix of labels is wanted.

    Pitfalls: a judge's doubt about real clips is part of it, so recordings do not score 0; as blind
    as the inception score to copies and to a single clip repeated in each class.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.
    train_probabilities : array_like [shape=(clips, classes)]
        The same for the training split.

    Returns
    -------
    score : float >= 0
        Lower is better; 0 when the judge is sure of every clip and the mixes are equal.

    Raises
    ------
    ValueError
        If the rows are not probabilities or have other numbers of classes.

    References
    ----------
    Z. Zhou et al., "Activation Maximization Generative Adversarial Nets", 2018.
    """
    probabilities = check_probabilities(probabilities)
    wanted = check_probabilities(train_probabilities).mean(axis=0)
    if wanted.shape != probabilities.shape[1:]:
        raise ValueError(
            f"train_probabilities must have {probabilities.shape[1]} classes, got {len(wanted)}"
        )
    mix = np.maximum(probabilities.mean(axis=0), _LEAST)
    mismatch = (wanted * (_logs(wanted) - np.log(mix))).sum()
    doubt = -(probabilities * _logs(probabilities)).sum(axis=1).mean()
    return float(max(mismatch + doubt, 0.0))


def _inception_score(probabilities):
    marginal = probabilities.mean(axis=0)
    divergences = (probabilities * (_logs(probabilities) - _logs(marginal))).sum(axis=1)
    return float(np.exp(divergences.mean()))


def _logs(probabilities):
    """Logarithms, 0 for the probability 0: times that probability, which is 0 as it should be."""
    return np.log(np.where(probabilities > 0, probabilities, 1.0))


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
