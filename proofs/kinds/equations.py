"""That the code computes what the source prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.equality import positive_norms
from ...analysis.expressions import parse_rule
from ...analysis.operands import Operand
from ...analysis.tracing import STEP, Trace, symbol_of, trace
from ...optimizers.domains import LearningRate
from ...optimizers.rule import Rule
from ..steps import all_equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions


@dataclass(frozen=True)
class EquationsClaim(Claim):
    """What the code computes is, for all inputs and every step t, what the source prints.

    ``printed`` is the source's algorithm, one assignment after the other: names of the rule's own
    variables or new ones, each given in what stands before it, ``g`` being the gradient. ``point``
    is where the gradient is taken, by default at the parameter. Hyperparameters that are
    not in ``fixed`` stay symbols. With ``positive_norms`` no norm is zero.
    """

    rule: Rule
    printed: Mapping[str, str]
    point: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    positive_norms: bool = False

    def decide(self) -> tuple[Verdict, str, Any]:
        traced, free = _traced(self.rule, tuple(self.fixed.items()))
        names: dict[str, Any] = {s.name: s for s in free.values()} | {"t": STEP}
        names |= {s.name: s for s in (traced.theta, traced.gradient, *traced.state)}
        functions = {"A": A_FUNCTION, "S": S_FUNCTION}
        point = parse_rule(self.point or self.rule.parameter, names)
        note(f"the code of {self.rule.name} is run on symbols, hyperparameters and t among them")
        for name, text in self.printed.items():
            names[name] = parse_rule(text, names, functions)
            note("printed: {} = {}", name, text)
        computed = dict(zip((*self.rule.state, self.rule.parameter),
                            (*traced.new_state, traced.new_theta), strict=True))  # fmt: skip
        pairs = [(computed[k], names[k]) for k in computed]
        pairs.append((traced.gradient_point, point))
        if self.positive_norms:
            pairs = [(positive_norms(a), positive_norms(b)) for a, b in pairs]
        elements = (traced.theta, traced.gradient, *traced.state)
        return from_decisions("identity of the traced code", all_equal(pairs, elements))

    def trial(self) -> Evidence:
        rule, random = self.rule, np.random.default_rng(SEED)
        values = numbers_for(rule, self.fixed, conventions=True)
        theta = random.standard_normal(5) + 2
        state = tuple(np.asarray(s) for s in rule.initial_state(theta, values))
        functions = {"A": sample_step, "S": sample_state}
        pairs = []
        for t in range(1, STEPS + 1):
            g = random.standard_normal(5)
            names: dict[str, Any] = {
                **by_symbol(rule, values),
                "t": t,
                "g": g,
                rule.parameter: theta,
            }
            names |= dict(zip(rule.state, state, strict=True))
            with np.errstate(all="ignore"):
                coefficients = rule.coefficients(t, values)
                point = rule.gradient_point(theta, *state, **coefficients)
                pairs.append((point, read(self.point or rule.parameter, names)))
                for name, text in self.printed.items():
                    names[name] = read(text, names, functions)
                theta, *rest = rule(theta, g, *state, **coefficients)
                state = tuple(rest)
            pairs += [(theta, names[rule.parameter])]
            pairs += [(s, names[k]) for k, s in zip(rule.state, state, strict=True)]
        return same(pairs, f"{rule.name} run for {STEPS} steps beside the printed equations")

    def mutants(self) -> Iterator[Claim]:
        for key, value in self.printed.items():
            yield from (replace(self, printed={**self.printed, key: m}) for m in changed(value))
        point = self.point or self.rule.parameter
        yield from (replace(self, point=m) for m in changed(point))


@lru_cache(maxsize=64)
def _traced(rule: Rule, fixed: tuple[tuple[str, Any], ...]) -> tuple[Trace, dict[str, sp.Symbol]]:
    """A rule traced at a symbolic step, and the symbols of the hyperparameters that are not fixed."""
    given = dict(fixed)
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.is_choice and k not in given and k not in rule.fixed}  # fmt: skip
    return trace(rule, step=STEP, **given, **free), free


def sample_step(theta: Any, g: Any, s: Any, lr: Any) -> Any:
    """The step that stands for A where :data:`any_rule` is run on numbers."""
    return theta - lr * (g + s)


def sample_state(theta: Any, g: Any, s: Any, lr: Any) -> Any:
    """The same for S."""
    return 0.9 * s + g - lr * theta


def _opaque(theta: Any, g: Any, s: Any, *, lr: LearningRate = 0.01) -> Any:
    if hasattr(
        type(theta), "applied"
    ):  # an exported term: functions of which nothing is known, by name
        return theta.applied("A", g, s, lr), theta.applied("F", g, s, lr)
    symbolic = isinstance(theta, sp.Basic | Operand)
    step, state = (A_FUNCTION, S_FUNCTION) if symbolic else (sample_step, sample_state)
    return step(theta, g, s, lr), state(theta, g, s, lr)


A_FUNCTION, S_FUNCTION = sp.Function("A"), sp.Function("S")
_opaque.__name__ = "any_rule"
any_rule = Rule(_opaque, source="stands for every rule with one state variable")
"""A rule about which nothing is known: what is proved of it holds for every inner rule."""


__all__ = ["A_FUNCTION", "S_FUNCTION", "EquationsClaim", "any_rule", "sample_state", "sample_step"]
