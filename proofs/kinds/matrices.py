"""What the iteration matrix is, and its powers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.definedness import value_of
from ...analysis.expressions import parse_defined
from ...analysis.linear.stability import domain_relations
from ...analysis.simulation import simulate
from ...analysis.tracing import ETA, LAMBDA, STEP
from ...optimizers.rule import Rule
from ..steps import note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, identity
from .names import changes_with_t


@dataclass(frozen=True)
class MatrixClaim(Claim):
    """The iteration matrix on ½λx² is the printed one."""

    rule: Rule
    printed: tuple[tuple[str, ...], ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"the matrix of {self.rule.name} changes with t", None
        theory = derive(self.rule)
        note("derived from the code: R = {}", theory.matrix)
        widths = {len(row) for row in self.printed}
        if {len(self.printed)} | widths != {theory.matrix.rows}:
            return Verdict.REFUTED, "polynomial identity", {"size": str(theory.matrix.rows)}
        symbols = {s.name: s for s in theory.trace.free.values()} | {"eta": ETA, "lambda_": LAMBDA}
        typed = [parse_defined(e, symbols) for row in self.printed for e in row]
        return identity(zip(typed, theory.matrix, strict=True), _domain(self.rule))

    def trial(self) -> Evidence:
        rule, random = self.rule, np.random.default_rng(SEED)
        pairs = []
        for _ in range(STEPS):
            curvature = random.uniform(0.1, 5)
            values = numbers_for(
                rule, {"lr": random.uniform(0.01, 1), "beta": random.uniform(0, 1)}
            )
            names = {**by_symbol(rule, values), "lambda_": curvature}
            start = random.standard_normal(len(self.printed))
            *state, theta = start
            coefficients = rule.coefficients(1, values)
            point = rule.gradient_point(theta, *state, **coefficients)
            theta, *state = rule(theta, curvature * point, *state, **coefficients)
            matrix = np.array([[float(read(e, names)) for e in row] for row in self.printed])
            pairs.append((matrix @ start, np.array([*state, theta])))
        return same(pairs, f"one step of {rule.name} from {STEPS} random points")

    def mutants(self) -> Iterator[Claim]:
        for i, row in enumerate(self.printed):
            for j, entry in enumerate(row):
                for m in changed(entry):
                    rows = [list(r) for r in self.printed]
                    rows[i][j] = m
                    yield replace(self, printed=tuple(map(tuple, rows)))


def _domain(rule: Rule) -> Any:
    """What is granted of the hyperparameters that theory keeps as symbols."""
    return domain_relations([h for h in rule.hyperparameters.values()
                             if not h.convention and h.symbol != "eta"])  # fmt: skip


@dataclass(frozen=True)
class PowerClaim(Claim):
    """``iterate``^t is R^t of a rule without state on ½λx²: base t = 0, and the step from t to t + 1."""

    rule: Rule
    iterate: str

    def decide(self) -> tuple[Verdict, str, Any]:
        if self.rule.state or changes_with_t(self.rule):
            return Verdict.OPEN, f"the powers of {self.rule.name} are not of one number", None
        matrix = derive(self.rule).matrix
        note("derived from the code: R = {}; t = 0: R^0 = 1; the step from t to t + 1:", matrix)
        base = sp.Symbol("z")  # parse allows no symbolic power, so the power is typed as z
        written = parse_defined(self.iterate, {"eta": ETA, "lambda_": LAMBDA})
        typed = value_of(written)
        power = base**STEP
        step = sp.expand_power_exp(power.subs(STEP, STEP + 1)) - typed * power
        verdict, _, counterexample = identity(
            [(sp.expand(step.subs(base, typed)) / typed**STEP, 0), (written, matrix[0, 0])]
        )
        return verdict, "induction over t", counterexample

    def trial(self) -> Evidence:
        pairs = []
        for lr, curvature in ((0.1, 1.0), (0.4, 3.0), (0.5, 0.2)):
            run = simulate(self.rule, STEPS, curvature=curvature, lr=lr).theta
            factor = read(self.iterate, {"eta": lr, "lambda_": curvature})
            pairs.append((run, factor ** np.arange(STEPS + 1)))
        return same(pairs, f"{self.rule.name} run for {STEPS} steps")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, iterate=m) for m in changed(self.iterate))


__all__ = ["MatrixClaim", "PowerClaim"]
