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
    matches = [shift for shift in shifts if np.array_equal(move(before, shift), after)]
    assert len(matches) == 1
    return matches[0]


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


# --- rescaled kernels ----------------------------------------------------------------------------

WRAPPERS = [layers.WeightNorm, layers.SpectralNorm, layers.EqualizedRate]
ALL = pytest.mark.parametrize("wrapper", WRAPPERS)

#: One of each kind, and its input without batch: 3 channels to 4.
KINDS = pytest.mark.parametrize(
    "make, shape",
    [
        (lambda **kw: keras.layers.Dense(4, **kw), (3,)),
        (lambda **kw: keras.layers.Conv1D(4, 5, strides=2, padding="same", **kw), (9, 3)),
        (lambda **kw: keras.layers.Conv2D(4, (3, 2), **kw), (6, 5, 3)),
        (lambda **kw: keras.layers.Conv1DTranspose(4, 6, strides=2, padding="same", **kw), (9, 3)),
        (lambda **kw: keras.layers.Conv2DTranspose(4, 3, strides=2, **kw), (4, 5, 3)),
    ],
    ids=["dense", "conv1d", "conv2d", "conv1d_transpose", "conv2d_transpose"],
)


def draw(shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def built(wrapper, layer, shape, **options):
    """Return a wrapped layer with weights, its kernel and its bias drawn anew."""
    wrapped = wrapper(layer, **options)
    wrapped.build((None, *shape))
    layer.kernel.assign(draw(layer.kernel.shape, 1))
    layer.bias.assign(draw(layer.bias.shape, 2))
    return wrapped


def with_kernel(make, kernel, bias, inputs, **options):
    """Return what a plain layer makes of inputs."""
    plain = make(**options)
    plain.build(inputs.shape)
    plain.set_weights([kernel, bias])
    return plain(inputs).numpy()


def as_matrix(layer):
    """Flatten a kernel to [output channels, all else], as Miyato et al. do."""
    kernel = layer.kernel.numpy()
    if "Transpose" in type(layer).__name__:
        kernel = np.swapaxes(kernel, -1, -2)
    return kernel.reshape(-1, kernel.shape[-1]).T


@KINDS
def test_weight_norm_gives_each_filter_its_length_and_leaves_bias_and_activation(make, shape):
    layer = make(activation="tanh")
    wrapped = built(layers.WeightNorm, layer, shape)
    inputs, kernel = draw((2, *shape)), layer.kernel.numpy()
    wrapped.g.assign(draw(wrapped.g.shape, 3))
    lengths = np.sqrt((kernel.astype(float) ** 2).sum(axis=tuple(range(kernel.ndim - 1))))
    expected = kernel * (wrapped.g.numpy() / lengths)
    expected = with_kernel(make, expected, layer.bias.numpy(), inputs, activation="tanh")
    np.testing.assert_allclose(wrapped(inputs).numpy(), expected, atol=1e-5)


@KINDS
def test_weight_norm_starts_as_the_layer_without_it(make, shape):
    layer = make()
    inputs = draw((2, *shape))
    actual = layers.WeightNorm(layer)(inputs).numpy()
    np.testing.assert_allclose(actual, layer(inputs).numpy(), atol=1e-5)


def test_weight_norm_separates_length_from_direction():
    layer = keras.layers.Conv1D(4, 5)
    wrapped = built(layers.WeightNorm, layer, (9, 3))
    inputs = draw((2, 9, 3))
    before = wrapped(inputs).numpy()
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(tf.sin(wrapped(inputs)))
    gradient = tape.gradient(total, layer.kernel.value).numpy()
    # Salimans and Kingma 2016, section 2.1: the gradient is orthogonal to the filter.
    along = (gradient * layer.kernel.numpy()).sum(axis=(0, 1))
    assert np.abs(along).max() < 1e-5 < np.abs(gradient).max()
    layer.kernel.assign(3 * layer.kernel)
    np.testing.assert_allclose(wrapped(inputs).numpy(), before, atol=1e-5)


def settle(wrapped):
    """Let the power iteration converge."""
    kernel = tf.identity(wrapped.layer.kernel)
    step = tf.function(lambda: wrapped.rescale(kernel, training=True))
    for _ in range(150):
        step()


@KINDS
def test_spectral_norm_divides_by_the_largest_singular_value(make, shape):
    layer = make()
    wrapped = built(layers.SpectralNorm, layer, shape)
    inputs, kernel = draw((2, *shape)), layer.kernel.numpy()
    settle(wrapped)
    actual = wrapped(inputs, training=True).numpy()
    largest = np.linalg.svd(as_matrix(layer), compute_uv=False)[0]
    expected = with_kernel(make, kernel / largest, layer.bias.numpy(), inputs)
    np.testing.assert_allclose(actual, expected, atol=1e-4)
    np.testing.assert_allclose(wrapped(inputs).numpy(), expected, atol=1e-4)
    np.testing.assert_array_equal(layer.kernel.numpy(), kernel)


def test_a_spectrally_normalised_network_is_1_lipschitz_and_no_less():
    wide = [built(layers.SpectralNorm, keras.layers.Dense(8), (8,)) for _ in range(3)]
    network = keras.Sequential([keras.Input((8,)), *wide])
    left = draw((500, 8), 4)
    for wrapped in wide:
        settle(wrapped)
    right = left + 0.1 * draw((500, 8), 5)
    stretch = np.linalg.norm(network(left) - network(right), axis=1)
    stretch /= np.linalg.norm(left - right, axis=1)
    assert stretch.max() <= 1 + 1e-5
    top = np.linalg.svd(as_matrix(wide[0].layer))[2][0].astype(np.float32)
    first = wide[0](np.stack([top, 0 * top])).numpy()
    assert np.linalg.norm(first[0] - first[1]) == pytest.approx(1.0, abs=1e-4)


def test_spectral_norm_takes_one_step_a_call_in_training_and_none_in_inference():
    layer = keras.layers.Dense(4)
    wrapped = built(layers.SpectralNorm, layer, (3,))
    matrix, u = as_matrix(layer).astype(float), wrapped.u.numpy().astype(float)
    assert np.linalg.norm(u) == pytest.approx(1.0, abs=1e-6)
    inputs = draw((2, 3))
    for _ in range(3):
        v = matrix.T @ u / np.linalg.norm(matrix.T @ u)
        still = (inputs @ matrix.T) / (u @ matrix @ v) + layer.bias.numpy()
        np.testing.assert_allclose(wrapped(inputs).numpy(), still, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(wrapped.u.numpy(), u, atol=1e-6)
        u = matrix @ v / np.linalg.norm(matrix @ v)
        moved = (inputs @ matrix.T) / (u @ matrix @ v) + layer.bias.numpy()
        actual = wrapped(inputs, training=True).numpy()
        np.testing.assert_allclose(actual, moved, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(wrapped.u.numpy(), u, atol=1e-6)


@pytest.mark.parametrize("settled", [False, True])
def test_the_gradient_of_spectral_norm_is_miyatos(settled):
    layer = keras.layers.Dense(4)
    wrapped = built(layers.SpectralNorm, layer, (3,))
    inputs, of_output = draw((2, 3)), draw((2, 4), 6)
    if settled:
        settle(wrapped)
    matrix, u = as_matrix(layer).astype(float), wrapped.u.numpy().astype(float)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(wrapped(inputs, training=True) * of_output)
    actual = tape.gradient(total, layer.kernel.value).numpy().T
    # Miyato et al. 2018, equation 12, for one batch; u and v count as constants.
    v = matrix.T @ u / np.linalg.norm(matrix.T @ u)
    u = matrix @ v / np.linalg.norm(matrix @ v)
    sigma, plain = u @ matrix @ v, of_output.T @ inputs
    expected = plain - np.sum(plain * matrix) / sigma * np.outer(u, v)
    np.testing.assert_allclose(actual, expected / sigma, atol=1e-4)


@KINDS
def test_equalized_rate_multiplies_by_hes_constant(make, shape):
    layer = make()
    wrapped = built(layers.EqualizedRate, layer, shape)
    inputs, kernel = draw((2, *shape)), layer.kernel.numpy()
    fan_in = 3 * np.prod(getattr(layer, "kernel_size", 1))
    expected = with_kernel(make, kernel * np.sqrt(2 / fan_in), layer.bias.numpy(), inputs)
    np.testing.assert_allclose(wrapped(inputs).numpy(), expected, atol=1e-5)


def test_equalized_rate_stores_unit_deviation_and_keeps_the_level_of_features():
    wrapped = layers.EqualizedRate(keras.layers.Dense(400, kernel_initializer="zeros"), gain=1.0)
    actual = wrapped(draw((200, 300))).numpy()
    assert np.std(wrapped.layer.kernel) == pytest.approx(1.0, rel=0.02)
    assert np.std(actual) == pytest.approx(1.0, rel=0.02)


@ALL
def test_other_layers_are_refused(wrapper):
    with pytest.raises(TypeError, match="must be one of Dense, Conv1D, Conv2D, Conv1DTranspose"):
        wrapper(keras.layers.DepthwiseConv1D(3))


def wrapped_network(wrapper):
    inputs = keras.Input((None, 3))
    features = wrapper(keras.layers.Conv1D(4, 3, activation="tanh"))(inputs)
    features = wrapper(keras.layers.Conv1DTranspose(5, 4, strides=2))(features)
    return keras.Model(inputs, wrapper(keras.layers.Dense(2))(features))


@ALL
def test_wrapped_networks_can_be_cloned_saved_and_loaded(wrapper, tmp_path):
    network, inputs = wrapped_network(wrapper), draw((2, 9, 3))
    for weight in network.weights:
        weight.assign(weight + 0.1 * draw(weight.shape, 7))
    network(inputs, training=True)
    expected = network(inputs).numpy()
    clone = keras.models.clone_model(network)
    assert not np.allclose(clone(inputs), expected)
    clone.set_weights(network.get_weights())
    np.testing.assert_array_equal(clone(inputs).numpy(), expected)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded(inputs).numpy(), expected)
    other = wrapped_network(wrapper)
    network.save_weights(tmp_path / "state.weights.h5")
    other.load_weights(tmp_path / "state.weights.h5")
    np.testing.assert_array_equal(other(inputs).numpy(), expected)


@pytest.mark.parametrize(
    "kind, options",
    [
        (layers.EqualizedRate, {"layer": keras.layers.Dense(2), "gain": 1.0}),
        (layers.LabelEmbedding, {"sizes": (3, 2), "dim": 4, "scale": 0.5}),
        (layers.MinibatchStd, {"group": 3}),
        (layers.PhaseShuffle, {"radius": 2, "per_example": True, "seed": 5}),
        (layers.RandomShift, {"radius": 2, "fill": 0.5, "seed": 5}),
    ],
)
def test_all_that_a_layer_is_told_is_saved(kind, options):
    again = kind.from_config(kind(**options).get_config())
    told = {name: getattr(again, name) for name in options if name != "layer"}
    assert told.items() <= options.items()


def test_a_filter_of_zeros_stays_finite():
    layer = layers.WeightNorm(keras.layers.Dense(2, kernel_initializer="zeros"))
    np.testing.assert_array_equal(layer(np.ones((1, 3))), np.zeros((1, 2)))


@ALL
def test_under_a_mixed_policy_kernels_are_rescaled_in_full_precision(wrapper):
    inputs = draw((2, 5, 3))
    results, seen = [], []
    for policy in ("float32", "mixed_bfloat16"):
        layer = keras.layers.Conv1D(4, 3, dtype=policy)
        wrapped = built(wrapper, layer, (5, 3), dtype=policy)
        for own in (getattr(wrapped, name, None) for name in ("g", "u")):
            if own is not None:
                own.assign([1.0, 0.5, -0.5, 2.0])
        # Inside a network whose policy is mixed, weights are cast on reading.
        within = keras.Sequential([keras.Input((5, 3)), wrapped])
        within.dtype_policy = policy
        rescale = wrapped.rescale
        wrapped.rescale = lambda kernel, training, f=rescale: (
            seen.append(kernel) or f(kernel, training)
        )
        for network in (wrapped, within):
            with tf.GradientTape() as tape:
                total = tf.reduce_sum(network(inputs, training=True))
            assert tape.gradient(total, layer.kernel.value).dtype == tf.float32
            np.testing.assert_array_equal(seen.pop(), layer.kernel.numpy())
        results.append(within(inputs))
    assert results[1].dtype == tf.bfloat16
    np.testing.assert_allclose(results[0], tf.cast(results[1], tf.float32), rtol=0.05, atol=0.05)


@ALL
def test_gradients_of_gradients_pass_through_the_rescaling(wrapper):
    layer = keras.layers.Dense(4, activation="tanh")
    wrapped, inputs = built(wrapper, layer, (3,)), tf.constant(draw((5, 3)))

    def penalty():
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            total = tf.reduce_sum(wrapped(inputs))
        return tf.reduce_sum(tape.gradient(total, inputs) ** 2)

    with tf.GradientTape() as tape:
        value = penalty()
    gradient = tape.gradient(value, layer.kernel.value).numpy()
    kernel, direction = layer.kernel.numpy(), draw(layer.kernel.shape, 8)
    values = []
    for side in (1, -1):
        layer.kernel.assign(kernel + side * 2e-3 * direction)
        values.append(float(penalty()))
    slope = (values[0] - values[1]) / 4e-3
    assert slope == pytest.approx(np.sum(gradient * direction), rel=0.02, abs=0.01)


# --- features ------------------------------------------------------------------------------------


def test_pixel_norm_brings_the_channels_of_each_place_to_mean_square_one(features):
    actual = layers.PixelNorm()(100 * features).numpy()
    np.testing.assert_allclose((actual**2).mean(axis=-1), 1.0, rtol=1e-5)
    lengths = np.linalg.norm(features, axis=-1, keepdims=True)
    np.testing.assert_allclose(actual, features / lengths * np.sqrt(3), rtol=1e-4)


def test_pixel_norm_leaves_silence_silent():
    assert not layers.PixelNorm()(np.zeros((1, 4, 3), np.float32)).numpy().any()


def test_pixel_norm_rounds_only_once_under_a_mixed_policy(features):
    coarse = tf.cast(features, tf.bfloat16)
    actual = layers.PixelNorm(dtype="mixed_bfloat16")(coarse)
    assert actual.dtype == tf.bfloat16
    full = tf.cast(coarse, tf.float32).numpy()
    expected = full / np.sqrt((full**2).mean(axis=-1, keepdims=True) + 1e-8)
    np.testing.assert_array_equal(actual, tf.cast(expected, tf.bfloat16))


@pytest.mark.parametrize("shape", [(6,), (5, 3), (4, 5, 3)])
def test_minibatch_std_appends_the_mean_deviation_of_each_group(shape):
    features = draw((8, *shape))
    actual = layers.MinibatchStd(4)(features).numpy()
    np.testing.assert_array_equal(actual[..., :-1], features)
    for start in (0, 4):
        expected = features[start : start + 4].std(axis=0).mean()
        np.testing.assert_allclose(actual[start : start + 4, ..., -1], expected, rtol=1e-5)


def test_minibatch_std_of_a_collapsed_batch_is_zero_and_can_be_differentiated():
    features = tf.repeat(tf.constant(draw((1, 5, 3))), 4, axis=0)
    with tf.GradientTape() as tape:
        tape.watch(features)
        actual = layers.MinibatchStd()(features)[..., -1]
        total = tf.reduce_sum(actual)
    np.testing.assert_allclose(actual, 0.0, atol=1e-3)
    assert np.all(np.isfinite(tape.gradient(total, features)))


def test_real_and_generated_halves_of_a_batch_do_not_mix():
    layer, halves = layers.MinibatchStd(4), draw((2, 8, 5, 3))
    both = layer(np.concatenate(halves)).numpy()
    np.testing.assert_array_equal(both, np.concatenate([layer(half) for half in halves]))
    halves[1] *= 100
    np.testing.assert_array_equal(layer(np.concatenate(halves)).numpy()[:8], both[:8])


def test_minibatch_std_takes_a_batch_and_lengths_known_only_at_run_time():
    inputs = keras.Input((None, 3))
    network = keras.Model(inputs, layers.MinibatchStd(2)(inputs))
    assert network.output_shape == (None, None, 4)
    features = draw((4, 7, 3))
    expected = layers.MinibatchStd(2)(features)
    np.testing.assert_array_equal(network.predict(features, verbose=0), expected)
    assert keras.models.clone_model(network).layers[1].group == 2


@pytest.mark.parametrize("count", [1, 3, 6, 9])
def test_examples_left_over_are_measured_with_those_before_them(count):
    features = draw((count, 5, 3))
    inputs = keras.Input((5, 3))
    network = keras.Model(inputs, layers.MinibatchStd(4)(inputs))
    expected = np.empty(count)
    for place in range(count):
        start = max(min(place // 4 * 4, count - 4), 0)
        expected[place] = features[start : start + 4].std(axis=0).mean()
    for actual in (network.predict(features, verbose=0), layers.MinibatchStd(4)(features)):
        np.testing.assert_array_equal(actual[..., :-1], features)
        np.testing.assert_allclose(np.ptp(actual[..., -1], axis=1), 0)
        np.testing.assert_allclose(actual[:, 0, -1], expected, rtol=1e-5, atol=1e-3)


def test_minibatch_std_measures_in_full_precision():
    # Deviations 100.2 and 100.45: bfloat16, in steps of 0.5 there, would make it 100 and 100.5.
    features = tf.constant([[200.0, 200.0], [-0.4, -0.9]], tf.bfloat16)
    actual = layers.MinibatchStd(2, dtype="mixed_bfloat16")(features)
    assert actual.dtype == tf.bfloat16
    np.testing.assert_array_equal(tf.cast(actual[:, 2], tf.float32), 100.5)


def test_in_training_groups_must_fill_the_batch_and_have_two_members():
    with pytest.raises(ValueError, match="6 examples, need a multiple of group=4"):
        layers.MinibatchStd(4)(np.zeros((6, 3), np.float32), training=True)
    with pytest.raises(ValueError, match="group=1: must be 2 or more"):
        layers.MinibatchStd(1)


# --- labels --------------------------------------------------------------------------------------


def test_label_embedding_adds_one_row_for_each_condition():
    layer = layers.LabelEmbedding((3, 2), dim=4)
    actual = layer(np.array([[0, 0], [2, 1]])).numpy()
    table = layer.table.numpy()
    assert table.shape == (5, 4)
    np.testing.assert_allclose(actual, [table[0] + table[3], table[2] + table[4]], rtol=1e-6)


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
    assert 0.01 < np.std(table) < 0.04  # at first the label hardly counts
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
    actual = network([latents, np.array([[0], [2]])]).numpy()
    table = network.get_layer("label_embedding").table.numpy()
    np.testing.assert_allclose(actual, np.concatenate([latents, table[[0, 2]]], 1), rtol=1e-6)
    latent, same = layers.generator_inputs(4)
    assert latent is same
