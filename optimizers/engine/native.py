"""Native code: a program's C compiled, kept, loaded and called.

The library is built by the system's C compiler in about half a second and kept in the user's cache
folder under a hash of its source, its flags, the compiler and the processor, with a seal beside it (size
and digest) that is verified: what was cut short, emptied or put there by something else is built anew.
What is loaded is a copy of the bytes that were verified.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import hashlib
import os
import platform
import secrets
import shutil
import subprocess
import threading
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..errors import EigenstepError
from ..machine.files import cache_folder, temporary_folder, write_atomically
from ..program import c
from ..program.nodes import GROUP, Node
from ..program.phases import Phase, Program
from ..program.scalars import evaluate_scalars

TASK = 1 << 14
"""Elements in one task of a thread."""
ALONE = 1 << 15
"""Elements up to which one thread does all the work."""


Reduce = Callable[[Sequence[Node], np.ndarray], np.ndarray]
"""Gathers what was found of parameters × reductions from the processes that hold parts of each parameter."""


class CompileError(EigenstepError, RuntimeError):
    """No C compiler, or one that refuses the generated code."""


@lru_cache(maxsize=1)
def find_compiler() -> str | None:
    """The C compiler: the one that ``CC`` names, else the first of the usual names."""
    named = os.environ.get("CC", "")
    for name in (named, "cc", "gcc", "clang"):
        if name and " " not in name and (path := shutil.which(name)):
            return path
    return None


def _flags() -> list[list[str]]:
    """Flags to try, the fastest first."""
    # fmt: off
    base = ["-O3", "-shared", "-fPIC", "-w", "-std=gnu11", "-ffp-contract=off", "-fno-math-errno",
            "-fno-trapping-math", "-fno-tree-pre"]  # the last: GCC 12 gives up on two nested maxima
    # fmt: on
    if os.environ.get("EIGENSTEP_SANITIZE"):  # `make sanitize`
        checks = [
            "-fsanitize=address,undefined",
            "-fno-sanitize-recover=all",
            "-g",
            "-O1",
            "-fopenmp",
        ]
        return [[*base, *checks]]
    native = "-mcpu=native" if platform.machine() in ("arm64", "aarch64") else "-march=native"
    return [[*base, native, "-fopenmp"], [*base, native, "-fopenmp-simd"], base]


@lru_cache(maxsize=1)
def _processor() -> str:
    """What the native code depends on."""
    lines = []
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = sorted(
            {line for line in file if line.startswith(("model name", "flags", "Features"))}
        )
    return platform.machine() + platform.processor() + "".join(lines)


_running: dict[subprocess.Popen[bytes], tuple[int, Path]] = {}
"""The compilers that run, each with the process that started it and the folder that it writes to."""


@atexit.register
def _stop_compilers() -> None:
    for process, (owner, folder) in list(_running.items()):
        if owner == os.getpid():  # not inherited by a fork
            process.kill()
            shutil.rmtree(folder, ignore_errors=True)


def _key(text: str, compiler: str) -> str:
    stat = os.stat(compiler)
    facts = [text, repr(_flags()), compiler, str(stat.st_size), str(stat.st_mtime_ns), _processor()]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:40]


def _seal(key: str, library: bytes) -> str:
    """What stands beside a library that was written whole: whose it is, its size and its digest."""
    return f"{key} {len(library)} {hashlib.sha256(library).hexdigest()}\n"


def _cached(key: str, folder: Path) -> bytes | None:
    """The library that was put in the cache, if it is still what it was; else None."""
    path = folder / f"{key}.so"
    seal = path.with_suffix(".seal")
    try:
        if not (path.is_file() and seal.is_file()):  # no pipe, which would be waited for
            return None
        library = path.read_bytes()
        return library if seal.read_text("ascii") == _seal(key, library) else None
    except (OSError, ValueError):
        return None


def _keep(key: str, folder: Path, library: bytes) -> None:
    """Put a library in the cache; where that is unwritable or full, it is built again next time."""
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(folder / f"{key}.so", library)
        write_atomically(folder / f"{key}.seal", _seal(key, library).encode())


def _compile(text: str, compiler: str) -> bytes:
    """The library that the compiler makes of a source, in a folder that is removed whatever happens."""
    said = b""
    with temporary_folder() as work:
        made = work / "kernel.so"
        for flags in _flags():
            command = [compiler, *flags, "-x", "c", "-", "-o", str(made), "-lm"]
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                env={**os.environ, "TMPDIR": str(work)},
            )  # fmt: skip
            _running[process] = (os.getpid(), work)
            try:
                _, said = process.communicate(text.encode())
            finally:
                _running.pop(process, None)
            if process.returncode == 0 and made.is_file():
                return made.read_bytes()
    first = said.decode(errors="replace").strip().splitlines()
    raise CompileError(f"the C compiler {compiler} failed: {first[0] if first else 'no message'}")


_mapped: list[int] = []
"""Descriptors of libraries in memory, open as long as the process lives: the loader knows them by name."""


def _open(library: bytes) -> ctypes.CDLL:
    """Load a library from a copy that no other process can change under it."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("eigenstep-kernel")
        os.write(descriptor, library)
        _mapped.append(descriptor)
        return ctypes.CDLL(f"/proc/self/fd/{descriptor}")
    with temporary_folder() as work:
        path = work / f"{secrets.token_hex(8)}.so"
        path.write_bytes(library)
        return ctypes.CDLL(str(path))


class Native:
    """The compiled run of a program for tensors of one dtype."""

    def __init__(self, program: Program, dtype: torch.dtype) -> None:
        self.program, self.dtype = program, dtype
        self.kind = str(dtype).removeprefix("torch.")
        self.failed: Exception | None = None
        self.said = False
        self._functions: list[Any] | None = None
        self._thread: threading.Thread | None = None
        self._tasks: dict[tuple[int, ...], Any] = {}

    @property
    def ready(self) -> bool:
        """Whether a call runs at once."""
        return self._functions is not None

    def load(self, *, build: bool = True) -> bool:
        """Load the library, from the cache or, with ``build``, by compiling; whether it is ready.

        Raises:
            CompileError: there is no compiler, or it failed.
        """
        if self.ready:
            return True
        compiler = find_compiler()
        if compiler is None or self.kind not in c.TYPES:
            raise CompileError("no C compiler was found" if compiler is None
                               else f"no native code for {self.dtype}")  # fmt: skip
        text = c.source(self.program, self.kind)
        key, folder = _key(text, compiler), cache_folder() / "kernels"
        library = _cached(key, folder)
        known = library is not None
        if library is None and not build:
            return False
        try:
            library = library or _compile(text, compiler)
            loaded = _open(library)
            functions = [getattr(loaded, f"phase{number}")
                         for number in range(len(c.phases_of(self.program, self.kind)))]  # fmt: skip
        except (OSError, AttributeError) as error:
            raise CompileError(
                f"the compiled update could not be made or loaded: {error}"
            ) from error
        if not known:  # and only what loads is kept
            _keep(key, folder, library)
        for function in functions:
            function.argtypes = [ctypes.c_int64, *[ctypes.c_void_p] * 7, ctypes.c_int]
            function.restype = None
        self._functions = functions
        return True

    def start(self) -> None:
        """Compile in the background; :attr:`ready` tells when, :attr:`failed` if not."""
        if self._thread is None and not self.ready:
            self._thread = threading.Thread(target=self._try_load, daemon=True)
            self._thread.start()

    def _try_load(self) -> None:
        try:
            self.load()
        except Exception as error:
            self.failed = error

    def _tasks_of(self, sizes: tuple[int, ...]) -> tuple[Any, Any, Any]:
        """Which tensor each task works on, from where to where."""
        tasks = self._tasks.get(sizes)
        if tasks is None:
            if len(self._tasks) > 32:
                self._tasks.clear()
            counts = [-(-n // TASK) for n in sizes]
            tensors = np.repeat(np.arange(len(sizes), dtype=np.int64), counts)
            starts = np.concatenate([np.arange(c, dtype=np.int64) * TASK for c in counts])
            stops = np.minimum(starts + TASK, np.asarray(sizes, dtype=np.int64)[tensors])
            tasks = self._tasks[sizes] = (tensors, starts.astype(np.int64), stops)
        return tasks

    def __call__(
        self, counts: Sequence[int], addresses: Sequence[int], coefficients: Sequence[float],
        reduce: Reduce | None = None, sizes: Sequence[int] | None = None,
        numbers: Sequence[Sequence[float]] = (),
    ) -> list[tuple[float, ...]]:  # fmt: skip
        """Step every ``(parameter, gradient, *state)``, all but the gradient in place.

        What is at the addresses is believed: :func:`~eigenstep.optimizers.engine.memory.examine` is where
        it was checked.

        Args:
            counts: for each parameter the elements, of this dtype, in each of its tensors.
            addresses: of contiguous memory of so many elements, one parameter after another.
            coefficients: in the order of the program.
            reduce: given what a phase gathered (parameters × reductions), gathers it of the processes
                that hold parts of each tensor.
            sizes: of each parameter the elements, those in other processes included.
            numbers: for each parameter its state that is numbers.

        Returns:
            For each parameter its new numbers.
        """
        functions = self._functions
        if functions is None:
            raise CompileError("the native code is not there yet")
        width = len(self.program.inputs)
        if len(addresses) != width * len(counts):
            raise ValueError(f"{len(addresses)} addresses for {len(counts)} parameters of {width}")
        where, starts, stops = self._tasks_of(tuple(counts))
        pointers = np.array(addresses, dtype=np.uint64)
        coefficients_ = np.array(coefficients, dtype=np.float64)
        if len(coefficients_) != len(self.program.coefficients):
            raise ValueError(
                f"{len(coefficients_)} coefficients for {len(self.program.coefficients)}"
            )
        threads = torch.get_num_threads() if sum(counts) > ALONE else 1
        columns = {n: k for k, n in enumerate(self.program.gathered)}
        gathered = np.zeros((len(counts), len(columns)))
        for node in self.program.given:
            if node.op == "size":
                gathered[:, columns[node]] = counts if sizes is None else sizes
            else:
                place = self.program.numbers.index(node.value)
                gathered[:, columns[node]] = [row[place] for row in numbers]
        phases = c.phases_of(self.program, self.kind)
        for function, phase in zip(functions, phases, strict=True):
            partial = np.empty((len(where), len(phase.reductions)))
            function(
                len(where), where.ctypes.data, starts.ctypes.data, stops.ctypes.data,
                pointers.ctypes.data, coefficients_.ctypes.data, gathered.ctypes.data,
                partial.ctypes.data, threads,
            )  # fmt: skip
            if phase.reductions:
                found = together(phase.reductions, where, partial, len(counts))
                found = in_group(
                    phase.reductions, reduce(phase.reductions, found) if reduce else found
                )
                for node, column in zip(phase.reductions, found.T, strict=True):
                    if node.op == "norm":
                        with np.errstate(invalid="ignore"):
                            column = np.sqrt(column)
                    gathered[:, columns[node]] = column
        if not self.program.new_numbers:
            return []
        return [self._numbers(phases, coefficients, dict(zip(columns, row, strict=True)))
                for row in gathered.tolist()]  # fmt: skip

    def _numbers(
        self, phases: Sequence[Phase], coefficients: Sequence[float], gathered: dict[Node, float]
    ) -> tuple[float, ...]:
        """A tensor's new numbers, from what was gathered of it."""
        values: dict[Node, Any] = {}
        evaluate_scalars(self.program, phases, values, coefficients, gathered)
        return tuple(float(values[n]) for n in self.program.new_numbers)


def together(
    reductions: Sequence[Node], where: np.ndarray, partial: np.ndarray, rows: int
) -> np.ndarray:
    """Of each parameter what its tasks gathered: rows × reductions."""
    found = np.empty((rows, len(reductions)))
    for k, node in enumerate(reductions):
        largest = node.op == "largest"
        found[:, k] = -np.inf if largest else 0.0
        with np.errstate(invalid="ignore"):
            (np.maximum if largest else np.add).at(found[:, k], where, partial[:, k])
    return found


def in_group(reductions: Sequence[Node], found: np.ndarray) -> np.ndarray:
    """The same, where something is gathered of all tensors of a group: the whole of it for each."""
    for k, node in enumerate(reductions):
        if node.value == GROUP and len(found):
            column = found[:, k]
            found[:, k] = column.max() if node.op == "largest" else column.sum()
    return found
