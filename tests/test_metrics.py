"""Scores against closed forms, and their behaviour on sets whose quality is known."""

import json

import numpy as np
import pytest

from audiogan_lib import metrics


@pytest.fixture
def rng():
    return np.random.default_rng(7)


class ToyJudge:
    """A clip's first sample is its label, its second the speaker, the next four its features."""

    sample_rate = 8000

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
    return np.column_stack([labels, speakers, features]), labels


def test_inception_score_is_one_when_every_clip_looks_alike():
    assert metrics.inception_score(np.full((30, 10), 0.1)) == pytest.approx(1.0)
    assert metrics.inception_score(np.eye(10)[np.zeros(30, int)]) == pytest.approx(1.0)


def test_inception_score_of_certain_balanced_clips_is_the_number_of_classes():
    assert metrics.inception_score(np.eye(10)[np.arange(300) % 10]) == pytest.approx(10.0)


def test_inception_score_by_hand():
    # Marginal (1/2, 1/2); each clip diverges by 0.9 log 1.8 + 0.1 log 0.2.
    expected = 1.8**0.9 * 0.2**0.1
    assert metrics.inception_score([[0.9, 0.1], [0.1, 0.9]]) == pytest.approx(expected)


def test_splits_are_dealt_at_random_so_that_sorted_labels_do_no_harm():
    scores = metrics.inception_scores(np.eye(10)[np.repeat(np.arange(10), 30)], splits=10)
    assert scores.shape == (10,)
    assert scores.min() > 7.0
    mean = metrics.inception_score(np.eye(10)[np.repeat(np.arange(10), 30)], splits=10)
    assert mean == pytest.approx(scores.mean())


@pytest.mark.parametrize(
    "probabilities",
    [[0.5, 0.5], [[0.5, 0.4]], [[1.5, -0.5]], np.zeros((0, 3)), [[np.nan, 1.0]]],
)
def test_what_is_no_probability_is_refused(probabilities):
    with pytest.raises(ValueError, match="probabilities must"):
        metrics.inception_score(probabilities)


def test_more_splits_than_clips_are_refused():
    with pytest.raises(ValueError, match=r"splits must .* got 3"):
        metrics.inception_score([[0.5, 0.5], [0.5, 0.5]], splits=3)


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


def test_label_accuracy_counts_the_clips_heard_as_asked():
    probabilities = [[0.6, 0.4], [0.2, 0.8], [0.9, 0.1], [0.3, 0.7]]
    assert metrics.label_accuracy(probabilities, [0, 1, 1, 1]) == 0.75
    with pytest.raises(ValueError, match="one per clip"):
        metrics.label_accuracy(probabilities, [0, 1])
    with pytest.raises(ValueError, match=r"integers from 0 to 1, got values from 0 to 2"):
        metrics.label_accuracy(probabilities, [0, 1, 1, 2])


def test_class_shares_count_classes_that_never_win():
    shares = metrics.class_shares([[0.6, 0.4, 0.0], [0.8, 0.2, 0.0], [0.1, 0.9, 0.0], [1.0, 0, 0]])
    np.testing.assert_allclose(shares, [0.75, 0.25, 0.0])


def test_wilson_interval_reproduces_a_published_example():
    # Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, method 3.
    low, high = metrics.wilson_interval(81 / 263, 263)
    assert (low, high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_wilson_interval_keeps_a_width_when_all_clips_were_right():
    low, high = metrics.wilson_interval(1.0, 300)
    assert high == pytest.approx(1.0)
    assert high <= 1.0
    assert 0.98 < low < 0.99
    with pytest.raises(ValueError, match=r"share must lie in \[0, 1\]"):
        metrics.wilson_interval(97, 100)


def test_evaluate_tells_good_clips_from_shifted_ones(rng):
    train, _ = toy_clips(rng, 600)
    test, labels = toy_clips(rng, 120)
    good, good_labels = toy_clips(rng, 120)
    bad, _ = toy_clips(rng, 120, shift=1.0)
    report = metrics.evaluate(ToyJudge(), train, test, labels, good, good_labels)
    assert report["generated"]["accuracy"] == 1.0
    assert report["test"]["inception_score"] == pytest.approx(2.0)
    assert report["generated"]["frechet_distance"] < 0.3
    worse = metrics.evaluate(ToyJudge(), train, test, labels, bad, 1 - good_labels)
    assert worse["generated"]["accuracy"] == 0.0
    assert worse["test"] == report["test"]
    assert worse["generated"]["frechet_distance"] == pytest.approx(4.0, abs=1.0)


def test_the_floor_is_what_held_out_clips_of_the_same_mix_score(rng):
    floors, held_out, careless = [], [], []
    for _ in range(8):
        train, _ = toy_clips(rng, 600)
        test, labels = toy_clips(rng, 120)
        report = metrics.evaluate(ToyJudge(), train, test, labels, test, labels)
        floors.append(report["floor"])
        held_out.append(report["test"]["frechet_distance"])
        order = rng.permutation(600)
        drawn, rest = train[order[:120], 2:], train[order[120:], 2:]
        careless.append(metrics.frechet_distance(drawn, rest))
    assert np.mean(floors) == pytest.approx(np.mean(held_out), rel=0.25)
    # Drawn without regard to the speakers, the subsets have other mixes and lie further apart.
    assert np.mean(floors) < 0.7 * np.mean(careless)


def test_unequal_counts_are_brought_to_the_smaller_one(rng):
    train, _ = toy_clips(rng, 600)
    test, labels = toy_clips(rng, 60)
    many, many_labels = toy_clips(rng, 480)
    report = metrics.evaluate(ToyJudge(), train, test, labels, many, many_labels)
    assert report["equal_count"] == 60
    assert report["generated"]["clips"] == 480
    all_of_them = metrics.frechet_distance(many[:, 2:], train[:, 2:])
    assert report["generated"]["frechet_distance"] > 1.5 * all_of_them
    with pytest.raises(ValueError, match="train must have at least 62 clips, got 20"):
        metrics.evaluate(ToyJudge(), train[:20], test, labels, many, many_labels)


def test_the_report_is_json_and_names_every_share(rng):
    train, _ = toy_clips(rng, 300)
    test, labels = toy_clips(rng, 60)
    silent_speaker = test[test[:, 1] < 2]
    asked = silent_speaker[:, 0].astype(int)
    report = metrics.evaluate(ToyJudge(), train, test, labels, silent_speaker, asked)
    assert json.loads(json.dumps(report)) == json.loads(json.dumps(report, allow_nan=False))
    assert report["test"]["shares"]["speaker"] == pytest.approx(
        {"x": 1 / 3, "y": 1 / 3, "z": 1 / 3}
    )
    assert report["generated"]["shares"]["speaker"] == {"x": 0.5, "y": 0.5, "z": 0.0}
    table = metrics.format_table(report)
    lines = table.splitlines()
    assert lines[0].split() == ["test", "split", "generated"]
    assert any(line.split() == ["z", "0.333", "0.000"] for line in lines)
    assert f"{report['generated']['frechet_distance']:.2f}" in table
    assert max(map(len, lines)) < 80
