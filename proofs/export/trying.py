"""Terms at random points: a hint which of them are equal. Coq has the last word on it.

>>> x = Term.real("x")
>>> same((x + 1) * x, x * x + x, points(["x"]))
True
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from .terms import Condition, Term

Point = dict[str, Any]


def points(
    reals: Iterable[str], naturals: Iterable[str] = (), tensors: Iterable[str] = (), count: int = 12
) -> list[Point]:
    """Random points: positive numbers, most below 1, naturals from 1 to 9, tensors of four elements of both signs."""
    random = np.random.default_rng(20260727)
    found = []
    for number in range(count):
        point: Point = {k: random.uniform(0.05, 0.95) for k in reals}
        if number % 3 == 2:
            point = {k: v * 3 for k, v in point.items()}
        point |= {k: int(random.integers(1, 10)) for k in naturals}
        point |= {k: random.standard_normal(4) * (0.1, 1, 2)[number % 3] for k in tensors}
        found.append(point)
    return found


def same(one: Any, other: Any, at: list[Point]) -> bool:
    """Whether two terms are equal at all points where both are numbers, and there are such points."""
    compared = 0
    for point in at:
        with np.errstate(all="ignore"):
            a, b = np.asarray(value(one, point), float), np.asarray(value(other, point), float)
        a, b = np.broadcast_arrays(a, b)
        inside = np.isfinite(a) & np.isfinite(b)
        if not np.array_equal(np.isfinite(a), np.isfinite(b)):
            return False
        compared += int(inside.sum())
        if not np.allclose(a[inside], b[inside], rtol=1e-8, atol=1e-10):
            return False
    return compared > 0


def value(node: Any, point: Mapping[str, Any], done: dict[int, Any] | None = None) -> Any:
    """A term's value in float64."""
    done = {} if done is None else done
    if id(node) not in done:
        done[id(node)] = _value(node, point, done)
    return done[id(node)]


def _value(node: Any, point: Mapping[str, Any], done: dict[int, Any]) -> Any:
    if isinstance(node, Term) and node.op in ("real", "nat"):
        return point[node.value.split()[0]]
    if isinstance(node, Term) and node.op == "number":
        return float(node.value)
    x, *rest = (value(a, point, done) for a in node.args)
    y = rest[0] if rest else None
    if isinstance(node, Condition):
        return {"<": np.less, "<=": np.less_equal, "=": np.equal}[node.op](x, y)
    simple: dict[str, Any] = {
        "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "mod": np.mod, "max": np.maximum,
        "min": np.minimum, "^": np.float_power, "power": np.float_power,
    }  # fmt: skip
    if node.op in simple:
        return simple[node.op](x, y)
    if node.op == "if":
        return np.where(x, *rest)
    if node.op == "norm":
        return np.sqrt(np.sum(np.square(x)))
    if node.op == "applied":  # any function, another for each name
        return sum((np.sin(k + 1 + len(node.value) + ord(node.value[0])) * np.asarray(a) * (1 + 0.1 * np.asarray(a))
                    for k, a in enumerate([x, *rest])))  # fmt: skip
    of = {
        "neg": np.negative,
        "abs": np.abs,
        "sgn": np.sign,
        "sqrt": np.sqrt,
        "ln": np.log,
        "exp": np.exp,
    }
    return of[node.op](x)
