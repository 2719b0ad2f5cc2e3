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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pooch
import requests
import urllib3
from tqdm.auto import tqdm

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30

#: Waits before the next try; after as many tries in a row without a new byte, a download fails.
RETRY_WAITS_S = (0.5, 1.0, 2.0)


class DownloadError(OSError):
    """An archive could not be had, or is not what it should be."""


class _BrokenError(Exception):
    """One request brought less than the file, or something else."""


@dataclass(frozen=True)
class Source:
    """One archive of a public host, and how to know that it is the right one.

    Where no digest was ever published, both digests are None: the archive is trusted on first use.
    Its own SHA-256 is then written beside it in the cache, and every later load is held to that.

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
    """

    url: str
    filename: str
    sha256: str | None = None
    recordings_sha256: str | None = None


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, io.BytesIO]]:
    """Yield the name and the bytes of the wanted files of a tar archive, extracting nothing."""
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isfile() and wanted(member.name):
                    file = io.BytesIO(archive.extractfile(member).read())
                    file.name = member.name  # for error messages
                    yield member.name, file
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DownloadError(f"{path} is not a complete tar archive ({error})") from error


def is_wav(name: str) -> bool:
    """Tell whether an archive's member is a recording."""
    return name.endswith(".wav")


def recordings_digest(path: Path) -> str:
    """Return the SHA-256 over the sorted lines "name digest" of an archive's WAV files.

    It depends on what the recordings are called and hold, not on how the archive was compressed.
    """
    lines = sorted(
        f"{Path(name).name} {hashlib.sha256(file.getvalue()).hexdigest()}\n"
        for name, file in members(path, is_wav)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def fetch(source: Source) -> Path:
    """Return the path of a source's archive, checked; download it if it is nowhere yet.

    Parameters
    ----------
    source : Source
        What is wanted.

    Returns
    -------
    Path
        Where the archive is.

    Raises
    ------
    ValueError
        When ``AUDIOGAN_DATA`` names no folder.
    DownloadError
        When the archive cannot be downloaded, or is not the one that `source` describes. A wrong
        file is removed from the cache; in the folder of ``AUDIOGAN_DATA`` nothing is touched.
    """
    own_folder = os.environ.get("AUDIOGAN_DATA")
    if own_folder:
        if not Path(own_folder).is_dir():
            raise ValueError(f"AUDIOGAN_DATA must name a folder, received {own_folder!r}")
        path = Path(own_folder) / source.filename
        if path.is_file():
            _check(source, path, source.sha256)
            return path
    path = Path(pooch.os_cache("audiogan_lib")) / source.filename
    if path.is_file():
        _check_cached(source, path)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    _download(source, part)
    _check_cached(source, part)
    return part.replace(path)


def _check_cached(source: Source, path: Path) -> None:
    """Check a file in the cache, and remove it if it is wrong."""
    pin = path.with_name(f"{source.filename}.sha256")
    pinned = pin.read_text().strip() if pin.is_file() else None
    try:
        found = _check(source, path, source.sha256 or pinned)
    except DownloadError as error:
        path.unlink()
        advice = "The file has been removed; load again to download it afresh."
        if pinned and not source.sha256:
            advice += f" Has the host changed it on purpose? Then delete {pin} first."
        raise DownloadError(f"{error} {advice}") from error
    if not (source.sha256 or source.recordings_sha256 or pinned):
        pin.write_text(f"{found}\n")


def _check(source: Source, path: Path, sha256: str | None) -> str:
    """Hold an archive to its digest, if there is one, and return what was found."""
    if source.recordings_sha256:
        expected, found = source.recordings_sha256, recordings_digest(path)
    else:
        expected, found = sha256, pooch.file_hash(path, alg="sha256")
    if expected not in (None, found):
        raise DownloadError(
            f"{path} is not what {source.url} should hold: its SHA-256 is {found}, "
            f"it must be {expected}."
        )
    return found


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _download(source: Source, part: Path) -> None:
    """Download into `part`, going on from what is there, and again whenever the line breaks."""
    most, waits = _size(part), list(RETRY_WAITS_S)
    while True:
        try:
            _request(source, part)
            return
        except (requests.RequestException, _BrokenError) as error:
            problem = error
        status = getattr(getattr(problem, "response", None), "status_code", 0)
        hopeless = 400 <= status < 500 and status not in (408, 416, 429)
        if _size(part) > most:
            most, waits = _size(part), list(RETRY_WAITS_S)
        if hopeless or not waits:
            raise DownloadError(
                f"{source.filename} could not be downloaded from {source.url}: {_why(problem)}. "
                "What has arrived is kept, and the next try goes on from there. Without a network: "
                "fetch that address on another machine, put the file, under that name, into a "
                "folder, and let the environment variable AUDIOGAN_DATA name the folder."
            ) from problem
        time.sleep(waits.pop(0))


def _why(problem: Exception) -> str:
    """Say in a few words what requests says in many."""
    if isinstance(problem, requests.HTTPError):
        return f"the server answers {problem.response.status_code} {problem.response.reason}"
    if isinstance(problem, requests.Timeout):
        return f"no answer within {TIMEOUT_S} s"
    if isinstance(problem, requests.ConnectionError):
        return "no connection"
    return str(problem)


def _request(source: Source, part: Path) -> None:
    """Make one request and append what it brings; raise unless the file is then complete."""
    etag_file = part.with_name(f"{part.name}.etag")
    start = _size(part)
    headers = {"Accept-Encoding": "identity"}  # the archive's own bytes
    if start:
        headers["Range"] = f"bytes={start}-"
        if etag_file.is_file():  # a file that has changed meanwhile is then sent whole
            headers["If-Range"] = etag_file.read_text()
    with requests.get(source.url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
        if response.status_code == 416 and _total(response) == start:
            return
        if response.status_code == 416:
            part.unlink()  # longer than the file: no part of it
        response.raise_for_status()
        if response.status_code != 206:
            start = 0  # the server sends the file from its beginning
        elif not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            part.unlink()
            raise _BrokenError(f"asked for the bytes from {start}, the server sends others")
        total = _total(response)
        etag = response.headers.get("ETag", "")
        etag_file.unlink(missing_ok=True)
        if etag.startswith('"'):  # weak ones, W/"...", do not promise equal bytes
            etag_file.write_text(etag)
        _append(response, part, start, total)
    if total not in (None, _size(part)):
        raise _BrokenError(f"the line broke after {_size(part)} of {total} bytes")
    etag_file.unlink(missing_ok=True)


def _append(response: requests.Response, part: Path, start: int, total: int | None) -> None:
    bar = tqdm(
        desc=part.stem, initial=start, total=total, unit="B", unit_scale=True, unit_divisor=1024
    )
    with bar, part.open("ab" if start else "wb") as file:
        try:
            for chunk in response.raw.stream(CHUNK_BYTES, decode_content=False):
                file.write(chunk)
                bar.update(len(chunk))
        except urllib3.exceptions.HTTPError as error:
            raise _BrokenError(f"the line broke after {file.tell()} of {total} bytes") from error


def _total(response: requests.Response) -> int | None:
    """Read the size of the whole file from an answer; None where the server does not say."""
    if "Content-Range" in response.headers:
        total = response.headers["Content-Range"].rpartition("/")[2]
    else:
        total = response.headers.get("Content-Length", "")
    return int(total) if total.isdigit() else None
