"""What the functions of :mod:`~eigenstep.optimizers.ops` are on torch tensors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from .. import ops
from ..errors import RuleError


def _pair(function: Any) -> Any:
    def call(x: Any, y: Any) -> Tensor:
        reference = x if isinstance(x, Tensor) else y
        x, y = (v if isinstance(v, Tensor) else reference.new_tensor(v) for v in (x, y))
        return function(x, y)

    return call


def _where(condition: Tensor, x: Any, y: Any) -> Tensor:
    if not (
        isinstance(x, Tensor) or isinstance(y, Tensor)
    ):  # of numbers torch makes integers, or float32
        x, y = (torch.tensor(float(v), dtype=torch.float64) for v in (x, y))
    return torch.where(condition, x, y)


def _along(function: Any) -> Any:
    def call(x: Tensor, axis: int | None = None, over: str | None = None) -> Tensor:
        if over:
            raise RuleError(
                "a rule gathers over a group, which a rule that cannot be recorded cannot"
            )
        if not x.is_floating_point():  # truth values, or ones and zeros
            x = x.double()
        return function(x) if axis is None else function(x, dim=axis, keepdim=True)

    return call


def _eigh(x: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and vectors; NaN, by which a bad gradient is seen, where there are none."""
    if not torch.isfinite(x).all():
        return torch.full_like(x[..., 0], torch.nan), torch.full_like(x, torch.nan)
    values, vectors = torch.linalg.eigh(x)
    return values, vectors


def _symmetric_power(x: Tensor, exponent: float, shift: Any) -> Tensor:
    values, vectors = _eigh(x)
    shifted = values.clamp(min=0) + shift
    powers = torch.where(shifted <= 0, 0.0, shifted**exponent)
    return (vectors * powers[..., None, :]) @ vectors.mT


def _size(x: Tensor, axis: int | None = None) -> int:
    return x.numel() if axis is None else x.shape[axis]


ops.register(
    Tensor,
    SimpleNamespace(
        sqrt=torch.sqrt, maximum=_pair(torch.maximum), minimum=_pair(torch.minimum),
        where=_where, sign=torch.sign, absolute=torch.abs, norm=torch.linalg.vector_norm,
        sum=_along(torch.sum), max=_along(torch.amax), size=_size, matmul=torch.matmul,
        transpose=lambda x: x.mT, eigenvectors=lambda x: _eigh(x)[1],
        orthogonal=lambda x: torch.linalg.qr(x)[0], symmetric_power=_symmetric_power,
    ),
)  # fmt: skip
