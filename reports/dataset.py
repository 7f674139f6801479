"""The airfoil self-noise data set: where its file is, and how to get it.

NASA airfoil self-noise (Brooks, Pope & Marcolini 1989), UCI Machine Learning Repository data set
291, 1503 rows of 6 columns, CC BY 4.0.
"""

from __future__ import annotations

import hashlib
import io
import os
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterable
from pathlib import Path

from ..optimizers.errors import EigenstepError
from ..optimizers.machine.files import OutputError, cache_folder, write_atomically
from .progress import progress

SHA256 = "74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3"
FILE_NAME = "airfoil_self_noise.dat"
SOURCES = (
    "https://archive.ics.uci.edu/static/public/291/airfoil+self+noise.zip",
    "http://d2l-data.s3-accelerate.amazonaws.com/airfoil_self_noise.dat",
)


class DataError(EigenstepError, OSError):
    """Data that is missing, damaged, or cannot be downloaded."""


def checked(content: bytes, origin: str) -> bytes:
    """The content, if its checksum is the data set's.

    Raises:
        DataError: it is not.
    """
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
            checked(content, url)
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
