"""Real numbers written in Coq: what a rule computes with while it is exported.

A rule's own function is run on these; each operation is noted as it is done, and nothing is simplified.

>>> beta, t = Term.real("beta"), Term.nat("t")
>>> (1 - beta**t).text
'1 - beta ^ t'
>>> (beta / 3 + 0.5).text
'beta / 3 + 1 / 2'
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

from ...optimizers.errors import EigenstepError, shown


class ExportError(EigenstepError, ValueError):
    """A claim, or a rule, that cannot be written as a lemma."""


RESERVED = frozenset(
    [
        "R",
        "S",
        "O",
        "I",
        "nat",
        "at",
        "as",
        "cofix",
        "else",
        "end",
        "exists",
        "exists2",
        "fix",
        "for",
        "forall",
        "fun",
        "if",
        "IF",
        "in",
        "let",
        "match",
        "mod",
        "return",
        "Set",
        "Prop",
        "SProp",
        "Type",
        "then",
        "using",
        "where",
        "with",
        "by",
        "norm",
        "power",
        "index",
        "sgn",
        "i",
        "sqrt",
        "ln",
        "exp",
        "Rmax",
        "Rmin",
        "Rabs",
        "step",
    ]
)
"""Words of Coq's, of its numbers and of ours; a name that is one of them gets an underscore."""


def name_in_coq(name: str) -> str:
    """A name as Coq may have it.

    >>> name_in_coq("S"), name_in_coq("beta1")
    ('S_', 'beta1')
    """
    if not name.isidentifier() or not name.isascii():
        raise ExportError(f"{shown(name)} is no name that Coq has")
    return f"{name}_" if name in RESERVED else name


_PRECEDENCE = {"+": 50, "-": 50, "*": 40, "/": 40, "neg": 35, "^": 30}
_ATOM, _APPLIED = 0, 10
_UNARY = {"sqrt": "sqrt", "abs": "Rabs", "sgn": "sgn", "ln": "ln", "exp": "exp"}
_BINARY = {"max": "Rmax", "min": "Rmin", "power": "power"}
_FOLDED: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
}  # fmt: skip


class _Node:
    """What terms and conditions share: an operation and what it is of."""

    __slots__ = ("__dict__", "args", "op", "value")

    def __init__(self, op: str, *args: Any, value: Any = None) -> None:
        self.op, self.args, self.value = op, args, value

    def __bool__(self) -> bool:
        raise ExportError(f"a rule took the truth of {self.text}, which is not known")

    def __hash__(self) -> int:
        raise ExportError("a rule took an exported value for a key")

    @property
    def text(self) -> str:
        raise NotImplementedError

    @cached_property
    def of_an_element(self) -> bool:
        """Whether it is another number for each element of the tensors."""
        if self.op == "norm":
            return False
        if self.op == "real":
            return self.value.endswith(" i")
        return any(a.of_an_element for a in self.args)

    def nodes(self, seen: set[int] | None = None) -> Iterator[Any]:
        """All parts, each object once, what a part is made of before it."""
        seen = set() if seen is None else seen
        if id(self) in seen:
            return
        seen.add(id(self))
        for argument in self.args:
            yield from argument.nodes(seen)
        yield self

    def rebuilt(self, change: Callable[[Any], Any], done: dict[int, Any] | None = None) -> Any:
        """The same with every part changed, from the inside out."""
        done = {} if done is None else done
        if id(self) not in done:
            args = [a.rebuilt(change, done) for a in self.args]
            same = all(a is b for a, b in zip(args, self.args, strict=True))
            done[id(self)] = change(self if same else type(self)(self.op, *args, value=self.value))
        return done[id(self)]


class Term(_Node):
    """A real number."""

    @classmethod
    def real(cls, name: str) -> Term:
        return cls("real", value=name)

    @classmethod
    def nat(cls, name: str) -> Term:
        """A natural number, which stands for a real one where one is wanted."""
        return cls("nat", value=name)

    @classmethod
    def number(cls, value: Any) -> Term:
        """A number, exactly: a float is the decimal that it is written as."""
        if isinstance(value, float):
            try:
                return cls("number", value=Fraction(repr(value)))
            except ValueError as error:
                raise ExportError(f"{value} is no real number") from error
        return cls("number", value=Fraction(value))

    @cached_property
    def precedence(self) -> int:
        if self.op == "number":
            plain = self.value.denominator == 1 and self.value >= 0
            return _ATOM if plain else _PRECEDENCE["neg" if self.value.denominator == 1 else "/"]
        if self.op in ("real", "nat"):
            return _APPLIED if " " in self.value else _ATOM
        return _PRECEDENCE.get(self.op, 90 if self.op == "if" else _APPLIED)

    def within(self, limit: int) -> str:
        return self.text if self.precedence <= limit else f"({self.text})"

    @cached_property
    def text(self) -> str:  # type: ignore[override]
        op, args = self.op, self.args
        if op == "number":
            above, below = self.value.numerator, self.value.denominator
            sign = "- " if above < 0 else ""
            return f"{sign}{abs(above)}" + (f" / {below}" if below != 1 else "")
        if op in ("real", "nat"):
            return self.value
        if op in ("+", "-", "*", "/"):
            rank = _PRECEDENCE[op]
            return f"{args[0].within(rank)} {op} {args[1].within(rank - 1)}"
        if op == "neg":
            return f"- {args[0].within(34)}"
        if op == "^":
            return f"{args[0].within(_ATOM)} ^ {in_naturals(args[1], True)}"
        if op == "mod":
            return f"INR ({in_naturals(args[0], True)} mod {in_naturals(args[1], True)})"
        if op in _UNARY:
            return f"{_UNARY[op]} {args[0].within(_ATOM)}"
        if op in _BINARY:
            return f"{_BINARY[op]} {args[0].within(_ATOM)} {args[1].within(_ATOM)}"
        if op == "norm":
            return f"norm (fun i => {args[0].text})"
        if op == "if":
            return f"if {args[0].text} then {args[1].text} else {args[2].text}"
        if op == "applied":
            return f"{self.value} {' '.join(a.within(_ATOM) for a in args)}"
        raise AssertionError(op)

    def _with(self, op: str, other: Any, turned: bool = False) -> Any:
        try:
            found = term(other)
        except ExportError:
            return NotImplemented
        one, two = (found, self) if turned else (self, found)
        numbers = one.op == two.op == "number"
        if numbers and op in _FOLDED and not (op == "/" and two.value == 0):
            return Term.number(_FOLDED[op](one.value, two.value))
        return Term(op, one, two)

    def __add__(self, other: Any) -> Any:
        return self._with("+", other)

    def __radd__(self, other: Any) -> Any:
        return self._with("+", other, True)

    def __sub__(self, other: Any) -> Any:
        return self._with("-", other)

    def __rsub__(self, other: Any) -> Any:
        return self._with("-", other, True)

    def __mul__(self, other: Any) -> Any:
        return self._with("*", other)

    def __rmul__(self, other: Any) -> Any:
        return self._with("*", other, True)

    def __truediv__(self, other: Any) -> Any:
        return self._with("/", other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._with("/", other, True)

    def __mod__(self, other: Any) -> Any:
        return self._with("mod", other)

    def __rmod__(self, other: Any) -> Any:
        return self._with("mod", other, True)

    def __neg__(self) -> Term:
        return Term.number(-self.value) if self.op == "number" else Term("neg", self)

    def __pos__(self) -> Term:
        return self

    def __abs__(self) -> Term:
        return Term("abs", self)

    def __pow__(self, other: Any) -> Term:
        return raised(self, term(other))

    def __rpow__(self, other: Any) -> Term:
        return raised(term(other), self)

    def __lt__(self, other: Any) -> Any:
        return compared("<", self, term(other))

    def __le__(self, other: Any) -> Any:
        return compared("<=", self, term(other))

    def __gt__(self, other: Any) -> Any:
        return compared("<", term(other), self)

    def __ge__(self, other: Any) -> Any:
        return compared("<=", term(other), self)

    def __eq__(self, other: Any) -> Any:
        return (
            False if other is None or isinstance(other, str) else compared("=", self, term(other))
        )

    def __ne__(self, other: Any) -> Any:
        if other is None or isinstance(other, str):
            return True
        found = compared("=", self, term(other))
        return not found if isinstance(found, bool) else ~found

    __hash__ = _Node.__hash__

    def applied(self, name: str, *others: Any) -> Term:
        """A function of which nothing is known, of this and others."""
        return Term("applied", self, *map(term, others), value=name)


class Condition(_Node):
    """A comparison, or what is made of some; it decides between two numbers."""

    @cached_property
    def text(self) -> str:  # type: ignore[override]
        one = self.args
        if self.op in ("<", "<="):
            name = {"<": "Rlt_dec", "<=": "Rle_dec"}[self.op]
            return f"{name} {one[0].within(_ATOM)} {one[1].within(_ATOM)}"
        if self.op == "=":
            return f"Req_EM_T {one[0].within(_ATOM)} {one[1].within(_ATOM)}"
        raise AssertionError(self.op)

    def __and__(self, other: Any) -> Any:
        return self if other is True else False if other is False else Condition("and", self, other)

    def __or__(self, other: Any) -> Any:
        return True if other is True else self if other is False else Condition("or", self, other)

    __rand__, __ror__ = __and__, __or__

    def __invert__(self) -> Condition:
        return Condition("not", self)

    def __eq__(self, other: Any) -> Any:
        raise ExportError("a rule compares truth values")

    __hash__ = _Node.__hash__


def term(value: Any) -> Term:
    """What an operation is with, as a term; a condition in arithmetic is 1 where it holds."""
    if isinstance(value, Term):
        return value
    if isinstance(value, Condition):
        return chosen(value, 1, 0)
    if isinstance(value, int | float | Fraction) and not isinstance(value, bool):
        return Term.number(value)
    found = getattr(value, "item", None)  # NumPy's numbers
    if found is not None and getattr(value, "ndim", 1) == 0:
        return term(found())
    raise ExportError(f"a rule computed with {shown(value)}, which is no number of Coq's")


def raised(base: Term, exponent: Term) -> Term:
    """A power: of a natural exponent Coq's own, of ½, ¼ … roots, else a function that is only named."""
    if exponent.op == "number":
        number = exponent.value
        if number.denominator == 1:
            power = Term("^", base, Term.number(abs(number)))
            return power if number >= 0 else 1 / power
        if number.numerator == 1 and number.denominator in (2, 4, 8):
            for _ in range(number.denominator.bit_length() - 1):
                base = Term("sqrt", base)
            return base
    return Term("^", base, exponent) if is_natural(exponent) else Term("power", base, exponent)


def is_natural(exponent: Term) -> bool:
    """Whether a term is made of natural numbers, and so that no more is taken away than is there."""
    if exponent.op == "number":
        return exponent.value.denominator == 1 and exponent.value >= 0
    if exponent.op == "-":
        return (
            exponent.args[0].op == "nat"
            and exponent.args[1].op == "number"
            and exponent.args[1].value == 1
        )
    return exponent.op == "nat" or (
        exponent.op in ("+", "*", "mod") and all(map(is_natural, exponent.args))
    )


def in_naturals(exponent: Term, closed: bool = False) -> str:
    """The text of a natural number."""
    if exponent.op in ("nat", "number") and is_natural(exponent):
        return exponent.text
    if not is_natural(exponent):
        raise ExportError(f"{exponent.text} is no natural number")
    one, two = (in_naturals(a, True) for a in exponent.args)
    text = f"{one} {exponent.op} {two}"
    return f"({text})" if closed else text


def compared(op: str, left: Term, right: Term) -> Any:
    """A comparison; Python's own truth where both are numbers."""
    if left.op == right.op == "number":
        decide = {"<": operator.lt, "<=": operator.le, "=": operator.eq}[op]
        return decide(left.value, right.value)
    return Condition(op, left, right)


def chosen(condition: Any, x: Any, y: Any) -> Term:
    """``x`` where the condition holds, else ``y``."""
    if isinstance(condition, bool):
        return term(x if condition else y)
    if isinstance(condition, Term):  # what is not zero holds
        return chosen(compared("=", condition, Term.number(0)), y, x)
    if condition.op == "not":
        return chosen(condition.args[0], y, x)
    if condition.op == "and":
        return chosen(condition.args[0], chosen(condition.args[1], x, y), y)
    if condition.op == "or":
        return chosen(condition.args[0], x, chosen(condition.args[1], x, y))
    return Term("if", condition, term(x), term(y))
