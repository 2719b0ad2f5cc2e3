"""Copies are found, new sounds are not; pitches of known tones are heard."""

import librosa
import numpy as np
import pytest

from audiogan_lib import datasets, metrics

RATE = 8000


def bells(rng, count):
    """Short sounds of two partials with a decay, no two alike."""
    time = np.arange(RATE // 2) / RATE
    draws = rng.uniform([200, 500, 3], [1500, 3500, 12], size=(count, 3))
    return np.stack(
        [
            0.4 * (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time))
            * np.exp(-decay * time)
            for low, high, decay in draws
        ]
    )  # fmt: skip


@pytest.fixture(scope="module")
def sets():
    rng = np.random.default_rng(3)
    return bells(rng, 80), bells(rng, 40), bells(rng, 40)


def test_a_copy_is_found_at_any_level_and_a_little_later(sets):
    train, _, _ = sets
    later = np.roll(train[[7, 50]], RATE * 3 // 100, axis=1) * 0.1
    later[:, : RATE * 3 // 100] = 0
    found, distance_db = metrics.nearest_clips(np.concatenate([later, train[[9]]]), train, RATE)
    assert found.tolist() == [7, 50, 9]
    assert distance_db[2] < 1e-3
    _, between_db = metrics.nearest_clips(train[[7]], train[8:], RATE)
    assert distance_db[0] < between_db[0] / 3


def test_the_distance_is_the_root_mean_square_of_a_plain_comparison(sets):
    train, test, _ = sets

    def image(sound):
        sound = np.pad(sound / np.abs(sound).max(), 128)
        spectra = librosa.stft(sound, n_fft=256, win_length=200, hop_length=80, center=False)
        mel = librosa.filters.mel(sr=RATE, n_fft=256, n_mels=32, htk=False) @ np.abs(spectra)
        return np.maximum(20 * np.log10(mel / mel.max() + 1e-12), -60)

    one, others = image(test[0]), [image(clip) for clip in train]
    unshifted = min(np.sqrt(np.mean((one - other) ** 2)) for other in others)
    _, distance_db = metrics.nearest_clips(test[:1], train, RATE)
    # Shifts can only bring clips nearer, and these all begin at once.
    assert 0.7 * unshifted < distance_db[0] <= unshifted * (1 + 1e-4)


def test_copies_are_told_from_new_sounds(sets):
    train, test, new = sets
    honest = metrics.memorisation(new, test, train, RATE)
    assert 0.35 < honest.nearer < 0.65
    copies = train[:40] + 1e-3 * np.random.default_rng(0).normal(size=train[:40].shape)
    caught = metrics.memorisation(copies, test, train, RATE)
    assert caught.nearer == 1.0
    np.testing.assert_array_equal(caught.nearest, np.arange(40))
    assert caught.distance_db.max() < caught.test_distance_db.min()


def test_a_set_is_as_near_as_itself_and_wrong_shapes_are_refused(sets):
    train, test, _ = sets
    assert metrics.memorisation(test, test, train, RATE).nearer == 0.5
    with pytest.raises(ValueError, match=r"got \(40, 4000\) and \(80, 3000\)"):
        metrics.nearest_clips(test, train[:, :3000], RATE)


@pytest.mark.parametrize("midi", [36, 47, 60, 69, 84])
def test_tones_are_heard_at_their_pitch_and_out_of_tune_by_as_much_as_they_are(midi):
    time = np.arange(16000) / 16000
    cents = np.array([0.0, 30.0, -45.0])
    hertz = librosa.midi_to_hz(midi + cents / 100)[:, np.newaxis]
    tones = sum(np.sin(2 * np.pi * k * hertz * time) / k for k in (1, 2, 3)) * np.exp(-3 * time)
    errors = metrics.pitch_errors(tones, 16000, [midi] * 3)
    np.testing.assert_allclose(errors, cents, atol=5)
    assert metrics.pitch_accuracy(errors) == pytest.approx(1 / 3)
    assert metrics.pitch_accuracy(errors, tolerance_cents=40) == pytest.approx(2 / 3)


def test_silence_and_noise_have_no_pitch():
    rng = np.random.default_rng(0)
    clips = np.concatenate([np.zeros((1, 16000)), rng.normal(size=(20, 16000))])
    errors = metrics.pitch_errors(clips, 16000, np.linspace(36, 84, 21))
    assert np.isnan(errors[0])
    assert metrics.pitch_accuracy(errors) < 0.15
    with pytest.raises(ValueError, match="midi"):
        metrics.pitch_errors(clips, 16000, [60])


def test_the_shipped_notes_are_in_tune():
    notes = datasets.load("notes", split="test")
    midi = np.array(notes.label_names, float)[notes.labels]
    errors = metrics.pitch_errors(notes.waveforms, notes.sample_rate, midi)
    assert metrics.pitch_accuracy(errors) == 1.0
    # The same ears hear when every note is played a semitone too high.
    assert metrics.pitch_accuracy(errors - 100) == 0.0
