"""The transcriber: its networks, and whether it learns to read without pairs."""

from itertools import pairwise

import keras
import numpy as np
import pytest
import tensorflow as tf

from audiogan_lib import transcription
from audiogan_lib.models import transcriber
from experiments import ablation

PHONES, POSITIONS, DIM = 6, 24, 16


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def features(lengths, positions=POSITIONS, dim=DIM):
    rng = np.random.default_rng(3)
    return transcription.pack([rng.normal(size=(length, dim)) for length in lengths], positions)


def network_texts(lengths, positions=POSITIONS):
    return transcriber.build_generator(PHONES, positions, DIM)(features(lengths, positions)).numpy()


# --- networks ------------------------------------------------------------------------------------


def test_the_networks_have_the_parameters_of_the_authors_code():
    generator = transcriber.build_generator(44, 40)
    assert generator.count_params() == 4 * 512 * 44 == 90_112  # one convolution without bias
    discriminator = transcriber.build_discriminator(44, 40)
    embed, hidden, score = (6 * 44 + 1) * 384, (6 * 384 + 1) * 384, 6 * 384 + 1
    assert discriminator.count_params() == embed + hidden + score == 989_185


def test_the_generator_merges_neighbours_with_the_same_most_likely_phoneme():
    generator = transcriber.build_generator(PHONES, POSITIONS, DIM, dropout=0.0)
    speech = np.repeat(features([10, 4], 12), 2, axis=1)  # each segment twice
    texts = generator(speech).numpy()
    logits = keras.Model(generator.input, generator.get_layer("phones").output)(speech).numpy()
    for text, row, length in zip(texts, logits, (20, 8), strict=True):
        runs = [[row[0]]]
        for before, now in pairwise(row[:length]):
            if now.argmax() == before.argmax():
                runs[-1].append(now)
            else:
                runs.append([now])
        means = np.array([np.mean(run, axis=0) for run in runs])
        expected = np.exp(means) / np.exp(means).sum(axis=1, keepdims=True)
        assert 1 < len(runs) < length  # there was something to merge, and something left
        np.testing.assert_allclose(text[: len(runs)], expected, rtol=1e-4, atol=1e-6)
        assert not text[len(runs) :].any()


def test_without_merging_each_segment_is_one_symbol():
    generator = transcriber.build_generator(
        PHONES, POSITIONS, DIM, kernel=1, dropout=0.0, merge=False
    )
    speech = np.repeat(features([10, 4], 12), 2, axis=1)  # each segment twice
    texts = generator(speech).numpy()
    logits = speech @ generator.get_layer("phones").kernel.numpy()[0]
    expected = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(texts[0, :20], expected[0, :20], rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(texts[:, 0], texts[:, 1])  # two alike are two
    assert not texts[1, 8:].any()


def test_the_generator_drops_features_in_training_only():
    generator = transcriber.build_generator(PHONES, POSITIONS, DIM, dropout=0.5)
    assert generator.get_layer("dropout").rate == 0.5
    speech = features([20])
    assert not np.array_equal(generator(speech, training=True), generator(speech, training=True))
    np.testing.assert_array_equal(generator(speech), generator(speech))


def test_gradients_pass_through_the_merging():
    generator = transcriber.build_generator(PHONES, POSITIONS, DIM)
    with tf.GradientTape() as tape:
        first = tf.reduce_sum(generator(features([20]), training=True)[..., 0])
    (gradient,) = tape.gradient(first, generator.trainable_variables)
    assert np.abs(gradient).max(axis=(0, 1)).min() > 0  # of every phoneme


def test_texts_and_scores_do_not_depend_on_the_length_of_the_padding():
    near, far = (
        transcriber.build_generator(PHONES, positions, DIM) for positions in (20, POSITIONS)
    )
    far.set_weights(near.get_weights())
    short, long = near(features([20, 7], 20)).numpy(), far(features([20, 7])).numpy()
    np.testing.assert_allclose(long[:, :20], short, rtol=1e-5, atol=1e-6)
    assert not long[:, 20:].any()
    narrow, wide = (
        transcriber.build_discriminator(PHONES, positions, 8) for positions in (20, POSITIONS)
    )
    wide.set_weights(narrow.get_weights())
    np.testing.assert_allclose(wide(long), narrow(short), rtol=1e-4, atol=1e-6)
    assert narrow(short).shape == (2, 1)


def test_the_discriminator_scores_a_position_by_those_before_it():
    discriminator = transcriber.build_discriminator(PHONES, POSITIONS, 8, kernel=3)
    text = network_texts([POSITIONS])
    changed = text.copy()
    changed[:, 8] = np.eye(PHONES)[0]
    inner = keras.Model(discriminator.input, discriminator.get_layer("position_scores").output)
    moved = np.abs(inner(changed).numpy() - inner(text).numpy())[0, :, 0] > 1e-6
    assert np.flatnonzero(moved).tolist() == list(range(8, 8 + 3 * 2 + 1))


def test_the_discriminator_bends_once_between_its_convolutions():
    discriminator = transcriber.build_discriminator(PHONES, POSITIONS, 8)
    kinds = [discriminator.get_layer(name).activation for name in ("embed", "hidden")]
    assert kinds == [keras.activations.linear, keras.activations.gelu]


def test_the_score_is_the_mean_over_the_positions_that_hold_text():
    discriminator = transcriber.build_discriminator(PHONES, POSITIONS, 8)
    text = np.zeros((1, POSITIONS, PHONES), np.float32)
    text[0, :5] = np.eye(PHONES)[[0, 3, 1, 5, 2]]
    inner = keras.Model(discriminator.input, discriminator.get_layer("position_scores").output)
    expected = inner(text).numpy()[0, :5].mean()
    assert discriminator(text).numpy().item() == pytest.approx(expected, rel=1e-4)


def test_an_empty_text_scores_zero():
    discriminator = transcriber.build_discriminator(PHONES, POSITIONS, 8)
    discriminator.get_layer("position_scores").bias.assign([3.0])
    assert discriminator(np.zeros((1, POSITIONS, PHONES))).numpy() == 0


def test_saved_networks_come_back(tmp_path):
    for network, example in (
        (transcriber.build_generator(PHONES, POSITIONS, DIM), features([20, 7])),
        (transcriber.build_discriminator(PHONES, POSITIONS, 8), network_texts([20, 7])),
    ):
        network.save(tmp_path / "network.keras")
        loaded = keras.models.load_model(tmp_path / "network.keras")
        np.testing.assert_array_equal(loaded(example), network(example))


# --- terms of the loss ---------------------------------------------------------------------------


def test_smoothness_is_the_mean_squared_difference_of_neighbouring_logits():
    logits = np.array([[1.0, -1.0, 0.0], [0.0, 3.0, -3.0], [2.0, -2.0, 0.0]])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    padded = np.zeros((2, 5, 3), np.float32)
    padded[0, :3], padded[1, :2] = probabilities, probabilities[1:]
    one, two = (1 + 16 + 9) / 3, (4 + 25 + 9) / 3  # of the first pair, of the second
    assert transcriber.smoothness(None, padded).numpy() == pytest.approx((one + 2 * two) / 3)
    assert transcriber.smoothness(None, padded[:, :1]).numpy() == 0
    certain = np.eye(3, dtype=np.float32)[None]
    assert np.isfinite(transcriber.smoothness(None, certain))


def test_diversity_is_the_missing_share_of_the_perplexity_of_all_phonemes():
    texts = np.zeros((2, 5, 4), np.float32)
    texts[0, :2, 0], texts[1, :2, 1] = 1.0, 1.0
    assert transcriber.diversity(None, texts).numpy() == pytest.approx(1 - 2 / 4, abs=1e-5)
    assert transcriber.diversity(None, texts[:1]).numpy() == pytest.approx(1 - 1 / 4, abs=1e-5)
    even = np.full((1, 3, 4), 0.25, np.float32)
    assert transcriber.diversity(None, even).numpy() == pytest.approx(0, abs=1e-5)


# --- learning ------------------------------------------------------------------------------------


def test_a_skewed_language_is_learnt_without_pairs_and_the_best_run_found_without_references():
    language = ablation.Language(skewed=True)
    runs = [language.learn(ablation.build_gan(seed), seed) for seed in (1, 2, 3)]
    best = min(runs, key=lambda run: run[1])
    assert best[0] < 0.15  # guessing gets 5 of 6 wrong
    assert best[0] == min(runs)[0]
    said = transcription.weighted_perplexity(language.said, language.model)
    assert best[1] == pytest.approx(said, rel=0.2)


def test_a_language_without_structure_cannot_be_learnt_because_every_permutation_fits():
    language = ablation.Language(skewed=False)
    error_rate, proxy = language.learn(ablation.build_gan(0), 0)
    said = transcription.weighted_perplexity(language.said, language.model)
    assert proxy < 1.1 * said  # as likely a text as the true one,
    assert error_rate > 0.5  # and wrong
