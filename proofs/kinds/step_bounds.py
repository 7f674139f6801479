r"""How long a step of an adaptive rule can be, whatever gradients it has seen.

The step is a weighted mean of gradients over the root of a weighted mean of their squares,
|Δ_t|/η = |Σ wᵢgᵢ|/√(Σ uᵢgᵢ²). By Cauchy and Schwarz its square is at most Σ wᵢ²/uᵢ, and that is attained at
gᵢ = wᵢ/uᵢ; the weights are read off the traced code, which begins at zero.

>>> from eigenstep.optimizers.rules import adam
>>> StepBoundClaim("…", "…", "…", adam, "1").prove().verdict.value
'REFUTED'
>>> StepBoundClaim("…", "…", "…", adam, "1", ties={"beta2": "beta1"}).prove().verdict.value
'PROVED'
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.expressions import parse_defined, parse_rule
from ...analysis.tracing import STEP, symbol_of, trace
from ...optimizers.errors import RuleError
from ...optimizers.rule import Rule
from ..steps import all_equal, decide, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence
from ..trials.rules import by_symbol
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .first_steps import begins_elsewhere
from .inequalities import decide_real

_STEPS, _LARGEST = 8, 9
"""Steps and denominators among which counterexamples are looked for, simplest first …"""
_LATER = (20, 60)
"""… and then further steps, for bounds that are only just too small."""
_TRIED = 300
"""Pairs of β₁ and β₂ at most."""
METHOD = "Cauchy–Schwarz on the traced code"


@dataclass(frozen=True)
class _Weights:
    """m after t steps is Σ new·old^i·g, s is Σ fresh·kept^i·g²; (Δ/η)² = scale·m²/s."""

    old: sp.Expr
    new: sp.Expr
    kept: sp.Expr
    fresh: sp.Expr
    scale: sp.Expr


@dataclass(frozen=True)
class StepBoundClaim(Claim):
    """At every step |Δ_t|/η ≤ ``bound`` for all gradients, or (``largest``) the largest |Δ_t|/η is that.

    ``bound`` is typed in the rule's β₁, β₂ and t, which stand for numbers in (0, 1) and the step, at
    ε = 0. ``where`` are further conditions on β₁ and β₂, ``ties`` says what a name is in terms of the other.
    """

    rule: Rule
    bound: str
    where: tuple[str, ...] = ()
    largest: bool = False
    ties: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        for name in ("lr", "beta1", "beta2", "eps"):
            self.rule._check_name(name)
        if len(self.rule.state) != 2 or begins_elsewhere(self.rule):
            return Verdict.OPEN, f"{METHOD}: two means that begin at 0", None
        weights, beta1, beta2 = self._weights()
        if any(
            STEP in w.free_symbols for w in (weights.old, weights.kept, weights.new, weights.fresh)
        ):
            return Verdict.OPEN, f"{METHOD}: weights that change with t", None
        if decide(self._domain(), sp.false).holds is not False:
            return Verdict.OPEN, f"{METHOD}: no β1 and β2 are such", None
        bound = self._typed(self.bound)
        note("(Δ/η)² is {} times the square of a mean of gradients over a mean of their squares, whose "
             "weights fall by {} and {}", weights.scale, weights.old, weights.kept)  # fmt: skip
        if (point := self._refuting(weights, bound)) is not None:
            return Verdict.REFUTED, f"{METHOD}, run in rational arithmetic", point
        P, Q = sp.symbols("P Q", positive=True)  # β₁^t and √β₂^t
        powers = {beta1**STEP: P, beta2**STEP: P if beta1 == beta2 else Q**2}
        ratio = sp.cancel(weights.old**2 / weights.kept)
        falling = P**2 / powers[beta2**STEP]
        total = STEP if ratio == 1 else (1 - falling) / (1 - ratio)
        square = (weights.scale * weights.new**2 / weights.fresh).subs(powers) * total
        stated = (bound**2).subs(powers)
        note("the largest (Δ/η)², with P = β1^t and Q² = β2^t: {}", square)
        domain, smaller = [P > 0, P < 1, *self._domain()], True
        if beta1 != beta2:
            domain += [Q > 0, Q < 1]
            smaller = decide(self._domain(), sp.Lt(beta1**2, beta2, evaluate=False)).holds is True
            domain += [P < Q] if smaller else []
        # Squares are equal of −bound, too, and where it is not defined.
        needs = [
            n.subs(powers) for n in (*self._needs(self.bound), sp.Ge(bound, 0, evaluate=False))
        ]
        if decide_real(domain, [n for n in needs if n != sp.true] or [sp.true]).holds is not True:
            return Verdict.OPEN, f"{METHOD}: a bound that is not seen to be a number ≥ 0", None
        if self.largest:
            return from_decisions(METHOD, all_equal([(square, stated)]))
        quotient = sp.cancel(square / stated)
        if quotient.has(STEP) or not smaller:  # β₁ < √β₂, which `where` has to say
            return Verdict.OPEN, METHOD, None
        return from_decisions(METHOD, decide(domain, sp.LessThan(quotient, 1, evaluate=False)))

    @cached_property
    def _symbols(self) -> dict[str, sp.Symbol]:
        free = {
            k: symbol_of(h) for k, h in self.rule.hyperparameters.items() if k in ("beta1", "beta2")
        }
        return {s.name: s for s in free.values()}

    def _weights(self) -> tuple[_Weights, sp.Symbol, sp.Symbol]:
        """The weights of the traced code, whose state starts at zero."""
        names = dict(self._symbols)
        for name, text in self.ties.items():
            names[name] = parse_rule(text, names)
        traced = trace(self.rule, step=STEP, eps=0, beta1=names["beta1"], beta2=names["beta2"])
        first, second = traced.state
        m, s = traced.new_state
        g = traced.gradient
        linear = [sp.Poly(e, v, g) for e, v in ((m, first), (s, second))]
        weights = [linear[0].coeff_monomial(first), linear[0].coeff_monomial(g),
                   linear[1].coeff_monomial(second), linear[1].coeff_monomial(g**2)]  # fmt: skip
        at = {first: 1, second: 1, g: 1}  # one point is enough: what the step is follows from it
        step = (traced.theta - traced.new_theta) / symbol_of(self.rule.hyperparameters["lr"])
        scale = sp.simplify((step**2 * s / m**2).subs(at))
        moment, square = sp.symbols("moment square", positive=True)
        onto = {first: (moment - weights[1] * g) / weights[0],
                second: (square - weights[3] * g**2) / weights[2]}  # fmt: skip
        again = sp.simplify(sp.simplify(step.subs(onto)) ** 2 * square / moment**2)
        if sp.simplify(again - scale) != 0:
            raise RuleError(f"a step of {self.rule.name} is no mean over the root of a mean")
        return (
            _Weights(weights[0], weights[1], weights[2], weights[3], scale),
            names["beta1"],
            names["beta2"],
        )

    def _typed(self, text: str) -> Any:
        names = {**self._symbols, "t": STEP}
        return parse_rule(
            text, {**names, **{k: parse_rule(v, names) for k, v in self.ties.items()}}
        )

    def _needs(self, text: str) -> frozenset[Any]:
        names = {**self._symbols, "t": STEP}
        return parse_defined(
            text, {**names, **{k: parse_rule(v, names) for k, v in self.ties.items()}}
        ).needs

    def _domain(self) -> list[Any]:
        inside = [
            b for s in dict.fromkeys(self._typed(n) for n in self._symbols) for b in (s > 0, s < 1)
        ]
        return [*inside, *map(self._typed, self.where)]

    def _points(self) -> Iterator[dict[sp.Symbol, sp.Rational]]:
        """Simple fractions for what is free of β₁ and β₂, in the domain, simplest first."""
        simple = sorted(
            {sp.Rational(p, q) for q in range(2, _LARGEST + 1) for p in range(1, q)},
            key=lambda x: (x.q, x.p),
        )
        symbols = [s for name, s in self._symbols.items() if name not in self.ties]
        pairs = itertools.product(simple, repeat=len(symbols))
        for values in sorted(pairs, key=lambda pair: (sum(x.q for x in pair), pair)):
            at = dict(zip(symbols, values, strict=True))
            if all(r.subs(at) == sp.true for r in map(self._typed, self.where)):
                yield at

    def _refuting(self, weights: _Weights, bound: Any) -> dict[str, Any] | None:
        """The simplest point at which the code itself, run on gradients wᵢ/uᵢ, makes a longer step."""
        points = list(itertools.islice(self._points(), _TRIED))
        symbols = [*points[0], STEP] if points else []
        factor, ratio, stated = (
            sp.lambdify(symbols, e, "numpy")
            for e in (
                weights.scale * weights.new**2 / weights.fresh,
                weights.old**2 / weights.kept,
                bound,
            )
        )
        for steps, among in ((range(1, _STEPS + 1), points), (_LATER, points)):
            for at, t in itertools.product(among, steps):
                numbers = [float(v) for v in at.values()]
                near = factor(*numbers, t) * sum(ratio(*numbers, t) ** i for i in range(t))
                limit = float(stated(*numbers, t))
                off = near / limit**2 - 1 if limit > 0 else np.inf
                if off > 1e-9 or (self.largest and off < -1e-9):  # decided exactly, not here
                    found, exact = self._run(weights, at, t), bound.subs({**at, STEP: t})
                    if found > exact**2 or exact < 0 or (self.largest and found != exact**2):
                        gradients = self._gradients(weights, at, t)
                        return {**{str(k): v for k, v in at.items()}, "t": t,
                                "gradients": ", ".join(map(str, gradients[-6:])),
                                "(step/eta)^2": found, "stated": exact}  # fmt: skip
        return None

    @staticmethod
    def _gradients(weights: _Weights, at: Mapping[Any, Any], t: int) -> list[sp.Rational]:
        """Gradients, the oldest first, that attain the largest step: (old/kept)^i, i steps ago."""
        ratio = (weights.old / weights.kept).subs(at)
        return [ratio**i for i in range(t - 1, -1, -1)]

    def _run(self, weights: _Weights, at: Mapping[Any, Any], t: int) -> sp.Rational:
        """(Δ/η)² of the rule's own code at step t, exactly."""
        values = {n: self._typed(n).subs(at) for n in self._symbols}
        full = {**self.rule.with_defaults({}), **values, "lr": sp.Integer(1), "eps": sp.Integer(0)}
        theta, state = sp.Integer(0), [sp.Integer(0)] * len(self.rule.state)
        for i, g in enumerate(self._gradients(weights, at, t), 1):
            theta, *state = self.rule(sp.Integer(0), g, *state, **self.rule.coefficients(i, full))
        return sp.nsimplify(sp.expand(theta**2))

    def trial(self) -> Evidence:
        """Gradients of many kinds in float64: noise, single ones, and those that grow or fall steadily."""
        random, ratios = np.random.default_rng(SEED), np.geomspace(0.05, 20, 300)
        ages = np.arange(60)[::-1, None]
        gradients = np.concatenate([
            random.standard_normal((60, 40)), ratios[None] ** ages, np.ones((60, 1)),
            np.eye(60)[:, -1:],
        ], axis=1)  # fmt: skip
        above, short = 0.0, 0.0
        for b1, b2 in self._settings(random):
            values = {
                **self.rule.with_defaults({}),
                "lr": 1.0,
                "beta1": b1,
                "beta2": b2,
                "eps": 1e-150,
            }
            for start in (0, 30, 52, 57, 58, 59):  # so that the last step is at many t
                theta, state = np.zeros(gradients.shape[1]), [np.zeros(gradients.shape[1])] * 2
                for t, g in enumerate(gradients[start:], 1):
                    theta, *state = self.rule(
                        np.zeros_like(g), g, *state, **self.rule.coefficients(t, values)
                    )
                longest = float(np.abs(theta).max())
                stated = float(read(self.bound, {**by_symbol(self.rule, values), "t": 60 - start}))
                above = max(above, longest / stated - 1)
                short = max(short, 1 - longest / stated)
        agrees = above < 1e-9 and (not self.largest or short < 0.02)  # the ratios stand 2% apart
        return Evidence(
            agrees,
            f"{self.rule.name} on {gradients.shape[1]} kinds of gradients; above by {above:.2g}",
        )

    def _settings(self, random: np.random.Generator) -> Iterator[tuple[float, float]]:
        found = 0
        for _ in range(10_000):
            if found == 12:
                return
            b1, b2 = random.uniform(0.05, 0.95, 2)
            names = {"beta1": b1, "beta2": b2}
            names |= {k: float(read(v, names)) for k, v in self.ties.items()}
            if all(read(text, names) for text in self.where):
                found += 1
                yield names["beta1"], names["beta2"]

    def mutants(self) -> Iterator[Claim]:
        if self.largest:
            some = itertools.islice(changed(self.bound), 0, None, 3)  # each takes a search
            yield from (replace(self, bound=m) for m in some)
            return
        yield replace(self, bound=f"({self.bound})*9/10")
        yield replace(self, bound=f"({self.bound}) - 1/7")
        for name in self.ties:
            yield replace(self, ties={k: v for k, v in self.ties.items() if k != name})


__all__ = ["StepBoundClaim"]
