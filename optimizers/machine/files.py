"""Files are written whole or not at all; where the cache is."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import platformdirs

from ..errors import EigenstepError


class OutputError(EigenstepError, OSError):
    """An output file or folder that cannot be written."""


def cache_folder() -> Path:
    """Where downloaded data, compiled kernels and decided claims are kept."""
    return Path(platformdirs.user_cache_dir("eigenstep"))


@lru_cache(maxsize=8)
def digest_of(floors: tuple[str, ...], packages: tuple[str, ...]) -> str:
    """A digest of every line of the floors named, of Python, and of the packages' versions."""
    digest = hashlib.sha256(sys.version.encode())
    for package in packages:
        try:
            digest.update(f"{package} {version(package)}".encode())
        except PackageNotFoundError:
            digest.update(f"{package} none".encode())
    house = Path(__file__).parents[2]
    for floor in floors:
        for path in sorted((house / floor).rglob("*.*")):
            if path.suffix in (".py", ".js", ".css", ".html", ".typ"):
                digest.update(path.read_bytes())
    return digest.hexdigest()


_unfinished: set[Path] = set()
"""Files and folders that are there for a while only; a name is here before the file is."""


def _name_beside(path: Path) -> Path:
    """A new name in the folder of ``path``."""
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")


def write_atomically(path: Path, content: bytes) -> None:
    """Write beside the target and rename, so that a crash leaves the old file or the new one.

    Raises:
        OutputError: naming the path and the reason.
    """
    temporary = _name_beside(path)
    _unfinished.add(temporary)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "xb") as file:  # with the rights that the user's umask grants
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"out = {str(path)!r} cannot be written: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        _unfinished.discard(temporary)


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder that is removed at the end, also where a signal is the end."""
    folder = _name_beside(Path(tempfile.gettempdir()) / "eigenstep")
    _unfinished.add(folder)
    try:
        folder.mkdir(mode=0o700)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        _unfinished.discard(folder)


def remove_unfinished() -> None:
    """Remove what is there for a while only: this process ends."""
    for path in list(_unfinished):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


def check_folder(path: Path) -> None:
    """Raise :class:`OutputError` unless files can be made in the folder, creating it if need be."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OutputError(f"out = {str(path)!r} cannot be written: {error.strerror}") from error
