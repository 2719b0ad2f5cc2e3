"""The sounds that ship with the library."""

from __future__ import annotations

import csv

from audiogan_lib import audio, files
from audiogan_lib.datasets.dataset import collect

SOUNDS = files.LIBRARY / "sounds"

#: Sample rate (Hz) and clip length (samples) of the shipped data sets.
SHIPPED = {"drums": (16000, 16384), "notes": (16000, 16384), "robot_digits": (8000, 8192)}

#: Columns that stay text, even where it is that of a number.
_WORDS = "label", "recording", "kit", "source", "license"


def load(name):
    """Read packed clips: one FLAC file per group, and an index of where each clip lies."""
    folder = SOUNDS / name
    sample_rate, samples = SHIPPED[name]
    with (folder / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    packs = {pack: audio.read(folder / pack)[0] for pack in {row["file"] for row in rows}}

    def clips():
        for row in rows:
            pack, start, length = row.pop("file"), int(row.pop("start")), int(row.pop("samples"))
            if "recording" not in row:  # rates and pitches of a word are variants of it
                row["recording"] = f"{row['voice']} {row['label']}"
            numbers = {key: _number(text) for key, text in row.items() if key not in _WORDS}
            yield packs[pack][start : start + length], row | numbers

    return collect(name, clips(), sample_rate, samples)


def _number(text):
    """Turn text into the number it stands for, if it does."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
