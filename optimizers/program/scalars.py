"""The scalars of a program in Python's float64, by the rules of IEEE arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .recording import Node, Phase, Program


def evaluate_scalars(
    program: Program, phase: Phase, values: dict[Node, Any], coefficients: Sequence[float],
    norms: Mapping[Node, float],
) -> None:  # fmt: skip
    """Compute the scalar nodes that a phase can, in float64, into ``values``."""
    given = dict(zip(program.coefficients, coefficients, strict=True))
    for node in phase.scalars:
        if node.op == "constant":
            values[node] = node.value
        elif node.op == "coefficient":
            values[node] = float(given[node.value])
        elif node.op == "norm":
            values[node] = norms[node]
        else:
            values[node] = OPERATIONS[node.op](*(values[a] for a in node.args))


def _divide(x: float, y: float) -> float:
    if y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.copysign(math.inf, x)
    return x / y


def _sqrt(x: float) -> float:
    return math.sqrt(x) if x >= 0 else math.nan


def _largest(x: float, y: float) -> float:
    return math.nan if math.isnan(x) or math.isnan(y) else max(x, y)


OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": _divide,
    "neg": operator.neg, "sqrt": _sqrt, "absolute": abs, "maximum": _largest,
    "minimum": lambda x, y: -_largest(-x, -y), "where": lambda c, x, y: x if c else y,
    "sign": lambda x: float((x > 0) - (x < 0)), "lt": operator.lt,
    "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq, "ne": operator.ne,
}  # fmt: skip
