"""A web server on 127.0.0.1 for the tests of downloads, with the faults of real ones."""

import http.server
import io
import tarfile
import time


def tar_bytes(files, mode="w:gz", **options):
    """Return a tar archive of files given as name and content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode, **options) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Server(http.server.ThreadingHTTPServer):
    """Serves `data` at any address; remembers the requests; can behave badly."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.data, self.etag = b"", '"first"'
        self.breaks = []  # after how many bytes to break off, request by request
        self.statuses = []  # what to answer instead, request by request
        self.takes_range, self.tells_length = True, True
        self.wait_s = 0.0  # before the bytes of each answer
        self.requests, self.paths = [], []
        self.url = f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    """One request of a `Server`."""

    def do_GET(self):
        server, start = self.server, 0
        server.requests.append(dict(self.headers))
        server.paths.append(self.path)
        if server.statuses:
            return self.send_error(server.statuses.pop(0))
        wanted = self.headers.get("Range")
        same = self.headers.get("If-Range", server.etag) == server.etag
        if wanted and server.takes_range and same:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            if start >= len(server.data):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(server.data)}")
                self.end_headers()
                return None
            self.send_response(206)
            span = f"bytes {start}-{len(server.data) - 1}/{len(server.data)}"
            self.send_header("Content-Range", span)
        else:
            self.send_response(200)
        if server.tells_length:
            self.send_header("Content-Length", str(len(server.data) - start))
        self.send_header("ETag", server.etag)
        self.end_headers()
        time.sleep(server.wait_s)
        body = server.data[start:]
        self.wfile.write(body[: server.breaks.pop(0)] if server.breaks else body)
        return None

    def log_message(self, *_):
        pass
