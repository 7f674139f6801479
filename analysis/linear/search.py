"""The best hyperparameters for a spectrum [μ, L] by a global search; what it finds is not proved to be best.

Differential evolution, seeded, whose comparisons are Schur–Cohn tests: whether all roots of all members of a
population lie within a radius, at all curvatures at once, is a few dozen array operations, and only a
candidate that is better needs its radius. The start holds every textbook rule that this one can be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from ...optimizers.domains import Domain, Interval
from .closed_form import NoTuning
from .schur import radius_within, worst_radius

_MARGIN = 1e-12
"""How far from an open end, in widths of the interval, a search stays."""
_FAR = 1e3
"""How far a search goes, in natural units, where a domain has no end; the result names the range."""


def search_range(name: str, domain: Domain) -> tuple[float, float]:
    """The part of a hyperparameter's domain that is searched; open ends are left by 1e-12 of it.

    >>> search_range("beta", Interval(0, 1, upper_closed=False))
    (0, 0.999999999999)
    """
    if not isinstance(domain, Interval):
        raise NoTuning(f"{name} takes no real numbers, so it is not tuned; set it")
    lower, upper = domain.lower, domain.upper
    if math.isinf(lower):
        lower = upper - _FAR if math.isfinite(upper) else -_FAR
    if math.isinf(upper):
        upper = lower + _FAR if math.isfinite(domain.lower) else _FAR
    margin = _MARGIN * (upper - lower)
    return (
        lower if lower in domain else lower + margin,
        upper if upper in domain else upper - margin,
    )


@dataclass(frozen=True)
class Axis:
    """One hyperparameter's range, and how the unit interval covers it.

    Attributes:
        lower, upper: the ends of what is searched.
        kind: ``"log"`` for a positive one of unknown size; ``"ends"``, denser towards both ends;
            ``"centre"``, denser towards the middle of a line without ends; ``"lower"``, towards its one end.
    """

    lower: float
    upper: float
    kind: str

    def __call__(self, u: np.ndarray) -> np.ndarray:
        if self.kind == "log":
            x = self.lower * (self.upper / self.lower) ** u
        elif self.kind == "ends":
            side = np.where(u < 0.5, u, 1 - u)
            share = (2 * side) ** 3 / 2
            x = np.where(u < 0.5, self.lower + (self.upper - self.lower) * share,
                         self.upper - (self.upper - self.lower) * share)  # fmt: skip
        elif self.kind == "centre":
            x = self.upper * np.sinh(8 * (2 * u - 1)) / math.sinh(8)
        else:
            x = self.lower + (self.upper - self.lower) * np.expm1(10 * u) / math.expm1(10)
        return np.clip(x, self.lower, self.upper)

    def inverse(self, x: float) -> float:
        """The u at which the axis is x, to the digits that u has."""
        low, high = 0.0, 1.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if float(self(np.array(middle))) < x else (low, middle)
        return (low + high) / 2


def axis_of(name: str, domain: Domain, unit: int | None, ratio: float) -> Axis:
    """The axis of a hyperparameter that carries curvature^``unit``, where L is 1 and μ is 1/``ratio``."""
    lower, upper = search_range(name, domain)
    assert isinstance(domain, Interval)
    if name == "lr" or (unit and domain.lower >= 0 and math.isinf(domain.upper)):
        scale = ratio ** abs(unit or 1)
        return Axis(1e-4 if (unit or -1) < 0 else 1e-4 / scale, 1e3 * scale, "log")
    if math.isfinite(domain.lower) and math.isfinite(domain.upper):
        return Axis(lower, upper, "ends")
    if math.isfinite(domain.lower):
        return Axis(lower, upper, "lower")
    if math.isfinite(domain.upper):
        return Axis(lower, upper, "ends")
    return Axis(-_FAR, _FAR, "centre")


@dataclass
class Problem:
    """Minimize the worst spectral radius over curvatures: a(z; x) + λ b(z; x), monic of degree n.

    Attributes:
        parts: from arrays of the hyperparameters to a and b below z^n, shapes (n, …) each.
        axes: of each hyperparameter, in their order.
        curvatures: at which the radius is taken.
        evaluations: how many points were tried.
    """

    parts: Callable[..., tuple[np.ndarray, np.ndarray]]
    axes: Sequence[Axis]
    curvatures: np.ndarray
    evaluations: int = field(default=0)

    def at(self, u: np.ndarray) -> np.ndarray:
        """The hyperparameters of points of the unit cube, shape (points, dimensions)."""
        return np.stack([axis(u[:, i]) for i, axis in enumerate(self.axes)], axis=1)

    def polynomials(self, x: np.ndarray) -> np.ndarray:
        """The coefficients below z^n, shape (n, points, curvatures)."""
        a, b = self.parts(*x.T)
        return a[..., None] + b[..., None] * self.curvatures

    def values(self, u: np.ndarray) -> np.ndarray:
        self.evaluations += len(u)
        with np.errstate(all="ignore"):
            return worst_radius(self.polynomials(self.at(u)))

    def better(self, u: np.ndarray, than: np.ndarray) -> np.ndarray:
        """Which points have a smaller worst radius than given."""
        self.evaluations += len(u)
        with np.errstate(all="ignore"):
            inside = radius_within(self.polynomials(self.at(u)), than[:, None])
        return np.asarray(inside.all(axis=-1))


def evolve(
    problem: Problem, starts: Sequence[np.ndarray], *, generations: int, size: int
) -> np.ndarray:
    """Differential evolution in the unit cube from random points and ``starts``; seeded."""
    chosen = np.random.default_rng(0)
    count = len(problem.axes)
    u = chosen.random((max(size, len(starts) + 4), count))
    for i, start in enumerate(starts):
        u[i] = start
    values = problem.values(u)
    values[~np.isfinite(values)] = np.inf
    members = np.arange(len(u))
    for generation in range(generations):
        best = u[int(np.argmin(values))]
        one, two, three = (u[chosen.permutation(members)] for _ in range(3))
        step = chosen.uniform(0.3, 0.95, (len(u), 1))
        toward = chosen.random((len(u), 1)) < 0.5
        trial = np.where(
            toward, u + step * (best - u) + step * (one - two), three + step * (one - two)
        )
        crossed = chosen.random(u.shape) < np.where(chosen.random((len(u), 1)) < 0.5, 0.9, 0.3)
        crossed[members, chosen.integers(0, count, len(u))] = True
        trial = np.where(crossed, trial, u)
        outside = (trial < 0) | (
            trial > 1
        )  # half of them to the end itself, where an optimum may lie
        back = np.where(chosen.random(u.shape) < 0.5, np.clip(trial, 0, 1), chosen.random(u.shape))
        trial = np.where(outside, back, trial)
        won = np.flatnonzero(problem.better(trial, values))
        if len(won):
            u[won], values[won] = trial[won], problem.values(trial[won])
        if generation % 50 == 49 and np.ptp(values) < 1e-13:
            break
    return u[int(np.argmin(values))]


def polish(problem: Problem, start: np.ndarray, *, rounds: int) -> tuple[np.ndarray, float]:
    """Local search by normal steps whose covariance follows the steps that helped; seeded."""
    chosen = np.random.default_rng(1)
    count, best = len(start), start.copy()
    value = float(problem.values(best[None])[0])
    spread, covariance = 1e-2, np.eye(count)
    size = 16 + 8 * count
    for _ in range(rounds):
        steps = chosen.multivariate_normal(np.zeros(count), covariance, size, method="cholesky")
        sizes = spread * 10.0 ** chosen.uniform(-1.5, 0.5, (size, 1))
        trial = np.clip(best + sizes * steps, 0, 1)
        won = np.flatnonzero(problem.better(trial, np.full(size, value)))
        if len(won):
            found = problem.values(trial[won])
            k = int(np.argmin(found))
            if found[k] < value:
                moved = trial[won[k]] - best
                best, value = trial[won[k]], float(found[k])
                length = np.linalg.norm(moved)
                if length > 0:
                    along = np.outer(moved, moved) / length**2
                    covariance = 0.8 * covariance + 0.2 * count * along + 1e-9 * np.eye(count)
        spread = float(np.clip(spread * (1.6 if len(won) > size / 12 else 0.75), 1e-15, 0.3))
    return best, value


def affine_parts(
    coefficients: Sequence[sp.Expr], curvature: sp.Symbol, symbols: Sequence[sp.Symbol]
) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """a and b of coefficients a + λb below the leading one, as one compiled function of arrays."""
    constant = [sp.cancel(c.subs(curvature, 0)) for c in coefficients]
    slope = [sp.cancel(sp.diff(c, curvature)) for c in coefficients]
    compiled = sp.lambdify(symbols, [*constant, *slope], "numpy", cse=True)
    n = len(constant)

    def parts(*x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = np.broadcast_shapes(*[np.shape(v) for v in x])
        rows = np.stack([np.broadcast_to(np.asarray(v, float), shape) for v in compiled(*x)])
        return rows[:n], rows[n:]

    return parts


def numerical_tuning(
    problem: Problem, starts: Mapping[str, np.ndarray], *, generations: int = 700, rounds: int = 250
) -> tuple[np.ndarray, float]:
    """The best point of the unit cube that was found, and its worst radius at the problem's curvatures."""
    count = len(problem.axes)
    size = 24 + 14 * count
    candidates = [evolve(problem, list(starts.values()), generations=generations, size=size)]
    candidates += list(starts.values())
    values = problem.values(np.stack(candidates))
    order = np.argsort(values)
    tried = [polish(problem, candidates[int(i)], rounds=rounds) for i in order[:2]]
    return min(tried, key=lambda found: found[1])


__all__ = [
    "Axis", "Problem", "affine_parts", "axis_of", "evolve", "numerical_tuning", "polish", "search_range",
]  # fmt: skip
