"""ADOPT: each gradient is divided by the root mean square of those before it, and then averaged.

>>> from eigenstep.optimizers.rules import adopt
>>> full = adopt.with_defaults({})
>>> adopt(1.0, 2.0, 0.0, 0.0, **adopt.coefficients(1, full))      # the first gradient is only measured
(1.0, 0.0, 4.0)
"""

from typing import Annotated

from ..domains import Choice, LearningRate, UnitInterval
from ..moments import Epsilon
from ..ops import clip, divisor, maximum, sqrt, times, where
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.9999,
    eps: Epsilon = 1e-6,
    clipped: Annotated[bool, Choice((True, False))] = True,
    counted: Annotated[str, Choice(("past", "present"))] = "past",
):
    first = t <= 1
    b1, b2 = where(first, 1, beta1), where(first, 0, beta2)
    return {
        "lr": lr, "beta1": b1, "weight1": 1 - b1, "beta2": b2, "weight2": 1 - b2, "eps": eps,
        "bound": sqrt(sqrt(t - 1 if counted == "past" else t)), "clipped": clipped,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={"optax": {}, "pytorch-optimizer": {"counted": "present"}},
    source="Taniguchi et al. 2024, ADOPT: modified Adam can converge with any β₂ with the optimal rate, "
    "algorithm 2",
)
def adopt(theta, g, m, v, *, lr, beta1, weight1, beta2, weight2, eps, bound, clipped):
    r"""ADOPT.

    .. math:: u = \frac{g}{\max(\sqrt v, \epsilon)}, \quad
              m \leftarrow \beta_1 m + (1-\beta_1)\operatorname{clip}(u, -c_t, c_t), \quad
              \theta \leftarrow \theta - \eta m, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2

    c_t = (t − 1)^¼. At the first step v is g² and nothing else happens; the paper counts it as step 0.

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1), ``eps``
    (ε ≥ 0, in units of the gradient), ``clipped`` (False: u is not clipped, the paper's first form),
    ``counted`` (``"present"``: c_t = t^¼). Where v and ε are 0, and u is infinite or 0/0, it is taken as 0.

    Conventions: ``optax.contrib.adopt`` computes the same; its ``use_clipping`` is ``clipped``, and its
    ``nesterov`` another rule. ``pytorch_optimizer.ADOPT`` counts the first step in c_t.
    """
    u = g / divisor(maximum(sqrt(v), eps), eps)
    if clipped:
        u = clip(u, -bound, bound)
    m = beta1 * m + times(weight1, u)
    return theta - lr * m, m, times(beta2, v) + weight2 * (g * g)
