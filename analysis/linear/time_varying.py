r"""Linear rules whose coefficients change with the step: :math:`\xi_{t+1} = (A_t + \lambda B_tC_t)\,\xi_t`.

Their stability is that of no one matrix. What is derived:

- the *limit*: where the matrices tend to one. States that then stand still (averages whose newest iterate
  weighs 1/t) are set apart: they drift at the pace of 1/t while the others, which are fast, have settled to
  them; the limit of ηλ is that of the fast ones, and the drift says whether the slow ones come to rest, and
  as which power of t;
- the *period*: where they repeat, the product over one period;
- the *norms* of the products over a run, numerically.

>>> from eigenstep.optimizers.rules import schedule_free_sgd
>>> theory = time_varying(schedule_free_sgd)
>>> theory.slow, theory.fast.limit
(('theta',), -2/(beta - 1))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.domains import POSITIVE, Integers, require
from ...optimizers.errors import DomainError, RuleError, shown
from ...optimizers.rule import Rule
from ..reals import real
from ..tracing import LAMBDA, STEP, LinearSystem, Trace, trace
from .derivation import Derivation, derive

_LONGEST = 100
"""Steps beyond which a period is not multiplied out."""
_MOST = 10**6


class TimeVarying:
    """The theory of one linear rule whose coefficients change with the step."""

    def __init__(self, rule: Rule, fixed: Mapping[str, Any]) -> None:
        self.rule, self._fixed = rule, dict(fixed)

    def __repr__(self) -> str:
        return f"<theory of {self.rule.name}, which changes with the step>"

    def at(self, t: int) -> LinearSystem:
        """A_t, B_t and C_t, exactly.

        Raises:
            DomainError: t is no step, 1, 2, 3 …
            RuleError: the rule is not linear there.
        """
        require(Integers(1), t=t)
        return trace(self.rule, step=t, **self._fixed).system

    @cached_property
    def _at_any(self) -> LinearSystem:
        """A_t, B_t and C_t as functions of t."""
        return trace(self.rule, step=STEP, **self._fixed).system

    # The limit

    @cached_property
    def limit(self) -> Derivation:
        """The theory of the matrices' limit; where it has states that stand still, see :attr:`fast`.

        Raises:
            RuleError: they have none.
        """
        return derive(self.rule, **self._fixed)

    @cached_property
    def _parts(self) -> tuple[list[int], list[int]]:
        """The entries of ξ that stand still in the limit, and the others."""
        system, n = self.limit.system, self.limit.system.order
        slow = [i for i in range(n)
                if system.B[i] == 0 and all(system.A[i, j] == (i == j) for j in range(n))]  # fmt: skip
        if len(slow) == n:
            raise RuleError(f"rule {self.rule.name}: in the limit of many steps nothing moves")
        return slow, [i for i in range(n) if i not in slow]

    @property
    def slow(self) -> tuple[str, ...]:
        """The states that stand still in the limit."""
        return tuple(str(self.limit.system.state[i]) for i in self._parts[0])

    @cached_property
    def fast(self) -> Derivation:
        """The theory of the other states, the slow ones held: its ``limit`` is that of ηλ."""
        slow, fast = self._parts
        if not slow:
            return self.limit
        whole, system = self.limit, self.limit.system
        theory = object.__new__(Derivation)
        kept = ("rule", "_fixed", "trace", "system")
        theory.__dict__ = {k: v for k, v in vars(whole).items() if k in kept}
        theory.system = LinearSystem(
            system.A.extract(fast, fast), system.B.extract(fast, [0]), system.C.extract([0], fast),
            tuple(system.state[i] for i in fast),
        )  # fmt: skip
        theory.trace = _of(whole.trace, theory.system)
        return theory

    @cached_property
    def drift(self) -> sp.Matrix:
        """G, where the slow states x do x⁺ = x + (1/t) G x once the fast ones have settled to them.

        Raises:
            RuleError: they do not drift as 1/t.
        """
        slow, fast = self._parts
        if not slow:
            raise RuleError(f"rule {self.rule.name} has no state that stands still in the limit")
        now = self._at_any.iteration_matrix()
        end = self.limit.system.iteration_matrix()
        rates = (now - end).extract(slow, list(range(now.rows))).applyfunc(self._rate)
        settled = (sp.eye(len(fast)) - end.extract(fast, fast)).LUsolve(end.extract(fast, slow))
        generator = rates.extract(list(range(len(slow))), slow)
        generator += rates.extract(list(range(len(slow))), fast) * settled
        return generator.applyfunc(sp.factor)

    def _rate(self, entry: Any) -> Any:
        found = (
            sp.limit(sp.cancel(sp.together(entry)) * STEP, STEP, sp.oo)
            if entry != 0
            else sp.Integer(0)
        )
        if found.is_finite is False or found.has(sp.oo, sp.zoo, sp.nan, STEP):
            raise RuleError(
                f"rule {self.rule.name}: a state that stands still in the limit does not drift as 1/t: "
                f"{shown(entry)}"
            )
        return found

    @cached_property
    def exponents(self) -> tuple[sp.Expr, ...]:
        """The eigenvalues of the drift: the slow states go as t to these powers, to 0 where all are < 0."""
        return tuple(sp.factor(v) for v in self.drift.eigenvals(multiple=True))

    # The period

    @cached_property
    def period(self) -> int:
        """After how many steps the matrices repeat, from the first step on.

        Raises:
            RuleError: the coefficients depend on t by something else than remainders of it.
        """
        system = self._at_any
        found = 1
        for e in (*system.A, *system.B, *system.C):
            for remainder in e.atoms(sp.Mod):
                base, by = remainder.args
                if (base - STEP).is_integer is True and by.is_Integer and by > 0:
                    found = int(sp.ilcm(found, by))
                    e = e.xreplace({remainder: sp.Integer(0)})
            if STEP in e.free_symbols:
                raise RuleError(f"rule {self.rule.name} has no period: {shown(e)} changes for ever")
        if found > _LONGEST:
            raise RuleError(
                f"rule {self.rule.name} repeats after {found} steps, more than {_LONGEST}"
            )
        return found

    @cached_property
    def period_product(self) -> sp.Matrix:
        """The product of the iteration matrices over one period, that of the first step first."""
        product = sp.eye(self._at_any.order)
        for t in range(1, self.period + 1):
            product = (self.at(t).iteration_matrix() * product).applyfunc(sp.expand)
        return product

    def period_radius(self, *, curvature: Any = 1, **values: Any) -> float:
        """The spectral radius of one step in the mean: that of the product, to the power 1/period."""
        at = self._point(values) | {LAMBDA: real("curvature", curvature, POSITIVE)}
        matrix = np.array(self.period_product.subs(at).evalf(17).tolist(), dtype=float)
        return float(np.abs(np.linalg.eigvals(matrix)).max() ** (1 / self.period))

    # A run

    def norms(self, *, steps: int, curvature: Any = 1, **values: Any) -> np.ndarray:
        """The spectral norms of the products R_t … R_1 over a run on ½λx², t = 1 … steps.

        Args:
            steps: 1 to a million.
            curvature: λ > 0.
            values: of all hyperparameters; those that are missing have their defaults.

        Raises:
            RuleError: the rule is not linear.
        """
        require(Integers(1), steps=steps)
        if steps > _MOST:
            raise DomainError("steps", steps, f"steps is an integer, 1 <= steps <= {_MOST}")
        slope = float(real("curvature", curvature, POSITIVE))
        numbers = {k: float(v) if isinstance(v, int | float | sp.Number) else v for k, v in
                   self.rule.with_defaults({**self._fixed, **values}).items()}  # fmt: skip
        self.rule.check(numbers)
        _ = self.at(1)  # that it is linear
        n = len(self.rule.state) + 1
        basis = np.eye(n)
        product, found = np.eye(n), np.empty(steps)
        past = dict(self.rule.memory.start) if self.rule.memory else {}
        for t in range(1, steps + 1):
            if self.rule.memory:
                past = self.rule.memory.after(t, past, numbers)
            now = self.rule.coefficients(t, {**numbers, **past})
            state, theta = list(basis[:-1]), basis[-1]
            point = self.rule.gradient_point(theta, *state, **now)
            new_theta, *new_state = self.rule(theta, slope * point, *state, **now)
            matrix = np.array([np.broadcast_to(v, n) for v in (*new_state, new_theta)])
            product = matrix @ product
            found[t - 1] = np.linalg.norm(product, 2)
        return found

    def _point(self, values: Mapping[str, Any]) -> dict[Any, Any]:
        t = trace(self.rule, step=1, **self._fixed)
        full = self.rule.with_defaults(values)
        return {s: real(k, full[k], self.rule.hyperparameters[k].domain) for k, s in t.free.items()}


def _of(whole: Trace, system: LinearSystem) -> Trace:
    """A trace with the equations of a part of its states."""
    names = list(system.state)
    updates = dict(
        zip((*whole.state, whole.theta), (*whole.new_state, whole.new_theta), strict=True)
    )
    held = {s: sp.Integer(0) for s in (*whole.state, whole.theta) if s not in names}
    new = [updates[s].xreplace(held) for s in names]
    return replace(
        whole, state=tuple(names[:-1]), theta=names[-1], new_state=tuple(new[:-1]), new_theta=new[-1],
        gradient_point=whole.gradient_point.xreplace(held),
    )  # fmt: skip


def time_varying(rule: Rule, /, **hyperparameters: Any) -> TimeVarying:
    """The theory of a linear rule whose coefficients change with the step.

    Args:
        rule: a rule that is linear in state and gradient at every step.
        hyperparameters: values for some of them; the others stay symbols.

    Raises:
        DomainError: a value lies outside its domain.
        UnknownName: there is no such hyperparameter.
    """
    if not isinstance(rule, Rule):
        raise RuleError(f"expected a rule (see eigenstep.optimizers.rule), got {shown(rule)}")
    for name in hyperparameters:
        rule._check_name(name)
    return TimeVarying(rule, hyperparameters)


__all__ = ["TimeVarying", "time_varying"]
