"""Newton–Schulz steps on singular values: where they lead to, by exact arithmetic.

A step x ← ax + (b s + c s²)x with s = x xᵀ leaves the singular vectors of a matrix as they are and takes each
singular value σ to p(σ) = aσ + bσ³ + cσ⁵. The image of an interval under p is an interval, whose ends are
values of p at its ends or where p' = 0; here they are enclosed by rational numbers, outward.

>>> muon = SingularValueMap("3.4445", "-4.7750", "2.0315")
>>> [f"{float(x):.4f}" for x in muon.invariant()]
['0.6818', '1.2024']
>>> [f"{float(x):.4f}" for x in muon.after(5, "0.01", "1")]
['0.6818', '1.1344']
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import Any

from ...optimizers.domains import Integers, require
from ...optimizers.errors import DomainError, EigenstepError

Interval = tuple[Fraction, Fraction]
_GRID = 1 << 96
"""Ends of intervals are rounded outward to multiples of 1/_GRID."""
_FINEST = Fraction(1, 1 << 60)
"""How finely the least singular value that arrives in time is looked for."""


class NoInterval(EigenstepError, ValueError):
    """No interval that the steps lead into and not out of was found."""


def _fraction(name: str, value: Any) -> Fraction:
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise DomainError(name, repr(value), "a rational number, such as 3.4445 or 3/10") from None


def _down(x: Fraction) -> Fraction:
    return Fraction(x.numerator * _GRID // x.denominator, _GRID)


def _up(x: Fraction) -> Fraction:
    return -_down(-x)


def _root(x: Fraction) -> Interval:
    """An enclosure of √x, x ≥ 0."""
    scaled = x.numerator * _GRID * _GRID // x.denominator
    low = isqrt(scaled)
    return Fraction(low, _GRID), Fraction(low + 1, _GRID)


def _times(x: Interval, y: Interval) -> Interval:
    products = [a * b for a in x for b in y]
    return min(products), max(products)


@dataclass(frozen=True)
class SingularValueMap:
    """p(σ) = aσ + bσ³ + cσ⁵ on σ ≥ 0; the coefficients as they are written, 3.4445 is 6889/2000.

    Raises:
        DomainError: a coefficient is no rational number.
    """

    a: Any
    b: Any
    c: Any

    def __post_init__(self) -> None:
        for name in ("a", "b", "c"):
            object.__setattr__(self, name, _fraction(name, getattr(self, name)))

    def __call__(self, sigma: Fraction) -> Fraction:
        """p(σ), exactly."""
        s = sigma * sigma
        return sigma * (self.a + s * (self.b + s * self.c))

    def critical(self) -> list[Interval]:
        """Enclosures of the σ > 0 where p' = a + 3bσ² + 5cσ⁴ is 0, in order."""
        if self.c == 0:
            squares = [] if self.b == 0 else [(-self.a / (3 * self.b),) * 2]
        else:
            under = 9 * self.b**2 - 20 * self.a * self.c
            if under < 0:
                return []
            low, high = _root(under)
            ends = [sorted((-3 * self.b + sign * r) / (10 * self.c) for r in (low, high))
                    for sign in (-1, 1)]  # fmt: skip
            squares = [(e[0], e[1]) for e in ends]
        found = []
        for low, high in squares:
            if high > 0:
                found.append((_root(max(low, Fraction(0)))[0], _root(high)[1]))
        return sorted(found)

    def _over(self, around: Interval) -> Interval:
        """An enclosure of p over a narrow interval."""
        s = _times(around, around)
        inner = _times(s, (self.c, self.c))
        inner = _times(s, (inner[0] + self.b, inner[1] + self.b))
        return _times(around, (inner[0] + self.a, inner[1] + self.a))

    def image(self, interval: Interval) -> Interval:
        """An enclosure of p over [l, u], wider than that by 2^-90 or so."""
        lower, upper = interval
        values = [self(lower), self(upper)]
        for low, high in self.critical():
            if high >= lower and low <= upper:
                values += self._over((low, high))
        return _down(min(values)), _up(max(values))

    def after(self, steps: int, lower: Any, upper: Any) -> Interval:
        """Where singular values in [lower, upper] are after some steps: rational bounds, rounded outward.

        Args:
            steps: how many, an integer, at least 1.
            lower, upper: rational numbers, 0 ≤ lower ≤ upper.
        """
        require(Integers(1), steps=steps)
        here = _fraction("lower", lower), _fraction("upper", upper)
        if not 0 <= here[0] <= here[1]:
            raise DomainError("lower", lower, "0 <= lower <= upper")
        for _ in range(steps):
            here = self.image(here)
        return here

    def invariant(self) -> Interval:
        """[l, u] around the maximum's image that p maps into itself.

        u is p's first maximum on σ > 0, l the least that p takes between where that is and u; that p does not
        lead out of [l, u] is checked by an enclosure of its image.

        Raises:
            NoInterval: p has no maximum on σ > 0, or leads out of that interval.
        """
        critical = self.critical()
        if not critical or self.a <= 0:
            raise NoInterval(f"{self._shown()} has no maximum on sigma > 0")
        upper = _up(self._over(critical[0])[1])
        lower = self.image((min(critical[0][0], upper), upper))[0]
        low, high = self.image((lower, upper))
        if not (0 < lower <= low and high <= upper):
            # the enclosures are rounded outward: once more with what they led to
            lower, upper = min(lower, low), max(upper, high)
            low, high = self.image((lower, upper))
            slack = Fraction(1, 1 << 40)
            lower, upper = lower - slack, upper + slack
            low, high = self.image((lower, upper))
        if not (0 < lower <= low and high <= upper):
            raise NoInterval(
                f"{self._shown()} leads out of [{float(lower):.6g}, {float(upper):.6g}]"
            )
        return lower, upper

    def least_in_time(self, steps: int) -> Fraction:
        """A σ₀, all but the least, from which on all of [σ₀, 1] is in the invariant interval after the steps.

        Below it some are not yet: a singular value grows by at most a a step.
        """
        require(Integers(1), steps=steps)
        lower, upper = self.invariant()

        def arrives(sigma: Fraction) -> bool:
            low, high = self.after(steps, sigma, max(sigma, Fraction(1)))
            return lower <= low and high <= upper

        bad, good = Fraction(0), Fraction(1)
        if not arrives(good):
            raise NoInterval(
                f"{self._shown()} does not lead 1 into its invariant interval in {steps} steps"
            )
        while good - bad > _FINEST:
            middle = (good + bad) / 2
            bad, good = (bad, middle) if arrives(middle) else (middle, good)
        return good

    def _shown(self) -> str:
        return f"p = {float(self.a):g} s + {float(self.b):g} s^3 + {float(self.c):g} s^5"


def update_rms(rows: int, columns: int, singular_values: Interval) -> tuple[float, float]:
    """Bounds of the root mean square of the elements of a matrix of full rank with such singular values.

    Its squares add up to the squares of the min(rows, columns) singular values, so that it is
    between l and u over √max(rows, columns): times 0.2·√max(rows, columns) it is 0.2l to 0.2u, whatever
    the shape. 0.2 is about what AdamW's steps have (:func:`~.update_size.noise_rms`).

    >>> [round(x, 4) for x in update_rms(1024, 256, (Fraction(1), Fraction(1)))]
    [0.0312, 0.0312]
    """
    require(Integers(1), rows=rows, columns=columns)
    root = max(rows, columns) ** 0.5
    return float(singular_values[0]) / root, float(singular_values[1]) / root


__all__ = ["NoInterval", "SingularValueMap", "update_rms"]
