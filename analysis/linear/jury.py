r"""Jury's conditions: polynomial inequalities that hold exactly where all roots lie in the open unit disk.

All roots of a real polynomial :math:`a_n z^n + … + a_0`, :math:`a_n > 0`, lie in the open unit
disk if and only if :math:`p(1) > 0`, :math:`(-1)^n p(-1) > 0` and the matrices X ± Y are positive
innerwise (Jury 1974, Inners and Stability of Dynamic Systems, theorem 3.2), where X is upper
triangular Toeplitz in :math:`a_n, …, a_2` and Y is lower anti-triangular Hankel in
:math:`a_0, …, a_{n-2}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from ..decision import decide
from .signs import Signs


def jury_conditions(coefficients: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The expressions that must all be positive for the roots to lie in the open unit disk.

    The first two are p(1) and ±p(−1); those after are the determinants of the inners of X + Y, outermost
    first, then of X − Y. The outermost of X − Y is ∏(1 − zᵢzⱼ) over i < j.

    Args:
        coefficients: of a monic polynomial, highest power first.

    >>> T, D = sp.symbols("T D")
    >>> jury_conditions([sp.Integer(1), -T, D])
    [D - T + 1, D + T + 1, D + 1, 1 - D]
    """
    domain, a = construct_domain(list(reversed(coefficients)), field=True)
    n = len(a) - 1
    conditions = [
        sum(a, domain.zero),
        sum(((-1) ** (n - k) * c for k, c in enumerate(a)), domain.zero),
    ]
    size = n - 1
    for sign in (1, -1):
        matrix = [
            [
                (a[n - (j - i)] if j >= i else domain.zero)
                + (sign * a[i + j - size + 1] if i + j >= size - 1 else domain.zero)
                for j in range(size)
            ]
            for i in range(size)
        ]
        for trim in range((size + 1) // 2):
            inner = [row[trim : size - trim] for row in matrix[trim : size - trim]]
            shape = (size - 2 * trim,) * 2
            conditions.append(DomainMatrix(inner, shape, domain).det())
    return [domain.to_sympy(c) for c in conditions]


def sign_factors(expression: sp.Expr) -> list[sp.Expr]:
    """Factors whose product has the sign of ``expression``, constants folded into the first."""
    numerator, denominator = sp.fraction(expression)
    if denominator.free_symbols:
        numerator, denominator = sp.fraction(sp.cancel(expression))
    constant, factors = sp.factor_list(numerator)
    below, others = sp.factor_list(denominator)
    constant, factors = constant * below, [*factors, *others]
    kept = [base if power % 2 else base**2 for base, power in factors]
    if not kept:
        return [sp.sign(constant)]
    return [sp.sign(constant) * kept[0], *kept[1:]]


def boundaries(coefficients: Sequence[sp.Expr]) -> list[sp.Expr]:
    """Of Jury's conditions those of which one is zero where a root of a stable polynomial leaves the disk."""
    conditions = jury_conditions(coefficients)
    count = len(conditions) - 2
    return [*conditions[:2], *conditions[2 + count // 2 :][:1]]


def minimal_inequalities(
    conditions: Sequence[sp.Expr], domain: Sequence[Any], *, seconds: float = 2.0,
    variable: sp.Symbol | None = None,
) -> tuple[tuple[sp.Expr, ...], bool]:  # fmt: skip
    """Drop what the domain or the other inequalities imply.

    Args:
        conditions: expressions that must be positive.
        domain: relations that are taken for granted.
        seconds: for all questions to z3.
        variable: one whose bounds, linear in it among the conditions, may be used in proofs.

    Returns:
        The expressions that must be positive, and whether each was decided; where one was not, the
        inequality is kept, so that the region is exact in any case.
    """
    complete = True
    positive: list[sp.Expr] = []
    signs = Signs(domain, variable, seconds=seconds)
    for condition in conditions:
        if condition.equals(0) if condition.is_number else condition == 0:
            return (sp.Integer(-1),), True  # nowhere
        remaining = []
        sign = 1
        for factor in sign_factors(condition):
            known = signs.sign(factor)
            if known is None:
                remaining.append(factor)
            else:
                sign *= known
        if not remaining:
            if sign < 0:
                return (sp.Integer(-1),), True
            continue
        expression = sp.expand(sign * sp.Mul(*remaining))
        if expression not in positive:
            positive.append(expression)
    for candidate in sorted(positive, key=lambda e: (-sp.Poly(e).total_degree(), -len(str(e)))):
        implied = signs.implied(candidate, [e for e in positive if e != candidate])
        complete &= implied is not None
        if implied:
            positive.remove(candidate)
    return tuple(positive), complete


def tidy_fraction(expression: sp.Expr, domain: Sequence[Any]) -> sp.Expr:
    """The cancelled fraction with a denominator that is positive on the domain, if it can be."""
    numerator, denominator = sp.fraction(sp.cancel(expression))
    if denominator.free_symbols and decide(domain, denominator < 0, seconds=1).holds:
        numerator, denominator = sp.expand(-numerator), sp.expand(-denominator)
    return numerator / denominator


__all__ = ["boundaries", "jury_conditions", "minimal_inequalities", "sign_factors", "tidy_fraction"]
