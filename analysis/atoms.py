"""Expressions as rational functions of *atoms*, and what is known of each atom.

Every subexpression that is not rational (a root, a maximum, a power with a symbolic exponent, a norm, …) is
replaced by a symbol, after its own arguments have been brought to normal form; equal subexpressions get the
same symbol. An atom carries only the sign that its arguments grant. Positive factors leave a maximum or an
absolute value, nonnegative ones too; a sign they leave only where they are positive; and a norm only what is
one number for the whole tensor.

>>> from sympy.abc import x
>>> y = sp.Symbol("y", nonnegative=True)
>>> atoms = Atoms()
>>> atoms.normal(sp.Max(y * x, y)) - y * atoms.normal(sp.Max(x, 1))
0
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import sympy as sp

from .points import GATHER
from .tracing import SIZE, STEP


def depends(expression: Any, elements: frozenset[Any] | None) -> bool:
    """Whether it differs from element to element; where nothing is said of elements every symbol does."""
    symbols = sp.sympify(expression).free_symbols - {SIZE, STEP}
    return bool(symbols if elements is None else symbols & elements)


class Atoms:
    """The symbols that stand for irrational subexpressions, what they stand for and what is known of them.

    ``elements`` are the symbols that differ from element to element of the tensor that norms are of; None
    where nothing is known.
    """

    def __init__(self, elements: Iterable[sp.Symbol] | None = None) -> None:
        self.elements = None if elements is None else frozenset(elements)
        self.known: dict[Any, sp.Symbol] = {}
        self.squares: dict[sp.Symbol, sp.Expr] = {}
        self.facts: list[Any] = []
        """Relations among atoms and symbols that hold for all real values."""
        self.least: dict[tuple[Any, Any], int] = {}

    def atom(
        self, *key: Any, sign: str = "real", of: Callable[[sp.Symbol], Iterable[Any]] | None = None
    ) -> sp.Symbol:
        """The symbol of a key; ``of`` gives the facts about a new one."""
        if key in self.known:
            return self.known[key]
        symbol = sp.Dummy(f"atom_{len(self.known)}", **{sign: True})
        self.known[key] = symbol
        gathered = getattr(key[0], "__name__", "") in GATHER
        own = self.elements
        if own is not None and not gathered and any(depends(k, own) for k in key[1:]):
            self.elements = own | {symbol}
        if of is not None:
            undefined = [_compare(sp.Eq, d) for k in key[1:]
                         if (d := sp.fraction(k)[1]).free_symbols]  # fmt: skip
            self.facts += [
                sp.Or(*undefined, f, evaluate=False) if undefined else f for f in of(symbol)
            ]
        return symbol

    def root(self, argument: sp.Expr) -> sp.Expr:
        """√argument, with the squares of nonnegative symbols taken out."""
        outside, inside = sp.Integer(1), argument
        for symbol, power in self._content(lambda s, p: s.is_positive or p > 0, argument):
            outside *= symbol ** (power // 2)
            inside = inside / symbol ** (2 * (power // 2))
        inside = sp.cancel(inside)
        if inside == 1:
            return outside
        atom = self.atom(
            "root",
            inside,
            sign="nonnegative",
            of=lambda a: [_implies(_compare(sp.Ge, inside), _compare(sp.Eq, a**2, inside))],
        )
        self.squares[atom] = inside
        return outside * atom

    @staticmethod
    def _content(
        leaves: Callable[[sp.Symbol, int], Any], *expressions: sp.Expr
    ) -> list[tuple[sp.Symbol, int]]:
        """Nonnegative symbols and the powers of them that every expression has as a factor."""
        powers: list[dict[sp.Symbol, int]] = []
        for e in expressions:
            found: dict[sp.Symbol, int] = {}
            for part, sign in zip(sp.fraction(sp.cancel(e)), (1, -1), strict=True):
                for factor, power in sp.factor_list(part)[1]:
                    if factor.is_Symbol and factor.is_nonnegative:
                        found[factor] = found.get(factor, 0) + sign * power
            powers.append(found)
        common = set(powers[0]).intersection(*powers[1:]) if powers else set()
        least = {s: min(p[s] for p in powers) for s in common}
        return sorted(((s, p) for s, p in least.items() if p and leaves(s, p)), key=str)

    def _homogeneous(self, e: Any) -> Any:
        """A maximum, minimum, absolute value, sign or norm, with the factors that may leave it outside."""
        name = getattr(e.func, "__name__", "")
        arguments = [self.normal(a) for a in e.args]
        outside: Any = sp.Integer(1)
        if all(a != 0 for a in arguments):
            if len(arguments) == 1:
                outside = _number_in(arguments[0])

            def leaves(symbol: sp.Symbol, _: int) -> bool:
                if isinstance(e, sp.sign):
                    return bool(symbol.is_positive)
                return name not in GATHER or not depends(symbol, self.elements)

            for symbol, power in self._content(leaves, *arguments):
                outside *= symbol**power
            arguments = [sp.cancel(a / outside) for a in arguments]
        arguments.sort(key=sp.default_sort_key)
        sign = "nonnegative" if isinstance(e, sp.Abs) or name == "norm" else _sign_of(e)
        atom = self.atom(
            e.func, *arguments, sign=sign, of=lambda a: _facts_of(e.func, a, arguments)
        )
        return atom if isinstance(e, sp.sign) else outside * atom

    def normal(self, expression: Any) -> sp.Expr:
        """The expression as a cancelled rational function of symbols and atoms."""
        return sp.cancel(self._rational(sp.sympify(expression)))

    def relation(self, condition: Any) -> Any:
        """A condition among rational functions of symbols and atoms, in place of expressions."""
        if condition in (sp.true, sp.false):
            return condition
        if isinstance(condition, sp.And | sp.Or | sp.Not):
            parts = [self.relation(a) for a in sp.ordered(condition.args)]
            return condition.func(*parts, evaluate=False)
        if condition.has(sp.Piecewise):
            return self.relation(_one_case(condition))
        difference = self.normal(condition.lhs - condition.rhs)
        return condition.func(difference, sp.Integer(0), evaluate=False)

    def _rational(self, e: Any) -> Any:
        if e.is_Float:
            return sp.Rational(str(e))
        if not e.args:
            return e
        if isinstance(e, sp.Add | sp.Mul):
            return e.func(*(self._rational(a) for a in e.args))
        if isinstance(e, sp.Pow):
            base, exponent = e.base, e.exp
            if exponent.is_Integer:
                return self._rational(base) ** exponent
            if exponent.is_Rational and exponent.q == 2:
                return self.root(self.normal(base)) ** exponent.p
            return self._symbolic_power(self.normal(base), sp.expand(exponent))
        if isinstance(e, sp.Max | sp.Min | sp.sign | sp.Abs) or e.func.__name__ in GATHER:
            return self._homogeneous(e)
        arguments = [self.normal(a) for a in e.args]
        return self.atom(
            e.func, *arguments, sign=_sign_of(e), of=lambda a: _facts_of(e.func, a, arguments)
        )

    def meet(self, *expressions: Any) -> Atoms:
        """Look at all powers that will be met, so that β^t and β^(t − 1) have one atom, β^(t − 1).

        No power is divided by its base for it, which may be 0.
        """
        for power in sorted(
            set().union(*(sp.sympify(e).atoms(sp.Pow) for e in expressions)), key=str
        ):
            if not power.exp.is_number:
                base, exponent, whole, _ = self._parts(self.normal(power.base), power.exp)
                self.least[base, exponent] = min(whole, self.least.get((base, exponent), whole))
        return self

    @staticmethod
    def _parts(base: sp.Expr, exponent: sp.Expr) -> tuple[sp.Expr, sp.Expr, int, int]:
        """base, a, n, ±1 of base^±(a + n), n whole."""
        whole, rest = sp.expand(exponent).as_coeff_Add()
        if not whole.is_Integer:
            whole, rest = sp.Integer(0), exponent
        up = -1 if rest.could_extract_minus_sign() else 1
        return base, up * rest, int(up * whole), up

    def _symbolic_power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        """base^(a + n) as base^(n − m) · base^(a + m), m the least whole number met; the rest is one atom."""
        base, known, whole, up = self._parts(base, exponent)
        least = self.least.get((base, known), whole)
        least = min(least, whole)
        whole -= least
        power = known + least
        sign = _sign_of(base**power)
        rational = self.normal(power)
        atom = self.atom(
            "power", base, power, sign=sign, of=lambda a: _facts_of_power(a, base, rational)
        )
        return (base**whole * atom) ** up

    def vanishes(self, expression: sp.Expr) -> bool:
        """Whether the expression is zero once the roots' squares are put in."""
        numerator = sp.fraction(sp.together(self.normal(expression)))[0]
        while True:
            numerator = sp.expand(numerator)
            found = numerator.free_symbols & set(self.squares)
            changed = False
            for root in sorted(found, key=str):
                polynomial = sp.Poly(numerator, root)
                if polynomial.degree() < 2:
                    continue
                square = self.squares[root]
                reduced = sum(
                    c * square ** (n // 2) * root ** (n % 2) for (n,), c in polynomial.terms()
                )
                numerator = sp.fraction(sp.together(reduced))[0]
                changed = True
                break
            if not changed:
                return numerator == 0


def sides_of(*conditions: Any) -> list[Any]:
    """Both sides of all relations in conditions."""
    found = set().union(*(c.atoms(sp.core.relational.Relational) for c in conditions))
    return [side for r in sorted(found, key=sp.default_sort_key) for side in r.args]


def _one_case(condition: Any) -> Any:
    """A relation in which something depends on cases, as the choice among relations that it is."""
    first = min(condition.atoms(sp.Piecewise), key=lambda p: (p.count_ops(), str(p)))
    ways, before = [], []
    for value, when in first.args:
        chosen = (side.xreplace({first: value}) for side in condition.args)
        ways.append(sp.And(*before, when, condition.func(*chosen, evaluate=False), evaluate=False))
        before.append(sp.Not(when, evaluate=False))
    return sp.Or(*ways, evaluate=False)


def _sign_of(e: Any) -> str:
    """The sign of an expression that its arguments grant."""
    if e.is_positive:
        return "positive"
    return "nonnegative" if e.is_nonnegative else "real"


def _number_in(expression: Any) -> Any:
    """The greatest positive rational number that is a factor of an expression."""
    over, under = (
        sp.Poly(p, *p.free_symbols) if p.free_symbols else p for p in sp.fraction(expression)
    )
    contents = [p.primitive()[0] if isinstance(p, sp.Poly) else abs(p) for p in (over, under)]
    found = contents[0] / contents[1]
    return abs(found) if found.is_Rational and found != 0 else sp.Integer(1)


def _implies(condition: Any, conclusion: Any) -> Any:
    return sp.Or(sp.Not(condition, evaluate=False), conclusion, evaluate=False)


def _compare(kind: Any, x: Any, y: Any = 0) -> Any:
    return kind(sp.sympify(x), sp.sympify(y), evaluate=False)


def _facts_of(func: Any, a: sp.Symbol, arguments: list[sp.Expr]) -> Iterator[Any]:
    """What holds of a maximum, minimum, absolute value, sign or logarithm."""
    ge, gt, lt, eq = sp.Ge, sp.Gt, sp.Lt, sp.Eq
    if func in (sp.Max, sp.Min):
        yield sp.Or(*(_compare(eq, a, x) for x in arguments), evaluate=False)
        yield from (_compare(ge, *((a, x) if func is sp.Max else (x, a))) for x in arguments)
    elif func is sp.Abs:
        (x,) = arguments
        yield sp.Or(_compare(eq, a, x), _compare(eq, a, -x), evaluate=False)
    elif func is sp.sign:
        (x,) = arguments
        for kind, value in ((gt, 1), (lt, -1), (eq, 0)):
            yield _implies(_compare(kind, x), _compare(eq, a, value))
    elif func is sp.log:
        (x,) = arguments
        yield _implies(_compare(gt, x, 1), _compare(gt, a))
        yield _implies(_compare(eq, x, 1), _compare(eq, a))
        yield _implies(sp.And(_compare(gt, x), _compare(lt, x, 1), evaluate=False), _compare(lt, a))


def _facts_of_power(a: sp.Symbol, base: sp.Expr, exponent: sp.Expr) -> Iterator[Any]:
    """What holds of a power with a symbolic exponent; 0⁰ is 1."""
    positive, below = _compare(sp.Gt, base), _compare(sp.Lt, base, 1)
    yield _implies(positive, _compare(sp.Gt, a))
    inside = sp.And(_compare(sp.Ge, base), below, evaluate=False)
    yield _implies(sp.And(inside, _compare(sp.Gt, exponent), evaluate=False), _compare(sp.Lt, a, 1))
    whole = sp.And(inside, _compare(sp.Ge, exponent, 1), evaluate=False)
    yield _implies(whole, _compare(sp.Ge, base, a))
    inner = sp.And(positive, below, _compare(sp.Gt, exponent, 1), evaluate=False)
    yield _implies(inner, _compare(sp.Gt, base, a))
    above = sp.And(_compare(sp.Ge, base, 1), _compare(sp.Ge, exponent), evaluate=False)
    yield _implies(above, _compare(sp.Ge, a, 1))
    yield _implies(_compare(sp.Eq, exponent), _compare(sp.Eq, a, 1))
    zero = sp.And(_compare(sp.Eq, base), _compare(sp.Gt, exponent), evaluate=False)
    yield _implies(zero, _compare(sp.Eq, a))
