"""Rprop: a step length for each coordinate, from the signs of two gradients.

>>> from eigenstep.optimizers.rules import rprop
>>> full = rprop.with_defaults({"lr": 1.0, "turning": "stay"})
>>> rprop(0.0, 3.0, 2.0, 1.0, **rprop.coefficients(2, full))     # the same sign again: a longer step
(-1.2, 3.0, 1.2)
>>> rprop(0.0, -3.0, 2.0, 1.0, **rprop.coefficients(2, full))    # another sign: wait, at half the length
(0.0, 0.0, 0.5)
"""

from typing import Annotated

from ..domains import Choice, Interval, LearningRate, NonNegative
from ..errors import DomainError
from ..ops import clip, sign, where
from ..rule import rule

_SHORTER = Interval(0, 1, lower_closed=False, upper_closed=False)
_LONGER = Interval(lower=1, lower_closed=False)


def coefficients(
    t,
    *,
    lr: LearningRate = 0.1,
    eta_minus: Annotated[float, _SHORTER] = 0.5,
    eta_plus: Annotated[float, _LONGER] = 1.2,
    step_min: NonNegative = 1e-6,
    step_max: NonNegative = 50.0,
    turning: Annotated[str, Choice(("back", "stay", "late"))] = "back",
):
    known = isinstance(step_max, int | float) and isinstance(step_min, int | float)
    if known and step_min > step_max:
        raise DomainError("step_min", step_min, f"step_min <= step_max, which is {step_max}")
    return {
        "eta_minus": eta_minus, "eta_plus": eta_plus, "step_min": step_min, "step_max": step_max,
        "turning": turning,
    }  # fmt: skip


def initial_length(theta, *, lr):
    return theta * 0 + lr


@rule(
    coefficients=coefficients,
    initial={"length": initial_length},
    conventions={"torch": {"lr": 0.01, "turning": "stay"}, "optax": {"turning": "late"}},
    source="Riedmiller & Braun 1993, A direct adaptive method for faster backpropagation learning",
)
def rprop(
    theta, g, last, length, *, eta_minus, eta_plus, step_min, step_max, turning
):  # fmt: skip
    r"""Rprop.

    .. math:: \Delta \leftarrow \operatorname{clip}(\eta^\pm \Delta, \Delta_{\min}, \Delta_{\max}),
              \qquad \theta \leftarrow \theta - \Delta \operatorname{sgn} g

    The length Δ of a coordinate grows by η⁺ where g has the sign of the gradient before, shrinks by
    η⁻ where it has the other one, and stays where one of them is 0. Where the sign has changed, the
    last step is taken back, and the gradient is remembered as 0.

    Hyperparameters: ``lr`` (Δ before the first step, ≥ 0, in the parameter's unit; later values are
    without effect), ``eta_minus`` (0 < η⁻ < 1), ``eta_plus`` (η⁺ > 1), ``step_min``, ``step_max``
    (0 ≤ Δmin ≤ Δmax), ``turning`` (``"stay"``: where the sign has changed θ stays; ``"late"``:
    and elsewhere it moves as the step before should have).

    Conventions: ``torch.optim.Rprop`` stays, begins at 0.01, and compares signs by the product of both
    gradients, which can underflow to 0. ``optax.rprop`` (0.2.8) is late: what it returns is the update of
    the step before; it clips only lengths that change, the same for a first one between Δmin and Δmax.
    """
    now, before = sign(g), sign(last)
    turned, kept = now * before < 0, now * before > 0
    moved = where(kept, eta_plus * length, where(turned, eta_minus * length, length))
    new_length = clip(moved, step_min, step_max)
    last_step = length * before
    step = last_step if turning == "late" else new_length * now
    step = where(turned, -last_step if turning == "back" else 0.0, step)
    return theta - step, where(turned, 0.0, g), new_length
