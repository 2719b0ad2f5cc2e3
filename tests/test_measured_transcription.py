"""The measurement that the chapter on transcription shows: its parts, and what it wrote down."""

import json

import numpy as np
import pytest

from audiogan_lib import datasets, files, transcription
from experiments import transcription as measured

RESULTS = files.LIBRARY / "results"
FOUND = json.loads((RESULTS / "transcription.json").read_text(encoding="utf-8"))


def test_all_seeds_of_every_setting_are_written_down():
    seeds = list(range(FOUND["seeds"]))
    settings = [corpus["unsupervised"] for corpus in FOUND["corpora"].values()]
    settings += [row["runs"] for row in FOUND["skews"]]
    assert len(settings) == len(measured.CORPORA) + len(measured.SKEWS)
    assert all([run["seed"] for run in runs] == seeds for runs in settings)


def test_the_written_errors_lie_between_those_of_labels_and_of_chance():
    for corpus in FOUND["corpora"].values():
        errors = [run["error"] for run in corpus["unsupervised"]]
        assert corpus["supervised"]["all"][0] < min(errors)
        assert np.median(errors) < corpus["chance"]["random digits"] / 2
    without_habits = FOUND["skews"][0]
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
