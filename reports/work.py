"""The report's long work: done over all cores, and kept until code, libraries or data change.

Every piece has a name: ``figure:regions``, ``table:symmetries``, ``exercise:sgd.1`` … and a function that
makes it, bytes or JSON, which the module that has the function registers. :func:`prepare` makes many at once;
:func:`result` hands one out, making it here if need be.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..optimizers.errors import EigenstepError
from ..optimizers.machine.files import OutputError, cache_folder, digest_of, write_atomically
from ..optimizers.machine.pools import pool
from .dataset import find
from .surroundings import Surroundings, surroundings
from .timing import is_reproducible


class ReportError(EigenstepError, RuntimeError):
    """A part of the report, or a tool that it needs, failed; the message says which."""


PACKAGES = ("sympy", "numpy", "scipy", "matplotlib", "torch", "z3-solver", "scikit-learn", "optax", "jax",
             "pytorch-optimizer", "torch-optimizer")  # fmt: skip
"""On whose versions, if installed, what is in the report depends."""


@dataclass(frozen=True)
class Piece:
    """How a piece is made. Processes send one another the function by its name, so it is a module's own."""

    make: Callable[..., Any]
    arguments: tuple[str, ...] = ()
    timed: bool = False
    """Whether it holds measured times, which a reproducible report is without."""


_pieces: dict[str, Piece] = {}
_memory: dict[str, Any] = {}
_reads = True
_quick = False


def size(full: int, draft: int) -> int:
    """How many points, steps or seeds: ``draft`` in a quick report."""
    return draft if _quick else full


def register(name: str, make: Callable[..., Any], *arguments: str, timed: bool = False) -> None:
    """Say how a piece is made.

    Args:
        name: its kind and its own name, ``table:rules``.
        make: a function of a module, with these arguments; returns bytes or JSON.
        timed: whether it holds measured times.
    """
    _pieces[name] = Piece(make, arguments, timed)


def registered(kind: str) -> list[str]:
    """The names of all pieces of a kind, ``table`` for one, that are registered so far."""
    return [name for name in _pieces if name.partition(":")[0] == kind]


def is_timed(name: str) -> bool:
    """Whether a piece holds measured times."""
    return name in _pieces and _pieces[name].timed


def _piece(name: str) -> Piece:
    if name not in _pieces:
        raise ReportError(f"{name}: no module that is imported makes it")
    return _pieces[name]


def _made(piece: Piece) -> tuple[str, Any]:
    """What a piece is, or the words of what went wrong: exceptions do not all travel between processes."""
    try:
        return "made", piece.make(*piece.arguments)
    except EigenstepError as error:
        return "refused", str(error)
    except Exception as error:
        return "failed", f"{type(error).__name__}: {error}"


def _made_elsewhere(
    piece: Piece, quick: bool, reads: bool, known: dict[str, Any], where: Surroundings
) -> tuple[str, Any]:
    try:
        if where.settle():
            _memory.clear()
            _digest.cache_clear()
    except EigenstepError as error:
        return "refused", str(error)
    begin(reads, quick)
    _one_thread()
    _memory.update(known)
    return _made(piece)


def _take(name: str, made: tuple[str, Any]) -> None:
    how, value = made
    said = name.replace("figure:", "figure ").replace("exercise:", "exercise ")
    if how == "refused":
        raise ReportError(f"{said}: {value}")
    if how == "failed":
        raise ReportError(f"{said} failed: {value}")
    _memory[name] = value
    _store(name, value)


def stored(name: str) -> bool:
    """Whether a piece is there already, in memory or in the cache."""
    return name in _memory or _load(name)


def keep(name: str, value: Any) -> None:
    """Put a piece that was made elsewhere into memory and the cache."""
    _take(name, ("made", value))


def result(name: str) -> Any:
    """A piece by name, from memory, from the cache, or made now.

    Raises:
        ReportError: it failed; the message names it.
    """
    if not stored(name):
        _take(name, _made(_piece(name)))
    return _memory[name]


def prepare(
    names: Iterable[str],
    workers: int,
    advance: Callable[[float], None] | None = None,
    needs: Mapping[str, Iterable[str]] | None = None,
    executor: Executor | None = None,
) -> None:
    """Make all pieces that are not there yet, over several processes.

    Args:
        names: of the pieces.
        workers: processes at most.
        advance: called with 1 as each is there.
        needs: pieces among ``names`` that the named one is made of, and waits for.
        executor: where they are made: any of processes; by default this machine's.

    Raises:
        ReportError: one failed; what is done is kept, the others are given up.
    """
    needs = needs or {}
    missing = []
    for name in names:
        if stored(name):
            if advance:
                advance(1)
        else:
            missing.append(name)
    if executor is None and (workers == 1 or len(missing) < 2):
        for name in sorted(missing, key=lambda n: n in needs):
            _take(name, _made(_piece(name)))
            if advance:
                advance(1)
        return
    jobs: dict[Future[Any], str] = {}
    where = surroundings()

    def submit() -> None:
        """All whose needs are there."""
        for name in [n for n in missing if all(other in _memory for other in needs.get(n, ()))]:
            missing.remove(name)
            known = {other: _memory[other] for other in needs.get(name, ())}
            job = processes.submit(_made_elsewhere, _piece(name), _quick, _reads, known, where)
            jobs[job] = name

    with pool(executor, min(workers, len(missing)), _one_thread) as processes:
        submit()
        while jobs:
            done, _ = wait(jobs, return_when=FIRST_COMPLETED)
            for job in done:
                _take(jobs.pop(job), job.result())
                if advance:
                    advance(1)
            submit()


def _one_thread() -> None:
    """One thread a process: the processes are as many as the cores."""
    import os

    os.environ["OMP_NUM_THREADS"] = "1"
    try:
        import torch
    except ImportError:
        return
    torch.set_num_threads(1)


@lru_cache(maxsize=1)
def _digest() -> str:
    """Of all code, of the libraries that are run, and of the data that is at hand."""
    path = find()
    data = hashlib.sha256(path.read_bytes()).hexdigest() if path else "none"
    return digest_of(("optimizers", "analysis", "proofs", "reports"), PACKAGES) + data


def _path(name: str) -> Any:
    kind = "quick" if _quick else ""
    if is_reproducible() and is_timed(name):
        kind += " reproducible"
    key = hashlib.sha256(f"{_digest()}\0{name}\0{kind}".encode()).hexdigest()[:40]
    return cache_folder() / "report" / key


def _store(name: str, value: Any) -> None:
    if isinstance(value, bytes):
        row = {"name": name, "bytes": base64.b64encode(value).decode("ascii")}
    else:
        row = {"name": name, "value": value}
    try:
        write_atomically(_path(name), json.dumps(row, ensure_ascii=False).encode())
    except OutputError:  # no cache can be written: it is made again next time
        return


def _load(name: str) -> bool:
    if not _reads:
        return False
    try:
        row = json.loads(_path(name).read_text(encoding="utf-8"))
        if row["name"] != name:
            return False
        _memory[name] = base64.b64decode(row["bytes"]) if "bytes" in row else row["value"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return True


def begin(cache: bool, quick: bool = False) -> None:
    """Say whether what was made before may be taken, and whether a draft will do."""
    global _reads, _quick
    if not cache or quick != _quick:
        _memory.clear()
        _digest.cache_clear()
    _reads, _quick = cache, quick


__all__ = ["Piece", "ReportError", "begin", "is_timed", "keep", "prepare", "register", "registered", "result",
           "size", "stored"]  # fmt: skip
