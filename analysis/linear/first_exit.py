r"""Where the stable interval that begins at 0 ends, and under which conditions there is one.

A root leaves the open unit disk through 1, through −1, or as one of a pair :math:`z\bar z = 1`. So from a
stable start the first zero of :math:`p(1)\,p(-1)\prod_{i<j}(1 - z_i z_j)` is where stability ends; of Jury's
conditions no others are needed. The product is the largest of Jury's determinants.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from .jury import sign_factors, tidy_fraction
from .signs import Signs, above_zero

_ABOVE = sp.GreaterThan | sp.StrictGreaterThan


@dataclass(frozen=True)
class FirstExit:
    """The end of the stable interval that begins at 0.

    Attributes:
        expression: the end, exactly; None where some of ``implicit`` has no root in closed form.
        conditions: what must hold beside the domain for there to be such an interval.
        implicit: polynomials, positive just above 0; the first positive root of any is the end.
    """

    expression: sp.Expr | None
    conditions: tuple[Any, ...]
    implicit: tuple[sp.Expr, ...]


def start_conditions(
    inequalities: Sequence[sp.Expr], variable: sp.Symbol, domain: Sequence[Any]
) -> tuple[Any, ...] | None:
    """When all inequalities hold for every small positive ``variable``; None: nowhere in the domain.

    Each polynomial has, just above 0, the sign of its first coefficient that is not 0.
    """
    signs = Signs(domain, variable, seconds=1.0)
    needed: list[list[list[Any]]] = []  # of each inequality, the ways in which it holds
    for inequality in inequalities:
        sign, parts = 1, []
        for factor in sign_factors(inequality):
            known, first, second = _sign_at_start(factor, variable, signs)
            if known is None:
                parts.append((first, second))
            else:
                sign *= known
        if not parts and sign < 0:
            return None
        if parts:
            needed.append([
                [_above(way, first, second, signs) for way, (first, second) in zip(ways, parts, strict=True)]
                for ways in itertools.product((1, -1), repeat=len(parts)) if math.prod(ways) == sign
            ])  # fmt: skip
    certain = [c for ways in needed if len(ways) == 1 for c in ways[0]]
    for ways in needed:
        if len(ways) == 1:
            continue
        possible = [way for way in ways if not signs.empty([*way, *certain])]
        if not possible:
            return None
        certain += possible[0] if len(possible) == 1 else [sp.Or(*[sp.And(*w) for w in possible])]
    found = list(dict.fromkeys(certain))
    kept = [c for c in found if not _wider(c, [*domain, *(o for o in found if o != c)])]
    return None if kept and signs.empty(kept) else tuple(kept)


def _wider(condition: Any, others: Sequence[Any]) -> bool:
    """Whether a bound of one symbol follows from another bound of it among the others."""
    if not (
        isinstance(condition, sp.Rel) and condition.lhs.is_Symbol and condition.rhs.is_Rational
    ):
        return False
    above = isinstance(condition, _ABOVE)
    for other in others:
        if isinstance(other, sp.Rel) and other.lhs == condition.lhs and other.rhs.is_Rational and (
            isinstance(other, _ABOVE) == above
        ):  # fmt: skip
            beyond = other.rhs - condition.rhs if above else condition.rhs - other.rhs
            closed = isinstance(condition, sp.GreaterThan | sp.LessThan)
            if beyond > 0 or (beyond == 0 and (closed or type(other) is type(condition))):
                return True
    return False


def _above(way: int, first: sp.Expr, second: sp.Expr | None, signs: Signs) -> Any:
    """That a factor has the sign ``way`` just above 0; the first coefficient may be 0 if the next has it."""
    weakly = second is not None and signs.sign(way * second) == 1
    expression = sp.expand(way * first)
    if len(expression.free_symbols) == 1:
        (symbol,) = expression.free_symbols
        parts = sp.Poly(expression, symbol).all_coeffs()
        if len(parts) == 2:
            kinds = (sp.GreaterThan, sp.StrictGreaterThan) if parts[0] > 0 else (
                sp.LessThan, sp.StrictLessThan)  # fmt: skip
            return kinds[not weakly](symbol, -parts[1] / parts[0], evaluate=False)
    kind: Any = sp.GreaterThan if weakly else sp.StrictGreaterThan
    return kind(sp.factor(expression), 0, evaluate=False)


def _sign_at_start(
    factor: sp.Expr, variable: sp.Symbol, signs: Signs
) -> tuple[int | None, sp.Expr, sp.Expr | None]:
    """The sign just above 0, None where it depends; and the first two coefficients that are not 0."""
    coefficients = [c for c in reversed(sp.Poly(factor, variable).all_coeffs()) if c != 0]
    first, second = coefficients[0], coefficients[1] if len(coefficients) > 1 else None
    known = signs.sign(first)
    if known is None and second is not None:
        weak = signs.sign(first, weakly=True)
        if weak is not None and signs.sign(second) == weak:
            known = weak
    return known, first, second


def first_exit(
    boundaries: Sequence[sp.Expr], variable: sp.Symbol, domain: Sequence[Any],
    conditions: Sequence[Any],
) -> FirstExit:  # fmt: skip
    """The first positive zero of any boundary, where all are not zero just above 0."""
    signs = Signs([*domain, *conditions, above_zero(variable)], variable, seconds=1.0)
    factors: list[sp.Expr] = []
    unsigned: list[sp.Expr] = []
    for boundary in boundaries:
        for factor in sign_factors(boundary):
            if variable not in factor.free_symbols:
                continue
            base = _without_zero(factor, variable)
            if base is None:
                continue
            sign, *_ = _sign_at_start(base, variable, signs)
            target = unsigned if sign is None else factors
            target.append(base if sign is None else sp.expand(sign * base))
    factors, unsigned = list(dict.fromkeys(factors)), list(dict.fromkeys(unsigned))
    factors = [f for f in factors if signs.implied(f, []) is not True]
    by_degree = sorted(factors, key=lambda f: (-sp.Poly(f, variable).degree(), -len(f.args)))
    for candidate in by_degree:
        others = [f for f in factors if f != candidate]
        if others and signs.implied(candidate, [variable, *others]):
            factors.remove(candidate)
    ends: list[sp.Expr] = []
    implicit: list[sp.Expr] = []
    for factor in [*factors, *unsigned]:
        end = _first_root(factor, variable, signs, domain, positive=factor in factors)
        if end is None:
            implicit.append(factor)
        else:
            ends.append(end)
    if implicit:
        return FirstExit(None, tuple(conditions), (*factors, *unsigned))
    ends = list(dict.fromkeys(ends))
    ends = [e for e in ends if e != sp.oo] or [sp.oo]
    plain = not any(e.has(sp.Piecewise) for e in ends)
    expression = ends[0] if len(ends) == 1 else sp.Min(*ends, evaluate=plain)
    return FirstExit(expression, tuple(conditions), (*factors, *unsigned))


def _without_zero(factor: sp.Expr, variable: sp.Symbol) -> sp.Expr | None:
    """The factor without powers of the variable and squares; None where nothing is left."""
    base = factor.base if isinstance(factor, sp.Pow) else factor
    polynomial = sp.Poly(base, variable)
    lowest = min(power for (power,) in polynomial.monoms())
    left = sp.expand(base / variable**lowest) if lowest else base
    return left if variable in left.free_symbols else None


def _first_root(
    factor: sp.Expr, variable: sp.Symbol, signs: Signs, domain: Sequence[Any], *, positive: bool
) -> sp.Expr | None:
    """The first positive root of a polynomial of degree 1 or 2, ∞ where it has none; None above.

    ``positive``: it is so just above 0; else its sign there is not known.
    """
    parts = sp.Poly(factor, variable).all_coeffs()
    if len(parts) == 2:
        slope, constant = parts
        end = tidy_fraction(-constant / slope, domain)
        falls = -slope if positive else sp.expand(-constant * slope)
        sign = signs.sign(falls)
        if sign is not None:
            return end if sign == 1 else sp.oo
        return sp.Piecewise((end, above_zero(sp.factor(falls))), (sp.oo, True))
    if len(parts) == 3 and positive:
        # With c > 0 at the start the first root is 2c/(√(b² − 4ac) − b), if that is real and positive.
        square, linear, constant = parts
        discriminant = sp.expand(linear**2 - 4 * square * constant)
        end = 2 * constant / (sp.sqrt(sp.factor(discriminant)) - linear)
        if signs.sign(square) == -1:
            return end
        reached = sp.And(
            sp.GreaterThan(discriminant, 0, evaluate=False),
            sp.Or(sp.StrictLessThan(square, 0, evaluate=False),
                  sp.StrictLessThan(linear, 0, evaluate=False)),
        )  # fmt: skip
        return sp.Piecewise((end, reached), (sp.oo, True))
    return None


__all__ = ["FirstExit", "first_exit", "start_conditions"]
