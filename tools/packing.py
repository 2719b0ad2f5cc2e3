"""Cut recordings to clips and write them as the packs that ship with the library.

A pack is a folder in ``audiogan_lib/sounds/``: FLAC files with clips end to end, and ``index.csv``,
which says where each clip lies and what it is. `datasets.load` reads them.
"""

import csv

import numpy as np
import soundfile

from audiogan_lib import files

SOUNDS = files.LIBRARY / "sounds"
PEAK = 0.9  # the loudest variant of every recording reaches this
BITS = 12  # kept in 16-bit files: rounding stays 77 dB below full scale and FLAC stores two thirds


def cut(sound, sample_rate, samples, *, onset_db, tail_db, lead_s=0.001, fade_s=0.02):
    """Start `lead_s` before the onset, drop the tail, fade both; levels are below the peak."""
    level = np.abs(sound) / np.abs(sound).max()
    lead = round(lead_s * sample_rate)
    start = max(int(np.argmax(level > 10 ** (onset_db / 20))) - lead, 0)
    stop = int(np.flatnonzero(level > 10 ** (tail_db / 20))[-1]) + 1
    clip = sound[start : min(stop, start + samples)].copy()
    clip[:lead] *= np.linspace(0, 1, lead, endpoint=False, dtype=np.float32)
    fade = min(round(fade_s * sample_rate), len(clip) // 4)
    clip[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return clip


def pack(name, sample_rate, groups):
    """Write ``{file stem: [(row, clip), ...]}`` as FLAC files and their index."""
    folder = SOUNDS / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for stem, clips in groups.items():
        path, start = folder / f"{stem}.flac", 0
        for row, clip in clips:
            rows.append({"file": path.name, "start": start, "samples": len(clip), **row})
            start += len(clip)
        steps = 2 ** (BITS - 1)
        audio = np.round(np.concatenate([clip for _, clip in clips]) * steps) / steps
        with files.replacing(path) as beside:
            soundfile.write(beside, audio, sample_rate, "PCM_16", compression_level=1.0)
    with (
        files.replacing(folder / "index.csv") as beside,
        beside.open("w", newline="", encoding="utf-8") as file,
    ):
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    print(f"{name}: {len(rows)} clips in {len(groups)} files")
