r"""Lookahead around a linear rule: one cycle of k steps as a matrix, for any k, and where it is stable.

Both kinds of step are traced from the code of :func:`~eigenstep.optimizers.compositions.lookahead`: the
k − 1 steps that leave the slow weights alone, and the one that synchronises. Cycles begin with fast and
slow weights equal, so that on ½λx² a cycle maps (state, θ) linearly to itself. With R the inner rule's
matrix and P scaling the θ coordinate by α,

.. math:: M_k = P R^k + (1 - \alpha)\, e_\theta e_\theta^T .

>>> from eigenstep.optimizers.rules import gradient_descent
>>> theory = LookaheadTheory(gradient_descent, k=5, alpha=0.5)
>>> theory.stable_intervals()            # gradient descent alone: (0, 2)
[(0.0, 2.2457309396155174)]
>>> LookaheadTheory(gradient_descent, k=6, alpha=0.5).stable_intervals()
[(0.0, 2.0)]
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from ...optimizers.compositions import lookahead
from ...optimizers.domains import Integers, Interval, require
from ...optimizers.errors import Missing, RuleError
from ...optimizers.rule import Rule
from ..tracing import ETA, LAMBDA, STEP, exact, trace
from .derivation import ETA_LAMBDA, derive
from .iterate import FIRST, SECOND
from .spectrum import SpectralRadius
from .stability import StabilityRegion, Z, jury_conditions

ALPHA = sp.Symbol("alpha", positive=True)
_UNIT = Interval(0, 1, lower_closed=False)


class LookaheadTheory:
    """Lookahead(k, α) around a rule that is linear, on ½λx².

    Args:
        rule: the inner rule.
        k: steps a cycle, at least 1.
        alpha: 0 < α ≤ 1, a number, exact if it is SymPy's; a symbol where it is not given.
        fixed: hyperparameters of the inner rule, as :func:`~eigenstep.analysis.derive` takes them.

    Raises:
        DomainError: k or α outside its domain.
        RuleError: the rule is not linear, or takes its gradient elsewhere than at a linear point.
    """

    def __init__(self, rule: Rule, k: int, alpha: Any = None, **fixed: Any) -> None:
        require(Integers(1), k=k)
        if alpha is not None:
            require(_UNIT, alpha=float(alpha))
        self.rule, self.k = rule, k
        self.alpha = ALPHA if alpha is None else exact(alpha)
        self.inner = derive(rule, **fixed)
        self._fixed = fixed

    @cached_property
    def _steps(self) -> tuple[sp.Matrix, sp.Matrix]:
        """One step without and one with synchronisation, on (state, slow, fast)."""
        outer = lookahead(self.rule)
        free = {"alpha": ALPHA, "k": 2, **self.inner.trace.free}
        found = []
        for step in (1, 2):
            system = trace(outer, step=step, **{**self._fixed, **free}).system
            found.append(system.iteration_matrix(LAMBDA))
        return found[0], found[1]

    @cached_property
    def _collapse(self) -> tuple[sp.Matrix, sp.Matrix]:
        """(state, θ) → (state, slow = θ, fast = θ), and back by reading the slow weights."""
        n = self.inner.system.order
        spread = sp.Matrix.vstack(sp.eye(n), sp.eye(n)[n - 1 :, :])
        return spread, sp.eye(n + 1)[:n, :]

    @cached_property
    def matrix(self) -> sp.Matrix:
        """M_k on (state, θ), in η, λ, α and the inner hyperparameters; k is the number given."""
        plain, sync = self._steps
        spread, read = self._collapse
        product = spread
        for _ in range(self.k - 1):
            product = (plain * product).applyfunc(sp.expand)
        result = read * sync * product
        return result.applyfunc(sp.factor).subs(ALPHA, self.alpha)

    @cached_property
    def symbolic_matrix(self) -> sp.Matrix:
        """M_k for a symbolic number of steps t in place of k, for an inner rule of order 1 or 2.

        In the symbols z_1 (and z_2, distinct) for the eigenvalues of the inner rule's matrix.
        """
        n = self.inner.system.order
        scale = sp.diag(*[1] * (n - 1), self.alpha)
        keep = sp.zeros(n, n)
        keep[n - 1, n - 1] = 1 - self.alpha
        return scale * self.inner.iterate.power + keep

    def check_symbolic(self) -> bool:
        """Whether :attr:`symbolic_matrix` at t = k is :attr:`matrix`, as an identity."""
        difference = self.symbolic_matrix.subs(STEP, self.k) - self.matrix
        values = dict(zip((FIRST, SECOND), self.inner.iterate.eigenvalues, strict=False))
        return all(sp.simplify(sp.cancel(e).subs(values)) == 0 for e in difference)

    @cached_property
    def _polynomial(self) -> sp.Poly:
        if self.inner.variable != ETA_LAMBDA:
            raise RuleError(f"rule {self.rule.name}: η does not enter through ηλ alone")
        # Coordinates where every entry has the parameter's unit: M depends on ηλ alone.
        scale = sp.diag(*[ETA**k for k in self.inner.scaling])
        scaled = scale * self.matrix * scale.inv()
        scaled = scaled.applyfunc(lambda e: sp.cancel(e.subs(LAMBDA, ETA_LAMBDA / ETA)))
        return sp.Poly(sp.expand(scaled.charpoly(Z).as_expr()), Z)

    @property
    def _parameters(self) -> tuple[sp.Symbol, ...]:
        own = (ALPHA,) if self.alpha == ALPHA else ()
        return (*self.inner.free.values(), *own)

    @cached_property
    def stability(self) -> StabilityRegion:
        """Where all eigenvalues of M_k lie in the open unit disk (inequalities may be redundant)."""
        names = {ETA_LAMBDA: "eta_lambda", ALPHA: "alpha"}
        names |= {s: k for k, s in self.inner.free.items()}
        conditions = jury_conditions(self._polynomial.all_coeffs())
        domain = (*self.inner._domain, ALPHA > 0, sp.LessThan(ALPHA, 1, evaluate=False))
        return StabilityRegion(
            variable=ETA_LAMBDA, parameters=self._parameters, names=names,
            inequalities=tuple(conditions), domain=domain, minimal=False,
            polynomial=self._polynomial, display={ETA_LAMBDA: ETA * LAMBDA},
        )  # fmt: skip

    def stable_intervals(self, **values: Any) -> list[tuple[float, float]]:
        """The stable values of ηλ > 0, from exact roots of the stability polynomials.

        Args:
            values: each free hyperparameter of the inner rule (and ``alpha`` if it is a symbol).
        """
        point = self.inner.points.point({k: v for k, v in values.items() if k != "alpha"})
        exactly = {s: exact(v) for s, v in point.items()}
        if self.alpha == ALPHA:
            exactly[ALPHA] = exact(self._alpha(values))
        found = self.stability.intervals(exactly)
        return [(max(float(a), 0.0), float(b)) for a, b in found if b > 0]

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle M_{{{self.k}}} = {sp.latex(self.matrix)}$"

    @staticmethod
    def _alpha(values: Any) -> Any:
        if "alpha" not in values:
            raise Missing("alpha", _UNIT.describe("alpha"))
        require(_UNIT, alpha=float(np.min(values["alpha"])))
        require(_UNIT, alpha=float(np.max(values["alpha"])))
        return values["alpha"]

    @cached_property
    def _radius(self) -> SpectralRadius:
        return SpectralRadius(self._polynomial, (ETA_LAMBDA, *self._parameters))

    def spectral_radius(self, *, eta_lambda: Any, **values: Any) -> Any:
        """The largest modulus of an eigenvalue of M_k, to the power 1/k: growth per inner step."""
        inner = {k: v for k, v in values.items() if k != "alpha"}
        arguments = self.inner.points.arrays({"eta_lambda": eta_lambda, **inner})
        if self.alpha == ALPHA:
            arguments.append(np.asarray(self._alpha(values), float))
        return self._radius.evaluate(*arguments) ** (1 / self.k)


__all__ = ["ALPHA", "LookaheadTheory"]
