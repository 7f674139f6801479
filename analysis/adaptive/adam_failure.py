r"""Where Adam goes to the worst point of a convex problem, decided exactly for any β₁ < √β₂.

On [−1, 1] the losses are Cx once and −x in the C − 1 steps after it, again and again. Their mean has
slope 1/C, so x = −1 is the minimizer. Once moments are periodic, a cycle moves x by −α Σ mᵢ/√vᵢ, without
bias correction and with ε = 0. With γ = β₁/√β₂ < 1 the steps down, after the gradient C, add up to at most

.. math:: \sum_i \frac{(1-\beta_1)C\beta_1^i}{\sqrt{(1-\beta_2)C^2\beta_2^i}}
          \le \frac{1-\beta_1}{\sqrt{1-\beta_2}\,(1-\gamma)},

whatever C is, while all but O(log C) of the C − 1 others go up by a length that does not depend on C. So
for large C the drift is upwards: Adam ends at x = 1. AMSGrad divides by one number throughout, so its
cycle moves x by −α Σ gᵢ/√v̂ = −α/√v̂, down.

Source: Reddi, Kale & Kumar 2018, On the convergence of Adam and beyond, theorem 2.

>>> smallest_cycle(beta1=0.0, beta2=0.9), smallest_cycle(beta1=0.9, beta2=0.99)
(7, 30)
>>> largest_step_down(0.9, 0.99) > 0
True
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from ...optimizers.domains import UNIT, Integers, require
from ...optimizers.errors import DomainError, Undecided
from ...optimizers.rule import Rule
from ..tracing import exact

_DIGITS = 60


def check_betas(beta1: float, beta2: float) -> None:
    """Raise unless 0 ≤ β₁ < √β₂ < 1."""
    require(UNIT, beta1=beta1, beta2=beta2)
    if not beta1**2 < beta2:
        raise DomainError("beta1", beta1, f"0 <= beta1 < sqrt(beta2) = {math.sqrt(beta2):.6g}")


def periodic_moments(
    beta1: float, beta2: float, C: int
) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """m and v after each of the C gradients C, −1, …, −1 of a cycle, once they are periodic; exact.

    β₁ and β₂ are taken as the decimal numbers they are written as.
    """
    check_betas(beta1, beta2)
    require(Integers(3), C=C)
    gradients = [Fraction(C), *[Fraction(-1)] * (C - 1)]
    return (_periodic(_fraction(beta1), gradients),
            _periodic(_fraction(beta2), [g * g for g in gradients]))  # fmt: skip


def _fraction(value: float) -> Fraction:
    number: Any = exact(value)
    return Fraction(int(number.p), int(number.q))


def _periodic(beta: Fraction, values: list[Fraction]) -> tuple[Fraction, ...]:
    """The average that one cycle maps to itself."""
    once = Fraction(0)
    for value in values:
        once = beta * once + (1 - beta) * value
    average = once / (1 - beta ** len(values))
    found = []
    for value in values:
        average = beta * average + (1 - beta) * value
        found.append(average)
    return tuple(found)


def drift(beta1: float, beta2: float, C: int) -> tuple[float, float]:
    """An interval that holds −Σ mᵢ/√vᵢ, the movement of a cycle in units of α; positive is up.

    From exact moments, by interval arithmetic with 60 digits.
    """
    import mpmath

    m, v = periodic_moments(beta1, beta2, C)
    interval: Any = mpmath.iv
    before = interval.dps
    try:
        interval.dps = _DIGITS
        total = interval.mpf(0)
        for first, second in zip(m, v, strict=True):
            ratio = interval.mpf(first.numerator) / interval.mpf(first.denominator)
            square = interval.mpf(second.numerator) / interval.mpf(second.denominator)
            total -= ratio / interval.sqrt(square)
        return float(total.a), float(total.b)
    finally:
        interval.dps = before


def largest_step_down(beta1: float, beta2: float) -> float:
    """(1 − β₁)/(√(1 − β₂)(1 − γ)): what the steps down of a cycle add up to at most, for any C."""
    check_betas(beta1, beta2)
    return (1 - beta1) / (math.sqrt(1 - beta2) * (1 - beta1 / math.sqrt(beta2)))


def smallest_cycle(beta1: float, beta2: float, largest: int = 2000) -> int:
    """The smallest C ≥ 3 for which the drift is upwards, so that Adam ends at the worst point.

    Found in float64, and its sign and that of C − 1 certified by :func:`drift`.

    Raises:
        DomainError: not β₁ < √β₂ < 1, or no such C up to ``largest``.
    """
    check_betas(beta1, beta2)
    require(Integers(3), largest=largest)
    for C in range(3, largest + 1):
        if _approximate_drift(beta1, beta2, C) > -1e-9 and drift(beta1, beta2, C)[0] > 0:
            if C > 3 and not drift(beta1, beta2, C - 1)[1] <= 0:
                raise Undecided(f"the drift at C = {C - 1} is too small to be decided")
            return C
    raise DomainError("largest", largest, "large enough to hold a C with an upward drift")


def _approximate_drift(beta1: float, beta2: float, C: int) -> float:
    ages = np.arange(C)
    gradients = np.where(ages == 0, float(C), -1.0)

    def moments(beta: float, values: np.ndarray) -> np.ndarray:
        weights = (1 - beta) * beta**ages / (1 - beta**C)
        return np.array([weights @ values[(i - ages) % C] for i in range(C)])

    return float(-np.sum(moments(beta1, gradients) / np.sqrt(moments(beta2, gradients**2))))


def run(
    rule: Rule, beta1: float, beta2: float, C: int, *, steps: int = 30_000, alpha: float = 0.5
) -> np.ndarray:
    """The rule itself on the problem, with steps α/√t, ε = 0 as nearly as it goes, from x = 0.

    Returns:
        x after each step, shape (steps + 1,); the minimizer is −1, the worst point 1.
    """
    require(Integers(1), steps=steps)
    full = rule.with_defaults({"beta1": beta1, "beta2": beta2, "eps": 1e-12})
    x, state = 0.0, tuple(0.0 for _ in rule.state)
    path = [x]
    for t in range(1, steps + 1):
        full["lr"] = alpha / math.sqrt(t)
        # The theorem is about the rule without bias correction, as it is after many steps.
        x, *rest = rule(x, C if t % C == 1 else -1.0, *state, **rule.coefficients(10**9, full))
        state = tuple(rest)
        x = min(max(x, -1.0), 1.0)
        path.append(x)
    return np.array(path)


__all__ = ["drift", "largest_step_down", "periodic_moments", "run", "smallest_cycle"]
