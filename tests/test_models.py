"""The networks: the papers' sizes, shapes for every option, and saving."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from audiogan_lib._patches import chain, from_patches, to_patches
from audiogan_lib.models import specgan, wavegan

FORMS = pytest.mark.parametrize("form", ["transposed", "subpixel"])


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def latents(count, dim=100):
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


def outputs_of(network, kind):
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)]


# --- WaveGAN -------------------------------------------------------------------------------------


def test_wavegan_has_the_parameters_of_the_paper():
    # By the formula inputs * outputs * kernel + outputs, layer for layer.
    dense, widths = 100 * 16384 + 16384, (1024, 512, 256, 128, 64, 1)
    upsampling = sum(25 * a * b + b for a, b in pairwise(widths))
    downsampling = sum(25 * a * b + a for a, b in pairwise(widths))
    assert wavegan.build_generator().count_params() == dense + upsampling == 19_065_345
    expected = downsampling + 16384 + 1
    assert wavegan.build_discriminator().count_params() == expected == 17_427_969


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


# --- SpecGAN -------------------------------------------------------------------------------------


def test_specgan_has_the_parameters_of_the_paper():
    # The paper chose 5 x 5 kernels of stride 2 so that it is as large as WaveGAN.
    assert specgan.build_generator().count_params() == 19_065_345
    assert specgan.build_discriminator().count_params() == 17_427_969


@pytest.mark.parametrize("patch", [1, 2, 4])
@pytest.mark.parametrize("frames, bins", [(128, 128), (64, 128), (32, 64)])
def test_specgan_draws_and_judges_spectrograms_of_every_size(frames, bins, patch):
    generator = specgan.build_generator(frames, bins, 2, kernel=4, patch=patch, batch_norm=True)
    discriminator = specgan.build_discriminator(frames, bins, 2, kernel=4, patch=patch)
    drawn = generator(latents(2)).numpy()
    assert drawn.shape == (2, frames, bins)
    assert np.abs(drawn).max() <= 1
    assert np.std(drawn[0] - drawn[1]) > 1e-3
    assert discriminator(drawn).shape == (2, 1)
    relus = outputs_of(discriminator, keras.layers.LeakyReLU)
    assert relus[0][:2] == (frames // patch // 2, bins // patch // 2)
    assert relus[-1][:2] == (frames // 32, bins // 32)


@pytest.mark.parametrize("patch", [2, 4])
@pytest.mark.parametrize("channels", [(), (2,)])
def test_patches_are_squares_of_neighbours_and_come_back_as_they_were(patch, channels):
    image = np.random.default_rng(0).normal(size=(1, 8, 12, *channels)).astype(np.float32)
    patches = chain(to_patches(8, 12, patch, *channels), image)
    square = image[0, patch : 2 * patch, :patch].ravel()
    np.testing.assert_array_equal(patches[0, 1, 0], square)
    np.testing.assert_array_equal(chain(from_patches(patch, image.shape[1:]), patches), image)


@pytest.mark.parametrize("build", [specgan.build_generator, specgan.build_discriminator])
def test_specgan_says_which_sizes_it_can_draw(build):
    with pytest.raises(ValueError, match="frames=100, bins=128: both must be multiples of 32"):
        build(100, 128)
    with pytest.raises(ValueError, match="frames=64, bins=0: both"):
        build(64, 0)
    with pytest.raises(ValueError, match="patch=3: must be 1, 2 or 4"):
        build(patch=3)


# --- both ----------------------------------------------------------------------------------------

SMALL = {
    "wavegan": (wavegan, {"samples": 8192, "width": 1}),
    "wavegan subpixel": (wavegan, {"samples": 8192, "width": 1, "form": "subpixel"}),
    "specgan": (specgan, {"frames": 32, "bins": 32, "width": 1, "kernel": 4, "patch": 2}),
}
EACH = pytest.mark.parametrize("module, options", SMALL.values(), ids=SMALL)


@EACH
def test_labels_change_what_is_drawn_and_how_it_scores(module, options):
    generator = module.build_generator(labels=(3, 2), latent_dim=4, **options)
    shuffle = {"phase_shuffle": 0} if module is wavegan else {}
    discriminator = module.build_discriminator(labels=(3, 2), **options, **shuffle)
    same = np.repeat(latents(1, 4), 3, axis=0)
    labels = np.array([[0, 0], [1, 0], [0, 1]], np.int32)
    drawn = generator([same, labels]).numpy()
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-3
    table = discriminator.get_layer("projection").table
    table.assign(np.random.default_rng(0).normal(size=table.shape))
    scores = discriminator([np.repeat(drawn[:1], 3, axis=0), labels]).numpy()
    assert len({*scores[:, 0].tolist()}) == 3


@EACH
@pytest.mark.parametrize("labels", [0, (3, 2)])
def test_networks_saved_whole_come_back_without_unsafe_code(module, options, labels, tmp_path):
    networks = {
        "generator": module.build_generator(
            labels=labels, latent_dim=4, batch_norm=True, **options
        ),
        "discriminator": module.build_discriminator(labels=labels, **options),
    }
    for name, network in networks.items():
        shapes = [(2, *each.shape[1:]) for each in network.inputs]
        inputs = [np.full(shapes[0], 0.3, np.float32), np.ones((2, 2), np.int32)][: len(shapes)]
        network.save(tmp_path / f"{name}.keras")
        back = keras.saving.load_model(tmp_path / f"{name}.keras", safe_mode=True)
        inputs = inputs if labels else inputs[0]
        np.testing.assert_array_equal(network(inputs), back(inputs))
        assert [weight.shape for weight in back.weights] == [w.shape for w in network.weights]


@EACH
def test_networks_of_mixed_precision_give_their_weights_to_those_of_float32(
    module, options, tmp_path
):
    mixed = module.build_generator(latent_dim=4, dtype="mixed_bfloat16", **options)
    mixed.save_weights(tmp_path / "generator.weights.h5")
    whole = module.build_generator(latent_dim=4, **options)
    whole.load_weights(tmp_path / "generator.weights.h5")
    difference = np.abs(mixed(latents(2, 4)) - whole(latents(2, 4)))
    assert 0 < difference.max() < 0.02


@EACH
def test_the_batch_norm_of_a_generator_forgets_the_batch_when_it_does_not_train(module, options):
    generator = module.build_generator(latent_dim=4, batch_norm=True, **options)
    pair = latents(2, 4)
    together, alone = generator(pair).numpy(), generator(pair[:1]).numpy()
    np.testing.assert_allclose(together[:1], alone, atol=1e-6)
    trained = generator(pair, training=True).numpy()
    assert np.abs(trained - together).max() > 1e-3
