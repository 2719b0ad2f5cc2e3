"""The codec of magnitude and instantaneous frequency: closed forms and exact round trips."""

import numpy as np
import pytest

from audiogan_lib import datasets, spectral

RATE = 16000
CODECS = {
    "fine": spectral.InstantaneousFrequency(16384, 1024, 256),
    "short": spectral.InstantaneousFrequency(16384, 512, 128),
    "short window": spectral.InstantaneousFrequency(8192, 512, 128, win_length=400),
}
EACH_CODEC = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


def sine(codec, hz, level=0.5, phase=0.0):
    time_s = np.arange(codec.samples) / RATE
    return (level * np.cos(2 * np.pi * hz * time_s + phase)).astype(np.float32)[None]


def signal_to_noise_db(sounds, copies):
    noise = np.sum((sounds - copies) ** 2, axis=1)
    return 10 * np.log10(np.sum(sounds**2, axis=1) / noise)


@pytest.mark.parametrize("hz", [437.5, 440.0, 1000.0, 3000.0, 7900.0])
@pytest.mark.parametrize("hop_length", [128, 256])
def test_a_steady_sine_has_the_offset_of_its_frequency_in_every_bin_it_fills(hz, hop_length):
    codec = spectral.InstantaneousFrequency(16384, 1024, hop_length)
    encoded = codec.encode(sine(codec, hz)).numpy()[0]
    middle = round(hz * 1024 / RATE)
    filled = encoded[8:-8, middle - 1 : middle + 2]
    assert filled[..., 0].min() > 0.4  # above -23 dB
    turns = hz * hop_length / RATE
    offset = 2 * (turns - round(turns))
    difference = (filled[..., 1] - offset + 1) % 2 - 1  # 1 and -1 are one frequency
    assert np.abs(difference).max() < 0.002


def test_the_first_frame_keeps_its_phase():
    codec = CODECS["short"]
    sound = np.random.default_rng(0).uniform(-0.9, 0.9, (1, codec.samples)).astype(np.float32)
    frame = np.pad(sound[0], (192, 0))[:512] * np.hanning(513)[:-1]
    expected = np.angle(np.fft.rfft(frame))[1:-1] / np.pi
    np.testing.assert_allclose(codec.encode(sound)[0, 0, 1:, 1], expected, atol=1e-4)


@EACH_CODEC
def test_shape_and_range(codec):
    noise = np.random.default_rng(0).uniform(-1, 1, (2, codec.samples)).astype(np.float32)
    encoded = codec.encode(noise).numpy()
    assert encoded.shape == (2, *codec.shape)
    assert encoded.shape[1:3] == (codec.samples // codec.hop_length, codec.n_fft // 2)
    assert encoded.dtype == np.float32
    assert np.abs(encoded).max() <= 1


@EACH_CODEC
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
    notes = datasets.load("notes", split="test").waveforms
    for name in ("fine", "short"):
        copies = CODECS[name].decode(CODECS[name].encode(notes)).numpy()
        assert signal_to_noise_db(notes, copies).min() > 65


def test_magnitudes_are_those_of_the_log_spectrogram():
    notes = datasets.load("notes", split="test").waveforms[:4]
    logs = spectral.LogSpectrogram(RATE, 16384, 1024, 256).encode(notes)
    np.testing.assert_array_equal(CODECS["fine"].encode(notes)[..., 0], logs)


@EACH_CODEC
def test_silence_is_a_flat_image_and_stays_silent(codec):
    encoded = codec.encode(np.zeros((1, codec.samples))).numpy()
    assert np.all(encoded[..., 0] == -1)
    assert np.all(encoded[..., 1] == 0)
    assert np.all(codec.decode(encoded).numpy() == 0)


def test_a_flat_frequency_is_heard_as_a_sine():
    codec = CODECS["fine"]
    image = np.full((1, *codec.shape), -1.0, np.float32)
    hz = 1500.0 + 10.0  # a little off the middle of bin 96
    image[:, :, 95:98, 0] = [0.76, 0.92, 0.76]
    image[:, :, 95:98, 1] = 2 * (hz * 256 / RATE - round(hz * 256 / RATE))
    sound = codec.decode(image).numpy()[0, 1024:-1024]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), 16 * len(sound)))
    assert np.argmax(spectrum) * RATE / (16 * len(sound)) == pytest.approx(hz, abs=0.5)


def test_sounds_do_not_depend_on_their_neighbours():
    codec = CODECS["short"]
    sounds = np.random.default_rng(0).uniform(-0.5, 0.5, (3, 16384)).astype(np.float32)
    together, alone = codec.encode(sounds)[1:2], codec.encode(sounds[1:2])
    np.testing.assert_allclose(together[..., 0], alone[..., 0], atol=1e-4)
    np.testing.assert_allclose(
        codec.decode(codec.encode(sounds))[1:2], codec.decode(alone), atol=1e-4
    )


def test_what_does_not_fit_is_refused():
    codec = CODECS["short"]
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
