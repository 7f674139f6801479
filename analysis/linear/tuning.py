"""The best hyperparameters for one spectrum [μ, L]: in closed form where there is one, else searched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ...optimizers.domains import POSITIVE, Interval
from ...optimizers.errors import DomainError, UnknownName, shown
from ...optimizers.rule import Rule
from ..decision import Decision
from ..reals import float64, rational, real
from ..tracing import LAMBDA, LinearSystem, exact
from .closed_form import (
    H_MU,
    KAPPA,
    MU,
    TRIAL_KAPPA,
    ClosedTuning,
    L,
    NoTuning,
    Q,
    R,
    closed_tuning,
    in_field,
    root_conditions,
)
from .found import Found, ends_of, search
from .lower_bound import ONE_GRADIENT, one_gradient_bound, stays_put
from .points import ETA_LAMBDA
from .search import numerical_tuning, search_range
from .stability import stable_intervals


@dataclass(frozen=True)
class Tuning:
    """Optimal hyperparameters for one spectrum [μ, L].

    Attributes:
        values: ``lr`` (1/curvature) and the other hyperparameters by name.
        rate: the smallest possible spectral radius over the spectrum, per step.
        exact: the expressions in μ and L, empty where the optimum is numerical.
        method: ``"closed form"``, or ``"numerical"`` where a search found it.
        how: in words, how it was found, where was searched, from what, and what is not proved.
        lower_bound: a rate that no tuning of the rule goes below; None where none is known.
        bound_by: in words, what says so.
        at_ends: the hyperparameters that lie at an end of their domain, in words.
    """

    mu: Any
    L: Any
    values: Mapping[str, Any]
    rate: Any
    exact: Mapping[str, sp.Expr]
    closed: ClosedTuning | None = None
    method: str = "closed form"
    how: str = "the equations of the optimum, solved exactly for every L/mu"
    lower_bound: float | None = None
    bound_by: str = "none known"
    at_ends: tuple[str, ...] = ()

    @property
    def gap(self) -> float | None:
        """How far the rate is above :attr:`lower_bound`; None where none is known."""
        return None if self.lower_bound is None else max(float(self.rate) - self.lower_bound, 0.0)

    @property
    def lr(self) -> Any:
        return self.values["lr"]

    def __getitem__(self, name: str) -> Any:
        if not isinstance(name, str) or (name != "rate" and name not in self.values):
            raise UnknownName("tuned hyperparameter", name, [*self.values, "rate"])
        return self.rate if name == "rate" else self.values[name]

    def optimality(self, *, seconds: float = 10.0) -> dict[str, Decision]:
        """The proof that no other hyperparameters do better; see :class:`ClosedTuning`."""
        if self.closed is None:
            raise NoTuning("the optimum was found numerically; there is nothing to prove it by")
        return self.closed.optimality(seconds=seconds)

    def _repr_latex_(self) -> str:
        shown = {**self.values, "rate": self.rate}
        return r"$\displaystyle " + r",\; ".join(
            rf"\mathrm{{{k}}} = {sp.latex(v)}" for k, v in shown.items()
        ) + "$"  # fmt: skip


def check_spectrum(mu: Any, largest: Any) -> tuple[sp.Expr, sp.Expr]:
    """μ and L, exact, symbols as they are.

    Raises:
        DomainError: unless 0 < μ ≤ L are finite.
    """
    ends = []
    for name, value in (("mu", mu), ("L", largest)):
        if isinstance(value, sp.Expr) and value.free_symbols:
            ends.append(value)
            continue
        try:
            ends.append(rational(real(name, value, POSITIVE)))
        except DomainError as error:
            raise DomainError(name, error.value, f"0 < {name} < oo, {error.domain}") from None
    if not any(e.free_symbols for e in ends) and ends[0] > ends[1]:
        raise DomainError("mu", mu, f"0 < mu <= L, where L = {shown(largest)}")
    return ends[0], ends[1]


def rounded(
    mu: sp.Rational, largest: sp.Rational, values: Mapping[str, Any], closed: ClosedTuning
) -> Tuning:
    """The closed form's values at one spectrum in float64."""
    numbers = {k: float64(k, v) for k, v in values.items()}
    rate = numbers.pop("rate")
    return Tuning(mu, largest, numbers, rate, closed.exact, closed)


class Tuner:
    """Finds the best hyperparameters of one rule.

    Args:
        rule: the rule.
        system: its linear system, in λ.
        characteristic: its characteristic polynomial in z, with λ.
        free: the hyperparameters to tune, by name, those alone that enter it.
        reduced: the same in ηλ where η and λ enter only as their product, else None.
    """

    def __init__(
        self, rule: Rule, system: LinearSystem, characteristic: sp.Poly, free: Mapping[str, sp.Symbol],
        reduced: sp.Poly | None,
    ) -> None:  # fmt: skip
        self.rule, self.system, self.characteristic = rule, system, characteristic
        self.free, self.reduced = free, reduced
        self._searches: dict[Any, Found] = {}

    def best(self, mu: sp.Expr, largest: sp.Expr) -> Tuning:
        """The best for a spectrum that :func:`check_spectrum` gave; for symbols in closed form.

        Raises:
            NoTuning: nothing was found that is stable and in every domain, or float64 cannot hold it.
        """
        closed = self.closed
        if mu.free_symbols or largest.free_symbols:
            if closed is None:
                raise NoTuning(
                    f"rule {self.rule.name}: no closed form of the optimal tuning was found; "
                    "give mu and L as numbers"
                )
            numbers = {k: e.subs({MU: mu, L: largest}) for k, e in closed.exact.items()}
            rate = numbers.pop("rate")
            return Tuning(mu, largest, numbers, rate, closed.exact, closed)
        if closed is not None:
            at_ends = closed.at(mu, largest)
            if self._in_domains(at_ends, closed) and closed.attained(mu, largest):
                found = rounded(mu, largest, at_ends, closed)
                if self._proved or not self._better(mu, largest, found.rate):
                    self._check_offer(found)
                    return self._bounded(found)
        found = self._numerical(mu, largest)
        self._check_offer(found)
        return self._bounded(found)

    @cached_property
    def _proved(self) -> bool:
        """Whether z3 decides that the closed form is the optimum, for every spectrum."""
        assert self.closed is not None
        return all(d.holds for d in self.closed.optimality(seconds=2.0).values())

    def _bounded(self, found: Tuning) -> Tuning:
        """With what bounds it from below, and the ends of domains that it lies at."""
        bound, by = None, "none known"
        if found.closed is not None and self._proved:
            bound, by = (
                float(found.rate),
                "decided by z3 for every L/mu: no hyperparameters do better",
            )
        elif stays_put(self.system, self._point(found.values)):
            bound, by = one_gradient_bound(found.mu, found.L), ONE_GRADIENT
        ends = [
            f"{name} = {value!r} is at the end {end:g} of its domain"
            if closed
            else f"{name} = {value!r} is as near as was searched to {end:g}, an end that is not in its domain"
            for name, value in found.values.items()
            for end, closed in ends_of(self.rule.hyperparameters[name].domain)
            if abs(value - end) <= 1e-9 * max(1.0, abs(end)) and found.closed is None
        ]
        return replace(found, lower_bound=bound, bound_by=by, at_ends=(*ends, *found.at_ends))

    def _point(self, values: Mapping[str, Any]) -> dict[sp.Symbol, sp.Rational]:
        return {s: sp.Rational(values[k]) for k, s in self.free.items()}

    def _in_domains(self, values: Mapping[str, Any], closed: ClosedTuning) -> bool:
        """Whether each value, known to 40 digits, lies in its hyperparameter's domain."""
        slack = sp.Rational(1, 10**30)
        for name, value in values.items():
            domain = self.rule.hyperparameters[name].domain if name != "rate" else Interval()
            if not isinstance(domain, Interval):
                continue
            if not domain.lower - slack <= value <= domain.upper + slack:
                return False
            # An open end for every L/mu is no optimum; one that is only near it may be rounded to it.
            constant = closed.exact[name].is_number
            if constant and any(
                not own and abs(value - end) < slack for end, own in ends_of(domain)
            ):
                return False
        return True

    def _check_offer(self, found: Tuning) -> None:
        """Raise unless the numbers offered are in their domains and stable on all of [μ, L]."""
        kappa = mpmath.nstr(
            mpmath.mpf(int(found.L.p)) / int(found.L.q) * int(found.mu.q) / int(found.mu.p), 4
        )
        for name, value in found.values.items():
            if value not in self.rule.hyperparameters[name].domain:
                domain = self.rule.hyperparameters[name].domain.describe(name)
                raise NoTuning(
                    f"L/mu = {kappa}: the best {name} is {value!r} in float64, outside its domain {domain}"
                )
        if not found.rate < 1:
            raise NoTuning(
                f"L/mu = {kappa}: no tuning of rule {self.rule.name} was found whose rate float64 tells "
                "from 1"
            )
        stable = stable_intervals(self.characteristic, LAMBDA, self._point(found.values))
        if not any(a < found.mu and b > found.L for a, b in stable):
            raise NoTuning(
                f"L/mu = {kappa}: no tuning of rule {self.rule.name} was found that is stable on all of "
                "[mu, L] in float64"
            )

    def _better(self, mu: sp.Rational, largest: sp.Rational, rate: float) -> bool:
        """Whether a search finds a smaller rate than the closed form's: then that is not the optimum."""
        kappa = min(max(float64("L/mu", largest / mu), 1.0), 1e300)
        if not 1.001 < kappa < 1e4 or not 0.01 < rate < 0.999:
            return False
        found = self._searched(sp.Integer(1), rational(exact(kappa)), quick=True)
        return found.rate < rate - 1e-6

    @cached_property
    def closed(self) -> ClosedTuning | None:
        """The optimum in closed form, or None where none was found."""
        # Above degree 2 root conditions are not affine in the curvature.
        if self.reduced is None or self.reduced.degree() > 2 or "lr" not in self.free:
            return None
        try:
            found = self._searched(sp.Integer(1), sp.Integer(TRIAL_KAPPA), quick=True)
            others = {k: s for k, s in self.free.items() if k != "lr"}
            guess = np.array([found.values["lr"], *(found.values[k] for k in others), found.rate])
            names = {s: k for k, s in others.items()}
            return closed_tuning(self.reduced, ETA_LAMBDA, list(others.values()), names, guess)
        except NoTuning:
            return None

    def _numerical(self, mu: sp.Rational, largest: sp.Rational) -> Tuning:
        if largest / mu > 10**12:
            raise NoTuning(
                f"rule {self.rule.name}: no closed form of the optimal tuning was found, and a numerical "
                "search needs L/mu <= 1e12"
            )
        found = self._searched(mu, largest)
        return Tuning(
            mu,
            largest,
            found.values,
            found.rate,
            {},
            None,
            "numerical",
            found.how,
            at_ends=found.edges,
        )

    def _searched(self, mu: sp.Rational, largest: sp.Rational, *, quick: bool = False) -> Found:
        key = (mu, largest, quick)
        if key not in self._searches:
            domains = {k: self.rule.hyperparameters[k].domain for k in self.free}
            self._searches[key] = search(
                self.characteristic, self.free, domains, mu, largest, quick=quick
            )
        return self._searches[key]


__all__ = [
    "H_MU", "KAPPA", "MU", "ClosedTuning", "L", "NoTuning", "Q", "R", "Tuner", "Tuning", "check_spectrum",
    "closed_tuning", "in_field", "numerical_tuning", "root_conditions", "rounded", "search_range",
]  # fmt: skip
