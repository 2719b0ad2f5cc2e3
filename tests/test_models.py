"""WaveGAN, SpecGAN and the article's network: published sizes, what options do, saving, defects."""

from itertools import pairwise

import keras
import kicks
import numpy as np
import pytest

from audiogan_lib import training
from audiogan_lib.layers import PhaseShuffle, SpectralNorm, chain, from_patches, to_patches
from audiogan_lib.models import dense_lstm, specgan, wavegan


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def latents(count, dim=100):
    return np.random.default_rng(3).normal(size=(count, dim)).astype(np.float32)


def outputs_of(network, kind):
    return [layer.output.shape[1:] for layer in network.layers if isinstance(layer, kind)]


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
        "normed": module.build_discriminator(labels=labels, spectral_norm=True, **options),
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
def test_rectifiers_leak_a_fifth_and_norms_keep_nine_tenths(module, options):
    discriminator = module.build_discriminator(**options)
    leaky = [one for one in discriminator.layers if isinstance(one, keras.layers.LeakyReLU)]
    np.testing.assert_allclose([one.negative_slope for one in leaky], 0.2)
    generator = module.build_generator(batch_norm=True, **options)
    norms = [one for one in generator.layers if isinstance(one, keras.layers.BatchNormalization)]
    assert [one.momentum for one in norms] == [0.9] * len(norms) != []


@EACH
def test_a_discriminators_kernels_start_as_asked_for(module, options):
    for asked, kind in ({}, "GlorotUniform"), ({"initializer": "he_normal"}, "HeNormal"):
        network = module.build_discriminator(**options, **asked)
        down = [layer for layer in network.layers if layer.name.startswith("downsample")]
        assert {type(layer.kernel_initializer).__name__ for layer in down} == {kind}


@EACH
def test_the_batch_norm_of_a_generator_forgets_the_batch_when_it_does_not_train(module, options):
    generator = module.build_generator(latent_dim=4, batch_norm=True, **options)
    pair = latents(2, 4)
    together, alone = generator(pair).numpy(), generator(pair[:1]).numpy()
    np.testing.assert_allclose(together[:1], alone, atol=1e-6)
    trained = generator(pair, training=True).numpy()
    assert np.abs(trained - together).max() > 1e-3


# --- WaveGAN -------------------------------------------------------------------------------------

FORMS = pytest.mark.parametrize("form", ["transposed", "subpixel"])


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


@pytest.mark.parametrize(
    "form, samples, up, down",
    [
        ("subpixel", 8192, (64, 256, 1024, 4096, 8192), (4096, 1024, 256, 64, 16)),
        ("transposed", 16384, (64, 256, 1024, 4096, 16384), (4096, 1024, 256, 64, 16)),
        ("transposed", 32768, (64, 256, 1024, 4096, 16384, 32768), (8192, 2048, 512, 128, 32, 16)),
        ("subpixel", 65536, (64, 256, 1024, 4096, 16384, 65536), (16384, 4096, 1024, 256, 64, 16)),
    ],
)
def test_wavegan_draws_and_scores_clips_of_every_length(form, samples, up, down):
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
    features = keras.Model(discriminator.input, first.output)(sound)
    np.testing.assert_allclose(features, first(sound.reshape(1, 4096, 4)), rtol=1e-4, atol=1e-5)


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


def test_wavegan_shuffles_each_of_four_layers_by_shifts_of_its_own():
    critic = wavegan.build_discriminator(16384, width=1)
    shuffles = [layer for layer in critic.layers if isinstance(layer, PhaseShuffle)]
    assert [layer.seed for layer in shuffles] == [0, 1, 2, 3]


@pytest.mark.parametrize("module, last", [(wavegan, "upsample_4"), (specgan, "upsample_4")])
def test_normalised_generators_have_a_bias_in_their_last_layer_alone(module, last):
    network = module.build_generator(width=1, batch_norm=True)
    biased = {layer.name for layer in network.layers if getattr(layer, "use_bias", False)}
    assert biased == {last}


def test_wavegan_shuffles_the_batch_as_one():
    # Four copies of one sound score alike only if all are shifted alike.
    same = np.repeat(np.random.default_rng(0).normal(size=(1, 8192, 1)), 4, axis=0)
    discriminator = wavegan.build_discriminator(8192, 2)
    assert np.ptp(discriminator(same.astype(np.float32)).numpy()) < 1e-3


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
def test_spectral_norm_bounds_every_kernel_of_wavegan(form):
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


# --- SpecGAN -------------------------------------------------------------------------------------


def test_specgan_has_the_parameters_of_the_paper():
    # The paper chose 5 x 5 kernels of stride 2 so that it is as large as WaveGAN.
    assert specgan.build_generator().count_params() == 19_065_345
    assert specgan.build_discriminator().count_params() == 17_427_969


@pytest.mark.parametrize("frames, bins, patch", [(128, 128, 1), (64, 128, 2), (32, 64, 4)])
def test_specgan_draws_and_scores_spectrograms_of_every_size(frames, bins, patch):
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


def test_spectral_norm_bounds_every_kernel_of_specgan_but_not_the_embedding():
    discriminator = specgan.build_discriminator(32, 32, 2, labels=3, spectral_norm=True)
    normed = [layer for layer in discriminator.layers if isinstance(layer, SpectralNorm)]
    assert [layer.name for layer in normed] == [*(f"downsample_{i}" for i in range(5)), "score"]
    for layer in normed:
        for _ in range(50):  # steps of power iteration
            layer.rescale(layer.layer.kernel, training=True)
        kernel = layer.rescale(layer.layer.kernel, training=False).numpy()
        stretch = np.linalg.svd(kernel.reshape(-1, kernel.shape[-1]), compute_uv=False)[0]
        assert stretch == pytest.approx(1, rel=0.01)


# --- the article's network -----------------------------------------------------------------------

WIDTHS = (8, 4, 2)  # the article's shape, smaller
LATENTS = np.random.default_rng(5).normal(size=(64, 100)).astype(np.float32)


def article(samples=16):
    """Return the article's pair and the two stacked, in small."""
    generator = dense_lstm.build_article_generator(WIDTHS)
    discriminator = dense_lstm.build_article_discriminator(samples, WIDTHS)
    latent = keras.Input((100,))
    return generator, discriminator, keras.Model(latent, discriminator(generator(latent)))


# --- the article, as printed: what cannot be built -----------------------------------------------


def test_the_articles_widths_rise_to_4096_and_fall_to_2():
    rising, falling = dense_lstm.ARTICLE_WIDTHS[:5], dense_lstm.ARTICLE_WIDTHS[4:]
    assert rising == (256, 512, 1024, 2048, 4096)
    assert falling == (4096, 2048, 1024, 512, 256, 128, 64, 32, 16, 8, 4, 2)


def test_reshape_needs_a_shape():
    message = r"missing 1 required positional argument: 'target_shape'"
    with pytest.raises(TypeError, match=message):
        keras.layers.Reshape()


def test_one_number_cannot_be_reshaped_to_a_second_of_sound():
    generator = dense_lstm.build_article_generator()
    assert generator.output.shape == (None, 1)
    assert generator.count_params() == 22_363_561
    with pytest.raises(ValueError, match="total size of the tensor must be unchanged"):
        keras.layers.Reshape((44100,))(generator.output)


def test_an_lstm_takes_no_matrix():
    message = r"expected ndim=3, found ndim=2.*\(None, 44100\)"
    with pytest.raises(ValueError, match=message):
        keras.layers.LSTM(256, return_sequences=True)(keras.Input((44100,)))


def test_the_discriminator_answers_once_a_sample_and_cannot_be_told_once_a_sound():
    discriminator = article(samples=16)[1]
    assert discriminator.output.shape == (None, 16, 1)
    discriminator.compile("adam", "binary_crossentropy", jit_compile=False)
    with pytest.raises(ValueError, match="must have the same shape"):
        discriminator.train_on_batch(np.zeros((3, 16, 1)), np.ones((3, 1)))


# --- the article, as printed: what is accepted, and should not be --------------------------------


def test_keras_lets_the_discriminator_answer_to_a_single_number():
    generator, discriminator, stacked = article(samples=16)
    assert stacked.output.shape == (None, 1, 1)
    assert stacked(LATENTS[:3]).shape == (3, 1, 1)
    with pytest.raises(ValueError, match=r"the generator makes \(1,\), but .* takes \(16, 1\)"):
        training.GAN(generator, discriminator)


def test_scores_without_their_axis_are_silently_compared_each_with_each():
    scores, targets = keras.ops.zeros((32, 1)), keras.ops.ones(32)
    assert (scores - targets).shape == (32, 32)


def test_the_generators_step_moves_a_discriminator_that_is_not_frozen():
    _, discriminator, stacked = article()
    before = discriminator.get_weights()
    stacked.compile("adam", "binary_crossentropy", jit_compile=False)
    stacked.train_on_batch(LATENTS, np.ones((64, 1, 1)))
    moved = [np.abs(a - b).max() for a, b in zip(before, discriminator.get_weights(), strict=True)]
    assert max(moved) > 1e-4


def trained_by_itself(discriminator):
    """Return the largest change of a weight in one step of the discriminator's own."""
    before = discriminator.get_weights()
    discriminator.train_on_batch(np.ones((4, 16, 1)), np.ones((4, 16, 1)))
    return max(
        np.abs(a - b).max() for a, b in zip(before, discriminator.get_weights(), strict=True)
    )


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_compiling_before_freezing_no_longer_keeps_the_discriminator_learning():
    _, discriminator, _ = article()
    discriminator.compile("adam", "binary_crossentropy", jit_compile=False)
    discriminator.trainable = False  # older Keras remembered what was trainable when compiled
    assert trained_by_itself(discriminator) == 0
    _, discriminator, _ = article()
    discriminator.compile("adam", "binary_crossentropy", jit_compile=False)
    assert trained_by_itself(discriminator) > 1e-4  # the step is traced now, and keeps its weights
    discriminator.trainable = False
    assert trained_by_itself(discriminator) > 1e-4


def test_the_funnel_lets_nearly_nothing_of_the_latent_through():
    spreads = []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        drawn = dense_lstm.build_article_generator()(LATENTS).numpy()
        spreads.append(drawn.std())
    assert max(spreads) < 0.01


def test_a_network_that_is_not_compiled_does_not_fit():
    with pytest.raises(ValueError, match=r"call `compile\(\)` before"):
        article()[2].fit(LATENTS, np.ones((64, 1, 1)), verbose=0)


# --- the article, as printed: what it would cost -------------------------------------------------


def test_counted_parameters_are_those_of_networks_that_are_built():
    generator, discriminator, _ = article(samples=16)
    cost = dense_lstm.article_cost(16, WIDTHS)
    assert cost.generator_parameters == generator.count_params()
    assert cost.discriminator_parameters == discriminator.count_params()


def test_the_articles_discriminator_has_201_million_parameters():
    cost = dense_lstm.article_cost()
    assert cost.generator_parameters == 22_363_561
    assert cost.discriminator_parameters == 201_113_579
    # Within the scope no weight gets its memory; clearing the session forgets that it should.
    with keras.StatelessScope(initialize_variables=False):
        discriminator = dense_lstm.build_article_discriminator()
        assert discriminator.count_params() == 201_113_579
        assert discriminator.output.shape == (None, 44100, 1)
    keras.utils.clear_session()


def test_one_second_of_sound_would_take_gigabytes_and_trillions_of_macs():
    cost = dense_lstm.article_cost()
    assert cost.state_bytes == 16 * (22_363_561 + 201_113_579)  # 3.6 GB
    units = 256 + 512 + 1024 + 2048 + 4096 + 4094
    assert cost.activation_bytes == 44100 * units * 6 * 4
    assert cost.activation_bytes == pytest.approx(12.7e9, rel=0.01)
    assert cost.forward_macs == pytest.approx(8.87e12, rel=0.01)
    assert cost.step_macs == pytest.approx(8 * cost.forward_macs, rel=1e-4)
    assert cost.step_macs > 8 * cost.forward_macs


# --- the article, mended -------------------------------------------------------------------------


def test_the_mended_networks_fit_each_other_and_are_small():
    generator, discriminator = dense_lstm.build_generator(), dense_lstm.build_discriminator()
    sounds = generator(LATENTS[:3]).numpy()
    assert sounds.shape == (3, 2048, 1)
    assert np.abs(sounds).max() <= 1
    assert discriminator(sounds).shape == (3, 1)
    sizes = (100, 256, 512, 1024, 2048)
    dense = sum((before + 1) * after for before, after in pairwise(sizes))
    assert generator.count_params() == dense
    assert discriminator.count_params() == 4 * 64 * (64 + 64 + 1) + 32 * 64 + 1


def test_the_lstm_reads_frames_in_order_and_scores_all_of_them():
    discriminator = dense_lstm.build_discriminator(256, units=3)
    sound = np.random.default_rng(0).normal(size=(1, 256, 1)).astype(np.float32)
    outputs = keras.Model(discriminator.input, discriminator.get_layer("lstm").output)
    late = sound.copy()
    late[:, 128:] = 0  # the third and the fourth frame
    changed = np.abs(outputs(sound) - outputs(late)).max(axis=(0, 2))
    assert list(changed > 1e-6) == [False, False, True, True]
    expected = discriminator.get_layer("score")(np.reshape(outputs(sound), (1, 12)))
    np.testing.assert_allclose(discriminator(sound), expected, rtol=1e-5)


def test_labels_change_what_the_mended_network_draws_and_how_it_scores():
    generator = dense_lstm.build_generator(256, (8,), labels=3)
    discriminator = dense_lstm.build_discriminator(256, 4, labels=3)
    table = discriminator.get_layer("projection").table
    table.assign(np.random.default_rng(0).normal(size=table.shape))
    same, labels = np.repeat(LATENTS[:1], 3, axis=0), np.array([[0], [1], [2]], np.int32)
    drawn = generator([same, labels]).numpy()
    assert np.abs(drawn - np.roll(drawn, 1, axis=0)).max(axis=(1, 2)).min() > 1e-3
    scores = discriminator([np.repeat(drawn[:1], 3, axis=0), labels]).numpy()
    assert len({*scores[:, 0].tolist()}) == 3


def test_sounds_that_are_no_whole_number_of_frames_are_refused():
    with pytest.raises(ValueError, match="samples=1000: must be a multiple of frame=64"):
        dense_lstm.build_discriminator(1000)


def test_the_mended_network_learns_a_kick_in_320_steps():
    real, others = kicks.draw(512, seed=0), kicks.draw(256, seed=1)
    gan = training.GAN(
        dense_lstm.build_generator(kicks.SAMPLES),
        dense_lstm.build_discriminator(kicks.SAMPLES),
        ema=0.98,
    )
    gan.compile(keras.optimizers.Adam(5e-4, 0.5, 0.99), keras.optimizers.Adam(2e-3, 0.5, 0.99))

    def scores():
        sounds = gan(LATENTS).numpy()[..., 0]
        shapes = kicks.envelopes(sounds).mean(0), kicks.envelopes(others).mean(0)
        return np.corrcoef(*shapes)[0, 1], kicks.likeness(sounds, others).mean()

    envelope_before, likeness_before = scores()
    gan.fit(real[..., None], batch_size=32, epochs=20, verbose=0)
    envelope, likeness = scores()
    assert envelope_before < 0.5
    assert likeness_before < 0.15
    assert envelope > 0.7
    assert likeness > 0.35
    assert kicks.likeness(kicks.draw(64, seed=2), others).mean() > 0.95  # what it could reach
