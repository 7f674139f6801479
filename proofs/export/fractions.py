"""Quotients of polynomials, as hints for scripts: SymPy finds them, and Coq checks that they are right."""

from __future__ import annotations

import itertools
import operator
from typing import Any

import sympy as sp

from .terms import Condition, ExportError, Term
from .typed import read_term

_OPERATIONS = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": operator.pow,
}  # fmt: skip

_MANY = 6
"""Variables from which on SymPy's search for factors, which is by chance, may take a minute."""


def quotient(found: Condition) -> tuple[sp.Expr, sp.Expr]:
    """Right less left of a comparison, as one quotient."""
    left, right = found.args
    return sp.fraction(sp.cancel(sp.together(expression(right) - expression(left))))


def coq(expression: sp.Expr, of: Any) -> str:
    """An expression of SymPy's in the variables of ``of``."""
    names = {n.value: n for n in of.nodes() if n.op in ("real", "nat")}
    return read_term(str(expression), names).text


def products(polynomial: sp.Expr, of: Any) -> list[str]:
    """A polynomial as products of its factors, with their signs chosen in each way; none where it has but one."""
    if len(polynomial.free_symbols) > _MANY:
        return []
    content, factors = sp.factor_list(polynomial)
    if (len(factors) == 1 and factors[0][1] == 1) or len(factors) > 5:
        return []
    odd = [i for i, (_, power) in enumerate(factors) if power % 2]
    found = []
    for signs in itertools.product((1, -1), repeat=len(odd)):
        if sp.prod(signs) * content < 0:
            continue
        parts = [
            sp.expand(signs[odd.index(i)] * f) if i in odd else f
            for i, (f, _) in enumerate(factors)
        ]
        texts = [
            f"({coq(f, of)})" + (f" ^ {n}" if n > 1 else "")
            for f, (_, n) in zip(parts, factors, strict=True)
        ]
        found.append(" * ".join([f"({coq(abs(content), of)})", *texts]))
    return found


def expression(term: Term) -> Any:
    """A quotient of polynomials as SymPy has it."""
    if term.op == "number":
        return sp.Rational(term.value.numerator, term.value.denominator)
    if term.op in ("real", "nat"):
        return sp.Symbol(term.value)
    arguments = [expression(a) for a in term.args]
    if term.op in _OPERATIONS:
        return _OPERATIONS[term.op](*arguments)
    if term.op == "neg":
        return -arguments[0]
    raise ExportError(f"{term.text} is no quotient of polynomials")
