"""Whether all roots of many real polynomials lie in a disk, by the Schur–Cohn recursion on arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def radius_within(below: np.ndarray, radius: Any) -> np.ndarray:
    """Whether all roots of z^n + c₁z^(n−1) + … + c_n lie in |z| < r, by the Schur–Cohn recursion.

    Args:
        below: c, shape (n, …).
        radius: r > 0, broadcasting over ….

    >>> radius_within(np.array([[0.0], [-0.25]]), np.array([0.4, 0.6]))
    array([False,  True])
    """
    with np.errstate(
        all="ignore"
    ):  # a reflection of modulus 1 divides by 0; it has said no already
        return _within(below, radius)


def _within(below: np.ndarray, radius: Any) -> np.ndarray:
    n = len(below)
    inverse = 1 / np.asarray(radius, float)
    scaled, power = [], inverse
    for k in range(n):
        scaled.append(below[k] * power)
        power = power * inverse
    inside: Any = True
    for m in range(n, 0, -1):
        reflection = scaled[m - 1]
        inside = inside & (np.abs(reflection) < 1)
        if m == 1:
            break
        divisor = 1 - reflection * reflection
        scaled = [(scaled[j] - reflection * scaled[m - 2 - j]) / divisor for j in range(m - 1)]
    return np.asarray(inside)


def worst_radius(below: np.ndarray) -> np.ndarray:
    """The largest modulus of a root over the last axis, shape (n, …, m) to (…): by bisection, to 1e-15."""
    n = len(below)
    if n == 1:
        return np.abs(below[0]).max(axis=-1)
    sizes = np.stack([np.abs(below[k]) ** (1 / (k + 1)) for k in range(n)])
    high = 2 * sizes.max(axis=(0, -1)) + 1e-300
    low = np.zeros_like(high)
    for _ in range(54):
        middle = (low + high) / 2
        inside = radius_within(below, middle[..., None]).all(axis=-1)
        high, low = np.where(inside, middle, high), np.where(inside, low, middle)
    return np.where(np.isfinite(high), high, np.inf)


__all__ = ["radius_within", "worst_radius"]
