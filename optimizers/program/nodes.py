"""The operations of a recorded program, and what records them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import RuleError


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
        node = getattr(x, "node", None)  # an operand's
        if isinstance(node, Node):
            return node
        if isinstance(x, int | float):
            return self.constant(x)
        raise NotRecordable(f"a rule computed with a {type(x).__name__}")
