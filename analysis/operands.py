"""What a rule computes with while it is traced: SymPy expressions whose every operation is seen.

SymPy's own ``==`` compares how two expressions are written and answers False at once, so that a rule that
asks ``t == 1`` or ``sign(g) == 1`` would be traced as another rule than the one that runs. Here a
comparison is an expression, unless it holds for all values or for none; and what would need its truth now
(``if``, ``and``, ``not``, ``in``) is refused by name. Literal floats are the decimals as they are written.

>>> x = Operand(sp.Symbol("x", real=True))
>>> (0.5 * x == 1).expression
Eq(x/2, 1)
>>> Operand(sp.Integer(2)) > 1
True
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import numpy as np
import sympy as sp

from ..optimizers import ops
from ..optimizers.errors import RuleError, shown
from . import definedness


def _expression(x: Any) -> Any:
    """What an operation is with, as SymPy has it; floats exactly."""
    if isinstance(x, Operand):
        return x.expression
    if isinstance(x, sp.Basic):
        return x
    if isinstance(x, bool | np.bool_):
        return sp.true if x else sp.false
    if isinstance(x, int | np.integer):
        return sp.Integer(int(x))
    if isinstance(x, float | np.floating):
        return sp.Rational(repr(float(x))) if np.isfinite(x) else sp.Float(float(x))
    if isinstance(x, Fraction):
        return sp.Rational(x.numerator, x.denominator)
    raise RuleError(f"a rule computed with {shown(x)}, which is no number")


def is_condition(x: Any) -> bool:
    """Whether a SymPy object is true or false, and no number."""
    return isinstance(x, sp.logic.boolalg.Boolean) and not isinstance(x, sp.Expr)  # as symbols are


def _number(x: Any) -> Any:
    """A truth value in arithmetic: 1 where it holds."""
    found = _expression(x)
    if is_condition(found):
        return sp.Piecewise((sp.Integer(1), found), (sp.Integer(0), True))
    return found


def _needs(*operands: Any) -> frozenset[Any]:
    """What all of these need to be defined."""
    return frozenset().union(*(x.needs for x in operands if isinstance(x, Operand)))


def _truth(condition: Any, *of: Any) -> Any:
    """A condition: Python's own truth where it is decided."""
    return bool(condition) if condition in (sp.true, sp.false) else Operand(condition, _needs(*of))


class Operand:
    """A SymPy expression, or a condition, in a rule that is traced; and what it needs to be defined."""

    __array_priority__ = 1000
    __array_ufunc__ = None
    _op_priority = 1000.0  # SymPy's own objects leave operations with this to it
    __slots__ = ("expression", "needs")

    def __init__(self, expression: Any, needs: frozenset[Any] = definedness.ALWAYS) -> None:
        self.expression, self.needs = expression, needs

    def _sympy_(self) -> Any:
        return self.expression

    def __repr__(self) -> str:
        return f"<traced {shown(self.expression)}>"

    def __add__(self, other: Any) -> Operand:
        return Operand(_number(self) + _number(other), _needs(self, other))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Operand:
        return Operand(_number(self) - _number(other), _needs(self, other))

    def __rsub__(self, other: Any) -> Operand:
        return Operand(_number(other) - _number(self), _needs(self, other))

    def __mul__(self, other: Any) -> Operand:
        return Operand(_number(self) * _number(other), _needs(self, other))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Operand:
        return _quotient(self, other)

    def __rtruediv__(self, other: Any) -> Operand:
        return _quotient(other, self)

    def __pow__(self, other: Any) -> Operand:
        return _power(self, other)

    def __rpow__(self, other: Any) -> Operand:
        return _power(other, self)

    def __mod__(self, other: Any) -> Operand:
        return _divided(sp.Mod, self, other)

    def __rmod__(self, other: Any) -> Operand:
        return _divided(sp.Mod, other, self)

    def __floordiv__(self, other: Any) -> Operand:
        return _divided(lambda x, y: sp.floor(x / y), self, other)

    def __rfloordiv__(self, other: Any) -> Operand:
        return _divided(lambda x, y: sp.floor(x / y), other, self)

    def __neg__(self) -> Operand:
        return Operand(-_number(self), self.needs)

    def __pos__(self) -> Operand:
        return self

    def __abs__(self) -> Operand:
        return Operand(sp.Abs(_number(self)), self.needs)

    def __lt__(self, other: Any) -> Any:
        return _truth(sp.Lt(_number(self), _number(other)), self, other)

    def __le__(self, other: Any) -> Any:
        return _truth(sp.Le(_number(self), _number(other)), self, other)

    def __gt__(self, other: Any) -> Any:
        return _truth(sp.Gt(_number(self), _number(other)), self, other)

    def __ge__(self, other: Any) -> Any:
        return _truth(sp.Ge(_number(self), _number(other)), self, other)

    def __eq__(self, other: Any) -> Any:
        if other is None or isinstance(other, str):
            return False
        return _truth(sp.Eq(_number(self), _number(other)), self, other)

    def __ne__(self, other: Any) -> Any:
        if other is None or isinstance(other, str):
            return True
        return _truth(sp.Ne(_number(self), _number(other)), self, other)

    def __hash__(self) -> int:
        raise RuleError(
            f"a rule took {shown(self.expression)} for a key (of a dictionary, a set), whose place is not "
            "known while it is traced; ops.where chooses"
        )

    def _condition(self, what: str) -> Any:
        if is_condition(self.expression):
            return self.expression
        raise RuleError(
            f"a rule computed {what} of {shown(self.expression)}, which is no truth value"
        )

    def _logic(self, what: str, join: Callable[..., Any], other: Any) -> Any:
        known = _expression(other)
        if not is_condition(known):
            raise RuleError(f"a rule computed {what} of {shown(known)}, which is no truth value")
        return _truth(join(self._condition(what), known), self, other)

    def __and__(self, other: Any) -> Any:
        return self._logic("&", sp.And, other)

    def __or__(self, other: Any) -> Any:
        return self._logic("|", sp.Or, other)

    def __xor__(self, other: Any) -> Any:
        return self._logic("^", sp.Xor, other)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __invert__(self) -> Any:
        return _truth(sp.Not(self._condition("~")), self)

    def __bool__(self) -> bool:
        raise RuleError(
            f"a rule took the truth of {shown(self.expression)} (if, and, or, not, in), which is not "
            "known while it is traced; ops.where chooses"
        )

    def _plain(self, what: str) -> Any:
        number = self.expression
        if isinstance(number, sp.Expr) and number.is_number and number.is_real:
            return number
        raise RuleError(
            f"a rule took {what} of {shown(number)}, which is no number while it is traced"
        )

    def __float__(self) -> float:
        return float(self._plain("float()"))

    def __int__(self) -> int:
        return int(self._plain("int()"))

    def __index__(self) -> int:
        number = self._plain("an index")
        if not number.is_integer:
            raise RuleError(f"a rule took {shown(number)} for an index")
        return int(number)

    def __iter__(self) -> Any:
        raise RuleError(f"a rule went through the elements of {shown(self.expression)}")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise RuleError(
            f"a rule took .{name} of a traced value; a rule is written with + - * / ** and the functions "
            "of eigenstep.optimizers.ops"
        )


def _divided(of: Callable[[Any, Any], Any], x: Any, y: Any) -> Operand:
    below = _number(y)
    return Operand(of(_number(x), below), _needs(x, y) | definedness.divisor(below))


def _quotient(x: Any, y: Any) -> Operand:
    return _divided(lambda x, y: x / y, x, y)


def _power(base: Any, exponent: Any) -> Operand:
    x, n = _number(base), _number(exponent)
    return Operand(x**n, _needs(base, exponent) | definedness.power(x, n))


def _function(
    of: Callable[..., Any], own: Callable[..., frozenset[Any]] | None
) -> Callable[..., Any]:
    def call(*arguments: Any, **how: Any) -> Any:
        values = [*map(_number, arguments)]
        needs = _needs(*arguments) | (own(*values) if own else definedness.ALWAYS)
        return Operand(of(*values, **how), needs)

    return call


def _where(condition: Any, x: Any, y: Any) -> Any:
    known = _expression(condition)
    if not is_condition(known):  # what is not zero holds
        known = sp.Ne(known, 0)
    needs = _needs(condition) | definedness.chosen(known, _needs(x), _needs(y))
    return Operand(sp.Piecewise((_number(x), known), (_number(y), True)), needs)


_OWN_NEEDS: dict[str, Callable[..., frozenset[Any]]] = {
    "sqrt": definedness.root, "quotient": lambda x, y: definedness.divisor(y),
}  # fmt: skip


def functions(symbolic: SimpleNamespace) -> SimpleNamespace:
    """The functions of :mod:`~eigenstep.optimizers.ops` on operands, from those on expressions."""
    found = {name: _function(of, _OWN_NEEDS.get(name)) for name, of in vars(symbolic).items()}
    return SimpleNamespace(**{**found, "where": _where})


def traced(value: Any) -> Any:
    """An expression as a rule computes with it; what is none, as it is."""
    return Operand(value) if isinstance(value, sp.Basic) else value


def untraced(value: Any) -> Any:
    """The expression of an operand; floats exactly; what is neither, as it is."""
    if isinstance(value, Operand) or (
        isinstance(value, int | float | np.number) and not isinstance(value, bool)
    ):
        return _expression(value)
    return value


def register(symbolic: SimpleNamespace) -> None:
    """Let the functions of a rule take operands."""
    ops.register(Operand, functions(symbolic))
