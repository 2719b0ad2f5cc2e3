"""Fetch the archives of public data sets: from the reader's own copies, the cache, or the network.

An archive is looked for in the folder that the environment variable ``AUDIOGAN_DATA`` names (which
is only read, never written), then in the per-user cache; at last it is downloaded into the cache.
Some may lie in that folder unpacked.
"""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pooch
import requests
from filelock import FileLock
from tqdm.auto import tqdm
from urllib3.util import Retry

from audiogan_lib import files

CHUNK_BYTES = 1 << 18
TIMEOUT_S = 30

#: So many tries in a row that bring no new byte end a download.
TRIES = 3

#: Within a try, for a server in trouble.
RETRIES = Retry(
    3, backoff_factor=0.5, status_forcelist=(408, 429, 500, 502, 503, 504), raise_on_status=False
)


class DownloadError(OSError):
    """An archive could not be had, or is not what it should be."""


@dataclass(frozen=True)
class Source:
    """One archive of a public host, by the name under which it hands it out, and its digest.

    ``sha256`` is of the archive's bytes; ``recordings_sha256`` of what is inside (see
    `recordings_digest`), for hosts that may compress the same files anew. Where no digest was ever
    published, the archive is trusted on first use: its own SHA-256, or that of what is inside where
    it may be ``repacked``, is then written beside it in the cache, and every later load is held to
    that. ``folder``: what an unpacked copy in the folder of ``AUDIOGAN_DATA`` is called.
    """

    url: str
    filename: str
    sha256: str | None = None
    recordings_sha256: str | None = None
    repacked: bool = False
    folder: str | None = None


def members(path: Path, wanted: Callable[[str], bool]) -> Iterator[tuple[str, io.BytesIO]]:
    """Yield the name and the bytes of the wanted files of a folder or a tar archive.

    Nothing is extracted.
    """
    if Path(path).is_dir():
        for place in sorted(Path(path).rglob("*")):
            name = place.relative_to(path).as_posix()
            if place.is_file() and wanted(name):
                file = io.BytesIO(place.read_bytes())
                file.name = name
                yield name, file
        return
    try:
        with tarfile.open(path, "r|*") as archive:
            for member in archive:
                if member.isfile() and wanted(member.name):
                    file = io.BytesIO(archive.extractfile(member).read())
                    file.name = member.name  # for error messages
                    yield member.name, file
    except (tarfile.TarError, EOFError, OSError) as error:
        raise DownloadError(f"{path} is not a complete tar archive ({error})") from error


def is_recording(name: str) -> bool:
    """Tell whether an archive's member is a recording in a form that libsndfile decodes."""
    return name.endswith((".wav", ".flac", ".ogg"))


def recordings_digest(path: Path) -> str:
    """Return the SHA-256 over the sorted lines "name digest" of an archive's recordings.

    It depends on what the recordings are called and hold, not on how the archive was compressed.
    """
    lines = sorted(
        f"{Path(name).name} {hashlib.sha256(file.getvalue()).hexdigest()}\n"
        for name, file in members(path, is_recording)
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def fetch(source: Source) -> Path:
    """Return the path of a source's archive, checked, or of the reader's unpacked copy.

    It is downloaded if it is nowhere yet.

    A wrong file does not stay in the cache; in the folder of ``AUDIOGAN_DATA`` nothing is touched.
    """
    own_folder = os.environ.get("AUDIOGAN_DATA")
    if own_folder:
        if not Path(own_folder).is_dir():
            raise ValueError(f"AUDIOGAN_DATA must name a folder, received {own_folder!r}")
        if source.folder and (Path(own_folder) / source.folder).is_dir():
            return Path(own_folder) / source.folder
        path = Path(own_folder) / source.filename
        if path.is_file():
            _check(source, path)
            return path
    path = Path(pooch.os_cache("audiogan_lib")) / source.filename
    pin = path.with_name(f"{source.filename}.sha256")
    pinned = (pin.read_text().strip() or None) if pin.is_file() else None
    inside = source.recordings_sha256 or (pinned if source.repacked else None)
    archives = pooch.create(
        path.parent,
        base_url="",
        registry={source.filename: source.sha256 or (None if source.repacked else pinned)},
        urls={source.filename: source.url},
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    # Of two programs that want it at once, one downloads and the other waits.
    alone = nullcontext() if path.is_file() else FileLock(path.with_name(f"{path.name}.lock"))
    try:
        with alone:
            archives.fetch(source.filename, downloader=_Resuming(path))
    except requests.RequestException as error:
        raise DownloadError(
            f"{source.filename} could not be downloaded from {source.url}: {_why(error)}. "
            "What has arrived is kept, and the next try goes on from there. Without a network: "
            "fetch that address on another machine, put the file, under that name, into a "
            "folder, and let the environment variable AUDIOGAN_DATA name the folder."
        ) from error
    except ValueError as error:  # the digest is another, and pooch has removed the file
        changed = f" Has the host changed it on purpose? Then delete {pin} first." if pinned else ""
        raise DownloadError(f"{error} Load again to download it afresh.{changed}") from error
    if inside:
        try:
            _check(replace(source, recordings_sha256=inside), path)
        except DownloadError as error:
            path.unlink(missing_ok=True)
            raise DownloadError(f"{error} It has been removed; load again for another.") from error
    elif not (source.sha256 or pinned):
        digest = recordings_digest if source.repacked else pooch.file_hash
        files.write_text(pin, f"{digest(path)}\n")
    return path


def _check(source: Source, path: Path) -> None:
    """Hold an archive to its digest, if there is one."""
    if source.recordings_sha256:
        expected, digest = source.recordings_sha256, recordings_digest(path)
    else:
        expected, digest = source.sha256, source.sha256 and pooch.file_hash(path)
    if digest != expected:
        raise DownloadError(
            f"{path} is not what {source.url} should hold: its SHA-256 is {digest}, "
            f"it must be {expected}."
        )


def _why(error: requests.RequestException) -> str:
    """Say in a few words what requests says in many."""
    if isinstance(error, requests.HTTPError):
        return f"the server answers {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_S} s"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    return "the line broke"


class _Resuming:
    """What pooch downloads by: with its own downloader a broken archive starts over."""

    def __init__(self, path):
        self.part = path.with_name(f"{path.name}.part")
        self.etag = path.with_name(f"{path.name}.part.etag")

    def __call__(self, url, output_file, _):
        with requests.Session() as session:
            session.mount(url, requests.adapters.HTTPAdapter(max_retries=RETRIES))
            most, tries = self._size(), TRIES
            while True:
                try:
                    self._request(session, url)
                    break
                except requests.RequestException as error:
                    tries = TRIES if self._size() > most else tries - 1
                    if not tries or isinstance(error, requests.HTTPError):
                        raise
                    most = max(most, self._size())
        self.etag.unlink(missing_ok=True)
        self.part.replace(output_file)

    def _size(self):
        return self.part.stat().st_size if self.part.exists() else 0

    def _request(self, session, url):
        start = self._size()
        headers = {"Accept-Encoding": "identity"}  # the archive's own bytes
        if start:
            headers["Range"] = f"bytes={start}-"
            if self.etag.is_file():  # a file that has changed meanwhile is then sent whole
                headers["If-Range"] = self.etag.read_text()
        with session.get(url, headers=headers, stream=True, timeout=TIMEOUT_S) as response:
            span, _, total = response.headers.get("Content-Range", "").rpartition("/")
            if response.status_code == 416 and total == str(start):
                return
            if response.status_code in (206, 416) and not span.startswith(f"bytes {start}-"):
                self.part.unlink(missing_ok=True)  # longer than the file, or other bytes
                raise requests.RequestException
            response.raise_for_status()
            if (etag := response.headers.get("ETag", "")).startswith('"'):  # no weak one
                self.etag.write_text(etag)
            mode = "ab" if response.status_code == 206 else "wb"
            length = response.headers.get("Content-Length", "")
            total = int(total or length) if (total or length).isdigit() else None
            bar = tqdm(desc=self.part.stem, total=total, unit="B", unit_scale=True)
            with bar, self.part.open(mode) as file:
                bar.update(file.tell())
                for chunk in response.iter_content(CHUNK_BYTES):
                    file.write(chunk)
                    bar.update(len(chunk))
