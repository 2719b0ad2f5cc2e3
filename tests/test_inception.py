"""Scores of probabilities and shares against closed forms."""

import numpy as np
import pytest

from audiogan_lib import metrics


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


def test_modified_inception_score_by_hand():
    # Two clips, each way 0.8 log 9; with three equal clips nothing differs.
    assert metrics.modified_inception_score([[0.9, 0.1], [0.1, 0.9]]) == pytest.approx(9**0.8)
    assert metrics.modified_inception_score(np.full((3, 4), 0.25)) == pytest.approx(1.0)


def test_modified_inception_score_is_the_mean_over_all_pairs_of_different_clips():
    rows = np.random.default_rng(0).dirichlet(np.ones(5), size=12)
    pairs = [
        (one * np.log(one / other)).sum()
        for i, one in enumerate(rows)
        for j, other in enumerate(rows)
        if i != j
    ]
    assert metrics.modified_inception_score(rows) == pytest.approx(np.exp(np.mean(pairs)))


def test_modified_inception_score_stays_finite_for_a_judge_without_doubt():
    assert metrics.modified_inception_score(np.eye(2)) == pytest.approx(1e6)
    with pytest.raises(ValueError, match="at least 2 clips"):
        metrics.modified_inception_score([[0.5, 0.5]])


def test_am_score_adds_the_wrong_mix_and_the_doubt():
    even = np.eye(2)[[0, 1]]
    assert metrics.am_score(even, even) == 0.0
    doubtful = np.full((4, 2), 0.5)
    assert metrics.am_score(doubtful, even) == pytest.approx(np.log(2))
    lopsided = np.eye(2)[[0, 0, 0, 1]]
    assert metrics.am_score(lopsided, even) == pytest.approx(0.5 * np.log(4 / 3))
    assert metrics.am_score(even, lopsided) == pytest.approx(0.75 * np.log(1.5) - 0.25 * np.log(2))
    with pytest.raises(ValueError, match="must have 2 classes, got 3"):
        metrics.am_score(even, np.eye(3))


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
