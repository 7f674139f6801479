"""The steps of a proof, noted while it is done: what was compared, decided, run, and how it came out.

>>> with taking_notes() as steps:
...     _ = equal(sp.Symbol("beta") ** 2 / sp.Symbol("beta"), sp.Symbol("beta"))
>>> steps
['β, the same on both sides']
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import sympy as sp

from ..analysis import decision, equality
from ..analysis.decision import Decision
from ..analysis.definedness import value_of
from ..analysis.linear import stability

_LONGEST = 360
"""Characters of an expression that are shown."""
_notes: ContextVar[list[str] | None] = ContextVar("notes", default=None)
_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "epsilon": "ε", "eta": "η", "kappa": "κ", "lambda": "λ",
    "mu": "μ", "phi": "φ", "rho": "ρ", "sigma": "σ", "tau": "τ", "theta": "θ", "varphi": "φ", "xi": "ξ",
}  # fmt: skip
_SHOWN = {
    "eta_lambda": "ηλ", "h_mu": "ημ", "r_any": "r", "**": "^", "*": "·", "False": "never", "True": "always",
    "<=": "≤", ">=": "≥",
}  # fmt: skip
_LETTERS = re.compile(rf"(?<![A-Za-z])({'|'.join(_GREEK)})(?![A-Za-z])")


@contextmanager
def taking_notes() -> Iterator[list[str]]:
    """The steps noted inside, in order."""
    lines: list[str] = []
    before = _notes.set(lines)
    try:
        yield lines
    finally:
        _notes.reset(before)


def note(text: str, *expressions: Any) -> None:
    """Add a step, where notes are taken: only there are the expressions written into its ``{}``."""
    lines = _notes.get()
    if lines is None:
        return
    step = text.format(*map(said, expressions))
    if step not in lines:
        lines.append(step)


def said(expression: Any) -> str:
    """An expression, matrix, relation, or list of such, as a line of text, cut where it is very long.

    >>> said(2 * sp.Symbol("eta") ** 2 > sp.Symbol("lambda"))
    '2·η^2 > λ'
    """
    if isinstance(expression, list | tuple):
        return ", ".join(map(said, expression))
    if isinstance(expression, sp.MatrixBase):
        rows = ["[" + ", ".join(said(e) for e in row) + "]" for row in expression.tolist()]
        return f"[{', '.join(rows)}]"
    if isinstance(expression, sp.And | sp.Or):
        word = " and " if isinstance(expression, sp.And) else " or "
        return word.join(f"({said(a)})" for a in sp.ordered(expression.args))
    if isinstance(expression, sp.Not):
        return f"not ({said(expression.args[0])})"
    text = sp.sstr(expression)
    for name, shown in _SHOWN.items():
        text = text.replace(name, shown)
    text = _LETTERS.sub(lambda m: _GREEK[m[1]], text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text)} characters)"


_WORDS = {True: "holds", False: "fails", None: "not decided"}
"""Of z3, whose counterexample is not the same in every process."""


def decide(assumptions: Iterable[Any], conclusion: Any, **options: Any) -> Decision:
    """:func:`~eigenstep.analysis.decision.decide`, noted."""
    given = list(assumptions)
    found = decision.decide(given, conclusion, **options)
    if conclusion == sp.false:
        ending = "they exclude each other" if found.holds else _WORDS[found.holds]
        note("z3 over the reals: {}: " + ending, given)
    elif conclusion != sp.true:
        note(
            "z3 over the reals, from {}: {}: " + _WORDS[found.holds], given or "nothing", conclusion
        )
    return found


def all_equal(
    pairs: Iterable[tuple[Any, Any]],
    elements: tuple[sp.Symbol, ...] | None = None,
    hypotheses: Iterable[Any] = (),
    *,
    covers: bool = False,
) -> Decision:
    """:func:`~eigenstep.analysis.equality.all_equal`, noted pair by pair."""
    kept, granted = list(pairs), list(hypotheses)
    found = equality.all_equal(kept, elements, granted, covers=covers)
    if granted:
        note("where {}:", granted)
    for left, right in ((value_of(a), value_of(b)) for a, b in kept):
        if left == right:
            note("{}, the same on both sides", left)
        elif found.holds:
            note("{} = {}: their difference, over a common denominator, is 0", left, right)
        else:
            note("{} = {}?", left, right)
    if not found.holds:
        point = [f"{k} = {v}" for k, v in (found.counterexample or {}).items()]
        where = " at {}" if point else ""
        note(f"all of these together: {_WORDS[found.holds]}{where}", point)
    return found


def equal(
    left: Any,
    right: Any,
    elements: tuple[sp.Symbol, ...] | None = None,
    hypotheses: Iterable[Any] = (),
) -> Decision:
    """:func:`~eigenstep.analysis.equality.equal`, noted."""
    return all_equal([(left, right)], elements, hypotheses)


def decide_region(
    polynomial: sp.Poly, inequalities: Sequence[sp.Expr], domain: Sequence[Any]
) -> dict[str, Decision]:
    """:func:`~eigenstep.analysis.linear.stability.decide_region`, noted direction by direction."""
    found = stability.decide_region(polynomial, inequalities, domain)
    note("the characteristic polynomial of the traced code: {}", polynomial.as_expr())
    conditions = [f"{q} > 0" for q in inequalities]
    words = {"sufficient": "{} puts every complex root a + bi into |z| < 1",
             "necessary": "every root in |z| < 1 demands {}"}  # fmt: skip
    for direction, result in found.items():
        text = f"z3 over the reals, where {{}}: {words[direction]}: {_WORDS[result.holds]}"
        note(text, list(domain), conditions)
    return found


__all__ = [
    "all_equal",
    "decide",
    "decide_region",
    "equal",
    "note",
    "said",
    "taking_notes",
]
