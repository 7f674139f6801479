"""Signum: the sign of averaged gradients; without momentum, sign descent.

>>> from eigenstep.optimizers.rules import signum
>>> signum(1.0, -2.0, 0.5, lr=0.1, beta=0.5, weight=0.5)
(1.1, -0.75)
"""

from ..domains import LearningRate, UnitInterval
from ..ops import sign
from ..rule import rule


def coefficients(t, *, lr: LearningRate = 1e-3, beta: UnitInterval = 0.9):
    return {"lr": lr, "beta": beta, "weight": 1 - beta}


@rule(
    coefficients=coefficients,
    conventions={"pytorch-optimizer": {}},
    source="Bernstein et al. 2018, signSGD: compressed optimisation for non-convex problems, algorithm 2",
)
def signum(theta, g, m, *, lr, beta, weight):
    r"""Signum.

    .. math:: m \leftarrow \beta m + (1-\beta)\, g, \qquad
              \theta \leftarrow \theta - \eta \operatorname{sgn} m

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit: the length of a step), ``beta`` (0 ≤ β < 1;
    β = 0 is signSGD).

    Conventions: ``pytorch_optimizer.SignSGD`` computes the same, and ``optax.sign_sgd`` at β = 0.
    """
    m = beta * m + weight * g
    return theta - lr * sign(m), m
