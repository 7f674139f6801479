"""Limits."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.decision import Decision
from ...analysis.expressions import parse_rule
from ..steps import decide, equal, note, said
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import Names, random_values


@dataclass(frozen=True)
class LimitClaim(Claim):
    """``expression`` tends to ``value`` as ``variable`` → ∞; names in ``unit`` lie in (0, 1)."""

    expression: str
    variable: str
    value: str
    unit: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        names["e"] = sp.E
        variable = names[self.variable] = sp.Symbol(self.variable, positive=True)
        for name in self.unit:  # x in (0, 1) is e^(−κ) with κ > 0
            names[name] = sp.exp(-sp.Symbol(f"kappa_{name}", positive=True))
        stated = parse_rule(self.value, names)
        found = sp.limit(parse_rule(self.expression, names), variable, sp.oo)
        difference = sp.simplify(found - stated)
        note(
            f"SymPy: the limit as {self.variable} → ∞ is {said(found)}; it differs from the stated by {said(difference)}"
        )
        if difference == 0:
            return Verdict.PROVED, "limit", None
        number = difference.subs({s: sp.Rational(1, 3) for s in difference.free_symbols})
        if number.is_infinite or (number.is_number and abs(sp.N(number, 30)) > 1e-20):
            return Verdict.REFUTED, "limit", {"limit": str(found)}
        return Verdict.OPEN, "limit", None

    def trial(self) -> Evidence:
        random, worst = np.random.default_rng(SEED), 0.0
        for _ in range(20):
            names = random_values(names_in(self.expression, self.value), random, self.unit) | {
                "e": math.e
            }
            names[self.variable] = 1e8
            with np.errstate(all="ignore"):
                gap = abs(float(read(self.expression, names)) - float(read(self.value, names)))
            worst = max(worst, gap)
        return Evidence(
            worst < 1e-3, f"at {self.variable} = 1e8, 20 random points; off by {worst:.1g}"
        )

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, value=m) for m in changed(self.value) if self.value != "0")
        yield replace(self, expression=f"({self.expression}) + 1/7")


@dataclass(frozen=True)
class MaximumLimitClaim(Claim):
    """(β^p u^p + (1 − β^p) a^p)^(1/p) → ``limit`` as p → ∞, for u, a ≥ 0 and 0 ≤ β < 1.

    With A = (βu)^p, B = a^p, c = β^p and M = max(A, B): (1 − c)M ≤ A + (1 − c)B ≤ 2M, whose p-th
    roots are max(βu, a) times (1 − β^p)^(1/p) and 2^(1/p), which both tend to 1.
    """

    limit: str

    def decide(self) -> tuple[Verdict, str, Any]:
        A, B, c = sp.symbols("A B c", real=True)
        middle, domain = A + (1 - c) * B, [A >= 0, B >= 0, c >= 0, c < 1]
        cases = [([*domain, A >= B], A), ([*domain, B >= A], B)]
        squeeze = [decide(h, sp.And((1 - c) * m <= middle, middle <= 2 * m, evaluate=False))
                   for h, m in cases]  # fmt: skip
        p, kappa = sp.Symbol("p", positive=True), sp.Symbol("kappa", positive=True)
        u, a, b = (sp.Symbol(n, nonnegative=True) for n in ("u", "a", "beta"))
        # ln of the outer factors over p: ln(2)/p and ln(1 − β^p)/p, for β = 0 and every β = e^(−κ) < 1.
        factors = [
            sp.log(2) / p,
            sp.log(1 - sp.Integer(0) ** p) / p,
            sp.log(1 - sp.exp(-kappa * p)) / p,
        ]
        tends = [sp.limit(f, p, sp.oo) for f in factors]
        note(
            f"as p → ∞ ln(2)/p, and ln(1 − β^p)/p at β = 0 and at β = e^(−κ), tend to {said(tends)}"
        )
        stated = parse_rule(self.limit, {"u": u, "a": a, "beta": b})
        same = equal(stated, sp.Max(b * u, a))
        roots = Decision(all(x == 0 for x in tends))
        return from_decisions("limit, squeezed (z3)", *squeeze, roots, same)

    def trial(self) -> Evidence:
        random, p, worst = np.random.default_rng(SEED), 3000, 0.0
        for beta, u, a in random.uniform(0.1, 0.9, (50, 3)):
            largest = max(beta * u, a)
            inner = (beta * u / largest) ** p + (1 - beta**p) * (a / largest) ** p
            stated = float(read(self.limit, {"beta": beta, "u": u, "a": a}))
            worst = max(worst, abs(largest * inner ** (1 / p) / stated - 1))
        return Evidence(
            worst < 2 * math.log(2) / p, f"p = {p} at 50 random points; off by {worst:.1g}"
        )

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, limit=m) for m in (*changed(self.limit), "max(u, a)", "a"))


__all__ = ["LimitClaim", "MaximumLimitClaim"]
