"""Which symmetries a rule has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from ...analysis.symmetries import measured_symmetries, symmetries
from ...analysis.tracing import trace
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import note
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim


@dataclass(frozen=True)
class SymmetryClaim(Claim):
    """A rule has a symmetry, or (``holds`` False) has it not; see :mod:`~eigenstep.analysis.symmetries`."""

    rule: Rule
    symmetry: str
    holds: bool = True

    def decide(self) -> tuple[Verdict, str, Any]:
        found = symmetries(self.rule)
        method = "identity of the traced code"
        if self.symmetry not in found:
            raise UnknownName("symmetry", self.symmetry, found)
        note(f"the code of {self.rule.name} on the image of every state and gradient, against the image of what it computes: "
             f"{'the same' if found[self.symmetry] else 'not the same'}, as identities of symbols")  # fmt: skip
        if found[self.symmetry] == self.holds:
            return Verdict.PROVED, method, None
        return Verdict.REFUTED, method, self._first_steps()

    def _first_steps(self) -> dict[str, Any]:
        """The first step from θ = 1 with g = 1, and that of the image with c = 2, mapped back."""
        images = {"units": (2, sp.Rational(1, 2), 2), "loss scale": (1, 2, 1)}
        if self.symmetry not in images:
            return {"symmetry": self.symmetry}
        zero = {k: 0 for k in ("eps", "weight_decay") if k in self.rule.hyperparameters}
        free = {k: h.default for k, h in self.rule.hyperparameters.items()
                if k not in zero and k not in self.rule.fixed}  # fmt: skip
        traced = trace(self.rule, step=1, **zero, **free)
        start, gradient, back = images[self.symmetry]
        ends = []
        for theta, g in ((1, 1), (start, gradient)):
            at = {traced.theta: theta, traced.gradient: g, **dict.fromkeys(traced.state, 0)}
            ends.append(traced.new_theta.subs(at))
        return {"c": 2, "theta": 1, "g": 1, "after a step": ends[0], "of the image": ends[1] / back}

    def trial(self) -> Evidence:
        measured = measured_symmetries(self.rule)[self.symmetry]
        return Evidence(
            measured == self.holds, f"{self.rule.name} run on the problem and on its image"
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, holds=not self.holds)


__all__ = ["SymmetryClaim"]
