"""SpecGAN: the published sizes, shapes for every option, and what the options do."""

import keras
import numpy as np
import pytest

from audiogan_lib.layers import SpectralNorm
from audiogan_lib.layers.patches import chain, from_patches, to_patches
from audiogan_lib.models import specgan


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def latents(count, dim=100):
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


def outputs_of(network, kind):
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)]


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


def test_specgan_layers_have_the_shapes_of_the_paper():
    generator, discriminator = (
        specgan.build_generator(width=2),
        specgan.build_discriminator(width=2),
    )
    up = [(8, 8, 16), (16, 16, 8), (32, 32, 4), (64, 64, 2), (128, 128, 1)]
    assert outputs_of(generator, keras.layers.Conv2DTranspose) == up
    down = [(64, 64, 2), (32, 32, 4), (16, 16, 8), (8, 8, 16), (4, 4, 32)]
    assert outputs_of(discriminator, keras.layers.Conv2D) == down
    assert discriminator.get_layer("downsample_0").kernel_size == (5, 5)
    assert not outputs_of(generator, keras.layers.BatchNormalization)


def test_spectral_norm_bounds_every_kernel_but_not_the_embedding():
    discriminator = specgan.build_discriminator(32, 32, 2, labels=3, spectral_norm=True)
    normed = [layer for layer in discriminator.layers if isinstance(layer, SpectralNorm)]
    assert [layer.name for layer in normed] == [*(f"downsample_{i}" for i in range(5)), "score"]
    for layer in normed:
        for _ in range(50):  # steps of power iteration
            layer.rescale(layer.layer.kernel, training=True)
        kernel = layer.rescale(layer.layer.kernel, training=False).numpy()
        stretch = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        assert stretch == pytest.approx(1, rel=0.01)
