"""The hyperparameters of the best guaranteed rate over all functions of a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.errors import DomainError, EigenstepError, RuleError
from ..linear.closed_form import NoTuning
from ..linear.search import Problem, axis_of, evolve, polish
from ..linear.tuning import Tuning
from ..linear.units import units
from .frequencies import Test, angles, one_multiplier, quadratic_rate, rates, roots_inside
from .theory import Theory
from .transfer import Transfer
from .verdicts import WorstCase, at_point

ANY_METHOD = "1 - sqrt(mu/L): no method of one gradient a step does better (Drori & Taylor 2022)"
_LARGEST_RATIO = 1e6
_COUNT = 121
"""Of angles."""


@dataclass(frozen=True)
class WorstCaseTuning:
    """The best guaranteed rate that was found over all L-smooth μ-strongly convex functions.

    Attributes:
        values: the hyperparameters by name.
        rate: the certified rate there, an upper bound for every function of the class.
        worst_case: the worst case at these values, with its certificate.
        lower_bound: a rate that no tuning of the rule goes below.
        bound_by: in words, what says so.
        on_quadratics: the rate of these values on quadratics.
        quadratic: the optimum on quadratics, None where there is none.
        quadratic_worst_case: what that costs on all functions, None where there is none.
        how: in words, how it was found.
    """

    mu: float
    L: float
    values: Mapping[str, float]
    rate: float
    worst_case: WorstCase
    lower_bound: float
    bound_by: str
    on_quadratics: float
    quadratic: Tuning | None
    quadratic_worst_case: WorstCase | None
    how: str

    @property
    def gap(self) -> float:
        """How far the rate is above :attr:`lower_bound`."""
        return max(self.rate - self.lower_bound, 0.0)

    @property
    def lr(self) -> float:
        return self.values["lr"]

    def __getitem__(self, name: str) -> float:
        return self.rate if name == "rate" else self.values[name]


@dataclass
class _Certified(Problem):
    """Minimize the rate certified by one multiplier; L = 1."""

    found: Transfer = field(kw_only=True)
    names: tuple[str, ...] = field(kw_only=True)
    ratio: float = field(kw_only=True)
    tolerance: float = field(default=1e-6, kw_only=True)

    def __post_init__(self) -> None:
        phi = angles(_COUNT, self.ratio)
        self.table = np.cos(np.arange(self.found.order + 2)[:, None] * phi)

    def polynomials_at(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x = self.at(u)
        N, D = self.found.at({k: x[:, i] for i, k in enumerate(self.names)})
        shape = (len(u), self.found.order + 1)
        return np.broadcast_to(N, shape), np.broadcast_to(D, shape), np.full(len(u), self.ratio)

    def values(self, u: np.ndarray) -> np.ndarray:
        """The rate, above 1 where there is none: the more, the faster it diverges on quadratics."""
        self.evaluations += len(u)
        with np.errstate(all="ignore"):
            rate, _, quadratic = rates(
                *self.polynomials_at(u), tolerance=self.tolerance, count=_COUNT
            )
        return np.where(np.isfinite(rate), rate, 1 + np.nan_to_num(quadratic, nan=np.inf))

    def better(self, u: np.ndarray, than: np.ndarray) -> np.ndarray:
        self.evaluations += len(u)
        N, D, ratio = self.polynomials_at(u)
        found = np.zeros(len(u), bool)
        with np.errstate(all="ignore"):
            quadratic = quadratic_rate(N, D, ratio)
            far = than >= 1
            if far.any():
                found[far] = self.values(u[far]) < than[far]
            near = np.flatnonzero(~far & (quadratic < than))
            if len(near):
                test = Test(N[near], D[near], ratio[near])
                passes = one_multiplier(test, than[near], self.table)[0]
                found[near] = passes & roots_inside(test.P, than[near])
        return found


def best_over_all(theory: Theory, mu: sp.Expr, largest: sp.Expr) -> WorstCaseTuning:
    """Search for the smallest certified rate; see ``Derivation.tuning(over="all")``.

    Raises:
        DomainError: not 0 < μ < L, or L/μ > 10⁶.
        RuleError: no free hyperparameter enters, or the rule is none that worst cases are known of.
        NoTuning: nothing was found that is certified.
    """
    if mu.free_symbols or largest.free_symbols:
        raise DomainError("mu", mu, "a number: over all functions nothing is tuned in symbols")
    if not mu < largest:
        raise DomainError("mu", mu, f"0 < mu < L, where L = {largest}")
    ratio = float(mu / largest)
    if ratio < 1 / _LARGEST_RATIO:
        raise DomainError("L/mu", f"{1 / ratio:g}", f"at most {_LARGEST_RATIO:g}")
    found = theory.transfer
    names = tuple(found.symbols)
    if not names:
        raise RuleError(f"rule {theory.rule.name} has no free hyperparameter to tune")
    quadratic = _quadratic(theory, mu, largest)
    powers = _powers(theory, found)
    if powers is None:
        raise RuleError(
            f"rule {theory.rule.name}: its hyperparameters have no units, so that L is not 1"
        )
    domains = {k: theory.rule.hyperparameters[k].domain for k in names}
    axes = [axis_of(k, domains[k], powers[i], 1 / ratio) for i, k in enumerate(names)]
    problem = _Certified(None, axes, np.array([1.0]), found=found, names=names, ratio=ratio)  # type: ignore[arg-type]
    scale = float(largest)
    starts = []
    if quadratic is not None and set(names) <= set(quadratic.values):
        x = [float(quadratic.values[k]) / scale ** powers[i] for i, k in enumerate(names)]
        starts.append(np.array([a.inverse(v) for a, v in zip(axes, x, strict=True)]))
    u = evolve(problem, starts, generations=90, size=24 + 14 * len(axes))
    problem.tolerance = 1e-11
    candidates = np.stack([u, *starts])
    order = np.argsort(problem.values(candidates))
    u, _ = min((polish(problem, candidates[i], rounds=110) for i in order[:2]), key=lambda f: f[1])
    x = problem.at(u[None])[0]
    values = {k: float(f"{x[i] * scale ** powers[i]:.12g}") for i, k in enumerate(names)}
    here = _asked(theory, mu, largest, values)
    costs = None
    if quadratic is not None:
        own = {k: v for k, v in quadratic.values.items() if k in names}
        costs = _asked(theory, mu, largest, own)
        if costs is not None and (here is None or costs.rate[1] <= here.rate[1] + 1e-7):
            values, here = {k: float(v) for k, v in own.items()}, costs
    if here is None or here.certificate is None or not here.rate[1] < 1:
        raise NoTuning(
            f"rule {theory.rule.name}: nothing was found that is certified to converge on all of the class"
        )
    any_method = float(np.nextafter(1 - ratio**0.5, 0))
    bound, by = any_method, ANY_METHOD
    if quadratic is not None and (quadratic.lower_bound or 0) > bound:
        bound, by = float(quadratic.lower_bound or 0), f"on quadratics: {quadratic.bound_by}"
    on_quadratics = _on_quadratics(found, values, scale, ratio)
    how = (
        f"global search by differential evolution, {problem.evaluations} evaluations of the rate "
        "certified by one multiplier; the rate at what it found is certified exactly; not proved best"
    )
    return WorstCaseTuning(
        float(mu),
        scale,
        values,
        here.rate[1],
        here,
        bound,
        by,
        on_quadratics,
        quadratic,
        costs,
        how,
    )


def _powers(theory: Theory, found: Transfer) -> tuple[int, ...] | None:
    """The unit of each hyperparameter that enters, as a power of curvature."""
    coefficients = theory._acting_characteristic.all_coeffs()[1:]
    return units(coefficients, list(found.symbols.values()))


def _quadratic(theory: Theory, mu: sp.Expr, largest: sp.Expr) -> Tuning | None:
    try:
        return theory.tuning(mu, largest)
    except EigenstepError:
        return None


def _asked(
    theory: Theory, mu: sp.Expr, largest: sp.Expr, values: Mapping[str, Any]
) -> WorstCase | None:
    """The worst case at float64 values, each taken as the decimal that it is written as."""
    try:
        exactly = {k: sp.Rational(repr(float(v))) for k, v in values.items()}
        return at_point(theory, theory.transfer, mu, largest, exactly)
    except EigenstepError:
        return None


def _on_quadratics(
    found: Transfer, values: Mapping[str, float], scale: float, ratio: float
) -> float:
    N, D = found.at(values)
    N = np.broadcast_to(N, D.shape) * scale
    return float(quadratic_rate(np.atleast_2d(N), np.atleast_2d(D), np.array([ratio]))[0])


__all__ = ["WorstCaseTuning", "best_over_all"]
