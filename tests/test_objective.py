"""The options of ``GAN.compile``: each term against arithmetic by hand on linear networks."""

from dataclasses import asdict

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_gan

from audiogan_lib import losses, training

SLOPE = np.array([[3.0], [4.0]], np.float32)


def linear(slope=SLOPE, maps=False, logits=False):
    """A discriminator whose score is ``slope @ x``; its feature map is x, its logits are x."""
    example = keras.Input((2,))
    dense = keras.layers.Dense(1, use_bias=False)
    answer = {"scores": dense(example)}
    dense.set_weights([slope])
    if maps:
        answer["feature_maps"] = [keras.layers.Identity()(example)]
    if logits:
        answer["label_logits"] = keras.layers.Identity()(example)
    return keras.Model(example, answer if maps or logits else answer["scores"])


def constant_generator(value, latent_dim=3):
    """A generator that draws ``value`` whatever the latent, by its bias alone."""
    latent = keras.Input((latent_dim,))
    dense = keras.layers.Dense(2, kernel_initializer="zeros")
    model = keras.Model(latent, dense(latent))
    dense.bias.assign(value)
    return model


def compiled(discriminator, value=(0.5, -0.5), rates=(0.0, 0.1), ema=0.0, **options):
    gan = training.GAN(constant_generator(value), discriminator, ema=ema)
    options = {"loss": "wasserstein"} | options
    gan.compile(*(keras.optimizers.SGD(rate) for rate in rates), **options)
    return gan


def one_step(gan, real, labels=None):
    data = real if labels is None else (real, labels)
    actual = gan.train_step(tf.nest.map_structure(tf.convert_to_tensor, data))
    return {name: float(value) for name, value in actual.items()}


REAL = np.array([[1.0, 2.0], [3.0, 0.0]], np.float32)
MEAN_SLOPE = np.array([[0.5], [-0.5]]) - REAL.mean(axis=0)[:, None]  # of mean fake - mean real


def weights_after(real=REAL, rate=0.1, **options):
    gan = compiled(linear(), rates=(0.0, rate), **options)
    one_step(gan, real)
    return gan.discriminator.get_weights()[0]


def test_r2_is_the_penalty_on_generated_examples():
    # R1 and R2 of a linear score are both its squared slope: they add up.
    both = weights_after(r1=0.2, r2=0.3)
    np.testing.assert_allclose(both, SLOPE - 0.1 * (MEAN_SLOPE + 0.5 * SLOPE), rtol=1e-5)
    np.testing.assert_allclose(
        weights_after(r2=0.3), SLOPE - 0.1 * (MEAN_SLOPE + 0.3 * SLOPE), rtol=1e-5
    )


def test_r2_looks_at_generated_and_r1_at_real_examples():
    example = keras.Input((1,))
    score = keras.layers.Lambda(lambda x: 0.5 * x**2)(example)
    scaled = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(score)
    square = keras.Model(example, scaled)
    actual = {}
    for name in ("r1", "r2"):
        square.set_weights([np.ones((1, 1), np.float32)])
        generator = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, "tanh")])
        generator.set_weights([np.zeros((1, 1)), np.array([10.0])])  # draws 1
        gan = training.GAN(generator, square)
        gan.compile(*(keras.optimizers.SGD(r) for r in (0.0, 1.0)), "wasserstein", **{name: 1.0})
        one_step(gan, np.full((4, 1), 3.0, np.float32))
        actual[name] = 1.0 - float(square.get_weights()[0][0, 0])
    # d/dw of mean fake - mean real is (1 - 9) / 2; of half the squared slope, (w x)^2 / 2, x^2.
    assert actual["r1"] == pytest.approx((1 - 9) / 2 + 9, rel=1e-4)
    assert actual["r2"] == pytest.approx((1 - 9) / 2 + 1, rel=1e-4)


class TwiceInTraining(keras.layers.Layer):
    def call(self, inputs, training=False):
        return 2.0 * inputs if training else inputs


def test_penalties_are_of_the_discriminator_as_it_trains():
    example, dense = keras.Input((2,)), keras.layers.Dense(1, use_bias=False)
    gan = compiled(keras.Model(example, dense(TwiceInTraining()(example))), r1=0.2)
    dense.set_weights([SLOPE])
    one_step(gan, REAL)
    expected = SLOPE - 0.1 * (2 * MEAN_SLOPE + 0.2 * 2**2 * SLOPE)
    np.testing.assert_allclose(dense.get_weights()[0], expected, rtol=1e-5)


def test_the_mix_of_the_gradient_penalty_is_drawn_anew_at_every_step(monkeypatch):
    mixes, interpolate = [], losses.interpolate
    watched = lambda real, fake, mix: mixes.append(mix.numpy()) or interpolate(real, fake, mix)  # noqa: E731
    monkeypatch.setattr(losses, "interpolate", watched)
    gan = compiled(linear(), gradient_penalty=1.0)
    for _ in range(3):
        one_step(gan, np.tile(REAL, (8, 1)))
    assert len(np.unique(mixes)) == 3 * 16
    assert 0 <= np.min(mixes) < 0.2 < 0.8 < np.max(mixes) <= 1


def test_the_generators_step_sees_real_examples_through_the_augmentation_too():
    augment = lambda examples: 0.0 * examples  # noqa: E731
    gan = training.GAN(constant_generator((0.5, -0.5)), linear(maps=True), augment=augment)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0), feature_matching=1.0)
    assert one_step(gan, REAL)["feature_matching"] == 0


def test_drift_pulls_the_scores_of_real_examples_to_zero():
    scores = REAL @ SLOPE
    pull = 2 * (scores * REAL).mean(axis=0)[:, None]
    np.testing.assert_allclose(
        weights_after(drift=0.01), SLOPE - 0.1 * (MEAN_SLOPE + 0.01 * pull), rtol=1e-5
    )


def test_weights_are_clipped_after_the_step():
    np.testing.assert_allclose(
        weights_after(clip_weights=3.5), np.clip(SLOPE - 0.1 * MEAN_SLOPE, -3.5, 3.5), rtol=1e-5
    )


def test_compiling_again_without_clipping_ends_it():
    gan = compiled(linear(), clip_weights=0.1)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.1), "wasserstein")
    one_step(gan, REAL)
    assert np.abs(gan.discriminator.get_weights()[0]).min() > 1


def test_several_discriminators_are_summed():
    gan = compiled([linear(), linear(-2 * SLOPE)])
    actual = one_step(gan, REAL)
    real, fake = (REAL @ SLOPE).mean(), float(np.array([0.5, -0.5]) @ SLOPE[:, 0])
    assert actual["discriminator_loss"] == pytest.approx((fake - real) * (1 - 2), rel=1e-5)
    assert actual["real_score"] == pytest.approx(real * (1 - 2) / 2, rel=1e-5)


def test_feature_matching_is_the_distance_of_the_feature_maps():
    gan = compiled(linear(maps=True), rates=(0.1, 0.0), feature_matching=2.0)
    actual = one_step(gan, REAL)
    distance = np.abs(REAL - np.array([0.5, -0.5])).mean()
    assert actual["feature_matching"] == pytest.approx(distance, rel=1e-5)
    adversarial = -float(np.array([0.5, -0.5]) @ SLOPE[:, 0])
    assert actual["generator_loss"] == pytest.approx(adversarial + 2 * distance, rel=1e-5)
    # Towards the score (its slope), and towards both examples of each feature: -1/4 an example.
    bias = gan.generator.get_weights()[1]
    expected = np.array([0.5, -0.5]) + 0.1 * (SLOPE[:, 0] + 2 * np.array([2, 2]) / 4)
    np.testing.assert_allclose(bias, expected, rtol=1e-5)


def test_a_penalty_leaves_weights_alone_that_the_loss_does_not_reach():
    example = keras.Input((2,))
    scores, logits = keras.layers.Dense(1), keras.layers.Dense(2)
    answer = {"scores": scores(example), "label_logits": logits(example)}
    gan = compiled(keras.Model(example, answer), r1=1.0)
    before, unasked = scores.get_weights()[0], logits.get_weights()[0]
    one_step(gan, REAL, np.array([[0], [1]], np.int32))
    np.testing.assert_array_equal(logits.get_weights()[0], unasked)
    assert not np.array_equal(scores.get_weights()[0], before)


def test_the_auxiliary_classifier_learns_from_real_and_teaches_the_generator():
    gan = compiled(linear(logits=True), rates=(0.1, 0.0), label_loss=3.0)
    labels = np.array([[0], [1]], np.int32)
    actual = one_step(gan, REAL, labels)

    def cross_entropy(logits):
        shifted = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        return -shifted[np.arange(2), labels[:, 0]].mean()

    fake = np.tile([[0.5, -0.5]], (2, 1))
    scores = (fake @ SLOPE).mean(), (REAL @ SLOPE).mean()
    assert actual["label_loss"] == pytest.approx(cross_entropy(fake), rel=1e-5)
    expected = scores[0] - scores[1] + 3 * cross_entropy(REAL)
    assert actual["discriminator_loss"] == pytest.approx(expected, rel=1e-5)


def test_further_terms_of_the_generator_are_added_and_shown():
    distance = lambda real, fake: tf.reduce_mean(tf.abs(real - fake))  # noqa: E731
    gan = compiled(linear(), rates=(0.1, 0.0), generator_terms={"distance": (5.0, distance)})
    actual = one_step(gan, REAL)
    expected = np.abs(REAL - np.array([0.5, -0.5])).mean()
    assert actual["distance"] == pytest.approx(expected, rel=1e-5)
    adversarial = -float(np.array([0.5, -0.5]) @ SLOPE[:, 0])
    assert actual["generator_loss"] == pytest.approx(adversarial + 5 * expected, rel=1e-5)


@pytest.mark.parametrize("name", ["relativistic_average", "relativistic_pairing"])
def test_a_relativistic_loss_sees_both_scores_in_both_steps(name):
    gan = compiled(linear(), rates=(0.0, 0.0), loss=name)
    actual = one_step(gan, REAL)
    real, fake = REAL @ SLOPE, np.full((2, 1), np.array([0.5, -0.5]) @ SLOPE[:, 0], np.float32)
    pair = losses.NAMES[name]
    assert actual["discriminator_loss"] == pytest.approx(float(pair[0](real, fake)), rel=1e-5)
    assert actual["generator_loss"] == pytest.approx(float(pair[1](fake, real)), rel=1e-5)
    in_graph = gan.fit(REAL, batch_size=2, verbose=0).history
    assert in_graph["generator_loss"] == pytest.approx([actual["generator_loss"]], rel=1e-5)


def test_a_loss_of_ones_own_is_a_pair_of_functions_marked_if_it_compares_with_real_scores():
    of_real, of_fake = (REAL @ SLOPE).mean(), np.array([0.5, -0.5]) @ SLOPE[:, 0]
    discriminators = lambda real, fake: 7.0 * tf.reduce_mean(real)  # noqa: E731
    alone = lambda fake: 9.0 * tf.reduce_mean(fake)  # noqa: E731
    beside = losses.relativistic(lambda fake, real: 2.0 * tf.reduce_mean(fake - real))
    for generators, expected in ((alone, 9 * of_fake), (beside, 2 * (of_fake - of_real))):
        pair = discriminators, generators
        actual = one_step(compiled(linear(), rates=(0.0, 0.0), loss=pair), REAL)
        assert actual["discriminator_loss"] == pytest.approx(7 * of_real, rel=1e-5)
        assert actual["generator_loss"] == pytest.approx(expected, rel=1e-5)


def test_every_option_of_compile_reaches_the_objective_under_its_name():
    numbers = ("r1", "r2", "gradient_penalty", "clip_weights", "drift", "feature_matching")
    options = {name: 1.0 + place for place, name in enumerate((*numbers, "label_loss"))}
    options |= {"penalty_every": 3, "critic_steps": 2, "generator_terms": {"none": (0.0, min)}}
    gan = compiled(linear(), loss="hinge", **options)
    assert asdict(gan.objective) == options | {"loss": "hinge"}


def test_a_generator_may_start_from_data():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    gan = training.GAN(generator, linear(), latent=False, ema=0.0)
    mse = lambda real, fake: tf.reduce_mean(tf.square(real - fake))  # noqa: E731
    adam = [keras.optimizers.Adam(rate) for rate in (0.05, 0.0)]
    gan.compile(*adam, "least_squares", generator_terms={"error": (100.0, mse)})
    rng = np.random.default_rng(0)
    conditions = rng.normal(size=(64, 5)).astype(np.float32)
    real = conditions @ rng.normal(size=(5, 2)).astype(np.float32)
    history = gan.fit(real, conditions, batch_size=64, epochs=60, verbose=0).history
    assert history["error"][-1] < 0.01 * history["error"][0]
    with pytest.raises(ValueError, match="data: no labels"):
        gan.train_step(tf.constant(real))
    assert gan.predict(conditions[:3], verbose=0).shape == (3, 2)


def test_validation_scores_held_out_examples_with_the_average_and_changes_nothing():
    gan = tiny_gan.build(labels=3, ema=0.5, batch_norm=True)
    tiny_gan.train(gan, tiny_gan.examples(), steps=2)
    before = tiny_gan.state(gan)
    held_out, labels = tiny_gan.examples(8)
    actual = gan.evaluate(held_out, labels, verbose=0, return_dict=True)
    for old, new in zip(before, tiny_gan.state(gan), strict=True):
        np.testing.assert_array_equal(old, new)
    score = gan.discriminator([held_out, labels]).numpy().mean()
    assert actual["real_score"] == pytest.approx(score, rel=1e-5)
    conditions = tf.constant(labels)
    fake = gan.averaged_generator(gan._inputs(conditions, 8, 0))
    score = gan.discriminator([fake, conditions]).numpy().mean()
    assert actual["fake_score"] == pytest.approx(score, rel=1e-4)
    history = gan.fit(held_out, labels, validation_data=(held_out, labels), verbose=0).history
    assert {"val_discriminator_loss", "val_real_score"} <= set(history)


@pytest.mark.parametrize(
    "options",
    [
        *({"loss": "square"}, {"penalty_every": 0}, {"critic_steps": 0}, {"r1": -1.0}),
        *({"r2": -1.0}, {"gradient_penalty": -1.0}, {"clip_weights": -1.0}, {"drift": -1.0}),
        *({"feature_matching": -1.0}, {"label_loss": -1.0}),
    ],
    ids=str,
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        compiled(linear(), **options)


def test_discriminators_with_and_without_labels_see_the_same_examples():
    generator, conditional = tiny_gan.networks(labels=3)
    gan = training.GAN(generator, [tiny_gan.networks()[1], conditional])
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    assert np.isfinite(one_step(gan, *tiny_gan.examples(4))["discriminator_loss"])


def test_networks_that_cannot_work_together_are_refused():
    with pytest.raises(ValueError, match="must take the same examples"):
        training.GAN(
            constant_generator((0, 0)),
            [linear(), keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])],
        )
    example = keras.Input((2,))
    with pytest.raises(ValueError, match="must answer 'scores'"):
        training.GAN(constant_generator((0, 0)), keras.Model(example, {"logits": example}))
