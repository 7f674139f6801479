"""Run a rule's update on torch tensors, in place: compiled, or block by block without a compiler.

Both engines run the rule's own function. On the CPU it is recorded once as a program
(:mod:`~eigenstep.optimizers.program`), which is run *blocked*, by torch's own operations on cache-sized
blocks, or *compiled* to native code that makes one pass over memory. The two agree bit for bit, so that
``auto`` may change from one to the other in the middle of a run. On CUDA the compiled engine is one
dynamic-shape ``torch.compile`` kernel a (rule, dtype, device). In all of them the step-dependent scalars
go in as float64 numbers, so nothing is compiled anew as they change.

A rule that cannot be recorded (it calls something else than :mod:`~eigenstep.optimizers.ops`) is run by
torch, in blocks where that is possible.
"""

from __future__ import annotations

import contextlib
import time
import types
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from . import ops
from .blocked import BLOCK, Blocked
from .errors import DomainError
from .native import CompileError, Native, find_compiler
from .program import LOW_PRECISION, NotRecordable, Program, record
from .rule import Rule

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


class _NormInBlock(Exception):
    """A rule asked for the norm of the whole tensor while seeing only a block of it."""


_in_block = False


def _norm(x: Tensor) -> Tensor:
    if _in_block:
        raise _NormInBlock
    return torch.linalg.vector_norm(x)


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
        where=torch.where, sign=torch.sign, absolute=torch.abs, norm=_norm,
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
        self.whole = False
        self.spent = 0.0
        self.program: Program | None = None
        with contextlib.suppress(NotRecordable):
            self.program = record(rule, names, choices)
        self._blocks = Blocked(self.program) if self.program else None
        self._native: dict[torch.dtype, Native] = {}
        self._compiled: dict[tuple[torch.dtype, torch.device], Any] = {}
        self._broken = False

    def __call__(
        self, tensors: Sequence[tuple[Tensor, ...]], scalars: Sequence[float], engine: str,
        *, maximize: bool, groups: Sequence[Groups] | None = None,
    ) -> None:  # fmt: skip
        """Step each ``(parameter, gradient, *state)``, all but the gradient in place.

        Args:
            tensors: tensors of one shape each, no gradient tracking.
            scalars: the numeric coefficients, in the order of ``names``.
            engine: ``auto``, ``compiled`` or ``blocked``.
            maximize: step along the gradient instead of against it.
            groups: for each parameter the process groups that hold parts of it; ``tensors`` are the
                parts of this process.
        """
        start = time.perf_counter()
        coefficients = (-1.0 if maximize else 1.0, *scalars)
        groups = groups or [()] * len(tensors)
        if self.program is None:
            self._by_torch(tensors, scalars, engine, maximize)
        else:
            shared: dict[Any, Any] = {}
            by_torch: list[tuple[Tensor, ...]] = []
            fast: dict[torch.dtype, list[tuple[Sequence[Tensor], Groups]]] = {}
            for group, over in zip(tensors, groups, strict=True):
                ready = self._ready(group, engine)
                if ready is not None:
                    fast.setdefault(ready[0].dtype, []).append((ready, over))
                elif group[0].is_cuda and self._torch_compiles(engine, group[0]) and not over:
                    by_torch.append(group)
                else:
                    self._block_by_block(_flatten(group), coefficients, over, shared)
            self._by_torch(by_torch, scalars, engine, maximize)
            for dtype, rows in fast.items():
                reduce = partial(_sum_over, [over for _, over in rows])
                apart = any(over for _, over in rows)
                self._native[dtype]([r for r, _ in rows], coefficients, reduce if apart else None)
                torch.autograd.graph.increment_version(
                    [t for r, _ in rows for i, t in enumerate(r) if i != 1]
                )
        self.spent += time.perf_counter() - start

    def _ready(self, group: Sequence[Tensor], engine: str) -> Sequence[Tensor] | None:
        """Dense views for the native code, where that is to run and is there; else None."""
        first = group[0]
        if engine == "blocked" or first.device.type != "cpu" or self.program is None:
            return None
        dtype = first.dtype
        if first.is_complex():
            group = [torch.view_as_real(t) for t in group]
            dtype = group[0].dtype
        if any(t.dtype != dtype for t in group):
            return None
        native = self._native.get(dtype)
        if native is None:
            native = self._native[dtype] = Native(self.program, dtype)
            self._first_try(native, engine)
        if not native.ready and not self._wait(native, engine):
            return None
        if all(t.is_contiguous() for t in group):
            return group
        flat = _flatten(group)
        return flat if flat[0].dim() == 1 else None

    def _first_try(self, native: Native, engine: str) -> None:
        try:
            native.load(build=engine == "compiled")
        except CompileError as error:
            native.failed = error
            if engine == "compiled":
                warnings.warn(
                    f"rule {self.rule.name}: {error}; stepping block by block instead", stacklevel=6
                )

    def _wait(self, native: Native, engine: str) -> bool:
        """Whether native code that was not there at the first step is there now."""
        if native.failed is not None:
            return False
        if engine == "compiled":
            self._first_try(native, engine)
        elif self.spent > PATIENCE:
            native.start()
        return native.ready

    def _block_by_block(
        self, flat: Sequence[Tensor], coefficients: Any, over: Groups, shared: dict[Any, Any]
    ) -> None:
        assert self._blocks is not None

        def reduce(sums: list[float]) -> list[float]:
            return _sum_over([over], np.array([sums]))[0].tolist()

        self._blocks(flat, coefficients, reduce if over else None, shared)

    def _by_torch(
        self, tensors: Sequence[tuple[Tensor, ...]], scalars: Sequence[float], engine: str,
        maximize: bool,
    ) -> None:  # fmt: skip
        """Step by the rule's function on torch tensors, through ``torch.compile`` or in blocks."""
        on_device: dict[torch.device, Tensor] = {}
        for group in tensors:
            flat = _flatten(group)
            parameter = flat[0]
            if parameter.numel() == 0:
                continue
            if (
                parameter.dim() == 1
                and parameter.numel() > 1
                and self._torch_compiles(engine, parameter)
            ):
                device = parameter.device
                if device not in on_device:
                    packed = torch.tensor(
                        [-1.0 if maximize else 1.0, *scalars], dtype=torch.float64
                    )
                    on_device[device] = packed.to(device, non_blocking=True)
                self._run_compiled(on_device[device], flat)
            else:
                self._eager(dict(zip(self.names, scalars, strict=True)), flat, maximize)

    def _torch_compiles(self, engine: str, parameter: Tensor) -> bool:
        if engine == "blocked" or self._broken:
            return False
        if engine == "compiled":
            return True
        return self.spent > CUDA_PATIENCE and can_compile(parameter.device.type)

    def _update(self, coefficients: dict[str, Any], theta: Tensor, g: Tensor, state: Any) -> Any:
        """The new parameter and state; None for what the rule hands back as it was."""
        if theta.dtype in LOW_PRECISION:
            theta, g, state = theta.float(), g.float(), [s.float() for s in state]
        new = self.rule(theta, g, *state, **coefficients, **self.choices)
        return [None if a is b else a for a, b in zip(new, (theta, *state), strict=True)]

    def _eager(
        self, coefficients: dict[str, float], flat: Sequence[Tensor], maximize: bool
    ) -> None:
        global _in_block
        size = flat[0].numel()
        if flat[0].dim() != 1 or self.whole or size <= BLOCK:
            blocks: Any = [flat]
        else:
            ends = range(0, size, BLOCK)
            blocks = ([t[i : i + BLOCK] for t in flat] for i in ends)
            _in_block = True
        try:
            for theta, g, *state in blocks:
                new = self._update(coefficients, theta, -g if maximize else g, state)
                for old, value in zip((theta, *state), new, strict=True):
                    if value is not None:
                        old.copy_(value)
        except _NormInBlock:  # raised in the first block, before anything was written
            self.whole = True
            _in_block = False
            self._eager(coefficients, flat, maximize)
        finally:
            _in_block = False

    def _run_compiled(self, scalars: Tensor, flat: Sequence[Tensor]) -> None:
        key = (flat[0].dtype, flat[0].device)
        if key not in self._compiled:
            self._compiled[key] = self._compile()
        from torch._dynamo.exc import TorchDynamoException

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
            values = scalars.tolist()
            self._eager(dict(zip(self.names, values[1:], strict=True)), flat, values[0] < 0)

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


def _is_dense(tensor: Tensor) -> bool:
    """Whether the elements fill one stretch of memory without gaps or overlaps, in any order."""
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size == 1:
            continue
        if stride != expected:
            return False
        expected *= size
    return True


def _flatten(group: Sequence[Tensor]) -> list[Tensor]:
    """One-dimensional views of the same memory where every tensor is dense with equal strides."""
    real = [torch.view_as_real(t) if t.is_complex() else t for t in group]
    first = real[0]
    if all(t.is_contiguous() for t in real):
        return [t.view(-1) for t in real]
    if not _is_dense(first):
        return list(real)
    if real[1].stride() != first.stride():
        real[1] = torch.empty_like(first).copy_(real[1])  # the gradient alone may be laid out anew
    if any(t.stride() != first.stride() for t in real):
        return list(real)
    return [t.as_strided((t.numel(),), (1,)) for t in real]


@lru_cache(maxsize=256)
def kernel_of(rule: Rule, names: tuple[str, ...], choices: tuple[tuple[str, Any], ...]) -> Kernel:
    """The kernel of a rule, one for the life of the process."""
    return Kernel(rule, names, dict(choices))
