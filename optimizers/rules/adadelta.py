"""Adadelta: the update has the parameter's unit."""

from ..domains import LearningRate, UnitInterval
from ..moments import Epsilon, denominator
from ..ops import sqrt, times
from ..rule import rule


def coefficients(t, *, lr: LearningRate = 1.0, rho: UnitInterval = 0.9, eps: Epsilon = 1e-6):
    return {"lr": lr, "rho": rho, "weight": 1 - rho, "eps": eps}


@rule(
    coefficients=coefficients,
    conventions={"torch": {}, "optax": {}},
    source="Zeiler 2012, ADADELTA: an adaptive learning rate method, arXiv:1212.5701, algorithm 1",
)
def adadelta(theta, g, s, d, *, lr, rho, weight, eps):
    r"""Adadelta.

    .. math:: s \leftarrow \rho s + (1-\rho) g^2, \quad
              u = \frac{\sqrt{d + \epsilon}}{\sqrt{s + \epsilon}}\, g, \quad
              \theta \leftarrow \theta - \eta u, \quad d \leftarrow \rho d + (1-\rho) u^2

    Hyperparameters: ``lr`` (η ≥ 0, dimensionless; the paper has 1), ``rho`` (0 ≤ ρ < 1), ``eps``
    (ε ≥ 0; at 0 nothing ever moves, d being 0, where torch gives NaN at a gradient of 0).

    Conventions: ``torch.optim.Adadelta`` computes the same; at ``lr`` ≠ 1 both average the update
    before it is multiplied by ``lr``.
    """
    s = times(rho, s) + weight * (g * g)
    u = sqrt(d + eps) / denominator(s, eps, 0) * g
    return theta - lr * u, s, rho * d + weight * (u * u)
