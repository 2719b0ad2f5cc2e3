"""A run on somebody's own sounds, from the first look to the page, in small."""

import json
import re
import warnings
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from tones import tone, write

from audiogan_lib import callbacks, classifiers, datasets, pretrained, recipes, runs
from audiogan_lib.commands import main
from audiogan_lib.runs import own_report, own_sounds, progress


@pytest.fixture(scope="module")
def mine(tmp_path_factory):
    """Return a folder of two kinds of short sounds, one of them twice and one of them empty."""
    folder = tmp_path_factory.mktemp("mine")
    rng = np.random.default_rng(0)
    for number in range(12):
        fade = np.exp(-np.arange(4000) / 800)
        write(folder / "tone" / f"{number}.wav", fade * tone(300 + 20 * number, duration_s=0.25))
        write(folder / "noise" / f"{number}.wav", fade * 0.2 * rng.normal(size=4000))
    write(folder / "tone" / "again.wav", fade * tone(300 + 20 * 11, duration_s=0.25))
    (folder / "tone" / "empty.wav").touch()
    return folder


@pytest.fixture(scope="module")
def small():
    """Let recipes for folders train a small network, and judges learn for a moment."""
    ours = recipes.for_folder

    def quickly(*arguments):
        return replace(ours(*arguments), width=2, latent_dim=4, batch_size=4, minutes=0.02)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipes, "for_folder", quickly)
        patch.setattr(own_sounds, "_JUDGE_STEPS", 30)
        patch.setattr(own_report, "_COUNT", 24)
        yield


@pytest.fixture(scope="module")
def done(mine, small, tmp_path_factory):
    """Return the folder of a finished run."""
    folder = tmp_path_factory.mktemp("run")
    page = runs.train_own_sounds(datasets.look(mine), folder, verbose=False)
    assert page == folder / "report.html"
    return folder


def test_a_run_leaves_the_best_weights_a_judge_and_all_pages(done):
    names = {path.name for path in done.iterdir()}
    assert names >= {"best", "judge", "report.html", "report.json", "player.html", "sounds.html"}
    assert pretrained.load(done / "best").label_names == ("noise", "tone")
    judge = classifiers.load(done / "judge")
    assert judge.heads == {"label": ("noise", "tone")}
    card = json.loads((done / "card.json").read_text(encoding="utf-8"))
    assert card["recipe"]["judge"] == str(done / "judge")
    assert (card["recipe"]["sample_rate"], card["recipe"]["samples"]) == (16000, 8192)


def test_what_was_not_used_or_is_there_twice_is_listed_once(done):
    lines = (done / "skipped.txt").read_text(encoding="utf-8").splitlines()
    assert lines == [
        "tone/empty.wav: the file is empty",
        "tone/11.wav, tone/again.wav: the same sound twice",
    ]


def test_the_page_has_sounds_scores_and_the_nearest_recordings(done):
    page = (done / "report.html").read_text(encoding="utf-8")
    scores = json.loads((done / "report.json").read_text(encoding="utf-8"))
    assert 0 <= scores["recognised"]["generated"] <= 1
    assert scores["frechet_distance"]["real"] < scores["frechet_distance"]["generated"]
    assert len(scores["nearest_pairs"]) == 6
    shown = re.findall(r"<b>([^<]*)</b>", page)
    assert shown[:4] == [
        "noise, recording",
        "noise, generated",
        "noise, generated",
        "tone, recording",
    ]
    nearest = [label for label in shown if label.endswith(" dB")]
    assert len(nearest) == 6
    assert all(re.fullmatch(r"\w+\.wav: \d+\.\d dB", label) for label in nearest)
    links = set(re.findall(r'(?:src|href)="(?!data:)([^"]+)"', page))
    assert links == {"player.html", "skipped.txt"}
    assert all((done / link).exists() for link in links)
    assert "24 sounds" in page or "25 sounds" in page


def test_sounds_that_are_new_recordings_are_no_farther_than_recordings():
    """Whatever the sizes of the sets, and with classes that follow each other in the folder."""
    rng = np.random.default_rng(0)

    def draw(count):
        kinds = np.repeat(np.arange(10), count // 10)
        return 5 * kinds[:, np.newaxis] + rng.normal(size=(count, 8))

    ear = SimpleNamespace(features=lambda waveforms: np.asarray(waveforms))
    for count in (100, 1000):
        kinds = np.repeat(np.arange(10), count // 10)
        own = {"recording": np.arange(count)}
        known = datasets.Dataset("mine", draw(count), kinds, tuple("abcdefghij"), 8000, own)
        found = own_report._distances(ear, known, draw(200))
        assert found["generated"] == pytest.approx(found["real"], rel=0.5)


def test_a_class_that_the_test_has_no_recording_of_is_on_the_page_all_the_same():
    rng = np.random.default_rng(0)
    train = datasets.Dataset(
        *("mine", 0.1 * rng.normal(size=(6, 5000)), np.arange(6) % 2, ("low", "high"), 8000),
    )
    generator = SimpleNamespace(
        label_names=("low", "high"),
        sample=lambda count, label, seed: 0.1 * rng.normal(size=(count, 5000)),
    )
    page = own_report._sounds(generator, train.select([0, 2, 4]), train)
    assert re.findall(r"<b>([^<]*)</b>", page) == [
        *(["low, recording"] * 2 + ["low, generated"] * 2),
        *(["high, recording, learnt from"] * 2 + ["high, generated"] * 2),
    ]


def test_the_diary_plays_the_newest_look_first(tmp_path):
    rows = ["step,minutes,frechet_distance", "20,0.1,9.0", "40,0.2,8.0"]
    (tmp_path / "scores.csv").write_text("\n".join(rows))
    for step in (20, 40):
        (tmp_path / f"step-{step:08d}.wav").touch()
    progress.Diary(tmp_path).on_epoch_end(1, {"frechet_distance": 8.0})
    page = (tmp_path / "sounds.html").read_text(encoding="utf-8")
    assert re.findall(r'src="(.+?)"', page) == ["step-00000040.wav", "step-00000020.wav"]
    assert page.index("distance 8.0") < page.index("distance 9.0")


def test_the_diary_plays_every_look_with_its_scores(done):
    page = (done / "sounds.html").read_text(encoding="utf-8")
    played = re.findall(r'src="(step-\d+\.wav)"', page)
    assert played == sorted((path.name for path in done.glob("step-*.wav")), reverse=True)
    assert re.search(r"step \d+, [\d.]+ min, recognised \d+%, distance \d", page)


def test_a_run_goes_on_with_its_judge(done, mine, capsys):
    weights = (done / "judge" / "classifier.weights.h5").read_bytes()
    runs.train_own_sounds(datasets.look(mine), done, minutes=0.04, verbose=False)
    said = capsys.readouterr().out
    assert "Going on from step" in said
    assert "judge learns" not in said
    assert (done / "judge" / "classifier.weights.h5").read_bytes() == weights


def test_one_long_recording_is_trained_on_without_a_judge(small, tmp_path):
    parts = [np.exp(-np.arange(8000) / 900) * tone(250 + 9 * n, duration_s=0.5) for n in range(20)]
    write(tmp_path / "take.wav", np.concatenate(parts))
    heard = datasets.look(tmp_path / "take.wav")
    runs.train_own_sounds(heard, tmp_path / "run", verbose=False)
    card = json.loads((tmp_path / "run" / "card.json").read_text(encoding="utf-8"))
    assert card["recipe"]["judge"] is None
    assert card["data"]["clips"] == {"take": 20}
    assert not (tmp_path / "run" / "skipped.txt").exists()
    page = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "those on this page were learnt from" in page
    assert "not known" in page
    assert (tmp_path / "run" / "best" / "card.json").exists()


def test_classes_of_few_recordings_have_no_judge(mine):
    data = datasets.load(mine / "tone", samples=4096)
    assert not own_sounds._can_be_told_apart(data)
    labels = np.r_[np.zeros(len(data) - 3, int), np.ones(3, int)]
    two = replace(data, labels=labels, label_names=("a", "b"))
    assert not own_sounds._can_be_told_apart(two)
    labels = np.r_[np.zeros(len(data) - 4, int), np.ones(4, int)]
    assert own_sounds._can_be_told_apart(replace(two, labels=labels))
    alike = {"recording": np.array(["one"] * len(data))}  # four clips of one recording
    assert not own_sounds._can_be_told_apart(replace(two, labels=labels, columns=alike))


def test_the_pace_is_told_in_minutes():
    recipe = replace(recipes.for_folder("x"), minutes=6, batch_size=24)
    said = progress.Pace(recipe, 240).sentence(0.2)
    assert said.startswith(
        "A step takes 0.20 s here: 6 minutes are some 1800 steps, in which each "
    )
    assert "heard 180 times" in said
    steps = pretrained.load("drums").card["training"]["step"]
    assert said.endswith(f"{steps} steps, which here are {steps / 300:.0f} minutes.")


class _Model:
    stop_training = False


def test_patience_counts_looks_without_a_better_score_not_epochs():
    patience, model = callbacks.Patience("distance", "min", 2), _Model()
    patience.set_model(model)
    patience.on_train_begin()
    stopped = []
    for epoch, distance in enumerate([9, None, 5, None, None, 6, 4, None, 5, None, 7]):
        with warnings.catch_warnings():
            warnings.simplefilter(
                "error", UserWarning
            )  # Keras's own asks for the score at every epoch
            patience.on_epoch_end(epoch, {} if distance is None else {"distance": distance})
        stopped.append(model.stop_training)
    assert stopped == [False] * 10 + [True]


# --- the commands --------------------------------------------------------------------------------


def test_look_prints_the_table_and_the_advice_or_all_as_json(mine, capsys):
    assert main(["look", str(mine)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("class ")
    assert "1 file cannot be used: tone/empty.wav" in said
    assert main(["look", str(mine), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels"] == {"noise": 12, "tone": 13}
    assert main(["look", str(mine / "nowhere")]) == 2
    assert "there is no such folder or file" in capsys.readouterr().err


def test_train_looks_first_takes_wishes_and_ends_with_the_page(mine, small, tmp_path, capsys):
    out = tmp_path / "run"
    line = ["train", "--data", str(mine), "--out", str(out), "--rate", "8000", "--seconds", "0.4"]
    assert main(line) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("class ")
    assert "Training makes clips of 0.51 s (as asked) at 8000 Hz (as asked)." in said
    assert said[-3] == f"Recordings and generated sounds, scores, a player: {out / 'report.html'}"
    assert said[-1].startswith("Done. Hear it: ")
    card = json.loads((out / "card.json").read_text(encoding="utf-8"))
    assert (card["recipe"]["sample_rate"], card["recipe"]["samples"]) == (8000, 4096)


@pytest.mark.parametrize(
    "line, words",
    [
        ("--data {mine} --rate 11025", "sample_rate=11025: must be one of 8000, 16000"),
        ("--data {mine} --seconds 99", "duration_s=99: must be more than 0, 8.192 at most"),
        ("--data {mine} --patience 0", "--patience 0: must be more than 0"),
        ("drums --seconds 2", "--rate and --seconds are for --data"),
    ],
)
def test_wishes_that_cannot_be_had_are_refused_before_anything_is_made(
    line, words, mine, tmp_path, capsys
):
    assert main(["train", *line.format(mine=mine).split(), "--out", str(tmp_path / "run")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
