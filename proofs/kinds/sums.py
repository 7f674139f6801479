r"""Sums in closed form, and averages as sums over the gradients that they saw; by induction over t.

>>> SumClaim("P12", "…", "…", "beta**i", "0", "t", "(1 - beta**t)/(1 - beta)").prove().verdict.value
'REFUTED'
>>> SumClaim("P12", "…", "…", "beta**i", "0", "t - 1", "(1 - beta**t)/(1 - beta)", 1).prove().verdict.value
'PROVED'
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_rule
from ...analysis.simulation import follow
from ...analysis.tracing import STEP, symbol_of, trace
from ...optimizers.rule import Rule
from ..steps import all_equal, equal, note
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import Names, random_values


@dataclass(frozen=True)
class SumClaim(Claim):
    """Σ of ``term`` over i from ``lower`` to ``upper`` (t plus a number) is ``closed``, all t ≥ start.

    By induction: at ``start`` the sum is added up, and from t to t + 1 ``closed`` grows by one term.
    """

    term: str
    lower: str
    upper: str
    closed: str
    start: int = 0

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        t, i = names["t"], names["i"]
        texts = (self.term, self.lower, self.upper, self.closed)
        term, lower, upper, closed = (parse_rule(text, names) for text in texts)
        if sp.expand(upper - t).has(t):
            return Verdict.OPEN, "induction over t", None
        for value in range(self.start, self.start + 4):  # the base, and counterexamples
            first, last = int(lower), int(upper.subs(t, value))
            total = sum((term.subs(i, j) for j in range(first, last + 1)), sp.Integer(0))
            note(f"t = {value}:" + (" the base" if value == self.start else ""))
            here = equal(total, closed.subs(t, value))
            if here.holds is False:
                point = {"t": str(value), **(here.counterexample or {})}
                return Verdict.REFUTED, "induction over t", point
            if value == self.start and not here.holds:
                return Verdict.OPEN, "induction over t", None
        note("the step: from t to t + 1 the closed form grows by the next term")
        step = equal(closed.subs(t, t + 1) - closed, term.subs(i, upper.subs(t, t + 1)))
        return from_decisions("induction over t", step)

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        for t in range(max(self.start, 1), 21):
            names = random_values(names_in(self.term, self.closed), random) | {"t": t}
            first, last = (round(float(read(e, names))) for e in (self.lower, self.upper))
            total = sum(read(self.term, {**names, "i": i}) for i in range(first, last + 1))
            pairs.append((total, read(self.closed, names)))
        return same(pairs, "added up for t = 1 to 20")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, closed=m) for m in changed(self.closed))
        yield from (replace(self, term=m) for m in changed(self.term))
        yield replace(self, upper=f"{self.upper} + 1")


@dataclass(frozen=True)
class UnrolledClaim(Claim):
    """After t steps from zero a rule's variable is Σ_{τ<t} ``weight``(τ) · ``of``(g_{t−τ}).

    By induction: the weight of the newest gradient is what one step gives it, and one step multiplies
    every older weight by the same factor; both are read off the traced code.
    """

    rule: Rule
    variable: str
    weight: str
    of: str = "g"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        free = {k: symbol_of(h) for k, h in self.rule.hyperparameters.items()
                if not h.is_choice and k not in self.fixed}  # fmt: skip
        traced = trace(self.rule, step=STEP, **self.fixed, **free)
        place = self.rule.state.index(self.variable)
        old, new = traced.state[place], sp.expand(traced.new_state[place])
        tau = sp.Symbol("tau", integer=True, nonnegative=True)
        names: dict[str, Any] = {s.name: s for s in free.values()} | {"tau": tau}
        weight = parse_rule(self.weight, names)
        source = parse_rule(self.of, {"g": traced.gradient})
        factor = sp.diff(new, old)
        newest = sp.cancel((new - factor * old) / source)
        if newest.has(traced.gradient) or factor.has(old):
            return Verdict.OPEN, "induction over t", None
        note("one step of the code: {} becomes {}, so older weights are multiplied by {} and the newest "
             "is {}", old, new, factor, newest)  # fmt: skip
        pairs = [(weight.subs(tau, 0), newest), (weight.subs(tau, tau + 1), factor * weight)]
        return from_decisions("induction over t", all_equal(pairs))

    def trial(self) -> Evidence:
        rule, gradients = self.rule, np.random.default_rng(SEED).standard_normal(STEPS)
        values = numbers_for(rule, self.fixed)
        run = follow(rule, 1.0, lambda t, _: gradients[t - 1], values, (0.0,) * len(rule.state))
        *_, (_, _, state) = itertools.islice(run, STEPS)
        names = by_symbol(rule, values)
        weights = [float(read(self.weight, {**names, "tau": tau})) for tau in range(STEPS)]
        summed = sum(
            w * read(self.of, {"g": g}) for w, g in zip(weights, gradients[::-1], strict=True)
        )
        return same([(state[rule.state.index(self.variable)], summed)],
                     f"{rule.name} run for {STEPS} steps")  # fmt: skip

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, weight=m) for m in changed(self.weight))
        yield replace(self, weight=self.weight.replace("tau", "(tau + 1)"))


__all__ = ["SumClaim", "UnrolledClaim"]
