r"""Kinds of claims about linear rules, and how each is decided.

A claim holds its statement as data (expressions typed in from the source, apart from the rules),
so that changing the statement changes what is proved:

>>> from eigenstep.optimizers.rules import gradient_descent
>>> claim = RegionClaim("M7", "…", "…", gradient_descent, bound="2")
>>> claim.prove().verdict.value
'PROVED'
>>> RegionClaim("M7", "…", "…", gradient_descent, bound="3").prove().verdict.value
'REFUTED'
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import sympy as sp

from ...analysis import derive
from ...analysis.decision import Decision, simplest_counterexample
from ...analysis.equality import positive_norms
from ...analysis.expressions import parse, parse_rule
from ...analysis.linear.derivation import ETA_LAMBDA
from ...analysis.linear.tuning import H_MU, KAPPA, MU, L, R, root_conditions
from ...analysis.tracing import ETA, LAMBDA, STEP, Trace, symbol_of, trace
from ...optimizers.compositions import at_gradient_point
from ...optimizers.domains import LearningRate
from ...optimizers.rule import Rule
from ..steps import all_equal, decide, decide_region, equal, note, taking_notes
from ..verdict import Proof, Verdict


@dataclass(frozen=True)
class Claim:
    """A statement with its id and source; subclasses hold the statement as data and decide it."""

    id: str
    statement: str
    source: str
    corrected: Claim | None = field(default=None, kw_only=True)
    """What holds in place of a statement that is refuted."""

    def prove(self) -> Proof:
        """Decide the claim now."""
        start = time.perf_counter()
        with taking_notes() as steps:
            verdict, method, counterexample = self.decide()
        if counterexample is not None:
            counterexample = {str(k): str(v) for k, v in counterexample.items()}
        return Proof(verdict, method, counterexample, time.perf_counter() - start, tuple(steps))

    def decide(self) -> tuple[Verdict, str, dict[str, Any] | None]:
        raise NotImplementedError

    def _repr_markdown_(self) -> str:
        """The statement as mathematics, for notebooks."""
        return f"**{self.id}** {self.statement} *({self.source})*"


def from_decisions(method: str, *decisions: Decision) -> tuple[Verdict, str, Any]:
    """PROVED where all hold, REFUTED by the first that fails, OPEN where one is undecided."""
    if any(d.holds is None for d in decisions):
        return Verdict.OPEN, method, None
    failing = next((d for d in decisions if not d.holds), None)
    if failing is None:
        return Verdict.PROVED, method, None
    return Verdict.REFUTED, method, dict(failing.counterexample or {})


def _identity(pairs: Any) -> tuple[Verdict, str, Any]:
    """Whether all pairs of rational expressions are equal."""
    return from_decisions("polynomial identity", all_equal(pairs))


@dataclass(frozen=True)
class RegionClaim(Claim):
    """All eigenvalues lie in the open unit disk if (``sufficient``) and only if 0 < ηλ < bound."""

    rule: Rule
    bound: str
    direction: str = "both"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule, **self.fixed)
        bound = parse(self.bound, theory.trace.free)
        inequalities = (
            ETA_LAMBDA,
            sp.expand(sp.fraction(bound)[0] - ETA_LAMBDA * sp.fraction(bound)[1]),
        )
        decisions = decide_region(
            theory.stability.polynomial, inequalities, theory.stability.domain
        )
        positive = decide(theory.stability.domain, sp.fraction(bound)[1] > 0)
        wanted = [positive] + [d for k, d in decisions.items() if self.direction in ("both", k)]
        return from_decisions("real arithmetic (z3)", *wanted)


@dataclass(frozen=True)
class EquationsClaim(Claim):
    """What the code computes is, for all inputs and every step t, what the source prints.

    ``printed`` is the source's algorithm, one assignment after the other: names of the rule's own
    variables or new ones, each given in what stands before it, ``g`` being the gradient. ``point``
    is where the gradient is taken, by default at the parameter. Hyperparameters that are
    not in ``fixed`` stay symbols. With ``positive_norms`` no norm is zero.
    """

    rule: Rule
    printed: Mapping[str, str]
    point: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    positive_norms: bool = False

    def decide(self) -> tuple[Verdict, str, Any]:
        traced, free = _traced(self.rule, tuple(self.fixed.items()))
        names: dict[str, Any] = {s.name: s for s in free.values()} | {"t": STEP}
        names |= {s.name: s for s in (traced.theta, traced.gradient, *traced.state)}
        functions = {"A": A_FUNCTION, "S": S_FUNCTION}
        point = parse_rule(self.point or self.rule.parameter, names)
        note(f"the code of {self.rule.name} is run on symbols, hyperparameters and t among them")
        for name, text in self.printed.items():
            names[name] = parse_rule(text, names, functions)
            note("printed: {} = {}", name, text)
        computed = dict(zip((*self.rule.state, self.rule.parameter),
                            (*traced.new_state, traced.new_theta), strict=True))  # fmt: skip
        pairs = [(computed[k], names[k]) for k in computed]
        pairs.append((traced.gradient_point, point))
        if self.positive_norms:
            pairs = [(positive_norms(a), positive_norms(b)) for a, b in pairs]
        elements = (traced.theta, traced.gradient, *traced.state)
        return from_decisions("identity of the traced code", all_equal(pairs, elements))


@lru_cache(maxsize=64)
def _traced(rule: Rule, fixed: tuple[tuple[str, Any], ...]) -> tuple[Trace, dict[str, sp.Symbol]]:
    """A rule traced at a symbolic step, and the symbols of the hyperparameters that are not fixed."""
    given = dict(fixed)
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.is_choice and k not in given and k not in rule.fixed}  # fmt: skip
    return trace(rule, step=STEP, **given, **free), free


def sample_step(theta: Any, g: Any, s: Any, lr: Any) -> Any:
    """The step that stands for A where :data:`any_rule` is run on numbers."""
    return theta - lr * (g + s)


def sample_state(theta: Any, g: Any, s: Any, lr: Any) -> Any:
    """The same for S."""
    return 0.9 * s + g - lr * theta


def _opaque(theta: Any, g: Any, s: Any, *, lr: LearningRate = 0.01) -> Any:
    symbolic = isinstance(theta, sp.Basic)
    step, state = (A_FUNCTION, S_FUNCTION) if symbolic else (sample_step, sample_state)
    return step(theta, g, s, lr), state(theta, g, s, lr)


A_FUNCTION, S_FUNCTION = sp.Function("A"), sp.Function("S")
_opaque.__name__ = "any_rule"
any_rule = Rule(_opaque, source="stands for every rule with one state variable")
"""A rule about which nothing is known: what is proved of it holds for every inner rule."""


@dataclass(frozen=True)
class MatrixClaim(Claim):
    """The iteration matrix on ½λx² is the printed one."""

    rule: Rule
    printed: tuple[tuple[str, ...], ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule)
        note("derived from the code: R = {}", theory.matrix)
        symbols = {s.name: s for s in theory.trace.free.values()} | {"eta": ETA, "lambda_": LAMBDA}
        typed = sp.Matrix([[parse(e, symbols) for e in row] for row in self.printed])
        return _identity(zip(theory.matrix, typed, strict=True))


@dataclass(frozen=True)
class ConjugacyClaim(Claim):
    """Two rules trace the same path of gradient points after a linear change of state.

    The change maps the first rule's ξ = (state, θ) to the second's; S is given row by row in the
    first rule's variables. Proved when A₂S = SA₁, B₂ = SB₁ and C₂S = C₁, and S is invertible.
    """

    first: Rule
    second: Rule
    change: tuple[str, ...]
    first_fixed: Mapping[str, Any] = field(default_factory=dict)
    second_fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        one, two = trace(self.first, **self.first_fixed), trace(self.second, **self.second_fixed)
        symbols = {s.name: s for s in (*one.free.values(), *one.system.state)} | {"eta": ETA}
        rows = [parse(row, symbols) for row in self.change]
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
        if sp.expand(s.det()) == 0:
            return Verdict.REFUTED, "polynomial identity", {"det S": "0"}
        return _identity([*at_zero, *pairs])


@dataclass(frozen=True)
class StoredPointClaim(Claim):
    """Storing the gradient's point y instead of θ is a change of variable, for the code that runs.

    The rule that the torch optimizer runs is traced too: with y = Cξ its system is conjugate to
    the rule's own, and its gradient is taken at the stored parameter.
    """

    rule: Rule

    def decide(self) -> tuple[Verdict, str, Any]:
        own, stored = trace(self.rule).system, trace(_stored(self.rule)).system
        note("the rule’s system: A = {}, B = {}, C = {}; of the one that stores the "
             "gradient’s point: A = {}, B = {}, C = {}", own.A, own.B, own.C, stored.A, stored.B, stored.C)  # fmt: skip
        note("conjugate by S, whose last row is C: entry by entry")
        n = own.order
        s = sp.Matrix.vstack(sp.eye(n)[:-1, :], own.C)
        at_parameter = sp.eye(n)[-1:, :]
        return _identity([*zip(stored.A * s, s * own.A, strict=True),
                          *zip(stored.B, s * own.B, strict=True),
                          *zip(stored.C, at_parameter, strict=True)])  # fmt: skip


def _stored(rule: Rule) -> Rule:
    return at_gradient_point(rule)


@dataclass(frozen=True)
class PowerClaim(Claim):
    """``iterate`` is R^t of the rule on ½λx²: base t = 0, and the step from t to t + 1."""

    rule: Rule
    iterate: str

    def decide(self) -> tuple[Verdict, str, Any]:
        matrix = derive(self.rule).matrix
        note("derived from the code: R = {}; t = 0: R^0 = 1; the step from t to t + 1:", matrix)
        base = sp.Symbol("z")  # parse allows no symbolic power, so the power is typed as z
        typed = parse(self.iterate, {"eta": ETA, "lambda_": LAMBDA})
        power = base**STEP
        step = sp.expand_power_exp(power.subs(STEP, STEP + 1)) - typed * power
        verdict, _, counterexample = _identity(
            [(sp.expand(step.subs(base, typed)) / typed**STEP, 0), (typed, matrix[0, 0])]
        )
        return verdict, "induction over t", counterexample


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
    half: str = "both"

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule)
        root = sp.Symbol("q", real=True)
        names = {"mu": MU, "L": L, "root": root}
        polynomial, variable = theory.stability.polynomial, theory.stability.variable
        radius = sp.Symbol("r_any", real=True)
        # Curvature is measured in units of μ, so μ = 1 and L = κ; the root gives κ rationally.
        unit = {MU: sp.Integer(1), L: KAPPA}
        squared = parse(self.root_squared, names).subs(unit)
        kappa = sp.solve(sp.Eq(squared, root**2), KAPPA)[0]
        typed = {k: parse(v, names).subs(unit).subs(KAPPA, kappa) for k, v in self.values.items()}
        rate = parse(self.rate, names).subs(unit).subs(KAPPA, kappa)
        spectrum = [root > 0, sp.cancel(kappa) > 1]
        method = "real arithmetic (z3)"
        decisions = []
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
        if self.half in ("both", "no_better"):
            better = [sp.GreaterThan(c, 0, evaluate=False) for c in conditions]
            smaller = [radius >= 0, sp.StrictLessThan(radius, rate, evaluate=False)]
            decisions.append(decide([*spectrum, *smaller, *better], sp.false))
        return from_decisions(method, *decisions)


@dataclass(frozen=True)
class RootLemma(Claim):
    """Roots of z² − Tz + D lie in |z| ≤ r iff D ≤ r², |T|r ≤ r² + D and |T| ≤ 2r, for r ≥ 0.

    ``conditions`` are the expressions that must be ≥ 0, in T, D and r.
    """

    conditions: tuple[str, ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        T, D, r = sp.symbols("T D r", real=True)
        a, c = sp.symbols("a c", real=True)
        typed = [parse(e, {"T": T, "D": D, "r": r}) >= 0 for e in self.conditions]
        # Two real roots a ± c, or a pair a ± ic.
        real = decide([r >= 0], _iff([t.subs({T: 2 * a, D: a**2 - c**2}) for t in typed],
                                     [a + c <= r, a - c <= r, a + c >= -r, a - c >= -r]))  # fmt: skip
        pair = decide([r >= 0], _iff([t.subs({T: 2 * a, D: a**2 + c**2}) for t in typed],
                                     [a**2 + c**2 <= r**2]))  # fmt: skip
        return from_decisions("real arithmetic (z3)", real, pair)


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


class Reals(dict[str, sp.Symbol]):
    """Every name stands for a real number."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        return self.setdefault(name, sp.Symbol(name, real=True))


@dataclass(frozen=True)
class MaximumLimitClaim(Claim):
    """(β^p u^p + (1 − β^p) a^p)^(1/p) → ``limit`` as p → ∞, for u, a ≥ 0 and 0 ≤ β < 1.

    With A = (βu)^p, B = a^p, c = β^p and M = max(A, B): (1 − c)M ≤ A + (1 − c)B ≤ 2M, whose p-th
    roots are max(βu, a) times (1 − β^p)^(1/p) and 2^(1/p), which both tend to 1.
    """

    limit: str

    def decide(self) -> tuple[Verdict, str, Any]:
        A, B, c = sp.symbols("A B c", real=True)
        middle, domain = A + (1 - c) * B, [A >= 0, B >= 0, c >= 0, c < 1]
        cases = [([*domain, A >= B], A), ([*domain, B >= A], B)]
        squeeze = [decide(h, sp.And((1 - c) * m <= middle, middle <= 2 * m, evaluate=False))
                   for h, m in cases]  # fmt: skip
        p, beta = sp.Symbol("p", positive=True), sp.Rational(1, 2)
        u, a, b = (sp.Symbol(n, nonnegative=True) for n in ("u", "a", "beta"))
        # ln of the outer factors over p: ln(1 − c)/p and ln(2)/p, where ln(1 − c) stays bounded.
        tends = [sp.limit(sp.log(2) / p, p, sp.oo), sp.limit(sp.log(1 - beta**p) / p, p, sp.oo)]
        stated = parse_rule(self.limit, {"u": u, "a": a, "beta": b})
        same = equal(stated, sp.Max(b * u, a))
        roots = Decision(all(x == 0 for x in tends))
        return from_decisions("limit, squeezed (z3)", *squeeze, roots, same)


def _iff(left: list[Any], right: list[Any]) -> Any:
    one, other = sp.And(*left, evaluate=False), sp.And(*right, evaluate=False)
    return sp.And(
        sp.Or(sp.Not(one, evaluate=False), other, evaluate=False),
        sp.Or(sp.Not(other, evaluate=False), one, evaluate=False),
        evaluate=False,
    )


__all__ = [
    "Claim",
    "ConjugacyClaim",
    "EquationsClaim",
    "InequalityClaim",
    "MatrixClaim",
    "MaximumLimitClaim",
    "PowerClaim",
    "R",
    "RegionClaim",
    "RootLemma",
    "StoredPointClaim",
    "TuningClaim",
    "any_rule",
    "from_decisions",
    "sample_state",
    "sample_step",
]  # fmt: skip
