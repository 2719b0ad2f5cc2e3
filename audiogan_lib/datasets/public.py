"""The public data sets as streams of clips: what each archive holds, and what its names mean.

Each function yields ``(waveform, row)``: the sound at the set's own rate and length, and a
dictionary with its label, its split and what else is known of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import PurePosixPath

import numpy as np

from audiogan_lib import audio
from audiogan_lib.datasets import downloads

#: Sounds, each with what is known of it.
Rows = Iterator[tuple[np.ndarray, dict]]

FSDD = downloads.Source(
    url="https://github.com/Jakobovski/free-spoken-digit-dataset/archive/"
    "26eb9aaf76e81b692f806f9140c2d2777410d7a1.tar.gz",
    filename="free-spoken-digit-dataset-26eb9aaf76e81b692f806f9140c2d2777410d7a1.tar.gz",
    # GitHub packs an archive when it is asked for, not always to the same bytes.
    recordings_sha256="dbd573d7cafe79c4b49f65718115e1304e24e067fa39eff18a660dc6cb9c360f",
)

SPEECH_COMMANDS = downloads.Source(
    url="http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz",
    filename="speech_commands_v0.02.tar.gz",
    # As in TensorFlow Datasets, url_checksums/speech_commands.txt.
    sha256="af14739ee7dc311471de98f5f9d2c9191b18aedfe957f4a6ff791c709868ff58",
)

# No digest of these three was ever published (TensorFlow Datasets has those of other archives of
# the same notes), so they are trusted on first use.
NSYNTH = {
    split: downloads.Source(
        url=f"http://download.magenta.tensorflow.org/datasets/nsynth/nsynth-{part}.jsonwav.tar.gz",
        filename=f"nsynth-{part}.jsonwav.tar.gz",
    )
    for split, part in (("train", "train"), ("validation", "valid"), ("test", "test"))
}

DIGIT_WORDS = "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"

_SPLIT_LISTS = {"validation_list.txt": "validation", "testing_list.txt": "test"}


def fsdd(source: downloads.Source) -> Rows:
    """Free Spoken Digit Dataset: ``recordings/{digit}_{speaker}_{take}.wav``, 8 kHz.

    Takes 0 to 4 of each speaker and digit are the test, as its README says.
    """
    for name, file in downloads.members(downloads.fetch(source), downloads.is_recording):
        label, speaker, take = PurePosixPath(name).stem.split("_")
        waveform = audio.read(file, sample_rate=8000)[0]
        split = "test" if int(take) < 5 else "train"
        row = {"label": label, "speaker": speaker, "take": int(take), "split": split}
        yield waveform, row | {"recording": PurePosixPath(name).stem}


def speech_commands(source: downloads.Source) -> Rows:
    """Speech Commands, the ten digits (SC09): ``{word}/{speaker}_nohash_{take}.wav``, 16 kHz.

    The archive's own lists say which recordings are for validation and for the test.
    """

    def wanted(name):
        path = PurePosixPath(name)
        digit = path.parent.name in DIGIT_WORDS and downloads.is_recording(name)
        return digit or path.name in _SPLIT_LISTS

    rows, splits, missing = {}, {}, set(_SPLIT_LISTS)
    archive = downloads.fetch(source)
    for name, file in downloads.members(archive, wanted):
        path = PurePosixPath(name)
        if path.name in _SPLIT_LISTS:
            missing.remove(path.name)
            listed = file.getvalue().decode().split()
            splits.update(dict.fromkeys(listed, _SPLIT_LISTS[path.name]))
            continue
        speaker, _, take = path.stem.partition("_nohash_")
        recording = f"{path.parent.name}/{path.name}"
        row = {"label": path.parent.name, "speaker": speaker, "take": int(take)}
        rows[recording] = row = row | {"recording": recording}
        yield audio.read(file, sample_rate=16000)[0], row
    if missing:
        raise downloads.DownloadError(f"{archive} holds no {' and no '.join(sorted(missing))}")
    for name, row in rows.items():  # the lists may stand anywhere in the archive
        row["split"] = splits.get(name, "train")


def nsynth(sources: dict[str, downloads.Source], limit: int | None = None) -> Rows:
    """NSynth: ``audio/{family}_{source}_{instrument}-{pitch}-{velocity}.wav``, 16 kHz, 4 s.

    The label is the MIDI pitch. An archive is read as a stream, at most its first `limit` notes.
    """
    for split, source in sources.items():
        notes = downloads.members(downloads.fetch(source), downloads.is_recording)
        for name, file in islice(notes, limit):
            recording = PurePosixPath(name).stem
            instrument, pitch, velocity = recording.rsplit("-", 2)
            family, origin, _ = instrument.rsplit("_", 2)
            row = {"label": str(int(pitch)), "pitch": int(pitch), "velocity": int(velocity)}
            row |= {"instrument": instrument, "family": family, "origin": origin}
            row |= {"recording": recording, "split": split}
            yield audio.read(file, sample_rate=16000)[0], row
