"""The t-th power of the iteration matrix, in closed form for a symbolic number of steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from ...optimizers.domains import REAL, Domain, Integers
from ...optimizers.errors import DomainError, Missing, RuleError, UnknownName
from ..reals import float64, real
from ..tracing import STEP
from .spectrum import discriminant, trace_and_determinant
from .stability import Z

FIRST, SECOND = sp.symbols("z_1 z_2")


def _float(number: Any) -> float:
    """An entry of R^t: what is too small for float64 is 0, as it is in the run that it belongs to."""
    return 0.0 if abs(number) < 1e-300 else float64("R^t", number)


class Iterate:
    r"""Closed form of :math:`R^t`.

    For a matrix of order 2 with eigenvalues z₁, z₂ (Cayley–Hamilton):

    .. math:: R^t = U_t R - z_1 z_2 U_{t-1} I, \quad
              U_t = \frac{z_1^t - z_2^t}{z_1 - z_2}, \quad
              U_t = t z_1^{t-1} \text{ where } z_1 = z_2 .

    Attributes:
        power: R^t in t and the symbols z_1, z_2, for distinct eigenvalues.
        double_root: R^t in t and z_1, where both eigenvalues are z_1; None for order 1.
        eigenvalues: what z_1 and z_2 are, in η, λ and the hyperparameters.
        coincide: the expression that vanishes exactly where the eigenvalues coincide.
    """

    def __init__(
        self, matrix: sp.Matrix, polynomial: sp.Poly, arguments: Mapping[str, sp.Symbol],
        domains: Mapping[str, Domain] | None = None,
    ) -> None:  # fmt: skip
        self.matrix = matrix
        self._arguments, self._domains = arguments, dict(domains or {})
        order = matrix.rows
        if order == 1:
            self.eigenvalues: tuple[sp.Expr, ...] = (matrix[0, 0],)
            self.power, self.double_root = sp.Matrix([[FIRST**STEP]]), None
            self.coincide: sp.Expr = sp.Integer(1)
        elif order == 2:
            root, half = sp.sqrt(discriminant(polynomial)), trace_and_determinant(polynomial)[0] / 2
            self.eigenvalues = (half - root / 2, half + root / 2)
            self.coincide = discriminant(polynomial)
            u, before = ((FIRST**k - SECOND**k) / (FIRST - SECOND) for k in (STEP, STEP - 1))
            identity = sp.eye(2)
            self.power = u * matrix - FIRST * SECOND * before * identity
            doubled = STEP * FIRST ** (STEP - 1), (STEP - 1) * FIRST ** (STEP - 2)
            self.double_root = doubled[0] * matrix - FIRST**2 * doubled[1] * identity
        else:
            raise RuleError(
                f"no closed form of R^t in radicals for order {order}: its characteristic "
                f"polynomial {polynomial.as_expr()} has degree above 2 in {Z}"
            )

    @property
    def expression(self) -> sp.Matrix:
        """R^t in t, η, λ and the hyperparameters, double root included (entrywise Piecewise)."""
        z = dict(zip((FIRST, SECOND), self.eigenvalues, strict=False))
        general = self.power.subs(z)
        if self.double_root is None:
            return general
        double = self.double_root.subs(FIRST, (self.eigenvalues[0] + self.eigenvalues[1]) / 2)
        entries = [
            sp.Piecewise((a, sp.Ne(self.coincide, 0)), (b, True))
            for a, b in zip(general, double, strict=True)
        ]
        return sp.Matrix(general.rows, general.cols, entries)

    def __call__(self, t: int, *, digits: int = 50, **values: Any) -> np.ndarray:
        """R^t at a number of steps t ≥ 0, evaluated with ``digits`` digits and rounded to float64.

        ``values`` gives ``lr``, ``curvature`` and each free hyperparameter by name. Numbers are
        taken as the float64 they are, so that the result belongs to the program that ran them.
        """
        steps = int(real("t", t, Integers(0)))
        if not 1 <= real("digits", digits, Integers(1)) <= 10_000:
            raise DomainError("digits", digits, "digits is an integer, 1 <= digits <= 10000")
        for name in values:
            if name not in self._arguments:
                raise UnknownName("parameter of R^t", name, self._arguments)
        for name in self._arguments:
            if name not in values:
                raise Missing(name, "a finite number")
        floats = {k: float(real(k, v, self._domains.get(k, REAL))) for k, v in values.items()}
        # Terms cancel to 1/(z1 - z2), a power t multiplies errors by t, and z1 z2 is small beside z1.
        spread = sum(abs(math.frexp(v)[1]) for v in floats.values())
        working = int(digits) + 3 * len(str(steps)) + spread
        return self._at(steps, working, floats)

    def _at(self, t: int, digits: int, floats: Mapping[str, float]) -> np.ndarray:
        with mpmath.workdps(digits):
            numbers = {self._arguments[k]: mpmath.mpf(v) for k, v in floats.items()}
            order = tuple(numbers)
            matrix = sp.lambdify(order, self.matrix, "mpmath")(*numbers.values())
            z = [sp.lambdify(order, e, "mpmath")(*numbers.values()) for e in self.eigenvalues]
            if self.double_root is None:
                return np.array([[_float(z[0] ** t)]])
            if t == 0:
                return np.eye(2)
            separate = abs(z[0] - z[1]) > mpmath.mpf(10) ** (-digits // 3)
            if separate:
                u, before = ((z[0] ** k - z[1] ** k) / (z[0] - z[1]) for k in (t, t - 1))
            else:
                mean = (z[0] + z[1]) / 2
                u = t * mean ** (t - 1)
                before = (t - 1) * mean ** (t - 2) if t > 1 else mpmath.mpf(0)
            power = matrix * u - mpmath.eye(2) * (z[0] * z[1] * before)
            entries = [[mpmath.re(power[i, j]) for j in range(2)] for i in range(2)]
            return np.array([[_float(e) for e in row] for row in entries])

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle R^t = {sp.latex(self.power)}$"
