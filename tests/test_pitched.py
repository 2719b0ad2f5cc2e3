"""Spectrograms whose windows follow the pitch: where harmonics stand, and what comes back."""

from dataclasses import replace

import librosa
import numpy as np
import pytest

from audiogan_lib import metrics, spectral

RATE, SAMPLES = 16000, 16384
CODEC = spectral.PitchedSpectrogram(RATE, SAMPLES, n_fft=1024, hop_length=256)


def tones(pitches, level=0.1):
    """Notes of seven harmonics, the k-th of amplitude level / k."""
    time_s = np.arange(SAMPLES) / RATE
    turns = librosa.midi_to_hz(np.array(pitches, float))[:, None] * time_s
    return level * sum(np.sin(2 * np.pi * k * turns + k * k) / k for k in range(1, 8))


def ripple_db(sounds):
    """Spread of the level over time, the ends of the clip aside."""
    frames = sounds[:, 1024:-1024].reshape(len(sounds), -1, 512)
    return np.std(10 * np.log10(np.mean(frames**2, axis=-1)), axis=1)


def test_windows_hold_powers_of_two_of_the_period():
    for pitch in range(36, 109):
        n_fft, periods = CODEC.window(pitch)
        assert periods == 4 * 2 ** ((pitch - 36) // 12)
        assert 512 < n_fft <= 1024
        assert n_fft == pytest.approx(periods * RATE / librosa.midi_to_hz(pitch), abs=1)


@pytest.mark.parametrize("pitch", [35, 120])
def test_a_pitch_that_no_window_fits_is_refused(pitch):
    with pytest.raises(ValueError, match=f"pitch={pitch}"):
        CODEC.window(pitch)


def test_harmonics_stand_at_the_same_bins_in_all_keys_of_an_octave():
    spectrograms = CODEC.encode(tones([48, 53, 59]), [48, 53, 59])
    assert spectrograms.shape == (3, *CODEC.shape)
    middle = spectrograms[:, 32]
    for k in range(1, 8):
        level_db = 20 * np.log10(0.1 / k)
        np.testing.assert_allclose(middle[:, 8 * k], 1 + 2 * level_db / 75, atol=0.01)
        assert middle[:, 8 * k + 4].max() < middle[:, 8 * k].min() - 2 * 25 / 75  # 25 dB
    assert spectrograms[2, :, 518 // 2 :].max() == -1  # above half the sample rate


def test_steady_tones_come_back_in_tune_and_without_warble():
    pitches = [50, 64, 71, 76]
    spectrograms = CODEC.encode(tones(pitches), pitches)
    sounds = CODEC.decode(spectrograms, pitches)
    assert sounds.dtype == np.float32
    assert np.abs(metrics.pitch_errors(sounds, RATE, pitches)).max() < 6  # what YIN itself errs
    assert ripple_db(sounds).max() < 0.3
    invented = spectral.LogSpectrogram(RATE, SAMPLES, 1024, 256, iterations=CODEC.iterations)
    warbling = invented.decode(invented.encode(tones(pitches))).numpy()
    assert ripple_db(warbling).mean() > 3 * ripple_db(sounds).mean()


def test_phases_of_steady_tones_are_right_from_the_start():
    pitches = [50, 64, 71, 76]
    spectrograms = CODEC.encode(tones(pitches), pitches)
    again = CODEC.encode(replace(CODEC, iterations=0).decode(spectrograms, pitches), pitches)
    errors = np.abs(again - spectrograms)[:, 4:-4]
    assert errors[spectrograms[:, 4:-4] > -0.5].max() < 0.05


def test_the_pitch_is_the_one_asked_for():
    spectrograms = CODEC.encode(tones([60, 60]), [60, 60])
    moved = CODEC.decode(spectrograms, [67, 63])
    assert np.abs(metrics.pitch_errors(moved, RATE, [67, 63])).max() < 6


def test_a_note_does_not_depend_on_its_neighbours():
    pitches = [36, 48, 61]
    spectrograms = CODEC.encode(tones(pitches), pitches)
    together = CODEC.decode(spectrograms, pitches)
    np.testing.assert_array_equal(spectrograms[1:2], CODEC.encode(tones([48]), [48]))
    np.testing.assert_allclose(together[1:2], CODEC.decode(spectrograms[1:2], [48]), atol=1e-4)
    np.testing.assert_array_equal(together, CODEC.decode(spectrograms, pitches))


def test_silence_stays_silent():
    spectrograms = CODEC.encode(np.zeros((1, SAMPLES)), [60])
    assert spectrograms.max() == -1
    assert np.abs(CODEC.decode(spectrograms, [60])).max() < 1e-6


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="hop_length=250"):
        spectral.PitchedSpectrogram(RATE, SAMPLES, 1024, 250)
    with pytest.raises(ValueError, match=r"need \(1, 16384\)"):
        CODEC.encode(np.zeros((1, 8000)), [60])
    with pytest.raises(ValueError, match=r"need \(2, 64, 512\)"):
        CODEC.decode(np.zeros((1, 64, 512)), [60, 61])


def test_griffin_lim_starts_from_the_phases_it_is_given():
    sound = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 2048)).astype(np.float32)
    spectra = spectral.stft(sound, 256, 64).numpy()
    found = spectral.griffin_lim(np.abs(spectra), 256, 64, 0, start=np.angle(spectra)).numpy()
    np.testing.assert_allclose(found[:, 12:-12], sound[:, 12:-12], atol=1e-3)
