"""Rules that nobody here wrote, for reports on them."""

from typing import Annotated

from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.domains import Interval, LearningRate, NonNegative, UnitInterval


@rule(source="*A* | $b$ <i>c</i> @d --e [f](g) #typst")
def qhm(theta, g, v, *, lr: LearningRate = 0.1, nu: Annotated[float, Interval(0, 1)] = 0.7,
        beta: UnitInterval = 0.9):  # fmt: skip
    """Not *Markdown*, not <b>HTML</b>, not #typst[], not ~~~ a fence, not $x$, not @ref."""
    v = beta * v + (1 - beta) * g
    return theta - lr * ((1 - nu) * g + nu * v), v


@rule
def ball(theta, g, vel, *, lr, mom=0.9):
    vel = mom * vel + g
    return theta - lr * vel, vel


@rule
def two_means(theta, g, m1, m2, nu, *, lr: LearningRate = 1e-3, beta1: UnitInterval = 0.9,
              beta2: UnitInterval = 0.999, beta3: UnitInterval = 0.9999, alpha: NonNegative = 5.0,
              eps: NonNegative = 1e-8):  # fmt: skip
    m1 = beta1 * m1 + (1 - beta1) * g
    m2 = beta3 * m2 + (1 - beta3) * g
    nu = beta2 * nu + (1 - beta2) * g * g
    return theta - lr * (m1 + alpha * m2) / (ops.sqrt(nu) + eps), m1, m2, nu


@rule
def lion(
    theta, g, m, *, lr: LearningRate = 1e-4, beta1: UnitInterval = 0.9, beta2: UnitInterval = 0.99
):
    step = ops.sign(beta1 * m + (1 - beta1) * g)
    m = beta2 * m + (1 - beta2) * g
    return theta - lr * step, m


@rule
def torch_only(theta, g, *, lr: LearningRate = 1e-2):
    import torch

    return theta - lr * torch.tanh(g)


@rule
def runaway(theta, g, *, lr: LearningRate = 1e-2):
    print("a rule that prints")
    return theta + 1e6 * g + lr


@rule
def quits(theta, g, *, lr: LearningRate = 1e-2):
    raise SystemExit(3)


@rule
def needs(theta, g, *, lr: LearningRate, tau, kappa: UnitInterval):
    return theta - lr * tau * kappa * g


@rule(gradient_at=lambda theta, v, *, lr, mu: theta - lr * mu * v)
def look(theta, g, v, *, lr: LearningRate, mu: UnitInterval = 0.9):
    v = mu * v + g
    return theta - lr * v, v


@rule
def no_rate(theta, g, v):
    v = 0.5 * v + g
    return theta - 0.1 * v, v
