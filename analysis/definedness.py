"""Where an expression is defined: what must hold of its arguments for it to be a real number.

SymPy cancels x/x as it is written, so that afterwards nobody can tell that x = 0 was left out. What is run
or parsed here therefore notes its conditions beside its value: no divisor is zero, no root and no logarithm
is of a negative number; of what ``where`` chooses from only the chosen one's.

>>> x = sp.Symbol("x", real=True)
>>> divisor(x)
frozenset({Ne(x, 0)})
>>> chosen(x > 1, divisor(x), frozenset())
frozenset({(x <= 1) | Ne(x, 0)})
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sympy as sp

ALWAYS: frozenset[Any] = frozenset()


@dataclass(frozen=True)
class Defined:
    """An expression and the conditions on which it is a real number."""

    value: Any
    needs: frozenset[Any] = ALWAYS


def value_of(x: Any) -> Any:
    """The expression alone."""
    return x.value if isinstance(x, Defined) else sp.sympify(x)


def needs_of(x: Any) -> frozenset[Any]:
    """The conditions; none of what is no :class:`Defined`."""
    return x.needs if isinstance(x, Defined) else ALWAYS


def _unless_true(*conditions: Any) -> frozenset[Any]:
    return frozenset(c for c in conditions if c != sp.true)


def divisor(x: Any) -> frozenset[Any]:
    """What division by x needs."""
    return _unless_true(sp.Ne(x, 0))


def root(x: Any) -> frozenset[Any]:
    """What √x needs."""
    return _unless_true(sp.Ge(x, 0))


def logarithm(x: Any) -> frozenset[Any]:
    """What ln x needs."""
    return _unless_true(sp.Gt(x, 0))


def power(base: Any, exponent: Any) -> frozenset[Any]:
    """What base^exponent needs; 0⁰ is 1, as in all languages that rules run in."""
    if exponent.is_Integer:
        return divisor(base) if exponent < 0 else ALWAYS
    if exponent.is_Rational:
        return root(base) | (divisor(base) if exponent < 0 else ALWAYS)
    if exponent.is_integer:
        if exponent.is_nonnegative:
            return ALWAYS
        return _unless_true(sp.Or(sp.Ne(base, 0), sp.Ge(exponent, 0)))
    return _unless_true(sp.Or(sp.Gt(base, 0), sp.And(sp.Eq(base, 0), sp.Gt(exponent, 0))))


def chosen(condition: Any, x: frozenset[Any], y: frozenset[Any]) -> frozenset[Any]:
    """What the choice of x where the condition holds, else of y, needs of them."""
    if condition == sp.true:
        return x
    if condition == sp.false:
        return y
    both = x & y
    first = (sp.Or(sp.Not(condition), n) for n in x - both)
    second = (sp.Or(condition, n) for n in y - both)
    return both | _unless_true(*first, *second)
