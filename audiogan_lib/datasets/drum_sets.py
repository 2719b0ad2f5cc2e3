"""Recorded drums on request: two public collections, and what their files' names mean.

Labels are called as in the shipped ``drums`` wherever an instrument is there too.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import numpy as np

from audiogan_lib import audio
from audiogan_lib.datasets import downloads
from audiogan_lib.datasets.public import Rows

_GITHUB = "https://github.com/{}/archive/{}.tar.gz"
_DRUMKIT = "c58808b2ff5a6cd77c2f47cf45f1a892ce6a1e2c"
_MACHINE_SET = "a894cb8c72abe15b05e7b4fd4b8ee561c0f9e960"

# No digest of either was ever published: they are trusted on first use.
OPEN_SOURCE_DRUMKIT = downloads.Source(
    url=_GITHUB.format("crabacus/the-open-source-drumkit", _DRUMKIT),
    filename=f"the-open-source-drumkit-{_DRUMKIT}.tar.gz",
    repacked=True,
    folder="open-source-drumkit",
)
DRUM_MACHINES = downloads.Source(
    url=_GITHUB.format("smpldsnds/drum-machines", _MACHINE_SET),
    filename=f"drum-machines-{_MACHINE_SET}.tar.gz",
    repacked=True,
    folder="drum-machines",
)

#: How the names of the kit's files begin. A shot on rim and head is a snare, one on the rim alone
#: is what machines call "rim".
_OF_THE_KIT = {
    "chh": "closed_hat",
    "crash": "crash",
    "fhh": "closed_hat",
    "hchh": "closed_hat",
    "hohh": "open_hat",
    "kick": "kick",
    "large-tom": "tom",
    "medium-tom": "tom",
    "metal-stick": "gong",
    "ride": "ride",
    "rimshot": "snare",
    "sidestick": "rim",
    "small-tom": "tom",
    "snare": "snare",
    "wood-stick": "gong",
}

#: What stands in the names of the machines' files; the first that fits counts.
_OF_THE_MACHINES = {
    r"clap|^cp": "clap",
    r"clave|^cl$": "woodblock",
    r"conga|^[hlm]c\d": "conga",
    r"cowbell|^cb$": "bell",
    r"tambourine|tamborine": "tambourine",
    r"cabasa|maraca|shaker|^ma$": "shaker",
    r"rim|stick|^rs$": "rim",
    r"ride": "ride",
    r"crash|cymbal|cymball|^cy\d": "crash",
    r"open|ohihat|-oh$|^oh\d": "open_hat",
    r"hat|hhclosed|shorthi|-ch$|^ch$": "closed_hat",
    r"tom|^[hlm]t\d": "tom",
    r"kick|^bd\d": "kick",
    r"snare|shortsn|brush|-sd$|^sd\d": "snare",
}

#: The machines, by whether they are trained on. Both kinds of TR-808 stand on one side.
_MACHINES_OF = {
    "train": (
        *("808-mini", "Casio-RZ1", "Casio-SK1", "LM-2", "Micro-Rhythmer-12", "TR-808"),
        "Yamaha-MR10",
    ),
    "test": ("MFB-512", "Roland-CR-8000", "Sequential-Circuits-Drumtraks"),
}
_SPLITS = {machine: split for split, machines in _MACHINES_OF.items() for machine in machines}

#: A sound begins this many seconds before it rises to one hundredth of its peak.
_BEFORE_S = 0.001

#: The microphone, or another version of a file.
_MICROPHONE = re.compile(r"-(top|bottom|under|alt)(?=[-\d]|$)")


def open_source_drumkit(source: downloads.Source) -> Rows:
    """The Open Source Drumkit, one kit: ``{drum}/{drum}-{where it is struck}{number}.wav``.

    The numbers rise with the level. Drums had a microphone above and one below, whose files are
    numbered alike: both count as one recording. Every fifth hit of each series is the test.
    """
    heard = set()
    for name, file in downloads.members(downloads.fetch(source), downloads.is_recording):
        stem = PurePosixPath(name).stem
        waveform = _from_onset(file)
        if (content := waveform.tobytes()) in heard:  # the same file under another name
            continue
        heard.add(content)
        begin = next(begin for begin in _OF_THE_KIT if stem.startswith(begin))
        number = int(re.search(r"\d*$", stem)[0] or 1)
        yield (
            waveform,
            {
                "label": _OF_THE_KIT[begin],
                "recording": _MICROPHONE.sub("", stem),
                "kit": "open-source-drumkit",
                "file": stem,
                "split": "test" if number % 5 == 0 else "train",
            },
        )


def drum_machines(source: downloads.Source) -> Rows:
    """Ten drum machines: ``{machine}/.../{sound}.ogg``, split by machine.

    Each file is a recording of its own, also where a machine was recorded at several settings.
    """
    seen = set()
    for name, file in downloads.members(downloads.fetch(source), downloads.is_recording):
        path = PurePosixPath(name)
        machine = next(part for part in path.parts if part in _SPLITS)
        inside = path.parts[path.parts.index(machine) :]
        recording = str(PurePosixPath(*inside).with_suffix(""))
        if recording in seen:  # the same in another format
            continue
        seen.add(recording)
        sound = path.stem.lower()
        label = next(label for form, label in _OF_THE_MACHINES.items() if re.search(form, sound))
        yield (
            _from_onset(file),
            {
                "label": label,
                "recording": recording,
                "kit": machine,
                "split": _SPLITS[machine],
            },
        )


def _from_onset(file) -> np.ndarray:
    waveform = audio.read(file, sample_rate=16000)[0]
    level = np.abs(waveform)
    onset = int(np.argmax(level >= 0.01 * level.max(initial=0.0)))
    return waveform[max(0, onset - round(_BEFORE_S * 16000)) :]
