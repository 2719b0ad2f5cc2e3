"""The Dirac-GAN is the game that the library plays, its outcome is as proved; the playground."""

import base64
import html
import io
import json
import re
from dataclasses import asdict

import keras
import numpy as np
import pytest
import soundfile
import tensorflow as tf

from audiogan_lib import losses, training, widgets
from audiogan_lib.widgets import DiracGAN, LossPlayground, phase_portraits
from audiogan_lib.widgets.dirac_gan import SLOPES
from audiogan_lib.widgets.loss_playground import SAMPLE_RATE, tones, verdict

STEPS = 8


class Number(keras.layers.Layer):
    """A generator whose only weight is what it makes."""

    def build(self, shape):
        self.theta = self.add_weight(name="theta", shape=(1,), initializer="ones")

    def call(self, latents):
        return 0 * latents + self.theta


def played_by_the_library(rate=0.2, **options):
    """Train one number against one slope by the library's own step; return both after each."""
    level = SLOPES[options["loss"]][0]
    latent, number = keras.Input((1,)), keras.Input((1,))
    slope = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")
    score = keras.layers.Rescaling(1.0, offset=level)(slope(number))
    gan = training.GAN(keras.Model(latent, Number()(latent)), keras.Model(number, score), ema=0.0)
    gan.compile(*(keras.optimizers.SGD(rate) for _ in range(2)), run_eagerly=True, **options)
    path = []
    for _ in range(STEPS + 1):
        networks = gan.generator, gan.discriminator
        path.append([float(n.trainable_variables[0].numpy().item()) for n in networks])
        gan.train_step(tf.zeros((2, 1)))
    return np.array(path)


@pytest.mark.parametrize("loss", losses.NAMES)
@pytest.mark.parametrize("score", [-2.0, -0.3, 0.6, 3.0])
def test_slopes_are_the_gradients_of_the_losses(loss, score):
    level, fake_slope, generator_slope = SLOPES[loss]
    real, fake = tf.constant([level]), tf.Variable([score])
    discriminator, generator = losses.NAMES[loss]
    with tf.GradientTape(persistent=True) as tape:
        loss_d = discriminator(real, fake)
        relativistic = hasattr(generator, "relativistic")
        loss_g = generator(fake, real) if relativistic else generator(fake)
    gradients = [tape.gradient(value, fake).numpy().item() for value in (loss_d, loss_g)]
    slopes = [float(slope(score)) for slope in (fake_slope, generator_slope)]
    np.testing.assert_allclose(gradients, slopes, atol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        *({"loss": loss} for loss in losses.NAMES),
        {"loss": "hinge", "r1": 0.7},
        {"loss": "non_saturating", "r1": 0.4, "penalty_every": 3},
        {"loss": "wasserstein", "gradient_penalty": 0.6},
        {"loss": "wasserstein", "clip_weights": 0.1},
    ],
    ids=str,
)
def test_the_game_is_the_one_that_the_library_plays(options):
    path = DiracGAN(rate=0.2, **options).trajectory(STEPS)
    np.testing.assert_allclose(played_by_the_library(**options), path, rtol=1e-4, atol=1e-6)
    assert np.ptp(path, axis=0).min() > 0.05


def test_r2_would_be_the_same_as_r1():
    path = DiracGAN("non_saturating", rate=0.2, r1=0.7).trajectory(STEPS)
    by_r2 = played_by_the_library(loss="non_saturating", r2=0.7)
    np.testing.assert_allclose(by_r2, path, rtol=1e-4, atol=1e-6)
    both = played_by_the_library(loss="relativistic_pairing", r1=0.3, r2=0.4)
    path = DiracGAN("relativistic_pairing", rate=0.2, r1=0.7).trajectory(STEPS)
    np.testing.assert_allclose(both, path, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", SLOPES)
@pytest.mark.parametrize("alternating", [True, False])
@pytest.mark.parametrize("every", [1, 4])
def test_eigenvalues_are_those_of_the_steps_themselves(loss, alternating, every):
    game = DiracGAN(loss, r1=0.6, penalty_every=every, alternating=alternating)
    nudge = 1e-5
    ends = [game.trajectory(every, start)[-1] for start in ((nudge, 0), (0, nudge))]
    by_steps = np.linalg.eigvals(np.transpose(ends) / nudge).astype(complex)
    np.testing.assert_allclose(
        np.sort_complex(game.eigenvalues()), np.sort_complex(by_steps), atol=1e-3
    )
    assert game.growth() ** every == pytest.approx(np.abs(by_steps).max(), abs=1e-3)


@pytest.mark.parametrize("loss", SLOPES)
def test_without_a_penalty_the_order_of_the_steps_decides(loss):
    assert DiracGAN(loss).growth() == pytest.approx(1, abs=1e-12)
    assert DiracGAN(loss, alternating=False).growth() > 1.001
    assert DiracGAN(loss, r1=0.5).growth() < 0.98


def test_at_once_r1_must_exceed_rate_times_both_slopes():
    rate, start = 0.1, (1e-3, 0)
    for share, outcome in ((0.9, 10), (1.1, 0.1)):
        game = DiracGAN("wasserstein", r1=share * rate, rate=rate, alternating=False)
        assert (game.growth() > 1) == (share < 1)
        distance = np.hypot(*game.trajectory(6000, start)[-1]) / 1e-3
        assert distance > outcome if share < 1 else distance < outcome


def test_a_gradient_penalty_below_1_circles_and_from_1_on_rests_in_the_wrong_place():
    circling = DiracGAN("wasserstein", gradient_penalty=0.3).trajectory(2000)
    assert np.ptp(circling[-300:, 0]) > 0.2
    resting = DiracGAN("wasserstein", gradient_penalty=1.5).trajectory(2000)
    np.testing.assert_allclose(resting[-1], (-3, 0), atol=1e-3)


def test_clipped_weights_stay_within_and_what_leaves_is_held():
    path = DiracGAN("wasserstein", clip_weights=0.2).trajectory(300)
    assert np.abs(path[:, 1]).max() == pytest.approx(0.2)
    away = DiracGAN("least_squares", rate=3.0, alternating=False).trajectory(100)
    assert np.abs(away).max() == 1e6


@pytest.mark.parametrize(
    "options, message",
    [
        ({"loss": "hinges"}, "loss must be one of minimax, .*received 'hinges'"),
        ({"r1": -1}, "r1 must be 0 or more, received -1"),
        ({"clip_weights": -1}, "clip_weights must be 0 or more, received -1"),
        ({"rate": 0}, "rate must be positive, received 0"),
        ({"penalty_every": 0}, "penalty_every must be 1 or more, received 0"),
    ],
)
def test_a_wrong_option_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        DiracGAN(**options)


def test_with_a_gradient_penalty_there_are_no_eigenvalues():
    with pytest.raises(ValueError, match=r"the goal is no rest point, received 0\.5"):
        DiracGAN(gradient_penalty=0.5).growth()


def strongest_hz(sound):
    spectrum = np.abs(np.fft.rfft(sound))
    return np.argmax(spectrum) * SAMPLE_RATE / len(sound)


def test_theta_is_heard_in_octaves_above_the_recording():
    at_goal, octave = (tones(np.full((50, 2), theta)) for theta in (0.0, 1.0))
    assert np.abs(at_goal).max() == pytest.approx(0.6, abs=0.01)
    assert strongest_hz(at_goal) == pytest.approx(220, abs=1)
    assert strongest_hz(octave - at_goal / 2) == pytest.approx(440, abs=1)
    np.testing.assert_array_equal(*(tones(np.full((50, 2), theta)) for theta in (2.0, 9.0)))


def test_a_portrait_has_theta_to_the_right_and_phi_upward():
    game = DiracGAN("wasserstein", r1=0.3, clip_weights=0.7)
    picture = phase_portraits([game], steps=40, start=(1.5, 0.2))
    [plot] = picture.figure.axes
    assert picture.figure.get_size_inches().tolist() == [pytest.approx(3.6), pytest.approx(2.8)]
    assert plot.get_xlim() == plot.get_ylim() == (-2.2, 2.2)
    assert [line.get_xydata()[-1].tolist() for line in plot.lines[1:]] == [[1.5, 0.2], [0, 0]]
    path = game.trajectory(40, (1.5, 0.2))
    np.testing.assert_array_equal(np.transpose(plot.lines[0].get_data()), path)
    [arrows] = plot.collections
    theta, phi = arrows.XY.T
    shown = np.abs(phi) <= 0.7  # elsewhere the weight is never
    np.testing.assert_array_equal(~arrows.Umask, shown)
    flow = np.stack(game.flow(theta, phi))[:, shown]
    drawn = np.stack([arrows.U[shown], arrows.V[shown]])
    np.testing.assert_allclose(drawn, flow / np.hypot(*flow), atol=1e-12)
    assert (plot.get_xlabel(), plot.get_ylabel()) == ("theta", "phi")


@pytest.mark.parametrize(
    "options, words",
    [
        ({"r1": 0.5}, "wasserstein, R1 0.5: comes to rest at the goal."),
        ({"alternating": False, "rate": 0.5}, "simultaneous: leaves the picture."),
        ({"penalty_every": 4}, "wasserstein: ends between 0."),
        ({"r1": 0.5, "penalty_every": 4}, "wasserstein, R1 0.5, every 4 steps: "),
    ],
)
def test_a_portrait_says_what_is_played_and_how_it_ends(options, words):
    assert words in str(phase_portraits([DiracGAN("wasserstein", **options)]))


@pytest.fixture
def playground():
    return LossPlayground(steps=60, theta=0.8, loss="hinge", r1=0.5)


def test_a_control_changes_the_game_the_picture_the_verdict_and_the_sound(playground):
    def shown():
        faces = playground._picture, playground._status, playground._sound
        return [face.value for face in faces]

    before = shown()
    assert playground.game == DiracGAN("hinge", r1=0.5)
    assert "it comes to rest" in before[1]
    playground._controls["r1"].value = 0.0
    after = shown()
    assert playground.game == DiracGAN("hinge")
    assert "the matrix leaves it open" in after[1]
    assert not any(a == b for a, b in zip(before, after, strict=True))
    playground._controls["alternating"].value = False
    assert "it leaves" in shown()[1]
    playground._theta.value = -0.5
    assert tuple(playground.path[0]) == (-0.5, 0)
    np.testing.assert_array_equal(playground.path, playground.game.trajectory(60, (-0.5, 0)))


def test_every_option_of_the_game_has_a_named_control(playground):
    assert set(playground._controls) == set(DiracGAN.__dataclass_fields__)
    assert all(control.description for control in playground._controls.values())


def test_what_was_asked_for_is_kept_beyond_the_usual_range():
    playground = LossPlayground(steps=5, r1=9.0, penalty_every=100, rate=1.5)
    assert playground.game == DiracGAN(r1=9.0, penalty_every=100, rate=1.5)


def test_the_verdict_with_a_gradient_penalty_promises_nothing():
    game = DiracGAN(gradient_penalty=1.0)
    assert "no rest point" in verdict(game, game.trajectory(10))


def test_both_faces_are_offered_and_the_page_has_no_dead_control(playground):
    bundle = playground._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == playground.panel.model_id
    page = bundle["text/html"]
    assert not re.search(r"<(input|button|select)", page)
    assert "In a live notebook" in page
    [told] = re.findall(r'data-control="loss-playground" data-settings="([^"]+)"', page)
    expected = asdict(playground.game) | {"steps": 60, "theta": 0.8}
    assert json.loads(html.unescape(told)) == expected
    names = re.findall(r"<b>([^<]+)</b>", page)
    assert names == [
        "hinge, R1 0.5",
        "hinge",
        "hinge, weights clipped at 0.5",
        "hinge, gradient penalty 0.5",
    ]
    sources = re.findall(r'src="data:audio/(?:flac|wav);base64,([^"]+)"', page)
    sounds = [soundfile.read(io.BytesIO(base64.b64decode(source)))[0] for source in sources]
    assert len(sounds) == 4
    path = DiracGAN("hinge", r1=0.5).trajectory(60, (0.8, 0))
    np.testing.assert_allclose(sounds[0], tones(path), atol=1e-4)
    [alt] = re.findall(r'alt="(Phase portraits[^"]+)"', page)
    assert all(f"{name}: " in alt for name in names)
