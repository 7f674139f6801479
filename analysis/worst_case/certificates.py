"""Certificates of a rate: ρ and multipliers as rationals, checked in exact arithmetic when they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

import numpy as np

from ...optimizers.errors import EigenstepError
from .frequencies import one_multiplier
from .place import Place
from .programs import Grid, multipliers_at
from .rationals import Polynomial, frequency_polynomial, negative, roots_within

DIGITS = 9
"""Of the multipliers, after the point."""
_ROOM = (2e-8, 2e-7, 2e-6, 2e-5, 2e-4, 2e-3)
"""By how much ρ is raised above what float64 found, until a certificate stands."""


class NotCertified(EigenstepError, ArithmeticError):
    """A certificate that does not stand in exact arithmetic."""


@dataclass(frozen=True)
class Certificate:
    r"""Proof that every run on every function of the class contracts at least like ρᵗ.

    With P = D − μN and Q = L·N − D: Re{conj(P)(1 − Σλ_d z⁻ᵈ)Q} < 0 on \|z\| = ρ, P has its roots in
    \|z\| < ρ, λ ≥ 0, Σλ_d ≤ 1 and Σλ_d ρ⁻²ᵈ ≤ 1. Making one that does not stand raises
    :class:`NotCertified`.

    Attributes:
        rho: ρ > 0, a rational. Above 1 it bounds how fast a run can grow.
        multipliers: λ_d by lag d, rationals.
        numerator, denominator: N and D at the point, exact, the highest coefficient first.
        mu, L: the class.
    """

    rho: Fraction
    multipliers: Mapping[int, Fraction]
    numerator: tuple[Fraction, ...]
    denominator: tuple[Fraction, ...]
    mu: Fraction
    L: Fraction

    def __post_init__(self) -> None:
        if not self.verify():
            raise NotCertified(f"no certificate: rho = {self.rho}, {dict(self.multipliers)}")

    @property
    def polynomial(self) -> list[Fraction]:
        """q in powers of c = cos φ, the lowest first, which is negative on [−1, 1]."""
        return frequency_polynomial(*self._sides(), self.rho, self.multipliers)

    def _sides(self) -> tuple[Polynomial, Polynomial]:
        pairs = list(zip(self.numerator, self.denominator, strict=True))
        return [d - self.mu * n for n, d in pairs], [self.L * n - d for n, d in pairs]

    def verify(self) -> bool:
        """Whether all of it holds, decided in rational arithmetic (Schur and Cohn; Sturm)."""
        rho, weights = self.rho, self.multipliers
        if not 0 < self.mu < self.L or rho <= 0 or 0 in weights:
            return False
        if any(w < 0 for w in weights.values()) or sum(weights.values()) > 1:
            return False
        if sum(w * rho ** (-2 * d) for d, w in weights.items()) > 1:
            return False
        if not roots_within(self._sides()[0], rho):
            return False
        return negative(self.polynomial, Fraction(-1), Fraction(1))

    def document(self) -> dict[str, Any]:
        """As JSON has it: rationals as text."""
        shown = {str(d): str(w) for d, w in self.multipliers.items()}
        return {"rho": str(self.rho), "multipliers": shown}


def certificate_of(place: Place, rho: Fraction, multipliers: Mapping[int, Fraction]) -> Certificate:
    """The certificate at a point; raises :class:`NotCertified` where it does not stand."""
    kept = {d: w for d, w in multipliers.items() if w}
    return Certificate(rho, kept, place.numerator, place.denominator, place.mu, place.L)


def certify(place: Place, rate: float, lags: Sequence[int], grid: Grid) -> Certificate | None:
    """A certificate just above a rate that float64 found with these lags, or None where none stands."""
    below_one = rate < 1
    for room in _ROOM:
        rho = _outwards(rate, room)
        if below_one and rho >= 1:
            rho = (Fraction(rate) + 1) / 2
        found = _weights(place, float(rho), lags, grid)
        if found is None:
            continue
        try:
            return certificate_of(place, rho, _rational(found, rho))
        except NotCertified:
            continue
    return None


def _outwards(rate: float, room: float) -> Fraction:
    """A short decimal at least ``room`` above the rate."""
    unit = 10 ** (1 - int(np.floor(np.log10(room))))
    return Fraction(ceil((rate + room) * unit), unit)


def _weights(place: Place, rho: float, lags: Sequence[int], grid: Grid) -> dict[int, float] | None:
    """Multipliers that pass at ρ in float64, as far inside as can be."""
    if not lags:
        return {}
    if tuple(lags) == (1,):
        passes, middle = one_multiplier(place.test, np.array([rho]), grid.cosines(place))
        return {1: float(middle[0])} if passes[0] else None
    margin, found = multipliers_at(place, rho, lags, grid)
    return dict(zip(lags, found, strict=True)) if margin > 0 else None


def _rational(weights: Mapping[int, float], rho: Fraction) -> dict[int, Fraction]:
    """Rounded to short decimals, and shrunk until both sums are at most 1."""
    unit = 10**DIGITS
    found = {d: Fraction(int(max(w, 0.0) * unit), unit) for d, w in weights.items()}
    for total in (
        sum(found.values(), Fraction(0)),
        sum((w * rho ** (-2 * d) for d, w in found.items()), Fraction(0)),
    ):
        if total > 1:
            found = {d: Fraction(int(w / total * unit), unit) for d, w in found.items()}
    return found


__all__ = ["Certificate", "NotCertified", "certificate_of", "certify"]
