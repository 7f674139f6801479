r"""A linear rule as a transfer function from gradients to the points where they are taken.

With ξ⁺ = Aξ + Bg and y = Cξ, H(z) = C(zI − A)⁻¹B = N(z)/D(z), where D = det(zI − A). On ½λx² the rule's
eigenvalues are the roots of D − λN. N and D are not brought to lowest terms: a mode that the gradient
does not see is a root of both, and whoever asks for the roots of D − λN asks for it too.

>>> from eigenstep.analysis import derive
>>> from eigenstep.optimizers.rules import heavy_ball
>>> found = transfer(derive(heavy_ball))
>>> found.numerator, found.denominator
((0, -eta, 0), (1, -beta - 1, beta))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from ...optimizers.errors import RuleError
from ..linear.stability import Z
from ..tracing import LAMBDA, STEP
from .theory import Theory


@dataclass(frozen=True)
class Transfer:
    """N and D of one rule, by their coefficients, the highest power of z first, both of length order + 1.

    Attributes:
        symbols: the free hyperparameters by their argument names.
    """

    numerator: tuple[sp.Expr, ...]
    denominator: tuple[sp.Expr, ...]
    symbols: Mapping[str, sp.Symbol]

    @property
    def order(self) -> int:
        """The degree of D: how many numbers the rule keeps of a coordinate, those that act on it."""
        return len(self.denominator) - 1

    @property
    def N(self) -> sp.Expr:
        return _expression(self.numerator)

    @property
    def D(self) -> sp.Expr:
        return _expression(self.denominator)

    @cached_property
    def _numbers(self) -> Any:
        return sp.lambdify(
            list(self.symbols.values()), [*self.numerator, *self.denominator], "numpy"
        )

    def at(self, values: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
        """N and D in float64 at arrays of hyperparameters, the coefficients on the last axis."""
        arrays = [np.asarray(values[k], float) for k in self.symbols]
        shape = np.broadcast_shapes(*(a.shape for a in arrays)) if arrays else ()
        found = [np.broadcast_to(np.asarray(c, float), shape) for c in self._numbers(*arrays)]
        whole = np.stack(found, -1)
        return whole[..., : self.order + 1], whole[..., self.order + 1 :]


def _expression(coefficients: tuple[sp.Expr, ...]) -> sp.Expr:
    return sp.Poly(list(coefficients), Z).as_expr()


def transfer(theory: Theory) -> Transfer:
    """The transfer function of a rule, checked for what theory over all functions needs.

    Raises:
        RuleError: the minimizer is no fixed point of the rule, wherever it lies.
    """
    _check_fixed_point(theory)
    # det(zI − A − λBC) = D − λN is affine in λ, and the characteristic polynomial without what rests.
    whole = [c.subs(LAMBDA, 0) for c in theory._acting_characteristic.all_coeffs()]
    moved = [c.subs(LAMBDA, 1) for c in theory._acting_characteristic.all_coeffs()]
    numerator = tuple(sp.cancel(a - b) for a, b in zip(whole, moved, strict=True))
    if len(whole) != theory.acting_system.order + 1:
        raise RuleError(f"rule {theory.rule.name}: some of its states rest and others follow them")
    used = set().union(*(c.free_symbols for c in (*numerator, *whole)))
    if STEP in used:
        raise RuleError(
            f"rule {theory.rule.name} changes with t; its worst case is known at one step at a time only"
        )
    symbols = {k: s for k, s in theory.trace.free.items() if s in used}
    return Transfer(numerator, tuple(map(sp.cancel, whole)), symbols)


def _check_fixed_point(theory: Theory) -> None:
    """Raise unless some ξ with θ = y = 1 stays where it is while the gradient is 0."""
    system = theory.acting_system
    order = system.order
    rest = (system.A - sp.eye(order)).col_join(system.C)
    rest = rest.col_join(sp.Matrix([[int(i == order - 1) for i in range(order)]]))
    wanted = sp.Matrix([0] * order + [1, 1])
    whole = DomainMatrix.from_Matrix(rest.row_join(wanted)).to_field()
    if whole.rank() != DomainMatrix.from_Matrix(rest).to_field().rank():
        raise RuleError(
            f"rule {theory.rule.name}: the minimizer is no fixed point of it (with a gradient of 0 the "
            "parameter moves, as under weight decay), so that it converges to no minimizer of all functions"
        )


__all__ = ["Transfer", "transfer"]
