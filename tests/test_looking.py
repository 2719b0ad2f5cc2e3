"""A look at a folder before anything is learnt from it: facts, choices, advice; no TensorFlow."""

import dataclasses
import json
import subprocess
import sys

import numpy as np
import pytest
from tones import RATE, tone, write

from audiogan_lib import datasets
from audiogan_lib.datasets import looking


def struck(frequency_hz, duration_s=0.5, sample_rate=RATE, decay_s=0.08):
    sound = tone(frequency_hz, sample_rate, duration_s)
    return sound * np.exp(-np.arange(len(sound)) / (decay_s * sample_rate)).astype(np.float32)


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two classes, and with one of each thing that can be wrong."""
    place = tmp_path / "mine"
    for number in range(9):
        write(place / "low" / f"{number}.wav", struck(100 + 10 * number, sample_rate=44100), 44100)
    for number in range(3):
        write(place / "high" / f"{number}.flac", struck(900 + 50 * number))
    write(place / "low" / "again.wav", struck(100, sample_rate=44100), 44100)
    write(place / "high" / "loud.wav", np.clip(4 * struck(700), -1, 1))
    write(place / "high" / "late.wav", np.concatenate([np.zeros(3 * RATE), struck(800)]))
    write(place / "low" / "stereo.wav", np.stack([struck(90), -struck(90)], axis=1))
    (place / "low" / "empty.wav").touch()
    return place


def test_a_look_counts_what_is_there_and_what_is_wrong(folder):
    heard = datasets.look(folder)
    assert heard.labels == {"high": 5, "low": 11}
    assert heard.duplicates == (("low/0.wav", "low/again.wav"),)
    assert heard.skipped == (("low/empty.wav", "the file is empty"),)
    assert heard.remarks == (
        ("low/stereo.wav", "its channels cancel each other; the loudest is taken alone"),
    )
    sounds = {sound.name: sound for sound in heard.sounds}
    assert {name for name, sound in sounds.items() if sound.clipped} == {"high/loud.wav"}
    assert sounds["high/late.wav"].silence == pytest.approx(0.86, abs=0.03)
    first = sounds["low/0.wav"]
    assert (first.sample_rate, first.channels, first.duration_s) == (44100, 1, 0.5)
    assert first.peak == pytest.approx(0.5, abs=0.02)
    power = np.mean(np.square(struck(100, sample_rate=44100)))
    assert first.level_db == pytest.approx(10 * np.log10(power), abs=0.1)
    # Of exp(-2 t / 0.08 s) a hundredth is left after 0.184 s.
    assert first.lengths_s == (pytest.approx(0.184, abs=0.01),)
    assert sounds["high/1.flac"].bandwidth_hz == pytest.approx(960, abs=60)


def test_the_table_has_a_row_for_each_class_and_the_advice_three_sentences(folder):
    heard = datasets.look(folder)
    rows = heard.table().splitlines()
    assert [row.split()[:3] for row in rows[1:]] == [
        ["high", "5", "5"],
        ["low", "11", "11"],
        ["all", "16", "16"],
    ]
    assert len({len(row) for row in rows}) == 1
    amount, trouble, choice = heard.advice
    assert amount.startswith("16 sounds in 2 classes are few")
    assert "fewer than 8 files (high)" in trouble
    assert "at 8000 Hz" in choice
    assert repr(heard).endswith(choice)


def test_what_is_worst_is_said_first(folder):
    for path in folder.glob("low/[0-9].wav"):
        path.write_bytes(b"")
    assert "cannot be used: low/0.wav (the file is empty)" in datasets.look(folder).advice[1]


def test_a_look_is_ready_for_json(folder):
    heard = datasets.look(folder)
    known = json.loads(json.dumps(heard.as_dict()))
    assert len(known["files"]) == 16
    assert known["files"][0] == dataclasses.asdict(heard.sounds[0]) | {
        "lengths_s": list(heard.sounds[0].lengths_s)
    }
    assert known | {"files": ()} == {
        "place": str(folder),
        "files": (),
        "labels": {"high": 5, "low": 11},
        "duplicates": [["low/0.wav", "low/again.wav"]],
        "skipped": [["low/empty.wav", "the file is empty"]],
        "remarks": [list(pair) for pair in heard.remarks],
        "advice": list(heard.advice),
        "sample_rate": 8000,
        "samples": 4096,
    }


def test_length_and_rate_follow_the_sounds_or_the_wish(tmp_path):
    rng = np.random.default_rng(0)
    for number in range(20):
        hiss = rng.normal(size=RATE).astype(np.float32) * 0.1
        write(tmp_path / "hiss" / f"{number}.wav", hiss)
        write(tmp_path / "bell" / f"{number}.wav", struck(400 + number, 0.4))
        write(tmp_path / "drone" / f"{number}.wav", tone(200 + number, duration_s=5))
    choices = {name: datasets.look(tmp_path / name).choose() for name in ("hiss", "bell", "drone")}
    assert choices["hiss"][:2] == (16000, 16384)  # one second, up to 8 kHz
    assert choices["bell"][:2] == (8000, 4096)
    assert choices["drone"][:2] == (8000, 8192)
    assert "go on for longer than a clip can be" in choices["drone"].reason
    assert "95 % of the sounds last" in choices["bell"].reason
    asked = datasets.look(tmp_path / "bell").choose(sample_rate=32000, duration_s=1.1)
    assert asked[:2] == (32000, 5 * 8192)
    assert asked.reason == "clips of 1.28 s (as asked) at 32000 Hz (as asked)"
    for wrong in ({"sample_rate": 12000}, {"duration_s": 0}, {"duration_s": 60}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}=.*must be"):
            datasets.look(tmp_path / "bell").choose(**wrong)


def test_a_long_recording_has_the_lengths_of_its_sounds(tmp_path):
    write(tmp_path / "take.wav", np.concatenate([struck(300 + 20 * n, 0.5) for n in range(12)]))
    heard = datasets.look(tmp_path / "take.wav")
    (sound,) = heard.sounds
    assert len(sound.lengths_s) == 12
    assert heard.labels == {"take": 1}
    assert heard.choose().samples == 4096
    pauses = [np.concatenate([struck(300 + 20 * n, 0.5), np.zeros(RATE)]) for n in range(12)]
    write(tmp_path / "pauses.wav", np.concatenate(pauses))
    heard = datasets.look(tmp_path / "pauses.wav")
    assert len(heard.sounds[0].lengths_s) == 12
    assert heard.advice[1] == "Nothing is wrong with the files that can be measured."


def test_nothing_usable_is_one_sentence(tmp_path):
    with pytest.raises(ValueError, match="nowhere: there is no such folder or file"):
        datasets.look(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"holds no sound files$"):
        datasets.look(tmp_path)
    (tmp_path / "a.wav").touch()
    with pytest.raises(ValueError, match=r"no usable sound \(a\.wav: the file is empty\)"):
        datasets.look(tmp_path)


def heard_of(count, label="kick", **changes):
    """Return so many sounds without a fault, but for the changes."""
    facts = {"label": label, "duration_s": 1.0, "sample_rate": 16000, "channels": 1, "peak": 0.5}
    facts |= {"level_db": -20.0, "silence": 0.0, "clipped": 0, "bandwidth_hz": 3000}
    facts |= {"lengths_s": (0.4,)}
    return [
        datasets.SoundFile(
            name=f"{n}.wav", **(facts | {"digest": f"{label}{n}{changes}"} | changes)
        )
        for n in range(count)
    ]


def look_of(*groups, skipped=()):
    return datasets.Look("place", tuple(sound for group in groups for sound in group), skipped)


@pytest.mark.parametrize(
    ("widths_hz", "rate", "reach"),
    [
        ([3630], 8000, "up to 3.6 kHz"),
        ([3650], 16000, "up to 3.6 kHz"),  # of which 91 % of half of 8 kHz would be too little
        ([1000, 1000, 1000, 5000], 8000, "up to 2.0 kHz"),
        ([9000], 16000, "up to 9.0 kHz, and a higher rate takes twice the time"),
    ],
)
def test_the_rate_holds_what_most_sound_needs(widths_hz, rate, reach):
    sounds = [sound for hz in widths_hz for sound in heard_of(1, bandwidth_hz=hz)]
    chosen = look_of(sounds).choose(duration_s=1.024)
    assert chosen.sample_rate == rate
    reason = f"clips of 1.02 s (as asked) at {rate} Hz (most sound reaches {reach})"
    assert chosen.reason == reason


@pytest.mark.parametrize(
    ("lengths_s", "samples", "why"),
    [
        ([0.1], 4096, "0.51 s (95 % of the sounds last 0.10 s at most)"),
        ([1.9], 16384, "2.05 s (95 % of the sounds last 1.90 s at most)"),
        ([2.0, 2.0, 0.5, 0.5], 16384, "2.05 s (95 % of the sounds last 2.00 s at most)"),
        ([2.0, 2.0, 0.5], 8192, "1.02 s (most sounds go on for longer than a clip can be)"),
        ([3.0, 0.5, 0.5], 16384, "2.05 s (95 % of the sounds last 3.00 s at most)"),
    ],
)
def test_the_length_holds_most_sounds(lengths_s, samples, why):
    chosen = look_of(heard_of(3, lengths_s=tuple(lengths_s))).choose()
    assert chosen.samples == samples
    assert chosen.reason.startswith(f"clips of {why} at 8000 Hz")


def test_a_wish_is_kept_to_what_networks_can_make():
    look = look_of(heard_of(3))
    lengths = {rate: look.choose(rate, 0.001).samples for rate in (8000, 16000, 32000, 44100)}
    assert lengths == {8000: 2048, 16000: 4096, 32000: 8192, 44100: 8192}
    assert look.choose(8000, 1.024).samples == 8192  # not one unit more
    assert look.choose(8000, 8.192).samples == 65536
    known = "8000, 16000, 32000, 44100"
    with pytest.raises(ValueError, match=f"sample_rate=12000: must be one of {known}$"):
        look.choose(12000)
    for wrong in (0, 8.2):
        with pytest.raises(ValueError, match=f"={wrong}: must be more than 0, 8.192 at most"):
            look.choose(duration_s=wrong)


FEW = "are few: a network will play them back rather than vary them; add more."
TRY = "will do for a first try; some hundreds give it more to vary."


@pytest.mark.parametrize(
    ("files", "classes", "sentence"),
    [
        (59, 1, f"59 sounds of one kind {FEW}"),
        (60, 1, f"60 sounds of one kind {TRY}"),
        (15, 4, f"60 sounds in 4 classes {TRY}"),
        (14, 5, f"70 sounds in 5 classes {FEW}"),
        (299, 1, f"299 sounds of one kind {TRY}"),
        (150, 2, "300 sounds in 2 classes are enough to learn from."),
    ],
)
def test_how_much_there_is_is_told_by_sounds_and_classes(files, classes, sentence):
    look = look_of(*(heard_of(files, f"class{number}") for number in range(classes)))
    assert look.advice[0] == sentence


CLIPPED, SILENT = {"clipped": 3}, {"silence": 0.51}


@pytest.mark.parametrize(
    ("groups", "skipped", "sentence"),
    [
        ([heard_of(7)], (), "Nothing is wrong with the files that can be measured."),
        ([heard_of(9)], [("x.wav", "empty")], "1 file cannot be used: x.wav (empty) first."),
        ([heard_of(9)], [("x", "y")] * 2, "2 files cannot be used: x (y) first."),
        (
            [heard_of(7), heard_of(3, digest="same")],
            (),
            "2 of 10 files repeat another: remove them, or the test will know them.",
        ),
        (
            [heard_of(8, "e"), *(heard_of(7, label) for label in "abcdf")],
            (),
            "Classes of fewer than 8 files (a, b, c, d) cannot be judged fairly: add files, or "
            "join them with others.",
        ),
        # A class too small weighs half, and silence a quarter, of what is clipped.
        ([heard_of(3, "a"), heard_of(2, "b", **CLIPPED), heard_of(6, "b")], (), "Classes"),
        ([heard_of(3, "a"), heard_of(3, "b", **CLIPPED), heard_of(5, "b")], (), "3 of 11"),
        (
            [heard_of(9), heard_of(1, **CLIPPED)],
            (),
            "1 of 10 files are clipped: their crackle is learnt too.",
        ),
        ([heard_of(6), heard_of(3, **SILENT), heard_of(1, **CLIPPED)], (), "1 of 10"),
        (
            [heard_of(4), heard_of(5, **SILENT), heard_of(1, **CLIPPED)],
            (),
            "5 of 10 files are silent for more than half: silence before and after sounds is cut "
            "off.",
        ),
        ([heard_of(9), heard_of(9, silence=0.5)], (), "Nothing"),
        ([heard_of(9), heard_of(9, silence=0.9, lengths_s=(0.4, 0.4))], (), "Nothing"),
    ],
)
def test_only_what_costs_most_is_told(groups, skipped, sentence):
    told = look_of(*groups, skipped=tuple(skipped)).advice[1]
    assert told.startswith(sentence)


def test_a_row_tells_of_a_class_what_was_heard():
    some = heard_of(2, silence=0.25, clipped=4, lengths_s=(0.1, 0.2), digest="same")
    rest = heard_of(1, sample_rate=44100, duration_s=2.0, level_db=-31.0)
    rows = look_of(some, rest).table().splitlines()
    row = ["kick", "3", "5", "4.0", "16", "to", "44.1", "-31", "to", "-20", "12%", "2", "1"]
    assert len(rows) == 2  # one class is all
    assert rows[1].split() == row
    both = look_of(some, heard_of(1, "a name of more than twenty letters")).table().splitlines()
    assert [line[:20].strip() for line in both[1:]] == ["a name of more than", "kick", "all"]


def test_flat_tops_are_three_or_more_samples_at_one_height_near_full_scale():
    for block, count in (
        ([0, 1, 1, 0], 0),
        ([0, 1, 1, 1, 0], 3),
        ([1, 1, 1, 0, -0.97, -0.97, -0.97, -0.97], 7),
        ([0.98, 0.99, 1, 0.96, 0.96, 0.96], 0),
    ):
        assert looking._flat_tops(np.array(block, np.float32)) == count


def test_silence_is_counted_in_frames_and_an_offset_is_no_sound(tmp_path):
    sound = np.concatenate([np.full(RATE, 0.0009), tone(1000), np.zeros(2 * RATE)])
    write(tmp_path / "a.wav", sound, subtype="FLOAT")
    (heard,) = datasets.look(tmp_path).sounds
    assert heard.silence == pytest.approx(0.75, abs=0.005)
    assert heard.bandwidth_hz == pytest.approx(1000, abs=16)
    assert (heard.peak, heard.clipped, len(heard.digest)) == (0.5, 0, 32)


def test_a_look_loads_no_tensorflow(folder):
    code = (
        "import sys; from audiogan_lib import datasets; "
        "print(len(datasets.look(sys.argv[1]).sounds), 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["16", "False"]
