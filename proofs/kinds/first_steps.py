"""What a rule's first steps are, where a source writes them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_defined
from ...analysis.linear.stability import domain_relations
from ...analysis.tracing import STEP, symbol_of, trace
from ...optimizers.domains import Integers, require
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import all_equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .equations import starts


@dataclass(frozen=True)
class FirstStepsClaim(Claim):
    """After its steps 1, 2, … from its start a rule's ``variable`` is ``printed`` by step.

    The gradients are g1, g2, …; g0 is one that the rule has not seen. Steps that are not in ``printed`` are
    run, and said nothing of. Decided by running the code on symbols, step after step.
    """

    rule: Rule
    variable: str
    printed: Mapping[int, str]
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        if self.variable not in (known := (*self.rule.state, self.rule.parameter)):
            raise UnknownName(f"variable of {self.rule.name}", self.variable, known)
        if not self.printed:
            return Verdict.OPEN, "the code run on symbols: nothing is printed", None
        for t in self.printed:
            require(Integers(1), t=t)
        if begins_elsewhere(self.rule):
            return Verdict.OPEN, "a state that begins at 0", None
        free = {k: symbol_of(h) for k, h in self.rule.hyperparameters.items()
                if not h.is_choice and k not in self.fixed and k not in self.rule.fixed}  # fmt: skip
        gradients = [sp.Symbol(f"g{i}", real=True) for i in range(max(self.printed) + 1)]
        names: dict[str, Any] = {self.rule.hyperparameters[k].symbol: s for k, s in free.items()}
        names |= {g.name: g for g in gradients}
        at: dict[Any, Any] = {}
        pairs = []
        for t, g in enumerate(gradients[1:], 1):
            traced = trace(self.rule, step=t, **self.fixed, **free)
            at = at or dict.fromkeys(traced.state, sp.Integer(0))
            after = (*traced.new_state, traced.new_theta)
            values = [sp.sympify(e).subs({**at, traced.gradient: g}) for e in after]
            at = dict(zip((*traced.state, traced.theta), values, strict=True))
            found = dict(zip((*self.rule.state, self.rule.parameter), values, strict=True))
            if t in self.printed:
                note(f"after step {t} the code has {{}}", sp.expand(found[self.variable]))
                pairs.append((parse_defined(self.printed[t], names), found[self.variable]))
        domain = domain_relations([self.rule.hyperparameters[k] for k in free])
        return from_decisions("the code run on symbols", all_equal(pairs, None, domain))

    def trial(self) -> Evidence:
        rule, draw, pairs = self.rule, np.random.default_rng(SEED), []
        values = numbers_for(rule, self.fixed)
        for _ in range(20):
            theta, gradients = 1.5, draw.standard_normal(max(self.printed) + 1)
            state: list[Any] = list(rule.initial_state(theta, values))
            names = {**by_symbol(rule, values), **{f"g{i}": g for i, g in enumerate(gradients)}}
            for t, g in enumerate(gradients[1:], 1):
                theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
                seen = dict(zip((*rule.state, rule.parameter), (*state, theta), strict=True))
                if t in self.printed:
                    pairs.append((seen[self.variable], read(self.printed[t], names)))
        return same(pairs, f"{rule.name} run for its first steps 20 times")

    def mutants(self) -> Iterator[Claim]:
        for t, text in self.printed.items():
            yield from (replace(self, printed={**self.printed, t: m}) for m in changed(text))


def begins_elsewhere(rule: Rule) -> bool:
    """Whether a rule's state is not 0 before its first step, for some parameter or hyperparameters."""
    if not rule.initial:
        return False
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.is_choice and k not in rule.fixed}  # fmt: skip
    return any(s != 0 for s in starts(trace(rule, step=STEP, **free)).values())


__all__ = ["FirstStepsClaim"]
