"""Losses and penalties against closed forms and finite differences."""

import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import losses, spectral

REAL = np.array([[2.0], [-1.0], [0.5]], np.float32)
FAKE = np.array([[-3.0], [0.0], [1.5]], np.float32)


def gradients(function, *scores):
    scores = [tf.constant(part) for part in scores]
    with tf.GradientTape() as tape:
        tape.watch(scores)
        value = function(*scores)
    return [part.numpy().ravel() for part in tape.gradient(value, scores)]


def slopes(function, *scores, step=1e-2):
    """Return the gradient by central differences."""
    scores = [part.astype(np.float64) for part in scores]
    actual = []
    for part in scores:
        for place in np.ndindex(part.shape):
            middle = part[place]
            values = []
            for side in (1, -1):
                part[place] = middle + side * step
                values.append(float(function(*(tf.constant(one) for one in scores))))
            part[place] = middle
            actual.append((values[0] - values[1]) / (2 * step))
    return np.array(actual)


# --- losses of scores ----------------------------------------------------------------------------


def test_non_saturating_is_the_cross_entropy_of_the_sigmoid():
    real, fake = (1 / (1 + np.exp(-scores.astype(float))) for scores in (REAL, FAKE))
    actual = float(losses.non_saturating_discriminator(REAL, FAKE))
    assert actual == pytest.approx(-np.log(real).mean() - np.log(1 - fake).mean(), rel=1e-5)
    assert float(losses.non_saturating_generator(FAKE)) == pytest.approx(
        -np.log(fake).mean(), rel=1e-5
    )


def test_hinge_by_hand():
    # relu(1 - real) = 0, 2, 0.5; relu(1 + fake) = 0, 1, 2.5
    assert float(losses.hinge_discriminator(REAL, FAKE)) == pytest.approx(2.5 / 3 + 3.5 / 3)


def test_wasserstein_is_the_difference_of_means():
    assert float(losses.wasserstein_discriminator(REAL, FAKE)) == pytest.approx(-1.0)
    assert float(losses.negative_mean_score(FAKE)) == pytest.approx(0.5)


def test_minimax_is_the_logarithm_of_being_found_out():
    fake = 1 / (1 + np.exp(-FAKE.astype(float)))
    expected = np.log(1 - fake).mean()
    assert float(losses.minimax_generator(FAKE)) == pytest.approx(expected, rel=1e-5)


def test_least_squares_by_hand():
    # (real - 1)^2 = 1, 4, 0.25; fake^2 = 9, 0, 2.25; (fake - 1)^2 = 16, 1, 0.25
    actual = float(losses.least_squares_discriminator(REAL, FAKE))
    assert actual == pytest.approx(5.25 / 3 + 11.25 / 3)
    assert float(losses.least_squares_generator(FAKE)) == pytest.approx(17.25 / 3)


def test_relativistic_average_is_the_cross_entropy_of_differences_from_the_other_mean():
    above = 1 / (1 + np.exp(-(REAL - FAKE.mean()).astype(float)))
    below = 1 / (1 + np.exp(-(FAKE - REAL.mean()).astype(float)))
    expected = -np.log(above).mean() - np.log(1 - below).mean()
    assert float(losses.relativistic_average(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)


def test_relativistic_players_see_differences_alone_and_pull_them_opposite_ways():
    assert float(losses.relativistic_average(REAL + 7, FAKE + 7)) == pytest.approx(
        float(losses.relativistic_average(REAL, FAKE)), rel=1e-5
    )
    for_real = gradients(losses.relativistic_average, REAL, FAKE)
    for_fake = gradients(losses.relativistic_average, FAKE, REAL)
    # What one kind gains in total the other loses.
    assert for_real[0].sum() == pytest.approx(-for_real[1].sum(), rel=1e-5)
    assert for_real[0].sum() < 0 < for_fake[1].sum()
    # softplus(x) - softplus(-x) = x: the two players' losses differ by what one can read off.
    gap = float(losses.relativistic_average(FAKE, REAL) - losses.relativistic_average(REAL, FAKE))
    assert gap == pytest.approx(2 * (REAL.mean() - FAKE.mean()), rel=1e-5)


def test_relativistic_pairing_compares_each_score_with_its_partner_alone():
    expected = np.mean(np.log1p(np.exp((FAKE - REAL).astype(float))))
    assert float(losses.relativistic_pairing(REAL, FAKE)) == pytest.approx(expected, rel=1e-5)
    level = np.array([[7.0], [-3.0], [0.5]], np.float32)  # of a pair, not of a kind
    moved = float(losses.relativistic_pairing(REAL + level, FAKE + level))
    assert moved == pytest.approx(expected, rel=1e-5)
    of_real, of_fake = gradients(losses.relativistic_pairing, REAL, FAKE)
    np.testing.assert_allclose(of_real, -of_fake, rtol=1e-6)


def test_relativistic_pairing_refuses_scores_without_partner():
    for others, shape in ((FAKE[:2], r"\(2, 1\)"), (FAKE[:, 0], r"\(3,\)")):
        with pytest.raises(ValueError, match=rf"shapes \(3, 1\) and {shape}: must be pairs"):
            losses.relativistic_pairing(REAL, others)


#: Score and loss of a discriminator that cannot tell, at its best.
UNDECIDED = {
    "minimax": (0.0, 2 * np.log(2)),
    "non_saturating": (0.0, 2 * np.log(2)),
    "least_squares": (0.5, 0.5),
    "hinge": (0.0, 2.0),
    "wasserstein": (0.0, 0.0),
    "relativistic_average": (0.0, 2 * np.log(2)),
    "relativistic_pairing": (0.0, np.log(2)),
}


@pytest.mark.parametrize("name", losses.NAMES)
def test_a_discriminator_that_cannot_tell_can_do_no_better_than_the_known_price(name):
    score, price = UNDECIDED[name]
    discriminator_loss = losses.NAMES[name][0]

    def loss(value):
        scores = np.full((4, 1), value, np.float32)
        return float(discriminator_loss(scores, scores))

    assert loss(score) == pytest.approx(price, rel=1e-5)
    for other in np.linspace(-3, 3, 13):
        assert loss(other) >= price - 1e-5


#: The best score of a place where real sounds are ``r`` and generated ones ``1 - r`` of all.
BEST = {
    "non_saturating": lambda r: np.log(r / (1 - r)),
    "least_squares": lambda r: r,
    "hinge": lambda r: np.sign(r - 0.5),
}


@pytest.mark.parametrize("name", BEST)
@pytest.mark.parametrize("share", [0.2, 0.4, 0.9])
def test_the_best_discriminator_says_how_many_of_its_place_are_real(name, share):
    real, fake = (np.zeros((10, 1), np.float32) for _ in range(2))
    count = round(10 * share)
    grid = np.linspace(-3, 3, 121)

    def loss(score):
        # Away from this place the scores are 0 and cost the same whatever happens here.
        real[:count], fake[: 10 - count] = score, score
        return float(losses.NAMES[name][0](real, fake))

    assert grid[np.argmin([loss(s) for s in grid])] == pytest.approx(BEST[name](share), abs=0.026)


def generator_gradients(name, real, fake):
    """Gradient of the generator's loss for the fake scores."""
    loss = losses.NAMES[name][1]
    return gradients(loss, *((fake, real) if hasattr(loss, "relativistic") else (fake,)))[0]


@pytest.mark.parametrize("name", losses.NAMES)
def test_discriminators_raise_real_and_lower_fake_scores_and_generators_raise_fake_ones(name):
    half = np.full((4, 1), 0.5, np.float32)
    of_real, of_fake = gradients(losses.NAMES[name][0], half, half)
    assert np.all(of_real < 0)
    assert np.all(of_fake > 0)
    assert np.all(generator_gradients(name, half, half) < 0)


@pytest.mark.parametrize("name", losses.NAMES)
def test_gradients_are_the_slopes_of_the_losses(name):
    discriminator_loss, generator_loss = losses.NAMES[name]
    seen = [FAKE, REAL] if hasattr(generator_loss, "relativistic") else [FAKE]
    for loss, scores in [(discriminator_loss, [REAL, FAKE]), (generator_loss, seen)]:
        actual = np.concatenate(gradients(loss, *scores))
        np.testing.assert_allclose(actual, slopes(loss, *scores), atol=1e-3)


@pytest.mark.parametrize("name", ["non_saturating", "hinge", "wasserstein"])
def test_generators_keep_their_gradient_while_the_discriminator_wins(name):
    real, losing = np.full((4, 1), 20.0, np.float32), np.full((4, 1), -20.0, np.float32)
    np.testing.assert_allclose(generator_gradients(name, real, losing), -0.25, rtol=1e-5)


def test_the_minimax_gradient_vanishes_just_then():
    for score in (-5.0, -20.0):
        losing = np.full((4, 1), score, np.float32)
        actual = generator_gradients("minimax", None, losing)
        # Exactly the share of what the non-saturating loss gives: sigmoid against 1 - sigmoid.
        ratio = actual / generator_gradients("non_saturating", None, losing)
        np.testing.assert_allclose(ratio, np.exp(score), rtol=1e-4)
        assert np.all(np.abs(actual) < 0.26 * np.exp(score))


def test_hinge_lets_go_of_scores_beyond_the_margin():
    beyond = np.full((4, 1), 1.5, np.float32)
    of_real, of_fake = gradients(losses.hinge_discriminator, beyond, -beyond)
    assert not of_real.any()
    assert not of_fake.any()


def test_extreme_scores_give_finite_losses():
    far = np.array([[1e4], [-1e4]], np.float32)
    for name, (discriminator_loss, _) in losses.NAMES.items():
        assert np.isfinite(float(discriminator_loss(far, -far)))
        assert np.all(np.isfinite(generator_gradients(name, far, -far)))


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
    actual = input_gradients(lambda x: tf.reduce_sum(x * slope, axis=(1, 2)), examples)
    assert float(losses.r1(actual)) == pytest.approx(25.0)
    assert float(losses.gradient_penalty(actual)) == pytest.approx(16.0)
    assert float(losses.gradient_penalty(actual, target=5.0)) == pytest.approx(0.0, abs=1e-6)
    assert float(losses.gradient_penalty(actual, target=0.0)) == pytest.approx(25.0)


def test_each_example_has_a_norm_of_its_own():
    actual = tf.constant([[0.0, 1.0], [0.0, 3.0]])
    assert float(losses.r1(actual)) == pytest.approx((1 + 9) / 2)
    assert float(losses.gradient_penalty(actual)) == pytest.approx((0 + 4) / 2)


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
    actual = np.asarray(losses.interpolate(real, fake, mix))
    np.testing.assert_allclose(actual[0], fake[0])
    np.testing.assert_allclose(actual[1], 0.25 * real[1] + 0.75 * fake[1], rtol=1e-6)
    np.testing.assert_allclose(actual[2], real[2])


def test_drift_is_the_mean_square():
    assert float(losses.drift(REAL)) == pytest.approx((4 + 1 + 0.25) / 3)
    np.testing.assert_allclose(gradients(losses.drift, REAL)[0], 2 * REAL.ravel() / 3, rtol=1e-6)


# --- losses against the real sound ---------------------------------------------------------------


def test_feature_matching_weighs_every_map_alike_whatever_its_size():
    real = [np.zeros((2, 3, 4), np.float32), np.zeros((2, 50), np.float32)]
    fake = [np.full((2, 3, 4), -2.0, np.float32), np.full((2, 50), 0.5, np.float32)]
    assert float(losses.feature_matching(real, fake)) == pytest.approx(2.5)
    assert float(losses.feature_matching(real, real)) == 0.0


def test_feature_matching_sums_coarse_maps_without_losing_small_ones():
    zeros = tf.zeros((1, 4096), tf.bfloat16)
    actual = losses.feature_matching([zeros], [tf.fill((1, 4096), tf.constant(0.5, tf.bfloat16))])
    assert actual.dtype == tf.float32
    assert float(actual) == pytest.approx(0.5)


@pytest.mark.parametrize("counts", [(2, 1), (1, 2), (0, 0)])
def test_feature_matching_refuses_maps_without_partner(counts):
    one = np.zeros((1, 2), np.float32)
    with pytest.raises(ValueError, match=f"{counts[0]} real_maps, {counts[1]} fake_maps: must be"):
        losses.feature_matching([one] * counts[0], [one] * counts[1])


def test_log_mel_measures_levels_and_ignores_what_is_below_the_floor():
    mels = np.random.default_rng(0).uniform(0.1, 1, (2, 5, 8)).astype(np.float32)
    assert float(losses.log_mel(mels, mels)) == 0.0
    louder = mels * np.float32(10 ** (1 / 20))  # by 1 dB
    assert float(losses.log_mel(mels, louder)) == pytest.approx(np.log(10) / 20, rel=1e-4)
    assert float(losses.log_mel(0 * mels, 0 * mels + 9e-6)) == 0.0
    assert float(losses.log_mel(0 * mels, 0 * mels + 2e-5)) == pytest.approx(np.log(2), rel=1e-4)


RESOLUTIONS = ((256, 64, 200), (128, 32, 128))


@pytest.fixture
def waveforms():
    return np.random.default_rng(3).normal(0, 0.2, (2, 3, 1024)).astype(np.float32)


def test_multi_resolution_stft_by_the_papers_equations(waveforms):
    real, fake = waveforms
    expected = []
    for n_fft, hop_length, win_length in RESOLUTIONS:
        big, small = (
            abs(spectral.stft(x, n_fft, hop_length, win_length).numpy()) for x in (real, fake)
        )
        convergence = np.linalg.norm(big - small) / np.linalg.norm(big)
        expected.append(convergence + np.mean(np.abs(np.log(big) - np.log(small))))
    actual = float(losses.multi_resolution_stft(real, fake, RESOLUTIONS))
    assert actual == pytest.approx(np.mean(expected), rel=1e-3)


def test_multi_resolution_stft_of_equal_sounds_is_zero_and_can_be_differentiated(waveforms):
    real = waveforms[0]
    assert float(losses.multi_resolution_stft(real, real, RESOLUTIONS)) < 1e-6
    actual = gradients(lambda x: losses.multi_resolution_stft(real, x, RESOLUTIONS), real)
    assert np.all(np.isfinite(actual))


def test_multi_resolution_stft_of_half_the_level_is_known(waveforms):
    real = waveforms[0]
    actual = float(losses.multi_resolution_stft(real, real / 2, RESOLUTIONS))
    assert actual == pytest.approx(0.5 + np.log(2), rel=1e-3)


def test_the_gradient_of_multi_resolution_stft_is_its_slope(waveforms):
    real, fake = waveforms[:, :1, :300]
    resolutions = ((128, 50, 100),)

    def loss(x):
        return losses.multi_resolution_stft(real.astype(x.dtype.as_numpy_dtype), x, resolutions)

    gradient, step = gradients(loss, fake)[0], 1e-5
    for direction in np.random.default_rng(5).normal(size=(4, *fake.shape)):
        ends = [float(loss(tf.constant(fake + side * step * direction))) for side in (1, -1)]
        slope = (ends[0] - ends[1]) / (2 * step)
        assert slope == pytest.approx(gradient @ direction.ravel(), rel=1e-3, abs=1e-4)
    assert np.abs(gradient).max() > 0.01


def test_silence_gives_finite_losses_and_gradients(waveforms):
    silence = np.zeros_like(waveforms[0])
    for real, fake in [(silence, waveforms[0]), (waveforms[0], silence), (silence, silence)]:
        assert np.isfinite(float(losses.multi_resolution_stft(real, fake, RESOLUTIONS)))
        actual = gradients(lambda x, y=real: losses.multi_resolution_stft(y, x, RESOLUTIONS), fake)
        assert np.all(np.isfinite(actual))


def test_the_papers_resolutions_are_the_default():
    sounds = np.random.default_rng(4).normal(0, 0.2, (2, 1, 4096)).astype(np.float32)
    table = [(1024, 120, 600), (2048, 240, 1200), (512, 50, 240)]
    each = [float(losses.multi_resolution_stft(*sounds, [resolution])) for resolution in table]
    actual = float(losses.multi_resolution_stft(*sounds))
    assert actual == pytest.approx(np.mean(each), rel=1e-5)


def test_sounds_shorter_than_a_frame_are_refused(waveforms):
    with pytest.raises(ValueError, match="waveforms: 1024 samples, need at least n_fft=2048"):
        losses.multi_resolution_stft(*waveforms, [(2048, 512, 2048)])


# --- the list ------------------------------------------------------------------------------------


def test_the_table_lists_every_name():
    rows = [line.split()[0] for line in losses.__doc__.splitlines() if line.count("  ") > 2]
    assert [row for row in rows if not row.startswith("=")][1:] == list(losses.NAMES)
