"""Sound in and out of files, and the operations on clips."""

import io
import os
import pickle
import re
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
    monkeypatch.setattr("audiogan_lib.audio.reading.BLOCK_S", 0.5)
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


@pytest.mark.parametrize("shape", [(8,), (2, 8, 9), (1000, 2), (9, 8)])
def test_what_is_no_batch_of_clips_is_refused(shape):
    with pytest.raises(ValueError, match=re.escape(f"(clips, samples), received {shape}")):
        audio.as_clips(np.zeros(shape))


@pytest.mark.parametrize("shape", [(0, 8), (8, 8), (2, 1000), (9, 9)])
def test_a_batch_of_clips_is_taken_as_it_is(shape):
    clips = np.zeros(shape)
    assert audio.as_clips(clips) is clips


# --- headers that are wrong ----------------------------------------------------------------------


FORMATS = [
    ("WAV", "PCM_16"), ("WAV", "FLOAT"), ("WAVEX", "PCM_24"), ("RF64", "PCM_16"), ("W64", "PCM_16"),
    ("AIFF", "PCM_16"), ("AIFF", "FLOAT"), ("AU", "PCM_16"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"),
    ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", "MPEG_LAYER_III"),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*bytes are missing")
@pytest.mark.parametrize("format, subtype", FORMATS)
def test_wherever_a_file_is_cut_off_it_is_refused_or_hardly_shorter(noise, format, subtype):
    file = io.BytesIO()
    soundfile.write(file, noise[: RATE // 4], RATE, subtype, format=format)
    data, whole = file.getvalue(), len(audio.read(file)[0])
    refused = 0
    for cut in range(0, len(data) - 1, 64):
        try:
            assert len(audio.read(io.BytesIO(data[:cut]))[0]) > whole - 1152
        except audio.AudioError:
            refused += 1
    assert refused >= len(data) // 64 - 4


def test_an_empty_chunk_of_a_caf_does_not_hide_that_it_is_truncated(noise):
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, "PCM_16", format="CAF")
    data = file.getvalue()
    place = data.index(b"free")
    data = data[:place] + b"free" + bytes(8) + data[place:]
    assert len(audio.read(io.BytesIO(data))[0]) == len(noise)
    with pytest.raises(audio.AudioError, match="truncated: 2000 bytes are missing"):
        audio.read(io.BytesIO(data[:-2000]))


def test_a_long_au_that_is_cut_off_is_refused():
    file = io.BytesIO()
    soundfile.write(file, np.zeros(4_500_000, np.int16), RATE, format="AU")
    with pytest.raises(audio.AudioError, match="truncated: 4500000 bytes are missing"):
        audio.read(io.BytesIO(file.getvalue()[:-4_500_000]))


def test_an_ogg_without_its_last_page_is_refused(noise):
    file = io.BytesIO()
    soundfile.write(file, np.tile(noise, 3), RATE, "VORBIS", format="OGG")
    data = file.getvalue()
    last = data.rindex(b"OggS")
    going_on = data[: last + 5] + b"\1" + data[last + 6 :]
    for cut in (data[:last], going_on):
        with pytest.raises(audio.AudioError, match="the last page of the OGG is missing"):
            audio.read(io.BytesIO(cut))


@pytest.mark.parametrize("kind, missing", [("MP3", 1000), ("W64", 1000), ("OGG", 1)])
def test_what_is_missing_is_counted_to_the_byte(tmp_path, noise, kind, missing):
    path = tmp_path / f"a.{kind.lower()}"
    soundfile.write(path, noise, RATE, format=kind)
    tag = b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + bytes(7)  # and what is neither tag nor frame
    data = (tag if kind == "MP3" else b"") + path.read_bytes()
    path.write_bytes(data)
    assert len(audio.read(path)[0]) == pytest.approx(len(noise), abs=3 * 1152)
    path.write_bytes(data[:-missing])
    with pytest.raises(audio.AudioError, match=f"truncated: {missing} bytes are missing"):
        audio.read(path)


def test_a_cut_mp3_is_known_by_its_tag_alone(noise):
    data = b"ID3\3\0\0\0\0\0\x0a" + bytes(10) + mp3_bytes(noise)
    with pytest.raises(audio.AudioError, match="truncated: 2000 bytes are missing"):
        audio.read(io.BytesIO(data[:-2000]))


def little(number):
    return struct.pack("<I", number)


def with_size(data, size, before=b""):
    """Return a WAV with another size of its sound, and with other chunks before it."""
    place = data.index(b"data")
    return data[:place] + before + b"data" + little(size) + data[place + 8 :]


@pytest.mark.parametrize("size", [0, 400])
@pytest.mark.parametrize("before", [b"", b"FLLR" + little(4044) + bytes(4044)])
def test_a_wav_that_was_never_closed_is_read_to_its_end(noise, size, before):
    with pytest.warns(UserWarning, match="never closed"):
        waveform, _ = audio.read(io.BytesIO(with_size(wav_bytes(noise), size, before)))
    np.testing.assert_allclose(waveform, noise, atol=1 / 32768)


@pytest.mark.filterwarnings("ignore:.*never closed")
def test_a_short_wav_that_was_never_closed_is_read_too(noise):
    assert len(audio.read(io.BytesIO(with_size(wav_bytes(noise[:99]), 0)))[0]) == 99


def test_a_wav_with_nothing_in_it_but_a_tag_is_empty(noise):
    data = wav_bytes(noise[:0])
    assert len(audio.read(io.BytesIO(data + b"LIST" + little(4) + b"INFO"))[0]) == 0
    assert len(audio.read(io.BytesIO(data + bytes(5000)))[0]) == 0


@pytest.mark.parametrize("extra", [1, 16, 44])
def test_a_recorder_that_counts_its_header_into_the_sound_is_forgiven(noise, extra):
    data = wav_bytes(noise)
    with pytest.warns(UserWarning, match=f"{extra} bytes are missing; it is read to its last"):
        waveform, _ = audio.read(io.BytesIO(with_size(data, len(data) - 44 + extra)))
    np.testing.assert_allclose(waveform, noise, atol=1 / 32768)


def test_a_header_that_leaves_out_most_of_an_aiff_is_named(noise):
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, format="AIFF")
    data = bytearray(file.getvalue())
    place = data.index(b"SSND") + 4
    data[place : place + 4] = struct.pack(">I", 1008)
    with pytest.raises(audio.AudioError, match="leaves out its last 31000 bytes"):
        audio.read(io.BytesIO(data))


@pytest.mark.filterwarnings("ignore:.*never closed")
@pytest.mark.parametrize("format", ["RF64", "W64"])
@pytest.mark.parametrize("size", [0, 400, 1 << 62, (1 << 64) - 1])
def test_a_size_of_64_bits_that_is_wrong_leaves_no_sound_out(noise, format, size):
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, "PCM_16", format=format)
    data = bytearray(file.getvalue())
    place = 28 if format == "RF64" else data.index(b"data") + 16
    data[place : place + 8] = struct.pack("<Q", size)
    try:
        waveform, _ = audio.read(io.BytesIO(data))
    except audio.AudioError:
        assert size > 400
    else:
        np.testing.assert_allclose(waveform, noise, atol=1 / 32768)


@pytest.mark.parametrize("first, second", [(0, 100), (100, 0), (50, 50)])
def test_sound_in_several_chunks_of_which_one_would_be_read_is_refused(noise, first, second):
    parts = [noise[:first], noise[first : first + second]]
    head, *sounds = [wav_bytes(part) for part in (noise[:0], *parts)]
    data = head[:36] + b"".join(sound[36:] for sound in sounds)
    with pytest.raises(audio.AudioError, match="its samples lie in 2 chunks"):
        audio.read(io.BytesIO(data))


def test_a_flac_of_unknown_length_is_read_to_its_end(noise):
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, format="FLAC")
    data = bytearray(file.getvalue())
    data[21] &= 0xF0
    data[22:26] = bytes(4)  # what ffmpeg leaves that writes into a pipe
    np.testing.assert_array_equal(audio.read(io.BytesIO(data))[0], audio.read(file)[0])


def mp3_bytes(waveform, **options):
    file = io.BytesIO()
    soundfile.write(file, waveform, 44100, format="MP3", **options)
    return file.getvalue()


def test_an_mp3_of_varying_bit_rate_without_a_length_is_read_to_its_end(tmp_path, noise):
    loud_then_soft = np.concatenate([noise, noise, 0.001 * sine(200, 44100, 4)])
    data = mp3_bytes(loud_then_soft, bitrate_mode="VARIABLE", compression_level=0.3)
    frames = data.index(data[:2], 200)  # the first one holds nothing but the length
    path = tmp_path / "a.mp3"
    path.write_bytes(data[frames:])
    assert soundfile.info(path).frames < 0.7 * len(loud_then_soft)
    for file in (path, io.BytesIO(data[frames:])):
        waveform, _ = audio.read(file)
        assert len(waveform) == pytest.approx(len(loud_then_soft), abs=3 * 1152)
        assert np.abs(waveform[-44100:]).max() == pytest.approx(0.001, rel=0.3)


def test_an_mp3_with_fraunhofers_header_is_read_to_its_end_and_refused_without(noise):
    plain = mp3_bytes(np.tile(noise, 4), bitrate_mode="VARIABLE")
    frames = plain.index(plain[:2], 200)  # the first one holds nothing but the length
    facts = struct.pack(">4sHHHII", b"VBRI", 1, 0, 50, len(plain), (len(noise) * 4) // 1152 + 1)
    data = (plain[:4] + bytes(32) + facts).ljust(frames, b"\0") + plain[frames:]
    assert len(audio.read(io.BytesIO(data))[0]) == pytest.approx(4 * len(noise), abs=3 * 1152)
    with pytest.raises(audio.AudioError, match=f"{len(data) // 2} bytes are missing"):
        audio.read(io.BytesIO(data[: -(len(data) // 2)]))


def test_tags_around_an_mp3_are_no_sound(noise, recwarn):
    plain = mp3_bytes(noise)
    title = b"ID3\3\0\0\0\2\0\0" + bytes(32768)
    cover = b"ID3\3\0\0\1\0\0\0" + bytes(1 << 21)
    old = b"TAG" + b"\xe9" * 125
    ape = b"APETAGEX" + b"\xff" * 400
    for data in (title + plain, cover + plain, plain + old, plain + ape + old):
        assert len(audio.read(io.BytesIO(data))[0]) == len(audio.read(io.BytesIO(plain))[0])
    flac = io.BytesIO()
    soundfile.write(flac, np.zeros(99), RATE, format="FLAC")
    assert len(audio.read(io.BytesIO(title + flac.getvalue()))[0]) == 99
    assert not recwarn


def test_an_mp3_that_ends_before_its_last_frame_is_refused(noise):
    data = bytearray(mp3_bytes(np.tile(noise, 4)))
    data[data.index(b"Xing") + 7] = 1  # it states frames, but no bytes
    with pytest.raises(audio.AudioError, match=r"damaged: ends after 0\.\d+ s, before 1\.4\d s"):
        audio.read(io.BytesIO(data[: len(data) // 2]))


def test_an_mp3_that_is_damaged_in_places_is_named_once_and_its_decoder_keeps_quiet(noise, capfd):
    data = bytearray(mp3_bytes(np.tile(noise, 8)))
    whole, _ = audio.read(io.BytesIO(data))
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    with pytest.warns(UserWarning, match="damaged in places") as said:
        waveform, _ = audio.read(io.BytesIO(data))
    assert len(said) == 1
    assert 0 < len(whole) - len(waveform) <= 3 * 1152
    junk = io.BytesIO(bytes(mp3_bytes(noise)) + bytes(3000))
    assert len(audio.read(junk)[0]) == len(audio.read(io.BytesIO(mp3_bytes(noise)))[0])
    assert capfd.readouterr().err == ""


def test_what_others_tell_standard_error_while_an_mp3_is_read_is_no_damage(
    noise, capfd, monkeypatch, recwarn
):
    decode = soundfile.SoundFile.read

    def speaking(*arguments, **options):
        os.write(2, b"\r 10% [===\nepoch 3\n\n")
        return decode(*arguments, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", speaking)
    audio.read(io.BytesIO(mp3_bytes(noise)))
    assert not recwarn
    assert capfd.readouterr().err == "\r 10% [===\nepoch 3\n\n"
    data = bytearray(mp3_bytes(np.tile(noise, 8)))
    data[len(data) // 2 : len(data) // 2 + 300] = bytes(300)
    with pytest.warns(UserWarning, match="damaged in places"):
        audio.read(io.BytesIO(data))
    assert capfd.readouterr().err == "\r 10% [===\nepoch 3\n\n"


def test_channels_that_cancel_leave_the_louder_one_from_the_first_sound_on(
    tmp_path, noise, monkeypatch
):
    monkeypatch.setattr("audiogan_lib.audio.reading.BLOCK_S", 0.01)
    for number, left in enumerate([-noise, -0.9 * noise]):
        path = tmp_path / f"{number}.wav"
        sound = np.pad(np.stack([left, noise], 1), ((300, 0), (0, 0)))
        sound[-RATE // 2 :, 0] *= -1  # from there on they do not
        soundfile.write(path, sound, RATE, "FLOAT")
        with pytest.warns(UserWarning, match="channels cancel each other"):
            waveform, _ = audio.read(path)
        np.testing.assert_array_equal(waveform, sound[:, number])


@pytest.mark.parametrize("right", [-0.75, 0.0, 1.0])
def test_channels_that_do_not_cancel_are_averaged_without_a_word(tmp_path, noise, right, recwarn):
    soundfile.write(tmp_path / "a.wav", np.stack([noise, right * noise], 1), RATE, "FLOAT")
    expected = (1 + right) / 2 * noise
    np.testing.assert_allclose(audio.read(tmp_path / "a.wav")[0], expected, atol=1e-6)
    assert not recwarn


def bad_files(noise):
    flac = io.BytesIO()
    soundfile.write(flac, noise, RATE, format="FLAC")
    with_nan, with_inf = noise.copy(), noise.copy()
    with_nan[-1], with_inf[0] = np.nan, np.inf
    return {
        "empty.wav": (b"", "empty"),
        "byte.wav": (b"R", "not a sound file"),
        "no_data.wav": (wav_bytes(noise)[:36], "not a sound file"),
        "text.wav": (b"dear diary, " * 99, "not a sound file"),
        "text.raw": (b"dear diary, " * 99, "not a sound file"),
        "text.mp3": (b"dear diary, " * 99, "no frame of an MP3"),
        "header.wav": (wav_bytes(noise)[:20], r"that can be read \((?!of no known format)"),
        "half.wav": (wav_bytes(noise)[:16022], "truncated: 16022 bytes are missing"),
        "half.flac": (flac.getvalue()[: len(flac.getvalue()) // 2], "damaged"),
        "phone.mp3": (b"\0\0\0\x18ftypM4A " + bytes(5000), "an MP4 or M4A; make a WAV"),
        "tag.mp3": (b"ID3\3\0\0\0\0\x0f\x50" + bytes(2000), "no frame of an MP3"),
        "radio.aac": (b"\xff\xf1" + bytes(99), "an AAC stream"),
        "slow.wav": (wav_bytes(noise).replace(little(RATE), little(9)), "9 Hz is none of sound"),
        "fast.wav": (wav_bytes(noise).replace(little(RATE), little(10**8)), "none of sound"),
        "nan.wav": (wav_bytes(with_nan, "FLOAT"), "NaN"),
        "infinite.wav": (wav_bytes(with_inf, "FLOAT"), "infinite"),
    }


@pytest.mark.parametrize("name", bad_files(np.zeros(9, np.float32)))
def test_a_bad_file_is_named_with_the_reason(tmp_path, noise, name, capfd, recwarn):
    data, reason = bad_files(noise)[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(audio.AudioError, match=reason) as caught:
        audio.read(tmp_path / name)
    assert caught.value.path == str(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: {caught.value.reason}"
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)  # noqa: S301 (ours)
    assert capfd.readouterr().err == ""  # libsndfile's own decoders keep quiet
    assert not recwarn


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(audio.AudioError, match="no such file"):
        audio.read(tmp_path / "none.wav")
    with pytest.raises(audio.AudioError, match="is a folder"):
        audio.read(tmp_path)
    os.mkfifo(tmp_path / "pipe.wav")
    with pytest.raises(audio.AudioError, match="is a pipe or a device"):
        audio.read(tmp_path / "pipe.wav")


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_samples_of_64_bits_keep_what_exceeds_1_and_refuse_what_32_bits_cannot_hold(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.array([0.0, 3.0, -1e-300, 0.25]), RATE, "DOUBLE")
    assert audio.read(path)[0].tolist() == [0.0, 3.0, 0.0, 0.25]
    soundfile.write(path, np.array([0.0, 1e300]), RATE, "DOUBLE")
    with pytest.raises(audio.AudioError, match="NaN or infinite"):
        audio.read(path)


@pytest.mark.parametrize("format", ["RF64", "W64"])
def test_a_header_that_claims_5_gb_is_named_at_once(noise, format):
    file = io.BytesIO()
    soundfile.write(file, noise, RATE, "PCM_16", format=format)
    data = bytearray(file.getvalue())
    place = 28 if format == "RF64" else data.index(b"data") + 16
    data[place : place + 8] = struct.pack("<Q", 5 << 30)
    with pytest.raises(audio.AudioError, match=r"truncated: 53\d{8} bytes are missing"):
        audio.read(io.BytesIO(data))


def test_the_extremes_of_rates_channels_and_lengths_are_read_or_named(tmp_path, noise):
    soundfile.write(tmp_path / "a.wav", np.tile(noise[:, None], (1, 8)), 768_000, "PCM_24")
    waveform, rate = audio.read(tmp_path / "a.wav", RATE)
    assert (rate, len(waveform)) == (RATE, round(len(noise) * RATE / 768_000))
    soundfile.write(tmp_path / "a.wav", noise[:1], RATE, "FLOAT")
    assert audio.read(tmp_path / "a.wav")[0].tolist() == noise[:1].tolist()
    assert len(audio.read(tmp_path / "a.wav", 8000)[0]) <= 1
    soundfile.write(tmp_path / "a.wav", noise, 1)
    with pytest.raises(audio.AudioError, match="a sample rate of 1 Hz is none of sound"):
        audio.read(tmp_path / "a.wav")


def test_a_file_may_grow_while_it_is_read_but_not_shrink(tmp_path, noise, monkeypatch):
    monkeypatch.setattr("audiogan_lib.audio.reading.BLOCK_S", 0.1)
    path = tmp_path / "a.wav"
    soundfile.write(path, noise, RATE, "FLOAT")
    blocks = audio.blocks(path, RATE)
    first = next(blocks)
    with path.open("ab") as file:
        file.write(bytes(8000))
    np.testing.assert_array_equal(np.concatenate([first, *blocks]), noise)
    soundfile.write(path, noise, RATE, "FLOAT")
    blocks = audio.blocks(path, RATE)
    next(blocks)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(audio.AudioError, match=r"ends after 0\.50 s, before 1\.00 s"):
        list(blocks)


def test_a_file_whose_name_is_not_in_utf_8_is_read(tmp_path, noise):
    path = os.path.join(os.fsencode(tmp_path), b"caf\xe9.wav")  # noqa: PTH118
    try:
        with open(path, "wb") as file:  # noqa: PTH123
            file.write(wav_bytes(noise))
    except OSError:
        pytest.skip("this disk takes no such names")
    assert len(audio.read(os.fsdecode(path))[0]) == len(noise)


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


def test_an_empty_flac_is_refused_and_an_empty_wav_is_one(tmp_path):
    with pytest.raises(ValueError, match="a FLAC needs at least one sample, received none"):
        audio.write(tmp_path / "a.flac", [], RATE)
    audio.write(tmp_path / "a.wav", [], RATE)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert soundfile.info(tmp_path / "a.wav").frames == 0


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


def test_the_lowest_rates_are_resampled():
    assert len(audio.resample(np.ones(8, np.float32), 2, 1)) == 4
    assert len(audio.resample(np.ones(8, np.float32), 1, 2)) == 16


@pytest.mark.parametrize("shape", [(2, 44100), (1, 44100), (44100, 2), ()])
def test_only_one_channel_is_resampled(shape):
    with pytest.raises(ValueError, match=r"one channel \(samples,\), received \("):
        audio.resample(np.zeros(shape, np.float32), 44100, RATE)
    with pytest.raises(ValueError, match="rates must be positive, received 44100 and 0"):
        audio.resample(np.zeros(9), 44100, 0)


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
    audio.fit_length(noise, 640)
    np.testing.assert_array_equal(noise, before)


def test_each_clip_gets_its_own_peak_and_silence_stays(noise):
    scaled = audio.normalize_peak(np.stack([noise, 0.01 * noise, 0 * noise]), peak=0.5)
    np.testing.assert_allclose(np.abs(scaled).max(axis=1), [0.5, 0.5, 0])
    assert scaled.dtype == np.float32
    nearly_silent = np.full((1, 4), 1e-45, np.float32)
    assert np.isfinite(audio.normalize_peak(nearly_silent)).all()


def test_levels_of_known_signals():
    square, tone = np.tile([1, -1], 8000), sine(100, RATE)
    levels = audio.level_db(np.stack([square, tone, 0.1 * tone, 0 * tone]))
    np.testing.assert_allclose(levels, [0, -3.0103, -23.0103, -np.inf], atol=1e-4)
