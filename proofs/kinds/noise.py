"""How far from the minimizer noise keeps a rule."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...analysis import derive
from ...analysis.expressions import parse_defined
from ...analysis.simulation import simulate
from ...analysis.tracing import ETA, LAMBDA
from ...optimizers.rule import Rule
from ..steps import all_equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim, derived, from_decisions
from .names import changes_with_t


@dataclass(frozen=True)
class VarianceClaim(Claim):
    """The stationary variance of θ under unit gradient noise on ½λx² is ``value``."""

    rule: Rule
    value: str

    def decide(self) -> tuple[Verdict, str, Any]:
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"a step of {self.rule.name} changes with t", None
        theory = derive(self.rule)
        note(
            "the Lyapunov equation of the derived R = {} under unit noise, solved for Var θ:",
            theory.matrix,
        )
        names = {s.name: s for s in theory.trace.free.values()} | {"eta": ETA, "lambda_": LAMBDA}
        stated = parse_defined(self.value, names)
        found = all_equal([(stated, derived(theory.noise.variance))], covers=True)
        return from_decisions("rational identity", found)

    def trial(self) -> Evidence:
        chains, lr, curvature = 20_000, 0.2, 1.5
        others = {"beta": 0.5} if "beta" in self.rule.hyperparameters else {}
        run = simulate(self.rule, 200, curvature=curvature, start=np.zeros(chains), noise=1.0, seed=SEED,
                       keep=False, lr=lr, **others)  # fmt: skip
        measured = float(run.theta[-1].var(ddof=1))
        stated = float(read(self.value, {"eta": lr, "lambda_": curvature, **others}))
        off = abs(measured / stated - 1) / math.sqrt(2 / (chains - 1))
        return Evidence(
            off < 4.5, f"{chains} chains of {self.rule.name}: {off:.1f} standard errors off"
        )

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, value=m) for m in changed(self.value))


__all__ = ["VarianceClaim"]
