"""The duel of pitches: its arithmetic beside TensorFlow's, what it learns, and both its faces."""

import io
import json
import re
from base64 import b64decode
from html import unescape

import ipywidgets
import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf

from audiogan_lib.widgets import PitchDuel, PitchGame
from audiogan_lib.widgets.pitch_duel import BROKEN, LINE, PAGE_STEPS, SAMPLE_RATE, draw, tones
from audiogan_lib.widgets.pitch_game import KINDS, SPREAD, Draws, Network


def near(game):
    """Shares of generated tones within 0.4 octaves of each recorded pitch."""
    return [np.mean(np.abs(game.made() - place) < 0.4) for place in KINDS[game.kinds]]


def test_gradients_by_value_and_by_slope_are_those_of_tensorflow():
    network, draws = Network(Draws(3)), Draws(4)
    places, by_value, by_slope = (draws.normal(7) for _ in range(3))
    weights = [tf.Variable(weight) for weight in network.weights]
    w1, b1, w2, b2, w3, b3 = weights
    x = tf.constant(places[:, np.newaxis])
    with tf.GradientTape() as tape:
        with tf.GradientTape() as inner:
            inner.watch(x)
            values = (tf.tanh(tf.tanh(x @ w1 + b1) @ w2 + b2) @ w3 + b3)[:, 0]
        slopes = inner.gradient(values, x)[:, 0]
        told = tf.reduce_sum(values * by_value + slopes * by_slope)
    expected = tape.gradient(told, weights)
    found_values, found_slopes, kept = network(places)
    np.testing.assert_allclose(found_values, values, atol=1e-12)
    np.testing.assert_allclose(found_slopes, slopes, atol=1e-12)
    for found, wanted in zip(network.gradients(kept, by_value, by_slope), expected, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_network_learns_as_adam_says():
    network = Network(Draws(3))
    variables = [keras.Variable(weight, dtype="float64") for weight in network.weights]
    adam = keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.99, epsilon=1e-8)
    adam.build(variables)
    draws = np.random.default_rng(0)
    for _ in range(3):
        gradients = [draws.standard_normal(weight.shape) for weight in network.weights]
        network.learn(gradients, 0.01)
        adam.apply([tf.constant(gradient) for gradient in gradients])
    for weight, variable in zip(network.weights, variables, strict=True):
        np.testing.assert_allclose(weight, variable.numpy(), atol=1e-5)


def test_draws_are_normal_and_come_again_from_their_seed():
    draws = Draws(8).normal(20_000)
    np.testing.assert_array_equal(draws, Draws(8).normal(20_000))
    np.testing.assert_allclose([draws.mean(), draws.std()], [0, 1], atol=0.02)
    assert np.mean(np.abs(draws) < 1.96) == pytest.approx(0.95, abs=0.005)


@pytest.mark.parametrize("kinds", KINDS)
def test_recorded_tones_lie_around_their_pitches(kinds):
    pitches = PitchGame(kinds=kinds).recorded(6000)
    away = np.abs(pitches[:, np.newaxis] - KINDS[kinds])
    assert np.bincount(away.argmin(axis=1)) == pytest.approx(6000 / kinds, rel=0.06)
    assert np.sqrt(np.mean(away.min(axis=1) ** 2)) == pytest.approx(SPREAD, rel=0.05)


@pytest.mark.parametrize("seed", range(3))
def test_usual_settings_find_both_pitches(seed):
    game = PitchGame(seed=seed)
    assert min(near(game)) < 0.2
    game.play(600)
    assert game.step == 600
    assert min(near(game)) > 0.3


@pytest.mark.parametrize("seed", [0, 2, 3])
def test_settings_made_to_collapse_do(seed):
    game = PitchGame(seed=seed, **BROKEN)
    game.play(600)
    assert min(near(game)) < 0.05
    assert np.ptp(game.made()) < 0.3


@pytest.mark.parametrize(
    "options, message",
    [
        ({"kinds": 4}, r"kinds must be one of \(1, 2, 3\), received 4"),
        ({"r1": -1}, "r1 must be 0 or more, received -1"),
        ({"noise": float("nan")}, "noise must be 0 or more, received nan"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        PitchDuel(**options)


def all_widgets(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from all_widgets(child)


@pytest.fixture
def duel():
    return PitchDuel(kinds=1, seed=2)


def press(duel, name):
    [button] = [w for w in all_widgets(duel.panel) if getattr(w, "description", "") == name]
    assert isinstance(button, ipywidgets.Button)
    button.click()


def test_the_panel_plays_the_game_that_its_controls_say(duel):
    expected = PitchGame(kinds=1, seed=2)
    expected.play(10)
    press(duel, "10 steps")
    np.testing.assert_array_equal(duel.game.made(), expected.made())
    duel._controls["r1"].value = 1.5
    expected.r1 = 1.5
    expected.play(300)
    press(duel, "300 steps")
    np.testing.assert_array_equal(duel.game.made(), expected.made())
    assert "step 310" in duel._picture.value
    press(duel, "Begin again")
    assert (duel.game.step, duel.game.seed, duel.game.r1) == (0, 3, 1.5)
    press(duel, "Make it collapse")
    assert {name: getattr(duel.game, name) for name in BROKEN} == BROKEN
    assert duel.game.step == PAGE_STEPS[-1]


def sounds_of(html):
    sources = re.findall(r'src="data:audio/(?:flac|wav);base64,([^"]+)"', html)
    return [soundfile.read(io.BytesIO(b64decode(source)))[0] for source in sources]


def test_the_page_has_the_moments_and_what_its_script_starts_from(duel):
    page = duel.page()
    game = PitchGame(kinds=1, seed=2)
    game.play(PAGE_STEPS[-1])
    sounds = sounds_of(page.html)
    assert len(sounds) == 2 + len(PAGE_STEPS)
    six = [3, 40, 77, 114, 151, 188]
    np.testing.assert_allclose(sounds[len(PAGE_STEPS)], tones(game.made()[six]), atol=1e-4)
    settings = json.loads(unescape(re.search(r'data-settings="([^"]+)"', page.html)[1]))
    assert PitchGame(**settings) == PitchGame(kinds=1, seed=2)
    assert not re.search(r"<(input|button|select)", page.html)
    assert "application/vnd.jupyter.widget-view+json" in duel._repr_mimebundle_()


def test_a_tone_has_its_pitch_and_at_most_three_octaves(duel):
    for octaves, hz in ((0, 440), (1, 880), (9, 3520)):
        sound = tones([octaves])
        spectrum = np.abs(np.fft.rfft(sound))
        assert np.argmax(spectrum) * SAMPLE_RATE / len(sound) == pytest.approx(hz, abs=3)
    assert np.abs(sound).max() <= 0.5
    assert sound[0] == 0
    assert np.abs(sound[-3:]).max() < 0.01


def test_a_moment_is_drawn_as_what_is_recorded_generated_and_believed():
    look = np.repeat([-1.0, 1.0], 50), np.full(20, 0.52), 3 * np.ones(len(LINE))
    picture = draw({"step 3": look, "step 9": look})
    upper, lower = picture.figure.axes
    assert (upper.get_title(), lower.get_title()) == ("step 3", "step 9")
    legend = [text.get_text() for text in upper.get_legend().get_texts()]
    assert legend == ["recorded", "generated", "belief"]
    assert (upper.get_xlabel(), lower.get_xlabel()) == ("", "octaves above 440 Hz")
    assert lower.get_ylim() == (0, 1.05)
    assert picture.figure.get_size_inches().tolist() == [6, pytest.approx(0.6 + 2 * 1.3)]
    recorded, generated = (stairs.get_data() for stairs in lower.patches)
    assert recorded.values.max() == pytest.approx(1.25)  # half of them in each of two bins
    assert generated.values.max() == pytest.approx(2.5)
    assert generated.edges[[0, -1]].tolist() == [-2.5, 2.5]
    places, belief = lower.lines[0].get_data()
    assert (places.min(), places.max()) == (-2.5, 2.5)
    np.testing.assert_allclose(belief, 1 / (1 + np.exp(-3)))
    told = "; ".join(
        f"{name}: eight in ten of the generated from 631 to 631 Hz" for name in ("step 3", "step 9")
    )
    assert repr(picture) == f"Histograms of pitch. {told}."
