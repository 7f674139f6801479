"""Parse what a user types, by a whitelist over the syntax tree: never ``eval`` or ``sympify``.

Work is bounded before it is done: the depth of the tree, the bits of every number, the degree in the
names and the size of what exp, log and sqrt are taken of are looked at first, so that no text keeps
the processor or fills the memory.

>>> parse("2*(1 + beta)/3", {"beta": sp.Symbol("beta")})
2*beta/3 + 2/3
>>> parse("0.9", {})
9/10
"""

from __future__ import annotations

import ast
import operator
import re
import warnings
from collections.abc import Mapping
from typing import Any

import sympy as sp

from ..optimizers.errors import EigenstepError, UnknownName, shown
from . import definedness
from .definedness import ALWAYS, Defined, needs_of, value_of
from .reals import LARGEST, SMALLEST, bits, nonzero_sign
from .tracing import SYMBOLIC

_OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_FUNCTIONS = {"sqrt": sp.sqrt, "exp": sp.exp, "log": sp.log}
_RULE_FUNCTIONS = {
    "max": SYMBOLIC.maximum, "min": SYMBOLIC.minimum, "abs": SYMBOLIC.absolute,
    "sign": SYMBOLIC.sign, "norm": SYMBOLIC.norm, "where": SYMBOLIC.where,
}  # fmt: skip
_COMPARISONS = {ast.Gt: sp.Gt, ast.GtE: sp.Ge, ast.Lt: sp.Lt, ast.LtE: sp.Le}
_LONGEST = 1000
_DEEPEST = 40
_LARGEST_POWER = 100
_MOST_BITS = 4096
_HIGHEST_DEGREE = 8
_LARGEST_EXP = 700
"""e^700 is just inside float64."""
_DECIMAL = re.compile(r"(?:\d+(?:_\d+)*)?(?:\.(?:\d+(?:_\d+)*)?)?(?:[eE]([+-]?\d+(?:_\d+)*))?")
_LONGEST_EXPONENT = 400


class ExpressionError(EigenstepError, ValueError):
    """Text that is not an arithmetic expression in the names allowed."""


def parse(
    text: str, symbols: Mapping[str, Any], functions: Mapping[str, Any] | None = None
) -> sp.Expr:
    """Read numbers, the names in ``symbols``, ``+ - * / **``, ``sqrt``, ``exp`` and ``log``.

    Decimals become exact rationals: ``0.9`` is 9/10.

    Args:
        text: what is read.
        symbols: what each name stands for.
        functions: further functions by name; with them, exponents may be symbols, and ``< <= > >=``
            are read, too.

    Raises:
        ExpressionError: anything else, also a value that is not finite or beyond float64's range, and
            an expression whose value would take long to find.
        UnknownName: a name that is not in ``symbols``.
    """
    if not isinstance(text, str):
        raise ExpressionError(f"expected an expression as text, got {shown(text)}")
    if len(text) > _LONGEST:
        raise ExpressionError(f"expression longer than {_LONGEST} characters")
    said = shown(text)
    try:
        result = _Reader(text.strip(), symbols, functions).read()
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, EigenstepError):
            raise
        raise ExpressionError(f"{said} is not an arithmetic expression") from error
    except ZeroDivisionError as error:
        raise ExpressionError(f"{said} divides by zero") from error
    if result.has(sp.nan, sp.oo, -sp.oo, sp.zoo, sp.I):
        raise ExpressionError(f"{said} is not a finite real number")
    if functions is None and result.is_number:
        _check_range(result, said)
    return result


def build(text: str, names: Mapping[str, Any]) -> Any:
    """:func:`parse` for names that stand for something else than numbers, such as matrices."""
    return _Reader(text.strip(), names, None).read()


def parse_rule(
    text: str, symbols: Mapping[str, Any], functions: Mapping[str, Any] | None = None
) -> sp.Expr:
    """:func:`parse` with what update rules need beside it: max, min, abs, sign, norm, where, %.

    >>> parse_rule("max(0, 1) + beta**t", {"beta": sp.Symbol("b"), "t": sp.Symbol("t")})
    b**t + 1
    """
    return parse(text, symbols, {**_RULE_FUNCTIONS, **(functions or {})})


def parse_defined(
    text: str, symbols: Mapping[str, Any], functions: Mapping[str, Any] | None = None
) -> Defined:
    """:func:`parse_rule` with what the text, as it is typed, needs to be defined.

    Names may stand for a :class:`~eigenstep.analysis.definedness.Defined`, whose needs are the text's.

    >>> x = sp.Symbol("x", real=True)
    >>> parse_defined("x/x", {"x": x})
    Defined(value=1, needs=frozenset({Ne(x, 0)}))
    """
    values = _Values(symbols)
    value = parse_rule(text, values, functions)
    known = {**_RULE_FUNCTIONS, **(functions or {})}
    reader = _Reader(text.strip(), values, known)
    tree = ast.parse(text.strip(), mode="eval").body
    return Defined(value, _needs(tree, reader, symbols))


class _Values(Mapping[str, Any]):
    """Names without what they need."""

    def __init__(self, symbols: Mapping[str, Any]) -> None:
        self.symbols = symbols

    def __contains__(self, name: object) -> bool:
        return name in self.symbols

    def __getitem__(self, name: str) -> Any:
        return value_of(self.symbols[name])

    def __iter__(self) -> Any:
        return iter(self.symbols)

    def __len__(self) -> int:
        return len(self.symbols)


def _needs(node: ast.expr, reader: _Reader, symbols: Mapping[str, Any]) -> frozenset[Any]:
    """What a part of a text needs to be defined."""

    def value(part: ast.expr) -> Any:
        return reader._value(part)

    def needs(part: ast.expr) -> frozenset[Any]:
        return _needs(part, reader, symbols)

    if isinstance(node, ast.Name):
        return needs_of(symbols[node.id]) if node.id in symbols else ALWAYS
    if isinstance(node, ast.UnaryOp):
        return needs(node.operand)
    if isinstance(node, ast.Compare):
        return needs(node.left) | needs(node.comparators[0])
    if isinstance(node, ast.BinOp):
        both = needs(node.left) | needs(node.right)
        if isinstance(node.op, ast.Div | ast.Mod):
            return both | definedness.divisor(value(node.right))
        if isinstance(node.op, ast.Pow):
            return both | definedness.power(value(node.left), value(node.right))
        return both
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        name, of = node.func.id, [needs(a) for a in node.args]
        if name == "where":
            return of[0] | definedness.chosen(value(node.args[0]), *of[1:])
        own = {"sqrt": definedness.root, "log": definedness.logarithm}.get(name)
        return ALWAYS.union(*of, own(value(node.args[0])) if own else ALWAYS)
    return ALWAYS


def _check_range(value: sp.Expr, said: str) -> None:
    size = abs(value if value.is_Rational else value.evalf(30))
    if size > LARGEST:
        raise ExpressionError(f"{said} is beyond the range of float64, up to 1.8e308")
    if 0 < size < SMALLEST:
        raise ExpressionError(f"{said} is beyond the range of float64, from 4.9e-324")


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


class _Reader:
    """Builds the value of one text; in rules (with functions) exponents may be symbols."""

    def __init__(self, text: str, symbols: Mapping[str, Any], functions: Any) -> None:
        self.text, self.symbols, self.functions = text, symbols, functions

    def read(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on text that is refused anyway
            tree = ast.parse(self.text, mode="eval")
        if _depth(tree) > _DEEPEST:
            raise self._refuse(f"is nested deeper than {_DEEPEST}")
        return self._value(tree.body)

    def _refuse(self, why: str = "is not an arithmetic expression") -> ExpressionError:
        return ExpressionError(f"{shown(self.text)} {why}")

    def _value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return self._number(node)
        if isinstance(node, ast.Name):
            return self._name(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            value = self._value(node.operand)
            return -value if isinstance(node.op, ast.USub) else value
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            left, right = self._value(node.left), self._value(node.right)
            self._check_work(node.op, left, right)
            return self._real(_OPERATORS[type(node.op)](left, right))
        if self.functions and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            return sp.Mod(self._value(node.left), self._value(node.right))
        if self.functions and isinstance(node, ast.Compare) and len(node.ops) == 1:
            left, right = self._value(node.left), self._value(node.comparators[0])
            if type(node.ops[0]) in _COMPARISONS:
                return _COMPARISONS[type(node.ops[0])](left, right)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            return self._call(node.func.id, [self._value(a) for a in node.args])
        raise self._refuse()

    def _number(self, node: ast.Constant) -> sp.Rational:
        source = ast.get_source_segment(self.text, node) or repr(node.value)
        found = _DECIMAL.fullmatch(source)
        if not found:
            raise ExpressionError(f"{shown(source)} is not a number in decimal notation")
        if abs(int(found[1] or 0)) > _LONGEST_EXPONENT:
            raise ExpressionError(f"{shown(source)} is beyond the range of float64")
        number = sp.Rational(source.replace("_", ""))
        _check_range(number, shown(source))
        return number

    def _name(self, name: str) -> Any:
        if name.lower() in ("nan", "inf", "infinity"):
            raise ExpressionError(f"{name} is not a finite real number")
        if name not in self.symbols:
            raise UnknownName("name", name, self.symbols or ["(numbers only)"])
        return self.symbols[name]

    def _call(self, name: str, arguments: list[Any]) -> Any:
        if name in _FUNCTIONS and len(arguments) == 1:
            (argument,) = arguments
            numeric = not self.functions and argument.is_number
            if numeric and name == "exp" and abs(argument.evalf(15)) > _LARGEST_EXP:
                raise self._refuse("is beyond the range of float64")
            if numeric and name == "log" and nonzero_sign(argument, self._refuse) < 0:
                raise self._refuse("is not a finite real number")
            return self._real(_FUNCTIONS[name](argument))
        if self.functions and name in self.functions:
            return self.functions[name](*arguments)
        raise self._refuse()

    def _real(self, value: Any) -> Any:
        """The value; a number that is irrational is looked at before anything is built on it."""
        if self.functions or not isinstance(value, sp.Expr) or not value.is_number:
            return value
        if value.has(sp.nan, sp.oo, -sp.oo, sp.zoo, sp.I):
            raise self._refuse("is not a finite real number")
        if not value.is_Rational:
            near = value.evalf(15)
            if not near.is_Float:
                raise self._refuse("is not a finite real number")
            _check_range(near, shown(self.text))
        return value

    def _check_work(self, operation: Any, left: Any, right: Any) -> None:
        power = isinstance(operation, ast.Pow)
        if power:
            number = isinstance(right, sp.Expr) and right.is_number
            if (number and not abs(right) <= _LARGEST_POWER) or not (number or self.functions):
                raise ExpressionError(
                    f"power {shown(str(right))} in {shown(self.text)} is not a number up to "
                    f"{_LARGEST_POWER}"
                )
        if self.functions or not isinstance(left, sp.Expr) or not isinstance(right, sp.Expr):
            return
        if isinstance(operation, ast.Div) and right.is_number:
            nonzero_sign(right, self._refuse)
        if power and left.is_zero and right.is_negative:
            raise ZeroDivisionError
        if power and left.is_number and not left.is_zero and not right.is_Integer:
            if nonzero_sign(left, self._refuse) < 0:
                raise self._refuse("is not a finite real number")
            if not right.is_Rational and not left.is_Rational:
                raise self._refuse("has an irrational power of an irrational number")
        size = bits(left) * (abs(int(right)) + 1) if power else bits(left) + bits(right)
        if size > _MOST_BITS:
            raise self._refuse(f"has a number of more than {_MOST_BITS} bits")
        if max(_combined(operation, _degree(left), _degree(right), right)) > _HIGHEST_DEGREE:
            raise self._refuse(f"has a degree above {_HIGHEST_DEGREE}")


def _combined(operation: Any, left: Any, right: Any, exponent: Any) -> Any:
    """Bounds on the degrees of numerator and denominator of a result, from those of its parts."""
    if isinstance(operation, ast.Pow):
        times = max(abs(int(exponent)), 1)
        return left[0] * times, left[1] * times
    if isinstance(operation, ast.Div):
        right = right[::-1]
    if isinstance(operation, ast.Mult | ast.Div):
        return left[0] + right[0], left[1] + right[1]
    return max(left[0] + right[1], left[1] + right[0]), left[1] + right[1]


def _degree(expression: sp.Expr) -> Any:
    """Bounds on the degrees in the symbols of numerator and denominator."""
    if not expression.free_symbols:
        return 0, 0
    if expression.is_Pow and expression.exp.is_number:
        found = _combined(ast.Pow(), _degree(expression.base), (0, 0), expression.exp)
        return found[::-1] if expression.exp.is_negative else found
    if expression.is_Add or expression.is_Mul:
        operation = ast.Add() if expression.is_Add else ast.Mult()
        degree: Any = (0, 0)
        for part in expression.args:
            degree = _combined(operation, degree, _degree(part), None)
        return degree
    return 1, 0
