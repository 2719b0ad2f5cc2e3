"""Data sets: what they all are, those that are shipped, any folder, and endless batches."""

import csv
import os
import re
import shutil
import socket
import subprocess
import sys
import warnings
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile
import tensorflow as tf
from tones import RATE, strongest_hz, tone, wav_bytes, write

from audiogan_lib import audio, datasets
from audiogan_lib.datasets import archives, cutting, dataset, folders, loading, shipped

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


def recorded(recordings, labels, **columns):
    """Return a data set of as many clips of no sound as there are recordings and labels named."""
    return datasets.Dataset(
        name="recorded",
        waveforms=np.zeros((len(labels), 4), np.float32),
        labels=np.array(labels),
        label_names=tuple(str(label) for label in range(max(labels) + 1)),
        sample_rate=8000,
        columns={"recording": np.array(recordings)} | columns,
    )


def test_halves_share_no_recording_and_hold_every_clip_once():
    recordings = np.repeat(np.arange(30), np.arange(30) % 5 + 1)
    data = recorded(recordings, recordings % 3, clip=np.arange(len(recordings)))
    for seed in range(20):
        one, other = data.halves(seed)
        assert not set(one.columns["recording"]) & set(other.columns["recording"])
        both = np.concatenate([one.columns["clip"], other.columns["clip"]])
        np.testing.assert_array_equal(np.sort(both), data.columns["clip"])
        assert abs(len(one) - len(other)) <= 0.1 * len(data)
        assert one.label_names == other.label_names == data.label_names


def test_each_label_of_two_recordings_is_on_both_sides():
    recordings = [0, 0, 0, 0, 1, 2, 3, 3, 4, 5, 6]
    data = recorded(recordings, [0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3])
    for seed in range(20):
        for half in data.halves(seed):
            assert {0, 1, 2} <= set(half.labels)


def test_every_seed_deals_other_halves():
    data = recorded(np.arange(40), np.arange(40) % 4)
    sides = {tuple(data.halves(seed)[0].columns["recording"]) for seed in range(20)}
    assert len(sides) == 20
    again, _ = data.halves(3)
    np.testing.assert_array_equal(
        again.columns["recording"], data.halves(3)[0].columns["recording"]
    )


def test_halves_by_kit_share_no_kit_though_one_is_large():
    kits = np.repeat(["a", "b", "c", "d", "e"], [60, 20, 15, 15, 10])
    data = recorded(np.arange(120), np.arange(120) % 3, kit=kits)
    for seed in range(20):
        one, other = data.halves(seed, by="kit")
        assert not set(one.columns["kit"]) & set(other.columns["kit"])
        assert min(len(one), len(other)) >= 0.4 * len(data)


def test_what_cannot_be_halved_is_refused():
    data = recorded([0, 0], [0, 0])
    with pytest.raises(ValueError, match="by must be one of 'recording', received 'speaker'"):
        data.halves(0, by="speaker")
    with pytest.raises(ValueError, match=r"different values of 'recording' \(1\), received 2"):
        data.halves(0)


def test_folds_are_as_many_parts_and_share_no_recording():
    recordings = np.repeat(np.arange(60), 3)
    data = recorded(recordings, recordings % 4)
    parts = data.folds(5, seed=2)
    assert [len(part) for part in parts] == [36] * 5
    together = np.concatenate([np.unique(part.columns["recording"]) for part in parts])
    np.testing.assert_array_equal(np.sort(together), np.arange(60))
    assert all(np.bincount(part.labels).min() >= 6 for part in parts)
    with pytest.raises(ValueError, match=r"between 2 and .* \(60\), received 61"):
        data.folds(61, seed=0)


def test_seconds_of_sound_leave_the_padding_out(monkeypatch):
    waveforms = np.array([[0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 1, 1], [0, 0, -1, 0]], np.float32)
    monkeypatch.setattr(dataset, "PART", 3)
    padded = datasets.Dataset("padded", waveforms, np.zeros(4, int), ("a",), 8000)
    assert padded.sounding_s == pytest.approx((2 + 0 + 4 + 3) / 8000)


#: Ways to split or to draw parts that know nothing of recordings.
BY_CLIP = re.compile(r"train_test_split|KFold|ShuffleSplit|permutation\(len\(")

#: What is drawn there is no clip: files of a folder; pairs to listen to.
OTHER_THINGS = "audiogan_lib/datasets/folders.py", "audiogan_lib/widgets/listening_test.py"


def test_nothing_splits_clips_but_by_recording():
    root = Path(datasets.__file__).parents[2]
    sources = [
        path
        for folder in ("audiogan_lib", "tools", "experiments", "benchmarks")
        for path in sorted((root / folder).rglob("*.py"))
    ]
    assert len(sources) > 90
    found = {
        name: line.strip()
        for path in sources
        if (name := path.relative_to(root).as_posix()) not in OTHER_THINGS
        for line in path.read_text(encoding="utf-8").splitlines()
        if BY_CLIP.search(line)
    }
    assert found == {}


def test_an_unknown_split_is_answered_with_the_known(small):
    with pytest.raises(ValueError, match=r"one of 'test', 'train', received 'dev'"):
        small.split("dev")


def test_a_data_set_introduces_itself(small):
    assert repr(small) == "<Dataset 'small': 4 clips of 2 samples at 8000 Hz, 3 labels>"
    clips = datasets.Clips(small.waveforms, np.array([2, 0]))
    assert repr(clips) == "<clips of shape (2, 2), read when they are taken>"
    assert np.asarray(clips, np.float64).tolist() == [[4, 5], [0, 1]]


def test_each_condition_numbers_its_classes(small):
    labels, names = datasets.condition_labels(small, ("split", "label"))
    assert labels.dtype == np.int32
    assert labels.tolist() == [[1, 0], [0, 1], [1, 2], [1, 0]]
    assert names == {"split": ("test", "train"), "label": ("a", "b", "c")}
    with pytest.raises(ValueError, match="there is no sound in 'nothing'"):
        dataset.collect("nothing", iter(()), 8000, 2)


def test_an_unknown_name_is_answered_with_the_known():
    with pytest.raises(ValueError, match=r"folder or one of 'drums', .*'fsdd', .*received 'bells'"):
        datasets.load("bells")
    with pytest.raises(ValueError, match=r"received 'fsd' \(did you mean 'fsdd'\?\)"):
        datasets.load("fsd")


def test_a_path_is_a_folder_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="must be a folder or one of"):
        datasets.load(Path("drums"))
    write(tmp_path / "drums" / "siren" / "a.wav", tone(440))
    for name in (Path("drums"), Path("./drums"), "./drums", "drums/"):
        assert datasets.load(name).label_names == ("siren",)
    assert len(datasets.load("drums").label_names) > 1
    assert [datasets.is_known(name) for name in ("drums", Path("drums"), "./drums")] == [1, 0, 0]


def test_an_unknown_option_is_answered_with_the_known(tmp_path):
    with pytest.raises(TypeError, match=r"'nsynth' are 'limit', 'source', received 'samples'"):
        datasets.load("nsynth", samples=9)
    with pytest.raises(TypeError, match=r"'sample_rate', 'samples', 'seed', received 'limit'"):
        datasets.load(tmp_path, limit=8)
    with pytest.raises(TypeError, match=r"options of 'drums' are none, received 'seed'"):
        datasets.load("drums", seed=0)


# --- shipped -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", datasets.SHIPPED)
def test_a_shipped_data_set_is_whole(name):
    dataset = datasets.load(name)
    sample_rate, samples = datasets.SHIPPED[name]
    packs = list((shipped.SOUNDS / name).glob("*.flac"))
    assert {soundfile.info(pack).samplerate for pack in packs} == {sample_rate}
    assert dataset.sample_rate == sample_rate
    assert dataset.waveforms.shape == (len(dataset), samples)
    assert dataset.waveforms.dtype == np.float32
    assert (np.abs(dataset.waveforms).max(axis=1) > 0.01).all()
    assert np.abs(dataset.waveforms).max() <= 1
    for split in ("train", "test"):
        part = dataset.split(split)
        np.testing.assert_array_equal(np.unique(part.labels), range(len(dataset.label_names)))
    assert len(dataset.split("train")) + len(dataset.split("test")) == len(dataset)
    sides = [set(dataset.split(split).columns["recording"]) for split in ("train", "test")]
    assert not sides[0] & sides[1]
    assert all(len(side) >= 10 for side in sides)


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
    monkeypatch.setattr(shipped, "SOUNDS", tmp_path)
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
        "recording": ["ann 10", "bob 9", "ann 9"],
        "split": ["train", "test", "train"],
        "voice": ["ann", "bob", "ann"],
        "pitch": [60, 62, 64],
        "rate": [0.75, 1.0, 1.5],
    }


def test_recordings_and_kits_keep_the_names_of_the_index(tmp_path, monkeypatch):
    (tmp_path / "drums").mkdir()
    soundfile.write(tmp_path / "drums" / "kick.flac", np.full(300, 0.5), 16000)
    rows = [["kick.flac", 0, 100, "kick", "train", "007", "808"]]
    rows += [["kick.flac", 100, 200, "kick", "test", "8e3", "909"]]
    header = ["file", "start", "samples", "label", "split", "recording", "kit"]
    with (tmp_path / "drums" / "index.csv").open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    monkeypatch.setattr(shipped, "SOUNDS", tmp_path)
    columns = datasets.load("drums").columns
    assert columns["recording"].tolist() == ["007", "8e3"]
    assert columns["kit"].tolist() == ["808", "909"]


# --- batches --------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_disk", [False, True])
def test_copies_are_retuned_recordings_and_fill_each_label(on_disk):
    tones = np.stack([tone(hz, duration_s=0.512) for hz in (400, 400, 1600)])
    clips = datasets.Clips(tones, np.arange(3)) if on_disk else tones
    names = {"recording": np.array(["a", "b", "c"])}
    few = datasets.Dataset("tones", clips, np.array([0, 0, 1]), ("low", "high"), RATE, names)
    more = datasets.retuned(few, octaves=0.5, count=6, seed=3)
    assert np.bincount(more.labels).tolist() == [6, 6]
    assert dict(zip(*np.unique(more.columns["recording"], return_counts=True), strict=True)) == {
        "a": 3,
        "b": 3,
        "c": 6,
    }
    np.testing.assert_array_equal(more.waveforms[:3], tones)
    pitches_hz = np.array([strongest_hz(clip[:4096]) for clip in more.waveforms[:]])
    octaves = np.log2(pitches_hz / np.array([400, 1600])[more.labels])
    assert 0.2 < np.abs(octaves).max() < 0.52
    assert min(octaves) < -0.1
    assert max(octaves) > 0.1
    assert len(np.unique(np.asarray(more.waveforms), axis=0)) >= 11
    assert len(datasets.retuned(few, 0.5, count=1)) == 3
    with pytest.raises(ValueError, match="octaves must be at least 0, received -1"):
        datasets.retuned(few, -1, 6)


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
    assert take(1, np.arange(3), batch_size=1)[0][0].shape == (1,)


def orders(clips, epochs, seed, first=0):
    stream = datasets.batches([np.arange(clips)], clips, seed, first_step=first)
    return [tuple(batch.numpy()) for (batch,) in stream.take(epochs)]


def test_a_thousand_epochs_have_a_thousand_orders():
    assert len(set(orders(50, 1000, seed=0))) == 1000


def test_every_seed_has_orders_of_its_own():
    seeds = [-1, 0, 1, 256, 512, 2**30, 2**31 - 256, 2**31 - 1, -(2**31)]
    assert len({order for seed in seeds for order in orders(50, 20, seed)}) == 20 * len(seeds)


def test_each_clip_comes_at_each_place_equally_often():
    counts = np.zeros((8, 8))
    for order in orders(8, 2000, seed=1):
        counts[np.arange(8), order] += 1
    chi_squared = np.sum((counts - 250) ** 2 / 250)  # 49 degrees of freedom: 49 +- 10
    assert chi_squared < 49 + 4 * 10


def test_the_order_is_the_same_on_every_machine():
    assert orders(10, 1, seed=1) == [(3, 8, 0, 6, 1, 5, 2, 9, 7, 4)]


def test_a_stream_far_into_training_starts_at_once():
    ((batch,),) = take(1, np.arange(10), batch_size=10, first_step=10**12)
    assert sorted(batch) == list(range(10))


@pytest.mark.parametrize(
    "arrays, options, message",
    [
        (
            [np.zeros(3), np.zeros(4)],
            {"batch_size": 2},
            r"^arrays must .* in common, of at least 1, received shapes \[\(3,\), \(4,\)\]",
        ),
        ([np.zeros((0, 5))], {"batch_size": 2}, r"\(0, 5\)"),
        ([], {"batch_size": 2}, r"received shapes \[\]"),
        ([np.zeros(3)], {"batch_size": 2, "seed": 2**31}, "seed must .* received 2147483648"),
        ([np.zeros(3)], {"batch_size": 2, "seed": -(2**31) - 1}, "received -2147483649"),
        ([np.zeros(3)], {"batch_size": 0}, "^batch_size must .* at least 0, received 0 and 0"),
        ([np.zeros(3)], {"batch_size": 2, "first_step": -1}, "received 2 and -1"),
    ],
)
def test_what_makes_no_batches_is_refused(arrays, options, message):
    with pytest.raises(ValueError, match=message):
        datasets.batches(arrays, **options)


# --- any folder ----------------------------------------------------------------------------------


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
    write(folder / "nothing.wav", np.zeros(0))
    (folder / "phone.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(99))
    return {
        "empty.wav": "the file is empty",
        "text.wav": "not a sound file",
        "truncated.wav": "truncated: 12044 bytes",
        "10ms.wav": "too short: 10 ms of sound, at least 20 are needed",
        "zeros.wav": "silent: nothing in it is above -60 dB",
        "nan.wav": "NaN",
        "nothing.wav": "holds no samples",
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
    write(folder / "minute.wav", tone(440, duration_s=60))
    singles = "good.wav", "good.flac", "good.ogg", "good.MP3", "rate.wav", "channels.wav"
    return dict.fromkeys(singles, 1) | {"minute.wav": 59}


def load_quietly(*arguments, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return datasets.load(*arguments, **options)


def test_a_folder_of_horrors_names_the_bad_and_uses_the_good(tmp_path):
    expected = bad_folder(tmp_path / "sounds")
    clips = good_folder(tmp_path / "sounds")
    (tmp_path / "sounds" / "notes.txt").write_text("no sound, and not called one")
    with pytest.warns(UserWarning, match="not used: 8 files, 10ms.wav") as warned:
        dataset = datasets.load(tmp_path / "sounds")

    reasons = {Path(path).name: reason for path, reason in dataset.skipped}
    assert set(reasons) == set(expected)
    for name, reason in expected.items():
        assert reason in reasons[name]
    assert [warning.filename for warning in warned] == [__file__]
    assert str(warned[0].message).endswith("samples that are NaN or infinite) and 5 more")

    files, counts = np.unique(dataset.columns["file"], return_counts=True)
    assert dict(zip(files, counts, strict=True)) == clips
    assert dataset.waveforms.shape == (65, 16384)
    assert dataset.label_names == ("sounds",)
    for clip in dataset.waveforms:
        assert strongest_hz(clip) == pytest.approx(440, abs=2)
    mixed = dataset.waveforms[dataset.columns["file"] == "channels.wav"]
    assert np.abs(mixed).max() == pytest.approx(0.25, abs=0.01)


def test_a_folder_with_nothing_usable_says_so_in_one_sentence(tmp_path):
    bad = bad_folder(tmp_path / "sounds")
    with pytest.raises(
        ValueError, match=f"sounds' holds no usable sound; not used: {len(bad)} files"
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
    frequencies_hz = {
        dataset.label_names[label]: strongest_hz(clip)
        for label, clip in zip(dataset.labels, dataset.waveforms, strict=True)
    }
    assert frequencies_hz == pytest.approx({"cat": 300, "dog": 600, tmp_path.name: 900}, abs=1)
    assert not dataset.skipped


def test_a_long_file_is_cut_into_consecutive_clips(tmp_path):
    sound = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * 4096 + 1500).astype(np.float32)
    write(tmp_path / "a.wav", sound, subtype="FLOAT")
    dataset = datasets.load(tmp_path, samples=4096)
    assert len(dataset) == 3
    np.testing.assert_array_equal(dataset.waveforms.ravel()[: len(sound)], sound)
    assert list(dataset.columns["recording"]) == ["a.wav"] * 3
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
    with pytest.raises(
        ValueError, match=r"no usable sound; .*too short: 5 ms of sound, at least 20"
    ):
        datasets.load(tmp_path)


def test_twenty_milliseconds_are_a_sound_and_a_sample_less_is_none(tmp_path):
    hiss = np.resize([0.5, -0.5], RATE // 50).astype(np.float32)
    write(tmp_path / "long" / "a.wav", hiss, subtype="FLOAT")
    write(tmp_path / "short" / "a.wav", hiss[1:], subtype="FLOAT")
    assert len(load_quietly(tmp_path)) == 1


def test_clips_beyond_full_scale_are_scaled_down(tmp_path):
    write(tmp_path / "a.wav", tone(440, duration_s=2.0, level=4.0), subtype="FLOAT")
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
    write(tmp_path / "b.wav", tone(440))
    assert sorted(datasets.load(tmp_path).columns["split"]) == ["test", "train"]


def test_each_label_keeps_a_file_for_training_and_those_with_one_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(folders, "TEST_FRACTION", 0.9)
    for number in range(6):
        write(tmp_path / f"class{number}" / "a.wav", tone(440, duration_s=0.1))
    write(tmp_path / "class5" / "b.wav", tone(440, duration_s=0.1))
    for seed in range(5):
        with pytest.warns(UserWarning, match="for the test: 'class0', .*'class4'$") as warned:
            dataset = datasets.load(tmp_path, samples=2048, seed=seed)
        assert [w.filename for w in warned] == [__file__]
        assert set(dataset.split("train").labels) == set(range(6))
        assert list(dataset.split("test").labels) == [5]


def hits(lengths_s, pause_s=0.0, decay_s=0.05):
    """Return tones that are struck one after the other and die away, and where each begins."""
    parts = []
    for number, length_s in enumerate(lengths_s):
        sound = tone(300 + 70 * number, duration_s=length_s)
        parts += [sound * np.exp(-np.arange(len(sound)) / (decay_s * RATE))]
        parts += [np.zeros(int(pause_s * RATE))]
    starts = np.cumsum([0, *map(len, parts)])[:-1:2]
    return np.concatenate(parts).astype(np.float32), starts


def test_a_long_recording_is_cut_where_its_sounds_begin(tmp_path):
    lengths_s = [0.3, 0.45, 0.35, 0.5, 0.3, 0.4, 0.45, 0.3]
    sound, starts = hits(lengths_s)
    write(tmp_path / "take.wav", sound, subtype="FLOAT")
    dataset = datasets.load(tmp_path)
    assert len(dataset) == len(lengths_s)
    heard_hz = [strongest_hz(clip[:2048]) for clip in dataset.waveforms]
    assert heard_hz == pytest.approx([300 + 70 * number for number in range(8)], abs=8)
    for clip, start in zip(dataset.waveforms, starts, strict=True):
        np.testing.assert_allclose(clip[:200], sound[start:][:200], atol=0.25)  # within a few
    assert set(dataset.columns["recording"]) == {"take.wav"}


@pytest.mark.parametrize(
    ("below", "frames", "level", "begins"),
    [
        (0.0, 5, 0.5, True),  # a beat: five quiet frames, of 10 ms,
        (0.0, 4, 0.5, False),
        (0.049, 5, 0.5, True),  # a tenth of what was loudest or less,
        (0.051, 5, 0.5, False),
        (0.0, 5, 0.084, True),  # and then a sixth of it or more,
        (0.0, 5, 0.083, False),
        (0.03, 5, 0.121, True),  # four times as loud as before
        (0.03, 5, 0.119, False),
        (0.0, 15, 0.0021, True),  # a soft sound: after 15 frames, twice above silence,
        (0.0, 15, 0.0019, False),
        (0.0, 14, 0.0021, False),
        (0.016, 15, 0.07, True),  # which were a thirtieth of what was loudest or less
        (0.017, 15, 0.07, False),
    ],
)
def test_a_sound_begins_at_the_sample_where_it_is_louder(below, frames, level, begins):
    parts = np.full(10 * 160, 0.5), np.full(frames * 160, below)
    sound = np.concatenate([*parts, np.full(1700, level)])
    start = (10 + frames) * 160
    assert cutting._next_onset(sound, RATE) == (start if begins else 0)
    if begins:  # within a frame, too
        sound[start : start + 70] = below
        assert cutting._next_onset(sound, RATE) == start + 70
    assert cutting._next_onset(sound[1:1600], RATE) == 0


def test_what_the_next_sound_cuts_off_fades_out_over_four_milliseconds():
    clip = np.ones(100, np.float32)
    faded = cutting._faded(clip, RATE)
    np.testing.assert_allclose(faded, [*[1] * 36, *np.linspace(1, 0, 64)], atol=1e-6)
    np.testing.assert_allclose(cutting._faded(clip[:9], RATE), np.linspace(1, 0, 9), atol=1e-6)
    assert clip.all()


def test_what_is_no_longer_than_a_clip_is_one_clip_whatever_happens_in_it(tmp_path):
    write(tmp_path / "two.wav", hits([0.4, 0.5])[0])
    assert len(datasets.load(tmp_path)) == 1


def test_what_only_dies_away_after_a_full_clip_is_no_sound_of_its_own(tmp_path):
    ring = tone(440, duration_s=3.0) * np.exp(-np.arange(3 * RATE) / (0.4 * RATE))
    write(tmp_path / "bell.wav", ring)
    write(tmp_path / "drone.wav", tone(440, duration_s=3.0))
    dataset = datasets.load(tmp_path)
    files, counts = np.unique(dataset.columns["file"], return_counts=True)
    assert dict(zip(files, counts, strict=True)) == {"bell.wav": 1, "drone.wav": 3}


def test_a_consonant_after_a_short_gap_within_a_word_begins_no_clip(tmp_path):
    word = np.concatenate(
        [tone(200, duration_s=0.3), np.zeros(RATE // 12), 0.05 * tone(3000, duration_s=0.1)]
    )
    pause = np.zeros(RATE // 2)
    write(tmp_path / "words.wav", np.concatenate([word, pause, word, pause, word]))
    assert len(datasets.load(tmp_path)) == 3


def test_one_recording_and_a_zip_are_taken_as_folders_are(tmp_path, cache, monkeypatch):
    for label, number, pitch_hz in (("low", 0, 200), ("low", 1, 250), ("high", 0, 900)):
        write(tmp_path / "set" / label / f"{number}.wav", tone(pitch_hz, duration_s=0.5))
    (tmp_path / "set" / "._hidden.wav").write_bytes(b"resource fork")
    packed = Path(shutil.make_archive(str(tmp_path / "mine"), "zip", tmp_path, "set"))
    with zipfile.ZipFile(packed, "a") as more:
        more.writestr("__MACOSX/set/low/0.wav", b"resource fork")
    shutil.copytree(tmp_path / "set", tmp_path / "mine")
    zipped, folder = load_quietly(packed), load_quietly(tmp_path / "mine")
    np.testing.assert_array_equal(zipped.waveforms, folder.waveforms)
    assert zipped.label_names == folder.label_names == ("high", "low")
    assert zipped.name == folder.name == "mine"
    assert list(zipped.columns["file"]) == list(folder.columns["file"])
    one = datasets.load(tmp_path / "set" / "high" / "0.wav")
    assert (len(one), one.label_names, one.name) == (1, ("0",), "0")
    other = Path(shutil.make_archive(str(tmp_path / "other"), "zip", tmp_path / "set"))
    assert load_quietly(other).label_names == ("high", "low")
    monkeypatch.setattr(archives, "_extract", None)  # once is enough
    assert len(load_quietly(packed)) == len(zipped)
    (tmp_path / "broken.zip").write_bytes(packed.read_bytes()[:-30])
    with pytest.raises(ValueError, match="not a sound file"):
        datasets.load(tmp_path / "broken.zip")


def test_a_zip_with_damaged_bytes_is_named(tmp_path, cache):
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.wav", np.random.default_rng(0).bytes(10**4) * 3)
    damaged = bytearray((tmp_path / "a.zip").read_bytes())
    damaged[5000:5060] = bytes(60)
    (tmp_path / "a.zip").write_bytes(damaged)
    with pytest.raises(ValueError, match=r"a\.zip cannot be unpacked"):
        datasets.load(tmp_path / "a.zip")


def test_a_zip_that_would_fill_the_disk_is_not_unpacked(tmp_path, cache, monkeypatch):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.wav", bytes(10**7))
    with pytest.raises(ValueError, match=r"would grow to 0\.0 GB: not unpacked"):
        datasets.load(tmp_path / "bomb.zip")
    with zipfile.ZipFile(tmp_path / "large.zip", "w") as packed:
        packed.writestr("a.wav", bytes(3 * 10**6))
    usage = shutil.disk_usage(tmp_path)._replace(free=2 * 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(ValueError, match=r"large\.zip needs 0\.0 GB, and .* has 0\.0 GB"):
        datasets.load(tmp_path / "large.zip")
    assert not [*(cache / "zips").iterdir()]


def test_what_is_odd_about_files_is_said_once_with_a_count(tmp_path):
    sound = tone(440)
    for number in range(5):
        write(tmp_path / f"{number}.wav", np.stack([sound, -sound], axis=1))
    with pytest.warns(UserWarning, match="used, but odd: 5 files, 0.wav .its channels") as warned:
        dataset = datasets.load(tmp_path)
    assert [(w.filename, w.category) for w in warned] == [(__file__, loading.FolderWarning)]
    assert str(warned[0].message).endswith(" and 2 more")
    assert loading._some([("x/a", "odd")]) == "1 file, a (odd)"
    assert loading._some([("a", "odd"), ("b", "bad")]) == "2 files, a (odd), b (bad)"
    assert [Path(path).name for path, _ in dataset.remarks] == [f"{n}.wav" for n in range(5)]


# --- what is not looked into ---------------------------------------------------------------------


def test_class_folders_may_be_links_but_no_loops(tmp_path):
    store, sounds = tmp_path / "store", tmp_path / "sounds"
    for label in ("kick", "snare"):
        write(store / label / "a.wav", tone(440))
    (sounds / "tom").mkdir(parents=True)
    write(sounds / "tom" / "a.wav", tone(440))
    for label in ("kick", "snare"):
        (sounds / label).symlink_to(store / label)
    (sounds / "tom" / "again").symlink_to(sounds)
    (sounds / "hat").symlink_to(tmp_path / "nowhere")
    dataset = load_quietly(sounds)
    assert dataset.label_names == ("kick", "snare", "tom")
    assert dataset.skipped == (
        (str(sounds / "hat"), "a link to nothing"),
        (str(sounds / "tom" / "again"), "a link back to a folder that it lies in"),
    )


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    for label in ("kick", "snare"):
        write(tmp_path / label / "a.wav", tone(440))
    scandir = os.scandir

    def locked(path):
        if str(path).endswith("snare"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", locked)
    dataset = load_quietly(tmp_path)
    assert dataset.label_names == ("kick",)
    assert dataset.skipped == (
        (str(tmp_path / "snare"), "the folder cannot be read (Permission denied)"),
    )


def test_the_sounds_of_a_run_are_not_learnt_from(tmp_path):
    write(tmp_path / "kick" / "a.wav", tone(440))
    (tmp_path / "kick" / "card.json").write_text("{}")  # of something else
    write(tmp_path / "run" / "sounds" / "step-00000100.wav", tone(440))
    (tmp_path / "run" / "card.json").write_text("{}")
    (tmp_path / "run" / "generator-00000100.weights.h5").write_bytes(b"")
    dataset = load_quietly(tmp_path)
    assert list(dataset.columns["file"]) == ["kick/a.wav"]
    reason = "the folder of a run: its sounds are generated"
    assert dataset.skipped == ((str(tmp_path / "run"), reason),)
    with pytest.raises(ValueError, match="no usable sound"):
        load_quietly(tmp_path / "run")


@pytest.mark.skipif(os.name != "posix", reason="names are text there")
def test_names_that_are_not_in_utf_8_are_read_as_latin_1(tmp_path):
    write(tmp_path / "kick" / "a.wav", tone(440))
    (tmp_path / "kick" / "b.wav").write_bytes(b"")
    old = os.fsencode(tmp_path / "kick") + b"\xe9"
    try:
        os.replace(tmp_path / "kick", old)  # noqa: PTH105
    except OSError:
        pytest.skip("this disk takes no such names")
    dataset = load_quietly(tmp_path)
    assert dataset.label_names == ("kick\xe9",)
    assert list(dataset.columns["file"]) == ["kick\xe9/a.wav"]
    assert dataset.skipped == ((str(tmp_path / "kick\xe9" / "b.wav"), "the file is empty"),)


def test_composed_and_decomposed_accents_are_one_label_in_an_order_of_its_own(tmp_path):
    for number, name in enumerate(
        ("e\u0301te\u0301", "\u00e9t\u00e9", "01", "1", "001", "10", "9")
    ):
        write(tmp_path / name / f"{number}.wav", tone(440))
    dataset = load_quietly(tmp_path)
    assert dataset.label_names == ("001", "01", "1", "9", "10", "\u00e9t\u00e9")


@pytest.mark.skipif(os.name != "posix", reason="has pipes, sockets and links")
def test_what_would_be_waited_for_or_followed_for_ever_is_named(tmp_path):
    write(tmp_path / "kick" / "a.wav", tone(440))
    os.mkfifo(tmp_path / "kick" / "pipe.wav")
    os.mkfifo(tmp_path / "kick" / "card.json")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tmp_path / "kick" / "socket.wav"))  # the whole may be too long
    (tmp_path / "kick" / "zero.wav").symlink_to("/dev/zero")
    (tmp_path / "kick" / "self.wav").symlink_to("self.wav")
    dataset = load_quietly(tmp_path)
    assert dataset.columns["file"].tolist() == ["kick/a.wav"]
    skipped = {Path(path).name: reason for path, reason in dataset.skipped}
    assert set(skipped) == {"pipe.wav", "socket.wav", "zero.wav", "self.wav"}
    assert "cannot be looked at" in skipped.pop("self.wav")
    assert set(skipped.values()) == {"is a pipe or a device, not a file"}


def test_labels_that_differ_by_a_space_a_dot_or_case_are_labels_of_their_own(tmp_path):
    names = ("kick", "Kick", "kick ", "kick.", "\u202ekick", "\U0001f941", "\u0637\u0628\u0644")
    try:
        for name in names:
            write(tmp_path / name / "a.wav", tone(440))
    except OSError:
        pytest.skip("this file system has no such names")
    if len(list(tmp_path.iterdir())) < len(names):
        pytest.skip("this file system takes some of these for one")
    dataset = load_quietly(tmp_path)
    assert sorted(dataset.label_names) == sorted(names)
    assert len(set(dataset.labels)) == len(names)


@pytest.mark.skipif(os.name != "posix", reason="has pipes and links")
def test_whatever_lies_in_a_folder_is_used_or_named(tmp_path):
    write(tmp_path / "A.WAV", tone(440), format="WAV")
    write(tmp_path / "take.wav" / "1.wav", tone(440))  # a folder called like a file
    write(tmp_path / "adpcm.wav", tone(440), subtype="IMA_ADPCM", format="WAV")
    many = np.tile(tone(440, 192000)[:, None], (1, 32))
    write(tmp_path / "studio.wav", many, 192000, subtype="PCM_24", format="WAVEX")
    write(tmp_path / "\u97f3 \u03c0 \u0434 \u0639.wav", tone(440))
    write(tmp_path / "new\nline.wav", tone(440))
    (tmp_path / "link.wav").symlink_to(tmp_path / "A.WAV")
    used = {"A.WAV", "take.wav/1.wav", "adpcm.wav", "studio.wav", "link.wav"}
    used |= {"\u97f3 \u03c0 \u0434 \u0639.wav", "new\nline.wav"}
    os.mkfifo(tmp_path / "pipe.wav")
    (tmp_path / "nothing.wav").symlink_to(tmp_path / "nowhere")
    (tmp_path / "linked words.txt").symlink_to(tmp_path / "A.WAV")  # neither sound nor broken
    header = bytearray(wav_bytes(tone(440)))
    header[24:28] = bytes(4)  # 0 Hz
    (tmp_path / "rate.wav").write_bytes(header)
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    dataset = load_quietly(tmp_path)
    assert set(dataset.columns["file"]) == used
    named = {Path(path).name for path, _ in dataset.skipped}
    assert named == {"pipe.wav", "nothing.wav", "rate.wav", "loop.wav"}
    for clip in dataset.waveforms:
        assert strongest_hz(clip) == pytest.approx(440, abs=2)


def test_a_constant_offset_hides_neither_silence_nor_onsets(tmp_path):
    hit = np.exp(-np.arange(4000) / 800) * tone(440, duration_s=0.25)
    sound = np.concatenate([np.zeros(24000), hit, np.zeros(200000), hit, np.zeros(24000)])
    write(tmp_path / "plain" / "a.wav", sound, subtype="FLOAT")
    write(tmp_path / "shifted" / "a.wav", sound + 0.003, subtype="FLOAT")
    plain, shifted = (load_quietly(tmp_path / name) for name in ("plain", "shifted"))
    assert len(plain) == 2
    np.testing.assert_allclose(shifted.waveforms, plain.waveforms, atol=1e-4)
    assert np.abs(shifted.waveforms[:, 5000:]).max() < 1e-6


def test_an_offset_that_was_seen_is_taken_off_where_nothing_rests(tmp_path, monkeypatch):
    monkeypatch.setattr("audiogan_lib.audio.reading.BLOCK_S", 1.0)
    sound = np.concatenate([np.zeros(RATE), tone(440, duration_s=2.5)])
    write(tmp_path / "plain" / "a.wav", sound, subtype="FLOAT")
    write(tmp_path / "shifted" / "a.wav", sound + 0.01, subtype="FLOAT")
    plain, shifted = (load_quietly(tmp_path / name) for name in ("plain", "shifted"))
    np.testing.assert_allclose(
        shifted.waveforms.mean(axis=1), plain.waveforms.mean(axis=1), atol=1e-3
    )


def test_the_plateaus_of_a_slow_wave_are_no_offset(tmp_path):
    wave = np.repeat([0.5, -0.5, 0.5, -0.5, 0.5], RATE // 5).astype(np.float32)
    write(tmp_path / "a.wav", wave, subtype="FLOAT")
    np.testing.assert_array_equal(datasets.load(tmp_path, samples=RATE).waveforms[0], wave)


@pytest.mark.parametrize("option", ["sample_rate", "samples"])
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


# --- folders too big for memory ------------------------------------------------------------------


@pytest.fixture
def sounds(tmp_path):
    """Return a folder of sounds of several forms and lengths, one of them damaged at its end."""
    folder = tmp_path / "sounds"
    for number, (ending, rate) in enumerate([("wav", 16000), ("flac", 44100), ("mp3", 48000)]):
        for label, frequency_hz in (("low", 300), ("high", 1200)):
            write(folder / label / f"{number}.{ending}", tone(frequency_hz, rate, 1 + number), rate)
    with_nan = tone(440, duration_s=12)
    with_nan[-5] = np.nan
    write(folder / "low" / "9.wav", with_nan, subtype="FLOAT")
    return folder


@pytest.fixture
def disk(cache, monkeypatch):
    """Let every clip go to the disk; return where."""
    monkeypatch.setattr(folders, "MEMORY_BYTES", 0)
    return cache / "folders"


@pytest.fixture
def decoded(monkeypatch):
    """Return a list of the files that are decoded."""
    decoded, blocks = [], audio.blocks
    monkeypatch.setattr(audio, "blocks", lambda *a: (decoded.append(a[0].name), blocks(*a))[1])
    return decoded


def held_and_on_disk(folder, monkeypatch, **options):
    held = load_quietly(folder, **options)
    monkeypatch.setattr(folders, "MEMORY_BYTES", 3 * 4 * 16384)
    return held, load_quietly(folder, **options)


def test_a_folder_gives_the_same_clips_whatever_its_size(sounds, cache, monkeypatch):
    held, on_disk = held_and_on_disk(sounds, monkeypatch)
    assert isinstance(held.waveforms, np.ndarray)
    assert isinstance(on_disk.waveforms, datasets.Clips)
    assert on_disk.waveforms.shape == held.waveforms.shape == (12, 16384)
    assert (on_disk.waveforms.dtype, on_disk.waveforms.ndim) == (np.float32, 2)
    again = load_quietly(sounds)
    for one in (on_disk, again):
        np.testing.assert_array_equal(one.waveforms, held.waveforms)
        np.testing.assert_array_equal(one.labels, held.labels)
        assert (one.label_names, one.skipped) == (held.label_names, held.skipped)
        for column in ("file", "split"):
            np.testing.assert_array_equal(one.columns[column], held.columns[column])
    assert repr(on_disk) == repr(held)
    with pytest.warns(UserWarning, match=r"1 file, 9\.wav \(holds samples that are NaN"):
        datasets.load(sounds)


def test_clips_on_the_disk_are_taken_like_rows_of_an_array(sounds, cache, monkeypatch):
    held, on_disk = held_and_on_disk(sounds, monkeypatch)
    clips, expected = on_disk.waveforms, held.waveforms
    for which in (3, -1, slice(2, 9, 3), [4, 1, 4], held.labels == 1, np.array([], int)):
        np.testing.assert_array_equal(clips[which], expected[which])
    chosen = on_disk.select([7, 2, 5]).map(lambda clips: 0.5 * clips).select([0, 1])
    np.testing.assert_array_equal(chosen.map(np.negative).waveforms, -0.5 * expected[[7, 2]])
    np.testing.assert_array_equal(clips, expected)


def test_a_codec_sees_each_clip_with_its_label_wherever_the_clips_are(sounds, cache, monkeypatch):
    held, on_disk = held_and_on_disk(sounds, monkeypatch, split="train")

    def encode(waveforms, names):
        return tf.stack([waveforms[:, :10], waveforms[:, :10] * (names == "high")[:, None]], 2)

    monkeypatch.setattr(dataset, "PART", 5)
    streams = [
        datasets.batches((data.encoded(encode), data.labels), 4, seed=3, first_step=2)
        for data in (held, on_disk)
    ]
    assert streams[0].element_spec == streams[1].element_spec
    assert streams[1].element_spec[0].shape == (4, 10, 2)
    for (examples, labels), (expected, expected_labels) in zip(
        streams[1].take(9), streams[0], strict=False
    ):
        np.testing.assert_array_equal(examples, expected)
        np.testing.assert_array_equal(labels, expected_labels)
        assert (examples[..., 1].numpy().any(axis=1) == (labels.numpy() == 0)).all()


def test_a_folder_on_the_disk_is_decoded_once_until_it_changes(sounds, disk, decoded, monkeypatch):
    load_quietly(sounds)
    assert len(decoded) == 7
    kept = set(disk.iterdir())
    assert len(kept) == 2
    load_quietly(sounds, split="train", seed=4)
    assert len(decoded) == 7
    load_quietly(sounds, samples=4096)  # another length beside it
    assert set(disk.iterdir()) > kept
    slower = load_quietly(sounds, sample_rate=8000)  # and another rate
    assert strongest_hz(slower.waveforms[0]) == pytest.approx(2 * 1200, abs=2)
    before = (sounds / "low" / "0.wav").stat()
    write(sounds / "low" / "0.wav", tone(700))  # of the same size
    os.utime(sounds / "low" / "0.wav", ns=(0, before.st_mtime_ns + 1))
    clips = load_quietly(sounds)
    assert strongest_hz(clips.waveforms[clips.columns["file"] == "low/0.wav"][0]) == pytest.approx(
        700, abs=1
    )
    assert not set(disk.iterdir()) & kept
    assert len(list(disk.iterdir())) == 6
    (sounds / "high" / "0.wav").rename(sounds / "high" / "00.wav")
    assert load_quietly(sounds).columns["file"][0] == "high/00.wav"
    decoded.clear()
    monkeypatch.setattr(folders, "VERSION", -1)  # other rules
    load_quietly(sounds)
    assert len(decoded) == 7


@pytest.mark.parametrize("ending, content", [(".f32", b"\0" * 65536), (".json", b"{}")])
def test_a_damaged_cache_is_made_again(sounds, disk, decoded, ending, content):
    whole = np.array(load_quietly(sounds).waveforms)
    next(disk.glob(f"*{ending}")).write_bytes(content)
    np.testing.assert_array_equal(load_quietly(sounds).waveforms, whole)
    assert len(decoded) == 14
    load_quietly(sounds)
    assert len(decoded) == 14


def test_clips_are_still_there_when_the_cache_is_emptied_meanwhile(sounds, disk):
    clips = load_quietly(sounds).waveforms
    before = clips[:]
    shutil.rmtree(disk)
    shutil.rmtree(sounds)
    np.testing.assert_array_equal(clips[:], before)


def test_a_full_disk_names_the_place_and_the_need_and_leaves_nothing(sounds, disk):
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5 * 65536, limits[1]))
    try:
        with pytest.raises(
            OSError, match=r"too large: .* need some 0\.[5-9] MB; make room"
        ) as caught:
            load_quietly(sounds)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.filename == str(disk)
    assert not list(disk.iterdir())


def test_two_processes_may_decode_one_folder_at_once(sounds, disk):
    (sounds / "low" / "9.wav").unlink()
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(datasets.load, [sounds, sounds]))
    np.testing.assert_array_equal(both[0].waveforms, both[1].waveforms)
    assert len(list(disk.iterdir())) == 2


MEMORY = """
import resource, sys
from audiogan_lib import datasets
from audiogan_lib.datasets import folders

folders.MEMORY_BYTES = 1 << 20
folders.pooch.os_cache = lambda name: sys.argv[2]

def peak_mb(folder):
    dataset = datasets.load(folder, samples=2048, split="train").map(abs)
    doubled = dataset.encoded(lambda clips, names: 2 * clips)
    for _ in datasets.batches((doubled, dataset.labels), 50).take(40):
        pass
    return len(dataset), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

few, before = peak_mb(sys.argv[1] + "/few")
many, after = peak_mb(sys.argv[1])
assert many > 10 * few
print(many * 2048 * 4 / 1e6, after - before)
"""


def test_many_clips_take_no_more_memory_than_few(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(4):
        noise = rng.integers(1000, 9000, 2048 * 2000, np.int16)
        soundfile.write(tmp_path / f"{number}.wav", noise, RATE)
    (tmp_path / "few").mkdir()
    for name in "ab":
        soundfile.write(tmp_path / "few" / f"{name}.wav", noise[: 2048 * 100], RATE)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, tmp_path, tmp_path / "cache"],
        capture_output=True,
        text=True,
        check=True,
    )
    clips_mb, more_mb = map(float, done.stdout.split())
    assert clips_mb > 50
    assert more_mb < 20


def test_one_recording_in_eight_is_held_back_and_every_label_is_learnt():
    recordings = np.repeat(np.arange(41), 2)
    labels = np.minimum(recordings % 5, 3)
    labels[recordings > 32] = recordings[recordings > 32] - 29  # of one recording alone, each
    data = datasets.Dataset(
        *("data", np.zeros((82, 4), np.float32), labels, tuple("abcdefghijkl"), 8000),
        columns={"recording": recordings},
    )
    kept, held = data.hold_back()
    assert not set(kept.columns["recording"]) & set(held.columns["recording"])
    assert len(kept) + len(held) == 82
    assert 6 <= len(held) <= 12
    assert set(kept.labels) == set(range(12))


def test_where_too_few_recordings_are_to_be_held_back_some_clips_are_learnt_and_compared_with():
    few = datasets.Dataset(
        *("data", np.zeros((5, 4), np.float32), np.array([0, 0, 0, 1, 2]), tuple("abc"), 8000),
        columns={"recording": np.arange(5)},
    )
    assert [len(part) for part in few.hold_back()] == [5, 5]
    data = datasets.Dataset(
        *("data", np.zeros((900, 4), np.float32), np.zeros(900, int), ("a",), 8000),
        columns={"recording": np.array(["take"] * 900)},
    )
    kept, held = data.hold_back()
    assert (len(kept), len(held)) == (900, 300)
