"""The update as a reader writes it: line by line, in the code's own order, under the code's own names.

What the code calls by a letter of the field (``m_hat``, ``u``, ``rho_t``) is a line of its own; what it calls
by a word is written out where it is used. A moving average that is divided by what its weights add up to,
1 − β^t, is written with a hat. Where the rule distinguishes cases by a number of the step (ρ_t > 4) there is
a line for each; what happens every k steps comes last.

>>> from eigenstep.optimizers.rules import heavy_ball
>>> [(e.left.name, e.assigned) for e in update(heavy_ball).equations]
[('v', True), ('theta', True)]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..rule import Rule
from .meaning import Exact, Meant
from .names import WRITTEN, is_symbol, seen
from .nodes import Node
from .order import Equation, Facts, Symbol, topological, torn
from .whole import Whole, record_whole

_MOST_CONDITIONS = 3
"""Conditions of one line beyond which they are written inside it."""
_STEP = "t"
_LONG, _TOO_LONG = 12, 200
"""Operations from which what is used twice has a line under its word; and from which it has one without."""


@dataclass(frozen=True)
class Update:
    """All lines of a rule; and by the name of what they read, the name in the letters of the field."""

    rule: Rule
    equations: tuple[Equation, ...]
    written: Mapping[str, str]
    opaque: tuple[str, ...]


def update(rule: Rule, values: Mapping[str, Any] | None = None) -> Update:
    """The lines of a rule.

    Args:
        rule: any rule.
        values: hyperparameters to be written as these numbers or choices. The others stay symbols, but
            for those that are 0 by default and those that the rule calls by a word and marks as a
            convention: they have their default.

    Raises:
        NotRecordable: the rule computes with something else than operations and norms.
    """
    numbers: dict[str, Any] = {**rule.fixed, **(values or {})}
    for name, h in rule.hyperparameters.items():
        by_word = h.convention and not is_symbol(WRITTEN.get(name, h.symbol))
        if name not in numbers and (h.is_choice or (h.default == 0 and name != "lr") or by_word):
            numbers[name] = h.default
    free = [name for name in rule.hyperparameters if name not in numbers]
    return _Reader(record_whole(rule, numbers, free, recorder=Exact(), kind=Meant)).read()


@dataclass(frozen=True)
class _Statement:
    """What a symbol is to be, in the recorded operations, before names are put in."""

    left: Symbol
    node: Node
    assigned: bool
    facts: Facts = ()


class _Reader:
    """Writes a recorded rule down as lines."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self.recorder: Any = whole.recorder
        rule = whole.rule
        self.gradient = rule.gradient
        self.variables = (*rule.state, rule.parameter)
        theta, g, *state = whole.inputs
        self.old = dict(zip(self.variables, (*state, theta), strict=True))
        self.leaves = {node: Symbol(name) for name, node in self.old.items()} | {
            g: Symbol(self.gradient)
        }
        """What is read by name."""
        self.written = self._letters()
        self.hats: dict[str, tuple[Node, Equation]] = {}
        """By a state's name, the factor 1 − β^t it is divided by, and the line of the quotient."""

    def _letters(self) -> dict[str, str]:
        """How each variable and hyperparameter is written; no two alike, nor as the step is."""
        whole = self.whole
        names = [*self.variables, self.gradient, *whole.free, *whole.opaque]
        found: dict[str, str] = {}
        for name in dict.fromkeys(names):
            symbol = whole.rule.hyperparameters[name].symbol if name in whole.free else name
            short = WRITTEN.get(name, symbol).rstrip("_")
            taken = {seen(_STEP), *map(seen, found.values())}
            if seen(short) in taken or (short != name and short in names):
                short = name if seen(name) not in taken else f"{name}_"  # a word then
            found[name] = short
        return found

    def read(self) -> Update:
        theta, *state = self.whole.outputs
        new = {
            k: n
            for k, n in zip(self.variables, (*state, theta), strict=True)
            if n is not self.old[k]
        }
        usual, rare = self._statements(new)
        for statement in (*usual, *rare):
            if statement.node.args:
                self.leaves.setdefault(statement.node, statement.left)
        usual += self._named([s.node for s in (*usual, *rare)])
        lines = [line for s in usual for line in self._lines(s)]
        later = [line for s in rare for line in self._lines(s)]
        lines += [line for _, line in self.hats.values()]
        ordered = [*self._ordered([*self._where_the_gradient_is(), *lines]), *self._ordered(later)]
        return Update(self.whole.rule, tuple(ordered), self.written, self.whole.opaque)

    def _statements(self, new: Mapping[str, Node]) -> tuple[list[_Statement], list[_Statement]]:
        """What happens at every step, and what besides every k steps."""
        usual, rare = [], []
        for name, node in new.items():
            condition = next((c for c in self._conditions(node, {}) if is_rare(c)), None)
            always = node if condition is None else self._under(node, {condition: False})
            version = 0
            if always is not self.old[name]:
                version += 1
                usual.append(_Statement(Symbol(name, version), always, True))
            if condition is not None:
                then = self._under(node, {condition: True})
                rare.append(_Statement(Symbol(name, version + 1), then, True, ((condition, True),)))
        return usual, rare

    # Names

    def _named(self, roots: Iterable[Node]) -> list[_Statement]:
        """The intermediate values that have a line of their own."""
        reached, uses = _reached([*roots, self.whole.point])
        sizes = _sizes(reached)
        taken = {seen(n) for n in (_STEP, *self.written, *self.written.values())}
        found = []
        version = 0
        for node in reached:
            if node in self.leaves or not node.args or node.boolean:
                continue
            names = self.whole.names.get(node, [])
            if self.gradient in names and node.array:
                version += 1
                found.append(_Statement(Symbol(self.gradient, version), node, True))
                self.leaves[node] = found[-1].left
                continue
            names = [n for n in names if seen(n) not in taken]
            fit = [n for n in names if is_symbol(n)]
            if uses[node] > 1 and sizes[node] >= _LONG:
                fit += names
                fit += [f"part{len(found)}"] if sizes[node] >= _TOO_LONG else []
            if fit:
                taken.add(seen(fit[0]))
                self.written[fit[0]] = fit[0]
                found.append(_Statement(Symbol(fit[0]), node, False))
                self.leaves[node] = found[-1].left
        return found

    # Conditions

    def _conditions(self, root: Node, leaves: Mapping[Node, Symbol]) -> list[Node]:
        """The conditions on numbers of the step by which a value is chosen, as far as it is written out."""
        found: dict[Node, None] = {}
        seen: set[Node] = set()
        stack = [root]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            choice = node.op == "where" and not node.args[0].array
            if node is not root and node in leaves and not (choice and _has_number(node)):
                continue
            if choice:
                found[node.args[0]] = None
            if node is root or node not in leaves:
                stack.extend(node.args)
        return sorted(found, key=lambda n: n.index)

    def _under(self, node: Node, facts: Mapping[Node, bool]) -> Node:
        """The operations that are left where conditions are known."""
        return self._rebuilt(node, facts, {}, {}, None)

    def _rebuilt(
        self, node: Node, facts: Mapping[Node, bool], leaves: Mapping[Node, Symbol],
        done: dict[Node, Node], left: Symbol | None,
    ) -> Node:  # fmt: skip
        """A node with its known choices made, and what has a name read by it (but for ``left``)."""
        if node in done:
            return done[node]
        chosen = node.args[1 if facts[node.args[0]] else 2] if (
            node.op == "where" and node.args[0] in facts) else None  # fmt: skip
        symbol = leaves.get(node)
        if chosen is not None and (symbol in (None, left) or chosen.op == "constant"):
            made = self._rebuilt(chosen, facts, leaves, done, left)
        elif symbol is not None and symbol != left:
            made = self.recorder.node("symbol", value=symbol)
        elif not node.args:
            made = node
        else:
            args = [self._rebuilt(a, facts, leaves, done, left) for a in node.args]
            made = self.recorder.node(node.op, *args, value=node.value)
            made = self._with_hat(made) if leaves else made
        done[node] = made
        return made

    def _lines(self, statement: _Statement) -> list[Equation]:
        """A statement's lines: one, or one for each case."""
        left, node, leaves = statement.left, statement.node, self.leaves
        known = dict(statement.facts)

        def line(facts: Facts, written: Facts | None) -> Equation:
            made = self._rebuilt(node, known | dict(facts), leaves, {}, left)
            said = None if written is None else tuple(
                (self._rebuilt(c, known, leaves, {}, left), holds)
                for c, holds in (*statement.facts, *written))  # fmt: skip
            return Equation(left, made, statement.assigned, said, node.index)

        conditions = [c for c in self._conditions(node, leaves) if c not in known]
        if not conditions or len(conditions) > _MOST_CONDITIONS:
            return [line((), ())]
        cases = [tuple(zip(conditions, held, strict=True))
                 for held in itertools.product((True, False), repeat=len(conditions))]  # fmt: skip
        groups: dict[Node, list[Facts]] = {}
        for facts in cases:
            groups.setdefault(line(facts, ()).right, []).append(facts)
        if not statement.assigned and node.op == "where":  # a number needs no name
            groups = {n: f for n, f in groups.items() if n.op != "constant"} or groups
        first, *others = groups.values()
        if not others and len(first) == len(cases):
            return [line(cases[0], ())]
        if not others and len(first) == 1:
            return [line(first[0], first[0])]
        if len(others) == 1 and not statement.facts:  # "otherwise" is of one condition
            one, other = sorted((first, others[0]), key=len)
            if len(one) == 1:
                return [line(one[0], one[0]), line(other[0], None)]
        return [line((), ())]

    # Hats

    def _with_hat(self, node: Node) -> Node:
        """A product in which an average is divided by what its weights add up to, with its hat."""
        if node.op not in ("mul", "div"):
            return node
        over, under = factors(node)
        for place, factor in enumerate(over):
            if factor.op != "symbol" or factor.value.name not in self.whole.rule.state:
                continue
            if factor.value.version != 1 or "hat" in self.written[factor.value.name]:
                continue
            hit = next((d for d in under if self._is_weight(d)), None)
            if hit is None:
                continue
            name = f"{factor.value.name}_hat"
            if factor.value.name not in self.hats:
                written = f"{self.written[factor.value.name]}_hat"
                if name in self.written or written in self.written.values():
                    continue
                self.written[name] = written
                quotient = self.recorder.node("div", factor, hit)
                line = Equation(
                    Symbol(name), quotient, False, place=self._computed(factor.value) + 0.5
                )
                self.hats[factor.value.name] = (hit, line)
            if self.hats[factor.value.name][0] is not hit:
                continue
            over[place] = self.recorder.node("symbol", value=Symbol(name))
            under.remove(hit)
            return self._product(over, under)
        return node

    def _computed(self, symbol: Symbol) -> int:
        """Where in the code a value with a name is computed."""
        return next(node.index for node, known in self.leaves.items() if known == symbol)

    def _is_weight(self, node: Node) -> bool:
        """Whether a factor is 1 − β^t."""
        if node.op != "sub" or node.args[0].value != 1 or node.args[1].op != "pow":
            return False
        base, exponent = node.args[1].args
        return exponent is self.whole.step and base.op == "coefficient"

    def _product(self, over: list[Node], under: list[Node]) -> Node:
        node = self.recorder.node
        made = over[0]
        for factor in over[1:]:
            made = node("mul", made, factor)
        if under:
            below = under[0]
            for factor in under[1:]:
                below = node("mul", below, factor)
            made = node("div", made, below)
        return made

    # Order

    def _where_the_gradient_is(self) -> list[Equation]:
        """The line that says so, where that is not at θ."""
        if self.whole.point is self.old[self.whole.rule.parameter]:
            return []
        point = self._rebuilt(self.whole.point, {}, self.leaves, {}, None)
        return [
            Equation(Symbol(self.gradient), self.recorder.node("gradient", point), False, place=-1)
        ]

    def _ordered(self, lines: list[Equation]) -> list[Equation]:
        """The lines in the code's order, each reading what it needs before that changes.

        Where no order does, the old value is given a name first.
        """
        copies: list[Equation] = []
        while True:
            order = topological(lines)
            if order is not None:
                return [*copies, *order]
            symbol = torn(lines)
            name = f"{symbol.name}_old"
            while seen(name) in {seen(n) for n in (*self.written, *self.written.values())}:
                name += "_old"
            self.written[name] = name
            copy = self.recorder.node("symbol", value=Symbol(name))
            copies.append(Equation(Symbol(name), self.recorder.node("symbol", value=symbol), False))
            lines = [line if line.left == replace(symbol, version=symbol.version + 1)
                     else self._reading(copy, symbol, line) for line in lines]  # fmt: skip

    def _reading(self, copy: Node, symbol: Symbol, line: Equation) -> Equation:
        """The line with the copy in place of the symbol, in its conditions too."""
        facts = line.facts and tuple((self._swapped(c, symbol, copy), h) for c, h in line.facts)
        return replace(line, right=self._swapped(line.right, symbol, copy), facts=facts)

    def _swapped(self, node: Node, symbol: Symbol, copy: Node) -> Node:
        if node.op == "symbol":
            return copy if node.value == symbol else node
        args = [self._swapped(a, symbol, copy) for a in node.args]
        return self.recorder.node(node.op, *args, value=node.value) if args else node


def is_rare(condition: Node) -> bool:
    """Whether a condition is on a count of steps modulo another."""
    return condition.op in ("le", "eq") and condition.args[0].op == "mod"


def _has_number(choice: Node) -> bool:
    return any(a.op == "constant" for a in choice.args[1:])


def _reached(roots: Iterable[Node]) -> tuple[list[Node], dict[Node, int]]:
    """The nodes that computing some takes, in their order, and how often each is used."""
    found: set[Node] = set()
    uses: dict[Node, int] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node not in found:
            found.add(node)
            for argument in node.args:
                uses[argument] = uses.get(argument, 0) + 1
                stack.append(argument)
    return sorted(found, key=lambda n: n.index), {n: uses.get(n, 0) for n in found}


def _sizes(nodes: list[Node]) -> dict[Node, int]:
    """How many operations each is when it is written out."""
    sizes: dict[Node, int] = {}
    for node in nodes:
        sizes[node] = 1 + sum(sizes[a] for a in node.args)
    return sizes


def factors(node: Node) -> tuple[list[Node], list[Node]]:
    """What a product is the product of, and what it is divided by; factors of 1 left out."""
    if node.op not in ("mul", "div"):
        return [node], []
    (a, b), (c, d) = map(factors, node.args)
    over, under = (a + c, b + d) if node.op == "mul" else (a + d, b + c)
    kept = [n for n in over if not (n.op == "constant" and n.value == 1)]
    return kept or over[:1], under
