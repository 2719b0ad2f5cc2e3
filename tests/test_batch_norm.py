"""Batch normalisation as one operation, beside Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import training
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
    fused = training.fuse_batch_norm(plain)
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
    network = training.fuse_batch_norm(one_norm((9, 3), momentum=0.0, dtype="mixed_bfloat16"))
    assert network(features, training=True).dtype == "bfloat16"
    values = np.asarray(features, np.float32).reshape(-1, 3)
    np.testing.assert_allclose(network.layers[-1].moving_mean, values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(network.layers[-1].moving_variance, values.var(0), rtol=1e-4)


def test_a_frozen_layer_stays_frozen():
    network = training.fuse_batch_norm(one_norm((3,), trainable=False))
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
    network = training.fuse_batch_norm(one_norm((5, 3), **options))
    assert type(network.layers[-1]) is keras.layers.BatchNormalization


def test_files_of_weights_fit_both_forms(tmp_path):
    plain = specgan.build_generator(32, 32, 2, latent_dim=4, batch_norm=True)
    fused = training.fuse_batch_norm(plain)
    for weight in fused.weights:
        weight.assign(np.random.default_rng(0).uniform(0.5, 1.5, weight.shape))
    fused.save_weights(tmp_path / "fused.weights.h5")
    plain.load_weights(tmp_path / "fused.weights.h5")
    latents = tf.ones((2, 4))
    np.testing.assert_allclose(plain(latents), fused(latents), atol=1e-6)
    again = keras.models.clone_model(fused)
    assert {type(layer) for layer in again.layers} == {type(layer) for layer in fused.layers}
