"""The adversarial loop: each step against arithmetic by hand, learning, resuming, Keras's ways."""

import csv
import json
import os
import socket
import subprocess
import sys
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
import tiny_gan

from audiogan_lib import audio, layers, training
from audiogan_lib.training import gan as loop
from audiogan_lib.training import machine


class Record(keras.callbacks.Callback):
    """Note the weights of all networks after each step."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator, self.average = [], [], []

    def on_train_batch_end(self, batch, logs=None):
        self.generator.append(self.model.generator.get_weights())
        self.discriminator.append(self.model.discriminator.get_weights())
        self.average.append(self.model.averaged_generator.get_weights())


def changed(before, after):
    return [not np.array_equal(*pair) for pair in zip(before, after, strict=True)]


def linear_gan(slope, loss="wasserstein", rate=0.1, **options):
    """A GAN with known gradients: its score is ``slope @ x``, its generator draws zeros."""
    latent, example = keras.Input((3,)), keras.Input((2,))
    drawn = keras.layers.Dense(2, kernel_initializer="zeros")(latent)
    score = keras.layers.Dense(1, use_bias=False)(example)
    gan = training.GAN(keras.Model(latent, drawn), keras.Model(example, score))
    gan.discriminator.set_weights([np.reshape(slope, (2, 1))])
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(rate), loss=loss, **options)
    return gan


def constant_gan(score, loss, **options):
    """A GAN whose discriminator answers the same to everything and which never learns."""
    gan = tiny_gan.build(rates=(0.0, 0.0), loss=loss, **options)
    gan.discriminator.set_weights([0 * weight for weight in gan.discriminator.get_weights()])
    gan.discriminator.get_layer("score").bias.assign([score])
    return gan


# --- one step ------------------------------------------------------------------------------------


def test_a_discriminator_step_leaves_the_generator_alone():
    gan = tiny_gan.build(critic_steps=1000)
    before = gan.generator.get_weights(), gan.discriminator.get_weights()
    tiny_gan.train(gan, tiny_gan.examples()[:1], steps=3)
    assert not any(changed(before[0], gan.generator.get_weights()))
    assert not any(changed(before[0], gan.averaged_generator.get_weights()))
    assert all(changed(before[1], gan.discriminator.get_weights()))


def test_a_generator_step_leaves_the_discriminator_alone():
    gan = tiny_gan.build(rates=(0.01, 0.0))
    before = gan.generator.get_weights(), gan.discriminator.get_weights()
    tiny_gan.train(gan, tiny_gan.examples()[:1], steps=3)
    assert all(changed(before[0], gan.generator.get_weights()))
    assert not any(changed(before[1], gan.discriminator.get_weights()))


def test_the_generator_steps_once_for_every_so_many_critic_steps():
    gan, record = tiny_gan.build(critic_steps=3), Record()
    tiny_gan.train(gan, tiny_gan.examples()[:1], steps=7, callbacks=[record])
    assert int(gan.step.numpy()) == int(gan.discriminator_optimizer.iterations.numpy()) == 7
    assert int(gan.generator_optimizer.iterations.numpy()) == 2
    moved = [any(changed(a, b)) for a, b in pairwise(record.generator)]
    assert moved == [False, True, False, False, True, False]
    assert all(any(changed(a, b)) for a, b in pairwise(record.discriminator))


@pytest.mark.parametrize(
    "loss, of_discriminator, of_generator",
    [
        ("non_saturating", np.log1p(np.exp(-0.3)) + np.log1p(np.exp(0.3)), np.log1p(np.exp(-0.3))),
        ("hinge", 0.7 + 1.3, -0.3),
        ("wasserstein", 0.0, -0.3),
    ],
)
def test_reported_losses_are_means_over_the_steps_that_had_them(
    loss, of_discriminator, of_generator
):
    gan = constant_gan(0.3, loss, critic_steps=5)
    history = tiny_gan.train(gan, tiny_gan.examples()[:1], steps=7).history
    assert history["discriminator_loss"] == pytest.approx([of_discriminator], abs=1e-5)
    assert history["generator_loss"] == pytest.approx([of_generator], abs=1e-5)
    assert history["real_score"] == history["fake_score"] == pytest.approx([0.3])


def test_the_discriminator_tells_real_from_fake_by_its_loss():
    real = np.tile(np.float32([[1.0, -2.0]]), (8, 1))
    gan, record = linear_gan([0.0, 0.0]), Record()
    tiny_gan.train(gan, (real,), steps=1, callbacks=[record])
    np.testing.assert_allclose(record.discriminator[0][0].ravel(), [0.1, -0.2], rtol=1e-5)


@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize(
    "penalty, gradient",
    [
        ({"r1": 0.5}, lambda w: 0.5 * w),
        ({"gradient_penalty": 0.5}, lambda w: (1 - 1 / np.linalg.norm(w)) * w),
    ],
    ids=["r1", "gradient_penalty"],
)
def test_a_penalty_pulls_at_the_slope_when_due_and_then_for_all_the_steps_between(
    penalty, gradient, every
):
    real = np.tile(np.float32([[1.0, -2.0]]), (8, 1))
    gan, record = linear_gan([3.0, 4.0], penalty_every=every, **penalty), Record()
    tiny_gan.train(gan, (real,), steps=4, callbacks=[record])
    slope = np.array([3.0, 4.0])
    for step, weights in enumerate(record.discriminator):
        due = step % every == 0
        slope = slope - 0.1 * (-real[0] + due * every * gradient(slope))
        np.testing.assert_allclose(weights[0].ravel(), slope, rtol=1e-4)


def test_the_discriminator_sees_real_and_fake_only_through_the_augmentation():
    gan = tiny_gan.build(augment=lambda x: 0.0 * x)
    before = gan.generator.get_weights()
    history = tiny_gan.train(gan, tiny_gan.examples()[:1], steps=3).history
    assert history["real_score"] == history["fake_score"]
    assert not any(changed(before, gan.generator.get_weights()))


def test_the_discriminator_gets_each_example_with_its_own_label(monkeypatch):
    discriminator = tiny_gan.networks(labels=5)[1]
    latent, label = keras.Input((4,)), keras.Input((1,), dtype="int32")
    table = layers.LabelEmbedding((5,), 2)
    nothing = keras.layers.Dense(2, kernel_initializer="zeros")(latent)
    drawn = keras.layers.Add()([nothing, table(label)])
    gan = training.GAN(keras.Model([latent, label], drawn), discriminator)
    gan.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    table.table.assign(np.repeat(np.arange(5.0)[:, None], 2, axis=1))  # it draws its label
    seen, answer = [], loop.answer
    monkeypatch.setattr(loop, "answer", lambda *args: seen.append(args[1:]) or answer(*args))
    labels = tf.range(8)[:, None] % 5
    gan.train_step((tf.repeat(tf.cast(labels, tf.float32), 2, axis=1) + 10.0, labels))
    (both, twice), (fake, once) = seen
    np.testing.assert_array_equal(both[:8, :1], twice[:8] + 10)
    np.testing.assert_array_equal(both[8:, :1], twice[8:])
    np.testing.assert_array_equal(fake[:, :1], once)
    np.testing.assert_array_equal(once, labels)


def test_each_network_learns_from_latents_of_its_own(monkeypatch):
    gan = tiny_gan.build(rates=(0.0, 0.0))
    seen, answer = [], loop.answer
    monkeypatch.setattr(loop, "answer", lambda *args: seen.append(args[1:]) or answer(*args))
    gan.train_step(tf.zeros((8, 2)))
    (both, _), (fake, _) = seen
    assert both.shape == (16, 2)
    assert not np.any(both[8:] == fake)


def test_label_embeddings_learn_on_both_sides_also_in_steps_that_are_conditional():
    gan, record = tiny_gan.build(labels=4, critic_steps=2, r1=1.0, penalty_every=2), Record()
    real = tiny_gan.examples(8)[0]
    labels = np.array([[0], [1]] * 4, np.int32)  # 2 and 3 never occur
    rows = {"generator": [], "discriminator": []}
    for _ in range(3):
        rows["generator"].append(gan.generator.get_layer("label_embedding").table.numpy())
        rows["discriminator"].append(gan.discriminator.get_layer("projection").table.numpy())
        tiny_gan.train(gan, (real, labels), steps=1, callbacks=[record])
    first, second, third = rows["discriminator"]
    assert (first != second).any(axis=1).tolist() == [True, True, False, False]
    assert (second != third).any(axis=1).tolist() == [True, True, False, False]
    first, second, third = rows["generator"]
    np.testing.assert_array_equal(first, second)
    assert (second != third).any(axis=1).tolist() == [True, True, False, False]


def test_the_average_follows_the_generator_with_the_decay_and_its_warm_up():
    gan, record = tiny_gan.build(batch_norm=True, ema=0.3), Record()
    average = gan.generator.get_weights()
    tiny_gan.train(gan, tiny_gan.examples()[:1], steps=6, callbacks=[record])
    for step, (weights, actual) in enumerate(zip(record.generator, record.average, strict=True)):
        decay = min(0.3, (1 + step) / (10 + step))
        average = [decay * a + (1 - decay) * w for a, w in zip(average, weights, strict=True)]
        for expected, variable in zip(average, actual, strict=True):
            np.testing.assert_allclose(variable, expected, rtol=1e-4, atol=1e-6)
    assert (1 + 5) / (10 + 5) > 0.3 > 1 / 10  # both sides of the minimum were met
    moving_mean = gan.averaged_generator.layers[2].moving_mean.numpy()
    assert np.abs(moving_mean).max() > 0


def test_latents_come_from_seed_and_step_alone():
    first, second = tiny_gan.build(seed=5), tiny_gan.build(seed=5)
    draws = [first._inputs(None, 4, 0).numpy()]
    keras.utils.set_random_seed(9)
    np.testing.assert_array_equal(draws[0], second._inputs(None, 4, 0))
    draws += [second._inputs(None, 4, 1), tiny_gan.build(seed=6)._inputs(None, 4, 0)]
    second.step.assign_add(1)
    draws += [second._inputs(None, 4, 0), second._inputs(None, 4, 1)]
    assert len(np.unique(draws)) == 5 * 4 * 4
    large = first._inputs(None, 20_000, 0).numpy()
    assert large.mean() == pytest.approx(0, abs=0.02)
    assert large.std() == pytest.approx(1, abs=0.02)


def before(op):
    """All that must have run before an operation of a graph."""
    seen, todo = set(), [op]
    while todo:
        op = todo.pop()
        for earlier in {*op.control_inputs, *(tensor.op for tensor in op.inputs)} - seen:
            seen.add(earlier)
            todo.append(earlier)
    return seen


def test_weights_are_written_after_the_loss_that_read_them():
    # A linear critic's gradient does not depend on its weights: nothing else would hold the order.
    critic = keras.Variable(np.ones((3, 1), np.float32), name="critic")
    adam = training.Adam(0.1)
    adam.build([critic])

    @tf.function
    def step(examples):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(examples @ critic.value, name="critic_loss")
        machine.apply(adam, tape.gradient(loss, [critic]), [critic], loss)
        return loss

    operations = step.get_concrete_function(tf.TensorSpec((4, 3))).graph.get_operations()
    writes = [op for op in operations if op.type == "ResourceApplyAdam"]
    assert len(writes) == 1
    assert any(op.name.startswith("critic_loss") for op in before(writes[0]))


# --- whole runs ----------------------------------------------------------------------------------


def test_a_tiny_gan_learns_where_each_label_stands():
    centres = np.array([[2.0, 0.0], [-1.0, 2.0], [-1.0, -2.0]], np.float32)
    noise, labels = tiny_gan.examples(600)
    real = centres[labels[:, 0]] + 0.3 * noise
    gan = tiny_gan.build(labels=3, rates=(2e-3, 4e-3), r1=0.2, penalty_every=4, ema=0.98)

    def errors():
        latents = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
        asked = np.arange(300)[:, None] % 3
        drawn = gan.predict([latents, asked], batch_size=300, verbose=0)
        drawn = [drawn[asked[:, 0] == label] for label in range(3)]
        spread = np.array([clips.std(axis=0).mean() for clips in drawn])
        return np.linalg.norm([c.mean(0) for c in drawn] - centres, axis=1), spread

    assert errors()[0].min() > 1
    tiny_gan.train(gan, (real, labels), steps=800, batch_size=32)
    distance, spread = errors()
    assert distance.max() < 0.4
    assert spread.min() > 0.1
    assert spread.max() < 0.6


CASES = {
    "plain": {},
    "all at once": {
        "labels": 3,
        "shape": (6, 1),
        "batch_norm": True,
        "r1": 1.0,
        "penalty_every": 3,
        "critic_steps": 2,
    },
    "critic": {"loss": "wasserstein", "gradient_penalty": 10.0},
}


def shifted(shift_seed=4, **options):
    """Build a GAN, with random shifts if its examples have a time axis."""
    augment = layers.RandomShift(2, seed=shift_seed) if "shape" in options else None
    return tiny_gan.build(augment=augment, **options)


def test_the_same_seed_gives_the_same_weights_and_another_does_not():
    gans = [tiny_gan.build(seed=seed) for seed in (1, 1, 2)]
    for gan in gans:
        tiny_gan.train(gan, tiny_gan.examples()[:1], steps=5)
    first, again, other = (tiny_gan.state(gan) for gan in gans)
    assert not any(changed(first, again))
    assert any(changed(first, other))


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_a_run_that_was_stopped_and_resumed_ends_like_one_that_was_not(options, tmp_path):
    data = tiny_gan.examples(shape=options.get("shape", (2,)))
    unbroken = shifted(**options)
    tiny_gan.train(unbroken, data, steps=12)
    first = shifted(**options)
    tiny_gan.train(first, data, steps=7)
    first.save_weights(tmp_path / "stopped.weights.h5")
    resumed = shifted(shift_seed=99, **options)
    resumed.load_weights(tmp_path / "stopped.weights.h5")
    assert int(resumed.step.numpy()) == 7
    tiny_gan.train(resumed, data, steps=5)
    assert not any(changed(tiny_gan.state(unbroken), tiny_gan.state(resumed)))
    assert any(changed(tiny_gan.state(first), tiny_gan.state(resumed)))


# --- Keras's ways --------------------------------------------------------------------------------


def test_examples_may_come_as_an_array_as_tensors_or_in_tuples():
    real, labels = tiny_gan.examples()
    dataset = tf.data.Dataset.from_tensor_slices
    forms = {
        "array": (real,),
        "tensors": (dataset(real).batch(8),),
        "single tuples": (dataset((real,)).batch(8),),
        "labels that nobody needs": (real, labels),
    }
    histories = {}
    for name, data in forms.items():
        options = {} if isinstance(data[0], tf.data.Dataset) else {"batch_size": 8}
        gan = tiny_gan.build()
        histories[name] = gan.fit(*data, shuffle=False, verbose=0, **options).history
    assert all(history == histories["array"] for history in histories.values())


def test_labels_may_come_with_or_without_their_axis_of_conditions():
    real, labels = tiny_gan.examples()
    histories = [
        tiny_gan.build(labels=3).fit(real, each, batch_size=8, shuffle=False, verbose=0).history
        for each in (labels, labels[:, 0].astype(np.int64))
    ]
    assert histories[0] == histories[1]


def test_a_conditional_gan_asks_for_labels():
    with pytest.raises(ValueError, match="data: no labels, but the networks take some"):
        tiny_gan.build(labels=3).fit(tiny_gan.examples()[0], verbose=0)


def test_several_steps_in_one_execution_are_counted_singly():
    gan = tiny_gan.build(steps_per_execution=3)
    tiny_gan.train(gan, tiny_gan.examples()[:1], steps=6)
    assert int(gan.step.numpy()) == 6
    assert int(gan.generator_optimizer.iterations.numpy()) == 6
    with pytest.raises(ValueError, match="critic_steps=2 cannot be combined"):
        tiny_gan.build(steps_per_execution=3, critic_steps=2)


def test_calling_and_predicting_use_the_average():
    gan = tiny_gan.build(ema=0.9)
    tiny_gan.train(gan, tiny_gan.examples()[:1], steps=4)
    latents = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    expected = gan.averaged_generator(latents).numpy()
    np.testing.assert_allclose(gan(latents), expected, rtol=1e-5)
    np.testing.assert_allclose(gan.predict(latents, verbose=0), expected, rtol=1e-5)
    assert not np.allclose(gan.generator(latents), expected)


def test_the_csv_logger_writes_losses_and_the_rate_of_the_generator(tmp_path):
    gan = tiny_gan.build()
    callbacks = [
        keras.callbacks.LearningRateScheduler(lambda epoch: 0.01 / (1 + epoch)),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
    ]
    history = tiny_gan.train(
        gan, tiny_gan.examples()[:1], steps=3, epochs=2, callbacks=callbacks
    ).history
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    for name in ("discriminator_loss", "generator_loss", "real_score", "fake_score"):
        assert [float(row[name]) for row in rows] == pytest.approx(history[name])
    assert [float(row["learning_rate"]) for row in rows] == pytest.approx([0.01, 0.005])
    assert float(gan.generator_optimizer.learning_rate) == pytest.approx(0.005)
    assert float(gan.discriminator_optimizer.learning_rate) == pytest.approx(0.02)


def test_tensorboard_gets_the_losses(tmp_path):
    pytest.importorskip("tensorboard")
    board = keras.callbacks.TensorBoard(tmp_path)
    tiny_gan.train(tiny_gan.build(), tiny_gan.examples()[:1], steps=3, epochs=2, callbacks=[board])
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("events.*"))
    assert b"generator_loss" in written
    assert b"epoch_learning_rate" in written


def test_a_mixed_policy_trains_float32_weights_and_keeps_the_shifts_exact():
    seen = []
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        augment = layers.RandomShift(1)
        gan = tiny_gan.build(
            labels=3,
            shape=(6, 1),
            batch_norm=True,
            r1=1.0,
            augment=lambda x: seen.append(x.dtype) or augment(x),
        )
        before = gan.generator.get_weights(), gan.discriminator.get_weights()
        history = tiny_gan.train(gan, tiny_gan.examples(shape=(6, 1)), steps=4).history
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in gan.generator.layers} >= {"bfloat16"}
    assert set(seen) == {tf.float32}
    assert all(np.isfinite(values).all() for values in history.values())
    assert {weight.dtype for weight in gan.generator.weights} == {"float32"}
    assert any(changed(before[0], gan.averaged_generator.get_weights()))
    assert any(changed(before[1], gan.discriminator.get_weights()))


# --- refusals ------------------------------------------------------------------------------------


def test_an_unknown_loss_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="must be one of minimax, non_saturating, least_squares"):
        tiny_gan.build(loss="lsgan")


@pytest.mark.parametrize("name", ["penalty_every", "critic_steps"])
def test_numbers_of_steps_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"{name}=0"):
        tiny_gan.build(**{name: 0})


def test_networks_that_do_not_fit_are_refused():
    generator = tiny_gan.networks(shape=(6, 1))[0]
    short = keras.Sequential([keras.Input((1, 1)), keras.layers.Dense(1)])
    with pytest.raises(ValueError, match=r"makes \(6, 1\), but the discriminator takes \(1, 1\)"):
        training.GAN(generator, short)
    flat = tiny_gan.networks(shape=(6,))[1]
    with pytest.raises(ValueError, match=r"makes \(6, 1\), but the discriminator takes \(6,\)"):
        training.GAN(generator, flat)
    conditional = tiny_gan.networks(labels=3, shape=(6, 1))[1]
    with pytest.raises(ValueError, match="generator has 1 inputs, the discriminator 2"):
        training.GAN(generator, conditional)


def test_a_discriminator_may_take_clips_of_any_length():
    inputs = keras.Input((None, 1))
    score = keras.layers.Dense(1)(keras.layers.GlobalMaxPooling1D()(inputs))
    gan = training.GAN(tiny_gan.networks(shape=(6, 1))[0], keras.Model(inputs, score))
    assert gan.discriminator(np.zeros((2, 9, 1))).shape == (2, 1)


def test_another_backend_than_tensorflow_is_named(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ValueError, match="KERAS_BACKEND=jax: training needs tensorflow"):
        training.GAN(*tiny_gan.networks())


def test_training_before_compiling_is_refused():
    with pytest.raises(ValueError, match="compile"):
        training.GAN(*tiny_gan.networks()).fit(tiny_gan.examples()[0])


# --- several devices and several machines --------------------------------------------------------

HERE = Path(__file__).parent
EACH_OPTIONS = [
    {"loss": "non_saturating", "r1": 0.5, "penalty_every": 2},
    {"loss": "wasserstein", "gradient_penalty": 1.0, "critic_steps": 2, "clip_weights": 0.5},
]


def environment(task=None, ports=()):
    """Return the variables for a process; with ports it is one of several machines."""
    variables = dict(os.environ) | {"PYTHONPATH": f"{HERE.parent}{os.pathsep}{HERE}"}
    if ports:
        cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
        task = {"type": "worker", "index": task}
        variables["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
    return variables


def start(devices=None, task=None, ports=()):
    """Start trainings in a process of their own."""
    asked = json.dumps({"devices": devices, "each_options": EACH_OPTIONS})
    return subprocess.Popen(
        [sys.executable, HERE / "spread_training.py", asked],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(task, ports),
    )


def result(process):
    output, errors = process.communicate(timeout=240)
    assert process.returncode == 0, errors[-2000:]
    return json.loads(output.splitlines()[-1])


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def assert_same_run(actual, alone):
    assert actual["step"] == alone["step"] == 6
    for name in ("discriminator_loss", "real_score", "fake_score", "average"):
        np.testing.assert_allclose(actual[name], alone[name], rtol=1e-4, atol=1e-5, err_msg=name)
    assert np.ptp(alone["discriminator_loss"]) > 1e-3  # it did train


def test_two_devices_and_two_machines_train_as_one_device():
    ports = free_ports(2)
    processes = [start(), start(devices=2), *(start(task=task, ports=ports) for task in range(2))]
    alone, devices, first, second = map(result, processes)
    assert [runs["replicas"] for runs in (alone, devices, first, second)] == [1, 2, 2, 2]
    assert [runs["chief"] for runs in (alone, devices, first, second)] == [True, True, True, False]
    for runs in (devices, first, second):
        for run, expected in zip(runs["runs"], alone["runs"], strict=True):
            assert_same_run(run, expected)


def test_two_machines_stop_together_and_the_first_writes_the_run(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("high", "low"):
        (tmp_path / "sounds" / name).mkdir(parents=True)
        for index in range(8):
            noise = 0.1 * rng.standard_normal(8192).astype(np.float32)
            audio.write(tmp_path / "sounds" / name / f"{index}.wav", noise, 16000)
    arguments = ("train", "--data", tmp_path / "sounds", "--minutes", "0.02", "--out")
    ports = free_ports(2)
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "audiogan_lib", *arguments, tmp_path / f"run-{task}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment(task, ports),
        )
        for task in range(2)
    ]
    for process in processes:
        output, _ = process.communicate(timeout=280)
        assert process.returncode == 0, output[-2000:]
    assert json.loads((tmp_path / "run-0" / "card.json").read_text())["training"]["step"] >= 20
    assert not [path for path in (tmp_path / "run-1").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    "jobs, chief",
    [
        ({"worker": 2}, ("worker", 0)),
        ({"chief": 1, "worker": 2}, ("chief", 0)),
        ({"chief": 1}, ("chief", 0)),
    ],
)
def test_one_task_of_a_cluster_is_its_chief(monkeypatch, jobs, chief):
    spread = SimpleNamespace(
        cluster_resolver=tf.distribute.cluster_resolver.TFConfigClusterResolver()
    )
    cluster = {job: [f"{job}{index}:1" for index in range(count)] for job, count in jobs.items()}
    chiefs = []
    for job, index in ((job, index) for job, count in jobs.items() for index in range(count)):
        config = {"cluster": cluster, "task": {"type": job, "index": index}}
        monkeypatch.setenv("TF_CONFIG", json.dumps(config))
        if training.is_chief(spread):
            chiefs.append((job, index))
    assert chiefs == [chief]


def test_a_process_without_a_cluster_is_chief(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    resolver = tf.distribute.cluster_resolver.TFConfigClusterResolver()
    for spread in (tf.distribute.get_strategy(), SimpleNamespace(cluster_resolver=resolver)):
        assert training.is_chief(spread)


def test_what_nobody_asks_for_is_left_out_but_the_average():
    gan = training.GAN(*tiny_gan.networks())
    assert (gan.ema, gan.seed, gan.latent_dim) == (0.998, 0, 4)
    gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    assert asdict(gan.objective) == {
        **dict.fromkeys(("r1", "r2", "gradient_penalty", "clip_weights", "drift"), 0.0),
        **dict.fromkeys(("feature_matching", "label_loss"), 0.0),
        **dict.fromkeys(("penalty_every", "critic_steps"), 1),
        "loss": "non_saturating",
        "generator_terms": {},
    }


def test_one_device_is_the_default():
    assert training.strategy().num_replicas_in_sync == 1
    assert training.strategy(1).num_replicas_in_sync == 1


def test_devices_out_of_reach_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="devices=0: must be 1 or more"):
        training.strategy(0)
    np.asarray(tf.zeros(1))  # TensorFlow runs now
    with pytest.raises(ValueError, match="devices=3: TensorFlow already runs with 1"):
        training.strategy(3)
    monkeypatch.setenv("TF_CONFIG", "{}")
    with pytest.raises(ValueError, match="either devices or TF_CONFIG"):
        training.strategy(2)
    for malformed in ("{}", "[1]", "{", '{"cluster": {}, "task": {"type": "worker", "index": 0}}'):
        monkeypatch.setenv("TF_CONFIG", malformed)
        with pytest.raises(ValueError, match="the environment variable TF_CONFIG must"):
            training.strategy()
