"""Mathematics written from a program: what is common to every notation, and the record that one is."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .equations import Update, factors, is_rare
from .meaning import OPPOSITE
from .names import is_symbol, letter
from .nodes import LOGIC, REDUCTIONS, Node
from .order import Equation, Facts

SUM, NEGATIVE, PRODUCT, POWER, ATOM = range(5)
"""How tightly an expression holds together, the loosest first."""


@dataclass(frozen=True)
class Notation:
    """How mathematics is written.

    Attributes:
        operations: by operation, what stands around its arguments.
        functions: by operation, the name before its arguments.
        letter: a letter with its index and its marks.
        word: a name that is no letter.
        fraction: of numerator and denominator, each with how tightly it holds together; and how the
            fraction does.
        power: of base and exponent.
        times: between two factors, and between two of which the second begins with a digit.
        brackets: around an expression.
        root: of an expression that needs no brackets.
        relations: the signs of comparisons.
        logic: what stands between two conditions, and before one.
        minus, infinity: their signs.
        cases: of the pairs (value, condition).
        every: of what happens every so many steps.
        condition: of a line, from its conditions.
        also: between two conditions.
        otherwise: where the line before does not hold.
    """

    operations: Mapping[str, str]
    functions: Mapping[str, str]
    letter: Callable[[str, Sequence[str], Sequence[str]], str]
    word: Callable[[str], str]
    fraction: Callable[[tuple[str, int], tuple[str, int]], tuple[str, int]]
    power: Callable[[str, str], str]
    times: tuple[str, str]
    brackets: Callable[[str], str]
    root: str
    relations: Mapping[str, str]
    logic: Mapping[str, str]
    minus: str
    infinity: str
    cases: Callable[[Sequence[tuple[str, str]]], str]
    every: Callable[[str], str]
    condition: Callable[[str], str]
    also: str
    otherwise: str


class Writer:
    """Writes the lines of one update in one notation."""

    def __init__(self, update: Update, notation: Notation) -> None:
        self.written, self.notation = update.written, notation

    def name(self, name: str) -> str:
        """A name as the notation writes it."""
        name = self.written.get(name, name)
        if not is_symbol(name):
            return self.notation.word(name.rstrip("_"))
        return self.notation.letter(*letter(name))

    def condition(self, facts: Facts | None) -> str:
        """The conditions of a line, as words after it; empty where there are none."""
        if facts is None:
            return self.notation.otherwise
        if not facts:
            return ""
        said = [self._fact(node, holds) for node, holds in facts]
        rare = [s for (node, _), s in zip(facts, said, strict=True) if _counts(node)]
        return (
            rare[0]
            if len(facts) == 1 and rare
            else self.notation.condition(self.notation.also.join(said))
        )

    def _fact(self, node: Node, holds: bool) -> str:
        if _counts(node) and holds:
            return self.notation.every(self.write(node.args[0].args[1]))
        if node.op in LOGIC:
            said = self._condition(node)
            return said if holds else self.notation.logic["not"] + self.notation.brackets(said)
        return self._comparison(node.op if holds else OPPOSITE[node.op], node.args)

    def _condition(self, node: Node) -> str:
        """A condition that is made of others."""
        if node.op not in LOGIC:
            return self._fact(node, True)
        parts = [self._condition(a) for a in node.args]
        parts = [self.notation.brackets(p) if a.op in LOGIC and a.op != node.op else p
                 for a, p in zip(node.args, parts, strict=True)]  # fmt: skip
        joined = self.notation.logic[node.op].join(parts)
        return joined if len(parts) > 1 else self.notation.logic[node.op] + joined

    def _comparison(self, op: str, args: Sequence[Node]) -> str:
        return f" {self.notation.relations[op]} ".join(self.write(a) for a in args)

    def write(self, node: Node, held: int = SUM) -> str:
        """An expression, in brackets where it holds together less than asked."""
        text, holds = self._text(node)
        return text if holds >= held else self.notation.brackets(text)

    def _text(self, node: Node) -> tuple[str, int]:
        op, args = node.op, node.args
        if op == "symbol":
            return self.name(node.value.name), ATOM
        if op == "coefficient":
            return self.name(node.value), ATOM
        if op == "step":
            return "t", ATOM
        if op == "constant":
            return self._number(node.value)
        if op in ("add", "sub"):
            sign = "+" if op == "add" else self.notation.minus
            return f"{self.write(args[0])} {sign} {self.write(args[1], PRODUCT)}", SUM
        if op == "neg":
            return f"{self.notation.minus}{self.write(args[0], PRODUCT)}", NEGATIVE
        if op == "mul":
            return self._product(_chain(node)), PRODUCT
        if op == "div":
            over, under = factors(node)
            return self.notation.fraction(self._joined(over), self._joined(under))
        if op == "pow":
            return self.notation.power(self.write(args[0], ATOM), self.write(args[1])), POWER
        if op == "where":
            other = (self.write(args[2]), self.notation.otherwise)
            return self.notation.cases(
                [(self.write(args[1]), self._fact(args[0], True)), other]
            ), ATOM
        if op in self.notation.relations or op in LOGIC:  # 1 where it holds, else 0
            return self.notation.operations["truth"].format(self._fact(node, True)), ATOM
        if op == "mod":
            return self.notation.operations[op].format(*(self.write(a, POWER) for a in args)), ATOM
        op = f"{op} {node.value}" if op in REDUCTIONS and node.value else op
        if op in self.notation.functions:
            inside = ", ".join(map(self.write, args))
            return self.notation.functions[op] + self.notation.brackets(inside), ATOM
        if op == "sqrt" and (inside := self._text(args[0]))[1] == ATOM:
            return self.notation.root.format(inside[0]), ATOM
        return self.notation.operations[op].format(*map(self.write, args)), ATOM

    def _number(self, value: Any) -> tuple[str, int]:
        if isinstance(value, float):  # what no fraction is
            sign = self.notation.minus if value < 0 else ""
            return (sign + self.notation.infinity if math.isinf(value) else "NaN"), ATOM
        value = Fraction(value)
        sign = self.notation.minus if value < 0 else ""
        value = abs(value)
        if value.denominator == 1 or Fraction(repr(float(value))) == value:
            text = str(value.numerator) if value.denominator == 1 else repr(float(value))
            text, holds = self._power_of_ten(text)
            return sign + text, NEGATIVE if sign else holds
        text, holds = self.notation.fraction(
            (str(value.numerator), ATOM), (str(value.denominator), ATOM)
        )
        return sign + text, NEGATIVE if sign else holds

    def _power_of_ten(self, text: str) -> tuple[str, int]:
        digits, _, exponent = text.partition("e")
        if not exponent:
            return text, ATOM
        sign = self.notation.minus if exponent[0] == "-" else ""
        ten = self.notation.power("10", f"{sign}{int(exponent.lstrip('+-'))}")
        if digits == "1":
            return ten, POWER
        return f"{digits}{self.notation.operations['cdot']}{ten}", PRODUCT

    def _joined(self, factors: list[Node]) -> tuple[str, int]:
        if len(factors) == 1:
            return self._text(factors[0])
        return self._product(factors), PRODUCT

    def _product(self, factors: list[Node]) -> str:
        """Factors side by side, numbers first, equal neighbours as a power."""
        ordered = sorted(factors, key=lambda n: n.op != "constant")
        runs: list[list[Node]] = []
        for factor in ordered:
            if runs and runs[-1][0] is factor:
                runs[-1].append(factor)
            else:
                runs.append([factor])
        text = ""
        for run in runs:
            if len(run) > 1:
                part = self.notation.power(self.write(run[0], ATOM), str(len(run)))
            else:
                part = self.write(run[0], PRODUCT)
            text += (self.notation.times[part[0].isdigit()] if text else "") + part
        return text


def _counts(node: Node) -> bool:
    """Whether a condition is that t is a multiple."""
    return is_rare(node) and node.args[1].value == 0 and node.args[0].args[0].op == "step"


def _chain(node: Node) -> list[Node]:
    """The factors of a product, fractions among them whole."""
    if node.op != "mul":
        return [node]
    return _chain(node.args[0]) + _chain(node.args[1])


def lines(update: Update, notation: Notation) -> list[tuple[str, bool, str, str]]:
    """Each line's left side, whether it is assigned, its right side and its condition."""
    writer = Writer(update, notation)

    def line(equation: Equation) -> tuple[str, bool, str, str]:
        right = writer.write(equation.right)
        return (
            writer.name(equation.left.name),
            equation.assigned,
            right,
            writer.condition(equation.facts),
        )

    return [line(equation) for equation in update.equations]
