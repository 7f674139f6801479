"""Adagrad: steps scaled by the root of the sum of squared gradients."""

from typing import Annotated

from ..domains import Convention, LearningRate, NonNegative
from ..moments import Epsilon, EpsilonPlace, denominator, epsilons
from ..rule import rule


def coefficients(
    t,
    *,
    lr: LearningRate = 0.01,
    eps: Epsilon = 1e-8,
    eps_place: EpsilonPlace = "inside",
    lr_decay: Annotated[NonNegative, Convention()] = 0.0,
    initial_accumulator: Annotated[NonNegative, Convention()] = 0.0,
):
    return {"step": lr / (1 + (t - 1) * lr_decay), **epsilons(eps, eps_place, 1)}


def initial_sum(theta, *, initial_accumulator):
    return theta * 0 + initial_accumulator


@rule(
    coefficients=coefficients,
    initial={"s": initial_sum},
    conventions={"torch": {"eps": 1e-10, "eps_place": "outside"},
                 "optax": {"eps": 1e-7, "initial_accumulator": 0.1}},
    source="Duchi, Hazan & Singer 2011, Adaptive subgradient methods, JMLR 12",
)  # fmt: skip
def adagrad(theta, g, s, *, step, eps_inside, eps_outside):
    r"""Adagrad.

    .. math:: s \leftarrow s + g^2, \qquad \theta \leftarrow \theta - \frac{\eta}{\sqrt{s + \epsilon}} g

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``eps`` (ε ≥ 0), ``eps_place``
    (``"inside"`` the root as above, or ``"outside"``), ``lr_decay`` (η/(1 + (t−1)·lr_decay)),
    ``initial_accumulator`` (s before the first step). Where s and ε are 0 a coordinate does not move;
    torch gives NaN there.

    Conventions: ``torch.optim.Adagrad`` has ε outside, 1e-10; ``optax.adagrad`` ε inside, 1e-7,
    and s starts at 0.1 (it also leaves a coordinate alone whose s is 0).
    """
    s = s + g * g
    return theta - step * g / denominator(s, eps_inside, eps_outside), s
