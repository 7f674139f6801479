"""Parse what a user types, by a whitelist over the syntax tree: never ``eval`` or ``sympify``.

>>> parse("2*(1 + beta)/3", {"beta": sp.Symbol("beta")})
2*beta/3 + 2/3
>>> parse("0.9", {})
9/10
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from typing import Any

import sympy as sp

from ..optimizers.errors import EigenstepError, UnknownName
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
_LARGEST_POWER = 100


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
        ExpressionError: anything else, also a value that is not finite.
        UnknownName: a name that is not in ``symbols``.
    """
    if len(text) > _LONGEST:
        raise ExpressionError(f"expression longer than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
        result = _build(tree.body, text.strip(), symbols, functions)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, EigenstepError):
            raise
        raise ExpressionError(f"{text!r} is not an arithmetic expression") from error
    except ZeroDivisionError as error:
        raise ExpressionError(f"{text!r} divides by zero") from error
    if result.has(sp.nan, sp.oo, -sp.oo, sp.zoo, sp.I):
        raise ExpressionError(f"{text!r} is not a finite real number")
    return result


def build(text: str, names: Mapping[str, Any]) -> Any:
    """:func:`parse` for names that stand for something else than numbers, such as matrices."""
    return _build(ast.parse(text.strip(), mode="eval").body, text.strip(), names, None)


def parse_rule(
    text: str, symbols: Mapping[str, Any], functions: Mapping[str, Any] | None = None
) -> sp.Expr:
    """:func:`parse` with what update rules need beside it: max, min, abs, sign, norm, where, %.

    >>> parse_rule("max(0, 1) + beta**t", {"beta": sp.Symbol("b"), "t": sp.Symbol("t")})
    b**t + 1
    """
    return parse(text, symbols, {**_RULE_FUNCTIONS, **(functions or {})})


def _build(node: ast.expr, text: str, symbols: Mapping[str, Any], functions: Any) -> Any:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        source = ast.get_source_segment(text, node) or repr(node.value)
        if isinstance(node.value, float) and node.value in (float("inf"), float("-inf")):
            raise ExpressionError(f"{source} is not a finite real number")
        return sp.Rational(source.replace("_", ""))
    if isinstance(node, ast.Name):
        if node.id.lower() in ("nan", "inf", "infinity"):
            raise ExpressionError(f"{node.id} is not a finite real number")
        if node.id not in symbols:
            raise UnknownName("name", node.id, symbols or ["(numbers only)"])
        return symbols[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        value = _build(node.operand, text, symbols, functions)
        return -value if isinstance(node.op, ast.USub) else value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = (_build(s, text, symbols, functions) for s in (node.left, node.right))
        power = isinstance(node.op, ast.Pow)
        small = power and right.is_number and abs(right) <= _LARGEST_POWER
        if power and not (small or (functions and not right.is_number)):
            raise ExpressionError(
                f"power {right} in {text!r} is not a number up to {_LARGEST_POWER}"
            )
        return _OPERATORS[type(node.op)](left, right)
    if functions and isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        left, right = (_build(s, text, symbols, functions) for s in (node.left, node.right))
        return sp.Mod(left, right)
    if functions and isinstance(node, ast.Compare) and len(node.ops) == 1:
        sides = (node.left, node.comparators[0])
        left, right = (_build(s, text, symbols, functions) for s in sides)
        if type(node.ops[0]) in _COMPARISONS:
            return _COMPARISONS[type(node.ops[0])](left, right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        arguments = [_build(a, text, symbols, functions) for a in node.args]
        if node.func.id in _FUNCTIONS and len(arguments) == 1:
            return _FUNCTIONS[node.func.id](arguments[0])
        if functions and node.func.id in functions:
            return functions[node.func.id](*arguments)
    raise ExpressionError(f"{text!r} is not an arithmetic expression")
