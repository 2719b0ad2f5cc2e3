"""Folders too big for memory: indexed by their headers, read batch by batch."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest
import soundfile
from tones import RATE, strongest_hz, tone, write

from audiogan_lib import audio, datasets
from audiogan_lib.datasets import index, streaming


@pytest.fixture(autouse=True)
def small_folders_are_remembered(cache, monkeypatch):
    """Keep indices of small folders too, in a cache of the test's own."""
    monkeypatch.setattr(index, "REMEMBERED_FROM", 1)


@pytest.fixture
def folder(tmp_path):
    """Return a folder of short sounds of every form, which begin late."""
    folder = tmp_path / "sounds"
    for number, (ending, rate) in enumerate(
        [("wav", 16000), ("flac", 44100), ("ogg", 22050), ("mp3", 48000), ("WAV", 8000)]
    ):
        for label, frequency_hz in (("low", 300), ("high", 1200)):
            sound = tone(frequency_hz, rate, 0.4 + 0.05 * number)
            late = np.concatenate([np.zeros(rate // 10), sound, np.zeros(rate // 20)])
            stereo = np.stack([late, 0.5 * late], axis=1)
            write(folder / label / f"{number}.{ending}", stereo, rate)
    return folder


def load(folder, **options):
    return datasets.load(folder, stream=True, **options)


def batches_of(dataset, count, batch_size=4, **options):
    stream = datasets.batches((dataset.waveforms, dataset.labels), batch_size, **options)
    return [(clips.numpy(), labels.numpy()) for clips, labels in stream.take(count)]


# --- the same clips as in memory -----------------------------------------------------------------


def test_short_sounds_are_the_same_streamed_and_in_memory(folder):
    held, streamed = datasets.load(folder, stream=False), load(folder)
    assert isinstance(held.waveforms, np.ndarray)
    assert isinstance(streamed.waveforms, streaming.Clips)
    assert streamed.waveforms.shape == held.waveforms.shape == (10, 16384)
    assert (streamed.label_names, streamed.name) == (held.label_names, held.name)
    np.testing.assert_allclose(streamed.waveforms[:], held.waveforms, atol=1e-6)
    np.testing.assert_array_equal(streamed.labels, held.labels)
    for column in ("file", "split"):
        np.testing.assert_array_equal(streamed.columns[column], held.columns[column])
    for (clips, labels), (expected, held_labels) in zip(
        batches_of(streamed, 5, seed=3), batches_of(held, 5, seed=3), strict=True
    ):
        np.testing.assert_allclose(clips, expected, atol=1e-6)
        np.testing.assert_array_equal(labels, held_labels)


def test_a_long_file_is_cut_at_fixed_places_without_a_gap(tmp_path):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * 4096 + 1500).astype(np.float32)
    write(tmp_path / "a.wav", sound, subtype="FLOAT")
    write(tmp_path / "b.wav", sound[: 4096 + 1000], subtype="FLOAT")
    waveforms = load(tmp_path, samples=4096).waveforms
    np.testing.assert_array_equal(waveforms[:3].ravel()[: len(sound)], sound)
    np.testing.assert_array_equal(waveforms[3], sound[:4096])
    assert len(waveforms) == 4  # the rest of b is less than a quarter of a clip


@pytest.mark.parametrize("rate", [RATE, 48000])
def test_a_clip_begins_with_the_first_sound_after_its_place(tmp_path, rate):
    sound = np.random.default_rng(0).uniform(0.1, 0.5, 4 * 4096 * rate // RATE)
    pause = slice(4000 * rate // RATE, 6000 * rate // RATE)
    sound[pause] = 0
    path = write(tmp_path / "a.wav", sound, rate, subtype="FLOAT")
    clip = load(tmp_path, samples=4096).waveforms[1]
    whole, _ = audio.read(path, RATE)
    onset = 4096 + np.flatnonzero(np.abs(whole[4096:]) > 1e-3)[0]
    assert 4096 + 1500 < onset <= 6000
    np.testing.assert_allclose(clip, whole[onset : onset + 4096], atol=2e-6)


def test_a_long_mp3_is_decoded_once_and_then_read_from_anywhere(
    tmp_path, cache, capfd, monkeypatch
):
    noise = np.random.default_rng(1).normal(0, 0.2, 5 * 44100)
    write(tmp_path / "in" / "long.mp3", np.clip(noise, -0.9, 0.9), 44100)
    write(tmp_path / "in" / "short.mp3", tone(440, duration_s=0.2))
    whole, _ = audio.read(tmp_path / "in" / "long.mp3", RATE)
    decoded, blocks = [], audio.blocks
    monkeypatch.setattr(audio, "blocks", lambda *a: (decoded.append(a[0].name), blocks(*a))[1])
    dataset = load(tmp_path / "in", samples=4096)
    clips = dataset.waveforms[::-1][::-1]
    long = dataset.columns["file"] == "long.mp3"
    expected = audio.fit_length(np.pad(whole, (0, 4096)), 4096 * long.sum()).reshape(-1, 4096)
    assert long.sum() == 20
    np.testing.assert_allclose(clips[long][:-1], expected[:-1], atol=1e-4)
    dataset.waveforms[:]
    assert decoded == ["long.mp3"]
    assert len(list((cache / "folders").glob("*.flac"))) == 1
    assert capfd.readouterr().err == ""  # the decoder complains of what it cannot seek


def test_an_mp3_that_cannot_be_decoded_into_the_cache_stops_the_stream(tmp_path, cache):
    write(tmp_path / "in" / "long.mp3", tone(440, duration_s=3))
    dataset = load(tmp_path / "in", samples=4096)
    for file in (cache / "folders").iterdir():
        file.unlink()
    (cache / "folders").rmdir()
    (cache / "folders").write_text("in the way")
    with pytest.raises(OSError, match=r"long\.mp3 cannot be decoded into .*make room"):
        dataset.waveforms[1]
    assert "cannot be decoded" in str(dataset.waveforms.failures[0])


def test_clips_are_taken_like_rows_of_an_array(folder):
    dataset = load(folder)
    whole = dataset.waveforms[:]
    np.testing.assert_array_equal(dataset.waveforms[3], whole[3])
    np.testing.assert_array_equal(dataset.waveforms[[4, 1]], whole[[4, 1]])
    np.testing.assert_array_equal(dataset.waveforms[dataset.labels == 1], whole[5:])
    chosen = dataset.select([7, 2]).map(lambda clips: 0.5 * clips).map(lambda clips: -clips)
    np.testing.assert_array_equal(chosen.waveforms[:], -0.5 * whole[[7, 2]])
    np.testing.assert_array_equal(
        dataset.map(lambda clips: 0.5 * clips).waveforms[0], 0.5 * whole[0]
    )


def test_a_folder_is_streamed_when_its_clips_would_take_too_much_memory(folder, monkeypatch):
    assert isinstance(datasets.load(folder).waveforms, np.ndarray)
    monkeypatch.setattr(datasets, "IN_MEMORY_BYTES", 10 * 16384 * 4 - 1)
    assert isinstance(datasets.load(folder).waveforms, streaming.Clips)


def test_a_resumed_stream_goes_on_where_it_would_have_been(folder):
    whole = batches_of(load(folder, split="train"), 8, seed=5)
    rest = batches_of(load(folder, split="train"), 3, seed=5, first_step=5)
    for (clips, labels), (expected, expected_labels) in zip(rest, whole[5:], strict=True):
        np.testing.assert_array_equal(clips, expected)
        np.testing.assert_array_equal(labels, expected_labels)


# --- what cannot be used -------------------------------------------------------------------------


def test_bad_headers_are_named_at_once(folder):
    (folder / "low" / "empty.wav").write_bytes(b"")
    (folder / "low" / "text.flac").write_text("a letter")
    whole = (folder / "low" / "0.wav").read_bytes()
    (folder / "low" / "cut.wav").write_bytes(whole[:5000])
    write(folder / "low" / "10ms.wav", tone(440, duration_s=0.01))
    with pytest.warns(UserWarning, match=r"low.*: ") as warned:
        dataset = load(folder)
    reasons = {os.path.basename(path): reason for path, reason in dataset.skipped}  # noqa: PTH119
    assert set(reasons) == {"empty.wav", "text.flac", "cut.wav", "10ms.wav"}
    assert reasons["empty.wav"] == "the file is empty"
    assert "truncated" in reasons["cut.wav"]
    assert reasons["10ms.wav"] == "too short: 10 ms"
    assert {str(w.message) for w in warned} == {f"{p}: {reason}" for p, reason in dataset.skipped}
    assert {w.filename for w in warned} == {__file__}
    assert len(dataset) == 10


def test_a_folder_with_nothing_usable_says_so(tmp_path):
    (tmp_path / "empty.wav").write_bytes(b"")
    with (
        pytest.raises(ValueError, match="no usable sound: 1 files were skipped"),
        pytest.warns(UserWarning, match="the file is empty"),
    ):
        load(tmp_path)


def vanish(path):
    path.unlink()
    return "cannot be opened"


def truncate(path):
    path.write_bytes(path.read_bytes()[:-3000])
    return "has changed since the folder was loaded"


@pytest.mark.parametrize("harm", [vanish, truncate])
def test_a_file_that_goes_bad_meanwhile_is_named_and_another_of_its_label_stands_in(folder, harm):
    dataset = load(folder)
    bad = int(np.flatnonzero(dataset.columns["file"] == "high/2.ogg")[0])
    others = dataset.waveforms[np.flatnonzero(dataset.labels == dataset.labels[bad])]
    reason = harm(folder / "high" / "2.ogg")
    with pytest.warns(UserWarning, match=rf"high.2\.ogg: .*{reason}.*stand in for it") as warned:
        stand_in, again = dataset.waveforms[[bad, bad]]
    assert len(warned) == 1
    np.testing.assert_array_equal(again, stand_in)
    assert any(np.array_equal(stand_in, clip) for clip in others)
    assert strongest_hz(stand_in) == pytest.approx(1200, abs=2)


def test_damage_behind_a_good_header_is_named_when_it_is_reached(tmp_path):
    for number in range(3):
        write(tmp_path / f"{number}.flac", tone(440, duration_s=4))
    path = tmp_path / "1.flac"
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    dataset = load(tmp_path)
    assert not dataset.skipped
    with pytest.warns(UserWarning, match=r"1\.flac: damaged .*stand in for it"):
        clips = dataset.waveforms[:]
    assert (np.abs(clips).max(axis=1) > 0.4).all()


def test_silence_is_passed_over_and_a_silent_file_is_named(tmp_path):
    pause = np.zeros(3 * RATE)
    write(tmp_path / "pause.wav", np.concatenate([tone(440), pause, tone(440)]))
    dataset = load(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (np.abs(dataset.waveforms[:]).max(axis=1) > 0.4).all()
    write(tmp_path / "silent.wav", np.zeros(RATE))
    with pytest.warns(UserWarning, match=r"silent\.wav: silent: nothing in it is above -60 dB"):
        assert (np.abs(load(tmp_path).waveforms[:]).max(axis=1) > 0.4).all()


def test_when_nothing_is_left_the_error_names_the_file(folder):
    dataset = load(folder)
    for path in folder.rglob("*.*"):
        path.unlink()
    with (
        pytest.warns(UserWarning, match="stand in"),
        pytest.raises(
            audio.AudioError,
            match=r"low.4\.WAV: cannot be opened .*nor is there sound in any of 200",
        ),
    ):
        dataset.waveforms[list(dataset.columns["file"]).index("low/4.WAV")]
    with pytest.warns(UserWarning, match="stand in"), pytest.raises(Exception, match="AudioError"):
        batches_of(dataset, 1)


# --- the index -----------------------------------------------------------------------------------


@pytest.fixture
def looks(monkeypatch):
    """Return a list of the files whose headers are looked at."""
    looks, length = [], audio.length
    monkeypatch.setattr(audio, "length", lambda path: (looks.append(path.name), length(path))[1])
    return looks


def test_headers_are_looked_at_once_and_again_after_a_change(folder, looks):
    first = load(folder)
    assert len(looks) == 10
    looks.clear()
    again = load(folder)
    assert not looks
    np.testing.assert_array_equal(again.columns["file"], first.columns["file"])
    write(folder / "low" / "0.wav", tone(700, duration_s=2.5))
    write(folder / "low" / "new.wav", tone(700))
    (folder / "high" / "1.flac").unlink()
    changed = load(folder)
    assert sorted(looks) == ["0.wav", "new.wav"]
    files, counts = np.unique(changed.columns["file"], return_counts=True)
    found = dict(zip(files, counts, strict=True))
    assert (found["low/0.wav"], found["low/new.wav"]) == (3, 1)
    assert "high/1.flac" not in found


@pytest.mark.parametrize("content", ["", "[]", '{"version": 0, "files": {}}', '{"version": 1}'])
def test_a_kept_index_that_cannot_be_used_is_made_again(folder, looks, cache, content):
    load(folder)
    (file,) = (cache / "folders").iterdir()
    good = file.read_text()
    file.write_text(content)
    looks.clear()
    assert len(load(folder)) == 10
    assert len(looks) == 10
    assert file.read_text() == good
    assert [path.name for path in (cache / "folders").iterdir()] == [file.name]


def test_an_index_that_cannot_be_kept_is_only_warned_of(folder, cache):
    cache.write_text("a file where the cache should be")
    with pytest.warns(UserWarning, match="the index cannot be kept"):
        assert len(load(folder)) == 10


def test_a_small_folder_leaves_nothing_in_the_cache(folder, cache, monkeypatch):
    monkeypatch.setattr(index, "REMEMBERED_FROM", 11)
    load(folder)
    assert not cache.exists()


# --- as big as you like --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def endless(tmp_path_factory):
    """Return a folder of 100 files of 1000 clips of 8192 samples; on disk they are one file."""
    folder = tmp_path_factory.mktemp("endless")
    clip = np.random.default_rng(0).integers(1000, 9000, 8192 * 1000, np.int16)
    first = folder / "000.wav"
    soundfile.write(first, clip, RATE)
    for number in range(1, 100):
        os.link(first, folder / f"{number:03d}.wav")
    return folder


MEMORY = """
import resource, sys
from audiogan_lib import datasets

def stream(folder, count):
    dataset = datasets.load(folder, samples=8192, stream=True).select(range(count))
    assert len(dataset) == count, len(dataset)
    for _ in datasets.batches((dataset.waveforms, dataset.labels), 250).take(count // 250):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

few = stream(sys.argv[1], 1000)
print(stream(sys.argv[1], 100_000) - few)
"""


def test_a_hundred_thousand_clips_take_no_more_memory_than_a_thousand(endless):
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, endless], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 150  # MB; the clips would be 3277


@pytest.mark.parametrize("samples", [8192, 16384, 32768, 65536])
@pytest.mark.parametrize("rate, share", [(16000, 1.0), (44100, 1.1)])
def test_a_clip_costs_its_samples_whatever_its_length(tmp_path, monkeypatch, samples, rate, share):
    never_silent = np.random.default_rng(0).uniform(0.1, 0.5, 4 * 65536 * rate // RATE)
    write(tmp_path / "a.flac", never_silent, rate)
    waveforms = load(tmp_path, samples=samples).waveforms
    decoded, read = [], soundfile.SoundFile.read

    def counted(*arguments, **options):
        decoded.append(read(*arguments, **options))
        return decoded[-1]

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    waveforms[1:-1]
    needed = (len(waveforms) - 2) * samples * rate / RATE
    assert needed <= sum(map(len, decoded)) <= share * needed
