"""Muon: momentum whose singular values are all made about 1."""

from typing import Annotated

from ..domains import REAL, Choice, Convention, Integers, LearningRate, NonNegative, UnitInterval
from ..ops import maximum, newton_schulz, size, sqrt
from ..rule import rule

Coefficient = Annotated[float, REAL, Convention()]


def coefficients(
    t,
    *,
    lr: LearningRate = 0.02,
    beta: UnitInterval = 0.95,
    weight_decay: NonNegative = 0.0,
    nesterov: Annotated[bool, Choice((True, False))] = True,
    steps: Annotated[int, Integers(1)] = 5,
    a: Coefficient = 3.4445,
    b: Coefficient = -4.7750,
    c: Coefficient = 2.0315,
    eps: Annotated[NonNegative, Convention()] = 1e-7,
    scale: Annotated[str, Choice(("rows", "rms", "none"))] = "rows",
    average: Annotated[str, Choice(("sum", "mean"))] = "sum",
    precision: Annotated[str, Choice(("own", "bfloat16"))] = "own",
):
    return {
        "lr": lr, "beta": beta, "shrink": lr * weight_decay, "nesterov": nesterov, "steps": steps,
        "a": a, "b": b, "c": c, "eps": eps, "scale": scale,
        "weight": 1 if average == "sum" else 1 - beta, "precision": precision,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    conventions={
        "torch": {"lr": 0.001, "weight_decay": 0.1, "average": "mean", "precision": "bfloat16"},
        "moonshot": {"scale": "rms", "weight_decay": 0.1},
    },
    source="Jordan et al. 2024, Muon: an optimizer for hidden layers in neural networks; "
    "Liu et al. 2025, Muon is scalable for LLM training, equation 4",
)
def muon(theta, g, m, *, lr, beta, shrink, nesterov, steps, a, b, c, eps, scale, weight, precision):
    r"""Muon, for matrices: hidden layers. Vectors, embeddings and heads are given to AdamW.

    .. math:: m \leftarrow \beta m + g, \quad u = \mathrm{NS}_5(g + \beta m), \quad
              \theta \leftarrow \theta - \eta w \theta - \eta\, s\, u

    NS₅ is five steps of x ← ax + (bxxᵀ + c(xxᵀ)²)x from x/‖x‖: each singular value σ goes to aσ + bσ³ + cσ⁵,
    by which all of them come near 1. s = √max(1, rows/columns), or 0.2√max(rows, columns), by which a step
    of a matrix of full rank has the root mean square 0.2, about AdamW's.

    Hyperparameters: ``lr`` (η ≥ 0), ``beta`` (0 ≤ β < 1), ``weight_decay`` (w ≥ 0, decoupled), ``nesterov``
    (False: NS₅(m)), ``steps``, ``a``, ``b``, ``c``, ``eps`` (≥ 0, added to ‖x‖), ``scale`` (``"rows"``,
    ``"rms"``, ``"none"``: s above, or 1), ``average`` (``"mean"``: g with the weight 1 − β, of the same
    direction), ``precision`` (``"bfloat16"``: in which NS₅ is computed).

    Conventions: ``torch.optim.Muon`` computes NS₅ in bfloat16 and divides by max(‖x‖, ε), the same but for
    gradients near 0.
    """
    m = beta * m + weight * g
    u = newton_schulz(weight * g + beta * m if nesterov else m, steps, (a, b, c), eps, precision)
    rows, columns = size(theta, axis=-2), size(theta, axis=-1)
    if scale == "rows":
        lr = lr * sqrt(maximum(1, rows / columns))
    elif scale == "rms":
        lr = lr * 0.2 * sqrt(maximum(rows, columns))
    return theta - shrink * theta - lr * u, m
