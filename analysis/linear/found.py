"""A global search for the best hyperparameters of one rule on one spectrum, and what its result is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.domains import Domain, Interval
from ..reals import float64, rational
from ..tracing import LAMBDA, exact
from .closed_form import NoTuning
from .embedding import embedded, named
from .search import Problem, affine_parts, axis_of, numerical_tuning, polish
from .spectrum import SpectralRadius
from .units import units

_GRID = 33
_FINE = 2001
_QUICK = {"generations": 150, "rounds": 80}


@dataclass(frozen=True)
class Found:
    """What a search found: hyperparameters, their worst spectral radius on [μ, L], and how, in words.

    ``edges``: the hyperparameters that it left at an end of what it searched where their domain goes on.
    """

    values: Mapping[str, float]
    rate: float
    how: str
    edges: tuple[str, ...] = ()


def ends_of(domain: Domain) -> list[tuple[float, bool]]:
    """The finite ends of a domain, and whether each is in it."""
    if not isinstance(domain, Interval):
        return []
    ends = [(domain.lower, domain.lower_closed), (domain.upper, domain.upper_closed)]
    return [(e, closed) for e, closed in ends if np.isfinite(e)]


def search(
    characteristic: sp.Poly, free: Mapping[str, sp.Symbol], domains: Mapping[str, Domain],
    mu: sp.Rational, largest: sp.Rational, *, quick: bool = False,
) -> Found:  # fmt: skip
    """Search every hyperparameter for the smallest worst spectral radius over [μ, L].

    Where each has a unit, a power of curvature, the search is for L = 1. Curvatures inside [μ, L] count as
    the ends do: where the worst lies between those searched at, it is added and searched again.

    Args:
        quick: to three digits or so, without the textbook rules.

    Raises:
        NoTuning: one takes no real numbers.
    """
    symbols = list(free.values())
    coefficients = characteristic.all_coeffs()[1:]
    powers = units(coefficients, symbols)
    ratio = float64("L/mu", largest / mu)
    scale = largest if powers is not None else sp.Integer(1)
    low, high = float64("mu", mu / scale), float64("L", largest / scale)
    axes = [axis_of(k, domains[k], None if powers is None else powers[i], ratio)
            for i, k in enumerate(free)]  # fmt: skip
    order = len(coefficients)
    # Up to degree 2 what bounds the roots is affine in λ, so the ends are the worst.
    curvatures = np.array([low, high]) if order <= 2 else np.geomspace(low, high, _GRID)
    problem = Problem(affine_parts(coefficients, LAMBDA, symbols), axes, np.unique(curvatures))
    known: dict[str, np.ndarray] = {}
    near: list[np.ndarray] = []
    if powers is not None and not quick:
        known, near = embedded(problem.parts, problem.at, len(axes), ratio)
    starts = {**known, **{str(i): u for i, u in enumerate(near)}}
    u, worst = numerical_tuning(problem, starts, **(_QUICK if quick else {}))
    for _ in range(4):
        x = problem.at(u[None])[0]
        highest, where = _worst_inside(problem, x, low, high)
        if highest <= worst + 1e-9:
            break
        problem.curvatures = np.union1d(problem.curvatures, where)
        others = problem.values(np.stack([u, *starts.values()]))
        u, worst = polish(problem, [u, *starts.values()][int(np.argmin(others))], rounds=150)
    values, at = {}, []
    for i, name in enumerate(free):
        unit = 0 if powers is None else powers[i]
        values[name] = float64(name, rational(exact(float(x[i]))) * scale**unit)
    arguments = [sp.Rational(v) for v in values.values()]
    radius = SpectralRadius(characteristic, (LAMBDA, *symbols))
    at = [mu, largest, *(rational(exact(float(w))) * scale for w in where)]
    rate = max(radius.at(min(max(w, mu), largest), *arguments) for w in at)
    edges = [
        f"{name} = {values[name]:.6g} is at the end of what was searched, where its domain goes on: "
        "the rate may go on falling"
        for i, name in enumerate(free)
        if any(
            abs(x[i] - end) <= 1e-3 * abs(end) + 1e-12
            and not any(abs(end - e) <= 1e-9 * max(1.0, abs(e)) for e, _ in ends_of(domains[name]))
            for end in (axes[i].lower, axes[i].upper)
        )
    ]
    return Found(values, rate, _words(problem, list(free), known, powers), tuple(edges))


def _worst_inside(
    problem: Problem, x: np.ndarray, low: float, high: float
) -> tuple[float, np.ndarray]:
    """The worst radius on a fine grid of [low, high], with its peaks narrowed down, and the peaks' places."""
    grid = np.geomspace(low, high, _FINE) if high > low else np.array([low])

    def radii(curvatures: np.ndarray) -> np.ndarray:
        a, b = problem.parts(*x[:, None])
        below = a + b * curvatures
        companion = np.zeros((len(curvatures), len(below), len(below)))
        companion[:, np.arange(1, len(below)), np.arange(len(below) - 1)] = 1
        companion[:, 0, :] = -below.T
        return np.abs(np.linalg.eigvals(companion)).max(axis=-1)

    found = radii(grid)
    inner = np.flatnonzero((found[1:-1] >= found[:-2]) & (found[1:-1] >= found[2:])) + 1
    peaks = inner[np.argsort(found[inner])[-6:]]
    places = grid[peaks]
    for k, i in enumerate(peaks):
        left, right = grid[i - 1], grid[i + 1]
        for _ in range(3):
            closer = np.linspace(left, right, 41)
            j = int(np.argmax(radii(closer)))
            places[k] = closer[j]
            left, right = closer[max(j - 1, 0)], closer[min(j + 1, 40)]
    values = np.concatenate([found, radii(places)]) if len(places) else found
    return float(values.max()), places


def _words(
    problem: Problem, names: list[str], known: Mapping[str, Any], powers: tuple[int, ...] | None
) -> str:
    ranges = []
    for i, name in enumerate(names):
        axis, unit = problem.axes[i], 0 if powers is None else powers[i]
        shown = "" if not unit else "/L" if unit == -1 else f"*L^{unit}"
        ranges.append(f"{name} in [{axis.lower:.6g}{shown}, {axis.upper:.6g}{shown}]")
    start = f"started also from {named(list(known))}, which the rule can be" if known else (
        "started from no textbook rule: none was found that the rule can be")  # fmt: skip
    return (
        f"global search by differential evolution, {problem.evaluations} evaluations, over "
        f"{', '.join(ranges)}; {start}; not proved to be the best"
    )


__all__ = ["Found", "NoTuning", "ends_of", "search"]
