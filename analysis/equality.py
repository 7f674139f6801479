r"""Decide whether two expressions that a rule and its paper give are equal for all inputs.

*Equal* means, here and in every claim: wherever the hypotheses hold, both sides are real numbers or neither
is, and where they are they are the same. So x/x = 1 holds where x > 0 is granted, and not where x may be 0.
Of what a rule's code computes beside its paper only the one direction is asked (``covers``): wherever what
is printed is a number the code computes that number; where print is silent the code may say what it likes.

Proved by a polynomial identity over :mod:`~eigenstep.analysis.atoms`, with what both sides need to be
defined decided by z3; refuted by a point at which the values, to forty digits, differ, or one is none.

>>> from sympy.abc import x, y
>>> equal(sp.sqrt(x * (1 + y)), sp.sqrt(x + x * y)).holds
True
>>> equal(sp.sqrt(x), x).counterexample is not None
True
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import mpmath
import sympy as sp

from .atoms import Atoms, sides_of
from .decision import Decision, Encoder, simplest_point
from .definedness import Defined, needs_of, value_of
from .points import DIGITS, Place, Unclear, allowed, points

_SMALL = mpmath.mpf(10) ** (-DIGITS // 2)
_CASES = (sp.Piecewise, sp.sign, sp.Max, sp.Min)
_SECONDS = 20.0
"""For one question of where something is defined."""
Elements = tuple[sp.Symbol, ...] | None
Domain = tuple[Any, ...]


def equal(
    left: Any, right: Any, elements: Elements = None, hypotheses: Iterable[Any] = ()
) -> Decision:
    """Whether two expressions are equal wherever the hypotheses hold.

    Free functions (``AppliedUndef``) and norms stand for any function. Of each case that a
    ``Piecewise`` distinguishes, the two must be equal.

    Args:
        left, right: expressions, or :class:`~eigenstep.analysis.definedness.Defined`.
        elements: the symbols that differ from element to element of the tensor that norms are of;
            where it is not given any symbol may.
        hypotheses: relations that are granted.

    Returns:
        A :class:`Decision` with ``holds`` True; False with a counterexample, a value for each
        symbol; or None where neither an identity nor a counterexample was found.
    """
    return all_equal([(left, right)], elements, hypotheses)


def all_equal(
    pairs: Iterable[tuple[Any, Any]],
    elements: Elements = None,
    hypotheses: Iterable[Any] = (),
    *,
    covers: bool = False,
) -> Decision:
    """Whether every pair is equal; the first counterexample, or undecided pair, otherwise.

    Args:
        pairs, elements, hypotheses: as of :func:`equal`.
        covers: whether the left side need only be what the right one is where that is defined.
    """
    granted = tuple(h for h in hypotheses if h != sp.true)
    different = [
        (Defined(value_of(a), needs_of(a)), Defined(value_of(b), needs_of(b)))
        for a, b in pairs
        if value_of(a) != value_of(b) or needs_of(a) != needs_of(b)
    ]
    for left, right in different:  # found sooner than an identity is proved
        point = _differing_point(left, right, elements, granted, covers)
        if point is not None:
            return Decision(False, point)
    proved = all(_proved(left, right, elements, granted, covers) for left, right in different)
    return Decision(True if proved else None)


def _proved(
    left: Defined, right: Defined, elements: Elements, granted: Domain, covers: bool
) -> bool:
    if not _identical(left.value, right.value, elements):
        return False
    if not covered(left.needs, right.needs, elements, granted):
        return False
    return covers or covered(right.needs, left.needs, elements, granted)


@lru_cache(maxsize=4096)  # cases that differ in a condition which does not matter meet again
def _identical(left: Any, right: Any, elements: Elements) -> bool:
    if left == right:
        return True
    conditions = _conditions(left, right)
    if conditions:
        return all(
            _identical(
                left.xreplace({conditions[0]: value}),
                right.xreplace({conditions[0]: value}),
                elements,
            )
            for value in (sp.true, sp.false)
        )
    return Atoms(elements).meet(left, right).vanishes(left - right)


def _conditions(*expressions: Any) -> list[Any]:
    """The relations that decide a Piecewise, innermost first."""
    found: list[Any] = []
    for e in expressions:
        for piecewise in sp.sympify(e).atoms(sp.Piecewise):
            for _, condition in piecewise.args:
                for r in condition.atoms(sp.core.relational.Relational):
                    if not r.has(sp.Piecewise) and r not in found:
                        found.append(r)
    return sorted(found, key=sp.default_sort_key)


@lru_cache(maxsize=4096)
def covered(
    wanted: frozenset[Any], given: frozenset[Any], elements: Elements, granted: Domain
) -> bool:
    """Whether all of the wanted conditions hold where the given and the granted ones do."""
    left = _least(wanted) - given
    left = {w for w in left if w != sp.true and not _contains_one_of(w, given)}
    if not left or sp.false in given:
        return True
    known = sorted({*granted, *_least(given)}, key=sp.default_sort_key)
    atoms = Atoms(elements).meet(*sides_of(*left, *known))
    premises = [atoms.relation(g) for g in known]
    goals = [atoms.relation(w) for w in sorted(left, key=sp.default_sort_key)]
    return implied([*premises, *atoms.facts], [g for g in goals if g not in premises])


def _least(conditions: frozenset[Any]) -> frozenset[Any]:
    """The same conditions without those that another of them makes true."""
    return frozenset(c for c in conditions if not _contains_one_of(c, conditions))


def _contains_one_of(condition: Any, given: frozenset[Any]) -> bool:
    return isinstance(condition, sp.Or) and any(a in given for a in condition.args)


def implied(premises: Sequence[Any], conclusions: Sequence[Any]) -> bool:
    """Whether conditions of rational functions follow from others, and from what symbols assume."""
    if not conclusions:
        return True
    encoder = Encoder()
    try:
        known = [encoder.relation(p) for p in premises]
        goals = [encoder.relation(c) for c in conclusions]
    except TypeError:
        return False
    granted = [*known, *encoder.assumed()]
    return all(encoder.valid(granted, goal, _SECONDS).holds is True for goal in goals)


def _differing_point(
    left: Defined, right: Defined, elements: Elements, granted: Domain, covers: bool
) -> dict[str, str] | None:
    parts = (left.value, right.value, *left.needs, *right.needs, *granted)
    found = set().union(*(p.free_symbols for p in parts)) | set(elements or ())
    symbols = tuple(sorted(found, key=str))
    of = tuple(elements) if elements is not None else symbols
    needs = [_least(side.needs) for side in (left, right)]

    def differ(point: Sequence[sp.Rational], least: Any) -> str | None:
        """How the sides differ at a point of the domain; None where they do not."""
        here = Place(symbols, of, [mpmath.mpf(p.p) / p.q for p in point])
        try:
            if not here.all(granted):
                return None
            defined = [here.all(needed) for needed in needs]
            if defined[0] != defined[1]:
                return None if covers and defined[0] else ("right" if defined[0] else "left")
            if not defined[0]:
                return None
            one, two = here.value(left.value), here.value(right.value)
        except Unclear:
            return None
        return "" if abs(one - two) > least * (1 + abs(one) + abs(two)) else None

    def surely(point: Sequence[sp.Rational], least: Any) -> str | None:
        """The same, and still so with four times the digits: large terms may have cancelled."""
        if differ(point, least) is None:
            return None
        with mpmath.workdps(4 * DIGITS):
            return differ(point, least)

    more = left.value.has(*_CASES) or right.value.has(*_CASES)
    with mpmath.workdps(DIGITS):
        for point in points(symbols, granted, more):
            if surely(point, _SMALL) is None:
                continue

            def as_well(p: tuple[sp.Rational, ...]) -> bool:
                return all(map(allowed, symbols, p)) and surely(p, 1e-9) is not None

            simple = simplest_point(symbols, as_well, tries=500)
            shown = simple or dict(zip(symbols, point, strict=True))
            kind = surely([shown[s] for s in symbols], _SMALL)
            undefined = {"undefined": f"the {kind} side"} if kind else {}
            return {**{str(s): str(p) for s, p in shown.items()}, **undefined}
    return None


@lru_cache(maxsize=8192)  # of a claim's variants, which have most conditions in common
def positive_norms(expression: Any) -> Any:
    """The expression where no norm is zero."""
    while comparisons := {
        c for c in expression.atoms(sp.core.relational.Relational)
        if c.rhs == 0 and getattr(c.lhs.func, "__name__", "") == "norm"
    }:  # fmt: skip
        above = sp.Gt | sp.Ge | sp.Ne
        values = {c: sp.true if isinstance(c, above) else sp.false for c in comparisons}
        expression = expression.xreplace(values)
    return expression


__all__ = ["all_equal", "covered", "equal", "implied", "positive_norms"]
