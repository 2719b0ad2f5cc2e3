"""Vocoders: the papers' sizes, alignment of frames and samples, what discriminators look at."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import losses, spectral, training
from audiogan_lib.models import vocoder
from audiogan_lib.models.vocoder import parts

TINY = {"n_mels": 12, "n_fft": 64, "hop_length": 16, "width": 16, "blocks": 1, "kernel": 3}
GENERATORS = {
    "hifigan": (vocoder.build_hifigan_generator, {"version": "V3", "width": 8}, 256),
    "melgan": (vocoder.build_melgan_generator, {"width": 2}, 256),
    "vocos": (vocoder.build_vocos_generator, {"width": 32, "blocks": 1, "n_mels": 80}, 256),
    "small": (vocoder.build_vocos_generator, vocoder.SMALL["generator"] | {"blocks": 1}, 64),
}
DISCRIMINATORS = {
    "period": (vocoder.build_period_discriminator, {"periods": (2, 3, 5), "width": 1}),
    "spectrogram": (vocoder.build_spectrogram_discriminator, {"width": 1}),
}
EACH_DISCRIMINATOR = pytest.mark.parametrize(
    "build, options", DISCRIMINATORS.values(), ids=DISCRIMINATORS
)


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


@pytest.fixture(scope="module", params=GENERATORS.values(), ids=GENERATORS)
def generator(request):
    """Return a network with its builder, options and hop; built once, and never changed."""
    build, options, hop = request.param
    keras.utils.set_random_seed(0)
    return build(**options), build, options, hop


def noise(*shape):
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


def count(build, *arguments, **options):
    """Count the trainable numbers of a network: all, and but for the lengths of its filters."""
    # Within the scope no weight gets its memory; clearing the session forgets that it should.
    with keras.StatelessScope(initialize_variables=False):
        weights = build(*arguments, **options).trainable_weights
        sizes = [(weight.name, int(np.prod(weight.shape))) for weight in weights]
    keras.utils.clear_session()
    return sum(size for _, size in sizes), sum(size for name, size in sizes if name != "g")


# --- sizes: kernel, bias and a length for each filter --------------------------------------------


def conv(before, after, kernel):
    return kernel * before * after + after + after


def up(before, after, kernel):
    # Weight norm has its lengths along the first axis of PyTorch's kernel: here, the inputs.
    return kernel * before * after + after + before


@pytest.mark.parametrize(
    "version, widths, strides, kernels, convolutions, exact",
    [
        ("V1", (512, 256, 128, 64, 32), (8, 8, 2, 2), (3, 7, 11), 6, (13_936_130, 13_926_017)),
        ("V2", (128, 64, 32, 16, 8), (8, 8, 2, 2), (3, 7, 11), 6, (928_514, 925_985)),
        ("V3", (256, 128, 64, 32), (8, 8, 4), (3, 5, 7), 2, (1_464_322, 1_462_273)),
    ],
)
def test_hifigan_has_the_parameters_of_the_paper(
    version, widths, strides, kernels, convolutions, exact
):
    upsampling = sum(up(*pair, 2 * s) for pair, s in zip(pairwise(widths), strides, strict=True))
    residual = sum(convolutions * conv(c, c, k) for c in widths[1:] for k in kernels)
    expected = conv(80, widths[0], 7) + upsampling + residual + conv(widths[-1], 1, 7)
    assert count(vocoder.build_hifigan_generator, version) == exact
    assert exact[0] == expected


def test_melgan_has_the_parameters_of_the_papers():
    widths, strides = (512, 256, 128, 64, 32), (8, 8, 2, 2)
    upsampling = sum(up(*pair, 2 * s) for pair, s in zip(pairwise(widths), strides, strict=True))
    residual = sum(3 * (conv(c, c, 3) + 2 * conv(c, c, 1)) for c in widths[1:])
    expected = conv(80, 512, 7) + upsampling + residual + conv(32, 1, 7)
    assert count(vocoder.build_melgan_generator) == (expected, 4_260_257)
    assert expected == 4_266_050  # HiFi-GAN's table 1


def test_vocos_has_the_parameters_of_the_paper():
    # 13.5 million, of which 8 * 512 scale whole blocks; here their last layer does.
    block = 8 * 512 + 2 * 512 + 512 * 1536 + 1536 + 1536 * 512 + 512
    expected = 7 * 100 * 512 + 512 + 2 * 512 + 8 * block + 2 * 512 + 512 * 1026 + 1026
    assert count(vocoder.build_vocos_generator)[0] == expected == 13_531_650 - 8 * 512


def test_the_period_discriminator_has_the_parameters_of_the_published_code():
    # Sub-discriminators are alike: building one and counting all takes a fifth as long.
    period = sum(conv(*pair, 5) for pair in pairwise((1, 32, 128, 512, 1024, 1024)))
    period += conv(1024, 1, 3)
    assert count(vocoder.build_period_discriminator, periods=(2,))[0] == period
    assert 5 * period == 41_105_770


# --- the inverse STFT ----------------------------------------------------------------------------


@pytest.mark.parametrize("n_fft, hop, frames", [(256, 64, 128), (256, 128, 5), (64, 16, 1)])
def test_the_inverse_stft_is_that_of_spectral_for_any_spectra(n_fft, hop, frames):
    real, imaginary = noise(2, 3, frames, 1 + n_fft // 2)
    layer = vocoder.InverseSTFT(n_fft, hop)
    sounds = layer(np.concatenate([real, imaginary], -1)).numpy()
    assert sounds.shape == (3, frames * hop)
    pad = (n_fft - hop) // 2
    expected = spectral.istft(tf.complex(real, imaginary), n_fft, hop)[:, pad : pad + frames * hop]
    np.testing.assert_allclose(sounds, expected, atol=2e-5 * np.abs(expected).max())


def test_the_inverse_stft_of_one_bin_is_a_cosine():
    # Overlapping by 3/4, Hann windows add up to 2 and their squares to 1.5.
    bins, frames, k, start = 129, 32, 20, 0.7
    angles = 2 * np.pi * k * (64 * np.arange(frames) - 96) / 256 + start
    spectra = np.zeros((1, frames, 2 * bins), np.float32)
    spectra[0, :, k], spectra[0, :, bins + k] = np.cos(angles), np.sin(angles)
    sound = vocoder.InverseSTFT(256, 64)(spectra).numpy()[0]
    expected = 2 / 256 * 2 / 1.5 * np.cos(2 * np.pi * k * np.arange(2048) / 256 + start)
    np.testing.assert_allclose(sound[192:-192], expected[192:-192], atol=1e-7)


def test_8192_samples_are_128_frames_and_come_back():
    codec = spectral.LogSpectrogram(8000, 8192, 256, 64, n_mels=40)
    sounds = noise(2, 8192)
    assert codec.encode(sounds).shape == (2, 128, 40)
    spectra = spectral.stft(np.pad(sounds, ((0, 0), (96, 96))), 256, 64)
    assert spectra.shape[1] == 128
    parts = tf.concat([tf.math.real(spectra), tf.math.imag(spectra)], -1)
    np.testing.assert_allclose(vocoder.InverseSTFT(256, 64)(parts), sounds, atol=1e-5)


@pytest.mark.parametrize("n_fft, hop", [(250, 64), (250, 125), (64, 64)])
def test_the_inverse_stft_says_which_frames_fit(n_fft, hop):
    with pytest.raises(
        ValueError, match=rf"n_fft={n_fft} must be 2, 3, ... times hop_length={hop}"
    ):
        vocoder.InverseSTFT(n_fft, hop)


def test_a_polar_spectrum_has_the_given_magnitudes_up_to_100():
    layer = parts.PolarSpectrum()
    real, imaginary = (
        layer(np.array([[[0.0, 3.0, 9.0, 0.0, 2.0, -40.0]]], np.float32))
        .numpy()[0, 0]
        .reshape(2, 3)
    )
    np.testing.assert_allclose(np.hypot(real, imaginary), [1, np.exp(3), 100], rtol=1e-6)
    angles = np.angle(np.exp(1j * np.array([0.0, 2.0, -40.0])))
    np.testing.assert_allclose(np.arctan2(imaginary, real), angles, atol=1e-5)


# --- generators ----------------------------------------------------------------------------------


def test_generators_make_a_hop_of_sound_for_every_frame(generator):
    network, _, _, hop = generator
    bands = network.input.shape[-1]
    for frames in (5, 12):
        sounds = network(noise(2, frames, bands)).numpy()
        assert sounds.shape == (2, frames * hop)
        assert np.abs(sounds).max() <= 1
        assert np.std(sounds[0] - sounds[1]) > 1e-4


def test_a_frame_is_heard_round_its_own_hop(generator):
    # Nothing but the middle of the field of view tells how frames and samples lie.
    network, _, _, hop = generator
    silence = np.zeros((1, 96, network.input.shape[-1]), np.float32)
    frame = silence.copy()
    frame[0, 48] = noise(silence.shape[-1])
    changed = np.flatnonzero(network(frame).numpy() - network(silence).numpy())
    assert 0 < changed[0] < changed[-1] < 96 * hop - 1
    middle = (changed[0] + changed[-1] + 1) / 2
    assert abs(middle - 48.5 * hop) <= 0.5


@pytest.mark.parametrize(
    "version, strides, dilations",
    [
        ("V1", [8, 8, 2, 2], [(k, d) for k in (3, 7, 11) for d in (1, 3, 5, 1, 1, 1)] * 4),
        ("V3", [8, 8, 4], [(3, 1), (3, 2), (5, 2), (5, 6), (7, 3), (7, 12)] * 3),
    ],
)
def test_hifigan_layers_are_those_of_the_paper(version, strides, dilations):
    network = vocoder.build_hifigan_generator(version, frames=4, width=16)
    inner = [layer.layer for layer in network.layers if isinstance(layer, keras.layers.Wrapper)]
    ups = [one for one in inner if isinstance(one, keras.layers.Conv1DTranspose)]
    assert [one.strides[0] for one in ups] == strides
    assert [one.kernel_size[0] for one in ups] == [2 * stride for stride in strides]
    inside = [one for one in inner if one not in ups][1:-1]
    dilated = [(one.kernel_size[0], one.dilation_rate[0]) for one in inside]
    assert sorted(dilated) == sorted(dilations)
    kinds = [type(layer).__name__ for layer in network.layers]
    assert kinds.count("Average") == len(strides)  # of kernels of three lengths, after each
    slopes = {layer.negative_slope for layer in network.layers if "leaky" in layer.name}
    assert np.allclose(sorted(slopes), [0.01, 0.1])


def test_rectifiers_leak_as_in_the_papers():
    spectral_options = {"width": 1, "resolutions": ((64, 16, 64),)}
    for network, slope in (
        (vocoder.build_melgan_generator(width=1, frames=4), 0.2),
        (vocoder.build_period_discriminator(512, (2,), width=1), 0.1),
        (vocoder.build_spectrogram_discriminator(512, **spectral_options), 0.2),
    ):
        leaky = [one for one in network.layers if isinstance(one, keras.layers.LeakyReLU)]
        np.testing.assert_allclose([one.negative_slope for one in leaky], slope)


def test_vocos_starts_small_and_bends_by_gelu():
    network = vocoder.build_vocos_generator(**TINY | {"width": 64})
    dense = [one for one in network.layers if isinstance(one, keras.layers.Dense)]
    linear, gelu = keras.activations.linear, keras.activations.gelu
    assert [one.activation for one in dense] == [gelu, linear, linear]
    convolutions = [one for one in network.layers if type(one).__name__ == "Conv1D"]
    for kernel in (convolutions[0].kernel, dense[0].kernel, dense[-1].kernel):
        assert np.std(kernel) == pytest.approx(0.02 * 0.88, rel=0.1)  # cut at two deviations


def test_melgan_pads_by_reflection():
    network = vocoder.build_melgan_generator(width=1, frames=4)
    pads = [one.padding for one in network.layers if type(one).__name__ == "ReflectionPadding"]
    assert pads == [3, *[1, 3, 9] * 4, 3]
    padded = parts.ReflectionPadding(2)(np.arange(4.0).reshape(1, 4, 1))
    assert padded.numpy().ravel().tolist() == [2, 1, 0, 1, 2, 3, 2, 1]


def test_vocos_convolves_each_channel_alone_unless_told_otherwise():
    kinds = {
        depthwise: [
            type(layer).__name__
            for layer in vocoder.build_vocos_generator(**TINY, depthwise=depthwise).layers
        ]
        for depthwise in (True, False)
    }
    assert kinds[True].count("DepthwiseConv1D") == 1
    assert kinds[False].count("Conv1D") == kinds[True].count("Conv1D") + 1 == 2


def test_the_first_block_of_vocos_changes_little_at_first():
    network = vocoder.build_vocos_generator(**TINY | {"blocks": 8})
    lasts = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)][1:-1:2]
    assert len(lasts) == 8
    np.testing.assert_allclose([np.std(one.kernel) for one in lasts], 0.02 / 8, rtol=0.2)
    norms = [one for one in network.layers if isinstance(one, keras.layers.LayerNormalization)]
    assert [one.epsilon for one in norms] == [1e-6] * 10


# --- discriminators ------------------------------------------------------------------------------


@EACH_DISCRIMINATOR
def test_discriminators_answer_scores_and_all_hidden_maps(build, options):
    network = build(4096, **options)
    answer = network(0.1 * noise(2, 4096))
    assert set(answer) == {"scores", "feature_maps"}
    assert len(answer["scores"]) == 3
    hidden = [layer for layer in network.layers if isinstance(layer, keras.layers.LeakyReLU)]
    assert len(answer["feature_maps"]) == len(hidden)
    shapes = [tuple(layer.output.shape[1:]) for layer in hidden]
    assert sorted(tuple(m.shape[1:]) for m in answer["feature_maps"]) == sorted(shapes)
    for scores in answer["scores"]:
        assert len(scores.shape) == 2
        assert scores.dtype == "float32"
        assert np.std(scores) > 0


def test_a_period_is_folded_into_lines_and_filled_by_reflection():
    lines = parts.FoldPeriod(3)(np.arange(10.0).reshape(1, 10))
    assert lines.shape == (1, 3, 4, 1)
    expected = [[0, 3, 6, 9], [1, 4, 7, 8], [2, 5, 8, 7]]
    assert lines.numpy()[0, :, :, 0].tolist() == expected
    assert parts.FoldPeriod(2)(np.zeros((1, 10))).shape == (1, 2, 5, 1)


@pytest.mark.parametrize("period", [2, 3, 7])
def test_a_score_of_a_period_depends_only_on_samples_one_period_apart(period):
    network = vocoder.build_period_discriminator(4096, (period,), width=2)
    sound = tf.constant(noise(1, 4096))
    with tf.GradientTape() as tape:
        tape.watch(sound)
        scores = network(sound)["scores"][0]
        middle = scores[0, scores.shape[1] // 2]  # scores lie line by line
    touched = np.flatnonzero(tape.gradient(middle, sound)[0])
    assert len(touched) > 100
    assert len({*(touched[touched < 4000] % period).tolist()}) == 1


def test_period_maps_have_the_shapes_of_the_paper():
    maps = vocoder.build_period_discriminator(8192, (5,)).output["feature_maps"]
    lengths, channels = (547, 183, 61, 21, 21), (32, 128, 512, 1024, 1024)
    actual = [tuple(one.shape[1:]) for one in maps]
    assert actual == [(5, length, size) for length, size in zip(lengths, channels, strict=True)]


def test_the_spectrogram_discriminator_sees_the_magnitudes_of_spectral():
    sounds = 0.1 * noise(2, 2048)
    seen = parts.Magnitudes(512, 50, 240)(sounds)
    padded = np.pad(sounds, ((0, 0), (231, 231)), mode="reflect")
    expected = np.abs(spectral.stft(padded, 512, 50, 240))
    np.testing.assert_allclose(seen[..., 0], expected, atol=1e-4)
    network = vocoder.build_spectrogram_discriminator(2048, ((256, 64, 256),), width=3)
    maps = [tuple(one.shape[1:]) for one in network.output["feature_maps"]]
    assert maps == [(32, 129, 3), (16, 129, 3), (8, 129, 3), (4, 129, 3), (4, 129, 3)]
    inner = [one.layer for one in network.layers if isinstance(one, keras.layers.Wrapper)]
    assert [one.kernel_size for one in inner] == [(9, 3)] * 4 + [(3, 3)] * 2


def test_silence_has_finite_gradients():
    network = vocoder.build_spectrogram_discriminator(1024, ((256, 64, 256),), width=2)
    silence = tf.zeros((1, 1024))
    with tf.GradientTape() as tape:
        tape.watch(silence)
        score = tf.reduce_sum(network(silence)["scores"][0])
    assert np.isfinite(tape.gradient(score, silence)).all()


# --- errors, saving, learning --------------------------------------------------------------------


def test_hifigan_says_which_versions_there_are():
    with pytest.raises(ValueError, match="version='V4': must be one of V1, V2, V3"):
        vocoder.build_hifigan_generator("V4")


def test_generators_come_back_from_a_file(generator, tmp_path):
    network = generator[0]
    mels = noise(1, 12, network.input.shape[-1])
    network.save(tmp_path / "generator.keras")
    back = keras.saving.load_model(tmp_path / "generator.keras", safe_mode=True)
    np.testing.assert_array_equal(back(mels), network(mels))


@EACH_DISCRIMINATOR
def test_discriminators_come_back_from_a_file(build, options, tmp_path):
    network = build(2048, **options)
    sounds = 0.1 * noise(1, 2048)
    network.save(tmp_path / "discriminator.keras")
    back = keras.saving.load_model(tmp_path / "discriminator.keras", safe_mode=True)
    for mine, other in zip(
        keras.tree.flatten(network(sounds)), keras.tree.flatten(back(sounds)), strict=True
    ):
        np.testing.assert_array_equal(mine, other)


def test_vocoders_touch_the_waveform_in_float32_under_mixed_precision(generator):
    whole, build, options, hop = generator
    mixed = build(frames=12, dtype="mixed_bfloat16", **options)
    assert mixed.output.shape == (None, 12 * hop)
    mixed.set_weights(whole.get_weights())
    mels = noise(1, 12, whole.input.shape[-1])
    sounds = mixed(mels)
    assert sounds.dtype == "float32"
    difference = np.abs(sounds - whole(mels)).max()
    assert 0 < difference < 0.1 * np.abs(whole(mels)).max()


def test_a_small_vocoder_learns_in_a_few_steps():
    time_s = np.arange(512) / 8000
    tones = [np.sin(2 * np.pi * hz * time_s) for hz in (220, 440, 880, 1760)]
    sounds = np.array(tones, np.float32) * 0.3
    codec = spectral.LogSpectrogram(8000, 512, 64, 16, n_mels=12)
    terms = {"mel": (45.0, lambda real, fake: losses.log_mel(*map(mel, (real, fake)), 1e-3))}

    def mel(waveforms):
        return spectral.mel(waveforms, 8000, 64, 16, 12)

    gan = training.GAN(
        vocoder.build_vocos_generator(**TINY),
        [
            vocoder.build_period_discriminator(512, (2, 3), width=1),
            vocoder.build_spectrogram_discriminator(512, ((64, 16, 64),), width=2),
        ],
        latent=False,
    )
    rates = (keras.optimizers.Adam(5e-3, 0.8, 0.9), keras.optimizers.Adam(1e-3, 0.8, 0.9))
    gan.compile(*rates, loss="least_squares", feature_matching=2.0, generator_terms=terms)
    data = (sounds, codec.encode(sounds).numpy())
    history = gan.fit(*data, batch_size=4, epochs=40, shuffle=False, verbose=0).history
    assert history["mel"][-1] < 0.6 * history["mel"][0]
    assert history["feature_matching"][-1] > 0


def test_the_shortcut_adds_a_linear_function_of_the_mel_to_the_spectrum():
    plain = vocoder.build_vocos_generator(**TINY)
    direct = vocoder.build_vocos_generator(**TINY, shortcut=True)
    assert direct.count_params() == plain.count_params() + (12 + 1) * 66
    layer = direct.get_layer("shortcut")
    others = [v for v in direct.weights if not any(v is own for own in layer.weights)]
    for to, source in zip(others, plain.weights, strict=True):
        to.assign(source)
    mels = noise(2, 9, 12)
    np.testing.assert_allclose(direct(mels), plain(mels), atol=1e-6)  # it starts from zeros
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel, bias + np.repeat([np.log(2.0), 0.0], 33)])
    np.testing.assert_allclose(direct(mels), 2 * plain(mels), rtol=1e-4, atol=1e-6)
