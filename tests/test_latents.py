"""Ways through latent space: they begin, turn and end where they should."""

import numpy as np
import pytest

from audiogan_lib.latents import LatentWalk, random_directions


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
