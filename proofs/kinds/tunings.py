"""Which hyperparameters are the best for a spectrum, and the lemma of roots that this rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.expressions import parse, parse_defined
from ...analysis.linear.tuning import H_MU, KAPPA, MU, L, R, root_conditions
from ...analysis.simulation import growth
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import decide, note
from ..trials.arithmetic import read
from ..trials.evidence import SEED, Evidence
from ..trials.rules import LONG
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import changes_with_t


@dataclass(frozen=True)
class TuningClaim(Claim):
    """The printed hyperparameters minimize the worst spectral radius over [μ, L], L > μ > 0.

    ``values`` and ``rate`` are in μ, L and ``root``, the positive number whose square is
    ``root_squared``. Two halves: the rate is attained there, and no real hyperparameters of any
    value attain a smaller one.
    """

    rule: Rule
    values: Mapping[str, str]
    rate: str
    root_squared: str = "L/mu"
    half: Literal["both", "attained", "no_better"] = "both"

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule)
        root = sp.Symbol("q", real=True)
        names = {"mu": MU, "L": L, "root": root}
        polynomial, variable = theory.stability.polynomial, theory.stability.variable
        radius = sp.Symbol("r_any", real=True)
        # Curvature is measured in units of μ, so μ = 1 and L = κ; the root gives κ rationally.
        unit = {MU: sp.Integer(1), L: KAPPA}
        squared = parse(self.root_squared, names).subs(unit)
        method = "real arithmetic (z3)"
        if changes_with_t(self.rule):
            return Verdict.OPEN, f"the eigenvalues of {self.rule.name} change with t", None
        self._check_names()
        if unlike := self._of_another_unit(names):
            return Verdict.REFUTED, f"{method}: units", {"unit": unlike}
        if (
            not squared.is_rational_function(KAPPA)
            or sp.degree(sp.fraction(sp.together(squared - root**2))[0], KAPPA) != 1
        ):
            return (
                Verdict.OPEN,
                f"{method}: root_squared does not give L/mu as a fraction in root",
                None,
            )
        (kappa,) = sp.solve(sp.Eq(squared, root**2), KAPPA)
        typed = {k: parse(v, names).subs(unit).subs(KAPPA, kappa) for k, v in self.values.items()}
        rate = parse(self.rate, names).subs(unit).subs(KAPPA, kappa)
        spectrum = [root > 0, sp.cancel(kappa) > 1]
        if decide(spectrum, sp.false).holds is not False:
            return Verdict.OPEN, f"{method}: no spectrum has such a root", None
        given = {"mu": MU, "L": L, "root": sp.Symbol("root", positive=True)}
        needs = {
            n for v in (*self.values.values(), self.rate) for n in parse_defined(v, given).needs
        }
        apart = [sp.Gt(L, MU, evaluate=False), sp.Gt(MU, 0, evaluate=False),
                 sp.Eq(given["root"] ** 2, parse(self.root_squared, given), evaluate=False)]  # fmt: skip
        decisions = [decide(apart, n) for n in sorted(needs, key=sp.default_sort_key)]
        note("the derived polynomial {}; all roots in |z| ≤ r at both ends of [1, κ], in units of μ, "
             "exactly where lemma.roots’ inequalities hold", polynomial.as_expr())  # fmt: skip
        conditions = [
            c.subs(variable, end)
            for end in (H_MU, kappa * H_MU)
            for c in root_conditions(polynomial, radius)
        ]
        if self.half in ("both", "attained"):
            there = {theory.free[k]: v for k, v in typed.items() if k != "lr"}
            at = [c.subs({H_MU: typed["lr"], **there, radius: rate}) for c in conditions]
            closed = [sp.GreaterThan(sp.cancel(c), 0, evaluate=False) for c in at]
            decisions.append(decide(spectrum, sp.And(*closed, sp.cancel(rate) >= 0)))
        if self.half == "attained":  # the other half says so, too
            below = [c.subs({H_MU: typed["lr"], **there}) for c in conditions]
            closed = [sp.GreaterThan(sp.cancel(c), 0, evaluate=False) for c in below]
            less = [radius >= 0, sp.StrictLessThan(radius, rate, evaluate=False)]
            decisions.append(decide([*spectrum, *less, *closed], sp.false))
        if self.half in ("both", "no_better"):
            better = [sp.GreaterThan(c, 0, evaluate=False) for c in conditions]
            smaller = [radius >= 0, sp.StrictLessThan(radius, rate, evaluate=False)]
            decisions.append(decide([*spectrum, *smaller, *better], sp.false))
        return from_decisions(method, *decisions)

    def _check_names(self) -> None:
        for name in ("lr", *self.values):
            if name not in self.rule.hyperparameters or name not in self.values:
                raise UnknownName(
                    f"value among the printed ones of {self.rule.name}", name, self.values
                )

    def _of_another_unit(self, names: Mapping[str, Any]) -> str | None:
        """What would be another number if curvature were measured in another unit; None where nothing is.

        With μ and L four times as large the learning rate is a quarter, all else is what it was.
        """
        unit = sp.Symbol("unit", positive=True)
        larger = {MU: unit**2 * MU, L: unit**2 * L}
        squared = parse(self.root_squared, names)
        for power in range(-4, 5):
            if sp.cancel(squared.subs(larger, simultaneous=True) - unit**power * squared) == 0:
                break
        else:
            return f"root_squared = {self.root_squared}"
        # Of a root with √unit in it only even powers are known.
        if power % 2:
            return f"root_squared = {self.root_squared}"
        scaled = {**larger, names["root"]: unit ** (power // 2) * names["root"]}
        for name, text, by in (*((k, v, 1 / unit**2 if k == "lr" else 1) for k, v in self.values.items()),
                               ("rate", self.rate, 1)):  # fmt: skip
            value = parse(text, names)
            if sp.cancel(value.subs(scaled, simultaneous=True) - by * value) != 0:
                return f"{name} = {text}"
        return None

    def trial(self) -> Evidence:
        rule, random = self.rule, np.random.default_rng(SEED)
        agrees = True
        for kappa in (4.0, 30.0):
            names: dict[str, Any] = {"mu": 1.0, "L": kappa}
            names["root"] = math.sqrt(float(read(self.root_squared, names)))
            rate = float(read(self.rate, names))
            ends = np.array([1.0, kappa])
            values = {k: float(read(v, names)) for k, v in self.values.items()}
            others = {k: v for k, v in values.items() if k != "lr"}
            # t steps from a double root leave a factor t, which over half a run is 2^(1/1000).
            attained = growth(rule, LONG, eta_lambda=values["lr"] * ends, **others).max()
            agrees &= bool(abs(attained - rate) < 2e-3)
            tried = {k: v * random.uniform(0.5, 1.5, (300, 1)) for k, v in values.items()}
            if "beta" in tried:
                tried["beta"] = np.clip(tried["beta"], 0, 0.999)
            found = growth(rule, LONG, eta_lambda=tried.pop("lr") * ends, **tried).max(axis=1)
            agrees &= bool(found.min() > rate - 2e-3)
        return Evidence(
            agrees, f"{rule.name} run at the optimum and at 300 settings around it, κ = 4 and 30"
        )

    def mutants(self) -> Iterator[Claim]:
        for key, value in self.values.items():
            for m in (f"({value})*9/10", f"({value})*11/10"):
                yield replace(self, values={**self.values, key: m}, half="attained")
        yield replace(self, rate=f"({self.rate})*99/100", half="attained")
        yield replace(self, rate=f"({self.rate})*101/100", half="no_better")


@dataclass(frozen=True)
class RootLemma(Claim):
    """Roots of z² − Tz + D lie in |z| ≤ r iff D ≤ r², |T|r ≤ r² + D and |T| ≤ 2r, for r ≥ 0.

    ``conditions`` are the expressions that must be ≥ 0, in T, D and r.
    """

    conditions: tuple[str, ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        T, D, r = sp.symbols("T D r", real=True)
        a, c = sp.symbols("a c", real=True)
        found = [parse_defined(e, {"T": T, "D": D, "r": r}) for e in self.conditions]
        typed = [sp.GreaterThan(e.value, 0, evaluate=False) for e in found]
        defined = [decide([r >= 0], n) for e in found for n in e.needs]
        # Two real roots a ± c, or a pair a ± ic.
        real = decide([r >= 0], _iff([t.subs({T: 2 * a, D: a**2 - c**2}) for t in typed],
                                     [a + c <= r, a - c <= r, a + c >= -r, a - c >= -r]))  # fmt: skip
        pair = decide([r >= 0], _iff([t.subs({T: 2 * a, D: a**2 + c**2}) for t in typed],
                                     [a**2 + c**2 <= r**2]))  # fmt: skip
        return from_decisions("real arithmetic (z3)", *defined, real, pair)

    def trial(self) -> Evidence:
        random = np.random.default_rng(SEED)
        wrong = 0
        for T, D, r in random.uniform(-2, 2, (2000, 3)) * [1, 1, 0.5] + [0, 0, 1]:
            margins = [float(read(c, {"T": T, "D": D, "r": r})) for c in self.conditions]
            inside = np.max(np.abs(np.roots([1, -T, D]))) <= r
            wrong += (min(margins) >= 0) != inside and abs(min(margins)) > 1e-9
        return Evidence(wrong == 0, f"2000 random quadratics, {wrong} against it")

    def mutants(self) -> Iterator[Claim]:
        for i, condition in enumerate(self.conditions):
            rows = list(self.conditions)
            rows[i] = f"({condition}) - 1/7"
            yield replace(self, conditions=tuple(rows))
        yield replace(self, conditions=self.conditions[1:])


def _iff(left: list[Any], right: list[Any]) -> Any:
    one, other = sp.And(*left, evaluate=False), sp.And(*right, evaluate=False)
    return sp.And(
        sp.Or(sp.Not(one, evaluate=False), other, evaluate=False),
        sp.Or(sp.Not(other, evaluate=False), one, evaluate=False),
        evaluate=False,
    )


__all__ = ["R", "RootLemma", "TuningClaim"]
