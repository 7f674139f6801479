"""A typed expression with one thing in it changed: what its mutants are made of.

>>> list(changed("a - b"))
['-(a - b)', '2*(a - b)', '(a - b) + 1/7', 'a + b']
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

AVERAGING = ("beta", "beta1", "beta2", "gamma", "rho", "rho1", "alpha")
"""Names for which 1 − name is the commonest mistake."""
INDICES = ("t", "tau", "i")


def changed(expression: str) -> Iterator[str]:
    """The expression changed as a whole, and in one place inside it."""
    yield f"-({expression})"
    yield f"2*({expression})"
    yield f"({expression}) + 1/7"
    yield from _inside(expression)


def _inside(expression: str) -> Iterator[str]:
    """One change somewhere inside: + for −, a factor dropped, 1 − β for β, t + 1 for t."""
    tree = ast.parse(expression, mode="eval")
    for node in list(ast.walk(tree)):
        for replaced in _replacements(node):
            changed = _Replace(node, replaced).visit(copy.deepcopy(tree, {id(node): node}))
            yield ast.unparse(changed)


def _replacements(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
            yield ast.BinOp(node.left, other, node.right)
        elif isinstance(node.op, ast.Mult):
            if not _is_identity(node.right):  # a number in place of a matrix is that times I
                yield node.left
            yield node.right
        elif isinstance(node.op, ast.Div):
            yield node.left
    elif isinstance(node, ast.Name) and node.id in AVERAGING:
        yield ast.BinOp(ast.Constant(1), ast.Sub(), ast.Name(node.id))
    elif isinstance(node, ast.Name) and node.id in INDICES:
        yield ast.BinOp(ast.Name(node.id), ast.Add(), ast.Constant(1))


def _is_identity(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "I"


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.expr) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)
