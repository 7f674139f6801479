"""AdEMAMix: Adam with a second, very slow average of gradients.

>>> from eigenstep.optimizers.rules import ademamix
>>> full = ademamix.with_defaults({"t_alpha": 10.0, "t_beta3": 10.0})
>>> warm = [ademamix.coefficients(t, full) for t in (1, 5, 10, 20)]
>>> [c["mix"] for c in warm], [round(c["beta3"], 4) for c in warm]
([0.5, 2.5, 5.0, 5.0], [0.999, 0.9998, 0.9999, 0.9999])
"""

import math
from typing import Annotated

from ..domains import Convention, Interval, LearningRate, Named, NonNegative, UnitInterval
from ..errors import DomainError
from ..moments import CorrectedEpsilonPlace, Epsilon, corrected, denominator
from ..ops import maximum, minimum, times
from ..rule import rule

WARM_UP = Interval(lower=0)


def warm_beta3(beta1, beta3, t, steps):
    """β₃ at step t: its time 1/ln β₃ goes linearly from that of β₁ to its own in ``steps`` steps.

    Raises:
        DomainError: there is a warm-up, and the numbers are symbols.
    """
    if (steps <= 1) is True:
        return beta3
    if not all(isinstance(x, int | float) for x in (beta1, beta3, t, steps)):
        raise DomainError("t_beta3", steps, "0 where beta1, beta3 or the step is not a number")
    if t >= steps or beta3 <= 0:
        return beta3
    done = t / steps
    longest = done / math.log(beta3)
    begun = (1 - done) / math.log(beta1) if beta1 > 0 else 0.0
    return min(math.exp(1 / (longest + begun)), beta3)


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    beta3: UnitInterval = 0.9999,
    mix: Annotated[NonNegative, Named("alpha_s")] = 5.0,
    eps: Epsilon = 1e-8,
    eps_place: CorrectedEpsilonPlace = "outside",
    weight_decay: Annotated[NonNegative, Named("w")] = 0.0,
    t_alpha: Annotated[float, WARM_UP, Convention()] = 0.0,
    t_beta3: Annotated[float, WARM_UP, Convention()] = 0.0,
):
    shared = corrected(lr, beta1, beta2, t, eps, eps_place)
    slow = warm_beta3(beta1, beta3, t, t_beta3)
    mixed = mix * minimum(1, t / maximum(1, t_alpha))
    return {
        **shared, "lr": lr, "beta3": slow, "weight3": 1 - slow, "mix": mixed,
        "unbias1": 1 / shared["bias1"], "shrink": lr * weight_decay,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={"optax": {}, "pytorch-optimizer": {}},
    source="Pagliardini, Ablin & Grangier 2024, The AdEMAMix optimizer: better, faster, older, algorithm 1",
)
def ademamix(
    theta, g, m, s, v, *,
    lr, beta1, weight1, unbias1, beta2, weight2, unbias2, beta3, weight3, mix, eps_inside,
    eps_outside, shrink,
):  # fmt: skip
    r"""AdEMAMix.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
              s \leftarrow \beta_3 s + (1-\beta_3) g, \quad
              v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
              \theta \leftarrow \theta - \eta \left(
              \frac{\hat m + \alpha s}{\sqrt{\hat v} + \epsilon} + w\theta\right)

    m̂ and v̂ as in Adam; s is not corrected. In their warm-ups α is α·min(t/T, 1), and
    1/ln β₃ goes linearly from 1/ln β₁ to its own value in T steps.

    Hyperparameters: ``lr`` (η ≥ 0), ``beta1``, ``beta2``, ``beta3`` (0 ≤ β < 1), ``mix`` (α ≥ 0),
    ``eps``, ``eps_place`` as in Adam, ``weight_decay`` (w ≥ 0, decoupled), ``t_alpha``, ``t_beta3`` (T ≥ 0
    of the two warm-ups; 0: none).

    Conventions: ``optax.contrib.ademamix`` and ``pytorch_optimizer.AdEMAMix`` compute the same; the
    latter's ``t_alpha_beta3`` is both T, and its weight decay is coupled unless told otherwise.
    """
    m = beta1 * m + weight1 * g
    s = beta3 * s + weight3 * g
    v = times(beta2, v) + weight2 * (g * g)
    u = (m * unbias1 + mix * s) / denominator(v * unbias2, eps_inside, eps_outside)
    return theta - lr * u - shrink * theta, m, s, v
