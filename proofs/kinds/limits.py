"""Limits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ...analysis.decision import Decision
from ...analysis.definedness import Defined
from ...analysis.expressions import ExpressionError, parse_defined, parse_rule
from ...analysis.points import Place, Unclear, points
from ..steps import decide, equal, note, said
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .inequalities import decide_real
from .names import Names, random_values
from .uniform import undecided

_CONTINUOUS = (sp.Add, sp.Mul, sp.Pow, sp.log, sp.exp, sp.Symbol, sp.Number, sp.NumberSymbol)
_MANY = 60
"""Digits: (1 − 1/n)^n at n = 1e12 keeps more than 40 of them."""


@dataclass(frozen=True)
class LimitClaim(Claim):
    """``expression`` tends to ``value`` as ``variable`` → ∞, for all positive values of the other names.

    Names in ``unit`` lie in (0, 1). Proved where SymPy finds the limit and numbers, to many digits and
    far out, come to it; refuted where neither does.
    """

    expression: str
    variable: str
    value: str
    unit: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        names["e"] = sp.E
        variable = names[self.variable] = sp.Symbol(self.variable, positive=True)
        if self.variable in self.unit:
            raise ExpressionError(f"{self.variable} → ∞ does not stay in (0, 1)")
        units: dict[Any, sp.Symbol] = {}
        for name in self.unit:  # x in (0, 1) is e^(−κ) with κ > 0
            kappa = sp.Dummy(f"kappa_{name}", positive=True)
            names[name], units[kappa] = sp.exp(-kappa), sp.Symbol(name, positive=True)
        stated = parse_rule(self.value, names)
        typed = parse_defined(self.expression, names)
        if stated.has(variable):
            return Verdict.REFUTED, "limit", {"value": f"depends on {self.variable}"}
        if not all(isinstance(e, _CONTINUOUS) for e in sp.preorder_traversal(typed.value)):
            return Verdict.OPEN, "limit: of what may jump", None
        try:
            found = sp.limit(typed.value, variable, sp.oo)
            difference = sp.simplify(found - stated)
        except (NotImplementedError, ValueError) as error:  # it depends on a name's value, mostly
            return Verdict.OPEN, f"limit: SymPy finds none ({error})", None
        note(
            f"SymPy: the limit as {self.variable} → ∞ is {said(found)}; it differs from the stated by {said(difference)}"
        )
        approached, elsewhere = self._seen(typed, variable, stated)
        note(f"at {self.variable} up to 1e12, to {_MANY} digits, it comes near: {approached}")
        either = undecided(typed.value, variable, units) or next(
            (u for need in typed.needs for part in need.atoms(sp.core.relational.Relational)
             if (u := undecided(part.lhs - part.rhs, variable, units))), None)  # fmt: skip
        if either is not None:
            note(f"{said(either)} may have either sign, or be 0")
            if approached:
                return (
                    Verdict.OPEN,
                    "limit: not seen to be one for all values of the other names",
                    None,
                )
        elif difference == 0 and approached:
            return Verdict.PROVED, "limit, and seen in numbers", None
        if difference != 0 and not approached and elsewhere:
            return Verdict.REFUTED, "limit", {"limit": str(found), **elsewhere}
        return Verdict.OPEN, "limit: SymPy and numbers do not agree", None

    @staticmethod
    def _seen(typed: Defined, variable: sp.Symbol, stated: Any) -> tuple[bool, dict[str, str]]:
        """Whether it comes near the value at many points of the other names; else one where it does not."""
        others = sorted((typed.value.free_symbols | stated.free_symbols) - {variable}, key=str)
        symbols, seen = (variable, *others), 0
        with mpmath.workdps(_MANY):
            for point in itertools.islice(points(others), 24) if others else [[]]:
                at = [mpmath.mpf(p.p) / p.q for p in point]
                # Limits are met the sooner the closer all names are to 1.
                if any(not mpmath.mpf(1) / 100 <= x <= 20 for x in at):
                    continue
                try:
                    gaps = []
                    for far in (10**4, 10**8, 10**12):
                        here = Place(symbols, (), [mpmath.mpf(far), *at])
                        if not here.all(typed.needs):
                            raise Unclear
                        gaps.append(abs(here.value(typed.value) - here.value(stated)))
                except Unclear:
                    return False, {s.name: str(p) for s, p in zip(others, point, strict=True)}
                seen += 1
                if gaps[2] > 1e-9 and not gaps[2] < 0.9 * gaps[1] < 0.81 * gaps[0]:
                    at_point = {s.name: str(p) for s, p in zip(others, point, strict=True)}
                    return False, {
                        **at_point,
                        f"at {variable} = 1e12 off by": str(mpmath.nstr(gaps[2], 6)),
                    }
        return seen > 0, {}

    def trial(self) -> Evidence:
        random, worst = np.random.default_rng(SEED), 0.0
        for _ in range(20):
            names = random_values(names_in(self.expression, self.value), random, self.unit) | {
                "e": math.e
            }
            names[self.variable] = 1e8
            with np.errstate(all="ignore"):
                gap = abs(float(read(self.expression, names)) - float(read(self.value, names)))
            worst = max(worst, gap) if gap == gap else math.inf
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
        p, w = sp.Symbol("p", positive=True), sp.Symbol("w", positive=True)
        u, a, b = (sp.Symbol(n, nonnegative=True) for n in ("u", "a", "beta"))
        below = sp.Lt(b, 1, evaluate=False)
        # For every β < 1 and p ≥ 1: β^p ≤ β, so that ln(1 − β) ≤ ln(1 − β^p) ≤ 0, and both over p tend to 0.
        q = sp.Symbol("q", real=True)
        bounded = decide_real([below, sp.Ge(q, 1, evaluate=False)],
                              [sp.Le(b**q, b, evaluate=False), sp.Gt(1 - b, 0, evaluate=False)])  # fmt: skip
        tends = [sp.limit(sp.log(2) / p, p, sp.oo), sp.limit(sp.log(w) / p, p, sp.oo)]
        stated = parse_defined(self.limit, {"u": u, "a": a, "beta": b})
        same = equal(stated, sp.Max(b * u, a), None, [below])
        roots = Decision(all(x == 0 for x in tends))
        return from_decisions("limit, squeezed (z3)", *squeeze, bounded, roots, same)

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
