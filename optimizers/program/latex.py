r"""A rule's update in LaTeX, as a paper prints it.

>>> from eigenstep.optimizers.rules import adam
>>> print(*latex(adam), sep="\n")
m &\leftarrow \beta_1 m + (1 - \beta_1) g
\hat m &= \frac{m}{1 - \beta_1^t}
v &\leftarrow \beta_2 v + (1 - \beta_2) g^2
\hat v &= \frac{v}{1 - \beta_2^t}
\theta &\leftarrow \theta - \frac{\eta \hat m}{\sqrt{\hat v} + \epsilon}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..rule import Rule
from .equations import update
from .names import GREEK
from .writing import ATOM, Notation, lines

OPERATIONS = {
    "sqrt": r"\sqrt{{{0}}}", "absolute": r"\lvert {0} \rvert", "norm": r"\lVert {0} \rVert",
    "size": r"\mathrm{{size}}",
    "mod": r"({0} \bmod {1})", "truth": r"[{0}]", "cdot": r" \cdot ",
}  # fmt: skip
FUNCTIONS = {"sign": r"\operatorname{sgn}", "maximum": r"\max", "minimum": r"\min",
             "clip": r"\operatorname{clip}", "gradient": r"\nabla f",
             "sum": r"\operatorname{sum}", "largest": r"\max",
             "sum group": r"\operatorname{sum}_{\mathrm{group}}",
             "largest group": r"\max\nolimits_{\mathrm{group}}"}  # fmt: skip
_INDICES = {"inf": r"\infty", "old": r"\mathrm{old}"}


def _letter(base: str, indices: Sequence[str], accents: Sequence[str]) -> str:
    text = f"\\{base}" if base in GREEK else base
    for accent in accents:
        text = rf"{text}^*" if accent == "star" else rf"\{accent} {text}"
    if not indices:
        return text
    inside = "".join(_INDICES.get(i, f"\\{i}" if i in GREEK else i) for i in indices)
    alone = len(indices) == 1 and (len(inside) == 1 or inside[0] == "\\")
    return f"{text}_{inside}" if alone else f"{text}_{{{inside}}}"


def _word(name: str) -> str:
    return r"\mathrm{" + name.replace("_", r"\_") + "}"


def _fraction(over: tuple[str, int], under: tuple[str, int]) -> tuple[str, int]:
    return rf"\frac{{{over[0]}}}{{{under[0]}}}", ATOM - 1


def _power(base: str, exponent: str) -> str:
    base = f"{{{base}}}" if "^" in base else base
    return f"{base}^{exponent}" if len(exponent) == 1 else f"{base}^{{{exponent}}}"


def _brackets(text: str) -> str:
    return rf"\left({text}\right)" if r"\frac" in text or r"\begin" in text else f"({text})"


def _cases(pairs: Sequence[tuple[str, str]]) -> str:
    (value, condition), (other, _) = pairs
    return (rf"\begin{{cases}} {value} & \text{{if }} {condition} \\ "
            rf"{other} & \text{{otherwise}} \end{{cases}}")  # fmt: skip


LATEX = Notation(
    operations=OPERATIONS, functions=FUNCTIONS, letter=_letter, word=_word, fraction=_fraction, power=_power,
    times=(" ", r" \cdot "), brackets=_brackets, root=r"\sqrt{{{0}}}",
    relations={"lt": "<", "le": r"\le", "gt": ">", "ge": r"\ge", "eq": "=", "ne": r"\ne"},
    logic={"and": r" \land ", "or": r" \lor ", "not": r"\lnot "}, minus="-", infinity=r"\infty", cases=_cases,
    every=lambda k: rf"\text{{every }} {k} \text{{ steps}}",
    condition=lambda facts: rf"\text{{if }} {facts}", also=r" \text{ and } ",
    otherwise=r"\text{otherwise}",
)  # fmt: skip


def latex(rule: Rule, values: Mapping[str, Any] | None = None) -> list[str]:
    """The lines of a rule's update, aligned at ``&``.

    Args:
        rule: any rule.
        values: hyperparameters to be written as these numbers or choices.

    Raises:
        NotRecordable: the rule computes with something else than operations and norms.
    """
    found = []
    for left, assigned, right, condition in lines(update(rule, values), LATEX):
        sign = r"\leftarrow" if assigned else "="
        found.append(rf"{left} &{sign} {right}" + (rf" \quad {condition}" if condition else ""))
    return found


__all__ = ["LATEX", "OPERATIONS", "latex"]
