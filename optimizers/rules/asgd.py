"""Averaged stochastic gradient descent: a decreasing step, and beside it the average of the iterates.

>>> from eigenstep.optimizers.rules import asgd
>>> full = asgd.with_defaults({"lr": 0.5, "lambd": 0.0})
>>> asgd(1.0, 1.0, 0.5, **asgd.coefficients(2, full))     # θ, and the average of 0.5 and 0.5
(0.5, 0.5)
"""

from typing import Annotated

from ..domains import Choice, Convention, LearningRate, Named, NonNegative
from ..ops import maximum
from ..rule import rule


def rate(lr, lambd, power, before):
    """η after ``before`` steps."""
    return lr / (1 + lambd * lr * before) ** power


def weight(t0, steps):
    """The newest iterate's weight in the average of those after step t0, of ``steps`` in all."""
    return 1 / maximum(1, steps - t0)


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    lambd: Annotated[NonNegative, Convention(), Named("a")] = 1e-4,
    power: Annotated[NonNegative, Convention(), Named("c")] = 0.75,
    t0: Annotated[NonNegative, Convention()] = 0.0,
    counted: Annotated[str, Choice(("present", "past"))] = "present",
):
    share = weight(t0, t if counted == "present" else t - 1)
    return {"eta": rate(lr, lambd, power, t - 1), "lambd": lambd, "mu": share, "kept": 1 - share}


@rule(
    coefficients=coefficients,
    initial={"ax": lambda theta: theta},
    conventions={"torch": {"t0": 1e6, "counted": "past"}},
    source="Polyak & Juditsky 1992, Acceleration of stochastic approximation by averaging; the step as "
    "in Xu 2011, Towards optimal one pass large scale learning with averaged stochastic gradient descent",
)
def asgd(theta, g, ax, *, eta, lambd, mu, kept):
    r"""Averaged stochastic gradient descent.

    .. math:: \eta_t = \frac{\eta}{(1 + a\eta(t-1))^{c}}, \quad
              \theta \leftarrow \theta - \eta_t (g + a\theta), \quad
              \bar\theta \leftarrow \bar\theta + \mu_t(\theta - \bar\theta), \quad
              \mu_t = \frac{1}{\max(1, t - t_0)}

    θ̄ is the state ``ax``, the average of θ after each step beyond t₀, which is what is evaluated.

    Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature), ``lambd`` (a ≥ 0, in units of curvature: weight decay,
    and how fast the step falls), ``power`` (c ≥ 0; torch's α), ``t0`` (t₀ ≥ 0), ``counted`` (``"past"``: t −
    1 in place of t in μ_t).

    Conventions: ``torch.optim.ASGD`` has t₀ = 10⁶, so that up to then θ̄ is θ, and counts the past; where
    the learning rate changes its η_t follows a step later (the torch class does this under
    ``convention="torch"``).
    """
    theta = theta - eta * (g + lambd * theta)
    return theta, kept * ax + mu * theta
