"""Adam: momentum and RMSprop, each corrected for starting at zero."""

from ..domains import LearningRate, UnitInterval
from ..moments import CorrectedEpsilonPlace, Epsilon, corrected, denominator
from ..ops import times
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    eps_place: CorrectedEpsilonPlace = "outside",
):
    return corrected(lr, beta1, beta2, t, eps, eps_place)


@rule(
    coefficients=coefficients,
    conventions={"torch": {}, "optax": {}},
    source="Kingma & Ba 2015, Adam: a method for stochastic optimization, algorithm 1",
)
def adam(theta, g, m, v, *, step, beta1, weight1, beta2, weight2, unbias2, eps_inside, eps_outside):
    r"""Adam.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2,
              \quad \theta \leftarrow \theta -
              \eta \frac{m/(1-\beta_1^t)}{\sqrt{v/(1-\beta_2^t)} + \epsilon}

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1),
    ``eps`` (ε ≥ 0), ``eps_place`` (``"outside"`` the root as above; ``"inside"``;
    ``"uncorrected"``: added to √v before the correction, Kingma & Ba's efficient form). Where v and ε
    are 0, and the printed step is 0/0, a coordinate does not move; torch and optax give NaN.

    Conventions: ``torch.optim.Adam`` and ``optax.adam`` compute the same (optax's ``eps_root`` is ε
    inside).
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    return theta - step * m / denominator(v * unbias2, eps_inside, eps_outside), m, v
