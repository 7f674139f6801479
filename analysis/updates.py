r"""A rule's update as it is read: as its code has it, or else as its traced expressions.

>>> from eigenstep.optimizers.rules import heavy_ball
>>> print(*text_of(heavy_ball, {"beta": sp.Rational(1, 2)}), sep="\n")
v ← 0.5·v + g
θ ← θ − η·v
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import sympy as sp

from ..optimizers.errors import RuleError
from ..optimizers.program.latex import latex
from ..optimizers.program.text import text
from ..optimizers.rule import Rule
from .tracing import trace


def latex_of(rule: Rule, values: Mapping[str, Any] | None = None) -> list[str]:
    """The lines in LaTeX, aligned at ``&``.

    Args:
        rule: any rule.
        values: of hyperparameters, where they are to be written as numbers.
    """
    try:
        return latex(rule, _plain(rule, values or {}))
    except RuleError:
        return [rf"{sp.latex(a)} &\leftarrow {sp.latex(b)}" for a, b in _traced(rule, values or {})]


def text_of(rule: Rule, values: Mapping[str, Any] | None = None) -> list[str]:
    """The lines as text, for a terminal."""
    try:
        return text(rule, _plain(rule, values or {}))
    except RuleError:
        return [f"{a} ← {b}" for a, b in _traced(rule, values or {})]


def _plain(rule: Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that are not what is written anyway: choices, and numbers as exact fractions."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, sp.Rational):
            value = Fraction(int(value.p), int(value.q))
        if not isinstance(value, sp.Basic) and value != rule.hyperparameters[name].default:
            found[name] = value
    return found


def _traced(rule: Rule, values: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    found = trace(rule, **values)
    names = (*found.state, found.theta)
    return list(zip(names, (*found.new_state, found.new_theta), strict=True))
