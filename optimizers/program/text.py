"""A rule's update as text, for terminals.

>>> from eigenstep.optimizers.rules import adam
>>> print(*text(adam), sep="\\n")
m ← β₁·m + (1 − β₁)·g
m̂ = m/(1 − β₁ᵗ)
v ← β₂·v + (1 − β₂)·g²
v̂ = v/(1 − β₂ᵗ)
θ ← θ − η·m̂/(√v̂ + ε)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..rule import Rule
from .equations import update
from .names import GREEK
from .writing import ATOM, PRODUCT, Notation, lines

OPERATIONS = {"sqrt": "√({0})", "absolute": "|{0}|", "norm": "‖{0}‖", "size": "size", "mod": "({0} mod {1})",
              "truth": "[{0}]", "cdot": "·"}  # fmt: skip
FUNCTIONS = {"sign": "sgn", "maximum": "max", "minimum": "min", "clip": "clip", "gradient": "∇f",
             "sum": "sum", "largest": "max", "sum group": "sum over the group ",
             "largest group": "max over the group "}  # fmt: skip
_LETTERS = dict(zip(GREEK, "αβγδεζηθικλμνξπρστυφϕχψωΓΔΘΛΞΠΣΦΨΩ", strict=True)) | {
    "phi": "ϕ",
    "varphi": "φ",
}
_RAISED = str.maketrans("0123456789tk−+()", "⁰¹²³⁴⁵⁶⁷⁸⁹ᵗᵏ⁻⁺⁽⁾")
_LOWERED = str.maketrans("0123456789t", "₀₁₂₃₄₅₆₇₈₉ₜ")
_MARKS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "star": "*"}


def _letter(base: str, indices: Sequence[str], accents: Sequence[str]) -> str:
    written = _LETTERS.get(base, base) + "".join(_MARKS[a] for a in accents)
    for index in indices:
        shown = index.translate(_LOWERED)
        written += (
            shown if shown != index else "_" + {"inf": "∞"}.get(index, _LETTERS.get(index, index))
        )
    return written


def _fraction(over: tuple[str, int], under: tuple[str, int]) -> tuple[str, int]:
    above = over[0] if over[1] >= PRODUCT else f"({over[0]})"
    below = under[0] if under[1] >= ATOM else f"({under[0]})"
    return f"{above}/{below}", PRODUCT


def _power(base: str, exponent: str) -> str:
    raised = exponent.replace(" ", "").translate(_RAISED)
    return base + raised if all(c in "⁰¹²³⁴⁵⁶⁷⁸⁹ᵗᵏ⁻⁺⁽⁾" for c in raised) else f"{base}^({exponent})"


def _cases(pairs: Sequence[tuple[str, str]]) -> str:
    (value, condition), (other, _) = pairs
    return f"({value} if {condition}, else {other})"


TEXT = Notation(
    operations=OPERATIONS, functions=FUNCTIONS, letter=_letter, word=lambda name: name,
    fraction=_fraction, power=_power,
    times=("·", "·"), brackets="({0})".format, root="√{0}",
    relations={"lt": "<", "le": "≤", "gt": ">", "ge": "≥", "eq": "=", "ne": "≠"}, minus="−",
    logic={"and": " and ", "or": " or ", "not": "not "}, infinity="∞", cases=_cases,
    every=lambda k: f"every {k} steps", condition=lambda facts: f"if {facts}", also=" and ",
    otherwise="otherwise",
)  # fmt: skip


def text(rule: Rule, values: Mapping[str, Any] | None = None) -> list[str]:
    """The lines of a rule's update; arguments and errors as for LaTeX."""
    return [
        f"{left} {'←' if assigned else '='} {right}" + (f"   {condition}" if condition else "")
        for left, assigned, right, condition in lines(update(rule, values), TEXT)
    ]


__all__ = ["OPERATIONS", "TEXT", "text"]
