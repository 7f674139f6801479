"""Yogi: Adam whose second moment moves by at most (1 − β₂)g²."""

from typing import Annotated

from ..domains import Convention, LearningRate, NonNegative, UnitInterval
from ..moments import CorrectedEpsilonPlace, Epsilon, corrected, denominator
from ..ops import toward
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-3,
    eps_place: CorrectedEpsilonPlace = "outside",
    initial_accumulator: Annotated[NonNegative, Convention()] = 0.0,
):
    return corrected(lr, beta1, beta2, t, eps, eps_place)


def initial_average(theta, *, initial_accumulator):
    return theta * 0 + initial_accumulator


@rule(
    coefficients=coefficients,
    initial={"m": initial_average, "v": initial_average},
    conventions={"optax": {"initial_accumulator": 1e-6},
                 "pytorch-optimizer": {"initial_accumulator": 1e-6},
                 "torch-optimizer": {"initial_accumulator": 1e-6}},
    source="Zaheer et al. 2018, Adaptive methods for nonconvex optimization, algorithm 2",
)  # fmt: skip
def yogi(theta, g, m, v, *, step, beta1, weight1, weight2, unbias2, eps_inside, eps_outside):
    r"""Yogi.

    .. math:: v \leftarrow v + (1-\beta_2) g^2 \operatorname{sgn}(g^2 - v)

    m and the step as in Adam. Hyperparameters: ``lr`` (η ≥ 0), ``beta1``, ``beta2`` (0 ≤ β < 1),
    ``eps``, ``eps_place`` as in Adam, ``initial_accumulator`` (m and v before the first step).

    Conventions: ``optax.yogi``, ``pytorch_optimizer.Yogi`` and ``torch_optimizer.Yogi`` start both
    averages at 1e-6.
    """
    m = beta1 * m + weight1 * g
    v = toward(v, g * g, weight2 * (g * g))
    return theta - step * m / denominator(v * unbias2, eps_inside, eps_outside), m, v
