"""The sounds that ship keep their promises, read from the packed files alone."""

import csv
import importlib
import re
import struct
import tomllib
from collections import Counter, defaultdict
from fnmatch import fnmatchcase
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.fft
import soundfile

from audiogan_lib import metrics

ROOT = Path(__file__).resolve().parents[1]
SOUNDS = ROOT / "audiogan_lib" / "sounds"
MANY = 500  # recordings of drums
COMMANDS = {"drums": "collect_drums", "notes": "collect_notes"}
COMMANDS["robot_digits"] = "render_robot_digits"
SHAPES = {"drums": (16000, 16384), "notes": (16000, 16384), "robot_digits": (8000, 8192)}


def read_pack(name):
    """Return the index's rows, each with its `clip` (float32)."""
    folder = SOUNDS / name
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    audio = {f: soundfile.read(folder / f, dtype="float32")[0] for f in {r["file"] for r in rows}}
    for row in rows:
        start, samples = int(row["start"]), int(row["samples"])
        row["clip"] = audio[row["file"]][start : start + samples]
    return rows


@pytest.fixture(scope="module")
def packs():
    return {name: read_pack(name) for name in SHAPES}


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("render_robot_digits")


def likeness(clips, others):
    """Return each clip's largest cross-correlation with the others, over the first 4096 samples."""
    fit = librosa.util.fix_length
    clips, others = (np.stack([fit(clip, size=4096) for clip in part]) for part in (clips, others))
    spectra, candidates = (
        scipy.fft.rfft(part / np.linalg.norm(part, axis=1, keepdims=True), 8192)
        for part in (clips, others)
    )
    peaks = [np.abs(scipy.fft.irfft(candidates * s.conj(), 8192)).max() for s in spectra]
    return np.array(peaks)


def groups_of(rows, *columns):
    """Return ``{values of the columns: rows}``."""
    groups = defaultdict(list)
    for row in rows:
        groups[tuple(row[column] for column in columns)].append(row)
    return groups


@pytest.mark.parametrize("name", SHAPES)
def test_files_are_mono_flac_of_the_promised_rate_filled_by_their_clips(packs, name):
    sample_rate, longest = SHAPES[name]
    for (file,), rows in groups_of(packs[name], "file").items():
        info = soundfile.info(SOUNDS / name / file)
        assert (info.format, info.channels, info.samplerate) == ("FLAC", 1, sample_rate)
        lengths = np.array([int(row["samples"]) for row in rows])
        np.testing.assert_array_equal(
            [int(row["start"]) for row in rows], np.cumsum(lengths) - lengths
        )
        assert lengths.sum() == info.frames
        assert 0 < lengths.min() <= lengths.max() <= longest
    assert set((SOUNDS / name).glob("*.flac")) == {SOUNDS / name / r["file"] for r in packs[name]}


@pytest.mark.parametrize("name", SHAPES)
def test_no_clip_is_silent_clipped_or_late(packs, name):
    sample_rate, _ = SHAPES[name]
    for row in packs[name]:
        level = np.abs(row["clip"])
        assert 0.05 < level.max() < 0.91
        assert np.sqrt(np.mean(level**2)) > 0.01
        assert np.argmax(level > 0.005 * level.max()) < 0.0025 * sample_rate
        assert level[-1] < 0.01


def test_a_drum_speaks_within_fourteen_milliseconds(packs):
    for row in packs["drums"]:
        level = np.abs(row["clip"])
        assert np.argmax(level > 0.1 * level.max()) < 0.014 * 16000


def test_drums_are_hundreds_of_recordings_of_many_kits_and_classes(packs):
    rows = packs["drums"]
    assert len({row["recording"] for row in rows}) == len(rows) >= MANY
    assert len({row["kit"] for row in rows}) >= 20
    assert len({row["label"] for row in rows}) >= 10


def test_every_drum_class_is_tested_on_eight_recordings_of_two_unheard_kits(packs):
    for rows in groups_of(packs["drums"], "label").values():
        trained = {row["kit"] for row in rows if row["split"] == "train"}
        tested = [row["kit"] for row in rows if row["split"] == "test"]
        assert len(tested) >= 8
        assert len(set(tested)) >= 2
        assert trained
        assert not trained & set(tested)


def test_low_drums_are_dark_and_cymbals_bright(packs):
    centroid_hz = {}
    for (label,), rows in groups_of(packs["drums"], "label").items():
        magnitudes = np.abs([np.fft.rfft(row["clip"], 16384) for row in rows[::4]])
        frequencies_hz = np.linspace(0, 8000, magnitudes.shape[1])
        centroid_hz[label] = np.median(magnitudes @ frequencies_hz / magnitudes.sum(axis=1))
    assert max(centroid_hz["kick"], centroid_hz["tom"]) < 2000
    assert min(centroid_hz[name] for name in ("closed_hat", "open_hat", "crash", "ride")) > 2500
    assert centroid_hz["kick"] < centroid_hz["snare"] < centroid_hz["closed_hat"]


def test_drum_splits_share_no_kit_and_no_recording(packs):
    train = [row for row in packs["drums"] if row["split"] == "train"]
    test = [row for row in packs["drums"] if row["split"] == "test"]
    for column in ("kit", "recording"):
        assert not {row[column] for row in train} & {row[column] for row in test}


def test_no_drum_recording_is_another_at_another_level(packs):
    for rows in groups_of(packs["drums"], "label").values():
        clips = [row["clip"] for row in rows]
        for place, clip in enumerate(clips[:-1]):
            assert likeness(clips[place + 1 :], [clip]).max() < 0.9995


def test_no_tested_drum_is_the_same_sound_as_a_trained_one_of_any_class(packs):
    train, test = (
        [row["clip"] for row in packs["drums"] if row["split"] == split]
        for split in ("train", "test")
    )
    assert likeness(test, train).max() < 0.9


def test_every_drum_names_a_source_and_a_licence_that_the_licence_file_explains(packs):
    text = (SOUNDS / "drums" / "LICENSE.md").read_text(encoding="utf-8")
    for row in packs["drums"]:
        assert f"| {row['kit']} |" in text
        assert f"\n- {row['license']}: " in text
        stem = row["recording"].removeprefix(f"{row['kit']}/")
        assert row["source"].endswith(".sf2") or row["source"].startswith(f"{stem}.")


def test_the_counts_and_seconds_of_drums_are_those_of_the_clips_without_padding(packs):
    rows = packs["drums"]
    text = (SOUNDS / "drums" / "LICENSE.md").read_text(encoding="utf-8")
    said = re.search(r"(\d+) recordings of (\d+) kits in (\d+) classes.*?(\d+) seconds", text, re.S)
    seconds = sum(len(row["clip"]) for row in rows) / 16000
    kits, labels = ({row[column] for row in rows} for column in ("kit", "label"))
    assert [int(n) for n in said.groups()] == [len(rows), len(kits), len(labels), round(seconds)]
    for (split,), part in groups_of(rows, "split").items():
        assert re.search(rf"\*\*all\*\* \| {split} \|.* {len(part)} \|", text)


def test_notes_cover_every_pitch_with_at_least_twelve_instruments(packs):
    rows = packs["notes"]
    assert len({row["instrument"] for row in rows}) >= 12
    for split in ("train", "test"):
        pitches = Counter(int(row["pitch"]) for row in rows if row["split"] == split)
        assert sorted(pitches) == list(range(36, 85))
        assert min(pitches.values()) >= 3
    assert all(row["label"] == row["pitch"] for row in rows)
    assert set(groups_of(rows, "instrument", "split")) == {
        (row["instrument"], split) for row in rows for split in ("train", "test")
    }


def test_no_note_is_tuned_far_from_the_key_that_was_recorded(packs):
    tunings = [abs(int(row["tuning"])) for row in packs["notes"]]
    assert max(tunings) <= 4
    assert np.mean(np.array(tunings) <= 2) > 0.9


def test_a_recording_of_a_note_is_heard_in_one_split(packs):
    splits = groups_of(packs["notes"], "recording")
    assert len(splits) >= 250
    assert all(len({row["split"] for row in rows}) == 1 for rows in splits.values())


def test_the_test_has_a_source_of_its_own_for_five_instruments(packs):
    sources = {
        key: {row["source"] for row in rows}
        for key, rows in groups_of(packs["notes"], "instrument", "split").items()
    }
    instruments = {instrument for instrument, _ in sources}
    alone = [name for name in instruments if not sources[name, "train"] & sources[name, "test"]]
    assert set(alone) == {"grand_piano", "cello", "strings", "pizzicato", "saxophone"}


def test_every_note_names_its_source_and_licence_and_the_licence_counts_them(packs):
    text = (SOUNDS / "notes" / "LICENSE.md").read_text(encoding="utf-8")
    columns = ("file", "source", "license", "split")
    for part, rows in groups_of(packs["notes"], *columns).items():
        assert all(part)
        assert part[2] in ("MIT", "CC0", "public domain")
        recordings = len({row["recording"] for row in rows})
        seconds = sum(len(row["clip"]) for row in rows) / 16000  # none of it is padding
        line = f"| {' | '.join(part)} | {recordings} | {len(rows)} | {seconds:.0f} |"
        assert line in text


def test_notes_sound_at_their_pitch(packs):
    clips = [librosa.util.fix_length(row["clip"], size=16384) for row in packs["notes"]]
    pitches = [int(row["pitch"]) for row in packs["notes"]]
    errors = metrics.pitch_errors(clips, 16000, pitches)
    assert np.abs(errors).max() < 20
    assert abs(np.median(errors)) < 3


def test_robot_digits_are_spoken_by_every_voice_and_split_by_voice(packs):
    rows = packs["robot_digits"]
    splits = defaultdict(set)
    for row in rows:
        splits[row["split"]].add(row["voice"])
    assert len(splits["train"]) + len(splits["test"]) >= 8
    assert not splits["train"] & splits["test"]
    assert len(splits["test"]) >= 2
    counts = Counter((row["voice"], row["label"]) for row in rows)
    assert set(counts.values()) == {4}
    assert len(counts) == 10 * len(splits["train"] | splits["test"])
    assert {row["label"] for row in rows} == set("0123456789")
    assert len({row["clip"].tobytes() for row in rows}) == len(rows)


@pytest.mark.parametrize("name", SHAPES)
def test_no_test_clip_is_a_near_duplicate_of_a_training_clip(packs, name):
    for clips in groups_of(packs[name], "label").values():
        train = [row["clip"] for row in clips if row["split"] == "train"]
        test = [row["clip"] for row in clips if row["split"] == "test"]
        assert likeness(test, train).max() < 0.97


def test_the_comparison_finds_a_sound_at_another_level_and_a_little_later(packs):
    clips = [row["clip"] for row in packs["drums"][::40]]
    later = [np.concatenate([np.zeros(100, np.float32), 0.3 * clip]) for clip in clips]
    pairs = zip(clips, later, strict=True)
    assert min(likeness([clip], [other]).item() for clip, other in pairs) > 0.97


@pytest.mark.parametrize("name", SHAPES)
def test_licence_names_terms_source_and_command(name):
    text = (SOUNDS / name / "LICENSE.md").read_text(encoding="utf-8")
    assert f"python tools/{COMMANDS[name]}.py" in text
    terms = ("CC BY 4.0", "flite", "espeak-ng") if name == "robot_digits" else ("MIT", "FluidR3")
    assert all(term in text for term in terms)


def test_sounds_stay_inside_the_budget():
    sizes = [path.stat().st_size for path in SOUNDS.rglob("*") if path.is_file()]
    assert sum(sizes) <= 18_000_000
    assert max(sizes) <= 4_000_000


def test_index_follows_the_tables_of_the_scripts(packs, script):
    with (ROOT / "tools" / "drums.toml").open("rb") as file:
        table = tomllib.load(file)
    taken = set()
    for row in packs["drums"]:
        kit = table["kits"][row["kit"]]
        source = table["sources"][kit["source"]]
        name = row["recording"].removeprefix(f"{row['kit']}/")
        taken |= {(row["kit"], p) for p in kit[row["label"]] if fnmatchcase(name, p)}
        assert any(fnmatchcase(name, pattern) for pattern in kit[row["label"]])
        assert name not in kit.get("leave", ())
        assert row["split"] == kit["split"]
        assert row["license"] == kit.get("license", source["license"])
    labels = table["labels"]
    patterns = {
        (kit, pattern)
        for kit, facts in table["kits"].items()
        for label in labels
        for pattern in facts.get(label, ())
    }
    assert taken == patterns
    assert {row["voice"] for row in packs["robot_digits"]} == set(script.VOICES)


def test_the_voices_script_says_what_is_missing(script):
    with pytest.raises(SystemExit, match="espeak-none is missing: apt-get install espeak-none"):
        script.speak("espeak-none", "en-us", 150, 50, "one", 8000)


@pytest.fixture
def notes_collector(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("collect_notes")


def test_the_index_of_notes_follows_the_tables_of_their_script(packs, notes_collector):
    found = groups_of(packs["notes"], "instrument", "split")
    for instrument, sources in notes_collector.NOTES.items():
        keys = {
            int(row["pitch"]) for split in ("train", "test") for row in found[instrument, split]
        }
        assert keys <= set().union(*(source.keys for source in sources))
        assert {row["source"].split(":")[0] for row in found[instrument, "train"]} == {
            source.font for source in sources if not source.test
        }
    assert {instrument for instrument, _ in found} == set(notes_collector.NOTES)


def test_the_script_of_the_notes_says_what_is_missing(notes_collector, monkeypatch, tmp_path):
    monkeypatch.setattr(notes_collector, "FOLDER", tmp_path)
    with pytest.raises(SystemExit, match="missing: apt-get install fluid-soundfont-gm"):
        notes_collector.collect()


def test_a_key_is_played_by_the_recordings_in_reach_or_else_by_the_nearest(notes_collector):
    recorded = [(60, "low"), (62, "high")]
    source = notes_collector.Source("font", 0, range(58, 68), reach=1)
    assert list(notes_collector.chosen_keys(source, recorded)) == [
        *((key, 60, "low") for key in (58, 59, 60, 61)),
        *((key, 62, "high") for key in (61, 62, 63, 64, 65, 66)),
    ]
    alone = notes_collector.Source("font", 0, range(58, 68), reach=1, test=True)
    keys = [key for key, _, _ in notes_collector.chosen_keys(alone, recorded)]
    assert keys == list(range(58, 67))


@pytest.fixture
def collector(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("collect_drums")


def test_a_soundfont_gives_every_sample_once_with_its_channels_side_by_side(collector, tmp_path):
    def chunk(name, data):
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    def header(name, start, stop, rate):
        return struct.pack("<20s5I2B2H", name, start, stop, start, stop, rate, 60, 0, 0, 1)

    numbers = np.arange(-5, 5, dtype="<i2") * 1000
    headers = header(b"Tap(L)", 0, 3, 8000) + header(b"Tap(R)", 3, 6, 8000)
    headers += header(b"Kick 1", 6, 10, 44100) + header(b"EOS", 0, 0, 0)
    parts = chunk(b"LIST", b"INFO" + chunk(b"INAM", b"odd"))
    parts += chunk(b"LIST", b"sdta" + chunk(b"smpl", numbers.tobytes()))
    parts += chunk(b"LIST", b"pdta" + chunk(b"shdr", headers))
    path = tmp_path / "small.sf2"
    path.write_bytes(chunk(b"RIFF", b"sfbk" + parts))
    tap, kick = (collector.read_samples(path)[name] for name in ("Tap", "Kick 1"))
    np.testing.assert_array_equal(tap[0] * 32768, numbers[:6].reshape(2, 3).T)
    np.testing.assert_array_equal(kick[0][:, 0] * 32768, numbers[6:])
    assert (tap[1], kick[1]) == (8000, 44100)


def test_a_drum_is_its_louder_channel_from_just_before_its_stroke(collector):
    stroke = np.exp(-np.arange(32000) / 2000) * np.cos(0.3 * np.arange(32000))
    loud = np.concatenate([np.zeros(3000), 0.5 * stroke])
    clip = collector.one_shot(np.stack([0.1 * loud, -loud], axis=1).astype(np.float32), 16000)
    assert 8000 < len(clip) <= 16384
    np.testing.assert_allclose(clip[32:6000], -0.9 * stroke[: 6000 - 32], atol=2e-3)
    assert np.abs(clip[:30]).max() < 0.1


def test_the_collector_says_what_is_missing(collector, tmp_path):
    source = {"path": str(tmp_path / "absent"), "package": "drums", "version": "1-2"}
    with pytest.raises(SystemExit, match="absent is missing: apt-get install drums=1-2"):
        collector.recordings(source)
    with pytest.raises(SystemExit, match=r"attic: no recording is called 9\*"):
        list(collector.wanted("attic", {"kick": ["9*"]}, {"1": None}, ["kick"]))
