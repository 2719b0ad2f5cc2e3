"""Ways through latent space: they begin, turn and end where they should."""

import numpy as np
import pytest

from audiogan_lib.latents import LatentWalk, QualityKnobs, random_directions


@pytest.fixture
def walk():
    rng = np.random.default_rng(0)
    start, end = rng.standard_normal((2, 6)).astype(np.float32)
    return LatentWalk(start, end, random_directions(3, 6, seed=1))


def test_random_directions_are_orthonormal_and_seeded():
    directions = random_directions(4, 20, seed=1)
    np.testing.assert_allclose(directions @ directions.T, np.eye(4), atol=1e-12)
    np.testing.assert_array_equal(directions, random_directions(4, 20, seed=1))
    assert np.abs(directions - random_directions(4, 20, seed=2)).max() > 0.1
    assert [random_directions(count, 3, seed=0).shape for count in (0, 3)] == [(0, 3), (3, 3)]
    with pytest.raises(ValueError, match=r"count must lie in \[0, 3\], received 4"):
        random_directions(4, 3, seed=0)


def test_a_walk_begins_and_ends_at_its_ends(walk):
    np.testing.assert_array_equal(walk.latent(), walk.start)
    assert walk.latent([1, 0, 0], 0.5).dtype == np.float32
    np.testing.assert_array_equal(walk.latent(morph=1), walk.end)
    np.testing.assert_array_equal(walk.latent([0, 0, 0], 1), walk.end)


def test_a_morph_follows_the_arc_at_even_pace(walk):
    start, end = (latent / np.linalg.norm(latent) for latent in (walk.start, walk.end))
    ends = LatentWalk(start, end, walk.directions)
    quarter, half = ends.latent(morph=0.25), ends.latent(morph=0.5)
    assert np.linalg.norm(half) == pytest.approx(1, abs=1e-6)
    assert start @ half == pytest.approx(end @ half, abs=1e-6)
    assert np.arccos(start @ quarter) == pytest.approx(np.arccos(start @ half) / 2, rel=1e-3)


def test_a_morph_between_equal_ends_stays_there(walk):
    for start in np.random.default_rng(0).normal(size=(20, 6)):  # of some the cosine exceeds 1
        same = LatentWalk(start, start, walk.directions)
        np.testing.assert_allclose(same.latent(morph=0.3), start, rtol=1e-6)


def test_a_knob_turns_towards_its_direction_and_keeps_the_length(walk):
    moved = walk.latent([0, 1.5, 0])
    assert np.linalg.norm(moved) == pytest.approx(np.linalg.norm(walk.start), rel=1e-6)
    gain = walk.directions @ (
        moved / np.linalg.norm(moved) - walk.start / np.linalg.norm(walk.start)
    )
    assert gain.argmax() == 1
    # By the arctangent of the position, where start and direction are orthogonal; of any length.
    turned = LatentWalk(3 * np.eye(4)[0], 5 * np.eye(4)[1], np.eye(4)[2:]).latent([0, 1.5])
    np.testing.assert_allclose(turned, 3 * np.array([1, 0, 0, 1.5]) / np.hypot(1, 1.5), rtol=1e-6)
    morphing = walk.latent([0, 1.5, 0], morph=0.6)
    length = np.linalg.norm(walk.latent(morph=0.6))
    assert np.linalg.norm(morphing) == pytest.approx(length, rel=1e-6)
    with pytest.raises(ValueError, match=r"positions must be 3, one a knob, received \(2,\)"):
        walk.latent([0, 1])
    with pytest.raises(ValueError, match=r"morph must lie in \[0, 1\], received 1.5"):
        walk.latent(morph=1.5)


@pytest.fixture
def knobs():
    """Return knobs of two qualities, for 8 numbers and conditions of 3 and 2 classes."""
    draws, sizes = np.random.default_rng(4), {(8, 5): 0.4, (5, 6): 0.5, (6, 2): 2}
    layers = [(k * draws.normal(size=s), draws.normal(size=s[1]) / 2) for s, k in sizes.items()]
    return QualityKnobs(("brightness", "length"), draws.normal(size=(5, 5)), (0, 3), layers)


def test_predicted_slopes_are_those_of_the_predicted_qualities(knobs):
    latent, steps = np.random.default_rng(5).normal(size=8), 1e-5 * np.eye(8)
    ahead = [knobs.predict(latent + step, (2, 1))[0] for step in steps]
    behind = [knobs.predict(latent - step, (2, 1))[0] for step in steps]
    slopes = knobs.predict(latent, (2, 1))[1]
    np.testing.assert_allclose(slopes, np.subtract(ahead, behind).T / 2e-5, rtol=1e-6)
    by_class = [knobs.predict(latent, c)[0] for c in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1))]
    assert len(np.unique(np.round(by_class, 6), axis=0)) == 5
    # What the classes of two conditions add is added up.
    table = knobs.table[:, :2]
    empty = QualityKnobs(knobs.names, table, (0, 3), [(np.zeros((8, 2)), np.zeros(2))])
    np.testing.assert_allclose(empty.predict(latent, (2, 1))[0], table[2] + table[4])


def test_a_quality_moves_by_what_is_asked_and_the_others_stay(knobs):
    changes = []
    for start in np.random.default_rng(6).normal(size=(40, 8)):
        before = knobs.predict(start, (1, 0))[0]
        moved = knobs.latent(start, (1, 0), (0.0, 0.2))
        assert moved.dtype == np.float32
        assert np.linalg.norm(moved) == pytest.approx(np.linalg.norm(start), rel=1e-6)
        changes.append(knobs.predict(moved, (1, 0))[0] - before)
    assert np.median(changes, axis=0)[1] == pytest.approx(0.2, abs=0.05)
    assert np.median(np.abs(changes), axis=0)[0] < 0.05
    start = start.astype(np.float32)
    np.testing.assert_array_equal(knobs.latent(start, (1, 0), (0, 0)), start)
    with pytest.raises(ValueError, match=r"positions must be 2, one a knob, received \(1,\)"):
        knobs.latent(start, (1, 0), (0.5,))


def test_where_a_quality_hardly_changes_the_latent_is_not_thrown_away(knobs):
    layers = [(np.eye(8)[:, :2] / 1e3, np.zeros(2))]
    flat = QualityKnobs(knobs.names, np.zeros((5, 2)), (0, 3), layers)
    start = np.random.default_rng(7).normal(size=8)
    moved = flat.latent(start, (0, 0), (2.0, 0.0))
    assert np.abs(moved - start).max() < 0.2
