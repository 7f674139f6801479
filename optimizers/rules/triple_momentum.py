r"""The triple momentum method: the fastest known on smooth, strongly convex functions, tuned in closed form.

>>> from eigenstep.optimizers.rules.triple_momentum import tuned
>>> best = tuned(mu=1, L=100)
>>> best["rate"], best["lr"]
(0.9, 0.019)
"""

import math

from ..domains import LearningRate, UnitInterval
from ..errors import DomainError
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    beta: UnitInterval = 0.736,
    gamma: UnitInterval = 0.388,
):
    return {"lr": lr, "beta": beta, "gamma": gamma}


def lookahead_point(theta, v, *, gamma):
    """A part of a step ahead along the last displacement."""
    return theta - gamma * v


@rule(
    coefficients=coefficients,
    gradient_at=lookahead_point,
    source="Van Scoy, Freeman & Lynch 2018, The fastest known globally convergent first-order method "
    "for minimizing strongly convex functions, eqs. (9), (11)",
)
def triple_momentum(theta, g, v, *, lr, beta, gamma):
    r"""The triple momentum method.

    .. math:: v \leftarrow \beta v + \eta\, \nabla f(\theta - \gamma v), \qquad
              \theta \leftarrow \theta - v

    The paper writes it in ξ = θ without v: ξ⁺ = (1 + β)ξ − βξ⁻ − η∇f(y), y = (1 + γ)ξ − γξ⁻. Its
    fourth number δ only says what is reported, x = (1 + δ)ξ − δξ⁻ = θ − δv; θ has the same rate.
    γ = β is Nesterov's method, γ = 0 the heavy ball.

    Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature), ``beta``, ``gamma`` (0 ≤ β, γ < 1, dimensionless;
    :func:`tuned` gives the paper's, the defaults are those for L/μ = 100).

    Conventions: no library that is compared has it.
    """
    v = beta * v + lr * g
    return theta - v, v


def tuned(*, mu: float, L: float) -> dict[str, float]:
    """The paper's hyperparameters for curvatures between μ and L, its δ, and the rate 1 − √(μ/L).

    Raises:
        DomainError: not 0 < μ < L.
    """
    if not 0 < mu < L < math.inf:
        raise DomainError("mu", mu, f"0 < mu < L, where L = {L}")
    rate = 1 - math.sqrt(mu / L)
    square = rate * rate
    return {
        "lr": (1 + rate) / L, "beta": square / (2 - rate),
        "gamma": square / ((1 + rate) * (2 - rate)), "delta": square / (1 - square), "rate": rate,
    }  # fmt: skip
