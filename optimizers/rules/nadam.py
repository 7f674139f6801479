"""Nadam: Adam with Nesterov's momentum."""

from functools import lru_cache
from typing import Annotated

import numpy as np

from ..domains import Choice, Convention, LearningRate, NonNegative, UnitInterval
from ..errors import DomainError
from ..moments import CorrectedEpsilonPlace, Epsilon, bias, corrected, denominator
from ..ops import times
from ..rule import rule

_LONGEST = 1 << 16
"""Steps after which Π(1 − ½·0.96^(i·decay)) has either converged in float64 or underflown to 0."""
_MOST_FACTORS = 10**7


def momentum(beta1, t, decay):
    """μ_t = β₁(1 − ½·0.96^(t·decay)), Dozat's warm-up of the momentum."""
    return beta1 * (1 - 0.96 ** (t * decay) / 2)


def momentum_product(beta1, t, decay):
    """μ_1 μ_2 … μ_t, at a cost that does not grow with t where the decay is a number."""
    if isinstance(decay, int | float):
        return beta1**t * _warm_up_products(float(decay))[min(t, _LONGEST) - 1].item()
    if t > _MOST_FACTORS:
        raise DomainError("t", t, f"t <= {_MOST_FACTORS} for lookahead_bias 'scheduled'")
    product = 1
    for i in range(1, t + 1):
        product = product * momentum(beta1, i, decay)
    return product


@lru_cache(maxsize=8)
def _warm_up_products(decay):
    """Π_{i ≤ t} (1 − ½·0.96^(i·decay)) for t = 1, 2, …, :data:`_LONGEST`."""
    return np.cumprod(1 - 0.96 ** (np.arange(1.0, _LONGEST + 1) * decay) / 2)


def scheduled_steps(lr, beta1, t, decay, product):
    """The weights of m and g in the step, where ``product`` is μ_1 … μ_t."""
    now, after = momentum(beta1, t, decay), momentum(beta1, t + 1, decay)
    return {"m_step": lr * after / (1 - product * after), "g_step": lr * (1 - now) / (1 - product)}


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    eps_place: CorrectedEpsilonPlace = "outside",
    lookahead_bias: Annotated[str, Choice(("present", "next", "scheduled"))] = "present",
    momentum_decay: Annotated[NonNegative, Convention()] = 0.004,
):
    shared = corrected(lr, beta1, beta2, t, eps, eps_place)
    if lookahead_bias == "scheduled":
        product = momentum_product(beta1, t, momentum_decay)
        return {**shared, **scheduled_steps(lr, beta1, t, momentum_decay, product)}
    ahead = t + 1 if lookahead_bias == "next" else t
    m_step = lr * beta1 / bias(beta1, ahead)
    g_step = lr * (1 - beta1) / bias(beta1, t)
    return {**shared, "m_step": m_step, "g_step": g_step}


@rule(
    coefficients=coefficients,
    conventions={"torch": {"lr": 0.002, "lookahead_bias": "scheduled"},
                 "optax": {"lookahead_bias": "next"}},
    source="Dozat 2016, Incorporating Nesterov momentum into Adam, ICLR workshop",
)  # fmt: skip
def nadam(
    theta,
    g,
    m,
    v,
    *,
    m_step,
    g_step,
    beta1,
    weight1,
    beta2,
    weight2,
    unbias2,
    eps_inside,
    eps_outside,
):
    r"""Nadam.

    .. math:: \theta \leftarrow \theta - \frac{\eta}{\sqrt{\hat v} + \epsilon}
              \left(\beta_1 \hat m + \frac{(1-\beta_1) g}{1-\beta_1^t}\right)

    m̂ and v̂ as in Adam. Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``,
    ``beta2`` (0 ≤ β < 1), ``eps``, ``eps_place`` as in Adam, ``lookahead_bias`` (``"present"``: m̂
    divided by 1 − β₁^t as above; ``"next"``: by 1 − β₁^(t+1); ``"scheduled"``: with momentum μ_t =
    β₁(1 − ½·0.96^(t·decay)) and products of it in place of powers of β₁), ``momentum_decay``.

    Conventions: ``torch.optim.NAdam`` has the schedule, and ``momentum_decay=0`` there does not
    switch it off but halves β₁; ``optax.nadam`` has ``"next"``.
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    step = (m_step * m + g_step * g) / denominator(v * unbias2, eps_inside, eps_outside)
    return theta - step, m, v
