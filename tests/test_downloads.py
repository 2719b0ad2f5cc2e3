"""Archives over a bad line: resumed, checked, refused. The server is a real one, on 127.0.0.1."""

import dataclasses
import hashlib
import socket
import tarfile

import pytest
from archive_server import Handler, tar_bytes

from audiogan_lib.datasets import downloads
from audiogan_lib.datasets.downloads import DownloadError, Source

NAME = "sounds.tar.gz"
DATA = bytes(hashlib.sha256(bytes([i, j])).digest()[0] for i in range(256) for j in range(256))


@pytest.fixture
def source(server, cache):
    server.data = DATA
    return Source(server.url + NAME, NAME, sha256=hashlib.sha256(DATA).hexdigest())


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def ranges(server):
    return [request.get("Range") for request in server.requests]


def test_an_archive_is_downloaded_once_with_a_progress_bar(server, source, cache, capsys):
    path = downloads.fetch(source)
    assert path == cache / NAME
    assert path.read_bytes() == DATA
    assert f"{NAME}: 100%" in capsys.readouterr().err
    assert downloads.fetch(source) == path
    assert ranges(server) == [None]
    assert names(cache) == [NAME]


def test_a_broken_line_is_taken_up_where_it_broke(server, source):
    server.breaks = [30000, 20000]
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [None, "bytes=30000-", "bytes=50000-"]


def test_a_download_that_failed_goes_on_in_the_next_run(server, source, cache):
    server.breaks = [30000, 0, 0]
    with pytest.raises(DownloadError, match=r"30000 of 65536 bytes.*is kept"):
        downloads.fetch(source)
    assert (cache / f"{NAME}.part").read_bytes() == DATA[:30000]
    server.requests.clear()
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == ["bytes=30000-"]
    assert names(cache) == [NAME]


def test_every_new_byte_earns_new_tries(server, source):
    server.breaks = [5000] * 13  # far more than the two retries
    assert downloads.fetch(source).read_bytes() == DATA


def test_a_server_without_ranges_sends_all_again(server, source):
    server.takes_range, server.breaks = False, [30000]
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [None, "bytes=30000-"]


def test_a_server_without_ranges_that_always_breaks_is_given_up(server, source):
    server.takes_range, server.breaks = False, [30000] * 99
    with pytest.raises(DownloadError, match="30000 of 65536"):
        downloads.fetch(source)
    assert len(server.requests) == 3


def test_a_server_that_sends_other_bytes_than_asked_for_is_not_believed(server, source, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(DATA[:30000])
    send_response = Handler.send_response

    def shifted(self, status):
        send_response(self, status)
        if status == 206:
            self.send_header("Content-Range", "bytes 7-9/65536")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Handler, "send_response", shifted)
        assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == ["bytes=30000-", None]


def test_a_part_that_was_already_complete_is_taken(server, source, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(DATA)
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [f"bytes={len(DATA)}-"]


def test_a_part_longer_than_the_file_is_started_over(server, source, cache):
    cache.mkdir()
    (cache / f"{NAME}.part").write_bytes(DATA + b"more")
    assert downloads.fetch(source).read_bytes() == DATA
    assert ranges(server) == [f"bytes={len(DATA) + 4}-", None]


def test_a_file_that_changed_since_the_break_is_started_over(server, source):
    server.breaks, server.data, server.etag = [30000] + [0] * 9, b"x" * 70000, '"old"'
    with pytest.raises(DownloadError, match="is kept"):
        downloads.fetch(source)
    server.breaks, server.data, server.etag = [], DATA, '"new"'
    assert downloads.fetch(source).read_bytes() == DATA
    assert server.requests[-1]["If-Range"] == '"old"'


def test_a_server_that_tells_no_length_is_read_to_its_end(server, source):
    server.tells_length = False
    assert downloads.fetch(source).read_bytes() == DATA


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_asked_again(server, source, status):
    server.statuses = [status]
    assert downloads.fetch(source).read_bytes() == DATA


def test_a_missing_page_is_not_asked_for_again(server, source):
    server.statuses = [404] * 9
    with pytest.raises(DownloadError, match="the server answers 404 Not Found"):
        downloads.fetch(source)
    assert len(server.requests) == 1


def test_a_wrong_byte_is_refused_and_the_file_removed(server, source, cache):
    server.data = DATA[:40000] + bytes([DATA[40000] ^ 1]) + DATA[40001:]
    with pytest.raises(DownloadError, match=f"SHA-256 is .* must be {source.sha256}.*removed"):
        downloads.fetch(source)
    assert names(cache) == []
    server.data = DATA
    assert downloads.fetch(source).read_bytes() == DATA


def test_a_file_that_rots_in_the_cache_is_noticed_and_removed(server, source, cache):
    downloads.fetch(source).write_bytes(DATA[:-1] + b"?")
    with pytest.raises(DownloadError, match="load again"):
        downloads.fetch(source)
    assert names(cache) == []
    assert downloads.fetch(source).read_bytes() == DATA


def test_without_a_network_the_message_says_the_way_out(cache):
    with socket.socket() as taken:  # bound but not listening: refuses connections
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/{NAME}"
        with pytest.raises(DownloadError) as caught:
            downloads.fetch(Source(url, NAME))
    message = str(caught.value)
    assert message.startswith(f"{NAME} could not be downloaded from {url}: no connection. ")
    assert message.endswith("let the environment variable AUDIOGAN_DATA name the folder.")
    assert "\n" not in message


# --- trust on first use --------------------------------------------------------------------------


def test_without_a_digest_the_first_download_is_pinned(server, source, cache):
    source = dataclasses.replace(source, sha256=None)
    downloads.fetch(source)
    pin = cache / f"{NAME}.sha256"
    assert pin.read_text().strip() == hashlib.sha256(DATA).hexdigest()
    assert downloads.fetch(source).read_bytes() == DATA

    (cache / NAME).unlink()
    server.data = DATA[:-1] + b"?"
    with pytest.raises(DownloadError) as caught:
        downloads.fetch(source)
    assert f"delete {pin} first" in str(caught.value)
    assert names(cache) == [pin.name]
    pin.unlink()
    assert downloads.fetch(source).read_bytes() == server.data


# --- the reader's own copies ---------------------------------------------------------------------


@pytest.fixture
def own(tmp_path, monkeypatch):
    folder = tmp_path / "own"
    folder.mkdir()
    monkeypatch.setenv("AUDIOGAN_DATA", str(folder))
    return folder


@pytest.mark.parametrize("known", [True, False])
def test_an_own_copy_is_used_and_its_folder_left_alone(server, source, cache, own, known):
    source = source if known else dataclasses.replace(source, sha256=None)
    (own / NAME).write_bytes(DATA)
    assert downloads.fetch(source) == own / NAME
    assert names(own) == [NAME]
    assert not server.requests
    assert not cache.exists()


def test_a_wrong_own_copy_is_refused_but_kept(source, own):
    (own / NAME).write_bytes(b"something else")
    with pytest.raises(DownloadError, match=f"{own / NAME} is not what"):
        downloads.fetch(source)
    assert (own / NAME).read_bytes() == b"something else"


def test_without_an_own_copy_the_archive_is_downloaded(source, cache, own):
    assert downloads.fetch(source) == cache / NAME
    assert names(own) == []


def test_own_copies_must_lie_in_a_folder(source, monkeypatch, tmp_path):
    monkeypatch.setenv("AUDIOGAN_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match=r"AUDIOGAN_DATA must name a folder, received .*nowhere"):
        downloads.fetch(source)


# --- reading archives ----------------------------------------------------------------------------


def test_members_are_read_in_order_and_nothing_is_extracted(tmp_path, monkeypatch):
    files = {"a/2.wav": b"two", "../../evil.wav": b"evil", "a/notes.txt": b"text", "1.wav": b"one"}
    monkeypatch.chdir(tmp_path)
    (tmp_path / NAME).write_bytes(tar_bytes(files))
    found = [(name, file.read()) for name, file in downloads.members(NAME, downloads.is_wav)]
    assert found == [("a/2.wav", b"two"), ("../../evil.wav", b"evil"), ("1.wav", b"one")]
    assert names(tmp_path) == [NAME]
    assert not (tmp_path.parent.parent / "evil.wav").exists()


def test_links_in_an_archive_are_not_followed(tmp_path):
    link = tarfile.TarInfo("passwd.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(tmp_path / NAME, "w:gz") as archive:
        archive.addfile(link)
    assert list(downloads.members(tmp_path / NAME, lambda name: True)) == []


@pytest.mark.parametrize("keep", [0.0, 0.3, 0.9])
def test_a_truncated_archive_is_named(tmp_path, keep):
    data = tar_bytes({f"{i}.wav": DATA[i * 9000 :][:9000] for i in range(7)})
    (tmp_path / NAME).write_bytes(data[: int(keep * len(data))])
    with pytest.raises(DownloadError, match=f"{NAME} is not a complete tar archive"):
        list(downloads.members(tmp_path / NAME, downloads.is_wav))


def test_a_digest_over_the_recordings_ignores_compression_and_order_but_not_content(tmp_path):
    def digest(files, **options):
        (tmp_path / NAME).write_bytes(tar_bytes(files, **options))
        return downloads.recordings_digest(tmp_path / NAME)

    files = {"set/1.wav": DATA[:5000], "set/2.wav": DATA[5000:9000], "set/README": b"read me"}
    lines = "".join(
        f"{name} {hashlib.sha256(files[f'set/{name}']).hexdigest()}\n"
        for name in ("1.wav", "2.wav")
    )
    expected = hashlib.sha256(lines.encode()).hexdigest()
    assert digest(files, compresslevel=9) == expected
    assert digest(dict(reversed(files.items())), compresslevel=1) == expected
    assert digest(files, mode="w:xz") == expected
    assert digest(files | {"set/README": b"another"}) == expected
    assert digest(files | {"set/2.wav": DATA[5000:8999] + b"?"}) != expected
    assert digest({"set/1.wav": DATA[:5000]}) != expected
