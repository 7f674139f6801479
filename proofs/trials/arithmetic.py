"""Typed statements read into float64.

>>> read("beta*m + (1 - beta)*g", {"beta": 0.5, "m": 2.0, "g": 4.0})
3.0
>>> names_in("sqrt(v) + eps")
['eps', 'v']
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sqrt": np.sqrt, "exp": np.exp, "log": np.log, "max": np.maximum, "min": np.minimum,
    "abs": np.abs, "sign": np.sign, "norm": np.linalg.norm, "where": np.where,
}  # fmt: skip
_OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Div: np.true_divide,
    ast.Pow: lambda a, b: np.power(np.asarray(a, float), b),
    ast.Mod: operator.mod, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt,
    ast.LtE: operator.le,
}  # fmt: skip


def _times(a: Any, b: Any) -> Any:
    """The product, of matrices too; a 1×1 product is a number."""
    if np.ndim(a) < 2 or np.ndim(b) < 2:
        return a * b
    product = a @ b
    return float(product[0, 0]) if product.size == 1 else product


def _value(node: ast.expr, names: Mapping[str, Any], functions: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.Constant):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.UnaryOp):
        return -_value(node.operand, names, functions)
    if isinstance(node, ast.Call):
        arguments = [_value(a, names, functions) for a in node.args]
        return functions[node.func.id](*arguments)  # type: ignore[attr-defined]
    if isinstance(node, ast.Compare):
        sides = node.left, node.comparators[0]
        left, right = (_value(side, names, functions) for side in sides)
        return _OPERATORS[type(node.ops[0])](left, right)
    assert isinstance(node, ast.BinOp)
    left, right = (_value(side, names, functions) for side in (node.left, node.right))
    if isinstance(node.op, ast.Mult):
        return _times(left, right)
    return _OPERATORS[type(node.op)](left, right)


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ast.expr:
    return ast.parse(text.strip(), mode="eval").body


def read(
    text: str, names: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]] | None = None
) -> Any:
    """The value of a typed expression, for numbers, arrays (elementwise) or matrices.

    Args:
        text: the expression.
        names: what its names stand for.
        functions: by name those that are called in it beside the usual ones.
    """
    return _value(_parsed(text), names, {**_FUNCTIONS, **functions} if functions else _FUNCTIONS)


def names_in(*texts: str) -> list[str]:
    found: dict[str, None] = {}
    for text in texts:
        called = {id(n.func) for n in ast.walk(_parsed(text)) if isinstance(n, ast.Call)}
        for node in ast.walk(_parsed(text)):
            if isinstance(node, ast.Name) and id(node) not in called:
                found[node.id] = None
    return list(found)
