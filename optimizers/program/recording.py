"""A rule's update as a list of elementwise operations, recorded by running the rule once.

The recorded program is what everything that runs or shows an update is made of; each language that it is
written in is a file of this room. Scalars (coefficients, and what is computed of them alone) are kept apart
from arrays; a norm over the whole tensor ends a *phase*, in which its sum of squares is gathered, and the
next phase goes on with the result. What a phase computes anew of the state is written as early as nothing
later needs the old value, so that no temporary of the tensor's size exists.

>>> from eigenstep.optimizers.rules import gradient_descent
>>> program = record(gradient_descent, ("lr",), {})
>>> [node.op for node in program.nodes]
['input', 'input', 'coefficient', 'coefficient', 'mul', 'mul', 'sub']
>>> len(program.phases())
1
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

from .. import ops
from ..errors import EigenstepError, RuleError
from ..rule import Rule

SIGN = "sign of the gradient"
"""The coefficient, 1 or -1, that turns descent into ascent."""


class NotRecordable(RuleError):
    """A rule that does something else than elementwise operations and norms."""


@dataclass(frozen=True, eq=False)
class Node:
    """One operation. ``array``: elementwise over the tensor, else one number a step."""

    index: int
    op: str
    args: tuple[Node, ...]
    array: bool
    boolean: bool
    level: int
    value: Any = None


COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")


class Recorder:
    """The operations recorded so far; the same operation on the same arguments is one node."""

    def __init__(self, *, powers: bool = False) -> None:
        self.nodes: list[Node] = []
        self.powers = powers
        """Whether scalars may be raised to powers and taken modulo, as coefficients are."""
        self._known: dict[Any, Node] = {}

    def node(self, op: str, *args: Node, value: Any = None) -> Node:
        """The node of an operation, new or known."""
        key = (op, *(a.index for a in args), value, type(value))
        if op == "constant" and isinstance(value, float):
            key = (op, value.hex())
        if key not in self._known:
            array = op == "input" or (op != "norm" and any(a.array for a in args))
            level = max((a.level for a in args), default=0) + (op == "norm")
            boolean = op in COMPARISONS
            node = Node(len(self.nodes), op, args, array, boolean, level, value)
            self.nodes.append(node)
            self._known[key] = node
        return self._known[key]

    def constant(self, x: float) -> Node:
        """The node of a number."""
        return self.node("constant", value=float(x))

    def lift(self, x: Any) -> Node:
        """The node of what a rule computes with."""
        if isinstance(x, Operand):
            return x.node
        if isinstance(x, int | float):
            return self.constant(x)
        raise NotRecordable(f"a rule computed with a {type(x).__name__}")


class Operand:
    """What a rule computes with while it is recorded: its operators."""

    __array_priority__ = 1000

    def __init__(self, recorder: Recorder, node: Node) -> None:
        self.recorder, self.node = recorder, node

    def _op(self, op: str, *others: Any) -> Any:
        lifted = [self.recorder.lift(o) for o in others]
        if op not in COMPARISONS and all(n.boolean for n in lifted):
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


FUNCTIONS = {
    n: function(n) for n in ("sqrt", "maximum", "minimum", "where", "sign", "absolute", "norm")
}
ops.register(Value, SimpleNamespace(**FUNCTIONS))


@dataclass(frozen=True)
class Phase:
    """What one pass over the tensor does.

    Attributes:
        nodes: the array operations, in order.
        loads: by input, whether its old or its already written new value is read.
        stores: input and the node that replaces it.
        norms: nodes whose sum of squares is gathered.
        scalars: the scalar nodes that become known before this phase.
    """

    nodes: tuple[Node, ...]
    loads: Mapping[int, Node]
    stores: tuple[tuple[int, Node], ...]
    norms: tuple[Node, ...]
    scalars: tuple[Node, ...]


class Program:
    """A recorded update: inputs are θ, the gradient, then the state.

    Attributes:
        nodes: all operations, each after its arguments.
        inputs: the nodes of θ, g and the state.
        coefficients: names of the coefficients, in the order in which they are given.
        outputs: for each input its new value; None for what stays as it is, and for the gradient.
    """

    def __init__(
        self, nodes: Sequence[Node], inputs: Sequence[Node], coefficients: Sequence[str],
        outputs: Sequence[Node | None],
    ) -> None:  # fmt: skip
        self.nodes, self.inputs = tuple(nodes), tuple(inputs)
        self.coefficients, self.outputs = tuple(coefficients), tuple(outputs)

    @cached_property
    def norms(self) -> tuple[Node, ...]:
        """The norms that are computed, in order."""
        return tuple(n for n in self.nodes if n.op == "norm" and n in self._needed)

    @cached_property
    def _needed(self) -> set[Node]:
        needed: set[Node] = set()
        stack = [n for n in self.outputs if n is not None]
        while stack:
            node = stack.pop()
            if node not in needed:
                needed.add(node)
                stack.extend(node.args)
        return needed

    def _reach(self, targets: Sequence[Node], cut: set[Node]) -> set[Node]:
        """The array nodes that computing the targets takes, not going behind nodes in ``cut``."""
        found: set[Node] = set()
        stack = [t for t in targets if t.array]
        while stack:
            node = stack.pop()
            if node in found:
                continue
            found.add(node)
            if node not in cut:
                stack.extend(a for a in node.args if a.array)
        return found

    def phases(self, late: bool = False) -> tuple[Phase, ...]:
        """The passes over the tensors, one more than there are norms that wait for one another.

        Args:
            late: whether nothing is written before the last pass, as where what is stored is rounded
                and what is read back would be rounded twice (float16, bfloat16).
        """
        return self._late if late else self._early

    @cached_property
    def _early(self) -> tuple[Phase, ...]:
        return self._phases({i: n.level for i, n in enumerate(self.outputs) if n is not None})

    @cached_property
    def _late(self) -> tuple[Phase, ...]:
        last = max([n.level for n in self.outputs if n is not None], default=0)
        return self._phases({i: last for i, n in enumerate(self.outputs) if n is not None})

    def _phases(self, when: dict[int, int]) -> tuple[Phase, ...]:
        """The passes where input i is written in pass ``when[i]``, or later if that is too early."""
        stores = {i: n for i, n in enumerate(self.outputs) if n is not None}
        last = max([*when.values(), 0])
        while True:
            plans = [self._plan(p, stores, when) for p in range(last + 1)]
            late = None
            for p, (_, found) in enumerate(plans):
                for i in stores:
                    if when[i] < p and self.inputs[i] in found:
                        late = (i, p)
            if late is None:
                break
            when[late[0]] = late[1]  # its old value is needed in that phase: write it there
        known: set[Node] = set()
        result = []
        for p, (targets, found) in enumerate(plans):
            written = {stores[i]: i for i in stores if when[i] < p}
            loads = {}
            for node in sorted(found, key=lambda n: n.index):  # the same source every time
                if node in written:
                    loads[written[node]] = node
                elif node.op == "input":
                    loads[node.value] = node
            ordered = tuple(n for n in self.nodes
                            if n in found and n.op != "input" and n not in written)  # fmt: skip
            norms = tuple(n for n in self.norms if n.level == p + 1)
            scalars = tuple(n for n in self.nodes if not n.array and n.level <= p
                            and n in self._needed and n not in known)  # fmt: skip
            known.update(scalars)
            here = tuple((i, stores[i]) for i in stores if when[i] == p)
            result.append(Phase(ordered, loads, here, norms, scalars))
            del targets
        return tuple(result)

    def _plan(
        self, p: int, stores: Mapping[int, Node], when: Mapping[int, int]
    ) -> tuple[list[Node], set[Node]]:
        written = {stores[i] for i in stores if when[i] < p}
        targets = [stores[i] for i in stores if when[i] == p]
        targets += [n.args[0] for n in self.norms if n.level == p + 1]
        return targets, self._reach(targets, written)


@contextmanager
def recording(rule: Rule) -> Iterator[None]:
    """What a rule raises on recording values leaves as :class:`NotRecordable`, if it is for these."""
    try:
        yield
    except EigenstepError as error:
        if isinstance(error, NotRecordable):
            raise NotRecordable(f"rule {rule.name} cannot be recorded: {error}") from error
        raise
    except (TypeError, AttributeError, StopIteration) as error:
        raise NotRecordable(f"rule {rule.name} cannot be recorded: {error}") from error
    except Exception as error:
        said = " ".join(str(error).split())
        raise RuleError(f"rule {rule.name} failed: {type(error).__name__}: {said}") from error


def record(rule: Rule, names: Sequence[str], choices: Mapping[str, Any]) -> Program:
    """Run the rule once on recording values.

    Args:
        rule: the rule, its gradient at the stored parameter.
        names: the numeric coefficients; the program's first coefficient is :data:`SIGN`, then these.
        choices: the other coefficients, with their values.

    Raises:
        NotRecordable: the rule computes with something else.
    """
    recorder = Recorder()
    inputs = [recorder.node("input", value=i) for i in range(2 + len(rule.state))]
    all_names = (SIGN, *names)
    coefficients = [recorder.node("coefficient", value=n) for n in all_names]
    theta, g, *state = (Value(recorder, n) for n in inputs)
    values = {n: Value(recorder, c) for n, c in zip(names, coefficients[1:], strict=True)}
    sign = Value(recorder, coefficients[0])
    with recording(rule):
        new = rule(theta, g * sign, *state, **values, **choices)
    given = [theta, *state]
    outputs = [None if a is b else recorder.lift(a) for a, b in zip(new, given, strict=True)]
    return Program(recorder.nodes, inputs, all_names, [outputs[0], None, *outputs[1:]])
