"""Sophia: momentum divided by a clipped estimate of the Hessian's diagonal, which is given from without."""

from typing import Annotated

from ..domains import Convention, LearningRate, NonNegative, Positive, UnitInterval
from ..ops import clip, maximum, where
from ..rule import rule
from ..shapes import Given, Number


def coefficients(
    t,
    *,
    lr: LearningRate = 1e-4,
    beta1: UnitInterval = 0.96,
    beta2: UnitInterval = 0.99,
    gamma: Positive = 0.01,
    eps: Annotated[Positive, Convention()] = 1e-12,
    weight_decay: NonNegative = 0.1,
):
    return {
        "lr": lr, "beta1": beta1, "beta2": beta2, "gamma": gamma, "eps": eps,
        "shrink": lr * weight_decay,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    source="Liu et al. 2023, Sophia: a scalable stochastic second-order optimizer for language model "
    "pre-training, algorithm 3",
)
def sophia(
    theta, g, m, h, estimate: Given, estimate_is_new: Number, *, lr, beta1, beta2, gamma, eps, shrink,
):  # fmt: skip
    r"""Sophia.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
              \theta \leftarrow \theta - \eta w \theta
              - \eta \operatorname{clip}\Bigl(\frac{m}{\max(\gamma h, \epsilon)}, -1, 1\Bigr)

    Where a new estimate ĥ of the Hessian's diagonal has been given, h ← β₂h + (1 − β₂)ĥ first; the paper
    gives one at every tenth step, by Hutchinson's or the Gauss–Newton–Bartlett estimator. While h is 0 the
    step is −η times the sign of m, wherever |m| ≥ ε.

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1), ``gamma``
    (γ > 0, in the parameter's unit), ``eps`` (ε > 0, in units of the gradient), ``weight_decay`` (w ≥ 0,
    decoupled).
    """
    m = beta1 * m + (1 - beta1) * g
    h = where(estimate_is_new > 0, beta2 * h + (1 - beta2) * estimate, h)
    u = clip(m / maximum(gamma * h, eps), -1, 1)
    return theta - shrink * theta - lr * u, m, h, estimate, 0
