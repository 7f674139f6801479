"""The best hyperparameters for a spectrum [μ, L] by a numerical search; nothing is proved."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...optimizers.domains import Domain, Interval
from .closed_form import NoTuning

_WIDEST = 10.0
"""How far a search goes where a domain has no end."""


def search_range(name: str, domain: Domain) -> tuple[float, float]:
    """The part of a hyperparameter's domain that is searched; open ends are left by 1e-9 of it.

    >>> search_range("beta", Interval(0, 1, upper_closed=False))
    (0, 0.999999999)
    """
    if not isinstance(domain, Interval):
        raise NoTuning(f"{name} takes no real numbers, so it is not tuned; set it")
    lower, upper = domain.lower, domain.upper
    if math.isinf(lower):
        lower = upper - 2 * _WIDEST if math.isfinite(upper) else -_WIDEST
    if math.isinf(upper):
        upper = lower + 2 * _WIDEST if math.isfinite(domain.lower) else _WIDEST
    margin = 1e-9 * (upper - lower)
    return (
        lower if lower in domain else lower + margin,
        upper if upper in domain else upper - margin,
    )


def numerical_tuning(
    radius: Any, lower: Sequence[float], upper: Sequence[float], mu: float, largest: float,
    *, order: int,
) -> np.ndarray:  # fmt: skip
    """Minimize the worst spectral radius over [μ, L] numerically: (lr, *others, rate).

    A grid that closes in on its best point; the worst radius is continuous with kinks, where
    gradient-based and simplex methods stall.

    Args:
        radius: function of (ηλ array, *others), broadcasting.
        lower, upper: ends of the intervals of the other hyperparameters.
        mu, largest: the spectrum.
        order: of the rule; above 2 the worst curvature may lie inside the spectrum, so a grid of
            33 curvatures is used instead of the two ends.
    """
    curvatures = np.array([mu, largest]) if order <= 2 else np.geomspace(mu, largest, 33)
    points = {1: 201, 2: 41, 3: 17}.get(1 + len(lower), 9)
    points = points if order <= 2 else min(points, 13)
    low = np.array([np.log(1e-2 / largest), *lower], float)
    high = np.array([np.log(1e2 / mu), *upper], float)
    floor, ceiling = low.copy(), high.copy()
    best, best_value = (low + high) / 2, np.inf
    for _ in range(44):
        axes = [np.linspace(a, b, points) for a, b in zip(low, high, strict=True)]
        grid = np.meshgrid(*axes, indexing="ij")
        h = np.exp(grid[0])[..., None] * curvatures
        with np.errstate(all="ignore"):
            worst = np.max(radius(h, *[g[..., None] for g in grid[1:]]), axis=-1)
        worst = np.where(np.isnan(worst), np.inf, worst)
        index = np.unravel_index(int(np.argmin(worst)), worst.shape)
        if worst[index] <= best_value:
            best, best_value = np.array([g[index] for g in grid]), float(worst[index])
        width = (high - low) * 0.3
        low, high = np.maximum(best - width, floor), np.minimum(best + width, ceiling)
    return np.array([np.exp(best[0]), *best[1:], best_value])


__all__ = ["numerical_tuning", "search_range"]
