"""Sounds in time: from beats to samples, many sounds in one, a score as a MIDI file.

Conventions: times are counted in beats (quarter notes) from the start, and turned into samples in
one place, `starts`; pitches are MIDI numbers (69 is 440 Hz), or the names of notes: C4, the C in
the middle of a piano, is 60. MIDI files are written here, by few lines, since a package for them
would be one more to install on Colab.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np

from audiogan_lib.files import replacing

__all__ = [
    "DRUM_CHANNEL",
    "DRUM_KEYS",
    "Note",
    "midi_number",
    "mix",
    "note_name",
    "starts",
    "write_midi",
]

#: Ticks of a beat in a MIDI file: sixteenths and triplets fall on whole ones.
TICKS = 480

#: The longest time between two events that the format can hold, in ticks.
MOST_TICKS = 0x0FFFFFFF

#: Channel 10 of General MIDI, counted from 0, where each pitch is another drum.
DRUM_CHANNEL = 9

#: Pitches that stand for the shipped drums there: General MIDI Level 1, percussion key map.
DRUM_KEYS = {
    "kick": 36,
    "rim": 37,
    "snare": 38,
    "closed_hat": 42,
    "tom": 45,
    "open_hat": 46,
    "crash": 49,
    "ride": 51,
    "bell": 56,
    "conga": 63,
    "woodblock": 76,
}

#: The twelve keys from C on, as `note_name` writes them.
KEYS = "C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"

_ACCIDENTALS = {"": 0, "#": 1, "\N{MUSIC SHARP SIGN}": 1, "b": -1, "\N{MUSIC FLAT SIGN}": -1}


class Note(NamedTuple):
    """One note of a score.

    Parameters
    ----------
    beat : float >= 0
        When it begins, in beats.
    length : float > 0
        How long it lasts, in beats.
    midi : int in [0, 127], or str
        Its pitch, as `midi_number` takes it; on `DRUM_CHANNEL` the drum.
    velocity : int in [1, 127]
        How hard it is struck.
    channel : int in [0, 15]
        Which instrument of the receiver plays it.
    """

    beat: float
    length: float
    midi: int
    velocity: int = 100
    channel: int = 0


def midi_number(note):
    """Turn the name of a note into its MIDI number: C4 is 60, A4 (440 Hz) is 69.

    Parameters
    ----------
    note : str or int
        A letter from A to G, where needed ``#`` or ``b``, and the octave, which changes at C:
        ``"C4"``, ``"F#3"``, ``"Bb2"``, from ``"C-1"`` to ``"G9"``. Or the number itself.

    Returns
    -------
    int in [0, 127]
        The number.

    Raises
    ------
    ValueError
        If it is neither.

    See Also
    --------
    note_name : The way back.

    Examples
    --------
    >>> [midi_number(note) for note in ("C4", "F#3", "Bb2", "60", 60)]
    [60, 54, 46, 60, 60]
    """
    text = str(note).strip()
    if named := re.fullmatch(r"([A-Ga-g])([#b\u266f\u266d]?)(-?\d)", text):
        letter, accidental, octave = named.groups()
        number = 12 * (int(octave) + 1) + KEYS.index(letter.upper()) + _ACCIDENTALS[accidental]
    else:
        number = int(text) if re.fullmatch(r"\d{1,3}", text, re.ASCII) else -1
    if not 0 <= number <= 127:
        raise ValueError(
            f"note must be a name such as 'C4' (MIDI 60), 'F#3' or 'Bb2', from 'C-1' to 'G9', or a "
            f"MIDI number from 0 to 127, received {note!r}"
        )
    return number


def note_name(midi):
    """Name a MIDI number: 60 is C4; black keys by their sharps.

    Parameters
    ----------
    midi : int in [0, 127]
        The number.

    Examples
    --------
    >>> note_name(60), note_name(46)
    ('C4', 'A#2')
    """
    octave, key = divmod(midi_number(midi), 12)
    return f"{KEYS[key]}{octave - 1}"


def starts(beats, tempo_bpm, sample_rate):
    """Find the samples at which beats fall, as an array of integers.

    Each is rounded by itself, to half a sample at most, so that errors do not add up.

    Parameters
    ----------
    beats : array_like [shape=(...)]
        Times, >= 0.
    tempo_bpm, sample_rate : float > 0
        Beats in a minute, and rate in Hz.

    Raises
    ------
    ValueError
        When the tempo is not positive or a time is negative or not finite.

    Examples
    --------
    >>> starts([0, 0.25, 1], tempo_bpm=120, sample_rate=8000)
    array([   0, 1000, 4000])
    """
    beats = np.asarray(beats, np.float64)
    if not (np.isfinite(tempo_bpm) and tempo_bpm > 0):
        raise ValueError(f"tempo_bpm must be positive, received {tempo_bpm}")
    if not (np.isfinite(beats).all() and (beats >= 0).all()):
        raise ValueError(f"beats must be finite and not negative, received {beats}")
    return np.rint(beats * 60 / tempo_bpm * sample_rate).astype(int)


def mix(sounds, positions, samples=None, loop=False):
    """Add sounds up, each from its own sample on.

    The sum is not limited: it may exceed full scale.

    Parameters
    ----------
    sounds : sequence of array_like [shape=(samples,)]
        Of any lengths.
    positions : sequence of int >= 0
        Where each begins; see `starts`.
    samples : int > 0, optional
        Length of the mix; by default all sounds end in it.
    loop : bool
        Whether what rings beyond the end goes on at the start, so that copies of the mix can follow
        each other without a seam; otherwise it is left out.

    Raises
    ------
    ValueError
        When a sound is no row of samples, there are not as many positions as sounds, one is
        no whole number from 0, or the mix would have no samples.

    Examples
    --------
    >>> mix([np.ones(2), np.ones(1)], [0, 1])
    array([1., 2.], dtype=float32)
    """
    sounds = [np.asarray(sound, np.float32) for sound in sounds]
    for number, sound in enumerate(sounds):
        if sound.ndim != 1:
            raise ValueError(
                f"sounds[{number}] must be one row of samples, received the shape {sound.shape}"
            )
    positions = list(positions)
    whole = all(at >= 0 and float(at).is_integer() for at in positions)
    if len(sounds) != len(positions) or not whole:
        raise ValueError(
            f"positions must be {len(sounds)} whole numbers from 0, one a sound, "
            f"received {positions}"
        )
    positions = [int(position) for position in positions]
    ends = [len(sound) + at for sound, at in zip(sounds, positions, strict=True)]
    if samples is None and not ends:
        raise ValueError("samples must be given where there are no sounds, received None")
    samples = max(ends) if samples is None else int(samples)
    if samples < 1:
        raise ValueError(f"samples must be at least 1, received {samples}")
    rounds = max(1, -(-max(ends, default=1) // samples))
    whole = np.zeros(rounds * samples)
    for sound, at, end in zip(sounds, positions, ends, strict=True):
        whole[at:end] += sound
    kept = whole.reshape(rounds, samples)
    return (kept.sum(axis=0) if loop else kept[0]).astype(np.float32)


def write_midi(path, notes, tempo_bpm):
    """Write a score as a standard MIDI file (RP-001, 1996): times and pitches, but no sound.

    One track at one tempo, `TICKS` ticks a beat. A key of a channel can be down only once: where
    notes of one pitch overlap, each strikes it anew, and it is let go when the last of them ends.
    The file appears complete or not at all.

    Parameters
    ----------
    path : str or Path
        Where to; must end in ``.mid``.
    notes : sequence of Note
        The score, in any order; ends before beat 559,240, the last that the format can hold.
    tempo_bpm : float in [4, 60000]
        Beats in a minute; stored as whole microseconds a beat.

    Raises
    ------
    ValueError
        When the ending is another, or a note or the tempo is out of its range or no note.
    OSError
        When the folder does not exist or cannot be written to.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_midi(f"{folder}/a.mid", [Note(0, 1, 69)], tempo_bpm=120)
    ...     print((Path(folder) / "a.mid").read_bytes()[:4])
    b'MThd'
    """
    path = Path(path)
    if path.suffix.lower() != ".mid":
        raise ValueError(f"path must end in .mid, received {path.name!r}")
    if not 4 <= tempo_bpm <= 60_000:
        raise ValueError(f"tempo_bpm must lie in [4, 60000], received {tempo_bpm}")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"path must lie in a folder that exists, received {str(path)!r}")
    content = _midi_bytes([_checked(Note(*note)) for note in notes], tempo_bpm)
    with replacing(path) as beside:
        beside.write_bytes(content)


def _checked(note):
    if isinstance(note.midi, str):
        note = note._replace(midi=midi_number(note.midi))
    times = note.beat >= 0 and note.length > 0 and (note.beat + note.length) * TICKS < MOST_TICKS
    ranges = ((note.midi, 0, 127), (note.velocity, 1, 127), (note.channel, 0, 15))
    if not times or any(not a <= value <= b or value != int(value) for value, a, b in ranges):
        raise ValueError(
            "notes must have beat >= 0, length > 0 and an end before beat "
            f"{MOST_TICKS // TICKS:,}, midi 0 to 127, velocity 1 to 127 and channel 0 to 15, "
            f"received {note}"
        )
    return note


def _midi_bytes(notes, tempo_bpm):
    """Return the file: a header and one track of events, each after the ticks since the last."""
    microseconds, keys = round(60e6 / tempo_bpm), defaultdict(list)
    for note in notes:
        start = round(note.beat * TICKS)
        end = max(start + 1, round((note.beat + note.length) * TICKS))
        keys[int(note.channel), int(note.midi)].append((start, end, int(note.velocity)))
    events = []
    for (channel, key), strokes in keys.items():
        for start, end, velocity in _apart(strokes):
            events.append((start, 1, bytes([0x90 | channel, key, velocity])))
            # At the same tick a note ends before the next begins, or a repeated pitch would stop.
            events.append((end, 0, bytes([0x80 | channel, key, 64])))
    track, now = b"\x00\xff\x51\x03" + microseconds.to_bytes(3, "big"), 0
    for tick, _, message in sorted(events):
        track += _variable_length(tick - now) + message
        now = tick
    track += b"\x00\xff\x2f\x00"
    header = b"MThd" + (6).to_bytes(4, "big")
    header += b"".join(number.to_bytes(2, "big") for number in (0, 1, TICKS))
    return header + b"MTrk" + len(track).to_bytes(4, "big") + track


def _apart(strokes):
    """Let each stroke of a key end where the next begins; the last lasts as long as any."""
    ends, velocities, latest = {}, {}, 0
    for start, end, velocity in sorted(strokes):
        ends[start] = latest = max(latest, end)
        velocities[start] = max(velocity, velocities.get(start, 0))
    following = [*list(ends)[1:], latest]
    return [
        (start, min(end, after), velocities[start])
        for (start, end), after in zip(ends.items(), following, strict=True)
    ]


def _variable_length(number):
    """Write a number in groups of 7 bits; all bytes but the last have their highest bit set."""
    groups = [number & 0x7F]
    while number := number >> 7:
        groups.append(0x80 | number & 0x7F)
    return bytes(reversed(groups))
