"""Segments of speech, texts, the language model and the error rate."""

import numpy as np
import pytest

from audiogan_lib import datasets, transcription
from audiogan_lib.transcription import LanguageModel

SAMPLE_RATE = 8000


def tones(*pitches_hz, duration_s=0.3):
    times_s = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    return np.concatenate([0.5 * np.sin(2 * np.pi * pitch * times_s) for pitch in pitches_hz])


# --- segments ------------------------------------------------------------------------------------


def test_frames_hold_their_neighbours_and_each_band_is_normalised():
    frames = transcription.speech_frames(tones(300, 1500), SAMPLE_RATE, n_mels=20, context=2)
    assert frames.shape == (1 + (4800 - 256) // 80, 5 * 20)
    middle = frames[:, 40:60]
    np.testing.assert_allclose(middle.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(middle.std(axis=0), 1, atol=1e-2)
    np.testing.assert_array_equal(frames[2:, :20], middle[:-2])  # two frames before
    np.testing.assert_array_equal(frames[:-2, 80:], middle[2:])  # two frames after


def test_silence_is_left_out():
    silence = np.zeros(SAMPLE_RATE)
    loud = transcription.speech_frames(tones(300, 1500), SAMPLE_RATE)
    padded = np.concatenate([silence, tones(300, 1500), silence])
    assert 0 <= len(transcription.speech_frames(padded, SAMPLE_RATE)) - len(loud) <= 6
    with pytest.raises(ValueError, match="waveform: all zeros"):
        transcription.speech_frames(silence, SAMPLE_RATE)


def test_a_segmenter_cuts_where_the_sound_changes():
    orders = [(300, 1500, 3000), (1500, 300, 3000), (3000, 1500, 300)]
    frames = [transcription.speech_frames(tones(*o), SAMPLE_RATE, context=0) for o in orders]
    segmenter = transcription.fit_segmenter(frames, dim=2, units=3)
    segments = [segmenter(f) for f in frames]
    # A frame across two tones may be a segment of its own.
    assert all(3 <= len(s) <= 5 and s.shape[1] == 2 for s in segments)
    first, second = segments[0][0], segments[1][-1]
    assert np.linalg.norm(first - segments[2][-1]) < 0.2 * np.linalg.norm(first - second)


def test_segments_of_digits_are_longer_than_frames_and_of_unit_size():
    digits = datasets.load("robot_digits")
    chosen = np.flatnonzero(np.abs(digits.waveforms).max(axis=1) > 0)[:40]
    frames = [transcription.speech_frames(digits.waveforms[i], digits.sample_rate) for i in chosen]
    segmenter = transcription.fit_segmenter(frames, dim=16, units=32)
    segments = [segmenter(f) for f in frames]
    assert sum(map(len, segments)) < 0.6 * sum(map(len, frames))
    assert 0.3 < np.concatenate(segments).std() < 1.5
    again = transcription.fit_segmenter(frames, dim=16, units=32)
    np.testing.assert_array_equal(again(frames[0]), segments[0])


def test_runs_and_pairs_are_averaged():
    frames = np.array([[0.0, 1], [2, 3], [10, 10], [5, 5], [6, 7], [7, 9]])
    merged = transcription.merge_runs(frames, np.array([4, 4, 0, 4, 4, 4]))
    np.testing.assert_array_equal(merged, [[1, 2], [10, 10], [6, 7]])
    pairs = transcription.merge_pairs(frames[:5])
    np.testing.assert_array_equal(pairs, [[1, 2], [7.5, 7.5], [6, 7]])


# --- texts ---------------------------------------------------------------------------------------


def test_texts_survive_packing_and_reading():
    texts = [[3, 0, 2], [1], [2, 3, 2, 3]]
    packed = transcription.one_hot(texts, 4, positions=5)
    assert packed.shape == (3, 5, 4)
    assert packed.dtype == np.float32
    assert packed.sum(axis=2).tolist() == [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0], [1, 1, 1, 1, 0]]
    assert transcription.read(packed) == texts
    with pytest.raises(ValueError, match="positions=3: the longest utterance needs 4"):
        transcription.one_hot(texts, 4, positions=3)


def test_the_digits_are_spelt_with_nineteen_phonemes():
    assert list(transcription.DIGITS) == [str(digit) for digit in range(10)]
    assert len({phone for said in transcription.DIGITS.values() for phone in said.split()}) == 19


@pytest.mark.parametrize(
    "reference, transcript, edits",
    [
        ("kitten", "sitting", 3),
        ("saturday", "sunday", 3),
        ("same", "same", 0),
        ("", "abc", 3),
        ("abc", "", 3),
        ("abcd", "bcda", 2),
    ],
)
def test_edit_distances_are_those_of_the_textbooks(reference, transcript, edits):
    assert transcription.edit_distance(reference, transcript) == edits


def test_the_error_rate_weighs_texts_by_their_length():
    rate = transcription.phoneme_error_rate([[1, 2, 3, 4, 5, 6, 7, 8], [1, 2]], [[], [1, 2]])
    assert rate == 8 / 10
    assert transcription.phoneme_error_rate([[1]], [[1, 2, 3]]) == 2
    with pytest.raises(ValueError, match="zip"):
        transcription.phoneme_error_rate([[1]], [])


# --- language model ------------------------------------------------------------------------------


def test_probabilities_are_those_of_witten_and_bell():
    # The text 0 1 0 end: 0 twice, 1 once, the end once; after 0 come 1 and the end.
    model = LanguageModel([[0, 1, 0]], phones=3, order=2)
    uniform = 1 / 4
    unigram = {0: (2 + 3 * uniform) / 7, 1: (1 + 3 * uniform) / 7, 2: 3 * uniform / 7}
    for symbol, expected in unigram.items():
        assert model.probability((), symbol) == pytest.approx(expected)
    assert model.probability((0,), 1) == pytest.approx((1 + 2 * unigram[1]) / 4)
    assert model.probability((0,), 2) == pytest.approx(2 * unigram[2] / 4)
    assert model.probability((2,), 1) == pytest.approx(unigram[1])  # never seen: the lower order


@pytest.mark.parametrize("order", [1, 2, 4])
def test_probabilities_sum_to_one_after_every_context(order):
    rng = np.random.default_rng(0)
    model = LanguageModel([rng.integers(0, 5, 9).tolist() for _ in range(20)], 5, order)
    for context in ((), (-1,), (-1, 2, 3), (4, 4, 4)):
        context = context[len(context) - min(order - 1, len(context)) :]
        assert sum(model.probability(context, s) for s in range(6)) == pytest.approx(1)


def test_perplexity_is_the_inverse_geometric_mean_of_the_probabilities():
    model = LanguageModel([[0, 1, 0]], phones=2, order=2)
    steps = [((-1,), 0), ((0,), 1), ((1,), 2)]  # the end is symbol 2
    product = np.prod([model.probability(*step) for step in steps])
    assert model.perplexity([[0, 1]]) == pytest.approx(product ** (-1 / 3))


def test_weighted_perplexity_punishes_transcripts_that_use_few_phonemes():
    rng = np.random.default_rng(0)
    texts = [rng.choice(4, p=(0.7, 0.1, 0.1, 0.1), size=10).tolist() for _ in range(200)]
    model = LanguageModel(texts, 4, order=2)
    monotone = [[0] * 10] * 50
    assert model.perplexity(monotone) < model.perplexity(texts[:50])
    weighted = transcription.weighted_perplexity(monotone, model)
    assert weighted == pytest.approx(model.perplexity(monotone) * 16)
    assert transcription.weighted_perplexity(texts[:50], model) < weighted
    assert transcription.weighted_perplexity([[], []], model) == np.inf
