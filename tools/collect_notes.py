"""Collect the notes that ship with the library, from single recordings inside two soundfonts.

    python tools/collect_notes.py

Rewrites ``audiogan_lib/sounds/notes/``: FLAC files with clips end to end, ``index.csv``, which says
where each clip lies and which recording it is, and ``LICENSE.md``. Running it again gives the same
bytes. It needs Debian's packages ``fluid-soundfont-gm`` (3.1-5.3) and
``musescore-general-soundfont-lossless`` (0.2.1-1), and Python's ``soxr soundfile``.

A recording is retuned to the keys near the one it was made at, and all of these are one recording.
It is heard in one split only. Where an instrument was recorded twice, by different people, the test
has one of the two sources to itself; where it was not, the test has some of the recordings.
"""

import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from packing import PEAK, SOUNDS, cut, pack
from soundfont import RIGHT, Soundfont

from audiogan_lib import files, metrics

FOLDER = Path("/usr/share/sounds/sf2")
FONTS = {
    "FluidR3_GM": ("FluidR3_GM.sf2", "fluid-soundfont-gm", "MIT"),
    "MuseScore_General": (
        "MuseScore_General_Full.sf2",
        "musescore-general-soundfont-lossless",
        "MIT",
    ),
}
RATE, SAMPLES = 16000, 16384
HELD_S = 0.5  # then the key is let go
RENDERED_S = 1.1  # at most 1.024 s of it are kept
VELOCITY, LOUD = 100, 127
FARTHEST = 4  # semitones
IN_TUNE_CENTS = 20  # of what YIN hears; a few strokes sound an octave lower than they are called
LEAST_ATTACK_S, LEAST_RELEASE_S = 0.002, 0.15
TERMS = Path(__file__).with_name("notes_license.md")


@dataclass(frozen=True)
class Source:
    """Recordings of one instrument by one hand: where they are, and to which keys they are tuned.

    ``name`` is a pattern of samples' names. ``reach`` is the most semitones by which a recording is
    retuned; a key that none reaches has the nearest, if that is within `FARTHEST`. ``cents`` bring
    the source to A4 = 440 Hz. ``held_out`` are recorded keys for the test; a source that is for the
    test alone has ``test``, and there each key is played once, by its nearest recording. With
    ``loud`` its second recording of each key, struck harder, is taken too.
    """

    font: str
    program: int
    keys: range
    reach: int
    name: str = ""
    cents: int = 0
    licence: str = ""
    held_out: tuple = ()
    test: bool = False
    loud: bool = False


FLUID, MUSESCORE = "FluidR3_GM", "MuseScore_General"
ALL = range(36, 85)
NOTES = {
    "grand_piano": (
        Source(MUSESCORE, 0, ALL, 1, "^Piano", licence="public domain", loud=True),
        Source(FLUID, 0, ALL, 1, cents=-14, test=True),
    ),
    "electric_piano": (
        Source(FLUID, 4, ALL, 2, held_out=(48, 72)),
        Source(FLUID, 5, range(45, 85), 2, held_out=(60, 78)),
    ),
    "celesta": (
        Source(FLUID, 8, range(60, 85), 2, held_out=(72,)),
        Source(MUSESCORE, 10, range(60, 85), 2, "^Celeste", held_out=(69,)),
    ),
    "marimba": (Source(FLUID, 12, range(45, 85), 2, held_out=(48,)),),
    "nylon_guitar": (Source(FLUID, 24, range(40, 85), 2, "^Nylon", held_out=(50, 64)),),
    "cello": (
        Source(FLUID, 42, range(36, 78), 2),
        Source(MUSESCORE, 42, range(36, 78), 1, "^Cello-", test=True),
    ),
    "strings": (
        Source(MUSESCORE, 49, ALL, 1, "_v[23]", licence="CC0"),
        Source(FLUID, 48, ALL, 1, "L$", test=True),
    ),
    "pizzicato": (
        Source(MUSESCORE, 45, ALL, 1, "Pzz_[^_]*_v[23]", licence="CC0"),
        Source(FLUID, 45, ALL, 1, cents=-9, test=True),
    ),
    "trumpet": (Source(FLUID, 56, range(60, 85), 2, held_out=(67,)),),
    "saxophone": (
        Source(FLUID, 67, ALL, 1),
        Source(FLUID, 66, ALL, 1),
        Source(FLUID, 64, ALL, 1),
        Source(FLUID, 65, range(49, 82), 1, test=True),
    ),
    "oboe": (Source(FLUID, 68, range(58, 85), 2, held_out=(70,)),),
    "clarinet": (Source(FLUID, 71, range(50, 85), 1, held_out=(59, 70, 80)),),
    "flute": (Source(FLUID, 73, range(60, 85), 2, held_out=(67, 78)),),
}


def recordings(font, source):
    """Return the zone of each recording of a source, by the key that it was recorded at."""
    zones = {}
    for zone in font.zones(0, source.program):
        sample = zone.sample
        if (
            sample.kind != RIGHT
            and (VELOCITY in zone.velocities or (source.loud and LOUD in zone.velocities))
            and re.search(source.name, sample.name)
        ):
            best = zones.get(sample.number)
            if best is None or zone.attack_s < best.attack_s:
                zones[sample.number] = zone
    by_key = [(round(zone.root - zone.tuning / 100), zone) for zone in zones.values()]
    return sorted(by_key, key=lambda pair: (pair[0], pair[1].sample.number))


def chosen_keys(source, recorded):
    """Yield ``(key, recorded key, zone)`` of each clip of a source."""
    for key in source.keys:
        distances = [abs(root - key) for root, _ in recorded]
        nearest = int(np.argmin(distances))
        for place, ((root, zone), distance) in enumerate(zip(recorded, distances, strict=True)):
            near = distance <= FARTHEST if place == nearest else distance <= source.reach
            if near and (place == nearest or not source.test):
                yield key, root, zone


def play(font, zone, pitch):
    """Return one note, float32 at `RATE`: the sample retuned, looped, and its level over time."""
    sample = zone.sample
    sound = font.audio(sample)
    ratio = 2 ** ((pitch - zone.root + zone.tuning / 100) / 12)  # how much faster it is read
    needed = int(np.ceil(RENDERED_S * ratio * sample.sample_rate)) + 64
    if zone.looped and len(sound) < needed:
        first, stop = sample.loop
        rounds = (needed - first) // (stop - first) + 1
        sound = np.concatenate([sound[:first], np.tile(sound[first:stop], rounds)])
    sound = soxr.resample(sound[:needed], sample.sample_rate * ratio, RATE, quality="VHQ")
    time_s = np.arange(len(sound)) / RATE
    level = np.minimum(time_s / max(zone.attack_s, LEAST_ATTACK_S), 1)
    fallen_db = np.maximum(time_s - zone.attack_s - zone.hold_s, 0) * 100 / zone.decay_s
    released_db = np.maximum(time_s - HELD_S, 0) * 100 / max(zone.release_s, LEAST_RELEASE_S)
    level = level * 10 ** (-(np.minimum(fallen_db, zone.sustain_db) + released_db) / 20)
    return (sound * level).astype(np.float32)


def collect():
    """Return ``{instrument: [(row, clip), ...]}``."""
    fonts = {}
    for name, (file, package, _) in FONTS.items():
        if not (FOLDER / file).is_file():
            sys.exit(f"The soundfont {FOLDER / file} is missing: apt-get install {package}")
        fonts[name] = Soundfont(FOLDER / file)
    groups = {}
    for instrument, sources in NOTES.items():
        groups[instrument] = [
            clip for source in sources for clip in clips_of(fonts[source.font], source, instrument)
        ]
    return groups


def clips_of(font, source, instrument):
    """Yield the rows and clips of one source."""
    preset = font.presets[0, source.program]
    for key, root, zone in chosen_keys(source, recordings(font, source)):
        sound = play(font, zone, key + source.cents / 100)
        clip = cut(sound, RATE, SAMPLES, onset_db=-34, tail_db=-50)
        if abs(metrics.pitch_errors(clip[np.newaxis], RATE, [key])[0]) > IN_TUNE_CENTS:
            continue
        row = {
            "label": key,
            "split": "test" if source.test or root in source.held_out else "train",
            "pitch": key,
            "instrument": instrument,
            "recording": f"{source.font}:{zone.sample.name}",
            "source": f"{source.font}:{preset}",
            "license": source.licence or FONTS[source.font][2],
            "tuning": key - root,
        }
        yield row, clip * (PEAK / np.abs(clip).max())


def terms(groups):
    """Return what `LICENSE.md` says: origin, licence and counts of every file."""
    parts, samples, recorded = Counter(), Counter(), {}
    for clips in groups.values():
        for row, clip in clips:
            part = tuple(row[column] for column in ("instrument", "source", "license", "split"))
            parts[part] += 1
            samples[part] += len(clip)
            recorded.setdefault(part, set()).add(row["recording"])
    lines = [
        f"| {part[0]}.flac | {' | '.join(part[1:])} | {len(recorded[part])} | {clips} "
        f"| {samples[part] / RATE:.0f} |"
        for part, clips in parts.items()
    ]
    for split in ("train", "test"):
        chosen = [part for part in parts if part[-1] == split]
        counts = sum(len(recorded[p]) for p in chosen), sum(parts[p] for p in chosen)
        seconds = sum(samples[p] for p in chosen) / RATE
        lines.append(f"| all | | | {split} | {counts[0]} | {counts[1]} | {seconds:.0f} |")
    tuned = [
        f"`{instrument}` of {source.font} {source.cents}"
        for instrument, sources in NOTES.items()
        for source in sources
        if source.cents
    ]
    return TERMS.read_text(encoding="utf-8").format(
        clips=parts.total(),
        recordings=sum(map(len, recorded.values())),
        instruments=len(NOTES),
        doubled=sum(sources[-1].test for sources in NOTES.values()),
        peak=PEAK,
        cents=IN_TUNE_CENTS,
        tuned=", ".join(tuned),
        table="\n".join(lines),
    )


def main():
    """Write the clips, their index and their licence."""
    groups = collect()
    pack("notes", RATE, groups)
    files.write_text(SOUNDS / "notes" / "LICENSE.md", terms(groups))


if __name__ == "__main__":
    main()
