"""Parts that train quicker, beside Keras's own: layers, and the fused Adam."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_gan

from audiogan_lib import callbacks, training
from audiogan_lib.layers import EqualizedRate, SpectralNorm, WeightNorm
from audiogan_lib.models import specgan
from audiogan_lib.quick import convolutions


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
    actual = []
    for network in (fused, plain):
        with tf.GradientTape() as tape:
            tape.watch(features)
            normal = network(features, training=True)
            loss = tf.reduce_sum(weights * normal)
        slopes = tape.gradient(loss, [features, *network.trainable_variables])
        actual.append([normal, *slopes, *network.get_weights(), network(features)])
    for ours, keras_own in zip(*actual, strict=True):
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
        {"beta_regularizer": "l2"},
        {"gamma_constraint": "non_neg"},
        {"beta_constraint": "non_neg"},
        {"synchronized": True},
        {"dtype": "float64"},
    ],
)
def test_layers_with_other_options_stay_as_they_are(options):
    network = training.quicken(one_norm((5, 3), **options))
    assert type(network.layers[-1]) is keras.layers.BatchNormalization


def test_masked_steps_count_as_they_do_in_keras():
    features = keras.Input((5, 3))
    normal = keras.layers.BatchNormalization(momentum=0.5)(keras.layers.Masking()(features))
    plain = keras.Model(features, normal)
    values = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float32)
    values[:, 3:] = 0.0
    quick = training.quicken(plain)
    np.testing.assert_allclose(
        quick(values, training=True), plain(values, training=True), atol=1e-5
    )
    np.testing.assert_allclose(quick.get_weights()[2], plain.get_weights()[2], atol=1e-5)


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


# Each with the forms of products that it reaches, forward and for the kernel's gradient.
PLAIN, DEEP, EXAMPLES = set(), {"patches"}, {"examples"}
CONVOLUTIONS = [
    ("Conv2D", (8, 6), {"filters": 5, "kernel_size": 4, "strides": 2}, PLAIN),
    ("Conv2D", (7, 5), {"filters": 3, "kernel_size": (5, 3), "strides": (2, 1)}, PLAIN),
    ("Conv2D", (4, 9), {"filters": 3, "kernel_size": (1, 2), "strides": (1, 5)}, PLAIN),
    ("Conv2D", (3, 4), {"filters": 300, "kernel_size": 5, "strides": 2, "use_bias": False}, DEEP),
    ("Conv1D", (5,), {"filters": 384, "kernel_size": 7}, DEEP),
    ("Conv1D", (10,), {"filters": 192, "kernel_size": 2, "strides": 4}, DEEP),
    ("Conv2D", (2, 50), {"filters": 3, "kernel_size": (3, 17), "strides": (1, 4)}, EXAMPLES),
    ("Conv1D", (64,), {"filters": 6, "kernel_size": 25, "strides": 4}, EXAMPLES),
    ("Conv1D", (67,), {"filters": 6, "kernel_size": 25, "strides": 4}, EXAMPLES),
    ("Conv1D", (39,), {"filters": 3, "kernel_size": 17, "strides": 20}, EXAMPLES),  # leaves a rest
    ("Conv1DTranspose", (16,), {"filters": 3, "kernel_size": 25, "strides": 4}, EXAMPLES),
    ("Conv2DTranspose", (4, 3), {"filters": 3, "kernel_size": 5, "strides": 2}, PLAIN),
    ("Conv1DTranspose", (3,), {"filters": 4, "kernel_size": 2, "strides": 3}, PLAIN),
]
TRANSPOSED_DEEP = ("Conv2DTranspose", (2, 1), {"filters": 3, "kernel_size": 4, "strides": 2})
SMALL = [  # reached in bfloat16 alone
    ("Conv2D", (3, 4), {"filters": 40, "kernel_size": 5, "strides": 2}, 2),
    ("Conv2DTranspose", (2, 1), {"filters": 3, "kernel_size": 4, "strides": 2}, 24),
]


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind=None: [])


@pytest.fixture
def forms(monkeypatch):
    """Collect the names of the forms that are used."""
    seen = set()

    def watch(name, known):
        def called(*arguments):
            seen.add(name)
            return known(*arguments)

        return called

    for name, function in (("patches", "_patches"), ("examples", "_examples_as_channels")):
        monkeypatch.setattr(convolutions, function, watch(name, getattr(convolutions, function)))
    return seen


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
            out = network(features, training=True)
            loss = tf.reduce_sum(tf.cast(out, "float32") * upstream)
        slopes = inner.gradient(loss, [features, *variables])
        penalty = sum(tf.reduce_sum(tf.square(part)) for part in (out, *slopes))
    return [out, *slopes, *outer.gradient(penalty, [upstream, features, *variables])]


def assert_alike(quick, plain, size, channels=2, examples=3, graph=False):
    rng = np.random.default_rng(0)
    features = tf.constant(rng.normal(size=(examples, *size, channels)), tf.float32)
    upstream = tf.constant(rng.normal(size=(examples, *plain.output_shape[1:])), tf.float32)
    actual = [
        (tf.function(slopes_of_slopes) if graph else slopes_of_slopes)(network, features, upstream)
        for network in (quick, plain)
    ]
    for ours, keras_own in zip(*actual, strict=True):
        assert ours.shape == keras_own.shape
        scale = np.abs(keras_own).max()
        np.testing.assert_allclose(ours / scale, keras_own / scale, atol=5e-5)


@pytest.mark.parametrize(("kind", "size", "options", "reached"), CONVOLUTIONS)
@pytest.mark.parametrize("activation", [None, "tanh"])
def test_convolutions_and_two_orders_of_slopes_are_those_of_keras(
    kind, size, options, reached, activation, forms
):
    plain = one_convolution(kind, size, options | {"activation": activation})
    quick = training.quicken(plain)
    assert type(quick.layers[-1]) is not type(plain.layers[-1])
    if plain.layers[-1].use_bias:
        plain.layers[-1].bias.assign(np.linspace(-1, 1, plain.layers[-1].filters))
        quick.set_weights(plain.get_weights())
    assert_alike(quick, plain, size)
    assert forms == reached


def test_transposed_convolutions_of_small_deep_maps_are_those_of_keras(forms):
    plain = one_convolution(*TRANSPOSED_DEEP, channels=128)
    assert_alike(training.quicken(plain), plain, TRANSPOSED_DEEP[1], 128)
    assert forms == {"patches"}


def bfloat16_alike(kind, size, options, channels=2):
    exact = one_convolution(kind, size, options, channels)
    quick = training.quicken(one_convolution(kind, size, options, channels, "mixed_bfloat16"))
    quick.set_weights(exact.get_weights())
    rng = np.random.default_rng(0)
    features = tf.constant(rng.normal(size=(16, *size, channels)), tf.float32)
    upstream = tf.constant(rng.normal(size=(16, *exact.output_shape[1:])), tf.float32)
    actual = []
    for network in (exact, quick):
        with tf.GradientTape() as tape:
            tape.watch(features)
            loss = tf.reduce_sum(tf.cast(network(features), "float32") * upstream)
        actual.append(tape.gradient(loss, [features, *network.trainable_variables]))
    for full, half in zip(*actual, strict=True):
        assert np.linalg.norm(half - full) < 0.02 * np.linalg.norm(full)


@pytest.mark.parametrize(("kind", "size", "options", "reached"), CONVOLUTIONS)
def test_bfloat16_slopes_are_near_those_in_full_precision(kind, size, options, reached, forms):
    bfloat16_alike(kind, size, options)
    assert forms == reached


@pytest.mark.parametrize(("kind", "size", "options", "channels"), SMALL)
def test_small_maps_in_bfloat16_have_a_form_of_their_own(kind, size, options, channels, forms):
    bfloat16_alike(kind, size, options, channels)
    assert forms == {"examples"}


@pytest.mark.parametrize("wrapper", [EqualizedRate, SpectralNorm, WeightNorm])
def test_layers_in_wrappers_learn_as_keras_does(wrapper):
    features = keras.Input((8, 8, 2))
    inner = keras.layers.Conv2D(4, 4, 2, padding="same")
    plain = keras.Model(features, wrapper(inner, name="down")(features))
    quick = training.quicken(plain)
    assert type(quick.get_layer("down").layer) is not keras.layers.Conv2D
    assert_alike(quick, plain, (8, 8), graph=True)


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
@pytest.mark.parametrize("use_bias", [False, True])
def test_batches_of_any_size_learn_in_a_graph_with_branches(kind, use_bias):
    features = keras.Input((8, 8, 2))
    layer = getattr(keras.layers, kind)(2, 4, 2, padding="same", use_bias=use_bias)
    beside = keras.layers.Conv2D(3, 3, padding="same")
    joined = keras.layers.Concatenate()([layer(features), layer(beside(features)[..., :2])])
    plain = keras.Model(features, keras.layers.ZeroPadding2D(1)(joined))
    quick = training.quicken(plain)

    @tf.function(input_signature=[tf.TensorSpec((None, 8, 8, 2))])
    def slopes(values):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(quick(values)))
        return tape.gradient(loss, quick.trainable_variables)

    values = tf.random.stateless_normal((3, 8, 8, 2), (0, 0))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(plain(values)))
    for ours, keras_own in zip(
        slopes(values), tape.gradient(loss, plain.trainable_variables), strict=True
    ):
        np.testing.assert_allclose(ours, keras_own, rtol=1e-4, atol=1e-3)


def test_the_slope_of_a_bias_in_bfloat16_counts_every_place():
    network = one_convolution(
        "Conv1D", (1000,), {"filters": 1, "kernel_size": 1}, 1, dtype="mixed_bfloat16"
    )
    quick = training.quicken(network)

    @tf.function  # where Keras's form would give 256
    def slope():
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.cast(quick(tf.ones((17, 1000, 1))), "float32"))
        return tape.gradient(loss, quick.trainable_variables[1])

    assert float(slope()[0]) == pytest.approx(17 * 1000, rel=2**-7)


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
        {"padding": "same", "data_format": "channels_first"},
    ],
)
def test_convolutions_with_other_options_stay_as_they_are(options):
    features = keras.Input((16, 4))
    plain = keras.Model(features, keras.layers.Conv1D(4, 3, **options)(features))
    assert type(training.quicken(plain).layers[-1]) is keras.layers.Conv1D


def test_a_transposed_convolution_of_another_length_stays_as_it_is():
    features = keras.Input((16, 4))
    layer = keras.layers.Conv1DTranspose(4, 3, 2, padding="same", output_padding=1)
    network = keras.Model(features, layer(features))
    assert type(training.quicken(network).layers[-1]) is keras.layers.Conv1DTranspose


def test_maps_of_any_length_are_convolved_as_keras_does():
    features = keras.Input((None, 2))
    plain = keras.Model(features, keras.layers.Conv1D(3, 5, padding="same")(features))
    values = tf.random.stateless_normal((2, 9, 2), (0, 0))
    np.testing.assert_array_equal(training.quicken(plain)(values), plain(values))


def test_with_a_gpu_layers_stay_as_they_are(monkeypatch):
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind=None: [kind])
    network = specgan.build_generator(32, 32, 2, latent_dim=4, batch_norm=True)
    kinds = [type(layer) for layer in network.layers]
    assert [type(layer) for layer in training.quicken(network).layers] == kinds


def test_a_saved_network_comes_back_quick(tmp_path):
    network = training.quicken(one_convolution("Conv1D", (8,), {"filters": 2, "kernel_size": 3}))
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    assert type(again.layers[-1]) is type(network.layers[-1])
    values = tf.random.stateless_normal((2, 8, 2), (0, 0))
    np.testing.assert_array_equal(again(values), network(values))


def test_a_training_step_is_that_of_the_plain_networks():
    data = tf.random.stateless_uniform((4, 32, 32), (0, 0), -1, 1)
    sizes, actual = (32, 32, 4), []
    for form in (lambda network: network, training.quicken):
        keras.utils.set_random_seed(0)
        networks = [
            specgan.build_generator(*sizes, latent_dim=4, batch_norm=True),
            specgan.build_discriminator(*sizes),
        ]
        gan = training.GAN(*map(form, networks))
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1), r1=1.0)
        gan.fit(data, epochs=2, batch_size=4, verbose=0)
        actual.append(gan.get_weights())
    for plain, quick in zip(*actual, strict=True):
        np.testing.assert_allclose(quick, plain, atol=2e-5)


# --- Adam ----------------------------------------------------------------------------------------


def trained(optimizer, dtype="float32", steps=20):
    """Minimise a quartic from fixed starts; return all variables."""
    rng = np.random.default_rng(0)
    weights = [keras.Variable(rng.normal(size=shape), dtype=dtype) for shape in ((3, 4), (5,))]
    optimizer.build(weights)

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            loss = tf.add_n([tf.reduce_sum(tf.square(tf.square(w.value))) for w in weights])
        optimizer.apply(tape.gradient(loss, [w.value for w in weights]), weights)

    for _ in range(steps):
        step()
    return [np.asarray(v) for v in (*weights, *optimizer.variables)]


@pytest.mark.parametrize(
    "options",
    [
        {"learning_rate": 0.1},
        {"learning_rate": 0.05, "beta_1": 0.0, "beta_2": 0.9, "epsilon": 1e-3},
        {"learning_rate": keras.optimizers.schedules.ExponentialDecay(0.2, 5, 0.5)},
        {"learning_rate": 0.1, "clipnorm": 0.5, "weight_decay": 0.01},
    ],
    ids=["plain", "betas", "schedule", "clipped"],
)
def test_adam_takes_the_steps_of_keras(options):
    ours, theirs = trained(training.Adam(**options)), trained(keras.optimizers.Adam(**options))
    for actual, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=2e-5)
    assert np.abs(ours[0]).max() < 2.5  # it went down


def test_a_checkpoint_goes_from_one_adam_to_the_other(tmp_path):
    ours = tiny_gan.build(optimizers=[training.Adam(0.01, 0.5), training.Adam(0.02, 0.5)])
    tiny_gan.train(ours, tiny_gan.examples()[:1], 2, callbacks=[callbacks.Checkpoint(tmp_path)])
    theirs = tiny_gan.build(rates=(0.01, 0.02))
    assert callbacks.Checkpoint(tmp_path).resume(theirs) == 2
    for actual, expected in zip(tiny_gan.state(theirs), tiny_gan.state(ours), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_an_adam_that_has_no_fused_form_is_refused():
    with pytest.raises(ValueError, match="amsgrad"):
        training.Adam(amsgrad=True)


def test_adam_survives_serialisation():
    again = keras.optimizers.deserialize(keras.optimizers.serialize(training.Adam(0.3, 0.4)))
    assert type(again) is training.Adam
    assert float(again.learning_rate) == pytest.approx(0.3)
