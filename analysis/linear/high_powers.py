"""Rules whose step is scaled by high powers of a hyperparameter, as bias corrections of a late step are.

β^100 as a polynomial has a hundred terms at every turn. Where it only scales ηλ, the theory is that without
it, at another ηλ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ...optimizers.domains import UNIT
from ..decision import decide
from ..tracing import LAMBDA, Trace, high_powers


def scaled(trace: Trace) -> tuple[Trace, sp.Expr] | None:
    """The trace without high powers, and the factor f > 0 by which these multiply ηλ; None else.

    Only powers of hyperparameters x with 0 ≤ x < 1 are looked at.
    """
    system = trace.system
    entries = [*system.A, *system.B, *system.C]
    powers: dict[Any, sp.Dummy] = {}
    for e in entries:
        powers |= {p: sp.Dummy("q", real=True) for p in high_powers(e) if p not in powers}
    unit = {s for k, s in trace.free.items() if trace.rule.hyperparameters[k].domain == UNIT}
    if not powers or any(p.base not in unit for p in powers):
        return None
    matrix = (system.A + LAMBDA * system.B * system.C).xreplace(powers)
    with_powers = _coefficients(matrix)
    none = dict.fromkeys(powers.values(), sp.Integer(0))
    without = [c.xreplace(none) for c in with_powers]
    slopes = [sp.diff(sum(c), LAMBDA).subs(LAMBDA, 0) for c in (with_powers, without)]
    if slopes[1] == 0:
        return None
    factor = sp.cancel(slopes[0] / slopes[1])
    if factor.free_symbols - set(powers.values()):
        return None
    for a, b in zip(with_powers, without, strict=True):
        if sp.cancel(a - b.subs(LAMBDA, LAMBDA * factor)) != 0:
            return None
    below_one = [r for q in powers.values() for r in (sp.Ge(q, 0), sp.Lt(q, 1))]
    if decide(below_one, sp.Gt(factor, 0), seconds=1).holds is not True:
        return None
    back: Mapping[Any, Any] = {q: p for p, q in powers.items()}
    zero = dict.fromkeys(powers, sp.Integer(0))
    plain = replace(
        trace, new_theta=trace.new_theta.xreplace(zero),
        new_state=tuple(e.xreplace(zero) for e in trace.new_state),
        gradient_point=trace.gradient_point.xreplace(zero),
    )  # fmt: skip
    return plain, factor.xreplace(back)


def _coefficients(matrix: sp.Matrix) -> list[sp.Expr]:
    """Those of the characteristic polynomial."""
    domain = DomainMatrix.from_Matrix(matrix.applyfunc(sp.cancel)).to_field()
    return [domain.domain.to_sympy(c) for c in domain.charpoly()]


__all__ = ["scaled"]
