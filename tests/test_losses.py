"""Losses and penalties against closed forms."""

import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import losses

REAL = np.array([[2.0], [-1.0], [0.5]], np.float32)
FAKE = np.array([[-3.0], [0.0], [1.5]], np.float32)


def gradients(function, *scores):
    scores = [tf.constant(part) for part in scores]
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = function(*scores)
    return [part.numpy().ravel() for part in tape.gradient(value, scores)]


# --- losses of scores ----------------------------------------------------------------------------


def test_non_saturating_is_the_cross_entropy_of_the_sigmoid():
    real, fake = (1 / (1 + np.exp(-scores.astype(float))) for scores in (REAL, FAKE))
    found = float(losses.non_saturating_discriminator(REAL, FAKE))
    assert found == pytest.approx(-np.log(real).mean() - np.log(1 - fake).mean(), rel=1e-5)
    assert float(losses.non_saturating_generator(FAKE)) == pytest.approx(
        -np.log(fake).mean(), rel=1e-5
    )


def test_hinge_by_hand():
    # relu(1 - real) = 0, 2, 0.5; relu(1 + fake) = 0, 1, 2.5
    assert float(losses.hinge_discriminator(REAL, FAKE)) == pytest.approx(2.5 / 3 + 3.5 / 3)


def test_wasserstein_is_the_difference_of_means():
    assert float(losses.wasserstein_discriminator(REAL, FAKE)) == pytest.approx(-1.0)
    assert float(losses.negative_mean_score(FAKE)) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "name, undecided", [("non_saturating", 2 * np.log(2)), ("hinge", 2.0), ("wasserstein", 0.0)]
)
def test_a_discriminator_that_answers_zero_to_everything_pays_the_known_price(name, undecided):
    zeros = np.zeros((4, 1), np.float32)
    assert float(losses.NAMES[name][0](zeros, zeros)) == pytest.approx(undecided)


@pytest.mark.parametrize("name", losses.NAMES)
def test_discriminators_raise_real_and_lower_fake_scores_and_generators_raise_fake_ones(name):
    discriminator_loss, generator_loss = losses.NAMES[name]
    zeros = np.zeros((4, 1), np.float32)
    of_real, of_fake = gradients(discriminator_loss, zeros, zeros)
    assert np.all(of_real < 0)
    assert np.all(of_fake > 0)
    assert np.all(gradients(generator_loss, zeros)[0] < 0)


@pytest.mark.parametrize("name", losses.NAMES)
def test_generators_keep_their_gradient_while_the_discriminator_wins(name):
    losing = np.full((4, 1), -20.0, np.float32)
    np.testing.assert_allclose(gradients(losses.NAMES[name][1], losing)[0], -0.25, rtol=1e-5)


def test_hinge_lets_go_of_scores_beyond_the_margin():
    beyond = np.full((4, 1), 1.5, np.float32)
    of_real, of_fake = gradients(losses.hinge_discriminator, beyond, -beyond)
    assert not of_real.any()
    assert not of_fake.any()


def test_extreme_scores_give_finite_losses():
    far = np.array([[1e4], [-1e4]], np.float32)
    for discriminator_loss, generator_loss in losses.NAMES.values():
        assert np.isfinite(float(discriminator_loss(far, -far)))
        assert np.isfinite(float(generator_loss(far)))


# --- penalties of gradients ----------------------------------------------------------------------


def input_gradients(score, examples):
    examples = tf.constant(examples)
    with tf.GradientTape() as tape:
        tape.watch(examples)
        total = tf.reduce_sum(score(examples))
    return tape.gradient(total, examples)


def test_penalties_of_a_linear_score_depend_on_its_slope_alone():
    slope = np.array([[3.0, 0.0], [0.0, 4.0]], np.float32)  # norm 5
    examples = np.random.default_rng(0).normal(size=(6, 2, 2)).astype(np.float32)
    found = input_gradients(lambda x: tf.reduce_sum(x * slope, axis=(1, 2)), examples)
    assert float(losses.r1(found)) == pytest.approx(25.0)
    assert float(losses.gradient_penalty(found)) == pytest.approx(16.0)
    assert float(losses.gradient_penalty(found, target=5.0)) == pytest.approx(0.0, abs=1e-6)
    assert float(losses.gradient_penalty(found, target=0.0)) == pytest.approx(25.0)


def test_each_example_has_a_norm_of_its_own():
    found = tf.constant([[0.0, 1.0], [0.0, 3.0]])
    assert float(losses.r1(found)) == pytest.approx((1 + 9) / 2)
    assert float(losses.gradient_penalty(found)) == pytest.approx((0 + 4) / 2)


def test_the_gradient_penalty_can_be_differentiated_where_the_gradient_is_zero():
    slope = tf.Variable([0.0, 0.0])
    with tf.GradientTape() as tape:
        penalty = losses.gradient_penalty(tf.stack([slope, slope]))
    assert float(penalty) == pytest.approx(1.0, abs=1e-5)
    assert np.all(np.isfinite(tape.gradient(penalty, slope)))


def test_points_between_real_and_fake_lie_on_the_line_of_their_pair():
    real = np.random.default_rng(1).normal(size=(3, 4, 2)).astype(np.float32)
    fake = np.random.default_rng(2).normal(size=(3, 4, 2)).astype(np.float32)
    mix = np.array([0.0, 0.25, 1.0], np.float32)
    found = np.asarray(losses.interpolate(real, fake, mix))
    np.testing.assert_allclose(found[0], fake[0])
    np.testing.assert_allclose(found[1], 0.25 * real[1] + 0.75 * fake[1], rtol=1e-6)
    np.testing.assert_allclose(found[2], real[2])
