"""For which steps a rule converges on quadratics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import sympy as sp

from ...analysis import ETA_LAMBDA, derive
from ...analysis.expressions import parse_defined
from ...analysis.simulation import growth
from ...optimizers.rule import Rule
from ..steps import decide, decide_region
from ..trials.arithmetic import read
from ..trials.evidence import Evidence
from ..trials.rules import LONG, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import changes_with_t


@dataclass(frozen=True)
class RegionClaim(Claim):
    """All eigenvalues lie in the open unit disk if (``sufficient``) and only if 0 < ηλ < bound.

    So for all hyperparameters in their domains, on which the bound is defined; the rule does not change with t.
    """

    rule: Rule
    bound: str
    direction: Literal["both", "sufficient", "necessary"] = "both"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule, **self.fixed)
        typed = parse_defined(self.bound, theory.trace.free)
        bound = sp.sympify(typed.value)
        if changes_with_t(self.rule, self.fixed):
            return Verdict.OPEN, f"the eigenvalues of {self.rule.name} change with t", None
        above, below = sp.fraction(sp.together(bound))
        inequalities = (ETA_LAMBDA, sp.expand((above - ETA_LAMBDA * below) * below))
        decisions = decide_region(
            theory.stability.polynomial, inequalities, theory.stability.domain
        )
        needs = [*typed.needs, *([] if below.is_number else [sp.Ne(below, 0, evaluate=False)])]
        defined = [decide(theory.stability.domain, n) for n in needs]
        wanted = defined + [d for k, d in decisions.items() if self.direction in ("both", k)]
        return from_decisions("real arithmetic (z3)", *wanted)

    def trial(self) -> Evidence:
        free = _free(self.rule, self.fixed)
        settings = (0.0, 0.2, 0.5, 0.8, 0.95) if free else (None,)
        inside, outside = (0.05, 0.5, 0.995), (1.005, 1.5)
        agrees = True
        for value in settings:
            chosen = dict.fromkeys(free, value)
            names = {**by_symbol(self.rule, numbers_for(self.rule, chosen)), **chosen}
            bound = float(read(self.bound, names))
            tied = {
                k: names[v] if isinstance(v, str) and v in names else v
                for k, v in self.fixed.items()
            }
            if self.direction in ("both", "sufficient"):
                at = growth(self.rule, LONG, eta_lambda=bound * np.array(inside), **chosen, **tied)
                agrees &= bool(np.all(at < 1))
            if self.direction in ("both", "necessary"):
                at = growth(self.rule, LONG, eta_lambda=bound * np.array(outside), **chosen, **tied)
                agrees &= bool(np.all(at > 1))
        where = {"sufficient": "inside the bound", "necessary": "beyond the bound"}.get(
            self.direction, "inside the bound and beyond"
        )
        at = {"sufficient": "0.05, 0.5 and 0.995", "necessary": "1.005 and 1.5"}.get(
            self.direction, "0.05 to 1.5"
        )
        over = f" at {len(settings)} settings of {', '.join(free)}" if free else ""
        return Evidence(agrees, f"{self.rule.name} run {where}{over}, fractions {at}")

    def mutants(self) -> Iterator[Claim]:
        larger, smaller = f"({self.bound})*101/100", f"({self.bound})*99/100"
        if self.direction in ("both", "sufficient"):
            yield replace(self, bound=larger)
        if self.direction in ("both", "necessary"):
            yield replace(self, bound=smaller)


def _free(rule: Rule, fixed: Mapping[str, Any]) -> list[str]:
    return [k for k, h in rule.hyperparameters.items()
            if not h.convention and k != "lr" and k not in fixed]  # fmt: skip


__all__ = ["RegionClaim"]
