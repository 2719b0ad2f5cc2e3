"""Beats fall on their samples, mixes are sums, and MIDI files say what their standard says."""

import csv

import numpy as np
import pytest

from audiogan_lib import music
from audiogan_lib.music import Note


def test_c4_is_60_and_every_number_has_a_name_that_is_understood():
    named = {"C4": 60, "A4": 69, "F#3": 54, "Bb2": 46, "Cb4": 59, "B#3": 60, "bb2": 46, "C-1": 0}
    named |= {"G9": 127, "E\u266d5": 75, "F\u266f3": 54, " 60 ": 60, 61: 61}
    assert {note: music.midi_number(note) for note in named} == named
    assert music.note_name(60) == "C4"
    assert [music.midi_number(music.note_name(midi)) for midi in range(128)] == [*range(128)]


@pytest.mark.parametrize("note", ["H4", "C", "C44", "G#9", "Cb-1", 128, -1, 60.5, "", None])
def test_what_is_no_note_is_refused(note):
    with pytest.raises(ValueError, match=r"'C4' \(MIDI 60\).*received"):
        music.midi_number(note)


def test_beats_fall_on_their_samples():
    np.testing.assert_array_equal(music.starts([0, 1, 2.5], 120, 8000), [0, 4000, 10000])
    assert music.starts(1, 90, 16000) == 10667
    assert music.starts(0.25, 100, 16000).dtype == int


def test_rounding_does_not_add_up():
    sixteenths = np.arange(16 * 1000) / 4
    samples = music.starts(sixteenths, 97, 16000)
    assert np.abs(samples - sixteenths * 60 / 97 * 16000).max() <= 0.5


@pytest.mark.parametrize("beats, tempo", [([0], 0), ([0], np.nan), ([-1], 100), ([np.inf], 100)])
def test_times_that_cannot_be_are_refused(beats, tempo):
    with pytest.raises(ValueError, match=r"(tempo_bpm|beats) must be .*received"):
        music.starts(beats, tempo, 8000)


def test_a_mix_is_the_sum_at_the_positions():
    mixed = music.mix([np.array([1.0, 2.0, 3.0]), np.array([10.0])], [1, 2])
    np.testing.assert_array_equal(mixed, [0, 1, 12, 3])
    assert mixed.dtype == np.float32


def test_a_mix_of_given_length_is_cut_or_filled():
    sound = np.array([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(music.mix([sound], [2], samples=4), [0, 0, 1, 2])
    np.testing.assert_array_equal(music.mix([sound], [0], samples=5), [1, 2, 3, 0, 0])
    np.testing.assert_array_equal(music.mix([], [], samples=2), [0, 0])
    np.testing.assert_array_equal(music.mix([sound], [7], samples=4), [0, 0, 0, 0])


def test_a_loop_goes_on_where_it_began():
    sound = np.arange(1.0, 8.0)
    np.testing.assert_array_equal(
        music.mix([sound], [2], samples=3, loop=True), [2 + 5, 3 + 6, 1 + 4 + 7]
    )
    rounds = music.mix([sound] * 5, [2, 5, 8, 11, 14])
    np.testing.assert_array_equal(music.mix([sound], [2], samples=3, loop=True), rounds[9:12])


def test_mixes_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match=r"positions must be 1 .* received \[0, 1\]"):
        music.mix([np.ones(1)], [0, 1])
    with pytest.raises(ValueError, match=r"positions .* received \[-1\]"):
        music.mix([np.ones(1)], [-1])
    for position in (-0.5, 1.9, np.inf):
        with pytest.raises(ValueError, match="positions must be 1 whole numbers from 0"):
            music.mix([np.ones(1)], [position])
    for sounds, samples in (([np.zeros(0)], None), ([np.ones(1)], 0)):
        with pytest.raises(ValueError, match="samples must be at least 1, received 0"):
            music.mix(sounds, [0], samples)
    with pytest.raises(ValueError, match="samples must be given"):
        music.mix([], [])
    with pytest.raises(ValueError, match=r"sounds\[1\] must be one row .* shape \(9, 2\)"):
        music.mix([np.ones(9), np.ones((9, 2))], [0, 0])


def read_midi(content):
    """Read a MIDI file of one track by its standard: division, tempo, (tick, message) pairs."""
    assert content[:8] == b"MThd\0\0\0\6"
    kind, tracks, division = (int.from_bytes(content[i : i + 2], "big") for i in (8, 10, 12))
    assert (kind, tracks) == (0, 1)
    assert content[14:18] == b"MTrk"
    assert int.from_bytes(content[18:22], "big") == len(content) - 22
    place, tick, tempo, messages = 22, 0, None, []
    while True:
        delta = 0
        while content[place] & 0x80:
            delta, place = delta << 7 | content[place] & 0x7F, place + 1
        tick, place = tick + (delta << 7 | content[place]), place + 1
        if content[place] != 0xFF:
            messages.append((tick, tuple(content[place : place + 3])))
            place += 3
            continue
        kind, size = content[place + 1 : place + 3]
        if kind == 0x51:
            tempo = int.from_bytes(content[place + 3 : place + 3 + size], "big")
        place += 3 + size
        if kind == 0x2F:
            assert place == len(content)
            return division, tempo, messages


def test_a_midi_file_holds_the_score(tmp_path):
    score = [Note(1.5, 0.25, 60), Note(0, 1, 36, 127, music.DRUM_CHANNEL), Note(300, 2, 84, 1)]
    music.write_midi(tmp_path / "score.mid", score, 96)
    division, tempo, messages = read_midi((tmp_path / "score.mid").read_bytes())
    assert tempo == 625_000
    assert messages == [
        (0, (0x99, 36, 127)),
        (division, (0x89, 36, 64)),
        (3 * division // 2, (0x90, 60, 100)),
        (7 * division // 4, (0x80, 60, 64)),
        (300 * division, (0x90, 84, 1)),
        (302 * division, (0x80, 84, 64)),
    ]


def test_a_score_takes_the_names_of_notes(tmp_path):
    for name, midi in ("named", "Bb2"), ("numbered", 46):
        music.write_midi(tmp_path / f"{name}.mid", [Note(0, 1, midi)], 120)
    named, numbered = (path.read_bytes() for path in sorted(tmp_path.iterdir()))
    assert named == numbered
    with pytest.raises(ValueError, match="received 'H2'"):
        music.write_midi(tmp_path / "wrong.mid", [Note(0, 1, "H2")], 120)


def test_variable_lengths_are_those_of_the_standard():
    # The table of "Standard MIDI Files 1.0", page 2.
    for number, expected in {
        0x00: "00",
        0x40: "40",
        0x7F: "7f",
        0x80: "8100",
        0x2000: "c000",
        0x3FFF: "ff7f",
        0x4000: "818000",
        0x1FFFFF: "ffff7f",
        0x200000: "81808000",
        0x0FFFFFFF: "ffffff7f",
    }.items():
        assert music._variable_length(number).hex() == expected


def test_a_repeated_pitch_ends_before_it_begins_again(tmp_path):
    music.write_midi(tmp_path / "two.mid", [Note(1, 1, 60), Note(0, 1, 60)], 120)
    _, _, messages = read_midi((tmp_path / "two.mid").read_bytes())
    assert [status for _, (status, _, _) in messages] == [0x90, 0x80, 0x90, 0x80]


def strokes(tmp_path, *notes):
    """Write notes; return when each key goes down and up, in beats, with its velocity."""
    music.write_midi(tmp_path / "score.mid", notes, 120)
    division, _, messages = read_midi((tmp_path / "score.mid").read_bytes())
    down, played = {}, []
    for tick, (status, key, velocity) in messages:
        if status & 0xF0 == 0x90:
            assert (status & 0x0F, key) not in down  # no key is struck that is down
            down[status & 0x0F, key] = tick / division, velocity
        else:
            start, loudness = down.pop((status & 0x0F, key))
            played.append((start, tick / division, key, loudness))
    assert not down
    return sorted(played)


def test_overlapping_notes_of_one_pitch_sound_until_the_last_of_them_ends(tmp_path):
    outer, inner = Note(0, 4, 60, 90), Note(1, 1, 60, 80)
    assert strokes(tmp_path, outer, inner) == [(0, 1, 60, 90), (1, 4, 60, 80)]
    assert strokes(tmp_path, outer, inner, Note(5, 1, 60)) == [
        (0, 1, 60, 90),
        (1, 4, 60, 80),
        (5, 6, 60, 100),
    ]
    [(start, end, _, _)] = strokes(tmp_path, Note(1, 1e-6, 60))
    assert end > start == 1  # a note too short for a tick
    twice = Note(0, 1, 60, 90), Note(0, 2, 60, 80)
    assert strokes(tmp_path, *twice) == [(0, 2, 60, 90)]
    elsewhere = Note(1, 1, 61, 80), Note(1, 1, 60, 80, channel=3)
    assert len(strokes(tmp_path, outer, *elsewhere)) == 3
    assert (0, 4, 60, 90) in strokes(tmp_path, outer, *elsewhere)


@pytest.mark.parametrize(
    "note",
    [
        Note(-1, 1, 60),
        Note(0, 0, 60),
        Note(np.nan, 1, 60),
        Note(0, 1, 128),
        Note(0, 1, 60.5),
        Note(0, 1, 60, 0),
        Note(0, 1, 60, 128),
        Note(0, 1, 60, 100, 16),
        Note(0, 1, np.inf),
        # The format holds no more than 0x0fffffff ticks between two events.
        Note(559_240, 1, 60),
        Note(0, np.inf, 60),
    ],
)
def test_a_note_out_of_range_is_refused_and_nothing_written(note, tmp_path):
    with pytest.raises(ValueError, match=r"notes must have .* received Note"):
        music.write_midi(tmp_path / "score.mid", [note], 120)
    assert not list(tmp_path.iterdir())


def test_where_a_midi_file_cannot_be_written_it_says_why(tmp_path):
    with pytest.raises(ValueError, match=r"path must end in .mid, received 'score.midi'"):
        music.write_midi(tmp_path / "score.midi", [], 120)
    for tempo in (3, 60_001):
        with pytest.raises(ValueError, match=rf"tempo_bpm must lie in .*, received {tempo}"):
            music.write_midi(tmp_path / "score.mid", [], tempo)
    music.write_midi(tmp_path / "SCORE.MID", [], 60_000)
    music.write_midi(tmp_path / "score.mid", [Note(0, 1, 0, 1, 0), Note(0, 1, 127, 127, 15)], 4)
    with pytest.raises(FileNotFoundError, match="a folder that exists"):
        music.write_midi(tmp_path / "none" / "score.mid", [], 120)


def test_every_shipped_drum_has_a_key_of_its_own(root):
    index = root / "audiogan_lib" / "sounds" / "drums" / "index.csv"
    with index.open(newline="", encoding="utf-8") as file:
        labels = {row["label"] for row in csv.DictReader(file)}
    assert set(music.DRUM_KEYS) == labels
    assert len(set(music.DRUM_KEYS.values())) == len(music.DRUM_KEYS)
