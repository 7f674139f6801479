"""Run a rule's update on torch tensors, in place: compiled, or block by block without a compiler.

Both engines run the rule's own function. On the CPU it is recorded once as a program
(:mod:`~eigenstep.optimizers.program.recording`), which is run *blocked*, by torch's own operations on
cache-sized blocks, or *compiled* to native code that makes one pass over memory. The two agree bit for bit
(but for norms, which they sum in another order, to rounding), so that ``auto`` may change from one to the
other in the middle of a run. On CUDA the compiled engine is one dynamic-shape ``torch.compile`` kernel a
(rule, dtype, device). In all of them the step-dependent scalars go in as float64 numbers, so nothing is
compiled anew as they change.

A rule that cannot be recorded (it calls something else than :mod:`~eigenstep.optimizers.ops`) is run by
torch on whole tensors, in the shapes that they have: what it does with them is not known.

Before a pointer is taken, :mod:`~eigenstep.optimizers.engine.memory` has checked every tensor, and both
engines are given contiguous memory.
"""

from __future__ import annotations

import time
import types
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .. import ops
from ..errors import DomainError, RuleError
from ..program.recording import NotRecordable, Program, record
from ..program.torch_blocks import LOW_PRECISION, Blocked
from ..rule import Rule
from .memory import GRADIENT, Plain, Row, TensorMismatch, examine, staged
from .native import CompileError, Native, find_compiler

ENGINES = ("auto", "compiled", "blocked")
PATIENCE = 0.5
"""Seconds of blocked stepping after which ``auto`` compiles for the CPU, in the background.

About what compiling costs, so that a run never pays more than twice what the better choice, known in
advance, would have cost. A kernel in the cache is used at once.
"""
CUDA_PATIENCE = 8.0
"""The same for ``torch.compile`` on CUDA, which is not in the background."""
Groups = tuple[Any, ...]
"""The process groups over which a parameter is sharded."""
Reduce = Callable[[np.ndarray], np.ndarray]
"""Adds up sums (parameters × norms of a phase) over the processes that hold parts of each parameter."""


def _pair(function: Any) -> Any:
    def call(x: Any, y: Any) -> Tensor:
        reference = x if isinstance(x, Tensor) else y
        x, y = (v if isinstance(v, Tensor) else reference.new_tensor(v) for v in (x, y))
        return function(x, y)

    return call


ops.register(
    Tensor,
    SimpleNamespace(
        sqrt=torch.sqrt, maximum=_pair(torch.maximum), minimum=_pair(torch.minimum),
        where=torch.where, sign=torch.sign, absolute=torch.abs, norm=torch.linalg.vector_norm,
    ),
)  # fmt: skip


@lru_cache(maxsize=8)
def can_compile(device: str) -> bool:
    """Whether there is what compiling needs: a C compiler for the CPU, Triton for CUDA."""
    if device == "cuda":
        try:
            import triton  # noqa: F401  # type: ignore[import-not-found]
        except ImportError:
            return False
        return True
    return device == "cpu" and find_compiler() is not None


def check_engine(engine: str) -> None:
    """Raise :class:`DomainError` unless the engine exists."""
    if engine not in ENGINES:
        raise DomainError("engine", repr(engine), f"engine is one of {', '.join(ENGINES)}")


class Kernel:
    """The in-place update of one rule under fixed choices (its non-numeric coefficients)."""

    def __init__(self, rule: Rule, names: tuple[str, ...], choices: Mapping[str, Any]) -> None:
        self.rule, self.names, self.choices = rule, names, dict(choices)
        self.spent = 0.0
        self.program: Program | None = None
        self._unrecorded = ""
        try:
            self.program = record(rule, names, choices)
        except NotRecordable as error:
            self._unrecorded = str(error)
        self._blocks = Blocked(self.program) if self.program else None
        self._native: dict[torch.dtype, Native] = {}
        self._compiled: dict[tuple[torch.dtype, torch.device], Any] = {}
        self._broken = False

    def __call__(
        self, tensors: Sequence[Sequence[Tensor]], scalars: Sequence[float], engine: str,
        *, maximize: bool, groups: Sequence[Groups] | None = None,
    ) -> None:  # fmt: skip
        """Step each ``(parameter, gradient, *state)``, all but the gradient in place.

        Args:
            tensors: tensors of one shape each.
            scalars: the numeric coefficients, in the order of ``names``.
            engine: ``auto``, ``compiled`` or ``blocked``.
            maximize: step along the gradient instead of against it.
            groups: for each parameter the process groups that hold parts of it; ``tensors`` are the
                parts of this process.

        Raises:
            TensorMismatch: a row's tensors do not belong together; nothing has been written.
        """
        self.run(examine(tensors), scalars, engine, maximize=maximize, groups=groups)

    @torch.no_grad()
    def run(
        self, rows: Plain | Sequence[Row], scalars: Sequence[float], engine: str, *,
        maximize: bool, groups: Sequence[Groups] | None = None,
    ) -> None:  # fmt: skip
        """:meth:`__call__` for rows that have been examined."""
        start = time.perf_counter()
        if isinstance(rows, Plain):
            first = rows.rows[0][0]
            native = self._native_for(first.dtype, first.device, engine) if not groups else None
            if native is not None:
                native(rows.counts, rows.addresses, (-1.0 if maximize else 1.0, *scalars))
                _touch(rows.rows)
                self.spent += time.perf_counter() - start
                return
            rows = rows.apart()
        groups = groups or [()] * len(rows)
        for i, (row, over) in enumerate(zip(rows, groups, strict=True)):
            if row.apart and over:
                raise TensorMismatch(i, 0, "is sharded and shares memory with another parameter")
        together = [i for i, row in enumerate(rows) if not row.apart]
        apart = [[i] for i, row in enumerate(rows) if row.apart]  # memory shared: one after another
        for batch in [together, *apart] if together else apart:
            self._step(
                [rows[i] for i in batch], [groups[i] for i in batch], scalars, engine, maximize
            )
        _touch([row.tensors for row in rows])
        self.spent += time.perf_counter() - start

    def _step(
        self, rows: Sequence[Row], groups: Sequence[Groups], scalars: Sequence[float], engine: str,
        maximize: bool,
    ) -> None:  # fmt: skip
        coefficients = (-1.0 if maximize else 1.0, *scalars)
        batches: dict[tuple[torch.dtype, torch.device], list[tuple[Row, Groups]]] = {}
        for row, over in zip(rows, groups, strict=True):
            first = row.tensors[0]
            if row.count == 0 and not over:
                continue
            if row.foreign or self.program is None:
                self._by_torch(row.tensors, scalars, maximize, over)
            elif first.is_cuda and self._torch_compiles(engine, first) and not over:
                flat, back = staged(row)
                self._run_compiled(coefficients, flat)
                back()
            else:
                dtype = first.dtype.to_real() if first.is_complex() else first.dtype
                batches.setdefault((dtype, first.device), []).append((row, over))
        for (dtype, device), batch in batches.items():
            # Whether native or not, the processes that share parameters add up the same sums at the
            # same moments: one of them may have its code sooner than another.
            reduce = None
            if any(over for _, over in batch):
                reduce = partial(_sum_over, [over for _, over in batch])
            native = self._native_for(dtype, device, engine)
            if native is None:
                self._block_by_block([row for row, _ in batch], coefficients, reduce)
            else:
                _natively(native, [row for row, _ in batch], coefficients, reduce)

    def _native_for(self, dtype: torch.dtype, device: torch.device, engine: str) -> Native | None:
        """The native code for a dtype, where that is to run and is there; else None."""
        if engine == "blocked" or device.type != "cpu" or self.program is None:
            return None
        native = self._native.get(dtype)
        if native is None:
            native = self._native[dtype] = Native(self.program, dtype)
            self._first_try(native, engine)
        return native if native.ready or self._wait(native, engine) else None

    def _first_try(self, native: Native, engine: str) -> None:
        try:
            native.load(build=engine == "compiled")
        except CompileError as error:
            native.failed = error
            if engine == "compiled":
                self._say(native)

    def _say(self, native: Native) -> None:
        if not native.said:
            native.said = True
            warnings.warn(
                f"rule {self.rule.name}: {native.failed}; stepping block by block instead",
                stacklevel=7,
            )

    def _wait(self, native: Native, engine: str) -> bool:
        """Whether native code that was not there at the first step is there now."""
        if native.failed is not None:
            # Without a compiler ``auto`` is blocks, as documented; one that fails is worth a word.
            if engine == "compiled" or find_compiler() is not None:
                self._say(native)
            return False
        if engine == "compiled":
            self._first_try(native, engine)
        elif self.spent > PATIENCE:
            native.start()
        return native.ready

    def _block_by_block(
        self, rows: Sequence[Row], coefficients: Sequence[float], reduce: Reduce | None
    ) -> None:
        assert self._blocks is not None
        shared: dict[Any, Any] = {}
        if reduce is None:
            for row in rows:
                flat, back = staged(row)
                self._blocks(flat, coefficients, shared)
                back()
            return
        flats, backs = zip(*map(staged, rows), strict=True)
        walks = [self._blocks.walk(flat, coefficients, shared) for flat in flats]
        sums = [next(walk, None) for walk in walks]
        while sums[0] is not None:
            totals = reduce(np.array(sums))
            sums = [_send(walk, total) for walk, total in zip(walks, totals.tolist(), strict=True)]
        for back in backs:
            back()

    def _by_torch(
        self, tensors: Sequence[Tensor], scalars: Sequence[float], maximize: bool, over: Groups
    ) -> None:
        """Step by the rule's own function on whole tensors, in their own shapes."""
        if over:
            raise RuleError(
                f"rule {self.rule.name} cannot step a sharded parameter: {self._unrecorded}"
            )
        if self.program is None and not self._broken:
            self._broken = True
            warnings.warn(
                f"rule {self.rule.name} runs slowly, by torch's operations on whole tensors: "
                f"{self._unrecorded}", stacklevel=6,
            )  # fmt: skip
        theta, g, *state = tensors
        given = [torch.view_as_real(t) if t.is_complex() else t for t in (theta, *state)]
        gradient = torch.view_as_real(g.resolve_conj()) if g.is_complex() else g
        new = self._update(
            dict(zip(self.names, scalars, strict=True)), given[0],
            -gradient if maximize else gradient, given[1:],
        )  # fmt: skip
        # What is handed back as another variable's new value is read before that one is written.
        places = {t.untyped_storage().data_ptr() for t in (*given, gradient)}
        new = [v.clone() if isinstance(v, Tensor) and v.untyped_storage().data_ptr() in places else v
               for v in new]  # fmt: skip
        for old, value in zip(given, new, strict=True):
            shape = tuple(getattr(value, "shape", ()))
            if value is not None and shape != tuple(old.shape):
                raise RuleError(
                    f"rule {self.rule.name} returned the shape {shape} for a tensor of the shape "
                    f"{tuple(old.shape)}"
                )
        for old, value in zip(given, new, strict=True):
            if value is not None:
                old.copy_(value if isinstance(value, Tensor) else torch.as_tensor(value))

    def _torch_compiles(self, engine: str, parameter: Tensor) -> bool:
        if engine == "blocked" or self._broken:
            return False
        if engine == "compiled":
            return True
        return self.spent > CUDA_PATIENCE and can_compile(parameter.device.type)

    def _update(self, coefficients: dict[str, Any], theta: Tensor, g: Tensor, state: Any) -> Any:
        """The new parameter and state; None for what the rule hands back as it was."""
        low = theta.dtype in LOW_PRECISION
        if low:
            theta, g, state = theta.float(), g.float(), [s.float() for s in state]
        new = self.rule(theta, g, *state, **coefficients, **self.choices)
        # What was widened is written back in any case: the rule may have changed it in place.
        return [
            None if a is b and not low else a for a, b in zip(new, (theta, *state), strict=True)
        ]

    def _run_compiled(self, coefficients: Sequence[float], flat: Sequence[Tensor]) -> None:
        key = (flat[0].dtype, flat[0].device)
        if key not in self._compiled:
            self._compiled[key] = self._compile()
        from torch._dynamo.exc import TorchDynamoException

        scalars = torch.tensor(coefficients, dtype=torch.float64).to(key[1], non_blocking=True)
        try:
            self._compiled[key](scalars, *flat)
        except TorchDynamoException as error:
            # Nothing has been written yet: compiling comes before running.
            self._broken = True
            warnings.warn(
                f"rule {self.rule.name}: torch.compile failed ({type(error).__name__}); "
                "stepping block by block instead",
                stacklevel=4,
            )
            assert self._blocks is not None
            self._blocks(flat, coefficients)

    def _compile(self) -> Any:
        names, update = self.names, self._update

        def kernel(scalars: Tensor, theta: Tensor, g: Tensor, *state: Tensor) -> None:
            coefficients = {name: scalars[i + 1] for i, name in enumerate(names)}
            new = update(coefficients, theta, g * scalars[0], state)
            for old, value in zip((theta, *state), new, strict=True):
                if value is not None:
                    old.copy_(value)

        # A code object of its own: Dynamo counts recompilations per code object.
        code = kernel.__code__.replace(co_name=f"{self.rule.name}_step")
        own = types.FunctionType(code, kernel.__globals__, code.co_name, None, kernel.__closure__)
        return torch.compile(own, dynamic=True, fullgraph=True)


def _touch(rows: Sequence[Sequence[Tensor]]) -> None:
    """Tell autograd that what is written has changed."""
    written = [t for row in rows for t in (row[0], *row[GRADIENT + 1 :])]
    try:
        torch.autograd.graph.increment_version(written)
    except RuntimeError:  # made in inference mode, they have no version
        torch.autograd.graph.increment_version([t for t in written if not t.is_inference()])


def _natively(
    native: Native, rows: Sequence[Row], coefficients: Sequence[float], reduce: Reduce | None
) -> None:
    kept, backs, addresses = [], [], []
    for row in rows:
        if row.plain and not row.own_gradient:
            addresses += row.addresses
            continue
        flat, back = staged(row)
        kept.append(flat)  # alive until the code has run
        backs.append(back)
        addresses += [t.data_ptr() for t in flat]
    native([row.count for row in rows], addresses, coefficients, reduce)
    for back in backs:
        back()
    del kept


def _send(
    walk: Generator[list[float], list[float], None], total: list[float]
) -> list[float] | None:
    try:
        return walk.send(total)
    except StopIteration:
        return None


def _sum_over(groups: Sequence[Groups], sums: np.ndarray) -> np.ndarray:
    """Row i of ``sums`` added up over the processes of ``groups[i]``."""
    import torch.distributed as dist

    for over in dict.fromkeys(groups):
        rows = [i for i, g in enumerate(groups) if g == over]
        for group in over:
            device = "cuda" if dist.get_backend(group) == "nccl" else "cpu"
            here = torch.tensor(sums[rows], device=device)
            dist.all_reduce(here, group=group)
            sums[rows] = here.cpu().numpy()
    return sums


@lru_cache(maxsize=256)
def kernel_of(rule: Rule, names: tuple[str, ...], choices: tuple[tuple[str, Any], ...]) -> Kernel:
    """The kernel of a rule, one for the life of the process."""
    return Kernel(rule, names, dict(choices))
