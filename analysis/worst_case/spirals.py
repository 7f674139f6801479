r"""Lower bounds on the rate: a run that shrinks like ρᵗ and no faster, on one function of the class.

y_t = ⊕ √p_k z_kᵗ with \|z_k\| = ρ, g = ⊕ √p_k z_kᵗ D/N(z_k) are points and gradients of such a function if, with
B_k = conj(D − μN)(L·N − D) at z_k (for y scaled by N) and some ψ, 0 ≤ ψ ≤ Σp_k Re B_k,

    Σ p_k Re{B_k (1 − z_k⁻ᵈ)} ≥ ψ (1 − ρ⁻²ᵈ)    for every d ≠ 0,

which is interpolation for each pair (t, t − d), divided by ρ²ᵗ. All d are decided: near ones one by one, in
intervals at 50 digits; for far ones, with S = Σp_k Re B_k and M = Σp_k\|B_k\|, on one side M ρ^\|d\| ≤ S − ψ, and on
the other M ρᵈ ≤ ψ − (ψ − S)ρ²ᵈ, as soon as ρ^\|d\| is small.
"""

from __future__ import annotations

from fractions import Fraction

from mpmath import iv

from .place import Place
from .programs import Grid, SpiralFound, spiral
from .rationals import roots_within

DIGITS = 50
FARTHEST = 3000
"""Distances up to which the pairs of a spiral are decided one by one."""


def proved(place: Place, found: SpiralFound) -> bool:
    """Whether a spiral that float64 found, its energies rounded, exists: every pair of its points, in intervals."""
    if not found.margin > 0 or not found.psi > 0:
        return False
    before, iv.dps = iv.dps, DIGITS
    try:
        return _holds(place, found)
    finally:
        iv.dps = before


def _holds(place: Place, found: SpiralFound) -> bool:
    rho, psi = _enclosed(Fraction(found.rho)), _enclosed(Fraction(found.psi))
    used = [(p, a) for p, a in zip(found.energies, found.phi, strict=True) if p > 0]
    z = [iv.mpc(rho * iv.cos(a), rho * iv.sin(a)) for a in (iv.mpf(float(a)) for _, a in used)]
    terms = [iv.mpf(float(p)) * _product(place, w) for (p, _), w in zip(used, z, strict=True)]
    whole = sum((t.real for t in terms), iv.mpf(0))
    most = sum((abs(t) for t in terms), iv.mpf(0))
    if not _surely(whole - psi):
        return False
    back, forth = list(terms), list(terms)
    far = iv.mpf(1)
    for _ in range(FARTHEST):
        far *= rho
        if _surely(psi - most * far) and _surely(whole - psi - most * far):
            return True
        back = [t / w for t, w in zip(back, z, strict=True)]
        forth = [t * w for t, w in zip(forth, z, strict=True)]
        earlier = whole - sum((t.real for t in back), iv.mpf(0)) - psi * (1 - far**-2)
        later = whole - sum((t.real for t in forth), iv.mpf(0)) - psi * (1 - far**2)
        if not (_surely(earlier) and _surely(later)):
            return False
    return False


def _product(place: Place, z: iv.mpc) -> iv.mpc:
    """conj(D − μN)(L·N − D) at z, with L = 1."""
    n = d = iv.mpc(0, 0)
    for a, b in zip(place.numerator, place.denominator, strict=True):
        n, d = n * z + _enclosed(a * place.L), d * z + _enclosed(b)
    p, q = d - _enclosed(place.mu / place.L) * n, n - d
    return iv.mpc(p.real, -p.imag) * q


def _enclosed(number: Fraction) -> iv.mpf:
    return iv.mpf(number.numerator) / number.denominator


def _surely(value: iv.mpf) -> bool:
    """Whether all of an interval is positive."""
    return (value > 0) is True


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
