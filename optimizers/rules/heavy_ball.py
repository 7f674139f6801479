"""Heavy ball: gradient descent with Polyak's momentum."""

from typing import Annotated

from ..domains import UNIT, Choice, Convention, LearningRate, Named, UnitInterval
from ..ops import where
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    beta: UnitInterval = 0.9,
    dampening: Annotated[float, UNIT, Convention(), Named("tau")] = 0.0,
    undamped_start: Annotated[bool, Choice((False, True))] = False,
    form: Annotated[str, Choice(("velocity", "displacement"))] = "velocity",
):
    weight = 1 - dampening
    if undamped_start:
        weight = where(t <= 1, 1, weight)
    return {"lr": lr, "beta": beta, "weight": weight, "form": form}


@rule(
    coefficients=coefficients,
    source="Polyak 1964, Some methods of speeding up the convergence of iteration methods, eq. (9)",
)
def heavy_ball(theta, g, v, *, lr, beta, weight, form):
    r"""Heavy ball (momentum).

    .. math:: v \leftarrow \beta v + (1 - \tau)\, g, \qquad \theta \leftarrow \theta - \eta v

    Hyperparameters: ``lr`` (η ≥ 0, in 1/curvature), ``beta`` (0 ≤ β < 1, dimensionless),
    ``dampening`` (0 ≤ τ < 1; τ = 0 accumulates, τ = β averages: EMA momentum), ``form``
    (``"velocity"``: v is in units of the gradient; ``"displacement"``: v already carries η, that
    is v ← βv + ηg and θ ← θ − v, the same trajectory as long as η does not change),
    ``undamped_start`` (the first gradient enters v undamped).

    Conventions: ``torch.optim.SGD(momentum, dampening)`` computes the velocity form with
    ``undamped_start=True``; ``optax.trace`` the velocity form without dampening.
    """
    if form == "displacement":
        v = beta * v + lr * (weight * g)
        return theta - v, v
    v = beta * v + weight * g
    return theta - lr * v, v
