"""Gradient descent, the method of steepest descent."""

from ..domains import LearningRate
from ..rule import rule


@rule(
    source="Cauchy 1847, Méthode générale pour la résolution des systèmes d'équations simultanées"
)
def gradient_descent(theta, g, *, lr: LearningRate = 0.01):
    r"""Gradient descent, and stochastic gradient descent where ``g`` is a sample's gradient.

    .. math:: \theta \leftarrow \theta - \eta\, g

    Hyperparameters: ``lr`` (η, in parameter per gradient, 1/curvature on a quadratic; η ≥ 0).

    Conventions: ``torch.optim.SGD(momentum=0)`` computes the same.
    """
    return theta - lr * g
