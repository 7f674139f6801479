"""What a rule does at worst over arrays of points, in float64."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ...optimizers.errors import DomainError
from .cycles import shortest_star
from .frequencies import rates
from .place import Place
from .theory import Theory
from .transfer import Transfer
from .verdicts import CONVERGES, CYCLES, UNDECIDED, decided

UNSTABLE = "unstable"
_LARGEST_RATIO = 1e9
"""L/μ up to which float64 tells the test's sign over a map."""
_EDGE = 1e-12
"""How near to 1 a rate on quadratics counts as 1, since float64 knows it no better."""
ARRAYS = ("verdict", "rate", "quadratic_rate", "multiplier", "steps", "star")


@dataclass(frozen=True)
class WorstCaseMap:
    """The same over arrays, in float64; every attribute has the shape of the arrays.

    Attributes:
        verdict: as :class:`WorstCase`, or ``"unstable"`` where the rule does not converge on some
            quadratic of the class.
        rate: an upper bound of the rate, NaN where none below 1 was found.
        quadratic_rate: the rate on quadratics, which is a lower bound.
        multiplier: λ₁ of the certificate, NaN where none or where longer ones were needed.
        steps: K of the shortest cycle that was found, 0 where none was.
        star: its step, where it is a star polygon, else 0.
    """

    verdict: np.ndarray
    rate: np.ndarray
    quadratic_rate: np.ndarray
    multiplier: np.ndarray
    steps: np.ndarray
    star: np.ndarray
    held: tuple[str, ...] = ()

    def reshaped(self, shape: tuple[int, ...], held: tuple[str, ...] = ()) -> WorstCaseMap:
        """The same points in another shape."""
        return WorstCaseMap(*(getattr(self, k).reshape(shape) for k in ARRAYS), held=held)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.verdict.shape

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{n} {v}" for v, n in zip(*np.unique(self.verdict, return_counts=True), strict=True)
        )
        return f"<worst cases {self.shape}: {counts}>"  # fmt: skip


def of_polynomials(
    N: np.ndarray, D: np.ndarray, ratio: np.ndarray, *, finish: bool = True
) -> WorstCaseMap:
    """The map of points given by N and D (points, order + 1), with L = 1, and μ/L.

    Args:
        finish: whether points that neither one multiplier nor a star polygon decides are asked one by one, by
            longer multipliers and by cycles of several harmonics, in exact arithmetic.
    """
    rate, multiplier, quadratic = rates(N, D, ratio)
    steps, star = np.zeros(len(N), int), np.zeros(len(N), int)
    stable = quadratic < 1 - _EDGE
    open_ = np.flatnonzero(stable & np.isnan(rate))
    steps[open_], star[open_] = shortest_star(N[open_], D[open_], ratio[open_])
    verdict = np.full(len(N), UNSTABLE, dtype="<U10")
    verdict[stable] = UNDECIDED
    verdict[stable & np.isfinite(rate)] = CONVERGES
    verdict[steps > 0] = CYCLES
    for i in np.flatnonzero(verdict == UNDECIDED) if finish else ():
        place = Place(_exact(N[i]), _exact(D[i]), Fraction(ratio[i]), Fraction(1))
        verdict[i], certificate, cycle = decided(place, 3e-3)
        if certificate is not None:
            rate[i] = float(certificate.rho)
        if cycle is not None:
            steps[i], star[i] = cycle.steps, cycle.star or 0
    return WorstCaseMap(verdict, rate, quadratic, multiplier, steps, star)


def _exact(row: np.ndarray) -> tuple[Fraction, ...]:
    return tuple(Fraction(float(c)) for c in row)


@dataclass(frozen=True)
class Flat:
    """Points of a map in a row: N and D (points, order + 1) with L = 1, μ/L, and the shape that they had."""

    N: np.ndarray
    D: np.ndarray
    ratio: np.ndarray
    shape: tuple[int, ...]


def flattened(found: Transfer, mu: Any, largest: Any, values: Mapping[str, Any]) -> Flat:
    """The points of arrays that broadcast.

    Raises:
        DomainError: they do not, or L/μ is larger than float64 can tell signs at.
    """
    given = {"mu": mu, "L": largest, **values}
    arrays = {k: np.asarray(v, float) for k, v in given.items()}
    try:
        shape = np.broadcast_shapes(*(a.shape for a in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"{k} {a.shape}" for k, a in arrays.items())
        raise DomainError("shapes", shapes, "shapes that broadcast") from None
    flat = {k: np.broadcast_to(a, shape).ravel() for k, a in arrays.items()}
    top = flat.pop("L")
    ratio = flat.pop("mu") / top
    if len(ratio) and ratio.min() < 1 / _LARGEST_RATIO:
        raise DomainError(
            "L/mu",
            float(1 / ratio.min()),
            f"at most {_LARGEST_RATIO:g} over arrays; single points are exact",
        )
    N, D = found.at(flat)
    N = np.broadcast_to(N, (len(top), N.shape[-1])) * top[:, None]
    return Flat(N, np.broadcast_to(D, N.shape), ratio, shape)


def over_arrays(
    theory: Theory,
    found: Transfer,
    mu: Any,
    largest: Any,
    values: Mapping[str, Any],
    finish: bool = True,
) -> WorstCaseMap:
    """Many points in float64."""
    flat = flattened(found, mu, largest, values)
    whole = of_polynomials(flat.N, flat.D, flat.ratio, finish=finish)
    return whole.reshaped(flat.shape, tuple(theory.rule.held))


__all__ = ["UNSTABLE", "Flat", "WorstCaseMap", "flattened", "of_polynomials", "over_arrays"]
