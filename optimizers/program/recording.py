"""A rule's update as a list of elementwise operations, recorded by running the rule once.

The recorded program is what everything that runs or shows an update is made of; each language that it is
written in is a file of this room. Scalars (coefficients, and what is computed of them alone) are kept apart
from arrays; what is gathered of the whole tensor (a norm, a sum, the largest element) ends a *phase*, and the
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
    """A rule that does something else than elementwise operations and reductions."""


class WholeTensors(NotRecordable):
    """A rule that says by its operations that it is run on whole tensors: matrices, sums along an axis."""


@dataclass(frozen=True, eq=False)
class Node:
    """One operation. ``array``: elementwise over the tensor, else one number of the tensor or the step."""

    index: int
    op: str
    args: tuple[Node, ...]
    array: bool
    boolean: bool
    level: int
    value: Any = None


COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")
LOGIC = ("and", "or", "not")
REDUCTIONS = ("norm", "sum", "largest")
"""What is gathered of all elements of a tensor; of all tensors of a group where the node's value is GROUP."""
GROUP = "group"
GIVEN = ("size", "number")
"""Numbers that are known of each tensor before it is stepped: how many elements, a state that is a number."""


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
            reduction = op in REDUCTIONS
            array = op == "input" or (not reduction and any(a.array for a in args))
            level = max((a.level for a in args), default=0) + reduction
            boolean = op in COMPARISONS or op in LOGIC
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


@dataclass(frozen=True)
class Phase:
    """What one pass over the tensor does.

    Attributes:
        nodes: the array operations, in order.
        loads: by input, whether its old or its already written new value is read.
        stores: input and the node that replaces it.
        reductions: nodes that are gathered of all elements.
        scalars: the scalar nodes that become known before this phase.
    """

    nodes: tuple[Node, ...]
    loads: Mapping[int, Node]
    stores: tuple[tuple[int, Node], ...]
    reductions: tuple[Node, ...]
    scalars: tuple[Node, ...]


class Program:
    """A recorded update: inputs are θ, the gradient, then the state that is tensors.

    Attributes:
        nodes: all operations, each after its arguments.
        inputs: the nodes of θ, g and the state.
        coefficients: names of the coefficients, in the order in which they are given.
        outputs: for each input its new value; None for what stays as it is, and for the gradient.
        numbers: names of the state variables that are one number of a tensor.
        new_numbers: for each of them its new value.
    """

    def __init__(
        self, nodes: Sequence[Node], inputs: Sequence[Node], coefficients: Sequence[str],
        outputs: Sequence[Node | None], numbers: Sequence[str] = (),
        new_numbers: Sequence[Node] = (),
    ) -> None:  # fmt: skip
        self.numbers, self.new_numbers = tuple(numbers), tuple(new_numbers)
        self.nodes, self.inputs = tuple(nodes), tuple(inputs)
        self.coefficients, self.outputs = tuple(coefficients), tuple(outputs)

    @cached_property
    def reductions(self) -> tuple[Node, ...]:
        """What is gathered of the tensors, in order."""
        return tuple(n for n in self.nodes if n.op in REDUCTIONS and n in self._needed)

    @cached_property
    def given(self) -> tuple[Node, ...]:
        """What is known of each tensor beforehand, in order: its size, its numbers."""
        return tuple(n for n in self.nodes if n.op in GIVEN and n in self._needed)

    @property
    def gathered(self) -> tuple[Node, ...]:
        """The numbers that tensors have each for itself: what is gathered, then what is given."""
        return (*self.reductions, *self.given)

    @cached_property
    def in_groups(self) -> bool:
        """Whether something is gathered of all tensors of a group together."""
        return any(n.value == GROUP for n in self.reductions)

    @cached_property
    def _needed(self) -> set[Node]:
        needed: set[Node] = set()
        stack = [n for n in (*self.outputs, *self.new_numbers) if n is not None]
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
        """The passes over the tensors, one more than there are reductions that wait for one another.

        Args:
            late: whether nothing is written before the last pass, as where what is stored is rounded
                and what is read back would be rounded twice (float16, bfloat16).
        """
        return self._late if late else self._early

    @cached_property
    def _early(self) -> tuple[Phase, ...]:
        return self._phases({i: n.level for i, n in enumerate(self.outputs) if n is not None})

    @property
    def _last(self) -> int:
        """The pass after which everything is known."""
        return max(
            [n.level for n in (*self.outputs, *self.new_numbers) if n is not None], default=0
        )

    @cached_property
    def _late(self) -> tuple[Phase, ...]:
        last = self._last
        return self._phases({i: last for i, n in enumerate(self.outputs) if n is not None})

    def _phases(self, when: dict[int, int]) -> tuple[Phase, ...]:
        """The passes where input i is written in pass ``when[i]``, or later if that is too early."""
        stores = {i: n for i, n in enumerate(self.outputs) if n is not None}
        last = self._last
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
            reductions = tuple(n for n in self.reductions if n.level == p + 1)
            scalars = tuple(n for n in self.nodes if not n.array and n.level <= p
                            and n in self._needed and n not in known)  # fmt: skip
            known.update(scalars)
            here = tuple((i, stores[i]) for i in stores if when[i] == p)
            result.append(Phase(ordered, loads, here, reductions, scalars))
            del targets
        return tuple(result)

    def _plan(
        self, p: int, stores: Mapping[int, Node], when: Mapping[int, int]
    ) -> tuple[list[Node], set[Node]]:
        written = {stores[i] for i in stores if when[i] < p}
        targets = [stores[i] for i in stores if when[i] == p]
        targets += [n.args[0] for n in self.reductions if n.level == p + 1]
        return targets, self._reach(targets, written)


@contextmanager
def recording(rule: Rule) -> Iterator[None]:
    """What a rule raises on recording values leaves as :class:`NotRecordable`, if it is for these."""
    try:
        yield
    except EigenstepError as error:
        if isinstance(error, NotRecordable):
            raise type(error)(f"rule {rule.name} cannot be recorded: {error}") from error
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
    tensors = [rule.parameter, rule.gradient, *(s for s in rule.state if s not in rule.numbers)]
    inputs = [recorder.node("input", value=i) for i in range(len(tensors))]
    by_name = dict(zip(tensors, inputs, strict=True)) | {
        n: recorder.node("number", value=n) for n in rule.numbers
    }
    all_names = (SIGN, *names)
    coefficients = [recorder.node("coefficient", value=n) for n in all_names]
    if rule.matrices:
        raise WholeTensors(
            f"rule {rule.name} is run on whole tensors: it has rows, columns or squares"
        )
    theta, g = (Value(recorder, n) for n in inputs[:2])
    state = [Value(recorder, by_name[s]) for s in rule.state]
    values = {n: Value(recorder, c) for n, c in zip(names, coefficients[1:], strict=True)}
    sign = Value(recorder, coefficients[0])
    with recording(rule):
        new = rule(theta, g * sign, *state, **values, **choices)
    new_theta, *new_state = new
    outputs: list[Node | None] = [None if new_theta is theta else recorder.lift(new_theta), None]
    new_numbers = []
    for name, before, after in zip(rule.state, state, new_state, strict=True):
        if name not in rule.numbers:
            outputs.append(None if after is before else recorder.lift(after))
        elif recorder.lift(after).array:
            raise RuleError(
                f"rule {rule.name} returned a tensor for {name}, which is one number of each"
            )
        else:
            new_numbers.append(recorder.lift(after))
    return Program(recorder.nodes, inputs, all_names, outputs, rule.numbers, new_numbers)
