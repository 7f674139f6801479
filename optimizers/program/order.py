"""Lines of an update, and an order of them in which each reads what it needs before that changes."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .nodes import Node

Facts = tuple[tuple[Node, bool], ...]


@dataclass(frozen=True)
class Symbol:
    """A name that a line gives or reads; ``version`` counts how often it was assigned before that."""

    name: str
    version: int = 0


@dataclass(frozen=True)
class Equation:
    """One line.

    Attributes:
        left: what it gives.
        right: operations of a program, with leaves ``symbol``.
        assigned: whether a variable of the rule takes this value (←), or it is a definition (=).
        facts: the conditions under which it holds, each with whether it does; None for "otherwise".
    """

    left: Symbol
    right: Node
    assigned: bool
    facts: Facts | None = ()
    place: float = 0
    """Where the code computes it."""


def _reads(line: Equation) -> set[Symbol]:
    found: set[Symbol] = set()
    seen: set[Node] = set()
    stack = [line.right, *(c for c, _ in line.facts or ())]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if node.op == "symbol":
                found.add(node.value)
            stack.extend(node.args)
    return found


def _before(line: Equation) -> Symbol:
    """The value that a line replaces."""
    return replace(line.left, version=line.left.version - 1)


def topological(lines: list[Equation]) -> list[Equation] | None:
    """An order as close to the given one as can be, or None where there is none."""
    reads = {id(line): _reads(line) for line in lines}
    # Before a line comes what it reads, and what reads the value that it replaces.
    waits = {
        id(line): {id(o) for o in lines if o.left != line.left
                   and (o.left in reads[id(line)] or _before(line) in reads[id(o)])}
        for line in lines
    }  # fmt: skip
    rest = sorted(lines, key=lambda line: line.place)
    done: set[int] = set()
    order = []
    while rest:
        ready = next((line for line in rest if waits[id(line)] <= done), None)
        if ready is None:
            return None
        same = [line for line in rest if line.left == ready.left]  # all its cases together
        if not all(waits[id(line)] <= done for line in same):
            return None
        for line in same:
            rest.remove(line)
            done.add(id(line))
            order.append(line)
    return order


def torn(lines: list[Equation]) -> Symbol:
    """A value that is read after it has been replaced."""
    for line in lines:
        before = _before(line)
        if line.assigned and any(before in _reads(o) for o in lines if o.left != line.left):
            return before
    raise AssertionError("definitions in a circle")
