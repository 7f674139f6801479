"""LaProp: gradients are divided by their root mean square first, and averaged then.

>>> from eigenstep.optimizers.rules import laprop
>>> full = laprop.with_defaults({"lr": 1.0, "eps": 0.0})
>>> laprop(0.0, -3.0, 0.0, 0.0, **laprop.coefficients(1, full))[0]      # the first step is one of length η
1.0
"""

from ..domains import LearningRate, UnitInterval
from ..moments import BothEpsilonsPlace, Epsilon, averages, both_epsilons, denominator
from ..ops import times
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 4e-4,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-15,
    eps_inside: Epsilon = 0.0,
    eps_place: BothEpsilonsPlace = "corrected",
):
    shared = averages(lr, beta1, beta2, t)
    return {**shared, **both_epsilons(eps, eps_inside, eps_place, shared["bias2"])}


@rule(
    coefficients=coefficients,
    conventions={"pytorch-optimizer": {"eps_inside": 1e-15, "eps_place": "uncorrected"}},
    source="Ziyin, Wang & Ueda 2020, LaProp: separating momentum and adaptivity in Adam, algorithm 1",
)
def laprop(
    theta, g, m, v, *, step, beta1, weight1, beta2, weight2, unbias2, eps_inside, eps_outside
):
    r"""LaProp.

    .. math:: v \leftarrow \beta_2 v + (1-\beta_2) g^2, \quad
              m \leftarrow \beta_1 m + (1-\beta_1)\frac{g}{\sqrt{v/(1-\beta_2^t)} + \epsilon}, \quad
              \theta \leftarrow \theta - \eta\frac{m}{1-\beta_1^t}

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1: the paper's μ
    and ν), ``eps`` (ε ≥ 0), ``eps_inside`` (added to v̂), ``eps_place`` (``"uncorrected"``: both are added
    before v is divided by 1 − β₂^t). Where v and ε are 0 a coordinate does not move.

    Conventions: ``pytorch_optimizer.LaProp``, as the authors' code, has ε before the bias correction and
    1e-15 inside the root, and carries the learning rate in m: at a constant one the path is the same. Its
    ``centered`` no setting here reaches.
    """
    v = times(beta2, v) + weight2 * (g * g)
    m = beta1 * m + weight1 * (g / denominator(v * unbias2, eps_inside, eps_outside))
    return theta - step * m, m, v
