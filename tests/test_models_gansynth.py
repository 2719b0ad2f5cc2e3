"""GANSynth: the published sizes, what each part does, and pitch learnt from a few pictures."""

from itertools import pairwise

import keras
import numpy as np
import pytest

from audiogan_lib import datasets, training
from audiogan_lib.layers import EqualizedRate, MinibatchStd, PixelNorm
from audiogan_lib.models import gansynth

TINY = {"frames": 16, "bins": 32, "blocks": 3, "base": 32, "limit": 8, "labels": 4}
FORMS = pytest.mark.parametrize("form", ["nearest", "strided"])
BUILDERS = pytest.mark.parametrize(
    "build", [gansynth.build_generator, gansynth.build_discriminator]
)


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def latents(count, dim=256):
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


def pictures(count, frames=16, bins=32):
    return np.random.default_rng(4).uniform(-1, 1, (count, frames, bins, 2)).astype(np.float32)


def layers_of(network, kind):
    return [layer for layer in network.layers if isinstance(layer, kind)]


def inner_output(network, name, inputs):
    return keras.Model(network.inputs, network.get_layer(name).output)(inputs).numpy()


# --- as published --------------------------------------------------------------------------------

WIDTHS = (256, 256, 256, 256, 256, 128, 64, 32)  # min(4096 / 2^block, 256) for blocks 0 to 7


def convolution(height, breadth, channels, filters):
    return height * breadth * channels * filters + filters


def test_the_generator_has_the_published_7_31_million_parameters():
    first = convolution(2, 16, 256 + 61, 256) + convolution(3, 3, 256, 256)
    blocks = sum(
        convolution(3, 3, before, after) + convolution(3, 3, after, after)
        for before, after in pairwise(WIDTHS[1:])
    )
    expected = first + blocks + convolution(1, 1, 32, 2)
    assert gansynth.build_generator().count_params() == expected == 7_308_802
    # Growth adds a layer from 256, 256, 256, 256, 128 and 64 channels to an image: 7.31 M too.
    grown = expected + sum(convolution(1, 1, width, 2) for width in WIDTHS[1:-1])
    assert grown == 7_311_246


def test_the_discriminator_has_the_published_6_83_million_parameters():
    blocks = sum(
        convolution(3, 3, after, after) + convolution(3, 3, after, before)
        for before, after in pairwise(WIDTHS[1:])
    )
    last = convolution(3, 3, 256 + 1, 256) + convolution(2, 16, 256, 256)
    heads = (256 + 1) + (256 * 61 + 61)
    expected = convolution(1, 1, 2, 32) + blocks + last + heads
    assert gansynth.build_discriminator().count_params() == expected == 6_827_582
    grown = expected + sum(convolution(1, 1, 2, width) for width in WIDTHS[1:-1])
    assert grown == 6_831_230


def test_maps_grow_from_2_by_16_to_128_by_1024_and_shrink_again():
    sizes = [(2 * 2**n, 16 * 2**n, WIDTHS[n + 1]) for n in range(7)]
    generator = gansynth.build_generator()
    norms = [layer.output.shape[1:] for layer in layers_of(generator, PixelNorm)]
    assert norms == [(1, 1, 317)] + [size for size in sizes for _ in range(2)]
    assert generator.output.shape[1:] == (128, 1024, 2)
    discriminator = gansynth.build_discriminator()
    relus = [layer.output.shape[1:] for layer in layers_of(discriminator, keras.layers.LeakyReLU)]
    expected = [sizes[-1]]
    for smaller, larger in reversed([*pairwise(sizes)]):
        expected += [larger, (*larger[:2], smaller[2])]
    assert relus == [*expected, sizes[0], (256,)]
    assert [layer.output.shape[1:] for layer in layers_of(discriminator, MinibatchStd)] == [
        (2, 16, 257)
    ]


def test_the_first_layer_is_a_convolution_of_one_pixel_padded_with_zeros():
    generator = gansynth.build_generator(**TINY, latent_dim=5)
    kernel, bias = generator.get_layer("first").get_weights()
    bias = np.arange(8, dtype=np.float32)
    generator.get_layer("first").set_weights([kernel, bias])
    inputs = [latents(1, 5), np.array([[2]], np.int32)]
    pixel = np.concatenate([inputs[0], np.eye(4)[[2]]], 1)
    pixel /= np.sqrt(np.mean(pixel**2) + 1e-8)
    height, breadth = kernel.shape[:2]
    padded = np.zeros((1, 2 * height - 1, 2 * breadth - 1, 9), np.float32)
    padded[0, height - 1, breadth - 1] = pixel
    flipped = np.transpose(kernel, (0, 1, 3, 2))[::-1, ::-1]
    convolved = keras.ops.conv(padded, flipped.copy(), padding="valid")
    expected = np.sqrt(2 / (height * breadth * 9)) * np.asarray(convolved) + bias
    np.testing.assert_allclose(
        inner_output(generator, "first", inputs), expected, rtol=1e-4, atol=1e-5
    )


def test_every_linear_layer_has_an_equalised_rate_with_gain_by_what_follows():
    for build in (gansynth.build_generator, gansynth.build_discriminator):
        network = build(**TINY)
        gains = {layer.name: layer.gain for layer in layers_of(network, EqualizedRate)}
        linear = {name for name, gain in gains.items() if gain == 1.0}
        assert linear == {"to_image"} or linear == {"score", "label_logits_0"}
        assert {gain for name, gain in gains.items() if name not in linear} == {2**0.5}
        assert sum(layer.count_params() for layer in layers_of(network, EqualizedRate)) == (
            network.count_params()
        )


@FORMS
def test_rectifiers_leak_a_fifth(form):
    for build in (gansynth.build_generator, gansynth.build_discriminator):
        leaky = layers_of(build(**TINY, form=form), keras.layers.LeakyReLU)
        np.testing.assert_allclose([layer.negative_slope for layer in leaky], 0.2)


def test_upsampling_repeats_and_downsampling_averages():
    generator = gansynth.build_generator(**TINY)
    inputs = [latents(1), np.zeros((1, 1), np.int32)]
    (up, _) = layers_of(generator, keras.layers.UpSampling2D)
    small = keras.Model(generator.inputs, up.input)(inputs).numpy()
    large = keras.Model(generator.inputs, up.output)(inputs).numpy()
    np.testing.assert_array_equal(large, small.repeat(2, axis=1).repeat(2, axis=2))
    discriminator = gansynth.build_discriminator(**TINY)
    (down, _) = layers_of(discriminator, keras.layers.AveragePooling2D)
    large = keras.Model(discriminator.input, down.input)(pictures(4)).numpy()
    small = keras.Model(discriminator.input, down.output)(pictures(4)).numpy()
    boxes = large.reshape(4, small.shape[1], 2, small.shape[2], 2, -1).mean(axis=(2, 4))
    np.testing.assert_allclose(small, boxes, atol=1e-6)


# --- every form ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form, patch, labels",
    [("nearest", 1, 0), ("nearest", 2, (4, 3)), ("strided", 1, 4), ("strided", 4, (4, 3))],
)
def test_images_of_every_form_are_drawn_and_scored(form, patch, labels):
    options = TINY | {"frames": 16, "bins": 64, "labels": labels, "patch": patch, "form": form}
    generator = gansynth.build_generator(**options)
    discriminator = gansynth.build_discriminator(**options)
    chosen = np.array([[0, 0], [1, 0], [2, 1], [3, 2]], np.int32)[:, : len(np.ravel(labels))]
    drawn = generator([latents(4), chosen] if labels else latents(4)).numpy()
    assert drawn.shape == (4, 16, 64, 2)
    assert np.abs(drawn).max() <= 1
    assert np.std(drawn[0] - drawn[1]) > 1e-2
    answer = discriminator(drawn)
    assert answer["scores"].shape == (4, 1)
    shapes = [part.shape for part in keras.tree.flatten(answer.get("label_logits", []))]
    assert shapes == [(4, size) for size in np.ravel(labels) if size]
    first = layers_of(generator, EqualizedRate)[0].output.shape
    assert first[1:] == (16 // 4 // patch, 64 // 4 // patch, 8)


@FORMS
def test_each_condition_changes_what_is_drawn(form):
    generator = gansynth.build_generator(**TINY | {"labels": (4, 3)}, form=form)
    same = np.repeat(latents(1), 3, axis=0)
    drawn = generator([same, np.array([[0, 0], [1, 0], [0, 1]], np.int32)]).numpy()
    assert np.abs(drawn[0] - drawn[1]).max() > 1e-3
    assert np.abs(drawn[0] - drawn[2]).max() > 1e-3
    assert np.abs(drawn[1] - drawn[2]).max() > 1e-3


def test_the_length_of_a_latent_does_not_matter():
    generator = gansynth.build_generator(**TINY | {"labels": 0})
    np.testing.assert_allclose(generator(latents(2)), generator(5 * latents(2)), atol=1e-4)


@FORMS
def test_features_of_the_generator_have_mean_square_1(form):
    generator = gansynth.build_generator(**TINY, form=form)
    inputs = [latents(2), np.zeros((2, 1), np.int32)]
    norms = layers_of(generator, PixelNorm)
    relus = layers_of(generator, keras.layers.LeakyReLU)
    assert len(norms) == len(relus) + 1  # and the latent's
    for layer in norms:
        features = keras.Model(generator.inputs, layer.output)(inputs).numpy()
        np.testing.assert_allclose(np.mean(features**2, axis=-1), 1.0, rtol=1e-3)


@FORMS
def test_a_score_depends_on_its_group_and_on_no_other(form):
    discriminator = gansynth.build_discriminator(**TINY, form=form, group=2)
    four = pictures(4)
    other = four.copy()
    other[3] = -four[3]
    before, after = (discriminator(batch)["scores"].numpy()[:, 0] for batch in (four, other))
    np.testing.assert_allclose(before[:2], after[:2], rtol=1e-4)
    assert abs(before[2] - after[2]) > 1e-4


@FORMS
def test_behind_the_gate_frequencies_count_by_their_level(form):
    image = pictures(4)
    image[..., 0] = -1.0  # silence
    image[:, :8, :, 0] = 0.0
    loud, quiet = image.copy(), image.copy()
    loud[:, :8, :, 1] *= -1
    quiet[:, 8:, :, 1] *= -1
    for gate in (False, True):
        discriminator = gansynth.build_discriminator(**TINY, form=form, gate=gate)
        scores = [discriminator(each)["scores"].numpy() for each in (image, loud, quiet)]
        assert np.abs(scores[1] - scores[0]).max() > 1e-3
        assert np.any(scores[2] != scores[0]) != gate
    first = keras.Model(discriminator.input, discriminator.get_layer("from_image").input)
    halved = image[:, :8] * np.float32([1.0, 0.5])
    np.testing.assert_allclose(first(image)[:, :8], halved, rtol=1e-6)


@FORMS
def test_the_image_is_touched_in_float32_under_mixed_precision(form):
    options = TINY | {"patch": 2, "form": form}
    mixed = gansynth.build_generator(**options, dtype="mixed_bfloat16")
    computed = {layer.name: layer.layer.compute_dtype for layer in layers_of(mixed, EqualizedRate)}
    assert computed.pop("to_image") == "float32"
    assert set(computed.values()) == {"bfloat16"}
    discriminator = gansynth.build_discriminator(**options, dtype="mixed_bfloat16")
    computed = {
        layer.name: layer.layer.compute_dtype for layer in layers_of(discriminator, EqualizedRate)
    }
    whole = [computed.pop(name) for name in ("from_image", "score", "label_logits_0")]
    assert whole == ["float32"] * 3
    assert set(computed.values()) == {"bfloat16"}
    inputs = [latents(4), np.zeros((4, 1), np.int32)]
    drawn = mixed(inputs)
    assert all(part.dtype == "float32" for part in (drawn, *discriminator(drawn).values()))
    whole = gansynth.build_generator(**options)
    whole.set_weights(mixed.get_weights())
    difference = np.abs(whole(inputs) - drawn.numpy())
    assert 0 < difference.max() < 0.1


@BUILDERS
@pytest.mark.parametrize("form, labels", [("nearest", 0), ("strided", (4, 3))])
def test_networks_saved_whole_come_back_without_unsafe_code(build, form, labels, tmp_path):
    network = build(**TINY | {"labels": labels}, patch=2, form=form)
    inputs = [np.full((4, *each.shape[1:]), 0.3, each.dtype) for each in network.inputs]
    network.save(tmp_path / "network.keras")
    back = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    for ours, theirs in zip(
        keras.tree.flatten(network(inputs)), keras.tree.flatten(back(inputs)), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)


@BUILDERS
def test_what_does_not_fit_is_refused(build):
    with pytest.raises(ValueError, match=r"frames=100, bins=1024: .* = 64"):
        build(100)
    with pytest.raises(ValueError, match=r"frames=128, bins=1024: .* = 256"):
        build(patch=4)
    with pytest.raises(ValueError, match="form='subpixel': must be 'nearest' or 'strided'"):
        build(form="subpixel")
    with pytest.raises(ValueError, match="blocks=7, patch=0: both must be 1 or more"):
        build(patch=0)
    with pytest.raises(ValueError, match=r"base=64: must be at least 2\^blocks = 128"):
        build(base=64)


# --- learning ------------------------------------------------------------------------------------


def test_a_tiny_one_learns_which_bins_each_pitch_fills():
    labels = np.arange(256, dtype=np.int32)[:, None] % 4
    images = np.full((256, 16, 32, 2), -0.8, np.float32)
    for image, (label,) in zip(images, labels, strict=True):
        image[:, 8 * label : 8 * label + 8, 0] = 0.8
    images += np.random.default_rng(0).normal(scale=0.05, size=images.shape).astype(np.float32)
    options = TINY | {"patch": 4, "blocks": 2, "form": "strided", "base": 64, "limit": 32}
    generator = gansynth.build_generator(**options, latent_dim=8)
    gan = training.GAN(generator, gansynth.build_discriminator(**options), ema=0.9)
    adam = [keras.optimizers.Adam(5e-3, 0.0, 0.99) for _ in range(2)]
    gan.compile(*adam, r1=0.05, penalty_every=8, label_loss=10.0)
    asked = np.repeat(np.arange(4, dtype=np.int32), 8)[:, None]

    def right():
        drawn = gan.averaged_generator([latents(32, 8), asked]).numpy()[..., 0]
        loudest = drawn.reshape(32, 16, 4, 8).mean(axis=(1, 3)).argmax(axis=1)
        return np.mean(loudest == asked[:, 0])

    assert right() < 0.6
    gan.fit(datasets.batches([images, labels], 16), steps_per_epoch=300, verbose=0)
    assert right() > 0.9
