"""What is said of rules of two variables: how fast they turn, and the powers of their matrices.

>>> from eigenstep.optimizers.rules import heavy_ball
>>> ComplexRateClaim("…", "…", "…", heavy_ball, "2*sqrt(beta)").prove().verdict.value
'REFUTED'
>>> ComplexRateClaim("…", "…", "…", heavy_ball, "sqrt(beta)").prove().verdict.value
'PROVED'
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.decision import Decision
from ...analysis.definedness import Defined, value_of
from ...analysis.expressions import parse_defined
from ...analysis.linear.points import ETA_LAMBDA
from ...analysis.linear.stability import domain_relations
from ...analysis.tracing import ETA, LAMBDA
from ...optimizers.rule import Rule
from ..steps import all_equal, equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .inequalities import decide_real
from .names import NameCollision, changes_with_t


@dataclass(frozen=True)
class ComplexRateClaim(Claim):
    """Where the eigenvalues of a rule of two variables on ½λx² are not real, their modulus is ``rate``.

    ``rate`` is typed in the rule's hyperparameters and ``eta_lambda``. The square of the modulus is the
    determinant of the derived matrix.
    """

    rule: Rule
    rate: str

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "determinant of the derived matrix"
        matrix = derive(self.rule).matrix
        if matrix.rows != 2:
            return Verdict.OPEN, method, None
        trace, determinant = (sp.expand(sp.cancel(e.subs(LAMBDA, ETA_LAMBDA / ETA)))
                              for e in (matrix.trace(), matrix.det()))  # fmt: skip
        names = {s.name: s for s in derive(self.rule).trace.free.values()} | {
            "eta_lambda": ETA_LAMBDA
        }
        typed = parse_defined(self.rate, names)
        rate = value_of(typed)
        turning = sp.Gt(4 * determinant - trace**2, 0, evaluate=False)
        note(
            "derived from the code: z^2 - ({})·z + {}, turning where {}",
            trace,
            determinant,
            turning,
        )
        symbols = sorted(turning.free_symbols | rate.free_symbols, key=str)
        for values in _simple_points(len(symbols)):
            at = dict(zip(symbols, values, strict=True))
            if turning.subs(at) == sp.true and (
                rate.subs(at) < 0 or sp.simplify(rate**2 - determinant).subs(at) != 0
            ):
                seen = {"eta_lambda" if s == ETA_LAMBDA else str(s): v for s, v in at.items()}
                return Verdict.REFUTED, method, {**seen, "modulus": sp.sqrt(determinant.subs(at)),
                                                 "stated": rate.subs(at)}  # fmt: skip
        # Squares are equal of −rate, too, and where rate is not defined.
        domain = domain_relations(
            [h for h in self.rule.hyperparameters.values() if not h.convention]
        )
        positive = decide_real([*domain, turning], [*typed.needs, sp.Ge(rate, 0, evaluate=False)])
        return from_decisions(method, equal(rate**2, determinant), positive)

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        while len(pairs) < 100:
            values = numbers_for(self.rule, {"lr": 1.0, "beta": random.uniform(0, 1)})
            curvature = random.uniform(0, 4)
            columns = []
            for unit in np.eye(2):  # one step of the code from each unit vector
                *state, theta = unit
                coefficients = self.rule.coefficients(1, values)
                point = self.rule.gradient_point(theta, *state, **coefficients)
                theta, *state = self.rule(theta, curvature * point, *state, **coefficients)
                columns.append([*state, theta])
            roots = np.linalg.eigvals(np.array(columns).T)
            if abs(roots[0].imag) > 1e-3:
                names = {**by_symbol(self.rule, values), "eta_lambda": curvature}
                pairs.append((abs(roots[0]), float(read(self.rate, names))))
        return same(pairs, f"eigenvalues of {self.rule.name} at 100 random settings")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, rate=m) for m in changed(self.rate))


def _simple_points(count: int) -> Iterator[tuple[sp.Rational, ...]]:
    """Tuples of a few simple fractions, such as all averaging factors can take."""
    values = [sp.Rational(v) for v in ("1/4", "1/2", "3/4", "1/9", "2/3", "1/3")]
    for total in range(6):
        for indices in np.ndindex(*[6] * count):
            if max(indices, default=0) == total:
                yield tuple(values[i] for i in indices)


@dataclass(frozen=True)
class MatrixPowerClaim(Claim):
    """``R**k`` of a 2×2 matrix is ``power``, typed in R, I, k ≥ 1 and its eigenvalues s1 and s2, which are not 0.

    They differ, or (``repeated``) both are s1. A polynomial in R is R^k if and only if it is s^k at both
    eigenvalues; at a double one its slope must be that of s^k, too.
    """

    power: str
    repeated: bool = False

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "Cayley–Hamilton: polynomials at the eigenvalues"
        s1, s2, z = sp.symbols("s1 s2 R", nonzero=True)
        k = sp.Symbol("k", integer=True, positive=True)
        written = parse_defined(
            self.power, {"R": z, "I": sp.Integer(1), "k": k, "s1": s1, "s2": s2}
        )
        typed = written.value
        if sp.diff(typed, z, 2) != 0:
            return Verdict.OPEN, method, None
        if self.repeated:
            pairs = [(typed.subs(z, s1), s1**k), (sp.diff(typed, z), k * s1**k / s1)]
        else:
            pairs = [(typed.subs(z, s), s**k) for s in (s1, s2)]
        for power, (first, second) in itertools.product((1, 2, 3), ((2, 1), (3, 1), (1, 3))):
            at = {k: power, s1: first, s2: second}
            if any(sp.simplify((a - b).subs(at)) != 0 for a, b in pairs):
                rows = [[first, 1], [0, first]] if self.repeated else [[first, 0], [0, second]]
                return Verdict.REFUTED, method, {"R": rows, "k": power}
        apart = [] if self.repeated else [sp.Ne(s1, s2, evaluate=False)]
        if any(decide_real(apart, [n]).holds is not True for n in written.needs):
            return Verdict.OPEN, f"{method}: it is not a number at all eigenvalues and powers", None
        decision = all_equal(pairs)
        return from_decisions(method, decision if decision.holds else Decision(None))

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        for k in range(1, 9):
            basis = random.standard_normal((2, 2)) + 2 * np.eye(2)
            s1, s2 = random.uniform(0.3, 1.5, 2)
            block = np.array([[s1, 1.0], [0, s1]]) if self.repeated else np.diag([s1, s2])
            R = basis @ block @ np.linalg.inv(basis)
            names = {"R": R, "I": np.eye(2), "k": k, "s1": s1, "s2": s2}
            pairs.append((np.linalg.matrix_power(R, k), read(self.power, names)))
        return same(pairs, "powers 1 to 8 of random matrices")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, power=m) for m in changed(self.power) if "I" in m)


@dataclass(frozen=True)
class ImpulseClaim(Claim):
    """A gradient g moves θ, ``tau`` steps after the step that it enters by, by ``weight``(τ)·g in all.

    ``weight`` is typed in the rule's hyperparameters and tau. What A^τB does to θ obeys the recurrence of
    A's characteristic polynomial: it is compared at as many τ as A has rows, and in the recurrence.
    """

    rule: Rule
    weight: str

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "first values and recurrence of the derived system"
        theory = derive(self.rule)
        A, B = theory.system.A, theory.system.B
        tau = sp.Symbol("tau", integer=True, nonnegative=True)
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"{method}: a step of {self.rule.name} changes with t", None
        names = {s.name: s for s in theory.trace.free.values()} | {"eta": ETA}
        if "tau" in names:
            raise NameCollision(
                f"claim {self.id}: tau stands for a hyperparameter of rule {self.rule.name} and for the age of a "
                "gradient; rename one of them"
            )
        typed = parse_defined(self.weight, {**names, "tau": tau})
        weight = typed.value
        domain = domain_relations([h for h in self.rule.hyperparameters.values()
                                   if not h.convention and h.symbol != "eta"])  # fmt: skip
        defined = all_equal([(typed, Defined(weight))], None, domain)
        if defined.holds is not True:
            return from_decisions(f"{method}: where it is defined", defined)
        z = sp.Symbol("z")
        coefficients = A.charpoly(z).all_coeffs()  # type: ignore[union-attr]
        note("derived from the code: the weights obey the recurrence of {}", sum(
            c * z**n for n, c in enumerate(reversed(coefficients))))  # fmt: skip
        for n in range(A.rows):
            first = equal((A**n * B)[A.rows - 1], weight.subs(tau, n))
            if first.holds is not True:
                found = {"tau": n, "weight": sp.factor((A**n * B)[A.rows - 1])}
                return (
                    from_decisions(method, first)[0],
                    method,
                    {**found, **(first.counterexample or {})},
                )
        shifted = [c * weight.subs(tau, tau + n) for n, c in enumerate(reversed(coefficients))]
        return from_decisions(method, equal(sum(shifted), 0))

    def trial(self) -> Evidence:
        values, pairs = numbers_for(self.rule, {}), []
        names = by_symbol(self.rule, values)
        theta, state = 0.0, [0.0] * len(self.rule.state)
        for tau in range(40):
            g = 1.0 if tau == 0 else 0.0
            theta, *state = self.rule(theta, g, *state, **self.rule.coefficients(tau + 1, values))
            pairs.append((theta, float(read(self.weight, {**names, "tau": tau}))))
        return same(pairs, f"{self.rule.name} run for 40 steps after one gradient")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, weight=m) for m in changed(self.weight))


__all__ = ["ComplexRateClaim", "ImpulseClaim", "MatrixPowerClaim"]
