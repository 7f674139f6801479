"""Where a term is a real number: what must hold of what it divides by and takes roots and logarithms of.

Coq's functions are total: x/0 and √(−1) are numbers there, of which a lemma may say nothing that a claim
does not. So a lemma grants what its printed side needs, and another says that the other side is defined too.

>>> x = Term.real("x")
>>> [n.text for n in needs(1 / x + Term("sqrt", x))]
['x <> 0', '0 <= x']
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .terms import Term

_KINDS = {"sqrt": "0 <= {}", "ln": "0 < {}"}
Guards = tuple[tuple[Any, bool], ...]


@dataclass(frozen=True)
class Need:
    """One condition, and the conditions of choices under which it is asked."""

    relation: str
    of: Any
    guards: Guards = ()
    inside_norm: bool = False
    """Whether it is asked of every element of a tensor whose norm is taken."""

    @property
    def text(self) -> str:
        said = self.relation
        for condition, holds in reversed(self.guards):
            yes, no = (said, "True") if holds else ("True", said)
            said = f"if {condition.text} then {yes} else {no}"
        return f"({said})" if self.guards else said

    @property
    def hypothesis(self) -> str:
        """As it is granted: of every element, where it is asked of every one."""
        each = self.inside_norm and any(
            n.of_an_element for n in (self.of, *(c for c, _ in self.guards))
        )
        return f"(forall i, {self.text})" if each else self.text


def needs(*nodes: Any) -> list[Need]:
    """What all of the terms need, each once; what is true of numbers is left out."""
    found: dict[str, Need] = {}
    for node in nodes:
        for need in _needs(node, (), False, set()):
            found.setdefault(need.hypothesis, need)
    return list(found.values())


def granted(found: Iterable[Need]) -> list[str]:
    """Needs as hypotheses."""
    return list(dict.fromkeys(n.hypothesis for n in found))


def _needs(node: Any, guards: Guards, inside: bool, seen: set[Any]) -> Iterator[Need]:
    visit = (id(node), inside, *((id(c), holds) for c, holds in guards))
    if visit in seen:
        return
    seen.add(visit)
    if isinstance(node, Term) and node.op == "if":
        condition, yes, no = node.args
        yield from _needs(condition, guards, inside, seen)
        yield from _needs(yes, (*guards, (condition, True)), inside, seen)
        yield from _needs(no, (*guards, (condition, False)), inside, seen)
        return
    for argument in node.args:
        yield from _needs(argument, guards, inside or node.op == "norm", seen)
    of, said = node, ""
    if node.op == "/":
        of = node.args[1]
        if of.op != "number" or of.value == 0:
            # A natural number alone would be compared as one.
            said = f"INR {of.text} <> 0" if of.op == "nat" else f"{of.within(60)} <> 0"
    elif node.op in _KINDS:
        of = node.args[0]
        if of.op != "number" or of.value <= 0:
            said = _KINDS[node.op].format(of.within(60))
    elif node.op == "power":
        base, exponent = (a.within(60) for a in node.args)
        said = f"0 < {base} \\/ ({base} = 0 /\\ 0 < {exponent})"
    if said:
        yield Need(said, of, guards, inside)
