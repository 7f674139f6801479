"""That a rule runs in a circle."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from ...analysis.expressions import parse_rule
from ...analysis.simulation import follow
from ...analysis.tracing import exact
from ...optimizers.errors import Missing
from ...optimizers.rule import Rule
from ..steps import note, said
from ..trials.arithmetic import read
from ..trials.evidence import Evidence, same
from ..trials.rules import numbers_for
from ..verdict import Verdict
from .claim import Claim
from .names import changes_with_t


@dataclass(frozen=True)
class CycleClaim(Claim):
    """The rule runs through ``points`` for ever on a convex function with a piecewise linear gradient.

    ``gradient`` is typed in x; it is continuous, and its slopes lie in [mu, L] where those are given, and are
    ≥ 0 else. Decided by running the rule's code, which must not change with t, in rational arithmetic:
    after as many steps as there are points, parameter and state are what they were. The rule has one state
    variable; at the start it is what the last point and the first give a rule with θ⁺ = θ − ηv.
    """

    rule: Rule
    gradient: str
    settings: Mapping[str, str]
    points: tuple[str, ...]
    mu: str = "0"
    L: str | None = None

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "run in rational arithmetic"
        x = sp.Symbol("x", real=True)
        if "lr" not in self.settings or not self.points:
            raise Missing("lr among the settings" if self.points else "points", "a number")
        self.rule.check({k: _fraction(v) for k, v in self.settings.items()})
        gradient = sp.piecewise_fold(parse_rule(self.gradient, {"x": x}))
        if wrong := self._no_such_function(gradient, x):
            return Verdict.REFUTED, method, wrong
        if len(self.rule.state) != 1 or changes_with_t(self.rule, self.settings):
            return (
                Verdict.OPEN,
                f"{method}: {self.rule.name} has another state, or changes with t",
                None,
            )
        values = {k: sp.Rational(v) for k, v in self.settings.items()}
        full = {**self.rule.with_defaults({}), **values}
        full = {k: exact(v) if isinstance(v, float) else v for k, v in full.items()}
        points = [sp.Rational(p) for p in self.points]
        theta, state = points[0], ((points[-1] - points[0]) / values["lr"],)
        start = (theta, *state)
        seen = []
        for t in range(1, len(points) + 1):
            g = gradient.subs(x, theta)
            theta, *state = self.rule(theta, g, *state, **self.rule.coefficients(t, full))
            seen.append(theta)
        note(
            f"the code run from {said(points[0])} with state {said(start[1])}: {', '.join(said(p) for p in seen)}"
        )
        expected = [*points[1:], points[0]]
        if seen == expected and (theta, *state) == start:
            return Verdict.PROVED, method, None
        return Verdict.REFUTED, method, {"visits": str(seen)}

    def _no_such_function(self, gradient: Any, x: sp.Symbol) -> dict[str, Any] | None:
        """Where the gradient is none of such a function; None where it is one everywhere."""
        relations = gradient.atoms(sp.core.relational.Relational)
        ends = sorted({s for r in relations for s in r.args if s.is_Rational})
        if any(
            r.args.count(x) != 1 or not all(s == x or s.is_Rational for s in r.args)
            for r in relations
        ) or gradient.has(sp.Mod, sp.sign, sp.Abs, sp.Max, sp.Min):
            return {"gradient": "not in pieces between numbers"}
        inside = (
            [ends[0] - 1, *((a + b) / 2 for a, b in itertools.pairwise(ends)), ends[-1] + 1]
            if ends
            else [0]
        )
        pieces = [_piece_at(gradient, x, at) for at in inside]
        least, most = sp.Rational(self.mu), None if self.L is None else sp.Rational(self.L)
        for at, piece in zip(inside, pieces, strict=True):
            slope = sp.diff(piece, x)
            if not slope.is_Rational:
                return {"x": at, "gradient": f"{piece} is not linear"}
            if slope < least or (most is not None and slope > most):
                return {"x": at, "slope": slope}
        for end, (a, b) in zip(ends, itertools.pairwise(pieces), strict=True):
            there = gradient.subs(x, end)
            if not a.subs(x, end) == b.subs(x, end) == there:
                return {"x": end, "gradient": f"jumps from {a.subs(x, end)} to {b.subs(x, end)}"}
        return None

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


def _piece_at(gradient: Any, x: sp.Symbol, at: Any) -> Any:
    """The formula that holds around a point."""
    if not isinstance(gradient, sp.Piecewise):
        return gradient
    return next(value for value, when in gradient.args if when.subs(x, at) == sp.true)


def _fraction(text: str) -> float:
    return float(read(text, {}))


__all__ = ["CycleClaim"]
