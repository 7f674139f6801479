"""The hyperparameters at which a rule is gradient descent, heavy ball or Nesterov's, optimally tuned.

A rule is another, but for modes that the gradient does not move, where a + λb = q(z)·(a′ + λb′) with a monic
q whose roots lie within the rate. That is found by least squares, so where nothing is found there may be one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

_EQUAL = 1e-9
"""The largest difference of coefficients at which a rule is said to be another."""


def textbook_rules(ratio: float) -> dict[str, tuple[np.ndarray, np.ndarray, float]]:
    """a and b, highest power first, and the rate, of each at its optimum for curvatures 1/κ to 1."""
    least = 1 / ratio
    root = math.sqrt(ratio)
    ball = ((root - 1) / (root + 1)) ** 2
    steep = math.sqrt(3 * ratio + 1)
    ahead = (steep - 2) / (steep + 2)
    descent, long, look = 2 / (1 + least), 4 / (1 + math.sqrt(least)) ** 2, 4 / (3 + least)
    return {
        "gradient descent": (np.array([1.0, -1.0]), np.array([descent]), (ratio - 1) / (ratio + 1)),
        "heavy ball": (np.array([1.0, -1 - ball, ball]), np.array([long, 0.0]), math.sqrt(ball)),
        "Nesterov": (np.array([1.0, -1 - ahead, ahead]), look * np.array([1 + ahead, -ahead]), 1 - 2 / steep),
    }  # fmt: skip


def embedded(
    parts: Callable[..., tuple[np.ndarray, np.ndarray]], at: Callable[[np.ndarray], np.ndarray],
    dimensions: int, ratio: float, *, tries: int = 3,
) -> tuple[dict[str, np.ndarray], list[np.ndarray]]:  # fmt: skip
    """By name of a textbook rule the point of the unit cube where the rule is it; and what came near one.

    Args:
        parts: the coefficients of a and b below z^n, as of a search.
        at: from points of the unit cube, shape (m, dimensions), to hyperparameters.
    """
    from scipy.optimize import least_squares

    chosen = np.random.default_rng(2)
    order = len(parts(*at(np.full((1, dimensions), 0.5)).T)[0])
    exact: dict[str, np.ndarray] = {}
    near: list[np.ndarray] = []
    for name, (a, b, _rate) in textbook_rules(ratio).items():
        extra = order - len(a) + 1
        if extra < 0:
            continue

        def difference(
            unknown: np.ndarray, a: np.ndarray = a, b: np.ndarray = b, extra: int = extra
        ) -> np.ndarray:
            below = np.array([1.0, *unknown[dimensions:]])
            own = parts(*at(unknown[None, :dimensions]).T)
            wanted = np.convolve(a, below)[1:], np.convolve(b, below)
            found = np.concatenate([own[0][:, 0] - wanted[0], own[1][:, 0] - wanted[1]])
            return np.nan_to_num(found, nan=1e6, posinf=1e6, neginf=-1e6)

        bounds = [(0.0, 1.0)] * dimensions + [
            (-float(math.comb(extra, k)) - 1e-9, float(math.comb(extra, k)) + 1e-9)
            for k in range(1, extra + 1)
        ]
        lower, upper = np.array(bounds).T
        best: Any = None
        for _ in range(tries):
            start = np.concatenate([chosen.uniform(0.05, 0.95, dimensions), np.zeros(extra)])
            with np.errstate(all="ignore"):
                found = least_squares(difference, start, bounds=(lower, upper), xtol=1e-15, ftol=1e-15,
                                      gtol=1e-15, max_nfev=80)  # fmt: skip
            if best is None or found.cost < best.cost:
                best = found
            if np.abs(best.fun).max() < _EQUAL:
                break
        if (
            _EQUAL > np.abs(best.fun).max() > 1e-14
        ):  # roots that coincide show the square root of it
            with np.errstate(all="ignore"):
                again = least_squares(difference, best.x, bounds=(lower, upper), xtol=1e-15, ftol=1e-15,
                                      gtol=1e-15, jac="3-point", max_nfev=40)  # fmt: skip
            best = min(best, again, key=lambda f: f.cost)
        point = np.clip(best.x[:dimensions], 0, 1)
        roots = np.abs(np.roots([1.0, *best.x[dimensions:]]))
        if np.abs(best.fun).max() < _EQUAL and (not len(roots) or roots.max() < 1):
            exact[name] = point
        else:
            near.append(point)
    return exact, near


def named(names: Sequence[str]) -> str:
    """Names in a sentence."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


__all__ = ["embedded", "named", "textbook_rules"]
