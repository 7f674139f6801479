"""Shampoo, and SOAP: preconditioners of the rows and the columns of a matrix."""

from typing import Annotated

from ..domains import Convention, Integers, LearningRate, NonNegative, UnitInterval
from ..moments import Epsilon
from ..ops import divisor, eigenvectors, matmul, orthogonal, sqrt, symmetric_power, times, transpose
from ..rule import rule
from ..shapes import Left, Right


@rule(
    source="Gupta, Koren & Singer 2018, Shampoo: preconditioned stochastic tensor optimization, algorithm 1"
)
def shampoo(
    theta,
    g,
    left: Left,
    right: Right,
    *,
    lr: LearningRate = 0.1,
    eps: Annotated[NonNegative, Convention()] = 1e-4,
):
    r"""Shampoo for matrices.

    .. math:: L \leftarrow L + g g^T, \quad R \leftarrow R + g^T g, \quad
              \theta \leftarrow \theta - \eta (L + \epsilon I)^{-1/4}\, g\, (R + \epsilon I)^{-1/4}

    A vector is a matrix of one row. Both roots are computed anew at every step.

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``eps`` (ε ≥ 0, in units of the squared
    gradient).
    """
    left = left + matmul(g, transpose(g))
    right = right + matmul(transpose(g), g)
    u = matmul(matmul(symmetric_power(left, -0.25, eps), g), symmetric_power(right, -0.25, eps))
    return theta - lr * u, left, right


def coefficients(
    t,
    *,
    lr: LearningRate = 0.003,
    beta1: UnitInterval = 0.95,
    beta2: UnitInterval = 0.95,
    eps: Epsilon = 1e-8,
    weight_decay: NonNegative = 0.01,
    frequency: Annotated[int, Integers(1)] = 10,
):
    done = t - 1 if t > 1 else 1  # the first step only measures
    unbias1, unbias2 = (1 / (1 - b**done) for b in (beta1, beta2))
    return {
        "step": lr * unbias1, "beta1": beta1, "weight1": 1 - beta1, "beta2": beta2, "weight2": 1 - beta2,
        "unbias2": unbias2, "eps": eps, "shrink": lr * weight_decay, "begins": t == 1,
        "refresh": t % frequency == 0,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    source="Vyas et al. 2024, SOAP: improving and stabilizing Shampoo using Adam, algorithm 3",
)
def soap(
    theta, g, m, v, left: Left, right: Right, ql: Left, qr: Right, *, step, beta1, weight1, beta2,
    weight2, unbias2, eps, shrink, begins, refresh,
):  # fmt: skip
    r"""SOAP: Adam in the eigenbasis of Shampoo's preconditioners.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
              v \leftarrow \beta_2 v + (1-\beta_2) (Q_L^T g\, Q_R)^2, \quad
              \theta \leftarrow \theta - \eta w \theta
              - \eta\, Q_L \frac{Q_L^T \hat m\, Q_R}{\sqrt{\hat v} + \epsilon} Q_R^T

    Then L ← β₂L + (1 − β₂)g gᵀ, R alike, and at every ``frequency``-th step Q ← the factor Q of L Q = QR, one
    power iteration. The first step only measures: L, R and their eigenvectors; m and v begin at the second.

    Hyperparameters: ``lr`` (η ≥ 0), ``beta1``, ``beta2`` (0 ≤ β < 1), ``eps`` (ε ≥ 0, in units of the
    gradient), ``weight_decay`` (w ≥ 0, decoupled), ``frequency`` (an integer, at least 1).
    """
    moment_l, moment_r = matmul(g, transpose(g)), matmul(transpose(g), g)
    if begins:
        left, right = left + weight2 * moment_l, right + weight2 * moment_r
        return theta, m, v, left, right, eigenvectors(left), eigenvectors(right)
    turned = matmul(matmul(transpose(ql), g), qr)
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (turned * turned)
    u = matmul(matmul(transpose(ql), m), qr) / divisor(sqrt(v * unbias2) + eps, eps)
    new_theta = theta - shrink * theta - step * matmul(matmul(ql, u), transpose(qr))
    left = beta2 * left + weight2 * moment_l
    right = beta2 * right + weight2 * moment_r
    if refresh:
        ql, qr = orthogonal(matmul(left, ql)), orthogonal(matmul(right, qr))
    return new_theta, m, v, left, right, ql, qr
