"""What a rule computes with while it is recorded."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from .. import ops
from .nodes import COMPARISONS, LOGIC, Node, NotRecordable, Recorder, WholeTensors


class Operand:
    """What a rule computes with while it is recorded: its operators."""

    __array_priority__ = 1000

    def __init__(self, recorder: Recorder, node: Node) -> None:
        self.recorder, self.node = recorder, node

    def _op(self, op: str, *others: Any) -> Any:
        lifted = [self.recorder.lift(o) for o in others]
        if op not in COMPARISONS and op not in LOGIC and all(n.boolean for n in lifted):
            raise NotRecordable(f"a rule computed {op} of truth values alone; use ops.where")
        return type(self)(self.recorder, self.recorder.node(op, *lifted))

    def __add__(self, other: Any) -> Any:
        return self._op("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._op("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._op("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._op("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._op("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._op("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._op("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._op("div", other, self)

    def __neg__(self) -> Any:
        return self._op("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._op("absolute", self)

    def __pow__(self, exponent: Any) -> Any:
        if isinstance(exponent, int | float):
            if exponent == 0.5:
                return self._op("sqrt", self)
            if exponent == int(exponent) and 1 <= exponent <= 8:
                result = self
                for _ in range(int(exponent) - 1):
                    result = result * self
                return result
        return self._power(self, exponent)

    def __rpow__(self, base: Any) -> Any:
        return self._power(base, self)

    def _power(self, base: Any, exponent: Any) -> Any:
        if self.recorder.powers and not any(self.recorder.lift(x).array for x in (base, exponent)):
            return self._op("pow", base, exponent)
        said = "of a number" if isinstance(exponent, Operand) else repr(exponent)
        raise NotRecordable(f"a rule computed the power {said}")

    def __mod__(self, other: Any) -> Any:
        if self.recorder.powers and not any(self.recorder.lift(x).array for x in (self, other)):
            return self._op("mod", self, other)
        raise NotRecordable("a rule computed a remainder")

    def __lt__(self, other: Any) -> Any:
        return self._op("lt", self, other)

    def __le__(self, other: Any) -> Any:
        return self._op("le", self, other)

    def __gt__(self, other: Any) -> Any:
        return self._op("gt", self, other)

    def __ge__(self, other: Any) -> Any:
        return self._op("ge", self, other)

    def __eq__(self, other: object) -> Any:
        return self._op("eq", self, other)

    def __ne__(self, other: object) -> Any:
        return self._op("ne", self, other)

    def _logic(self, op: str, other: Any, neutral: bool) -> Any:
        if isinstance(other, bool):  # decided before the rule is run
            return self if other is neutral else other
        return self._op(op, self._truth(op), self._truth(op, other))

    def _truth(self, op: str, x: Any = None) -> Any:
        x = self if x is None else x
        if isinstance(x, Operand) and x.node.boolean:
            return x
        raise NotRecordable(f"a rule computed {op} of a number, which is no truth value")

    def __and__(self, other: Any) -> Any:
        return self._logic("and", other, True)

    def __or__(self, other: Any) -> Any:
        return self._logic("or", other, False)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Any:
        return self._op("not", self._truth("not"))

    def __matmul__(self, other: Any) -> Any:
        raise WholeTensors("a rule computes matmul of a matrix")

    __rmatmul__ = __matmul__

    def __hash__(self) -> int:
        raise NotRecordable(
            "a rule took a number for a key (of a dictionary, a set); use ops.where"
        )

    def __bool__(self) -> bool:
        raise NotRecordable("a rule branched on a number; use ops.where")


class Value(Operand):
    """An operand that records what is run: the guards of :mod:`~eigenstep.optimizers.ops` included."""


def function(name: str) -> Callable[..., Any]:
    """The function of that name of :mod:`~eigenstep.optimizers.ops`, on operands."""

    def call(*args: Any) -> Any:
        first = next(a for a in args if isinstance(a, Operand))
        recorder = first.recorder
        lifted = [recorder.lift(a) for a in args]
        if name == "where" and not lifted[0].boolean:  # what is not zero holds
            lifted[0] = recorder.node("ne", lifted[0], recorder.lift(0.0))
        elif name != "where" and any(n.boolean for n in lifted):
            raise NotRecordable(f"a rule computed {name} of a truth value; use ops.where")
        return type(first)(recorder, recorder.node(name, *lifted))

    return call


def _reduction(name: str) -> Callable[..., Any]:
    """A reduction of :mod:`~eigenstep.optimizers.ops` on operands."""

    def call(x: Operand, axis: int | None = None, over: str | None = None) -> Any:
        if axis is not None:
            raise WholeTensors("a rule reduces along an axis")
        recorder, node = x.recorder, x.node
        if node.boolean:
            node = recorder.node("where", node, recorder.constant(1.0), recorder.constant(0.0))
        if node.array:
            return type(x)(recorder, recorder.node(name, node, value=over))
        if over:
            raise NotRecordable(f"a rule computed the {name} over a group of a number")
        number = type(x)(recorder, node)
        if name == "largest":
            return number
        return number * _size(x) if name == "sum" else abs(number) * ops.sqrt(_size(x))

    return call


def _size(x: Any, axis: int | None = None) -> Any:
    if axis is not None:
        raise WholeTensors("a rule takes the size of a matrix")
    return type(x)(x.recorder, x.recorder.node("size"))


def _whole(name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        raise WholeTensors(f"a rule computes {name} of a matrix")

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    n: function(n) for n in ("sqrt", "maximum", "minimum", "where", "sign", "absolute")
}
"""What a program has an elementwise operation for, each under its own name."""
GATHERED: dict[str, Callable[..., Any]] = {
    "norm": _reduction("norm"), "sum": _reduction("sum"), "max": _reduction("largest"),
    "size": _size, **{n: _whole(n) for n in ops.MATRIX_FUNCTIONS},
}  # fmt: skip
ops.register(Value, SimpleNamespace(**FUNCTIONS, **GATHERED))
