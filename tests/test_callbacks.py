"""Checkpoints that survive kills, bad disks and bad weights; the time limit; sounds and scores."""

import csv
import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf
import tiny_gan

from audiogan_lib import callbacks, display, files, training
from audiogan_lib.callbacks import checkpoints, progress


class Clock(keras.callbacks.Callback):
    """Time that passes only here: half a minute a step, and an hour between epochs."""

    def __init__(self, monkeypatch):
        super().__init__()
        self.now = 0.0
        for module in (progress, checkpoints):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def on_train_batch_end(self, batch, logs=None):
        self.now += 30.0

    def on_epoch_begin(self, epoch, logs=None):
        self.now += 3600.0


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def gan():
    return tiny_gan.build()


def fit(gan, *used, epochs=1, steps=2):
    data = tiny_gan.examples()[:1]
    return tiny_gan.train(gan, data, steps, callbacks=list(used), epochs=epochs)


def checkpoint_of(gan, folder, **options):
    checkpoint = callbacks.Checkpoint(folder, **options)
    checkpoint.set_model(gan)
    return checkpoint


def save_at(gan, folder, *steps):
    """Save checkpoints as if the run had reached those steps; return their paths."""
    for step in steps:
        gan.step.assign(step)
        checkpoint_of(gan, folder).save()
    return [folder / f"step-{step:08d}.npz" for step in steps]


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def equal(first, second):
    return all(np.array_equal(*pair) for pair in zip(first, second, strict=True))


# --- checkpoints ---------------------------------------------------------------------------------


def test_an_empty_folder_starts_at_step_zero(gan, tmp_path):
    before = gan.get_weights()
    assert callbacks.Checkpoint(tmp_path / "new" / "folder").resume(gan) == 0
    assert equal(before, gan.get_weights())


def test_a_run_resumes_with_networks_optimisers_step_and_seconds(gan, tmp_path):
    checkpoint = callbacks.Checkpoint(tmp_path)
    gan.elapsed_s.assign(12.5)
    fit(gan, checkpoint, steps=3)
    other = tiny_gan.build()
    assert callbacks.Checkpoint(tmp_path).resume(other) == 3
    assert equal(tiny_gan.state(gan), tiny_gan.state(other))
    assert float(other.elapsed_s.numpy()) == 12.5


def test_checkpoints_are_written_when_due_and_at_the_end(gan, tmp_path, clock):
    saved = []

    class Counting(callbacks.Checkpoint):
        def save(self):
            saved.append(int(self.model.step.numpy()))
            super().save()

    # An epoch is an hour and a minute of this clock.
    fit(gan, clock, Counting(tmp_path / "seldom", every_s=2 * 3660), epochs=5)
    assert saved == [4, 8, 10]
    saved.clear()
    fit(gan, clock, Counting(tmp_path / "never", every_s=1e9), epochs=3)
    assert saved == [16]


def test_the_two_newest_checkpoints_are_kept(gan, tmp_path):
    save_at(gan, tmp_path, 10, 20, 30)
    assert names(tmp_path) == [
        "checkpoints.json",
        "step-00000020.npz",
        "step-00000030.npz",
    ]
    entries = json.loads((tmp_path / "checkpoints.json").read_text())
    assert [entry["step"] for entry in entries] == [30, 20]


@pytest.mark.parametrize("harm", [damage, Path.unlink], ids=["damaged", "missing"])
def test_a_bad_newest_checkpoint_is_passed_over_with_a_message(gan, tmp_path, harm, capsys):
    newest = save_at(gan, tmp_path, 10, 20)[1]
    harm(newest)
    assert callbacks.Checkpoint(tmp_path).resume(tiny_gan.build()) == 10
    assert f"{newest} is missing or damaged" in capsys.readouterr().out


def test_a_damaged_checkpoint_does_not_push_out_the_whole_one_before_it(gan, tmp_path):
    damage(save_at(gan, tmp_path, 10, 20)[1])
    assert checkpoint_of(gan, tmp_path).resume(gan) == 10
    damage(save_at(gan, tmp_path, 15)[0])
    assert callbacks.Checkpoint(tmp_path).resume(gan) == 10
    assert "step-00000020.npz" not in names(tmp_path)


def test_a_run_without_a_whole_checkpoint_says_so_and_loads_nothing(gan, tmp_path):
    for path in save_at(gan, tmp_path, 10, 20):
        damage(path)
    other = tiny_gan.build()
    fit(other)
    before = tiny_gan.state(other)
    with pytest.raises(callbacks.CheckpointError, match=f"No checkpoint in {tmp_path} is whole"):
        callbacks.Checkpoint(tmp_path).resume(other)
    assert equal(before, tiny_gan.state(other))


@pytest.mark.parametrize("text", ["[{", "null", '[{"step": 10}]'])
def test_a_damaged_list_of_checkpoints_is_named(gan, tmp_path, text):
    save_at(gan, tmp_path, 10)
    (tmp_path / "checkpoints.json").write_text(text)
    with pytest.raises(callbacks.CheckpointError, match=r"checkpoints\.json is damaged.*anew"):
        callbacks.Checkpoint(tmp_path).resume(gan)


def test_a_checkpoint_of_other_networks_or_optimisers_is_refused(gan, tmp_path):
    fit(gan, callbacks.Checkpoint(tmp_path))
    other = tiny_gan.build(labels=3)
    with pytest.raises(callbacks.CheckpointError, match="is of other networks or optimisers"):
        callbacks.Checkpoint(tmp_path).resume(other)
    plain = tiny_gan.build()
    plain.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
    with pytest.raises(callbacks.CheckpointError, match="is of other networks or optimisers"):
        callbacks.Checkpoint(tmp_path).resume(plain)


@pytest.mark.parametrize(
    "part",
    [
        *("generator", "discriminator", "averaged_generator"),
        *("generator_optimizer", "discriminator_optimizer"),
    ],
)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_state_that_is_not_finite_is_not_saved(gan, tmp_path, part, value):
    save_at(gan, tmp_path, 10)
    before = names(tmp_path)
    variable = getattr(gan, part).variables[-1]  # of an optimiser: a moment
    values = np.array(variable.numpy())
    values.flat[-1] = value
    variable.assign(values)
    gan.step.assign(20)
    with pytest.raises(FloatingPointError, match="no longer finite at step 20; nothing was saved"):
        checkpoint_of(gan, tmp_path).save()
    assert names(tmp_path) == before
    assert callbacks.Checkpoint(tmp_path).resume(tiny_gan.build()) == 10


def test_a_checkpoint_that_finds_the_disk_full_leaves_those_before(gan, tmp_path, monkeypatch):
    def half(file, **state):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    save_at(gan, tmp_path, 10)
    before = names(tmp_path)
    gan.step.assign(20)
    checkpoint = checkpoint_of(gan, tmp_path)
    monkeypatch.setattr(np, "savez", half)
    with pytest.raises(OSError, match="step-00000020"):
        checkpoint.save()
    monkeypatch.undo()
    assert names(tmp_path) == before
    assert callbacks.Checkpoint(tmp_path).resume(tiny_gan.build()) == 10
    save_at(gan, tmp_path, 20)
    assert callbacks.Checkpoint(tmp_path).resume(tiny_gan.build()) == 20


def test_what_a_killed_process_left_is_cleared_away(gan, tmp_path):
    (tmp_path / ".writing-0123456789ab-00000005.npz").write_bytes(b"half")
    (tmp_path / "step-00000005.npz").write_bytes(b"whole, but never listed")
    save_at(gan, tmp_path, 10)
    assert names(tmp_path) == ["checkpoints.json", "step-00000010.npz"]


def test_checkpoints_leave_the_sounds_of_a_watch_in_the_same_folder(gan, tmp_path):
    watch = callbacks.Watch(tmp_path, every_minutes=0, listen=lambda: (np.zeros((1, 50)), 8000))
    fit(gan, watch, callbacks.Checkpoint(tmp_path, every_s=0), epochs=3)
    assert names(tmp_path) == [
        "checkpoints.json",
        "step-00000002.wav",
        *("step-00000004.npz", "step-00000004.wav"),
        *("step-00000006.npz", "step-00000006.wav"),
    ]


def test_the_last_epoch_is_not_saved_twice(gan, tmp_path):
    fit(gan, callbacks.Checkpoint(tmp_path, every_s=0), epochs=3)
    assert [e["step"] for e in json.loads((tmp_path / "checkpoints.json").read_text())] == [6, 4]


def test_random_state_that_keras_leaves_out_of_weights_is_saved(tmp_path):
    def dropout_gan():
        latent, example = keras.Input((4,)), keras.Input((2,))
        drawn = keras.layers.Dense(2)(keras.layers.Dropout(0.5)(latent))
        score = keras.layers.Dense(1)(keras.layers.GaussianNoise(1.0)(example))
        gan = training.GAN(keras.Model(latent, drawn), keras.Model(example, score))
        gan.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        return gan

    def random_states(gan):
        return [v.numpy() for v in gan.variables if "seed_generator" in v.path]

    gan, other = dropout_gan(), dropout_gan()
    assert len(random_states(gan)) >= 2
    assert not equal(random_states(gan), random_states(other))
    fit(gan, callbacks.Checkpoint(tmp_path))
    callbacks.Checkpoint(tmp_path).resume(other)
    assert equal(random_states(gan), random_states(other))


def test_weights_of_bfloat16_survive(tmp_path):
    keras.config.set_dtype_policy("bfloat16")
    try:
        gan, other = tiny_gan.build(), tiny_gan.build()
        checkpoint_of(gan, tmp_path).save()
        gan.generator.set_weights([weight + 1 for weight in gan.generator.get_weights()])
        checkpoint_of(gan, tmp_path / "moved").save()
        callbacks.Checkpoint(tmp_path / "moved").resume(other)
    finally:
        keras.config.set_dtype_policy("float32")
    assert gan.generator.weights[0].dtype == "bfloat16"
    assert equal(tiny_gan.state(gan), tiny_gan.state(other))


# --- a run that is killed -----------------------------------------------------------------------

EPOCHS = 60


def start(folder):
    """Start the run of ``killed_run.py`` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("killed_run.py")), str(folder), str(EPOCHS)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
    )


def steps_on_file(folder):
    """Return the steps of the checkpoints, newest first."""
    index = folder / "checkpoints.json"
    return [entry["step"] for entry in json.loads(index.read_text())] if index.exists() else []


def test_a_run_that_is_killed_ends_with_the_bits_of_one_that_was_not(tmp_path):
    delay_s = random.SystemRandom().uniform(0.0, 0.5)
    print(f"killed {delay_s} s after its second checkpoint")  # pytest shows it if the test fails
    unbroken, killed = start(tmp_path / "unbroken"), start(tmp_path / "killed")
    while len(steps_on_file(tmp_path / "killed")) < 2 and killed.poll() is None:
        time.sleep(0.01)
    time.sleep(delay_s)
    killed.kill()
    killed.communicate()
    assert killed.returncode != 0, "the run ended before it could be killed"
    newest, older = steps_on_file(tmp_path / "killed")
    path = tmp_path / "killed" / f"step-{newest:08d}.npz"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])  # as a failing disk may
    first, *_, resumed = start(tmp_path / "killed").communicate(timeout=600)[0].splitlines()
    (whole,) = unbroken.communicate(timeout=600)[0].splitlines()
    assert f"step-{newest:08d}.npz is missing or damaged" in first
    assert resumed.startswith(f"from step {older} to {3 * EPOCHS}: ")
    assert whole.startswith(f"from step 0 to {3 * EPOCHS}: ")
    assert resumed.rpartition(" ")[2] == whole.rpartition(" ")[2]


# --- best weights --------------------------------------------------------------------------------


def score_by_epoch(gan, folder, scores, mode="max"):
    """Train an epoch for each score; return the callback and the averages after each epoch."""
    looks, averages = iter(scores), []
    best = callbacks.BestWeights(folder / "best", "quality", mode, lambda: {"of": "a test"})
    note = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: setattr(gan, "stop_training", False),
        on_epoch_end=lambda epoch, logs: averages.append(gan.averaged_generator.get_weights()),
    )
    watch = callbacks.Watch(folder / "looks", 0, score=lambda: {"quality": next(looks)})
    fit(gan, watch, best, note, epochs=len(scores))
    return best, averages


@pytest.mark.parametrize("mode, winner", [("max", 2), ("min", 1)])
def test_the_weights_with_the_best_score_are_kept_with_it(gan, tmp_path, mode, winner):
    _, averages = score_by_epoch(gan, tmp_path, [0.5, 0.1, 0.9, np.nan, 0.7, 0.1, 0.9], mode)
    other, step = tiny_gan.build().generator, 2 * (winner + 1)
    card, weights = files.read_card(tmp_path / "best")
    other.load_weights(weights)
    assert equal(other.get_weights(), averages[winner])
    assert card["best"] == {"step": step, "quality": [0.5, 0.1, 0.9][winner]}
    assert card["of"] == "a test"
    assert names(tmp_path / "best") == ["card.json", weights.name]


def test_the_best_score_is_remembered_by_a_resumed_run(gan, tmp_path):
    score_by_epoch(gan, tmp_path, [0.9])
    before = names(tmp_path / "best")
    best, averages = score_by_epoch(gan, tmp_path, [0.8])
    assert names(tmp_path / "best") == before
    best, averages = score_by_epoch(gan, tmp_path, [0.95])
    other = tiny_gan.build().generator
    other.load_weights(files.read_card(tmp_path / "best")[1])
    assert best.best["step"] == 6
    assert equal(other.get_weights(), averages[0])


def test_epochs_without_a_score_keep_the_best(gan, tmp_path):
    best, _ = score_by_epoch(gan, tmp_path, [0.9])
    before = names(tmp_path / "best")
    fit(gan, best, epochs=3)
    assert names(tmp_path / "best") == before


def test_a_score_that_never_comes_is_named_with_those_that_came(gan, tmp_path):
    with pytest.warns(UserWarning, match="monitor='quality': no such score.*real_score"):
        fit(gan, callbacks.BestWeights(tmp_path, "quality", "max"))
    with pytest.raises(ValueError, match="mode='best': must be 'max' or 'min'"):
        callbacks.BestWeights(tmp_path, "quality", "best")


# --- time limit ----------------------------------------------------------------------------------


def test_the_time_limit_counts_training_over_all_pieces_of_a_run(gan, tmp_path, clock):
    limit, checkpoint = callbacks.TimeLimit(minutes=3), callbacks.Checkpoint(tmp_path)
    fit(gan, clock, limit, checkpoint, epochs=1)  # two steps are a minute
    assert float(gan.elapsed_s.numpy()) == 60.0
    resumed = tiny_gan.build()
    checkpoint.resume(resumed)
    history = fit(resumed, clock, callbacks.TimeLimit(minutes=3), epochs=100)
    assert len(history.epoch) == 2
    assert float(resumed.elapsed_s.numpy()) == 180.0


@pytest.mark.parametrize("minutes", [0, -1.0, float("nan")])
def test_a_time_that_ends_no_run_is_refused(minutes):
    with pytest.raises(ValueError, match="must be more than 0"):
        callbacks.TimeLimit(minutes)


def test_the_progress_bar_of_a_notebook_shows_minutes_step_and_losses(
    gan, clock, capsys, monkeypatch
):
    monkeypatch.setattr(progress.IPython, "get_ipython", object)
    gan.elapsed_s.assign(60.0)
    fit(gan, clock, callbacks.TimeLimit(minutes=3, progress=True), epochs=100)
    shown = capsys.readouterr().err
    assert "1.0/3 min" in shown
    assert "3.0/3 min" in shown
    assert "step=4" in shown
    assert "generator_loss=" in shown
    fit(tiny_gan.build(), clock, callbacks.TimeLimit(minutes=0.2, progress=True), epochs=100)
    assert "0.2/0.2 min" in capsys.readouterr().err  # though the epoch took a whole one
    fit(tiny_gan.build(), clock, callbacks.TimeLimit(minutes=1), epochs=100)
    assert capsys.readouterr().err == ""


def test_in_a_file_progress_is_a_line_at_once_one_a_minute_and_one_at_the_end(
    gan, monkeypatch, capsys
):
    class Steady(Clock):
        def on_epoch_begin(self, epoch, logs=None):
            pass

    steady = Steady(monkeypatch)
    limit = callbacks.TimeLimit(minutes=3.5, progress=True)
    fit(gan, steady, limit, epochs=100, steps=1)  # a step is half a minute
    shown = capsys.readouterr().err
    assert "\r" not in shown
    lines = shown.splitlines()
    assert [line.partition(" min, step=")[0] for line in lines] == [
        *("0.5/3.5", "1.5/3.5", "2.5/3.5", "3.5/3.5")
    ]
    assert [line.partition("step=")[2][0] for line in lines] == ["1", "3", "5", "7"]
    assert all("generator_loss=" in line for line in lines)
    fit(tiny_gan.build(), steady, callbacks.TimeLimit(1, progress=True), epochs=100, steps=1)
    assert [line[:7] for line in capsys.readouterr().err.splitlines()] == ["0.5/1 m", "1.0/1 m"]


# --- sounds and scores ---------------------------------------------------------------------------


def test_watch_writes_sounds_and_scores_when_due_and_at_the_end(gan, tmp_path, clock):
    heard = np.linspace(-0.5, 0.5, 3 * 100).reshape(3, 100).astype(np.float32)

    def watch():
        looks = iter(range(100))
        return callbacks.Watch(
            tmp_path / "looks",
            every_minutes=2,
            listen=lambda: (heard, 8000),
            score=lambda: {"accuracy": 0.5 + next(looks)},
        )

    # Due after 2 and 4 minutes, steps 4 and 8; stopped after 5 minutes, at step 10.
    fit(gan, clock, callbacks.TimeLimit(minutes=5), watch(), epochs=100)
    with (tmp_path / "looks" / "scores.csv").open() as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["step", "minutes", "accuracy"],
        ["4", "2.0", "0.5"],
        ["8", "4.0", "1.5"],
        ["10", "5.0", "2.5"],
    ]
    sounds = [f"step-{step:08d}.wav" for step in (4, 8, 10)]
    assert names(tmp_path / "looks") == ["scores.csv", *sounds]
    waveform, sample_rate = soundfile.read(tmp_path / "looks" / sounds[0])
    assert sample_rate == 8000
    np.testing.assert_allclose(waveform, heard.ravel(), atol=1e-4)
    # A resumed run adds to the same table.
    fit(gan, clock, callbacks.TimeLimit(minutes=7), watch(), epochs=100)
    with (tmp_path / "looks" / "scores.csv").open() as file:
        assert list(csv.reader(file)) == [*rows, ["14", "7.0", "0.5"]]


def test_watch_only_listens_or_only_scores_if_asked(gan, tmp_path, clock):
    def look(name, **what):
        watch = callbacks.Watch(tmp_path / name, every_minutes=1, **what)
        fit(gan, clock, callbacks.TimeLimit(minutes=100), watch)
        return names(tmp_path / name)

    assert look("ears", listen=lambda: (np.zeros((1, 50)), 8000)) == ["step-00000002.wav"]
    assert look("marks", score=lambda: {"accuracy": 1.0}) == ["scores.csv"]


def test_scores_join_the_logs_for_callbacks_that_come_later(gan, tmp_path):
    seen = []
    later = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(dict(logs)))
    watch = callbacks.Watch(tmp_path, every_minutes=0, score=lambda: {"accuracy": 0.25})
    fit(gan, watch, later)
    assert seen[0]["accuracy"] == 0.25
    assert "generator_loss" in seen[0]


def test_tensorboard_gets_the_sounds_of_each_look(gan, tmp_path):
    rng = np.random.default_rng(0)
    heard = [rng.uniform(-0.5, 0.5, (2, 300)).astype(np.float32) for _ in range(2)]
    looks = iter(heard)
    watch = callbacks.Watch(
        tmp_path / "looks", 0, listen=lambda: (next(looks), 8000), tensorboard=tmp_path / "board"
    )
    fit(gan, watch, epochs=2)
    (file,) = (tmp_path / "board").glob("events.out.tfevents.*")
    records = tf.data.TFRecordDataset(str(file)).as_numpy_iterator()
    events = [tf.compat.v1.Event.FromString(record) for record in records]
    found = {
        (event.step, value.tag): value.audio for event in events for value in event.summary.value
    }
    assert sorted(found) == [(s, f"sounds/{i}") for s in (2, 4) for i in (0, 1)]
    for look, step in enumerate((2, 4)):
        for clip in (0, 1):
            sound = found[step, f"sounds/{clip}"]
            assert (sound.content_type, sound.length_frames) == ("audio/wav", 300)
            waveform, rate = soundfile.read(io.BytesIO(sound.encoded_audio_string))
            assert rate == sound.sample_rate == 8000
            np.testing.assert_allclose(waveform, heard[look][clip], atol=1e-4)


def test_a_notebook_shows_the_newest_sounds_in_place_of_the_older(gan, tmp_path, monkeypatch):
    page = []

    class Handle:
        def update(self, shown):
            page.append(("update", shown))

    def first(shown, display_id):
        page.append(("display", shown))
        return Handle()

    monkeypatch.setattr("IPython.display.display", first)
    clips = np.zeros((2, 600), np.float32)
    watch = callbacks.Watch(
        tmp_path, every_minutes=0, listen=lambda: (clips, 8000), show=display.players
    )
    fit(gan, watch, epochs=3)
    assert [how for how, _ in page] == ["display", "update", "update"]
    for (_, shown), step in zip(page, (2, 4, 6), strict=True):
        html = shown._repr_html_()
        assert f"Step {step}, 0.0 minutes of training" in html
        assert html.count("<audio") == 2


def test_sounds_beyond_full_scale_are_clipped_wherever_they_go(gan, tmp_path):
    shown = []
    heard = np.float32([[0.5, 1.5, -3.0, 0.25]])
    watch = callbacks.Watch(
        tmp_path,
        every_minutes=0,
        listen=lambda: (heard, 8000),
        show=lambda waveforms, sample_rate, caption: shown.append(waveforms),
    )
    fit(gan, watch)
    waveform, _ = soundfile.read(tmp_path / "step-00000002.wav")
    np.testing.assert_allclose(waveform, [0.5, 1.0, -1.0, 0.25], atol=1e-4)
    np.testing.assert_array_equal(shown, [[[0.5, 1.0, -1.0, 0.25]]])
    assert heard.max() == 1.5


def test_sounds_that_are_not_finite_are_named_and_not_played(gan, tmp_path):
    watch = callbacks.Watch(
        tmp_path, every_minutes=0, listen=lambda: (np.full((1, 50), np.nan), 8000)
    )
    with pytest.warns(UserWarning, match="sounds of step 2 are not finite: not played"):
        fit(gan, watch)
    assert names(tmp_path) == []
