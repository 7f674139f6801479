"""That a rule's path is rescaled where its problem is, ε and all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_defined
from ...analysis.tracing import STEP, symbol_of, trace
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import all_equal, note
from ..trials.arithmetic import read
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions

_C = sp.Dummy("c", positive=True)


@dataclass(frozen=True)
class RescalingClaim(Claim):
    """A step from rescaled parameter, gradient and state is the step rescaled, for every c > 0 and at every t.

    ``factors`` are typed in c, for the parameter, the gradient g and the state; squares in the state are
    positive. Hyperparameters stay what they are, ε > 0 among them unless ``fixed`` sets it to 0.
    """

    rule: Rule
    factors: Mapping[str, str]
    fixed: Mapping[str, Any] = field(default_factory=dict)
    squares: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        free = {k: symbol_of(h) for k, h in self.rule.hyperparameters.items()
                if not h.is_choice and k not in self.fixed and k not in self.rule.fixed}  # fmt: skip
        traced = trace(self.rule, step=STEP, **self.fixed, **free)
        known = (traced.theta, traced.gradient, *traced.state)
        for name in (*self.factors, *self.squares):
            if name not in (own := [s.name for s in known]):
                raise UnknownName(f"variable of {self.rule.name}", name, own)
        positive = {s: sp.Symbol(s.name, positive=True) for s in known if s.name in self.squares}
        positive |= {s: sp.Symbol(s.name, positive=True) for s in free.values()}
        typed = {s: parse_defined(self.factors.get(s.name, "1"), {"c": _C}) for s in known}
        if any(f.needs for f in typed.values()):
            return Verdict.OPEN, "a factor that is not a number for every c", None
        factors = {s: f.value for s, f in typed.items()}
        note(", ".join(f"{s} becomes {f}·{s}" for s, f in factors.items()))
        image = {s: f * s for s, f in factors.items()}
        pairs = []
        for new, old in zip(
            (*traced.new_state, traced.new_theta), (*traced.state, traced.theta), strict=True
        ):
            moved = sp.sympify(new).subs(image, simultaneous=True)
            pairs.append((moved.subs(positive), (factors[old] * sp.sympify(new)).subs(positive)))
        elements = tuple(positive.get(s, s) for s in known)
        return from_decisions("identity of the traced code", all_equal(pairs, elements))

    def trial(self) -> Evidence:
        rule, draw, pairs = self.rule, np.random.default_rng(SEED), []
        values = numbers_for(rule, self.fixed)
        for c in (0.2, 3.0):
            at = {k: float(read(self.factors.get(k, "1"), {"c": c}))
                  for k in (rule.parameter, rule.gradient, *rule.state)}  # fmt: skip
            theta = draw.standard_normal(5)
            state = [draw.uniform(0.5, 1, 5) if k in self.squares else draw.standard_normal(5)
                     for k in rule.state]  # fmt: skip
            beside, other = (
                at[rule.parameter] * theta,
                [at[k] * s for k, s in zip(rule.state, state, strict=True)],
            )
            for t in range(1, STEPS + 1):
                g, coefficients = draw.standard_normal(5), rule.coefficients(t, values)
                theta, *state = rule(theta, g, *state, **coefficients)
                beside, *other = rule(beside, at[rule.gradient] * g, *other, **coefficients)
                pairs.append((at[rule.parameter] * theta, beside))
        return same(pairs, f"{rule.name} and its image run for {STEPS} steps")

    def mutants(self) -> Iterator[Claim]:
        for name, factor in self.factors.items():
            yield replace(self, factors={**self.factors, name: f"c*({factor})"})
            yield replace(self, factors={**self.factors, name: "1"})


__all__ = ["RescalingClaim"]
