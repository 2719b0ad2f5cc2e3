"""Public data sets over a bad line: resumed, checked, refused. The server is real, on 127.0.0.1."""

import dataclasses
import gzip
import hashlib
import io
import os
import socket
import tarfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pooch
import pytest
import soundfile
from archive_server import Handler, tar_bytes
from tones import tone, wav_bytes

from audiogan_lib import datasets
from audiogan_lib.datasets import downloads, drum_sets, public
from audiogan_lib.datasets.downloads import DownloadError, Source

NAME = "sounds.tar.gz"
DATA = bytes(hashlib.sha256(bytes([i, j])).digest()[0] for i in range(256) for j in range(256))


@pytest.fixture
def source(server, cache):
    server.data = DATA
    return Source(server.url + NAME, NAME, sha256=hashlib.sha256(DATA).hexdigest())


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def ranges(server):
    return [request.get("Range") for request in server.requests]


def test_an_archive_is_downloaded_once_with_a_progress_bar(server, source, cache, capsys):
    path = downloads.fetch(source)
    assert path == cache / NAME
    assert path.read_bytes() == DATA
    assert f"{NAME}: 100%" in capsys.readouterr().err
    assert downloads.fetch(source) == path
    assert ranges(server) == [None]
    assert names(cache) == [NAME]


def test_of_two_that_want_an_archive_at_once_one_downloads_and_the_other_waits(server, source):
    server.wait_s = 0.3
    with ThreadPoolExecutor() as two:
        paths = list(two.map(downloads.fetch, [source, source]))
    assert [path.read_bytes() == DATA for path in paths] == [True, True]
    assert ranges(server) == [None]


def test_a_broken_line_is_taken_up_where_it_broke(server, source):
    server.breaks = [30000, 20000]
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [None, "bytes=30000-", "bytes=50000-"]


def test_a_download_that_failed_goes_on_in_the_next_run(server, source, cache):
    server.breaks = [30000, 0, 0, 0]
    with pytest.raises(DownloadError, match=r"the line broke\. .*is kept"):
        downloads.fetch(source)
    assert (cache / f"{NAME}.part").read_bytes() == DATA[:30000]
    server.requests.clear()
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == ["bytes=30000-"]
    assert names(cache) == [NAME]


def test_every_new_byte_earns_new_tries(server, source):
    server.breaks = [5000] * 13  # far more than the two retries
    assert downloads.fetch(source).read_bytes() == DATA


def test_a_server_without_ranges_sends_all_again(server, source):
    server.takes_range, server.breaks = False, [30000]
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [None, "bytes=30000-"]


def test_a_server_without_ranges_that_always_breaks_is_given_up(server, source):
    server.takes_range, server.breaks = False, [30000] * 99
    with pytest.raises(DownloadError, match="the line broke"):
        downloads.fetch(source)
    assert len(server.requests) == 4


def test_a_server_that_sends_other_bytes_than_asked_for_is_not_believed(server, source, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(DATA[:30000])
    send_response = Handler.send_response

    def shifted(self, status):
        send_response(self, status)
        if status == 206:
            self.send_header("Content-Range", "bytes 7-9/65536")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Handler, "send_response", shifted)
        assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == ["bytes=30000-", None]


def test_a_part_that_was_already_complete_is_taken(server, source, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(DATA)
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [f"bytes={len(DATA)}-"]


def test_a_part_longer_than_the_file_is_started_over(server, source, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(DATA + b"more")
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [f"bytes={len(DATA) + 4}-", None]


def test_a_file_that_changed_since_the_break_is_started_over(server, source):
    server.breaks, server.data, server.etag = [30000] + [0] * 9, b"x" * 70000, '"old"'
    with pytest.raises(DownloadError, match="is kept"):
        downloads.fetch(source)
    server.breaks, server.data, server.etag = [], DATA, '"new"'
    assert downloads.fetch(source).read_bytes() == DATA
    assert server.requests[-1]["If-Range"] == '"old"'


def test_a_server_that_tells_no_length_is_read_to_its_end(server, source):
    server.tells_length = False
    assert downloads.fetch(source).read_bytes() == DATA


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_asked_again(server, source, status):
    server.statuses = [status]
    assert downloads.fetch(source).read_bytes() == DATA


def test_a_missing_page_is_not_asked_for_again(server, source):
    server.statuses = [404] * 9
    with pytest.raises(DownloadError, match="the server answers 404 Not Found"):
        downloads.fetch(source)
    assert len(server.requests) == 1


def test_a_wrong_byte_is_refused_and_the_file_removed(server, source, cache):
    server.data = DATA[:40000] + bytes([DATA[40000] ^ 1]) + DATA[40001:]
    with pytest.raises(DownloadError, match=f"expected {source.sha256} but got .* Load again"):
        downloads.fetch(source)
    assert names(cache) == []
    server.data = DATA
    assert downloads.fetch(source).read_bytes() == DATA


def test_a_file_that_rots_in_the_cache_is_downloaded_again(server, source, cache):
    downloads.fetch(source).write_bytes(DATA[:-1] + b"?")
    assert downloads.fetch(source).read_bytes() == DATA
    assert names(cache) == [NAME]


def test_pooch_alone_would_start_a_broken_archive_over(server, source, cache):
    server.breaks = [30000]
    archives = pooch.create(cache, base_url=server.url, registry={NAME: None}, retry_if_failed=1)
    assert Path(archives.fetch(NAME)).read_bytes() == DATA
    assert ranges(server) == [None, None]  # the reason for a downloader of our own


def test_without_a_network_the_message_says_the_way_out(cache):
    with socket.socket() as taken:  # bound but not listening: refuses connections
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{NAME}"
        with pytest.raises(DownloadError) as caught:
            downloads.fetch(Source(url, NAME))
    message = str(caught.value)
    assert message.startswith(f"{NAME} could not be downloaded from {url}: no connection. ")
    assert message.endswith("let the environment variable AUDIOGAN_DATA name the folder.")
    assert "\n" not in message


# --- trust on first use --------------------------------------------------------------------------


def test_without_a_digest_the_first_download_is_pinned(server, source, cache):
    source = dataclasses.replace(source, sha256=None)
    downloads.fetch(source)
    pin = cache / f"{NAME}.sha256"
    assert pin.read_text().strip() == hashlib.sha256(DATA).hexdigest()
    assert downloads.fetch(source).read_bytes() == DATA

    (cache / NAME).unlink()
    server.data = DATA[:-1] + b"?"
    with pytest.raises(DownloadError) as caught:
        downloads.fetch(source)
    assert f"delete {pin} first" in str(caught.value)
    assert names(cache) == [pin.name]
    pin.unlink()
    assert downloads.fetch(source).read_bytes() == server.data
    pin.write_text("")  # a process was killed while it wrote it
    assert downloads.fetch(source).read_bytes() == server.data


def test_an_archive_packed_anew_is_held_to_its_recordings(server, source, cache):
    files = {"a/1.wav": b"one", "a/2.ogg": b"two"}
    server.data = tar_bytes(files)
    source = dataclasses.replace(source, sha256=None, repacked=True)
    path = downloads.fetch(source)
    assert (cache / f"{NAME}.sha256").read_text().strip() == downloads.recordings_digest(path)
    path.unlink()
    server.data = tar_bytes(files, "w:bz2")  # other bytes, the same recordings
    assert downloads.fetch(source) == path
    path.unlink()
    server.data = tar_bytes(files | {"a/2.ogg": b"too"})
    with pytest.raises(DownloadError, match="It has been removed"):
        downloads.fetch(source)
    assert not path.exists()


# --- the reader's own copies ---------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("AUDIOGAN_DATA", str(folder))
    return folder


@pytest.mark.parametrize("known", [True, False])
def test_an_own_copy_is_used_and_its_folder_left_alone(server, source, cache, own, known):
    source = source if known else dataclasses.replace(source, sha256=None)
    (own / NAME).write_bytes(DATA)
    assert downloads.fetch(source) == own / NAME
    assert names(own) == [NAME]
    assert not server.requests
    assert not cache.exists()


def test_a_wrong_own_copy_is_refused_but_kept(source, own):
    (own / NAME).write_bytes(b"something else")
    with pytest.raises(DownloadError, match=f"{own / NAME} is not what"):
        downloads.fetch(source)
    assert (own / NAME).read_bytes() == b"something else"


def test_without_an_own_copy_the_archive_is_downloaded(source, cache, own):
    assert downloads.fetch(source) == cache / NAME
    assert names(own) == []


def test_an_own_copy_may_lie_unpacked(server, source, own):
    source = dataclasses.replace(source, folder="sounds")
    (own / "sounds" / "b").mkdir(parents=True)
    (own / "sounds" / "b" / "2.wav").write_bytes(b"two")
    (own / "sounds" / "1.flac").write_bytes(b"one")
    (own / "sounds" / "notes.txt").write_bytes(b"text")
    path = downloads.fetch(source)
    assert path == own / "sounds"
    assert not server.requests
    members = [
        (name, file.read()) for name, file in downloads.members(path, downloads.is_recording)
    ]
    assert members == [("1.flac", b"one"), ("b/2.wav", b"two")]


def test_own_copies_must_lie_in_a_folder(source, monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIOGAN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=r"AUDIOGAN_DATA must name a folder, received .*nowhere"):
        downloads.fetch(source)


# --- reading archives ----------------------------------------------------------------------------


def test_members_are_read_in_order_and_nothing_is_extracted(tmp_path, monkeypatch):
    files = {"a/2.wav": b"two", "../../evil.wav": b"evil", "a/notes.txt": b"text", "1.wav": b"one"}
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).write_bytes(tar_bytes(files))
    members = [
        (name, file.read()) for name, file in downloads.members(NAME, downloads.is_recording)
    ]
    assert members == [("a/2.wav", b"two"), ("../../evil.wav", b"evil"), ("1.wav", b"one")]
    assert names(tmp_path) == [NAME]
    assert not (tmp_path.parent.parent / "evil.wav").exists()


def test_links_in_an_archive_are_not_followed(tmp_path):
    link = tarfile.TarInfo("passwd.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / NAME, "w:gz") as archive:
        archive.addfile(link)
    assert list(downloads.members(tmp_path / NAME, lambda name: True)) == []


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_truncated_archive_is_named(tmp_path, keep):
    data = tar_bytes({f"{i}.wav": DATA[i * 9000 :][:9000] for i in range(7)})
    (tmp_path / NAME).write_bytes(data[: int(keep * len(data))])
    with pytest.raises(DownloadError, match=f"{NAME} is not a complete tar archive"):
        list(downloads.members(tmp_path / NAME, downloads.is_recording))


def test_a_digest_over_the_recordings_ignores_compression_and_order_but_not_content(tmp_path):
    def digest(files, **options):
        (tmp_path / NAME).write_bytes(tar_bytes(files, **options))
        return downloads.recordings_digest(tmp_path / NAME)

    files = {"set/1.wav": DATA[:5000], "set/2.wav": DATA[5000:9000], "set/README": b"read me"}
    lines = "".join(
        f"{name} {hashlib.sha256(files[f'set/{name}']).hexdigest()}\n"
        for name in ("1.wav", "2.wav")
    )
    expected = hashlib.sha256(lines.encode()).hexdigest()
    assert digest(files, compresslevel=9) == expected
    assert digest(dict(reversed(files.items())), compresslevel=1) == expected
    assert digest(files, mode="w:xz") == expected
    assert digest(files | {"set/README": b"another"}) == expected
    assert digest(files | {"set/2.wav": DATA[5000:8999] + b"?"}) != expected
    assert digest({"set/1.wav": DATA[:5000]}) != expected


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
    triples = set(zip(test.labels, test.columns["speaker"], test.columns["take"], strict=True))
    speakers = "george", "jackson", "lucas", "nicolas", "theo", "yweweler"
    assert triples == {(d, s, t) for d in range(10) for s in speakers for t in range(5)}
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
        for _, file in downloads.members(downloads.fetch(public.FSDD), downloads.is_recording)
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


def drumkit_archive():
    rng = np.random.default_rng(3)
    names = (
        *("kick/kick1", "kick/kick10", "snare/snare-top2", "snare/snare-bottom2"),
        *("snare/snare-top-off-alt2", "toms/large-tom-under5", "hihat/closed-hihat/chh7"),
        *("rimshot/rimshot1", "sidestick/sidestick-alt1", "gong/wood-stick-hit2"),
    )
    files = {f"kit-c588/{n}.wav": wav_bytes(rng.normal(0, 0.1, 900)) for n in names}
    files["kit-c588/toms/large-tom-under-alt5.wav"] = files["kit-c588/toms/large-tom-under5.wav"]
    files["kit-c588/README.md"] = b"read me"
    return tar_bytes(files), drum_sets.OPEN_SOURCE_DRUMKIT


def machines_archive():
    rng = np.random.default_rng(4)
    names = (
        *("TR-808/kick/bd0010", "TR-808/mid-tom/mt25", "TR-808/conga-mid/mc25", "TR-808/clap/cp"),
        *("LM-2/stick-h", "Micro-Rhythmer-12/univox-oh", "Yamaha-MR10/ohihat"),
        *("Roland-CR-8000/cymball", "MFB-512/hihat-closed"),
        *("Sequential-Circuits-Drumtraks/DT_Openhat", "Sequential-Circuits-Drumtraks/DT_Rimshot"),
    )
    files = {}
    for name in names:
        buffer = io.BytesIO()
        soundfile.write(buffer, rng.normal(0, 0.1, 4000), 44100, format="OGG")
        files[f"drum-machines-a894/{name}.ogg"] = buffer.getvalue()
    files["drum-machines-a894/MFB-512/hihat-closed.wav"] = wav_bytes(rng.normal(0, 0.1, 900))
    return tar_bytes(files), drum_sets.DRUM_MACHINES


ARCHIVES = {
    "fsdd": fsdd_archive,
    "speech_commands": speech_commands_archive,
    "nsynth": nsynth_archive,
}


def at(server, name, source):
    """Return the options that make `load` take an archive from the test's server."""
    source = dataclasses.replace(source, url=server.url + source.filename)
    return {"source": {"validation": source} if name == "nsynth" else source}


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_download_that_breaks_half_way_is_resumed_and_loaded(server, cache, name):
    data, source = ARCHIVES[name]()
    server.data, server.breaks = data, [len(data) // 2]
    dataset = datasets.load(name, **at(server, name, source))
    first, second = [request.get("Range") for request in server.requests]
    assert (first, second[:6]) == (None, "bytes=")
    assert (cache / source.filename).read_bytes() == data
    again = datasets.load(name, **at(server, name, source))
    assert len(server.requests) == 2
    np.testing.assert_array_equal(again.waveforms, dataset.waveforms)


@pytest.mark.parametrize("name", ARCHIVES)
def test_a_download_with_a_wrong_byte_is_refused_and_removed(server, cache, name):
    data, source = ARCHIVES[name]()
    place = len(data) // 2
    server.data = data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :]
    with pytest.raises(downloads.DownloadError, match="oad again"):
        datasets.load(name, **at(server, name, source))
    assert not names(cache)
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


def test_the_drumkit_counts_two_microphones_as_one_recording(server, cache):
    server.data, source = drumkit_archive()
    data = datasets.load("open_source_drumkit", source=at(server, "", source)["source"])
    heard = {
        file: (data.label_names[label], recording, split)
        for file, label, recording, split in zip(
            *(data.columns["file"], data.labels, data.columns["recording"]),
            data.columns["split"],
            strict=True,
        )
    }
    assert heard == {
        "kick1": ("kick", "kick1", "train"),
        "kick10": ("kick", "kick10", "test"),
        "snare-top2": ("snare", "snare2", "train"),
        "snare-bottom2": ("snare", "snare2", "train"),
        "snare-top-off-alt2": ("snare", "snare-off2", "train"),
        "large-tom-under5": ("tom", "large-tom5", "test"),  # the same file again is left out
        "chh7": ("closed_hat", "chh7", "train"),
        "rimshot1": ("snare", "rimshot1", "train"),
        "sidestick-alt1": ("rim", "sidestick1", "train"),
        "wood-stick-hit2": ("gong", "wood-stick-hit2", "train"),
    }
    assert set(data.columns["kit"]) == {"open-source-drumkit"}


def test_drum_machines_are_split_by_machine(server, cache):
    server.data, source = machines_archive()
    data = datasets.load("drum_machines", source=at(server, "", source)["source"])
    heard = {
        recording: (data.label_names[label], kit, split)
        for recording, label, kit, split in zip(
            *(data.columns["recording"], data.labels, data.columns["kit"]),
            data.columns["split"],
            strict=True,
        )
    }
    drumtraks = "Sequential-Circuits-Drumtraks"
    assert heard == {
        "TR-808/kick/bd0010": ("kick", "TR-808", "train"),
        "TR-808/mid-tom/mt25": ("tom", "TR-808", "train"),
        "TR-808/conga-mid/mc25": ("conga", "TR-808", "train"),
        "TR-808/clap/cp": ("clap", "TR-808", "train"),
        "LM-2/stick-h": ("rim", "LM-2", "train"),
        "Micro-Rhythmer-12/univox-oh": ("open_hat", "Micro-Rhythmer-12", "train"),
        "Yamaha-MR10/ohihat": ("open_hat", "Yamaha-MR10", "train"),
        "Roland-CR-8000/cymball": ("crash", "Roland-CR-8000", "test"),
        "MFB-512/hihat-closed": ("closed_hat", "MFB-512", "test"),
        f"{drumtraks}/DT_Openhat": ("open_hat", drumtraks, "test"),
        f"{drumtraks}/DT_Rimshot": ("rim", drumtraks, "test"),
    }
    assert data.waveforms.shape == (11, 16384)


def test_a_hit_begins_where_it_sounds(server, cache):
    rng = np.random.default_rng(5)
    hit = np.concatenate([np.full(3000, 1e-4), rng.normal(0, 0.2, 900)])
    server.data = tar_bytes({"kit-c588/kick/kick1.wav": wav_bytes(hit)})
    data = datasets.load(
        "open_source_drumkit", source=at(server, "", drum_sets.OPEN_SOURCE_DRUMKIT)["source"]
    )
    np.testing.assert_allclose(data.waveforms[0, :900], hit[2984:3884], atol=1e-4)


def test_every_public_clip_names_its_recording(server, cache):
    wanted = {
        "fsdd": "0_ann_0",
        "speech_commands": "two/0a_nohash_0.wav",
        "nsynth": "bass_synthetic_033-100-050",
    }
    for name, recording in wanted.items():
        server.data, source = ARCHIVES[name]()
        columns = datasets.load(name, **at(server, name, source)).columns
        assert recording in columns["recording"]
        assert len(set(columns["recording"])) == len(columns["recording"])


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
    dataset = datasets.load("nsynth", split="test", source=sources, limit=2)
    assert server.paths == ["/nsynth-test.jsonwav.tar.gz"]
    assert list(dataset.columns["split"]) == ["test", "test"]
    assert len(datasets.load("nsynth", source=sources, limit=1)) == 3
    assert sorted(set(server.paths)) == [
        "/nsynth-test.jsonwav.tar.gz",
        "/nsynth-train.jsonwav.tar.gz",
        "/nsynth-valid.jsonwav.tar.gz",
    ]
    with pytest.raises(ValueError, match=r"one of 'train', 'validation', 'test', received 'dev'"):
        datasets.load("nsynth", split="dev", source=sources)
    with pytest.raises(ValueError, match="limit must be at least 1, received 0"):
        datasets.load("nsynth", split="test", source=sources, limit=0)
