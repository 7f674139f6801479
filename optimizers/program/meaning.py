"""What a rule means in exact arithmetic: its guards left out, and nothing added that is zero.

The functions of :mod:`~eigenstep.optimizers.ops` that guard against 0/0 and overflow are here what they are
in theory; a sum with 0, a product with 1 and the like are left out, and constants are exact: what a reader
expects to see.

>>> from eigenstep.optimizers.ops import divisor, sqrt
>>> exact = Exact()
>>> v = Meant(exact, exact.node("input", value=0))
>>> (1 * divisor(sqrt(v + 0)) - 0).node.op
'sqrt'
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

from .. import ops
from .nodes import COMPARISONS, LOGIC, Node, Recorder
from .operand import FUNCTIONS, GATHERED, Operand, function

_EXACT: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "neg": operator.neg,
    "maximum": max, "minimum": min, "absolute": abs, "sign": lambda x: (x > 0) - (x < 0),
    "lt": operator.lt, "le": operator.le, "gt": operator.gt, "ge": operator.ge, "eq": operator.eq,
    "ne": operator.ne,
}  # fmt: skip
OPPOSITE = {"lt": "ge", "ge": "lt", "le": "gt", "gt": "le", "eq": "ne", "ne": "eq"}


class Exact(Recorder):
    """Records operations up to what exact arithmetic makes of them."""

    def __init__(self) -> None:
        super().__init__(powers=True)

    def constant(self, x: Any) -> Node:
        if isinstance(x, bool):
            return super().node("constant", value=x)
        if isinstance(x, float) and not math.isfinite(x):
            return super().node("constant", value=x)
        return super().node("constant", value=Fraction(repr(x) if isinstance(x, float) else x))

    def lift(self, x: Any) -> Node:
        return self.constant(x) if isinstance(x, Fraction) else super().lift(x)

    def node(self, op: str, *args: Node, value: Any = None) -> Node:
        known = self._folded(op, args)
        return super().node(op, *args, value=value) if known is None else known

    def _folded(self, op: str, args: tuple[Node, ...]) -> Node | None:
        """The node that an operation is, where it needs none of its own."""
        numbers = [a.value for a in args if a.op == "constant"]
        if args and len(numbers) == len(args) and op in _EXACT and _finite(numbers):
            return self.constant(_EXACT[op](*numbers))
        if op == "where":
            return self._chosen(*args)
        if op in LOGIC:
            return self._joined(op, *args)
        if op in COMPARISONS:
            return self._compared(op, *args)
        if op == "sqrt" and args[0].value in (0, 1) and args[0].op == "constant":
            return args[0]
        if op == "neg" and args[0].op == "neg":
            return args[0].args[0]
        return self._arithmetic(op, *args) if len(args) == 2 else None

    def _arithmetic(self, op: str, x: Node, y: Node) -> Node | None:
        """Neutral elements left out, and signs brought to the front."""
        zero, one = (lambda n: _is(n, 0)), (lambda n: _is(n, 1))
        if op == "add":
            if zero(x) or zero(y):
                return y if zero(x) else x
            return self.node("sub", x, y.args[0]) if y.op == "neg" else None
        if op == "sub":
            if zero(x) or zero(y):
                return self.node("neg", y) if zero(x) else x
            return self.node("add", x, y.args[0]) if y.op == "neg" else None
        if op == "mul":
            if zero(x) or zero(y):
                return self.constant(0)
            if one(x) or one(y):
                return y if one(x) else x
        if op == "div" and (zero(x) or one(y)):
            return x
        if op == "pow" and (zero(y) or one(y)):
            return x if one(y) else self.constant(1)
        if op in ("mul", "div") and "neg" in (x.op, y.op):
            x, y = (a.args[0] if a.op == "neg" else a for a in (x, y)) if x.op == y.op else (x, y)
            if "neg" not in (x.op, y.op):
                return self.node(op, x, y)
            inner = (a.args[0] if a.op == "neg" else a for a in (x, y))
            return self.node("neg", self.node(op, *inner))
        return None

    def _chosen(self, condition: Node, x: Node, y: Node) -> Node | None:
        if condition.op == "constant":
            return x if condition.value else y
        return x if x is y else None

    def _compared(self, op: str, x: Node, y: Node) -> Node | None:
        """A comparison with what is one number or another is the condition of that."""
        if y.op != "constant" or x.op != "where" or any(a.op != "constant" for a in x.args[1:]):
            return None
        condition, *branches = x.args
        held, otherwise = (_EXACT[op](b.value, y.value) for b in branches)
        if held == otherwise:
            return self.constant(bool(held))
        return condition if held else self.opposite(condition)

    def _joined(self, op: str, x: Node, *others: Node) -> Node | None:
        """What a condition is whose parts are decided, or one and the same."""
        if op == "not":
            return self.constant(not x.value) if x.op == "constant" else self.opposite(x)
        (y,) = others
        for known, other in ((x, y), (y, x)):
            if known.op == "constant":
                return other if bool(known.value) == (op == "and") else known
        return x if x is y else None

    def opposite(self, condition: Node) -> Node:
        """What holds where a condition does not."""
        if condition.op == "not":
            return condition.args[0]
        if condition.op in ("and", "or"):
            other = "or" if condition.op == "and" else "and"
            return self.node(other, *map(self.opposite, condition.args))
        return self.node(OPPOSITE[condition.op], *condition.args)


def _finite(numbers: list[Any]) -> bool:
    return all(isinstance(n, Fraction) for n in numbers)


def _is(node: Node, number: int) -> bool:
    return node.op == "constant" and node.value == number


class Meant(Operand):
    """An operand that records what is meant."""

    def _power(self, base: Any, exponent: Any) -> Any:
        return self._op("pow", base, exponent)  # to be read, not run: of arrays too


def _toward(x: Any, goal: Any, by: Any) -> Any:
    return x + by * ops.sign(goal - x)


ops.register(
    Meant,
    SimpleNamespace(
        **FUNCTIONS, **GATHERED, clip=function("clip"), divisor=lambda y, least: y,
        quotient=lambda x, y: x / y,
        times=lambda factor, x: factor * x, excess=lambda x, y: x - y, toward=_toward,
    ),
)  # fmt: skip
