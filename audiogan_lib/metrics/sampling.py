"""Random parts of a set of clips, and intervals of scores from such parts."""

from statistics import NormalDist

import numpy as np

_Z = NormalDist().inv_cdf(0.975)


def stream(seed, name):
    """Return random numbers of its own for each name: what one score draws never moves another.

    Parameters
    ----------
    seed : int >= 0
        Of a whole report.
    name : str
        Of a score.

    Returns
    -------
    rng : np.random.Generator
        The same for the same seed and name.
    """
    return np.random.default_rng([seed, *name.encode()])


def even_draw(groups, count, rng):
    """Return positions of ``count`` different clips that have the mix of groups of all clips.

    Parameters
    ----------
    groups : np.ndarray of int [shape=(clips,)]
        Kind of each clip.
    count : int > 0
        At most as many as there are clips.
    rng : np.random.Generator
        Decides.

    Returns
    -------
    positions : np.ndarray of int [shape=(count,)]
        Sorted by group.
    """
    order = np.lexsort([rng.random(len(groups)), groups])
    places = (np.arange(count) + rng.random()) * len(groups) / count
    return order[np.minimum(places.astype(int), len(groups) - 1)]


def half_interval(score, value, groups, rng, draws=100, limits=(-np.inf, np.inf)):
    """Interval (95 %) of a score of a set of clips, from the scores of random halves of it.

    The mean over half of the clips, drawn without putting back, varies as much as a bootstrap's
    mean over as many clips as there are. A bootstrap counts clips twice, which distances between
    neighbours and unbiased kernels take for copies; halves do not. Where halves score higher or
    lower than the whole, only their spread counts.

    Parameters
    ----------
    score : callable
        From positions of the chosen clips to a number.
    value : float
        Score of the whole set, the middle of the interval.
    groups : np.ndarray of int [shape=(clips,)]
        Kind of each clip; halves have the mix of the whole.
    rng : np.random.Generator
        Draws the halves.
    draws : int > 0
        Number of halves.
    limits : tuple of float
        Least and greatest possible score.

    Returns
    -------
    low, high : float
        The interval, without what is impossible.
    """
    halves = [score(even_draw(groups, len(groups) // 2, rng)) for _ in range(draws)]
    margin = _Z * np.std(halves, ddof=1)
    return float(max(value - margin, limits[0])), float(min(value + margin, limits[1]))
