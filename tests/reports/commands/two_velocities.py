"""A rule of order 3, whose tuning has no closed form: a user's file for the tests."""

from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval


@rule
def two_velocities(theta, g, v, w, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
    v = beta * v + g
    w = beta * w + v
    return theta - lr * w, v, w
