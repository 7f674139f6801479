r"""What no tuning can go below: the rate of any method of one gradient a step on quadratics.

Start a rule with constant coefficients where it stays put if there is no gradient. The point y_t where it
takes its t-th gradient is then q_t(λ)y_0 with a polynomial q_t of degree at most t and q_t(0) = 1. Of these
none is smaller on all of [μ, L] than Chebyshev's, whose largest value there is
:math:`2/(\rho^t + \rho^{-t})` with :math:`\rho = (\sqrt\kappa - 1)/(\sqrt\kappa + 1)` (Nemirovski &
Yudin 1983; Nesterov 2004, § 2.1). A worst spectral radius r bounds q_t on all of [μ, L] by a
constant times (r + ε)^t, since [μ, L] is compact; hence r ≥ ρ, of any order.

It needs that such a start exists: a vector ξ = Aξ with Cξ ≠ 0. Weight decay, for one, has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import mpmath
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ..reals import DIGITS
from ..tracing import LinearSystem

ONE_GRADIENT = (
    "(sqrt(L/mu) - 1)/(sqrt(L/mu) + 1): no method of one gradient a step with constant coefficients does "
    "better"
)


def stays_put(system: LinearSystem, point: Mapping[sp.Symbol, sp.Rational]) -> bool:
    """Whether without gradients the rule can rest where it is not at 0: some ξ = Aξ with Cξ ≠ 0."""
    matrix = (system.A - sp.eye(system.order)).subs(point)
    taken = system.C.subs(point)
    if matrix.free_symbols | taken.free_symbols:
        return False
    resting = DomainMatrix.from_Matrix(matrix).to_field().nullspace().to_Matrix()
    return any((taken * resting.row(i).T)[0, 0] != 0 for i in range(resting.rows))


def one_gradient_bound(mu: sp.Rational, largest: sp.Rational) -> float:
    """(√κ − 1)/(√κ + 1), rounded down."""
    with mpmath.workdps(DIGITS):
        root: Any = mpmath.sqrt(mpmath.mpf(int((largest / mu).p)) / int((largest / mu).q))
        return float((root - 1) / (root + 1))


__all__ = ["ONE_GRADIENT", "one_gradient_bound", "stays_put"]
