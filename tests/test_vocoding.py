"""The shipped vocoder, the rounds after its network, and the distances that score it."""

import json
import sys
from dataclasses import asdict, replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from audiogan_lib import spectral, vocoding
from audiogan_lib.vocoding import vocoder

TINY = replace(vocoding.RECIPE, width=8, blocks=1, frames=16, batch_size=2)


def buzz(f0_hz, samples=8192, sample_rate=8000):
    """Return harmonics with a common phase under an envelope."""
    seconds = np.arange(samples) / sample_rate
    harmonics = np.arange(1, int(3500 / f0_hz))
    wave = np.cos(2 * np.pi * f0_hz * harmonics[:, None] * seconds).sum(0)
    return np.float32(0.5 * wave / np.abs(wave).max() * np.hanning(samples))


@pytest.fixture(scope="module")
def voices():
    return np.stack([buzz(f0_hz) for f0_hz in (100, 150, 220)])


@pytest.fixture(scope="module")
def codec():
    return vocoding.RECIPE.codec(128)


# --- rounds that impose a mel --------------------------------------------------------------------


def own_mel_distance(codec, sounds, mels):
    return float(np.abs(codec.encode(sounds) - mels).mean())


def test_rounds_bring_noise_nearer_to_the_mel_than_griffin_lim(codec, voices):
    mels = codec.encode(voices)
    noise = np.random.default_rng(0).normal(0, 0.01, voices.shape)
    at_first = own_mel_distance(codec, noise, mels)
    after = [own_mel_distance(codec, codec.impose(noise, mels, k), mels) for k in (1, 8, 60)]
    assert at_first > after[0] > after[1] > after[2]
    assert after[2] < own_mel_distance(codec, codec.decode(mels), mels)


def test_rounds_leave_a_sound_with_the_right_mel_as_it_is(codec, voices):
    changed = codec.impose(voices, codec.encode(voices), 8)
    error = np.linalg.norm(changed - voices) / np.linalg.norm(voices)
    assert error < 0.02


def test_no_rounds_change_nothing(codec, voices):
    assert np.allclose(codec.impose(voices, codec.encode(voices)[:, :, ::-1], 0), voices)


def test_a_clip_does_not_depend_on_its_neighbours(codec, voices):
    mels = codec.encode(voices).numpy()
    one, all_three = (
        codec.impose(voices[:1], mels[1:2], 4),
        codec.impose(voices, mels[[1, 2, 0]], 4),
    )
    assert np.allclose(one[0], all_three[0], atol=1e-5)


def test_rounds_need_as_many_frames_as_the_mel_has(codec, voices):
    matrix = spectral.mel_matrix(8000, 256, 64)
    with pytest.raises(ValueError, match="need 448 for 4 frames"):
        spectral.impose_mel(voices, np.zeros((3, 4, 64)), matrix, 256, 64)
    with pytest.raises(ValueError, match="no mel bands"):
        replace(codec, n_mels=None).impose(voices, np.zeros((3, 128, 128)))


def test_levels_are_what_encode_gives(codec, voices):
    padded = np.pad(voices, ((0, 0), (96, 96)))
    magnitudes = np.abs(spectral.stft(padded, 256, 64))
    assert np.allclose(codec.levels(magnitudes), codec.encode(voices), atol=1e-5)


# --- distances -----------------------------------------------------------------------------------


def test_a_sound_is_at_no_distance_from_itself(voices):
    for values in vocoding.distances(voices, voices).values():
        assert values.shape == (3,)
        assert np.abs(values).max() < 1e-3  # the root in the STFT loss is never quite 0


def test_a_gain_of_one_neper_is_a_mel_distance_of_one():
    hiss = np.random.default_rng(0).normal(0, 0.1, (2, 8192))
    distances = vocoding.distances(hiss, hiss * np.exp(1))
    assert np.allclose(distances["mel"], 1, atol=0.05)
    assert np.allclose(distances["periodicity"], 0, atol=1e-3)


@pytest.mark.parametrize("level_db, counts", [(-30.0, True), (-50.0, False)])
def test_frames_count_within_40_db_of_the_loudest(level_db, counts):
    hiss = np.random.default_rng(0).normal(0, 0.1, (1, 8192))
    hiss[:, 4096:] *= 10 ** (level_db / 20)
    copy = hiss.copy()
    copy[:, 5120:] *= 2.0
    assert (vocoding.distances(hiss, copy)["mel"][0] > 0.1) == counts


def test_periodicity_hears_lost_phase(codec, voices):
    spectra = spectral.stft(np.pad(voices, ((0, 0), (96, 96))), 256, 64).numpy()
    turns = np.exp(2j * np.pi * np.random.default_rng(0).uniform(size=spectra.shape))
    lost = spectral.istft(np.complex64(spectra * turns), 256, 64)[:, 96:-96]
    found = vocoding.distances(voices, lost)
    assert found["periodicity"].min() > 0.15
    whole = vocoding.periodicity(voices)[:, 20:40]
    noise = np.random.default_rng(1).normal(size=(1, 8192))
    assert whole.min() > 0.85  # where the period is between two lags
    assert vocoding.periodicity(noise).mean() < 0.4


@pytest.mark.parametrize(
    ("samples", "rate", "complaint"),
    [(511, 8000, r"512 samples or more"), (600, 32000, "800 to 30000"), (600, 700, "800 to")],
)
def test_periods_that_no_frame_holds_are_refused(samples, rate, complaint):
    with pytest.raises(ValueError, match=complaint):
        vocoding.periodicity(np.ones((1, samples)), rate)
    at_the_limits = [vocoding.periodicity(np.ones((1, 512)), rate) for rate in (800, 30000)]
    assert np.isfinite(at_the_limits).all()


def test_distances_need_pairs(voices):
    with pytest.raises(ValueError, match="need equal"):
        vocoding.distances(voices, voices[:2])


# --- the recipe ----------------------------------------------------------------------------------


def test_the_network_starts_from_the_magnitudes_of_the_mel(codec, voices):
    network = vocoding.RECIPE.build_generator()
    silent = network(np.full((1, 128, 40), -1.0, np.float32))
    loud = network(codec.encode(voices))
    assert np.abs(silent).max() < 0.02
    levels = codec.encode(loud).numpy()[:, 20:100].mean((1, 2))
    assert np.abs(levels - codec.encode(voices).numpy()[:, 20:100].mean((1, 2))).max() < 0.15


def test_the_network_is_float32_under_any_global_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = TINY.build_generator()
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}


def test_batches_pair_crops_with_their_mels_and_repeat(voices):
    stream = iter(TINY.batches(voices))
    first, second = next(stream), next(stream)
    assert first[0].shape == (2, 1024)
    assert first[1].shape == (2, 16, 40)
    steady = np.ones((4, 8192), np.float32)
    gains = np.concatenate([next(stream)[0][:, 0] for stream in [iter(TINY.batches(steady))] * 9])
    assert 10 ** (-12 / 20) <= gains.min() < 0.4 < 0.8 < gains.max() <= 1
    assert len(np.unique(gains)) == 18
    own = TINY.codec(16).encode(first[0])
    # Where no frame reaches beyond the crop, its mel is the same as that of the crop alone.
    assert np.allclose(own[:, 2:-2], first[1][:, 2:-2], atol=1e-4)
    again = next(iter(TINY.batches(voices, first_step=1)))
    assert np.array_equal(again[0], second[0])
    assert not np.array_equal(first[0], second[0])


def test_terms_are_in_nepers_and_weighted_as_the_recipe_says():
    terms = TINY.terms()
    assert [weight for weight, _ in terms.values()] == [TINY.mel, TINY.stft]
    hiss = np.random.default_rng(0).normal(0, 0.1, (2, 1024)).astype(np.float32)
    for _, distance in terms.values():
        assert float(distance(hiss, hiss)) < 1e-3
    assert float(terms["mel"][1](hiss, hiss / np.e)) == pytest.approx(1.0, abs=0.05)


def test_a_step_trains_both_networks(voices):
    gan = replace(TINY, frames=32, ema=0.75, seed=3).build_gan()
    assert (gan.ema, gan.seed) == (0.75, 3)
    before = [w.numpy().copy() for w in gan.generator.weights]
    for optimizer in (gan.generator_optimizer, gan.discriminator_optimizer):
        rates = float(optimizer.learning_rate), optimizer.beta_1, optimizer.beta_2
        assert rates == (pytest.approx(5e-4), 0.8, 0.9)
    logs = gan.train_step(next(iter(replace(TINY, frames=32).batches(voices))))
    assert {"mel", "stft", "feature_matching"} <= set(logs)
    assert all(np.isfinite(float(value)) for value in logs.values())
    pairs = zip(before, gan.generator.weights, strict=True)
    assert sum(not np.array_equal(a, b.numpy()) for a, b in pairs) > 5


# --- what ships ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return vocoding.load()


def test_its_card_tells_the_librarys_recipe(shipped):
    assert json.loads(json.dumps(asdict(vocoding.RECIPE))) == shipped.card["recipe"]
    assert shipped.recipe == vocoding.RECIPE


def test_the_shipped_vocoder_beats_griffin_lim_on_every_distance_of_its_card(shipped):
    for ways in shipped.card["scores"].values():
        baseline, ours = ways["griffin_lim"], ways["vocoder"]
        for name in ("mel", "own mel", "stft", "periodicity"):
            assert ours[name][0] < baseline[name][0], name
        assert ours["PESQ"][0] > baseline["PESQ"][0]


def test_the_shipped_vocoder_speaks_a_word_it_never_heard(shipped):
    from audiogan_lib import datasets

    real = datasets.load("robot_digits", split="test").waveforms[::10]
    real = np.float32(real * (0.9 / np.abs(real).max(1, keepdims=True)))
    mels = shipped.to_mels(real)
    codec = replace(shipped.recipe.codec(mels.shape[1]), iterations=60)
    ours = vocoding.distances(real, shipped.from_mels(mels))
    baseline = vocoding.distances(real, codec.decode(mels).numpy())
    for name in ours:
        assert ours[name].mean() < baseline[name].mean(), name


def test_lengths_are_whole_frames(shipped):
    mels = shipped.to_mels(np.zeros((2, 1000)))
    assert mels.shape == (2, 16, 40)
    sounds = shipped.from_mels(mels)
    assert sounds.shape == (2, 1024)
    assert np.abs(sounds).max() < 1e-3
    assert np.array_equal(sounds, shipped.from_mels(mels))


def test_many_sounds_are_made_as_few_are_and_rounds_can_be_left_out(shipped, voices, monkeypatch):
    mels = shipped.to_mels(voices[:, 2048:4096])
    few = [shipped.from_mels(mels[i : i + 1])[0] for i in range(3)]
    monkeypatch.setattr(vocoder, "_BATCH", 2)
    assert np.allclose(shipped.from_mels(mels), few, atol=1e-3)
    assert np.allclose(shipped.from_mels(mels, 0), shipped.network(mels), atol=1e-5)


def test_a_mel_of_another_size_is_refused(shipped):
    with pytest.raises(ValueError, match=r"\(1, 128, 64\), need \(clips, frames, 40\)"):
        shipped.from_mels(np.zeros((1, 128, 64)))


def test_a_folder_without_a_vocoder_is_named(tmp_path):
    with pytest.raises(ValueError, match=f"no vocoder in {tmp_path}: need card.json and vocoder"):
        vocoding.load(tmp_path)


def test_pesq_is_taken_of_every_ten_clips_in_a_row(monkeypatch):
    asked = []

    def pesq(sample_rate, real, copy, mode):
        asked.append((sample_rate, real.size, copy.size, mode))
        return real[0]

    monkeypatch.setitem(sys.modules, "pesq", SimpleNamespace(pesq=pesq))
    clips = np.repeat(np.arange(25.0)[:, np.newaxis], 8, axis=1)
    np.testing.assert_array_equal(vocoding.pesq_of_tens(clips, clips, 8000), [0, 10])
    assert asked == 2 * [(8000, 80, 80, "nb")]
