"""Scores of a judge's probabilities alone; `audiogan_lib.metrics` states the conventions."""

import numpy as np
from scipy.special import rel_entr


def inception_score(probabilities):
    """Exponential of the mean divergence between each clip's classes and the set's classes.

    Pitfalls: it depends on the judge, on the number of clips and on the mix of labels; it hears
    neither copies of the training clips nor a single clip repeated in each class; a generator that
    exaggerates what the judge listens for scores higher than recordings. The score goes from 1
    (every clip looks alike to the judge) to the number of classes (every clip certain, all classes
    equally frequent). Salimans et al. 2016, section 4, take the mean over ten parts of the set; a
    part of few clips scores lower than the whole.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.

    Raises
    ------
    ValueError
        If the rows are not probabilities.

    Examples
    --------
    >>> inception_score([[1.0, 0.0], [0.0, 1.0]])
    2.0
    """
    probabilities = check_probabilities(probabilities)
    marginal = probabilities.mean(axis=0)
    divergences = rel_entr(probabilities, marginal).sum(axis=1)
    return float(np.exp(divergences.mean()))


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
