"""A folder, zip or recording as clips: the usable is cut to length, the rest is named and skipped.

Every file is decoded once, and its clips go to one growing place: memory, or from a limit on a
file in the user's cache, which the next start finds there while no file of the folder changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import mmap
import os
import re
import time
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pooch
from tqdm.auto import tqdm

from audiogan_lib import audio, files
from audiogan_lib.datasets.archives import unpacked
from audiogan_lib.datasets.cutting import SILENCE_DB, cut, without_offset
from audiogan_lib.datasets.dataset import Clips, Dataset, numbered

#: What is taken for a sound; hidden files and those of other endings are passed over. The last
#: three cannot be decoded by libsndfile: they are tried, so that they are named among the skipped.
SOUND_FILE = re.compile(
    r"[^.].*\.(wave?|flac|og[ga]|opus|mp3|aiff?|aifc|au|snd|caf|w64|rf64|m4a|aac|wma)",
    re.IGNORECASE | re.DOTALL,  # a name may hold a line break
)

#: A file with less sound than this many seconds is skipped.
SHORTEST_S = 0.02

TEST_FRACTION = 0.1

#: Clips that take more go to the disk.
MEMORY_BYTES = 1 << 30

#: What a process was writing so long ago is given up.
_OLD_S = 86_400

#: Changes with the rules by which files are read and cut, so that what lies in a cache is not used.
VERSION = 2


def load(place: Path, sample_rate: int, samples: int, seed: int) -> Dataset:
    """Make a data set of every sound file of a place; of no clips if none is usable."""
    found = find(place)
    waveforms, counts, skipped, remarks = _read(found, sample_rate, samples)
    columns, numbers = (
        _described(found.alone, list(counts), seed),
        np.array([*counts.values()], np.int64),
    )
    label_names, labels = numbered(columns.pop("label"))
    return Dataset(
        name=found.alone,
        waveforms=waveforms,
        labels=np.repeat(labels, numbers),
        label_names=label_names,
        sample_rate=sample_rate,
        columns={
            key: np.repeat(np.array(values, str), numbers)
            for key, values in (columns | {"recording": columns["file"]}).items()
        },
        skipped=_complete(found, skipped),
        remarks=_complete(found, remarks),
    )


class Found(NamedTuple):
    """What there is to read: a folder, the names of sound files in it, and what is passed over.

    ``alone`` is the label of files that lie in no sub-folder.
    """

    folder: Path
    names: list[str]
    skipped: list[tuple[str, str]]
    alone: str


def find(place: Path) -> Found:
    """Look for sound files in a folder or an archive; any other file is taken for one."""
    if place.is_dir():
        return Found(place, *_sound_files(place), place.resolve().name)
    if zipfile.is_zipfile(place):
        folder = unpacked(place)
        return Found(folder, *_sound_files(folder), place.stem)
    return Found(place.parent, [place.name], [], place.stem)


def label_of(name: str, alone: str) -> str:
    """Return the label of a file by its name in the folder."""
    label = name.partition("/")[0] if "/" in name else alone
    return readable(unicodedata.normalize("NFC", label))


def _complete(found, pairs):
    return tuple((readable(str(found.folder / name)), reason) for name, reason in pairs)


def _sound_files(folder: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """List the sound files under a folder by their names in it, and what is not looked into."""
    names, skipped = [], []

    def look(path, inside, above):
        here = os.path.realpath(path)
        try:
            with os.scandir(path) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            skipped.append((inside, f"the folder cannot be read ({error.strerror})"))
            return
        if here in above:
            skipped.append((inside, "a link back to a folder that it lies in"))
        elif (path / "card.json").is_file() and any(path.glob("generator-*.weights.h5")):
            skipped.append((inside, "the folder of a run: its sounds are generated"))
        else:
            for entry in entries:
                if not entry.name.startswith("."):
                    take(entry, f"{inside}/{entry.name}" if inside else entry.name, (*above, here))

    def take(entry, name, above):
        try:
            is_folder = entry.is_dir()
        except OSError as error:
            skipped.append((name, f"cannot be looked at ({error.strerror})"))
            return
        if is_folder:
            look(Path(entry.path), name, above)
        elif SOUND_FILE.fullmatch(entry.name):
            names.append(name)
        elif entry.is_symlink() and not os.path.exists(entry.path):  # noqa: PTH110 (no error)
            skipped.append((name, "a link to nothing"))

    look(folder, "", ())
    return names, skipped


def _described(alone: str, names: list[str], seed: int) -> dict[str, list[str]]:
    """Name and split files, not clips, so that no file stands on both sides of the split."""
    labels = [label_of(name, alone) for name in names]
    left, test = Counter(labels), set()
    if len(names) > 1:
        wanted = max(1, round(TEST_FRACTION * len(names)))
        for number in np.random.default_rng(seed).permutation(len(names)).tolist():
            if len(test) < wanted and left[labels[number]] > 1:  # each label is trained on
                test.add(number)
                left[labels[number]] -= 1
    return {
        "label": labels,
        "file": [*map(readable, names)],
        "split": ["test" if number in test else "train" for number in range(len(names))],
    }


def readable(name: str) -> str:
    """Turn a name that is not in UTF-8, as of old archives, into text that can be written."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("latin-1")
    return name


# --- decoding ------------------------------------------------------------------------------------


def _read(found: Found, sample_rate: int, samples: int):
    """Decode what was found, or take what was decoded before.

    Returns the clips of all usable files [clips, samples], how many each file has by its name,
    (name, reason) of files that were not used, and the same of files that are odd.
    """
    folder, names, skipped, _ = found
    place = _place(folder, names, sample_rate, samples)
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):  # damaged: made again
        card = json.loads(place.with_suffix(".json").read_text(encoding="utf-8"))
        clips = _on_disk(place, samples, sum(card["counts"].values()))
        return clips, card["counts"], skipped + card["skipped"], card["remarks"]
    counts, damaged, remarks = {}, [], []
    with _Sink(place) as sink:
        bar = tqdm(names, desc=f"reading {found.alone}", leave=False, delay=1, disable=None)
        for number, name in enumerate(bar, 1):
            sink.share, start = number / len(names), sink.size
            try:
                with audio.remarks() as heard:
                    for clip in clips_of(folder / name, sample_rate, samples):
                        sink.write(audio.fit_length(clip, samples))
            except audio.AudioError as error:
                sink.cut(start)
                damaged.append((name, error.reason))
            else:
                counts[name] = (sink.size - start) // (4 * samples)
                remarks += [(name, text) for text in heard]
    clips, skipped = sum(counts.values()), skipped + damaged
    if sink.in_memory:
        waveforms = np.frombuffer(sink.file.getbuffer(), np.float32)
        return waveforms.reshape(clips, samples), counts, skipped, remarks
    card = json.dumps({"counts": counts, "skipped": damaged, "remarks": remarks})
    files.write_text(place.with_suffix(".json"), card)
    for old in place.parent.glob(f"{place.name.partition('-')[0]}-*"):
        if old.stem != place.stem:
            with contextlib.suppress(OSError):  # another process may be reading it
                old.unlink()
    for left in place.parent.glob(".writing-*"):  # by a process that was killed
        with contextlib.suppress(OSError):
            if left.stat().st_mtime < time.time() - _OLD_S:
                left.unlink()
    return _on_disk(place, samples, clips), counts, skipped, remarks


def clips_of(
    path: Path, sample_rate: int, samples: int, hear: Callable = lambda block: None
) -> Iterator[np.ndarray]:
    """Cut a file into clips that each begin with sound; say of each block that it was read."""
    samples_read, clips, longest = 0, 0, 0

    def blocks():
        nonlocal samples_read
        for block in audio.blocks(path, sample_rate):
            samples_read += len(block)
            hear(block)
            yield block

    shortest = SHORTEST_S * sample_rate
    for clip in cut(without_offset(blocks(), sample_rate), sample_rate, samples):
        longest = max(longest, len(clip))
        if len(clip) >= shortest:
            clips += 1
            yield _in_range(clip)
    if clips:
        return
    if not samples_read:
        raise audio.AudioError(path, "holds no samples")
    if not longest:
        raise audio.AudioError(path, f"silent: nothing in it is above {SILENCE_DB:g} dB")
    duration_ms, shortest_ms = 1000 * longest / sample_rate, 1000 * SHORTEST_S
    raise audio.AudioError(
        path, f"too short: {duration_ms:.0f} ms of sound, at least {shortest_ms:g} are needed"
    )


def _in_range(waveform: np.ndarray) -> np.ndarray:
    """Scale a clip down to [-1, 1] where a file goes beyond, as files of floats and MP3 may."""
    return waveform / max(1.0, np.abs(waveform).max())


# --- where the clips go --------------------------------------------------------------------------


def _place(folder: Path, names: list[str], sample_rate: int, samples: int) -> Path:
    """Return where the clips of a folder lie in the cache, if they are too big for memory."""
    wanted = os.fsencode(folder.resolve()), sample_rate, samples
    state = VERSION, [(name, _stamp(folder / name)) for name in names]
    one, other = (hashlib.sha256(repr(part).encode()).hexdigest() for part in (wanted, state))
    cache = Path(pooch.os_cache("audiogan_lib")) / "folders"
    return cache / f"{one[:16]}-{other[:32]}.f32"


def _stamp(path: Path) -> tuple[int, int] | None:
    """Return what changes when a file does: its size in bytes and its time of change."""
    try:
        state = path.stat()
    except OSError:
        return None  # decoding says why
    return state.st_size, state.st_mtime_ns


class _Sink(contextlib.ExitStack):
    """Takes clips: into memory as long as they fit, then into a file, whole or not there."""

    def __init__(self, place):
        super().__init__()
        self.place, self.file = place, io.BytesIO()
        self.share = 1.0  # of the folder, that has been read

    @property
    def in_memory(self):
        return isinstance(self.file, io.BytesIO)

    @property
    def size(self):
        return self.file.tell()

    def write(self, clip):
        with self._explained():
            if self.in_memory and self.size + clip.nbytes > MEMORY_BYTES:
                self._move_to_disk()
            self.file.write(clip)

    def cut(self, size):
        """Forget what was written from a size on."""
        with self._explained():
            self.file.seek(size)
            self.file.truncate()

    def _move_to_disk(self):
        self.place.parent.mkdir(parents=True, exist_ok=True)
        beside = self.enter_context(files.replacing(self.place))
        file = self.enter_context(beside.open("wb"))
        file.write(self.file.getbuffer())
        self.file = file
        self.callback(self._flush)

    def _flush(self):
        with self._explained():
            self.file.flush()

    @contextlib.contextmanager
    def _explained(self):
        """Say of a full disk where it is and how much is needed."""
        try:
            yield
        except OSError as error:
            need = self.size / self.share / 1e6
            raise OSError(
                error.errno,
                f"{error.strerror}: the clips of this folder need some {need:.1f} MB; make room, "
                "or take fewer files",
                str(self.place.parent),
            ) from error


def _on_disk(place: Path, samples: int, count: int) -> Clips:
    """Return the clips of a file, or raise if it has not the size of so many."""
    rows = _Rows(place, samples)
    if rows.size != 4 * samples * count:
        raise ValueError(f"{place} holds {rows.size} bytes")
    return Clips(rows, np.arange(count))


class _Rows:
    """Rows of float32 in a file that stays open: it may be replaced in the cache meanwhile."""

    def __init__(self, place, samples):
        self.file, self.samples = place.open("rb"), samples
        self.size = os.fstat(self.file.fileno()).st_size

    def __getitem__(self, which):
        # Mapped anew each time: what was read does not stay in this process's memory.
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            array = np.frombuffer(mapped, np.float32).reshape(-1, self.samples)
            rows = array[which]
            del array  # or the map could not be closed
        return rows
