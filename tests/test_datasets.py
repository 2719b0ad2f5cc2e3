"""Data sets: what they all are, those that are shipped and those that are downloaded."""

import csv
import dataclasses
import gzip
import hashlib
import os
import socket
from pathlib import Path

import numpy as np
import pytest
import soundfile
from archive_server import tar_bytes
from tones import tone, wav_bytes

from audiogan_lib import datasets
from audiogan_lib.datasets import downloads, public

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
    archive = Path(os.environ.get("AUDIOGAN_DATA", "")) / public.FSDD.filename
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
    with_name = downloads.members(
        downloads.fetch(public.FSDD), lambda name: name.endswith("/7_lucas_3.wav")
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
        for _, file in downloads.members(downloads.fetch(public.FSDD), downloads.is_wav)
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
    return data, dataclasses.replace(public.FSDD, recordings_sha256=digest)


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
    return data, dataclasses.replace(public.SPEECH_COMMANDS, sha256=digest)


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
        public.NSYNTH["validation"], sha256=hashlib.sha256(data).hexdigest()
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
    with pytest.raises(downloads.DownloadError, match="has been removed; load again"):
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
        with pytest.raises(downloads.DownloadError, match=r"no connection\. .* AUDIOGAN_DATA"):
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
    assert dataset.label_names == public.DIGIT_WORDS
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
        public.SPEECH_COMMANDS, sha256=hashlib.sha256(server.data).hexdigest()
    )
    with pytest.raises(
        downloads.DownloadError, match=r"no testing_list.txt and no validation_list"
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
        for split, source in public.NSYNTH.items()
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
