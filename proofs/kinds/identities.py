r"""Kinds of claims beside those about rules: identities, sums, averages, limits, matrices of any size.

>>> SumClaim("P12", "…", "…", "beta**i", "0", "t", "(1 - beta**t)/(1 - beta)").prove().verdict.value
'REFUTED'
>>> SumClaim("P12", "…", "…", "beta**i", "0", "t - 1", "(1 - beta**t)/(1 - beta)", 1).prove().verdict.value
'PROVED'
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from ...analysis import derive
from ...analysis.expressions import build, parse_rule
from ...analysis.linear.lookahead import LookaheadTheory
from ...analysis.symmetries import symmetries
from ...analysis.tracing import ETA, LAMBDA, STEP, symbol_of, trace
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import all_equal, decide, equal, note, said
from ..verdict import Verdict
from ..words import ORTHOGONAL, SYMMETRIC, VECTORS, Words, letters
from .claim import Claim, from_decisions


class Names(dict[str, Any]):
    """Names for typed formulas: t, n, b, i, k, T are positive integers, the rest real and positive."""

    INTEGERS = ("t", "n", "b", "i", "k", "T", "tau")

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        integer = True if name in self.INTEGERS else None
        return self.setdefault(name, sp.Symbol(name, positive=True, integer=integer))


def _define(names: Any, definitions: Mapping[str, str]) -> None:
    for name, text in definitions.items():
        names[name] = parse_rule(text, names)


@dataclass(frozen=True)
class IdentityClaim(Claim):
    """Two expressions are equal for all positive values of what they contain.

    ``definitions`` are names, each given in what stands before it.
    """

    left: str
    right: str
    definitions: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        _define(names, self.definitions)
        pair = parse_rule(self.left, names), parse_rule(self.right, names)
        return from_decisions("rational identity", equal(*pair))


@dataclass(frozen=True)
class SumClaim(Claim):
    """Σ of ``term`` over i from ``lower`` to ``upper`` (t plus a number) is ``closed``, all t ≥ start.

    By induction: at ``start`` the sum is added up, and from t to t + 1 ``closed`` grows by one term.
    """

    term: str
    lower: str
    upper: str
    closed: str
    start: int = 0

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        t, i = names["t"], names["i"]
        texts = (self.term, self.lower, self.upper, self.closed)
        term, lower, upper, closed = (parse_rule(text, names) for text in texts)
        if sp.expand(upper - t).has(t):
            return Verdict.OPEN, "induction over t", None
        for value in range(self.start, self.start + 4):  # the base, and counterexamples
            first, last = int(lower), int(upper.subs(t, value))
            total = sum((term.subs(i, j) for j in range(first, last + 1)), sp.Integer(0))
            note(f"t = {value}:" + (" the base" if value == self.start else ""))
            here = equal(total, closed.subs(t, value))
            if here.holds is False:
                point = {"t": str(value), **(here.counterexample or {})}
                return Verdict.REFUTED, "induction over t", point
            if value == self.start and not here.holds:
                return Verdict.OPEN, "induction over t", None
        note("the step: from t to t + 1 the closed form grows by the next term")
        step = equal(closed.subs(t, t + 1) - closed, term.subs(i, upper.subs(t, t + 1)))
        return from_decisions("induction over t", step)


@dataclass(frozen=True)
class UnrolledClaim(Claim):
    """After t steps from zero a rule's variable is Σ_{τ<t} ``weight``(τ) · ``of``(g_{t−τ}).

    By induction: the weight of the newest gradient is what one step gives it, and one step multiplies
    every older weight by the same factor; both are read off the traced code.
    """

    rule: Rule
    variable: str
    weight: str
    of: str = "g"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        free = {k: symbol_of(h) for k, h in self.rule.hyperparameters.items()
                if not h.is_choice and k not in self.fixed}  # fmt: skip
        traced = trace(self.rule, step=STEP, **self.fixed, **free)
        place = self.rule.state.index(self.variable)
        old, new = traced.state[place], sp.expand(traced.new_state[place])
        tau = sp.Symbol("tau", integer=True, nonnegative=True)
        names: dict[str, Any] = {s.name: s for s in free.values()} | {"tau": tau}
        weight = parse_rule(self.weight, names)
        source = parse_rule(self.of, {"g": traced.gradient})
        factor = sp.diff(new, old)
        newest = sp.cancel((new - factor * old) / source)
        if newest.has(traced.gradient) or factor.has(old):
            return Verdict.OPEN, "induction over t", None
        note("one step of the code: {} becomes {}, so older weights are multiplied by {} and the newest "
             "is {}", old, new, factor, newest)  # fmt: skip
        pairs = [(weight.subs(tau, 0), newest), (weight.subs(tau, tau + 1), factor * weight)]
        return from_decisions("induction over t", all_equal(pairs))


@dataclass(frozen=True)
class LimitClaim(Claim):
    """``expression`` tends to ``value`` as ``variable`` → ∞; names in ``unit`` lie in (0, 1)."""

    expression: str
    variable: str
    value: str
    unit: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        names["e"] = sp.E
        variable = names[self.variable] = sp.Symbol(self.variable, positive=True)
        for name in self.unit:  # x in (0, 1) is e^(−κ) with κ > 0
            names[name] = sp.exp(-sp.Symbol(f"kappa_{name}", positive=True))
        stated = parse_rule(self.value, names)
        found = sp.limit(parse_rule(self.expression, names), variable, sp.oo)
        difference = sp.simplify(found - stated)
        note(
            f"SymPy: the limit as {self.variable} → ∞ is {said(found)}; it differs from the stated by {said(difference)}"
        )
        if difference == 0:
            return Verdict.PROVED, "limit", None
        number = difference.subs({s: sp.Rational(1, 3) for s in difference.free_symbols})
        if number.is_infinite or (number.is_number and abs(sp.N(number, 30)) > 1e-20):
            return Verdict.REFUTED, "limit", {"limit": str(found)}
        return Verdict.OPEN, "limit", None


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


def _diagonal(*entries: Any) -> sp.Matrix:
    return sp.diag(*map(sp.Rational, entries))


_UNIT_LINE: dict[str, sp.Matrix] = {k: sp.eye(1) for k in (*VECTORS, *SYMMETRIC, *ORTHOGONAL)}
_LINE: dict[str, sp.Matrix] = {
    k: sp.Matrix([[sp.Rational(v)]])
    for k, v in {"x": 3, "c": 5, "v": 7, "z": 11, "d": 13, "Q": 2, "Qi": "1/2", "L": 4, "Li": "1/4",
                 "Lh": 2, "D": 3, "U": 1}.items()
}  # fmt: skip
"""What the letters are in one dimension …"""
_PLANE: dict[str, sp.Matrix] = {
    "x": sp.Matrix([3, 1]), "c": sp.Matrix([5, 2]), "v": sp.Matrix([7, 3]), "z": sp.Matrix([11, 4]),
    "d": sp.Matrix([13, 6]), "Q": sp.Matrix([[2, 1], [1, 3]]), "Qi": sp.Matrix([[2, 1], [1, 3]]).inv(),
    "L": _diagonal(4, 9), "Li": _diagonal("1/4", "1/9"), "Lh": _diagonal(2, 3), "D": _diagonal(3, 5),
    "U": sp.Matrix([[3, -4], [4, 3]]) / 5,
}  # fmt: skip
"""… and in two."""


@dataclass(frozen=True)
class MatrixIdentityClaim(Claim):
    """An identity of matrices and vectors of any size; see :mod:`~eigenstep.proofs.words`."""

    left: str
    right: str
    definitions: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "identity of words"
        for name, text in self.definitions.items():
            note(f"{name} = {said(text)}")
        note(
            "both sides as sums of words in letters that do not commute: {} and {}",
            self.left,
            self.right,
        )
        if (self._side(self.left, letters()) - self._side(self.right, letters())).is_zero:
            note("every word cancels, by Qi·Q = I, UT·U = I and what is symmetric")
            return Verdict.PROVED, method, None
        for point in (
            _UNIT_LINE,
            _LINE,
            _PLANE,
        ):  # special cases: a difference there refutes the identity
            left, right = (self._side(text, letters()) for text in (self.left, self.right))
            value = (left - right).at(point)
            at = {s: sp.Rational(2, 3) for s in value.free_symbols}
            if any(entry != 0 for entry in value.subs(at)):
                whole = " ".join([self.left, self.right, *self.definitions.values()])
                used = {k: v for k, v in point.items() if re.search(rf"\b{k}T?\b", whole)}
                if point is not _PLANE:
                    used = {k: v[0] for k, v in used.items() if k not in ORTHOGONAL}
                shown = {k: v.tolist() if hasattr(v, "tolist") else v for k, v in used.items()}
                return Verdict.REFUTED, method, {**shown, **at}
        return Verdict.OPEN, method, None

    def _side(self, text: str, known: dict[str, Words]) -> Words:
        names: Any = _WordNames(known)
        for name, value in self.definitions.items():
            made = build(value, names)
            names[name] = made
            if isinstance(made, Words):
                names[f"{name}T"] = made.T
        side = build(text, names)
        return side if isinstance(side, Words) else Words({(): side})


@dataclass(frozen=True)
class VarianceClaim(Claim):
    """The stationary variance of θ under unit gradient noise on ½λx² is ``value``."""

    rule: Rule
    value: str

    def decide(self) -> tuple[Verdict, str, Any]:
        theory = derive(self.rule)
        note(
            "the Lyapunov equation of the derived R = {} under unit noise, solved for Var θ:",
            theory.matrix,
        )
        names = {s.name: s for s in theory.trace.free.values()} | {"eta": ETA, "lambda_": LAMBDA}
        return from_decisions(
            "rational identity", equal(theory.noise.variance, parse_rule(self.value, names))
        )


@dataclass(frozen=True)
class ScalingClaim(Claim):
    """κ(D^−½ Q D^−½) ≤ κ(Q), D the diagonal of Q, for every positive definite Q of the size of those
    in ``tried``.

    Refuted by one of those if one is worse, decided by intervals with rational ends around the
    eigenvalues; matrices that are not worse prove nothing.
    """

    tried: tuple[tuple[tuple[int, ...], ...], ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "rational intervals around the eigenvalues"
        for rows in self.tried:
            q = sp.Matrix(rows)
            root = sp.diag(*[1 / sp.sqrt(q[i, i]) for i in range(q.rows)])
            before, after = self._condition(q), self._condition(root * q * root)
            note(f"Q = {said(q)}: κ(Q) is between {float(before[0]):.6f} and {float(before[1]):.6f}, scaled between "
                 f"{float(after[0]):.6f} and {float(after[1]):.6f}")  # fmt: skip
            if after[0] > before[1]:
                return Verdict.REFUTED, method, {
                    "Q": str(q.tolist()), "kappa(Q)": f"< {float(before[1]):.6f}",
                    "scaled": f"> {float(after[0]):.6f}",
                }  # fmt: skip
        return Verdict.OPEN, method, None

    @staticmethod
    def _condition(q: sp.Matrix) -> tuple[sp.Rational, sp.Rational]:
        z = sp.Symbol("z")
        found = sp.Poly(q.charpoly(z).as_expr(), z).intervals(eps=sp.Rational(1, 10**9))
        ends = [interval for interval, _ in found]
        low, high = min(e[0] for e in ends), max(e[1] for e in ends)
        smallest_high, largest_low = min(e[1] for e in ends), max(e[0] for e in ends)
        return largest_low / smallest_high, high / low


@dataclass(frozen=True)
class CycleClaim(Claim):
    """The rule runs through ``points`` for ever on a function with a piecewise linear gradient.

    ``gradient`` is typed in x. Decided by running the rule's code in rational arithmetic: after as many
    steps as there are points, parameter and state are what they were. The state at the start is that
    which the last point and the first give a rule with θ⁺ = θ − ηv.
    """

    rule: Rule
    gradient: str
    settings: Mapping[str, str]
    points: tuple[str, ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        values = {k: sp.Rational(v) for k, v in self.settings.items()}
        full = {**self.rule.with_defaults({}), **values}
        full = {k: sp.Integer(0) if v == 0.0 else v for k, v in full.items()}
        points = [sp.Rational(p) for p in self.points]
        theta, state = points[0], ((points[-1] - points[0]) / values["lr"],)
        start = (theta, *state)
        seen = []
        for t in range(1, len(points) + 1):
            x = sp.Symbol("x", real=True)
            g = sp.piecewise_fold(parse_rule(self.gradient, {"x": x})).subs(x, theta)
            theta, *state = self.rule(theta, g, *state, **self.rule.coefficients(t, full))
            seen.append(theta)
        note(
            f"the code run from {said(points[0])} with state {said(start[1])}: {', '.join(said(p) for p in seen)}"
        )
        expected = [*points[1:], points[0]]
        if seen == expected and (theta, *state) == start:
            return Verdict.PROVED, "run in rational arithmetic", None
        return Verdict.REFUTED, "run in rational arithmetic", {"visits": str(seen)}


@dataclass(frozen=True)
class SymmetryClaim(Claim):
    """A rule has a symmetry, or (``holds`` False) has it not; see :mod:`~eigenstep.analysis.symmetries`."""

    rule: Rule
    symmetry: str
    holds: bool = True

    def decide(self) -> tuple[Verdict, str, Any]:
        found = symmetries(self.rule)
        method = "identity of the traced code"
        if self.symmetry not in found:
            raise UnknownName("symmetry", self.symmetry, found)
        note(f"the code of {self.rule.name} on the image of every state and gradient, against the image of what it computes: "
             f"{'the same' if found[self.symmetry] else 'not the same'}, as identities of symbols")  # fmt: skip
        if found[self.symmetry] == self.holds:
            return Verdict.PROVED, method, None
        return Verdict.REFUTED, method, self._first_steps()

    def _first_steps(self) -> dict[str, Any]:
        """The first step from θ = 1 with g = 1, and that of the image with c = 2, mapped back."""
        images = {"units": (2, sp.Rational(1, 2), 2), "loss scale": (1, 2, 1)}
        if self.symmetry not in images:
            return {"symmetry": self.symmetry}
        zero = {k: 0 for k in ("eps", "weight_decay") if k in self.rule.hyperparameters}
        free = {k: h.default for k, h in self.rule.hyperparameters.items()
                if k not in zero and k not in self.rule.fixed}  # fmt: skip
        traced = trace(self.rule, step=1, **zero, **free)
        start, gradient, back = images[self.symmetry]
        ends = []
        for theta, g in ((1, 1), (start, gradient)):
            at = {traced.theta: theta, traced.gradient: g, **dict.fromkeys(traced.state, 0)}
            ends.append(traced.new_theta.subs(at))
        return {"c": 2, "theta": 1, "g": 1, "after a step": ends[0], "of the image": ends[1] / back}


@dataclass(frozen=True)
class LookaheadClaim(Claim):
    """With Lookahead(k, α) around it a rule is stable for every ηλ in (0, ``reach``).

    ``reach`` is typed in the rule's hyperparameters, whose values ``settings`` gives. Decided by the
    exact stable intervals of the cycle's matrix.
    """

    rule: Rule
    k: int
    alpha: str
    reach: str
    settings: Mapping[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, sp.Rational]:
        """The settings as exact numbers, by the name of the hyperparameter."""
        return {k: parse_rule(v, {}) for k, v in self.settings.items()}

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "Jury’s conditions, exact roots"
        values = self.values()
        theory = LookaheadTheory(self.rule, self.k, parse_rule(self.alpha, {}))
        names = {s.name: values[k] for k, s in theory.inner.trace.free.items() if k in values}
        reach = parse_rule(self.reach, names)
        if reach <= 0:
            return Verdict.REFUTED, method, {"reach": str(reach)}
        point = {theory.inner.free[k]: v for k, v in values.items()}
        note(
            f"the matrix of a cycle of {self.k} steps around {self.rule.name}, from traced steps; Jury’s conditions and their exact roots"
        )
        for lower, upper in theory.stability.intervals(point):
            if lower <= 0 < upper:
                note(
                    f"the first stable interval ends at {sp.N(upper, 12)}; claimed: {said(reach)} = {sp.N(reach, 12)}"
                )
                if upper >= reach:
                    return Verdict.PROVED, method, None
                between = sp.nsimplify((sp.N(upper, 30) * 3 + sp.N(reach, 30)) / 4, rational=True)
                return Verdict.REFUTED, method, {
                    "eta*lambda": str(between.limit_denominator(1000)), "stable below": str(sp.N(upper, 6)),
                }  # fmt: skip
        return Verdict.REFUTED, method, {"stable": "nowhere"}


class _WordNames(dict[str, Any]):
    """Letters, and numbers for all other names."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> sp.Symbol:
        return self.setdefault(name, sp.Symbol(name, positive=True))


__all__ = [
    "CycleClaim",
    "GrowthClaim",
    "IdentityClaim",
    "LimitClaim",
    "LookaheadClaim",
    "MatrixIdentityClaim",
    "ScalingClaim",
    "SumClaim",
    "SymmetryClaim",
    "UnrolledClaim",
    "VarianceClaim",
]  # fmt: skip
