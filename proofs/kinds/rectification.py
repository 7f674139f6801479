"""From which step on RAdam rectifies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...analysis.expressions import parse
from ...optimizers.rules import radam
from ..steps import note
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim
from .inductions import InductionClaim


@dataclass(frozen=True)
class FirstTractableClaim(Claim):
    """ρ_t = ρ_∞ − 2tβ₂ᵗ/(1 − β₂ᵗ) is above ``threshold`` at the steps from ``first`` on, and at no earlier one.

    ρ_t is a rational number at each t, and does not fall: with b = 1/β₂, tβ₂ᵗ/(1 − β₂ᵗ) = t/(bᵗ − 1), and
    (t + 1)(bᵗ − 1) ≤ t(bᵗ⁺¹ − 1), by induction over t.
    """

    beta2: str
    first: int
    threshold: int = 4

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "rational arithmetic, induction (z3)"
        typed = parse(self.beta2, {})
        if not typed.is_Rational:
            return Verdict.OPEN, f"{method}: β₂ is not rational", None
        b = Fraction(int(typed.p), int(typed.q))
        if not 0 < b < 1 or self.first < 1:
            return Verdict.REFUTED, method, {"beta2": str(b), "first": str(self.first)}
        grows = InductionClaim(
            "", "", "", {"p": "1", "n": "0"}, {"p": "b*p", "n": "n + 1"},
            ("p*(n*(b - 1) - 1) + 1 >= 0", "p >= 1", "n >= 0"), (), ("b",), ("b > 1",),
        )  # fmt: skip
        if grows.decide()[0] is not Verdict.PROVED:
            return Verdict.OPEN, method, None
        for t in range(1, self.first + 1):
            rho = 2 / (1 - b) - 1 - 2 * t * b**t / (1 - b**t)
            note(f"ρ_{t} is {float(rho):.6g}")
            if (rho > self.threshold) != (t == self.first):
                return Verdict.REFUTED, method, {"t": str(t), "rho": f"{float(rho):.6g}"}
        return Verdict.PROVED, method, None

    def trial(self) -> Evidence:
        """RAdam's own code: from which step on the size of its step depends on √v."""
        if not 0 < Fraction(self.beta2) < 1:
            return Evidence(False, "β₂ is not between 0 and 1")
        values = radam.with_defaults({"beta2": float(Fraction(self.beta2)), "threshold": self.threshold,
                                      "eps": 0.0, "lr": 1.0})  # fmt: skip
        rectified = []
        for t in range(1, self.first + 20):
            coefficients = radam.coefficients(t, values)
            steps = [radam(0.0, 1.0, 1.0, v, **coefficients)[0] for v in (1.0, 50.0)]
            rectified.append(not np.isclose(*steps))
        expected = [t >= self.first for t in range(1, self.first + 20)]
        return Evidence(rectified == expected, f"radam run for {len(rectified)} steps")

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, first=self.first + 1)
        yield replace(self, first=self.first - 1)
        yield replace(self, threshold=self.threshold + 1)


__all__ = ["FirstTractableClaim"]
