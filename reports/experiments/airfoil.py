"""The airfoil self-noise data set: where it is, how to get it, and least squares on it.

NASA airfoil self-noise (Brooks, Pope & Marcolini 1989), UCI Machine Learning Repository data set
291, 1503 rows of 6 columns, CC BY 4.0. Where it cannot be had, a data set that scikit-learn ships
in its wheel (diabetes, 442 rows of 11 columns) stands in, and whoever asks is told.
"""

from __future__ import annotations

import hashlib
import io
import os
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from ...optimizers.errors import EigenstepError
from ...optimizers.machine.extras import require_extra
from ...optimizers.machine.files import OutputError, cache_folder, write_atomically
from ..progress import progress

SHA256 = "74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3"
FILE_NAME = "airfoil_self_noise.dat"
SOURCES = (
    "https://archive.ics.uci.edu/static/public/291/airfoil+self+noise.zip",
    "http://d2l-data.s3-accelerate.amazonaws.com/airfoil_self_noise.dat",
)
ROWS = 1500
"""Rows that the lecture trains on, the first of the file."""


class DataError(EigenstepError, OSError):
    """Data that is missing, damaged, or cannot be downloaded."""


@dataclass(frozen=True)
class LeastSquares:
    """Linear regression with squared loss ½ mean (Xw − y)², the last column of X constant 1.

    Attributes:
        X: (n, d + 1), standardised features and the constant.
        y: (n,), standardised target.
        name: of the data set.
    """

    X: np.ndarray
    y: np.ndarray
    name: str

    @cached_property
    def hessian(self) -> np.ndarray:
        """XᵀX/n, (d + 1)×(d + 1); constant, since the loss is a quadratic."""
        return self.X.T @ self.X / len(self.y)

    @cached_property
    def eigen(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues, ascending, and orthonormal eigenvectors of the Hessian."""
        return np.linalg.eigh(self.hessian)

    @property
    def mu(self) -> float:
        """The smallest curvature."""
        return float(self.eigen[0][0])

    @property
    def L(self) -> float:
        """The largest curvature."""
        return float(self.eigen[0][-1])

    @cached_property
    def minimizer(self) -> np.ndarray:
        """The least-squares solution, with one step of iterative refinement."""
        w = np.linalg.solve(self.hessian, self.X.T @ self.y / len(self.y))
        residual = self.X.T @ (self.y - self.X @ w) / len(self.y)
        return w + np.linalg.solve(self.hessian, residual)

    def loss(self, w: np.ndarray) -> float:
        """½ mean (Xw − y)²."""
        return float(0.5 * np.mean((self.X @ w - self.y) ** 2))


def _checked(content: bytes, origin: str) -> bytes:
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256:
        raise DataError(f"{origin}: SHA-256 is {digest}, expected {SHA256}; the file is damaged")
    return content


def find() -> Path | None:
    """The data file named by EIGENSTEP_DATA (a file or its folder), or in the cache folder.

    Raises:
        DataError: EIGENSTEP_DATA names something that does not exist.
    """
    named = os.environ.get("EIGENSTEP_DATA", "")
    if named:
        path = Path(named) / FILE_NAME if Path(named).is_dir() else Path(named)
        if not path.is_file():
            raise DataError(f"EIGENSTEP_DATA = {named!r}: there is no such file")
        return path
    path = cache_folder() / FILE_NAME
    return path if path.is_file() else None


def _standardised(table: np.ndarray, rows: int, name: str) -> LeastSquares:
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    table = table[:rows]
    return LeastSquares(np.column_stack([table[:, :-1], np.ones(len(table))]), table[:, -1], name)


def load_airfoil() -> LeastSquares:
    """The airfoil data: all columns standardised over all rows, then the first 1500 rows.

    Raises:
        DataError: the file is missing or damaged; the message names the command that gets it.
    """
    path = find()
    if path is None:
        raise DataError("the airfoil data is not here; get it with: eigenstep data")
    content = _checked(path.read_bytes(), str(path))
    return _standardised(np.loadtxt(io.BytesIO(content)), ROWS, "airfoil self-noise")


def load_regression() -> LeastSquares:
    """The airfoil data where it is at hand, else scikit-learn's diabetes data."""
    if find() is not None:
        return load_airfoil()
    require_extra("the diabetes data, which stands in for the airfoil data,", "report", "sklearn")
    from sklearn.datasets import load_diabetes

    features, target = load_diabetes(return_X_y=True, scaled=False)
    return _standardised(
        np.column_stack([features, target]), len(target), "diabetes (scikit-learn)"
    )


def download(sources: Iterable[str] = SOURCES, folder: Path | None = None) -> Path:
    """Download the data into the cache folder, whole or not at all; the checksum decides.

    A partial download is kept beside the target and continued where the server allows it.

    Raises:
        DataError: no source gave the file; names what each answered.
    """
    target = (folder or cache_folder()) / FILE_NAME
    if target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == SHA256:
        return target
    failures = []
    for url in sources:
        # A partial file belongs to one source: what another sends may be packed otherwise.
        mark = hashlib.sha256(url.encode()).hexdigest()[:8]
        partial = target.with_name(f"{FILE_NAME}.{mark}.part")
        try:
            content = _fetch(url, partial)
            if content[:2] == b"PK":
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    content = archive.read(FILE_NAME)
            _checked(content, url)
        except (urllib.error.URLError, zipfile.BadZipFile, KeyError, OSError, ValueError) as error:
            if not isinstance(error, urllib.error.URLError | TimeoutError | ConnectionError):
                partial.unlink(missing_ok=True)  # complete but wrong: do not continue it
            if isinstance(error, OutputError):
                raise
            failures.append(f"{url}: {error}")
            continue
        write_atomically(target, content)
        partial.unlink(missing_ok=True)
        return target
    raise DataError(f"the airfoil data could not be downloaded: {'; '.join(failures)}")


def _fetch(url: str, partial: Path) -> bytes:
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{str(partial.parent)!r} cannot be written: {error.strerror}") from error
    have = partial.stat().st_size if partial.exists() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = urllib.request.urlopen(request, timeout=30)
    except urllib.error.HTTPError as error:
        if error.code != 416 or not have:  # 416: everything is here already
            raise
        return partial.read_bytes()
    with response:
        if have and response.status != 206:  # the server starts over
            have = 0
        length = response.headers.get("Content-Length")
        total = have + int(length) if length else None
        with partial.open("ab" if have else "wb") as file, progress("download", total) as advance:
            advance(have)
            while block := response.read(1 << 16):
                file.write(block)
                advance(len(block))
    if total is not None and partial.stat().st_size < total:
        raise urllib.error.URLError("the connection ended early; run again to continue")
    return partial.read_bytes()
