"""Random parts of a set of clips, and intervals of scores from leaving such parts out."""

import numpy as np
from scipy.stats import t

#: An interval is worked out from leaving out each of so many groups of recordings.
GROUPS = 20


def stream(seed, name):
    """Return a generator for each name of a score: what one draws never moves another."""
    return np.random.default_rng([seed, *name.encode()])


def even_draw(groups, count, rng):
    """Return positions of ``count`` different clips, sorted by group, in the mix of all clips."""
    order = np.lexsort([rng.random(len(groups)), groups])
    places = (np.arange(count) + rng.random()) * len(groups) / count
    return order[np.minimum(places.astype(int), len(groups) - 1)]


def draw_apart(recordings, groups, count, rng):
    """Return positions of ``count`` clips, or somewhat fewer, and of those of other recordings.

    The recordings are drawn in the mix of the classes of their first clips.
    """
    names, units = np.unique(recordings, return_inverse=True)
    wanted = max(1, min(round(count * len(names) / len(units)), len(names) - 1))
    kinds = np.asarray(groups)[np.unique(recordings, return_index=True)[1]]
    drawn = np.isin(units, even_draw(kinds, wanted, rng))
    chosen = np.flatnonzero(drawn)
    if len(chosen) > count:
        chosen = np.sort(rng.choice(chosen, count, replace=False))
    return chosen, np.flatnonzero(~drawn)


def jackknife_interval(score, value, recordings, groups, rng, limits=(-np.inf, np.inf)):
    """Interval (95 %) of a score of a set of clips, by leaving out a twentieth of it at a time.

    A twentieth is one of recordings, with all their clips, in the mix of the classes. A bootstrap
    counts clips twice, which distances between neighbours and unbiased kernels take for copies;
    halves have other neighbours than the whole. What is left here is nearly the whole, and holds no
    clip twice. With fewer than 20 recordings each is left out by itself.

    ``score``: from positions of the clips that are kept to a number, the same number whenever it is
    asked again; ``value``: that of all, the middle of the interval; ``limits``: least and greatest
    possible score.

    References
    ----------
    P. S. Kott, "The Delete-a-Group Jackknife", 2001.
    """
    names, first, units = np.unique(recordings, return_index=True, return_inverse=True)
    count = min(GROUPS, len(names))
    if count < 2:
        return float(limits[0]), float(limits[1])
    dealt = np.empty(len(names), int)
    dealt[np.lexsort([rng.random(len(names)), np.asarray(groups)[first]])] = (
        np.arange(len(names)) % count
    )
    without = [score(np.flatnonzero(dealt[units] != left_out)) for left_out in range(count)]
    margin = t.ppf(0.975, count - 1) * np.sqrt((count - 1) * np.var(without))
    return float(max(value - margin, limits[0])), float(min(value + margin, limits[1]))
