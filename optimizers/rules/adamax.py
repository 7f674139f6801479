"""AdaMax: Adam with the infinity norm."""

from typing import Annotated

from ..domains import Choice, LearningRate, UnitInterval
from ..moments import Epsilon, averages
from ..ops import absolute, divisor, maximum
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.002,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    eps_place: Annotated[str, Choice(("denominator", "gradient"))] = "denominator",
):
    inside = eps_place == "gradient"
    return {**averages(lr, beta1, beta2, t),
            "eps_gradient": eps if inside else 0, "eps_outside": 0 if inside else eps}  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={"torch": {"eps_place": "gradient"}, "optax": {"eps_place": "gradient"}},
    source="Kingma & Ba 2015, Adam: a method for stochastic optimization, algorithm 2",
)
def adamax(theta, g, m, u, *, step, beta1, weight1, beta2, eps_gradient, eps_outside):
    r"""AdaMax.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad u \leftarrow \max(\beta_2 u, |g|), \quad
              \theta \leftarrow \theta - \frac{\eta}{1-\beta_1^t} \frac{m}{u}

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1),
    ``eps`` (ε ≥ 0; the paper has 0 and divides by it where every gradient was 0: there θ stays),
    ``eps_place`` (``"denominator"``: u + ε; ``"gradient"``: max(β₂u, |g| + ε)).

    Conventions: ``torch.optim.Adamax`` and ``optax.adamax`` add ε to |g|.
    """
    m = beta1 * m + weight1 * g
    u = maximum(beta2 * u, absolute(g) + eps_gradient)
    return theta - step * m / divisor(u + eps_outside, eps_outside), m, u
