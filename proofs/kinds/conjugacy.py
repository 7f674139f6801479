"""That two forms of a rule take their gradients along the same path."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_defined
from ...analysis.linear.stability import domain_relations
from ...analysis.simulation import follow
from ...analysis.tracing import ETA, STEP, trace
from ...optimizers.compositions import at_gradient_point
from ...optimizers.rule import Rule
from ..steps import decide, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions, identity
from .coefficients import step_of_another_coefficient
from .equations import starts

_STEPS = 300


@dataclass(frozen=True)
class ConjugacyClaim(Claim):
    """Two rules trace the same path of gradient points after a linear change of state.

    The change maps the first rule's ξ = (state, θ) to the second's; S is given row by row in the
    first rule's variables. Proved when at every step t A₂S = SA₁, B₂ = SB₁ and C₂S = C₁, S is invertible
    for η > 0 and does not change with t, and takes the first rule’s start to the second’s.
    """

    first: Rule
    second: Rule
    change: tuple[str, ...]
    first_fixed: Mapping[str, Any] = field(default_factory=dict)
    second_fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        one = trace(self.first, step=STEP, **self.first_fixed)
        two = trace(self.second, step=STEP, **self.second_fixed)
        symbols = {s.name: s for s in (*one.free.values(), *one.system.state)} | {"eta": ETA}
        if one.system.order != two.system.order or len(self.change) != one.system.order:
            orders = f"{one.system.order} and {two.system.order}"
            return (
                Verdict.REFUTED,
                "comparison of the states",
                {"variables": orders, "rows": str(len(self.change))},
            )
        if any(
            map(_hides_steps, ((self.first, self.first_fixed), (self.second, self.second_fixed)))
        ):
            return Verdict.OPEN, "the code run on numbers is not the traced one", None
        typed = [parse_defined(row, symbols) for row in self.change]
        rows = [row.value for row in typed]
        s = sp.Matrix([[sp.diff(row, x) for x in one.system.state] for row in rows])
        note("the two codes traced: A = {}, {}; B = {}, "
             "{}; C = {}, {}", one.system.A, two.system.A, one.system.B, two.system.B, one.system.C, two.system.C)  # fmt: skip
        note(
            "change of state S = {}: A₂S = SA₁, B₂ = SB₁, C₂S = C₁ entry by entry, and det S ≠ 0", s
        )
        # A linear change has no constant term.
        at_zero = [(row.subs(dict.fromkeys(one.system.state, 0)), sp.Integer(0)) for row in rows]
        p, q = one.system, two.system
        pairs = [*zip(q.A * s, s * p.A, strict=True), *zip(q.B, s * p.B, strict=True),
                 *zip(q.C * s, p.C, strict=True)]  # fmt: skip
        if s.free_symbols & {STEP, *p.state}:
            return Verdict.OPEN, "the change of state is not linear, or changes with t", None
        free = [self.first.hyperparameters[k] for k in one.free]
        invertible = decide(
            [*domain_relations(free), sp.Gt(ETA, 0, evaluate=False)],
            sp.Ne(s.det(), 0, evaluate=False),
        )
        everywhere = [*domain_relations(free), sp.Gt(ETA, 0, evaluate=False)]
        defined = [decide(everywhere, n) for row in typed for n in row.needs]
        if not all(d.holds for d in defined):
            return from_decisions("the change of state is not defined", *defined)
        if not invertible.holds:
            return from_decisions("the change of state is not invertible", invertible)
        note("the start of the first form, changed by S, is that of the second")
        begun = dict(zip(p.state[:-1], starts(one).values(), strict=True))
        *others, theta = (row.subs(begun) for row in rows)
        known = {two.theta: theta}
        start = [
            (other, of.subs(known)) for other, of in zip(others, starts(two).values(), strict=True)
        ]
        return identity([*at_zero, *start, *pairs])

    def trial(self) -> Evidence:
        random = np.random.default_rng(SEED)
        gradients, theta = random.standard_normal(_STEPS), 1.5
        one = numbers_for(self.first, self.first_fixed)
        two = numbers_for(self.second, {**{k: v for k, v in one.items() if k not in self.first_fixed},
                                       **self.second_fixed})  # fmt: skip
        anywhere = tuple(random.standard_normal(len(self.first.state)))
        pairs: list[tuple[Any, Any]] = []
        for state in (anywhere, self.first.initial_state(theta, one)):
            names = {**by_symbol(self.first, one), self.first.parameter: theta}
            names |= dict(zip(self.first.state, state, strict=True))
            *other, start = [float(read(row, names)) for row in self.change]
            begun = tuple(other) if state is anywhere else self.second.initial_state(start, two)
            pairs.append((_points_of_gradient(self.first, one, theta, state, gradients),
                          _points_of_gradient(self.second, two, start, begun, gradients)))  # fmt: skip
        return same(pairs, f"both forms run for {_STEPS} steps, from their start and from another")

    def mutants(self) -> Iterator[Claim]:
        for i, row in enumerate(self.change):
            for m in changed(row):
                rows = list(self.change)
                rows[i] = m
                yield replace(self, change=tuple(rows))


def _hides_steps(of: tuple[Rule, Mapping[str, Any]]) -> bool:
    """Whether code computes other coefficients from plain numbers than from symbols."""
    rule, fixed = of
    return step_of_another_coefficient(rule, {k: v for k, v in fixed.items() if isinstance(v, str | float | int)
                                              and v not in rule.hyperparameters}) is not None  # fmt: skip


@dataclass(frozen=True)
class StoredPointClaim(Claim):
    """Storing the gradient's point y instead of θ is a change of variable, for the code that runs.

    The rule that the torch optimizer runs is traced too: with y = Cξ its system is, at every step t,
    conjugate to the rule's own, its gradient is taken at the stored parameter, and both begin at the
    same point. The point is stored one step before its gradient is taken, so C must not change with t.
    """

    rule: Rule

    def decide(self) -> tuple[Verdict, str, Any]:
        given, other = trace(self.rule, step=STEP), trace(_stored(self.rule), step=STEP)
        own, stored = given.system, other.system
        note("the rule’s system: A = {}, B = {}, C = {}; of the one that stores the "
             "gradient’s point: A = {}, B = {}, C = {}", own.A, own.B, own.C, stored.A, stored.B, stored.C)  # fmt: skip
        note("C is the same at t + 1; both begin at θ, with the same state; and they are conjugate by S, "
             "whose last row is C: entry by entry")  # fmt: skip
        n = own.order
        s = sp.Matrix.vstack(sp.eye(n)[:-1, :], own.C)
        at_parameter = sp.eye(n)[-1:, :]
        begun = starts(given)
        first = sp.Matrix([*begun.values(), given.theta])
        beside = [v.subs(other.theta, given.theta) for v in starts(other).values()]
        return identity([*zip(own.C, own.C.subs(STEP, STEP + 1), strict=True),
                         *zip(s * first, (*beside, given.theta), strict=True),
                         *zip(stored.A * s, s * own.A, strict=True),
                         *zip(stored.B, s * own.B, strict=True),
                         *zip(stored.C, at_parameter, strict=True)])  # fmt: skip

    def trial(self) -> Evidence:
        gradients = np.random.default_rng(SEED).standard_normal(_STEPS)
        rule, stored = self.rule, at_gradient_point(self.rule)
        values = numbers_for(rule, {})
        path, beside = (
            _points_of_gradient(r, values, 1.0, r.initial_state(1.0, values), gradients)
            for r in (rule, stored)
        )
        return same([(path, beside)], f"both forms run for {_STEPS} steps from the start")


def _stored(rule: Rule) -> Rule:
    return at_gradient_point(rule)


def _points_of_gradient(
    rule: Rule,
    values: dict[str, Any],
    theta: float,
    state: tuple[float, ...],
    gradients: np.ndarray,
) -> list[float]:
    run = follow(rule, theta, lambda t, _: gradients[t - 1], values, state)
    return [point for point, _, _ in itertools.islice(run, len(gradients))]


__all__ = ["ConjugacyClaim", "StoredPointClaim"]
