"""For which steps a rule converges on quadratics, with hyperparameters outside their usual domain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import ETA_LAMBDA, derive
from ...analysis.expressions import parse_defined
from ...optimizers.rule import Rule
from ..steps import decide, decide_region
from ..trials.arithmetic import names_in, read
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import changes_with_t, hypothesis

_DRAWN = 20_000
"""Settings at most, of which those in the domain are tried."""


@dataclass(frozen=True)
class WiderRegionClaim(Claim):
    """Where ``domain`` holds of the hyperparameters, all eigenvalues lie in the open unit disk if and only if
    0 < ηλ < bound.

    The domain of :class:`~eigenstep.proofs.kinds.RegionClaim` is the rule's own.
    """

    rule: Rule
    bound: str
    domain: tuple[str, ...]
    matrix: tuple[tuple[str, ...], ...]
    """The printed matrix, in ``h`` for ηλ, that the claim is tried on: the rule refuses such settings."""

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule)
        plain = {s: sp.Symbol(s.name, real=True) for s in theory.trace.free.values()}
        names = {s.name: s for s in plain.values()}
        h = sp.Symbol(ETA_LAMBDA.name, real=True)
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"the eigenvalues of {self.rule.name} change with t", None
        typed = parse_defined(self.bound, names)
        over, under = sp.fraction(sp.together(typed.value))
        domain = [h for d in self.domain for h in hypothesis(d, names)]
        if decide(domain, sp.false).holds is not False:
            return Verdict.OPEN, "real arithmetic (z3): no hyperparameters are in the domain", None
        polynomial = theory.stability.polynomial
        polynomial = sp.Poly(polynomial.as_expr().subs({**plain, ETA_LAMBDA: h}), polynomial.gen)
        found = decide_region(polynomial, (h, sp.expand(over - h * under)), domain)
        return from_decisions("real arithmetic (z3)", decide(domain, sp.Gt(under, 0, evaluate=False)),
                              *(decide(domain, n) for n in typed.needs), *found.values())  # fmt: skip

    def trial(self) -> Evidence:
        draw, tried, against = np.random.default_rng(SEED), 0, 0
        free = names_in(self.bound, *self.domain)
        for _ in range(_DRAWN):
            if tried >= 200:
                break
            at = {k: float(draw.uniform(-3, 3)) for k in free}
            if not all(read(d, at) for d in self.domain):
                continue
            bound = float(read(self.bound, at))
            for fraction in (-0.1, 0.02, 0.5, 0.98, 1.02, 2):
                names = {**at, "h": bound * fraction}
                matrix = np.array([[float(read(e, names)) for e in row] for row in self.matrix])
                inside = max(abs(np.linalg.eigvals(matrix))) < 1
                against += inside != (0 < names["h"] < bound)
                tried += 1
        return Evidence(bool(tried) and not against, f"{tried} matrices, {against} against it")

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, bound=f"({self.bound})*101/100")
        yield replace(self, bound=f"({self.bound})*99/100")
        for i in range(len(self.domain)):
            yield replace(self, domain=(*self.domain[:i], *self.domain[i + 1 :]))


__all__ = ["WiderRegionClaim"]
