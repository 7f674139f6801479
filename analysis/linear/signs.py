"""Signs of polynomials on a box of hyperparameters, by the cheapest proof that does: coefficients, then z3.

Each variable is replaced by the Möbius map that takes the half-line t > 0 to its interval. Where all
coefficients of what comes out are of one sign, so is the polynomial on the whole box. That is a proof in a
few milliseconds where cylindrical decomposition takes minutes; where it says nothing z3 is asked, with
little time, and where z3 gives up nothing is claimed.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

import sympy as sp
from sympy.polys.polyerrors import PolynomialError
from sympy.polys.rings import PolyElement, ring

from ..decision import decide

_CALL = 0.4
"""Seconds that one question to z3 may take."""
_MOST_TERMS = 4000
"""Beyond which a substituted polynomial is not expanded: it would take longer than it is worth."""


def _is_bound(relation: Any) -> bool:
    """Whether it is an inequality between one symbol and a number."""
    return isinstance(relation, sp.Rel) and relation.lhs.is_Symbol and relation.rhs.is_Rational


def bounds_of(relations: Iterable[Any]) -> dict[sp.Symbol, tuple[Any, bool, Any, bool]]:
    """The interval of each variable: lower end, whether it is in, upper end, whether it is in."""
    found: dict[sp.Symbol, tuple[Any, bool, Any, bool]] = {}
    for r in relations:
        if not _is_bound(r):
            continue
        lower, closed_below, upper, closed_above = found.get(r.lhs, (-sp.oo, False, sp.oo, False))
        if isinstance(r, sp.GreaterThan | sp.StrictGreaterThan) and r.rhs >= lower:
            lower, closed_below = r.rhs, isinstance(r, sp.GreaterThan)
        elif isinstance(r, sp.LessThan | sp.StrictLessThan) and r.rhs <= upper:
            upper, closed_above = r.rhs, isinstance(r, sp.LessThan)
        found[r.lhs] = (lower, closed_below, upper, closed_above)
    return found


def above_zero(expression: sp.Expr) -> Any:
    """That it is positive, unevaluated: a symbol's assumptions are not what its domain says."""
    return sp.StrictGreaterThan(expression, 0, evaluate=False)


class Signs:
    """Decides signs of polynomials wherever some relations hold, within a total time.

    Args:
        relations: of hyperparameters; those between one symbol and a number are the box.
        variable: a further one, for which :meth:`implied` may use upper bounds linear in it.
        seconds: for all questions to z3 together.

    >>> from sympy.abc import x, y
    >>> inside = Signs([x >= 0, x < 1, y > 0])
    >>> inside.sign(1 - x + x * y), inside.sign(x - y)
    (1, None)
    """

    def __init__(
        self, relations: Sequence[Any], variable: sp.Symbol | None = None, *, seconds: float = 2.0
    ) -> None:
        self.relations = tuple(relations)
        self.variable = variable
        self._left = seconds
        self._drawn: dict[Any, tuple[random.Random, list[int], list[dict[Any, Any]]]] = {}

    @cached_property
    def _bounds(self) -> dict[sp.Symbol, tuple[Any, bool, Any, bool]]:
        return bounds_of(self.relations)

    def sign(self, expression: sp.Expr, *, weakly: bool = False) -> int | None:
        """1 or −1 where the expression has that sign everywhere (``weakly``: or is zero), else None."""
        expression = sp.sympify(expression)
        found = self._by_coefficients(expression, {}, weakly=weakly)
        if found is not None or expression.is_Rational:
            return found
        signs = {_sign(_at(expression, p)) for p in self.samples(12, expression.free_symbols)}
        kind = (
            (sp.GreaterThan, sp.LessThan) if weakly else (sp.StrictGreaterThan, sp.StrictLessThan)
        )
        for claimed, relation in zip((1, -1), kind, strict=True):
            if signs <= {claimed, 0} and self._ask(
                self.relations, relation(expression, 0, evaluate=False)
            ):
                return claimed
        return None

    def implied(self, candidate: sp.Expr, positive: Sequence[sp.Expr]) -> bool | None:
        """Whether ``candidate`` is positive wherever all of ``positive`` are; None where undecided."""
        if self._by_coefficients(candidate, {}) == 1:
            return True
        if self.variable is not None and self._below_a_bound(candidate, positive):
            return True
        symbols = set().union(candidate.free_symbols, *(p.free_symbols for p in positive))
        for point in self.samples(60, symbols):
            if _at(candidate, point) <= 0 and all(_at(p, point) > 0 for p in positive):
                return False
        return self._ask([*self.relations, *map(above_zero, positive)], above_zero(candidate))

    def empty(self, relations: Sequence[Any] = ()) -> bool | None:
        """Whether nowhere all relations hold; None where undecided."""
        together = [*self.relations, *relations]
        symbols = set().union(*(r.free_symbols for r in together))
        for point in self.samples(200, symbols):
            if all(holds(r, point) for r in relations):
                return False
        return self._ask(together, sp.false)

    def point(
        self, relations: Sequence[Any], symbols: Iterable[sp.Symbol]
    ) -> dict[Any, Any] | None:
        """A point where all relations hold too; None where none is found."""
        wanted = set(symbols)
        for found in self.samples(400, wanted):
            if all(holds(r, found) for r in relations):
                return found
        answer = decide([*self.relations, *relations], sp.false, seconds=_CALL)
        if answer.counterexample is None:
            return None
        return {s: sp.sympify(answer.counterexample.get(str(s), 0)) for s in wanted}

    def _ask(self, assumptions: Iterable[Any], conclusion: Any) -> bool | None:
        if self._left <= 0.02:
            return None
        start = time.perf_counter()
        if self.variable is not None and self.variable.is_positive:
            assumptions = [*assumptions, above_zero(self.variable)]
        try:
            return decide(assumptions, conclusion, seconds=min(_CALL, self._left)).holds
        finally:
            self._left -= time.perf_counter() - start

    def samples(self, count: int, symbols: Iterable[sp.Symbol] = ()) -> list[dict[Any, Any]]:
        """Rational points where the relations hold, near the ends of intervals and between; seeded."""
        names = tuple(sorted({*self._symbols, *symbols}, key=str))
        beyond = [r for r in self.relations if not _is_bound(r)]
        chosen, tries, found = self._drawn.setdefault(names, (random.Random(20), [0], []))
        while len(found) < count and tries[0] < 8 * count:
            tries[0] += 1
            point = {s: self._somewhere(s, chosen) for s in names}
            if all(holds(r, point) for r in beyond):
                found.append(point)
        return found[:count]

    @cached_property
    def _symbols(self) -> set[sp.Symbol]:
        return set().union(*(r.free_symbols for r in self.relations))

    def _somewhere(self, symbol: sp.Symbol, chosen: random.Random) -> sp.Rational:
        lower, _, upper, _ = self._bounds.get(symbol, (-sp.oo, False, sp.oo, False))
        if lower == -sp.oo and symbol == self.variable:
            lower = sp.Integer(0)
        u = sp.Rational(chosen.randint(1, 999), 1000)
        if chosen.random() < 0.3:  # near an end
            u = u**4 if chosen.random() < 0.5 else 1 - (1 - u) ** 4
        if lower != -sp.oo and upper != sp.oo:
            return lower + (upper - lower) * u
        if lower != -sp.oo:
            return lower + u / (1 - u)
        if upper != sp.oo:
            return upper - u / (1 - u)
        return 3 * (2 * u - 1) if chosen.random() < 0.7 else (2 * u - 1) / (u * (1 - u))

    def _below_a_bound(self, candidate: sp.Expr, positive: Sequence[sp.Expr]) -> bool:
        """Positive for 0 < x < −c/s, where s·x + c is one of the positive ones: x = (−c/s)·w/(1 + w)."""
        x = self.variable
        assert x is not None
        if not (self._bounds.get(x, (-sp.oo,))[0] == 0 or x.is_positive or x in positive):
            return False
        for other in positive:
            if x not in other.free_symbols:
                continue
            parts = sp.Poly(other, x).all_coeffs()
            if len(parts) == 2 and self._by_coefficients(parts[0], {}) == -1 and (
                self._by_coefficients(parts[1], {}) == 1
            ) and self._by_coefficients(candidate, {x: (parts[1], -parts[0])}) == 1:  # fmt: skip
                return True
        return False

    def _by_coefficients(
        self, expression: sp.Expr, below: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]],
        *, weakly: bool = False,
    ) -> int | None:  # fmt: skip
        """The common sign of all coefficients after the substitution; None where there is none.

        Args:
            expression: a polynomial.
            below: for a variable, n and d > 0: it lies in the open interval from 0 to n/d.
        """
        expression = sp.sympify(expression)
        if expression.is_Rational:
            return int(sp.sign(expression)) or None
        symbols = sorted(set().union(expression.free_symbols, *(
            part.free_symbols for pair in below.values() for part in pair)), key=str)  # fmt: skip
        try:
            polynomials, *generators = ring(symbols, sp.QQ)
            found = polynomials.from_expr(sp.expand(expression))
            substitute = {symbols.index(x): tuple(map(polynomials.from_expr, map(sp.expand, pair)))
                          for x, pair in below.items()}  # fmt: skip
        except (ValueError, PolynomialError):
            return None
        free: set[int] = set()  # the variables whose t may be 0
        if substitute:
            maps = {
                i: (n * generators[i], d * (1 + generators[i])) for i, (n, d) in substitute.items()
            }
            found = _substituted(found, maps)
        maps = {}
        for i, s in enumerate(symbols):
            if i in substitute:
                continue
            lower, closed, upper, closed_above = self._bounds.get(s, (-sp.oo, False, sp.oo, False))
            if closed_above:
                return None
            if lower == -sp.oo:
                if not s.is_positive or s != self.variable:
                    return None
                lower, closed = sp.Integer(0), False
            t, low = generators[i], polynomials.domain.from_sympy(lower)
            if upper == sp.oo:
                maps[i] = (low + t, polynomials.one)
            else:
                maps[i] = (low + polynomials.domain.from_sympy(upper) * t, 1 + t)
            if closed:
                free.add(i)
        transformed = _substituted(found, maps)
        if transformed is None:
            return None
        signs = {c > 0 for _, c in transformed.terms()}
        # Strictly: some term is not zero where every t that may be 0 is 0.
        strict = any(not any(powers[i] for i in free) for powers, _ in transformed.terms())
        return (1 if signs.pop() else -1) if len(signs) == 1 and (strict or weakly) else None


@lru_cache(maxsize=512)
def _terms(expression: sp.Expr) -> tuple[tuple[sp.Symbol, ...], list[Any]] | None:
    symbols = tuple(sorted(expression.free_symbols, key=str))
    if not symbols:
        return None
    terms = sp.Poly(expression, *symbols).terms()
    if not all(c.is_Rational for _, c in terms):
        return None
    return symbols, [(powers, Fraction(int(c.p), int(c.q))) for powers, c in terms]


def _at(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Rational]) -> Any:
    """A polynomial at a rational point, exactly."""
    known = _terms(expression)
    if known is None:
        return expression.subs(point)
    symbols, terms = known
    values = [Fraction(int(point[s].p), int(point[s].q)) for s in symbols]
    return sum(
        (c * math.prod(v**k for v, k in zip(values, powers, strict=True)) for powers, c in terms),
        Fraction(0),
    )


def holds(relation: Any, point: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Whether a relation of polynomials, or an And or Or of some, holds at a rational point."""
    if isinstance(relation, sp.And):
        return all(holds(r, point) for r in relation.args)
    if isinstance(relation, sp.Or):
        return any(holds(r, point) for r in relation.args)
    if not isinstance(relation, sp.Rel):
        return bool(relation)
    difference = _at(_difference(relation), point)
    if isinstance(relation, sp.GreaterThan | sp.LessThan) and difference == 0:
        return True
    return bool(difference > 0) == isinstance(relation, sp.GreaterThan | sp.StrictGreaterThan) and (
        difference != 0
    )


@lru_cache(maxsize=512)
def _difference(relation: Any) -> sp.Expr:
    return sp.expand(relation.lhs - relation.rhs)


def _sign(number: Any) -> int:
    return int(number > 0) - int(number < 0)


def _substituted(
    polynomial: PolyElement | None, maps: Mapping[int, tuple[PolyElement, PolyElement]]
) -> PolyElement | None:
    """The numerator, over the product of the denominators' highest powers; None where it is too long."""
    if polynomial is None or not polynomial:
        return None
    for i, (above, below) in maps.items():
        degree = max(powers[i] for powers in polynomial.monoms())
        if not degree:
            continue
        rows: dict[int, Any] = {}
        for powers, c in polynomial.terms():
            rest = tuple(0 if j == i else e for j, e in enumerate(powers))
            rows.setdefault(powers[i], []).append((rest, c))
        total = polynomial.ring.zero
        for power, terms in rows.items():
            total += polynomial.ring.from_terms(terms) * above**power * below ** (degree - power)
        polynomial = total
        if not polynomial or len(polynomial) > _MOST_TERMS:
            return None
    return polynomial


__all__ = ["Signs", "above_zero", "bounds_of", "holds"]
