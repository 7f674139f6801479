"""Finding, verifying and downloading the data."""

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from eigenstep.reports import dataset
from eigenstep.reports.dataset import DataError, download


@pytest.fixture
def fake(monkeypatch):
    """Bytes that stand for the data set, with their checksum."""
    content = bytes(range(256)) * 4000
    monkeypatch.setattr(dataset, "SHA256", hashlib.sha256(content).hexdigest())
    return content


@pytest.fixture
def server():
    """A server on the loopback address: files, ranges, and connections that end early."""

    class Handler(BaseHTTPRequestHandler):
        files: dict[str, bytes] = {}  # noqa: RUF012
        cut: dict[str, int] = {}  # noqa: RUF012
        ranges: list[str] = []  # noqa: RUF012

        def do_GET(self):
            if self.path not in self.files:
                self.send_error(404)
                return
            content, begin = self.files[self.path], 0
            if "Range" in self.headers:
                self.ranges.append(self.headers["Range"])
                begin = int(self.headers["Range"][6:].rstrip("-"))
                if begin >= len(content):
                    self.send_error(416)
                    return
            self.send_response(206 if begin else 200)
            self.send_header("Content-Length", str(len(content) - begin))
            self.end_headers()
            self.wfile.write(content[begin : self.cut.pop(self.path, None)])

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Handler.files, Handler.cut, Handler.ranges = {}, {}, []
    server.handler, server.url = Handler, f"http://127.0.0.1:{server.server_port}"
    yield server
    server.shutdown()
    server.server_close()


def test_downloads_verifies_and_does_not_download_again(tmp_path, fake, server):
    server.handler.files["/a"] = fake
    path = download([f"{server.url}/a"], tmp_path)
    assert path.read_bytes() == fake
    server.handler.files.clear()
    assert download([f"{server.url}/a"], tmp_path) == path
    assert [p.name for p in tmp_path.iterdir()] == [dataset.FILE_NAME]


def test_unpacks_an_archive_and_falls_back_to_the_next_source(tmp_path, fake, server):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(dataset.FILE_NAME, fake)
    server.handler.files |= {"/wrong": b"something else", "/zip": packed.getvalue()}
    sources = [f"{server.url}/missing", f"{server.url}/wrong", f"{server.url}/zip"]
    assert download(sources, tmp_path).read_bytes() == fake


def test_continues_where_it_was_cut(tmp_path, fake, server):
    server.handler.files["/a"] = fake
    server.handler.cut["/a"] = 300_000
    with pytest.raises(DataError, match="could not be downloaded"):
        download([f"{server.url}/a"], tmp_path)
    assert not (tmp_path / dataset.FILE_NAME).exists()
    assert download([f"{server.url}/a"], tmp_path).read_bytes() == fake
    assert server.handler.ranges == ["bytes=300000-"]


def test_damaged_downloads_leave_nothing(tmp_path, fake, server):
    server.handler.files["/a"] = fake[:-1] + b"x"
    with pytest.raises(DataError, match="damaged"):
        download([f"{server.url}/a"], tmp_path)
    assert list(tmp_path.iterdir()) == []
