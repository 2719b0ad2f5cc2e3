"""Scores by nearest neighbours and by bins; `audiogan_lib.metrics` states the conventions.

Density and coverage are written out: they are a few lines, which chapter 12 explains.
"""

from typing import NamedTuple

import numpy as np
from sklearn.cluster import KMeans

from audiogan_lib.metrics.distances import check_features, squared_distances

#: Beyond this many standard errors two shares differ, at a level of 5 %.
_Z = 1.96


#: How far a ball reaches in a report.
NEIGHBOURS = 5


class DensityCoverage(NamedTuple):
    """How close a set lies to a reference, and how much of the reference it reaches."""

    density: float
    coverage: float


def density_and_coverage(features, reference, neighbours=NEIGHBOURS):
    """Tell apart whether clips sound like recordings (density) and whether all kinds occur.

    Naeem et al. 2020, equations 4 and 5, and lemma 2 for the expected coverage. Round each clip of
    the reference lies a ball that reaches to its fifth neighbour in the reference. Density: in how
    many balls a clip lies on average, over five. Coverage: the share of balls with a clip inside.
    Pitfalls: both depend on the counts, so give as many clips on either side and compare with real
    against real (with equal distributions, density is near 1, coverage near ``1 - 2^-5`` = 0.97;
    both are higher when clips are dealt, so many of each kind, and not drawn at random); density
    may exceed 1, and a generator that stays in the thick of the recordings scores more than
    recordings do; distances mean little in hundreds of dimensions.

    Parameters
    ----------
    features, reference : array_like [shape=(clips, dims)]
        Features of the evaluated set and of real clips, of these more than ``neighbours``.
    neighbours : int > 0
        How far a ball reaches.

    Raises
    ------
    ValueError
        If there are too few clips, other dimensions, or values that are not finite.
    """
    features, reference = check_features(features, reference)
    if not 1 <= neighbours < len(reference):
        raise ValueError(
            f"neighbours must be between 1 and {len(reference) - 1}, one less than the clips of "
            f"the reference, got {neighbours}"
        )
    inside = inside_balls(features, reference, neighbours)
    return DensityCoverage(
        density=float(inside.sum(axis=0).mean() / neighbours),
        coverage=float(inside.any(axis=1).mean()),
    )


def inside_balls(features, reference, neighbours=NEIGHBOURS):
    """Tell which clips [reference, clips] lie in the ball round which clip of the reference."""
    features, reference = check_features(features, reference)
    if neighbours >= len(reference):
        raise ValueError(
            f"reference must have more than {neighbours} clips, received {len(reference)}"
        )
    among = squared_distances(reference, reference)
    np.fill_diagonal(among, np.inf)
    radii = np.partition(among, neighbours - 1, axis=1)[:, neighbours - 1]
    return squared_distances(reference, features) < radii[:, np.newaxis]


class Bins(NamedTuple):
    """Shares of a set and of its reference in each bin, and which differ."""

    shares: np.ndarray
    reference_shares: np.ndarray
    different: np.ndarray


def different_bins(features, reference, bins=20, seed=0):
    """Find kinds of clips that are too frequent or too rare: NDB (Richardson and Weiss 2018).

    The reference is cut into bins by k-means; a bin is different when the shares of both sets in it
    differ by more than 1.96 standard errors of two shares with one common value. Pitfalls: more
    clips find smaller differences, so compare at equal counts; fewer than about eight clips a bin
    find nothing; one bin in twenty differs by chance; number and seed of bins change the score, so
    they are fixed here. ``shares`` and ``reference_shares`` ``[bins]`` have sum 1 each; the sum of
    ``different`` is the score.

    Parameters
    ----------
    features, reference : array_like [shape=(clips, dims)]
        Features of the evaluated set and of real clips, of these at least as many as bins.
    bins : int > 1
        Number of bins.
    seed : int
        Seed of k-means.

    Raises
    ------
    ValueError
        If there are too few clips, other dimensions, or values that are not finite.
    """
    features, reference = check_features(features, reference)
    if not 2 <= bins <= len(reference):
        raise ValueError(
            f"bins must be between 2 and the clips of the reference ({len(reference)}), got {bins}"
        )
    partition = KMeans(bins, n_init=4, random_state=seed).fit(reference)
    counts = np.bincount(partition.predict(features), minlength=bins)
    reference_counts = np.bincount(partition.labels_, minlength=bins)
    pooled = (counts + reference_counts) / (len(features) + len(reference))
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(features) + 1 / len(reference)))
    shares, reference_shares = counts / len(features), reference_counts / len(reference)
    return Bins(shares, reference_shares, np.abs(shares - reference_shares) > _Z * error)
