"""Sound in and out of files, and the operations on clips."""

import io
import struct

import librosa
import numpy as np
import pytest
import soundfile

from audiogan_lib import audio

RATE = 16000


@pytest.fixture
def noise():
    return np.random.default_rng(0).uniform(-0.9, 0.9, RATE).astype(np.float32)


def sine(frequency_hz, sample_rate, duration_s=1.0):
    return np.sin(2 * np.pi * frequency_hz * np.arange(int(duration_s * sample_rate)) / sample_rate)


def strongest_hz(waveform, sample_rate):
    magnitude = np.abs(np.fft.rfft(waveform))
    return np.fft.rfftfreq(len(waveform), 1 / sample_rate)[magnitude.argmax()]


# --- files ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".wav", ".flac", ".WAV"])
def test_what_is_written_is_read_back_to_half_a_step_of_16_bits(tmp_path, noise, ending):
    audio.write(tmp_path / f"noise{ending}", noise, RATE)
    waveform, sample_rate = audio.read(tmp_path / f"noise{ending}")
    assert sample_rate == RATE
    assert waveform.dtype == np.float32
    np.testing.assert_allclose(waveform, noise, atol=0.5 / 32768 + 1e-9)


def test_samples_round_to_the_nearest_of_16_bits():
    steps = audio.to_int16(np.array([-1, -0.6 / 32768, 0, 0.4 / 32768, 0.6 / 32768, 1]))
    np.testing.assert_array_equal(steps, [-32768, -1, 0, 0, 1, 32767])
    assert steps.dtype == np.int16


@pytest.mark.parametrize(
    "format, subtype", [("WAV", "FLOAT"), ("FLAC", "PCM_24"), ("OGG", "VORBIS"), ("MP3", None)]
)
def test_common_formats_keep_pitch_rate_and_length(tmp_path, format, subtype):
    path = tmp_path / f"tone.{format.lower()}"
    soundfile.write(path, 0.5 * sine(440, 44100), 44100, subtype, format=format)
    waveform, sample_rate = audio.read(path, sample_rate=RATE)
    assert sample_rate == RATE
    assert strongest_hz(waveform, RATE) == pytest.approx(440, abs=1)
    assert len(waveform) == pytest.approx(RATE, abs=0.05 * RATE)
    assert np.abs(waveform).max() == pytest.approx(0.5, abs=0.02)


def test_channels_are_averaged(tmp_path, noise):
    soundfile.write(tmp_path / "a.wav", np.stack([noise, 0.5 * noise], 1), RATE, "FLOAT")
    np.testing.assert_allclose(audio.read(tmp_path / "a.wav")[0], 0.75 * noise, atol=1e-6)


@pytest.mark.parametrize("seconds", [0.5, 2.0, 3.7])
@pytest.mark.parametrize("target_rate", [8000, 16000, 22050])
def test_a_file_read_in_blocks_is_the_file_resampled_at_once(
    tmp_path, monkeypatch, seconds, target_rate
):
    monkeypatch.setattr(audio, "BLOCK_S", 0.5)
    waveform = np.random.default_rng(1).uniform(-0.9, 0.9, int(seconds * RATE)).astype(np.float32)
    soundfile.write(tmp_path / "a.wav", waveform, RATE, "FLOAT")
    expected = librosa.resample(waveform, orig_sr=RATE, target_sr=target_rate)
    blocks = list(audio.blocks(tmp_path / "a.wav", target_rate))
    assert len(blocks) > seconds / 0.5 - 1
    np.testing.assert_allclose(np.concatenate(blocks), expected, atol=1e-6)
    np.testing.assert_array_equal(audio.read(tmp_path / "a.wav", target_rate)[0], expected)


def test_an_open_file_is_read_like_a_path(noise):
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, "FLOAT", format="WAV")
    np.testing.assert_array_equal(audio.read(file)[0], noise)


def wav_bytes(waveform, subtype="PCM_16"):
    file = io.BytesIO()
    soundfile.write(file, waveform, RATE, subtype, format="WAV")
    return file.getvalue()


def test_a_wav_that_was_streamed_with_unknown_size_is_read(noise):
    data = bytearray(wav_bytes(noise))
    place = data.index(b"data") + 4
    data[place : place + 4] = struct.pack("<I", 0xFFFFFFFF)
    assert len(audio.read(io.BytesIO(data))[0]) == len(noise)


def test_chunks_before_the_sound_do_not_hide_that_it_is_truncated(noise):
    data = wav_bytes(noise)
    place = data.index(b"data")
    note = b"note" + struct.pack("<I", 3) + b"abc\0"  # of odd length, so padded
    assert len(audio.read(io.BytesIO(data[:place] + note + data[place:]))[0]) == len(noise)
    with pytest.raises(audio.AudioError, match="300 bytes are missing"):
        audio.read(io.BytesIO(data[:place] + note + data[place:-300]))


def bad_files(noise):
    flac = io.BytesIO()
    soundfile.write(flac, noise, RATE, format="FLAC")
    with_nan, with_inf = noise.copy(), noise.copy()
    with_nan[-1], with_inf[0] = np.nan, np.inf
    return {
        "empty.wav": (b"", "empty"),
        "text.wav": (b"dear diary, " * 99, "not a sound file"),
        "text.raw": (b"dear diary, " * 99, "not a sound file"),
        "header.wav": (wav_bytes(noise)[:20], "not a sound file"),
        "half.wav": (wav_bytes(noise)[:16022], "truncated: 16022 bytes are missing"),
        "half.flac": (flac.getvalue()[: len(flac.getvalue()) // 2], "damaged"),
        "nan.wav": (wav_bytes(with_nan, "FLOAT"), "NaN"),
        "infinite.wav": (wav_bytes(with_inf, "FLOAT"), "infinite"),
    }


@pytest.mark.parametrize("name", bad_files(np.zeros(9, np.float32)))
def test_a_bad_file_is_named_with_the_reason(tmp_path, noise, name):
    data, reason = bad_files(noise)[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(audio.AudioError, match=reason) as caught:
        audio.read(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {caught.value.reason}"


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(audio.AudioError, match="no such file"):
        audio.read(tmp_path / "none.wav")
    with pytest.raises(audio.AudioError, match="is a folder"):
        audio.read(tmp_path)


@pytest.mark.parametrize(
    "waveform, message",
    [
        (np.zeros((2, 9)), r"\(2, 9\)"),
        (np.array([0, np.nan]), "NaN"),
        (np.array([0, 1.5]), "peak of 1.5"),
    ],
)
def test_what_is_no_waveform_is_not_written(tmp_path, waveform, message):
    with pytest.raises(ValueError, match=message):
        audio.write(tmp_path / "a.wav", waveform, RATE)
    assert not list(tmp_path.iterdir())


def test_only_wav_and_flac_are_written(tmp_path, noise):
    with pytest.raises(ValueError, match=r"must end in .wav or .flac, received 'a.mp3'"):
        audio.write(tmp_path / "a.mp3", noise, RATE)


def test_writing_into_no_folder_is_refused(tmp_path, noise):
    with pytest.raises(FileNotFoundError, match=r"a folder that exists, received .*none/a.wav"):
        audio.write(tmp_path / "none" / "a.wav", noise, RATE)


def test_both_formats_hold_the_nearest_steps_of_16_bits(tmp_path):
    steps = np.array([0.4, 0.6, -0.4, -0.6, 40000])
    for ending in (".wav", ".flac"):
        audio.write(tmp_path / f"a{ending}", np.clip(steps / 32768, -1, 1), RATE)
        read, _ = soundfile.read(tmp_path / f"a{ending}", dtype="int16")
        np.testing.assert_array_equal(read, [0, 1, 0, -1, 32767])


def test_a_write_that_breaks_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, noise):
    audio.write(tmp_path / "a.wav", noise, RATE)
    before = (tmp_path / "a.wav").read_bytes()

    def break_off(path, *_, **__):
        path.write_bytes(b"RIFF")
        raise OSError("no space left")

    monkeypatch.setattr(soundfile, "write", break_off)
    with pytest.raises(OSError, match="no space left"):
        audio.write(tmp_path / "a.wav", 0 * noise, RATE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == before


# --- clips ---------------------------------------------------------------------------------------


def test_resampling_agrees_with_librosa_and_keeps_the_pitch():
    tone = sine(1000, 44100).astype(np.float32)
    ours = audio.resample(tone, 44100, RATE)
    np.testing.assert_allclose(
        ours, librosa.resample(tone, orig_sr=44100, target_sr=RATE), atol=1e-6
    )
    assert strongest_hz(ours, RATE) == pytest.approx(1000, abs=1)
    assert audio.resample(tone, 44100, 44100) is tone


def test_a_short_clip_is_padded_at_its_end():
    np.testing.assert_array_equal(audio.fit_length([1, 2], 4), [1, 2, 0, 0])
    np.testing.assert_array_equal(audio.fit_length([[1, 2]], 3), [[1, 2, 0]])


def test_a_long_clip_fades_over_the_last_64th_and_is_cut():
    clips = audio.fit_length(np.ones((2, 1000)), 256)
    assert clips.shape == (2, 256)
    np.testing.assert_array_equal(clips[:, :252], 1)
    np.testing.assert_allclose(clips[0, 252:], [1, 2 / 3, 1 / 3, 0], atol=1e-6)


def test_cutting_leaves_the_original_alone(noise):
    before = noise.copy()
    audio.fit_length(noise, 100)
    np.testing.assert_array_equal(noise, before)


def test_each_clip_gets_its_own_peak_and_silence_stays(noise):
    scaled = audio.normalize_peak(np.stack([noise, 0.01 * noise, 0 * noise]), peak=0.5)
    np.testing.assert_allclose(np.abs(scaled).max(axis=1), [0.5, 0.5, 0])
    assert scaled.dtype == np.float32


def test_levels_of_known_signals():
    square, tone = np.tile([1, -1], 8000), sine(100, RATE)
    levels = audio.level_db(np.stack([square, tone, 0.1 * tone, 0 * tone]))
    np.testing.assert_allclose(levels, [0, -3.0103, -23.0103, -np.inf], atol=1e-4)
