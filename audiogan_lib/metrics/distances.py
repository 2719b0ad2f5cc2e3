"""Distances between two sets of features; `audiogan_lib.metrics` states the conventions."""

import numpy as np

from audiogan_lib.metrics.sampling import even_draw

#: One divided by the shares of both sets from which a Fréchet distance is extrapolated.
_FEWER = np.linspace(1.0, 1.5, 5)


def frechet_distance(features, reference):
    """Squared Fréchet distance between Gaussians fitted to two sets of features.

    ``|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2))``, the quantity called FID for pictures and FAD
    for sound (Heusel et al. 2017, equation 6). Pitfalls: two finite draws from one distribution are
    a positive distance apart, larger the fewer the clips, so compare only at equal counts, or see
    `frechet_distance_infinity`; it sees means and covariances only, of clouds that need not be
    Gaussian; and it hears only what the judge's features hold. Its units are those of the features,
    squared: numbers of two judges do not compare.

    Parameters
    ----------
    features, reference : array_like [shape=(clips, dims)]
        Features of the two sets, as many dimensions; the counts of clips may differ.

    Raises
    ------
    ValueError
        If a set has fewer than two clips, other dimensions than the other, or non-finite values.

    Examples
    --------
    >>> points = np.array([[-1.0], [1.0]])
    >>> frechet_distance(points + 3.0, points)
    9.0
    """
    return _frechet(*check_features(features, reference))


def frechet_distance_infinity(
    features, reference, groups=None, reference_groups=None, seed=0, draws=8
):
    """Fréchet distance extrapolated to sets of infinitely many clips (Chong and Forsyth 2020).

    Both sets are thinned alike, at random, to shares from two thirds to the whole; a straight line
    through the distances over one divided by the share gives the value at 0. Pitfalls: the bias is
    a straight line only for many more clips than dimensions (of two equal Gaussians with 64
    dimensions, 164 clips and 818 were 8.2 apart, extrapolated -0.6; 300 and 2700 were 4.2 apart,
    extrapolated -0.2); it scatters more widely than `frechet_distance`; and it may be negative
    where the sets are alike: do not clip it. The paper thins the generated set only, since its real
    one has tens of thousands of clips; a reference of a few hundred needs the same correction.

    Parameters
    ----------
    features, reference : array_like [shape=(clips, dims)]
        As for `frechet_distance`, errors too, with at least four clips each.
    groups, reference_groups : array_like of int [shape=(clips,)], optional
        What kind each clip is of, where the clips were not drawn at random but so many of each
        kind: thinning then keeps the mix. Without, random mixes are corrected for that never were.
    seed : int
        Seed of the draws.
    draws : int > 0
        Draws at each share, averaged.
    """
    features, reference = check_features(features, reference)
    if min(len(features), len(reference)) < 4:
        raise ValueError(
            "features and reference must have at least 4 clips each, "
            f"got {len(features)} and {len(reference)}"
        )
    rng = np.random.default_rng(seed)
    sets = []
    for points, kinds in ((features, groups), (reference, reference_groups)):
        sets.append((points, np.zeros(len(points)) if kinds is None else np.asarray(kinds)))
    distances = []
    for fewer in _FEWER:
        thinned = [
            [points[even_draw(kinds, round(len(points) / fewer), rng)] for points, kinds in sets]
            for _ in range(draws if fewer > 1 else 1)
        ]
        distances.append(np.mean([_frechet(*pair) for pair in thinned]))
    return float(np.polyfit(_FEWER, distances, 1)[1])


def kernel_distance(features, reference):
    """Squared maximum mean discrepancy under the cubic kernel ``(x.y / dims + 1)^3``.

    Known as KID for pictures (Binkowski et al. 2018, section 4, there as a mean over subsets of a
    thousand; here all pairs of clips count at once). The estimate is unbiased, so it can be
    compared across counts of clips. Pitfalls: it is negative about half of the time when the
    distributions are equal (do not clip it), and nearly always when clips are dealt, so many of
    each kind, and not drawn at random: compare with a test split of that mix; its size depends on
    that of the features, so it means nothing across judges; the cube gives a few clips far out the
    greatest weight. Two draws from one distribution are 0 apart on average.

    Parameters
    ----------
    features, reference : array_like [shape=(clips, dims)]
        As for `frechet_distance`, errors too.
    """
    return discrepancy(*check_features(features, reference), polynomial_kernel)(slice(None))


def gaussian_kernel_distance(features, reference):
    """Squared maximum mean discrepancy under a Gaussian kernel.

    Known as kernel audio distance (KAD). The bandwidth is the median distance between two clips of
    the *reference*: one that came from the evaluated set would let a generator widen its own
    kernel. The toolkit kadtk takes it from whichever set is named first, and prints the distance
    times 100: its number is this one only where the reference was named first. Unbiased. Pitfalls:
    it is negative as often as `kernel_distance` is, and two sets that lie several bandwidths apart
    are as far apart as any other such two.

    Parameters
    ----------
    features, reference : array_like [shape=(clips, dims)]
        As for `frechet_distance`, errors too. The arguments cannot be exchanged, and half of the
        pairs of the reference or more must differ.

    References
    ----------
    A. Gretton et al., "A Kernel Two-Sample Test", 2012, equation 3; Y. Chung et al., "KAD: No More
    FAD! An Effective and Efficient Evaluation Metric for Audio Generation", 2025.
    """
    features, reference = check_features(features, reference)
    return discrepancy(features, reference, gaussian_kernel(reference))(slice(None))


def polynomial_kernel(one, other):
    """Return the kernel of `kernel_distance` for all pairs."""
    return (one @ other.T / one.shape[1] + 1.0) ** 3


def gaussian_kernel(reference):
    """Return the kernel of `gaussian_kernel_distance`, whose bandwidth comes from the reference."""
    pairs = np.triu_indices(len(reference), 1)
    squared_bandwidth = np.median(squared_distances(reference, reference)[pairs])
    if squared_bandwidth <= 0:
        raise ValueError("reference must hold different clips, got most pairs of them equal")
    return lambda one, other: np.exp(squared_distances(one, other) / (-2.0 * squared_bandwidth))


def discrepancy(features, reference, kernel):
    """Return a function that estimates MMD^2 of the chosen clips of ``features`` to the reference.

    The kernel is worked out once for all pairs, so that many choices are cheap.
    """
    within = kernel(features, features)
    across = kernel(features, reference).mean(axis=1)
    far = _mean_of_pairs(kernel(reference, reference))

    def estimate(chosen):
        return float(_mean_of_pairs(within[chosen][:, chosen]) + far - 2 * across[chosen].mean())

    return estimate


def squared_distances(one, other):
    """Return squared Euclidean distances [rows of one, rows of other]."""
    squares = (one**2).sum(axis=1)[:, np.newaxis] + (other**2).sum(axis=1)
    return np.maximum(squares - 2.0 * one @ other.T, 0.0)


def check_features(features, reference):
    """Return two sets of features as float64, or say what is wrong with them."""
    features, reference = _check_set(features, "features"), _check_set(reference, "reference")
    if features.shape[1] != reference.shape[1]:
        raise ValueError(
            "features and reference must have as many dimensions, "
            f"got shapes {features.shape} and {reference.shape}"
        )
    return features, reference


def _frechet(features, reference):
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


def _mean_of_pairs(kernel):
    """Average over pairs of different clips."""
    return (kernel.sum() - np.trace(kernel)) / (len(kernel) * (len(kernel) - 1))


def _symmetric_root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


def _check_set(features, name):
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2:
        raise ValueError(
            f"{name} must have shape (clips, dims) with at least 2 clips, got {features.shape}"
        )
    if not np.isfinite(features).all():
        raise ValueError(f"{name} must be finite, got NaN or infinity")
    return features
