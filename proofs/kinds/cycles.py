"""That a rule runs in a circle."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from ...analysis.expressions import parse_rule
from ...analysis.simulation import follow
from ...optimizers.rule import Rule
from ..steps import note, said
from ..trials.arithmetic import read
from ..trials.evidence import Evidence, same
from ..trials.rules import numbers_for
from ..verdict import Verdict
from .claim import Claim


@dataclass(frozen=True)
class CycleClaim(Claim):
    """The rule runs through ``points`` for ever on a function with a piecewise linear gradient.

    ``gradient`` is typed in x. Decided by running the rule's code in rational arithmetic: after as many
    steps as there are points, parameter and state are what they were. The state at the start is that
    which the last point and the first give a rule with θ⁺ = θ − ηv.
    """

    rule: Rule
    gradient: str
    settings: Mapping[str, str]
    points: tuple[str, ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        values = {k: sp.Rational(v) for k, v in self.settings.items()}
        full = {**self.rule.with_defaults({}), **values}
        full = {k: sp.Integer(0) if v == 0.0 else v for k, v in full.items()}
        points = [sp.Rational(p) for p in self.points]
        theta, state = points[0], ((points[-1] - points[0]) / values["lr"],)
        start = (theta, *state)
        seen = []
        for t in range(1, len(points) + 1):
            x = sp.Symbol("x", real=True)
            g = sp.piecewise_fold(parse_rule(self.gradient, {"x": x})).subs(x, theta)
            theta, *state = self.rule(theta, g, *state, **self.rule.coefficients(t, full))
            seen.append(theta)
        note(
            f"the code run from {said(points[0])} with state {said(start[1])}: {', '.join(said(p) for p in seen)}"
        )
        expected = [*points[1:], points[0]]
        if seen == expected and (theta, *state) == start:
            return Verdict.PROVED, "run in rational arithmetic", None
        return Verdict.REFUTED, "run in rational arithmetic", {"visits": str(seen)}

    def trial(self) -> Evidence:
        rule, values = (
            self.rule,
            numbers_for(self.rule, {k: _fraction(v) for k, v in self.settings.items()}),
        )
        points = [_fraction(p) for p in self.points]
        state = ((points[-1] - points[0]) / values["lr"],)
        run = follow(
            rule, points[0], lambda _, x: float(read(self.gradient, {"x": x})), values, state
        )
        seen = [theta for _, theta, _ in itertools.islice(run, 10 * len(points))]
        expected = ([*points[1:], points[0]] * 10)[: len(seen)]
        return same([(seen, expected)], f"{rule.name} run for {len(seen)} steps")

    def mutants(self) -> Iterator[Claim]:
        for key, value in self.settings.items():
            yield replace(self, settings={**self.settings, key: f"1{value}"})
        for i, point in enumerate(self.points):
            moved = (*self.points[:i], f"{point}1", *self.points[i + 1 :])
            yield replace(self, points=moved)
        yield replace(self, gradient=self.gradient.replace("24", "23"))


def _fraction(text: str) -> float:
    return float(read(text, {}))


__all__ = ["CycleClaim"]
