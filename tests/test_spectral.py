"""Spectra against librosa, phase recovery, and the codec between sound and network."""

from dataclasses import replace

import librosa
import numpy as np
import pytest

from audiogan_lib import datasets, metrics, spectral

RATE, NOTES_RATE = 8000, 16000


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
    actual = np.abs(spectral.stft(waveforms, n_fft, hop_length))
    return 20 * np.log10(np.linalg.norm(actual - magnitudes) / np.linalg.norm(magnitudes))


# --- transforms ----------------------------------------------------------------------------------

SHAPES = pytest.mark.parametrize(
    "n_fft, hop_length, win_length", [(256, 64, None), (256, 64, 200), (512, 200, 511)]
)


@SHAPES
def test_stft_is_that_of_librosa(noise, n_fft, hop_length, win_length):
    actual = spectral.stft(noise, n_fft, hop_length, win_length).numpy()
    assert actual.shape == (3, 1 + (2048 - n_fft) // hop_length, 1 + n_fft // 2)
    expected = librosa_stft(noise, n_fft, hop_length, win_length)
    np.testing.assert_allclose(actual, expected, atol=2e-5)


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
    actual = spectral.istft(spectra.astype(np.complex64), 256, 64).numpy()
    expected = librosa.istft(spectra.swapaxes(1, 2), n_fft=256, hop_length=64, center=False)
    assert actual.shape == expected.shape == (2, 256 + 19 * 64)
    np.testing.assert_allclose(actual[:, 64:-64], expected[:, 64:-64], atol=1e-5)


def test_samples_that_no_window_reaches_are_zero(noise):
    spectra = spectral.stft(noise, 64, 96)  # gaps of 32 samples between frames
    sound = spectral.istft(spectra, 64, 96).numpy()
    assert np.all(sound[:, 64:96] == 0)
    np.testing.assert_allclose(sound[:, 100:156], noise[:, 100:156], atol=1e-5)


@pytest.mark.parametrize("fmin, fmax", [(0.0, None), (40.0, 3500.0)])
def test_mel_is_that_of_librosa(noise, fmin, fmax):
    actual = spectral.mel(noise, RATE, 512, 128, 40, fmin, fmax).numpy()
    options = {"n_fft": 512, "hop_length": 128, "n_mels": 40, "fmin": fmin, "fmax": fmax}
    expected = librosa.feature.melspectrogram(
        y=noise, sr=RATE, power=1, center=False, **options
    ).swapaxes(1, 2)
    np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.mark.parametrize("shared", [spectral.mel_matrix(RATE, 256, 20), spectral.hann_window(256)])
def test_what_all_share_cannot_be_changed_by_accident(shared):
    with pytest.raises(ValueError, match="read-only"):
        shared[0] = 1.0


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
    assert kept[:, [192, -193]].all()
    assert error_db(magnitudes, kept, 512, 128) < error_db(magnitudes, cut, 512, 128) - 1


@pytest.mark.parametrize("margin", [-1, 320])
def test_a_margin_leaves_something_between_the_ends(margin):
    with pytest.raises(ValueError, match=f"margin={margin}: must be 0 or more, and less than half"):
        spectral.griffin_lim(np.ones((1, 2, 257), np.float32), 512, 128, margin=margin)


# --- every codec ---------------------------------------------------------------------------------

EVERY = {
    "waveform": spectral.WaveformCodec(8192),
    "bins": spectral.LogSpectrogram(RATE, 8192, 256, 64),
    "short window": spectral.LogSpectrogram(RATE, 8192, 512, 128, win_length=400),
    "mel": spectral.LogSpectrogram(RATE, 8192, 512, 128, n_mels=64, fmin=40.0, floor_db=-80.0),
    "pitched": spectral.PitchedSpectrogram(NOTES_RATE, 8192, 1024, 256),
    "phases": spectral.InstantaneousFrequency(8192, 512, 128),
    "phases in short windows": spectral.InstantaneousFrequency(8192, 512, 128, win_length=400),
}
EVERY_CODEC = pytest.mark.parametrize("codec", EVERY.values(), ids=EVERY)
NAMES = ["48", "55"]


@EVERY_CODEC
def test_every_codec_keeps_shape_and_range(codec, vowels):
    encoded = np.asarray(codec.encode(vowels, NAMES))
    assert encoded.shape == (2, *codec.shape)
    assert encoded.dtype == np.float32
    assert np.abs(encoded).max() <= 1
    decoded = np.asarray(codec.decode(encoded, NAMES))
    assert decoded.shape == vowels.shape
    assert decoded.dtype == np.float32
    assert np.abs(decoded).max() <= 1


@EVERY_CODEC
def test_silence_is_what_every_codec_says_and_stays_silent(codec):
    encoded = np.asarray(codec.encode(np.zeros((2, 8192)), NAMES))
    levels = encoded.reshape(2, *codec.shape[:2], -1)[..., 0]
    assert np.all(levels == codec.silence)
    for drawn in (encoded, np.full_like(encoded, codec.silence)):
        assert np.abs(codec.decode(drawn, NAMES)).max() < 1e-4


@EVERY_CODEC
def test_a_sound_does_not_depend_on_its_neighbours_and_comes_out_twice_alike(codec, vowels):
    encoded = np.asarray(codec.encode(vowels, NAMES))
    decoded = np.asarray(codec.decode(encoded, NAMES))
    np.testing.assert_array_equal(decoded, codec.decode(encoded, NAMES))
    alone = codec.decode(codec.encode(vowels[1:], NAMES[1:]), NAMES[1:])
    np.testing.assert_allclose(decoded[1:], alone, atol=1e-4)


@EVERY_CODEC
def test_clips_of_another_length_are_refused(codec):
    with pytest.raises(ValueError, match=r"need .*8192"):
        codec.encode(np.zeros((2, 8000)), NAMES)


def test_a_waveform_stays_as_it_is(vowels):
    codec = EVERY["waveform"]
    np.testing.assert_array_equal(codec.encode(vowels), vowels[..., None])
    np.testing.assert_array_equal(codec.decode(codec.encode(vowels)), vowels)


def test_pitches_may_be_words_or_numbers_and_must_be_there(vowels):
    codec = EVERY["pitched"]
    spectrograms = codec.encode(vowels, NAMES)
    np.testing.assert_array_equal(spectrograms, codec.encode(vowels, [48, 55]))
    assert np.abs(spectrograms - codec.encode(vowels, [55, 48])).max() > 0.1
    np.testing.assert_array_equal(
        codec.decode(spectrograms, NAMES), codec.decode(spectrograms, np.array([48, 55]))
    )
    for labels, message in ((None, "its MIDI pitch"), (["kick", "55"], "such as '60'.*kick")):
        for turn, examples in ((codec.encode, vowels), (codec.decode, spectrograms)):
            with pytest.raises(ValueError, match=message):
                turn(examples, labels)


# --- log-magnitudes ------------------------------------------------------------------------------


def test_values_below_the_range_are_silence_too():
    assert np.all(EVERY["bins"].magnitudes(np.full((1, *EVERY["bins"].shape), -1.1)) == 0)


@pytest.mark.parametrize(
    "name, level_db", [("bins", 0.0), ("bins", -6.0), ("bins", -40.0), ("short window", -6.0)]
)
def test_values_are_decibels_below_a_full_scale_sine(name, level_db):
    codec = EVERY[name]
    hz = 20 * RATE / codec.n_fft
    sine = 10 ** (level_db / 20) * np.sin(2 * np.pi * hz * np.arange(8192) / RATE)
    loudest = codec.encode(sine[None]).numpy()[0, 32].max()
    assert loudest == pytest.approx(1 + 2 * level_db / 75, abs=0.005)


def test_frame_and_bin_stand_where_the_sound_is():
    click = np.zeros((1, 8192), np.float32)
    click[0, 40 * 64 + 32] = 1.0  # the middle of frame 40
    frames = EVERY["bins"].encode(click).numpy()[0].mean(axis=1)
    assert frames.argmax() == 40
    sine = np.sin(2 * np.pi * 1000 * np.arange(8192) / RATE)[None]
    assert EVERY["bins"].encode(sine).numpy()[0, 64].argmax() == 1000 * 256 / RATE


@pytest.mark.parametrize("name", ["bins", "short window"])
def test_magnitudes_undo_the_encoding_down_to_the_floor(name, noise):
    codec = EVERY[name]
    sound = np.tile(noise, 4) * [[1.0], [0.1], [0.01]]
    pad = (codec.n_fft - codec.hop_length) // 2
    padded = np.pad(sound, [(0, 0), (pad, pad)]).astype(np.float32)
    expected = np.abs(librosa_stft(padded, codec.n_fft, codec.hop_length, codec.win_length))
    actual = codec.magnitudes(codec.encode(sound)).numpy()
    assert np.all(actual[..., -1] == 0)  # what the spectrogram leaves out
    np.testing.assert_allclose(actual[..., :-1], expected[..., :-1], rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name, within_db", [("bins", -15.0), ("short window", -15.0)])
def test_decoded_sounds_have_the_spectrum_that_was_encoded(name, within_db, vowels):
    codec = EVERY[name]
    wanted = codec.magnitudes(codec.encode(vowels)).numpy()
    actual = codec.magnitudes(codec.encode(codec.decode(codec.encode(vowels)))).numpy()
    assert 20 * np.log10(np.linalg.norm(actual - wanted) / np.linalg.norm(wanted)) < within_db


def test_bands_are_weighted_means_of_the_bins_between_the_asked_frequencies(noise):
    codec = replace(EVERY["mel"], samples=2048, fmin=500.0, fmax=3000.0)
    matrix = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=64, fmin=500.0, fmax=3000.0).T
    magnitudes = np.abs(librosa_stft(np.pad(noise, [(0, 0), (192, 192)]), 512, 128)) / 128
    floor = 10 ** (-80 / 20)
    levels = 1 - 2 * np.log(magnitudes @ (matrix / matrix.sum(0)) + floor) / np.log(floor)
    np.testing.assert_allclose(codec.encode(noise), levels, atol=1e-4)


def test_a_mel_is_imposed_through_the_codecs_own_window(vowels):
    codec = replace(EVERY["mel"], win_length=400)
    kept = codec.impose(vowels, codec.encode(vowels), 4)
    assert np.linalg.norm(kept - vowels) < 0.02 * np.linalg.norm(vowels)


def test_decoding_mel_keeps_the_mel_spectrum_and_the_level(vowels):
    codec = EVERY["mel"]
    decoded = codec.decode(codec.encode(vowels)).numpy()
    wanted, actual = (spectral.mel(w, RATE, 512, 128, 64, 40.0).numpy() for w in (vowels, decoded))
    assert np.linalg.norm(actual - wanted) < 0.35 * np.linalg.norm(wanted)
    np.testing.assert_allclose(np.std(decoded, 1), np.std(vowels, 1), rtol=0.15)


@pytest.mark.parametrize("samples, n_fft", [(8200, 256), (8192, 255)])
def test_codecs_whose_frames_do_not_fit_the_clip_are_refused(samples, n_fft):
    with pytest.raises(ValueError, match=f"samples={samples} must be a multiple of hop_length=64"):
        spectral.LogSpectrogram(RATE, samples, n_fft, 64)


# --- spectrograms at a pitch ---------------------------------------------------------------------

SAMPLES = 16384  # at 16 kHz
PITCHED = spectral.PitchedSpectrogram(NOTES_RATE, SAMPLES, n_fft=1024, hop_length=256)


def tones(pitches, level=0.1):
    """Notes of seven harmonics, the k-th of amplitude level / k."""
    time_s = np.arange(SAMPLES) / NOTES_RATE
    turns = librosa.midi_to_hz(np.array(pitches, float))[:, None] * time_s
    return level * sum(np.sin(2 * np.pi * k * turns + k * k) / k for k in range(1, 8))


def ripple_db(sounds):
    """Spread of the level over time, the ends of the clip aside."""
    frames = sounds[:, 1024:-1024].reshape(len(sounds), -1, 512)
    return np.std(10 * np.log10(np.mean(frames**2, axis=-1)), axis=1)


def test_windows_hold_powers_of_two_of_the_period():
    for pitch in range(36, 109):
        n_fft, periods = PITCHED.window(pitch)
        assert periods == 4 * 2 ** ((pitch - 36) // 12)
        assert 512 < n_fft <= 1024
        assert n_fft == pytest.approx(periods * NOTES_RATE / librosa.midi_to_hz(pitch), abs=1)


@pytest.mark.parametrize("pitch", [35, 120])
def test_a_pitch_that_no_window_fits_is_refused(pitch):
    with pytest.raises(ValueError, match=f"pitch={pitch}"):
        PITCHED.window(pitch)


def test_harmonics_stand_at_the_same_bins_in_all_keys_of_an_octave():
    spectrograms = PITCHED.encode(tones([48, 53, 59]), [48, 53, 59])
    assert spectrograms.shape == (3, *PITCHED.shape)
    middle = spectrograms[:, 32]
    for k in range(1, 8):
        level_db = 20 * np.log10(0.1 / k)
        np.testing.assert_allclose(middle[:, 8 * k], 1 + 2 * level_db / 75, atol=0.01)
        assert middle[:, 8 * k + 4].max() < middle[:, 8 * k].min() - 2 * 25 / 75  # 25 dB
    assert spectrograms[2, :, 518 // 2 :].max() == -1  # above half the sample rate


def test_steady_tones_come_back_without_warble_at_the_pitch_that_is_asked_for():
    pitches, others = [50, 71], [57, 66]
    spectrograms = PITCHED.encode(tones(pitches), pitches)
    sounds, moved = (PITCHED.decode(spectrograms, asked) for asked in (pitches, others))
    errors = metrics.pitch_errors(np.concatenate([sounds, moved]), NOTES_RATE, pitches + others)
    assert np.abs(errors).max() < 6  # what YIN itself errs
    assert ripple_db(sounds).max() < 0.3
    options = {"iterations": PITCHED.iterations}
    invented = spectral.LogSpectrogram(NOTES_RATE, SAMPLES, 1024, 256, **options)
    warbling = invented.decode(invented.encode(tones(pitches))).numpy()
    assert ripple_db(warbling).mean() > 3 * ripple_db(sounds).mean()


def test_phases_of_steady_tones_are_right_from_the_start():
    pitches = [50, 64, 71, 76]
    spectrograms = PITCHED.encode(tones(pitches), pitches)
    again = PITCHED.encode(replace(PITCHED, iterations=0).decode(spectrograms, pitches), pitches)
    errors = np.abs(again - spectrograms)[:, 4:-4]
    assert errors[spectrograms[:, 4:-4] > -0.5].max() < 0.05


def test_wrong_shapes_are_named():
    with pytest.raises(ValueError, match="hop_length=250"):
        spectral.PitchedSpectrogram(NOTES_RATE, SAMPLES, 1024, 250)
    with pytest.raises(ValueError, match=r"need \(1, 16384\)"):
        PITCHED.encode(np.zeros((1, 8000)), [60])
    with pytest.raises(ValueError, match=r"need \(2, 64, 512\)"):
        PITCHED.decode(np.zeros((1, 64, 512)), [60, 61])


def test_griffin_lim_starts_from_the_phases_it_is_given():
    sound = np.random.default_rng(0).uniform(-0.9, 0.9, (2, 2048)).astype(np.float32)
    spectra = spectral.stft(sound, 256, 64).numpy()
    actual = spectral.griffin_lim(np.abs(spectra), 256, 64, 0, start=np.angle(spectra)).numpy()
    np.testing.assert_allclose(actual[:, 12:-12], sound[:, 12:-12], atol=1e-3)


# --- levels and instantaneous frequencies --------------------------------------------------------

PHASES = {
    "fine": spectral.InstantaneousFrequency(16384, 1024, 256),
    "short": spectral.InstantaneousFrequency(16384, 512, 128),
    "short window": spectral.InstantaneousFrequency(8192, 512, 128, win_length=400),
}
EACH_PHASES = pytest.mark.parametrize("codec", PHASES.values(), ids=PHASES)


def sine(codec, hz, level=0.5, phase=0.0):
    time_s = np.arange(codec.samples) / NOTES_RATE
    return (level * np.cos(2 * np.pi * hz * time_s + phase)).astype(np.float32)[None]


def signal_to_noise_db(sounds, copies):
    noise = np.sum((sounds - copies) ** 2, axis=1)
    return 10 * np.log10(np.sum(sounds**2, axis=1) / noise)


@pytest.mark.parametrize("hz", [437.5, 440.0, 1000.0, 3000.0, 7900.0])
@pytest.mark.parametrize("hop_length", [128, 256])
def test_a_steady_sine_has_the_offset_of_its_frequency_in_every_bin_it_fills(hz, hop_length):
    codec = spectral.InstantaneousFrequency(16384, 1024, hop_length)
    encoded = codec.encode(sine(codec, hz)).numpy()[0]
    middle = round(hz * 1024 / NOTES_RATE)
    filled = encoded[8:-8, middle - 1 : middle + 2]
    assert filled[..., 0].min() > 0.4  # above -23 dB
    turns = hz * hop_length / NOTES_RATE
    offset = 2 * (turns - round(turns))
    difference = (filled[..., 1] - offset + 1) % 2 - 1  # 1 and -1 are one frequency
    assert np.abs(difference).max() < 0.002


def test_the_first_frame_keeps_its_phase():
    codec = PHASES["short"]
    sound = np.random.default_rng(0).uniform(-0.9, 0.9, (1, codec.samples)).astype(np.float32)
    frame = np.pad(sound[0], (192, 0))[:512] * np.hanning(513)[:-1]
    expected = np.angle(np.fft.rfft(frame))[1:-1] / np.pi
    np.testing.assert_allclose(codec.encode(sound)[0, 0, 1:, 1], expected, atol=1e-4)


@EACH_PHASES
def test_sounds_come_back_as_they_were(codec):
    rng = np.random.default_rng(1)
    spectra = np.fft.rfft(rng.normal(size=(3, codec.samples)))
    spectra[:, int(0.9 * spectra.shape[1]) :] = 0  # nothing near half the sample rate
    noise = np.fft.irfft(spectra)
    sounds = np.float32(noise / np.abs(noise).max(1, keepdims=True) * [[0.9], [0.3], [0.03]])
    copies = codec.decode(codec.encode(sounds)).numpy()
    assert copies.shape == sounds.shape
    inside = slice(64, -64) if codec.win_length else slice(None)  # where the window reaches
    assert signal_to_noise_db(sounds[:, inside], copies[:, inside]).min() > 70


def test_shipped_notes_come_back_with_a_signal_to_noise_ratio_of_65_db():
    notes = datasets.load("notes", split="test").waveforms[::3]
    for name in ("fine", "short"):
        copies = PHASES[name].decode(PHASES[name].encode(notes)).numpy()
        assert signal_to_noise_db(notes, copies).min() > 65


def test_magnitudes_are_those_of_the_log_spectrogram():
    notes = datasets.load("notes", split="test").waveforms[:4]
    logs = spectral.LogSpectrogram(NOTES_RATE, 16384, 1024, 256).encode(notes)
    np.testing.assert_array_equal(PHASES["fine"].encode(notes)[..., 0], logs)


def test_a_flat_frequency_is_heard_as_a_sine():
    codec = PHASES["fine"]
    image = np.full((1, *codec.shape), -1.0, np.float32)
    hz = 1500.0 + 10.0  # a little off the middle of bin 96
    image[:, :, 95:98, 0] = [0.76, 0.92, 0.76]
    image[:, :, 95:98, 1] = 2 * (hz * 256 / NOTES_RATE - round(hz * 256 / NOTES_RATE))
    sound = codec.decode(image).numpy()[0, 1024:-1024]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 16 * len(sound)))
    assert np.argmax(spectrum) * NOTES_RATE / (16 * len(sound)) == pytest.approx(hz, abs=0.5)


def test_what_does_not_fit_is_refused():
    codec = PHASES["short"]
    with pytest.raises(ValueError, match="8000 samples, need 16384"):
        codec.encode(np.zeros((1, 8000)))
    with pytest.raises(ValueError, match=r"images: shape \(128, 256\), need \(128, 256, 2\)"):
        codec.decode(np.zeros((1, 128, 256)))
    with pytest.raises(ValueError, match="samples=16400 must be a multiple of hop_length=128"):
        spectral.InstantaneousFrequency(16400, 512, 128)
    with pytest.raises(ValueError, match="n_fft - hop_length = 383 must be even"):
        spectral.InstantaneousFrequency(16384, 511, 128)
    with pytest.raises(ValueError, match="hop_length=512: must be less than the window's 512"):
        spectral.InstantaneousFrequency(16384, 512, 512)
