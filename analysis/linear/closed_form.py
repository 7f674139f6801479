r"""The best hyperparameters for every spectrum [μ, L] in closed form, with a proof that none are better.

B is a column and C a row, so the characteristic polynomial is affine in the curvature. All roots
of z² − Tz + D have modulus at most r if and only if D ≤ r², |T|r ≤ r² + D and |T| ≤ 2r; each of
these is affine in λ, so they hold on all of [μ, L] as soon as they hold at both ends. The optimum
therefore minimizes r under at most six polynomial inequalities, and lies where as many of them are
equalities as there are unknowns. Which ones is found numerically at one condition number; the
equations are then solved for every condition number at once, and z3 decides that no other
hyperparameters reach a smaller r.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.evalf import PrecisionExhausted

from ...optimizers.errors import EigenstepError
from ..decision import Decision, decide
from .stability import Z, positive_factors

R = sp.Symbol("r", nonnegative=True)
KAPPA = sp.Symbol("kappa", positive=True)
MU, L = sp.Symbol("mu", positive=True), sp.Symbol("L", positive=True)
H_MU = sp.Symbol("h_mu", positive=True)
"""ημ, the product at the lower end of the spectrum."""
Q = sp.Symbol("q", positive=True)
"""The root in which everything is rational: κ = (q² − c)/d."""
TRIAL_KAPPA = 10
"""The condition number at which is found numerically which conditions are equalities."""


class NoTuning(EigenstepError, ValueError):
    """No closed form of the optimal hyperparameters was found for a rule."""


@dataclass(frozen=True)
class ClosedTuning:
    """The optimum for every spectrum, as rational functions of q, and as functions of μ and L."""

    kappa_of_q: sp.Expr
    h_mu: sp.Expr
    others: Mapping[sp.Symbol, sp.Expr]
    rate: sp.Expr
    constraints: tuple[sp.Expr, ...]
    active: tuple[int, ...]
    names: Mapping[sp.Symbol, str]

    @cached_property
    def exact(self) -> dict[str, sp.Expr]:
        """Expressions in μ and L: ``lr``, each other hyperparameter by name, ``rate``."""
        w, y = sp.symbols("w y", positive=True)
        if Q in self.kappa_of_q.free_symbols:
            numerator, slope = (
                sp.Poly(self.kappa_of_q, Q).all_coeffs()[-1],
                sp.Poly(self.kappa_of_q, Q).all_coeffs()[0],
            )
            # κ = slope·q² + numerator, and q = w/y with y = √μ.
            to_ends = {w: sp.sqrt((L - numerator * MU) / slope), y: sp.sqrt(MU)}

            def finish(e: sp.Expr) -> sp.Expr:
                trial = {w: sp.Integer(7), y: sp.Integer(2)}
                return positive_factors(sp.cancel(e.subs(Q, w / y)), trial).subs(to_ends)
        else:

            def finish(e: sp.Expr) -> sp.Expr:
                trial = {L: sp.Integer(7), MU: sp.Integer(2)}
                return positive_factors(sp.cancel(e.subs(KAPPA, L / MU)), trial)

        lr = finish(self.h_mu / (y**2 if Q in self.kappa_of_q.free_symbols else MU))
        found = {"lr": lr}
        for symbol, value in self.others.items():
            found[self.names[symbol]] = finish(value)
        found["rate"] = finish(self.rate)
        return found

    def at(self, mu: sp.Rational, largest: sp.Rational) -> dict[str, Any]:
        """:attr:`exact` at two numbers, as numbers of 40 digits; nothing cancels.

        Raises:
            NoTuning: μ and L agree to more digits than can be told apart.
        """
        if mu == largest:  # then the rate may be 0, which no number of digits would show
            return {k: sp.cancel(e.subs(L, MU)).subs(MU, mu) for k, e in self.exact.items()}
        try:
            return {
                k: e.evalf(40, subs={MU: mu, L: largest}, maxn=4000, strict=True)
                for k, e in self.exact.items()
            }
        except PrecisionExhausted:
            raise NoTuning(
                "L/mu is so near to 1, or so far from it, that the optimum cannot be computed"
            ) from None

    def attained(self, mu: sp.Rational, largest: sp.Rational) -> bool:
        """Whether every root condition holds at both ends of this spectrum with r the rate."""
        values = self.at(mu, largest)
        point = {H_MU: values["lr"] * mu, R: values["rate"], KAPPA: largest / mu}
        point |= {symbol: values[name] for symbol, name in self.names.items()}
        for constraint in self.constraints:
            terms = [t.subs(point) for t in sp.Add.make_args(constraint)]
            if sp.Add(*terms).evalf(30) < -sp.Float("1e-20") * max(abs(t) for t in terms):
                return False
        return True

    @property
    def _above_one(self) -> list[Any]:
        q = Q if Q in self.kappa_of_q.free_symbols else KAPPA
        start = [s for s in sp.solve(self.kappa_of_q - 1, q) if s.is_positive] if q == Q else [1]
        return [sp.StrictGreaterThan(q, start[0], evaluate=False)]

    def optimality(self, *, seconds: float = 10.0) -> dict[str, Decision]:
        """z3's verdict, for all κ > 1, that the optimum is attained and that none is better.

        ``"attained"``: at the optimum every root condition holds with r the rate. ``"no_better"``:
        no real ημ, no real value of any other hyperparameter, and no r' with 0 ≤ r' < r satisfy
        the root conditions at both ends.
        """
        optimum = {H_MU: self.h_mu, R: self.rate, **self.others, KAPPA: self.kappa_of_q}
        all_hold = sp.And(
            *[sp.GreaterThan(in_field(c, optimum), 0, evaluate=False) for c in self.constraints]
        )
        attained = decide(self._above_one, all_hold, seconds=seconds)
        # Real, unconstrained stand-ins: no assumption of the symbols enters z3.
        elsewhere = [
            sp.GreaterThan(c.subs(KAPPA, self.kappa_of_q), 0, evaluate=False)
            for c in self.constraints
        ]
        smaller = [sp.GreaterThan(R, 0, evaluate=False),
                   sp.StrictLessThan(R, self.rate, evaluate=False)]  # fmt: skip
        no_better = decide([*self._above_one, *smaller, *elsewhere], sp.false, seconds=seconds)
        return {"attained": attained, "no_better": no_better}


def root_conditions(polynomial: sp.Poly, radius: sp.Expr) -> list[sp.Expr]:
    """What must be ≥ 0 for the roots of a monic polynomial of degree 1 or 2 to lie in |z| ≤ r."""
    if polynomial.degree() == 1:
        root = -polynomial.all_coeffs()[1]
        return [radius - root, radius + root]
    _, minus_trace, determinant = polynomial.all_coeffs()
    return [
        radius**2 + minus_trace * radius + determinant,
        radius**2 - minus_trace * radius + determinant,
        radius**2 - determinant,
        2 * radius + minus_trace,
        2 * radius - minus_trace,
    ]


def closed_tuning(
    polynomial: sp.Poly, variable: sp.Symbol, free: Sequence[sp.Symbol],
    names: Mapping[sp.Symbol, str], guess: np.ndarray,
) -> ClosedTuning:  # fmt: skip
    """Solve for the optimum at every condition number.

    Args:
        polynomial: monic characteristic polynomial in z, of degree 1 or 2, affine in ``variable``.
        variable: ηλ.
        free: the other hyperparameters to tune.
        names: their argument names.
        guess: the optimal (ημ, *free, r) at κ = 10, found numerically to a few digits.

    Raises:
        NoTuning: the equations have no solution rational in one square root of a linear
            function of κ.
    """
    if polynomial.degree() > 2:
        raise NoTuning(
            f"no closed tuning for a characteristic polynomial of degree {polynomial.degree()}"
        )
    at_ends = [
        sp.fraction(sp.together(c))[0]
        * sp.sign(sp.fraction(sp.together(c))[1].subs(dict(zip(free, guess[1:], strict=False))))
        for end in (H_MU, KAPPA * H_MU)
        for c in root_conditions(sp.Poly(polynomial.as_expr().subs(variable, end), Z), R)
    ]
    constraints = tuple(dict.fromkeys(sp.expand(c) for c in at_ends))
    unknowns = [H_MU, *free, R]
    point = dict(zip(unknowns, map(sp.Float, guess), strict=True)) | {
        KAPPA: sp.Integer(TRIAL_KAPPA)
    }
    near = [i for i, c in enumerate(constraints) if abs(c.subs(point)) < 1e-3]
    for active in itertools.combinations(near, len(unknowns)):
        equations = [constraints[i] for i in active]
        solved = _eliminate(equations, [H_MU, *free], point)
        if solved is None:
            continue
        values, last = solved
        rate = _invert(last, point)
        if rate is None:
            continue
        rate_of_q, kappa_of_q = rate
        chain = {
            k: sp.cancel(v.subs(KAPPA, kappa_of_q).subs(R, rate_of_q)) for k, v in values.items()
        }
        if any(_irrational(v) for v in (rate_of_q, kappa_of_q, *chain.values())):
            continue  # z3 is not asked about such numbers, so that nothing would prove it
        return ClosedTuning(
            kappa_of_q, chain.pop(H_MU), chain, rate_of_q, constraints, active, names
        )
    raise NoTuning("the optimality conditions have no solution in one square root")


def _irrational(expression: sp.Expr) -> bool:
    """Whether a number in it is no rational, sqrt(3) for one."""
    return any(p.is_number for p in expression.atoms(sp.Pow))


def in_field(polynomial: sp.Expr, values: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """A polynomial at values that are rational functions, cancelled, by arithmetic in their field.

    >>> in_field(R**2 - KAPPA, {R: (Q + 1) / Q, KAPPA: 1 / Q})
    (q**2 + q + 1)/q**2
    """
    generators = sorted(set().union(*(v.free_symbols for v in values.values())), key=str)
    field = sp.QQ.frac_field(*(generators or [Q]))
    elements = [field.from_sympy(v) for v in values.values()]
    total = field.zero
    for powers, coefficient in sp.Poly(polynomial, *values).terms():
        term = field.from_sympy(coefficient)
        for element, power in zip(elements, powers, strict=True):
            if power:  # an element may be 0, whose power 0 is refused
                term *= element**power
        total += term
    return field.to_sympy(total)


def _vanishing_factor(expression: sp.Expr, point: Mapping[Any, Any]) -> sp.Expr | None:
    numerator = sp.fraction(sp.cancel(expression))[0]
    parts = [base for base, _ in sp.factor_list(numerator)[1]]
    values = [(abs(sp.N(p.subs(point))), p) for p in parts if p.subs(point).is_number]
    return min(values, key=lambda v: float(v[0]))[1] if values else None


def _eliminate(
    equations: list[sp.Expr], unknowns: list[sp.Symbol], point: Mapping[Any, Any]
) -> tuple[dict[sp.Symbol, sp.Expr], sp.Expr] | None:
    """Solve for the unknowns one by one, each from an equation linear in it."""
    equations, values = list(equations), {}
    pending = list(unknowns)
    while pending:
        choice = next(
            ((e, u) for e in equations for u in pending
             if sp.Poly(e, u).degree() == 1 and sum(p in e.free_symbols for p in pending) == 1),
            None,
        ) or next(
            ((e, u) for e in equations for u in pending if sp.Poly(e, u).degree() == 1), None
        )  # fmt: skip
        if choice is None:
            return None
        equation, unknown = choice
        slope, constant = sp.Poly(equation, unknown).all_coeffs()
        solution = sp.cancel(-constant / slope)
        equations.remove(equation)
        pending.remove(unknown)
        values = {k: sp.cancel(v.subs(unknown, solution)) for k, v in values.items()}
        values[unknown] = solution
        reduced = [_vanishing_factor(e.subs(unknown, solution), point) for e in equations]
        if any(e is None for e in reduced):
            return None
        equations = [e for e in reduced if e is not None]
    return values, equations[0]


def _invert(equation: sp.Expr, point: Mapping[Any, Any]) -> tuple[sp.Expr, sp.Expr] | None:
    """From P(r, κ) = 0 the rate, rational in κ or in q with κ = (q² − c)/d."""
    polynomial = sp.Poly(equation, R)
    if polynomial.degree() == 1:
        slope, constant = polynomial.all_coeffs()
        return sp.cancel(-constant / slope), KAPPA
    if polynomial.degree() != 2:
        return None
    a, b, c = polynomial.all_coeffs()
    content, parts = sp.factor_list(sp.expand(b**2 - 4 * a * c))
    odd = [base for base, power in parts if power % 2]
    if len(odd) != 1 or sp.Poly(odd[0], KAPPA).degree() != 1:
        return None
    slope, constant = sp.Poly(odd[0], KAPPA).all_coeffs()
    kappa_of_q = sp.expand((Q**2 - constant) / slope)
    outside = sp.sqrt(content) * sp.Mul(*[base ** (power // 2) for base, power in parts])
    root = (outside * Q).subs(KAPPA, kappa_of_q)
    trial_q = sp.sqrt(odd[0].subs(KAPPA, point[KAPPA]))
    options = [
        sp.cancel(((-b + sign * root) / (2 * a)).subs(KAPPA, kappa_of_q)) for sign in (1, -1)
    ]
    rate = min(options, key=lambda e: float(abs(sp.N(e.subs(Q, trial_q)) - point[R])))
    return rate, kappa_of_q


__all__ = [
    "H_MU", "KAPPA", "MU", "TRIAL_KAPPA", "ClosedTuning", "L", "NoTuning", "Q", "R", "closed_tuning",
    "in_field", "root_conditions",
]  # fmt: skip
