"""Random parts of a set of clips, and intervals of scores from such parts."""

from statistics import NormalDist

import numpy as np

_Z = NormalDist().inv_cdf(0.975)


def stream(seed, name):
    """Return a generator for each name of a score: what one draws never moves another."""
    return np.random.default_rng([seed, *name.encode()])


def even_draw(groups, count, rng):
    """Return positions of ``count`` different clips, sorted by group, in the mix of all clips."""
    order = np.lexsort([rng.random(len(groups)), groups])
    places = (np.arange(count) + rng.random()) * len(groups) / count
    return order[np.minimum(places.astype(int), len(groups) - 1)]


def half_interval(score, value, groups, rng, draws=100, limits=(-np.inf, np.inf)):
    """Interval (95 %) of a score of a set of clips, from the scores of random halves of it.

    ``score`` goes from positions of the chosen clips to a number; ``value`` is that of the whole
    set, the middle of the interval. Where halves score higher or lower than the whole, only their
    spread counts. The face of ``metrics`` says why halves.
    """
    halves = [score(even_draw(groups, len(groups) // 2, rng)) for _ in range(draws)]
    margin = _Z * np.std(halves, ddof=1)
    return float(max(value - margin, limits[0])), float(min(value + margin, limits[1]))
