"""Inequalities of real arithmetic."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.decision import Decision, simplest_counterexample
from ...analysis.expressions import parse_rule
from ..steps import decide, note
from ..trials.arithmetic import names_in, read
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import Reals

_TRIES, _ENOUGH = 60, 40


@dataclass(frozen=True)
class InequalityClaim(Claim):
    """A statement of real arithmetic: the conclusion holds wherever all hypotheses do."""

    hypotheses: tuple[str, ...]
    conclusion: str

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Reals()
        hypotheses = [parse_rule(h, names) for h in self.hypotheses]
        conclusion = parse_rule(self.conclusion, names)
        decision = decide(hypotheses, conclusion)
        if decision.holds is False and (simple := self._simpler(hypotheses, conclusion)):
            decision = Decision(False, simple)
        return from_decisions("real arithmetic (z3)", decision)

    @staticmethod
    def _simpler(hypotheses: list[Any], conclusion: Any) -> dict[str, Any] | None:
        """A counterexample in small numbers, where all hypotheses and the conclusion are a ≥ b or a > b."""
        relations = [*hypotheses, conclusion]
        if not all(isinstance(r, sp.GreaterThan | sp.StrictGreaterThan) for r in relations):
            return None
        return simplest_counterexample(hypotheses, conclusion)

    def trial(self) -> Evidence:
        points = list(_where_true(self.hypotheses, names_in(*self.hypotheses, self.conclusion)))
        strict = ">=" not in self.conclusion
        left, _, right = self.conclusion.rpartition(">" if strict else ">=")
        against = 0
        for names in points:
            with np.errstate(all="ignore"):
                margin = float(read(left, names)) - float(read(right, names))
            # A point that is to satisfy an equation does so up to rounding.
            against += not margin > -1e-6 * max(1.0, *(abs(v) for v in names.values()), 1.0)
        return Evidence(
            bool(points) and not against, f"{len(points)} random points, {against} against it"
        )

    def mutants(self) -> Iterator[Claim]:
        left, relation, _ = self.conclusion.rpartition(">=" if ">=" in self.conclusion else ">")
        if relation == ">=":
            yield replace(self, conclusion=f"{left} > 0")
        yield replace(self, conclusion=f"({left}) - 1000 {relation} 0")
        yield replace(self, conclusion=f"-({left}) {relation} 0")
        for i, strict in enumerate(self.hypotheses):
            before, after = self.hypotheses[:i], self.hypotheses[i + 1 :]
            if _no_zero_below((*before, *after), self.conclusion):
                yield replace(self, hypotheses=(*before, *after))
            weaker = (*before, strict.replace(">", ">="), *after)
            if ">=" not in strict and _no_zero_below(weaker, self.conclusion):
                yield replace(self, hypotheses=weaker)


def _no_zero_below(hypotheses: tuple[str, ...], conclusion: str) -> bool:
    """Whether no denominator can be zero where the hypotheses hold."""
    names = Reals()
    given = [parse_rule(h, names) for h in hypotheses]
    below = [node.right for text in (*hypotheses, conclusion) for node in ast.walk(ast.parse(text))
             if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)]  # fmt: skip
    return all(
        decide(given, sp.Ne(parse_rule(ast.unparse(d), names), 0, evaluate=False)).holds is True
        for d in below if not isinstance(d, ast.Constant)
    )  # fmt: skip


def _where_true(hypotheses: tuple[str, ...], names: list[str]) -> Iterator[dict[str, float]]:
    """Random points where the hypotheses hold; where chance finds none, pulled there."""
    from scipy.optimize import least_squares

    if not names:
        yield {}
        return
    random = np.random.default_rng(SEED)
    parts = []
    for h in hypotheses:
        strict = ">=" not in h
        left, _, right = h.rpartition(">" if strict else ">=")
        parts.append((f"({left}) - ({right})", 1e-2 if strict else 0.0))

    def short(points: np.ndarray) -> np.ndarray:
        """By how much each hypothesis fails at each point; points and values by rows."""
        at = dict(zip(names, points.T, strict=True))
        with np.errstate(all="ignore"):
            values = [np.maximum(0.0, margin - read(h, at)) for h, margin in parts]
        found = np.stack([np.broadcast_to(v, len(points)) for v in [*values, 0.0]], axis=1)
        return np.nan_to_num(found, nan=1e3, posinf=1e3)

    def at_one(point: np.ndarray) -> np.ndarray:
        return short(point[None])[0]

    def slopes(point: np.ndarray) -> np.ndarray:
        """All forward differences in one evaluation."""
        steps = 1e-7 * np.maximum(1.0, np.abs(point))
        values = short(np.vstack([point, point + np.diag(steps)]))
        return ((values[1:] - values[0]) / steps[:, None]).T

    found = 0
    for _ in range(_TRIES):
        start = random.standard_normal(len(names)) * 10 ** random.uniform(-0.5, 0.5)
        if at_one(start).max() > 0:
            start = least_squares(at_one, start, jac=slopes, max_nfev=40).x  # type: ignore[arg-type]
        if at_one(start).max() < 1e-9:
            found += 1
            yield dict(zip(names, map(float, start), strict=True))
        if found == _ENOUGH:
            return


@dataclass(frozen=True)
class GrowthClaim(Claim):
    """``expression`` ≥ 0 for all x ≥ 0: it is so at 0, and its derivative, which is rational, is ≥ 0."""

    expression: str

    def decide(self) -> tuple[Verdict, str, Any]:
        x = sp.Symbol("x", real=True)
        f = parse_rule(self.expression, {"x": x})
        start = sp.simplify(f.subs(x, 0))
        note("at x = 0 it is {}; its derivative is {}", start, sp.cancel(sp.diff(f, x)))
        grows = decide([x >= 0], sp.GreaterThan(sp.cancel(sp.diff(f, x)), 0, evaluate=False))
        if start.is_nonnegative and grows.holds:
            return Verdict.PROVED, "monotone (z3)", None
        for value in (0, sp.Rational(1, 100), sp.Rational(1, 10), 1, 10, 1000):
            if sp.N(f.subs(x, value), 30) < 0:
                return Verdict.REFUTED, "monotone (z3)", {"x": str(value)}
        return Verdict.OPEN, "monotone (z3)", None

    def trial(self) -> Evidence:
        smallest = float(np.min(read(self.expression, {"x": np.geomspace(1e-6, 1e6, 1000)})))
        return Evidence(
            smallest >= -1e-12, f"1000 points from 1e-6 to 1e6; smallest {smallest:.1g}"
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, expression=f"({self.expression}) - 1/7")
        yield replace(self, expression=f"-({self.expression})")


__all__ = ["GrowthClaim", "InequalityClaim"]
