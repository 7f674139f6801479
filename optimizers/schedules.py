"""Learning-rate schedules: factors of the learning rate as functions of the step, 0 at the first.

Each returns a function that a rule takes (:func:`~eigenstep.optimizers.compositions.with_schedule`)
and that ``torch.optim.lr_scheduler.LambdaLR`` takes:

>>> polynomial(alpha=0.5, beta=1.0)(3)
0.5
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from .domains import NONNEGATIVE, POSITIVE, REAL, Integers, require
from .errors import DomainError

Factor = Callable[[float], float]


def _numbers(name: str, values: Any) -> list[Any]:
    """A sequence of finite numbers as a list."""
    if isinstance(values, str | bytes | dict) or not hasattr(values, "__iter__"):
        raise DomainError(name, values, "a sequence of numbers")
    try:
        found = list(values)
    except TypeError:  # an array without axes
        raise DomainError(name, values, "a sequence of numbers") from None
    require(REAL, **{f"{name}[{i}]": v for i, v in enumerate(found)})
    return found


def piecewise_constant(boundaries: Sequence[float], factors: Sequence[float]) -> Factor:
    """``factors[i]`` while ``boundaries[i-1] <= t < boundaries[i]``; one factor more than boundaries.

    >>> [piecewise_constant([2, 4], [1, 0.5, 0.25])(t) for t in (0, 2, 3, 4)]
    [1, 0.5, 0.5, 0.25]
    """
    boundaries, factors = _numbers("boundaries", boundaries), _numbers("factors", factors)
    if len(factors) != len(boundaries) + 1 or boundaries != sorted(boundaries):
        raise DomainError("boundaries", boundaries, "ascending, one fewer than factors")
    require(NONNEGATIVE, **{f"factors[{i}]": f for i, f in enumerate(factors)})
    return lambda t: factors[sum(t >= b for b in boundaries)]


def exponential(rate: float) -> Factor:
    """e^(−rate·t), rate ≥ 0: the steps sum to a finite length, so it may stop short."""
    require(NONNEGATIVE, rate=rate)
    return lambda t: math.exp(-rate * t)


def polynomial(alpha: float = 0.5, beta: float = 1.0) -> Factor:
    """(βt + 1)^(−α), α > 0, β ≥ 0."""
    require(POSITIVE, alpha=alpha)
    require(NONNEGATIVE, beta=beta)
    return lambda t: (beta * t + 1) ** -alpha


def inverse_time(beta: float = 1.0) -> Factor:
    """1/(βt + 1), the schedule of strongly convex stochastic gradient descent."""
    return polynomial(1.0, beta)


def inverse_square_root(warmup: int = 1) -> Factor:
    """min(1/√(t+1), (t+1)/warmup^1.5) scaled to peak at 1: rises for ``warmup`` steps, then 1/√t."""
    require(Integers(1), warmup=warmup)
    return lambda t: min(math.sqrt(warmup / (t + 1)), (t + 1) / warmup)


def cosine(steps: int, warmup: int = 0, final: float = 0.0) -> Factor:
    """Linear warm-up to 1 over ``warmup`` steps, then half a cosine down to ``final``, then flat.

    >>> [round(cosine(4)(t), 3) for t in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    require(Integers(1), steps=steps)
    require(Integers(0), warmup=warmup)
    require(NONNEGATIVE, final=final)
    if warmup >= steps:
        raise DomainError("warmup", warmup, f"0 <= warmup < steps, where steps = {steps}")

    def factor(t: float) -> float:
        if t < warmup:
            return (t + 1) / warmup
        done = min((t - warmup) / (steps - warmup), 1.0)
        return final + (1 - final) * (1 + math.cos(math.pi * done)) / 2

    return factor
