"""Finding, verifying and downloading the data; least squares; and theory against training on it."""

import hashlib
import io
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from eigenstep.reports.experiments import airfoil
from eigenstep.reports.experiments.airfoil import (
    DataError,
    LeastSquares,
    download,
    load_airfoil,
    load_regression,
)
from eigenstep.reports.experiments.regression import identify, run_all


@pytest.fixture
def fake(monkeypatch):
    """Bytes that stand for the data set, with their checksum."""
    content = bytes(range(256)) * 4000
    monkeypatch.setattr(airfoil, "SHA256", hashlib.sha256(content).hexdigest())
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
    assert [p.name for p in tmp_path.iterdir()] == [airfoil.FILE_NAME]


def test_unpacks_an_archive_and_falls_back_to_the_next_source(tmp_path, fake, server):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(airfoil.FILE_NAME, fake)
    server.handler.files |= {"/wrong": b"something else", "/zip": packed.getvalue()}
    sources = [f"{server.url}/missing", f"{server.url}/wrong", f"{server.url}/zip"]
    assert download(sources, tmp_path).read_bytes() == fake


def test_continues_where_it_was_cut(tmp_path, fake, server):
    server.handler.files["/a"] = fake
    server.handler.cut["/a"] = 300_000
    with pytest.raises(DataError, match="could not be downloaded"):
        download([f"{server.url}/a"], tmp_path)
    assert not (tmp_path / airfoil.FILE_NAME).exists()
    assert download([f"{server.url}/a"], tmp_path).read_bytes() == fake
    assert server.handler.ranges == ["bytes=300000-"]


def test_damaged_downloads_leave_nothing(tmp_path, fake, server):
    server.handler.files["/a"] = fake[:-1] + b"x"
    with pytest.raises(DataError, match="damaged"):
        download([f"{server.url}/a"], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_named_file_must_exist_and_be_whole(tmp_path, monkeypatch):
    monkeypatch.setenv("EIGENSTEP_DATA", str(tmp_path / "no.dat"))
    with pytest.raises(DataError, match="no such file"):
        load_airfoil()
    (tmp_path / airfoil.FILE_NAME).write_bytes(b"1 2 3")
    monkeypatch.setenv("EIGENSTEP_DATA", str(tmp_path))
    with pytest.raises(DataError, match="damaged"):
        load_airfoil()


def test_without_data_the_stand_in_is_used_and_named(tmp_path, monkeypatch):
    monkeypatch.setenv("EIGENSTEP_DATA", "")
    monkeypatch.setattr(airfoil, "cache_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="eigenstep data"):
        load_airfoil()
    assert load_regression().name == "diabetes (scikit-learn)"


def test_airfoil_is_the_lecture_s(airfoil):
    assert airfoil.X.shape == (1500, 6)
    assert airfoil.loss(np.zeros(6)) == pytest.approx(0.5, abs=0.01)
    assert airfoil.loss(airfoil.minimizer) == pytest.approx(0.2417, abs=1e-4)
    assert airfoil.L / airfoil.mu == pytest.approx(12.082, abs=1e-3)
    gradient = airfoil.hessian @ airfoil.minimizer - airfoil.X.T @ airfoil.y / 1500
    assert np.abs(gradient).max() < 1e-14  # sums of 1500 products of size 1 in float64


def check_runs(problem):
    for run in run_all(problem, steps=400):
        assert run.difference < 1e-6, run.setting
        assert run.converges == (run.predicted < 1)
        assert (run.predicted < 1) == ("1.01" not in run.setting)


def test_predicted_and_measured_rates_agree_on_the_airfoil_data(airfoil):
    check_runs(airfoil)


def test_predicted_and_measured_rates_agree_on_made_data():
    rng = np.random.default_rng(3)
    X = np.column_stack([rng.standard_normal((200, 4)) * [1, 2, 0.5, 1.5], np.ones(200)])
    check_runs(LeastSquares(X, rng.standard_normal(200), "made"))


def test_identify_recovers_rates():
    t = np.arange(60)
    errors = np.column_stack([0.9**t, 2 * 0.8**t * np.cos(0.7 * t)])
    assert identify(errors, 2, np.ones(60)) == pytest.approx(0.9, abs=1e-12)
    assert identify(errors[:, 1:], 2, np.ones(60)) == pytest.approx(0.8, abs=1e-12)
    assert identify(1.3 ** t[:, None], 1, 1.3**t) == pytest.approx(1.3, abs=1e-12)
