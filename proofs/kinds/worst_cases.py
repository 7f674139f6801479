"""What a linear rule does at worst on every L-smooth μ-strongly convex function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.decision import Decision
from ...analysis.definedness import divisor
from ...analysis.expressions import parse_defined
from ...analysis.linear.stability import domain_relations, jury_conditions
from ...analysis.worst_case.cycles import star_margin
from ...analysis.worst_case.frequencies import Test as FrequencyTest
from ...analysis.worst_case.frequencies import largest, root_moduli
from ...optimizers.rule import Rule
from ..steps import decide
from ..trials.arithmetic import names_in, read
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .fields import FieldError
from .inequalities import where_true
from .names import Reals, changes_with_t, hypothesis

_METHOD = "real arithmetic (z3)"
_COSINES = {
    2: (-1, 0),
    3: (sp.Rational(-1, 2), sp.sqrt(3) / 2),
    4: (0, 1),
    6: (sp.Rational(1, 2), sp.sqrt(3) / 2),
}
_COTANGENTS = {2: sp.Integer(0), 3: 1 / sp.sqrt(3), 4: sp.Integer(1), 6: sp.sqrt(3)}


@dataclass(frozen=True)
class _OverAll(Claim):
    """A rule at hyperparameters that are typed in real variables, over L-smooth μ-strongly convex functions.

    What it says, it says for all reals at which the hypotheses hold; hypotheses that exclude each other prove
    nothing. The values lie in the hyperparameters' domains there, and 0 < μ < L.
    """

    rule: Rule
    values: Mapping[str, str]
    hypotheses: tuple[str, ...]
    mu: str = field(default="mu", kw_only=True)
    L: str = field(default="L", kw_only=True)

    def decide(self) -> tuple[Verdict, str, Any]:
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"{self.rule.name} changes with t", None
        names = Reals()
        hypotheses, *rest = self._read(names)
        if decide(hypotheses, sp.false).holds is not False:
            return Verdict.OPEN, f"{_METHOD}: no point satisfies the hypotheses", None
        return from_decisions(_METHOD, *self._decisions(names, hypotheses, *rest))

    def _decisions(
        self, names: Reals, hypotheses: list[Any], granted: list[Any], N: list[Any], D: list[Any], mu: sp.Expr,
        top: sp.Expr,
    ) -> Iterator[Decision]:  # fmt: skip
        """What the statement comes to, decided part by part."""
        raise NotImplementedError

    def _read(
        self, names: Reals
    ) -> tuple[list[Any], list[Any], list[Any], list[Any], sp.Expr, sp.Expr]:
        """The hypotheses; what they must grant; N and D in z from the running code, highest first; μ, L."""
        hypotheses = [h for text in self.hypotheses for h in hypothesis(text, names)]
        theory = derive(self.rule)
        typed = {k: parse_defined(text, names) for k, text in self.values.items()}
        missing = theory.transfer.symbols.keys() - typed.keys()
        if missing:
            raise FieldError(f"no value of {', '.join(sorted(missing))}")
        at = {theory.trace.free[k]: sp.sympify(v.value) for k, v in typed.items()}
        mu, top = (parse_defined(t, names) for t in (self.mu, self.L))
        granted = [n for v in (*typed.values(), mu, top) for n in v.needs]
        granted += [
            sp.Gt(mu.value, 0, evaluate=False),
            sp.Gt(top.value - mu.value, 0, evaluate=False),
        ]
        own = domain_relations([self.rule.hyperparameters[k] for k in typed])
        granted += [_at(r, at) for r in own]
        sides = []
        for side in (theory.transfer.numerator, theory.transfer.denominator):
            sides.append([sp.cancel(sp.sympify(c).xreplace(at)) for c in side])
            granted += [n for c in sides[-1] for n in divisor(sp.fraction(sp.together(c))[1])]
        return hypotheses, granted, sides[0], sides[1], sp.sympify(mu.value), sp.sympify(top.value)

    def _points(self, *more: str) -> tuple[list[dict[str, float]], Any]:
        """Random points where the hypotheses hold, and what gives N, D (L = 1) and μ/L at one."""
        texts = (*self.hypotheses, *more)
        names = names_in(*texts, *self.values.values(), self.mu, self.L)
        transfer = derive(self.rule).transfer

        def at(point: Mapping[str, float]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            numbers = {k: np.asarray(float(read(t, point))) for k, t in self.values.items()}
            mu, top = float(read(self.mu, point)), float(read(self.L, point))
            N, D = transfer.at({k: numbers[k] for k in transfer.symbols})
            return N[None] * top, D[None], np.array([mu / top])

        return list(where_true(texts, names)), at


def _at(relation: Any, values: Mapping[Any, Any]) -> Any:
    """A relation at values, as it is written."""
    return relation.func(
        relation.lhs.xreplace(values), relation.rhs.xreplace(values), evaluate=False
    )


@dataclass(frozen=True)
class ContractionClaim(_OverAll):
    r"""On every such function the rule contracts like ρᵗ, since the frequency test with these multipliers is passed.

    That is: D − μN has its roots in \|z\| < ρ, λ_d ≥ 0, Σλ_d ≤ 1, Σλ_d ρ⁻²ᵈ ≤ 1, and
    q = Re{conj(D − μN)(1 − Σλ_d z⁻ᵈ)(L·N − D)} < 0 on \|z\| = ρ (why that suffices stands in
    :mod:`eigenstep.analysis.worst_case`). So it is where the ``conditions`` hold beside the hypotheses; and where
    one of them does not, it does not contract at that rate on one of the two quadratics of curvature μ and L.

    At ρ = 1 with Σλ_d = 1, q = (1 − c)g, c = cos φ, and g < 0 on [−1, 1] is decided. Then (1 − ε)λ passes for a
    small ε: it adds ε Re{conj(P) Σλ_d z⁻ᵈ Q} to q, which is negative near c = 1, as there D = 0 and it is
    −εμL N(1)² with N(1) ≠ 0; and away from it q has a bound below 0 that a small ε leaves.
    """

    rate: str = "1"
    multipliers: Mapping[int, str] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()

    def _decisions(
        self, names: Reals, hypotheses: list[Any], granted: list[Any], N: list[Any], D: list[Any], mu: sp.Expr,
        top: sp.Expr,
    ) -> Iterator[Decision]:  # fmt: skip
        conditions = [h for text in self.conditions for h in hypothesis(text, names)]
        inside = [*hypotheses, *conditions]
        rate = parse_defined(self.rate, names)
        weights = {d: parse_defined(t, names) for d, t in self.multipliers.items()}
        rho = sp.sympify(rate.value)
        typed = {d: sp.sympify(w.value) for d, w in weights.items()}
        if 0 in typed:
            raise FieldError("a lag of 0 is no pair of two points")
        granted += [n for v in (rate, *weights.values()) for n in v.needs]
        total = sp.cancel(1 - sum(typed.values()))
        facts = [sp.Gt(rho, 0, evaluate=False), sp.Ge(total, 0, evaluate=False)]
        facts += [sp.Ge(w, 0, evaluate=False) for w in typed.values()]
        facts.append(
            sp.Ge(1 - sum(w * rho ** (-2 * d) for d, w in typed.items()), 0, evaluate=False)
        )
        facts += _schur(N, D, mu, rho)
        yield from [decide(inside, f) for f in (*granted, *facts)]
        c = sp.Symbol("c of this claim", real=True)
        q = _frequency(N, D, mu, top, rho, typed, c)
        if rho == 1 and total == 0:
            q = sp.cancel(q / (1 - c))
        circle = [sp.Ge(1 + c, 0, evaluate=False), sp.Ge(1 - c, 0, evaluate=False)]
        yield decide([*inside, *circle], sp.Lt(sp.factor(q), 0, evaluate=False))
        both = [*_schur(N, D, mu, rho), *_schur(N, D, top, rho)]
        yield from [decide([*hypotheses, *both], r) for r in conditions]

    def trial(self) -> Evidence:
        points, at = self._points(*self.conditions)
        against = 0
        for point in points:
            N, D, ratio = at(point)
            rho = np.array([float(read(self.rate, point))])
            lags = list(self.multipliers)
            weights = np.array([[float(read(self.multipliers[d], point)) for d in lags]])
            test = FrequencyTest(N, D, ratio)
            against += not float(largest(test.whole(rho, lags, weights))[0]) < 1e-9
            against += not float(root_moduli(test.P)[0]) < float(rho[0]) + 1e-9
        return Evidence(
            bool(points) and not against, f"{len(points)} random points, {against} against it"
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, rate=f"({self.rate})*9/10")
        for lag, text in self.multipliers.items():
            yield replace(self, multipliers={**self.multipliers, lag: f"({text})*11/10"})
            yield replace(self, multipliers={**self.multipliers, lag: f"({text})/2"})
            yield replace(self, multipliers={**self.multipliers, lag: f"-({text})"})
        for name, text in self.values.items():
            yield replace(self, values={**self.values, name: f"({text})*2"})
        for i in range(len(self.hypotheses)):
            yield replace(self, hypotheses=(*self.hypotheses[:i], *self.hypotheses[i + 1 :]))
        for i in range(len(self.conditions)):
            yield replace(self, conditions=(*self.conditions[:i], *self.conditions[i + 1 :]))


@dataclass(frozen=True)
class TrappedClaim(_OverAll):
    """On one such function the rule cycles for ever through a regular polygon of K corners, in steps of m.

    That is, with w = 1/H(e^{2πim/K}) − μ: Re w − |Im w| cot(π/K) ≥ |w|²/(L − μ). K is 2, 3, 4 or 6, where
    products of these cosines are rational.
    """

    steps: int = 3
    star: int = 1

    def decide(self) -> tuple[Verdict, str, Any]:
        if self.steps not in _COSINES or self.star != 1:
            return Verdict.OPEN, f"{_METHOD}: K is 2, 3, 4 or 6, and m = 1", None
        return super().decide()

    def _decisions(
        self, names: Reals, hypotheses: list[Any], granted: list[Any], N: list[Any], D: list[Any], mu: sp.Expr,
        top: sp.Expr,
    ) -> Iterator[Decision]:  # fmt: skip
        (a, b), (x, y) = (_complex(side, self.steps) for side in (N, D))
        size = sp.expand(a * a + b * b)
        re = sp.expand(x * a + y * b) - mu * size
        across = sp.expand(sp.expand(y * a - x * b) * _COTANGENTS[self.steps])
        bend = sp.expand((x - mu * a) ** 2 + (y - mu * b) ** 2)
        room = [(re + s * across) * (top - mu) - bend for s in (1, -1)]
        facts = [
            sp.Gt(size, 0, evaluate=False),
            *(sp.Ge(sp.cancel(r), 0, evaluate=False) for r in room),
        ]
        yield from [decide(hypotheses, f) for f in (*granted, *facts)]

    def trial(self) -> Evidence:
        points, at = self._points()
        against = sum(not self._margin(*at(point)) > -1e-9 for point in points)
        return Evidence(
            bool(points) and not against, f"{len(points)} random points, {against} against it"
        )

    def _margin(self, N: np.ndarray, D: np.ndarray, ratio: np.ndarray) -> float:
        return float(star_margin(N, D, ratio, self.steps, self.star)[0])

    def mutants(self) -> Iterator[Claim]:
        for name, text in self.values.items():
            yield replace(self, values={**self.values, name: f"({text})*9/10"})
        for other in (2, 4, 6):
            yield replace(self, steps=other)
        for i in range(len(self.hypotheses)):
            yield replace(self, hypotheses=(*self.hypotheses[:i], *self.hypotheses[i + 1 :]))


def _schur(N: list[Any], D: list[Any], curvature: sp.Expr, rho: sp.Expr) -> list[Any]:
    """That all roots of D − λN lie in \\|z\\| < ρ."""
    scaled = [
        sp.cancel((d - curvature * n) / rho**k) for k, (n, d) in enumerate(zip(N, D, strict=True))
    ]
    return [sp.Gt(sp.factor(j), 0, evaluate=False) for j in jury_conditions(scaled)]


def _frequency(
    N: list[Any], D: list[Any], mu: sp.Expr, top: sp.Expr, rho: sp.Expr, weights: Mapping[int, Any], c: Any
) -> sp.Expr:  # fmt: skip
    """q on \\|z\\| = ρ, a polynomial in c = cos φ."""
    n = len(D) - 1
    P = [d - mu * a for a, d in zip(N, D, strict=True)]
    Q = [top * a - d for a, d in zip(N, D, strict=True)]
    found = sp.Integer(0)
    for lag, weight in {0: sp.Integer(-1), **weights}.items():
        for j in range(n + 1):
            for k in range(n + 1):
                power = rho ** (j + k - lag)
                found -= weight * P[n - j] * Q[n - k] * power * sp.chebyshevt(abs(k - j - lag), c)
    return sp.cancel(sp.together(sp.expand(found)))


def _complex(side: list[Any], steps: int) -> tuple[sp.Expr, sp.Expr]:
    """A polynomial's value at e^{2πi/K}, real and imaginary part."""
    x, y = _COSINES[steps]
    re, im = sp.Integer(0), sp.Integer(0)
    for c in side:
        re, im = sp.expand(re * x - im * y + c), sp.expand(re * y + im * x)
    return re, im


__all__ = ["ContractionClaim", "TrappedClaim"]
