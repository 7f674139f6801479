"""Printed equations that remember more than a rule's code does, run beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_rule
from ...optimizers.rule import Rule
from ..steps import note, said
from ..trials.arithmetic import read
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim
from .first_steps import begins_elsewhere

_GRADIENTS = tuple(map(sp.Rational, ("1", "1", "-2", "3")))
_DIGITS = 40


@dataclass(frozen=True)
class PrintedRunClaim(Claim):
    """The code’s path from its start is that of the printed equations, which keep numbers of their own.

    ``printed`` is one assignment after the other for one step, in the code's names or new ones; ``memory``
    gives what the printed numbers are at first, in terms of the parameter. A run can only refute it: where a
    few exact steps agree it stays open.
    """

    rule: Rule
    printed: Mapping[str, str]
    memory: Mapping[str, str]
    settings: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "run in exact arithmetic"
        rule = self.rule
        if begins_elsewhere(rule):
            return Verdict.OPEN, "a state that begins at 0", None
        values: dict[str, Any] = {k: sp.nsimplify(v) if isinstance(v, float) else v
                                  for k, v in rule.with_defaults({}).items()}  # fmt: skip
        values |= {k: sp.Rational(v) for k, v in self.settings.items()}
        theta: Any = sp.Integer(1)
        names: dict[str, Any] = {**by_symbol(rule, values), rule.parameter: theta}
        names |= {k: parse_rule(v, names) for k, v in self.memory.items()}
        state = [sp.Integer(0) for _ in rule.state]
        for t, g in enumerate(_GRADIENTS, 1):
            theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
            names |= {"g": g, "t": sp.Integer(t)}
            for name, text in self.printed.items():
                names[name] = parse_rule(text, names)
            beside = names[rule.parameter]
            note(
                f"after step {t} the code is at {said(sp.N(theta, 8))}, the print at {said(sp.N(beside, 8))}"
            )
            if abs(sp.N(theta - beside, _DIGITS)) > sp.Float(10) ** -20:
                gradients = ", ".join(map(str, _GRADIENTS[:t]))
                return Verdict.REFUTED, method, {
                    rule.parameter: 1, "g": gradients, "t": t, "code": sp.N(theta, 8), "print": sp.N(beside, 8),
                    **self.settings,
                }  # fmt: skip
        return Verdict.OPEN, method, None

    def trial(self) -> Evidence:
        rule, draw, pairs = self.rule, np.random.default_rng(SEED), []
        values = numbers_for(rule, {k: float(read(v, {})) for k, v in self.settings.items()})
        theta, state = 1.5, [0.0 for _ in rule.state]
        names: dict[str, Any] = {**by_symbol(rule, values), rule.parameter: theta}
        names |= {k: read(v, names) for k, v in self.memory.items()}
        for t in range(1, 11):
            g = float(draw.standard_normal())
            theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
            names |= {"g": g, "t": t}
            for name, text in self.printed.items():
                names[name] = read(text, names)
            pairs.append((theta, names[rule.parameter]))
        return same(pairs, f"{rule.name} run for 10 steps beside the printed equations")


__all__ = ["PrintedRunClaim"]
