"""The duel of waveforms: its arithmetic beside TensorFlow's, what it learns, and both its faces."""

import json
import re
from html import unescape

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib.widgets import WaveDuel, WaveGame, wave_duel
from audiogan_lib.widgets.pitch_game import Draws
from audiogan_lib.widgets.wave_networks import (
    LATENT_DIM,
    SAMPLES,
    SHAPES,
    SLOPE,
    Discriminator,
    Generator,
)

COUNT = 3
STEPS = [step for _, step, *_ in SHAPES] + [SHAPES[-1][0]]


def drawn(seed, *shape):
    return Draws(seed).normal(int(np.prod(shape))).reshape(shape)


def as_filters(joint, kernel, outer):
    """A joint's kernel as TensorFlow's convolutions take it: taps, outer and inner channels."""
    return tf.transpose(tf.reshape(kernel, (joint.inner, -1, outer)), (1, 2, 0))


def bent(signal):
    return tf.maximum(signal, SLOPE * signal)  # leaky_relu rounds its slope to 32 bits


def scores_of(joints, variables, waves):
    signal = waves[:, :, tf.newaxis]
    for joint, (kernel, bias), step in zip(joints, variables, STEPS, strict=True):
        filters = as_filters(joint, kernel, signal.shape[-1])
        margin = (filters.shape[0] - step) // 2
        signal = tf.pad(signal, ((0, 0), (margin, margin), (0, 0)))
        signal = tf.nn.conv1d(signal, filters, step, "VALID") + bias
        if joint is not joints[-1]:
            signal = bent(signal)
    return signal[:, 0, 0]


def waves_of(joints, variables, latents):
    signal = latents[:, tf.newaxis]
    for joint, (kernel, bias), step in list(zip(joints, variables, STEPS, strict=True))[::-1]:
        filters = as_filters(joint, kernel, bias.shape[0])
        size = (joint.places - 1) * step + filters.shape[0]
        shape = (COUNT, size, bias.shape[0])
        signal = tf.nn.conv1d_transpose(signal, filters, shape, step, "VALID")
        margin = (filters.shape[0] - step) // 2
        signal = signal[:, margin : size - margin] + bias
        if joint is not joints[0]:
            signal = bent(signal)
    return tf.tanh(signal[:, :, 0])


def as_variables(network):
    """All weights, biases moved away from zero."""
    for i, joint in enumerate(network.joints):
        joint.weights[1] += 0.1 * drawn(i + 20, *joint.weights[1].shape)
    return [[tf.Variable(weight) for weight in joint.weights] for joint in network.joints]


def alike(found, wanted):
    for joint, others in zip(found, wanted, strict=True):
        for one, other in zip(joint, others, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-10)


def test_scores_slopes_and_the_gradients_of_both_and_of_r1_are_those_of_tensorflow():
    network, waves, by_scores = Discriminator(Draws(3)), drawn(4, COUNT, SAMPLES), drawn(5, COUNT)
    variables, x = as_variables(network), tf.constant(waves)
    with tf.GradientTape() as tape:
        with tf.GradientTape() as inner:
            inner.watch(x)
            scores = scores_of(network.joints, variables, x)
        slopes = inner.gradient(scores, x)
        loss = tf.reduce_sum(scores * by_scores) + 0.7 / 2 * tf.reduce_sum(slopes**2)
    found_scores, found_slopes, known = network(waves)
    np.testing.assert_allclose(found_scores, scores, atol=1e-10)
    np.testing.assert_allclose(found_slopes, slopes, atol=1e-10)
    wanted = tape.gradient(loss, variables, unconnected_gradients="zero")
    alike(network.gradients(known, by_scores, 0.7), wanted)


def test_waveforms_and_their_gradients_are_those_of_tensorflow():
    network, latents = Generator(Draws(3)), drawn(4, COUNT, LATENT_DIM)
    by_samples, variables = drawn(5, COUNT, SAMPLES), as_variables(network)
    with tf.GradientTape() as tape:
        waves = waves_of(network.joints, variables, tf.constant(latents))
        loss = tf.reduce_sum(waves * by_samples)
    kept = network(latents)
    np.testing.assert_allclose(kept[0], waves, atol=1e-10)
    alike(network.gradients(kept, by_samples), tape.gradient(loss, variables))


def test_with_the_usual_penalty_both_tones_are_learnt_and_with_none_they_are_not():
    game, free = WaveGame(seed=1), WaveGame(seed=1, r1=0)
    game.play(400)
    assert min(game.shares()) >= 0.2
    free.play(300)
    assert min(free.shares()) < 0.1 < max(free.shares())


def test_a_step_tells_both_losses_and_moves_what_is_heard_by_a_hundredth():
    game, same = WaveGame(seed=1), WaveGame(seed=1)
    game.play()
    real, fake = same.recorded(16), same._invented()[0]
    recorded, invented = (same._discriminator(clips)[0] for clips in (real, fake))
    loss = np.mean(np.log1p(np.exp(-recorded)) + np.log1p(np.exp(invented)))
    assert game.losses[0] == pytest.approx(loss)
    assert (game.step, game.losses[1] > 0) == (1, True)
    for joint, before, mean in zip(
        game._generator.joints, same._generator.joints, game._average, strict=True
    ):
        for now, first, heard in zip(joint.weights, before.weights, mean, strict=True):
            np.testing.assert_allclose(heard, first + 0.01 * (now - first), atol=1e-12)


def test_a_sound_of_ones_own_is_recorded_in_varying_loudness_and_known_again():
    sound = np.sin(np.arange(700) / 5)
    game = WaveGame(sound=sound)
    clips = game.recorded(40)
    gains = clips[:, :700] @ sound / (sound @ sound)
    np.testing.assert_allclose(clips[:, :700], np.outer(gains, sound), atol=1e-12)
    assert not clips[:, 700:].any()
    assert 0.6 < gains.min() < 0.65
    assert 0.85 < gains.max() < 0.9
    game.made = lambda: np.concatenate([clips[:10], drawn(1, 30, SAMPLES)])
    assert game.shares() == 0.25


@pytest.mark.parametrize(
    "options, message",
    [
        ({"r1": -1}, "r1 must be 0 or more, received -1"),
        ({"rate": float("nan")}, "rate must be 0 or more, received nan"),
        ({"sound": np.zeros((2, 9))}, "sound must be a row of samples"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        WaveDuel(**options)


def test_the_panel_plays_the_game_and_the_page_has_its_moments(monkeypatch):
    duel = WaveDuel(seed=2)
    buttons = {w.description: w for w in duel.panel.children[1].children}
    expected = WaveGame(seed=2, r1=3.0)
    duel._r1.value = 3.0
    buttons["10 steps"].click()
    expected.play(10)
    np.testing.assert_array_equal(duel.game.made(), expected.made())
    assert "Step 10." in duel._status.value
    assert "over 10 steps" in duel._picture.value
    buttons["Begin again"].click()
    assert (duel.game.step, duel.game.seed, duel.game.r1) == (0, 3, 3.0)
    monkeypatch.setattr(wave_duel, "PAGE_STEPS", (0, 2))
    page = WaveDuel(sound=[0.5, 0.123456]).page()
    assert page.html.count("<audio") == 4
    settings = json.loads(unescape(re.search(r'data-settings="([^"]+)"', page.html)[1]))
    assert settings == {"r1": 5.0, "rate": 0.004, "seed": 0, "sound": [0.5, 0.1235]}
    assert not re.search(r"<(input|button|select)", page.html)


def test_a_joint_starts_as_wide_as_keeps_the_level_and_learns_as_adam_says():
    for network in (Generator(Draws(3)), Discriminator(Draws(3))):
        for joint in network.joints[:3]:
            heard_by = joint.inner * joint.taps / joint.step
            fan = heard_by if isinstance(network, Generator) else joint.taps
            assert joint.weights[0].std() == pytest.approx(np.sqrt(2 / fan), rel=0.15)
            assert not joint.weights[1].any()
    variables = [tf.Variable(weight) for weight in joint.weights]
    adam = keras.optimizers.Adam(0.01, beta_1=0.5, beta_2=0.99, epsilon=1e-8)
    adam.build(variables)
    for step in (1, 2, 3):
        gradients = [drawn(step, *weight.shape) for weight in joint.weights]
        joint.learn(gradients, 0.01, step)
        adam.apply([tf.constant(gradient) for gradient in gradients])
    for weight, variable in zip(joint.weights, variables, strict=True):
        np.testing.assert_allclose(weight, variable.numpy(), atol=1e-5)


def test_losses_and_clips_are_drawn_under_their_names():
    clips = 0.5 * np.ones((2, SAMPLES))
    picture = wave_duel.draw({"recorded": clips, "generated": -clips}, [(1.0, 2.0), (0.5, 0.25)])
    losses, *waves = picture.figure.axes
    assert [plot.get_title() for plot in picture.figure.axes] == ["losses", "recorded", "generated"]
    assert losses.get_xlabel() == "step"
    assert picture.figure.get_size_inches().tolist() == [6, pytest.approx(1.6 + 2 * 0.9)]
    legend = [text.get_text() for text in losses.get_legend().get_texts()]
    assert legend == ["discriminator", "generator"]
    assert [line.get_ydata().tolist() for line in losses.lines] == [[1.0, 0.5], [2.0, 0.25]]
    assert len({line.get_linestyle() for line in losses.lines}) == 2
    for plot, level in zip(waves, (0.5, -0.5), strict=True):
        np.testing.assert_array_equal(plot.lines[0].get_ydata(), np.full(2 * SAMPLES, level))
        assert (plot.get_ylim(), len(plot.get_xticks()), len(plot.get_yticks())) == ((-1, 1), 0, 0)
    words = "Waveforms of 6 clips each: recorded; generated."
    assert (
        repr(picture)
        == f"Losses over 2 steps, at last 0.50 (discriminator) and 0.25 (generator). {words}"
    )
    assert repr(wave_duel.draw({"recorded": clips}, [])).startswith("Waveforms of 6 clips")
