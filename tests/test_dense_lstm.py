"""The article's network, each of its defects as it shows itself, and the mended form."""

from itertools import pairwise

import keras
import kicks
import numpy as np
import pytest

from audiogan_lib import training
from audiogan_lib.models import dense_lstm

WIDTHS = (8, 4, 2)  # the article's shape, smaller
LATENTS = np.random.default_rng(5).normal(size=(64, 100)).astype(np.float32)


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def article(samples=16):
    """Return the article's pair and the two stacked, in small."""
    generator = dense_lstm.build_article_generator(WIDTHS)
    discriminator = dense_lstm.build_article_discriminator(samples, WIDTHS)
    latent = keras.Input((100,))
    return generator, discriminator, keras.Model(latent, discriminator(generator(latent)))


# --- as printed: what cannot be built ------------------------------------------------------------


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


# --- as printed: what is accepted, and should not be ---------------------------------------------


def test_keras_lets_the_discriminator_judge_a_single_number():
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


# --- as printed: what it would cost --------------------------------------------------------------


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


# --- mended --------------------------------------------------------------------------------------


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


def test_the_lstm_reads_frames_in_order_and_judges_all_of_them():
    discriminator = dense_lstm.build_discriminator(256, units=3)
    sound = np.random.default_rng(0).normal(size=(1, 256, 1)).astype(np.float32)
    outputs = keras.Model(discriminator.input, discriminator.get_layer("lstm").output)
    late = sound.copy()
    late[:, 128:] = 0  # the third and the fourth frame
    changed = np.abs(outputs(sound) - outputs(late)).max(axis=(0, 2))
    assert list(changed > 1e-6) == [False, False, True, True]
    expected = discriminator.get_layer("score")(np.reshape(outputs(sound), (1, 12)))
    np.testing.assert_allclose(discriminator(sound), expected, rtol=1e-5)


def test_labels_change_what_is_drawn_and_how_it_scores():
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

    def heard():
        sounds = gan(LATENTS).numpy()[..., 0]
        shapes = kicks.envelopes(sounds).mean(0), kicks.envelopes(others).mean(0)
        return np.corrcoef(*shapes)[0, 1], kicks.likeness(sounds, others).mean()

    envelope_before, likeness_before = heard()
    gan.fit(real[..., None], batch_size=32, epochs=20, verbose=0)
    envelope, likeness = heard()
    assert envelope_before < 0.5
    assert likeness_before < 0.15
    assert envelope > 0.7
    assert likeness > 0.35
    assert kicks.likeness(kicks.draw(64, seed=2), others).mean() > 0.95  # what it could reach
