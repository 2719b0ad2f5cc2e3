"""Collect the drums that ship with the library, from single recordings in Debian's packages.

    python tools/collect_drums.py

Rewrites ``audiogan_lib/sounds/drums/``: a FLAC file a class with clips end to end, ``index.csv``,
which says where each clip lies and where it comes from, and ``LICENSE.md``. Running it again gives
the same bytes. ``drums.toml`` beside it says what is taken from which package, in which version,
and which kits are for the test.
"""

import csv
import fnmatch
import sys
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import soundfile
import soxr
from packing import PEAK, SOUNDS, cut, pack
from soundfont import read_samples

from audiogan_lib import files

RATE, SAMPLES = 16000, 16384
ENDINGS = (".aiff", ".flac", ".wav")
TERMS = {
    "CC0-1.0": "https://creativecommons.org/publicdomain/zero/1.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "CC-BY-SA-3.0": "https://creativecommons.org/licenses/by-sa/3.0/",
    "CC-BY-SA-3.0-US": "https://creativecommons.org/licenses/by-sa/3.0/us/",
    "MIT": "below",
}


def main():
    """Write the data set."""
    with Path(__file__).with_name("drums.toml").open("rb") as file:
        table = tomllib.load(file)
    groups = {label: [] for label in table["labels"]}
    sounds = {}
    for kit, facts in table["kits"].items():
        source = table["sources"][facts["source"]]
        if source["path"] not in sounds:
            sounds[source["path"]] = recordings(source)
        for label, name in wanted(kit, facts, sounds[source["path"]], groups):
            file, sound, sample_rate = sounds[source["path"]][name]
            row = {
                "label": label,
                "split": facts["split"],
                "kit": kit,
                "recording": f"{kit}/{name}",
                "source": file,
                "license": facts.get("license", source["license"]),
            }
            groups[label].append((row, one_shot(sound, sample_rate)))
    pack("drums", RATE, groups)
    files.write_text(SOUNDS / "drums" / "LICENSE.md", describe(table))


def recordings(source):
    """Return ``{name: (file, float32 [samples, channels], sample rate)}`` of a package's sounds."""
    path = Path(source["path"])
    if not path.exists():
        sys.exit(f"{path} is missing: apt-get install {source['package']}={source['version']}")
    if path.is_file():
        return {name: (path.name, *sound) for name, sound in read_samples(path).items()}
    paths = sorted(file for file in path.iterdir() if file.suffix in ENDINGS)
    return {p.stem: (p.name, *soundfile.read(p, dtype="float32", always_2d=True)) for p in paths}


def wanted(kit, facts, sounds, labels):
    """Yield (label, name) of each recording that the table takes, in the table's order."""
    for label in labels:
        for pattern in facts.get(label, ()):
            names = sorted(fnmatch.filter(sounds, pattern))
            if not names:
                sys.exit(f"{kit}: no recording is called {pattern}")
            yield from ((label, name) for name in names if name not in facts.get("leave", ()))


def one_shot(sound, sample_rate):
    """Return the louder channel at 16 kHz, trimmed to its stroke and scaled to one peak.

    A mixture of two microphones could cancel; one of them is what stood in the room.
    """
    channel = sound[:, np.argmax(np.square(sound).sum(axis=0))]
    resampled = soxr.resample(channel, sample_rate, RATE, quality="VHQ")
    silence = np.zeros(RATE // 100, np.float32)  # some recordings begin within their stroke
    clip = cut(
        np.concatenate([silence, resampled]),
        RATE,
        SAMPLES,
        onset_db=-34,
        tail_db=-60,
        lead_s=0.002,
        fade_s=0.05,
    )
    return PEAK / np.abs(clip).max() * clip


def describe(table):
    """Return the data set's LICENSE.md."""
    folder = SOUNDS / "drums"
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    counts = Counter((row["kit"], row["label"]) for row in rows)
    splits = Counter((row["split"], row["label"]) for row in rows)
    kits, labels = list(table["kits"].items()), table["labels"]
    lines = [f"| Kit | Split | {' | '.join(labels)} | all |", "| --- " * (len(labels) + 3) + "|"]
    parts = [(kit, facts["split"], counts, kit) for kit, facts in kits]
    parts += [("**all**", split, splits, split) for split in ("train", "test")]
    for name, split, tally, key in parts:
        numbers = [tally[key, label] for label in labels]
        cells = [name, split, *(str(number or "") for number in numbers), str(sum(numbers))]
        lines.append("| " + " | ".join(cells) + " |")
    origins = ["| Kit | What it is | By | Licence | Debian package |", "| --- " * 5 + "|"]
    for kit, facts in kits:
        source = table["sources"][facts["source"]]
        terms = facts.get("license", source["license"])
        package = f"`{source['package']}` {source['version']}, `{Path(source['path']).name}`"
        author = facts.get("author", source["author"])
        origins.append(f"| {kit} | {facts['what']} | {author} | {terms} | {package} |")
    return TEXT.format(
        recordings=len(rows),
        kits=len(kits),
        classes=len(labels),
        seconds=sum(int(row["samples"]) for row in rows) / RATE,
        labels="\n".join(f"  - `{label}`: {meaning}" for label, meaning in labels.items()),
        counts="\n".join(lines),
        origins="\n".join(origins),
        links="\n".join(links(rows)),
        terms="\n".join(f"- {name}: {place}" for name, place in TERMS.items()),
    )


def links(rows):
    """Return lines that say where the recordings from freesound.org were published."""
    text = Path("/usr/share/sonic-pi/samples/README.md").read_text(encoding="utf-8")
    places = {}
    for line in text.splitlines():
        if line.startswith("* `:"):
            name, _, place = line.partition(" http")
            letters = name.split(":")[1].split("`")[0].replace("_", "")
            places[letters] = "http" + place.split()[0]
    for row in rows:
        letters = Path(row["source"]).stem.replace("_", "")
        if letters in places:
            yield f"- `{row['source']}`: {places[letters]}"


TEXT = """# Drums: where they come from

{recordings} recordings of {kits} kits in {classes} classes, one clip each: 16 kHz mono, at most
16,384 samples, {seconds:.0f} seconds in all. `index.csv` names for each the recording, its kit, the
file that it was taken from, and its licence.

- **Made by** `python tools/collect_drums.py` from single recordings in Debian's packages, never
  from a soundfont's mixture of layers: the louder channel, resampled to 16 kHz (soxr), started 2 ms
  before the onset, cut 60 dB below the peak or after 1.024 s with a fade of at most 50 ms, scaled
  to a peak of 0.9, rounded to 12 bits inside 16-bit FLAC. Those are the changes that the Creative
  Commons licences ask to be named.
- **A recording** is one take. Strokes of another strength count where they were played anew;
  where a soundfont's layers are one take at several levels, one is taken. So it is with one take at
  several speeds (two of three toms of a soundfont are often the third, faster), and with takes that
  two soundfonts share.
- **A kit** is what was recorded together: one set of drums and cymbals, one machine, one
  collection by one hand. Inside a General MIDI soundfont the programs Standard, Room, Jazz, Power
  share most keys; a recording belongs to the kit whose program plays it alone, and what all
  programs play (hats, cymbals, studio toms; congas, blocks, bells) to `fluid_standard` and
  `fluid_percussion`. What the Black Pearl and the Red Zeppelin share (hats, splash, a Paiste
  cymbal, cowbell) is a kit of its own. Single sounds by many hands are one kit on one side.
- **Split by kit.** No kit is in both splits, so no recording is.
- **Labels**
{labels}

## Counts

{counts}

## Kits

{origins}

Where those from freesound.org were published:

{links}

## Licences

{terms}

Clips of a kit under CC-BY-SA-3.0 or CC-BY-SA-3.0-US are under that licence too.

### MIT licence of FluidR3 and MuseScore_General

Copyright (c) 2000-2002, 2008 Frank Wen; 2014-2017 Michael Cowgill; 2002 Ethan Winer (temple
blocks); 2016 Michael Schorsch (drumline cymbals); 2018-2021 S. Christian Collins

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


if __name__ == "__main__":
    main()
