"""Adam-mini: one second moment for each row of a matrix, the weights of one output."""

from ..domains import LearningRate, UnitInterval
from ..moments import Epsilon, averages
from ..ops import divisor, mean, sqrt, times
from ..rule import rule
from ..shapes import Column


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: Epsilon = 1e-8,
):
    return {**averages(lr, beta1, beta2, t), "eps": eps}


@rule(
    coefficients=coefficients,
    source="Zhang et al. 2024, Adam-mini: use fewer learning rates to gain more, algorithms 1 and 3",
)
def adam_mini(theta, g, m, v: Column, *, step, beta1, weight1, beta2, weight2, unbias2, eps):
    r"""Adam-mini, with the rows of each matrix as its blocks.

    .. math:: v \leftarrow \beta_2 v + (1-\beta_2) \operatorname{mean}_{\text{row}}(g^2), \quad
              \theta \leftarrow \theta - \eta \frac{\hat m}{\sqrt{\hat v} + \epsilon}

    m, m̂ and v̂ as in Adam. The paper's blocks: a row of the matrices that map to neurons, tokens and values;
    a head of queries and keys; of whatever else the whole tensor. Here a row of any matrix, and a vector as
    one block. Queries and keys by heads: give those parameters as tensors of the shape (heads, …).

    Hyperparameters: those of Adam.
    """
    m = beta1 * m + weight1 * g
    v = times(beta2, v) + weight2 * mean(g * g, axis=-1)
    return theta - step * m / divisor(sqrt(v * unbias2) + eps, eps), m, v
