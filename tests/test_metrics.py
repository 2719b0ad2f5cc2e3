"""Scores against closed forms and plain loops; reports on toy judges and sets of known quality."""

import dataclasses
import json
from types import SimpleNamespace

import librosa
import numpy as np
import pytest
from scipy import linalg, stats

from audiogan_lib import datasets, metrics, spectral
from audiogan_lib.metrics import copies, scores
from audiogan_lib.metrics.distances import discrepancy, polynomial_kernel
from audiogan_lib.metrics.sampling import draw_apart, even_draw, jackknife_interval, stream

RATE = 8000


@pytest.fixture
def rng():
    return np.random.default_rng(7)


# --- classes -------------------------------------------------------------------------------------


def test_inception_score_goes_from_one_to_the_number_of_classes():
    assert metrics.inception_score(np.full((30, 10), 0.1)) == pytest.approx(1.0)
    assert metrics.inception_score(np.eye(10)[np.zeros(30, int)]) == pytest.approx(1.0)
    assert metrics.inception_score(np.eye(10)[np.arange(300) % 10]) == pytest.approx(10.0)
    # Marginal (1/2, 1/2); each clip diverges by 0.9 log 1.8 + 0.1 log 0.2.
    by_hand = 1.8**0.9 * 0.2**0.1
    assert metrics.inception_score([[0.9, 0.1], [0.1, 0.9]]) == pytest.approx(by_hand)
    # Rows of float32 sum to 1 nearly: no reason to score beyond the number of classes.
    assert metrics.inception_score(1.00005 * np.eye(2)) == pytest.approx(2.0, abs=1e-9)


@pytest.mark.parametrize(
    "probabilities",
    [[0.5, 0.5], [[0.5, 0.499]], [[1.5, -0.5]], np.zeros((0, 3)), [[np.nan, 1.0]]],
)
def test_what_is_no_probability_is_refused(probabilities):
    with pytest.raises(ValueError, match=r"^probabilities must"):
        metrics.inception_score(probabilities)


def test_label_accuracy_counts_the_clips_that_are_what_was_asked():
    probabilities = [[0.6, 0.4], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]]
    assert metrics.label_accuracy(probabilities, [0, 1, 1, 1]) == 0.75
    with pytest.raises(ValueError, match="one per clip"):
        metrics.label_accuracy(probabilities, [0, 1])
    with pytest.raises(ValueError, match=r"integers from 0 to 1, got values from 0 to 2"):
        metrics.label_accuracy(probabilities, [0, 1, 1, 2])
    with pytest.raises(ValueError, match="got values from -1 to 1"):
        metrics.label_accuracy(probabilities, [0, 1, 1, -1])


def test_class_shares_count_classes_that_never_win():
    shares = metrics.class_shares([[0.6, 0.4, 0.0], [0.8, 0.2, 0.0], [0.1, 0.9, 0.0], [1.0, 0, 0]])
    np.testing.assert_allclose(shares, [0.75, 0.25, 0.0])


def test_wilson_interval_reproduces_a_published_example():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, method 3.
    low, high = metrics.wilson_interval(81 / 263, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    wider = metrics.wilson_interval(81 / 263, 263, confidence=0.99)
    assert wider[0] < low < high < wider[1]


def test_wilson_interval_keeps_a_width_when_all_clips_were_right():
    low, high = metrics.wilson_interval(1.0, 300)
    assert high == 1.0
    assert 0.98 < low < 0.99
    # 96 % of 130 clips would be 124.8 of them.
    assert metrics.wilson_interval(0.96, 130) == metrics.wilson_interval(125 / 130, 130)
    assert metrics.wilson_interval(0.0, 1)[0] == 0
    for wrong in ((97, 100), (-0.01, 9), (0.5, 0), (0.5, 9, 0.0), (0.5, 9, 1.0)):
        with pytest.raises(
            ValueError, match=r"^share must lie in \[0, 1\], count .* \(0, 1\), got"
        ):
            metrics.wilson_interval(*wrong)


# --- distances -----------------------------------------------------------------------------------


def test_frechet_distance_of_shifted_and_scaled_sets_follows_the_closed_form(rng):
    features = rng.normal(size=(500, 3))
    assert metrics.frechet_distance(features, features) == pytest.approx(0.0, abs=1e-8)
    shift = np.array([1.0, -2.0, 0.5])
    shifted = metrics.frechet_distance(features + shift, features)
    assert shifted == pytest.approx(shift @ shift)
    # Covariances commute: the spread term is the squared distance of the standard deviations.
    centred = features - features.mean(axis=0)
    variance = np.trace(np.cov(centred, rowvar=False))
    assert metrics.frechet_distance(3.0 * centred, centred) == pytest.approx(4.0 * variance)


def test_frechet_distance_agrees_with_scipys_matrix_root(rng):
    one = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6))
    other = rng.normal(size=(250, 6)) @ rng.normal(size=(6, 6)) + 1.0
    first, second = (np.cov(features, rowvar=False) for features in (one, other))
    shift = one.mean(axis=0) - other.mean(axis=0)
    root = linalg.sqrtm(first @ second).real
    expected = shift @ shift + np.trace(first + second - 2.0 * root)
    assert metrics.frechet_distance(one, other) == pytest.approx(expected, rel=1e-6)
    assert metrics.frechet_distance(other, one) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_bears_fewer_clips_than_dimensions_and_dead_features(rng):
    few = np.pad(rng.normal(size=(10, 30)), ((0, 0), (0, 10)))
    more = np.pad(rng.normal(size=(50, 30)), ((0, 0), (0, 10)))
    distance = metrics.frechet_distance(few, more)
    assert np.isfinite(distance)
    assert distance > 0


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


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (0.2, 1.3)])
def test_the_extrapolated_frechet_distance_is_that_of_the_gaussians_themselves(rng, shift, scale):
    true = 10 * shift**2 + 10 * (scale - 1) ** 2
    pairs = [gaussian_pair(rng, 150, 10, shift, scale) for _ in range(20)]
    plain = np.array([metrics.frechet_distance(*pair) for pair in pairs])
    endless = np.array([metrics.frechet_distance_infinity(*pair) for pair in pairs])
    bias = plain.mean() - true
    assert bias > 4 * plain.std() / np.sqrt(len(plain))
    assert abs(endless.mean() - true) < 0.15 * bias + 2 * endless.std() / np.sqrt(len(endless))


def test_the_extrapolated_distance_repeats_and_is_not_clipped(rng):
    pair = gaussian_pair(rng, 60, 4)
    first, again, other = (metrics.frechet_distance_infinity(*pair, seed=s) for s in (0, 0, 1))
    assert first == again != other
    assert metrics.frechet_distance_infinity(*pair, draws=2) != first
    many = [metrics.frechet_distance_infinity(*gaussian_pair(rng, 60, 4)) for _ in range(12)]
    assert min(many) < 0 < max(many)
    assert np.isfinite(metrics.frechet_distance_infinity(pair[0][:4], pair[1][:4]))
    with pytest.raises(ValueError, match=r"^features .* at least 4 clips each, got 3 and 60"):
        metrics.frechet_distance_infinity(np.zeros((3, 2)), np.zeros((60, 2)))
    with pytest.raises(ValueError, match="at least 4 clips each, got 60 and 3"):
        metrics.frechet_distance_infinity(np.zeros((60, 2)), np.zeros((3, 2)))


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
    features, reference = 0.1 * rng.normal(1, size=(9, 3)), 0.1 * rng.normal(size=(12, 3))
    cubic = plain_discrepancy(features, reference, lambda x, y: (x @ y / 3 + 1) ** 3)
    assert metrics.kernel_distance(features, reference) == pytest.approx(cubic)
    lengths = [np.linalg.norm(x - y) for i, x in enumerate(reference) for y in reference[:i]]
    # The square of the middle length, or for an even count the mean of the middle two squares.
    width = np.median(np.square(lengths))
    gaussian = plain_discrepancy(
        features, reference, lambda x, y: np.exp(-((x - y) @ (x - y)) / (2 * width))
    )
    assert metrics.gaussian_kernel_distance(features, reference) == pytest.approx(gaussian)
    with pytest.raises(
        ValueError, match=r"^reference must hold different clips, got most pairs of them equal$"
    ):
        metrics.gaussian_kernel_distance(features, np.ones((9, 3)))


def test_the_mean_over_some_clips_is_the_distance_of_these_clips(rng):
    features, reference = rng.normal(size=(20, 3)), rng.normal(size=(30, 3))
    chosen = np.array([3, 11, 4, 19])
    estimate = discrepancy(features, reference, polynomial_kernel)
    assert estimate(chosen) == pytest.approx(metrics.kernel_distance(features[chosen], reference))


# --- neighbours and bins -------------------------------------------------------------------------


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
    measured = metrics.density_and_coverage(features, reference, neighbours)
    plain = plain_density_and_coverage(features, reference, neighbours)
    assert tuple(measured) == pytest.approx(plain)
    with pytest.raises(ValueError, match="neighbours must be between 1 and 29"):
        metrics.density_and_coverage(features, reference, neighbours=30)


def test_equal_distributions_have_the_density_and_coverage_that_the_paper_proves(rng):
    pairs = [rng.normal(size=(2, 200, 4)) for _ in range(30)]
    density, coverage = np.mean([metrics.density_and_coverage(*pair) for pair in pairs], axis=0)
    assert density == pytest.approx(1.0, abs=0.02)
    # Lemma 2: one minus the chance that the five nearest of all clips round a clip are all real.
    expected = 1 - np.prod([(200 - i) / (399 - i) for i in range(1, 6)])
    assert coverage == pytest.approx(expected, abs=0.005)


def test_a_clip_on_the_edge_of_a_ball_is_not_inside():
    scores = metrics.density_and_coverage([[3.0], [9.0]], [[0.0], [1.0], [2.0]], neighbours=1)
    assert tuple(scores) == (0.0, 0.0)  # the ball round 2 reaches to 1, and to 3


def test_the_seed_of_bins_cuts_others(rng):
    features, reference = rng.normal(size=(30, 2)), rng.normal(size=(60, 2))
    shares = [metrics.different_bins(features, reference, 8, seed).shares for seed in (0, 0, 1)]
    np.testing.assert_array_equal(shares[0], shares[1])
    assert sorted(shares[0]) != sorted(shares[2])


def test_bins_show_the_kind_that_is_missing_and_no_other(rng):
    centres = 30.0 * np.eye(8)
    reference = centres[np.arange(800) % 8] + rng.normal(size=(800, 8))
    features = centres[np.arange(240) % 6] + rng.normal(size=(240, 8))
    bins = metrics.different_bins(features, reference, bins=8)
    # Two kinds are missing, and their share is spread over the others: 1/6 beside 1/8.
    missing = bins.shares == 0
    assert missing.sum() == 2
    assert bins.different[missing].all()
    np.testing.assert_allclose(bins.shares[~missing], 1 / 6)
    np.testing.assert_allclose(bins.reference_shares, 1 / 8)
    pooled = (40 + 100) / 1040
    error = np.sqrt(pooled * (1 - pooled) * (1 / 240 + 1 / 800))
    assert (bins.different[~missing] == (1.96 * error < 1 / 6 - 1 / 8)).all()
    few = np.eye(5)[:, :2] + np.arange(5)[:, None]
    for count in (2, 5):
        assert len(metrics.different_bins(features[:, :2], few, count).shares) == count
    for count in (1, 20):
        with pytest.raises(ValueError, match=rf"bins must be between 2 .* \(5\), got {count}"):
            metrics.different_bins(features[:, :2], few, count)


# --- draws and intervals -------------------------------------------------------------------------


def test_a_draw_has_the_mix_of_the_whole_and_no_clip_twice(rng):
    groups = np.repeat([3, 1, 2], [60, 30, 10])
    drawn = even_draw(groups, 50, rng)
    assert len(set(drawn)) == 50
    np.testing.assert_array_equal(np.bincount(groups[drawn])[1:], [15, 5, 30])
    assert set(even_draw(groups, 100, rng)) == set(range(100))
    # Where a mix cannot be kept, each clip has the same chance: two of these four, one of each.
    counts = [np.sum(even_draw(np.array([0, 0, 0, 1]), 2, rng) == 3) for _ in range(400)]
    assert np.mean(counts) == pytest.approx(0.5, abs=0.1)


def test_each_score_of_each_seed_has_a_stream_of_its_own():
    draws = [stream(*which).random() for which in ((0, "a"), (0, "b"), (1, "a"), (0, "a"))]
    assert len(set(draws)) == 3
    assert draws[0] == draws[3]


def test_an_interval_keeps_out_what_cannot_be(rng):
    coins = np.array([0.0, 1.0] * 10)
    interval = jackknife_interval(
        *(lambda kept: 99 * coins[kept].mean(), 0.5, np.arange(20), np.zeros(20), rng),
        limits=(0, 1),
    )
    assert interval == (0, 1)


def test_one_recording_alone_tells_nothing(rng):
    interval = jackknife_interval(np.mean, 0.5, np.zeros(9), np.zeros(9), rng, limits=(0, 1))
    assert interval == (0, 1)
    assert jackknife_interval(np.mean, 0.5, [0], [0], rng) == (-np.inf, np.inf)


@pytest.mark.parametrize("count", [2, 3, 20])
def test_of_a_mean_of_few_recordings_the_interval_is_the_textbooks(rng, count):
    drawn, zeros = rng.normal(size=count), np.zeros(count)
    margin = stats.t.ppf(0.975, count - 1) * stats.sem(drawn)
    interval = jackknife_interval(
        *(lambda kept: drawn[kept].mean(), drawn.mean(), np.arange(count), zeros, rng)
    )
    assert interval == pytest.approx((drawn.mean() - margin, drawn.mean() + margin))


def clustered(rng, recordings, clips=4, dims=1):
    """Return clips [recordings * clips, dims] whose recordings differ as much as they do."""
    centres = rng.normal(size=(recordings, dims))
    near = np.repeat(centres, clips, axis=0)
    return near + 0.2 * rng.normal(size=near.shape), np.repeat(np.arange(recordings), clips)


def test_the_interval_covers_a_mean_over_recordings_as_often_as_it_says(rng):
    by_recording, by_clip = [], []
    for _ in range(400):
        clips, recordings = clustered(rng, 30)
        for hits, units in ((by_recording, recordings), (by_clip, np.arange(len(clips)))):
            low, high = jackknife_interval(
                lambda kept, clips=clips: clips[kept].mean(),
                *(clips.mean(), units, np.zeros(len(clips)), rng),
            )
            hits.append(low < 0 < high)
    assert 0.92 < np.mean(by_recording) < 0.98
    assert np.mean(by_clip) < 0.8  # what counts clips is far too sure


def test_the_interval_covers_a_kernel_distance(rng):
    intervals, reference = [], rng.normal(size=(200, 3))
    for _ in range(200):
        clips, recordings = clustered(rng, 40, clips=2, dims=3)
        estimate = discrepancy(clips + 0.5, reference, polynomial_kernel)
        intervals.append(
            jackknife_interval(estimate, estimate(slice(None)), recordings, np.zeros(80), rng)
        )
    lows, highs = np.transpose(intervals)
    true = np.mean(lows + highs) / 2
    assert 0.88 < np.mean((lows < true) & (true < highs)) <= 0.99


def heard(features, reference, recordings, count):
    """Return clips as a report measures them, with nothing but features."""

    def clips(points, units, train=None):
        return scores.Clips(
            waveforms=points,
            sample_rate=RATE,
            features=points,
            probabilities={},
            groups=np.zeros(len(points), int),
            recordings=units,
            labels={"label": np.zeros(len(points), int)},
            train=train,
            count=count,
        )

    return clips(features, recordings, clips(reference, np.arange(len(reference))))


@pytest.mark.parametrize("name", ["coverage", "density"])
def test_the_interval_of_a_neighbour_score_is_one(rng, name, monkeypatch):
    monkeypatch.setattr(scores, "SCORES", {name: scores.SCORES[name]})
    reference, found = rng.normal(size=(120, 2)), []
    for _ in range(150):
        clips, recordings = clustered(rng, 40, clips=2, dims=2)
        values, intervals = scores.measure(heard(0.7 * clips, reference, recordings, 80))
        found.append((values[name], *intervals[name]))
    values, lows, highs = np.transpose(found)
    assert (highs - lows).min() > 0
    true = values.mean()  # over draws of recordings, beside one reference
    assert 0.87 < np.mean((lows < true) & (true < highs)) <= 1.0


def test_the_spread_is_the_mean_variance_within_a_label_of_two_clips_or_more(rng):
    features, labels = rng.normal(size=(6, 2)), np.array([0, 1, 0, 1, 0, 2])
    within = [np.trace(np.cov(features[labels == label], rowvar=False)) for label in (0, 1)]
    assert scores.spread_within(features, labels, scores.ALL) == pytest.approx(np.mean(within))
    some = scores.spread_within(features, labels, np.array([0, 4, 1, 5]))
    assert some == pytest.approx(np.trace(np.cov(features[[0, 4]], rowvar=False)))
    assert np.isnan(scores.spread_within(features, labels, np.array([0, 1, 5])))


def test_the_spread_of_the_training_clips_is_one(rng, monkeypatch):
    monkeypatch.setattr(scores, "SCORES", {"spread": scores.SCORES["spread"]})
    features, recordings = clustered(rng, 40, clips=4, dims=2)
    same = heard(features, features, recordings, 160)
    same.train.recordings[:] = recordings
    assert scores.measure(same)[0]["spread"] == pytest.approx(1)


def test_parts_share_no_recording_and_keep_the_mix(rng):
    recordings, groups = np.repeat(np.arange(60), 3), np.repeat(np.arange(60) % 3, 3)
    for _ in range(20):
        drawn, rest = draw_apart(recordings, groups, 45, rng)
        assert len(drawn) == 45
        assert not set(recordings[drawn]) & set(recordings[rest])
        assert len(drawn) + len(rest) == 180
        np.testing.assert_array_equal(np.bincount(groups[drawn]), [15, 15, 15])
        fewer, rest = draw_apart(recordings, groups, 44, rng)  # not of whole recordings
        assert (len(fewer), len(set(fewer)), len(rest)) == (44, 44, 135)
    for count in (1, 2, 3):
        one, other = draw_apart(np.array([5, 5, 9, 9]), np.zeros(4), count, rng)
        assert (len(one), len(other)) == (min(count, 2), 2)


# --- copies --------------------------------------------------------------------------------------


def bells(rng, count):
    """Short sounds of two partials with a decay, no two alike."""
    time = np.arange(RATE // 2) / RATE
    draws = rng.uniform([200, 500, 3], [1500, 3500, 12], size=(count, 3))
    return np.stack(
        [
            0.4 * (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time))
            * np.exp(-decay * time)
            for low, high, decay in draws
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def sets():
    rng = np.random.default_rng(3)
    return bells(rng, 80), bells(rng, 40), bells(rng, 40)


def test_a_copy_is_recognised_at_any_level_and_a_little_later(sets):
    train, _, _ = sets
    later = np.roll(train[[7, 50]], RATE * 3 // 100, axis=1) * 1e-3
    later[:, : RATE * 3 // 100] = 0
    nearest, distance_db = metrics.nearest_clips(np.concatenate([later, train[[9]]]), train, RATE)
    assert nearest.tolist() == [7, 50, 9]
    assert distance_db[2] < 1e-3
    _, between_db = metrics.nearest_clips(train[[7]], train[8:], RATE)
    assert distance_db[0] < between_db[0] / 3
    # And the other way round: it is the recording that begins later.
    _, earlier_db = metrics.nearest_clips(train[[7]], later[[0]], RATE)
    assert earlier_db[0] < between_db[0] / 3
    with pytest.raises(
        ValueError, match=r"^reference must .*, received \(80, 4000\) and \(80, 3000\)"
    ):
        metrics.nearest_clips(train, train[:, :3000], RATE)


def test_more_clips_than_are_worked_on_at_once_find_their_own():
    sounds = np.random.default_rng(0).normal(size=(300, 320))
    nearest, _ = metrics.nearest_clips(sounds, sounds, RATE)
    np.testing.assert_array_equal(nearest, np.arange(300))


def test_the_distance_is_the_root_mean_square_of_a_plain_comparison(sets):
    train, test, _ = sets

    def image(sound):
        sound = np.pad(sound / np.abs(sound).max(), 128)
        spectra = librosa.stft(sound, n_fft=256, win_length=200, hop_length=80, center=False)
        mel = librosa.filters.mel(sr=RATE, n_fft=256, n_mels=32, htk=False) @ np.abs(spectra)
        return np.maximum(20 * np.log10(mel / mel.max() + 1e-12), -60)

    one, others = image(test[0]), [image(clip) for clip in train]
    unshifted = min(np.sqrt(np.mean((one - other) ** 2)) for other in others)
    _, distance_db = metrics.nearest_clips(test[:1], train, RATE)
    # Shifts can only bring clips nearer, and these all begin at once.
    assert 0.7 * unshifted < distance_db[0] <= unshifted * (1 + 1e-4)


def test_a_retuned_sound_is_as_much_higher(rng):
    time = np.arange(4000) / RATE
    tones = np.sin(2 * np.pi * np.array([[300.0], [500.0]]) * time)
    for semitones in (-2, 1):
        hz = np.array([[300.0], [500.0]]) * 2 ** (semitones / 12)
        expected = np.sin(2 * np.pi * hz * time)
        played = metrics.retuned(tones, semitones)
        heard_to = int(3999 / 2 ** (semitones / 12))
        np.testing.assert_allclose(played[:, :heard_to], expected[:, :heard_to], atol=0.03)
        assert played.shape == tones.shape
    assert metrics.retuned([[0, 4, 8, 12]], -12).tolist() == [[0, 2, 4, 6]]  # whole numbers, too


def test_a_copy_is_found_at_another_tuning_and_behind_the_codec(rng):
    train, others = bells(rng, 40), bells(rng, 10)

    def codec(clips, labels):  # what it leaves is some way off
        clips = clips.copy()
        clips[:, 1::2] = 0.1 * clips[:, ::2] + 0.9 * clips[:, 1::2]
        return clips

    made = np.concatenate([codec(metrics.retuned(train[:5], 2), None), others[:5]])
    reference = heard(train, train, np.arange(40), 10).train
    reference = dataclasses.replace(reference, waveforms=train)
    clips = dataclasses.replace(
        heard(made, train, np.arange(10), 10), waveforms=made, train=reference
    )
    found = copies.copy_distances(clips, codec)
    assert found[:5].max() < 0.1
    assert found[5:].min() > 1
    assert clips.nearest[1][:5].min() > 0.5  # as it is, the copy is not found
    marks = copies._yardsticks(reference, np.arange(40), np.arange(40) % 2, codec)
    assert list(marks) == ["codec", "retuned", "recording", "kit"]
    assert 0 < marks["codec"] < min(marks["retuned"], marks["recording"])
    assert marks["recording"] <= marks["kit"]  # which is sought among fewer


def test_copies_are_told_from_new_sounds(sets):
    train, test, new = sets
    copies = train[:40] + 1e-3 * np.random.default_rng(0).normal(size=train[:40].shape)
    nearest, copies_db = metrics.nearest_clips(copies, train, RATE)
    np.testing.assert_array_equal(nearest, np.arange(40))
    test_db, new_db = (metrics.nearest_clips(clips, train, RATE)[1] for clips in (test, new))
    assert metrics.nearer(copies_db, test_db) == 1.0
    assert metrics.nearer(test_db, copies_db) == 0.0
    assert metrics.nearer(test_db, test_db) == 0.5
    assert 0.35 < metrics.nearer(new_db, test_db) < 0.65


# --- pitch and attack ----------------------------------------------------------------------------


@pytest.mark.parametrize("midi", [36, 60, 84])
def test_tones_are_out_of_tune_by_as_much_as_they_are(midi):
    time = np.arange(16000) / 16000
    cents = np.array([0.0, 30.0, -45.0])
    hertz = librosa.midi_to_hz(midi + cents / 100)[:, np.newaxis]
    tones = sum(np.sin(2 * np.pi * k * hertz * time) / k for k in (1, 2, 3)) * np.exp(-3 * time)
    errors = metrics.pitch_errors(tones, 16000, [midi] * 3)
    np.testing.assert_allclose(errors, cents, atol=5)
    assert metrics.pitch_accuracy(errors) == pytest.approx(1 / 3)
    assert metrics.pitch_accuracy(errors, tolerance_cents=40) == pytest.approx(2 / 3)


def test_a_pitch_is_sought_where_it_is_asked_for_and_where_the_sound_is_loud():
    time = np.arange(16000) / 16000
    note = np.sin(2 * np.pi * np.where(time < 0.25, 440, 600) * time) * np.where(
        time < 0.25, 1, 0.03
    )
    np.testing.assert_allclose(metrics.pitch_errors([note], 16000, [69]), 0, atol=5)
    [below] = metrics.pitch_errors([note], 16000, [69], fmin_hz=60.0, fmax_hz=230.0)
    assert below == pytest.approx(-1200, abs=20)


def test_silence_and_noise_have_no_pitch():
    rng = np.random.default_rng(0)
    clips = np.concatenate([np.zeros((1, 16000)), rng.normal(size=(20, 16000))])
    errors = metrics.pitch_errors(clips, 16000, np.linspace(36, 84, 21))
    assert np.isnan(errors[0])
    assert metrics.pitch_accuracy(errors) < 0.15
    with pytest.raises(ValueError, match=r"shape \(21,\), received \(1,\)"):
        metrics.pitch_errors(clips, 16000, [60])


def test_the_shipped_notes_are_in_tune():
    notes = datasets.load("notes", split="test")
    midi = np.array(notes.label_names, float)[notes.labels]
    errors = metrics.pitch_errors(notes.waveforms, notes.sample_rate, midi)
    assert metrics.pitch_accuracy(errors) == 1.0


def rise(attack_ms, rate=16000):
    """Noise whose level rises evenly for so long, then falls."""
    rng = np.random.default_rng(0)
    rising = round(attack_ms * rate / 1000)
    envelope = np.concatenate([np.linspace(0, 1, rising), np.exp(-np.arange(8000) / 800)])
    return np.pad(envelope * np.sign(rng.normal(size=len(envelope))), (400, 8192))[:8192]


def test_an_even_rise_takes_eight_tenths_of_its_length():
    lengths_ms = np.array([5, 20, 80])
    attack_ms = metrics.attack_times([rise(length) for length in lengths_ms], 16000)
    np.testing.assert_allclose(attack_ms, 0.8 * lengths_ms, atol=0.6)


def test_level_and_delay_do_not_matter_to_an_attack_and_silence_has_none():
    sound = rise(20)
    attack_ms = metrics.attack_times([sound, sound / 100, np.roll(sound, 900), 0 * sound], 16000)
    assert attack_ms[0] == attack_ms[1] == attack_ms[2]
    assert np.isnan(attack_ms[3])


def test_attacks_are_compared_label_by_label():
    real, fake = [1.0, 1.0, 9.0, 9.0], [9.0, 9.0, 1.0, 1.0]
    labels = [0, 0, 1, 1]
    assert metrics.attack_difference(fake, labels, real, labels) == 8
    assert metrics.attack_difference(fake, [1, 1, 0, 0], real, labels) == 0


@pytest.mark.parametrize("shape", [(1, 9000), (9000, 9)])
def test_vital_signs_are_those_of_several_clips(shape):
    with pytest.raises(ValueError, match=r"at least the shape \(2, 512\), received"):
        metrics.vital_signs(np.ones(shape, np.float32), RATE)


@pytest.mark.parametrize("shape", [(9000,), (9000, 2), (3, 9000, 1)])
@pytest.mark.parametrize(
    "measure",
    [
        lambda sounds: metrics.attack_times(sounds, RATE),
        lambda sounds: metrics.pitch_errors(sounds, RATE, np.full(len(sounds), 60)),
        lambda sounds: metrics.vital_signs(sounds, RATE),
        lambda sounds: metrics.nearest_clips(np.ones((2, 9000)), sounds, RATE),
        lambda sounds: metrics.evaluate(ToyJudge(), *[sounds] * 2, [0], sounds, [0], brief=True),
    ],
    ids=["attack_times", "pitch_errors", "vital_signs", "nearest_clips", "evaluate"],
)
def test_sounds_are_rows_of_samples(measure, shape):
    transpose = "which looks like .*: transpose it" if shape[-1] == 2 else ""
    with pytest.raises(ValueError, match=rf"\(clips, samples\), received .*{transpose}"):
        measure(np.ones(shape, np.float32))


def test_signs_ring_from_their_thresholds_on():
    healthy = metrics.VitalSigns(level_db=-20, flatness=0.01, line_db=5, line_hz=100, apart_db=8)

    def ringing(**changes):
        return [
            name
            for name, seen in metrics.symptoms(healthy._replace(**changes), healthy).items()
            if seen
        ]

    assert ringing(level_db=-39.9, flatness=0.19, line_db=16.9, apart_db=2.1) == []
    assert ringing(level_db=-40.1, flatness=0.9, line_db=40, apart_db=0) == ["silence"]
    for change, name in (
        ("flatness=0.21", "noise"),
        ("line_db=17.1", "whine"),
        ("apart_db=1.9", "collapse"),
    ):
        key, _, value = change.partition("=")
        assert ringing(**{key: float(value)}) == [name]
    for flatness, hiss in ((0.05, 0.5), (0.5, 0.75)):  # ten times as flat, or half the way to noise
        noisy = healthy._replace(flatness=flatness)
        for above, ring in ((-0.01, False), (0.01, True)):
            seen = metrics.symptoms(healthy._replace(flatness=hiss + above), noisy)
            assert bool(seen["noise"]) is ring


def test_what_rings_is_said_in_numbers():
    healthy = metrics.VitalSigns(level_db=-20, flatness=0.01, line_db=5, line_hz=100, apart_db=8)
    ill = healthy._replace(flatness=0.5, line_db=30, apart_db=1)
    assert metrics.symptoms(ill, healthy) == {
        "silence": None,
        "noise": "flatness of the spectrum 0.50, that of recordings 0.01",
        "whine": "a line at 100 Hz, 30 dB above what is around it",
        "collapse": "each sound is 1.00 dB from the one most like it, recordings are 8.00 dB",
    }
    quiet = metrics.symptoms(healthy._replace(level_db=-50), healthy)
    assert quiet.pop("silence") == "sounds at -50 dB, recordings at -20 dB"
    assert quiet == {"noise": None, "whine": None, "collapse": None}


def test_sounds_that_differ_60_db_below_their_peaks_are_not_apart(rng):
    noise = rng.normal(size=(3, 2048)).astype(np.float32)
    sounds = np.sin(np.arange(2048) / 3) * [[1], [1], [0]] + noise * [[1e-4], [1e-4], [1]]
    assert metrics.vital_signs(sounds.astype(np.float32), RATE).apart_db < 0.5


def test_vital_signs_of_a_line_in_noise_are_those_that_were_put_there(rng):
    noise = 1e-3 * rng.normal(size=(4, 8192)).astype(np.float32)
    line = np.sin(2 * np.pi * 1000 * np.arange(8192) / RATE).astype(np.float32)
    still, quiet, loud = (
        metrics.vital_signs(noise + level * line, RATE) for level in (0, 0.01, 0.1)
    )
    assert still.level_db == pytest.approx(-60, abs=0.2)
    assert loud.level_db == pytest.approx(-23, abs=0.1)
    assert still.flatness == pytest.approx(1, abs=0.05)
    assert loud.flatness < 0.01
    assert quiet.line_hz == loud.line_hz == 1000
    assert loud.line_db - quiet.line_db == pytest.approx(20, abs=1)
    assert still.line_db < 2


def test_sounds_are_apart_by_the_mean_difference_of_their_spectrograms(rng):
    sounds = np.stack(
        [0.1 * rng.normal(size=2048), sine := np.sin(np.arange(2048) / 3), 1e-3 * sine]
    )
    magnitudes = np.abs(spectral.stft(sounds.astype(np.float32), 512, 128).numpy())
    images = [np.maximum(20 * np.log10(m / m.max() + 1e-20), -60) for m in magnitudes]
    apart_db = metrics.vital_signs(sounds.astype(np.float32), RATE).apart_db
    assert apart_db == pytest.approx(0, abs=1e-3)  # of the three, two are alike
    apart_db = metrics.vital_signs(sounds[:2].astype(np.float32), RATE).apart_db
    assert apart_db == pytest.approx(np.abs(images[0] - images[1]).mean(), rel=1e-4)


# --- reports -------------------------------------------------------------------------------------


class ToyJudge:
    """A clip's first sample is its label, its second the speaker, the next four its features."""

    sample_rate = RATE

    def __init__(self):
        self.heads = {"label": ("a", "b"), "speaker": ("x", "y", "z")}

    def probabilities(self, waveforms, head="label"):
        column = {"label": 0, "speaker": 1}[head]
        return np.eye(len(self.heads[head]))[waveforms[:, column].astype(int)]

    def features(self, waveforms):
        return waveforms[:, 2:6]


def toy_clips(rng, count, shift=0.0):
    labels = np.arange(count) % 2
    speakers = np.arange(count) // 2 % 3
    features = rng.normal(size=(count, 4)) + shift + 3.0 * speakers[:, None]
    sounds = 0.1 * rng.normal(size=(count, 1024))
    return np.column_stack([labels, speakers, features, sounds]), labels


def brief(*arguments, **options):
    return metrics.evaluate(ToyJudge(), *arguments, brief=True, **options)


def test_evaluate_tells_good_clips_from_shifted_ones(rng):
    train, _ = toy_clips(rng, 600)
    test, labels = toy_clips(rng, 120)
    good, good_labels = toy_clips(rng, 120)
    bad, _ = toy_clips(rng, 120, shift=1.0)
    report = brief(train, test, labels, good, good_labels)
    assert report["generated"]["accuracy"] == 1.0
    assert report["test"]["inception_score"] == pytest.approx(2.0)
    assert report["generated"]["frechet_distance"] < 0.3
    worse = brief(train, test, labels, bad, 1 - good_labels)
    assert worse["generated"]["accuracy"] == 0.0
    assert worse["test"] == report["test"]
    assert worse["generated"]["frechet_distance"] == pytest.approx(4.0, abs=1.0)


def test_the_floor_is_what_held_out_clips_of_the_same_mix_score(rng):
    floors, held_out, careless = [], [], []
    for _ in range(8):
        train, _ = toy_clips(rng, 600)
        test, labels = toy_clips(rng, 120)
        report = brief(train, test, labels, test, labels)
        floors.append(report["floor"])
        held_out.append(report["test"]["frechet_distance"])
        order = rng.permutation(600)
        drawn, rest = train[order[:120], 2:6], train[order[120:], 2:6]
        careless.append(metrics.frechet_distance(drawn, rest))
    assert np.mean(floors) == pytest.approx(np.mean(held_out), rel=0.25)
    # Drawn without regard to the speakers, the subsets have other mixes and lie further apart.
    assert np.mean(floors) < 0.7 * np.mean(careless)


def test_unequal_counts_are_brought_to_the_smaller_one(rng):
    train, _ = toy_clips(rng, 600)
    test, labels = toy_clips(rng, 60)
    many, many_labels = toy_clips(rng, 480)
    report = brief(train, test, labels, many, many_labels)
    assert report["equal_count"] == 60
    assert report["generated"]["clips"] == 480
    all_of_them = metrics.frechet_distance(many[:, 2:6], train[:, 2:6])
    assert report["generated"]["frechet_distance"] > 1.5 * all_of_them
    others = metrics.evaluate(
        ToyJudge(), train, test, labels, many, many_labels, seed=1, brief=True
    )
    assert others["floor"] != report["floor"]
    assert others["generated"]["frechet_distance"] != report["generated"]["frechet_distance"]
    with pytest.raises(ValueError, match="train must have at least 62 clips, got 20"):
        brief(train[:20], test, labels, many, many_labels)


@pytest.fixture(scope="module")
def asked():
    """Return the arguments of an evaluation: five copies, one wrong label, speakers asked for."""
    rng = np.random.default_rng(11)
    train, _ = toy_clips(rng, 300)
    test, labels = toy_clips(rng, 60)
    generated, wanted = toy_clips(rng, 60)
    generated[:5] = train[:5]
    generated[9, 0] = 1 - wanted[9]
    labels = [{"label": one, "speaker": np.arange(60) // 2 % 3} for one in (labels, wanted)]
    labels[1]["speaker"][:6] = 2
    return train, test, labels[0], generated, labels[1]


@pytest.fixture(scope="module")
def full(asked):
    return metrics.evaluate(ToyJudge(), *asked)


def test_a_full_report_holds_what_the_functions_return(full, asked):
    train, test, _, generated, _ = asked
    features, known = generated[:, 2:6], train[:, 2:6]
    column = full["generated"]
    assert column["kernel_distance"] == metrics.kernel_distance(features, known)
    assert column["gaussian_kernel_distance"] == metrics.gaussian_kernel_distance(features, known)
    assert column["frechet_distance"] == metrics.frechet_distance(features, known)
    groups = [clips[:, 0] + 2 * clips[:, 1] for clips in (generated, train)]
    endless = metrics.frechet_distance_infinity(features, known, *groups)
    assert column["frechet_distance_infinity"] == endless
    assert column["accuracies"] == {"speaker": pytest.approx(56 / 60)}
    assert column["different_bins"] == metrics.different_bins(features, known).different.sum()
    distances = [metrics.nearest_clips(clips, train, RATE)[1] for clips in (generated, test)]
    assert column["nearer"] == metrics.nearer(*distances)
    assert column["train_distance_db"] == np.median(distances[0])
    # No training clip is compared with itself.
    assert 3 < full["yardsticks"]["recording"] < 2 * np.median(distances[0])
    # As many training clips as clips: with the same distribution near 1 - 2^-5 of the balls.
    assert full["test"]["coverage"] == pytest.approx(1 - 2**-5, abs=0.03)
    assert json.dumps(full, allow_nan=False)


def test_a_full_report_points_at_the_clips_to_hear(full):
    column = full["generated"]
    pairs = column["nearest_pairs"]
    assert [pair[:2] for pair in pairs[:5]] == [[i, i] for i in range(5)]
    assert max(pair[2] for pair in pairs[:5]) < 1e-3 < pairs[5][2]
    assert column["worst"][0] == [9, 0.0, "a"]
    assert all(sure == 1.0 for _, sure, _ in column["best"])
    assert column["alarms"] == {}


def test_every_interval_holds_its_score_and_test_and_generated_overlap(full):
    for column in (full["test"], full["generated"]):
        for name, (low, high) in column["intervals"].items():
            assert low <= column[name] <= high, name
        assert column["intervals"]["inception_score"][1] <= 2.0
        assert column["intervals"]["coverage"][1] <= 1.0
    for name in ("kernel_distance", "coverage", "density", "frechet_distance"):
        low, high = full["test"]["intervals"][name]
        other_low, other_high = full["generated"]["intervals"][name]
        assert max(low, other_low) < min(high, other_high), name


def test_a_score_that_is_left_out_moves_no_other_and_equal_sets_score_alike(
    full, asked, monkeypatch
):
    train, test, labels, _, _ = asked
    kept = ("coverage", "kernel_distance", "frechet_distance")
    monkeypatch.setattr(scores, "SCORES", {name: scores.SCORES[name] for name in kept})
    report = metrics.evaluate(ToyJudge(), train, test, labels, test, labels)
    for name in kept:
        for column in (report["test"], report["generated"]):
            assert column[name] == full["test"][name]
            assert column["intervals"][name] == full["test"]["intervals"][name]
    assert report["floor"] == full["floor"]


class QuietJudge(ToyJudge):
    """What the other one reads off the first samples stands there 80 dB lower."""

    hears = "quiet"

    def probabilities(self, waveforms, head="label"):
        return super().probabilities(np.round(1e4 * waveforms), head)

    def features(self, waveforms):
        return 1e4 * super().features(waveforms)


@pytest.fixture
def few_scores(monkeypatch):
    """Leave out what takes long and is not looked at."""
    kept = ("pitch_accuracy", "pitch_error_cents", "train_distance_db", "nearer", "level_db")
    monkeypatch.setattr(scores, "SCORES", {name: scores.SCORES[name] for name in kept})


@pytest.mark.usefixtures("few_scores")
def test_silence_is_named_in_the_report(rng):
    (train, _), (test, labels), (quiet, wanted) = (toy_clips(rng, n) for n in (200, 40, 40))
    for clips in (train, test, quiet):
        clips[:, :6] *= 1e-4
    quiet[:, 6:] *= 1e-2
    report = metrics.evaluate(QuietJudge(), train, test, labels, quiet, wanted)
    assert list(report["generated"]["alarms"]) == ["silence"]
    assert report["test"]["level_db"] - report["generated"]["level_db"] == pytest.approx(40, abs=1)
    assert "alarm, silence: sounds at" in metrics.format_table(report)


def test_what_silence_has_not_is_left_out_of_its_report(rng):
    (train, _), (test, labels) = (toy_clips(rng, n) for n in (200, 40))
    report = metrics.evaluate(ToyJudge(), train, test, labels, np.zeros_like(test), labels)
    json.dumps(report, allow_nan=False)
    assert list(report["generated"]["alarms"]) == ["silence"]
    gone = set(report["test"]) - set(report["generated"])
    assert gone == {"level_db", "attack_ms"}
    assert "attack_difference_ms" not in report["generated"]
    [level] = [line for line in metrics.format_table(report).splitlines() if "level (dB)" in line]
    assert f"{report['test']['level_db']:.1f}" in level


@pytest.mark.usefixtures("few_scores")
def test_tuning_is_measured_where_labels_are_pitches(rng):
    train, _ = toy_clips(rng, 200)
    test, labels = toy_clips(rng, 40)
    hertz = np.where(labels, 440.0, 220.0)[:, np.newaxis]
    test[:, 6:] = np.sin(2 * np.pi * hertz * np.arange(1024) / RATE)
    flat = test.copy()
    flat[:10, 6:] = np.sin(2 * np.pi * 0.97 * hertz[:10] * np.arange(1024) / RATE)
    report = metrics.evaluate(ToyJudge(), train, test, labels, flat, labels, pitches=[57, 69])
    assert report["test"]["pitch_accuracy"] == 1.0
    assert report["generated"]["pitch_accuracy"] == 0.75
    assert report["generated"]["intervals"]["pitch_accuracy"] == metrics.wilson_interval(0.75, 40)
    assert report["generated"]["pitch_error_cents"] < 20
    silent = SimpleNamespace(errors_cents=np.array([np.nan, np.nan, -5.0]))
    assert scores.SCORES["pitch_error_cents"].of(silent, scores.ALL) == 1200


def test_shares_name_every_class_even_where_nothing_falls_into_it(rng):
    train, _ = toy_clips(rng, 300)
    test, labels = toy_clips(rng, 60)
    two_speakers = test[test[:, 1] < 2]
    known = {"label": two_speakers[:, 0].astype(int), "speaker": two_speakers[:, 1].astype(int)}
    report = brief(train, test, labels, two_speakers, known)
    thirds = {"x": 1 / 3, "y": 1 / 3, "z": 1 / 3}
    assert report["test"]["shares"]["speaker"] == pytest.approx(thirds)
    assert report["generated"]["shares"]["speaker"] == {"x": 0.5, "y": 0.5, "z": 0.0}
    rows = [line.split() for line in metrics.format_table(report).splitlines()]
    assert ["z", "0.333", "0.000"] in rows
    # The test clips were not compared with their speakers: one column only.
    assert ["speaker", "1.000", "[0.912,", "1.000]"] in rows


# --- several ears --------------------------------------------------------------------------------


class DeafEar:
    """Hears the third feature alone, and no labels."""

    def features(self, waveforms):
        return waveforms[:, 4:6]


class SternJudge(ToyJudge):
    """Takes everything for the first class where the first feature is small."""

    def probabilities(self, waveforms, head="label"):
        rows = super().probabilities(waveforms, head)
        return np.where(waveforms[:, 2:3] < 1, np.eye(rows.shape[1])[0], rows)


@pytest.fixture(scope="module")
def panel(asked):
    """Return the report of three ears on clips whose last two features are shifted."""
    train, test, labels, generated, wanted = asked
    shifted = generated.copy()
    shifted[:, 4:6] += 2.0
    return metrics.evaluate(
        *(ToyJudge(), train, test, labels, shifted, wanted),
        train_labels=train[:, 0].astype(int),
        recordings=(np.arange(300) // 2, np.arange(60) // 2),
        kits=np.arange(300) % 5,
        ears={"stern": SternJudge(), "deaf": DeafEar()},
        codec=lambda clips, labels: np.round(clips, 1),
    )


def test_each_ear_measures_what_it_hears(panel, asked):
    train, test, _, generated, wanted = asked
    assert list(panel["ears"]) == ["judge", "stern", "deaf"]
    deaf = panel["ears"]["deaf"]
    assert deaf["test"]["frechet_distance"] == metrics.frechet_distance(test[:, 4:6], train[:, 4:6])
    assert deaf["codec"]["frechet_distance"] == pytest.approx(
        metrics.frechet_distance(np.round(test[:, 4:6], 1), train[:, 4:6])
    )
    assert deaf["generated"]["frechet_distance"] > 5
    assert "accuracy" not in deaf["generated"]
    for name in ("coverage", "gaussian_kernel_distance", "frechet_distance"):
        assert panel["ears"]["judge"]["generated"][name] == panel["generated"][name]
        assert deaf["generated"]["intervals"][name][0] <= deaf["generated"][name]
    stern = np.where(generated[:, 2] < 1, 0, generated[:, 0]) == wanted["label"]
    assert panel["ears"]["stern"]["generated"]["accuracy"] == pytest.approx(stern.mean())
    assert json.dumps(panel, allow_nan=False)


def test_the_worst_ear_of_each_score_is_named(panel):
    assert panel["worst_ear"]["frechet_distance"][0] == "deaf"
    lost = {
        name: ear["test"]["coverage"] - ear["generated"]["coverage"]
        for name, ear in panel["ears"].items()
    }
    name = max(lost, key=lost.get)
    assert panel["worst_ear"]["coverage"] == [name, panel["ears"][name]["generated"]["coverage"]]
    assert panel["worst_ear"]["accuracy"][0] == "stern"
    table = metrics.format_table(panel).splitlines()
    places = [table.index(f"heard by {name}") for name in panel["ears"]]
    assert max(map(len, table[places[0] :])) <= 80
    assert sum(line.startswith("    of the test by the codec ") for line in table) == 2 * 3
    assert places == sorted(places)
    assert any(line.split() == ["worst", "ear,", "coverage", name] for line in table)


def test_recordings_are_counted_beside_clips(panel):
    assert (panel["test"]["clips"], panel["test"]["recordings"]) == (60, 30)
    assert panel["test"]["interval"] == metrics.wilson_interval(1.0, 30)
    assert ["of", "recordings", "30"] in [
        line.split() for line in metrics.format_table(panel).splitlines()
    ]
    rng = np.random.default_rng(0)
    (train, _), (test, labels) = toy_clips(rng, 300), toy_clips(rng, 60)
    with pytest.raises(ValueError, match="one for each of 300 clips, received the shape \\(9,\\)"):
        brief(train, test, labels, test, labels, recordings=(np.arange(9), labels))


def test_the_floor_is_a_distance_between_recordings(rng):
    centres, _ = toy_clips(rng, 60)
    train = np.repeat(centres, 10, axis=0)
    train[:, 2:6] += 0.01 * rng.normal(size=(600, 4))
    test, labels = toy_clips(rng, 60)
    arguments = ToyJudge(), train, test, labels, test, labels
    recordings = np.repeat(np.arange(60), 10), np.arange(60)
    by_recording = metrics.evaluate(*arguments, brief=True, recordings=recordings)["floor"]
    by_clip = metrics.evaluate(*arguments, brief=True)["floor"]
    assert by_recording > 3 * by_clip


def test_the_ear_that_nobody_trained_hears_flutter_and_not_level():
    rng, time_s = np.random.default_rng(0), np.arange(8000) / RATE
    ear = metrics.ScatteringEar(RATE)
    noise = rng.normal(size=8000)
    slow, fast = (noise * (1 + np.sin(2 * np.pi * hz * time_s)) for hz in (3.0, 48.0))
    steady, quiet, slow, fast = ear.features(np.stack([noise, 0.01 * noise, slow, fast]))
    np.testing.assert_allclose(quiet, steady, atol=1e-4)
    more = {"slow": (slow - steady)[::8][1:], "fast": (fast - steady)[::8][1:]}
    # 96, 48, 24, 12, 6, 3, 1.5 Hz: each flutters most where it does.
    assert more["slow"].argmax() == 5
    assert more["fast"].argmax() == 1
    again = ear.features(np.stack([noise, fast_noise := rng.normal(size=8000)]))
    assert np.abs(again[0] - again[1]).max() < 0.5 * more["slow"].max()
    assert np.isfinite(ear.features(np.stack([np.zeros(8000), fast_noise]))).all()


# --- too good ------------------------------------------------------------------------------------


def test_onsets_and_durations_are_those_of_a_tone_between_silences():
    sounds = np.zeros((3, 8000))
    sounds[0, 800:2400] = 0.5
    sounds[1, 80:6480] = 0.01
    np.testing.assert_allclose(metrics.onset_times(sounds, RATE)[:2], [100, 10], atol=1)
    # Of the millisecond that the envelope is averaged over, 7 of 8 samples are heard beside it.
    np.testing.assert_allclose(metrics.durations(sounds, RATE)[:2], [200.875, 800.875], atol=0.13)
    assert np.isnan(metrics.onset_times(sounds, RATE)[2])
    assert np.isnan(metrics.durations(sounds, RATE)[2])


def test_equal_distributions_are_told_apart_as_rarely_as_it_says(rng):
    chances = [
        metrics.distribution_difference(rng.normal(size=90), rng.normal(size=60)).p
        for _ in range(500)
    ]
    assert 0.02 < np.mean(np.array(chances) < 0.05) < 0.08
    assert metrics.distribution_difference(rng.normal(size=90) + 1, rng.normal(size=60)).p < 1e-3


def test_clips_of_one_recording_count_once_among_distributions(rng):
    several = np.repeat(np.arange(60), 8)  # that differ as much as clips of other recordings do
    draws = (rng.normal(size=(2, 480)) for _ in range(100))
    alarms = [metrics.distribution_difference(*sets, several).p < 0.05 for sets in draws]
    assert np.mean(alarms) < 0.15
    few, recordings = clustered(rng, 12, clips=30)
    made = rng.normal(size=200)
    by_recording = metrics.distribution_difference(made, few[:, 0], recordings)
    assert few[:, 0].min() < by_recording.real < few[:, 0].max()
    assert by_recording.p > metrics.distribution_difference(made, few[:, 0]).p
    gaps = metrics.distribution_difference(made, np.where(few[:, 0] > 0, np.nan, few[:, 0]))
    assert gaps.real < 0
    for sides in ((made, [np.nan]), ([np.nan], made)):
        with pytest.raises(
            ValueError, match=r"^generated and real must each hold a number, received NaN"
        ):
            metrics.distribution_difference(*sides)


def test_only_what_recordings_could_not_be_is_named():
    far, near = metrics.Difference(2.0, 1.0, 0.001), metrics.Difference(1.0, 1.1, 0.4)
    less = metrics.Difference(0.5, 0.9, 0.001)
    differences = {"onset_ms": far, "duration_ms": near, "level_db": less}
    spreads = {"one": 0.9, "other": 0.5, "third": 1.5, "low": 0.8, "high": 1.25}
    named = metrics.excesses(differences | {"confidence": less}, spreads)
    assert list(named) == ["onset_ms", "level_db", "spread, other", "spread, third"]
    assert "confidence" in metrics.excesses({"confidence": far}, {})
    assert not metrics.excesses({"confidence": far._replace(real=2.0)}, {})
    assert named["onset_ms"] == "median 2, of recordings 1 (p = 0.001)"
    assert named["spread, other"] == "0.50 of that of recordings"
    assert named["spread, third"] == "1.50 of that of recordings"


def test_sounds_that_begin_too_early_are_named_in_the_report(rng):
    (train, _), (test, labels), (early, wanted) = (toy_clips(rng, n) for n in (200, 60, 60))
    for clips in (train, test, early):
        clips[:, :6] *= 1e-4
    for row, start in enumerate(rng.integers(200, 400, 60)):
        test[row, 6 : 6 + start] = 0
    report = metrics.evaluate(QuietJudge(), train, test, labels, early, wanted)
    assert list(report["ears"]) == ["quiet"]
    assert report["differences"]["onset_ms"][2] < 1e-6
    assert "onset_ms" in report["excesses"]
    assert "unlike recordings, onset_ms: median" in metrics.format_table(report)


# --- tables --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["article", "drums", "notes", "robot-digits"])
def test_the_table_of_a_shipped_card_is_that_of_its_scores(name, root):
    card = root / "audiogan_lib" / "weights" / name / "card.json"
    lines = metrics.format_table(json.loads(card.read_text("utf-8"))["scores"]).splitlines()
    shown = card.with_suffix(".md").read_text("utf-8").splitlines()
    assert len(lines) > 25
    assert not set(lines) - set(shown)
    assert max(map(len, lines)) <= 80


def test_the_table_of_a_full_report_has_every_score_with_its_interval(full):
    table = metrics.format_table(full)
    column = full["generated"]
    for name, form, times in (("coverage", ".2f", 1), ("gaussian_kernel_distance", ".2f", 100)):
        value, (low, high) = column[name], column["intervals"][name]
        low, value, high = (format(times * number, form) for number in (low, value, high))
        assert f"{value} [{low}, {high}]" in table
    titles = [score.title for name, score in scores.SCORES.items() if name in column]
    places = [table.index(f"\n{title}") for title in titles]
    assert len(places) > 12
    assert places == sorted(places)
