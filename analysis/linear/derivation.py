"""Everything that follows from a rule that is linear in its state and gradient."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cached_property, lru_cache
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ...optimizers.domains import Interval
from ...optimizers.errors import DomainError, Missing, RuleError, UnknownName, shown
from ...optimizers.rule import Rule
from ..decision import decide
from ..reals import float64, rational, real, real_array
from ..settings import resolve
from ..tracing import ETA, LAMBDA, LinearSystem, Trace, exact, trace
from . import spectrum, stability, tuning
from .iterate import Iterate
from .noise import StationaryNoise, stationary_noise
from .stability import StabilityRegion, Z
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
        inequalities, minimal = stability.minimal_inequalities(conditions, self._domain)
        return StabilityRegion(
            variable=self.variable, parameters=tuple(self.free.values()), names=self._names,
            inequalities=inequalities, domain=self._domain, minimal=minimal,
            polynomial=self._polynomial, display={ETA_LAMBDA: ETA * LAMBDA},
        )  # fmt: skip

    @cached_property
    def limit(self) -> sp.Expr:
        """The largest stable ηλ, exactly: every ηλ between 0 and it is stable.

        Where η and λ do not enter only through their product it is the largest stable λ: see
        :attr:`variable`.

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
        point = {s: rational(v) for s, v in self._point(values).items()}
        for lower, upper in self.stability.intervals(point):
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
        bound = self._bound(values)
        if _all_exact(bound):
            return self._radius.at(*bound)
        return self._radius.evaluate(*_broadcast(self._order, bound))

    @property
    def spectral_radius_expression(self) -> sp.Expr | None:
        """The closed form of the spectral radius, None above degree 2."""
        return self._radius.expression

    def eigenvalues_at(self, **values: Any) -> np.ndarray:
        """The eigenvalues as complex numbers on the last axis; arguments as in spectral_radius."""
        bound = self._bound(values)
        if _all_exact(bound):
            return self._radius.eigenvalues_at(*bound)
        return self._radius.eigenvalues(*_broadcast(self._order, bound))

    def is_stable(self, **values: Any) -> bool:
        """Whether one point, given as in :meth:`spectral_radius` by numbers, is stable, decided exactly."""
        bound = self._bound(values)
        if not _all_exact(bound):
            raise DomainError("point", "an array", "numbers; stability.contains takes arrays")
        point = dict(zip(self._names, map(rational, bound), strict=True))
        return min(self.stability.signs(point), default=1) == 1

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

    @property
    def tunable(self) -> bool:
        """Whether the rule has a free learning rate that enters through ηλ, so that it can be tuned."""
        return self._reduced is not None and "lr" in self.trace.free

    def tuning(self, mu: Any = tuning.MU, L: Any = tuning.L) -> tuning.Tuning:
        """The hyperparameters of smallest worst-case spectral radius over the spectrum [μ, L].

        Args:
            mu, L: the smallest and largest curvature, 0 < μ ≤ L, numbers or symbols.

        Returns:
            A :class:`~eigenstep.analysis.linear.tuning.Tuning`, whose ``method`` says how it was found. What
            it offers as numbers lies in every domain and is stable on the whole spectrum, decided
            exactly. Where no closed form is found its ``exact`` is empty and the optimum is numerical.

        Raises:
            DomainError: μ or L is not positive and finite, or μ > L.
            RuleError: the rule has no learning rate that enters through ηλ.
            NoTuning: nothing was found that is stable and in every domain, or float64 cannot hold it.

        >>> from eigenstep.optimizers.rules import heavy_ball
        >>> best = derive(heavy_ball).tuning(mu=1, L=100)
        >>> round(best["beta"], 6), round(best.rate, 6), best.method
        (0.669421, 0.818182, 'closed form')
        """
        mu, L = tuning.check_spectrum(mu, L)
        if not self.tunable:
            raise RuleError(f"rule {self.rule.name} has no free learning rate to tune")
        closed = self.closed_tuning
        if mu.free_symbols or L.free_symbols:
            if closed is None:
                raise tuning.NoTuning(
                    f"rule {self.rule.name}: no closed form of the optimal tuning was found; "
                    "give mu and L as numbers"
                )
            numbers = {k: e.subs({tuning.MU: mu, tuning.L: L}) for k, e in closed.exact.items()}
            rate = numbers.pop("rate")
            return tuning.Tuning(mu, L, numbers, rate, closed.exact, closed)
        if closed is not None:
            at_ends = closed.at(mu, L)
            if self._in_domains(at_ends) and closed.attained(mu, L):
                found = tuning.rounded(mu, L, at_ends, closed)
                if not self._better(mu, L, found.rate):
                    self._check_offer(found)
                    return found
        found = self._numerical(mu, L)
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

    def _check_offer(self, found: tuning.Tuning) -> None:
        """Raise unless the numbers offered are in their domains and stable on all of [μ, L]."""
        kappa = mpmath.nstr(
            mpmath.mpf(int(found.L.p)) / int(found.L.q) * int(found.mu.q) / int(found.mu.p), 4
        )
        for name, value in found.values.items():
            if value not in self.rule.hyperparameters[name].domain:
                domain = self.rule.hyperparameters[name].domain.describe(name)
                raise tuning.NoTuning(
                    f"L/mu = {kappa}: the best {name} is {value!r} in float64, outside its domain {domain}"
                )
        if not found.rate < 1:
            raise tuning.NoTuning(
                f"L/mu = {kappa}: no tuning of rule {self.rule.name} was found whose rate float64 tells "
                "from 1"
            )
        numbers = {k: sp.Rational(v) for k, v in found.values.items()}
        ends = [numbers["lr"] * end for end in (found.mu, found.L)]
        point = {s: numbers[k] for k, s in self.free.items()}
        stable = self.stability.intervals(point)
        if not any(a < ends[0] and ends[1] < b for a, b in stable):
            raise tuning.NoTuning(
                f"L/mu = {kappa}: no tuning of rule {self.rule.name} was found that is stable on all of "
                "[mu, L] in float64"
            )

    def _better(self, mu: sp.Rational, L: sp.Rational, rate: float) -> bool:
        """Whether a search finds a smaller rate than the closed form's: then that is not the optimum."""
        kappa = min(max(float64("L/mu", L / mu), 1.0), 1e300)
        if not 1.001 < kappa < 1e4 or not 0.01 < rate < 0.999:
            return False
        return float(self._searched(kappa)[0][-1]) < rate - 1e-6

    @cached_property
    def closed_tuning(self) -> tuning.ClosedTuning | None:
        """The optimum in closed form, or None where none was found."""
        try:
            guess = self._searched(float(tuning._TRIAL_KAPPA))[0]
            symbols = list(self.free.values())
            names = {s: k for k, s in self.free.items()}
            return tuning.closed_tuning(self._polynomial, ETA_LAMBDA, symbols, names, guess)
        except tuning.NoTuning:
            return None

    def _numerical(self, mu: sp.Rational, L: sp.Rational) -> tuning.Tuning:
        kappa = L / mu
        if kappa > 10**12:
            raise tuning.NoTuning(
                f"rule {self.rule.name}: no closed form of the optimal tuning was found, and a numerical "
                "search needs L/mu <= 1e12"
            )
        point, how = self._searched(float(kappa))
        others = [float(v) for v in point[1:-1]]
        lr = float64("lr", rational(exact(float(point[0]))) / mu)
        curvatures = np.geomspace(1.0, float(kappa), 2001)
        worst = self._radius.unguarded(float(point[0]) * curvatures, *others)
        values = dict(zip(("lr", *self.free), [lr, *others], strict=True))
        return tuning.Tuning(mu, L, values, float(np.max(worst)), {}, None, "numerical", how)

    @cached_property
    def _searches(self) -> dict[float, tuple[np.ndarray, str]]:
        return {}

    def _searched(self, kappa: float) -> tuple[np.ndarray, str]:
        """The best of a search over curvatures from 1 to κ, and in words where was searched."""
        if kappa not in self._searches:
            box = {
                k: tuning.search_range(k, self.rule.hyperparameters[k].domain) for k in self.free
            }
            lower, upper = [b[0] for b in box.values()], [b[1] for b in box.values()]
            found = tuning.numerical_tuning(
                self._radius.unguarded, lower, upper, 1.0, kappa, order=self.system.order
            )
            ranges = [f"{k} in [{a:.6g}, {b:.6g}]" for k, (a, b) in box.items()]
            how = ", ".join(
                ["searched on a grid that closes in, over lr in [0.01/L, 100/mu]", *ranges]
            )
            self._searches[kappa] = found, how + "; not proved to be the best"
        return self._searches[kappa]

    @cached_property
    def iterate(self) -> Iterate:
        """R^t for a symbolic number of steps t, double root included."""
        arguments = {"curvature": LAMBDA, **self.trace.free}
        domains = {k: self.rule.hyperparameters[k].domain for k in self.trace.free}
        return Iterate(self.matrix, self._characteristic, arguments, domains)

    @cached_property
    def noise(self) -> StationaryNoise:
        """Stationary covariance under gradient noise, and mean-square stability."""
        return stationary_noise(self.system, {"curvature": LAMBDA, **self.trace.free}, self._domain)

    def stationary_variance(self, **values: Any) -> float:
        """The variance of θ around the minimizer for unit gradient noise, in parameter²/gradient².

        Args:
            values: ``lr``, ``curvature`` and each free hyperparameter by name.

        Raises:
            DomainError: a value is outside its domain, or ηλ outside the stable interval; at its end,
                decided exactly, the error says that the variance is infinite.
        """
        point = self._physical(values)
        arguments = {"curvature": LAMBDA, **self.trace.free}
        exactly = {arguments[k]: rational(v) for k, v in point.items()}
        above, below = (e.subs(exactly) for e in sp.fraction(self.noise.variance))
        infinite = above and abs(below) < sp.Rational(1, 10**40)
        self._check_stable(point, "the stationary variance is infinite" if infinite else "")
        return float64("variance", above / below)

    def numeric_matrix(self, **values: Any) -> np.ndarray:
        """The iteration matrix at ``lr``, ``curvature`` and the hyperparameters, float64."""
        point = self._physical(values)
        arguments = {"curvature": LAMBDA, **self.trace.free}
        at = self.matrix.subs({arguments[k]: rational(v) for k, v in point.items()})
        return np.array([[float64("matrix entry", e) for e in row] for row in at.tolist()])

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
        point = self._physical(values)
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
        exactly = {s: sp.sympify(names[n]) for s, n in self._names.items()}
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

    def _check_known(self, values: Mapping[str, Any], used: Iterable[str]) -> None:
        """Raise for a name that does not exist, and for one that is not used beside the others."""
        known = dict.fromkeys(["eta_lambda", "lr", "curvature", *self.trace.free])
        for name, value in values.items():
            if name not in known:
                raise UnknownName(f"free parameter of {self.rule.name}", name, known)
            if name not in used and name not in self.trace.free:
                raise DomainError(name, value, f"not used; used are {', '.join(used)}")

    def _free_real(self, name: str, values: Mapping[str, Any]) -> Any:
        """A free hyperparameter, exact and in its domain, or an array of float64."""
        domain = self.rule.hyperparameters[name].domain
        if name not in values:
            raise Missing(name, domain.describe(name))
        if np.ndim(values[name]):
            return real_array(name, values[name], domain)
        return real(name, values[name], domain)

    def _point(self, values: Mapping[str, Any]) -> dict[sp.Symbol, Any]:
        """The free hyperparameters beside ηλ, exact, checked against their domains."""
        self._check_known(values, [*self.free])
        point = {s: self._scalar(k, self._free_real(k, values)) for k, s in self.free.items()}
        self._check_conditions(point)
        return point

    @staticmethod
    def _scalar(name: str, value: Any) -> sp.Expr:
        if isinstance(value, np.ndarray):
            raise DomainError(name, f"an array of shape {value.shape}", f"{name} is one number")
        return value

    def _check_conditions(self, point: Mapping[sp.Symbol, Any]) -> None:
        """Raise where an expression that a hyperparameter was set to leaves its domain."""
        arrays = {s: v for s, v in point.items() if isinstance(v, np.ndarray)}
        for name, value in self.trace.hyperparameters.items():
            if name in self.trace.free or not (isinstance(value, sp.Basic) and value.free_symbols):
                continue
            if not value.free_symbols <= point.keys():
                continue
            domain = self.rule.hyperparameters[name].domain
            if arrays.keys() & value.free_symbols:
                order = sorted(value.free_symbols, key=str)
                numbers = [np.asarray(point[s], float) for s in order]
                real_array(
                    f"{name} = {value}", sp.lambdify(order, value, "numpy")(*numbers), domain
                )  # type: ignore[arg-type]
            else:
                real(f"{name} = {value}", value.subs(point), domain)

    def _eta_lambda(self, values: Mapping[str, Any]) -> Any:
        """ηλ, given or as lr times curvature; where all are given they must agree."""
        given = {k: values[k] for k in ("eta_lambda", "lr", "curvature") if k in values}
        domains: dict[str, Interval] = {"lr": self.rule.hyperparameters["lr"].domain} if (  # type: ignore[dict-item]
            "lr" in self.rule.hyperparameters) else {}  # fmt: skip
        numbers = {
            k: (real_array if np.ndim(v) else real)(k, v, domains.get(k, Interval()))
            for k, v in given.items()
        }
        if "eta_lambda" not in numbers:
            if len(numbers) < 2:
                raise Missing("eta_lambda", Interval().describe("eta_lambda"))
            return _product(numbers["lr"], numbers["curvature"])
        found = numbers.pop("eta_lambda")
        if len(numbers) == 1:
            (name,) = numbers
            raise DomainError(name, given[name], "not used beside eta_lambda")
        if numbers:
            product = _product(numbers["lr"], numbers["curvature"])
            if not np.all(product == found):
                raise DomainError(
                    "eta_lambda", given["eta_lambda"], f"lr*curvature = {shown(product)}"
                )
        return found

    def _physical(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """``lr``, ``curvature`` and every free hyperparameter, exact.

        With ``eta_lambda`` one of ``lr`` and ``curvature`` follows from the other; alone it means λ = 1.
        """
        given = dict(values)
        free = list(self.trace.free)
        self._check_known(given, ["eta_lambda", "curvature", *free])
        for name in ("eta_lambda", "curvature", "lr"):
            if name in given:
                domain = self.rule.hyperparameters[name].domain if name in free else Interval()
                given[name] = real(name, self._number(name, given[name]), domain)
        if "eta_lambda" in given and "lr" not in free:
            raise DomainError(
                "eta_lambda", values["eta_lambda"], "not used: the learning rate is not free"
            )
        if "eta_lambda" in given:
            product = given.pop("eta_lambda")
            if "lr" not in given:
                given.setdefault("curvature", sp.Integer(1))
            known = given.get("lr", given.get("curvature"))
            other = "curvature" if "lr" in given else "lr"
            if other not in given and known:
                given[other] = product / known
            found = given.get("lr", 0) * given.get("curvature", 0)
            if found != product:
                raise DomainError(
                    "eta_lambda", values["eta_lambda"], f"lr*curvature = {shown(found)}"
                )
        if "curvature" not in given:
            raise Missing("curvature", "a finite number")
        point = {"curvature": given["curvature"]}
        for name in free:
            point[name] = self._scalar(name, self._free_real(name, given))
        self._check_conditions({s: point[k] for k, s in self.trace.free.items()})
        return point

    def _number(self, name: str, value: Any) -> Any:
        if np.ndim(value):
            raise DomainError(name, f"an array of shape {np.shape(value)}", f"{name} is one number")
        return value

    @property
    def _order(self) -> tuple[str, ...]:
        return tuple(self._names.values())

    def _bound(self, values: Mapping[str, Any]) -> list[Any]:
        """The variable and the free hyperparameters: exact numbers, or arrays, checked."""
        through_product = self.variable == ETA_LAMBDA
        used = ["eta_lambda", "lr", "curvature"] if through_product else ["curvature"]
        self._check_known(values, [*used, *self.free])
        if through_product:
            bound = [self._eta_lambda(values)]
        elif "curvature" not in values:
            raise Missing("curvature", Interval().describe("curvature"))
        else:
            curvature = values["curvature"]
            bound = [(real_array if np.ndim(curvature) else real)("curvature", curvature)]
        bound += [self._free_real(name, values) for name in self.free]
        for name in values:  # what is free and enters no eigenvalue is in its domain all the same
            if name in self.trace.free:
                self._free_real(name, values)
        self._check_conditions(dict(zip(self.free.values(), bound[1:], strict=True)))
        return bound

    def _bind(self, values: Mapping[str, Any]) -> list[np.ndarray]:
        """Arrays for the variable and the free hyperparameters, checked."""
        return _broadcast(self._order, self._bound(values))

    def _repr_latex_(self) -> str:
        lines = [sp.latex(e) for e in self.equations]
        lines += [rf"R = {sp.latex(self.matrix)}", self.stability.latex()]
        return r"$\displaystyle \begin{gathered}" + r"\\".join(lines) + r"\end{gathered}$"


def _all_exact(bound: list[Any]) -> bool:
    return not any(isinstance(v, np.ndarray) for v in bound)


def _product(a: Any, b: Any) -> Any:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return np.multiply(np.asarray(a, float), np.asarray(b, float))
    return a * b


def _broadcast(names: Iterable[str], bound: list[Any]) -> list[np.ndarray]:
    """Float64 arrays whose shapes go together."""
    arrays = [np.asarray(v, float) for v in bound]
    try:
        np.broadcast_shapes(*[a.shape for a in arrays])
    except ValueError:
        shapes = ", ".join(f"{n} {a.shape}" for n, a in zip(names, arrays, strict=True))
        raise DomainError("shapes", shapes, "shapes that broadcast") from None
    return arrays


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


__all__ = ["ETA_LAMBDA", "Derivation", "decide", "derive"]
