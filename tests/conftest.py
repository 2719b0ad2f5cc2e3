"""Fixtures for all tests, and where the tests find data that the repository does not hold."""

import os
import threading
from pathlib import Path

import pytest
from archive_server import Server

from audiogan_lib.datasets import downloads

ROOT = Path(__file__).resolve().parents[1]

#: Needs the peers themselves; what they said is stored beside it.
collect_ignore = ["peers/make.py"]


def pytest_configure():
    """Use copies of the public data sets from a folder beside the checkout, if there are any."""
    for archive in sorted(ROOT.parent.glob("*/data/free-spoken-digit-dataset-*.tar.gz")):
        os.environ.setdefault("AUDIOGAN_DATA", str(archive.parent))


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's root."""
    return ROOT


@pytest.fixture
def server():
    """Return a web server on this machine; see `archive_server.Server`."""
    server = Server()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    """Make downloads go to an empty cache, in small pieces, without waits and own copies."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(downloads.pooch, "os_cache", lambda name: folder)
    monkeypatch.setattr(downloads, "RETRIES", downloads.RETRIES.new(backoff_factor=0))
    monkeypatch.setattr(downloads, "CHUNK_BYTES", 1000)
    monkeypatch.delenv("AUDIOGAN_DATA", raising=False)
    return folder
