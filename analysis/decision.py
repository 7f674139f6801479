"""Decide statements about real polynomials with z3.

A statement is a list of assumptions and a conclusion, each a SymPy relation between rational
functions. z3 is imported only when something is decided.

>>> from sympy.abc import x, y
>>> decide([x > 0, y > 0], x * y > 0).holds
True
>>> decide([x > 0], x * y > 0).counterexample is not None
True
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import sympy as sp

from ..optimizers.errors import EigenstepError, Undecided, shown

TIME_LIMIT = 10.0
"""Seconds after which z3 gives up, unless told otherwise."""


@dataclass(frozen=True)
class Decision:
    """What was decided: ``holds`` is True or False; None where z3 gave up."""

    holds: bool | None
    counterexample: dict[str, Any] | None = None
    seconds: float = 0.0

    def require(self, what: str) -> bool:
        """``holds``, or :class:`Undecided` where z3 gave up."""
        if self.holds is None:
            raise Undecided(f"z3 could not decide within its time limit: {what}")
        return self.holds


class NotPolynomial(EigenstepError, TypeError):
    """A statement in more than rational functions."""


class Encoder:
    """Translates SymPy expressions to z3 terms; one encoder, one set of variables.

    Two symbols are two variables, though they may be written alike.
    """

    def __init__(self) -> None:
        import z3

        self.z3 = z3
        self.variables: dict[str, Any] = {}
        self._names: dict[sp.Symbol | str, str] = {}

    def variable(self, symbol: sp.Symbol | str) -> Any:
        name = self._names.get(symbol)
        if name is None:
            name = getattr(symbol, "name", str(symbol))
            while name in self.variables:
                name += "'"
            self._names[symbol] = name
            self.variables[name] = self.z3.Real(name)
        return self.variables[name]

    def remove(self, symbol: sp.Symbol) -> Any:
        """A variable that is quantified: no counterexample gives it a value."""
        return self.variables.pop(self._names.pop(symbol))

    def assumed(self) -> list[Any]:
        """What the symbols met so far assume of their own sign."""
        signs = []
        for symbol, name in self._names.items():
            variable = self.variables[name]
            if isinstance(symbol, str):
                continue
            if symbol.is_positive:
                signs.append(variable >= 1 if symbol.is_integer else variable > 0)
            elif symbol.is_nonnegative:
                signs.append(variable >= 0)
        return signs

    def polynomial(self, expression: sp.Expr) -> Any:
        expression = sp.sympify(expression)
        if expression.is_Rational:
            return self.z3.RealVal(str(expression))
        if expression.is_Symbol:
            return self.variable(expression)  # type: ignore[arg-type]
        if expression.is_Add:
            return self.z3.Sum([self.polynomial(a) for a in expression.args])
        if expression.is_Mul:
            return self.z3.Product([self.polynomial(a) for a in expression.args])
        if expression.is_Pow and expression.exp.is_Integer and expression.exp > 0:
            base = self.polynomial(expression.base)
            return self.z3.Product([base] * int(expression.exp))
        raise NotPolynomial(
            f"z3 decides only what is made of + − · / and whole powers: {shown(expression)}"
        )

    def relation(self, relation: Any) -> Any:
        """A relation, or an And/Or/Not of relations; fractions are cleared with their sign.

        A relation holds only where it is defined: where no denominator in it is zero.
        """
        if relation in (sp.true, sp.false, True, False):
            return self.z3.BoolVal(bool(relation))
        if isinstance(relation, sp.And):
            return self.z3.And([self.relation(a) for a in relation.args])
        if isinstance(relation, sp.Or):
            return self.z3.Or([self.relation(a) for a in relation.args])
        if isinstance(relation, sp.Not):
            return self.z3.Not(self.relation(relation.args[0]))
        numerator, denominator = sp.fraction(sp.together(relation.lhs - relation.rhs))
        defined = []
        if not denominator.free_symbols:
            left = self.polynomial(numerator / denominator)
        else:
            below = self.polynomial(denominator)
            defined = [below != 0]
            left = self.polynomial(numerator)
            if not isinstance(relation, sp.Eq | sp.Ne):
                left = left * below
        compare = {
            sp.Eq: left.__eq__, sp.Ne: left.__ne__,
            sp.StrictGreaterThan: left.__gt__, sp.GreaterThan: left.__ge__,
            sp.StrictLessThan: left.__lt__, sp.LessThan: left.__le__,
        }[type(relation)]  # fmt: skip
        found = compare(self.z3.RealVal(0))
        return self.z3.And([*defined, found]) if defined else found

    def valid(self, assumptions: Iterable[Any], conclusion: Any, seconds: float) -> Decision:
        """Whether the z3 formula ``conclusion`` follows from the z3 formulas ``assumptions``."""
        solver = self.z3.Solver()
        solver.set("timeout", int(1000 * seconds))
        solver.set("ctrl_c", False)  # it would take the signal for itself and say "unknown"
        solver.add(*assumptions, self.z3.Not(conclusion))
        start = time.perf_counter()
        answer = solver.check()
        spent = time.perf_counter() - start
        if answer == self.z3.unsat:
            return Decision(True, None, spent)
        if answer == self.z3.unknown:
            return Decision(None, None, spent)
        model = solver.model()
        values = {
            name: _number(model.eval(variable, model_completion=True))
            for name, variable in self.variables.items()
        }
        return Decision(False, values, spent)


def _number(value: Any) -> Any:
    if hasattr(value, "approx") and not hasattr(value, "as_fraction"):
        return sp.Rational(str(value.approx(20).as_fraction()))
    return sp.Rational(str(value.as_fraction())) if hasattr(value, "as_fraction") else str(value)


SMALL = tuple(
    sp.Rational(v) for v in ("1", "0", "2", "-1", "1/2", "3", "-2", "-1/2", "1/3", "3/2", "2/3")
)
"""Rationals in the order in which a simplest counterexample is looked for."""


_simplify: ContextVar[bool] = ContextVar("simplify", default=True)


@contextmanager
def any_counterexample() -> Iterator[None]:
    """Counterexamples found inside are the first that were met: looking for simple ones takes time."""
    before = _simplify.set(False)
    try:
        yield
    finally:
        _simplify.reset(before)


def simplest_point(
    symbols: Sequence[sp.Symbol],
    holds: Callable[[tuple[sp.Rational, ...]], bool],
    tries: int = 4000,
) -> dict[sp.Symbol, sp.Rational] | None:
    """The first point of small rationals, simplest first, where ``holds`` is true; None if none is.

    None, too, inside :func:`any_counterexample`.

    >>> from sympy.abc import x, y
    >>> simplest_point([x, y], lambda p: p[0] * p[1] > 1)
    {x: 1, y: 2}
    """
    count = 0
    if not _simplify.get():
        return None
    for total in range(len(SMALL) * len(symbols)):
        for indices in _compositions(total, len(symbols), len(SMALL) - 1):
            point = tuple(SMALL[i] for i in indices)
            if holds(point):
                return dict(zip(symbols, point, strict=True))
            count += 1
            if count >= tries:
                return None
    return None


def _compositions(total: int, parts: int, largest: int) -> Iterator[tuple[int, ...]]:
    """All tuples of that many parts, each from 0 to ``largest``, with that sum."""
    if parts == 0:
        if total == 0:
            yield ()
        return
    for first in range(min(total, largest) + 1):
        for rest in _compositions(total - first, parts - 1, largest):
            yield (first, *rest)


def simplest_counterexample(assumptions: Sequence[Any], conclusion: Any) -> dict[str, Any] | None:
    """A point of small rationals where all assumptions hold and the conclusion does not, exactly."""
    relations = [*assumptions, conclusion]
    symbols = sorted(set().union(*(r.free_symbols for r in relations)), key=str)
    quick = [sp.lambdify(symbols, r.lhs - r.rhs, "math") for r in relations]

    def fails(point: tuple[sp.Rational, ...]) -> bool:
        numbers = [float(p) for p in point]
        try:
            if any(f(*numbers) < -1e-9 for f in quick[:-1]) or quick[-1](*numbers) > 1e-9:
                return False
        except (ZeroDivisionError, ValueError, OverflowError):
            return False
        at = dict(zip(symbols, point, strict=True))
        return all(a.subs(at) == sp.true for a in assumptions) and conclusion.subs(at) == sp.false

    found = simplest_point(symbols, fails)
    return None if found is None else {str(s): v for s, v in found.items()}


def decide(assumptions: Iterable[Any], conclusion: Any, *, seconds: float = TIME_LIMIT) -> Decision:
    """Whether ``conclusion`` holds wherever all ``assumptions`` do.

    Args:
        assumptions: SymPy relations between rational functions; where a denominator is zero none holds.
        conclusion: one more such relation, or an And, Or, Not of some.
        seconds: z3's time limit.

    Returns:
        A :class:`Decision`, with a counterexample (a value for each symbol) where it fails.
    """
    encoder = Encoder()
    hypotheses = [encoder.relation(a) for a in assumptions]
    goal = encoder.relation(conclusion)
    # SymPy drops x > 0 of a symbol that is positive: it is in the symbol.
    return encoder.valid([*hypotheses, *encoder.assumed()], goal, seconds)
