"""StableAdamW: AdamW whose learning rate shrinks where gradients outgrow their own average."""

from ..domains import LearningRate, NonNegative, UnitInterval
from ..moments import Epsilon
from ..ops import divisor, maximum, mean, sqrt, times
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.99,
    eps: Epsilon = 1e-8,
    weight_decay: NonNegative = 0.01,
):
    b1, b2 = (b * (1 - b ** (t - 1)) / (1 - b**t) for b in (beta1, beta2))
    return {
        "lr": lr, "beta1": b1, "weight1": (1 - beta1) / (1 - beta1**t), "beta2": b2,
        "weight2": (1 - beta2) / (1 - beta2**t), "eps": eps, "weight_decay": weight_decay,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    source="Wortsman et al. 2023, Stable and low-precision training for large-scale vision-language models, "
    "algorithm 2",
)
def stable_adamw(theta, g, m, v, *, lr, beta1, weight1, beta2, weight2, eps, weight_decay):
    r"""StableAdamW: AdamW with update clipping.

    .. math:: \eta_t = \eta / \max\Bigl(1, \sqrt{\operatorname{mean}(g^2/\max(v, \epsilon^2))}\Bigr), \quad
              \theta \leftarrow \theta - \eta_t w \theta - \eta_t \frac{m}{\sqrt v + \epsilon}

    m and v are the averages of g and g² with their corrections in the weights,
    β̂ = β(1 − β^{t−1})/(1 − β^t), so that neither is divided. The mean is over the tensor.

    Hyperparameters: ``lr`` (η ≥ 0), ``beta1``, ``beta2`` (0 ≤ β < 1), ``eps`` (ε ≥ 0, in units of the
    gradient), ``weight_decay`` (w ≥ 0, decoupled).
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    size = sqrt(mean(g * g / divisor(maximum(v, eps * eps))))
    step = lr / maximum(1, size)
    return theta - step * (m / divisor(sqrt(v) + eps, eps) + weight_decay * theta), m, v
