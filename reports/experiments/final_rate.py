"""Rules whose bounds close on a constant rate η*: which η*λ they bear, whatever η is."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ...analysis.tracing import LAMBDA
from ...optimizers.rule import Rule


def final_rate_limit(theory: Any) -> sp.Expr:
    """The largest stable η*λ, from the theory of the frozen rule."""
    bound = next(r.lhs for r in theory.stability.relations if r.lhs.has(LAMBDA))
    return sp.solve(bound, LAMBDA)[0] * theory.trace.free["final_lr"]


def exact_defaults(theory: Any, rule: Rule) -> dict[sp.Symbol, sp.Expr]:
    """A rule's own values of what stays free in a theory, as exact numbers."""
    hyperparameters = rule.hyperparameters
    return {theory.trace.free[k]: sp.nsimplify(hyperparameters[k].default)
            for k in theory.free if k in hyperparameters}  # fmt: skip
