"""Everything that follows from a rule that is linear in its state and gradient."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ..optimizers.domains import Interval
from ..optimizers.errors import DomainError, Missing, RuleError, UnknownName
from ..optimizers.rule import Rule
from . import expressions, spectrum, stability, tuning
from .decision import decide
from .iterate import Iterate
from .noise import StationaryNoise, stationary_noise
from .stability import StabilityRegion, Z
from .tracing import ETA, LAMBDA, LinearSystem, Trace, exact, symbol_of, trace
from .transient import TransientGrowth, transient_growth

ETA_LAMBDA = sp.Symbol("eta_lambda", real=True)
"""The product ηλ, dimensionless."""


class Derivation:
    """The theory of one linear rule; everything is computed on first use and kept.

    The matrix acts on ξ = (state, θ), θ last. ``lr`` (η) carries 1/curvature, ``curvature`` (λ)
    is that of ½λx², and ``eta_lambda`` is their product, dimensionless.
    """

    def __init__(self, rule: Rule, fixed: Mapping[str, Any]) -> None:
        self.rule = rule
        self.trace: Trace = trace(rule, **fixed)
        self.system: LinearSystem = self.trace.system

    def __repr__(self) -> str:
        return f"<theory of {self.rule.name}: order {self.system.order}>"

    @property
    def equations(self) -> tuple[sp.Eq, ...]:
        """The update equations, state first."""
        return self.trace.equations

    @cached_property
    def matrix(self) -> sp.Matrix:
        """The iteration matrix A + λBC on ½λx², acting on (state, θ)."""
        return self.system.iteration_matrix()

    @cached_property
    def _characteristic(self) -> sp.Poly:
        """det(zI − R), monic, in η and λ."""
        matrix = DomainMatrix.from_Matrix(self.matrix).to_field()
        coefficients = [matrix.domain.to_sympy(c) for c in matrix.charpoly()]
        return sp.Poly(coefficients, Z)

    @cached_property
    def characteristic_polynomial(self) -> sp.Expr:
        """det(zI − R) as an expression in z, η, λ and the hyperparameters."""
        return self._characteristic.as_expr()

    @cached_property
    def eigenvalues(self) -> tuple[sp.Expr, ...]:
        """The eigenvalues; empty where an irreducible factor has a degree above 2."""
        return spectrum.eigenvalues(self._characteristic)

    @cached_property
    def _reduced(self) -> sp.Poly | None:
        """The characteristic polynomial in ηλ, where η and λ enter only through their product."""
        coefficients = [
            sp.cancel(c.subs(LAMBDA, ETA_LAMBDA / ETA)) for c in self._characteristic.all_coeffs()
        ]
        if any(ETA in c.free_symbols for c in coefficients):
            return None
        return sp.Poly(coefficients, Z)

    @property
    def variable(self) -> sp.Symbol:
        """ηλ where the eigenvalues depend on η and λ only through their product, else λ."""
        return LAMBDA if self._reduced is None else ETA_LAMBDA

    @property
    def _polynomial(self) -> sp.Poly:
        return self._characteristic if self._reduced is None else self._reduced

    @cached_property
    def free(self) -> dict[str, sp.Symbol]:
        """The free hyperparameters that enter the eigenvalues beside ηλ, by argument name."""
        present = self._polynomial.free_symbols_in_domain
        return {k: s for k, s in self.trace.free.items() if s in present}

    @property
    def _names(self) -> dict[sp.Symbol, str]:
        variable = "curvature" if self.variable == LAMBDA else "eta_lambda"
        return {self.variable: variable, **{s: k for k, s in self.free.items()}}

    @cached_property
    def _domain(self) -> tuple[Any, ...]:
        return stability.domain_relations([self.rule.hyperparameters[k] for k in self.free])

    @cached_property
    def stability(self) -> StabilityRegion:
        """Where all eigenvalues lie in the open unit disk."""
        conditions = stability.jury_conditions(self._polynomial.all_coeffs())
        inequalities, minimal = stability.minimal_inequalities(conditions, self._domain)
        return StabilityRegion(
            variable=self.variable, parameters=tuple(self.free.values()), names=self._names,
            inequalities=inequalities, domain=self._domain, minimal=minimal,
            polynomial=self._polynomial, display={ETA_LAMBDA: ETA * LAMBDA},
        )  # fmt: skip

    @cached_property
    def limit(self) -> sp.Expr:
        """The largest stable ηλ, exactly: every ηλ between 0 and it is stable.

        Raises:
            RuleError: there is no stable interval that begins at 0, or no expression for its end.
        """
        found = stability.largest_stable(self.stability)
        if found is None:
            raise RuleError(f"rule {self.rule.name} has no stable interval of steps beginning at 0")
        return found

    def stable_interval(self, **values: Any) -> tuple[float, float]:
        """The interval of stable ηλ nearest to 0 from above, at given hyperparameter values.

        Raises:
            RuleError: no positive ηλ is stable.
        """
        point = {s: exact(v) for s, v in self._point(values).items()}
        for lower, upper in self.stability.intervals(point):
            if upper > 0:
                return max(float(lower), 0.0), float(upper)
        raise RuleError(f"rule {self.rule.name} is stable for no positive step at these values")

    @cached_property
    def _radius(self) -> spectrum.SpectralRadius:
        return spectrum.SpectralRadius(self._polynomial, (self.variable, *self.free.values()))

    def spectral_radius(self, **values: Any) -> Any:
        """The largest modulus of an eigenvalue; arrays broadcast.

        Args:
            values: ``eta_lambda`` (or both ``lr`` and ``curvature``) and each free
                hyperparameter by name, as numbers or arrays.

        Raises:
            UnknownName, DomainError: naming the parameter, its value and its domain.

        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> derive(heavy_ball).spectral_radius(eta_lambda=[1.0, 3.8], beta=0.9).round(6)
        array([0.948683, 1.      ])
        """
        return self._radius.evaluate(*self._bind(values))

    @property
    def spectral_radius_expression(self) -> sp.Expr | None:
        """The closed form of the spectral radius, None above degree 2."""
        return self._radius.expression

    def eigenvalues_at(self, **values: Any) -> np.ndarray:
        """The eigenvalues as complex numbers on the last axis; arguments as in spectral_radius."""
        return self._radius.eigenvalues(*self._bind(values))

    @cached_property
    def critical_damping(self) -> dict[str, tuple[sp.Expr, ...]]:
        """For each free hyperparameter, its values at which two eigenvalues coincide, in ηλ.

        Only solutions that lie in the hyperparameter's domain for some stable ηλ are kept.
        """
        if self._polynomial.degree() != 2:
            return {}
        root = sp.Symbol("root_h", positive=True)
        squared = spectrum.discriminant(self._polynomial).subs(self.variable, root**2)
        factors = sp.factor_list(sp.fraction(sp.together(squared))[0])[1]
        found = {}
        for name, symbol in self.free.items():
            interval = self.rule.hyperparameters[name].domain
            kept = []
            for factor, _ in factors:
                for solution in sp.roots(sp.Poly(factor, symbol)) if factor.has(symbol) else ():
                    others = {s: sp.Rational(1, 3) for s in solution.free_symbols - {root}}
                    trials = [
                        sp.N(solution.subs({**others, root: sp.Rational(k, 8)})) for k in (2, 4, 7)
                    ]
                    if all(v.is_real and float(v) in interval for v in trials):
                        shown = stability.positive_factors(solution, {root: sp.Rational(1, 2)})
                        kept.append(shown.subs(root, sp.sqrt(self.variable)))
            if kept:
                found[name] = tuple(kept)
        return found

    def tuning(self, mu: Any = tuning.MU, L: Any = tuning.L) -> tuning.Tuning:
        """The hyperparameters of smallest worst-case spectral radius over the spectrum [μ, L].

        Args:
            mu, L: the smallest and largest curvature, 0 < μ ≤ L, numbers or symbols.

        Returns:
            A :class:`~eigenstep.analysis.tuning.Tuning`. Where no closed form is found its
            ``exact`` is empty and the optimum is numerical (to about 1e-6).

        Raises:
            DomainError: μ or L is not positive and finite, or μ > L.
            RuleError: the rule has no learning rate that enters through ηλ.

        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> best = derive(heavy_ball).tuning(mu=1, L=100)
        >>> round(best["beta"], 6), round(best.rate, 6)
        (0.669421, 0.818182)
        """
        tuning.check_spectrum(mu, L)
        if self._reduced is None or "lr" not in self.trace.free:
            raise RuleError(f"rule {self.rule.name} has no free learning rate to tune")
        closed = self.closed_tuning
        if closed is None:
            if any(isinstance(v, sp.Basic) and v.free_symbols for v in (mu, L)):
                raise tuning.NoTuning(
                    f"rule {self.rule.name}: no closed form of the optimal tuning was found; "
                    "give mu and L as numbers"
                )
            found = self._numerical_tuning(float(mu), float(L))
            values = dict(zip(("lr", *self.free), map(float, found), strict=False))
            return tuning.Tuning(mu, L, values, float(found[-1]), {})
        ends = {tuning.MU: exact(mu), tuning.L: exact(L)}
        numbers = {k: e.subs(ends) for k, e in closed.exact.items()}
        if not any(e.free_symbols for e in numbers.values()):
            numbers = {k: float(e) for k, e in numbers.items()}
        rate = numbers.pop("rate")
        return tuning.Tuning(mu, L, numbers, rate, closed.exact, closed)

    @cached_property
    def closed_tuning(self) -> tuning.ClosedTuning | None:
        """The optimum in closed form, or None where none was found."""
        try:
            guess = self._numerical_tuning(1.0, float(tuning._TRIAL_KAPPA))
            symbols = list(self.free.values())
            names = {s: k for k, s in self.free.items()}
            return tuning.closed_tuning(self._polynomial, ETA_LAMBDA, symbols, names, guess)
        except tuning.NoTuning:
            return None

    def _numerical_tuning(self, mu: float, largest: float) -> np.ndarray:
        ends = [self.rule.hyperparameters[k].domain for k in self.free]
        lower = [max(d.lower, -10.0) if isinstance(d, Interval) else 0.0 for d in ends]
        upper = [min(d.upper, 10.0) if isinstance(d, Interval) else 1.0 for d in ends]
        return tuning.numerical_tuning(
            self._radius.evaluate, lower, upper, mu, largest, order=self.system.order
        )

    @cached_property
    def iterate(self) -> Iterate:
        """R^t for a symbolic number of steps t, double root included."""
        arguments = {"curvature": LAMBDA, **self.trace.free}
        return Iterate(self.matrix, self._characteristic, arguments)

    @cached_property
    def noise(self) -> StationaryNoise:
        """Stationary covariance under gradient noise, and mean-square stability."""
        return stationary_noise(self.system, {"curvature": LAMBDA, **self.trace.free}, self._domain)

    def stationary_variance(self, **values: Any) -> float:
        """The variance of θ around the minimizer for unit gradient noise, in parameter²/gradient².

        Args:
            values: ``lr``, ``curvature`` and each free hyperparameter by name.

        Raises:
            DomainError: a value is outside its domain, or ηλ outside the stable interval.
        """
        point = self._stable_point(values)
        arguments = {"curvature": LAMBDA, **self.trace.free}
        return float(self.noise.variance.subs({arguments[k]: exact(v) for k, v in point.items()}))

    def numeric_matrix(self, **values: Any) -> np.ndarray:
        """The iteration matrix at ``lr``, ``curvature`` and the hyperparameters, float64."""
        point = self._physical(values)
        arguments = {"curvature": LAMBDA, **self.trace.free}
        return np.array(self.matrix.subs({arguments[k]: exact(v) for k, v in point.items()}), float)

    @cached_property
    def scaling(self) -> tuple[int, ...]:
        """Powers k of η for which each state entry, times η^k, has the parameter's unit.

        In these coordinates the iteration matrix depends on η and λ only through ηλ.
        """
        powers = []
        last = self.matrix.rows - 1
        for i in range(last):
            for k in (0, 1, -1, 2, -2):
                entry = (self.matrix[i, last] * ETA**k).subs(LAMBDA, ETA_LAMBDA / ETA)
                if ETA not in sp.cancel(entry).free_symbols and entry != 0:
                    powers.append(k)
                    break
            else:
                powers.append(0)
        return (*powers, 0)

    def transient_growth(self, **values: Any) -> TransientGrowth:
        """The maximum over t of ‖R^t‖₂, in coordinates where every entry has the parameter's unit.

        Arguments as for :meth:`spectral_radius`, numbers only; the point must be stable.
        """
        point = self._stable_point(values)
        scale = np.array([float(point["lr"]) ** k for k in self.scaling])
        return transient_growth(scale[:, None] * self.numeric_matrix(**point) / scale)

    def _stable_point(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``lr``, ``curvature`` and the free hyperparameters, checked to be stable."""
        point = self._physical(values)
        if self._stable(point):
            return point
        if float(point["curvature"]) <= 0:
            raise DomainError("curvature", point["curvature"], "0 < curvature")
        raise DomainError("lr", point.get("lr", "fixed"), self._stable_domain(point))

    def _stable(self, point: Mapping[str, Any]) -> bool:
        names = {**point, "eta_lambda": float(point.get("lr", 1)) * float(point["curvature"])}
        return bool(self.stability.contains(**{n: float(names[n]) for n in self._names.values()}))

    def _stable_domain(self, point: Mapping[str, Any]) -> str:
        lower, upper = self.stable_interval(**{k: point[k] for k in self.free})
        if self.variable == LAMBDA:
            return f"stable only for {lower:g} < curvature < {upper:g}"
        curvature = float(point["curvature"])
        return f"{lower / curvature:g} < lr < {upper / curvature:g} at curvature {curvature:g}"

    def _check_known(self, values: Mapping[str, Any]) -> None:
        for name in values:
            if name not in ("eta_lambda", "curvature", "lr") and name not in self.trace.free:
                known = ["eta_lambda", "lr", "curvature", *self.trace.free]
                raise UnknownName(f"free parameter of {self.rule.name}", name, dict.fromkeys(known))

    def _point(self, values: Mapping[str, Any]) -> dict[sp.Symbol, Any]:
        """The free hyperparameters beside ηλ, checked against their domains."""
        self._check_known(values)
        point = {}
        for name, symbol in self.free.items():
            if name not in values:
                domain = self.rule.hyperparameters[name].domain.describe(name)
                raise Missing(name, domain)
            self.rule.hyperparameters[name].check(float(values[name]))
            point[symbol] = values[name]
        return point

    def _physical(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``lr``, ``curvature`` and every free hyperparameter; ``eta_lambda`` means λ = 1."""
        given = dict(values)
        self._check_known(given)
        if "eta_lambda" in given and "lr" not in given and "curvature" not in given:
            given |= {"lr": given.pop("eta_lambda"), "curvature": 1}
        point = {}
        for name in ("curvature", *self.trace.free):
            if name not in given:
                raise Missing(name, "a finite number")
            number = float(given[name])
            if name == "curvature" and not np.isfinite(number):
                raise DomainError(name, given[name], "a finite number")
            if name != "curvature":
                self.rule.hyperparameters[name].check(number)
            point[name] = given[name]
        return point

    def _bind(self, values: Mapping[str, Any]) -> list[np.ndarray]:
        """Arrays for the variable and the free hyperparameters, checked."""
        given = dict(values)
        self._check_known(given)
        name = self._names[self.variable]
        if name == "eta_lambda" and name not in given and {"lr", "curvature"} <= given.keys():
            given[name] = np.multiply(given.pop("lr"), given.pop("curvature"))
        arrays = []
        for symbol in (self.variable, *self.free.values()):
            key = self._names[symbol]
            domain = self.rule.hyperparameters[key].domain if key in self.free else Interval()
            if key not in given:
                raise Missing(key, domain.describe(key))
            array = np.asarray(given.pop(key), float)
            if array.size == 0:
                raise DomainError(key, "empty", domain.describe(key))
            ends = (float(array.min()), float(array.max()))
            outside = [v for v in ends if v not in domain]
            if outside:
                raise DomainError(key, outside[0], domain.describe(key))
            arrays.append(array)
        return arrays

    def _repr_latex_(self) -> str:
        lines = [sp.latex(e) for e in self.equations]
        lines += [rf"R = {sp.latex(self.matrix)}", self.stability.latex()]
        return r"$\displaystyle \begin{gathered}" + r"\\".join(lines) + r"\end{gathered}$"


def derive(rule: Rule, /, **hyperparameters: Any) -> Derivation:
    r"""Derive the theory of a rule by running it on symbols.

    Args:
        rule: any :class:`~eigenstep.optimizers.rule.Rule`, a user's own included, that is linear
            in its parameter, state and gradient.
        hyperparameters: values for some, which are then no longer free: numbers, choices, or
            expressions in the other hyperparameters (SymPy, or text such as ``"beta"``).

    Returns:
        The :class:`Derivation`, cached for the same arguments.

    Raises:
        RuleError: the rule is not linear.
        DomainError, UnknownName: a value outside its domain, a name that does not exist.

    >>> from eigenstep.optimizers.rules import heavy_ball
    >>> theory = derive(heavy_ball)
    >>> theory.matrix
    Matrix([
    [     beta,          lambda],
    [-beta*eta, -eta*lambda + 1]])
    >>> theory.limit
    2*beta + 2
    >>> derive(heavy_ball, dampening="beta").limit
    (2*beta + 2)/(1 - beta)
    """
    if not isinstance(rule, Rule):
        raise RuleError(f"derive takes a rule (see eigenstep.optimizers.rule), got {rule!r}")
    symbols = {k: symbol_of(h) for k, h in rule.hyperparameters.items() if not h.is_choice}
    for name in hyperparameters:
        rule._check_name(name)
    fixed = {
        k: expressions.parse(v, symbols)
        if isinstance(v, str) and not rule.hyperparameters[k].is_choice
        else v
        for k, v in hyperparameters.items()
    }
    return _derive(rule, tuple(sorted(fixed.items(), key=lambda item: item[0])))


@lru_cache(maxsize=256)
def _derive(rule: Rule, fixed: tuple[tuple[str, Any], ...]) -> Derivation:
    return Derivation(rule, dict(fixed))


__all__ = ["ETA_LAMBDA", "Derivation", "decide", "derive"]
