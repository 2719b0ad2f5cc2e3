"""Runs and the command line: train, resume after a kill, generate, evaluate."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from audiogan_lib import __main__, audio, datasets, pretrained, recipes, runs


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
    assert len(list(done.glob("generator-*.weights.h5"))) == 1
    generator = pretrained.load(done)
    assert generator.sample(2, label="tone", seed=0).shape == (2, 4096)


def test_more_minutes_go_on_and_another_recipe_is_refused(done, tiny, capsys):
    before = pretrained.load(done).card["training"]
    longer = replace(tiny, minutes=before["minutes"] + 0.05)
    runs.Run(longer, done).train(verbose=False)
    assert f"Going on from step {before['step']}," in capsys.readouterr().out
    assert pretrained.load(done).card["training"]["step"] > before["step"]
    with pytest.raises(ValueError, match="another recipe"):
        runs.Run(replace(tiny, width=4), done)


def test_scores_are_written_as_a_table(tmp_path):
    recipe = replace(recipes.NAMES["drums"], width=2, minutes=0.01)
    runs.Run(recipe, tmp_path).train(looks=1, verbose=False)
    with (tmp_path / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert 0 <= float(rows[-1]["accuracy"]) <= 1
    assert float(rows[-1]["frechet_distance"]) > 0


def test_a_judge_of_other_labels_is_refused():
    digits = datasets.load("robot_digits")
    generator = pretrained.load("drums")
    with pytest.raises(ValueError, match="woodblock"):
        runs.judge_report(generator, digits, digits)


def test_what_the_test_split_never_heard_of_runs_through_all():
    test = datasets.load("robot_digits", split="test")
    conditions = {"label": test.label_names, "voice": ("ada", "ben")}
    robots = pretrained.Generator(recipes.NAMES["robot-digits"], conditions, None, {})
    robots.sample = lambda count, seed, **asked: asked
    sounds, asked = runs.sounds_like(robots, test, count=80)
    assert sounds == asked
    assert asked["label"] == [test.label_names[label] for label in test.labels]
    assert asked["voice"] == ["ada", "ben"] * 40
    known = pretrained.load("digits")
    known.sample = robots.sample
    test.columns["speaker"] = np.where(test.columns["voice"] == "flite_awb", "theo", "george")
    assert runs.sounds_like(known, test, count=80)[1]["speaker"] == list(test.columns["speaker"])


def test_generate_writes_named_files_that_are_the_samples(tmp_path, capsys):
    arguments = ["generate", "drums", "--label", "snare", "--count", "3", "--seed", "4", "--out"]
    assert __main__.main([*arguments, str(tmp_path / "out")]) == 0
    files = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in files] == [f"snare-{number:03d}.wav" for number in range(3)]
    wanted = pretrained.load("drums").sample(3, label="snare", seed=4)
    for file, sound in zip(files, wanted, strict=True):
        waveform, sample_rate = audio.read(file)
        assert sample_rate == 16000
        np.testing.assert_allclose(waveform, sound, atol=2**-15)
    assert "snare-002.wav" in capsys.readouterr().out


def test_generate_takes_further_conditions(tmp_path):
    arguments = "generate digits --label 7 --condition speaker=theo --count 1 --seed 0 --out"
    assert __main__.main([*arguments.split(), str(tmp_path)]) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["7-theo-000.wav"]


def test_evaluate_prints_real_beside_generated_and_saves_a_page(tmp_path, capsys):
    page = tmp_path / "drums.html"
    assert __main__.main(["evaluate", "drums", "--count", "60", "--page", str(page)]) == 0
    table = capsys.readouterr().out
    for words in ("test split", "generated", "recognised as asked", "Frechet", "real against real"):
        assert words in table
    html = page.read_text(encoding="utf-8")
    assert html.count("<audio ") == 32
    assert table.splitlines()[3] in html


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("train --out x", "--data"),
        ("train violins --out x", "violins"),
        ("train drums --minutes 0 --out x", "minutes"),
        ("generate violins --out x", "violins"),
        ("generate drums --label gong --out x", "gong"),
        ("generate drums --condition size=big --out x", "size"),
        ("evaluate nowhere", "nowhere"),
    ],
)
def test_wrong_commands_end_in_one_sentence(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert __main__.main(arguments.split()) == 2
    error = capsys.readouterr().err
    assert words in error
    assert len(error.splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_training_uses_the_good_and_names_the_bad(folder, tmp_path, capsys, tiny, recwarn):
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    good = {"tone/0.wav", "tone/1.flac", "noise/0.ogg", "noise/1.mp3"}
    for name in good:
        (mixed / name.replace("/", "-")).write_bytes((folder / name).read_bytes())
    rng = np.random.default_rng(0)
    soundfile.write(mixed / "fast.wav", rng.normal(size=96000) * 0.1, 96000)
    soundfile.write(mixed / "wide.wav", rng.normal(size=(16000, 8)) * 0.1, 16000)
    soundfile.write(mixed / "long.wav", rng.normal(size=600 * 8000) * 0.1, 8000)
    bad = ("empty.wav", "text.wav", "short.wav", "zeros.wav", "nan.wav", "cut.wav")
    (mixed / "empty.wav").touch()
    (mixed / "text.wav").write_text("not a sound")
    soundfile.write(mixed / "short.wav", rng.normal(size=160) * 0.1, 16000)
    soundfile.write(mixed / "zeros.wav", np.zeros(16000), 16000)
    soundfile.write(mixed / "nan.wav", np.full(16000, np.nan), 16000, subtype="FLOAT")
    whole = (folder / "tone" / "0.wav").read_bytes()
    (mixed / "cut.wav").write_bytes(whole[: len(whole) // 2])
    recipe = replace(tiny, data=str(mixed))
    run = runs.Run(recipe, tmp_path / "run")
    skipped = " ".join(file for file, _ in run.train_data.skipped)
    for name in bad:
        assert name in skipped
    for name in (*(name.replace("/", "-") for name in good), "fast.wav", "wide.wav"):
        assert name not in skipped
    run.train(verbose=False)
    assert pretrained.load(tmp_path / "run").sample(1, seed=0).shape == (1, 4096)


def test_a_folder_too_big_for_memory_is_trained_on_from_its_files(
    folder, tiny, tmp_path, monkeypatch, capsys, cache
):
    monkeypatch.setattr(datasets, "IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(__main__.sys.modules["audiogan_lib.recipes"], "for_folder", lambda _: tiny)
    status = __main__.main(["train", "--data", str(folder), "--out", str(tmp_path / "run")])
    assert status == 0
    assert "clips, read from their files as they are needed;" in capsys.readouterr().out
    assert pretrained.load(tmp_path / "run").card["training"]["step"] > 0


def test_a_run_whose_sounds_are_gone_ends_in_a_sentence_that_names_one(
    folder, tiny, tmp_path, monkeypatch, recwarn, cache
):
    monkeypatch.setattr(datasets, "IN_MEMORY_BYTES", 0)
    shutil.copytree(folder, tmp_path / "sounds")
    run = runs.Run(replace(tiny, data=str(tmp_path / "sounds")), tmp_path / "run")
    shutil.rmtree(tmp_path / "sounds")
    with pytest.raises(audio.AudioError, match=r"\.(wav|flac|ogg|mp3): cannot be opened"):
        run.train(verbose=False)


def test_a_folder_with_nothing_usable_says_so_in_one_sentence(tmp_path, capsys):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "text.wav").write_text("not a sound")
    with pytest.warns(UserWarning, match=r"text\.wav"):
        status = __main__.main(
            ["train", "--data", str(tmp_path / "sounds"), "--out", str(tmp_path / "run")]
        )
    assert status == 2
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not (tmp_path / "run").exists()


def test_a_killed_run_goes_on_from_its_last_checkpoint(folder, tmp_path, root):
    command = [sys.executable, "-m", "audiogan_lib", "train", "--data", str(folder)]
    command += ["--minutes", "30", "--checkpoint-every", "1", "--out", str(tmp_path / "run")]
    options = {"cwd": root, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    index = tmp_path / "run" / "checkpoints" / "checkpoints.json"
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, **options) as first:
        deadline = time.monotonic() + 300
        while not index.exists() and first.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        first.send_signal(signal.SIGKILL)
    step = json.loads(index.read_text(encoding="utf-8"))[0]["step"]
    assert step > 0
    with subprocess.Popen(command, env=environment, **options) as second:
        lines = []
        for line in second.stdout:
            lines.append(line)
            if "Going on" in line:
                break
        second.send_signal(signal.SIGKILL)
    assert any(f"Going on from step {step}," in line for line in lines), lines
