"""Spectra against librosa, phase recovery, and the codec between sound and network."""

import librosa
import numpy as np
import pytest

from audiogan_lib import spectral

RATE = 8000


@pytest.fixture
def noise():
    return np.random.default_rng(0).uniform(-0.9, 0.9, (3, 2048)).astype(np.float32)


@pytest.fixture
def vowels():
    """Two sung vowels: a gliding pitch with harmonics, so that phases matter."""
    time_s = np.arange(8192) / RATE
    turns = np.stack([120 * time_s + 20 * time_s**2, 210 * time_s - 30 * time_s**2])
    sound = sum(np.sin(2 * np.pi * k * turns) / k for k in range(1, 12))
    return (0.2 * sound * np.hanning(8192)).astype(np.float32)


def librosa_stft(waveforms, n_fft, hop_length, win_length=None):
    options = {"n_fft": n_fft, "hop_length": hop_length, "win_length": win_length}
    return librosa.stft(waveforms, center=False, **options).swapaxes(1, 2)


def error_db(magnitudes, waveforms, n_fft, hop_length):
    """Spectral convergence: how far the magnitudes of sounds are from those wanted, in dB."""
    found = np.abs(spectral.stft(waveforms, n_fft, hop_length))
    return 20 * np.log10(np.linalg.norm(found - magnitudes) / np.linalg.norm(magnitudes))


# --- transforms ----------------------------------------------------------------------------------

SHAPES = pytest.mark.parametrize(
    "n_fft, hop_length, win_length", [(256, 64, None), (256, 64, 200), (512, 200, 511)]
)


@SHAPES
def test_stft_is_that_of_librosa(noise, n_fft, hop_length, win_length):
    found = spectral.stft(noise, n_fft, hop_length, win_length).numpy()
    assert found.shape == (3, 1 + (2048 - n_fft) // hop_length, 1 + n_fft // 2)
    expected = librosa_stft(noise, n_fft, hop_length, win_length)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@SHAPES
def test_istft_undoes_stft_wherever_a_window_reaches(noise, n_fft, hop_length, win_length):
    spectra = spectral.stft(noise, n_fft, hop_length, win_length)
    sound = spectral.istft(spectra, n_fft, hop_length, win_length).numpy()
    edge = (n_fft - (win_length or n_fft)) // 2 + 12  # the window is almost zero there
    inside = slice(edge, sound.shape[1] - edge)
    np.testing.assert_allclose(sound[:, inside], noise[:, inside], atol=1e-4)


def test_istft_of_spectra_that_no_sound_has_is_that_of_librosa():
    rng = np.random.default_rng(1)
    spectra = rng.normal(size=(2, 20, 129)) + 1j * rng.normal(size=(2, 20, 129))
    spectra[..., [0, -1]] = spectra[..., [0, -1]].real
    found = spectral.istft(spectra.astype(np.complex64), 256, 64).numpy()
    expected = librosa.istft(spectra.swapaxes(1, 2), n_fft=256, hop_length=64, center=False)
    assert found.shape == expected.shape == (2, 256 + 19 * 64)
    np.testing.assert_allclose(found[:, 64:-64], expected[:, 64:-64], atol=1e-5)


def test_samples_that_no_window_reaches_are_zero(noise):
    spectra = spectral.stft(noise, 64, 96)  # gaps of 32 samples between frames
    sound = spectral.istft(spectra, 64, 96).numpy()
    assert np.all(sound[:, 64:96] == 0)
    np.testing.assert_allclose(sound[:, 100:156], noise[:, 100:156], atol=1e-5)


@pytest.mark.parametrize("fmin, fmax", [(0.0, None), (40.0, 3500.0)])
def test_mel_is_that_of_librosa(noise, fmin, fmax):
    found = spectral.mel(noise, RATE, 512, 128, 40, fmin, fmax).numpy()
    options = {"n_fft": 512, "hop_length": 128, "n_mels": 40, "fmin": fmin, "fmax": fmax}
    expected = librosa.feature.melspectrogram(
        y=noise, sr=RATE, power=1, center=False, **options
    ).swapaxes(1, 2)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_shared_mel_matrix_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        spectral.mel_matrix(RATE, 256, 20)[0, 0] = 1.0


def test_mel_bands_are_spread_over_bins_that_give_them_back(vowels):
    matrix = spectral.mel_matrix(RATE, 512, 64)
    mels = spectral.mel(vowels, RATE, 512, 128, 64).numpy()
    magnitudes = spectral.mel_to_magnitude(mels, matrix).numpy()
    assert magnitudes.min() >= 0
    assert np.linalg.norm(magnitudes @ matrix - mels) < 0.02 * np.linalg.norm(mels)
    start = spectral.mel_to_magnitude(mels, matrix, iterations=0).numpy()
    assert np.linalg.norm(start @ matrix - mels) > np.linalg.norm(magnitudes @ matrix - mels)


def test_sounds_shorter_than_a_frame_are_refused():
    with pytest.raises(ValueError, match="100 samples, need at least n_fft=256"):
        spectral.stft(np.zeros((1, 100)), 256, 64)


@pytest.mark.parametrize("win_length", [0, 257])
def test_windows_that_do_not_fit_a_frame_are_refused(win_length):
    with pytest.raises(ValueError, match=f"win_length={win_length}: must be 1 to n_fft=256"):
        spectral.stft(np.zeros((1, 512)), 256, 64, win_length)


# --- phase recovery ------------------------------------------------------------------------------


def test_momentum_brings_griffin_lim_nearer_than_the_plain_algorithm(vowels):
    magnitudes = np.abs(spectral.stft(vowels, 256, 64))
    errors = {
        momentum: error_db(
            magnitudes, spectral.griffin_lim(magnitudes, 256, 64, 60, momentum), 256, 64
        )
        for momentum in (0.0, 0.99)
    }
    start = error_db(magnitudes, spectral.griffin_lim(magnitudes, 256, 64, 0), 256, 64)
    assert errors[0.0] < start - 6
    assert errors[0.99] < errors[0.0] - 3


def test_griffin_lim_comes_as_near_as_that_of_librosa(vowels):
    magnitudes = np.abs(spectral.stft(vowels[:1], 256, 64))
    ours = error_db(magnitudes, spectral.griffin_lim(magnitudes, 256, 64), 256, 64)
    options = {"n_fft": 256, "hop_length": 64, "n_iter": 60, "center": False, "random_state": 0}
    theirs = librosa.griffinlim(magnitudes.swapaxes(1, 2), momentum=0.99, **options)
    assert ours < error_db(magnitudes, theirs, 256, 64) + 3


def test_griffin_lim_of_a_clip_does_not_depend_on_its_neighbours(vowels):
    magnitudes = np.abs(spectral.stft(vowels, 256, 64))
    together = spectral.griffin_lim(magnitudes, 256, 64).numpy()
    alone = spectral.griffin_lim(magnitudes[1:], 256, 64).numpy()
    np.testing.assert_allclose(together[1:], alone, atol=1e-4)


def test_griffin_lim_repeats_itself_and_obeys_its_seed(vowels):
    magnitudes = np.abs(spectral.stft(vowels, 256, 64))
    first, again, other = (
        spectral.griffin_lim(magnitudes, 256, 64, 5, seed=seed).numpy() for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_a_silent_margin_keeps_a_sudden_sound_from_smearing_into_it():
    rng = np.random.default_rng(0)
    burst = rng.normal(size=(1, 4096)) * np.exp(-np.arange(4096) / 400)
    padded = np.pad(burst, [(0, 0), (192, 192)]).astype(np.float32)
    magnitudes = np.abs(spectral.stft(padded, 512, 128))
    plain, kept = (
        spectral.griffin_lim(magnitudes, 512, 128, 12, margin=margin).numpy() for margin in (0, 192)
    )
    outside = np.r_[:192, -192:0]
    cut = plain.copy()
    cut[:, outside] = 0
    assert np.square(plain[:, outside]).sum() > 0.01 * np.square(burst).sum()
    assert not kept[:, outside].any()
    assert error_db(magnitudes, kept, 512, 128) < error_db(magnitudes, cut, 512, 128) - 1


@pytest.mark.parametrize("margin", [-1, 320])
def test_a_margin_leaves_something_between_the_ends(margin):
    with pytest.raises(ValueError, match=f"margin={margin}: must be 0 or more, and less than half"):
        spectral.griffin_lim(np.ones((1, 2, 257), np.float32), 512, 128, margin=margin)


# --- codec ---------------------------------------------------------------------------------------

CODECS = {
    "bins": spectral.LogSpectrogram(RATE, 8192, 256, 64),
    "short window": spectral.LogSpectrogram(RATE, 8192, 512, 128, win_length=400),
    "mel": spectral.LogSpectrogram(RATE, 8192, 512, 128, n_mels=64, fmin=40.0, floor_db=-80.0),
}
EACH_CODEC = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


@EACH_CODEC
def test_codecs_keep_shape_and_range(codec, vowels):
    encoded = codec.encode(vowels).numpy()
    assert encoded.shape == (2, *codec.shape)
    assert encoded.dtype == np.float32
    assert encoded.min() >= -1
    assert encoded.max() <= 1
    decoded = codec.decode(encoded).numpy()
    assert decoded.shape == vowels.shape
    assert np.abs(decoded).max() <= 1


@EACH_CODEC
def test_silence_stays_silent(codec):
    encoded = codec.encode(np.zeros((1, 8192))).numpy()
    assert np.all(encoded == -1)
    assert np.abs(codec.decode(encoded)).max() < 1e-4


def test_values_below_the_range_are_silence_too():
    assert np.all(CODECS["bins"].magnitudes(np.full((1, *CODECS["bins"].shape), -1.1)) == 0)


@pytest.mark.parametrize("level_db", [0.0, -6.0, -40.0])
def test_values_are_decibels_below_a_full_scale_sine(level_db):
    codec = CODECS["bins"]
    hz = 20 * RATE / 256
    sine = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(8192) / RATE)
    loudest = codec.encode(sine[None]).numpy()[0, 64].max()
    assert loudest == pytest.approx(1 + 2 * level_db / 75, abs=0.005)


def test_frame_and_bin_stand_where_the_sound_is():
    click = np.zeros((1, 8192), np.float32)
    click[0, 40 * 64 + 32] = 1.0  # the middle of frame 40
    frames = CODECS["bins"].encode(click).numpy()[0].mean(axis=1)
    assert frames.argmax() == 40
    sine = np.sin(2 * np.pi * 1000 * np.arange(8192) / RATE)[None]
    assert CODECS["bins"].encode(sine).numpy()[0, 64].argmax() == 1000 * 256 / RATE


@pytest.mark.parametrize("name", ["bins", "short window"])
def test_magnitudes_undo_the_encoding_down_to_the_floor(name, noise):
    codec = CODECS[name]
    sound = np.tile(noise, 4) * [[1.0], [0.1], [0.01]]
    pad = (codec.n_fft - codec.hop_length) // 2
    padded = np.pad(sound, [(0, 0), (pad, pad)]).astype(np.float32)
    expected = np.abs(librosa_stft(padded, codec.n_fft, codec.hop_length, codec.win_length))
    found = codec.magnitudes(codec.encode(sound)).numpy()
    assert np.all(found[..., -1] == 0)  # what the spectrogram leaves out
    np.testing.assert_allclose(found[..., :-1], expected[..., :-1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name, within_db", [("bins", -15.0), ("short window", -15.0)])
def test_decoded_sounds_have_the_spectrum_that_was_encoded(name, within_db, vowels):
    codec = CODECS[name]
    wanted = codec.magnitudes(codec.encode(vowels)).numpy()
    found = codec.magnitudes(codec.encode(codec.decode(codec.encode(vowels)))).numpy()
    assert 20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted)) < within_db


def test_decoding_mel_keeps_the_mel_spectrum_and_the_level(vowels):
    codec = CODECS["mel"]
    decoded = codec.decode(codec.encode(vowels)).numpy()
    wanted, found = (spectral.mel(w, RATE, 512, 128, 64, 40.0).numpy() for w in (vowels, decoded))
    assert np.linalg.norm(found - wanted) < 0.35 * np.linalg.norm(wanted)
    np.testing.assert_allclose(np.std(decoded, 1), np.std(vowels, 1), rtol=0.15)


def test_decoding_is_repeatable_and_blind_to_neighbours(vowels):
    codec = CODECS["bins"]
    encoded = codec.encode(vowels)
    np.testing.assert_array_equal(codec.decode(encoded), codec.decode(encoded))
    np.testing.assert_allclose(codec.decode(encoded)[1:], codec.decode(encoded[1:]), atol=1e-4)


def test_clips_of_another_length_are_refused():
    with pytest.raises(ValueError, match="8000 samples, need 8192"):
        CODECS["bins"].encode(np.zeros((1, 8000)))


@pytest.mark.parametrize("samples, n_fft", [(8200, 256), (8192, 255)])
def test_codecs_whose_frames_do_not_fit_the_clip_are_refused(samples, n_fft):
    with pytest.raises(ValueError, match=f"samples={samples} must be a multiple of hop_length=64"):
        spectral.LogSpectrogram(RATE, samples, n_fft, 64)
