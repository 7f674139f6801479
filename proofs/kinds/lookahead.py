"""For which steps a rule converges with Lookahead around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_rule
from ...analysis.linear.lookahead import LookaheadTheory
from ...analysis.simulation import simulate
from ...optimizers.compositions import lookahead
from ...optimizers.domains import Integers, require
from ...optimizers.errors import Missing
from ...optimizers.rule import Rule
from ..steps import note, said
from ..trials.arithmetic import read
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim
from .names import changes_with_t


@dataclass(frozen=True)
class LookaheadClaim(Claim):
    """With Lookahead(k, α) around it a rule is stable for every ηλ in (0, ``reach``).

    ``reach`` is typed in the rule's hyperparameters, whose values ``settings`` gives. Decided by the
    exact stable intervals of the cycle's matrix.
    """

    rule: Rule
    k: int
    alpha: str
    reach: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, sp.Rational]:
        """The settings as exact numbers, by the name of the hyperparameter."""
        return {k: parse_rule(v, {}) for k, v in self.settings.items()}

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "Jury’s conditions, exact roots"
        values = self.values()
        require(Integers(1), k=self.k)
        for name, h in self.rule.hyperparameters.items():
            if name in values:
                h.check(float(values[name]))
            elif name != "lr" and not h.convention and name not in self.rule.fixed:
                raise Missing(f"{name} of {self.rule.name}", h.domain.describe(name))
        if changes_with_t(self.rule, values):
            return Verdict.OPEN, f"the steps of {self.rule.name} change with t", None
        theory = LookaheadTheory(self.rule, self.k, parse_rule(self.alpha, {}))
        names = {s.name: values[k] for k, s in theory.inner.trace.free.items() if k in values}
        reach = parse_rule(self.reach, names)
        if reach <= 0:
            return Verdict.REFUTED, method, {"reach": str(reach)}
        point = {theory.inner.free[k]: v for k, v in values.items()}
        note(
            f"the matrix of a cycle of {self.k} steps around {self.rule.name}, from traced steps; Jury’s conditions and their exact roots"
        )
        for lower, upper in theory.stability.intervals(point):
            if lower <= 0 < upper:
                note(
                    f"the first stable interval ends at {sp.N(upper, 12)}; claimed: {said(reach)} = {sp.N(reach, 12)}"
                )
                if upper >= reach:
                    return Verdict.PROVED, method, None
                between = sp.nsimplify((sp.N(upper, 30) * 3 + sp.N(reach, 30)) / 4, rational=True)
                return Verdict.REFUTED, method, {
                    "eta*lambda": str(between.limit_denominator(1000)), "stable below": str(sp.N(upper, 6)),
                }  # fmt: skip
        return Verdict.REFUTED, method, {"stable": "nowhere"}

    def trial(self) -> Evidence:
        values: dict[str, Any] = {k: float(v) for k, v in self.values().items()}
        names = {self.rule.hyperparameters[k].symbol: v for k, v in values.items()}
        reach = float(read(self.reach, names))
        at = reach * np.array([0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.995])
        outer = lookahead(self.rule, self.k, float(read(self.alpha, {})))
        with np.errstate(all="ignore"):
            run = np.abs(simulate(outer, 400 * self.k, lr=at, **values).theta[:: self.k])
            late, early = run[300:].max(axis=0), run[100:200].max(axis=0)
            decays = bool(np.all(late < early + 1e-280))
        return Evidence(
            decays and reach > 0, f"{outer.name} run at {len(at)} steps up to {reach:g}"
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, reach=f"2*({self.reach})")
        yield replace(self, reach=f"-({self.reach})")


__all__ = ["LookaheadClaim"]
