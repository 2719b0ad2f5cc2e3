"""Distances between sets of features against closed forms of Gaussians and plain loops."""

import numpy as np
import pytest

from audiogan_lib import metrics


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def test_frechet_distance_of_a_set_to_itself_is_zero(rng):
    features = rng.normal(size=(200, 16)) @ rng.normal(size=(16, 16))
    assert metrics.frechet_distance(features, features) == pytest.approx(0.0, abs=1e-8)


def test_frechet_distance_of_shifted_and_scaled_sets_follows_the_closed_form(rng):
    features = rng.normal(size=(500, 3))
    shift = np.array([1.0, -2.0, 0.5])
    shifted = metrics.frechet_distance(features + shift, features)
    assert shifted == pytest.approx(shift @ shift)
    # Covariances commute: the spread term is the squared distance of the standard deviations.
    centred = features - features.mean(axis=0)
    variance = np.trace(np.cov(centred, rowvar=False))
    assert metrics.frechet_distance(3.0 * centred, centred) == pytest.approx(4.0 * variance)


def test_frechet_distance_agrees_with_scipys_matrix_root(rng):
    linalg = pytest.importorskip("scipy.linalg")
    one = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6))
    other = rng.normal(size=(250, 6)) @ rng.normal(size=(6, 6)) + 1.0
    first, second = (np.cov(features, rowvar=False) for features in (one, other))
    shift = one.mean(axis=0) - other.mean(axis=0)
    root = linalg.sqrtm(first @ second).real
    expected = shift @ shift + np.trace(first + second - 2.0 * root)
    assert metrics.frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(other, one) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_does_not_change_when_both_sets_are_rotated(rng):
    one, other = rng.normal(size=(100, 5)), 2.0 * rng.normal(size=(80, 5))
    rotation, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    rotated = metrics.frechet_distance(one @ rotation, other @ rotation)
    assert rotated == pytest.approx(metrics.frechet_distance(one, other))


def test_frechet_distance_bears_fewer_clips_than_dimensions_and_dead_features(rng):
    few = np.pad(rng.normal(size=(10, 30)), ((0, 0), (0, 10)))
    more = np.pad(rng.normal(size=(50, 30)), ((0, 0), (0, 10)))
    distance = metrics.frechet_distance(few, more)
    assert np.isfinite(distance)
    assert distance > 0


def test_two_draws_from_one_distribution_are_further_apart_the_fewer_the_clips(rng):
    few, more = (
        np.mean(
            [
                metrics.frechet_distance(rng.normal(size=(n, 8)), rng.normal(size=(n, 8)))
                for _ in range(20)
            ]
        )
        for n in (40, 400)
    )
    assert few > 5.0 * more > 0.0


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.zeros((1, 3)), "at least 2 clips"),
        (np.zeros(3), "shape"),
        (np.full((4, 3), np.nan), "finite"),
        (np.zeros((4, 2)), "as many dimensions"),
    ],
)
def test_features_that_do_not_fit_are_refused(features, message):
    with pytest.raises(ValueError, match=message):
        metrics.frechet_distance(features, np.zeros((4, 3)))


def gaussian_pair(rng, count, dims, shift=0.0, scale=1.0):
    return shift + scale * rng.normal(size=(count, dims)), rng.normal(size=(2 * count, dims))


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.2, 1.0), (0.0, 1.3)])
def test_the_extrapolated_frechet_distance_is_that_of_the_gaussians_themselves(rng, shift, scale):
    true = 10 * shift**2 + 10 * (scale - 1) ** 2
    pairs = [gaussian_pair(rng, 150, 10, shift, scale) for _ in range(30)]
    plain = np.array([metrics.frechet_distance(*pair) for pair in pairs])
    endless = np.array([metrics.frechet_distance_infinity(*pair) for pair in pairs])
    bias = plain.mean() - true
    assert bias > 4 * plain.std() / np.sqrt(len(plain))
    assert abs(endless.mean() - true) < 0.15 * bias + 2 * endless.std() / np.sqrt(len(endless))


def test_the_extrapolated_distance_repeats_and_is_not_clipped(rng):
    pair = gaussian_pair(rng, 60, 4)
    assert metrics.frechet_distance_infinity(*pair) == metrics.frechet_distance_infinity(*pair)
    assert metrics.frechet_distance_infinity(*pair, seed=1) != metrics.frechet_distance_infinity(
        *pair
    )
    many = [metrics.frechet_distance_infinity(*gaussian_pair(rng, 60, 4)) for _ in range(12)]
    assert min(many) < 0 < max(many)
    with pytest.raises(ValueError, match="at least 4 clips each, got 3 and 60"):
        metrics.frechet_distance_infinity(np.zeros((3, 2)), np.zeros((60, 2)))


def test_a_mix_that_was_dealt_and_not_drawn_is_kept_when_thinning(rng):
    groups, reference_groups = np.arange(60) % 3, np.arange(600) % 3
    random, even, plain = [], [], []
    for _ in range(10):
        one = rng.normal(size=(60, 2)) + 20.0 * groups[:, None]
        other = rng.normal(size=(600, 2)) + 20.0 * reference_groups[:, None]
        even.append(metrics.frechet_distance_infinity(one, other, groups, reference_groups))
        random.append(metrics.frechet_distance_infinity(one, other))
        plain.append(metrics.frechet_distance(one, other))
    # Random thinning takes off what a random mix would add, though there was none.
    assert abs(np.mean(even)) < 0.3 * abs(np.mean(random))
    assert np.mean(random) < -5 * np.mean(plain)


def plain_discrepancy(features, reference, kernel):
    def mean(one, other, same):
        values = [
            kernel(x, y)
            for i, x in enumerate(one)
            for j, y in enumerate(other)
            if not same or i != j
        ]
        return np.mean(values)

    within = mean(features, features, True) + mean(reference, reference, True)
    return within - 2 * mean(features, reference, False)


def test_kernel_distances_are_the_means_over_pairs_that_they_are_defined_by(rng):
    features, reference = 0.5 + rng.normal(size=(9, 3)), rng.normal(size=(12, 3))
    cubic = plain_discrepancy(features, reference, lambda x, y: (x @ y / 3 + 1) ** 3)
    assert metrics.kernel_distance(features, reference) == pytest.approx(cubic)
    lengths = [np.linalg.norm(x - y) for i, x in enumerate(reference) for y in reference[:i]]
    # The square of the middle length, or for an even count the mean of the middle two squares.
    width = np.median(np.square(lengths))
    gaussian = plain_discrepancy(
        features, reference, lambda x, y: np.exp(-((x - y) @ (x - y)) / (2 * width))
    )
    assert metrics.gaussian_kernel_distance(features, reference) == pytest.approx(gaussian)


def test_kernel_distances_are_unbiased_and_therefore_sometimes_negative(rng):
    for distance in (metrics.kernel_distance, metrics.gaussian_kernel_distance):
        found = np.array([distance(*gaussian_pair(rng, 30, 5)) for _ in range(200)])
        assert abs(found.mean()) < 3 * found.std() / np.sqrt(200)
        assert 0.2 < np.mean(found < 0) < 0.8


def test_the_gaussian_kernel_distance_follows_the_closed_form_of_shifted_gaussians(rng):
    features, reference = gaussian_pair(rng, 1500, 4, shift=0.5)
    lengths = ((reference[:1000] - reference[1000:2000]) ** 2).sum(axis=1)
    width = np.median(lengths)
    # E exp(-|x-y|^2 / 2w) for a difference of variance 2 in each dimension and a mean shift.
    same = (width / (width + 2)) ** 2
    apart = same * np.exp(-4 * 0.25 / (2 * (width + 2)))
    distance = metrics.gaussian_kernel_distance(features, reference)
    assert distance == pytest.approx(2 * same - 2 * apart, rel=0.15)


def test_the_bandwidth_comes_from_the_reference_alone(rng):
    features, reference = rng.normal(size=(40, 3)), rng.normal(size=(50, 3))
    far = metrics.gaussian_kernel_distance(1e6 * (1 + np.arange(40))[:, None] + features, reference)
    within = metrics.gaussian_kernel_distance(1e3 + reference, reference)
    # Nothing of the evaluated set is near anything: what is left is the reference's own kernel.
    assert far == pytest.approx(within / 2, rel=1e-6)
    with pytest.raises(ValueError, match="reference must hold different clips"):
        metrics.gaussian_kernel_distance(features, np.ones((9, 3)))
