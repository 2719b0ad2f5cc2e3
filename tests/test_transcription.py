"""Dictated words, texts, the language model and the error rate, imaginary languages."""

import numpy as np
import pytest

from audiogan_lib import datasets, transcription
from audiogan_lib.transcription import LanguageModel, NumberPlan

SAMPLE_RATE = 8000


def tones(*pitches_hz, duration_s=0.3):
    times_s = np.arange(int(duration_s * SAMPLE_RATE)) / SAMPLE_RATE
    return np.concatenate([0.5 * np.sin(2 * np.pi * pitch * times_s) for pitch in pitches_hz])


# --- words ---------------------------------------------------------------------------------------


def test_dictated_words_are_found_again():
    silence = np.zeros(1000)
    words = [np.concatenate([silence, tones(pitch), silence]) for pitch in (300, 900, 2000)]
    dictated = transcription.dictate(words, SAMPLE_RATE, pause_s=0.25)
    assert len(dictated) == pytest.approx(3 * (0.3 + 0.25) * SAMPLE_RATE, rel=0.01)
    borders = transcription.find_words(dictated, SAMPLE_RATE)
    expected = [[start, start + 2400] for start in (0, 4400, 8800)]
    np.testing.assert_allclose(borders, expected, atol=160)
    faint = 10 ** (-30 / 20) * tones(1000)  # above -40 dB: speech; 50 dB down: cut away
    words = [np.concatenate([tones(300), faint, gain * tones(500)]) for gain in (1.0, 10**-2.5)]
    lengths = [len(transcription.dictate([word], SAMPLE_RATE, pause_s=0)) for word in words]
    assert lengths == pytest.approx([7200, 4800], abs=8)
    with pytest.raises(ValueError, match=r"words\[1\] must be speech, received nothing but zeros"):
        transcription.dictate([tones(300), silence], SAMPLE_RATE)
    stereo = np.stack([dictated, dictated], axis=1)
    with pytest.raises(ValueError, match=r"waveform must be one row .* \(\d+, 2\)"):
        transcription.find_words(stereo, SAMPLE_RATE)


def test_a_word_ends_where_the_sound_does_and_no_words_are_none():
    whole = np.concatenate([np.zeros(2400), np.ones(1650)])  # ends within a block
    assert transcription.find_words(whole, SAMPLE_RATE).tolist() == [[2400, 4050]]
    short = np.concatenate([np.zeros(2400), np.ones(760)])
    borders = transcription.find_words(short, SAMPLE_RATE)
    described = transcription.describe_words(short, SAMPLE_RATE, borders, 10, 40)
    assert described.shape == (1, 400)
    assert np.isfinite(described).all()
    for silent in (np.zeros(0), np.zeros(4000)):
        borders = transcription.find_words(silent, SAMPLE_RATE)
        assert borders.shape == (0, 2)
        described = transcription.describe_words(silent, SAMPLE_RATE, borders, 6, 40)
        assert described.shape == (0, 240)
    with pytest.raises(ValueError, match="one or more recordings, received none"):
        transcription.dictate([], SAMPLE_RATE)


def test_short_silence_is_part_of_a_word_and_a_click_is_none():
    gap, pause, click = np.zeros(800), np.zeros(2000), tones(300, duration_s=0.03)
    parts = [tones(300), gap, tones(500), pause, click, pause, tones(900)]
    borders = transcription.find_words(np.concatenate(parts), SAMPLE_RATE)
    assert len(borders) == 2
    assert borders[0].tolist() == pytest.approx([0, 2400 + 800 + 2400], abs=160)
    assert transcription.find_words(np.zeros(4000), SAMPLE_RATE).shape == (0, 2)
    shortest = np.concatenate([tones(300, duration_s=0.1), pause])
    assert transcription.find_words(shortest, SAMPLE_RATE).tolist() == [[0, 800]]
    faint = np.concatenate([tones(300), 10 ** (-30 / 20) * tones(500), 1e-3 * tones(900)])
    assert transcription.find_words(faint, SAMPLE_RATE).tolist() == [[0, 4800]]


def test_words_are_described_by_their_parts_at_any_level():
    words = tones(300, 2000), tones(2000, 300), tones(300, 2000)
    dictated = transcription.dictate(words, SAMPLE_RATE)
    borders = transcription.find_words(dictated, SAMPLE_RATE)
    described = transcription.describe_words(dictated, SAMPLE_RATE, borders, parts=2, n_mels=20)
    assert described.shape == (3, 40)
    first, second = described.reshape(3, 2, 20)[:2]
    np.testing.assert_allclose(first[0], second[1], atol=0.3)  # both 300 Hz
    assert np.abs(first[0] - first[1]).mean() > 0.8
    np.testing.assert_allclose(described[0], described[2], atol=0.2)
    quiet = transcription.describe_words(0.5 * dictated, SAMPLE_RATE, borders, 2, 20)
    np.testing.assert_allclose(quiet, described, atol=0.1)


def first_voice(digits, utterance, place):
    """Tell whose recording the word in a place is."""
    start, end = transcription.find_words(utterance, SAMPLE_RATE)[place]
    middle = utterance[start + 160 : end - 160]  # the borders are whole blocks
    for waveform, voice in zip(digits.waveforms, digits.columns["voice"], strict=True):
        windows = np.lib.stride_tricks.sliding_window_view(waveform, len(middle))
        begins = np.flatnonzero(windows[:, 0] == middle[0])
        if any(np.array_equal(windows[begin], middle) for begin in begins):
            return voice
    raise AssertionError("no recording of this word")


def test_each_text_is_spoken_by_one_voice_and_word_by_word():
    digits = datasets.load("robot_digits", split="test")
    spoken = transcription.speak(digits, [[3, 3, 7]] * 8, "voice", seed=0)
    for utterance in spoken:
        assert len(transcription.find_words(utterance, SAMPLE_RATE)) == 3
        voices = {first_voice(digits, utterance, part) for part in (0, 1, 2)}
        assert len(voices) == 1
    assert len({first_voice(digits, utterance, 0) for utterance in spoken}) == 2
    assert len({len(utterance) for utterance in spoken}) > 2  # other recordings each time
    with pytest.raises(ValueError, match="voices must be one of"):
        transcription.speak(digits, [[1]], "person", seed=0)
    with pytest.raises(ValueError, match="does not say all of"):
        transcription.speak(digits.select(digits.labels != 3), [[3]], "voice", seed=0)


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


# --- languages -----------------------------------------------------------------------------------


def test_numbers_are_as_frequent_as_the_plan_says():
    plan = NumberPlan(5, 4, skew=1.0, seed=3)
    texts = plan.texts(20_000, seed=0)
    assert texts.shape == (20_000, 4)
    np.testing.assert_array_equal(texts, plan.texts(20_000, seed=0))
    first = np.bincount(texts[:, 0], minlength=5) / len(texts)
    np.testing.assert_allclose(first, plan.starts, atol=0.015)
    last = texts[:, 3][texts[:, 2] == 2]
    shares = np.bincount(last, minlength=5) / len(last)
    np.testing.assert_allclose(shares, plan.follows[2][2], atol=0.03)


def test_divergence_is_the_fall_of_the_log_probability_when_digits_are_renamed():
    plan = NumberPlan(6, 7, skew=1.0, seed=1)
    texts, names = plan.texts(40_000, seed=0), np.array([2, 0, 1, 5, 3, 4])

    def log_probability(texts):
        steps = plan.follows[np.arange(6), texts[:, :-1], texts[:, 1:]]
        return np.log(plan.starts[texts[:, 0]]) + np.log(steps).sum(axis=1)

    fall = np.mean(log_probability(texts) - log_probability(names[texts]))
    assert plan.divergence(names) == pytest.approx(fall, rel=0.02)
    assert plan.divergence(range(6)) == 0
    assert NumberPlan(6, 7, skew=0.0).divergence(names) == 0  # nobody can tell
    with pytest.raises(ValueError, match="names must be a permutation of 0 to 5"):
        plan.divergence([0, 0, 1, 2, 3, 4])


def enciphered(skew):
    """Return a plan, true numbers, and units: two kinds for each digit, some misheard."""
    plan, rng = NumberPlan(8, 8, skew, seed=1), np.random.default_rng(0)
    texts = plan.texts(400, seed=0)
    units = 2 * texts + rng.integers(0, 2, texts.shape)
    wrong = rng.random(units.shape) < 0.03
    units[wrong] = rng.integers(0, 16, wrong.sum())
    return plan, texts, units


def best_of(units, plan, starts=4):
    """Return the meanings of the most likely start, and how likely each was."""
    runs = [transcription.decipher(units, 16, plan, rounds=30, seed=s) for s in range(starts)]
    return max(runs, key=lambda run: run[1])[0], [likelihood for _, likelihood in runs]


def test_the_most_likely_reading_of_skewed_numbers_is_the_right_one():
    plan, texts, units = enciphered(skew=1.0)
    meanings, _ = best_of(units, plan)
    assert np.mean(meanings[units] == texts) > 0.93


def test_all_readings_of_numbers_without_habits_are_equally_likely():
    plan, texts, units = enciphered(skew=0.0)
    meanings, likelihoods = best_of(units, plan)
    assert np.ptp(likelihoods) < 1e-6
    assert np.mean(meanings[units] == texts) < 0.5


def test_utterances_of_different_lengths_are_deciphered_together():
    plan, texts, units = enciphered(skew=1.0)
    lengths = np.random.default_rng(1).integers(5, 9, len(units))
    shorter = [row[:length] for row, length in zip(units, lengths, strict=True)]
    meanings, likelihoods = best_of(shorter, plan)
    assert np.mean(meanings[units] == texts) > 0.93
    _, whole = best_of(units, plan, starts=1)
    assert likelihoods[0] > whole[0]  # fewer words, so each utterance is likelier
