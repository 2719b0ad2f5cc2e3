"""Where the sounds of a folder stand: learnt from headers alone, and remembered between runs.

What was learnt of a folder stands in a JSON file in the user's cache, which may be deleted at any
time. A file is looked at again when its size or its time of change is another.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import uuid
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pooch
from tqdm.auto import tqdm

from audiogan_lib import audio

#: What is taken for a sound; hidden files and those of other endings are passed over. The last
#: three cannot be decoded by libsndfile: they are tried, so that they are named among the skipped.
SOUND_FILE = re.compile(
    r"[^.].*\.(wave?|flac|og[ga]|opus|mp3|aiff?|aifc|au|snd|caf|w64|rf64|m4a|aac|wma)",
    re.IGNORECASE,
)

#: A folder of fewer files is looked through in a moment, and leaves nothing in the cache.
REMEMBERED_FROM = 1000

#: Changes with what stands in an `Entry`, so that an older version's file is not used.
VERSION = 1


class Entry(NamedTuple):
    """What is known of a file.

    Parameters
    ----------
    size : int
        In bytes.
    changed_ns : int
        When it was last written to, in nanoseconds.
    frames : int
        Its length.
    sample_rate : int
        Its rate in Hz.
    reason : str
        Why it cannot be used; empty when it can.
    """

    size: int
    changed_ns: int
    frames: int = 0
    sample_rate: int = 1
    reason: str = ""


def sound_files(folder: Path) -> list[str]:
    """List the sound files under a folder, hidden ones aside, by their names in it."""
    names = []
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        inside = Path(where).relative_to(folder)
        names += [(inside / name).as_posix() for name in files if SOUND_FILE.fullmatch(name)]
    return sorted(names, key=lambda name: name.split("/"))


def entries(folder: Path) -> dict[str, Entry]:
    """Look at the header of each sound file that is new or has changed; know the others."""
    file = _file(folder)
    known, names = _remembered(file), sound_files(folder)
    parts = [names[first : first + 256] for first in range(0, len(names), 256)]

    def look(part):
        return [_entry(folder / name, known.get(name)) for name in part]

    with ThreadPoolExecutor() as pool:
        bar = tqdm(
            pool.map(look, parts),
            desc=f"indexing {folder.name} (256 files each)",
            total=len(parts),
            leave=False,
            delay=1,
            disable=None,
        )
        found = dict(zip(names, itertools.chain.from_iterable(bar), strict=True))
    if len(found) >= REMEMBERED_FROM and found != known:
        _remember(file, found)
    return found


def stamp(path: Path) -> tuple[int, int]:
    """Return what changes when a file does: its size in bytes and its time of change."""
    try:
        state = path.stat()
    except OSError as error:
        raise audio.AudioError(path, f"cannot be opened ({error.strerror})") from error
    return state.st_size, state.st_mtime_ns


def _entry(path: Path, known: Entry | None) -> Entry:
    """Describe a file, from its header unless it is known."""
    found = (0, 0)
    try:
        found = stamp(path)
        if known and known[:2] == found:
            return known
        return Entry(*found, *audio.length(path))
    except audio.AudioError as error:
        return Entry(*found, reason=error.reason)


def _file(folder: Path) -> Path:
    """Return where the index of a folder is kept."""
    digest = hashlib.sha256(os.fsencode(folder.resolve())).hexdigest()[:16]
    return Path(pooch.os_cache("audiogan_lib")) / "folders" / f"{digest}.json"


def _remembered(file: Path) -> dict[str, Entry]:
    """Read a kept index; nothing of one that is missing, damaged or of another version."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        if kept["version"] != VERSION:
            return {}
        return {name: Entry(*values) for name, values in kept["files"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}  # it is made afresh from the files


def _remember(file: Path, found: dict[str, Entry]) -> None:
    """Keep an index: write it beside, then rename."""
    beside = file.with_name(f".{file.name}.{uuid.uuid4().hex}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(json.dumps({"version": VERSION, "files": found}), encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        warnings.warn(f"the index cannot be kept, and will be made again: {error}", stacklevel=2)
        if beside.exists():
            beside.unlink()
