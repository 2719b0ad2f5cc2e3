"""Fetch the archives of public data sets: from the reader's own copies, the cache, or the network.

An archive is looked for in the folder that the environment variable ``AUDIOGAN_DATA`` names (which
is only read, never written), then in the per-user cache; at last it is downloaded into the cache.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests
import tqdm
import urllib3

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30

#: Waits before a download is tried again; only tries in a row that brought no new byte count.
RETRY_WAITS_S = (0.5, 1.0, 2.0)


class DownloadError(OSError):
    """An archive could not be had, or is not what it should be."""


@dataclass(frozen=True)
class Source:
    """One archive of a public host, and how to know that it is the right one.

    Parameters
    ----------
    url : str
        Where it is.
    filename : str
        The name under which its host hands it out.
    sha256 : str, optional
        Digest of the archive's bytes.
    recordings_sha256 : str, optional
        Digest of the recordings inside (see `recordings_digest`), for hosts that may compress the
        same files anew.

    Notes
    -----
    Where no digest was ever published, both are None: the archive is trusted on first use. Its
    digest is then written beside it in the cache, and every later load is held to it.
    """

    url: str
    filename: str
    sha256: str | None = None
    recordings_sha256: str | None = None


def recordings(path: Path) -> Iterator[tuple[str, io.BytesIO]]:
    """Yield the name and the bytes of each file in a tar archive, in order, extracting nothing."""
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isfile():
                    file = io.BytesIO(archive.extractfile(member).read())
                    file.name = member.name
                    yield member.name, file
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DownloadError(f"{path} is not a complete tar archive ({error})") from error


def recordings_digest(path: Path) -> str:
    """Return the SHA-256 over the sorted lines "name digest" of an archive's WAV files.

    It depends on what the recordings are called and hold, not on how the archive was compressed.
    """
    lines = sorted(
        f"{Path(name).name} {hashlib.sha256(file.getvalue()).hexdigest()}\n"
        for name, file in recordings(path)
        if name.endswith(".wav")
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def fetch(source: Source, cache: Path | None = None) -> Path:
    """Return the path of a source's archive, checked; download it if it is nowhere yet.

    Parameters
    ----------
    source : Source
        What is wanted.
    cache : Path, optional
        Folder of downloaded archives; the user's cache by default.

    Raises
    ------
    ValueError
        When ``AUDIOGAN_DATA`` names no folder.
    DownloadError
        When the archive cannot be downloaded, or is not the one that `source` describes. A wrong
        file is removed from the cache; in the folder of ``AUDIOGAN_DATA`` nothing is touched.
    """
    own = os.environ.get("AUDIOGAN_DATA")
    if own:
        if not Path(own).is_dir():
            raise ValueError(f"AUDIOGAN_DATA must name a folder of archives, received {own!r}")
        path = Path(own) / source.filename
        if path.is_file():
            _check(source, path, pinned=None)
            return path
    cache = Path(pooch.os_cache("audiogan_lib")) if cache is None else Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / source.filename
    if not path.is_file():
        part = path.with_name(path.name + ".part")
        _download(source, part)
        _check_or_remove(source, part, path)
        part.replace(path)
    else:
        _check_or_remove(source, path, path)
    return path


def _check_or_remove(source: Source, file: Path, path: Path) -> None:
    try:
        _check(source, file, pinned=path.with_name(path.name + ".sha256"))
    except DownloadError:
        file.unlink()
        raise


def _check(source: Source, path: Path, pinned: Path | None) -> None:
    """Hold an archive to its digest; without a known one, to the digest of its first download."""
    if source.recordings_sha256:
        expected, found = source.recordings_sha256, recordings_digest(path)
    else:
        expected, found = source.sha256, pooch.file_hash(path, alg="sha256")
    if expected is None and pinned is not None:
        if not pinned.is_file():
            pinned.write_text(found + "\n")
        expected = pinned.read_text().strip()
    if expected not in (None, found):
        raise DownloadError(
            f"{path} is not what {source.url} should hold: SHA-256 {found}, expected {expected}. "
            "Load the data set again to download it afresh, or replace your own copy."
        )


def _download(source: Source, part: Path) -> None:
    """Download into `part`, going on from what is there, and again when the line breaks."""
    most = part.stat().st_size if part.exists() else 0
    waits = list(RETRY_WAITS_S)
    while True:
        try:
            _download_once(source, part)
            return
        except requests.HTTPError as error:
            status = error.response.status_code
            reason = error
            final = status < 500 and status != 429
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            reason, final = error, False
        size = part.stat().st_size if part.exists() else 0
        if size > most:
            most, waits = size, list(RETRY_WAITS_S)
        if final or not waits:
            raise DownloadError(
                f"{source.filename} could not be downloaded from {source.url} ({reason}). "
                "Is there a network? What has arrived is kept, and the next try goes on from it. "
                "Or fetch that address on another machine, put the file, under that name, "
                "into a folder, and set the environment variable AUDIOGAN_DATA to the folder."
            ) from reason
        time.sleep(waits.pop(0))


def _download_once(source: Source, part: Path) -> None:
    """Make one request and append what it brings; raise unless the file is then complete."""
    etag_file = part.with_name(part.name + ".etag")
    start = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # the archive's own bytes, not re-encoded ones
    if start:
        headers["Range"] = f"bytes={start}-"
        if etag_file.exists():
            headers["If-Range"] = etag_file.read_text()
    with requests.get(source.url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if response.status_code == 416:
            total = response.headers.get("Content-Range", "").rpartition("/")[2]
            if total == str(start):
                return
            part.unlink()
            raise requests.ConnectionError("what an earlier try left does not fit")
        response.raise_for_status()
        if response.status_code != 206:
            start = 0
        total = _total_bytes(response, start)
        etag = response.headers.get("ETag", "")
        if etag and not etag.startswith("W/"):
            etag_file.write_text(etag)
        else:
            etag_file.unlink(missing_ok=True)
        with (
            part.open("ab" if start else "wb") as file,
            tqdm.tqdm(
                desc=source.filename,
                initial=start,
                total=total,
                unit="B",
                unit_scale=True,
                unit_divisor=1024,
            ) as bar,
        ):
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))
    size = part.stat().st_size
    if total is not None and size != total:
        raise requests.ConnectionError(f"the connection closed after {size} of {total} bytes")
    etag_file.unlink(missing_ok=True)


def _total_bytes(response: requests.Response, start: int) -> int | None:
    """Read the size of the whole file from an answer, or None where the server does not say."""
    if start:
        span, _, total = response.headers.get("Content-Range", "").rpartition("/")
        if not span.startswith(f"bytes {start}-"):
            raise requests.ConnectionError(f"asked from byte {start}, received {span!r}")
        return int(total) if total.isdigit() else None
    length = response.headers.get("Content-Length")
    return int(length) if length else None
