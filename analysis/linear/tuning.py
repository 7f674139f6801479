"""The best hyperparameters for one spectrum [μ, L]: in closed form where there is one, else searched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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
from ..tracing import exact
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
from .points import ETA_LAMBDA
from .search import numerical_tuning, search_range
from .spectrum import SpectralRadius


@dataclass(frozen=True)
class Tuning:
    """Optimal hyperparameters for one spectrum [μ, L].

    Attributes:
        values: ``lr`` (1/curvature) and the other hyperparameters by name.
        rate: the smallest possible spectral radius over the spectrum, per step.
        exact: the expressions in μ and L, empty where the optimum is numerical.
        method: ``"closed form"``, or ``"numerical"`` where a search found it.
        how: in words, where was searched, and that nothing was proved.
    """

    mu: Any
    L: Any
    values: Mapping[str, Any]
    rate: Any
    exact: Mapping[str, sp.Expr]
    closed: ClosedTuning | None = None
    method: str = "closed form"
    how: str = "the equations of the optimum, solved exactly for every L/mu"

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
        rule: one with a learning rate that enters through ηλ.
        order: of its iteration matrix.
        free: the hyperparameters to tune beside the learning rate, by name.
        polynomial: the characteristic polynomial in z, with ηλ.
        radius: the spectral radius as a function of ηλ and ``free``.
        stable_intervals: the exact intervals of stable ηλ at values of ``free``.
    """

    def __init__(
        self, rule: Rule, order: int, free: Mapping[str, sp.Symbol], polynomial: sp.Poly,
        radius: SpectralRadius,
        stable_intervals: Callable[[Mapping[sp.Symbol, Any]], list[tuple[Any, Any]]],
    ) -> None:  # fmt: skip
        self.rule, self.order, self.free = rule, order, free
        self.polynomial, self.radius = polynomial, radius
        self.stable_intervals = stable_intervals
        self._searches: dict[float, tuple[np.ndarray, str]] = {}

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
            if self._in_domains(at_ends) and closed.attained(mu, largest):
                found = rounded(mu, largest, at_ends, closed)
                if not self._better(mu, largest, found.rate):
                    self._check_offer(found)
                    return found
        found = self._numerical(mu, largest)
        self._check_offer(found)
        return found

    def _in_domains(self, values: Mapping[str, Any]) -> bool:
        """Whether each value, known to 40 digits, lies in its hyperparameter's domain or at its end."""
        slack = sp.Rational(1, 10**30)
        for name, value in values.items():
            domain = self.rule.hyperparameters[name].domain if name != "rate" else Interval()
            if isinstance(domain, Interval) and not (
                domain.lower - slack <= value <= domain.upper + slack
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
        numbers = {k: sp.Rational(v) for k, v in found.values.items()}
        ends = [numbers["lr"] * end for end in (found.mu, found.L)]
        point = {s: numbers[k] for k, s in self.free.items()}
        stable = self.stable_intervals(point)
        if not any(a < ends[0] and ends[1] < b for a, b in stable):
            raise NoTuning(
                f"L/mu = {kappa}: no tuning of rule {self.rule.name} was found that is stable on all of "
                "[mu, L] in float64"
            )

    def _better(self, mu: sp.Rational, largest: sp.Rational, rate: float) -> bool:
        """Whether a search finds a smaller rate than the closed form's: then that is not the optimum."""
        kappa = min(max(float64("L/mu", largest / mu), 1.0), 1e300)
        if not 1.001 < kappa < 1e4 or not 0.01 < rate < 0.999:
            return False
        return float(self._searched(kappa)[0][-1]) < rate - 1e-6

    @cached_property
    def closed(self) -> ClosedTuning | None:
        """The optimum in closed form, or None where none was found."""
        if self.polynomial.degree() > 2:  # root conditions are then not affine in the curvature
            return None
        try:
            guess = self._searched(float(TRIAL_KAPPA))[0]
            symbols = list(self.free.values())
            names = {s: k for k, s in self.free.items()}
            return closed_tuning(self.polynomial, ETA_LAMBDA, symbols, names, guess)
        except NoTuning:
            return None

    def _numerical(self, mu: sp.Rational, largest: sp.Rational) -> Tuning:
        kappa = largest / mu
        if kappa > 10**12:
            raise NoTuning(
                f"rule {self.rule.name}: no closed form of the optimal tuning was found, and a numerical "
                "search needs L/mu <= 1e12"
            )
        point, how = self._searched(float(kappa))
        others = [float(v) for v in point[1:-1]]
        lr = float64("lr", rational(exact(float(point[0]))) / mu)
        curvatures = np.geomspace(1.0, float(kappa), 2001)
        worst = self.radius.unguarded(float(point[0]) * curvatures, *others)
        values = dict(zip(("lr", *self.free), [lr, *others], strict=True))
        return Tuning(mu, largest, values, float(np.max(worst)), {}, None, "numerical", how)

    def _searched(self, kappa: float) -> tuple[np.ndarray, str]:
        """The best of a search over curvatures from 1 to κ, and in words where was searched."""
        if kappa not in self._searches:
            box = {k: search_range(k, self.rule.hyperparameters[k].domain) for k in self.free}
            lower, upper = [b[0] for b in box.values()], [b[1] for b in box.values()]
            found = numerical_tuning(
                self.radius.unguarded, lower, upper, 1.0, kappa, order=self.order
            )
            ranges = [f"{k} in [{a:.6g}, {b:.6g}]" for k, (a, b) in box.items()]
            how = ", ".join(
                ["searched on a grid that closes in, over lr in [0.01/L, 100/mu]", *ranges]
            )
            self._searches[kappa] = found, how + "; not proved to be the best"
        return self._searches[kappa]


__all__ = [
    "H_MU", "KAPPA", "MU", "ClosedTuning", "L", "NoTuning", "Q", "R", "Tuner", "Tuning", "check_spectrum",
    "closed_tuning", "in_field", "numerical_tuning", "root_conditions", "rounded", "search_range",
]  # fmt: skip
