"""The scripts beside the library: what they keep, what they refuse and what they say."""

import importlib.util
import io
import json
import re
import subprocess
import sys
import tarfile
from types import SimpleNamespace

import h5py
import keras
import nbformat
import numpy as np
import pytest
from nbformat import v4

from audiogan_lib import audio, datasets, recipes, spectral


@pytest.fixture
def script(root):
    def load(name):
        spec = importlib.util.spec_from_file_location(name, root / "tools" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


def test_what_git_tracks_is_held_to_its_budget(root, tmp_path):
    def check():
        done = subprocess.run(
            [sys.executable, root / "tools" / "check_sizes.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout

    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    for i in range(13):
        (tmp_path / f"{i}.bin").write_bytes(bytes(5 * 2**20))
    subprocess.run(["git", "add", "0.bin"], cwd=tmp_path, check=True)
    assert check() == (0, "git tracks 5.2 MB of at most 60\n")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    assert check() == (1, "git tracks 68 MB; all files together may have 60\n")
    (tmp_path / "0.bin").write_bytes(bytes(6 * 2**20))
    assert "0.bin has 6.0 MiB; a file may have 5\n" in check()[1]


def test_the_readme_and_the_badge_lines_say_what_the_last_run_with_colabs_versions_wrote(
    script, root
):
    colab = script("run_on_colab")
    record = json.loads(colab.RECORD.read_text("utf-8"))
    pinned = re.findall(
        r"^([\w-]+)==([\d.]+)", (root / "requirements-colab.txt").read_text("utf-8"), re.MULTILINE
    )
    assert record["versions"] == {name.removesuffix("-cpu"): version for name, version in pinned}
    lines = (root / "README.md").read_text("utf-8").splitlines()
    mend = "python tools/run_on_colab.py --lines"
    assert colab.line_of(record, colab.BOOK) in [line.strip() for line in lines], mend
    for path in colab.BOOK:
        assert f'"{colab.line_of(record, [path])}"\n' in path.read_text("utf-8"), mend


def test_a_line_of_the_last_run_takes_the_place_of_the_one_before(script, tmp_path):
    colab = script("run_on_colab")
    path = tmp_path / "README.md"
    path.write_text("Before.\n  Not yet run with Colab's versions.\nAfter.\n")
    books = [tmp_path / f"{name}.ipynb" for name in "abc"]
    for book in books:
        nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(f"'{book.stem}'")]), book)
    rows = {
        book.stem: {"date": f"2026-08-0{day}", "cells": 4, "sha256": colab.digest(book)}
        for day, book in enumerate(books[:2], 3)
    }
    versions = dict.fromkeys(colab.NAMED, "1.2")
    record = {"python": "3.13.15", "versions": versions, "notebooks": rows}
    for _ in range(2):
        colab.write_line(path, colab.line_of(record, books[:2]))
    before, line, after = path.read_text().splitlines()
    assert line == (
        "  Ran whole with Colab's versions on 3 August 2026: 8 cells, Python 3.13.15, "
        "tensorflow 1.2, keras 1.2, numpy 1.2, ipywidgets 1.2."
    )
    assert (before, after) == ("Before.", "After.")
    assert colab.line_of(record, books) == "Not yet run with Colab's versions."
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("'other'")]), books[1])
    assert "on 3 August 2026 (1 changed since): 8 cells" in colab.line_of(record, books[:2])
    assert "on 4 August 2026 (changed since): 4 cells" in colab.line_of(record, books[1:2])
    assert "changed" not in colab.line_of(record, books[:1])


def test_a_notebook_of_colabs_run_tells_which_cells_failed(script, tmp_path):
    meant = v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"]})
    cells = [v4.new_code_cell("import os"), meant, v4.new_code_cell("os.getcwd()[0] + 1")]
    nbformat.write(v4.new_notebook(cells=cells), tmp_path / "one.ipynb")
    count, _, failures = script("run_on_colab").run_notebook(tmp_path / "one.ipynb", tmp_path)
    assert count == 3
    assert [failure.partition(" ... ")[0] for failure in failures] == ["os.getcwd()[0] + 1"]
    assert "TypeError" in failures[0]


def test_only_the_files_that_are_named_are_unpacked(script, tmp_path, monkeypatch):
    vendor = script("vendor_javascript")
    monkeypatch.setattr(vendor, "VENDOR", tmp_path / "book" / "static" / "vendor")
    package = vendor.Package("p", "1", "", "package/es5", ("*.js", "fonts/*.woff"))
    names = ("package/LICENSE", "package/es5/a.js", "package/es5/fonts/b.woff")
    with tarfile.open(fileobj=(archive := io.BytesIO()), mode="w") as members:
        for name in (*names, "package/c.js", "package/es5/fonts/d.ttf", "other/LICENSE"):
            member = tarfile.TarInfo(name)
            member.size = len(name)
            members.addfile(member, io.BytesIO(name.encode()))
    vendor.unpack(package, archive.getvalue())
    kept = {path.relative_to(vendor.VENDOR).as_posix() for path in tmp_path.rglob("*.*")}
    assert kept == {"p/a.js", "p/fonts/b.woff"}
    assert (vendor.VENDOR / "p" / "LICENSE").read_text() == "package/LICENSE"


def test_pips_answer_becomes_a_row(script, monkeypatch):
    tried = script("try_packages")
    answers = [
        SimpleNamespace(
            returncode=0,
            stdout=json.dumps(
                {
                    "install": [
                        {"metadata": {"name": name, "version": number}}
                        for name, number in (("numpy", "2.0"), ("Note_Seq", "0.5"))
                    ]
                }
            ),
        ),
        SimpleNamespace(returncode=1, stderr="first\nerror: metadata-generation-failed\nmore\n"),
        SimpleNamespace(returncode=3, stderr="gone\n"),
    ]
    monkeypatch.setattr(tried.subprocess, "run", lambda *_, **options: answers.pop(0))
    assert tried.try_package("python", "note-seq") == ("0.5", "1", "yes")
    assert tried.try_package("python", "magenta") == ("", "", "error: metadata-generation-failed")
    assert tried.try_package("python", "magenta") == ("", "", "pip: 3")


def test_a_shipped_generator_keeps_its_weights_and_some_sounds(script, tmp_path):
    ship = script("ship_generator")
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)])
    network.set_weights([np.full((3, 4), 1 / 3, np.float32), np.arange(4, dtype=np.float32)])
    digest = ship.save_small(network, tmp_path / "g.weights.h5")
    assert len(digest) == 64
    rounded = network.get_weights()
    assert rounded[0][0, 0] == np.float32(0.333984375)  # 1/3 in 8 bits
    network.set_weights([0 * weight for weight in rounded])
    network.load_weights(tmp_path / "g.weights.h5")
    for kept, weight in zip(network.get_weights(), rounded, strict=True):
        np.testing.assert_array_equal(kept, weight)
    with h5py.File(tmp_path / "g.weights.h5") as file:
        arrays = []
        file.visititems(lambda _, item: arrays.append(item) if hasattr(item, "shape") else None)
        assert {array.compression for array in arrays if array.shape} == {"gzip"}


def test_sounds_by_step_are_the_first_the_last_and_some_between(script, tmp_path):
    ship = script("ship_generator")
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "old.flac").touch()
    for step in (10, 11, 20, 40, 80, 160, 300, 320, 640):
        sounds = np.repeat(np.arange(24) / 32, 10)
        audio.write(tmp_path / f"step-{step:08d}.wav", sounds, 8000)
    ship.copy_samples(tmp_path, tmp_path / "samples", 10, 320)
    kept = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert kept == [f"step-{step:08d}.flac" for step in (10, 20, 40, 80, 160, 320)]
    sounds, _ = audio.read(tmp_path / "samples" / kept[0])
    np.testing.assert_allclose(sounds[::10], np.arange(0, 24, 2) / 32, atol=1e-4)


def test_a_card_names_the_terms_that_are_used(script):
    ship = script("ship_generator")
    recipe = SimpleNamespace(
        penalty_every=4, r1=2.0, gradient_penalty=0.0, label_loss=1.0, critic_steps=1
    )
    assert ship.terms(recipe) == ", R1 penalty 2 every 4 steps, label loss 1"
    assert set(ship.LIMITS) <= set(recipes.NAMES)


def test_every_listed_fault_fits_its_file_and_names_a_test_that_there_is(script, root):
    plant = script("plant_faults")
    faults = plant.listed(plant.FAULTS)  # ends where a text does not stand in its file once
    assert len(set(faults)) == len(faults) > 100
    for fault in faults:
        file, _, test = fault.test.partition("::")
        name = test.partition("[")[0]
        assert f"def {name}(" in (root / file).read_text(encoding="utf-8"), fault


def test_another_tenth_of_the_faults_for_each_commit(script):
    plant = script("plant_faults")
    faults = [plant.Fault(f"room {number}", "a.py", "1", "2", "t") for number in range(101)]
    first, second = plant.tenth(faults, "9f3c"), plant.tenth(faults, "0a77")
    assert len(first) == len(second) == 11
    assert set(first) != set(second)
    assert first == plant.tenth(faults[::-1], "9f3c")


def test_faults_of_a_room_that_has_none_are_not_planted(script, monkeypatch, capsys):
    plant = script("plant_faults")
    monkeypatch.setattr(plant.sys, "argv", ["plant_faults", "music", "attic"])
    with pytest.raises(SystemExit, match="2"):
        plant.main()
    assert "there is no tests/faults/attic.toml" in capsys.readouterr().err


def test_a_fault_counts_as_noticed_only_where_its_test_failed(script, tmp_path, monkeypatch):
    plant, seen = script("plant_faults"), []
    (tmp_path / "a.py").write_text("one = 1\n")
    fault = plant.Fault("room 1", "a.py", "= 1", "= 2", "tests/test_a.py::test_one")
    for code, said in (1, ""), (0, "survived"), (2, "pytest ended with 2"), (-1, "ended with -1"):

        def run_tests(folder, tests, code=code):
            seen.append(((folder / "a.py").read_text(), tests))
            return code, "output"

        monkeypatch.setattr(plant, "run_tests", run_tests)
        verdict = plant.verdict(fault, tmp_path)
        assert said in verdict
        assert bool(verdict) == bool(said)
    assert seen == [("one = 2\n", [fault.test])] * 4
    assert (tmp_path / "a.py").read_text() == "one = 1\n"


def test_a_judges_lesson_has_each_kit_by_the_root_of_its_clips(script):
    trainer = script("train_classifiers")
    time = np.arange(2048) / 16000
    clips = np.tile(np.sin(2 * np.pi * 500 * time), (27, 1)).astype(np.float32)
    kits = np.repeat(["small", "large", "other"], [1, 16, 10])
    labels = np.repeat([0, 1], [17, 10])
    few = datasets.Dataset("few", clips, labels, ("a", "b"), 16000, {"kit": kits})
    lesson = trainer.varied(few, seed=0)
    names, counts = np.unique(lesson.columns["kit"], return_counts=True)
    assert dict(zip(names, counts, strict=True)) == {"large": 65, "other": 81, "small": 16}
    as_they_were = (lesson.waveforms == clips[0]).all(axis=1).mean()
    assert 0.05 < as_they_were < 0.35
    np.testing.assert_allclose(np.abs(lesson.waveforms[1:]).max(axis=1), 0.95, atol=0.06)


def test_qualities_are_those_of_tones_and_of_noise(script):
    find = script("find_knobs")
    draws = np.random.default_rng(0)
    time_s = np.arange(16384) / 16000
    low, high = (np.sin(2 * np.pi * pitch_hz * time_s) for pitch_hz in (500, 2000))
    sounds = [low, high, low * np.exp(-time_s / 0.05), draws.normal(size=16384) / 4]
    power = np.abs(spectral.stft(np.float32(sounds), 512, 128)) ** 2
    brightness, length, noise = find.qualities(power, 16000, 128).numpy().T
    np.testing.assert_allclose(brightness[:3], np.log2([500, 2000, 500]), atol=0.05)
    assert brightness[3] == pytest.approx(np.log2(4000), abs=0.05)
    np.testing.assert_allclose(length[:2], np.log2(500), atol=0.05)
    assert length[2] == pytest.approx(np.log2(25), abs=0.3)
    assert noise[3] - noise[:2].max() > 10


def test_knobs_are_found_where_qualities_can_be_predicted_and_nowhere_else(script, monkeypatch):
    find = script("find_knobs")
    monkeypatch.setattr(find, "EPOCHS", 10)
    draws = np.random.default_rng(0)
    classes = draws.integers(0, 2, (2048, 1))
    latents = draws.normal(size=(2048, 4))
    kernel = draws.normal(size=(3, 4))
    slopes = np.broadcast_to(kernel, (2048, 3, 4)).copy()
    values = latents @ kernel.T + 10 * classes
    values[:, 2], slopes[:, 2] = draws.normal(size=2048), 0  # by no latent
    values[classes[:, 0] == 1] *= 3
    slopes[classes[:, 0] == 1] *= 3
    generator = SimpleNamespace(conditions={"label": ("a", "b")})
    _, explained, deviations = find.fit((latents, classes, values, slopes), generator)
    np.testing.assert_allclose(deviations[1, :2] / deviations[0, :2], 3, rtol=0.1)
    assert explained[:, :2].min() > 0.9
    assert explained[:, 2].max() < find.LEAST_EXPLAINED


@pytest.mark.parametrize(
    ("there", "asked_for"),
    [
        (["chromium", "firefox"], []),
        (["chromium"], ["firefox-esr"]),
        ([], ["chromium libatomic1", "firefox-esr"]),
    ],
    ids=["both", "no-firefox", "none"],
)
def test_the_browsers_that_are_missing_are_installed(root, tmp_path, there, asked_for):
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    programs = {
        **dict.fromkeys(there, ""),
        "id": "echo 0",
        "apt-get": 'echo "$@" >> asked',
        "../.venv/bin/python": "",
    }
    for name, line in programs.items():
        path = tmp_path / "programs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n", "utf-8")
        path.chmod(0o755)
    (tmp_path / "asked").touch()
    subprocess.run(
        ["/bin/sh", root / "tools" / "ensure_browser.sh"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path / "programs")},
        check=True,
    )
    asked = (tmp_path / "asked").read_text("utf-8").splitlines()
    names = [line.partition("--no-install-recommends ")[2] for line in asked]
    assert [name for name in names if name] == asked_for
