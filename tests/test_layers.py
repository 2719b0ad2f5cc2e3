"""The layers that Keras lacks, against NumPy, and their state across saving."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import layers


@pytest.fixture
def features():
    return np.random.default_rng(0).normal(size=(5, 9, 3)).astype(np.float32)


def shuffled(features, shift):
    """Pad by reflection on one side and cut on the other, as the authors' code does."""
    padded = np.pad(features, [(max(shift, 0), max(-shift, 0)), (0, 0)], mode="reflect")
    start = max(-shift, 0)
    return padded[start : start + len(features)]


def shift_of(before, after, radius, move):
    """Return the only shift that explains what a layer did to one example."""
    shifts = range(-radius, radius + 1)
    found = [shift for shift in shifts if np.array_equal(move(before, shift), after)]
    assert len(found) == 1
    return found[0]


# --- phase shuffle -------------------------------------------------------------------------------


def test_phase_shuffle_reflects_and_uses_every_shift_within_its_radius(features):
    layer = layers.PhaseShuffle(2)
    seen = set()
    for _ in range(40):
        after = layer(features).numpy()
        shifts = {shift_of(*pair, 2, shuffled) for pair in zip(features, after, strict=True)}
        assert len(shifts) == 1  # one for the whole batch
        seen |= shifts
    assert seen == {-2, -1, 0, 1, 2}


def test_phase_shuffle_per_example_moves_examples_apart(features):
    after = layers.PhaseShuffle(4, per_example=True)(np.repeat(features[:1], 50, 0)).numpy()
    assert {shift_of(features[0], one, 4, shuffled) for one in after} == set(range(-4, 5))


def test_phase_shuffle_passes_gradients_back_to_where_they_came_from():
    features = tf.reshape(tf.range(6, dtype=tf.float32), (1, 6, 1))
    layer = layers.PhaseShuffle(2)
    for _ in range(10):
        with tf.GradientTape() as tape:
            tape.watch(features)
            after = layer(features)
        gradient = tape.gradient(after, features).numpy().ravel()
        counts = np.bincount(after.numpy().ravel().astype(int), minlength=6)
        np.testing.assert_array_equal(gradient, counts)


def test_phase_shuffle_needs_more_steps_than_its_radius():
    with pytest.raises(ValueError, match="3 steps, need more than radius=3"):
        layers.PhaseShuffle(3)(np.zeros((1, 3, 1), np.float32))
    assert layers.PhaseShuffle(2)(np.zeros((1, 3, 1), np.float32)).shape == (1, 3, 1)


# --- random shift --------------------------------------------------------------------------------


def filled(features, shift, fill=-1.0):
    moved = np.full_like(features, fill)
    for step in range(len(features)):
        if 0 <= step - shift < len(features):
            moved[step] = features[step - shift]
    return moved


@pytest.mark.parametrize("fill", [-1.0, 0.0])
def test_random_shift_moves_each_example_by_its_own_shift_and_fills_the_gap(features, fill):
    after = layers.RandomShift(3, fill)(np.repeat(features[:1], 60, 0)).numpy()
    shifts = {shift_of(features[0], one, 3, lambda x, s: filled(x, s, fill)) for one in after}
    assert shifts == set(range(-3, 4))


def test_random_shift_passes_no_gradient_to_what_it_moved_out():
    features = tf.reshape(tf.range(1.0, 7.0), (1, 6, 1))
    layer = layers.RandomShift(2, fill=0.0)
    for _ in range(10):
        with tf.GradientTape() as tape:
            tape.watch(features)
            after = layer(features)
        gradient = tape.gradient(after, features).numpy().ravel()
        np.testing.assert_array_equal(gradient, np.isin(np.arange(1.0, 7.0), after))


def test_a_shift_longer_than_the_clip_leaves_only_the_filling():
    shift = layers.RandomShift(10**6)
    assert np.all(shift(np.ones((3, 4, 2), np.float32)).numpy() == -1)


# --- both ----------------------------------------------------------------------------------------

BOTH = pytest.mark.parametrize("kind", [layers.PhaseShuffle, layers.RandomShift])


@BOTH
def test_radius_zero_changes_nothing(kind, features):
    layer = kind(0)
    np.testing.assert_array_equal(layer(features), features)


@BOTH
def test_a_negative_radius_is_refused(kind):
    with pytest.raises(ValueError, match="radius=-1: must be 0 or more"):
        kind(-1)


@BOTH
def test_values_are_moved_unrounded_under_a_mixed_policy(kind, features):
    after = kind(2, dtype="mixed_bfloat16")(features).numpy()
    assert after.dtype == np.float32
    assert set(after.ravel()) <= {*features.ravel(), -1.0}


@BOTH
def test_shifts_go_on_after_loading_where_they_stood_when_saved(kind, features, tmp_path):
    def model(seed):
        inputs = keras.Input((9, 3))
        return keras.Model(inputs, kind(2, seed=seed)(inputs))

    def draws(network):
        return np.stack([network(features).numpy() for _ in range(8)])

    first = model(seed=1)
    draws(first)
    first.save_weights(tmp_path / "state.weights.h5")
    went_on = draws(first)
    other = model(seed=2)
    assert not np.array_equal(draws(other), went_on)
    other.load_weights(tmp_path / "state.weights.h5")
    np.testing.assert_array_equal(draws(other), went_on)


# --- labels --------------------------------------------------------------------------------------


def test_label_embedding_adds_one_row_for_each_condition():
    layer = layers.LabelEmbedding((3, 2), dim=4)
    found = layer(np.array([[0, 0], [2, 1]])).numpy()
    table = layer.table.numpy()
    assert table.shape == (5, 4)
    np.testing.assert_allclose(found, [table[0] + table[3], table[2] + table[4]], rtol=1e-6)


def test_label_embedding_starts_at_the_scale_asked_for():
    layer = layers.LabelEmbedding((1000,), dim=50, scale=0.02)
    layer(np.array([[0]]))
    assert np.std(layer.table) == pytest.approx(0.02, rel=0.05)


def test_only_rows_that_were_looked_up_learn():
    layer = layers.LabelEmbedding((3, 2), dim=4)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(layer(np.array([[1, 0]])))
    gradient = tf.convert_to_tensor(tape.gradient(total, layer.table.value)).numpy()
    np.testing.assert_array_equal(gradient.any(axis=1), [False, True, False, True, False])


@pytest.mark.parametrize(
    "labels, sizes", [(0, ()), (7, (7,)), ((), ()), ([3, 2], (3, 2)), (np.int64(4), (4,))]
)
def test_labels_can_be_given_as_a_number_or_as_several(labels, sizes):
    assert layers.condition_sizes(labels) == sizes


def test_a_negative_number_of_classes_is_refused():
    with pytest.raises(ValueError, match=r"labels=\(3, -1\): the number of classes"):
        layers.condition_sizes((3, -1))


def test_the_projection_score_is_a_dense_layer_plus_the_inner_product_with_the_label():
    inputs = keras.Input((6,))
    network = keras.Model(*layers.projection_score(inputs, inputs, (3, 2)))
    dense, table = network.get_layer("score"), network.get_layer("projection").table
    table.assign(np.random.default_rng(1).normal(size=(5, 6)))
    examples = np.random.default_rng(2).normal(size=(4, 6)).astype(np.float32)
    labels = np.array([[0, 0], [1, 1], [2, 0], [2, 1]], np.int32)
    rows = table.numpy()[labels[:, 0]] + table.numpy()[3 + labels[:, 1]]
    expected = dense(examples).numpy()[:, 0] + np.sum(rows * examples, axis=1)
    np.testing.assert_allclose(network([examples, labels]).numpy()[:, 0], expected, rtol=1e-4)


def test_generators_see_the_latent_and_beside_it_the_label():
    inputs, features = layers.generator_inputs(4, 3, embedding_dim=2)
    network = keras.Model(inputs, features)
    latents = np.random.default_rng(1).normal(size=(2, 4)).astype(np.float32)
    found = network([latents, np.array([[0], [2]])]).numpy()
    table = network.get_layer("label_embedding").table.numpy()
    np.testing.assert_allclose(found, np.concatenate([latents, table[[0, 2]]], 1), rtol=1e-6)
    latent, same = layers.generator_inputs(4)
    assert latent is same
