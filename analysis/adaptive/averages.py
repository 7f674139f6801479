"""Exponential moving averages: weights, centre of mass, half-life, bias; and RAdam's rectification.

>>> average = MovingAverage(0.9)
>>> round(average.half_life, 3), round(average.effective_window, 3)
(6.579, 10.0)
>>> first_tractable_step(0.999)
5
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...optimizers.domains import NONNEGATIVE, POSITIVE, UNIT, Domain, Integers, Interval, require
from ...optimizers.errors import DomainError
from ...optimizers.rules.radam import THRESHOLD, average_length, rectification
from ..reals import float64, real

_MOST_WEIGHTS = 10**8
_LAST_STEP = 1 << 53
"""The steps that float64 counts."""


def _float(name: str, value: Any, domain: Domain) -> float:
    number = float64(name, real(name, value, domain))
    require(domain, **{name: number})  # rounding may have led out of an open end
    return number


def _step(t: Any) -> int:
    number = int(real("t", t, Integers(1)))
    if number > _LAST_STEP:
        raise DomainError("t", t, f"1 <= t <= {_LAST_STEP}")
    return number


@dataclass(frozen=True)
class MovingAverage:
    """m ← βm + (1 − β)g from m = 0, with 0 ≤ β < 1."""

    beta: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "beta", _float("beta", self.beta, UNIT))

    def weights(self, t: int) -> np.ndarray:
        """The weights of g_t, g_{t−1}, …, g_1 in m_t; they add up to 1 − β^t."""
        t = _step(t)
        if t > _MOST_WEIGHTS:
            raise DomainError("t", t, f"1 <= t <= {_MOST_WEIGHTS}")
        return (1 - self.beta) * self.beta ** np.arange(t)

    def bias_factor(self, t: int) -> float:
        """1 − β^t: E m_t over the mean of a g of constant mean; dividing by it removes the bias."""
        t = _step(t)
        return -math.expm1(t * math.log(self.beta)) if self.beta else 1.0

    def centre_of_mass(self, t: int | None = None) -> float:
        """Mean age of what m_t (divided by 1 − β^t) averages, in steps; β/(1 − β) in the limit."""
        limit = self.beta / (1 - self.beta)
        if t is None:
            return limit
        t = _step(t)
        return limit - t * self.beta**t / self.bias_factor(t)

    @property
    def effective_window(self) -> float:
        """1/(1 − β): the sum of the weights of an accumulating average."""
        return 1 / (1 - self.beta)

    @property
    def half_life(self) -> float:
        """Steps after which a gradient's weight has halved: ln ½ / ln β, 0 for β = 0."""
        return math.log(0.5) / math.log(self.beta) if self.beta else 0.0

    def drift_bound(self, delta: float, t: int) -> float:
        """δ(1 − β^t): how far E m_t is at most from (1 − β^t) times the present mean.

        Where no mean of an earlier gradient is further than ``delta`` from the present one.
        """
        return _float("delta", delta, NONNEGATIVE) * self.bias_factor(t)

    def uncorrected_factor(self, t: int) -> float:
        """β_t = β(1 − β^(t−1))/(1 − β^t): averaging with it needs no bias correction."""
        t = _step(t)
        return 0.0 if t == 1 else self.beta * self.bias_factor(t - 1) / self.bias_factor(t)


def rectifier(beta2: float, t: int, threshold: float = 4.0) -> dict[str, float]:
    """RAdam's ρ_∞, ρ_t, r_t (NaN where not tractable) and whether step t is tractable.

    Source: Liu et al. 2020, algorithm 2.

    >>> round(rectifier(0.999, 5)["r_t"], 6)
    0.017312
    """
    beta2, t = _float("beta2", beta2, UNIT), _step(t)
    threshold = _float("threshold", threshold, THRESHOLD)
    longest, _ = average_length(beta2, t)
    _, length, r, tractable = rectification(beta2, t, threshold)
    return {"rho_inf": float(longest), "rho_t": float(length),
            "r_t": float(r) if tractable else math.nan, "tractable": bool(tractable)}  # fmt: skip


def first_tractable_step(beta2: float, threshold: float = 4.0) -> int | None:
    """The first t with ρ_t above the threshold; None where even ρ_∞ is not (β₂ ≤ 0.6 for 4).

    ρ_t grows with t, so the search doubles and then halves.
    """
    beta2 = _float("beta2", beta2, UNIT)
    threshold = _float("threshold", threshold, POSITIVE)
    if 2 / (1 - beta2) - 1 <= threshold:
        return None
    high = 1
    while average_length(beta2, high)[1] <= threshold:
        high *= 2
        if high > 1 << 60:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (
            (middle, high) if average_length(beta2, middle)[1] <= threshold else (low, middle)
        )
    return high


def inverse_root_variance(rho: float, *, exact: bool = True) -> float:
    r"""Var of √x for x ~ scaled inverse χ² with ρ > 2 degrees of freedom and scale 1.

    RAdam takes 1/√v̂ for such a √x. Exactly
    :math:`\frac{\rho}{\rho-2} - \frac\rho2\left(\frac{\Gamma((\rho-1)/2)}{\Gamma(\rho/2)}\right)^2`;
    the rule uses :math:`\operatorname{Var}x / (4\operatorname{E}x) = \frac{\rho}{2(\rho-2)(\rho-4)}`,
    which is finite for ρ > 4 only (``exact=False``).

    >>> round(inverse_root_variance(10), 4), round(inverse_root_variance(10, exact=False), 4)
    (0.0755, 0.1042)
    """
    rho = _float("rho", rho, Interval(2 if exact else 4, lower_closed=False))
    if not exact:
        return rho / (2 * (rho - 2) * (rho - 4))
    import mpmath

    with mpmath.workdps(50):  # the two terms agree to about log10(ρ) digits
        n = mpmath.mpf(rho)
        mean = mpmath.sqrt(n / 2) * mpmath.gammaprod([(n - 1) / 2], [n / 2])
        return float(n / (n - 2) - mean**2)


def exact_rectifier(beta2: float, t: int) -> float:
    """√(Var at ρ_∞ / Var at ρ_t) with exact variances: what r_t approximates; NaN for ρ_t ≤ 2.

    >>> [round(exact_rectifier(0.999, t), 4) for t in (5, 10, 100)]
    [0.0315, 0.0575, 0.2178]
    """
    longest, length = rectifier(beta2, t)["rho_inf"], rectifier(beta2, t)["rho_t"]
    if length <= 2:
        return math.nan
    return math.sqrt(inverse_root_variance(longest) / inverse_root_variance(length))
