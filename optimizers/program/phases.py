"""A recorded update as passes over the tensors.

A reduction over the whole tensor ends a pass, in which it is gathered, and the next one goes on with the
result. What a pass computes anew of the state is written as early as nothing later needs the old value, so
that no temporary of the tensor's size exists.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .nodes import GIVEN, GROUP, REDUCTIONS, Node


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
