"""The sounds of a zip, unpacked once into the user's cache."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import pooch

from audiogan_lib import files

#: A zip that grows more than this many times over when it is unpacked was made to do harm.
_MOST_GROWTH = 200


def unpacked(archive: Path) -> Path:
    """Return the folder that was packed; hidden files and what macOS adds are left out.

    Folders that hold nothing but one folder are passed through: they are the archive's wrapping,
    not labels.
    """
    place = Path(pooch.os_cache("audiogan_lib")) / "zips" / files.sha256(archive)[:32]
    if not place.is_dir():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as beside:
            inside = Path(beside) / "inside"
            inside.mkdir()
            _extract(archive, inside)
            try:
                inside.rename(place)
            except OSError:
                if not place.is_dir():  # another process was not quicker
                    raise
    while [path.is_dir() for path in place.iterdir()] == [True]:
        place = next(place.iterdir())
    return place


def _extract(archive, folder):
    try:
        with zipfile.ZipFile(archive) as packed:
            members = [member for member in packed.infolist() if _wanted(member)]
            needed = sum(member.file_size for member in members)
            if needed > _MOST_GROWTH * archive.stat().st_size:
                raise ValueError(f"{archive} would grow to {needed / 1e9:.1f} GB: not unpacked")
            if needed > (free := shutil.disk_usage(folder).free):
                raise ValueError(
                    f"{archive} needs {needed / 1e9:.1f} GB, and {folder.parent} has "
                    f"{free / 1e9:.1f} GB"
                )
            for member in members:
                packed.extract(member, folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise ValueError(f"{archive} cannot be unpacked ({error})") from error


def _wanted(member):
    parts = PurePosixPath(member.filename).parts
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in parts)
    return not member.is_dir() and not hidden
