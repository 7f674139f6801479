r"""The exact stability region of an iteration matrix, as polynomial inequalities.

All roots of a real polynomial :math:`a_n z^n + … + a_0`, :math:`a_n > 0`, lie in the open unit
disk if and only if :math:`p(1) > 0`, :math:`(-1)^n p(-1) > 0` and the matrices X ± Y are positive
innerwise (Jury 1974, Inners and Stability of Dynamic Systems, theorem 3.2), where X is upper
triangular Toeplitz in :math:`a_n, …, a_2` and Y is lower anti-triangular Hankel in
:math:`a_0, …, a_{n-2}`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ...optimizers.domains import Hyperparameter, Interval
from ..compiled import Uncompiled
from ..decision import Decision, Encoder, decide
from ..tracing import symbol_of

Z = sp.Symbol("z")


def jury_conditions(coefficients: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The expressions that must all be positive for the roots to lie in the open unit disk.

    Args:
        coefficients: of a monic polynomial, highest power first.

    >>> T, D = sp.symbols("T D")
    >>> jury_conditions([sp.Integer(1), -T, D])
    [D - T + 1, D + T + 1, D + 1, 1 - D]
    """
    a = list(reversed(coefficients))
    n = len(a) - 1
    conditions = [sp.Add(*a), sp.Add(*[(-1) ** (n - k) * c for k, c in enumerate(a)])]
    size = n - 1
    for sign in (1, -1):
        matrix = [
            [
                (a[n - (j - i)] if j >= i else 0)
                + (sign * a[i + j - size + 1] if i + j >= size - 1 else 0)
                for j in range(size)
            ]
            for i in range(size)
        ]
        for trim in range((size + 1) // 2):
            inner = [row[trim : size - trim] for row in matrix[trim : size - trim]]
            domain_matrix = DomainMatrix.from_Matrix(sp.Matrix(inner)).to_field()
            conditions.append(domain_matrix.domain.to_sympy(domain_matrix.det()))
    return conditions


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


def _sign_factors(expression: sp.Expr) -> list[sp.Expr]:
    """Factors whose product has the sign of ``expression``, constants folded into the first."""
    numerator, denominator = sp.fraction(sp.cancel(expression))
    constant, factors = sp.factor_list(sp.expand(numerator * denominator))
    kept = [base if power % 2 else base**2 for base, power in factors]
    if not kept:
        return [sp.sign(constant)]
    return [sp.sign(constant) * kept[0], *kept[1:]]


def minimal_inequalities(
    conditions: Sequence[sp.Expr], domain: Sequence[Any], *, seconds: float = 2.0
) -> tuple[tuple[sp.Expr, ...], bool]:
    """Drop what the domain or the other inequalities imply.

    Returns:
        The expressions that must be positive, and whether z3 decided every one of them; where it
        gave up, the inequality is kept, so that the region is exact in any case.
    """
    complete = True
    positive: list[sp.Expr] = []
    for condition in conditions:
        if sp.cancel(condition) == 0:
            return (sp.Integer(-1),), True  # nowhere
        remaining = []
        sign = 1
        for factor in _sign_factors(condition):
            if decide(domain, factor > 0, seconds=seconds).holds:
                continue
            if decide(domain, factor < 0, seconds=seconds).holds:
                sign = -sign
                continue
            remaining.append(factor)
        if not remaining:
            if sign < 0:
                return (sp.Integer(-1),), True
            continue
        expression = sp.expand(sign * sp.Mul(*remaining))
        if expression not in positive:
            positive.append(expression)
    for candidate in sorted(positive, key=lambda e: (-sp.Poly(e).total_degree(), -len(str(e)))):
        others = [e > 0 for e in positive if e != candidate]
        decision = decide([*domain, *others], candidate > 0, seconds=seconds)
        complete &= decision.holds is not None
        if decision.holds:
            positive.remove(candidate)
    return tuple(positive), complete


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
        reduced = [sp.expand(e.subs(values)) for e in self.inequalities]
        roots: set[sp.Expr] = set()
        for e in reduced:
            if self.variable in e.free_symbols:
                roots |= set(sp.Poly(e, self.variable).real_roots())
        ends = [-sp.oo, *sorted(roots), sp.oo]
        found: list[tuple[sp.Expr, sp.Expr]] = []
        for left, right in itertools.pairwise(ends):
            inside = _between(left, right)
            if all(e.subs(self.variable, inside) > 0 for e in reduced):
                found.append((left, right))
        return found

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


def _between(left: sp.Expr, right: sp.Expr) -> sp.Rational:
    if left == -sp.oo and right == sp.oo:
        return sp.Integer(0)
    if left == -sp.oo:
        return sp.Integer(sp.floor(right) - 1)
    if right == sp.oo:
        return sp.Integer(sp.ceiling(left) + 1)
    middle = (left + right) / 2
    return middle if middle.is_Rational else sp.Rational(str(sp.N(middle, 30)))


def tidy_fraction(expression: sp.Expr, domain: Sequence[Any]) -> sp.Expr:
    """The cancelled fraction with a denominator that is positive on the domain, if it can be."""
    numerator, denominator = sp.fraction(sp.cancel(expression))
    if denominator.free_symbols and decide(domain, denominator < 0, seconds=1).holds:
        numerator, denominator = sp.expand(-numerator), sp.expand(-denominator)
    return numerator / denominator


def positive_factors(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """The same expression, factored, each factor written so that it is positive at a point.

    >>> x = sp.Symbol("x")
    >>> positive_factors(-(x - 1) / (x - 3), {x: sp.Integer(2)})
    (x - 1)/(3 - x)
    """
    sides = []
    factor = sp.Integer(1)
    for side, invert in zip(sp.fraction(sp.cancel(expression)), (1, -1), strict=True):
        constant, parts = sp.factor_list(side)
        factor *= constant**invert
        product = sp.Integer(1)
        for base, power in parts:
            value = base.subs(point)
            flip = -1 if value.is_number and value < 0 else 1
            factor *= flip**power
            product *= sp.expand(flip * base) ** power
        sides.append(product)
    return factor * sides[0] / sides[1]


def decide_region(
    polynomial: sp.Poly, inequalities: Sequence[sp.Expr], domain: Sequence[Any],
    *, seconds: float = 5.0,
) -> dict[str, Decision]:  # fmt: skip
    """Decide, both ways, that the roots lie in the open unit disk iff all expressions are positive.

    Returns:
        ``{"sufficient": Decision, "necessary": Decision}``.
    """
    cleared = sp.Poly(sp.fraction(sp.together(polynomial.as_expr()))[0], Z)
    a, c = sp.symbols("root_re root_im", real=True)
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
            quantified = [e.variables.pop("root_re"), e.variables.pop("root_im")]
            stable = e.z3.ForAll(quantified, e.z3.Implies(root, e.z3.Not(outside)))
            results[direction] = e.valid([*hypotheses, stable], conditions, seconds)
    return results


def largest_stable(region: StabilityRegion, samples: int = 7) -> sp.Expr | None:
    """The upper end of the stable interval that begins at 0, as an exact expression.

    Which boundary is the first one is settled at rational points of the domain; where different
    ones are first at different points the result is their ``Min``. None where there is no stable
    interval beginning at 0, or its end has no expression in radicals of degree two.
    """
    candidates: set[sp.Expr] = set()
    for e in region.inequalities:
        p = sp.Poly(e, region.variable)
        if p.degree() == 1:
            slope, constant = p.all_coeffs()
            candidates.add(tidy_fraction(-constant / slope, region.domain))
        elif p.degree() == 2:
            candidates |= set(sp.roots(p, multiple=True))
    active: set[sp.Expr] = set()
    inside = (
        point
        for point in _domain_points(region, 30 * samples)
        if all(d.subs(point) != sp.false for d in region.domain)
    )
    for point in itertools.islice(inside, samples):
        starting = [end for start, end in region.intervals(point) if start <= 0 < end]
        if not starting:
            return None
        if starting[0] == sp.oo:
            active.add(sp.oo)
            continue
        at_point = {c: sp.N(c.subs(point), 30) for c in candidates}
        matching = [
            c
            for c, v in at_point.items()
            if v.is_real and abs(v - sp.N(starting[0], 30)) < sp.Float("1e-20", 30)
        ]
        if not matching:
            return None
        if not active.intersection(matching):
            active.add(min(matching, key=sp.count_ops))
    return sp.Min(*active) if len(active) > 1 else next(iter(active), None)


def _domain_points(region: StabilityRegion, samples: int) -> list[dict[sp.Symbol, sp.Expr]]:
    """Rational points inside the domain, spread by multiples of different square roots."""
    points = []
    for k in range(1, samples + 1):
        point: dict[sp.Symbol, sp.Expr] = {}
        for i, s in enumerate(region.parameters):
            spread = (k * math.sqrt([2, 3, 5, 7, 11, 13][i % 6])) % 1
            fraction = sp.Rational(int(1000 * spread) + 1, 1002)
            bounds = {type(r): r.rhs for r in region.domain if r.lhs == s}
            lower = bounds.get(sp.GreaterThan, bounds.get(sp.StrictGreaterThan))
            upper = bounds.get(sp.LessThan, bounds.get(sp.StrictLessThan))
            if lower is not None and upper is not None:
                point[s] = lower + (upper - lower) * fraction
            elif lower is not None:
                point[s] = lower + fraction / (1 - fraction)
            else:
                point[s] = (upper or 0) - 4 * fraction + (0 if upper is not None else 2)
        points.append(point)
    return points
