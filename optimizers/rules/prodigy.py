"""Prodigy: Adam with an estimate of how far the solution is, grown from the gradients themselves."""

from typing import Annotated

from ..domains import Choice, Convention, LearningRate, NonNegative, Positive, UnitInterval
from ..moments import Epsilon
from ..ops import absolute, divisor, dot, maximum, quotient, sqrt, sum, times
from ..rule import rule
from ..shapes import Group


def coefficients(
    t,
    *,
    lr: LearningRate = 1.0,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    d0: Annotated[Positive, Convention()] = 1e-6,
    weight_decay: NonNegative = 0.0,
    bias_correction: Annotated[bool, Choice((False, True))] = False,
    eps_scale: Annotated[str, Choice(("before", "after"))] = "before",
):
    if bias_correction:
        lr = lr * sqrt(1 - beta2**t) / (1 - beta1**t)
    return {
        "lr": lr, "beta1": beta1, "weight1": 1 - beta1, "beta2": beta2, "weight2": 1 - beta2,
        "root_beta2": sqrt(beta2), "root_weight2": 1 - sqrt(beta2), "eps": eps,
        "weight_decay": weight_decay, "eps_scale": eps_scale,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    initial={"start": lambda theta: theta, "d": lambda theta, *, d0: d0},
    conventions={
        "optax": {"eps_scale": "after", "bias_correction": True},
        "pytorch-optimizer": {"eps_scale": "after"},
    },
    source="Mishchenko & Defazio 2023, Prodigy: an expeditiously adaptive parameter-free learner, "
    "algorithm 4",
)
def prodigy(
    theta, g, m, v, s, start, r: Group, d: Group, *, lr, beta1, weight1, beta2, weight2, root_beta2,
    root_weight2, eps, weight_decay, eps_scale,
):  # fmt: skip
    r"""Prodigy, in its form with Adam's averages.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) d g, \quad v \leftarrow \beta_2 v + (1-\beta_2) d^2 g^2, \\
              r \leftarrow \sqrt{\beta_2}\, r + (1-\sqrt{\beta_2})\, \eta d^2
              \langle g, \theta_0 - \theta\rangle, \\
              s \leftarrow \sqrt{\beta_2}\, s + (1-\sqrt{\beta_2})\, \eta d^2 g, \\
              \theta \leftarrow \theta - \eta d w \theta - \eta d \frac{m}{\sqrt v + d \epsilon}, \quad
              d \leftarrow \max\bigl(d, r/\|s\|_1\bigr)

    ⟨·,·⟩ and ‖·‖₁ are over all parameters of a group, and so is d, which begins at d₀.

    Hyperparameters: ``lr`` (η ≥ 0, without a unit: 1), ``beta1``, ``beta2`` (0 ≤ β < 1), ``eps`` (ε ≥ 0,
    in units of the gradient), ``d0`` (d₀ > 0, in the parameter's unit), ``weight_decay`` (w ≥ 0,
    decoupled), ``bias_correction`` (η times √(1 − β₂^t)/(1 − β₁^t)), ``eps_scale`` (``"after"``: the new d
    beside ε).

    Conventions: optax and pytorch-optimizer have the new d beside ε; optax corrects the averages.
    """
    m = beta1 * m + weight1 * (d * g)
    v = times(beta2, v) + weight2 * ((d * g) * (d * g))
    r = root_beta2 * r + root_weight2 * lr * d * d * dot(g, start - theta, over="group")
    s = root_beta2 * s + (root_weight2 * lr * d * d) * g
    new_d = maximum(d, quotient(r, sum(absolute(s), over="group")))
    step, scale = lr * d, new_d if eps_scale == "after" else d
    new_theta = theta - step * weight_decay * theta - step * (m / divisor(sqrt(v) + scale * eps))
    return new_theta, m, v, s, start, r, new_d
