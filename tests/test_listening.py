"""Blind tests and comparisons: fair trials, equal levels, exact intervals, both faces."""

import re

import numpy as np
import pytest
from faces import controls, played
from scipy import stats

from audiogan_lib import audio, widgets

RATE = 8000
KINDS = ("recorded", "generated")


def tones(level):
    time_s = np.arange(5000) / RATE
    return [np.float32(level * np.sin(2 * np.pi * hz * time_s)) for hz in (200, 300, 400)]


def squares(level):
    return [np.sign(sound).astype(np.float32) * level for sound in tones(1.0)]


@pytest.fixture(params=["abx", "which"])
def test(request):
    return widgets.BlindTest(tones(0.5), squares(0.1), KINDS, request.param, trials=10, seed=4)


def is_square(sound):
    return len(np.unique(np.abs(sound[sound != 0]).round(4))) == 1


def test_the_solution_is_what_the_sounds_say(test):
    letters = []
    for trial in range(test.trials):
        sounds = test.sounds(trial)
        if test.task == "abx":
            assert not is_square(sounds["A"])
            assert is_square(sounds["B"])
            same = [letter for letter in "AB" if (sounds[letter] == sounds["X"]).all()]
        else:
            same = [letter for letter in "AB" if is_square(sounds[letter])]
        assert same == [test.solution(trial)]
        letters.append(same[0])
    assert set(letters) == {"A", "B"}


def test_levels_tell_nothing(test):
    for trial in range(test.trials):
        levels_db = [audio.level_db(sound) for sound in test.sounds(trial).values()]
        np.testing.assert_allclose(levels_db, -20, atol=0.1)


def test_every_pair_has_its_turn_before_one_comes_again(test):
    strongest = [np.abs(np.fft.rfft(test.sounds(i)["A"])).argmax() for i in range(9)]
    for start in (0, 3, 6):
        assert len(set(strongest[start : start + 3])) == 3


def test_coins_are_fair():
    test = widgets.BlindTest(tones(0.5), squares(0.1), trials=2000, seed=0)
    share = np.mean([test.solution(i) == "A" for i in range(2000)])
    assert abs(share - 0.5) < 0.04


def test_the_score_counts_right_answers(test):
    assert (test.interval(), test.chance()) == ((0.0, 1.0), 1.0)
    for trial in range(10):
        said = test.solution(trial) if trial < 8 else "BA"["AB".index(test.solution(trial))]
        assert test.answer(said) == (trial < 8)
    assert test.right == 8
    # Clopper and Pearson by the quantiles of the beta distribution.
    low, high = stats.beta.ppf(0.025, 8, 3), stats.beta.ppf(0.975, 9, 2)
    np.testing.assert_allclose(test.interval(), (low, high))
    assert test.chance() == pytest.approx((45 + 10 + 1) / 2**10)
    assert test.score().startswith("8 of 10 right (95 % interval 44 to 97 %)")
    with pytest.raises(ValueError, match="all 10 trials have been answered"):
        test.answer("A")


def test_all_right_still_leaves_an_interval():
    test = widgets.BlindTest(tones(0.5), squares(0.1), trials=5)
    for trial in range(5):
        test.answer(test.solution(trial))
    low, high = test.interval()
    assert low == pytest.approx(0.025 ** (1 / 5))
    assert high == 1


def test_what_cannot_be_tested_is_named():
    with pytest.raises(ValueError, match="equally many sounds, at least one, received 3 and 2"):
        widgets.BlindTest(tones(0.5), squares(0.1)[:2])
    with pytest.raises(ValueError, match="task must be 'abx' or 'which', received 'mushra'"):
        widgets.BlindTest(tones(0.5), squares(0.1), task="mushra")
    with pytest.raises(ValueError, match="trials must be positive, received 0"):
        widgets.BlindTest(tones(0.5), squares(0.1), trials=0)
    with pytest.raises(ValueError, match="letter must be 'A' or 'B', received 'X'"):
        widgets.BlindTest(tones(0.5), squares(0.1)).answer("X")


def test_answers_lead_from_trial_to_trial(test):
    panel = widgets.ListeningTest(test, RATE)
    said = "X is {}" if test.task == "abx" else "{} is generated"
    heard = played(panel._sounds.value)
    for sound, expected in zip(heard, test.sounds(0).values(), strict=True):
        np.testing.assert_array_equal(sound, audio.to_int16(expected))
    controls(panel)[said.format(test.solution(0))].click()
    assert "Right: " in panel._told.value
    assert "1 of 1 right" in panel._told.value
    for sound, expected in zip(played(panel._sounds.value), test.sounds(1).values(), strict=True):
        np.testing.assert_array_equal(sound, audio.to_int16(expected))
    wrong = "BA"["AB".index(test.solution(1))]
    controls(panel)[said.format(wrong)].click()
    assert "Wrong: " in panel._told.value
    assert "1 of 2 right" in panel._told.value
    for _ in range(8):
        controls(panel)[said.format("A")].click()
    assert "The test is over." in panel._told.value
    assert controls(panel)[said.format("A")].disabled


def test_nothing_but_the_sound_tells_what_is_what(test):
    control = widgets.ListeningTest(test, RATE)
    for html_text in (control.page().html, control._sounds.value):
        assert "<img" not in html_text
        assert "dBFS" not in html_text
        assert "strongest" not in html_text
    assert "strongest" not in control.page().text


def test_the_page_folds_the_answers(test):
    page = widgets.ListeningTest(test, RATE).page()
    each = 3 if test.task == "abx" else 2
    sounds = played(page.html)
    assert len(sounds) == 3 * each
    for trial in range(3):
        expected = audio.to_int16(np.stack(list(test.sounds(trial).values())))
        np.testing.assert_array_equal(sounds[each * trial : each * (trial + 1)], expected)
        told = f"X was {test.solution(trial)}" if each == 3 else f"{test.solution(trial)} was gen"
        answers = re.findall(r"<details><summary>Answer \d</summary><p>([^<]+)</p>", page.html)
        assert answers[trial].startswith(told)
    assert not re.search(r"<(input|button|select)", page.html)


@pytest.fixture
def comparison():
    sources = {"recorded": tones(0.5), "generated": squares(0.1)}
    return widgets.Comparison(sources, RATE, ["low", "middle", "high"])


def test_a_comparison_plays_one_sound_from_all_sources(comparison):
    controls(comparison)["sound"].value = 2
    real, fake = played(comparison._sounds.value)
    np.testing.assert_array_equal(fake, audio.to_int16(squares(0.1)[2]))
    assert audio.level_db(real / 32768) == pytest.approx(audio.level_db(fake / 32768), abs=0.1)
    controls(comparison)["equal levels"].value = False
    real, _ = played(comparison._sounds.value)
    np.testing.assert_array_equal(real, audio.to_int16(tones(0.5)[2]))


def test_a_comparison_has_a_page(comparison):
    page = comparison.page()
    names = re.findall(r"<b>([^<]+)</b>", page.html)
    assert names[:3] == ["low, recorded", "low, generated", "middle, recorded"]
    assert len(played(page.html)) == 6
    assert "each row at one level" in page.text
    with pytest.raises(ValueError, match=r"sources\['a'\] must hold 2, got 3"):
        widgets.Comparison({"a": tones(0.5)}, RATE, ["low", "high"])


def test_silence_has_no_level_to_equal():
    pair = [np.zeros(100, np.float32)], [np.full(100, 0.5, np.float32)]
    heard = widgets.BlindTest(*pair).sounds(0)
    assert not heard["A"].any()
    np.testing.assert_array_equal(heard["B"], pair[1][0])
