"""The fused Adam against Keras's own."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_gan

from audiogan_lib import callbacks, training


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
def test_it_takes_the_steps_of_keras(options):
    ours, theirs = trained(training.Adam(**options)), trained(keras.optimizers.Adam(**options))
    for actual, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=2e-5)
    assert np.abs(ours[0]).max() < 2.5  # it went down


def test_a_checkpoint_goes_from_one_to_the_other(tmp_path):
    ours = tiny_gan.build(optimizers=[training.Adam(0.01, 0.5), training.Adam(0.02, 0.5)])
    tiny_gan.train(ours, tiny_gan.examples()[:1], 2, callbacks=[callbacks.Checkpoint(tmp_path)])
    theirs = tiny_gan.build(rates=(0.01, 0.02))
    assert callbacks.Checkpoint(tmp_path).resume(theirs) == 2
    for actual, expected in zip(tiny_gan.state(theirs), tiny_gan.state(ours), strict=True):
        np.testing.assert_array_equal(actual, expected)


def test_what_has_no_fused_form_is_refused():
    with pytest.raises(ValueError, match="amsgrad"):
        training.Adam(amsgrad=True)


def test_it_survives_serialisation():
    again = keras.optimizers.deserialize(keras.optimizers.serialize(training.Adam(0.3, 0.4)))
    assert type(again) is training.Adam
    assert float(again.learning_rate) == pytest.approx(0.3)
