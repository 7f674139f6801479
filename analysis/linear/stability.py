r"""The exact stability region of an iteration matrix, as polynomial inequalities."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.domains import Hyperparameter, Interval
from ..compiled import Uncompiled
from ..decision import Decision, Encoder, decide
from ..tracing import ETA, symbol_of
from .first_exit import FirstExit, first_exit, start_conditions
from .jury import boundaries, jury_conditions, minimal_inequalities, tidy_fraction
from .signs import above_zero, bounds_of

Z = sp.Symbol("z")


def domain_relations(hyperparameters: Sequence[Hyperparameter]) -> tuple[Any, ...]:
    """The domains of hyperparameters as SymPy relations between symbols."""
    relations = []
    for h in hyperparameters:
        # A bare symbol: SymPy would decide `beta >= 0` from assumptions and z3 would not see it.
        relations += interval_relations(symbol_of(h), h.domain)
    return tuple(relations)


def interval_relations(symbol: sp.Expr, d: Any) -> list[Any]:
    """That an expression lies in an interval, as unevaluated relations."""
    relations = []
    if isinstance(d, Interval):
        if d.lower != -math.inf:
            kind = sp.GreaterThan if d.lower_closed else sp.StrictGreaterThan
            relations.append(kind(symbol, sp.nsimplify(d.lower), evaluate=False))
        if d.upper != math.inf:
            kind = sp.LessThan if d.upper_closed else sp.StrictLessThan
            relations.append(kind(symbol, sp.nsimplify(d.upper), evaluate=False))
    return relations


@dataclass(frozen=True)
class StabilityRegion(Uncompiled):
    """Where all eigenvalues of the iteration matrix lie in the open unit disk.

    Attributes:
        variable: ηλ where the matrix depends on η and λ only through their product, else λ.
        inequalities: expressions that must all be positive, none implied by the others.
        domain: the hyperparameters' domains, which the region takes for granted.
        minimal: whether z3 decided that no inequality is redundant.
    """

    variable: sp.Symbol
    parameters: tuple[sp.Symbol, ...]
    names: Mapping[sp.Symbol, str]
    inequalities: tuple[sp.Expr, ...]
    domain: tuple[Any, ...]
    minimal: bool
    polynomial: sp.Poly
    display: Mapping[sp.Symbol, sp.Expr]

    _compiled = ("_numeric",)

    @property
    def relations(self) -> tuple[Any, ...]:
        """The inequalities as SymPy relations in η, λ and the hyperparameters."""
        shown = []
        for e in self.inequalities:
            bound = self._solved(e)
            general = sp.StrictGreaterThan(e.subs(self.display), 0, evaluate=False)
            shown.append(general if bound is None else bound)
        return tuple(shown)

    def _solved(self, expression: sp.Expr) -> Any:
        """``ηλ < bound`` where the expression is linear in ηλ with a slope of known sign."""
        p = sp.Poly(expression, self.variable)
        if p.degree() != 1:
            return None
        slope, constant = p.all_coeffs()
        if decide(self.domain, slope > 0, seconds=1).holds:
            kind: Any = sp.StrictGreaterThan
        elif decide(self.domain, slope < 0, seconds=1).holds:
            kind = sp.StrictLessThan
        else:
            return None
        bound = tidy_fraction(-constant / slope, self.domain)
        return kind(self.variable.subs(self.display), bound, evaluate=False)

    def contains(self, **values: Any) -> Any:
        """Whether the point is stable; arrays broadcast.

        Takes the variable (``eta_lambda`` or ``curvature``) and each free hyperparameter by name.
        """
        arguments = self._arguments(values)
        shape = np.broadcast_shapes(*[a.shape for a in arguments])
        result = np.ones(shape, bool)
        for function in self._numeric:
            result = result & (function(*arguments) > 0)
        return bool(result) if np.ndim(result) == 0 else result

    @cached_property
    def _numeric(self) -> Any:
        names = (self.variable, *self.parameters)
        return [sp.lambdify(names, e, "numpy", cse=True) for e in self.inequalities]

    def signs(self, point: Mapping[sp.Symbol, sp.Expr]) -> set[int]:
        """Which of 1, 0, −1 the signs of the inequalities are at one rational point, exactly."""
        return {int(sp.sign(e.subs(point))) for e in self.inequalities}

    def _arguments(self, values: Mapping[str, Any]) -> list[Any]:
        return [np.asarray(values[self.names[s]], float) for s in (self.variable, *self.parameters)]

    def intervals(self, values: Mapping[sp.Symbol, sp.Expr]) -> list[tuple[sp.Expr, sp.Expr]]:
        """The stable values of ``variable`` as open intervals, for exact hyperparameter values."""
        return stable_intervals(self.polynomial, self.variable, values)

    @cached_property
    def decision(self) -> dict[str, Decision]:
        """z3's verdict on both directions of "stable if and only if the inequalities hold".

        A root is written a + ic; its real and imaginary part are two polynomial equations. The
        converse quantifies over all roots.
        """
        return decide_region(self.polynomial, self.inequalities, self.domain)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def latex(self) -> str:
        """The region as mathematics, ``0 < ηλ < bound`` where it has that form."""
        if self.inequalities == (sp.Integer(-1),):
            return r"\text{nowhere}"
        relations = self.relations
        shown = self.variable.subs(self.display)
        lower = [r.rhs for r in relations if isinstance(r, sp.StrictGreaterThan) and r.lhs == shown]
        upper = [r.rhs for r in relations if isinstance(r, sp.StrictLessThan) and r.lhs == shown]
        if len(relations) == 2 and len(lower) == len(upper) == 1:
            return rf"{sp.latex(lower[0])} < {sp.latex(shown)} < {sp.latex(upper[0])}"
        return r",\quad ".join(sp.latex(r) for r in relations) or r"\text{everywhere}"


def stable_intervals(
    polynomial: sp.Poly, variable: sp.Symbol, values: Mapping[sp.Symbol, sp.Expr]
) -> list[tuple[sp.Expr, sp.Expr]]:
    """The open intervals of ``variable`` where all roots lie in the open unit disk, exactly.

    Args:
        polynomial: monic, in z.
        values: of every other symbol, rational.
    """
    coefficients = [sp.cancel(c.subs(values)) for c in polynomial.all_coeffs()]
    roots: set[sp.Expr] = set()
    for boundary in boundaries(coefficients):
        for part in sp.fraction(sp.cancel(boundary)):
            if part == 0:
                return []
            if variable in part.free_symbols:
                roots |= set(sp.Poly(part, variable).real_roots())
    ends = [-sp.oo, *sorted(roots), sp.oo]
    found: list[tuple[sp.Expr, sp.Expr]] = []
    for left, right in itertools.pairwise(ends):
        inside = [c.subs(variable, _between(left, right)) for c in coefficients]
        if all(c > 0 for c in jury_conditions(inside)):
            found.append((left, right))
    return found


def _between(left: sp.Expr, right: sp.Expr) -> sp.Rational:
    if left == -sp.oo and right == sp.oo:
        return sp.Integer(0)
    if left == -sp.oo:
        return sp.Integer(sp.floor(right) - 1)
    if right == sp.oo:
        return sp.Integer(sp.ceiling(left) + 1)
    middle = (left + right) / 2
    return middle if middle.is_Rational else sp.Rational(str(sp.N(middle, 30)))


def positive_factors(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The same expression, factored, each factor written so that it is positive at a point.

    >>> x = sp.Symbol("x")
    >>> positive_factors(-(x - 1) / (x - 3), {x: sp.Integer(2)})
    (x - 1)/(3 - x)
    """
    sides = [sp.factor_list(side) for side in sp.fraction(sp.cancel(expression))]
    return _positive(sides, point)


def positive_element(element: Any, point: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """:func:`positive_factors` of a cancelled element of a field of rational functions."""
    sides = []
    for side in (element.numer, element.denom):
        constant, parts = side.factor_list()
        domain = side.ring.domain
        sides.append((domain.to_sympy(constant), [(p.as_expr(), power) for p, power in parts]))
    return _positive(sides, point)


def _positive(
    sides: Sequence[tuple[sp.Expr, Sequence[tuple[sp.Expr, int]]]],
    point: Mapping[sp.Symbol, sp.Expr],
) -> sp.Expr:
    """The quotient of two products, each factor written so that it is positive at a point."""
    products = []
    factor = sp.Integer(1)
    for (constant, parts), invert in zip(sides, (1, -1), strict=True):
        factor *= constant**invert
        product = sp.Integer(1)
        for base, power in parts:
            value = base.subs(point)
            flip = -1 if value.is_number and value < 0 else 1
            factor *= flip**power
            product *= sp.expand(flip * base) ** power
        products.append(product)
    return factor * products[0] / products[1]


def decide_region(
    polynomial: sp.Poly, inequalities: Sequence[sp.Expr], domain: Sequence[Any],
    *, seconds: float = 5.0,
) -> dict[str, Decision]:  # fmt: skip
    """Decide, both ways, that the roots lie in the open unit disk iff all expressions are positive.

    Returns:
        ``{"sufficient": Decision, "necessary": Decision}``.
    """
    cleared = sp.Poly(sp.fraction(sp.together(polynomial.as_expr()))[0], Z)
    a, c = sp.Dummy("root_re", real=True), sp.Dummy("root_im", real=True)
    real, imaginary = sp.Integer(0), sp.Integer(0)
    for (power,), coefficient in cleared.terms():
        re_part, im_part = sp.expand((a + sp.I * c) ** power).as_real_imag()
        real, imaginary = real + coefficient * re_part, imaginary + coefficient * im_part
    results = {}
    for direction in ("sufficient", "necessary"):
        e = Encoder()
        root = e.z3.And(e.polynomial(sp.expand(real)) == 0, e.polynomial(sp.expand(imaginary)) == 0)
        outside = e.polynomial(a**2 + c**2) >= 1
        conditions = e.z3.And([e.relation(q > 0) for q in inequalities])
        hypotheses = [e.relation(d) for d in domain]
        if direction == "sufficient":
            results[direction] = e.valid(
                [*hypotheses, conditions, root], e.z3.Not(outside), seconds
            )
        else:
            quantified = [e.remove(a), e.remove(c)]
            stable = e.z3.ForAll(quantified, e.z3.Implies(root, e.z3.Not(outside)))
            results[direction] = e.valid([*hypotheses, stable], conditions, seconds)
    return results


def largest_stable(region: StabilityRegion) -> FirstExit | None:
    """The upper end of the stable interval that begins at 0, and when there is one.

    None where there is no such interval anywhere in the domain.
    """
    domain = list(region.domain)
    forward = []
    if ETA in region.parameters and bounds_of(domain).get(ETA, (-sp.oo,))[0] < 0:
        forward = [above_zero(ETA)]  # a learning rate without a declared domain
    conditions = start_conditions(region.inequalities, region.variable, [*domain, *forward])
    if conditions is None:
        return None
    exits = boundaries(region.polynomial.all_coeffs())
    return first_exit(exits, region.variable, domain, [*forward, *conditions])


__all__ = [
    "StabilityRegion", "Z", "decide_region", "domain_relations", "interval_relations", "jury_conditions",
    "largest_stable", "minimal_inequalities", "positive_element", "positive_factors", "stable_intervals",
    "tidy_fraction",
]  # fmt: skip
