"""Tensors as optimizers meet them: sharded over processes, with sparse gradients, or neither."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def local(tensor: Tensor) -> Tensor:
    """This process's part of a sharded tensor (DTensor, as FSDP makes them); else the tensor."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor  # type: ignore[operator]


def process_groups(tensor: Tensor) -> tuple[Any, ...]:
    """The process groups that hold different parts of the tensor."""
    placements = getattr(tensor, "placements", ())
    mesh = getattr(tensor, "device_mesh", None)
    return tuple(mesh.get_group(i) for i, p in enumerate(placements) if p.is_shard())  # type: ignore


UNSHARDED = {Tensor, torch.nn.Parameter, torch.nn.Buffer}


def gradient_of(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def dense(gradient: Tensor) -> Tensor:
    return gradient if gradient.layout is torch.strided else gradient.to_dense()
