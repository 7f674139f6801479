"""TeX of what was derived and traced: expressions, polynomials, a rule's update line by line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import sympy as sp

from ...analysis.linear.derivation import ETA_LAMBDA, Derivation
from ...analysis.linear.spectrum import discriminant, trace_and_determinant
from ...analysis.tracing import ETA, LAMBDA
from ...analysis.updates import latex_of
from ...optimizers.rule import Rule


def tex(expression: Any) -> str:
    """TeX of a SymPy object, ηλ written as the product it is, sums begun by a positive term if can be."""
    if isinstance(expression, sp.Basic | sp.MatrixBase):
        expression = expression.subs(ETA_LAMBDA, ETA * LAMBDA)
    written = [sp.latex(expression, order=order) for order in ("rev-lex", None)]
    return min(written, key=lambda text: len(re.findall(r"(?:^|[{(&]\s*)-", text)))


def polynomial_tex(polynomial: sp.Poly) -> str:
    """A polynomial in z, highest power first."""
    terms = []
    for (power,), coefficient in polynomial.terms():
        factor = tex(coefficient)
        if power and len(sp.Add.make_args(coefficient)) > 1:
            factor = rf"\left({factor}\right)"
        variable = {0: "", 1: "z"}.get(power, f"z^{{{power}}}")
        factor = "" if power and coefficient == 1 else factor
        terms.append(("" if factor.startswith("-") or not terms else "+ ") + f"{factor} {variable}")
    return " ".join(terms)


def eigenvalues_tex(theory: Derivation) -> list[str]:
    """The eigenvalues; a pair as half of trace ∓ root of the discriminant."""
    if theory.system.order != 2 or len(theory.eigenvalues) != 2:
        return [rf"z_{{{i}}} &= {tex(z)}" for i, z in enumerate(theory.eigenvalues, 1)]
    trace, _ = trace_and_determinant(theory._characteristic)
    root = tex(discriminant(theory._characteristic))
    return [rf"z_{{1,2}} = \tfrac12\left({tex(trace)} \mp \sqrt{{{root}}}\right)"]


def aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    mark = " &= " if len(pairs) > 1 else " = "
    return [f"{left}{mark}{right}" for left, right in pairs]


def equations(rule: Rule) -> list[str]:
    """The update as TeX lines aligned at ``&``, in the code's own order and under its own names."""
    return latex_of(rule)


__all__ = ["aligned", "eigenvalues_tex", "equations", "polynomial_tex", "tex"]
