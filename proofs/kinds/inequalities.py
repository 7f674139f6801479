"""Inequalities of real arithmetic."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.core.function import AppliedUndef

from ...analysis.atoms import Atoms, sides_of
from ...analysis.decision import Decision, simplest_counterexample
from ...analysis.definedness import Defined
from ...analysis.expressions import ExpressionError, parse_defined
from ...analysis.points import DIGITS, Place, Unclear, points
from ..steps import decide, note, said
from ..trials.arithmetic import names_in, read
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import Reals, hypothesis

_TRIES, _ENOUGH = 60, 40


@dataclass(frozen=True)
class InequalityClaim(Claim):
    """A statement of real arithmetic: wherever all hypotheses hold the conclusion is defined and holds.

    Hypotheses that exclude each other prove nothing: such a claim stays open.
    """

    hypotheses: tuple[str, ...]
    conclusion: str

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Reals()
        hypotheses = [h for text in self.hypotheses for h in hypothesis(text, names)]
        conclusion = hypothesis(self.conclusion, names)
        method = "real arithmetic (z3)"
        if decide_real(hypotheses, [sp.false]).holds:
            return Verdict.OPEN, f"{method}: the hypotheses exclude each other", None
        decision = decide_real(hypotheses, conclusion)
        if decision.holds is False and (simple := self._simpler(hypotheses, conclusion)):
            decision = Decision(False, simple)
        return from_decisions(method, decision)

    def grants(self, text: str) -> bool:
        """Whether the hypotheses, and that they are defined, imply another."""
        names = Reals()
        granted = [h for own in self.hypotheses for h in hypothesis(own, names)]
        return decide_real(granted, hypothesis(text, names)).holds is True

    @staticmethod
    def _simpler(hypotheses: list[Any], conclusion: list[Any]) -> dict[str, Any] | None:
        """A counterexample in small numbers, where all hypotheses and the conclusion are a ≥ b or a > b."""
        relations = [*hypotheses, conclusion[-1]]
        if any(r.atoms(AppliedUndef) for r in relations) or not all(
            isinstance(r, sp.GreaterThan | sp.StrictGreaterThan) for r in relations
        ):
            return None
        return simplest_counterexample(hypotheses, relations[-1])

    def trial(self) -> Evidence:
        names = names_in(*self.hypotheses, self.conclusion)
        points = list(where_true(self.hypotheses, names))
        margin, _ = margin_of(self.conclusion)
        against = 0
        for point in points:
            with np.errstate(all="ignore"):
                value = float(read(margin, point))
                moved = [float(read(margin, {**point, k: v + 1e-7 * max(1.0, abs(v))}))
                         for k, v in point.items()]  # fmt: skip
            # A point that is to satisfy an equation does so up to rounding, by which the margin may move.
            slopes = sum(abs(m - value) for m in moved if np.isfinite(m))
            least = 1e-6 * max(1.0, *(abs(v) for v in point.values()), 1.0) + slopes
            against += not value > -least
        return Evidence(
            bool(points) and not against, f"{len(points)} random points, {against} against it"
        )

    def mutants(self) -> Iterator[Claim]:
        margin, strict = margin_of(self.conclusion)
        relation = ">" if strict else ">="
        if not strict:
            yield replace(self, conclusion=f"{margin} > 0")
        yield replace(self, conclusion=f"({margin}) - 1000 {relation} 0")
        yield replace(self, conclusion=f"-({margin}) {relation} 0")
        for i, text in enumerate(self.hypotheses):
            before, after = self.hypotheses[:i], self.hypotheses[i + 1 :]
            yield replace(self, hypotheses=(*before, *after))
            larger, strict = margin_of(text)
            if strict:
                yield replace(self, hypotheses=(*before, f"{larger} >= 0", *after))


def margin_of(relation: str) -> tuple[str, bool]:
    """What a typed comparison says is positive, and whether it may not be 0.

    Raises:
        ExpressionError: it compares nothing, or more than two.
    """
    node = ast.parse(relation.strip(), mode="eval").body
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        raise ExpressionError(f"expected one comparison, got {relation!r}")
    left, right = node.left, node.comparators[0]
    (kind,) = node.ops
    if isinstance(kind, ast.Lt | ast.LtE):
        left, right = right, left
    zero = isinstance(right, ast.Constant) and right.value == 0
    text = ast.unparse(left if zero else ast.BinOp(left, ast.Sub(), right))
    return text, isinstance(kind, ast.Gt | ast.Lt)


def where_true(hypotheses: tuple[str, ...], names: list[str]) -> Iterator[dict[str, float]]:
    """Random points where the hypotheses hold; where chance finds none, pulled there."""
    from scipy.optimize import least_squares

    if not names:
        yield {}
        return
    random = np.random.default_rng(SEED)
    parts = []
    for h in hypotheses:
        larger, strict = margin_of(h)
        parts.append((larger, 1e-2 if strict else 0.0))

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


_SMOOTH = (sp.Add, sp.Mul, sp.Pow, sp.log, sp.exp, sp.Symbol, sp.Number)


@dataclass(frozen=True)
class GrowthClaim(Claim):
    """``expression`` is defined and ≥ 0 for all x ≥ 0.

    Proved where it is so at 0, is made of + − · /, powers, exp and log, none of which leaves its domain, so
    that it has a derivative everywhere, and that derivative, which is rational, is ≥ 0.
    """

    expression: str

    def decide(self) -> tuple[Verdict, str, Any]:
        x = sp.Symbol("x", nonnegative=True)
        typed = parse_defined(self.expression, {"x": x})
        f, method = typed.value, "monotone (z3)"
        if (value := self._below_zero(typed, x)) is not None:
            return Verdict.REFUTED, method, {"x": str(value)}
        if not all(isinstance(e, _SMOOTH) for e in sp.preorder_traversal(f)):
            return Verdict.OPEN, f"{method}: it may jump or bend", None
        slope = sp.cancel(sp.diff(f, x))
        if not slope.is_rational_function(x):
            return Verdict.OPEN, f"{method}: its derivative {said(slope)} is not rational", None
        start = sp.simplify(f.subs(x, 0))
        note("at x = 0 it is {}; its derivative is {}", start, slope)
        inside = [*sorted(typed.needs, key=sp.default_sort_key), *_inside(f)]
        note("it needs, for all x ≥ 0: {}", inside or "nothing")
        everywhere = (
            decide_real([sp.Ge(x, 0, evaluate=False)], inside) if inside else Decision(True)
        )
        grows = decide([sp.Ge(x, 0, evaluate=False)], sp.GreaterThan(slope, 0, evaluate=False))
        if start.is_nonnegative and everywhere.holds and grows.holds:
            return Verdict.PROVED, method, None
        return Verdict.OPEN, method, None

    @staticmethod
    def _below_zero(typed: Defined, x: sp.Symbol) -> Any:
        """A point where it is below 0, or undefined, as text."""
        poles = set()
        for need in typed.needs:
            for part in need.atoms(sp.core.relational.Relational):
                poles |= _real_roots(part.lhs - part.rhs, x)
        tried = sorted({*map(sp.Rational, _GROWTH_AT), *poles}, key=lambda v: sp.N(v))
        between = [sp.nsimplify(sp.N((a + b) / 2, 20), rational=True)
                   for a, b in itertools.pairwise(tried)]  # fmt: skip
        for value in (*tried, *between):
            with mpmath.workdps(DIGITS):
                here = Place((x,), (), [mpmath.mpf(sp.N(value, DIGITS))])
                try:
                    if not here.all(typed.needs):
                        return value
                    if here.value(typed.value) < -(mpmath.mpf(10) ** -20):
                        return value
                except Unclear:
                    continue
        return None

    def trial(self) -> Evidence:
        x = np.concatenate([[0.0], np.geomspace(1e-6, 1e6, 1999), np.arange(1, 41) / 4])
        with np.errstate(all="ignore"):
            values = np.asarray(read(self.expression, {"x": x}), float) + 0 * x
        smallest = float(np.min(values))
        return Evidence(
            bool(np.all(values >= -1e-12)),
            f"{len(x)} points from 0 to 1e6; smallest {smallest:.1g}",
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, expression=f"({self.expression}) - 1/7")
        yield replace(self, expression=f"-({self.expression})")


def _inside(f: Any) -> list[Any]:
    """What makes f differentiable: each divisor ≠ 0, each root and logarithm of something positive."""
    found: list[Any] = []
    for e in sp.preorder_traversal(f):
        if isinstance(e, sp.log):
            found.append(sp.Gt(e.args[0], 0, evaluate=False))
        elif isinstance(e, sp.Pow) and not e.exp.is_Integer:
            found.append(sp.Gt(e.base, 0, evaluate=False))
        elif isinstance(e, sp.Pow) and e.exp < 0:
            found.append(sp.Ne(e.base, 0, evaluate=False))
    return found


def _real_roots(expression: Any, x: sp.Symbol) -> set[Any]:
    """The roots ≥ 0 of a rational function's numerator."""
    above = sp.fraction(sp.together(expression))[0]
    if not above.is_polynomial(x) or not above.has(x):
        return set()
    return {r for r in sp.Poly(above, x).real_roots() if r >= 0}


def decide_real(hypotheses: list[Any], conclusions: list[Any]) -> Decision:
    """Whether all conclusions hold where all hypotheses do, of relations of real numbers.

    Maxima, absolute values, signs, roots and cases are replaced by atoms of which z3 is told what holds;
    a counterexample then is one only if it is one in numbers.
    """
    whole = sp.And(*conclusions, evaluate=False) if len(conclusions) > 1 else conclusions[0]
    relations = [*hypotheses, whole]
    if all(_is_polynomial(r) for r in relations):
        return decide(hypotheses, whole)
    atoms = Atoms().meet(*sides_of(*relations))
    goal = atoms.relation(whole)
    given = [atoms.relation(h) for h in hypotheses]
    found = decide([*given, *atoms.facts], goal)
    if found.holds is not False:
        return found
    symbols = tuple(sorted(set().union(*(r.free_symbols for r in relations)), key=str))
    with mpmath.workdps(DIGITS):
        for point in points(symbols, tuple(hypotheses), more=True):
            here = Place(symbols, (), [mpmath.mpf(p.p) / p.q for p in point])
            try:
                if here.all(hypotheses) and not here.holds(whole):
                    return Decision(False, {str(s): p for s, p in zip(symbols, point, strict=True)})
            except Unclear:
                continue
    return Decision(None)


def _is_polynomial(relation: Any) -> bool:
    for r in relation.atoms(sp.core.relational.Relational):
        for side in (r.lhs, r.rhs):
            if not side.is_rational_function(*side.free_symbols):
                return False
    return True


_GROWTH_AT = ("0", "1/100", "1/10", "1/2", "1", "3/2", "2", "3", "5", "10", "40", "1000", "1000000")


__all__ = ["GrowthClaim", "InequalityClaim"]
