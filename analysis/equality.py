r"""Decide whether two expressions that a rule and its paper give are equal for all inputs.

Polynomial identity over *atoms*: every subexpression that is not rational (a root, a maximum, a
power with a symbolic exponent, a norm, …) is replaced by a symbol, after its own arguments have been
brought to normal form; equal subexpressions get the same symbol, and a root's square is its argument.
Two rational functions of atoms that are identical are equal wherever both are defined; the converse
may fail, so inequality is only claimed with a point at which the values differ.

>>> from sympy.abc import x, y
>>> equal(sp.sqrt(x * (1 + y)), sp.sqrt(x + x * y)).holds
True
>>> equal(sp.sqrt(x), x).counterexample is not None
True
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from .decision import Decision, simplest_point
from .tracing import SIZE

_DIGITS = 40
_POINTS, _MORE_POINTS = 60, 240


class _Atoms:
    """The symbols that stand for irrational subexpressions, and the squares of those for roots."""

    def __init__(self) -> None:
        self.known: dict[Any, sp.Symbol] = {}
        self.squares: dict[sp.Symbol, sp.Expr] = {}

    def atom(self, *key: Any) -> sp.Symbol:
        return self.known.setdefault(key, sp.Symbol(f"atom_{len(self.known)}", positive=True))

    def root(self, argument: sp.Expr) -> sp.Expr:
        """√argument, with the squares of positive symbols taken out."""
        outside, inside = sp.Integer(1), argument
        for symbol, power in self._positive_content(argument):
            outside *= symbol ** (power // 2)
            inside = inside / symbol ** (2 * (power // 2))
        inside = sp.cancel(inside)
        if inside == 1:
            return outside
        atom = self.atom("root", inside)
        self.squares[atom] = inside
        return outside * atom

    @staticmethod
    def _positive_content(*expressions: sp.Expr) -> list[tuple[sp.Symbol, int]]:
        """Positive symbols and the powers of them that every expression has as a factor."""
        powers: list[dict[sp.Symbol, int]] = []
        for e in expressions:
            found: dict[sp.Symbol, int] = {}
            for part, sign in zip(sp.fraction(sp.cancel(e)), (1, -1), strict=True):
                for factor, power in sp.factor_list(part)[1]:
                    if factor.is_Symbol and factor.is_positive:
                        found[factor] = found.get(factor, 0) + sign * power
            powers.append(found)
        common = set(powers[0]).intersection(*powers[1:]) if powers else set()
        return sorted(((s, min(p[s] for p in powers)) for s in common), key=str)

    def _homogeneous(self, e: Any) -> Any:
        """A maximum, minimum, norm, sum or sign, with positive common factors taken out (or dropped)."""
        arguments = [self.normal(a) for a in e.args]
        if any(a == 0 for a in arguments):
            return self.atom(e.func, *arguments)
        outside = sp.Integer(1)
        if len(arguments) == 1:
            outside = _content(arguments[0])
        for symbol, power in self._positive_content(*arguments):
            outside *= symbol**power
        arguments = [sp.cancel(a / outside) for a in arguments]
        if isinstance(e, sp.Max | sp.Min):
            arguments.sort(key=sp.default_sort_key)
        atom = self.atom(e.func, *arguments)
        return atom if isinstance(e, sp.sign) else outside * atom

    def normal(self, expression: Any) -> sp.Expr:
        """The expression as a cancelled rational function of symbols and atoms."""
        return sp.cancel(self._rational(sp.sympify(expression)))

    def _rational(self, e: Any) -> Any:
        if e.is_Float:
            return sp.Rational(str(e))
        if not e.args:
            return e
        if isinstance(e, sp.Add | sp.Mul):
            return e.func(*(self._rational(a) for a in e.args))
        if isinstance(e, sp.Pow):
            base, exponent = e.base, e.exp
            if exponent.is_Integer:
                return self._rational(base) ** exponent
            if exponent.is_Rational and exponent.q == 2:
                return self.root(self.normal(base)) ** exponent.p
            return self._symbolic_power(self.normal(base), sp.expand(exponent))
        if isinstance(e, sp.Max | sp.Min | sp.sign | sp.Abs) or e.func.__name__ in _GATHER:
            return self._homogeneous(e)
        return self.atom(e.func, *(self.normal(a) for a in e.args))

    def _symbolic_power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        """base^(a + n) as base^n · base^a for the integer n; the rest is one atom."""
        whole, rest = exponent.as_coeff_Add()
        if not whole.is_Integer:
            whole, rest = sp.Integer(0), exponent
        sign = -1 if rest.could_extract_minus_sign() else 1
        return base**whole * self.atom("power", base, sign * rest) ** sign

    def vanishes(self, expression: sp.Expr) -> bool:
        """Whether the expression is zero once the roots' squares are put in."""
        numerator = sp.fraction(sp.together(self.normal(expression)))[0]
        while True:
            numerator = sp.expand(numerator)
            found = numerator.free_symbols & set(self.squares)
            changed = False
            for root in sorted(found, key=str):
                polynomial = sp.Poly(numerator, root)
                if polynomial.degree() < 2:
                    continue
                square = self.squares[root]
                reduced = sum(
                    c * square ** (n // 2) * root ** (n % 2) for (n,), c in polynomial.terms()
                )
                numerator = sp.fraction(sp.together(reduced))[0]
                changed = True
                break
            if not changed:
                return numerator == 0


def _content(expression: Any) -> Any:
    """The greatest positive rational number that is a factor of an expression."""
    over, under = (
        sp.Poly(p, *p.free_symbols) if p.free_symbols else p for p in sp.fraction(expression)
    )
    contents = [p.primitive()[0] if isinstance(p, sp.Poly) else abs(p) for p in (over, under)]
    found = contents[0] / contents[1]
    return abs(found) if found.is_Rational and found != 0 else sp.Integer(1)


def _conditions(*expressions: Any) -> list[Any]:
    """The relations that decide a Piecewise, innermost first."""
    found: list[Any] = []
    for e in expressions:
        for piecewise in sp.sympify(e).atoms(sp.Piecewise):
            for _, condition in piecewise.args:
                for r in condition.atoms(sp.core.relational.Relational):
                    if not r.has(sp.Piecewise) and r not in found:
                        found.append(r)
    return sorted(found, key=sp.default_sort_key)


def equal(left: Any, right: Any, elements: tuple[sp.Symbol, ...] = ()) -> Decision:
    """Whether two expressions are equal for all real values of their symbols where both are defined.

    Free functions (``AppliedUndef``) and norms stand for any function. Of each case that a
    ``Piecewise`` distinguishes, the two must be equal.

    Args:
        left, right: the expressions.
        elements: the symbols that differ from element to element of the tensor that norms are of.

    Returns:
        A :class:`Decision` with ``holds`` True; False with a counterexample, a value for each
        symbol; or None where neither an identity nor a counterexample was found.
    """
    return all_equal([(left, right)], elements)


@lru_cache(maxsize=4096)  # cases that differ in a condition which does not matter meet again
def _identical(left: Any, right: Any) -> bool:
    conditions = _conditions(left, right)
    if conditions:
        return all(
            _identical(
                left.xreplace({conditions[0]: value}), right.xreplace({conditions[0]: value})
            )
            for value in (sp.true, sp.false)
        )
    return _Atoms().vanishes(left - right)


_GATHER: dict[str, Any] = {
    "norm": lambda x, y: sp.sqrt(x**2 + y**2),
    **dict.fromkeys(("sum", "sum_over_group"), lambda x, y: x + y),
    **dict.fromkeys(("largest", "largest_over_group"), sp.Max),
}
"""What is gathered of a tensor, of one that has two elements."""


def _concrete(expression: Any, elements: tuple[sp.Symbol, ...]) -> Any:
    """Free functions replaced by one of the functions that they stand for.

    Those that act elementwise become linear; what is gathered becomes that of a tensor of two elements, the
    second of which has its own values of the symbols in ``elements``.
    """
    second = {s: sp.Rational(5 + 3 * i, 4 + 2 * i) for i, s in enumerate(elements)}
    expression = expression.xreplace({SIZE: sp.Integer(2)})
    while functions := expression.atoms(AppliedUndef):
        f = min(functions, key=lambda f: (f.count_ops(), str(f)))
        if (gather := _GATHER.get(f.func.__name__)) is not None:
            x = f.args[0]
            value: Any = gather(x, x.xreplace(second))
        else:
            weights = [sp.Rational(2 * i + 3, 7 + len(f.func.__name__)) for i in range(len(f.args))]
            value = sum(w * a for w, a in zip(weights, f.args, strict=True))
        expression = expression.xreplace({f: value})
    return expression


def _values(symbol: sp.Symbol) -> list[sp.Rational]:
    if symbol.is_integer:
        return [sp.Integer(n) for n in (1, 2, 3, 5, 6, 8, 12, 20)]
    small = [sp.Rational(1, 3), sp.Rational(7, 9), sp.Rational(9, 10), sp.Rational(1, 10)]
    if symbol.name.startswith("beta") or symbol.is_nonnegative:
        return small
    return [sp.Rational(3, 2), sp.Rational(2, 5), sp.Rational(-5, 3), *small, sp.Rational(-1, 7)]


@lru_cache(maxsize=256)
def _function(
    expression: Any, symbols: tuple[sp.Symbol, ...], elements: tuple[sp.Symbol, ...]
) -> Any:
    return sp.lambdify(symbols, _concrete(expression, elements), "mpmath")


_CASES = (sp.Piecewise, sp.sign, sp.Max, sp.Min)


def _points(symbols: tuple[sp.Symbol, ...], cases: bool) -> Iterator[list[sp.Rational]]:
    """Points to try; more where cases are distinguished, each of which is true at few of them."""
    for n in range(_POINTS):
        yield [
            _values(s)[(3 * n + 5 * i + n // 7) % len(_values(s))] for i, s in enumerate(symbols)
        ]
    draw = random.Random(0)
    for _ in range(_MORE_POINTS if cases else 0):
        yield [draw.choice(_values(s)) for s in symbols]


def _differing_point(left: Any, right: Any, elements: Any) -> dict[str, str] | None:
    symbols = tuple(sorted(left.free_symbols | right.free_symbols | set(elements), key=str))
    functions = [_function(side, symbols, elements) for side in (left, right)]
    small = mpmath.mpf(10) ** (-_DIGITS // 2)
    with mpmath.workdps(_DIGITS):
        for point in _points(symbols, left.has(*_CASES) or right.has(*_CASES)):
            try:
                numbers = [mpmath.mpf(p.p) / p.q for p in point]
                values = [mpmath.mpmathify(f(*numbers)) for f in functions]
            except (ZeroDivisionError, ValueError, TypeError):
                continue
            # A point where neither is real lies outside the domain of both.
            real = any(abs(mpmath.im(v)) < small for v in values)
            if real and abs(values[0] - values[1]) > small:
                found = _simpler_point(functions, symbols) or dict(zip(symbols, point, strict=True))
                return {str(s): str(p) for s, p in found.items()}
    return None


_BELOW_ONE = ("beta", "gamma", "rho")


def _allowed(symbol: sp.Symbol, value: sp.Rational) -> bool:
    if (symbol.is_positive and value <= 0) or (symbol.is_nonnegative and value < 0):
        return False
    if symbol.name.startswith(_BELOW_ONE) and value >= 1:
        return False
    return not symbol.is_integer or value.q == 1


def _simpler_point(functions: list[Any], symbols: tuple[sp.Symbol, ...]) -> Any:
    """A point of small numbers where two functions differ by something that can be seen."""

    def differ(point: tuple[sp.Rational, ...]) -> bool:
        if not all(map(_allowed, symbols, point)):
            return False
        try:
            numbers = [mpmath.mpf(p.p) / p.q for p in point]
            one, two = (mpmath.mpmathify(f(*numbers)) for f in functions)
        except (ZeroDivisionError, ValueError, TypeError):
            return False
        finite = mpmath.isfinite(one) and mpmath.isfinite(two)
        return bool(finite and not mpmath.im(one) and not mpmath.im(two) and abs(one - two) > 1e-9)

    return simplest_point(symbols, differ, tries=500)


def positive_norms(expression: Any) -> Any:
    """The expression where no norm is zero."""
    comparisons = {
        c for c in expression.atoms(sp.core.relational.Relational)
        if c.rhs == 0 and getattr(c.lhs.func, "__name__", "") == "norm"
    }  # fmt: skip
    while comparisons:
        values = {c: sp.true if isinstance(c, sp.Gt | sp.Ge) else sp.false for c in comparisons}
        expression = expression.xreplace(values)
        comparisons = {c for c in comparisons if expression.has(c)}
    return expression


def all_equal(pairs: Any, elements: tuple[sp.Symbol, ...] = ()) -> Decision:
    """Whether every pair is equal; the first counterexample, or undecided pair, otherwise."""
    different = [(a, b) for a, b in ((sp.sympify(a), sp.sympify(b)) for a, b in pairs) if a != b]
    for left, right in different:  # found sooner than an identity is proved
        point = _differing_point(left, right, elements)
        if point is not None:
            return Decision(False, point)
    return Decision(True if all(_identical(*pair) for pair in different) else None)


__all__ = ["all_equal", "equal", "positive_norms"]
