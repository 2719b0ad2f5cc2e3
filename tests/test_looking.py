"""A look at a folder before anything is learnt from it: facts, choices, advice; no TensorFlow."""

import json
import subprocess
import sys

import numpy as np
import pytest
from tones import RATE, tone, write

from audiogan_lib import datasets


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
    known = json.loads(json.dumps(datasets.look(folder).as_dict()))
    assert len(known["files"]) == 16
    assert (known["sample_rate"], known["samples"]) == (8000, 4096)


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
    with pytest.raises(ValueError, match="there is no such folder"):
        datasets.look(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"holds no sound files$"):
        datasets.look(tmp_path)
    (tmp_path / "a.wav").touch()
    with pytest.raises(ValueError, match=r"no usable sound \(a\.wav: the file is empty\)"):
        datasets.look(tmp_path)


def test_a_look_loads_no_tensorflow(folder):
    code = (
        "import sys; from audiogan_lib import datasets; "
        "print(len(datasets.look(sys.argv[1]).sounds), 'tensorflow' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["16", "False"]
