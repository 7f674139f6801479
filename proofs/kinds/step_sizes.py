"""How long a rule's steps are: on noise, at most, and on singular values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.adaptive.sign_cycles import sign_cycle
from ...analysis.adaptive.singular_values import SingularValueMap
from ...analysis.adaptive.update_size import box, noise_rms
from ...analysis.expressions import parse, parse_defined
from ...analysis.tracing import trace
from ...optimizers.domains import Integers, require
from ...optimizers.errors import DomainError
from ...optimizers.ops import newton_schulz
from ...optimizers.rule import Rule
from ..steps import all_equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, derived, from_decisions
from .names import changes_with_t

_SAMPLES = 4000
_ROUNDED = Fraction(1, 10**20)
"""More than rounding a witness to forty digits at each step can make of it."""


@dataclass(frozen=True)
class NoiseStepClaim(Claim):
    """The mean square of a step of a linear rule on noise of variance 1 is ``square``."""

    rule: Rule
    square: str

    def decide(self) -> tuple[Verdict, str, Any]:
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"a step of {self.rule.name} changes with t", None
        square = noise_rms(self.rule) ** 2
        note("the squares of the weights that a step gives past gradients add up to:", square)
        names = {s.name: s for s in trace(self.rule).free.values()}
        stated = parse_defined(self.square, names)
        found = all_equal([(stated, derived(sp.factor(square)))], covers=True)
        return from_decisions("rational identity", found)

    def trial(self) -> Evidence:
        values = numbers_for(self.rule, {})
        draw = np.random.default_rng(SEED)
        theta = np.zeros(40_000)
        state: list[Any] = list(self.rule.initial_state(theta, values))
        before = theta
        for t in range(1, 151):
            before = theta
            g = draw.standard_normal(theta.size)
            theta, *state = self.rule(theta, g, *state, **self.rule.coefficients(t, values))
        measured = float(np.var(theta - before))
        stated = float(read(self.square, by_symbol(self.rule, values)))
        off = abs(measured / stated - 1) / np.sqrt(2 / theta.size)
        return Evidence(
            off < 4.5, f"{theta.size} runs of {self.rule.name}: {off:.1f} standard errors off"
        )

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, square=m) for m in changed(self.square))


@dataclass(frozen=True)
class BoxClaim(Claim):
    """With decoupled weight decay the rule does not leave |θ| ≤ ``radius``, whatever the gradients, and
    comes up to its wall: no smaller box is kept.
    """

    rule: Rule
    radius: str

    def decide(self) -> tuple[Verdict, str, Any]:
        found = box(self.rule)
        note("in each step θ is multiplied by", found.factor)
        note("and moved by at most", found.step)
        names = {s.name: s for s in trace(self.rule).free.values()}
        stated = parse_defined(self.radius, names)
        same = all_equal([(stated, derived(found.radius))], covers=True)
        return from_decisions("rational identity", same)

    def trial(self) -> Evidence:
        """Pushed to its wall by gradients of one sign, the rule comes to it and not beyond."""
        values = numbers_for(self.rule, {"lr": 0.1, "weight_decay": 0.5})
        radius = float(read(self.radius, by_symbol(self.rule, values)))
        theta = np.array([0.0, 3 * abs(radius)])
        state: list[Any] = list(self.rule.initial_state(theta, values))
        for t in range(1, 401):
            g = np.full(2, -1.0)
            theta, *state = self.rule(theta, g, *state, **self.rule.coefficients(t, values))
        return same([(theta, np.full(2, radius))], f"{self.rule.name} pushed against its box")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, radius=m) for m in changed(self.radius))


@dataclass(frozen=True)
class SignCycleClaim(Claim):
    """On ½λx² the rule ends in a cycle of ``period`` steps, whose distance reaches up to ``amplitude``."""

    rule: Rule
    settings: Mapping[str, str]
    start: str
    period: int
    amplitude: str

    def decide(self) -> tuple[Verdict, str, Any]:
        amplitude = parse(self.amplitude, {})
        found = sign_cycle(self.rule, start=self.start, settings=self.settings)
        note(
            f"the signs of {found.period} steps repeat, for theta at the first of them in {found.offsets}"
        )
        if found.period == self.period and found.amplitude == amplitude:
            return Verdict.PROVED, "exact linear algebra over a period", None
        seen = {"period": found.period, "amplitude": found.amplitude}
        return Verdict.REFUTED, "exact linear algebra over a period", seen

    def trial(self) -> Evidence:
        values = {
            **self.rule.with_defaults({}),
            **{k: float(Fraction(v)) for k, v in self.settings.items()},
        }
        path = []
        theta = float(Fraction(self.start)) + values["lr"] * np.linspace(0, 2, 401)
        state: list[Any] = list(self.rule.initial_state(theta, values))
        for t in range(1, 4001):
            theta, *state = self.rule(theta, theta, *state, **self.rule.coefficients(t, values))
            path.append(theta)
        tail, p = np.array(path[-400:]), self.period
        mine = tail[:, 0]
        repeats = np.allclose(mine[p:], mine[:-p], atol=1e-9) and not any(
            np.allclose(mine[q:], mine[:-q], atol=1e-9) for q in range(1, p)
        )
        # Other starts end in this cycle elsewhere, or in others: those count that step as this one does.
        steps = np.sign(np.diff(tail, axis=0))[-p:]
        turns = {tuple(np.roll(steps[:, 0], k)) for k in range(p)}
        alike = [tuple(column) in turns for column in steps.T]
        reaches = np.isclose(
            np.abs(tail[:, alike]).max(), float(Fraction(self.amplitude)), rtol=0.02
        )
        tried = f"{theta.size} runs of {self.rule.name}, {sum(alike)} into this cycle"
        return Evidence(bool(repeats and reaches), tried)

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, period=self.period + 1)
        yield replace(self, period=2 * self.period)
        yield replace(self, amplitude=f"1{self.amplitude}")
        yield replace(self, settings={**self.settings, "lr": f"2{self.settings['lr']}"})


@dataclass(frozen=True)
class SingularValueClaim(Claim):
    """Newton–Schulz steps lead every singular value of one interval into another, or leave it there."""

    coefficients: tuple[str, str, str]
    steps: int
    within: tuple[str, str]
    into: tuple[str, str]

    def decide(self) -> tuple[Verdict, str, Any]:
        require(Integers(0), steps=self.steps)
        for name, ends in (("within", self.within), ("into", self.into)):
            if Fraction(ends[0]) > Fraction(ends[1]):
                raise DomainError(name, ends, "an interval, its smaller end first")
        step = SingularValueMap(*self.coefficients)
        low, high = step.after(self.steps, *self.within)
        note(
            "after the steps they lie between", sp.Rational(low.numerator, low.denominator).evalf(8)
        )
        note("and", sp.Rational(high.numerator, high.denominator).evalf(8))
        wanted = [Fraction(x) for x in self.into]
        if wanted[0] <= low and high <= wanted[1]:
            return Verdict.PROVED, "exact images of intervals", None
        start, end = (Fraction(x) for x in self.within)
        for i in range(_SAMPLES + 1):
            sigma = start + (end - start) * i / _SAMPLES
            led = sigma
            for _ in range(self.steps):
                led = step(led).limit_denominator(10**40)
            if not wanted[0] - _ROUNDED <= led <= wanted[1] + _ROUNDED:
                return (
                    Verdict.REFUTED,
                    "exact images of intervals",
                    {"sigma": sigma, "to": led.limit_denominator(10**9)},
                )
        return Verdict.OPEN, "exact images of intervals", None

    def trial(self) -> Evidence:
        """Singular values of such an interval; and matrices, on which the optimizer's own code acts alike."""
        draw = np.random.default_rng(SEED)
        low, high = (float(Fraction(x)) for x in self.within)
        wanted = [float(Fraction(x)) for x in self.into]
        a, b, c = (float(Fraction(x)) for x in self.coefficients)

        def led(s: np.ndarray) -> np.ndarray:
            for _ in range(self.steps):
                s = a * s + b * s**3 + c * s**5
            return s

        with np.errstate(all="ignore"):
            ends = led(np.linspace(low, high, _SAMPLES))
        inside = np.all((ends >= wanted[0] - 1e-9) & (ends <= wanted[1] + 1e-9))
        if not inside:
            return Evidence(False, f"{_SAMPLES} singular values")
        x = draw.standard_normal((6, 9))
        stepped = newton_schulz(x, self.steps, (a, b, c), 0.0)
        own = np.sort(np.linalg.svd(stepped, compute_uv=False))
        mapped = np.sort(np.abs(led(np.linalg.svd(x, compute_uv=False) / np.linalg.norm(x))))
        alike = np.allclose(own, mapped, rtol=1e-8)
        return Evidence(alike, f"{_SAMPLES} singular values, and a matrix of the optimizer's")

    def mutants(self) -> Iterator[Claim]:
        low, high = (Fraction(x) for x in self.into)
        middle = (low + high) / 2
        yield replace(self, into=(str(middle), str(high)))
        yield replace(self, into=(str(low), str(middle)))
        yield replace(self, within=(self.within[0], str(2 * Fraction(self.within[1]))))
        yield replace(self, coefficients=(f"1{self.coefficients[0]}", *self.coefficients[1:]))


__all__ = ["BoxClaim", "NoiseStepClaim", "SignCycleClaim", "SingularValueClaim"]
