"""AMSGrad: Adam whose second moment never falls."""

from typing import Annotated

from ..domains import Choice, LearningRate, UnitInterval
from ..moments import CorrectedEpsilonPlace, Epsilon, averages, denominator, epsilons
from ..ops import maximum, times
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
    eps_place: CorrectedEpsilonPlace = "outside",
    bias_correction: Annotated[bool | str, Choice((False, True, "before"))] = False,
):
    shared = averages(lr, beta1, beta2, t)
    shared["maximum_of"] = 1
    if bias_correction is False:
        shared |= {"step": lr, "bias2": 1, "unbias2": 1}
    elif bias_correction == "before":
        shared |= {"maximum_of": shared["unbias2"], "bias2": 1, "unbias2": 1}
    return {**shared, **epsilons(eps, eps_place, shared["bias2"])}


@rule(
    coefficients=coefficients,
    conventions={"torch": {"bias_correction": True}, "optax": {"bias_correction": "before"}},
    source="Reddi, Kale & Kumar 2018, On the convergence of Adam and beyond, algorithm 2",
)
def amsgrad(
    theta, g, m, v, largest, *,
    step, beta1, weight1, beta2, weight2, unbias2, maximum_of, eps_inside, eps_outside,
):  # fmt: skip
    r"""AMSGrad.

    .. math:: m \leftarrow \beta_1 m + (1-\beta_1) g, \quad v \leftarrow \beta_2 v + (1-\beta_2) g^2,
              \quad \hat v \leftarrow \max(\hat v, v), \quad
              \theta \leftarrow \theta - \eta \frac{m}{\sqrt{\hat v} + \epsilon}

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``beta1``, ``beta2`` (0 ≤ β < 1),
    ``eps``, ``eps_place`` as in Adam, ``bias_correction`` (as Adam corrects m and v: True after the
    maximum is taken, ``"before"`` it is).

    Conventions: ``torch.optim.Adam(amsgrad=True)`` corrects both; ``optax.amsgrad`` corrects both
    and takes the maximum after.
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * (g * g)
    largest = maximum(largest, v * maximum_of)
    return theta - step * m / denominator(largest * unbias2, eps_inside, eps_outside), m, v, largest
