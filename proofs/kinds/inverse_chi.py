r"""The adaptive learning rate as a random number: ψ = √x, x a scaled inverse χ² of ρ degrees of freedom, τ² = 1.

It is what RAdam is derived from. With a mean of ρ squared gradients of variance 1 in its place,
E ψ² = ρ/(ρ − 2) and E ψ = √(ρ/2)·Γ((ρ − 1)/2)/Γ(ρ/2), each where ρ is larger than 2 or 1.

>>> ScaleVarianceClaim("…", "…", "…", "V(5) > 100*V(500)").prove().verdict.value
'PROVED'
>>> DivergenceClaim("…", "…", "…", "4").prove().counterexample
{'rho': '3', 'variance': '3 - 6/pi'}
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_rule
from ...optimizers.errors import DomainError
from ..steps import note
from ..trials.arithmetic import read
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim


def variance(rho: Any) -> sp.Expr:
    """Var ψ exactly, for an integer ρ > 2."""
    mean = (
        sp.sqrt(rho / sp.Integer(2))
        * sp.gamma((rho - sp.Integer(1)) / 2)
        / sp.gamma(rho / sp.Integer(2))
    )
    return sp.expand(rho / (rho - sp.Integer(2)) - mean**2)


def _integrated(rho: float) -> float:
    """Var ψ by adding up over the density of χ = √χ², which shares nothing with the closed form."""
    chi = np.linspace(1e-9, np.sqrt(rho) + 14, 200_001)

    def weighted(power: float) -> float:
        """∫ χ^(ρ − 1 − 2·power)·e^(−χ²/2), scaled by the peak of the density."""
        exponent = (rho - 1 - 2 * power) * np.log(chi) - chi**2 / 2
        return float(np.exp(exponent - (rho - 1) / 2 * (np.log(rho - 1) - 1)).sum())

    return rho * weighted(1.0) / weighted(0.0) - rho * (weighted(0.5) / weighted(0.0)) ** 2


@dataclass(frozen=True)
class ScaleVarianceClaim(Claim):
    """``relation`` holds, typed with V(n) for Var ψ at n degrees of freedom."""

    relation: str

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "exact values of Γ"
        seen: dict[str, Any] = {}

        def V(rho: Any) -> sp.Expr:
            if not (rho.is_Integer and rho > 2):
                raise DomainError(
                    "V", f"V({rho})", "an integer above 2: up to 2 the variance is infinite"
                )
            seen[f"V({rho})"] = value = variance(rho)
            return value

        holds = parse_rule(self.relation, {}, {"V": V})
        shown = {k: sp.N(v, 12) for k, v in seen.items()}
        note("; ".join(f"{k} = {v}" for k, v in shown.items()))
        if holds == sp.true:
            return Verdict.PROVED, method, None
        return (
            (Verdict.REFUTED, method, shown) if holds == sp.false else (Verdict.OPEN, method, None)
        )

    def trial(self) -> Evidence:
        return Evidence(
            bool(read(self.relation, {}, {"V": _integrated})), "V added up over the density"
        )

    def mutants(self) -> Iterator[Claim]:
        left, _, right = self.relation.partition(">")
        yield replace(self, relation=f"{right} > {left}")
        yield replace(self, relation=f"{left} > 3*({right})")


@dataclass(frozen=True)
class DivergenceClaim(Claim):
    """Var ψ is infinite for every ρ up to ``threshold``, and finite above it (ρ > 1, where E ψ is).

    E ψ² is an integral over s^(ρ/2 − 2)·e^(−s/2), whose only pole is at s = 0: it is finite if and only if
    ρ/2 − 2 > −1.
    """

    threshold: str

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "order of the pole of the density"
        stated, rho = parse_rule(self.threshold, {}), sp.Symbol("rho", positive=True)
        exact = sp.solve(sp.Eq(rho / 2 - 2, -1), rho)[0]
        note("E psi^2 is finite if and only if rho > {}", exact)
        if stated == exact:
            return Verdict.PROVED, method, None
        between = sp.floor(exact) + 1 if stated > exact else (max(stated, 1) + exact) / 2
        if stated > exact and not between <= stated:
            between = (exact + stated) / 2
        found = variance(between) if stated > exact else sp.oo
        return Verdict.REFUTED, method, {"rho": between, "variance": found}

    def trial(self) -> Evidence:
        """Near ρ the part of E ψ² that lies below s settles as s → 0, or does not."""
        stated = float(read(self.threshold, {}))
        settles = []
        for rho in (stated - 0.3, stated + 0.3):
            edges = np.geomspace(1e-60, 1e-3, 4000)
            heights = edges ** (rho / 2 - 2) * np.exp(-edges / 2)
            parts = np.diff(edges) * (heights[1:] + heights[:-1]) / 2
            settles.append(bool(parts[:2000].sum() < parts[2000:].sum() * 1e-2))
        return Evidence(settles == [False, True], f"integrals near rho = {stated:g}")

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, threshold=f"({self.threshold}) + 1")
        yield replace(self, threshold=f"({self.threshold}) - 1/7")


__all__ = ["DivergenceClaim", "ScaleVarianceClaim"]
