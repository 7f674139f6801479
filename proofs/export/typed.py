"""Typed statements as terms, read by a whitelist over Python's syntax tree.

>>> from .terms import Term
>>> read_term("where(x > 4, x**2/0.5, sqrt(x))", {"x": Term.real("x")}).text
'if Rlt_dec 4 x then x ^ 2 / (1 / 2) else sqrt x'
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ...optimizers.errors import shown
from .functions import FUNCTIONS
from .terms import Condition, ExportError, Term, term

_OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.Mod: operator.mod,
}  # fmt: skip
_COMPARISONS = {
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Eq: operator.eq, ast.NotEq: operator.ne,
}  # fmt: skip
_FUNCTIONS = {
    "sqrt": FUNCTIONS.sqrt, "max": FUNCTIONS.maximum, "min": FUNCTIONS.minimum, "abs": FUNCTIONS.absolute,
    "sign": FUNCTIONS.sign, "norm": FUNCTIONS.norm, "where": FUNCTIONS.where,
    "log": lambda x: Term("ln", x), "exp": lambda x: Term("exp", x),
}  # fmt: skip
_LONGEST = 2000


def read_any(text: str, names: Mapping[str, Any]) -> Any:
    """A typed expression or comparison.

    Raises:
        ExportError: what is not on the whitelist, or a name that is not known.
    """
    if len(text) > _LONGEST:
        raise ExportError(f"a statement of more than {_LONGEST} characters")
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ExportError(f"{shown(text)} is no arithmetic expression") from error
    return _Reading(text.strip(), names).value(tree.body)


def read_term(text: str, names: Mapping[str, Any]) -> Term:
    """A typed expression; a comparison is refused."""
    found = read_any(text, names)
    if isinstance(found, Condition):
        raise ExportError(f"{shown(text)} is a comparison, not a number")
    return term(found)


class _Reading:
    def __init__(self, text: str, names: Mapping[str, Any]) -> None:
        self.text, self.names = text, names

    def value(self, node: ast.expr) -> Any:
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            source = ast.get_source_segment(self.text, node) or ""
            try:
                return Term.number(Fraction(source))
            except ValueError as error:
                raise ExportError(f"{shown(source)} is no number in decimal notation") from error
        if isinstance(node, ast.Name):
            if node.id not in self.names:
                raise ExportError(f"there is no {shown(node.id)} in {shown(self.text)}")
            return self.names[node.id]
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return -self.value(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](self.value(node.left), self.value(node.right))
        if (
            isinstance(node, ast.Compare)
            and len(node.ops) == 1
            and type(node.ops[0]) in _COMPARISONS
        ):
            compare = _COMPARISONS[type(node.ops[0])]
            return compare(self.value(node.left), self.value(node.comparators[0]))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
            arguments = [self.value(a) for a in node.args]
            name = node.func.id
            if name in _FUNCTIONS:
                try:
                    return _FUNCTIONS[name](*arguments)
                except TypeError as error:
                    raise ExportError(
                        f"{name} in {shown(self.text)} takes other arguments"
                    ) from error
            if callable(self.names.get(name)):
                return self.names[name](*arguments)
        raise ExportError(f"{shown(ast.unparse(node))} in {shown(self.text)} is not exported")
