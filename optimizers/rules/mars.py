"""MARS: Adam on gradients whose variance is reduced by those of the step before.

>>> from eigenstep.optimizers.rules import mars
>>> full = mars.with_defaults({})
>>> [round(mars.coefficients(t, full)["scale"], 3) for t in (1, 2)]      # γβ₁/(1 − β₁), from step 2 on
[0, 0.475]
"""

from typing import Annotated

from ..domains import Choice, LearningRate, Named, NonNegative, UnitInterval
from ..moments import BothEpsilonsPlace, Epsilon, averages, both_epsilons, denominator
from ..ops import maximum, norm, times, where
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.003,
    beta1: UnitInterval = 0.95,
    beta2: UnitInterval = 0.99,
    gamma: NonNegative = 0.025,
    eps: Epsilon = 1e-8,
    eps_inside: Epsilon = 0.0,
    eps_place: BothEpsilonsPlace = "corrected",
    weight_decay: Annotated[NonNegative, Named("w")] = 0.0,
    first_difference: Annotated[bool, Choice((False, True))] = False,
):
    shared = averages(lr, beta1, beta2, t)
    scale = gamma * beta1 / (1 - beta1)
    return {
        **shared, **both_epsilons(eps, eps_inside, eps_place, shared["bias2"]),
        "shrink": lr * weight_decay,
        "scale": scale if first_difference else where(t <= 1, 0, scale),
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={"pytorch-optimizer": {"eps_inside": 1e-15, "eps_place": "uncorrected",
                                       "first_difference": True}},
    source="Yuan et al. 2024, MARS: unleashing the power of variance reduction for training large models, "
    "algorithm 2, approximate",
)  # fmt: skip
def mars(
    theta, g, m, v, last, *,
    step, beta1, weight1, beta2, weight2, unbias2, scale, eps_inside, eps_outside, shrink,
):  # fmt: skip
    r"""MARS (MARS-AdamW, approximate).

    .. math:: c = g + \gamma\frac{\beta_1}{1-\beta_1}(g - g_{-}), \quad
              \tilde c = \frac{c}{\max(1, \lVert c\rVert)}

    and then AdamW's step with c̃ in place of g. g₋, the state ``last``, is the gradient before, of another
    batch (which makes it approximate); at the first step c is g. The norm is of the whole tensor.

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1), ``gamma``
    (γ ≥ 0), ``eps``, ``eps_inside``, ``eps_place`` as in LaProp, ``weight_decay`` (w ≥ 0, decoupled),
    ``first_difference`` (True: g₋ counts as 0 at the first step).

    Conventions: ``pytorch_optimizer.MARS`` has ε before the bias correction, 1e-15 inside the root, and
    the first difference; tensors of one dimension it steps by AdamW with other numbers. Its
    ``mars_type`` ``"lion"`` and ``"shampoo"`` are other rules.
    """
    c = g + scale * (g - last)
    c = c / maximum(norm(c), 1)
    m = beta1 * m + weight1 * c
    v = times(beta2, v) + weight2 * (c * c)
    u = m / denominator(v * unbias2, eps_inside, eps_outside)
    return theta - step * u - shrink * theta, m, v, g
