"""What a rule does at worst at one point, decided in exact arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.errors import DomainError, RuleError
from .certificates import Certificate, NotCertified, certificate_of, certify
from .cycles import Cycle, find_cycle
from .frequencies import quadratic_rate, rates, root_moduli
from .place import Place
from .programs import Grid, alternating, multipliers_at, rate_with
from .rationals import roots_within
from .spirals import lower_bound, quadratic_lower
from .theory import Theory
from .transfer import Transfer

CONVERGES, CYCLES, UNDECIDED = "converges", "cycles", "undecided"
LENGTHS = (2, 5, 10, 20, 40, 60)
"""How far back and ahead multipliers reach, tried in this order."""
CLOSE = 1e-6
"""The gap between both sides of a rate below which no more is looked for."""


@dataclass(frozen=True)
class WorstCase:
    """What a rule does at worst on L-smooth μ-strongly convex functions, at one point.

    Attributes:
        verdict: ``"converges"`` (on every such function), ``"cycles"`` (on one it goes round for ever), or
            ``"undecided"``.
        rate: (lower, upper): no bound c·ρᵗ with ρ < lower holds for all runs on all such functions, and
            one with ρ = upper does. Both are proved and rounded outwards; upper is inf where none was
            found, and 1 where the rule converges at a rate that float64 does not tell from 1.
        certificate: the proof of ``rate[1]``, None where none was found.
        cycle: the cycle and the function that traps the rule in it, or None.
        rule, values, mu, L: what was asked, exact.
        held: what the theory of a frozen rule supposes.
    """

    verdict: str
    rate: tuple[float, float]
    certificate: Certificate | None
    cycle: Cycle | None
    rule: str
    values: Mapping[str, Fraction]
    mu: Fraction
    L: Fraction
    held: tuple[str, ...] = ()

    def __repr__(self) -> str:
        low, high = self.rate
        more = f", a cycle of {self.cycle.steps} steps" if self.cycle else ""
        return f"<{self.rule}: {self.verdict}{more}, rate in [{low:.8g}, {high:.8g}]>"

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "rule": self.rule, "mu": float(self.mu), "L": float(self.L),
            "values": {k: float(v) for k, v in self.values.items()},
            "verdict": self.verdict, "rate": list(self.rate),
            "certificate": self.certificate.document() if self.certificate else None,
            "cycle": self.cycle.document() if self.cycle else None,
        }  # fmt: skip


def fraction(name: str, value: Any) -> Fraction:
    """An exact rational.

    Raises:
        DomainError: it is irrational, so that nothing is decided exactly there.
    """
    number = sp.nsimplify(value, rational=True) if value.is_Float else sp.sympify(value)
    if not number.is_Rational:
        raise DomainError(
            name, value, "a rational number, which exact arithmetic decides: give a decimal near it"
        )
    return Fraction(int(number.p), int(number.q))


def place_of(found: Transfer, mu: Fraction, top: Fraction, values: Mapping[str, Fraction]) -> Place:
    """N and D at a point, exact."""
    at = {found.symbols[k]: sp.Rational(v.numerator, v.denominator) for k, v in values.items()}

    def exact(coefficients: tuple[sp.Expr, ...]) -> tuple[Fraction, ...]:
        return tuple(fraction("coefficient", sp.sympify(c).subs(at)) for c in coefficients)

    return Place(exact(found.numerator), exact(found.denominator), mu, top)


def at_point(
    theory: Theory, found: Transfer, mu: Any, largest: Any, values: Mapping[str, Any]
) -> WorstCase:
    """One point, all of it decided in exact arithmetic."""
    exactly = {k: fraction(k, v) for k, v in values.items()}
    place = place_of(found, fraction("mu", mu), fraction("L", largest), exactly)
    with np.errstate(all="ignore"):  # what float64 cannot hold it decides nothing about
        return _at_place(theory, place, exactly)


def _at_place(theory: Theory, place: Place, exactly: Mapping[str, Fraction]) -> WorstCase:
    low = _stable_rate(theory.rule.name, place)
    verdict, certificate, cycle = decided(place)
    if cycle is not None:
        cycle = replace(cycle, states=_states(theory, exactly, cycle))
        low, certificate = 1.0, _growth(place)
    elif certificate is not None and certificate.rho < 1:
        certificate, low = _narrowed(place, certificate, low)
    high = _up(certificate.rho) if certificate is not None else math.inf
    return WorstCase(verdict, (low, high), certificate, cycle, theory.rule.name, exactly, place.mu, place.L,
                     tuple(theory.rule.held))  # fmt: skip


def _stable_rate(name: str, place: Place) -> float:
    """A proved lower bound: the rate on quadratics.

    Raises:
        RuleError: on a quadratic of the class the rule does not converge.
    """
    curvatures = place.ratio ** np.linspace(1, 0, 129)
    moduli = root_moduli(place.D - curvatures[:, None] * place.N)
    worst = int(moduli.argmax())
    inner = [Fraction(float(c)) * place.L for c in curvatures[1:-1]]
    looked_at = [place.mu, *inner, place.L]
    for i in dict.fromkeys((0, len(looked_at) - 1, worst)):
        if moduli[i] > 1 - 1e-9 and not roots_within(place.at_curvature(looked_at[i]), Fraction(1)):
            raise RuleError(
                f"rule {name} does not converge on ½λx² of curvature λ = {float(looked_at[i]):g} at these "
                "values, so that there is no worst case over wider classes to speak of"
            )
    return _down(quadratic_lower(place, float(moduli[worst]), looked_at[worst]))


def decided(place: Place, coarse: float = 0.0) -> tuple[str, Certificate | None, Cycle | None]:
    """The verdict with its proof: by one multiplier, by star polygons, by longer ones, by mixed cycles.

    Args:
        coarse: how near, at least, the rate that longer multipliers certify is brought to the smallest.
    """
    grid = Grid()
    rate, _, _ = rates(*place.batch, tolerance=1e-7, count=grid.count)
    if np.isfinite(rate[0]):
        for finer in (grid, Grid(1201)):
            certificate = certify(place, float(rate[0]), (1,), finer)
            if certificate is not None:
                return CONVERGES, certificate, None
    cycle = find_cycle(place, mixed=False)
    if cycle is not None:
        return CYCLES, None, cycle
    quadratic = float(quadratic_rate(*place.batch)[0])
    if not quadratic < 1 - 1e-8:
        bounded = _exactly_at_one(place)
        if bounded is not None:
            return CONVERGES, bounded, None
    for length in LENGTHS:
        lags = alternating(length)
        margin, _ = multipliers_at(place, 1.0, lags, grid)
        if margin > 1e-8:
            tolerance = max(1e-5 if length <= 5 else 1e-3 if length <= 10 else 1e-2, coarse)
            rate_found = rate_with(place, lags, quadratic, 1.0, grid, tolerance)
            certificate = certify(place, min(rate_found, 1 - 1e-9), lags, Grid(901))
            if certificate is not None:
                return CONVERGES, certificate, None
    cycle = find_cycle(place)
    return (UNDECIDED, None, None) if cycle is None else (CYCLES, None, cycle)


def _exactly_at_one(place: Place) -> Certificate | None:
    """A certificate at ρ = 1, where float64 cannot tell the rate from 1; some ρ < 1 has one too."""
    last = abs(place.denominator[-1])
    tried = {Fraction(k, 8) for k in range(8)} | {
        Fraction(99, 100),
        last if last < 1 else Fraction(0),
    }
    for weight in sorted(tried):
        with suppress(NotCertified):
            return certificate_of(place, Fraction(1), {1: weight})
    return None


def _narrowed(place: Place, certificate: Certificate, low: float) -> tuple[Certificate, float]:
    """Both sides brought together: longer multipliers from above, spirals from below."""
    grid = Grid(241)
    for length in (3, 8, 20):
        high = float(certificate.rho)
        if high - low <= CLOSE:
            break
        lags = alternating(length)
        better = rate_with(place, lags, low, high, grid, CLOSE / 2)
        if better < high - CLOSE / 2:
            shorter = certify(place, better, lags, Grid(601))
            if shorter is not None and shorter.rho < certificate.rho:
                certificate = shorter
        spiral = lower_bound(place, low, float(certificate.rho), grid, CLOSE / 2)
        low = max(low, _down(spiral)) if spiral is not None else low
    return certificate, low


def _growth(place: Place) -> Certificate | None:
    """Where the rule cycles: a rate ≥ 1 that no run exceeds."""
    grid = Grid()
    lags = alternating(3)
    for high in (1.5, 3.0, 10.0):
        if multipliers_at(place, high, lags, grid)[0] > 1e-9:
            found = rate_with(place, lags, 1.0, high, grid, 1e-4)
            return certify(place, found, lags, Grid(601))
    return None


def _states(theory: Theory, values: Mapping[str, Fraction], cycle: Cycle) -> dict[str, np.ndarray]:
    """What the rule keeps at each point of a cycle: ⊕ √p_k z_kᵗ (z_k I − A)⁻¹B/H(z_k)."""
    system = theory.acting_system
    at = {theory.trace.free[k]: sp.Rational(v.numerator, v.denominator) for k, v in values.items()}
    A, B = (np.array(m.subs(at).tolist(), float) for m in (system.A, system.B))
    found: dict[str, np.ndarray] = {}
    entries = {}
    for k, gain in cycle.gains.items():
        z = np.exp(2j * np.pi * k / cycle.steps)
        try:
            entries[k] = np.linalg.solve(z * np.eye(len(A)) - A, B[:, 0] * gain)
        except np.linalg.LinAlgError:
            return {}
    for i, symbol in enumerate(system.state):
        found[str(symbol)] = cycle._along({k: e[i] for k, e in entries.items()})
    return found


def _down(rho: Fraction) -> float:
    found = float(rho)
    return found if Fraction(found) <= rho else float(np.nextafter(found, 0))


def _up(rho: Fraction) -> float:
    found = float(rho)
    return found if Fraction(found) >= rho else float(np.nextafter(found, math.inf))


__all__ = [
    "CONVERGES",
    "CYCLES",
    "LENGTHS",
    "UNDECIDED",
    "WorstCase",
    "at_point",
    "decided",
    "fraction",
    "place_of",
]
