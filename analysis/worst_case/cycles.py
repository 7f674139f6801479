r"""Cycles: K points that a rule visits for ever on one smooth strongly convex function.

A run that repeats after K steps is a sum of harmonics z_k = e^{2πik/K}: y_t = ⊕ √p_k z_kᵗ with gradients
g_t = ⊕ √p_k z_kᵗ/H(z_k), H = N/D. With u = g − μy and c_t = y_t − u_t/(L − μ) it is a run on some function
of the class if and only if ⟨u_t, c_s − c_t⟩ ≤ 0 for all s and t, and then on

    f(x) = μ/2 \|x\|² + (L − μ)/2 · dist(x, conv{c_t})²,   ∇f(x) = μx + (L − μ)(x − proj x),

because these inequalities say that c_t is the point of the hull nearest to y_t. One harmonic m, prime
to K, is the regular K-gon visited in steps of m; with w = 1/H(z_m) − μ it is a run if and only if Re w
− \|Im w\| cot(π/K) ≥ \|w\|²/(L − μ).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from math import gcd
from typing import Any

import numpy as np
from scipy.optimize import nnls

from ...optimizers.errors import DomainError
from .enclosures import digits, enclosed, intervals, surely_positive
from .frequencies import polyval
from .place import Place
from .programs import cycle_energies

DIGITS = 40
LONGEST = 60
"""The longest cycles that are looked for."""


def star_polygons(longest: int) -> list[tuple[int, int]]:
    """(K, m), 2 ≤ K ≤ ``longest``, 1 ≤ m ≤ K/2, m prime to K."""
    return [(k, m) for k in range(2, longest + 1) for m in range(1, k // 2 + 1) if gcd(m, k) == 1]


def star_margin(N: np.ndarray, D: np.ndarray, ratio: np.ndarray, steps: int, star: int) -> Any:
    """For each point, the margin of a star polygon, relative to the size of its terms; L = 1."""
    z = np.exp(2j * np.pi * star / steps)
    n, d = polyval(N, np.array([z]))[..., 0], polyval(D, np.array([z]))[..., 0]
    w: Any = d * np.conj(n) - ratio * np.abs(n) ** 2
    across = np.abs(w.imag) / np.tan(np.pi / steps) if steps > 2 else 0.0
    bend = np.abs(d - ratio * n) ** 2 / (1 - ratio)
    whole = np.abs(w) + across + bend
    return (w.real - across - bend) / np.where(whole > 0, whole, 1)


def shortest_star(
    N: np.ndarray, D: np.ndarray, ratio: np.ndarray, longest: int = 25, margin: float = 1e-12
) -> tuple[np.ndarray, np.ndarray]:
    """For each point K and m of the shortest star polygon that is a cycle; K = 0 where there is none."""
    steps, star = np.zeros(len(N), int), np.zeros(len(N), int)
    for k, m in star_polygons(longest):
        at = np.flatnonzero(steps == 0)
        hit = at[star_margin(N[at], D[at], ratio[at], k, m) > margin]
        steps[hit], star[hit] = k, m
    return steps, star


@dataclass(frozen=True)
class Cycle:
    """A cycle, and the function that traps the rule in it.

    Attributes:
        steps: K.
        star: m, where it is a regular polygon visited in steps of m; else None.
        energies: p_k by harmonic k, rationals.
        mu, L: the class.
        margin: by how much, at least, the inequalities hold; 0 only where that is exact.
        states: by name, what the rule keeps at each point, (steps, dimension); empty where it is not known.
    """

    steps: int
    star: int | None
    energies: Mapping[int, Fraction]
    mu: Fraction
    L: Fraction
    margin: float
    gains: Mapping[int, complex] = field(repr=False)
    """1/H(z_k), a gradient for a point, by harmonic."""
    states: Mapping[str, np.ndarray] = field(default_factory=dict, repr=False)

    def _along(self, factors: Mapping[int, complex]) -> np.ndarray:
        """⊕ √p_k a_k z_kᵗ in real coordinates, (steps, dimension)."""
        columns = []
        for k, energy in self.energies.items():
            turned = np.exp(2j * np.pi * k * np.arange(self.steps) / self.steps)
            path = float(energy) ** 0.5 * factors[k] * turned
            columns += [path.real] if 2 * k == self.steps else [path.real, path.imag]
        return np.stack(columns, -1)

    @cached_property
    def points(self) -> np.ndarray:
        """The K points at which gradients are taken, (steps, dimension)."""
        return self._along(dict.fromkeys(self.energies, 1.0))

    @cached_property
    def gradients(self) -> np.ndarray:
        """The gradients there, (steps, dimension)."""
        return self._along(self.gains)

    @cached_property
    def corners(self) -> np.ndarray:
        """c_t, whose hull the function is built on, (steps, dimension)."""
        pull = self.gradients - float(self.mu) * self.points
        return self.points - pull / float(self.L - self.mu)

    @property
    def dimension(self) -> int:
        return self.points.shape[1]

    def project(self, x: Any) -> np.ndarray:
        """The nearest points of the hull, for points (…, dimension); float64."""
        given = np.asarray(x, float)
        if given.shape[-1:] != (self.dimension,):
            raise DomainError(
                "x", f"of shape {given.shape}", f"points of shape (…, {self.dimension})"
            )
        if self.dimension == 1:
            size = abs(self.corners[0, 0])
            return np.clip(given, -size, size)
        if self.dimension == 2:
            return self._onto_polygon(given)
        flat = given.reshape(-1, self.dimension)
        return np.array([_nearest(self.corners, point) for point in flat]).reshape(given.shape)

    def _onto_polygon(self, x: np.ndarray) -> np.ndarray:
        """The nearest points of a regular polygon: each sector, turned to lie around the first axis."""
        first = complex(*self.corners[0])
        angle, place = 2 * np.pi / self.steps, x[..., 0] + 1j * x[..., 1]
        edge = np.floor((np.angle(place) - np.angle(first)) / angle)
        turn = np.exp(1j * (np.angle(first) + (edge + 0.5) * angle))
        local: Any = place * np.conj(turn)
        half = abs(first) * np.sin(angle / 2)
        inner = abs(first) * np.cos(angle / 2)
        onto = inner + 1j * np.clip(local.imag, -half, half)
        found = np.where(local.real > inner, onto, local) * turn
        return np.stack([found.real, found.imag], -1)

    def function(self, x: Any) -> Any:
        """f at points (…, dimension), NumPy arrays or torch tensors (differentiable once): (…)."""
        mu, rest = float(self.mu), float(self.L - self.mu)
        away = x - self._projected(x)
        return mu / 2 * (x * x).sum(-1) + rest / 2 * (away * away).sum(-1)

    def gradient(self, x: Any) -> Any:
        """∇f at points (…, dimension), NumPy arrays or torch tensors, of the same shape."""
        mu, rest = float(self.mu), float(self.L - self.mu)
        return mu * x + rest * (x - self._projected(x))

    def _projected(self, x: Any) -> Any:
        """As :meth:`project`, in the kind of x; by the envelope theorem a constant in gradients."""
        if hasattr(x, "detach"):
            return x.new_tensor(self.project(x.detach().cpu().double().numpy()))
        return self.project(x)

    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "steps": self.steps, "star": self.star,
            "energies": {str(k): str(p) for k, p in self.energies.items()},
            "margin": self.margin,
            "points": self.points.tolist(), "gradients": self.gradients.tolist(),
        }  # fmt: skip


def _nearest(corners: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The point of a hull nearest to x.

    Weights w ≥ 0 that minimize \\|Σw(c − x)\\|² + (Σw − 1)² are, divided by their sum, those of the
    nearest point: for w = sα with Σα = 1 the best s leaves r/(1 + r), r = \\|Σα(c − x)\\|², which grows
    with r.
    """
    weights = nnls(np.vstack([(corners - x).T, np.ones(len(corners))]),
                   np.append(np.zeros(len(x)), 1.0))[0]  # fmt: skip
    return weights @ corners / weights.sum()


_RIGHT_ANGLES = {1: {0: (1, 0)}, 2: {0: (1, 0), 1: (-1, 0)},
                 4: {0: (1, 0), 1: (0, 1), 2: (-1, 0), 3: (0, -1)}}  # fmt: skip


class _Unit:
    """Powers of e^{2πi/K}: exact for K = 2 and 4, else enclosed; and arithmetic on pairs (re, im)."""

    def __init__(self, steps: int) -> None:
        self.steps, self.exact = steps, steps in _RIGHT_ANGLES

    def number(self, value: Fraction) -> Any:
        return value if self.exact else enclosed(value)

    def power(self, k: int) -> tuple[Any, Any]:
        k %= self.steps
        if self.exact:
            re, im = _RIGHT_ANGLES[self.steps][k]
            return Fraction(re), Fraction(im)
        angle = 2 * intervals.pi * k / self.steps
        return intervals.cos(angle), intervals.sin(angle)

    def at(self, polynomial: tuple[Fraction, ...], k: int) -> tuple[Any, Any]:
        """A polynomial's value at e^{2πik/K}."""
        re, im = self.number(Fraction(0)), self.number(Fraction(0))
        for j, c in enumerate(reversed(polynomial)):
            x, y = self.power(k * j)
            re, im = re + self.number(c) * x, im + self.number(c) * y
        return re, im

    def cotangent(self) -> Any:
        """cot(π/K)."""
        if self.exact:
            return Fraction(0 if self.steps == 2 else 1)
        return intervals.cos(intervals.pi / self.steps) / intervals.sin(intervals.pi / self.steps)


def _sides(place: Place, unit: _Unit, k: int) -> tuple[Any, Any, Any, Any]:
    """D − μN and L·N − D at a harmonic, real and imaginary parts."""
    (a, b), (c, d) = unit.at(place.numerator, k), unit.at(place.denominator, k)
    mu, top = unit.number(place.mu), unit.number(place.L)
    return c - mu * a, d - mu * b, top * a - c, top * b - d


def star_proof(place: Place, steps: int, star: int) -> Any:
    """The margin of a star polygon times \\|N\\|²: a rational, or an interval around it."""
    unit = _Unit(steps)
    (a, b), (c, d) = unit.at(place.numerator, star), unit.at(place.denominator, star)
    mu = unit.number(place.mu)
    re = c * a + d * b - mu * (a * a + b * b)
    im, pr, pi = d * a - c * b, c - mu * a, d - mu * b
    wide = unit.number(1 / (place.L - place.mu))
    return re - abs(im) * unit.cotangent() - (pr * pr + pi * pi) * wide


def mixed_proof(place: Place, steps: int, energies: Mapping[int, Fraction]) -> list[Any]:
    """Σ p_k Re{conj(u_k)v_k(1 − z_k⁻ᵈ)}/\\|N\\|² for d = 1 … K − 1, enclosed; energies are those of y."""
    unit = _Unit(steps)
    products = {}
    for k, energy in energies.items():
        a, b, c, d = _sides(place, unit, k)
        x, y = unit.at(place.numerator, k)
        size = unit.number(energy) / (x * x + y * y)
        products[k] = ((a * c + b * d) * size, (a * d - b * c) * size)
    found = []
    for apart in range(1, steps):
        total = unit.number(Fraction(0))
        for k, (re, im) in products.items():
            x, y = unit.power(-k * apart)
            total += re - (re * x - im * y)
        found.append(total)
    return found


def _lowest(value: Any) -> float:
    """A lower bound in float64."""
    low = float(value) if isinstance(value, Fraction) else float(value.a)
    return low if isinstance(value, Fraction) and value == 0 else float(np.nextafter(low, -np.inf))


def _gains(place: Place, steps: int, harmonics: Mapping[int, Fraction]) -> dict[int, complex]:
    found = {}
    for k in harmonics:
        z = np.array([np.exp(2j * np.pi * k / steps)])
        n, d = polyval(place.N, z)[0], polyval(place.D, z)[0]
        gain = complex(d / n) * float(place.L)
        found[k] = complex(gain.real, 0.0) if 2 * k == steps else gain
    return found


def find_cycle(place: Place, longest: int = LONGEST, mixed: bool = True) -> Cycle | None:
    """The shortest star polygon that is a cycle, else a cycle of several harmonics; proved, or None."""
    with digits(DIGITS):
        found = _star(place, longest)
        return found or (_mixed(place, longest) if mixed else None)


def _star(place: Place, longest: int) -> Cycle | None:
    for steps, star in star_polygons(longest):
        if star_margin(*place.batch, steps, star)[0] < -1e-9:
            continue
        margin = star_proof(place, steps, star)
        if margin > 0 or (
            isinstance(margin, Fraction) and margin == 0 and _visited(place, steps, star)
        ):
            energies = {star: Fraction(1)}
            return Cycle(steps, star, energies, place.mu, place.L, _lowest(margin),
                         _gains(place, steps, energies))  # fmt: skip
    return None


def _visited(place: Place, steps: int, star: int) -> bool:
    """Whether N is not 0 there, so that a point has a gradient."""
    return any(_Unit(steps).at(place.numerator, star))


def _mixed(place: Place, longest: int) -> Cycle | None:
    for steps in range(3, longest + 1):
        margin, found = cycle_energies(place, steps)
        if not margin > 1e-9:
            continue
        largest = found.max()
        energies = {
            k: Fraction(round(float(p / largest) * 10**6), 10**6)
            for k, p in enumerate(found, start=1)
            if p > 2e-6 * largest
        }
        lows = mixed_proof(place, steps, energies)
        if all(map(surely_positive, lows)):
            return Cycle(steps, None, energies, place.mu, place.L, min(map(_lowest, lows)),
                         _gains(place, steps, energies))  # fmt: skip
    return None


__all__ = ["LONGEST", "Cycle", "find_cycle", "shortest_star", "star_margin", "star_polygons"]
