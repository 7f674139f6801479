"""The frequency test in float64, for many hyperparameters at once.

Polynomials are arrays (…, order + 1), the highest coefficient first; what is decided here is what exact
arithmetic is then asked to confirm (:mod:`.certificates`), or, over a map, what the map shows.
"""

from __future__ import annotations

import numpy as np

MARGIN = 1e-9
"""By which the test, made dimensionless, has to be passed in float64."""


def polyval(coefficients: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Values (…, points) of polynomials (…, order + 1) at points (…, points) or (points,)."""
    found = coefficients[..., :1] * np.ones_like(z)
    for k in range(1, coefficients.shape[-1]):
        found = found * z + coefficients[..., k : k + 1]
    return found


def angles(count: int, condition: float) -> np.ndarray:
    """Angles from 0 to π, close together near 0, where functions of curvature 1/condition of L are felt."""
    low = min(1e-2, 0.3 / condition)
    near = np.geomspace(low, 0.3, count // 3)
    return np.unique(np.concatenate([[0.0], near, np.pi * np.linspace(0, 1, count) ** 1.5]))


def quadratic_rate(N: np.ndarray, D: np.ndarray, mu: float, L: float, count: int = 65) -> np.ndarray:
    """The largest modulus of a root of D − λN over curvatures λ in [μ, L], at ``count`` of them."""
    curvatures = np.geomspace(mu, L, count)
    p = D[..., None, :] - curvatures[:, None] * N[..., None, :]
    order = D.shape[-1] - 1
    if order == 1:
        return np.abs(p[..., 1] / p[..., 0]).max(-1)
    if order == 2:
        b, c = p[..., 1], p[..., 2]
        inner = b * b - 4 * c
        real = (np.abs(b) + np.sqrt(np.maximum(inner, 0))) / 2
        return np.where(inner >= 0, real, np.sqrt(np.abs(c))).max(-1)
    companion = np.zeros((*p.shape[:-1], order, order))
    companion[..., np.arange(1, order), np.arange(order - 1)] = 1
    companion[..., 0, :] = -p[..., 1:] / p[..., :1]
    return np.abs(np.linalg.eigvals(companion)).max((-1, -2))


def roots_inside(coefficients: np.ndarray, radius: np.ndarray) -> np.ndarray:
    """Whether all roots lie in |z| < radius, by Schur and Cohn's recursion."""
    count = coefficients.shape[-1]
    a = coefficients / radius[..., None] ** np.arange(count)
    inside = np.ones(a.shape[:-1], bool)
    for _ in range(count - 1):
        inside &= np.abs(a[..., -1]) < np.abs(a[..., 0])
        a = (a[..., :1] * a - a[..., -1:] * a[..., ::-1])[..., :-1]
        largest = np.abs(a).max(-1, keepdims=True)
        a = a / np.where(largest > 0, largest, 1)
    return inside


def base(N: np.ndarray, D: np.ndarray, mu: float, L: float, z: np.ndarray) -> np.ndarray:
    """conj(D − μN)(LN − D) at z, divided by its modulus."""
    n, d = polyval(N, z), polyval(D, z)
    found = np.conj(d - mu * n) * (L * n - d)
    return found / np.maximum(np.abs(found), 1e-300)


def one_multiplier(
    N: np.ndarray, D: np.ndarray, mu: float, L: float, rho: np.ndarray, phi: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Whether some λ₁ in [0, ρ²] passes at every angle, and the middle of those that do.

    The test is linear in λ₁, so that each angle leaves an interval of it.
    """
    z = rho[..., None] * np.exp(1j * phi)
    whole = base(N, D, mu, L, z)
    a, b = whole.real + MARGIN, (whole / z).real
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = a / b
    low = np.where(b > 0, ratio, np.where((b == 0) & (a >= 0), np.inf, -np.inf)).max(-1)
    high = np.where(b < 0, ratio, np.inf).min(-1)
    low, high = np.maximum(low, 0), np.minimum(high, rho**2)
    return low < high, (low + high) / 2


def rates(
    N: np.ndarray, D: np.ndarray, mu: float, L: float, *, tolerance: float = 1e-5, count: int = 121
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The smallest ρ that passes with one multiplier, that multiplier, and the rate on quadratics.

    Args:
        N, D: polynomials (points, order + 1).

    Returns:
        Three arrays (points,); the first two are NaN where ρ = 1 does not pass.
    """
    phi = angles(count, L / mu)
    quadratic = quadratic_rate(N, D, mu, L)
    rate, multiplier = np.full(len(N), np.nan), np.full(len(N), np.nan)
    for start in range(0, len(N), 4000):
        at = np.arange(start, min(start + 4000, len(N)))
        at = at[quadratic[at] < 1]
        passed, middle = one_multiplier(N[at], D[at], mu, L, np.ones(len(at)), phi)
        at, best = at[passed], middle[passed]
        low, high = quadratic[at].copy(), np.ones(len(at))
        n, d = N[at], D[at]
        while len(at) and (high - low).max() > tolerance:
            rho = (low + high) / 2
            passed, middle = one_multiplier(n, d, mu, L, rho, phi)
            passed &= roots_inside(d - mu * n, rho)
            high, low = np.where(passed, rho, high), np.where(passed, low, rho)
            best = np.where(passed, middle, best)
        rate[at], multiplier[at] = high, best
    return rate, multiplier, quadratic


__all__ = [
    "MARGIN", "angles", "base", "one_multiplier", "polyval", "quadratic_rate", "rates", "roots_inside",
]  # fmt: skip
