"""Answers that are kept between runs, each a small JSON document in the cache, found by what was asked.

>>> keep("nothing", "which", {"answer": 4})
>>> kept("nothing", "which", lambda row: row["answer"] + 1)
5
>>> kept("nothing", "another", lambda row: row["answer"])
>>> file_of("nothing", "which").unlink()
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from .files import OutputError, cache_folder, write_atomically

Answer = TypeVar("Answer")


def file_of(folder: str, asked: str) -> Path:
    """Where the answer to what was asked is kept; ``asked`` says all that it depends on."""
    return cache_folder() / folder / f"{hashlib.sha256(asked.encode()).hexdigest()[:40]}.json"


def keep(folder: str, asked: str, row: dict[str, Any]) -> None:
    """Keep an answer; where no cache can be written none is kept."""
    try:
        write_atomically(file_of(folder, asked), json.dumps(row, ensure_ascii=False).encode())
    except OutputError:
        return


def kept(folder: str, asked: str, read: Callable[[dict[str, Any]], Answer]) -> Answer | None:
    """What was kept, as ``read`` has it; None where nothing was, or what is there cannot be read."""
    try:
        return read(json.loads(file_of(folder, asked).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError):
        return None
