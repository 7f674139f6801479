"""RMSprop: plain, with momentum, centered, or both; each keeps only the state it needs."""

from functools import lru_cache

from ..domains import LearningRate, UnitInterval
from ..moments import Epsilon, EpsilonPlace, denominator, epsilons
from ..ops import excess, times
from ..rule import Rule, derived, rule

SOURCE = "Tieleman & Hinton 2012, lecture 6.5, Neural Networks for Machine Learning"
CONVENTIONS = {"torch": {"lr": 0.01, "gamma": 0.99, "eps": 1e-8, "eps_place": "outside"},
               "optax": {"gamma": 0.9, "eps": 1e-8, "eps_place": "inside"}}  # fmt: skip


def coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    gamma: UnitInterval = 0.9,
    eps: Epsilon = 1e-8,
    eps_place: EpsilonPlace = "inside",
):
    return {"lr": lr, "gamma": gamma, "weight": 1 - gamma, **epsilons(eps, eps_place, 1)}


def momentum_coefficients(
    t,
    *,
    lr: LearningRate = 0.001,
    gamma: UnitInterval = 0.9,
    momentum: UnitInterval = 0.9,
    eps: Epsilon = 1e-8,
    eps_place: EpsilonPlace = "inside",
):
    return {
        **coefficients(t, lr=lr, gamma=gamma, eps=eps, eps_place=eps_place),
        "momentum": momentum,
    }


@rule(coefficients=coefficients, source=SOURCE, conventions=CONVENTIONS)
def rmsprop(theta, g, s, *, lr, gamma, weight, eps_inside, eps_outside):
    r"""RMSprop.

    .. math:: s \leftarrow \gamma s + (1-\gamma) g^2, \qquad
              \theta \leftarrow \theta - \frac{\eta}{\sqrt{s + \epsilon}} g

    Hyperparameters: ``lr`` (η ≥ 0, in the parameter's unit), ``gamma`` (0 ≤ γ < 1), ``eps`` (ε ≥ 0),
    ``eps_place`` (``"inside"`` the root as above, or ``"outside"``). :func:`rmsprop_variant` gives
    the rule with momentum (b ← μb + g/√(s + ε), θ ← θ − ηb) and the centered one (s − m² in place
    of s, m an average of g; 0 where rounding makes it negative, where torch has NaN). Where s and ε
    are 0 a coordinate does not move; torch gives NaN there.

    Conventions: ``torch.optim.RMSprop`` has ε outside and γ = 0.99 (its ``alpha``);
    ``optax.rmsprop`` ε inside.
    """
    s = times(gamma, s) + weight * (g * g)
    return theta - lr * g / denominator(s, eps_inside, eps_outside), s


def rmsprop_variant(*, momentum: bool, centered: bool) -> Rule:
    """RMSprop with or without momentum, centered or not."""
    return _variant(momentum, centered) if momentum or centered else rmsprop


@derived
@lru_cache(maxsize=3)
def _variant(momentum: bool, centered: bool) -> Rule:
    def update(theta, g, s, *rest, lr, gamma, weight, eps_inside, eps_outside, momentum=0):
        s = times(gamma, s) + weight * (g * g)
        rest = list(rest)
        spread = s
        if centered:
            rest[0] = gamma * rest[0] + weight * g
            spread = excess(s, rest[0] * rest[0])
        direction = g / denominator(spread, eps_inside, eps_outside)
        if has_momentum:
            rest[-1] = momentum * rest[-1] + direction
            direction = rest[-1]
        return theta - lr * direction, s, *rest

    has_momentum = momentum
    name = "rmsprop" + ("_centered" if centered else "") + ("_momentum" if momentum else "")
    return Rule(
        update, coefficients=momentum_coefficients if momentum else coefficients, name=name,
        state=("s", *(["m"] if centered else []), *(["b"] if momentum else [])),
        source=SOURCE + ("; centered: Graves 2013, arXiv:1308.0850" if centered else ""),
        conventions=CONVENTIONS,
    )  # fmt: skip
