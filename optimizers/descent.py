"""Gradient descent and momentum as torch optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .domains import require
from .errors import DomainError
from .optimizer import RuleOptimizer
from .rule import Rule
from .rules import gradient_descent, heavy_ball, nesterov

_TORCH_HEAVY_BALL = heavy_ball.fix(undamped_start=True)
_TORCH_NESTEROV = nesterov.fix(form="torch")


class GradientDescent(RuleOptimizer):
    r"""Gradient descent: :math:`\theta \leftarrow \theta - \eta g`.

    Args:
        params: parameters or parameter groups.
        lr: learning rate η ≥ 0; stable on curvature λ for 0 < ηλ < 2.
        weight_decay, maximize, engine: see :class:`RuleOptimizer`.

    Source: Cauchy 1847.
    """

    def __init__(
        self, params: Any, lr: float = 0.01, *, weight_decay: float = 0.0,
        maximize: bool = False, engine: str = "auto",
    ) -> None:  # fmt: skip
        super().__init__(
            params, gradient_descent, lr=lr, weight_decay=weight_decay, maximize=maximize,
            engine=engine,
        )  # fmt: skip


class HeavyBall(RuleOptimizer):
    r"""Heavy ball: :math:`v \leftarrow \beta v + (1-\tau) g,\ \theta \leftarrow \theta - \eta v`.

    Args:
        params: parameters or parameter groups.
        lr: learning rate η ≥ 0; stable on curvature λ for 0 < ηλ < 2(1 + β)/(1 − τ).
        momentum: β, 0 ≤ β < 1.
        dampening: τ, 0 ≤ τ < 1; τ = β gives the averaging (EMA) form.
        weight_decay, maximize, engine: see :class:`RuleOptimizer`.

    Source: Polyak 1964, eq. (9).
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float = 0.01, momentum: float = 0.9, dampening: float = 0.0, *,
        weight_decay: float = 0.0, maximize: bool = False, engine: str = "auto",
    ) -> None:  # fmt: skip
        super().__init__(
            params, heavy_ball, lr=lr, momentum=momentum, dampening=dampening,
            weight_decay=weight_decay, maximize=maximize, engine=engine,
        )  # fmt: skip


class Nesterov(RuleOptimizer):
    r"""Nesterov's accelerated gradient with constant momentum.

    .. math:: v \leftarrow \beta v + \eta\,\nabla f(\theta - \beta v),\quad
              \theta \leftarrow \theta - v

    The parameters hold the point θ − βv, where automatic differentiation must evaluate; use
    :meth:`RuleOptimizer.at_iterate` to see θ. At constant hyperparameters that point moves as
    ``torch.optim.SGD(nesterov=True)`` moves its parameters. If β changes, the gradient of the next
    step has been taken at the lookahead point of the old β, and θ is still recovered exactly.

    Args:
        params: parameters or parameter groups.
        lr: learning rate η ≥ 0; stable on curvature λ for 0 < ηλ < 2(1 + β)/(1 + 2β).
        momentum: β, 0 ≤ β < 1.
        weight_decay, maximize, engine: see :class:`RuleOptimizer`.

    Source: Nesterov 1983; Nesterov 2004, scheme (2.2.11).
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float = 0.01, momentum: float = 0.9, *, weight_decay: float = 0.0,
        maximize: bool = False, engine: str = "auto",
    ) -> None:  # fmt: skip
        super().__init__(
            params, nesterov, lr=lr, momentum=momentum, weight_decay=weight_decay,
            maximize=maximize, engine=engine,
        )  # fmt: skip


class SGD(RuleOptimizer):
    """``torch.optim.SGD``, argument for argument and step for step.

    ``momentum``, ``dampening`` and ``nesterov`` choose the rule: gradient descent, the heavy ball
    (the first gradient enters undamped, as torch has it), or Nesterov in torch's form.

    Args:
        params: parameters or parameter groups.
        lr, momentum, dampening, weight_decay, nesterov, maximize: as in torch.
        foreach, fused: accepted and ignored; ``engine`` decides how the step runs.
        differentiable: must be False.
        engine: see :class:`RuleOptimizer`.

    Raises:
        DomainError: ``nesterov`` without momentum or with dampening; a value out of its domain.
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None,
        engine: str = "auto",
    ) -> None:  # fmt: skip
        if differentiable:
            raise DomainError("differentiable", True, "differentiable is False")
        super().__init__(
            params, None, lr=lr, momentum=momentum, dampening=dampening, nesterov=nesterov,
            weight_decay=weight_decay, maximize=maximize, engine=engine,
        )  # fmt: skip

    def rule_of(self, group: Mapping[str, Any]) -> Rule:
        if group["nesterov"]:
            if not group["momentum"] or group["dampening"]:
                value = (
                    f"True with momentum = {group['momentum']}, dampening = {group['dampening']}"
                )
                raise DomainError("nesterov", value, "needs momentum > 0 and dampening = 0")
            return _TORCH_NESTEROV
        if group["momentum"] != 0:
            return _TORCH_HEAVY_BALL
        domains = {k: h.domain for k, h in heavy_ball.hyperparameters.items()}
        require(domains["dampening"], dampening=group["dampening"])
        require(domains["beta"], momentum=group["momentum"])
        return gradient_descent
