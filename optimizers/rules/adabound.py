"""AdaBound and AMSBound: Adam's and AMSGrad's steps between bounds that close on SGD's."""

from typing import Annotated

from ..domains import Choice, Convention, LearningRate, NonNegative, Positive, UnitInterval
from ..moments import Epsilon, averages, bias
from ..ops import clip, maximum, quotient, sqrt, times, where
from ..rule import rule

SOURCE = (
    "Luo et al. 2019, Adaptive gradient methods with dynamic bound of learning rate, algorithm "
)
CONVENTIONS = {
    "pytorch-optimizer": {"bias_correction": True, "eps": 1e-8, "eps_inside": 1e-15},
    "torch-optimizer": {"bias_correction": True, "eps": 1e-8},
}


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    final_lr: NonNegative = 0.1,
    gamma: Positive = 0.001,
    eps: Epsilon = 0.0,
    eps_inside: Epsilon = 0.0,
    base_lr: Annotated[NonNegative, Convention()] = 0.0,
    bias_correction: Annotated[bool, Choice((False, True))] = False,
    root_decay: Annotated[bool, Choice((False, True))] = False,
):
    shared = averages(lr, beta1, beta2, t)
    corrected = lr * sqrt(bias(beta2, t)) / bias(beta1, t) if bias_correction else lr
    unscaled = base_lr <= 0
    final = where(unscaled, final_lr, final_lr * lr / where(unscaled, 1, base_lr))
    return {
        **shared, "eps": eps, "eps_inside": eps_inside, "step": corrected,
        "lower": final * (1 - 1 / (gamma * t + 1)), "upper": times(final, 1 + 1 / (gamma * t)),
        "decay": 1 / sqrt(t) if root_decay else 1,
    }  # fmt: skip


@rule(coefficients=coefficients, conventions=CONVENTIONS, source=SOURCE + "2")
def adabound(
    theta, g, m, v, *,
    step, beta1, weight1, beta2, weight2, eps, eps_inside, lower, upper, decay,
):  # fmt: skip
    r"""AdaBound.

    .. math:: \hat\eta = \operatorname{clip}\left(\frac{\eta}{\sqrt v}, \eta_l(t), \eta_u(t)\right),
              \quad \theta \leftarrow \theta - \hat\eta\, m

    m and v as in Adam, η_l(t) = η*(1 − 1/(γt + 1)), η_u(t) = η*(1 + 1/(γt)).

    Hyperparameters: ``lr`` (η ≥ 0), ``beta1``, ``beta2`` (0 ≤ β < 1), ``final_lr`` (η* ≥ 0),
    ``gamma`` (γ > 0), ``eps`` (added to √v; the paper has none), ``eps_inside`` (added to v),
    ``base_lr`` (> 0: η* becomes η*·η/base_lr, so that a schedule moves the bounds too; 0: as above),
    ``bias_correction`` (η in the clip becomes η√(1 − β₂^t)/(1 − β₁^t)), ``root_decay`` (η̂/√t, as the
    paper's analysis has it).

    The step η/√v is unbounded as v → 0 for every η > 0, so η̂ is η_u there; at η = 0 it is η_l for
    every v, 0 included.

    Conventions: the authors' code and ``torch_optimizer.AdaBound`` correct the bias, with ε = 1e-8
    outside the root; ``pytorch_optimizer.AdaBound`` has 1e-15 inside it too. Both scale the bounds by η
    over the first η of the parameter group, which is ``base_lr``.
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    return theta - decay * clip(quotient(step, sqrt(v + eps_inside) + eps), lower, upper) * m, m, v


@rule(coefficients=coefficients, conventions=CONVENTIONS, source=SOURCE + "3")
def amsbound(
    theta, g, m, v, largest, *,
    step, beta1, weight1, beta2, weight2, eps, eps_inside, lower, upper, decay,
):  # fmt: skip
    r"""AMSBound: AdaBound with AMSGrad's second moment.

    .. math:: \hat v \leftarrow \max(\hat v, v), \quad \hat\eta =
              \operatorname{clip}\left(\frac{\eta}{\sqrt{\hat v}}, \eta_l(t), \eta_u(t)\right), \quad
              \theta \leftarrow \theta - \hat\eta\, m

    Hyperparameters: those of AdaBound. Conventions: as there.
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    largest = maximum(largest, v)
    return (
        theta - decay * clip(quotient(step, sqrt(largest + eps_inside) + eps), lower, upper) * m,
        m,
        v,
        largest,
    )
