"""The scalars of a program in Python's float64, by the rules of IEEE arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .nodes import Node
from .phases import Phase, Program


def evaluate_scalars(
    program: Program, phases: Iterable[Phase], values: dict[Node, Any],
    coefficients: Sequence[float], gathered: Mapping[Node, float],
) -> None:  # fmt: skip
    """Compute the scalar nodes that the phases can, in float64, into ``values``.

    Args:
        program: the program.
        phases: one of its phases, or all.
        values: those that are known, by node; what is computed goes there.
        coefficients: in the order of the program.
        gathered: what is known of the tensor: reductions, its size, its numbers.
    """
    given = dict(zip(program.coefficients, coefficients, strict=True))
    for node in (n for phase in phases for n in phase.scalars):
        if node.op == "constant":
            values[node] = node.value
        elif node.op == "coefficient":
            values[node] = float(given[node.value])
        elif node in gathered:
            values[node] = gathered[node]
        else:
            values[node] = OPERATIONS[node.op](*(values[a] for a in node.args))


def gathered_value(node: Node, total: float) -> float:
    """A reduction, of what was gathered for it: of a norm, the sum of squares."""
    if node.op != "norm":
        return total
    return math.sqrt(total) if total >= 0 else math.nan


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
    "and": operator.and_, "or": operator.or_, "not": operator.not_,
}  # fmt: skip
