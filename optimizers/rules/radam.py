"""RAdam: Adam, rectified for the variance of its adaptive step."""

from typing import Annotated

from ..domains import Choice, Convention, Interval, LearningRate, UnitInterval
from ..moments import CorrectedEpsilonPlace, Epsilon, bias, corrected, denominator
from ..ops import sqrt, times, where
from ..rule import rule

THRESHOLD = Interval(lower=4)
"""Of ρ_t: at 4 and below r_t is 0 or not real."""


def average_length(beta2, t):
    """ρ_∞ and ρ_t: the length of the simple average with the moving average's centre of mass."""
    longest = 2 / (1 - beta2) - 1
    return longest, longest - 2 * t * beta2**t / bias(beta2, t)


def rectification(beta2, t, threshold):
    """ρ_∞, ρ_t, r_t (1 where not tractable), and 1 or 0 for ρ_t above the threshold or not."""
    longest, length = average_length(beta2, t)
    tractable = length > threshold
    if tractable is False:  # plain numbers: ρ_∞ = 4 would divide by zero
        return longest, length, 1.0, 0.0
    numerator = (length - 4) * (length - 2) * longest
    r = sqrt(numerator / ((longest - 4) * (longest - 2) * length))
    return longest, length, where(tractable, r, 1), where(tractable, 1, 0)


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    eps_place: CorrectedEpsilonPlace = "outside",
    threshold: Annotated[float, THRESHOLD, Convention()] = 4.0,
    untractable: Annotated[str, Choice(("momentum", "skip"))] = "momentum",
):
    shared = corrected(lr, beta1, beta2, t, eps, eps_place)
    longest, length, r, tractable = rectification(beta2, t, threshold)
    if untractable == "skip":
        r = r * tractable
    return {
        **shared, "rho_inf": longest, "rho_t": length, "r_t": r, "tractable": tractable,
        "step": shared["step"] * r,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={
        "torch": {"threshold": 5.0, "eps_place": "uncorrected"},
        "optax": {"threshold": 5.0},
        "pytorch-optimizer": {
            "threshold": 5.0,
            "eps_place": "uncorrected",
            "untractable": "skip",
        },
    },
    source="Liu et al. 2020, On the variance of the adaptive learning rate and beyond, algorithm 2",
)
def radam(
    theta, g, m, v, *,
    step, tractable, beta1, weight1, beta2, weight2, unbias2, eps_inside, eps_outside,
):  # fmt: skip
    r"""RAdam.

    .. math:: \rho_\infty = \frac{2}{1-\beta_2} - 1, \quad
              \rho_t = \rho_\infty - \frac{2t\beta_2^t}{1-\beta_2^t}, \quad
              r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho_t}}

    and θ ← θ − η r_t m̂/(√v̂ + ε) where ρ_t > 4, else θ ← θ − η m̂; m̂ and v̂ as in Adam.

    Hyperparameters: ``lr`` (η ≥ 0), ``beta1``, ``beta2`` (0 ≤ β < 1), ``eps``, ``eps_place`` as in
    Adam, ``threshold`` (of ρ_t, at least the paper's 4), ``untractable`` (``"momentum"``: below it
    θ ← θ − η m̂ as above; ``"skip"``: θ stays).

    Conventions: ``torch.optim.RAdam`` and ``optax.radam`` have the threshold 5 (optax ρ_t ≥ 5);
    torch adds ε before the bias correction, as does ``pytorch_optimizer.RAdam``, which moves below the
    threshold only with ``degenerated_to_sgd=True``.
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    below = where(tractable > 0.5, denominator(v * unbias2, eps_inside, eps_outside), 1)
    return theta - step * m / below, m, v
