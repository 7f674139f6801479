"""The frequency test in float64, for many points at once.

Polynomials are arrays (…, order + 1), the highest coefficient first, in units in which L = 1: N is L
times the rule's own, and ``ratio`` is μ/L. What passes here has been looked at between the angles too
(:func:`largest`), up to rounding; exact arithmetic is asked by :mod:`.certificates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

MARGIN = 1e-9
"""By which the test, relative to the size of its terms, has to be passed in float64."""


def polyval(coefficients: np.ndarray, z: np.ndarray) -> Any:
    """Values (…, points) of polynomials (…, order + 1) at points (…, points) or (points,)."""
    found = coefficients[..., :1] * np.ones_like(z)
    for k in range(1, coefficients.shape[-1]):
        found = found * z + coefficients[..., k : k + 1]
    return found


def angles(count: int, ratio: float) -> np.ndarray:
    """Angles from 0 to π, close together near 0, where functions of curvature μ are felt."""
    near = np.geomspace(min(1e-2, 0.3 * ratio), 0.3, count // 3)
    return np.unique(np.concatenate([[0.0], near, np.pi * np.linspace(0, 1, count) ** 1.5]))


def quadratic_rate(N: np.ndarray, D: np.ndarray, ratio: np.ndarray) -> np.ndarray:
    """The largest modulus of a root of D − λN over curvatures λ in [μ, L], at 65 of them, or 25."""
    count = 65 if D.shape[-1] <= 3 else 25
    curvatures = np.asarray(ratio)[..., None] ** np.linspace(1, 0, count)
    return root_moduli(D[..., None, :] - curvatures[..., None] * N[..., None, :]).max(-1)


def root_moduli(p: np.ndarray) -> np.ndarray:
    """The largest modulus of a root of each polynomial."""
    order = p.shape[-1] - 1
    if order == 1:
        return np.abs(p[..., 1] / p[..., 0])
    if order == 2:
        b, c = p[..., 1] / p[..., 0], p[..., 2] / p[..., 0]
        inner = b * b - 4 * c
        real = (np.abs(b) + np.sqrt(np.maximum(inner, 0))) / 2
        return np.where(inner >= 0, real, np.sqrt(np.abs(c)))
    companion = np.zeros((*p.shape[:-1], order, order))
    companion[..., np.arange(1, order), np.arange(order - 1)] = 1
    companion[..., 0, :] = -p[..., 1:] / p[..., :1]
    return np.abs(np.linalg.eigvals(companion)).max(-1)


def roots_inside(coefficients: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Whether all roots lie in |z| < radius, by Schur and Cohn's recursion."""
    a = coefficients / radius[..., None] ** np.arange(coefficients.shape[-1])
    inside = np.ones(a.shape[:-1], bool)
    while a.shape[-1] > 1:
        inside &= np.abs(a[..., -1]) < np.abs(a[..., 0])
        a = (a[..., :1] * a - a[..., -1:] * a[..., ::-1])[..., :-1]
        largest_one = np.abs(a).max(-1, keepdims=True)
        a = a / np.where(largest_one > 0, largest_one, 1)
    return inside


class Test:
    r"""Re{conj(D − μN)·(N − D)·z⁻ᵈ} on \|z\| = ρ, as sums Σ r_s cos((s − d)φ).

    Args:
        N, D: polynomials (points, order + 1).
        ratio: μ/L, (points,).
    """

    __test__ = False

    def __init__(self, N: np.ndarray, D: np.ndarray, ratio: np.ndarray) -> None:
        self.P, self.Q = D - ratio[:, None] * N, N - D
        self.order = D.shape[-1] - 1

    def correlation(self, rho: np.ndarray) -> np.ndarray:
        """r_s for s = −order … order, (points, 2·order + 1)."""
        n = self.order
        power = rho[:, None] ** np.arange(n + 1)
        p, q = self.P[:, ::-1] * power, self.Q[:, ::-1] * power
        found = np.zeros((len(p), 2 * n + 1))
        for j in range(n + 1):
            found[:, n - j : 2 * n + 1 - j] += p[:, j : j + 1] * q
        return found

    def cosines(self, rho: np.ndarray, lag: int) -> np.ndarray:
        """Of the term with z⁻ᵈ, the coefficients of cos mφ, m = 0 … order + \\|d\\|."""
        r = self.correlation(rho) * rho[:, None] ** (-lag)
        shift = np.abs(np.arange(-self.order, self.order + 1) - lag)
        found = np.zeros((len(r), self.order + abs(lag) + 1))
        for column, m in enumerate(shift):
            found[:, m] += r[:, column]
        return found

    def whole(self, rho: np.ndarray, lags: Sequence[int], multipliers: np.ndarray) -> np.ndarray:
        """q by its coefficients of cos mφ; ``multipliers`` (points, lags)."""
        width = self.order + max(map(abs, lags), default=0) + 1
        found = np.zeros((len(self.P), width))
        for k, lag in enumerate((0, *lags)):
            term = self.cosines(rho, lag)
            found[:, : term.shape[1]] += term if not k else -multipliers[:, k - 1 : k] * term
        return found

    def only(self, which: np.ndarray) -> Test:
        """The test of some of the points."""
        found = object.__new__(Test)
        found.P, found.Q, found.order = self.P[which], self.Q[which], self.order
        return found


def one_multiplier(test: Test, rho: np.ndarray, table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether some λ₁ passes at every angle, and the middle of those that do.

    The test is linear in λ₁, so that each angle leaves an interval of it.

    Args:
        table: cos mφ, (order + 2, angles).
    """
    a = test.cosines(rho, 0) @ table[: test.order + 1]
    b = test.cosines(rho, 1) @ table[: test.order + 2]
    a += MARGIN * (np.abs(a) + np.abs(b))
    with np.errstate(divide="ignore", invalid="ignore"):
        limit = a / b
    above = b > 0
    low = np.where(above, limit, np.where((b == 0) & (a >= 0), np.inf, -np.inf)).max(-1)
    high = np.where(above | (b == 0), np.inf, limit).min(-1)
    low, high = np.maximum(low, 0), np.minimum(high, np.minimum(rho**2, 1))
    return low < high, (low + high) / 2


def largest(cosines: np.ndarray) -> np.ndarray:
    """The largest value of Σ a_m cos mφ over all φ, relative to Σ|a_m|, for each row of a."""
    width = cosines.shape[-1]
    powers = cosines @ cosine_powers(width)
    ends = np.stack([powers.sum(-1), (powers * (-1.0) ** np.arange(width)).sum(-1)], -1)
    derivative = powers[:, 1:] * np.arange(1, width)
    if width == 4:
        c, b, a = derivative.T
        inner = np.sqrt(np.maximum(b * b - 4 * a * c, 0))
        far = -(b + np.where(b >= 0, 1.0, -1.0) * inner) / 2
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.stack([far / a, c / far], -1)
        at = np.clip(np.nan_to_num(at), -1, 1)
    elif width > 3:
        at = np.clip(_stationary(derivative), -1, 1)
    elif width > 2:
        with np.errstate(divide="ignore", invalid="ignore"):
            at = np.clip(np.nan_to_num(-derivative[:, :1] / derivative[:, 1:]), -1, 1)
    else:
        at = np.zeros((len(powers), 1))
    values = polyval(powers[:, ::-1], at)
    return np.concatenate([values, ends], -1).max(-1) / np.abs(cosines).sum(-1)


def _stationary(derivative: np.ndarray) -> np.ndarray:
    """Real parts of the roots of polynomials (…, degree + 1), the lowest coefficient first.

    A leading coefficient of nearly 0 is set apart from 0, which sends one root far away.
    """
    degree = derivative.shape[-1] - 1
    least = 1e-13 * np.abs(derivative).max(-1)
    lead = derivative[:, -1]
    lead = np.where(np.abs(lead) > least, lead, np.maximum(least, 1e-300))
    companion = np.zeros((len(derivative), degree, degree))
    companion[:, np.arange(1, degree), np.arange(degree - 1)] = 1
    companion[:, :, -1] = -derivative[:, :-1] / lead[:, None]
    return np.linalg.eigvals(companion).real


def cosine_powers(width: int) -> np.ndarray:
    """Row m: cos mφ as a polynomial in cos φ, the lowest coefficient first."""
    rows = np.zeros((width, width))
    for m in range(width):
        rows[m, : m + 1] = np.polynomial.chebyshev.cheb2poly([0.0] * m + [1.0])
    return rows


def rates(
    N: np.ndarray, D: np.ndarray, ratio: np.ndarray, *, tolerance: float = 1e-5, count: int = 121
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The smallest ρ that passes with one multiplier, that multiplier, and the rate on quadratics.

    Args:
        N, D: polynomials (points, order + 1).
        ratio: μ/L, (points,).

    Returns:
        Three arrays (points,); the first two are NaN where ρ = 1 does not pass.
    """
    quadratic = quadratic_rate(N, D, ratio)
    rate, multiplier = np.full(len(N), np.nan), np.full(len(N), np.nan)
    if not len(N):
        return rate, multiplier, quadratic
    phi = angles(count, float(ratio.min()))
    table = np.cos(np.arange(D.shape[-1] + 1)[:, None] * phi)
    for start in range(0, len(N), 2000):
        at = np.arange(start, min(start + 2000, len(N)))
        at = at[quadratic[at] < 1]
        if len(at):
            passed, found, middle = _bisected(
                Test(N[at], D[at], ratio[at]), quadratic[at], table, tolerance
            )
            rate[at[passed]], multiplier[at[passed]] = found[passed], middle[passed]
    return rate, multiplier, quadratic


def _bisected(
    test: Test, quadratic: np.ndarray, table: np.ndarray, tolerance: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each point whether it passed, ρ and λ₁."""
    ones = np.ones(len(test.P))
    passed, best = one_multiplier(test, ones, table)
    low, high = quadratic.copy(), ones.copy()
    open_ = np.flatnonzero(passed)
    while len(open_):
        part = test.only(open_)
        rho = (low[open_] + high[open_]) / 2
        passes, middle = one_multiplier(part, rho, table)
        passes &= roots_inside(part.P, rho)
        low[open_], high[open_] = (
            np.where(passes, low[open_], rho), np.where(passes, rho, high[open_])
        )  # fmt: skip
        best[open_] = np.where(passes, middle, best[open_])
        open_ = open_[high[open_] - low[open_] > tolerance]
    return _confirmed(test, passed, high, best, table)


def _confirmed(
    test: Test, passed: np.ndarray, rho: np.ndarray, multiplier: np.ndarray, table: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same between the angles: where it fails there ρ is raised until it holds."""
    done = ~passed
    passed, step = passed.copy(), 1e-6
    while not done.all():
        at = np.flatnonzero(~done)
        part = test.only(at)
        holds = (largest(part.whole(rho[at], (1,), multiplier[at, None])) < 0) & (rho[at] < 1)
        done[at[holds]] = True
        at = at[~holds]
        if step > 0.2:
            passed[at] = False
            break
        rho[at] = np.minimum(rho[at] + step, 1 - 1e-9)
        again, middle = one_multiplier(test.only(at), rho[at], table)
        multiplier[at] = np.where(again, middle, multiplier[at])
        step *= 4
    return passed, rho, multiplier


__all__ = [
    "MARGIN", "Test", "angles", "cosine_powers", "largest", "one_multiplier", "polyval", "quadratic_rate",
    "rates", "root_moduli", "roots_inside",
]  # fmt: skip
