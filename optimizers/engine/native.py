"""Compile a recorded update to native code: one pass over memory, many tensors a call.

The generated C has one function a phase. It is given the addresses of all tensors at once and splits
them into tasks of equal size over the threads; scalars stay in registers; sums of squares are added in
float64 in an order that does not depend on the number of threads. Arithmetic is IEEE: no contraction,
no reassociation, so that the results are those of torch's own operations, bit for bit.

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
from ..program.recording import Node, Phase, Program

TASK = 1 << 14
"""Elements in one task of a thread."""
ALONE = 1 << 15
"""Elements up to which one thread does all the work."""

_TYPES = {
    torch.float32: ("float", "float"), torch.float64: ("double", "double"),
    torch.bfloat16: ("uint16_t", "float"), torch.float16: ("_Float16", "float"),
}  # fmt: skip
_HEADER = r"""
#include <stdint.h>
#include <string.h>
#define INF __builtin_inf()
#define NOT_A_NUMBER __builtin_nan("")
static inline float load_bfloat16(uint16_t x) {
    uint32_t u = (uint32_t)x << 16; float f; memcpy(&f, &u, 4); return f;
}
static inline uint16_t store_bfloat16(float f) {
    uint32_t u; memcpy(&u, &f, 4);
    uint32_t rounded = (u + 0x7fff + ((u >> 16) & 1)) >> 16;
    return f != f ? 0x7fc0 : rounded;
}
"""
_INFIX = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "div": "/",
    "lt": "<",
    "le": "<=",
    "gt": ">",
    "ge": ">=",
    "eq": "==",
    "ne": "!=",
}


class CompileError(EigenstepError, RuntimeError):
    """No C compiler, or one that refuses the generated code."""


def _number(value: float) -> str:
    if value != value:
        return "NOT_A_NUMBER"
    if value in (float("inf"), float("-inf")):
        return "INF" if value > 0 else "(-INF)"
    return value.hex()


def _expression(node: Node, name: Callable[[Node], str], kind: str) -> str:
    """One operation in C, of type ``kind`` (``float`` or ``double``)."""
    args = [name(a) for a in node.args]
    suffix = "f" if kind == "float" else ""
    if node.op in _INFIX:
        return f"{args[0]} {_INFIX[node.op]} {args[1]}"
    if node.op in ("maximum", "minimum"):  # NaN where either is
        x, y = args
        compare = ">" if node.op == "maximum" else "<"
        return f"(({x} {compare} {y}) | ({x} != {x})) ? {x} : {y}"
    if node.op == "where":
        return f"{args[0]} ? {args[1]} : {args[2]}"
    if node.op == "sign":
        return f"({kind})(({args[0]} > 0) - ({args[0]} < 0))"
    if node.op == "neg":
        return f"-{args[0]}"
    return f"__builtin_{ {'sqrt': 'sqrt', 'absolute': 'fabs'}[node.op] }{suffix}({args[0]})"


def source(program: Program, dtype: torch.dtype) -> str:
    """The C source of a program, one function ``phase0``, ``phase1``, … a phase."""
    return _HEADER + "".join(_phase(program, p, dtype) for p in range(len(program.phases(dtype))))


def _scalars_of(phase: Phase) -> list[Node]:
    """The scalar nodes that a phase's array operations read, each after its arguments."""
    wanted: set[Node] = set()
    stack = [a for n in phase.nodes for a in n.args if not a.array]
    stack += [n for _, n in phase.stores if not n.array]
    while stack:
        node = stack.pop()
        if node not in wanted:
            wanted.add(node)
            if node.op != "norm":
                stack.extend(node.args)
    return sorted(wanted, key=lambda n: n.index)


def _phase(program: Program, number: int, dtype: torch.dtype) -> str:
    phase = program.phases(dtype)[number]
    stored, kind = _TYPES[dtype]
    norms = {n: k for k, n in enumerate(program.norms)}
    coefficients = {name: i for i, name in enumerate(program.coefficients)}
    width = len(program.inputs)

    def scalar(node: Node) -> str:
        return f"s{node.index}"

    def either(node: Node) -> str:
        return f"a{node.index}" if node.array else f"c{node.index}"

    before, inside = [], []
    for node in _scalars_of(phase):
        if node.op == "constant":
            value = _number(node.value)
        elif node.op == "coefficient":
            value = f"coefficients[{coefficients[node.value]}]"
        elif node.op == "norm":
            value = f"norms[tensor * {len(norms)} + {norms[node]}]"
        else:
            value = _expression(node, scalar, "double")
        lines = before if node.level == 0 else inside
        if node.boolean:
            lines.append(f"const int s{node.index} = {value}, c{node.index} = s{node.index};")
        else:
            lines.append(f"const double s{node.index} = {value}; "
                         f"const {kind} c{node.index} = ({kind})s{node.index};")  # fmt: skip
    touched = sorted({*phase.loads, *(i for i, _ in phase.stores)})
    written = {i for i, _ in phase.stores}
    pointers = []
    for i in touched:
        const = "" if i in written else "const "
        pointers.append(f"{const}{stored} *restrict p{i} = "
                        f"({const}{stored} *)addresses[tensor * {width} + {i}] + start;")  # fmt: skip
    load, store = {
        "uint16_t": ("load_bfloat16({})", "store_bfloat16({})"),
        "_Float16": ("(float){}", "(_Float16){}"),
    }.get(stored, ("{}", "{}"))
    body = [f"const {kind} a{node.index} = {load.format(f'p{i}[i]')};"
            for i, node in phase.loads.items()]  # fmt: skip
    for node in phase.nodes:
        value = _expression(node, either, kind)
        body.append(f"const {'int' if node.boolean else kind} a{node.index} = {value};")
    sums = [f"sum{k}" for k in range(len(phase.norms))]
    for name, node in zip(sums, phase.norms, strict=True):
        x = either(node.args[0])
        body.append(f"{name} += (double){x} * (double){x};")
    body += [f"p{i}[i] = {store.format(either(n))};" for i, n in phase.stores]
    simd = f"simd reduction(+:{','.join(sums)})" if sums else "simd"
    after = [f"partial[task * {len(sums)} + {k}] = {name};" for k, name in enumerate(sums)]
    newline = "\n        "
    lines = newline.join([
        *inside, *pointers, *(f"double {name} = 0;" for name in sums),
        "const int64_t count = stops[task] - start;", f"#pragma omp {simd}",
        "for (int64_t i = 0; i < count; i++) {", *(f"    {line}" for line in body), "}", *after,
    ])  # fmt: skip
    ahead = "\n    ".join(before)
    return f"""
void phase{number}(int64_t tasks, const int64_t *tensors, const int64_t *starts, const int64_t *stops,
        void *const *addresses, const double *coefficients, const double *norms, double *partial,
        int threads) {{
    {ahead}
    #pragma omp parallel for schedule(static) num_threads(threads) if(threads > 1)
    for (int64_t task = 0; task < tasks; task++) {{
        const int64_t tensor = tensors[task], start = starts[task];
        {lines}
    }}
}}
"""


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
        if compiler is None or self.dtype not in _TYPES:
            raise CompileError("no C compiler was found" if compiler is None
                               else f"no native code for {self.dtype}")  # fmt: skip
        text = source(self.program, self.dtype)
        key, folder = _key(text, compiler), cache_folder() / "kernels"
        library = _cached(key, folder)
        known = library is not None
        if library is None and not build:
            return False
        try:
            library = library or _compile(text, compiler)
            loaded = _open(library)
            functions = [getattr(loaded, f"phase{number}")
                         for number in range(len(self.program.phases(self.dtype)))]  # fmt: skip
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
        reduce: Callable[[np.ndarray], np.ndarray] | None = None,
    ) -> None:  # fmt: skip
        """Step every ``(parameter, gradient, *state)``, all but the gradient in place.

        What is at the addresses is believed: :func:`~eigenstep.optimizers.engine.memory.examine` is where
        it was checked.

        Args:
            counts: for each parameter the elements, of this dtype, in each of its tensors.
            addresses: of contiguous memory of so many elements, one parameter after another.
            coefficients: in the order of the program.
            reduce: given sums of squares (parameters × norms of this phase), adds them up over the
                processes that hold parts of each tensor.
        """
        functions = self._functions
        if functions is None:
            raise CompileError("the native code is not there yet")
        width = len(self.program.inputs)
        if len(addresses) != width * len(counts):
            raise ValueError(f"{len(addresses)} addresses for {len(counts)} parameters of {width}")
        sizes = tuple(counts)
        where, starts, stops = self._tasks_of(sizes)
        pointers = np.array(addresses, dtype=np.uint64)
        numbers = np.array(coefficients, dtype=np.float64)
        if len(numbers) != len(self.program.coefficients):
            raise ValueError(f"{len(numbers)} coefficients for {len(self.program.coefficients)}")
        threads = torch.get_num_threads() if sum(sizes) > ALONE else 1
        norms = np.zeros((len(sizes), len(self.program.norms)))
        for function, phase in zip(functions, self.program.phases(self.dtype), strict=True):
            partial = np.empty((len(where), len(phase.norms)))
            function(
                len(where), where.ctypes.data, starts.ctypes.data, stops.ctypes.data,
                pointers.ctypes.data, numbers.ctypes.data, norms.ctypes.data, partial.ctypes.data,
                threads,
            )  # fmt: skip
            if phase.norms:
                sums = np.zeros((len(sizes), len(phase.norms)))
                np.add.at(sums, where, partial)
                sums = reduce(sums) if reduce else sums
                columns = [self.program.norms.index(n) for n in phase.norms]
                with np.errstate(invalid="ignore"):
                    norms[:, columns] = np.sqrt(sums)
