"""The source of a rule with one thing in it wrong: what mutants of rules are made of.

Each is a mistake that is made: β₁ for β₂, t − 1 for t, ε inside the root, a factor forgotten, ≥ for >,
a state that begins elsewhere. What only names, cites, restricts a domain or raises is left alone.

>>> source = "def update(theta, g, *, lr):\\n    return theta - lr * g"
>>> for change in changes(ast.parse(source)):
...     print(change.kind, "|", change.text)
sign | theta - lr * g → theta + lr * g
factor | lr * g → lr
factor | lr * g → g
"""

from __future__ import annotations

import ast
import copy
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

_EXCHANGED = {
    "beta1": "beta2", "beta2": "beta1", "weight1": "weight2", "weight2": "weight1", "bias1": "bias2",
    "bias2": "bias1", "eps_inside": "eps_outside", "eps_outside": "eps_inside", "theta": "new_theta",
    "maximum": "minimum", "minimum": "maximum", "with_decoupled_weight_decay": "with_weight_decay",
    "with_weight_decay": "with_decoupled_weight_decay", "slow": "new_slow", "new_slow": "slow",
    "new_fast": "fast", "m_step": "g_step", "last": "g", "beta3": "beta2", "eta_plus": "eta_minus",
}  # fmt: skip
"""What is easily taken for another, where both are there."""
_DROPPED = ("sqrt", "sign", "absolute", "norm", "divisor")
"""Functions that are easily forgotten."""
_LONGEST = 90
_LEFT = ("conventions", "source", "name", "hyperparameters", "raise")
"""Arguments that say nothing of what is computed."""
_COMPARED = {ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE), ast.Gt: (ast.GtE, ast.Lt),
             ast.GtE: (ast.Gt, ast.LtE), ast.Eq: (ast.NotEq,), ast.Is: (ast.IsNot,)}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One thing changed in a module: its kind, where, in words, and the whole module with it."""

    kind: str
    function: str
    text: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.function}: {self.kind}: {self.text}"


def changes(module: ast.Module) -> Iterator[Change]:
    """The module with one thing changed, in every place where there is something to change."""
    seen: set[str] = set()
    for place, top in enumerate(module.body):
        name = getattr(top, "name", None) or _assigned(top)
        if name is None:
            continue
        known = {n.id for n in ast.walk(top) if isinstance(n, ast.Name)}
        known |= {a.arg for n in ast.walk(top) if isinstance(n, ast.arguments) for a in _all(n)}
        imported = {a.asname or a.name for n in module.body if isinstance(n, ast.ImportFrom)
                    for a in n.names}  # fmt: skip
        for node in _code(top):
            for kind, new in _mistakes(node, known | imported):
                changed = _replaced(top, node, new)
                text = ast.unparse(changed)
                if text not in seen:
                    seen.add(text)
                    said = _said(ast.unparse(node), ast.unparse(new))
                    body = [*module.body[:place], changed, *module.body[place + 1 :]]
                    yield Change(kind, name, said, ast.Module(body, []))


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _assigned(top: ast.stmt) -> str | None:
    simple = isinstance(top, ast.Assign) and isinstance(top.targets[0], ast.Name)
    return top.targets[0].id if simple and isinstance(top.value, ast.Call) else None  # type: ignore[attr-defined]


def _said(was: str, now: str) -> str:
    """What was and what is in its place; of long texts what differs."""
    was, now = (" ".join(text.split()) for text in (was, now))
    if max(len(was), len(now)) > _LONGEST:
        same = len(os.path.commonprefix([was, now]))
        ending = len(os.path.commonprefix([was[same:][::-1], now[same:][::-1]]))
        was, now = (
            t[max(same - 30, 0) : max(len(t) - ending, same)][-_LONGEST:] for t in (was, now)
        )
    return f"{was} → {now}"


def _all(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.args, *arguments.kwonlyargs]


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """What is computed: no annotations, docstrings, errors, or arguments that only name something."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "type_comment", "kw_defaults"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, ast.Raise | ast.JoinedStr):
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.keyword) and child.arg in _LEFT:
                continue
            if isinstance(child, ast.Call) and ast.unparse(child.func) == "Hyperparameter":
                continue
            if isinstance(child, ast.If) and all(isinstance(s, ast.Raise) for s in child.body):
                continue
            yield from _code(child)


def _mistakes(node: ast.AST, known: set[str]) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BinOp):
        yield from _of_operations(node)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield "sign", node.operand
    elif isinstance(node, ast.Compare):
        for other in _COMPARED.get(type(node.ops[0]), ()):
            yield "comparison", ast.Compare(node.left, [other()], node.comparators)
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if node.id == "t":
            for op in (ast.Add(), ast.Sub()):
                yield "step", ast.BinOp(node, op, ast.Constant(1))
        other = _EXCHANGED.get(node.id)
        if other in known:
            yield "exchange", ast.Name(other, node.ctx)
    elif isinstance(node, ast.Call):
        yield from _of_calls(node)
    elif isinstance(node, ast.Constant) and _is_number(node.value):
        for value in (node.value + 1, *([0] if node.value == 1 else [])):
            yield "constant", ast.Constant(value)
    elif isinstance(node, ast.IfExp):
        yield "branch", node.body
        yield "branch", node.orelse
    elif isinstance(node, ast.FunctionDef):
        yield from _of_functions(node)


def _of_operations(node: ast.BinOp) -> Iterator[tuple[str, ast.AST]]:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Add | ast.Sub):
        flipped = ast.Sub() if isinstance(node.op, ast.Add) else ast.Add()
        yield "sign", ast.BinOp(left, flipped, right)
        if isinstance(left, ast.Call) and ast.unparse(left.func) == "sqrt":
            yield "root", ast.Call(left.func, [ast.BinOp(left.args[0], node.op, right)], [])
    elif isinstance(node.op, ast.Mult):
        yield "factor", left
        yield "factor", right
    elif isinstance(node.op, ast.Div):
        yield "factor", left
    elif isinstance(node.op, ast.Pow):
        yield "power", left
    elif isinstance(node.op, ast.Mod):
        yield "step", ast.BinOp(ast.BinOp(left, ast.Add(), ast.Constant(1)), node.op, right)


def _of_calls(node: ast.Call) -> Iterator[tuple[str, ast.AST]]:
    name = ast.unparse(node.func)
    if name == "where":
        yield "branch", node.args[1]
        yield "branch", node.args[2]
        yield "branch", ast.Call(node.func, [node.args[0], node.args[2], node.args[1]], [])
    elif name == "clip":
        x, lower, upper = node.args
        yield "extremum", ast.Call(node.func, [x, upper, lower], [])
        yield (
            "extremum",
            ast.Call(ast.Name("minimum" if "minimum" in name else "max"), [x, lower], []),
        )
    elif name in _DROPPED:
        yield "function", node.args[0]
    elif name in ("times", "quotient", "excess"):
        op = {"times": ast.Mult(), "quotient": ast.Div(), "excess": ast.Sub()}[name]
        yield "edge", ast.BinOp(node.args[0], op, node.args[1])
        yield "factor", node.args[0]
        yield "factor", node.args[1]
    elif name in ("maximum", "minimum"):
        yield "extremum", node.args[0]
        yield "extremum", node.args[1]


def _of_functions(node: ast.FunctionDef) -> Iterator[tuple[str, ast.AST]]:
    for number, default in enumerate(node.args.kw_defaults):
        if isinstance(default, ast.Constant) and isinstance(default.value, int | float):
            found = copy.copy(node)
            found.args = copy.copy(node.args)
            found.args.kw_defaults = list(node.args.kw_defaults)
            value = default.value
            other = not value if isinstance(value, bool) else value / 2 if value else 0.25
            found.args.kw_defaults[number] = ast.Constant(other)
            yield "default", found
    for number, statement in enumerate(node.body):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else None
        arguments = {a.arg for a in _all(node.args)}
        if isinstance(target, ast.Name) and target.id in arguments and len(node.body) > 1:
            found = copy.copy(node)
            found.body = [s for i, s in enumerate(node.body) if i != number]
            yield "statement", found
    yield from _starts(node)


def _starts(node: ast.FunctionDef) -> Iterator[tuple[str, ast.AST]]:
    """Where the decorator makes a rule: each state variable beginning at 1, or at 0 where it does not."""
    decorator = next((d for d in node.decorator_list if ast.unparse(d).startswith("rule(")), None)
    if not isinstance(decorator, ast.Call):
        return
    given: Any = next((k.value for k in decorator.keywords if k.arg == "initial"), ast.Dict([], []))
    known = {k.value: v for k, v in zip(given.keys, given.values, strict=True)}
    for state in [a.arg for a in node.args.args[2:]]:
        for value in ("theta * 0 + 1", "theta", *(["theta * 0"] if state in known else [])):
            begun = {**known, state: ast.parse(f"lambda theta: {value}", mode="eval").body}
            found, made = copy.copy(node), copy.copy(decorator)
            table = ast.Dict([ast.Constant(k) for k in begun], list(begun.values()))
            made.keywords = [k for k in decorator.keywords if k.arg != "initial"]
            made.keywords.append(ast.keyword("initial", table))
            found.decorator_list = [made if d is decorator else d for d in node.decorator_list]
            yield "start", found


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.old else self.generic_visit(node)


def _replaced(top: ast.stmt, old: ast.AST, new: ast.AST) -> ast.stmt:
    kept = copy.deepcopy(top, {id(old): old})
    return ast.fix_missing_locations(_Replace(old, copy.deepcopy(new)).visit(kept))


__all__ = ["Change", "changes"]
