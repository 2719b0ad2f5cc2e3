"""WaveGAN: the published sizes, shapes for every option, and what the options do."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from audiogan_lib.layers import SpectralNorm
from audiogan_lib.models import wavegan

FORMS = pytest.mark.parametrize("form", ["transposed", "subpixel"])


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def latents(count, dim=100):
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


def outputs_of(network, kind):
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)]


def test_wavegan_has_the_parameters_of_the_paper():
    # By the formula inputs * outputs * kernel + outputs, layer for layer.
    dense, widths = 100 * 16384 + 16384, (1024, 512, 256, 128, 64, 1)
    upsampling = sum(25 * a * b + b for a, b in pairwise(widths))
    downsampling = sum(25 * a * b + a for a, b in pairwise(widths))
    assert wavegan.build_generator().count_params() == dense + upsampling == 19_065_345
    expected = downsampling + 16384 + 1
    assert wavegan.build_discriminator().count_params() == expected == 17_427_969


@pytest.mark.parametrize("samples", [32768, 65536])
def test_longer_wavegans_have_the_parameters_of_the_published_code(samples):
    # It puts one layer more at the narrow end, of twice the channels, and changes only its stride.
    dense, widths = 100 * 32768 + 32768, (2048, 1024, 512, 256, 128, 64, 1)
    upsampling = sum(25 * a * b + b for a, b in pairwise(widths))
    downsampling = sum(25 * a * b + a for a, b in pairwise(widths))
    # Within the scope no weight gets its memory; clearing the session forgets that it should.
    with keras.StatelessScope(initialize_variables=False):
        generator = wavegan.build_generator(samples)
        discriminator = wavegan.build_discriminator(samples)
        assert generator.count_params() == dense + upsampling == 73_149_953
        assert discriminator.count_params() == downsampling + 32768 + 1 == 69_875_201
    keras.utils.clear_session()


def test_wavegan_layers_have_the_shapes_of_the_paper():
    generator, discriminator = (
        wavegan.build_generator(width=2),
        wavegan.build_discriminator(width=2),
    )
    up = [(64, 16), (256, 8), (1024, 4), (4096, 2), (16384, 1)]
    assert outputs_of(generator, keras.layers.Conv1DTranspose) == up
    down = [(4096, 2), (1024, 4), (256, 8), (64, 16), (16, 32)]
    assert outputs_of(discriminator, keras.layers.Conv1D) == down
    shuffles = [layer for layer in discriminator.layers if type(layer).__name__ == "PhaseShuffle"]
    assert [layer.output.shape[1:] for layer in shuffles] == down[:4]  # not after the last
    assert [layer.radius for layer in shuffles] == [2] * 4
    assert len({layer.seed for layer in shuffles}) == 4
    assert discriminator.get_layer("downsample_0").strides == (4,)


@FORMS
@pytest.mark.parametrize(
    "samples, up, down",
    [
        (8192, (64, 256, 1024, 4096, 8192), (4096, 1024, 256, 64, 16)),
        (16384, (64, 256, 1024, 4096, 16384), (4096, 1024, 256, 64, 16)),
        (32768, (64, 256, 1024, 4096, 16384, 32768), (8192, 2048, 512, 128, 32, 16)),
        (65536, (64, 256, 1024, 4096, 16384, 65536), (16384, 4096, 1024, 256, 64, 16)),
    ],
)
def test_wavegan_draws_and_judges_clips_of_every_length(samples, up, down, form):
    generator = wavegan.build_generator(samples, width=1, form=form, batch_norm=True)
    discriminator = wavegan.build_discriminator(samples, width=1, form=form)
    sounds = generator(latents(2)).numpy()
    assert sounds.shape == (2, samples, 1)
    assert np.abs(sounds).max() <= 1
    assert np.std(sounds[0] - sounds[1]) > 1e-3
    assert discriminator(sounds).shape == (2, 1)
    norms = outputs_of(generator, keras.layers.BatchNormalization)
    assert [steps for steps, _ in norms] == [16, *up[:-1]]
    assert norms[0][1] == 2 ** (len(up) - 1)
    relus = outputs_of(discriminator, keras.layers.LeakyReLU)
    assert [steps for steps, _ in relus] == list(down)
    assert [channels for _, channels in relus] == [2**stage for stage in range(len(down))]


def test_subpixel_layers_see_as_far_as_transposed_ones_with_nearly_as_many_weights():
    # 25 samples at stride 4 are 7 steps of 4, at stride 2 they are 13 steps of 2.
    kernels = {
        samples: [
            wavegan.build_generator(samples, 1, form="subpixel").get_layer(f"upsample_{stage}")
            for stage in range(5)
        ]
        for samples in (8192, 16384)
    }
    assert [layer.kernel_size for layer in kernels[16384]] == [(7,)] * 5
    assert [layer.kernel_size for layer in kernels[8192]] == [(7,)] * 4 + [(13,)]
    for build in (wavegan.build_generator, wavegan.build_discriminator):
        ratio = build(width=8, form="subpixel").count_params() / build(width=8).count_params()
        assert 1 < ratio <= 28 / 25


def test_a_subpixel_layer_puts_neighbouring_samples_into_channels():
    generator = wavegan.build_generator(width=1, form="subpixel")
    drawn = keras.Model(generator.input, generator.get_layer("upsample_4").output)(latents(1))
    sound = generator(latents(1)).numpy()[0, :, 0]
    np.testing.assert_allclose(sound, np.tanh(drawn.numpy()[0].ravel()), rtol=1e-5)
    discriminator = wavegan.build_discriminator(width=3, form="subpixel")
    sound = np.random.default_rng(0).normal(size=(1, 16384, 1)).astype(np.float32)
    first = discriminator.get_layer("downsample_0")
    heard = keras.Model(discriminator.input, first.output)(sound)
    np.testing.assert_allclose(heard, first(sound.reshape(1, 4096, 4)), rtol=1e-4, atol=1e-5)


def test_wavegan_without_phase_shuffle_is_a_function_of_its_input():
    sounds = np.random.default_rng(0).normal(size=(2, 8192, 1)).astype(np.float32)
    steady = wavegan.build_discriminator(8192, 2, phase_shuffle=0)
    np.testing.assert_array_equal(steady(sounds), steady(sounds))
    shaken = wavegan.build_discriminator(8192, 2)
    assert not np.array_equal(shaken(sounds), shaken(sounds))


def test_wavegan_says_which_lengths_and_forms_there_are():
    for build in (wavegan.build_generator, wavegan.build_discriminator):
        with pytest.raises(ValueError, match="samples=10000: must be one of 8192, 16384, 32768"):
            build(10000)
        with pytest.raises(ValueError, match="form='nearest': must be 'transposed' or 'subpixel'"):
            build(form="nearest")


@FORMS
def test_wavegan_touches_the_waveform_in_float32_under_mixed_precision(form):
    options = {"width": 1, "form": form, "dtype": "mixed_bfloat16"}
    generator = wavegan.build_generator(8192, batch_norm=True, **options)
    discriminator = wavegan.build_discriminator(8192, **options)
    computed = {layer.name: layer.compute_dtype for layer in generator.layers}
    assert computed["upsample_3"] == "bfloat16"
    assert computed["upsample_4"] == computed["waveform"] == "float32"
    computed = {layer.name: layer.compute_dtype for layer in discriminator.layers}
    assert computed["downsample_1"] == "bfloat16"
    assert computed["downsample_0"] == computed["score"] == "float32"
    sounds = generator(latents(1))
    assert sounds.dtype == discriminator(sounds).dtype == "float32"


@pytest.mark.parametrize("per_example", [False, True])
def test_wavegan_shuffles_the_batch_as_one_or_each_example(per_example):
    # Four copies of one sound score alike only if all are shifted alike.
    same = np.repeat(np.random.default_rng(0).normal(size=(1, 8192, 1)), 4, axis=0)
    discriminator = wavegan.build_discriminator(8192, 2, per_example=per_example)
    spread = np.ptp(discriminator(same.astype(np.float32)).numpy())
    assert (spread > 1e-3) == per_example


def test_the_post_filter_is_512_taps_over_the_finished_sound():
    generator = wavegan.build_generator(8192, 2, post_filter=512)
    plain = wavegan.build_generator(8192, 2)
    assert generator.count_params() == plain.count_params() + 512  # no bias
    assert "post_filter" not in {layer.name for layer in plain.layers}
    taps = np.zeros((512, 1, 1), np.float32)
    taps[[255, 258], 0, 0] = 1.5, -0.5  # the middle, and three samples later
    generator.get_layer("post_filter").kernel.assign(taps)
    waveform = keras.Model(generator.input, generator.get_layer("waveform").output)(latents(1))
    sound = np.pad(waveform.numpy()[0, :, 0], (0, 3))
    expected = 1.5 * sound[:-3] - 0.5 * sound[3:]
    np.testing.assert_allclose(generator(latents(1))[0, :, 0], expected, rtol=1e-4, atol=1e-6)


def test_a_fresh_post_filter_keeps_the_level():
    sounds = np.random.default_rng(0).normal(size=(1, 8192, 1)).astype(np.float32)
    fresh = wavegan.build_generator(8192, 1, post_filter=512).get_layer("post_filter")
    assert np.std(fresh(sounds)) == pytest.approx(1, rel=0.2)


@FORMS
def test_spectral_norm_bounds_every_kernel_of_the_discriminator(form):
    options = {"phase_shuffle": 0, "form": form}
    discriminator = wavegan.build_discriminator(8192, 2, spectral_norm=True, **options)
    plain = wavegan.build_discriminator(8192, 2, **options)
    names = {layer.name for layer in plain.layers if layer.weights}
    normed = [layer for layer in discriminator.layers if isinstance(layer, SpectralNorm)]
    assert {layer.name for layer in normed} == names
    assert len(discriminator.trainable_weights) == len(plain.trainable_weights)
    for layer in normed:
        for _ in range(50):  # steps of power iteration
            layer.rescale(layer.layer.kernel, training=True)
        kernel = layer.rescale(layer.layer.kernel, training=False).numpy()
        stretch = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        assert stretch == pytest.approx(1, rel=0.01)
    inner = discriminator.get_layer("downsample_1").layer
    assert inner.kernel.shape == plain.get_layer("downsample_1").kernel.shape
