"""The walks of CONTRIBUTING.md, walked: a new network, metric, data set and chapter."""

import csv
import shutil
from dataclasses import replace
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
import soundfile
from nbclient import NotebookClient
from test_metrics import ToyJudge, toy_clips
from test_repository import INSTALL_CELL

from audiogan_lib import (
    audio,
    classroom,
    datasets,
    layers,
    metrics,
    pretrained,
    recipes,
    runs,
    spectral,
)
from audiogan_lib.datasets import loading, shipped
from audiogan_lib.metrics import scores
from audiogan_lib.recipes import networks

ROOT = Path(__file__).resolve().parents[1]
TEMPLATES = ROOT / "tools" / "templates"
RATE, SAMPLES = 8000, 1024


def build_generator(recipe, latent_dim, labels, dtype):
    inputs, x = layers.generator_inputs(latent_dim, labels, embedding_dim=4)
    sound = keras.layers.Dense(recipe.samples, "tanh")(x)
    return keras.Model(inputs, keras.layers.Reshape((recipe.samples, 1))(sound))


def build_discriminator(recipe, labels, dtype):
    sound = keras.Input((recipe.samples, 1))
    features = keras.layers.Dense(8)(keras.layers.Flatten()(sound))
    return keras.Model(*layers.projection_score(sound, features, labels))


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("high", "low"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for take in range(10):
            clip = 0.1 * rng.normal(size=SAMPLES)
            audio.write(tmp_path / "mine" / name / f"{take}.wav", clip, RATE)
    return tmp_path / "mine"


def test_a_new_network_is_trained_kept_and_asked_for_a_label(folder, tmp_path, monkeypatch):
    family = networks.Family(
        lambda recipe: spectral.WaveformCodec(recipe.samples), build_generator, build_discriminator
    )
    monkeypatch.setitem(networks._FAMILIES, "one_layer", family)
    sizes = {"sample_rate": RATE, "samples": SAMPLES, "latent_dim": 4, "batch_size": 4}
    recipe = replace(
        recipes.for_folder(folder), name="mine", network="one_layer", minutes=0.001, **sizes
    )
    recipe = replace(recipe, judge=None, dtype="float32", tuning=0.0, shift=0)
    made = runs.Run(recipe, tmp_path / "run").train(verbose=False)
    kept = pretrained.load(tmp_path / "run")
    assert kept.label_names == ("high", "low")
    sounds = kept.sample(2, label="low", seed=1)
    assert sounds.shape == (2, SAMPLES)
    np.testing.assert_allclose(sounds, made.sample(2, label="low", seed=1), atol=1e-6)


def test_a_new_metric_has_a_value_an_interval_and_a_line(monkeypatch):
    loudest = scores.Score(
        "loudest sample", "{:.2f}", lambda clips, chosen: np.abs(clips.waveforms[chosen]).max()
    )
    monkeypatch.setitem(scores.SCORES, "loudest", loudest)
    rng = np.random.default_rng(0)
    train, _ = toy_clips(rng, 60)
    test, labels = toy_clips(rng, 24)
    report = metrics.evaluate(ToyJudge(), train, test, labels, test, labels)
    value = report["generated"]["loudest"]
    assert value == np.abs(test).max()
    low, high = report["generated"]["intervals"]["loudest"]
    assert low <= value <= high
    lines = metrics.format_table(report).splitlines()
    (line,) = (" ".join(line.split()) for line in lines if "loudest" in line)
    assert line.startswith(f"loudest sample {value:.2f} [{low:.2f}, {high:.2f}]")


def test_a_new_data_set_is_loaded_by_its_name_and_split(tmp_path, monkeypatch):
    (tmp_path / "clicks").mkdir()
    soundfile.write(tmp_path / "clicks" / "pack.flac", np.linspace(-0.5, 0.5, 300), RATE)
    rows = [
        ("pack.flac", 0, 100, "soft", "train", "a"),
        ("pack.flac", 100, 100, "hard", "train", "b"),
        ("pack.flac", 200, 100, "hard", "test", "c"),
    ]
    header = ("file", "start", "samples", "label", "split", "recording")
    with (tmp_path / "clicks" / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    monkeypatch.setattr(shipped, "SOUNDS", tmp_path)
    monkeypatch.setitem(shipped.SHIPPED, "clicks", (RATE, SAMPLES))
    monkeypatch.setitem(loading._OPTIONS, "clicks", ())
    train, test = (datasets.load("clicks", split=split) for split in ("train", "test"))
    assert (len(train), len(test)) == (2, 1)
    assert test.label_names == ("hard", "soft")
    assert list(test.columns["recording"]) == ["c"]
    assert train.waveforms.shape == (2, SAMPLES)


def test_a_new_chapter_of_the_template_runs_and_has_the_exercises_of_its_sheet(tmp_path):
    chapter = shutil.copy(TEMPLATES / "chapter.ipynb", tmp_path)
    sheet = TEMPLATES / "exercises.ipynb"
    assert not classroom.insert(sheet, chapter)
    notebook = nbformat.read(chapter, as_version=4)
    nbformat.validate(notebook)
    codes = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert codes[0] == INSTALL_CELL
    heads = [cell.source.splitlines()[0] for cell in notebook.cells if cell.source[:1] == "#"]
    assert heads[0].startswith("# ")
    assert {"## The idea", "## Exercises", "## Further reading"} < set(heads)
    resources = {"metadata": {"path": str(ROOT)}}
    NotebookClient(notebook, timeout=120, kernel_name="python3", resources=resources).execute()


def test_the_sheet_of_the_template_knows_its_mistakes():
    sheet, names = classroom.read_sheet(TEMPLATES / "exercises.ipynb"), {"__name__": "sheet"}
    (exercise,) = sheet.exercises
    parts = exercise.parts
    for cell in (*sheet.setup, *sheet.shared, *parts["given"], *parts["solution"]):
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102
    names["mistake"] = classroom.mistake
    codes = ["".join(c["source"]) for c in parts["mistakes"] if c["cell_type"] == "code"]
    assert "\n".join(codes).count("mistake(") == 3
    for code in codes:
        exec(code, names)  # noqa: S102
