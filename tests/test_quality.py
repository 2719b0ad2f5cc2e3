"""The comparison of quality by minutes: what it trains, how it counts, what it writes."""

import json
from dataclasses import replace

import pytest

from audiogan_lib import audio, recipes
from experiments import quality

RESULTS = quality.RESULTS / "quality.json"


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


def test_a_trial_is_trained_and_scored(tmp_path):
    recipe = replace(
        recipes.NAMES["article"], name="tiny", width=1, minutes=0.001, batch_size=2, judge="drums"
    )
    found = json.loads(json.dumps(quality.measure("tiny", recipe, tmp_path)))
    assert found["step"] == found["curve"][-1]["step"] > 0
    assert found["scores"]["generated"]["clips"] == 300
    sounds, sample_rate = audio.read(tmp_path / "tiny" / "sounds.flac")
    assert (len(sounds), sample_rate) == (10 * recipe.samples, recipe.sample_rate)
    line = quality.page({"tiny": found}).splitlines()[-1]
    assert f"| {found['scores']['generated']['accuracy']:.3f} |" in line
    last = found["curve"][-1]
    line = quality.page({"digits-fast-tiny": found}).splitlines()[-1]
    assert f"| {last['accuracy']:.2f} ({last['minutes']:.1f}) |" in line


@pytest.mark.skipif(not RESULTS.exists(), reason="`make quality` writes the results")
def test_the_page_shows_the_results_that_are_kept():
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert set(found) <= set(quality.trials())
    assert (quality.HERE / "quality.md").read_text(encoding="utf-8") == quality.page(found)
