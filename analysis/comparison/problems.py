"""The gradients that a target and every candidate are given.

Float64, of scales from 1e-8 to 1e8, with exact zeros, one coordinate whose gradient is always zero,
one of scales from 1e-20 and one tensor that starts at zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

SHAPES = ((4, 3), (7,), (3,))
"""Shapes of the parameter tensors of the comparison; the last starts at zero."""

_TINY = 1e-12
"""What the last coordinate's gradients are scaled by: beside them an ε of 1e-16 is seen."""
MATRICES = ((4, 3), (2, 5), (3, 3))
"""The shapes for a target that takes matrices only."""


def problem(
    steps: int, seed: int = 0, shapes: Sequence[tuple[int, ...]] = SHAPES
) -> tuple[list[np.ndarray], list[list[np.ndarray]]]:
    """Starting parameters and, for each step, the gradients."""
    random = np.random.default_rng(seed)
    start = [random.standard_normal(s) for s in shapes]
    start[-1][...] = 0.0
    # Half of the coordinates keep their scale, so that ε stays visible where gradients are small.
    kept = [10.0 ** random.integers(-8, 9, s) for s in shapes]
    keep = [random.random(s) < 0.5 for s in shapes]
    gradients = []
    for _ in range(steps):
        now = []
        for shape, own, fixed in zip(shapes, kept, keep, strict=True):
            scale = np.where(fixed, own, 10.0 ** random.integers(-8, 9, shape))
            g = random.standard_normal(shape) * scale
            g[random.random(shape) < 0.1] = 0.0
            now.append(g)
        now[0].flat[0] = 0.0
        now[-1].flat[-1] *= _TINY
        gradients.append(now)
    return start, gradients


def flat(tensors: Sequence[np.ndarray]) -> np.ndarray:
    """All coordinates of the tensors, one after the other."""
    return np.concatenate([np.ravel(t) for t in tensors])


def stepped(
    optimizer: Any, params: Sequence[Any], gradients: Sequence[Sequence[np.ndarray]]
) -> np.ndarray:
    """Where a torch optimizer leads its parameters: the start, then a row a step."""
    import torch

    rows = [flat([p.detach().numpy() for p in params])]
    for now in gradients:
        for p, g in zip(params, now, strict=True):
            p.grad = torch.tensor(g)
        optimizer.step()
        rows.append(flat([p.detach().numpy() for p in params]))
    return np.array(rows)


__all__ = ["SHAPES", "problem"]
