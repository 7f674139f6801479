"""Lion: the sign of an interpolation between momentum and gradient, found by program search.

>>> from eigenstep.optimizers.rules import lion
>>> lion(1.0, -2.0, 0.5, lr=0.1, beta1=0.5, weight1=0.5, beta2=0.5, weight2=0.5, shrink=0.0, form="sign")
(1.1, -0.75)
"""

from typing import Annotated

from ..domains import Choice, LearningRate, Named, NonNegative, UnitInterval
from ..ops import clip, sign
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 1e-4,
    beta1: UnitInterval = 0.9,
    beta2: UnitInterval = 0.99,
    weight_decay: Annotated[NonNegative, Named("w")] = 0.0,
    form: Annotated[str, Choice(("sign", "refined"))] = "sign",
):
    return {
        "lr": lr, "beta1": beta1, "weight1": 1 - beta1, "beta2": beta2, "weight2": 1 - beta2,
        "shrink": lr * weight_decay, "form": form,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={"optax": {"weight_decay": 1e-3}, "pytorch-optimizer": {}},
    source="Chen et al. 2023, Symbolic discovery of optimization algorithms, algorithm 2",
)
def lion(theta, g, m, *, lr, beta1, weight1, beta2, weight2, shrink, form):
    r"""Lion.

    .. math:: c = \beta_1 m + (1-\beta_1) g, \quad
              \theta \leftarrow \theta - \eta \left(\operatorname{sgn} c + w\theta\right), \quad
              m \leftarrow \beta_2 m + (1-\beta_2) g

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit: the length of a step), ``beta1``, ``beta2``
    (0 ≤ β < 1), ``weight_decay`` (w ≥ 0, decoupled), ``form`` (``"sign"`` as above; ``"refined"``: c
    limited to [−1, 1] in place of its sign).

    Conventions: ``optax.lion`` (with w = 0.001) and ``pytorch_optimizer.Lion`` compute the same; optax's
    ``mode="refined"`` is ``form="refined"``, and its ``mode="smooth"``, a hyperbolic tangent, no setting
    reaches.
    """
    c = beta1 * m + weight1 * g
    direction = clip(c, -1, 1) if form == "refined" else sign(c)
    return theta - lr * direction - shrink * theta, beta2 * m + weight2 * g
