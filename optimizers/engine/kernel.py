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
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ..errors import DomainError, RuleError
from ..program.nodes import NotRecordable, WholeTensors
from ..program.phases import Program
from ..program.recording import record
from ..program.torch_blocks import Blocked
from ..rule import Rule
from . import operations  # noqa: F401  what rules compute with
from .jobs import Groups, Job, Numbers, over_processes
from .memory import GRADIENT, Plain, Row, TensorMismatch, examine, staged
from .native import CompileError, Native, Reduce, find_compiler, in_group
from .whole_tensors import new_values, step

ENGINES = ("auto", "compiled", "blocked")
PATIENCE = 0.5
"""Seconds of blocked stepping after which ``auto`` compiles for the CPU, in the background.

About what compiling costs, so that a run never pays more than twice what the better choice, known in
advance, would have cost. A kernel in the cache is used at once.
"""
CUDA_PATIENCE = 8.0
"""The same for ``torch.compile`` on CUDA, which is not in the background."""


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
        self._broken = False
        try:
            self.program = record(rule, names, choices)
        except NotRecordable as error:
            self._unrecorded = str(error)
            self._broken = isinstance(error, WholeTensors)  # nothing to warn of
        self._blocks = Blocked(self.program) if self.program else None
        self._native: dict[torch.dtype, Native] = {}
        self._compiled: dict[tuple[torch.dtype, torch.device], Any] = {}

    def __call__(
        self, tensors: Sequence[Sequence[Tensor]], scalars: Sequence[float], engine: str,
        *, maximize: bool, groups: Sequence[Groups] | None = None,
        sizes: Sequence[int] | None = None, numbers: Sequence[Numbers] = (),
    ) -> list[Numbers]:  # fmt: skip
        """Step each ``(parameter, gradient, *state)``, all but the gradient in place.

        Args:
            tensors: tensors of one shape each.
            scalars: the numeric coefficients, in the order of ``names``.
            engine: ``auto``, ``compiled`` or ``blocked``.
            maximize: step along the gradient instead of against it.
            groups: for each parameter the process groups that hold parts of it; ``tensors`` are the
                parts of this process.
            sizes: of each parameter its elements, those in other processes included.
            numbers: of each parameter the state that is numbers.

        Returns:
            For each parameter its new numbers; empty where the rule has none.

        Raises:
            TensorMismatch: a row's tensors do not belong together; nothing has been written.
        """
        return self.run(
            examine(tensors), scalars, engine, maximize=maximize, groups=groups, sizes=sizes,
            numbers=numbers,
        )  # fmt: skip

    @torch.no_grad()
    def run(
        self, rows: Plain | Sequence[Row], scalars: Sequence[float], engine: str, *,
        maximize: bool, groups: Sequence[Groups] | None = None, sizes: Sequence[int] | None = None,
        numbers: Sequence[Numbers] = (),
    ) -> list[Numbers]:  # fmt: skip
        """:meth:`__call__` for rows that have been examined."""
        start = time.perf_counter()
        if isinstance(rows, Plain):
            first = rows.rows[0][0]
            native = self._native_for(first.dtype, first.device, engine) if not groups else None
            if native is not None:
                new = native(
                    rows.counts,
                    rows.addresses,
                    (-1.0 if maximize else 1.0, *scalars),
                    None,
                    sizes,
                    numbers,
                )
                _touch(rows.rows)
                self.spent += time.perf_counter() - start
                return new
            rows = rows.apart()
        groups = groups or [()] * len(rows)
        for i, (row, over) in enumerate(zip(rows, groups, strict=True)):
            if row.apart and over:
                raise TensorMismatch(i, 0, "is sharded and shares memory with another parameter")
        together = [i for i, row in enumerate(rows) if not row.apart]
        apart = [[i] for i, row in enumerate(rows) if row.apart]  # memory shared: one after another
        jobs = [
            Job(row, over, row.count if sizes is None else sizes[i], numbers[i] if numbers else ())
            for i, (row, over) in enumerate(zip(rows, groups, strict=True))
        ]
        if self.program is not None and self.program.in_groups:
            self._check_one_batch(jobs)
        for batch in [together, *apart] if together else apart:
            self._step([jobs[i] for i in batch], scalars, engine, maximize)
        _touch([row.tensors for row in rows])
        self.spent += time.perf_counter() - start
        return [job.numbers for job in jobs] if self.rule.numbers else []

    def _check_one_batch(self, jobs: Sequence[Job]) -> None:
        """Raise where what is gathered of a group would be gathered of parts of it."""
        kinds = {(j.row.tensors[0].dtype, j.row.tensors[0].device) for j in jobs}
        if len(kinds) > 1 or any(j.row.apart or j.row.foreign for j in jobs):
            raise RuleError(
                f"rule {self.rule.name} gathers over all parameters of a group, which have to be of one "
                "dtype on one device and share no memory; put the others into a group of their own"
            )

    def _step(
        self, jobs: Sequence[Job], scalars: Sequence[float], engine: str, maximize: bool
    ) -> None:
        coefficients = (-1.0 if maximize else 1.0, *scalars)
        batches: dict[tuple[torch.dtype, torch.device], list[Job]] = {}
        for job in jobs:
            row, first = job.row, job.row.tensors[0]
            if row.count == 0 and not job.over and not job.numbers:
                continue
            if row.foreign or self.program is None:
                self._by_torch(job, scalars, maximize)
            elif (first.is_cuda and self._torch_compiles(engine, first) and not job.over
                  and not self.program.given and not self.program.in_groups):  # fmt: skip
                flat, back = staged(row)
                self._run_compiled(coefficients, flat)
                back()
            else:
                dtype = first.dtype.to_real() if first.is_complex() else first.dtype
                batches.setdefault((dtype, first.device), []).append(job)
        for (dtype, device), batch in batches.items():
            # Whether native or not, the processes that share parameters add up the same sums at the
            # same moments: one of them may have its code sooner than another.
            reduce = None
            if any(job.over for job in batch):
                reduce = partial(over_processes, [job.over for job in batch])
            native = self._native_for(dtype, device, engine)
            if native is None:
                self._block_by_block(batch, coefficients, reduce)
            else:
                _natively(native, batch, coefficients, reduce)

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
        self, jobs: Sequence[Job], coefficients: Sequence[float], reduce: Reduce | None
    ) -> None:
        assert self._blocks is not None
        assert self.program is not None
        shared: dict[Any, Any] = {}
        if reduce is None and not self.program.in_groups:
            for job in jobs:
                flat, back = staged(job.row)
                job.numbers = self._blocks(flat, coefficients, shared, job.given(self.program))
                back()
            return
        flats, backs = zip(*(staged(job.row) for job in jobs), strict=True)
        walks = [self._blocks.walk(flat, coefficients, shared, job.given(self.program))
                 for flat, job in zip(flats, jobs, strict=True)]  # fmt: skip
        gathering = [p.reductions for p in self._blocks.phases(flats[0][0].dtype) if p.reductions]
        found = [_go_on(job, walk, None) for job, walk in zip(jobs, walks, strict=True)]
        for reductions in gathering:
            all_found = np.array(found, dtype=float)
            totals = in_group(reductions, reduce(reductions, all_found) if reduce else all_found)
            found = [_go_on(job, walk, total)
                     for job, walk, total in zip(jobs, walks, totals.tolist(), strict=True)]  # fmt: skip
        for back in backs:
            back()

    def _by_torch(self, job: Job, scalars: Sequence[float], maximize: bool) -> None:
        rule = self.rule
        if job.over:
            raise RuleError(f"rule {rule.name} cannot step a sharded parameter: {self._unrecorded}")
        if self.program is None and not self._broken:
            self._broken = True
            warnings.warn(
                f"rule {rule.name} runs slowly, by torch's operations on whole tensors: "
                f"{self._unrecorded}", stacklevel=6,
            )  # fmt: skip
        coefficients = dict(zip(self.names, scalars, strict=True))
        step(rule, job, {**coefficients, **self.choices}, maximize)

    def _torch_compiles(self, engine: str, parameter: Tensor) -> bool:
        if engine == "blocked" or self._broken:
            return False
        if engine == "compiled":
            return True
        return self.spent > CUDA_PATIENCE and can_compile(parameter.device.type)

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
        names, rule, choices = self.names, self.rule, self.choices

        def kernel(scalars: Tensor, theta: Tensor, g: Tensor, *state: Tensor) -> None:
            coefficients = {name: scalars[i + 1] for i, name in enumerate(names)}
            new = new_values(rule, {**coefficients, **choices}, theta, g * scalars[0], state)
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
    native: Native, jobs: Sequence[Job], coefficients: Sequence[float], reduce: Reduce | None
) -> None:
    kept, backs, addresses = [], [], []
    for row in (job.row for job in jobs):
        if row.plain and not row.own_gradient:
            addresses += row.addresses
            continue
        flat, back = staged(row)
        kept.append(flat)  # alive until the code has run
        backs.append(back)
        addresses += [t.data_ptr() for t in flat]
    new = native(
        [job.row.count for job in jobs], addresses, coefficients, reduce,
        [job.size for job in jobs], [job.numbers for job in jobs],
    )  # fmt: skip
    for back in backs:
        back()
    for job, numbers in zip(jobs, new, strict=False):
        job.numbers = numbers
    del kept


def _go_on(job: Job, walk: Any, total: list[float] | None) -> list[float]:
    """What a walk gathers next; at its end the tensor has its new numbers."""
    try:
        return next(walk) if total is None else walk.send(total)
    except StopIteration as end:
        job.numbers = end.value
        return []


@lru_cache(maxsize=256)
def kernel_of(rule: Rule, names: tuple[str, ...], choices: tuple[tuple[str, Any], ...]) -> Kernel:
    """The kernel of a rule, one for the life of the process."""
    return Kernel(rule, names, dict(choices))
