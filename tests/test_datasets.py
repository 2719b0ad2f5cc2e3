"""Data sets: shipped, downloaded, from a folder; and batches of them."""

import csv
import dataclasses
import gzip
import hashlib
import io
import os
import socket
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from archive_server import tar_bytes

from audiogan_lib import _archives, _downloads, audio, datasets

RATE = 16000


def tone(frequency_hz, sample_rate=RATE, duration_s=1.0, level=0.5):
    times = np.arange(int(duration_s * sample_rate)) / sample_rate
    return (level * np.sin(2 * np.pi * frequency_hz * times)).astype(np.float32)


def wav_bytes(waveform, sample_rate=RATE):
    file = io.BytesIO()
    soundfile.write(file, waveform, sample_rate, "PCM_16", format="WAV")
    return file.getvalue()


def strongest_hz(clip, sample_rate=RATE):
    return np.abs(np.fft.rfft(clip)).argmax() * sample_rate / len(clip)


# --- the data set itself -------------------------------------------------------------------------


@pytest.fixture
def small():
    return datasets.Dataset(
        name="small",
        waveforms=np.arange(8, dtype=np.float32).reshape(4, 2),
        labels=np.array([0, 1, 2, 0]),
        label_names=("a", "b", "c"),
        sample_rate=8000,
        columns={"split": np.array(["train", "test", "train", "train"]), "take": np.arange(4)},
    )


def test_a_split_has_its_own_rows_of_everything(small):
    train = small.split("train")
    assert len(train) == 3
    np.testing.assert_array_equal(train.waveforms, [[0, 1], [4, 5], [6, 7]])
    np.testing.assert_array_equal(train.labels, [0, 2, 0])
    np.testing.assert_array_equal(train.columns["take"], [0, 2, 3])
    assert train.label_names == ("a", "b", "c")


def test_clips_are_selected_by_mask_or_position(small):
    np.testing.assert_array_equal(small.select(small.labels == 0).columns["take"], [0, 3])
    np.testing.assert_array_equal(small.select([2, 1]).labels, [2, 1])


def test_an_unknown_split_is_answered_with_the_known(small):
    with pytest.raises(ValueError, match=r"one of 'test', 'train', received 'dev'"):
        small.split("dev")


def test_a_data_set_introduces_itself(small):
    assert repr(small) == "<Dataset 'small': 4 clips of 2 samples at 8000 Hz, 3 labels>"


def test_an_unknown_name_is_answered_with_the_known():
    with pytest.raises(ValueError, match=r"folder or one of 'drums', .*'fsdd', .*received 'bells'"):
        datasets.load("bells")


def test_an_unknown_option_is_answered_with_the_known(tmp_path):
    with pytest.raises(TypeError, match=r"'nsynth' are 'limit', 'sources', received 'samples'"):
        datasets.load("nsynth", samples=9)
    with pytest.raises(TypeError, match=r"'sample_rate', 'samples', .* received 'rate'"):
        datasets.load(tmp_path, rate=8000)


# --- shipped -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", datasets.SHIPPED)
def test_a_shipped_data_set_is_whole(name):
    dataset = datasets.load(name)
    sample_rate, samples = datasets.SHIPPED[name]
    assert dataset.sample_rate == sample_rate
    assert dataset.waveforms.shape == (len(dataset), samples)
    assert dataset.waveforms.dtype == np.float32
    assert (np.abs(dataset.waveforms).max(axis=1) > 0.01).all()
    assert np.abs(dataset.waveforms).max() <= 1
    for split in ("train", "test"):
        part = dataset.split(split)
        np.testing.assert_array_equal(np.unique(part.labels), range(len(dataset.label_names)))
    assert len(dataset.split("train")) + len(dataset.split("test")) == len(dataset)


def test_packed_clips_are_cut_where_the_index_says(tmp_path, monkeypatch):
    sound = np.random.default_rng(0).integers(-9999, 9999, 700).astype(np.int16)
    (tmp_path / "robot_digits").mkdir()
    soundfile.write(tmp_path / "robot_digits" / "ann.flac", sound[:400], 8000)
    soundfile.write(tmp_path / "robot_digits" / "bob.flac", sound[400:], 8000)
    rows = [
        ["ann.flac", 0, 150, "10", "train", "ann", 60, 0.75],
        ["bob.flac", 100, 200, "9", "test", "bob", 62, 1],
        ["ann.flac", 150, 250, "9", "train", "ann", 64, 1.5],
    ]
    header = ["file", "start", "samples", "label", "split", "voice", "pitch", "rate"]
    with (tmp_path / "robot_digits" / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    monkeypatch.setattr(datasets, "SOUNDS", tmp_path)
    dataset = datasets.load("robot_digits")
    assert dataset.label_names == ("9", "10")  # numbers by value
    np.testing.assert_array_equal(dataset.labels, [1, 0, 0])
    expected = np.zeros((3, 8192))
    expected[0, :150], expected[1, :200], expected[2, :250] = (
        sound[:150],
        sound[500:],
        sound[150:400],
    )
    np.testing.assert_array_equal(dataset.waveforms * 32768, expected)
    columns = {name: values.tolist() for name, values in dataset.columns.items()}
    assert columns == {
        "split": ["train", "test", "train"],
        "voice": ["ann", "bob", "ann"],
        "pitch": [60, 62, 64],
        "rate": [0.75, 1.0, 1.5],
    }


# --- FSDD, the real one --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fsdd():
    archive = Path(os.environ.get("AUDIOGAN_DATA", "")) / _archives.FSDD.filename
    if not archive.is_file():
        pytest.skip(f"no folder AUDIOGAN_DATA with {archive.name}")
    return datasets.load("fsdd")


def test_fsdd_has_its_official_split(fsdd):
    assert fsdd.waveforms.shape == (3000, 8192)
    assert fsdd.sample_rate == 8000
    assert fsdd.label_names == tuple("0123456789")
    test = fsdd.split("test")
    found = set(zip(test.labels, test.columns["speaker"], test.columns["take"], strict=True))
    speakers = "george", "jackson", "lucas", "nicolas", "theo", "yweweler"
    assert found == {(d, s, t) for d in range(10) for s in speakers for t in range(5)}
    assert len(fsdd.split("train")) == 2700


def test_fsdd_clips_are_the_recordings(fsdd):
    with_name = _downloads.members(
        _downloads.fetch(_archives.FSDD), lambda name: name.endswith("/7_lucas_3.wav")
    )
    ((_, file),) = with_name
    recording, _ = soundfile.read(file, dtype="float32")
    columns = fsdd.columns
    (row,) = np.flatnonzero(
        (fsdd.labels == 7) & (columns["speaker"] == "lucas") & (columns["take"] == 3)
    )
    np.testing.assert_array_equal(fsdd.waveforms[row, : len(recording)], recording)
    assert not fsdd.waveforms[row, len(recording) :].any()


def test_as_many_fsdd_clips_are_cut_as_the_docstring_says(fsdd):
    sizes = [
        soundfile.info(file).frames
        for _, file in _downloads.members(_downloads.fetch(_archives.FSDD), _downloads.is_wav)
    ]
    assert sum(size > 8192 for size in sizes) == 17
    assert "17 of FSDD's 3000" in datasets.__doc__


# --- the layouts of the three, from a server that fails ------------------------------------------


def fsdd_archive():
    rng = np.random.default_rng(0)
    names = [f"{d}_{s}_{t}" for d in (0, 7) for s in ("ann", "bob") for t in (0, 4, 5, 49)]
    files = {
        f"set-26eb/recordings/{n}.wav": wav_bytes(rng.normal(0, 0.1, 900), 8000) for n in names
    }
    lines = sorted(
        f"{Path(name).name} {hashlib.sha256(content).hexdigest()}\n"
        for name, content in files.items()
    )
    digest = hashlib.sha256("".join(lines).encode()).hexdigest()
    data = tar_bytes({"set-26eb/README.md": b"read me"} | files)
    return data, dataclasses.replace(_archives.FSDD, recordings_sha256=digest)


def speech_commands_archive():
    rng = np.random.default_rng(1)
    files = {"./testing_list.txt": b"bed/0a_nohash_0.wav\ntwo/0a_nohash_0.wav\n"}
    for word in ("bed", "two", "zero"):
        for speaker in ("0a", "0b", "0c"):
            clip = wav_bytes(rng.normal(0, 0.1, 900))
            files[f"./{word}/{speaker}_nohash_0.wav"] = clip
    files["./_background_noise_/pink.wav"] = wav_bytes(rng.normal(0, 0.1, 900))
    files["./validation_list.txt"] = b"zero/0b_nohash_0.wav\n"
    data = tar_bytes(files)
    digest = hashlib.sha256(data).hexdigest()
    return data, dataclasses.replace(_archives.SPEECH_COMMANDS, sha256=digest)


def nsynth_archive():
    rng = np.random.default_rng(2)
    names = [
        "bass_synthetic_033-100-050",
        "vocal_acoustic_000-024-127",
        "synth_lead_acoustic_1-024-25",
    ]
    files = {f"nsynth-valid/audio/{n}.wav": wav_bytes(rng.normal(0, 0.1, 20000)) for n in names}
    data = tar_bytes({"nsynth-valid/examples.json": b"{}"} | files)
    return data, dataclasses.replace(
        _archives.NSYNTH["validation"], sha256=hashlib.sha256(data).hexdigest()
    )


ARCHIVES = {
    "fsdd": fsdd_archive,
    "speech_commands": speech_commands_archive,
    "nsynth": nsynth_archive,
}


def at(server, name, source):
    """Return the options that make `load` take an archive from the test's server."""
    source = dataclasses.replace(source, url=server.url + source.filename)
    return {"sources": {"validation": source}} if name == "nsynth" else {"source": source}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_download_that_breaks_half_way_is_resumed_and_loaded(server, cache, name):
    data, source = ARCHIVES[name]()
    server.data, server.breaks = data, [len(data) // 2]
    dataset = datasets.load(name, **at(server, name, source))
    assert [r.get("Range") for r in server.requests] == [None, f"bytes={len(data) // 2}-"]
    assert (cache / source.filename).read_bytes() == data
    again = datasets.load(name, **at(server, name, source))
    assert len(server.requests) == 2
    np.testing.assert_array_equal(again.waveforms, dataset.waveforms)


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_download_with_a_wrong_byte_is_refused_and_removed(server, cache, name):
    data, source = ARCHIVES[name]()
    place = len(data) // 2
    server.data = data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]
    with pytest.raises(_downloads.DownloadError, match="has been removed; load again"):
        datasets.load(name, **at(server, name, source))
    assert not list(cache.iterdir())
    server.data = data
    assert len(datasets.load(name, **at(server, name, source)))


@pytest.mark.parametrize("name", ARCHIVES)
def test_without_a_network_one_sentence_says_what_to_do(server, cache, name):
    _, source = ARCHIVES[name]()
    with socket.socket() as taken:  # bound but not listening: it refuses connections
        taken.bind(("127.0.0.1", 0))
        server.url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(_downloads.DownloadError, match=r"no connection\. .* AUDIOGAN_DATA"):
            datasets.load(name, **at(server, name, source))


def test_fsdd_is_split_by_take(server, cache):
    server.data, source = fsdd_archive()
    dataset = datasets.load("fsdd", **at(server, "fsdd", source))
    assert dataset.label_names == ("0", "7")
    assert set(dataset.split("test").columns["take"]) == {0, 4}
    assert set(dataset.split("train").columns["take"]) == {5, 49}


def test_fsdd_compressed_anew_by_its_host_is_still_accepted(server, cache):
    data, source = fsdd_archive()
    server.data = gzip.compress(gzip.decompress(data), compresslevel=1)
    assert server.data != data
    assert len(datasets.load("fsdd", **at(server, "fsdd", source))) == 16


def test_speech_commands_gives_digits_by_the_archives_own_lists(server, cache):
    server.data, source = speech_commands_archive()
    dataset = datasets.load("speech_commands", **at(server, "speech_commands", source))
    assert dataset.waveforms.shape == (6, 16384)
    assert dataset.label_names == _archives.DIGIT_WORDS
    assert set(dataset.labels) == {0, 2}
    rows = zip(dataset.labels, dataset.columns["speaker"], dataset.columns["split"], strict=True)
    assert sorted(rows) == [
        (0, "0a", "train"),
        (0, "0b", "validation"),
        (0, "0c", "train"),
        (2, "0a", "test"),
        (2, "0b", "train"),
        (2, "0c", "train"),
    ]


def test_speech_commands_without_its_lists_is_refused(server, cache):
    server.data = tar_bytes({"./zero/0a_nohash_0.wav": wav_bytes(tone(99))})
    source = dataclasses.replace(
        _archives.SPEECH_COMMANDS, sha256=hashlib.sha256(server.data).hexdigest()
    )
    with pytest.raises(
        _downloads.DownloadError, match=r"no testing_list.txt and no validation_list"
    ):
        datasets.load("speech_commands", **at(server, "speech_commands", source))


def test_nsynth_is_labelled_by_pitch_and_its_notes_are_cut(server, cache):
    server.data, source = nsynth_archive()
    dataset = datasets.load("nsynth", **at(server, "nsynth", source))
    assert dataset.label_names == ("24", "100")
    np.testing.assert_array_equal(dataset.labels, [1, 0, 0])
    np.testing.assert_array_equal(dataset.columns["velocity"], [50, 127, 25])
    assert list(dataset.columns["family"]) == ["bass", "vocal", "synth_lead"]
    assert list(dataset.columns["origin"]) == ["synthetic", "acoustic", "acoustic"]
    assert dataset.waveforms.shape == (3, 16384)
    assert (dataset.waveforms[:, -1] == 0).all()


def test_nsynth_fetches_only_the_split_that_is_asked_for_and_stops_at_the_limit(server, cache):
    server.data, _ = nsynth_archive()
    sources = {
        split: dataclasses.replace(source, url=server.url + source.filename)
        for split, source in _archives.NSYNTH.items()
    }
    dataset = datasets.load("nsynth", split="test", sources=sources, limit=2)
    assert server.paths == ["/nsynth-test.jsonwav.tar.gz"]
    assert list(dataset.columns["split"]) == ["test", "test"]
    assert len(datasets.load("nsynth", sources=sources, limit=1)) == 3
    assert sorted(set(server.paths)) == [
        "/nsynth-test.jsonwav.tar.gz",
        "/nsynth-train.jsonwav.tar.gz",
        "/nsynth-valid.jsonwav.tar.gz",
    ]
    with pytest.raises(ValueError, match=r"one of 'train', 'validation', 'test', received 'dev'"):
        datasets.load("nsynth", split="dev", sources=sources)
    with pytest.raises(ValueError, match="limit must be at least 1, received 0"):
        datasets.load("nsynth", split="test", sources=sources, limit=0)


# --- a folder ------------------------------------------------------------------------------------


def write(path, waveform, sample_rate=RATE, subtype=None, format=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, waveform, sample_rate, subtype, format=format)
    return path


def bad_folder(folder):
    """Fill a folder with what cannot be used; return what must be said of each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("This is a letter, not a sound. " * 50)
    (folder / "truncated.wav").write_bytes(wav_bytes(tone(440))[:20000])
    write(folder / "10ms.wav", tone(440, duration_s=0.01))
    write(folder / "zeros.wav", np.zeros(RATE))
    with_nan = tone(440, duration_s=12)  # longer than one block
    with_nan[-5] = np.nan
    write(folder / "nan.wav", with_nan, subtype="FLOAT")
    (folder / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(99))
    return {
        "empty.wav": "the file is empty",
        "text.wav": "not a sound file",
        "truncated.wav": "truncated: 12044 bytes",
        "10ms.wav": "too short: 10 ms of sound, at least 20 are needed",
        "zeros.wav": "silent: nothing in it is above -60 dB",
        "nan.wav": "NaN",
        "phone.m4a": "not a sound file",
    }


def good_folder(folder):
    """Fill a folder with a tone of 440 Hz in every usable form; return the clips of each."""
    write(folder / "good.wav", tone(440))
    write(folder / "good.flac", tone(440))
    write(folder / "good.ogg", tone(440), format="OGG", subtype="VORBIS")
    write(folder / "good.MP3", tone(440), format="MP3")
    write(folder / "rate.wav", tone(440, sample_rate=96000), 96000)
    channels = tone(440)[:, None] * np.linspace(0, 1, 8)
    write(folder / "channels.wav", channels)
    write(folder / "minutes.wav", tone(440, duration_s=600))
    singles = "good.wav", "good.flac", "good.ogg", "good.MP3", "rate.wav", "channels.wav"
    return dict.fromkeys(singles, 1) | {"minutes.wav": 500}


def load_quietly(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return datasets.load(*arguments, **options)


def test_a_folder_of_horrors_names_the_bad_and_uses_the_good(tmp_path):
    expected = bad_folder(tmp_path / "sounds")
    clips = good_folder(tmp_path / "sounds")
    (tmp_path / "sounds" / "notes.txt").write_text("no sound, and not called one")
    with pytest.warns(UserWarning, match=r"\.(wav|m4a): ") as warned:
        dataset = datasets.load(tmp_path / "sounds")

    reasons = {Path(path).name: reason for path, reason in dataset.skipped}
    assert reasons.pop("minutes.wav") == "only its first 500 clips are used (max_clips)"
    assert set(reasons) == set(expected)
    for name, reason in expected.items():
        assert reason in reasons[name]
    messages = {str(warning.message) for warning in warned}
    assert messages == {f"{path}: {reason}" for path, reason in dataset.skipped}
    assert {warning.filename for warning in warned} == {__file__}

    files, counts = np.unique(dataset.columns["file"], return_counts=True)
    assert dict(zip(files, counts, strict=True)) == clips
    assert dataset.waveforms.shape == (506, 16384)
    assert dataset.label_names == ("sounds",)
    for clip in dataset.waveforms:
        assert strongest_hz(clip) == pytest.approx(440, abs=2)
    mixed = dataset.waveforms[dataset.columns["file"] == "channels.wav"]
    assert np.abs(mixed).max() == pytest.approx(0.25, abs=0.01)


def test_a_folder_with_nothing_usable_says_so_in_one_sentence(tmp_path):
    bad = bad_folder(tmp_path / "sounds")
    with pytest.raises(
        ValueError, match=f"no usable sound: {len(bad)} files were skipped"
    ) as caught:
        load_quietly(tmp_path / "sounds")
    assert str(caught.value).count(". ") == 0
    (tmp_path / "none").mkdir()
    with pytest.raises(ValueError, match=r"none' holds no sound files$"):
        datasets.load(tmp_path / "none")


def test_sub_folders_are_labels_and_hidden_files_are_passed_over(tmp_path):
    write(tmp_path / "cat" / "deep" / "1.wav", tone(300))
    write(tmp_path / "dog" / "1.flac", tone(600))
    write(tmp_path / "loose.wav", tone(900))
    write(tmp_path / "dog" / "._1.wav", tone(1200))
    write(tmp_path / ".trash" / "1.wav", tone(1200))
    dataset = load_quietly(tmp_path)
    found = {
        dataset.label_names[label]: strongest_hz(clip)
        for label, clip in zip(dataset.labels, dataset.waveforms, strict=True)
    }
    assert found == pytest.approx({"cat": 300, "dog": 600, tmp_path.name: 900}, abs=1)
    assert not dataset.skipped


def test_a_long_file_is_cut_into_consecutive_clips(tmp_path):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * 4096 + 1500).astype(np.float32)
    write(tmp_path / "a.wav", sound, subtype="FLOAT")
    dataset = datasets.load(tmp_path, samples=4096)
    assert len(dataset) == 3
    np.testing.assert_array_equal(dataset.waveforms.ravel()[: len(sound)], sound)
    assert not dataset.waveforms.ravel()[len(sound) :].any()


def test_a_rest_shorter_than_a_quarter_of_a_clip_is_dropped(tmp_path):
    write(tmp_path / "a.wav", tone(440)[: 4096 + 1000], subtype="FLOAT")
    assert len(datasets.load(tmp_path, samples=4096)) == 1


def test_pauses_are_passed_over_so_that_each_clip_begins_with_sound(tmp_path):
    hit = np.full(1000, 0.5, np.float32)
    pause = np.zeros(30000, np.float32)
    write(tmp_path / "a.wav", np.concatenate([pause, hit, pause, hit, pause]), subtype="FLOAT")
    dataset = datasets.load(tmp_path, samples=8192)
    assert len(dataset) == 2
    np.testing.assert_array_equal(dataset.waveforms[:, :1000], 0.5)
    assert not dataset.waveforms[:, 1000:].any()


def test_silence_does_not_make_a_short_sound_longer(tmp_path):
    write(tmp_path / "a.wav", np.pad(tone(440, duration_s=0.005), 8000))
    with pytest.raises(ValueError, match="no usable sound"), pytest.warns(match="5 ms of sound"):
        datasets.load(tmp_path)


def test_a_file_gives_at_most_max_clips_and_says_so(tmp_path):
    path = write(tmp_path / "a.wav", tone(440, duration_s=3))
    with pytest.warns(UserWarning, match="only its first 2 clips are used"):
        dataset = datasets.load(tmp_path, samples=8192, max_clips=2)
    assert len(dataset) == 2
    assert dataset.skipped == ((str(path), "only its first 2 clips are used (max_clips)"),)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(datasets.load(tmp_path, samples=24000, max_clips=2)) == 2


def test_clips_beyond_full_scale_are_scaled_down(tmp_path):
    write(tmp_path / "a.wav", tone(440, level=4.0), subtype="FLOAT")
    assert np.abs(datasets.load(tmp_path).waveforms).max() == pytest.approx(1)


def test_a_folder_is_split_by_file_and_by_seed(tmp_path):
    for number in range(20):
        write(tmp_path / f"{number}.wav", tone(440, duration_s=0.5))
    dataset = datasets.load(tmp_path, samples=2048)
    files = {split: set(dataset.split(split).columns["file"]) for split in ("train", "test")}
    assert (len(files["train"]), len(files["test"])) == (18, 2)
    assert not files["train"] & files["test"]
    assert len(dataset) == 20 * 4
    again = datasets.load(tmp_path, split="test", samples=2048)
    assert set(again.columns["file"]) == files["test"]
    others = [
        set(datasets.load(tmp_path, split="test", samples=2048, seed=seed).columns["file"])
        for seed in (1, 2)
    ]
    assert files["test"] not in others


def test_one_file_alone_is_for_training(tmp_path):
    write(tmp_path / "a.wav", tone(440))
    assert list(datasets.load(tmp_path).columns["split"]) == ["train"]
    with pytest.raises(ValueError, match=r"one of 'train', received 'test'"):
        datasets.load(tmp_path, split="test")


@pytest.mark.parametrize("option", ["sample_rate", "samples", "max_clips"])
def test_numbers_of_a_folder_must_be_positive(tmp_path, option):
    with pytest.raises(ValueError, match=f"{option} must be at least 1, received 0"):
        datasets.load(tmp_path, **{option: 0})


def test_a_long_file_is_never_held_at_full_rate(tmp_path, monkeypatch):
    write(tmp_path / "a.wav", np.tile(tone(440, 48000, 5.0)[:, None], (6, 4)), 48000)
    sizes = []
    blocks = audio.blocks
    monkeypatch.setattr(audio, "blocks", lambda *a: (sizes.append(len(b)) or b for b in blocks(*a)))
    datasets.load(tmp_path)
    assert len(sizes) == 4
    assert max(sizes) < 11 * RATE


# --- batches -------------------------------------------------------------------------------------


def take(count, *arrays, **options):
    stream = datasets.batches(arrays, **options).take(count)
    return [tuple(tensor.numpy() for tensor in batch) for batch in stream]


def test_each_epoch_is_a_new_permutation_of_all_clips():
    seen = np.concatenate([batch for (batch,) in take(9, np.arange(12), batch_size=4)])
    epochs = seen.reshape(3, 12)
    np.testing.assert_array_equal(np.sort(epochs, axis=1), np.tile(np.arange(12), (3, 1)))
    assert len({tuple(epoch) for epoch in epochs}) == 3


def test_a_batch_runs_over_into_the_next_epoch():
    seen = np.concatenate([batch for (batch,) in take(10, np.arange(7), batch_size=3)])
    assert [sorted(seen[start : start + 7]) for start in (0, 7, 14)] == [list(range(7))] * 3


def test_a_resumed_stream_goes_on_where_it_would_have_been():
    options = {"batch_size": 5, "seed": 3}
    whole = take(20, np.arange(13), **options)
    rest = take(8, np.arange(13), first_step=12, **options)
    np.testing.assert_array_equal(rest, whole[12:])
    np.testing.assert_array_equal(take(20, np.arange(13), **options), whole)


def test_arrays_stay_together_and_keep_their_types():
    waveforms = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    for clips, labels in take(5, waveforms, np.arange(6), batch_size=4):
        np.testing.assert_array_equal(clips, waveforms[labels])
        assert (clips.dtype, labels.dtype) == (np.float32, np.int64)


def test_fewer_clips_than_one_batch_are_repeated():
    ((batch,),) = take(1, np.arange(3), batch_size=8)
    np.testing.assert_array_equal(np.bincount(batch[:6]), [2, 2, 2])


@pytest.mark.parametrize("seed", [-1, 1, 2**31 - 1])
def test_seeds_give_different_orders(seed):
    ((first,),) = take(1, np.arange(50), batch_size=50)
    ((other,),) = take(1, np.arange(50), batch_size=50, seed=seed)
    assert (first != other).any()


def test_the_order_is_the_same_on_every_machine_and_version():
    ((batch,),) = take(1, np.arange(10), batch_size=20, seed=1)
    np.testing.assert_array_equal(
        batch, [9, 6, 8, 7, 1, 2, 3, 5, 4, 0, 6, 5, 2, 4, 1, 3, 7, 0, 9, 8]
    )


def test_a_stream_far_into_training_starts_at_once():
    ((batch,),) = take(1, np.arange(10), batch_size=10, first_step=10**12)
    assert sorted(batch) == list(range(10))


@pytest.mark.parametrize(
    "arrays, options, message",
    [
        ([np.zeros(3), np.zeros(4)], {"batch_size": 2}, r"\[\(3,\), \(4,\)\]"),
        ([np.zeros((0, 5))], {"batch_size": 2}, r"\(0, 5\)"),
        ([], {"batch_size": 2}, r"received shapes \[\]"),
        ([np.zeros(3)], {"batch_size": 2, "seed": 2**31}, "seed must .* received 2147483648"),
        ([np.zeros(3)], {"batch_size": 0}, "received 0 and 0"),
        ([np.zeros(3)], {"batch_size": 2, "first_step": -1}, "received 2 and -1"),
    ],
)
def test_what_makes_no_batches_is_refused(arrays, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.batches(arrays, **options)
