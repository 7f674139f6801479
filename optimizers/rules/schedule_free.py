r"""Schedule-Free: gradients between the iterate and its average, which is the result at every step.

>>> from eigenstep.optimizers.rules import schedule_free_sgd
>>> full = schedule_free_sgd.with_defaults({"lr": 0.5})
>>> average, ahead = schedule_free_sgd(1.0, 1.0, 0.0, **schedule_free_sgd.coefficients(1, full))
>>> average, average + ahead          # and the iterate
(0.75, 0.5)
"""

from typing import Annotated

from ..domains import Choice, Interval, LearningRate, Named, NonNegative, UnitInterval
from ..moments import Epsilon, bias, denominator
from ..ops import sqrt, times
from ..rule import rule

_INTERPOLATION = Interval(0, 1)
_SOURCE = "Defazio et al. 2024, The road less scheduled, "


def between(theta, gap, *, rest):
    """Where the gradient is taken: a small part of the way from the average θ to the iterate."""
    return theta + rest * gap


def coefficients(
    t,
    *,
    lr: LearningRate = 1.0,
    beta: Annotated[float, _INTERPOLATION] = 0.9,
    averaged: Annotated[str, Choice(("start", "steps"))] = "start",
):
    share = 1 / (t + 1) if averaged == "start" else 1 / t
    return {"lr": lr, "rest": 1 - beta, "share": share, "kept": 1 - share}


@rule(
    coefficients=coefficients,
    gradient_at=between,
    conventions={"optax": {"averaged": "steps"}, "pytorch-optimizer": {"averaged": "steps"}},
    source=_SOURCE + "eqs. (2)–(4)",
)
def schedule_free_sgd(theta, g, gap, *, lr, share, kept):
    r"""Schedule-Free gradient descent.

    .. math:: z \leftarrow z - \eta\,\nabla f\left((1-\beta) z + \beta\theta\right), \qquad
              \theta \leftarrow (1 - c_t)\,\theta + c_t z, \qquad c_t = \frac{1}{t+1}

    θ, the average of all z, is what is evaluated (the paper's x); z begins at θ. The state is ``gap``, z − θ.

    Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature, held constant), ``beta`` (0 ≤ β ≤ 1, dimensionless),
    ``averaged`` (``"start"``: the start counts as an iterate, as above; ``"steps"``: c_t = 1/t). Weights
    by powers of the learning rate, or of t, and a warm-up, no setting here has.

    Conventions: ``optax.contrib.schedule_free_sgd`` and ``pytorch_optimizer.ScheduleFreeSGD`` compute
    ``"steps"`` at a constant learning rate.
    """
    u = gap - lr * g
    return theta + share * u, kept * u


def adamw_coefficients(
    t,
    *,
    lr: LearningRate = 0.0025,
    beta1: Annotated[float, _INTERPOLATION] = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    eps_inside: Epsilon = 0.0,
    weight_decay: Annotated[NonNegative, Named("w")] = 0.0,
    bias_correction: Annotated[str, Choice(("step", "moment"))] = "step",
):
    bias2 = bias(beta2, t)
    if (
        bias_correction == "step"
    ):  # the learning rate is corrected, and its square weights the average
        step, unbias2 = lr * sqrt(bias2), 1
        past = t - 1 - beta2 * bias(beta2, t - 1) / (1 - beta2)  # Σ_{i < t} (1 − β₂^i), 0 at first
        share, kept = bias2 / (past + bias2), past / (past + bias2)
    else:
        step, unbias2, share, kept = lr, 1 / bias2, 1 / t, 1 - 1 / t
    return {
        "step": step, "rest": 1 - beta1, "beta2": beta2, "weight2": 1 - beta2, "unbias2": unbias2,
        "eps": eps, "eps_inside": eps_inside, "shrink": step * weight_decay,
        "share": share, "kept": kept,
    }  # fmt: skip


def between_adamw(theta, gap, v, *, rest):
    return theta + rest * gap


@rule(
    coefficients=adamw_coefficients,
    gradient_at=between_adamw,
    conventions={"optax": {"bias_correction": "moment"},
                 "pytorch-optimizer": {"bias_correction": "moment", "eps_inside": 1e-15}},
    source=_SOURCE + "algorithm 1",
)  # fmt: skip
def schedule_free_adamw(
    theta, g, gap, v, *, step, rest, beta2, weight2, unbias2, eps, eps_inside, shrink, share, kept
):
    r"""Schedule-Free AdamW.

    .. math:: y = (1-\beta_1) z + \beta_1\theta, \quad g = \nabla f(y), \quad
              v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad \eta_t = \eta\sqrt{1-\beta_2^t}

    .. math:: z \leftarrow z - \eta_t\frac{g}{\sqrt v + \epsilon} - \eta_t w y, \quad
              \theta \leftarrow (1 - c_t)\,\theta + c_t z, \quad
              c_t = \frac{\eta_t^2}{\sum_{i \le t} \eta_i^2}

    θ, the weighted average of z, is what is evaluated (the paper's x); z begins at θ. The state is
    ``gap``, z − θ, and v. With a constant learning rate Σ(1 − β₂^i) is t − β₂(1 − β₂^t)/(1 − β₂).

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit, held constant), ``beta1`` (0 ≤ β₁ ≤ 1),
    ``beta2`` (0 ≤ β₂ < 1), ``eps`` (ε ≥ 0), ``eps_inside`` (added to v), ``weight_decay`` (w ≥ 0, taken
    at y), ``bias_correction``
    (``"step"`` as above; ``"moment"``: √(v/(1 − β₂^t)) + ε below, η_t = η and c_t = 1/t). Other weights
    of the average, and a warm-up, no setting here has. Where v and ε are 0 a coordinate does not move.

    Conventions: ``optax.contrib.schedule_free_adamw`` and ``pytorch_optimizer.ScheduleFreeAdamW`` compute
    ``"moment"`` at a constant learning rate; the latter adds 1e-15 to v.
    """
    v = times(beta2, v) + weight2 * (g * g)
    u = gap - step * (g / denominator(v * unbias2, eps_inside, eps)) - shrink * (theta + rest * gap)
    return theta + share * u, kept * u, v
