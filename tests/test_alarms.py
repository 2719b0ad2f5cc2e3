"""Each alarm on a run that provokes it, none on a healthy run, none on recordings."""

import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from audiogan_lib import callbacks, datasets, training

SAMPLE_RATE, SAMPLES = 8000, 1024
LATENTS = np.random.default_rng(7).normal(size=(16, 8)).astype(np.float32)


def recordings(count=64):
    """Knocks: sums of the same eight dying tones, each time in another mixture."""
    rng = np.random.default_rng(0)
    time_s = np.arange(SAMPLES) / SAMPLE_RATE
    tones = [np.exp(-30 * time_s) * np.sin(2 * np.pi * f * time_s) for f in range(200, 1000, 100)]
    return (0.2 * rng.normal(size=(count, 8)) @ tones).astype(np.float32)


def knock_generator(latent):
    """Latents to waveforms, near white noise before it has learnt."""
    return keras.layers.Dense(SAMPLES)(latent)


def run(make=knock_generator, steps=60, rates=(2e-3, 2e-3), optimizer=keras.optimizers.Adam, **kw):
    """Train a small convolutional discriminator against a generator; return the alarms."""
    keras.utils.set_random_seed(0)
    latent, example = keras.Input((8,)), keras.Input((SAMPLES,))
    x = keras.layers.Reshape((SAMPLES, 1))(example)
    for width in (8, 16, 32):
        x = keras.layers.LeakyReLU(0.2)(keras.layers.Conv1D(width, 16, 4, padding="same")(x))
    score = keras.layers.Dense(1)(keras.layers.Flatten()(x))
    gan = training.GAN(keras.Model(latent, make(latent)), keras.Model(example, score), ema=0.9)
    gan.compile(optimizer(rates[0]), optimizer(rates[1]), r1=kw.pop("r1", 0.1))
    options = {"patience": 30} | kw
    alarms = callbacks.Alarms(
        listen=lambda: (gan.averaged_generator(LATENTS).numpy(), SAMPLE_RATE),
        recordings=recordings(),
        **options,
    )
    stream = datasets.batches([recordings()], 16)
    gan.fit(
        stream, steps_per_epoch=10, epochs=steps // 10, verbose=0, shuffle=False, callbacks=[alarms]
    )
    return alarms


def silent(latent):
    """Learn from a last layer that is stuck at zero."""
    return keras.layers.Dense(SAMPLES, kernel_initializer="zeros")(latent)


def one_knock(latent):
    """Ignore the latent: all that can be learnt is one sound."""
    nothing = keras.layers.Rescaling(0.0)(latent)
    return keras.layers.Dense(SAMPLES, bias_initializer="random_normal")(nothing)


def whining(latent):
    """Repeat one kernel of four samples over and over, as untrained transposed convolutions do."""
    steady = keras.layers.RepeatVector(SAMPLES // 4)(keras.layers.Dense(8)(latent))
    return keras.layers.Flatten()(keras.layers.Conv1DTranspose(1, 4, 4)(steady))


def wild(rate):
    return keras.optimizers.SGD(rate)


@pytest.mark.parametrize(
    "alarm, options, sees, advises",
    [
        ("nan", {"optimizer": wild, "rates": (1e9, 1e9)}, "not a finite number", "learning rate"),
        ("silence", {"make": silent, "rates": (0.0, 2e-3)}, "sounds at -inf dB", "one peak"),
        ("noise", {"rates": (0.0, 2e-3)}, "flatness of the spectrum 0.8", "earlier sounds"),
        ("whine", {"make": whining, "rates": (0.0, 2e-3)}, "a line at 2000 Hz", "interpolation"),
        ("collapse", {"make": one_knock}, "each sound is 0.00 dB", "minibatch standard deviation"),
        ("won", {"rates": (1e-6, 1e-2), "r1": 0.0}, "generated ones -", "augmentation"),
    ],
)
def test_an_alarm_rings_on_a_run_that_provokes_it(alarm, options, sees, advises):
    with pytest.warns(callbacks.AlarmWarning) as warned:
        alarms = run(**options)
    assert alarm in alarms.rung
    message = next(str(warning.message) for warning in warned if sees in str(warning.message))
    assert message.startswith(f"Step {alarms.rung[alarm]}: ")
    assert advises in message.partition("Try: ")[2]


def test_no_alarm_rings_on_a_healthy_run():
    with warnings.catch_warnings():
        warnings.simplefilter("error", callbacks.AlarmWarning)
        alarms = run(steps=210, patience=200)
    assert alarms.rung == {}
    assert "noise" not in alarms._since  # it hissed at first, and has learnt


def test_an_alarm_rings_once_for_as_long_as_its_sign_stays():
    with pytest.warns(callbacks.AlarmWarning) as warned:
        alarms = run(rates=(0.0, 2e-3), steps=100)
    assert sum("flatness" in str(warning.message) for warning in warned) == 1
    assert alarms.rung["noise"] == 40


@pytest.mark.parametrize("stop, last", [(("noise",), 40), ((), 60)])
def test_an_alarm_ends_the_training_only_if_asked(stop, last):
    with pytest.warns(callbacks.AlarmWarning):
        alarms = run(rates=(0.0, 2e-3), stop=stop)
    assert int(alarms.model.step.numpy()) == last


def test_weights_that_are_no_longer_finite_end_the_training_at_once():
    with pytest.warns(callbacks.AlarmWarning):
        alarms = run(optimizer=wild, rates=(1e9, 1e9))
    assert alarms.rung["nan"] == int(alarms.model.step.numpy()) < 60


def test_sounds_are_looked_at_every_so_many_epochs_and_the_first_alarm_is_remembered():
    looks, epochs, gan = [], [], SimpleNamespace(stop_training=False)
    gan.step = SimpleNamespace(numpy=lambda: len(looks) + 10)
    broken = np.full((2, SAMPLES), np.nan, np.float32)

    def listen():
        looks.append(epochs[-1])
        return (broken if len(looks) in (1, 3) else recordings(2)), SAMPLE_RATE

    def train():
        for number in range(9):
            epochs.append(number)
            alarms.on_epoch_end(number, {})

    alarms = callbacks.Alarms(listen, recordings(), patience=10**6, every=3)
    alarms.set_model(gan)
    alarms.on_train_begin()
    with pytest.warns(callbacks.AlarmWarning, match="the sounds hold values that are not finite"):
        train()
    assert looks == [2, 5, 8]
    assert alarms.rung == {"nan": 11}
    assert gan.stop_training


def test_sounds_are_compared_with_as_many_recordings_from_the_whole_of_them(monkeypatch):
    seen = []
    monkeypatch.setattr("audiogan_lib.callbacks.alarms.symptoms", lambda fake, real: {})
    monkeypatch.setattr(
        "audiogan_lib.callbacks.alarms.vital_signs", lambda sounds, rate: seen.append(sounds)
    )
    alarms = callbacks.Alarms(lambda: (recordings(4), SAMPLE_RATE), recordings(10))
    alarms.set_model(SimpleNamespace(step=SimpleNamespace(numpy=lambda: 1)))
    alarms.on_train_begin()
    alarms.on_epoch_end(0, {})
    np.testing.assert_array_equal(seen[0], recordings(10)[[0, 2, 5, 7]])
    np.testing.assert_array_equal(seen[1], recordings(4))


@pytest.mark.parametrize("name", ["drums", "notes", "robot_digits"])
def test_no_alarm_rings_on_recordings(name):
    dataset = datasets.load(name)
    clips = dataset.waveforms[np.random.default_rng(0).permutation(len(dataset))[:128]]
    signs = [callbacks.vital_signs(clips[start::4], dataset.sample_rate) for start in range(4)]
    for some in signs:
        for others in signs:
            assert not any(callbacks.symptoms(some, others).values())


def test_recordings_spoiled_by_hand_ring_the_alarm_that_they_should():
    dataset = datasets.load("drums")
    clips = dataset.waveforms[np.random.default_rng(0).permutation(len(dataset))[:32]]
    noise = np.random.default_rng(1).normal(0.0, 0.1, clips.shape).astype(np.float32)
    tone = 0.01 * np.sin(np.arange(clips.shape[1]) * np.pi / 2).astype(np.float32)
    spoiled = {
        "silence": 0.05 * clips,
        "noise": noise,
        "whine": clips + tone,
        "collapse": np.repeat(clips[:4], 8, axis=0),
    }
    real = callbacks.vital_signs(clips, dataset.sample_rate)
    for name, sounds in spoiled.items():
        signs = callbacks.symptoms(callbacks.vital_signs(sounds, dataset.sample_rate), real)
        assert [alarm for alarm, seen in signs.items() if seen] == [name]


def test_a_critic_of_wasserstein_cannot_win(monkeypatch):
    alarms = callbacks.Alarms()
    logs = {"real_score": 50.0, "fake_score": -50.0, "generator_loss": 50.0}

    def sign(loss):
        gan = training.GAN(*networks())
        gan.compile(keras.optimizers.SGD(), keras.optimizers.SGD(), loss=loss)
        alarms.set_model(gan)
        alarms.on_train_begin()
        return alarms._won(logs)

    def networks():
        latent, example = keras.Input((8,)), keras.Input((SAMPLES,))
        score = keras.layers.Dense(1)(example)
        return keras.Model(latent, knock_generator(latent)), keras.Model(example, score)

    assert sign("wasserstein") is None
    for loss in ("non_saturating", "hinge"):
        assert "real sounds score 50.0 on average, generated ones -50.0" in sign(loss)


def test_a_generator_that_catches_up_has_not_lost():
    alarms = callbacks.Alarms()
    losses = [5.0, 6.0, 7.0, 4.0, 4.5]
    latent, example = keras.Input((8,)), keras.Input((SAMPLES,))
    score = keras.Model(example, keras.layers.Dense(1)(example))
    gan = training.GAN(keras.Model(latent, knock_generator(latent)), score)
    gan.compile(keras.optimizers.SGD(), keras.optimizers.SGD())
    alarms.set_model(gan)
    alarms.on_train_begin()
    scores = {"real_score": 9.0, "fake_score": -9.0}
    for epoch, loss in enumerate(losses):
        gan.step.assign(10 * epoch)
        alarms.on_epoch_end(epoch, scores | {"generator_loss": loss})
        assert alarms._since.get("won") == (None if loss == 4.0 else 0 if epoch < 3 else 40)


def test_arguments_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="listen and recordings: give both, or neither"):
        callbacks.Alarms(recordings=recordings())
    with pytest.raises(ValueError, match=r"stop=\('hiss',\): no alarm 'hiss'; there are nan, sil"):
        callbacks.Alarms(stop=("hiss",))
    few = callbacks.Alarms(listen=lambda: (recordings(4), 8000), recordings=recordings(3))
    with pytest.raises(ValueError, match="recordings: 3 clips for 4 generated ones"):
        few._signs_of(*few.listen())
