"""That a layer-wise rule computes what its source prints, whatever function φ gives the length of a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.definedness import ALWAYS, Defined
from ...analysis.expressions import parse_defined
from ...analysis.linear.stability import domain_relations
from ...analysis.tracing import STEP, symbol_of, trace
from ...optimizers.rule import Rule
from ..steps import all_equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .equations import with_norms
from .names import NameCollision


@dataclass(frozen=True)
class AnyLengthClaim(Claim):
    """What the code computes at every step t is what the source prints for every φ, where no norm is 0.

    A step asks for φ at ‖θ‖ alone, so its φ may be taken as the constant p = φ(‖θ‖), for every p > 0. The
    code has that φ as the one that is clipped to [p, p]. ``printed`` is the source's algorithm with ``p``.
    """

    rule: Rule
    printed: Mapping[str, str]

    def decide(self) -> tuple[Verdict, str, Any]:
        numbers = self.rule.hyperparameters
        for name in ("phi", "phi_lower", "phi_upper"):
            self.rule._check_name(name)
        for name in self.printed:
            if name in ("p", "t") or name in {h.symbol for h in numbers.values()}:
                raise NameCollision(
                    f"claim {self.id}: the printed {name} = … would take the place of another {name}"
                )
        p = symbol_of(numbers["phi_upper"])
        fixed = {"phi": "clipped", "phi_lower": p, "phi_upper": p}
        free = {k: symbol_of(h) for k, h in numbers.items()
                if not h.is_choice and k not in fixed and k not in self.rule.fixed}  # fmt: skip
        given = trace(self.rule, step=STEP, **fixed, **free)
        names: dict[str, Any] = {numbers[k].symbol: s for k, s in free.items()} | {
            "t": STEP,
            "p": p,
        }
        elements = (given.theta, given.gradient, *given.state)
        names |= {s.name: s for s in elements}
        note(f"the code of {self.rule.name} is run on symbols, φ clipped to [p, p]")
        for name, text in self.printed.items():
            names[name] = parse_defined(text, names)
            note("printed: {} = {}", name, text)
        computed = zip((*self.rule.state, self.rule.parameter), (*given.new_state, given.new_theta),
                       strict=True)  # fmt: skip
        pairs = [
            (_at_length(Defined(a, given.needs.get(k, ALWAYS)), p), with_norms(names[k]))
            for k, a in computed
        ]
        domain = domain_relations([numbers[k] for k in free])
        found = all_equal(pairs, elements, domain)
        return from_decisions("identity of the traced code", found)

    def trial(self) -> Evidence:
        """With other lengths at every step, as a φ would give them."""
        rule, draw, pairs = self.rule, np.random.default_rng(SEED), []
        theta = draw.standard_normal(5) + 2
        state: list[Any] = list(rule.initial_state(theta, numbers_for(rule, {}, conventions=True)))
        for t in range(1, STEPS + 1):
            g, p = draw.standard_normal(5), float(draw.uniform(0.1, 3))
            values = numbers_for(
                rule, {"phi": "clipped", "phi_lower": p, "phi_upper": p}, conventions=True
            )
            names: dict[str, Any] = {
                **by_symbol(rule, values),
                "t": t,
                "g": g,
                "p": p,
                rule.parameter: theta,
            }
            names |= dict(zip(rule.state, state, strict=True))
            for name, text in self.printed.items():
                names[name] = read(text, names)
            theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
            pairs += [(theta, names[rule.parameter])]
            pairs += [(s, names[k]) for k, s in zip(rule.state, state, strict=True)]
        return same(pairs, f"{rule.name} run for {STEPS} steps beside the printed equations")

    def mutants(self) -> Iterator[Claim]:
        for key, value in self.printed.items():
            yield from (replace(self, printed={**self.printed, key: m}) for m in changed(value))


def _at_length(computed: Defined, p: Any) -> Defined:
    """What is computed and its needs where no norm is 0 and φ is p."""
    found = with_norms(computed)
    needs = frozenset(m for n in found.needs if (m := _at_one_length(n, p)) != sp.true)
    return Defined(_at_one_length(found.value, p), needs)


def _at_one_length(expression: Any, p: Any) -> Any:
    """min(max(z, p), p) is p."""

    def clipped(e: Any) -> bool:
        bounds = (sp.Min, sp.Max), (sp.Max, sp.Min)
        return any(isinstance(e, outer) and p in e.args
                   and all(a == p or (isinstance(a, inner) and p in a.args) for a in e.args)
                   for outer, inner in bounds)  # fmt: skip

    return sp.sympify(expression).replace(clipped, lambda e: p)


__all__ = ["AnyLengthClaim"]
