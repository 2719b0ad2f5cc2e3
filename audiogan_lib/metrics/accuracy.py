"""Shares of clips and how sure they are; `audiogan_lib.metrics` states the conventions."""

import numpy as np
from scipy.stats import binomtest

from audiogan_lib.metrics.inception import check_probabilities


def label_accuracy(probabilities, labels):
    """Share of clips whose most probable class is the label asked for.

    Pitfalls: a judge that was trained on generated sounds, or on their features alone, agrees with
    the generator rather than with ears; and a generator that exaggerates is recognised more often
    than recordings are. `wilson_interval` tells how sure the share is.

    Parameters
    ----------
    probabilities : array_like [shape=(clips, classes)]
        A judge's class probabilities.
    labels : array_like of int [shape=(clips,)]
        The labels asked for.

    Raises
    ------
    ValueError
        If labels and clips differ in number or a label names no class.

    Examples
    --------
    >>> label_accuracy([[0.9, 0.1], [0.4, 0.6]], [0, 0])
    0.5
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
    """Share of clips for which each class is the most probable: ``[classes]``, with sum 1.

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
    >>> class_shares([[0.9, 0.1], [0.4, 0.6]])
    array([0.5, 0.5])
    """
    probabilities = check_probabilities(probabilities)
    counts = np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1])
    return counts / len(probabilities)


def wilson_interval(share, count, confidence=0.95):
    """Confidence interval of a share, such as an accuracy, that was measured on few clips.

    Wilson's score interval (1927): unlike the textbook's normal interval it stays inside [0, 1] and
    keeps a width when all clips were right.

    Parameters
    ----------
    share : float in [0, 1]
        Measured share; taken for the nearest that so many clips can have.
    count : int > 0
        Number of clips it was measured on.
    confidence : float in (0, 1)
        Coverage of the interval.

    Raises
    ------
    ValueError
        If an argument is outside its range.

    Examples
    --------
    >>> low, high = wilson_interval(0.96, 100)
    >>> round(low, 3), round(high, 3)
    (0.902, 0.984)
    """
    if not 0.0 <= share <= 1.0 or count < 1 or not 0.0 < confidence < 1.0:
        raise ValueError(
            "share must lie in [0, 1], count be at least 1 and confidence lie in (0, 1), "
            f"got {share}, {count} and {confidence}"
        )
    interval = binomtest(round(share * count), count).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)
