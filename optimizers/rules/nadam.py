"""Nadam: Adam with Nesterov's momentum."""

from typing import Annotated, Any

from ..domains import Choice, Convention, LearningRate, NonNegative, UnitInterval
from ..errors import DomainError
from ..moments import CorrectedEpsilonPlace, Epsilon, bias, corrected
from ..ops import sqrt
from ..rule import rule

_MOST_FACTORS = 10**7
_products: dict[tuple[Any, Any], tuple[int, Any]] = {}


def momentum(beta1, t, decay):
    """μ_t = β₁(1 − ½·0.96^(t·decay)), Dozat's warm-up of the momentum."""
    return beta1 * (1 - 0.96 ** (t * decay) / 2)


def momentum_product(beta1, t, decay):
    """μ_1 μ_2 … μ_t; the last product is kept, so that a run's cost does not grow with t."""
    known, product = _products.get((beta1, decay), (0, 1))
    if known > t:
        known, product = 0, 1
    for i in range(known + 1, t + 1):
        if i - known > _MOST_FACTORS:
            raise DomainError(
                "t", t, f"t <= {known + _MOST_FACTORS} for lookahead_bias 'scheduled'"
            )
        if isinstance(product, float) and product == 0:
            break  # and remains 0
        product = product * momentum(beta1, i, decay)
    if len(_products) > 64:
        _products.clear()
    _products[beta1, decay] = (t, product)
    return product


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
        now, after = momentum(beta1, t, momentum_decay), momentum(beta1, t + 1, momentum_decay)
        product = momentum_product(beta1, t, momentum_decay)
        m_step, g_step = lr * after / (1 - product * after), lr * (1 - now) / (1 - product)
    else:
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
    v = beta2 * v + weight2 * (g * g)
    denominator = sqrt(v * unbias2 + eps_inside) + eps_outside
    return theta - (m_step * m + g_step * g) / denominator, m, v
