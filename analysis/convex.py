r"""Stochastic gradient descent on convex functions: bounds with explicit constants.

For a convex expected loss whose sample gradients are at most L long, from a start at most r from a
minimizer, the mean iterate :math:`\bar w = \sum\eta_tw_t/\sum\eta_t` after T steps has

.. math:: \mathbb E R(\bar w) - R^* \le \frac{r^2 + L^2\sum\eta_t^2}{2\sum\eta_t}.

Each step of the proof is a claim of the ledger, G3 to G8.

>>> optimal_constant_step(r=2, L=3, T=100)
(0.06666666666666667, 0.6)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ..optimizers.domains import NONNEGATIVE, POSITIVE, Integers
from ..optimizers.errors import DomainError, UnknownName
from .reals import float64, multiprecision, real, real_array


def _check(T: Any, **positive: float) -> None:
    for name, value in positive.items():
        real(name, value, POSITIVE)
    real("T", T, Integers(1))


def _steps(T: Any) -> int:
    return int(real("T", T, Integers(1)))


def bound(steps: np.ndarray, r: float, L: float) -> float:
    """The bound for learning rates ``steps`` (shape (T,), not all zero).

    Args:
        steps: η_t ≥ 0, in parameter² per loss.
        r: distance of the start from a minimizer, in the parameter's unit.
        L: largest length of a sample's gradient.
    """
    steps = real_array("steps", steps)
    if steps.ndim != 1:
        raise DomainError("steps", f"an array of shape {steps.shape}", "shape (T,)")
    _check(len(steps), r=r, L=L)
    if steps.min() not in NONNEGATIVE or not steps.sum():
        raise DomainError("steps", steps.min(), "0 <= steps, finite, not all zero")
    with mpmath.workdps(30):
        squares = mpmath.fsum(mpmath.mpf(s) ** 2 for s in steps.tolist())
        total = multiprecision(r) ** 2 + multiprecision(L) ** 2 * squares
        return float64("bound", total / (2 * mpmath.fsum(steps.tolist())))


def optimal_constant_step(r: float, L: float, T: int) -> tuple[float, float]:
    """The constant learning rate with the smallest bound, r/(L√T), and that bound, rL/√T."""
    _check(T, r=r, L=L)
    with mpmath.workdps(30):
        root = mpmath.sqrt(_steps(T))
        return float64("lr", multiprecision(r) / L / root), float64(
            "bound", multiprecision(r) * L / root
        )


def exact_constant_step() -> dict[str, sp.Expr]:
    """The same as expressions, from setting the bound's derivative to zero."""
    r, L, T, eta = sp.symbols("r L T eta", positive=True)
    value = (r**2 + L**2 * T * eta**2) / (2 * T * eta)
    (best,) = sp.solve(sp.diff(value, eta), eta)
    return {"lr": best, "bound": sp.simplify(value.subs(eta, best))}


SCHEDULES: dict[str, Callable[[float, float, int], np.ndarray]] = {
    "constant": lambda r, L, T: np.full(T, r / (L * math.sqrt(T))),
    "inverse_square_root": lambda r, L, T: r / (L * np.sqrt(np.arange(1, T + 1))),
    "inverse_time": lambda r, L, T: r / (L * np.arange(1, T + 1)),
}
"""Learning rates by name, each with the constant r/L in front."""


def _sums(schedule: str, T: int) -> tuple[Any, Any]:
    """Σ s_t and Σ s_t² of η_t = s_t r/L, in closed form, so that no T is too many steps."""
    harmonic = mpmath.digamma(T + 1) + mpmath.euler
    if schedule == "inverse_square_root":
        return mpmath.zeta(mpmath.mpf(1) / 2) - mpmath.zeta(mpmath.mpf(1) / 2, T + 1), harmonic
    return harmonic, mpmath.zeta(2) - mpmath.psi(1, T + 1)


def first_step(schedule: str, r: float, L: float, T: int) -> float:
    """The learning rate of the first step of a schedule of :data:`SCHEDULES`."""
    _check_schedule(schedule)
    if schedule == "constant":
        return optimal_constant_step(r, L, T)[0]
    _check(T, r=r, L=L)
    return float64("lr", multiprecision(r) / L)


def schedule_bound(schedule: str, r: float, L: float, T: int) -> float:
    """The bound after T steps of a schedule of :data:`SCHEDULES`.

    >>> schedule_bound("constant", 2, 3, 100)
    0.6
    >>> round(schedule_bound("inverse_time", 2, 3, 10**10), 6)
    0.336177
    """
    _check(T, r=r, L=L)
    _check_schedule(schedule)
    if schedule == "constant":
        return optimal_constant_step(r, L, T)[1]
    with mpmath.workdps(40):
        first, second = _sums(schedule, _steps(T))
        return float64("bound", multiprecision(r) * L * (1 + second) / (2 * first))


def _check_schedule(schedule: str) -> None:
    if not isinstance(schedule, str) or schedule not in SCHEDULES:
        raise UnknownName("schedule", schedule, SCHEDULES)


def strongly_convex_bound(mu: float, L: float, T: int) -> float:
    """η_t = 1/(μt) on a μ-strongly convex loss: the mean of the T losses is within L²(1 + ln T)/(2μT)."""
    _check(T, mu=mu, L=L)
    with mpmath.workdps(40):
        return float64(
            "bound",
            multiprecision(L) ** 2
            * (1 + mpmath.log(_steps(T)))
            / (2 * multiprecision(mu) * _steps(T)),
        )
