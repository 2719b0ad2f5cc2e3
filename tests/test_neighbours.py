"""Density, coverage and bins against plain loops and expected values; what intervals cover."""

import numpy as np
import pytest

from audiogan_lib import metrics
from audiogan_lib.metrics.distances import discrepancy, polynomial_kernel
from audiogan_lib.metrics.sampling import even_draw, half_interval


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def plain_density_and_coverage(features, reference, neighbours):
    """Equations 4 and 5 of Naeem et al., one clip after another."""
    radii = [
        sorted(np.linalg.norm(one - other) for j, other in enumerate(reference) if j != i)[
            neighbours - 1
        ]
        for i, one in enumerate(reference)
    ]
    inside = [
        [np.linalg.norm(one - clip) < radius for clip in features]
        for one, radius in zip(reference, radii, strict=True)
    ]
    density = np.sum(inside) / (neighbours * len(features))
    return density, np.mean([any(row) for row in inside])


@pytest.mark.parametrize(("shift", "neighbours"), [(0.0, 5), (1.0, 5), (0.5, 2)])
def test_density_and_coverage_are_those_of_the_paper(rng, shift, neighbours):
    features, reference = shift + rng.normal(size=(25, 3)), rng.normal(size=(30, 3))
    found = metrics.density_and_coverage(features, reference, neighbours)
    assert tuple(found) == pytest.approx(
        plain_density_and_coverage(features, reference, neighbours)
    )


def test_equal_distributions_have_the_density_and_coverage_that_the_paper_proves(rng):
    pairs = [rng.normal(size=(2, 200, 4)) for _ in range(30)]
    density, coverage = np.mean([metrics.density_and_coverage(*pair) for pair in pairs], axis=0)
    assert density == pytest.approx(1.0, abs=0.02)
    # Lemma 2: one minus the chance that the five nearest of all clips round a clip are all real.
    expected = 1 - np.prod([(200 - i) / (399 - i) for i in range(1, 6)])
    assert coverage == pytest.approx(expected, abs=0.005)


def test_a_generator_of_one_sound_is_dense_and_covers_nothing(rng):
    reference = rng.normal(size=(300, 4))
    one = np.repeat(0.01 * rng.normal(size=(1, 4)), 300, axis=0)
    density, coverage = metrics.density_and_coverage(one, reference)
    assert density > 1
    assert coverage < 0.2
    with pytest.raises(ValueError, match="neighbours must be between 1 and 299"):
        metrics.density_and_coverage(one, reference, neighbours=300)


def test_bins_find_the_kind_that_is_missing_and_no_other(rng):
    centres = 30.0 * np.eye(8)
    reference = centres[np.arange(800) % 8] + rng.normal(size=(800, 8))
    features = centres[np.arange(240) % 6] + rng.normal(size=(240, 8))
    found = metrics.different_bins(features, reference, bins=8)
    # Two kinds are missing, and their share is spread over the others: 1/6 beside 1/8.
    missing = found.shares == 0
    assert missing.sum() == 2
    assert found.different[missing].all()
    np.testing.assert_allclose(found.shares[~missing], 1 / 6)
    np.testing.assert_allclose(found.reference_shares, 1 / 8)
    pooled = (40 + 100) / 1040
    error = np.sqrt(pooled * (1 - pooled) * (1 / 240 + 1 / 800))
    assert (found.different[~missing] == (1.96 * error < 1 / 6 - 1 / 8)).all()


def test_one_bin_in_twenty_differs_by_chance(rng):
    counts = [
        metrics.different_bins(rng.normal(size=(300, 3)), rng.normal(size=(900, 3))).different.sum()
        for _ in range(20)
    ]
    assert 0.4 < np.mean(counts) < 2.0
    with pytest.raises(ValueError, match=r"bins must be between 2 and .* \(5\), got 20"):
        metrics.different_bins(np.zeros((9, 2)), np.zeros((5, 2)))


def test_a_draw_has_the_mix_of_the_whole_and_no_clip_twice(rng):
    groups = np.repeat([3, 1, 2], [60, 30, 10])
    drawn = even_draw(groups, 50, rng)
    assert len(set(drawn)) == 50
    np.testing.assert_array_equal(np.bincount(groups[drawn])[1:], [15, 5, 30])
    assert set(even_draw(groups, 100, rng)) == set(range(100))


def test_the_interval_from_halves_covers_a_mean_as_often_as_it_says(rng):
    hits = []
    for _ in range(300):
        clips = rng.normal(size=60)
        low, high = half_interval(
            lambda half, clips=clips: clips[half].mean(), clips.mean(), np.zeros(60), rng
        )
        hits.append(low < 0 < high)
    assert 0.91 < np.mean(hits) < 0.98


def test_the_interval_from_halves_covers_a_kernel_distance(rng):
    intervals, reference = [], rng.normal(size=(200, 3))
    for _ in range(100):
        estimate = discrepancy(rng.normal(size=(60, 3)) + 0.5, reference, polynomial_kernel)
        intervals.append(half_interval(estimate, estimate(slice(None)), np.zeros(60), rng))
    lows, highs = np.transpose(intervals)
    true = np.mean(lows + highs) / 2  # of this reference; the estimates are unbiased
    assert 0.87 < np.mean((lows < true) & (true < highs)) < 1.0
