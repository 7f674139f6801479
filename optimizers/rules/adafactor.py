"""Adafactor: the second moment of a matrix by its rows and its columns, n + m numbers instead of nm."""

from typing import Annotated

from ..domains import Choice, Convention, Interval, LearningRate, NonNegative, Positive
from ..ops import divisor, maximum, mean, minimum, sqrt, where
from ..rule import rule
from ..shapes import Column, Number, Row

Decay = Annotated[float, Interval(upper=0), Convention()]


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    beta2_decay: Decay = -0.8,
    eps1: Annotated[NonNegative, Convention()] = 1e-30,
    eps2: Annotated[NonNegative, Convention()] = 1e-3,
    d: Annotated[Positive, Convention()] = 1.0,
    weight_decay: NonNegative = 0.0,
    eps1_place: Annotated[str, Choice(("squares", "root"))] = "squares",
):
    weight = t**beta2_decay
    return {
        "rho": minimum(lr, 1 / sqrt(t)), "beta2": 1 - weight, "weight2": weight, "eps1": eps1,
        "eps2": eps2, "d": d, "shrink": lr * weight_decay, "eps1_place": eps1_place,
    }  # fmt: skip


@rule(
    coefficients=coefficients,
    initial={"is_vector": lambda theta: float(theta.ndim < 2)},
    conventions={"torch": {"eps1": 2.0**-23, "eps1_place": "root"}},
    source="Shazeer & Stern 2018, Adafactor: adaptive learning rates with sublinear memory cost, algorithm 4",
)
def adafactor(
    theta, g, r: Column, c: Row, is_vector: Number, *, rho, beta2, weight2, eps1, eps2, d, shrink,
    eps1_place,
):  # fmt: skip
    r"""Adafactor.

    .. math:: r \leftarrow \hat\beta_2 r + (1 - \hat\beta_2)
              \operatorname{mean}_{\text{row}}(g^2 + \epsilon_1), \quad c \text{ alike}, \\
              u = g \Big/ \sqrt{\frac{r c}{\operatorname{mean}(r)}}, \quad
              \theta \leftarrow \theta - \max(\epsilon_2, \operatorname{rms}(\theta))\,\rho_t\,
              \frac{u}{\max(1, \operatorname{rms}(u)/d)}

    β̂₂ = 1 − t^{−0.8} and ρ_t = min(η, 1/√t). A vector is a matrix of one row, whose r c/mean(r) is c: its
    second moment is not factored. Of more than two axes the last two are factored.

    Hyperparameters: ``lr`` (η ≥ 0, relative to the parameter's root mean square), ``beta2_decay`` (−0.8,
    ≤ 0), ``eps1`` (ε₁ ≥ 0, in units of the squared gradient), ``eps2`` (ε₂ ≥ 0, in the parameter's unit),
    ``d`` (> 0), ``weight_decay`` (w ≥ 0, decoupled: θ ← (1 − ηw)θ first), ``eps1_place`` (``"root"``: not
    added to the squares; √(r c/max(mean(r), ε₁)), of a vector √c, is at least ε₁).

    Conventions: ``torch.optim.Adafactor`` has ``eps1_place="root"`` and for ε₁ the parameter's own
    machine epsilon, 2^−23 in float32.
    """
    square = g * g + (eps1 if eps1_place == "squares" else 0)
    r = beta2 * r + weight2 * mean(square, axis=-1)
    c = beta2 * c + weight2 * mean(square, axis=-2)
    size = maximum(eps2, sqrt(mean(theta * theta)))
    middle = mean(r, axis=-2)
    if eps1_place == "root":
        product = where(is_vector > 0, c, r * c / maximum(middle, eps1))
        root = sqrt(maximum(product, eps1 * eps1))
    else:
        root = sqrt(r * c / divisor(middle))
    u = g / divisor(root)
    u = u / maximum(1, sqrt(mean(u * u)) / d)
    return theta - shrink * theta - size * rho * u, r, c, is_vector
