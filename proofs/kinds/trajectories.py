"""That two forms of a rule take the same path where the learning rate changes from step to step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse, parse_defined
from ...analysis.linear.stability import domain_relations
from ...analysis.tracing import ETA, trace
from ...optimizers.rule import Rule
from ..steps import decide, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, identity
from .first_steps import begins_elsewhere
from .names import changes_with_t

_BEFORE = sp.Symbol("eta_before", positive=True)
_RATES = tuple(map(sp.Rational, ("1/10", "1/20", "1/5", "1/7")))


@dataclass(frozen=True)
class ChangingRateClaim(Claim):
    """Two rules that are linear in state, parameter and gradient take the same path, whatever η is at each step.

    ``change`` gives the second rule's state and parameter in the first's and in ``eta``, the learning rate of
    the step that was last made. ``each`` gives hyperparameters of the second at each step, typed in symbols,
    ``eta`` and ``eta_before``. Proved where the change of state after a step is that of the state before it
    (A₂(η)S(η₋) = S(η)A₁(η), and so for B and C), and both begin with a state of 0. Refuted by steps from
    there at which the two part.
    """

    first: Rule
    second: Rule
    change: tuple[str, ...]
    first_fixed: Mapping[str, Any] = field(default_factory=dict)
    second_fixed: Mapping[str, Any] = field(default_factory=dict)
    each: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        if any(begins_elsewhere(rule) for rule in (self.first, self.second)):
            return Verdict.OPEN, "a state that begins at 0", None
        if any(map(changes_with_t, (self.first, self.second))):
            return Verdict.OPEN, "steps that change with t", None
        if parted := self._parts():
            return Verdict.REFUTED, "run in rational arithmetic", parted
        one = trace(self.first, **self.first_fixed)
        symbols: dict[str, Any] = {s.name: s for s in one.free.values()}
        symbols |= {"eta": ETA, "eta_before": _BEFORE}
        each = {k: parse(text, symbols) for k, text in self.each.items()}
        two = trace(self.second, **self.second_fixed, **each)
        p, q = one.system, two.system
        if p.order != q.order or len(self.change) != p.order:
            rows = {"variables": f"{p.order} and {q.order}", "rows": str(len(self.change))}
            return Verdict.REFUTED, "comparison of the states", rows
        typed = [
            parse_defined(row, {**symbols, **{s.name: s for s in p.state}}) for row in self.change
        ]
        domain = [*domain_relations([self.first.hyperparameters[k] for k in one.free])]
        if not all(decide(domain, n).holds for row in typed for n in row.needs):
            return Verdict.OPEN, "the change of state is not a number for all hyperparameters", None
        rows = [row.value for row in typed]
        if any(row.subs(dict.fromkeys(p.state, 0)) != 0 for row in rows):
            return Verdict.OPEN, "a change of state with a constant is not linear", None
        after = sp.Matrix([[sp.diff(row, x) for x in p.state] for row in rows])
        if after.free_symbols & set(p.state):
            return Verdict.OPEN, "the change of state is not linear", None
        before = after.subs(ETA, _BEFORE)
        note("S = {} after a step, {} before it: A₂S₋ = SA₁, B₂ = SB₁, C₂S₋ = C₁", after, before)
        pairs = [*zip(q.A * before, after * p.A, strict=True), *zip(q.B, after * p.B, strict=True),
                 *zip(q.C * before, p.C, strict=True)]  # fmt: skip
        verdict, method, _ = identity(pairs)
        held = verdict is Verdict.PROVED and sp.expand(after.det()) != 0
        return Verdict.PROVED if held else Verdict.OPEN, method, None

    def _parts(self) -> dict[str, Any] | None:
        """Where the two part on ½x² from x = 1, at rates that change."""
        beta = sp.Rational(1, 3)
        sides: list[list[Any]] = []
        for rule, fixed, each in (
            (self.first, self.first_fixed, {}),
            (self.second, self.second_fixed, self.each),
        ):
            theta, state, path, before = (
                sp.Integer(1),
                (sp.Integer(0),) * len(rule.state),
                [],
                _RATES[0],
            )
            tried = {"beta": beta} if "beta" in rule.hyperparameters else {}
            for t, rate in enumerate(_RATES, 1):
                values = {k: sp.nsimplify(v) if isinstance(v, float) else v
                          for k, v in {**rule.with_defaults({}), **tried, **fixed, "lr": rate}.items()}  # fmt: skip
                at = {"beta": beta, "eta": rate, "eta_before": before}
                values |= {k: parse(text, at) for k, text in each.items()}
                coefficients = rule.coefficients(t, values)
                point = rule.gradient_point(theta, *state, **coefficients)
                theta, *rest = rule(theta, point, *state, **coefficients)
                state, before = tuple(rest), rate
                path.append(sp.sympify(theta))
            sides.append(path)
        for t, (a, b) in enumerate(zip(*sides, strict=True), 1):
            if a != b:
                rates = ", ".join(map(str, _RATES[:t]))
                return {"f": "x^2/2", "beta": beta, "eta": rates, "t": t, "first": a, "second": b}
        return None

    def trial(self) -> Evidence:
        draw = np.random.default_rng(SEED)
        gradients, rates = draw.standard_normal(STEPS), draw.uniform(0.01, 0.5, STEPS)
        paths: list[list[float]] = []
        for rule, fixed, each in (
            (self.first, self.first_fixed, {}),
            (self.second, self.second_fixed, self.each),
        ):
            theta, state, path, before = 1.5, (0.0,) * len(rule.state), [], rates[0]
            for t, (g, rate) in enumerate(zip(gradients, rates, strict=True), 1):
                values = numbers_for(rule, {**fixed, "lr": rate})
                names = {**by_symbol(rule, values), "eta": rate, "eta_before": before}
                values |= {k: read(text, names) for k, text in each.items()}
                theta, *rest = rule(theta, g, *state, **rule.coefficients(t, values))
                state, before = tuple(rest), rate
                path.append(theta)
            paths.append(path)
        return same([(paths[0], paths[1])], f"both run for {STEPS} steps at random rates")

    def mutants(self) -> Iterator[Claim]:
        for key, text in self.each.items():
            yield from (replace(self, each={**self.each, key: m}) for m in changed(text))
        if self.each:
            yield replace(self, each={})


__all__ = ["ChangingRateClaim"]
