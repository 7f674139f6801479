"""What gradient noise does to a linear rule: stationary covariance and mean-square stability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from ...optimizers.domains import NONNEGATIVE, POSITIVE, Integers, require
from ...optimizers.errors import DomainError, RuleError
from ..reals import float64, real, real_array
from ..tracing import ETA, LAMBDA, LinearSystem
from .stability import positive_factors

_MOST_STEPS = 10**8
VARIANCE = sp.Symbol("sigma", positive=True)
"""Standard deviation σ of additive gradient noise."""
SPREAD = sp.Symbol("s", positive=True)
"""Standard deviation s of the curvature, in multiplicative noise."""


def solve_lyapunov(matrix: sp.Matrix, source: sp.Matrix) -> sp.Matrix:
    """The symmetric X with X = M X Mᵀ + Q, over the field of rational functions.

    M and Q are n×n with entries rational in any symbols, Q symmetric. The n(n+1)/2 unknowns are
    solved for at once in a polynomial domain.

    >>> a = sp.Symbol("a")
    >>> solve_lyapunov(sp.Matrix([[a]]), sp.Matrix([[1]]))
    Matrix([[-1/((a - 1)*(a + 1))]])
    """
    n = matrix.rows
    pairs = [(i, j) for i in range(n) for j in range(i, n)]
    index = {pair: k for k, pair in enumerate(pairs)}
    rows = []
    for i, j in pairs:
        row = [sp.Integer(0)] * len(pairs)
        row[index[i, j]] += 1
        for k in range(n):
            for m in range(n):
                row[index[min(k, m), max(k, m)]] -= matrix[i, k] * matrix[j, m]
        rows.append(row)
    right = sp.Matrix([source[i, j] for i, j in pairs])
    system = DomainMatrix.from_Matrix(sp.Matrix(rows).row_join(right)).to_field()
    try:
        solution = system[:, :-1].lu_solve(system[:, -1:])
    except DMNonInvertibleMatrixError:
        raise RuleError(
            "there is no stationary covariance: two eigenvalues of the iteration matrix have the product 1 "
            "at every step, as where the weight of a step in an average dies out"
        ) from None
    values = [sp.factor(v) for v in solution.to_Matrix()]
    return sp.Matrix(n, n, lambda i, j: values[index[min(i, j), max(i, j)]])


@dataclass(frozen=True)
class StationaryNoise:
    r"""A linear rule on ½λx² with gradient noise of mean 0 and variance σ² = 1, independent in t.

    The covariance of ξ = (state, θ) solves Σ = RΣRᵀ + BBᵀ; for noise of variance σ² multiply by
    σ². It exists wherever the rule is stable.
    """

    system: LinearSystem
    matrix: sp.Matrix
    arguments: Mapping[str, sp.Symbol]
    domain: Sequence[Any]

    @cached_property
    def covariance(self) -> sp.Matrix:
        """Σ, n×n, in the order of the system's state, θ last."""
        return solve_lyapunov(self.matrix, self.system.B * self.system.B.T)

    @cached_property
    def variance(self) -> sp.Expr:
        """Stationary variance of θ for unit gradient noise, in parameter²/gradient²."""
        return positive_factors(self.covariance[-1, -1], self._stable_point)

    @property
    def _stable_point(self) -> dict[sp.Symbol, sp.Expr]:
        """A point with a small step, so that formulas are written with positive factors."""
        small = {LAMBDA: sp.Integer(1), ETA: sp.Rational(1, 100)}
        return {s: small.get(s, sp.Rational(1, 3)) for s in self.matrix.free_symbols}

    @cached_property
    def gradient_point_variance(self) -> sp.Expr:
        """The same of y, where the gradient is taken: for Nesterov it is not θ."""
        value = (self.system.C * self.covariance * self.system.C.T)[0, 0]
        return positive_factors(value, self._stable_point)

    @cached_property
    def gain(self) -> sp.Expr:
        r"""Mean-square stability under multiplicative noise: gradient (λ + ζ_t) y_t, Var ζ = s².

        The second moment :math:`E\xi\xi^T` stays bounded and tends to 0 if and only if the rule is
        stable and :math:`s^2 · gain < 1`. The map of second moments leaves the cone of positive
        semidefinite matrices invariant, so its spectral radius is an eigenvalue, and it reaches 1
        exactly where s² times the variance of y under unit additive noise does.
        """
        return self.gradient_point_variance

    @cached_property
    def mean_square(self) -> Any:
        """The relation that, beside stability, is mean-square stability."""
        return sp.StrictLessThan(SPREAD**2 * self.gain, 1, evaluate=False)

    def second_moment_map(self, spread: sp.Expr = SPREAD) -> sp.Matrix:
        """The n²×n² matrix that advances vec E[ξξᵀ] under multiplicative noise of deviation s."""
        kick = self.system.B * self.system.C
        kron = sp.kronecker_product
        return kron(self.matrix, self.matrix) + spread**2 * kron(kick, kick)

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle \operatorname{{Var}}\theta = \sigma^2\,{sp.latex(self.variance)}$"


def minibatch_variance(samples: Any, batch: int, *, replacement: bool = True) -> Any:
    r"""Variance of the mean of a random batch of the samples, exactly.

    σ²/b with replacement, :math:`\frac{\sigma^2}b\frac{n-b}{n-1}` without, σ² the samples' variance
    (divided by n).

    Args:
        samples: shape (n, …), one value or gradient a sample along the first axis.
        batch: b, at least 1; without replacement at most n.

    Returns:
        Shape (…), a variance an entry, in the samples' unit squared.

    >>> float(minibatch_variance([0.0, 2.0], 2)), float(minibatch_variance([0.0, 2.0], 2, replacement=False))
    (0.5, 0.0)
    """
    values = real_array("samples", samples)
    n = len(values) if values.ndim else 0
    require(Integers(1), n=n)
    batch = int(real("batch", batch, Integers(1)))
    if not replacement and batch > n:
        raise DomainError("batch", batch, f"1 <= batch <= {n} without replacement")
    factor = 1.0 if replacement or n == 1 else (n - batch) / (n - 1)
    return values.var(axis=0) / batch * factor


def best_schedule(
    curvature: float, noise: float, distance: float, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    r"""The learning rates that minimize E w² at every step of noisy gradient descent on ½λw².

    A step maps E w² = V to (1 − ηλ)²V + η²σ², least at η = λV/(λ²V + σ²), where
    :math:`1/V^+ = 1/V + \lambda^2/\sigma^2`. As V⁺ grows with V no other schedule ends lower. So
    :math:`\eta_t = \frac{1}{\lambda(t + 1 + \sigma^2/(\lambda^2V_0))}`, t from 0: the decay is 1/t.

    Args:
        curvature: λ > 0.
        noise: σ ≥ 0, standard deviation of the gradient noise.
        distance: √V₀ > 0, root mean square distance of the start from the minimizer.
        steps: how many, at least 1.

    Returns:
        η_t, shape (steps,), and V_t, shape (steps + 1,).

    >>> rates, values = best_schedule(1.0, 1.0, 1.0, 3)
    >>> rates.round(4).tolist(), values.round(4).tolist()
    ([0.5, 0.3333, 0.25], [1.0, 0.5, 0.3333, 0.25])
    """
    curvature = float64("curvature", real("curvature", curvature, POSITIVE))
    distance = float64("distance", real("distance", distance, POSITIVE))
    noise = float64("noise", real("noise", noise, NONNEGATIVE))
    steps = int(real("steps", steps, Integers(1)))
    if steps > _MOST_STEPS:
        raise DomainError("steps", steps, f"1 <= steps <= {_MOST_STEPS}")
    t = np.arange(steps + 1)
    ratio = (noise / (curvature * distance)) ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        values = distance**2 * (ratio / (ratio + t) if ratio else np.where(t == 0, 1.0, 0.0))
    return 1 / (curvature * (t[:-1] + 1 + ratio)), values


def stationary_noise(
    system: LinearSystem, arguments: Mapping[str, sp.Symbol], domain: Sequence[Any]
) -> StationaryNoise:
    """The noise theory of a linear system on ½λx²."""
    return StationaryNoise(system, system.iteration_matrix(LAMBDA), arguments, domain)
