"""Adan: Adam with Nesterov's momentum by differences of gradients.

>>> from eigenstep.optimizers.rules import adan
>>> full = adan.with_defaults({})
>>> [adan.coefficients(t, full)["differs"] for t in (1, 2)]      # the first gradient has none before it
[0, 1]
"""

from typing import Annotated

from ..domains import Choice, LearningRate, Named, NonNegative, UnitInterval
from ..moments import Epsilon, bias, denominator
from ..ops import times, where
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.98,
    beta2: UnitInterval = 0.92,
    beta3: UnitInterval = 0.99,
    eps: Epsilon = 1e-8,
    eps_inside: Epsilon = 0.0,
    weight_decay: Annotated[NonNegative, Named("w")] = 0.0,
    bias_correction: Annotated[bool, Choice((False, True))] = False,
    decay: Annotated[str, Choice(("proximal", "decoupled"))] = "proximal",
    ahead: Annotated[str, Choice(("beta2", "rest"))] = "beta2",
):
    first = t <= 1
    begin = (lambda beta: beta) if bias_correction else (lambda beta: where(first, 0, beta))
    b1, b3 = begin(beta1), begin(beta3)  # uncorrected, m and n begin at g and g²
    unbias = [1 / bias(b, t) if bias_correction else 1 for b in (beta1, beta2, beta3)]
    part = beta2 if ahead == "beta2" else 1 - beta2
    shrink = lr * weight_decay
    return {
        "m_step": lr * unbias[0], "v_step": lr * part * unbias[1], "unbias3": unbias[2],
        "beta1": b1, "weight1": 1 - b1, "beta2": beta2, "weight2": 1 - beta2, "beta3": b3,
        "weight3": 1 - b3, "eps": eps, "eps_inside": eps_inside, "part": part,
        "differs": where(first, 0, 1),
        "kept": 1 - shrink if decay == "decoupled" else 1,
        "over": 1 / (1 + shrink) if decay == "proximal" else 1,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={"optax": {"bias_correction": True, "decay": "decoupled", "eps_inside": 1e-8,
                           "ahead": "rest"},
                 "pytorch-optimizer": {"bias_correction": True}},
    source="Xie et al. 2024, Adan: adaptive Nesterov momentum algorithm for faster optimizing deep models, "
    "algorithm 1",
)  # fmt: skip
def adan(
    theta, g, m, v, n, last, *,
    m_step, v_step, beta1, weight1, beta2, weight2, beta3, weight3, unbias3, eps, eps_inside,
    differs, part, kept, over,
):  # fmt: skip
    r"""Adan.

    .. math:: d = g - g_{-}, \quad m \leftarrow \beta_1 m + (1-\beta_1) g, \quad
              v \leftarrow \beta_2 v + (1-\beta_2) d, \quad
              n \leftarrow \beta_3 n + (1-\beta_3)(g + \beta_2 d)^2

    .. math:: \theta \leftarrow \frac{1}{1 + \eta w}\left(\theta -
              \eta\frac{m + \beta_2 v}{\sqrt n + \epsilon}\right)

    g₋, the state ``last``, is the gradient before. At the first step d is 0, m is g and n is g². The
    paper writes 1 − β for each β.

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2``, ``beta3`` (0 ≤ β < 1),
    ``eps`` (added to the root), ``eps_inside`` (added to n), ``weight_decay`` (w ≥ 0),
    ``bias_correction`` (True: m, v and n begin at 0, and each is divided by 1 − β^t), ``decay``
    (``"proximal"`` as above; ``"decoupled"``: θ(1 − ηw) less the step), ``ahead`` (``"rest"``: 1 − β₂ in
    place of the β₂ beside d and v). Where n and ε are 0 a coordinate does not move.

    Conventions: ``optax.adan`` and ``pytorch_optimizer.Adan`` correct the bias, as the authors' code
    does. optax decouples the decay, has ε inside the root too, and 1 − β₂ beside d and v, which is the
    paper's formula with a β₂ that is not the paper's. ``weight_decouple`` of the other is ``"decoupled"``.
    """
    d = differs * (g - last)
    m = beta1 * m + weight1 * g
    v = beta2 * v + weight2 * d
    sooner = g + part * d
    n = times(beta3, n) + weight3 * (sooner * sooner)
    step = (m_step * m + v_step * v) / denominator(n * unbias3, eps_inside, eps)
    return over * (kept * theta - step), m, v, n, g
