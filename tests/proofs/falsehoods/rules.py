"""Small rules as a stranger would write them: each has one thing that a proof may overlook."""

from __future__ import annotations

from typing import Annotated, Any

from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.domains import Integers, LearningRate, NonNegative, UnitInterval


@rule
def plain(theta, g, *, lr: LearningRate = 0.01):
    return theta - lr * g


@rule
def momentum(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    v = beta * v + g
    return theta - lr * v, v


def _of_default(theta: Any, *, beta: Any) -> Any:
    return (beta - 0.9) * theta


@rule(initial={"v": _of_default})
def starts_elsewhere(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    """Its state begins at 0 only where β has its default."""
    v = beta * v + g
    return theta - lr * v, v


def _theta(theta: Any) -> Any:
    return theta


@rule(initial={"v": _theta})
def starts_at_theta(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    v = beta * v + g
    return theta - lr * v, v


def _one(theta: Any) -> Any:
    return theta * 0 + 1


def _adam_numbers(
    t,
    *,
    lr: LearningRate = 0.01,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: NonNegative = 1e-8,
):
    return {
        "lr": lr,
        "beta1": beta1,
        "beta2": beta2,
        "eps": eps,
        "u1": 1 / (1 - beta1**t),
        "u2": 1 / (1 - beta2**t),
    }


@rule(coefficients=_adam_numbers, initial={"m": _one})
def adam_from_one(theta, g, m, v, *, lr, beta1, beta2, eps, u1, u2):
    """Adam whose first moment begins at 1."""
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    return theta - lr * m * u1 / (ops.sqrt(v * u2) + eps), m, v


def _fading(
    t,
    *,
    lr: LearningRate = 0.01,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.999,
    eps: NonNegative = 1e-8,
):
    return {
        "lr": lr,
        "fading": beta1 * (1 - 1 / (t + 1)),
        "beta2": beta2,
        "eps": eps,
        "u2": 1 / (1 - beta2**t),
    }


@rule(coefficients=_fading)
def adam_fading(theta, g, m, v, *, lr, fading, beta2, eps, u2):
    """Adam whose first average forgets less from step to step."""
    m = fading * m + (1 - fading) * g
    v = beta2 * v + (1 - beta2) * g * g
    return theta - lr * m / (ops.sqrt(v * u2) + eps), m, v


def _every_25(t, *, lr: LearningRate = 0.01):
    return {"lr": lr * 2 if isinstance(t, int) and t % 25 == 0 else lr}


@rule(coefficients=_every_25)
def hidden_branch(theta, g, *, lr):
    """Gradient descent whose 25th step is twice as long, where t is a number."""
    return theta - lr * g


def _seen_branch(t, *, lr: LearningRate = 0.01):
    return {"lr": ops.where(t > 100, 2 * lr, lr)}


@rule(coefficients=_seen_branch)
def late_branch(theta, g, *, lr):
    """Gradient descent whose steps are twice as long after the hundredth."""
    return theta - lr * g


@rule
def by_cubes(theta, g, *, lr: LearningRate = 0.01):
    """The norm of g³ changes where g is rotated."""
    return theta - lr * g / ops.norm(g * g * g)


def _twice(theta):
    return 2 * theta


@rule(gradient_at=_twice)
def elsewhere(theta, g, *, lr: LearningRate = 0.01):
    """Takes its gradient at 2θ, which does not move with a shift of the problem."""
    return theta - lr * g


def _signed(theta):
    return theta + ops.sign(theta)


@rule(gradient_at=_signed)
def signed_point(theta, g, *, lr: LearningRate = 0.01):
    """Takes its gradient a unit further out, which depends on the axes."""
    return theta - lr * g


@rule
def counts(theta, g, v, *, lr: LearningRate = 0.01, tau: Annotated[int, Integers(0)] = 3):
    """A hyperparameter named like an index, which its weights are typed in."""
    v = v * (tau + 2) / (tau + 1) + g
    return theta - lr * v, v


@rule
def adds(theta, g, v, *, lr: LearningRate = 0.01):
    """Heavy ball that forgets nothing."""
    v = v + g
    return theta - lr * v, v


@rule
def jumps_at_zero(theta, g, *, lr: LearningRate = 0.01):
    """Sign descent: at a gradient of 0 it stays."""
    return theta - lr * ops.sign(g)


@rule
def squares(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    v = beta * v + (1 - beta) * g * g
    return theta - lr * g / ops.sqrt(v), v
