"""What public peers made of the same numbers; ``tests/peers/make.py`` tells how."""

from functools import cache
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import layers, losses, metrics, quick, spectral, training
from audiogan_lib.models import dense_lstm
from audiogan_lib.models.vocoder import melgan, parts
from audiogan_lib.training.objective import Objective

OBJECTIVE = {
    **dict.fromkeys(("r1", "r2", "gradient_penalty", "clip_weights", "drift"), 0.0),
    **dict.fromkeys(("feature_matching", "label_loss"), 0.0),
    **dict.fromkeys(("penalty_every", "critic_steps"), 1),
    "loss": "hinge",
}


@cache
def made_by(peer):
    with np.load(Path(__file__).parent / "peers" / f"{peer}.npz") as arrays:
        return dict(arrays)


def case(name, peer="torch"):
    return {k[len(name) + 1 :]: v for k, v in made_by(peer).items() if k.startswith(f"{name}.")}


def assert_near(ours, peers, within=1e-5):
    np.testing.assert_allclose(ours, peers, rtol=within, atol=within)


def channels_last(array):
    return np.moveaxis(array, 1, -1)


# --- layers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, build",
    [
        ("transposed_2", lambda x: parts.upsample(x, 3, 2, 1.0, None)),
        ("transposed_8", lambda x: parts.upsample(x, 3, 8, 1.0, None)),
        ("dilated", lambda x: parts.conv(x, 3, 7, dilation_rate=3)),
        ("reflected", lambda x: melgan._reflected_conv(x, 3, 3, dilation=3)),
    ],
)
def test_the_vocoders_convolutions_are_torchs_with_its_lengths_and_padding(name, build):
    torch = case(name)
    x = channels_last(torch["x"])
    mel = keras.Input(x.shape[1:])
    network = keras.Model(mel, build(mel))
    kernel = torch["weight_v"].transpose(2, 1, 0)
    network.layers[-1].layer.set_weights([kernel, torch["bias"]])
    network.layers[-1].g.assign(torch["weight_g"].ravel())
    assert_near(network(x), channels_last(torch["y"]))


@pytest.mark.parametrize(
    "name, layer, shape",
    [
        ("dense", keras.layers.Dense(5), (1, 6)),
        ("conv", keras.layers.Conv2D(4, 3), (1, 5, 5, 3)),
        ("transposed_conv", keras.layers.Conv1DTranspose(3, 4), (1, 5, 4)),
    ],
)
def test_power_iteration_takes_torchs_steps(name, layer, shape):
    torch = case(f"spectral_{name}")
    axes = (2, 3, 1, 0) if name == "conv" else None
    kernel = torch["kernel"].transpose(axes)
    wrapped = layers.SpectralNorm(layer)
    wrapped.build(shape)
    wrapped.u.assign(torch["u"])
    for _ in range(3):
        divided = wrapped.rescale(tf.constant(kernel), training=True)
    assert_near(divided, torch["divided"].transpose(axes))


def test_the_recurrent_discriminator_reads_frames_as_torchs_lstm_does():
    torch = case("lstm")
    network = dense_lstm.build_discriminator(samples=32, units=3, frame=8)
    network.get_layer("lstm").set_weights(
        [
            torch["weight_ih_l0"].T,
            torch["weight_hh_l0"].T,
            torch["bias_ih_l0"] + torch["bias_hh_l0"],
        ]
    )
    network.get_layer("score").set_weights([torch["score.weight"].T, torch["score.bias"]])
    assert_near(network(torch["x"][..., None]), torch["y"])


@pytest.mark.parametrize(
    "kind",
    [keras.layers.BatchNormalization, quick.layers.BatchNormalization],
    ids=["keras", "quick"],
)
def test_batch_normalisation_is_torchs_but_for_the_variance_it_keeps(kind):
    torch = case("norm")
    layer, x = kind(momentum=0.9, epsilon=1e-3), channels_last(torch["x"])
    layer.build(x.shape)
    layer.gamma.assign(torch["weight"])
    layer.beta.assign(torch["bias"])
    assert_near(layer(x, training=True), channels_last(torch["y"]))
    assert_near(layer.moving_mean, torch["running_mean"])
    # Torch keeps that of a sample: 20 numbers a channel, divided by 19.
    kept = (torch["running_var"] - 0.9) * 19 / 20 + 0.9
    assert_near(layer.moving_variance, kept)


def test_waveforms_are_folded_by_period_as_hifigan_folds_them():
    torch = made_by("torch")
    lines = parts.FoldPeriod(3)(torch["stft.x"])[..., 0]
    assert_near(lines, torch["fold.lines"].swapaxes(1, 2))


# --- training -------------------------------------------------------------------------------------


def test_adam_takes_torchs_steps():
    torch = case("adam")
    weight = keras.Variable(torch["start"])
    optimizer = training.Adam(0.05, 0.5, 0.9, epsilon=1e-8)
    for gradient, after in zip(torch["gradients"], torch["path"], strict=True):
        optimizer.apply([tf.constant(gradient)], [weight])
        assert_near(weight, after)


@pytest.mark.parametrize("name", ["r1", "r2", "gradient_penalty"])
def test_penalties_and_their_gradients_are_those_of_torch(name):
    torch = case("penalty")
    x = keras.Input((4,))
    hidden = keras.layers.LeakyReLU(0.2)(keras.layers.Dense(6)(x))
    critic = keras.Model(x, keras.layers.Dense(1)(hidden))
    first, last = (torch["0.weight"].T, torch["0.bias"]), (torch["2.weight"].T, torch["2.bias"])
    critic.set_weights([*first, *last])
    data = tf.constant(torch["real"]), tf.constant(torch["fake"]), None, tf.constant(torch["mix"])
    objective = Objective(**OBJECTIVE | {name: 10.0})
    assert_near(objective._penalty(critic, *data), torch[name])
    slope = objective.penalty_gradients(critic, 0, *data)[0]
    assert_near(slope, torch[f"{name}_slope"].T)


@pytest.mark.parametrize("name", ["non_saturating", "least_squares", "relativistic_average"])
def test_losses_of_scores_are_those_of_torch(name):
    torch, (of_discriminator, of_generator) = case("scores"), losses.NAMES[name]
    real, fake = torch["real"], torch["fake"]
    both = name == "relativistic_average"
    ours = of_discriminator(real, fake), of_generator(fake, real) if both else of_generator(fake)
    assert_near(ours, torch[name])


# --- spectra --------------------------------------------------------------------------------------


def test_short_windows_stand_in_the_middle_of_torchs_frames():
    torch = case("stft")
    spectra = spectral.stft(torch["x"], n_fft=64, hop_length=16, win_length=40)
    assert_near(tf.math.real(spectra), channels_last(torch["real"]), 1e-4)
    assert_near(tf.math.imag(spectra), channels_last(torch["imaginary"]), 1e-4)
    magnitudes = parts.Magnitudes(64, 16, 40)(torch["x"])[..., 0]
    assert_near(magnitudes, channels_last(torch["padded"]), 1e-4)


def test_sounds_from_spectra_that_no_sound_has_are_torchs_between_the_ends():
    torch = case("istft")
    spectra = channels_last(torch["real"] + 1j * torch["imaginary"])
    assert_near(spectral.istft(spectra, 64, 16)[:, 32:-32], torch["y"])
    stacked = np.concatenate([spectra.real, spectra.imag], -1)
    # Cut to whole hops about each frame, it begins 8 samples earlier.
    assert_near(parts.InverseSTFT(64, 16)(stacked)[:, 8:-8], torch["y"])


def test_mel_filters_are_torchaudios():
    ours = spectral.mel_matrix(8000, 128, 12, fmin=40.0, fmax=3500.0)
    assert_near(ours, made_by("torchaudio")["mel.matrix"], 1e-6)


def test_the_loss_of_several_resolutions_is_auralosss():
    peer = case("stft", "auraloss")
    ours = [
        losses.multi_resolution_stft(
            *(
                np.pad(peer[kind], ((0, 0), (n_fft // 2,) * 2), "reflect")
                for kind in ("real", "fake")
            ),
            [(n_fft, hop_length, win_length)],
        )
        for n_fft, hop_length, win_length in ((128, 32, 128), (64, 16, 48))
    ]
    assert_near(np.mean(ours), peer["loss"], 1e-4)


# --- metrics --------------------------------------------------------------------------------------


def test_frechet_kernel_and_inception_scores_are_torch_fidelitys():
    peer = made_by("torch_fidelity")
    features, logits = peer["features"], np.float64(peer["logits"])
    assert_near(metrics.frechet_distance(features, peer["reference"]), peer["frechet"])
    assert_near(metrics.kernel_distance(features, peer["others"]), peer["kernel"])
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert_near(metrics.inception_score(shares), peer["inception"])


def test_density_and_coverage_are_prdcs():
    peer = made_by("prdc")
    ours = metrics.density_and_coverage(peer["features"], peer["reference"])
    assert_near(ours, (peer["density"], peer["coverage"]))


def test_the_gaussian_kernel_distance_is_a_hundredth_of_kadtks():
    peer = made_by("kadtk")
    ours = metrics.gaussian_kernel_distance(peer["features"], peer["reference"])
    assert_near(100 * ours, peer["distance"], 1e-4)
