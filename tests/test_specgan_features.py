"""The published features of SpecGAN: the formula, its inverse, and what the network draws."""

import librosa
import numpy as np
import pytest

from audiogan_lib import spectral
from audiogan_lib.models import specgan
from audiogan_lib.spectral import specgan_features

RATE = 16000
PLAIN = spectral.SpecGANFeatures(np.zeros(129), np.ones(129))  # ln(magnitude) / 3


@pytest.fixture(scope="module")
def sounds():
    """Return decaying harmonic tones over soft noise: no bin is ever the same for long."""
    rng = np.random.default_rng(0)
    time_s = np.arange(16384) / RATE
    pitch_hz = rng.uniform(120, 400, (6, 1))
    tones = sum(np.sin(2 * np.pi * k * pitch_hz * time_s) / k for k in range(1, 18))
    noise = rng.normal(size=tones.shape)
    return ((0.3 * tones + 0.01 * noise) * np.exp(-4 * time_s)).astype(np.float32)


@pytest.fixture(scope="module")
def codec(sounds):
    return spectral.SpecGANFeatures.fit(sounds)


def log_magnitudes(sounds, n_fft=256, hop_length=128):
    pad = (n_fft - hop_length) // 2
    padded = np.pad(sounds, [(0, 0), (pad, pad)])
    spectra = librosa.stft(padded, n_fft=n_fft, hop_length=hop_length, center=False)
    return np.log(np.abs(spectra.swapaxes(1, 2)) + 1e-6)


def test_encoding_is_a_third_of_the_standard_score_of_each_bin(codec, sounds):
    logs = log_magnitudes(sounds)
    scores = (logs - logs.mean((0, 1))) / logs.std((0, 1))
    expected = np.clip(scores[..., :128] / 3, -1, 1)
    np.testing.assert_allclose(codec.encode(sounds), expected, atol=2e-3)


def test_moments_are_those_of_all_frames_of_all_clips(codec, sounds, monkeypatch):
    logs = log_magnitudes(sounds)
    np.testing.assert_allclose(codec.mean, logs.mean((0, 1)), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(codec.std, logs.std((0, 1)), rtol=1e-3)
    monkeypatch.setattr(specgan_features, "_CHUNK", 4)  # the last chunk is a smaller one
    again = spectral.SpecGANFeatures.fit(sounds)
    np.testing.assert_allclose(again.mean, codec.mean, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(again.std, codec.std, rtol=1e-5)


@pytest.mark.parametrize("amplitude", [np.e / 64, 1 / 64, np.exp(-2) / 64])
def test_a_sine_stands_at_the_third_of_its_log_magnitude(amplitude):
    # A sine in the middle of a bin reaches half the sum of the window, 64 times its amplitude.
    sine = amplitude * np.sin(2 * np.pi * 20 * np.arange(16384) / 256)
    found = PLAIN.encode(sine[None]).numpy()[0, 64]
    assert found.argmax() == 20
    assert found[20] == pytest.approx(np.log(64 * amplitude) / 3, abs=1e-4)


def test_encoding_is_clipped_to_three_deviations():
    assert np.all(PLAIN.encode(np.zeros((1, 16384))).numpy() == -1)  # ln(1e-6) is -13.8
    loud = np.sin(2 * np.pi * 20 * np.arange(16384) / 256)  # ln(64) is 4.2
    assert PLAIN.encode(loud[None]).numpy()[0, 64, 20] == 1


def test_magnitudes_undo_the_encoding_between_the_clips(codec, sounds):
    encoded = codec.encode(sounds).numpy()
    found = codec.magnitudes(encoded).numpy()[..., :128]
    expected = np.exp(log_magnitudes(sounds))[..., :128]
    inside = np.abs(encoded) < 1
    assert 0.98 < inside.mean() < 1
    np.testing.assert_allclose(found[inside], expected[inside], rtol=1e-3, atol=2e-5)


def test_the_bin_at_half_the_sample_rate_comes_back_at_its_mean(codec):
    magnitudes = codec.magnitudes(np.ones((1, 128, 128))).numpy()
    np.testing.assert_allclose(magnitudes[..., -1], np.exp(codec.mean[-1]), rtol=1e-3)
    expected = np.exp(codec.mean + 3 * codec.std)[:-1]
    np.testing.assert_allclose(magnitudes[0, 0, :-1], expected, rtol=1e-3)


def test_decoding_is_sixteen_rounds_of_plain_griffin_lim(codec, sounds):
    magnitudes = codec.magnitudes(codec.encode(sounds))
    expected = spectral.griffin_lim(magnitudes, 256, 128, 16, momentum=0.0)[:, 64:-64]
    decoded = codec.decode(codec.encode(sounds)).numpy()
    assert decoded.shape == sounds.shape
    np.testing.assert_allclose(decoded, np.clip(expected, -1, 1), atol=1e-6)


def test_decoded_sounds_have_the_spectrum_and_the_place_of_the_encoded(codec, sounds):
    decoded = codec.decode(codec.encode(sounds)).numpy()
    wanted, found = (np.exp(log_magnitudes(each)) for each in (sounds, decoded))
    assert 20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted)) < -12
    np.testing.assert_allclose(np.std(decoded, 1), np.std(sounds, 1), rtol=0.15)
    click = 1e-4 * np.random.default_rng(0).normal(size=(1, 16384)).astype(np.float32)
    click[0, 9000:9040] += 0.5
    drawn = codec.decode(codec.encode(click)).numpy()[0]
    assert abs(int((drawn**2).argmax()) - 9020) < 128


def test_decoding_is_repeatable_and_blind_to_neighbours(codec, sounds):
    encoded = codec.encode(sounds)
    np.testing.assert_array_equal(codec.decode(encoded), codec.decode(encoded))
    np.testing.assert_allclose(codec.decode(encoded)[1:2], codec.decode(encoded[1:2]), atol=1e-4)


def test_the_published_network_draws_what_the_features_decode(codec):
    generator = specgan.build_generator(width=1)
    drawn = generator(np.random.default_rng(0).normal(size=(2, 100)))
    assert drawn.shape == (2, 128, 128)
    sounds = codec.decode(drawn).numpy()
    assert sounds.shape == (2, 16384)
    assert 0 < np.abs(sounds).max() <= 1


def test_other_frames_and_lengths_are_possible():
    noise = np.random.default_rng(0).uniform(-1, 1, (3, 4096))
    codec = spectral.SpecGANFeatures.fit(noise, n_fft=127, hop_length=32, iterations=2)
    assert codec.encode(noise).shape == (3, 128, 63)
    assert codec.decode(codec.encode(noise)).shape == (3, 4096)


def test_data_without_moments_are_refused():
    with pytest.raises(ValueError, match="waveforms: no clips to measure"):
        spectral.SpecGANFeatures.fit(np.zeros((0, 16384)))
    with pytest.raises(ValueError, match=r"std: .* in bin 0, must be above 1e-06"):
        spectral.SpecGANFeatures.fit(np.zeros((2, 16384)))
    with pytest.raises(ValueError, match=r"std: nan in bin 0"):
        spectral.SpecGANFeatures(np.zeros(129), np.full(129, np.nan))
    with pytest.raises(ValueError, match=r"mean: shape \(128,\), need \(129,\)"):
        spectral.SpecGANFeatures(np.zeros(128), np.ones(129))


def test_clips_that_are_no_whole_number_of_hops_are_refused(codec):
    for method in (spectral.SpecGANFeatures.fit, codec.encode):
        with pytest.raises(ValueError, match="10000 samples, need a multiple of hop_length=128"):
            method(np.zeros((1, 10000)))
