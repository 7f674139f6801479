r"""Lower bounds on the rate: a run that shrinks like ρᵗ and no faster, on one function of the class.

y_t = ⊕ √p_k z_kᵗ with \|z_k\| = ρ, g = ⊕ √p_k z_kᵗ D/N(z_k) are points and gradients of such a function
if, with B_k = conj(D − μN)(L·N − D) at z_k (for y scaled by N) and some ψ, 0 ≤ ψ ≤ Σp_k Re B_k,

    Σ p_k Re{B_k (1 − z_k⁻ᵈ)} ≥ ψ (1 − ρ⁻²ᵈ)    for every d ≠ 0,

which is interpolation for each pair (t, t − d), divided by ρ²ᵗ. All d are decided: near ones one by
one, in intervals at 50 digits; for far ones, with S = Σp_k Re B_k and M = Σp_k\|B_k\|, on one side M
ρ^\|d\| ≤ S − ψ, and on the other M ρᵈ ≤ ψ − (ψ − S)ρ²ᵈ, as soon as ρ^\|d\| is small.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from .enclosures import digits, enclosed, intervals, surely_positive
from .place import Place
from .programs import Grid, SpiralFound, spiral
from .rationals import roots_within

DIGITS = 50
FARTHEST = 3000
"""Distances up to which the pairs of a spiral are decided one by one."""


def proved(place: Place, found: SpiralFound) -> bool:
    """Whether a spiral that float64 found exists: every pair of its points, in intervals."""
    if not found.margin > 0 or not found.psi > 0:
        return False
    with digits(DIGITS):
        return _holds(place, found)


def _holds(place: Place, found: SpiralFound) -> bool:
    rho, psi = enclosed(Fraction(found.rho)), enclosed(Fraction(found.psi))
    used = [(p, a) for p, a in zip(found.energies, found.phi, strict=True) if p > 0]
    z = [
        intervals.mpc(rho * intervals.cos(a), rho * intervals.sin(a))
        for a in (intervals.mpf(float(a)) for _, a in used)
    ]
    terms = [
        intervals.mpf(float(p)) * _product(place, w) for (p, _), w in zip(used, z, strict=True)
    ]
    whole = sum((t.real for t in terms), intervals.mpf(0))
    most = sum((abs(t) for t in terms), intervals.mpf(0))
    if not surely_positive(whole - psi):
        return False
    back, forth = list(terms), list(terms)
    far = intervals.mpf(1)
    for _ in range(FARTHEST):
        far *= rho
        if surely_positive(psi - most * far) and surely_positive(whole - psi - most * far):
            return True
        back = [t / w for t, w in zip(back, z, strict=True)]
        forth = [t * w for t, w in zip(forth, z, strict=True)]
        earlier = whole - sum((t.real for t in back), intervals.mpf(0)) - psi * (1 - far**-2)
        later = whole - sum((t.real for t in forth), intervals.mpf(0)) - psi * (1 - far**2)
        if not (surely_positive(earlier) and surely_positive(later)):
            return False
    return False


def _product(place: Place, z: Any) -> Any:
    """conj(D − μN)(L·N − D) at z, with L = 1."""
    n = d = intervals.mpc(0, 0)
    for a, b in zip(place.numerator, place.denominator, strict=True):
        n, d = n * z + enclosed(a * place.L), d * z + enclosed(b)
    p, q = d - enclosed(place.mu / place.L) * n, n - d
    return intervals.mpc(p.real, -p.imag) * q


def quadratic_lower(place: Place, rate: float, curvature: Fraction) -> Fraction:
    """A rational just below the rate on ½λx², which no root-free disk of D − λN reaches: proved."""
    polynomial = place.at_curvature(curvature)
    for room in (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2):
        rho = Fraction(rate * (1 - room))
        if rho <= 0:
            break
        if not roots_within(polynomial, rho):
            return rho
    return Fraction(0)


def lower_bound(
    place: Place, low: float, high: float, grid: Grid, tolerance: float
) -> Fraction | None:
    """The largest rate in [low, high] for which a spiral was found, and proved."""
    best = None
    while high - low > tolerance:
        rho = (low + high) / 2
        found = spiral(place, rho, grid)
        if found.margin > 1e-10 and proved(place, found):
            best, low = Fraction(rho), rho
        else:
            high = rho
    return best


__all__ = ["lower_bound", "proved", "quadratic_lower"]
