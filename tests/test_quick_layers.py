"""Layers in forms that train quicker, beside Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import training
from audiogan_lib.layers import SpectralNorm
from audiogan_lib.models import specgan


def one_norm(shape, **options):
    features = keras.Input(shape)
    return keras.Model(features, keras.layers.BatchNormalization(**options)(features))


@pytest.mark.parametrize("shape", [(3,), (5, 3), (4, 5, 3)])
def test_it_answers_learns_and_remembers_as_keras_does(shape):
    rng = np.random.default_rng(0)
    features = tf.constant(rng.normal(2, 3, (8, *shape)), tf.float32)
    weights = tf.constant(rng.normal(size=(8, *shape)), tf.float32)
    plain = one_norm(shape, momentum=0.8, epsilon=0.01)
    plain.layers[-1].gamma.assign([0.5, 1.0, 2.0])
    plain.layers[-1].beta.assign([-1.0, 0.0, 1.0])
    fused = training.quicken(plain)
    assert type(fused.layers[-1]) is not type(plain.layers[-1])
    found = []
    for network in (fused, plain):
        with tf.GradientTape() as tape:
            tape.watch(features)
            normal = network(features, training=True)
            loss = tf.reduce_sum(weights * normal)
        slopes = tape.gradient(loss, [features, *network.trainable_variables])
        found.append([normal, *slopes, *network.get_weights(), network(features)])
    for ours, keras_own in zip(*found, strict=True):
        np.testing.assert_allclose(ours, keras_own, atol=1e-4)


def test_bfloat16_is_kept_and_measured_in_full_precision():
    features = tf.cast(tf.random.stateless_normal((64, 9, 3), (0, 0)) + 30, "bfloat16")
    network = training.quicken(one_norm((9, 3), momentum=0.0, dtype="mixed_bfloat16"))
    assert network(features, training=True).dtype == "bfloat16"
    values = np.asarray(features, np.float32).reshape(-1, 3)
    np.testing.assert_allclose(network.layers[-1].moving_mean, values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(network.layers[-1].moving_variance, values.var(0), rtol=1e-4)


def test_a_frozen_layer_stays_frozen():
    network = training.quicken(one_norm((3,), trainable=False))
    network(tf.ones((4, 3)), training=True)
    np.testing.assert_array_equal(network.layers[-1].moving_mean, np.zeros(3))


@pytest.mark.parametrize(
    "options",
    [
        {"axis": 1},
        {"scale": False},
        {"center": False},
        {"gamma_regularizer": "l2"},
        {"beta_constraint": "non_neg"},
        {"dtype": "float64"},
    ],
)
def test_layers_with_other_options_stay_as_they_are(options):
    network = training.quicken(one_norm((5, 3), **options))
    assert type(network.layers[-1]) is keras.layers.BatchNormalization


def test_files_of_weights_fit_both_forms(tmp_path):
    plain = specgan.build_generator(32, 32, 2, latent_dim=4, batch_norm=True)
    fused = training.quicken(plain)
    for weight in fused.weights:
        weight.assign(np.random.default_rng(0).uniform(0.5, 1.5, weight.shape))
    fused.save_weights(tmp_path / "fused.weights.h5")
    plain.load_weights(tmp_path / "fused.weights.h5")
    latents = tf.ones((2, 4))
    np.testing.assert_allclose(plain(latents), fused(latents), atol=1e-6)
    again = keras.models.clone_model(fused)
    assert {type(layer) for layer in again.layers} == {type(layer) for layer in fused.layers}


CONVOLUTIONS = [  # places in a map, filters, kernel, stride: one for each form of the products
    ("Conv2D", (8, 6), {"filters": 5, "kernel_size": 4, "strides": 2}),
    ("Conv2D", (7, 5), {"filters": 3, "kernel_size": (5, 3), "strides": (2, 1), "use_bias": False}),
    ("Conv2D", (3, 4), {"filters": 300, "kernel_size": 5, "strides": 2}),  # deep
    ("Conv2D", (2, 50), {"filters": 3, "kernel_size": (1, 17), "strides": (1, 4)}),  # long
    ("Conv2D", (4, 9), {"filters": 3, "kernel_size": (1, 2), "strides": (1, 5)}),  # leaves a rest
    ("Conv1D", (64,), {"filters": 6, "kernel_size": 25, "strides": 4, "activation": "tanh"}),
    ("Conv1D", (67,), {"filters": 6, "kernel_size": 25, "strides": 4}),
    ("Conv1D", (5,), {"filters": 384, "kernel_size": 7}),  # deep
    ("Conv1DTranspose", (16,), {"filters": 3, "kernel_size": 25, "strides": 4}),
    ("Conv2DTranspose", (4, 3), {"filters": 3, "kernel_size": 5, "strides": 2}),
    ("Conv2DTranspose", (2, 1), {"filters": 3, "kernel_size": 4, "strides": 2}),
]


def one_convolution(kind, size, options, channels=2, dtype=None):
    features = keras.Input((*size, channels))
    layer = getattr(keras.layers, kind)(padding="same", dtype=dtype, **options)
    return keras.Model(features, layer(features))


def slopes_of_slopes(network, features, upstream):
    """All that a step with a gradient penalty needs: values, slopes, and slopes of these."""
    variables = network.trainable_variables
    with tf.GradientTape() as outer:
        outer.watch([features, upstream])
        with tf.GradientTape() as inner:
            inner.watch(features)
            out = network(features)
            loss = tf.reduce_sum(tf.cast(out, "float32") * upstream)
        slope = inner.gradient(loss, features)
        penalty = tf.reduce_sum(tf.square(slope)) + tf.reduce_sum(tf.square(out))
    return [out, slope, *outer.gradient(penalty, [upstream, features, *variables])]


@pytest.mark.parametrize(("kind", "size", "options"), CONVOLUTIONS)
@pytest.mark.parametrize("channels", [2, 96])  # transposed, 96 are enough for the deep form
def test_convolutions_and_two_orders_of_slopes_are_those_of_keras(kind, size, options, channels):
    plain = one_convolution(kind, size, options, channels)
    quick = training.quicken(plain)
    assert type(quick.layers[-1]) is not type(plain.layers[-1])
    if plain.layers[-1].use_bias:
        plain.layers[-1].bias.assign(np.linspace(-1, 1, plain.layers[-1].filters))
        quick.set_weights(plain.get_weights())
    rng = np.random.default_rng(0)
    features = tf.constant(rng.normal(size=(3, *size, channels)), tf.float32)
    upstream = tf.constant(rng.normal(size=(3, *plain.output_shape[1:])), tf.float32)
    expected = slopes_of_slopes(plain, features, upstream)
    for ours, keras_own in zip(slopes_of_slopes(quick, features, upstream), expected, strict=True):
        assert ours.shape == keras_own.shape
        scale = np.abs(keras_own).max()
        np.testing.assert_allclose(ours / scale, keras_own / scale, atol=2e-5)


@pytest.mark.parametrize(("kind", "size", "options"), CONVOLUTIONS)
def test_bfloat16_slopes_are_near_those_in_full_precision(kind, size, options):
    exact = one_convolution(kind, size, options)
    quick = training.quicken(one_convolution(kind, size, options, dtype="mixed_bfloat16"))
    quick.set_weights(exact.get_weights())
    rng = np.random.default_rng(0)
    features = tf.constant(rng.normal(size=(16, *size, 2)), tf.float32)
    upstream = tf.constant(rng.normal(size=(16, *exact.output_shape[1:])), tf.float32)
    found = []
    for network in (exact, quick):
        with tf.GradientTape() as tape:
            tape.watch(features)
            loss = tf.reduce_sum(tf.cast(network(features), "float32") * upstream)
        found.append(tape.gradient(loss, [features, *network.trainable_variables]))
    for full, half in zip(*found, strict=True):
        assert np.linalg.norm(half - full) < 0.02 * np.linalg.norm(full)


def test_the_slope_of_a_bias_in_bfloat16_counts_every_place():
    network = one_convolution(
        "Conv1D", (4096,), {"filters": 1, "kernel_size": 1}, 1, dtype="mixed_bfloat16"
    )
    quick = training.quicken(network)

    @tf.function  # where Keras's form would give 256
    def slope():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.cast(quick(tf.ones((16, 4096, 1))), "float32"))
        return tape.gradient(loss, quick.trainable_variables[1])

    assert float(slope()[0]) == 16 * 4096


def test_a_leaky_relu_has_the_slopes_of_keras():
    features = keras.Input((5,))
    plain = keras.Model(features, keras.layers.LeakyReLU(0.3)(features))
    quick = training.quicken(plain)
    assert type(quick.layers[-1]) is not keras.layers.LeakyReLU
    values = tf.constant([[-2.0, -0.0, 0.0, 1e-9, 3.0]])
    upstream = tf.constant([[1.0, 2.0, 3.0, 4.0, 5.0]])
    for ours, keras_own in zip(
        slopes_of_slopes(quick, values, upstream),
        slopes_of_slopes(plain, values, upstream),
        strict=True,
    ):
        np.testing.assert_array_equal(ours, keras_own)


@pytest.mark.parametrize(
    "options",
    [
        {"padding": "valid"},
        {"padding": "causal"},
        {"padding": "same", "dilation_rate": 2},
        {"padding": "same", "groups": 2},
    ],
)
def test_convolutions_with_other_options_stay_as_they_are(options):
    features = keras.Input((16, 4))
    plain = keras.Model(features, keras.layers.Conv1D(4, 3, **options)(features))
    assert type(training.quicken(plain).layers[-1]) is keras.layers.Conv1D


def test_maps_of_any_length_are_convolved_as_keras_does():
    features = keras.Input((None, 2))
    plain = keras.Model(features, keras.layers.Conv1D(3, 5, padding="same")(features))
    values = tf.random.stateless_normal((2, 9, 2), (0, 0))
    np.testing.assert_array_equal(training.quicken(plain)(values), plain(values))


def test_layers_in_wrappers_are_replaced_too():
    features = keras.Input((8, 8, 2))
    plain = keras.Model(
        features,
        SpectralNorm(keras.layers.Conv2D(4, 4, 2, padding="same"), name="down")(features),
    )
    quick = training.quicken(plain)
    assert type(quick.get_layer("down").layer) is not keras.layers.Conv2D
    values = tf.random.stateless_normal((2, 8, 8, 2), (0, 0))
    np.testing.assert_allclose(quick(values), plain(values), atol=1e-6)


def test_with_a_gpu_convolutions_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [kind])
    quick = training.quicken(one_convolution("Conv1D", (8,), {"filters": 2, "kernel_size": 3}))
    assert type(quick.layers[-1]) is keras.layers.Conv1D
    norm = training.quicken(one_norm((3,))).layers[-1]
    assert type(norm) is not keras.layers.BatchNormalization


def test_a_training_step_is_that_of_the_plain_networks():
    data = tf.random.stateless_uniform((4, 32, 32), (0, 0), -1, 1)
    sizes, found = (32, 32, 4), []
    for form in (lambda network: network, training.quicken):
        keras.utils.set_random_seed(0)
        networks = [
            specgan.build_generator(*sizes, latent_dim=4, batch_norm=True),
            specgan.build_discriminator(*sizes),
        ]
        gan = training.GAN(*map(form, networks))
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), r1=1.0)
        gan.fit(data, epochs=2, batch_size=4, verbose=0)
        found.append(gan.get_weights())
    for plain, quick in zip(*found, strict=True):
        np.testing.assert_allclose(quick, plain, atol=2e-5)
