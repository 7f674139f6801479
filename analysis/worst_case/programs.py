"""The test and its dual as linear programs: longer multipliers, cycles of any shape, spirals.

All are solved in float64 by HiGHS (through SciPy); whatever they find is checked elsewhere, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

from .frequencies import angles, polyval
from .place import Place

_ROUNDS = 8
"""Of adding angles, at most."""


_WIDEST = 30.0
"""How many e-foldings apart two points of a spiral are that the program still compares."""


@dataclass(frozen=True)
class Grid:
    """How many angles are looked at."""

    count: int = 301

    def phi(self, place: Place) -> np.ndarray:
        return angles(self.count, place.ratio)

    def cosines(self, place: Place) -> np.ndarray:
        """cos mφ for m = 0 … order + 1."""
        return np.cos(np.arange(len(place.D) + 1)[:, None] * self.phi(place))


def alternating(longest: int) -> list[int]:
    """1, −1, 2, −2, …"""
    return [lag for d in range(1, longest + 1) for lag in (d, -d)]


def _direction(place: Place, z: np.ndarray) -> Any:
    """conj(D − μN)(N − D) at z, divided by its modulus."""
    n, d = polyval(place.N, z), polyval(place.D, z)
    found = np.conj(d - place.ratio * n) * (n - d)
    return found / np.maximum(np.abs(found), 1e-300)


def multipliers_at(
    place: Place, rho: float, lags: Sequence[int], grid: Grid
) -> tuple[float, np.ndarray]:
    """The multipliers that pass by the largest margin, relative to the size of the terms, and the margin.

    Angles between those of the grid at which they fail are added until there are none (an exchange, as
    Remez has it).
    """
    phi, fine = grid.phi(place), angles(40 * max(map(abs, lags)) + 2000, place.ratio)
    for _ in range(_ROUNDS):
        margin, found = _on_angles(place, rho, lags, phi)
        if margin <= 0:
            return margin, found
        passed = _passed_by(place, rho, lags, found, fine)
        least = float(passed.min())
        if least > margin / 2:
            return least, found
        inner = passed[1:-1]
        dips = np.flatnonzero((inner <= passed[:-2]) & (inner <= passed[2:]) & (inner < margin / 2))
        phi = np.unique(np.concatenate([phi, fine[dips + 1], fine[[int(passed.argmin())]]]))
    return least, found


def _passed_by(
    place: Place, rho: float, lags: Sequence[int], weights: np.ndarray, phi: np.ndarray
) -> np.ndarray:
    """−q, relative to the size of its terms, at each angle."""
    z = rho * np.exp(1j * phi)
    whole = np.ones(len(phi), complex)
    for lag, weight in zip(lags, weights, strict=True):
        if weight:
            whole -= weight * z**-lag
    return -(_direction(place, z) * whole).real


def _on_angles(
    place: Place, rho: float, lags: Sequence[int], phi: np.ndarray
) -> tuple[float, np.ndarray]:
    """The best multipliers as far as these angles go."""
    lag = np.asarray(lags)
    direction = _direction(place, rho * np.exp(1j * phi))
    unit = rho ** (2.0 * np.maximum(lag, 0))  # of each λ, so that no coefficient is above 1
    size = unit * rho ** (-1.0 * lag)
    terms = (direction[:, None] * np.exp(-1j * phi[:, None] * lag)).real * size
    rows = np.hstack([-terms, np.ones((len(phi), 1))])
    sums = np.array([[*unit, 0.0], [*(unit * rho ** (-2.0 * lag)), 0.0]])
    found = linprog(
        np.append(np.zeros(len(lag)), -1.0), np.vstack([rows, sums]),
        np.append(-direction.real, [1.0, 1.0]),
        bounds=[(0, None)] * len(lag) + [(-1, 1)], method="highs",
    )  # fmt: skip
    if found.status:
        return -np.inf, np.zeros(len(lag))
    return float(found.x[-1]), found.x[:-1] * unit


def rate_with(
    place: Place, lags: Sequence[int], low: float, high: float, grid: Grid, tolerance: float
) -> float:
    """The smallest ρ in [low, high] at which multipliers of these lags pass; high is taken to pass."""
    while high - low > tolerance:
        rho = (low + high) / 2
        passes = multipliers_at(place, rho, lags, grid)[0] > 1e-9
        low, high = (low, rho) if passes else (rho, high)
    return high


def cycle_energies(place: Place, steps: int) -> tuple[float, np.ndarray]:
    """Energies p_k of the harmonics k = 1 … ⌊K/2⌋ of the cycle of K steps with the largest margin, and it.

    y_t = ⊕ √p_k z_kᵗ, scaled so that \\|u_k\\|\\|v_k\\| p_k is what the program weighs.
    """
    k = np.arange(1, steps // 2 + 1)
    z = np.exp(2j * np.pi * k / steps)
    n, d = polyval(place.N, z), polyval(place.D, z)
    base = np.conj(d - place.ratio * n) * (n - d)
    size = np.abs(base)
    used = (np.abs(n) > 1e-12) & (size > 1e-300)
    if not used.any():
        return -np.inf, np.zeros(len(k))
    apart = np.arange(1, steps)
    direction = base[used] / size[used]
    terms = (direction * (1 - z[used] ** -apart[:, None])).real
    found = linprog(
        np.append(np.zeros(used.sum()), -1.0), np.hstack([-terms, np.ones((len(apart), 1))]),
        np.zeros(len(apart)), A_eq=[np.append(np.ones(used.sum()), 0.0)], b_eq=[1.0],
        bounds=[(0, None)] * int(used.sum()) + [(-1, 1)], method="highs",
    )  # fmt: skip
    energies = np.zeros(len(k))
    if found.status:
        return -np.inf, energies
    energies[used] = found.x[:-1] * np.abs(n[used]) ** 2 / size[used]
    return float(found.x[-1]), energies


@dataclass(frozen=True)
class SpiralFound:
    """ρ, angles φ_k, energies and ψ of a trajectory ⊕ √p_k (ρ e^{iφ_k})ᵗ that a function may have."""

    rho: float
    phi: np.ndarray
    energies: np.ndarray
    psi: float
    margin: float


def spiral(place: Place, rho: float, grid: Grid, reach: int = 60) -> SpiralFound:
    """The spiral of rate ρ with the largest margin; it exists where that is above 0 (and see spirals)."""
    phi = grid.phi(place)[1:]
    reach = max(1, min(reach, int(_WIDEST / -np.log(rho))))
    z = rho * np.exp(1j * phi)
    direction = _direction(place, z)
    apart = np.concatenate([np.arange(-reach, 0), np.arange(1, reach + 1)])
    weight = rho ** (-apart.astype(float))
    terms = (direction * (1 - z ** -apart[:, None])).real
    rows = np.hstack([-terms, (1 - weight[:, None] ** 2)]) / (1 + weight[:, None] ** 2)
    rows = np.vstack([rows, np.append(-direction.real, 1.0)])
    rows = np.hstack([rows, np.ones((len(rows), 1))])
    count = len(phi)
    found = linprog(
        np.append(np.zeros(count + 1), -1.0), rows, np.zeros(len(rows)),
        A_eq=[np.append(np.ones(count), [0.0, 0.0])], b_eq=[1.0],
        bounds=[(0, None)] * (count + 1) + [(-1, 1)], method="highs",
    )  # fmt: skip
    if found.status:
        return SpiralFound(rho, phi, np.zeros(count), 0.0, -np.inf)
    size = np.abs(np.conj(polyval(place.D, z) - place.ratio * polyval(place.N, z))
                  * (polyval(place.N, z) - polyval(place.D, z)))  # fmt: skip
    energies = found.x[:count] / np.maximum(size, 1e-300)
    return SpiralFound(rho, phi, energies, float(found.x[count]), float(found.x[-1]))


__all__ = [
    "Grid", "SpiralFound", "alternating", "cycle_energies", "multipliers_at", "rate_with", "spiral",
]  # fmt: skip
