"""Nesterov's accelerated gradient with constant momentum."""

from typing import Annotated

from ..domains import Choice, LearningRate, UnitInterval
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    beta: UnitInterval = 0.9,
    form: Annotated[str, Choice(("lookahead", "torch"))] = "lookahead",
):
    return {"lr": lr, "beta": beta, "form": form}


def lookahead_point(theta, v, *, beta, form):
    """Where momentum alone would carry the parameter; the torch form already stores that point."""
    return theta if form == "torch" else theta - beta * v


@rule(
    coefficients=coefficients,
    gradient_at=lookahead_point,
    source="Nesterov 1983, A method of solving a convex programming problem with convergence rate "
    "O(1/k²); constant momentum as in Nesterov 2004, scheme (2.2.11)",
)
def nesterov(theta, g, v, *, lr, beta, form):
    r"""Nesterov's accelerated gradient: the gradient is taken at the lookahead point.

    .. math:: v \leftarrow \beta v + \eta\, \nabla f(\theta - \beta v), \qquad
              \theta \leftarrow \theta - v

    Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature), ``beta`` (0 ≤ β < 1, dimensionless), ``form``
    (``"lookahead"``: as above; ``"torch"``: the gradient is taken at θ, v is in units of the
    gradient, v ← βv + g and θ ← θ − η(g + βv); its θ is the lookahead point of the other form).

    Conventions: ``torch.optim.SGD(nesterov=True)`` and ``optax.sgd(nesterov=True)`` compute the
    torch form.
    """
    if form == "torch":
        v = beta * v + g
        return theta - lr * (g + beta * v), v
    v = beta * v + lr * g
    return theta - v, v
