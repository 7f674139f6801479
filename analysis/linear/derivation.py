"""Everything that follows from a rule that is linear in its state and gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property, lru_cache
from typing import Any, Literal, overload

import mpmath
import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ...optimizers.errors import DomainError, EigenstepError, RuleError, shown
from ...optimizers.rule import Rule
from ..decision import decide
from ..reals import float64, rational
from ..settings import resolve
from ..tracing import ETA, LAMBDA, LinearSystem, Trace, trace
from ..updates import latex_of, text_of
from ..worst_case.asking import worst_case
from ..worst_case.best import WorstCaseTuning, best_over_all
from ..worst_case.boxes import Boxes, certify_boxes
from ..worst_case.maps import WorstCaseMap
from ..worst_case.transfer import Transfer, transfer
from ..worst_case.verdicts import WorstCase
from . import spectrum, stability
from .closed_form import MU, ClosedTuning, L
from .damping import critical_damping
from .first_exit import FirstExit
from .high_powers import scaled
from .iterate import Iterate
from .noise import StationaryNoise, stationary_noise
from .passive import acting, resting, without_passive
from .points import ETA_LAMBDA, Points, all_exact
from .signs import Signs
from .stability import StabilityRegion, Z
from .transient import TransientGrowth, scaling, transient_growth
from .tuning import Tuner, Tuning, check_spectrum


class NoClosedLimit(RuleError):
    """The largest stable step is a root of a polynomial, which the error names, and no expression."""


class Derivation:
    """The theory of one linear rule; everything is computed on first use and kept.

    The matrix acts on ξ = (state, θ), θ last. ``lr`` (η) carries 1/curvature, ``curvature`` (λ)
    is that of ½λx², and ``eta_lambda`` is their product, dimensionless.
    """

    def __init__(self, rule: Rule, fixed: Mapping[str, Any]) -> None:
        self.rule = rule
        self._fixed = dict(fixed)
        self.trace: Trace = trace(rule, **fixed)
        self.system: LinearSystem = self.trace.system

    def __reduce__(self) -> Any:
        """Pickled as what it was derived from; what was computed is computed again on first use."""
        return _derive, (self.rule, tuple(self._fixed.items()))

    def __repr__(self) -> str:
        return f"<theory of {self.rule.name}: order {self.system.order}>"

    @property
    def equations(self) -> tuple[sp.Eq, ...]:
        """The update equations, state first."""
        return self.trace.equations

    @cached_property
    def update(self) -> list[str]:
        """The update as its code has it, line by line, as text: ``θ ← θ − η·v``."""
        return text_of(self.rule, self._fixed)

    @cached_property
    def latex_update(self) -> list[str]:
        """The same in LaTeX, aligned at ``&``."""
        return latex_of(self.rule, self._fixed)

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

    @cached_property
    def apart(self) -> tuple[str, ...]:
        """States on which no step depends, where some stay put (an eigenvalue 1 at every step).

        Stability, radius, tuning and noise are those of the rest.
        """
        if not resting(self.system):
            return ()
        kept = acting(self.system)
        return tuple(str(s) for i, s in enumerate(self.system.state) if i not in kept)

    @cached_property
    def acting_system(self) -> LinearSystem:
        """The system of what acts, where some states stay put; else the whole."""
        return without_passive(self.system) if self.apart else self.system

    @cached_property
    def _acting_characteristic(self) -> sp.Poly:
        """The characteristic polynomial without the eigenvalues 1 of states that do not act."""
        count = resting(self.system)
        return (
            self._characteristic.quo(sp.Poly((Z - 1) ** count, Z))
            if count
            else self._characteristic
        )

    @cached_property
    def _polynomial(self) -> sp.Poly:
        if self._reduced is None:
            return self._acting_characteristic
        count = resting(self.system)
        return self._reduced.quo(sp.Poly((Z - 1) ** count, Z)) if count else self._reduced

    @cached_property
    def free(self) -> dict[str, sp.Symbol]:
        """The free hyperparameters that enter the eigenvalues beside ηλ, by argument name."""
        present = self._polynomial.free_symbols_in_domain
        return {k: s for k, s in self.trace.free.items() if s in present}

    @cached_property
    def points(self) -> Points:
        """What checks the values that theory is asked at."""
        return Points(self.trace, self.free, self.variable)

    def _check_conditions(self, point: Mapping[sp.Symbol, Any]) -> None:
        self.points.check_conditions(point)

    @cached_property
    def conditions(self) -> tuple[Any, ...]:
        """What domains ask of expressions that hyperparameters were set to, as ``2*beta < 1``."""
        own = stability.domain_relations([self.rule.hyperparameters[k] for k in self.free])
        found: list[Any] = []
        for name, value in self.trace.hyperparameters.items():
            if name in self.trace.free or not (isinstance(value, sp.Basic) and value.free_symbols):
                continue
            relations = stability.interval_relations(value, self.rule.hyperparameters[name].domain)
            found += [r for r in relations if not decide(own, r, seconds=1).holds]
        return tuple(dict.fromkeys(found))

    @cached_property
    def _domain(self) -> tuple[Any, ...]:
        own = stability.domain_relations([self.rule.hyperparameters[k] for k in self.free])
        return (*own, *self.conditions)

    @cached_property
    def stability(self) -> StabilityRegion:
        """Where all eigenvalues lie in the open unit disk."""
        conditions = stability.jury_conditions(self._polynomial.all_coeffs())
        inequalities, minimal = stability.minimal_inequalities(
            conditions, self._domain, variable=self.variable
        )
        return StabilityRegion(
            variable=self.variable, parameters=tuple(self.free.values()), names=self.points.names,
            inequalities=inequalities, domain=self._domain, minimal=minimal,
            polynomial=self._polynomial, display={ETA_LAMBDA: ETA * LAMBDA},
        )  # fmt: skip

    @cached_property
    def limit(self) -> sp.Expr:
        """The largest stable ηλ, exactly: every ηλ between 0 and it is stable.

        Where η and λ do not enter only through their product it is the largest stable λ: see
        :attr:`variable`.

        Where :attr:`limit_conditions` are not empty, it is so where they hold.

        Raises:
            RuleError: nowhere in the domain there is a stable interval that begins at 0.
            NoClosedLimit: its end is a root of a polynomial without closed form, which the error names.
        """
        found = self.first_exit
        if found.expression is None:
            raise NoClosedLimit(self.implicit_limit)
        return found.expression

    @cached_property
    def first_exit(self) -> FirstExit:
        """Where the stable interval that begins at 0 ends, and for which hyperparameters there is one.

        Raises:
            RuleError: there is none in all of the domain, with an eigenvalue that shows it.
        """
        plain = self._without_high_powers
        if plain is not None:
            theory, factor = plain
            found = theory.first_exit
            if found.expression is not None:
                return replace(found, expression=found.expression / factor)
        found = stability.largest_stable(self.stability)
        if found is None:
            raise RuleError(
                f"rule {self.rule.name} has no stable interval of steps beginning at 0"
                f"{self._why_unstable()}"
            )
        return found

    @cached_property
    def _without_high_powers(self) -> tuple[Derivation, sp.Expr] | None:
        """The theory without powers such as β^100, and the factor by which these multiply its ηλ."""
        found = scaled(self.trace)
        if found is None:
            return None
        theory = object.__new__(Derivation)
        theory.rule, theory._fixed = self.rule, self._fixed
        theory.trace, factor = found
        theory.system = theory.trace.system
        return (theory, factor) if theory.variable is ETA_LAMBDA else None

    @property
    def limit_conditions(self) -> tuple[Any, ...]:
        """What must hold, beside the domains, for a stable interval to begin at 0; see :attr:`limit`."""
        return self.first_exit.conditions

    @property
    def implicit_limit(self) -> str:
        """In words: that the limit has no closed form, what it is a root of, its value at the defaults."""
        shown_variable = self.points.names[self.variable]
        roots = " or ".join(f"{e} = 0" for e in self.first_exit.implicit)
        text = (
            f"rule {self.rule.name}: the limit has no closed form; it is the first positive root "
            f"{shown_variable} of {roots}"
        )
        defaults = {k: self.rule.hyperparameters[k].default for k in self.free}
        if any(v is None for v in defaults.values()):
            return text
        try:
            lower, upper = self.stable_interval(**defaults)
        except EigenstepError:
            return text
        at = ", ".join(f"{k} = {v:g}" for k, v in defaults.items())
        return f"{text}; at {at} it is stable for {lower:g} < {shown_variable} < {upper:g}"

    def _why_unstable(self) -> str:
        """An eigenvalue outside the open unit disk at a small step, at a point of the domain."""
        point = Signs(self._domain).point((), self.free.values())
        if point is None:
            return ": no values lie in every domain"
        small = sp.Rational(1, 1000)
        worst = max(self._radius.roots_at(small, *(point[s] for s in self.free.values())), key=abs)
        at = ", ".join(f"{k} = {float(point[s]):g}" for k, s in self.free.items())
        shown_root = mpmath.nstr(worst.real if not worst.imag else worst, 8)
        return (
            f": for every value in its domain an eigenvalue lies outside the open unit disk at small steps "
            f"({shown_root} at {self.points.names[self.variable]} = 0.001{', ' if at else ''}{at})"
        )

    def stable_interval(self, **values: Any) -> tuple[float, float]:
        """The interval of stable ηλ nearest to 0 from above, at given hyperparameter values.

        Raises:
            RuleError: no positive ηλ is stable.
        """
        point = {s: rational(v) for s, v in self.points.point(values).items()}
        for lower, upper in stability.stable_intervals(self._polynomial, self.variable, point):
            if upper > 0:
                ends = (sp.Max(lower, 0), upper)
                return tuple(math.inf if e == sp.oo else float64("the limit", e) for e in ends)  # type: ignore[return-value]
        raise RuleError(f"rule {self.rule.name} is stable for no positive step at these values")

    @cached_property
    def _radius(self) -> spectrum.SpectralRadius:
        return spectrum.SpectralRadius(self._polynomial, (self.variable, *self.free.values()))

    def spectral_radius(self, **values: Any) -> Any:
        """The largest modulus of an eigenvalue; arrays broadcast.

        Numbers are taken as the exact decimals that they are written as and the result is rounded
        once; arrays are computed in float64.

        Args:
            values: ``eta_lambda`` (or both ``lr`` and ``curvature``) and each free
                hyperparameter by name, as numbers or arrays.

        Raises:
            UnknownName, DomainError: naming the parameter, its value and its domain.

        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> derive(heavy_ball).spectral_radius(eta_lambda=[1.0, 3.8], beta=0.9).round(6)
        array([0.948683, 1.      ])
        """
        bound = self.points.bound(values)
        if all_exact(bound):
            return self._radius.at(*bound)
        return self._radius.evaluate(*self.points.broadcast(bound))

    @property
    def spectral_radius_expression(self) -> sp.Expr | None:
        """The closed form of the spectral radius, None above degree 2."""
        return self._radius.expression

    def eigenvalues_at(self, **values: Any) -> np.ndarray:
        """The eigenvalues as complex numbers on the last axis; arguments as in spectral_radius."""
        bound = self.points.bound(values)
        if all_exact(bound):
            return self._radius.eigenvalues_at(*bound)
        return self._radius.eigenvalues(*self.points.broadcast(bound))

    def is_stable(self, **values: Any) -> bool:
        """Whether one point, given as in :meth:`spectral_radius` by numbers, is stable, decided exactly."""
        bound = self.points.bound(values)
        if not all_exact(bound):
            raise DomainError("point", "an array", "numbers; stability.contains takes arrays")
        point = dict(zip(self.points.names, map(rational, bound), strict=True))
        return min(self.stability.signs(point), default=1) == 1

    @cached_property
    def critical_damping(self) -> dict[str, tuple[sp.Expr, ...]]:
        """For each free hyperparameter, its values at which two eigenvalues coincide, in ηλ.

        Only solutions that lie in the hyperparameter's domain for some stable ηλ are kept.
        """
        domains = {k: self.rule.hyperparameters[k].domain for k in self.free}
        return critical_damping(self._polynomial, self.variable, self.free, domains)

    @property
    def tunable(self) -> bool:
        """Whether a free hyperparameter enters the eigenvalues, so that the rule can be tuned."""
        present = self._characteristic.free_symbols_in_domain
        return any(s in present for s in self.trace.free.values())

    @overload
    def tuning(self, mu: Any = ..., L: Any = ..., over: Literal["quadratics"] = ...) -> Tuning: ...
    @overload
    def tuning(self, mu: Any, L: Any, over: Literal["all"]) -> WorstCaseTuning: ...
    def tuning(
        self, mu: Any = MU, L: Any = L, over: str = "quadratics"
    ) -> Tuning | WorstCaseTuning:
        """The hyperparameters of smallest worst-case spectral radius over the spectrum [μ, L].

        Args:
            mu, L: the smallest and largest curvature, 0 < μ ≤ L, numbers or symbols.
            over: ``"quadratics"``, or ``"all"`` L-smooth μ-strongly convex functions: then the best rate that
                is guaranteed on all of them, as a
                :class:`~eigenstep.analysis.worst_case.best.WorstCaseTuning`.

        Returns:
            A :class:`~eigenstep.analysis.linear.tuning.Tuning`, whose ``method`` says how it was found. What
            it offers as numbers lies in every domain and is stable on the whole spectrum, decided
            exactly. Where no closed form is found its ``exact`` is empty and the optimum is numerical.

        Raises:
            DomainError: μ or L is not positive and finite, or μ > L.
            RuleError: no free hyperparameter enters the rule's eigenvalues.
            NoTuning: nothing was found that is stable and in every domain, or float64 cannot hold it.

        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> best = derive(heavy_ball).tuning(mu=1, L=100)
        >>> round(best["beta"], 6), round(best.rate, 6), best.method
        (0.669421, 0.818182, 'closed form')
        """
        mu, L = check_spectrum(mu, L)
        if over not in ("quadratics", "all"):
            raise DomainError("over", over, "'quadratics' or 'all'")
        if over == "all":
            return best_over_all(self, mu, L)
        if not self.tunable:
            raise RuleError(f"rule {self.rule.name} has no free hyperparameter to tune")
        return self._tuner.best(mu, L)

    @property
    def closed_tuning(self) -> ClosedTuning | None:
        """The optimum in closed form, or None where none was found."""
        return self._tuner.closed

    @cached_property
    def _tuner(self) -> Tuner:
        if "rate" in self.rule.hyperparameters:
            raise RuleError(
                f"rule {self.rule.name}: its hyperparameter rate has the name of what a tuning "
                "reaches; rename it"
            )
        characteristic = self._acting_characteristic
        present = characteristic.free_symbols_in_domain
        free = {k: s for k, s in self.trace.free.items() if s in present}
        reduced = None if self._reduced is None else self._polynomial
        return Tuner(self.rule, self.system, characteristic, free, reduced)

    @cached_property
    def transfer(self) -> Transfer:
        """H(z) = N(z)/D(z), from gradients to the points where they are taken.

        Raises:
            RuleError: the rule changes with t, or the minimizer is no fixed point of it.
        """
        return transfer(self)

    def worst_case(
        self, mu: Any, L: Any, *, finish: bool = True, **values: Any
    ) -> WorstCase | WorstCaseMap:
        """What the rule does at worst on L-smooth μ-strongly convex functions.

        Args:
            mu, L: the class, 0 < μ < L.
            finish: over arrays, whether the few points that neither one multiplier nor a star polygon
                decides are asked one by one, some 0.1 s each.
            values: each free hyperparameter by name, as numbers or arrays.

        Returns:
            For numbers a :class:`~eigenstep.analysis.worst_case.WorstCase`, decided in exact arithmetic: the
            verdict, both sides of the rate, a certificate, or a cycle with the function that traps the rule.
            For arrays, which broadcast, a :class:`~eigenstep.analysis.worst_case.WorstCaseMap` in float64.

        Raises:
            RuleError: the rule changes with t, or the minimizer is no fixed point of it, or (for numbers) it
                does not converge on some quadratic of the class.
            DomainError, Missing, UnknownName: a value outside its domain, not given, not known.

        >>> from fractions import Fraction
        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> derive(heavy_ball).worst_case(mu=1, L=25, lr=Fraction(1, 9), beta=Fraction(4, 9)).cycle.steps
        3
        """
        return worst_case(self, mu, L, values, finish)

    def worst_case_boxes(self, mu: Any, L: Any, **given: Any) -> Boxes:
        """Worst cases of whole boxes of a plane, each a theorem about all of its points.

        Args:
            mu, L: the class, 0 < μ < L.
            given: two hyperparameters as the edges of boxes, 1-D arrays that increase; the others as numbers.

        >>> import numpy as np
        >>> from eigenstep.optimizers.rules import nesterov
        >>> found = derive(nesterov).worst_case_boxes(
        ...     mu=1, L=10, lr=np.linspace(0.01, 0.13, 20), beta=np.linspace(0, 0.9, 20)
        ... )
        >>> found.decided > 0.9
        True
        """
        return certify_boxes(self, mu, L, given)

    @cached_property
    def iterate(self) -> Iterate:
        """R^t for a symbolic number of steps t, double root included."""
        arguments = {"curvature": LAMBDA, **self.trace.free}
        domains = {k: self.rule.hyperparameters[k].domain for k in self.trace.free}
        return Iterate(self.matrix, self._characteristic, arguments, domains)

    @cached_property
    def noise(self) -> StationaryNoise:
        """Stationary covariance under gradient noise, and mean-square stability."""
        return stationary_noise(
            self.acting_system, {"curvature": LAMBDA, **self.trace.free}, self._domain
        )

    def stationary_variance(self, **values: Any) -> float:
        """The variance of θ around the minimizer for unit gradient noise, in parameter²/gradient².

        Args:
            values: ``lr``, ``curvature`` and each free hyperparameter by name.

        Raises:
            DomainError: a value is outside its domain, or ηλ outside the stable interval; at its end,
                decided exactly, the error says that the variance is infinite.
        """
        point = self.points.physical(values)
        arguments = {"curvature": LAMBDA, **self.trace.free}
        exactly = {arguments[k]: rational(v) for k, v in point.items()}
        above, below = (e.subs(exactly) for e in sp.fraction(self.noise.variance))
        infinite = above and abs(below) < sp.Rational(1, 10**40)
        self._check_stable(point, "the stationary variance is infinite" if infinite else "")
        return float64("variance", above / below)

    def numeric_matrix(self, **values: Any) -> np.ndarray:
        """The iteration matrix at ``lr``, ``curvature`` and the hyperparameters, float64."""
        point = self.points.physical(values)
        arguments = {"curvature": LAMBDA, **self.trace.free}
        at = self.matrix.subs({arguments[k]: rational(v) for k, v in point.items()})
        return np.array([[float64("matrix entry", e) for e in row] for row in at.tolist()])

    @cached_property
    def scaling(self) -> tuple[int, ...]:
        """Powers k of η for which each state entry, times η^k, has the parameter's unit.

        In these coordinates the iteration matrix depends on η and λ only through ηλ.
        """
        return scaling(self.matrix)

    def transient_growth(self, **values: Any) -> TransientGrowth:
        """The maximum over t of ‖R^t‖₂, in coordinates where every entry has the parameter's unit.

        Arguments as for :meth:`spectral_radius`, numbers only; the point must be stable.
        """
        point = self.points.physical(values)
        self._check_stable(point)
        lr = point.get("lr", sp.Integer(1))
        scale = [lr**k for k in self.scaling]
        matrix = sp.Matrix(self._at(point))
        scaled = [[float64("matrix entry", a * e / b) for e, b in zip(row, scale, strict=True)]
                  for row, a in zip(matrix.tolist(), scale, strict=True)]  # fmt: skip
        return transient_growth(np.array(scaled))

    def _at(self, point: Mapping[str, Any]) -> sp.Matrix:
        arguments = {"curvature": LAMBDA, **self.trace.free}
        return self.matrix.subs({arguments[k]: rational(v) for k, v in point.items()})

    def _check_stable(self, point: Mapping[str, Any], at_limit: str = "") -> None:
        """Raise unless the point, exact, is stable; ``at_limit`` says what is so at the very limit."""
        standing = self._standing(point)
        if standing == 1:
            return
        shown_point = {k: v if v.is_Integer else float(v) for k, v in point.items()}
        if point["curvature"] <= 0:
            raise DomainError("curvature", shown_point["curvature"], "0 < curvature")
        domain = self._stable_domain(point)
        name = "curvature" if self.variable == LAMBDA else "lr"
        if standing == 0:
            raise DomainError(
                name, shown_point.get(name, "fixed"),
                f"{domain}; it is exactly at the limit of stability"
                + (f", where {at_limit}" if at_limit else ""),
            )  # fmt: skip
        raise DomainError(name, shown_point.get(name, "fixed"), f"{domain}; it is unstable there")

    def _standing(self, point: Mapping[str, Any]) -> int:
        """1 where a point is stable, 0 exactly at the limit, −1 beyond: decided in rationals."""
        names = {**point, "eta_lambda": point.get("lr", 1) * point["curvature"]}
        exactly = {s: sp.sympify(names[n]) for s, n in self.points.names.items()}
        numbers = {s: rational(v) for s, v in exactly.items()}
        signs = self.stability.signs(numbers)
        if all(v.is_Rational for v in exactly.values()):
            return min(signs, default=1)
        # An irrational number is known to 60 digits, so that nearer to the limit nothing can be told.
        radius = max(abs(z) for z in self._radius.roots_at(*numbers.values()))
        return 0 if abs(radius - 1) < mpmath.mpf(10) ** -40 else min(signs, default=1)

    def _stable_domain(self, point: Mapping[str, Any]) -> str:
        try:
            lower, upper = self.stable_interval(**{k: point[k] for k in self.free})
        except RuleError:
            return "stable for no positive step"
        if self.variable == LAMBDA:
            return f"stable only for {lower:g} < curvature < {upper:g}"
        curvature = float64("curvature", point["curvature"])
        return f"{lower / curvature:g} < lr < {upper / curvature:g} at curvature {curvature:g}"

    def _repr_latex_(self) -> str:
        lines = [line.replace("&", "", 1) for line in self.latex_update]
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
        raise RuleError(f"derive takes a rule (see eigenstep.optimizers.rule), got {shown(rule)}")
    fixed = resolve(rule, hyperparameters)
    return _derive(rule, tuple(sorted(fixed.items(), key=lambda item: item[0])))


@lru_cache(maxsize=256)
def _derive(rule: Rule, fixed: tuple[tuple[str, Any], ...]) -> Derivation:
    return Derivation(rule, dict(fixed))


__all__ = ["ETA_LAMBDA", "Derivation", "NoClosedLimit", "decide", "derive"]
