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
from .stability import positive_element, positive_factors

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


def mean_square(above: Sequence[Any], below: Sequence[Any], domain: Any) -> Any:
    r"""The sum of squares of the response b(z)/a(z), where all roots of a lie in the open unit disk.

    With q such that :math:`b(z)b(1/z) = q(z)a(1/z) + q(1/z)a(z)` it is twice the quotient of the leading
    coefficients of q and a (Åström, Introduction to Stochastic Control Theory 1970, § 5.2).

    Args:
        above, below: coefficients of b and a in a field, highest power first, of one length.
        domain: the field.

    >>> mean_square([sp.QQ(0), sp.QQ(1)], [sp.QQ(1), sp.QQ(-1, 2)], sp.QQ)
    MPQ(4,3)
    """
    n = len(below) - 1
    rows, right = [], []
    for shift in range(n + 1):  # the coefficient of z^shift
        row = [domain.zero] * (n + 1)
        for k in range(n + 1):
            if k + shift <= n:
                row[k] += below[k + shift]
            if k - shift >= 0:
                row[k] += below[k - shift]
        rows.append(row)
        right.append(sum((above[k] * above[k + shift] for k in range(n + 1 - shift)), domain.zero))
    replaced = [[right[i], *row[1:]] for i, row in enumerate(rows)]
    return 2 * _determinant(replaced, domain) / (_determinant(rows, domain) * below[0])


def _determinant(rows: list[list[Any]], domain: Any) -> Any:
    """By polynomials where the field is of rational functions: no fraction is cancelled on the way."""
    size = (len(rows), len(rows))
    if not domain.is_FractionField:
        return DomainMatrix(rows, size, domain).det()
    polynomials = domain.get_ring()
    cleared, divisor = [], domain.field.ring.one
    for row in rows:
        common = domain.field.ring.one
        for entry in row:
            common = common.lcm(entry.denom)
        cleared.append([entry.numer * common.exquo(entry.denom) for entry in row])
        divisor = divisor * common
    found = DomainMatrix(cleared, size, polynomials).charpoly()[-1]
    return domain.field.new(found if len(rows) % 2 == 0 else -found, divisor)


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
        last = sp.zeros(1, self.matrix.rows)
        last[-1] = 1
        return self._variance_of(last)

    def _variance_of(self, row: sp.Matrix) -> sp.Expr:
        """Stationary variance of row·ξ, from the transfer function: no covariance of all states is needed."""
        n = self.matrix.rows
        whole = DomainMatrix.from_Matrix(self.matrix.row_join(self.system.B)).to_field()
        taken = DomainMatrix.from_Matrix(row).convert_to(whole.domain) if row.free_symbols <= (
            self.matrix.free_symbols | self.system.B.free_symbols) else None  # fmt: skip
        if taken is None:
            return positive_factors((row * self.covariance * row.T)[0, 0], self._stable_point)
        domain, matrix, state = whole.domain, whole[:, :n], whole[:, n:]
        below = matrix.charpoly()
        # row·(zI − R)⁻¹·B = Σ b_k z^(n−k) / p(z), with b_1 = row·B and b_k from the powers of R.
        markov = []
        for _ in range(n):
            markov.append((taken * state).to_list()[0][0])
            state = matrix * state
        above = [domain.zero] + [
            sum((below[i] * markov[k - i] for i in range(k + 1)), domain.zero) for k in range(n)
        ]
        try:
            found = mean_square(above, below, domain)
        except ZeroDivisionError:
            raise RuleError(
                "there is no stationary covariance: two eigenvalues of the iteration matrix have the product "
                "1 at every step, as where the weight of a step in an average dies out"
            ) from None
        if domain.is_FractionField:
            return positive_element(found, self._stable_point)
        return positive_factors(domain.to_sympy(found), self._stable_point)

    @property
    def _stable_point(self) -> dict[sp.Symbol, sp.Expr]:
        """A point with a small step, so that formulas are written with positive factors."""
        small = {LAMBDA: sp.Integer(1), ETA: sp.Rational(1, 100)}
        return {s: small.get(s, sp.Rational(1, 3)) for s in self.matrix.free_symbols}

    @cached_property
    def gradient_point_variance(self) -> sp.Expr:
        """The same of y, where the gradient is taken: for Nesterov it is not θ."""
        return self._variance_of(self.system.C)

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
