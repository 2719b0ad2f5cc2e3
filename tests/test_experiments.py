"""What the tables of chapters 12, 14, 15 and 18 were measured by, and what was written down."""

import json
import types
from dataclasses import replace

import numpy as np
import pytest

from audiogan_lib import (
    audio,
    datasets,
    files,
    recipes,
    runs,
    training,
    transcription,
    vocoding,
)
from audiogan_lib.models import vocoder
from experiments import ablation, adversary, quality, second_ear
from experiments import transcription as measured

QUALITY = quality.RESULTS / "quality.json"
ABLATED = json.loads(ablation.RESULTS.read_text("utf-8"))
MEASURED = json.loads((files.LIBRARY / "results" / "transcription.json").read_text("utf-8"))


# --- a second ear ---------------------------------------------------------------------------------


def test_the_floor_of_a_second_ear_has_each_digit_of_each_speaker_equally_often():
    labels, speakers = np.tile([0, 1, 2], 16), np.repeat(["ann", "bob"], 24)
    columns = {"speaker": speakers, "recording": np.array([f"take {k}" for k in range(48)])}
    takes = datasets.Dataset("few", np.zeros((48, 8)), labels, ("0", "1", "2"), 8000, columns)
    parts = second_ear.evenly(takes, 4)
    assert (np.sum(parts, axis=0) == 1).all()
    for part in parts:
        pairs = list(zip(speakers[part], labels[part], strict=True))
        assert {pairs.count(pair) for pair in set(pairs)} == {2}
        assert len(set(pairs)) == 6


def test_what_flutters_more_is_found_at_its_rate():
    rng, seconds = np.random.default_rng(0), np.arange(8000) / 8000
    hiss = rng.normal(size=(24, 8000))
    trembling = hiss[:12] * (1 + 0.5 * np.sin(2 * np.pi * 12 * seconds))
    found = second_ear.flutter({"train": hiss[12:], "calm": hiss[:12], "more": trembling}, 8000)
    assert set(found) == {"calm", "more"}
    assert second_ear.RATES_HZ[np.argmax(found["more"])] == 12
    assert max(found["more"]) > 3 > max(map(abs, found["calm"]))


# --- quality for minutes -------------------------------------------------------------------------


def test_networks_are_compared_on_the_same_data_for_the_same_minutes():
    compared = [recipe for recipe in quality.trials().values() if recipe.data == "drums"]
    assert len({recipe.network for recipe in compared}) == 4
    alike = {(r.minutes, r.judge, r.samples, r.conditions, r.peak) for r in compared}
    assert len(alike) == 1


def test_seeds_and_precisions_are_all_that_differs_between_quick_digits():
    quick = [recipe for recipe in quality.trials().values() if recipe.data == "fsdd"]
    assert len({(recipe.seed, recipe.dtype) for recipe in quick}) == len(quick) == 6
    assert {replace(r, seed=0, dtype="float32") for r in quick} == {
        replace(recipes.NAMES["digits-fast"], dtype="float32")
    }


def test_the_first_look_that_reaches_a_score_counts():
    shares = enumerate((0.2, 0.95, 0.94, 0.97))
    curve = [{"minutes": minute, "accuracy": share} for minute, share in shares]
    assert quality.minutes_to(curve, 0.95) == 1
    assert quality.minutes_to(curve, 0.99) is None


def test_a_trial_is_trained_and_scored(tmp_path, monkeypatch):
    column = {"clips": 300, "accuracy": 0.25, "inception_score": 2.0, "frechet_distance": 9.0}
    column |= {"accuracies": {"label": 0.25}, "coverage": 0.5}
    report = {"test": column, "generated": column, "floor": 1.0}
    monkeypatch.setattr(runs, "judge_report", lambda *sounds, **options: report)
    recipe = replace(recipes.NAMES["article"], name="tiny", width=1, minutes=0.001, batch_size=2)
    result = json.loads(json.dumps(quality.measure("tiny", recipe, tmp_path)))
    assert result["step"] == result["curve"][-1]["step"] > 0
    assert result["scores"]["generated"]["clips"] == 300
    sounds, sample_rate = audio.read(tmp_path / "tiny" / "sounds.flac")
    assert (len(sounds), sample_rate) == (11 * recipe.samples, recipe.sample_rate)
    line = quality.page({"tiny": result}).splitlines()[-1]
    assert f"| {result['scores']['generated']['accuracy']:.3f} |" in line
    last = result["curve"][-1]
    line = quality.page({"digits-fast-tiny": result}).splitlines()[-1]
    assert f"| {last['accuracy']:.2f} ({last['minutes']:.1f}) |" in line


def test_three_trials_of_drums_differ_in_their_seed_alone():
    trials = quality.trials()
    runs = [trials[name] for name in ("drums", "drums-1", "drums-2")]
    assert [run.seed for run in runs] == [0, 1, 2]
    assert len({replace(run, seed=0) for run in runs}) == 1


@pytest.mark.skipif(not QUALITY.exists(), reason="`make quality` writes the results")
def test_the_page_shows_the_results_that_are_kept():
    results = json.loads(QUALITY.read_text(encoding="utf-8"))
    assert set(results) <= set(quality.trials())
    assert (quality.HERE / "quality.md").read_text(encoding="utf-8") == quality.page(results)


# --- speech to text ------------------------------------------------------------------------------


def test_all_seeds_of_every_setting_are_written_down():
    seeds = list(range(MEASURED["seeds"]))
    settings = [corpus["unsupervised"] for corpus in MEASURED["corpora"].values()]
    settings += [row["runs"] for row in MEASURED["skews"]]
    assert len(settings) == len(measured.CORPORA) + len(measured.SKEWS)
    assert all([run["seed"] for run in runs] == seeds for runs in settings)


def test_the_written_errors_lie_between_those_of_labels_and_of_chance():
    for corpus in MEASURED["corpora"].values():
        errors = [run["error"] for run in corpus["unsupervised"]]
        assert corpus["supervised"]["all"][0] < min(errors)
        assert np.median(errors) < corpus["chance"]["random digits"] / 2
    without_habits = MEASURED["skews"][0]
    assert without_habits["skew"] == without_habits["least_divergence"] == 0
    assert min(run["error"] for run in without_habits["runs"]) > 0.6


def test_words_of_spoken_numbers_come_in_the_order_in_which_they_are_said():
    plan = transcription.NumberPlan(measured.DIGITS, measured.LENGTH, 1.0)
    digits = datasets.load("robot_digits", split="test")
    spoken = measured.speech(digits, "voice", plan.texts(6, seed=0), seed=0)
    assert len(spoken.said) == 6
    assert spoken.sounds.shape == (6, measured.LENGTH, 8192)
    # The same digit in the same voice sounds more alike than another one: voices alternate.
    flat, said = spoken.words.reshape(-1, spoken.words.shape[-1]), spoken.said.ravel()
    apart = np.linalg.norm(flat[:, None] - flat, axis=2)
    same = (said[:, None] == said) & (apart > 0)
    assert apart[same].mean() < 0.8 * apart[said[:, None] != said].mean()


def test_a_choice_of_words_has_as_many_of_each_digit():
    said = np.random.default_rng(0).integers(0, measured.DIGITS, 500)
    chosen = measured._even(said, 30, seed=1)
    assert np.bincount(said[chosen]).tolist() == [3] * measured.DIGITS
    assert len(set(chosen)) == 30


def test_a_run_depends_on_its_seed_and_not_on_the_runs_before():
    rng = np.random.default_rng(0)
    heard = rng.integers(0, measured.KINDS, (64, measured.LENGTH))
    written = rng.integers(0, measured.DIGITS, (64, measured.LENGTH))
    reader = measured.Unsupervised()
    first, other, again = (reader.learn(heard, written, seed, 10) for seed in (3, 4, 3))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_mapping_is_scored_by_the_digits_that_it_gets_wrong():
    said = np.array([[1, 2, 3, 4]])
    assert measured.error_rate(said, np.array([[1, 2, 3, 5]])) == pytest.approx(0.25)
    assert measured._swapped(2, 5)[:6] == [0, 1, 5, 3, 4, 2]


def test_every_seed_is_written_down_with_all_three_and_without_each():
    assert list(ABLATED["runs"]) == list(ABLATED["ceilings"]) == list(ablation.SETTINGS)
    seeds = list(range(ABLATED["seeds"]))
    assert all([run["seed"] for run in runs] == seeds for runs in ABLATED["runs"].values())


def test_nobody_reads_better_than_who_knows_the_sounds():
    for name, changes in ablation.SETTINGS.items():
        language = ablation.Language(noise=changes.get("noise", ablation.NOISE))
        assert language.ceiling() == pytest.approx(ABLATED["ceilings"][name], abs=1e-4)
        assert min(run["error"] for run in ABLATED["runs"][name]) > language.ceiling() - 0.01


# --- what the vocoder's adversary adds ------------------------------------------------------------


def test_both_arms_begin_with_the_same_weights_and_a_run_goes_on_with_the_next_arm(
    tmp_path, monkeypatch
):
    words = types.SimpleNamespace(waveforms=datasets.load("robot_digits").waveforms[:12])
    monkeypatch.setattr(datasets, "load", lambda name, split: words)
    monkeypatch.setattr(adversary, "KEPT", (0, 1))
    few = {"period": {"periods": (2,), "width": 1}}
    few |= {"spectrogram": {"resolutions": ((128, 32, 128),), "width": 1}}
    monkeypatch.setattr(vocoder, "SMALL", few)
    sizes = {
        "width": 8,
        "blocks": 1,
        "batch_size": 2,
        "rounds": 2,
        "rounds_in_training": 1,
        "dtype": "float32",
    }
    recipe = replace(vocoding.RECIPE, data=("robot_digits",), learning_rate=1e-2, **sizes)
    begins, regress, fit = [], adversary.regress, training.GAN.fit

    def regress_from(recipe, generator, *options):
        begins.append(generator.get_weights())
        regress(recipe, generator, *options)

    def fit_from(gan, *stream, **options):
        begins.append(gan.generator.get_weights())
        return fit(gan, *stream, **options)

    monkeypatch.setattr(adversary, "regress", regress_from)
    monkeypatch.setattr(training.GAN, "fit", fit_from)
    facts, kept = adversary.measure(recipe, tmp_path, 2, 1)
    assert tuple(facts["arms"]) == adversary.ARMS
    assert kept.shape == (8, 8192)
    assert set(facts["arms"]["with"]["frechet"]["robot_digits, 2 rounds"]) == {
        "robot-digits",
        "robot-digits-mels",
        "scattering",
    }
    first, *arms = begins
    assert not np.array_equal(first[0], arms[0][0])
    for one, other in zip(*arms, strict=True):
        np.testing.assert_array_equal(one, other)
    (tmp_path / "minutes.json").write_text('{"before": 0.1, "with": 0.1}')
    asked = []
    monkeypatch.setattr(adversary, "regress", lambda *options: asked.append(options[4]))
    minutes = [round(spent, 1) for _, spent, _ in adversary.train(recipe, tmp_path, 2, 1)]
    assert minutes[::2] == [0.1, 0.1]
    assert asked == [recipe.learning_rate]
