"""Points at which a statement is tried, and what it is there: where it could fail, not where it is easy.

Zero and one, both signs, small and large numbers, steps beyond twenty: each symbol takes those that its
assumptions and the hypotheses allow.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from .tracing import SIZE

DIGITS = 40
_ZERO = mpmath.mpf(10) ** -25
"""Below this a number, computed to 40 digits from simple fractions, is zero."""
_SPREAD, _MORE = 60, 240

_INTEGERS = (1, 2, 3, 5, 6, 8, 12, 20, 4, 25, 60)
_REALS = tuple(
    sp.Rational(v)
    for v in ("3/2", "2/5", "-5/3", "1/3", "7/9", "9/10", "1/10", "-1/7", "0", "5", "1", "-1", "-30", "50",
              "1000", "1/1000", "2", "3", "4")
)  # fmt: skip


def allowed(symbol: sp.Symbol, value: sp.Rational) -> bool:
    """Whether a symbol's assumptions allow a value."""
    if (symbol.is_positive and value <= 0) or (symbol.is_nonnegative and value < 0):
        return False
    return not symbol.is_integer or value.q == 1


@lru_cache(maxsize=512)
def values_of(symbol: sp.Symbol, hypotheses: tuple[Any, ...] = ()) -> tuple[sp.Rational, ...]:
    """The numbers that a symbol takes: those for which the hypotheses about it alone hold."""
    tried: Iterable[Any] = _REALS
    if symbol.is_integer:
        negative = () if symbol.is_nonnegative else (-1, -2, -7)
        tried = map(sp.Integer, (*_INTEGERS, 0, *negative))
    own = [h for h in hypotheses if h.free_symbols == {symbol}]
    return tuple(
        v for v in tried if allowed(symbol, v) and all(h.subs(symbol, v) == sp.true for h in own)
    )


def points(
    symbols: Sequence[sp.Symbol], hypotheses: tuple[Any, ...] = (), more: bool = False
) -> Iterator[list[sp.Rational]]:
    """Points to try; more where cases are distinguished, each of which is true at few of them."""
    pools = [values_of(s, hypotheses) for s in symbols]
    if not all(pools):
        return
    for n in range(_SPREAD):
        yield [
            pool[(3 * n + 5 * i + (n // 7) * (i + 1)) % len(pool)] for i, pool in enumerate(pools)
        ]
    draw = random.Random(0)
    for _ in range(_MORE if more else _SPREAD):
        yield [draw.choice(pool) for pool in pools]


GATHER: dict[str, Any] = {
    "norm": lambda x, y: sp.sqrt(x**2 + y**2),
    **dict.fromkeys(("sum", "sum_over_group"), lambda x, y: x + y),
    **dict.fromkeys(("largest", "largest_over_group"), sp.Max),
}
"""What is gathered of a tensor, of one that has two elements."""


def concrete(expression: Any, elements: tuple[sp.Symbol, ...]) -> Any:
    """Free functions replaced by one of the functions that they stand for.

    Those that act elementwise become linear; what is gathered becomes that of a tensor of two elements, the
    second of which has its own values of the symbols in ``elements``.
    """
    second = {s: sp.Rational(1 + i, 9 + 4 * i) for i, s in enumerate(elements)}
    return without_functions(expression, lambda f: _in_place_of(f, second))


def without_functions(expression: Any, of: Callable[[Any], Any]) -> Any:
    """The expression for a tensor of two elements, ``of`` in place of each free function, innermost first."""
    expression = sp.sympify(expression).xreplace({SIZE: sp.Integer(2)})
    while functions := expression.atoms(AppliedUndef):
        innermost = (f for f in functions if not any(a.has(AppliedUndef) for a in f.args))
        expression = expression.xreplace({f: of(f) for f in innermost})
    return expression


def _in_place_of(function: Any, second: dict[sp.Symbol, sp.Rational]) -> Any:
    gather = GATHER.get(function.func.__name__)
    if gather is not None:
        x = function.args[0]
        return gather(x, x.xreplace(second))
    length = 7 + len(function.func.__name__)
    weights = [sp.Rational(2 * i + 3, length) for i in range(len(function.args))]
    return sum(w * a for w, a in zip(weights, function.args, strict=True))


class Unclear(Exception):
    """A point where what is asked cannot be told in forty digits."""


Numbers = Sequence[Any]


@lru_cache(maxsize=1024)
def function(
    expression: Any, symbols: tuple[sp.Symbol, ...], elements: tuple[sp.Symbol, ...]
) -> Callable[..., Any]:
    """The expression as a function of mpmath's numbers."""
    return sp.lambdify(symbols, concrete(expression, elements), "mpmath")


class Place:
    """A point, and what expressions and conditions are there: each is computed once, at mpmath's digits."""

    def __init__(
        self, symbols: tuple[sp.Symbol, ...], elements: tuple[sp.Symbol, ...], at: Numbers
    ) -> None:
        self._symbols, self._elements, self._at = symbols, elements, at
        self._values: dict[Any, Any] = {}
        self._conditions: dict[Any, bool | None] = {}

    def value(self, expression: Any) -> Any:
        """The real value.

        Raises:
            Unclear: there is none, or none that can be told.
        """
        if expression not in self._values:
            self._values[expression] = self._computed(expression)
        value = self._values[expression]
        if value is None:
            raise Unclear
        return value

    def _computed(self, expression: Any) -> Any:
        try:
            made = function(expression, self._symbols, self._elements)
            value = mpmath.mpmathify(made(*self._at))
        except (ZeroDivisionError, ValueError, TypeError, OverflowError):
            return None
        if not mpmath.isfinite(value) or abs(mpmath.im(value)) > _ZERO * (1 + abs(value)):
            return None
        return mpmath.re(value)

    def holds(self, condition: Any) -> bool:
        """Whether a condition holds; of several parts no more are looked at than decide.

        Raises:
            Unclear: it cannot be told.
        """
        if condition in (sp.true, sp.false):
            return bool(condition)
        if condition not in self._conditions:
            try:
                self._conditions[condition] = self._decided(condition)
            except Unclear:
                self._conditions[condition] = None
        held = self._conditions[condition]
        if held is None:
            raise Unclear
        return held

    def all(self, conditions: Iterable[Any]) -> bool:
        """Whether all hold: one that fails says so, whatever another makes of it, √v + ε ≠ 0 at v < 0.

        Raises:
            Unclear: none is seen to fail, and one is not seen to hold.
        """
        return self._settled(conditions, False)

    def _settled(self, parts: Iterable[Any], decisive: bool) -> bool:
        """``decisive`` where one part is that, else the other where all can be told."""
        unclear = False
        for part in parts:
            try:
                if self.holds(part) is decisive:
                    return decisive
            except Unclear:
                unclear = True
        if unclear:
            raise Unclear
        return not decisive

    def _decided(self, condition: Any) -> bool:
        if isinstance(condition, sp.Not):
            return not self.holds(condition.args[0])
        if isinstance(condition, sp.And | sp.Or):
            return self._settled(condition.args, isinstance(condition, sp.Or))
        left, right = self.value(condition.lhs), self.value(condition.rhs)
        margin = left - right
        near = abs(margin) <= _ZERO * (1 + abs(left))
        if near and margin != 0 and not condition.is_Equality and condition.func is not sp.Ne:
            margin = mpmath.mpf(0)
        if condition.func in (sp.Eq, sp.Ne):
            return near is (condition.func is sp.Eq)
        if condition.func in (sp.Gt, sp.Ge):
            return bool(margin > 0 if condition.func is sp.Gt else margin >= 0)
        return bool(margin < 0 if condition.func is sp.Lt else margin <= 0)
