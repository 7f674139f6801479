"""Run a rule's update on torch tensors, in place: compiled, or block by block without a compiler.

Both engines call the rule's own function. *Compiled*: one dynamic-shape ``torch.compile`` kernel a
(rule, dtype, device), which fuses the update into one pass over memory; the step-dependent scalars
go in as one float64 tensor, so nothing recompiles as they change. *Blocked*: the same function run
eagerly on cache-sized blocks, one after the other, so that its intermediates stay in the cache.
"""

from __future__ import annotations

import shutil
import time
import types
import warnings
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from . import ops
from .errors import DomainError
from .rule import Rule

ENGINES = ("auto", "compiled", "blocked")
BLOCK = 1 << 16
"""Elements in a block: 256 KiB of float32, so that a rule's intermediates fit a 2 MiB cache."""
PATIENCE = 8.0
"""Seconds of blocked stepping after which ``auto`` compiles.

About what compiling costs with nothing cached, so that a run never pays more than twice what the
better choice, known in advance, would have cost.
"""
_LOW_PRECISION = (torch.float16, torch.bfloat16)


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
    """Whether ``torch.compile`` has what it needs: a C++ compiler for the CPU, Triton for CUDA."""
    if device == "cuda":
        try:
            import triton  # noqa: F401  # type: ignore[import-not-found]
        except ImportError:
            return False
        return True
    if device != "cpu":
        return False
    from torch._inductor import config

    names = config.cpp.cxx if isinstance(config.cpp.cxx, tuple | list) else (config.cpp.cxx,)
    return any(name and shutil.which(name) for name in (*names, "g++", "clang++"))


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
        self._compiled: dict[tuple[torch.dtype, torch.device], Any] = {}
        self._broken = False

    def __call__(
        self, tensors: Sequence[tuple[Tensor, ...]], scalars: Sequence[float], engine: str,
        *, maximize: bool,
    ) -> None:  # fmt: skip
        """Step each ``(parameter, gradient, *state)``, all but the gradient in place.

        Args:
            tensors: real tensors of one shape each, no gradient tracking.
            scalars: the numeric coefficients, in the order of ``names``.
            engine: ``auto``, ``compiled`` or ``blocked``.
            maximize: step along the gradient instead of against it.
        """
        start = time.perf_counter()
        on_device: dict[torch.device, Tensor] = {}
        for group in tensors:
            flat = _flatten(group)
            parameter = flat[0]
            if flat[0].numel() == 0:
                continue
            if (
                parameter.dim() == 1
                and parameter.numel() > 1
                and self._use_compiled(engine, parameter)
            ):
                device = parameter.device
                if device not in on_device:
                    packed = torch.tensor(
                        [-1.0 if maximize else 1.0, *scalars], dtype=torch.float64
                    )
                    on_device[device] = packed.to(device, non_blocking=True)
                self._run_compiled(on_device[device], flat)
            else:
                self._blocked(dict(zip(self.names, scalars, strict=True)), flat, maximize)
        self.spent += time.perf_counter() - start

    def _use_compiled(self, engine: str, parameter: Tensor) -> bool:
        if engine == "blocked" or self._broken:
            return False
        if engine == "compiled":
            return True
        return self.spent > PATIENCE and can_compile(parameter.device.type)

    def _update(self, coefficients: dict[str, Any], theta: Tensor, g: Tensor, state: Any) -> Any:
        """The new parameter and state; None for what the rule hands back as it was."""
        if theta.dtype in _LOW_PRECISION:
            theta, g, state = theta.float(), g.float(), [s.float() for s in state]
        new = self.rule(theta, g, *state, **coefficients, **self.choices)
        return [None if a is b else a for a, b in zip(new, (theta, *state), strict=True)]

    def _blocked(
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
            self._blocked(coefficients, flat, maximize)
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
            self._blocked(dict(zip(self.names, values[1:], strict=True)), flat, values[0] < 0)

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
