"""Quasi-hyperbolic momentum: a step along the average of momentum and the newest gradient.

>>> from eigenstep.optimizers.rules import qhm
>>> qhm(1.0, 0.5, 0.0, lr=1.0, beta=0.5, weight=0.5, nu=0.5)   # θ and the averaged gradient
(0.625, 0.25)
"""

from typing import Annotated

from ..domains import Interval, LearningRate, UnitInterval
from ..rule import rule

_SHARE = Interval(0, 1)


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    beta: UnitInterval = 0.999,
    nu: Annotated[float, _SHARE] = 0.7,
):
    return {"lr": lr, "beta": beta, "weight": 1 - beta, "nu": nu}


@rule(
    coefficients=coefficients,
    source="Ma & Yarats 2019, Quasi-hyperbolic momentum and Adam for deep learning, algorithm 1",
)
def qhm(theta, g, v, *, lr, beta, weight, nu):
    r"""Quasi-hyperbolic momentum.

    .. math:: v \leftarrow \beta v + (1-\beta)\, g, \qquad
              \theta \leftarrow \theta - \eta\left((1-\nu)\, g + \nu v\right)

    ν = 0 is gradient descent, ν = 1 the heavy ball with averaged gradients, ν = β Nesterov's method.

    Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature), ``beta`` (0 ≤ β < 1, dimensionless), ``nu``
    (0 ≤ ν ≤ 1, dimensionless).

    Conventions: ``pytorch_optimizer.QHM`` computes the same; its defaults, β = 0 and ν = 1, are
    gradient descent.
    """
    v = beta * v + weight * g
    return theta - lr * ((1 - nu) * g + nu * v), v
