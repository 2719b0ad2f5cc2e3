"""Runs: train, go on, keep the best, let a judge compare; and the page to hear that by."""

import base64
import io
import json
import re
import shutil
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import soundfile

from audiogan_lib import (
    audio,
    callbacks,
    classifiers,
    datasets,
    files,
    metrics,
    pretrained,
    recipes,
    runs,
)
from audiogan_lib.runs import run as run_module


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with two kinds of sounds, in WAV, FLAC, OGG and MP3."""
    folder = tmp_path_factory.mktemp("sounds")
    time_s = np.arange(8000) / 16000
    rng = np.random.default_rng(0)
    for kind, ending in (("tone", "wav"), ("tone", "flac"), ("noise", "ogg"), ("noise", "mp3")):
        (folder / kind).mkdir(exist_ok=True)
        for number in range(3):
            wave = np.sin(2 * np.pi * (300 + 40 * number) * time_s)
            wave = wave if kind == "tone" else rng.normal(size=8000) * 0.2
            wave = 0.5 * wave * np.exp(-4 * time_s)
            soundfile.write(folder / kind / f"{number}.{ending}", wave, 16000)
    return folder


@pytest.fixture(scope="module")
def tiny(folder):
    """Return a recipe that trains in seconds."""
    return replace(
        recipes.for_folder(folder),
        samples=4096,
        n_fft=256,
        hop_length=128,
        width=2,
        latent_dim=4,
        batch_size=4,
        minutes=0.02,
    )


@pytest.fixture(scope="module")
def done(tiny, tmp_path_factory):
    """Return the folder of a finished run."""
    folder = tmp_path_factory.mktemp("run")
    runs.Run(tiny, folder).train(verbose=False)
    return folder


def test_a_run_leaves_all_that_is_promised(done):
    card = json.loads((done / "card.json").read_text(encoding="utf-8"))
    assert card["training"]["step"] > 0
    assert card["conditions"] == {"label": ["noise", "tone"]}
    assert list(done.glob("step-*.wav"))
    assert list((done / "checkpoints").glob("step-*.npz"))
    assert not (done / "best").exists()  # without a judge
    assert card["training"]["clips"] == sum(card["data"]["clips"].values()) == 22  # all
    assert len(list(done.glob("generator-*.weights.h5"))) == 1
    generator = pretrained.load(done)
    assert generator.sample(2, label="tone", seed=0).shape == (2, 4096)


def test_more_minutes_go_on_and_another_recipe_is_refused(done, tiny, capsys, monkeypatch):
    def batches(self, dataset, first_step=0):
        streamed_from.append(first_step)
        return ours(self, dataset, first_step)

    ours, streamed_from = recipes.Recipe.batches, []
    monkeypatch.setattr(recipes.Recipe, "batches", batches)
    before = pretrained.load(done).card["training"]
    longer = replace(tiny, minutes=before["minutes"] + 0.05)
    runs.Run(longer, done).train(verbose=False)
    assert streamed_from == [before["step"]]
    assert f"Going on from step {before['step']}," in capsys.readouterr().out
    assert pretrained.load(done).card["training"]["step"] > before["step"]
    assert len(list(done.glob("generator-*.weights.h5"))) == 1
    with pytest.raises(ValueError, match=r"another recipe \(other: width\)"):
        runs.Run(replace(tiny, width=4), done)


def test_a_run_goes_on_when_its_folder_has_moved_but_not_with_other_data(
    done, tiny, folder, tmp_path
):
    moved = shutil.copytree(folder, tmp_path / "moved")
    recipe = replace(tiny, data=str(moved), name="moved", minutes=9.0)
    assert runs.Run(recipe, done).conditions == {"label": ("noise", "tone")}
    with pytest.raises(ValueError, match=r"another recipe \(other: judge\)"):
        runs.Run(replace(recipe, judge="drums"), done)
    shutil.copytree(moved / "tone", moved / "bell")
    with pytest.raises(ValueError, match=r"learnt label noise, tone, .*\(new: bell; gone: none\)"):
        runs.Run(recipe, done)
    shutil.rmtree(moved / "tone")
    with pytest.raises(ValueError, match=r"have bell, noise \(new: bell; gone: tone\)"):
        runs.Run(recipe, done)
    shutil.copytree(folder / "tone", moved / "tone")
    shutil.rmtree(moved / "bell")
    first = moved / "tone" / "0.wav"
    first.rename(moved / "tone" / "0-new.wav")
    with pytest.raises(ValueError, match="from files of other names than those of"):
        runs.Run(recipe, done)
    for number in range(8):
        shutil.copy(moved / "tone" / "1.wav", moved / "tone" / f"more-{number}.wav")
    with pytest.raises(ValueError, match=r"other numbers of clips \(.*tone \d+, now \d+\)"):
        runs.Run(recipe, done)


def test_a_folder_that_is_its_own_label_may_be_renamed(folder, tiny, tmp_path):
    one = shutil.copytree(folder / "tone", tmp_path / "tone")
    accent = (one / "0.wav").rename(one / "\u00e9.wav")
    run = runs.Run(replace(tiny, data=str(one)), tmp_path / "run")
    facts = run.facts(run.recipe.build_gan(run.sizes))
    files.write_text(tmp_path / "run" / "card.json", json.dumps(facts))
    accent.rename(one / "e\u0301.wav")  # as some systems keep that name
    again = runs.Run(replace(tiny, data=str(one.rename(tmp_path / "bell"))), tmp_path / "run")
    assert again.conditions == {"label": ("tone",)}


def test_the_card_names_the_commit_that_the_run_began_with(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "commit", lambda: "begun")
    run = runs.Run(tiny, tmp_path / "run")
    monkeypatch.setattr(files, "commit", lambda: "changed")
    gan = recipes.Recipe.build_gan(tiny, run.sizes)
    assert run.facts(gan)["training"]["commit"] == "begun"


def test_an_interrupt_while_the_data_are_encoded_is_one_and_leaves_nothing(
    tiny, tmp_path, monkeypatch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(recipes.Recipe, "batches", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runs.Run(tiny, tmp_path / "run").train(verbose=False)
    assert not list(tmp_path.glob("run/**/*.h5"))


def test_a_run_killed_at_its_first_checkpoint_compares_its_data_all_the_same(
    folder, tiny, tmp_path, monkeypatch, capsys
):
    class Killed(BaseException):
        pass

    def save(self):
        ours(self)
        raise Killed

    ours = callbacks.Checkpoint.save
    monkeypatch.setattr(callbacks.Checkpoint, "save", save)
    data = shutil.copytree(folder, tmp_path / "sounds")
    recipe, place = replace(tiny, data=str(data), minutes=9), tmp_path / "run"
    with pytest.raises(Killed):
        runs.Run(recipe, place).train(checkpoint_every_s=0, verbose=False)
    (data / "tone").rename(data / "bell")
    with pytest.raises(ValueError, match=r"\(new: bell; gone: tone\)"):
        runs.Run(recipe, place)
    assert capsys.readouterr().out == ""
    (place / "card.json").unlink()  # as of a run that an earlier version began
    runs.Run(recipe, place)
    assert "that its data are the same cannot be told" in capsys.readouterr().out


def test_a_damaged_card_of_a_run_is_named(done, tiny, tmp_path):
    (tmp_path / "card.json").write_text("{}")
    with pytest.raises(ValueError, match=r"card\.json is damaged: it lacks"):
        runs.Run(tiny, tmp_path)


def test_a_run_with_a_judge_keeps_the_best_average_and_plays_and_returns_the_last(
    tiny, tmp_path, monkeypatch
):
    distances, averages = {20: 3.0, 40: 2.0, 60: 4.0}, {}

    class Limit(callbacks.TimeLimit):
        def on_epoch_end(self, epoch, logs=None):
            super().on_epoch_end(epoch, logs)
            self.model.stop_training = int(self.model.step.numpy()) >= 60

    def score(run, gan):
        step = int(gan.step.numpy())
        averages[step] = gan.averaged_generator.get_weights()[-1]
        return {"frechet_distance": distances[step]}

    monkeypatch.setattr(callbacks, "TimeLimit", Limit)
    monkeypatch.setattr(runs.Run, "_score", score)
    recipe = replace(tiny, judge="drums", minutes=10.0)
    returned = runs.Run(recipe, tmp_path).train(looks=10**6, verbose=False)
    best, last = pretrained.load(tmp_path / "best"), pretrained.load(tmp_path)
    assert best.card["best"] == {"step": 40, "frechet_distance": 2.0}
    assert (best.card["training"]["step"], last.card["training"]["step"]) == (40, 60)
    assert np.array_equal(best.network.get_weights()[-1], averages[40])
    assert np.array_equal(last.network.get_weights()[-1], averages[60])
    assert np.array_equal(returned.network.get_weights()[-1], averages[60])
    played, sample_rate = audio.read(tmp_path / "step-00000060.wav")
    assert sample_rate == 16000
    np.testing.assert_allclose(played, returned.sample(8, seed=0).ravel(), atol=2**-15)
    rows = (tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()
    assert rows[0] == "step,minutes,frechet_distance"
    assert [row.split(",")[::2] for row in rows[1:]] == [
        ["20", "3.0"],
        ["40", "2.0"],
        ["60", "4.0"],
    ]


class _Sure:
    """Is sure of the first class of each head, and measures how loud a sound is."""

    def __init__(self):
        self.heads = {"label": ("noise", "tone"), "voice": ("ada", "ben")}

    def probabilities(self, waveforms, head="label"):
        return np.tile([0.75, 0.25], (len(waveforms), 1))

    def features(self, waveforms):
        return np.mean(np.abs(waveforms), axis=1, keepdims=True)


def test_a_look_is_scored_beside_what_was_held_back(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(classifiers, "load", lambda name: _Sure())
    run = runs.Run(replace(tiny, judge="drums"), tmp_path)
    assert not set(run.train_data.columns["recording"]) & set(run.held_back.columns["recording"])
    made = np.full((4, 4096), 0.5) + np.arange(4)[:, None]
    asked = {"label": ["noise", "noise", "tone", "noise"], "voice": ["ada", "ben"] * 2}
    compared = []

    def sounds_like(generator, real):
        compared.append((generator.network.get_weights(), real))
        return made, asked

    monkeypatch.setattr(run_module, "sounds_like", sounds_like)
    average = run.recipe.build_generator(run.sizes)
    row = run._score(SimpleNamespace(averaged_generator=average, generator=run.network))
    loud = np.mean(np.abs(run.held_back.waveforms), axis=1)
    distance = (np.mean([0.5, 1.5, 2.5, 3.5]) - loud.mean()) ** 2
    distance += (np.std([0.5, 1.5, 2.5, 3.5], ddof=1) - loud.std(ddof=1)) ** 2
    assert row == {
        "accuracy": 0.75,
        "voice_accuracy": 0.5,
        "inception_score": 1.0,
        "frechet_distance": pytest.approx(distance, abs=1e-4),
    }
    ((weights, real),) = compared
    assert real is run.held_back
    assert all(np.array_equal(*pair) for pair in zip(weights, average.get_weights(), strict=True))


def test_a_judge_of_other_labels_is_refused():
    digits = datasets.load("robot_digits")
    generator = pretrained.load("drums")
    with pytest.raises(ValueError, match="woodblock"):
        runs.judge_report(generator, digits, digits)


def test_other_ears_join_the_judge_and_all_are_told_the_recordings(monkeypatch):
    heard = []
    monkeypatch.setattr(metrics, "evaluate", lambda *a, **k: heard.append((a, k)))
    data = datasets.load("robot_digits")
    train, test = data.split("train"), data.split("test").select(range(4))
    asked = {"label": [test.label_names[label] for label in test.labels]}
    generator = pretrained.load("robot-digits")
    runs.judge_report(generator, train, test, sounds=(test.waveforms, asked))
    ((judge, *_), options) = heard[0]
    assert (judge.hears, options["ears"]["mels"].hears) == ("cepstra", "log_mels")
    assert list(options["ears"]) == ["mels", "scattering"]
    for part, recordings in zip((train, test), options["recordings"], strict=True):
        np.testing.assert_array_equal(recordings, part.columns["recording"])
    np.testing.assert_array_equal(options["train_labels"], train.labels)
    left = options["codec"](test.waveforms, test.labels)
    recipe = generator.recipe
    np.testing.assert_allclose(
        left,
        recipe.decode(recipe.encode(test.waveforms, asked["label"]), asked["label"]),
        atol=1e-3,
    )


def test_what_the_test_split_never_heard_of_runs_through_all():
    test = datasets.load("robot_digits", split="test")
    conditions = {"label": test.label_names, "voice": ("ada", "ben")}
    robots = pretrained.Generator(recipes.NAMES["robot-digits"], conditions, None, {})
    robots.sample = lambda count, seed, **asked: asked
    sounds, asked = runs.sounds_like(robots, test, count=80)
    assert sounds == asked
    assert asked["label"] == [test.label_names[label] for label in test.labels]
    assert asked["voice"] == ["ada", "ben"] * 40
    _, fewer = runs.sounds_like(robots, test, count=40)
    assert fewer["label"] == [test.label_names[label] for label in test.labels[::2]]
    known = pretrained.load("digits")
    known.sample = robots.sample
    test.columns["speaker"] = np.where(test.columns["voice"] == "flite_awb", "theo", "george")
    assert runs.sounds_like(known, test, count=80)[1]["speaker"] == list(test.columns["speaker"])


# --- the page ------------------------------------------------------------------------------------

COLUMN = {
    "clips": 6,
    "accuracy": 0.5,
    "interval": (0.2, 0.8),
    "inception_score": 2.0,
    "frechet_distance": 1.0,
    "shares": {"label": {"<low>": 0.5, "high": 0.5}},
}


@pytest.fixture
def page(tmp_path):
    rng = np.random.default_rng(2)
    train = datasets.Dataset("toy", 0.1 * rng.normal(size=(9, 5000)), [0] * 9, ("<low>",), 8000)
    sounds = 0.1 * rng.normal(size=(6, 5000)).astype(np.float32)
    generated = COLUMN | {
        "worst": [[4, 0.01, "high"], [1, 0.2, "<low>"]],
        "best": [[2, 0.99, "high"]],
        "nearest_pairs": [[3, 8, 1.25], [0, 5, 2.5]],
    }
    report = {"test": COLUMN, "generated": generated, "floor": 0.1, "equal_count": 6}
    path = tmp_path / "page.html"
    path.write_text("an older page")
    asked = ["<low>", "<low>", "high", "high", "<low>", "high"]
    runs.write_page(path, "toy", report, train, sounds, asked)
    assert list(tmp_path.iterdir()) == [path]
    return path.read_text(encoding="utf-8"), sounds, train.waveforms


def test_the_page_plays_the_sounds_that_the_report_names_in_its_order(page):
    html, sounds, train = page
    wanted = [sounds[4], sounds[1], sounds[2], sounds[3], train[8], sounds[0], train[5]]
    played = re.findall(r'src="data:audio/flac;base64,([^"]+)"', html)
    for encoded, sound in zip(played, wanted, strict=True):
        waveform, sample_rate = soundfile.read(io.BytesIO(base64.b64decode(encoded)))
        assert sample_rate == 8000
        np.testing.assert_allclose(waveform, sound, atol=2**-15)


def test_the_page_names_what_was_asked_and_heard_and_needs_nothing_beside_itself(page):
    html, *_ = page
    assert "&lt;low&gt;: 0.010, heard as high" in html
    assert "&lt;low&gt;: 0.200<" in html
    assert "training clip 8: 1.2 dB" in html
    assert "real against real, 6 clips" in html
    assert "<low>" not in html
    assert not re.search(r'(?:src|href)="(?!data:)', html)


# --- a run without a judge but with an ear -------------------------------------------------------


class _Ear:
    """Measures how loud a sound is."""

    def features(self, waveforms):
        return np.mean(np.abs(waveforms), axis=1, keepdims=True)


def test_an_ear_chooses_the_best_weights_where_there_is_no_judge(tiny, tmp_path):
    run = runs.Run(tiny, tmp_path, _Ear())
    held = set(run.held_back.columns["recording"])
    assert held
    assert not held & set(run.train_data.columns["recording"])
    seen = []
    watcher = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append({**logs}))
    run.train(verbose=False, watchers=[watcher])
    assert "frechet_distance" in seen[-1]
    best = pretrained.load(tmp_path / "best").card["best"]
    scores = (tmp_path / "scores.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert min(float(row.split(",")[-1]) for row in scores) == best["frechet_distance"]


def test_patience_ends_a_run_whose_scores_no_longer_improve(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(runs.Run, "_score", lambda run, gan: {"frechet_distance": 1.0})
    recipe = replace(tiny, minutes=2.0)
    runs.Run(recipe, tmp_path, _Ear()).train(looks=10**6, verbose=False, patience=2)
    assert pretrained.load(tmp_path).card["training"]["step"] == 3 * run_module._STEPS_PER_EPOCH
