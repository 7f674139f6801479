"""Gradient descent and momentum as torch optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..domains import require
from ..errors import DomainError
from ..rule import Rule
from ..rules import gradient_descent, heavy_ball, nesterov
from .arguments import check_flag, plain
from .checkpoints import StateError
from .optimizer import RuleOptimizer

_TORCH_HEAVY_BALL = heavy_ball.fix(undamped_start=True, form="velocity")
_TORCH_NESTEROV = nesterov.fix(form="torch")


class GradientDescent(RuleOptimizer):
    r"""Gradient descent: :math:`\theta \leftarrow \theta - \eta g`.

    Args:
        params: parameters or parameter groups.
        lr: learning rate η ≥ 0; stable on curvature λ for 0 < ηλ < 2.
        weight_decay, maximize, engine and the rest: see :class:`RuleOptimizer`.

    Source: Cauchy 1847.
    """

    torch_class = "SGD"
    torch_requires: ClassVar[Mapping[str, Any]] = {"momentum": 0, "nesterov": False}
    sparse_gradients = True

    def __init__(
        self, params: Any, lr: float | None = None, *, weight_decay: float | None = None, **run: Any
    ) -> None:
        super().__init__(params, gradient_descent, lr=lr, weight_decay=weight_decay, **run)

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {}


class HeavyBall(RuleOptimizer):
    r"""Heavy ball: :math:`v \leftarrow \beta v + (1-\tau) g,\ \theta \leftarrow \theta - \eta v`.

    Args:
        params: parameters or parameter groups.
        lr: learning rate η ≥ 0; stable on curvature λ for 0 < ηλ < 2(1 + β)/(1 − τ).
        momentum: β, 0 ≤ β < 1.
        dampening: τ, 0 ≤ τ < 1; τ = β gives the averaging (EMA) form.
        weight_decay, maximize, engine and the rest: see :class:`RuleOptimizer`.

    Source: Polyak 1964, eq. (9).
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}
    torch_class = "SGD"
    torch_requires: ClassVar[Mapping[str, Any]] = {"nesterov": False}
    torch_state: ClassVar[Mapping[str, str]] = {"v": "momentum_buffer"}

    def __init__(
        self, params: Any, lr: float | None = None, momentum: float | None = None,
        dampening: float | None = None, *, weight_decay: float | None = None, **run: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, heavy_ball, lr=lr, momentum=momentum, dampening=dampening,
            weight_decay=weight_decay, **run,
        )  # fmt: skip

    def check_torch_group(self, group: Mapping[str, Any]) -> None:
        if plain(group["dampening"]):
            raise StateError(
                f"torch.optim.SGD does not dampen its first gradient, HeavyBall does (dampening = "
                f"{group['dampening']}): use eigenstep.optimizers.SGD"
            )

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {}


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
        weight_decay, maximize, engine and the rest: see :class:`RuleOptimizer`.

    Source: Nesterov 1983; Nesterov 2004, scheme (2.2.11).
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float | None = None, momentum: float | None = None, *,
        weight_decay: float | None = None, **run: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, nesterov, lr=lr, momentum=momentum, weight_decay=weight_decay, **run
        )


class SGD(RuleOptimizer):
    """``torch.optim.SGD``, argument for argument and step for step.

    ``momentum``, ``dampening`` and ``nesterov`` choose the rule: gradient descent, the heavy ball
    (the first gradient enters undamped, as torch has it), or Nesterov in torch's form; each parameter
    group for itself, and at each step by its numbers then.

    Args:
        params: parameters or parameter groups.
        lr, momentum, dampening, weight_decay, nesterov, maximize: as in torch.
        engine, foreach, fused, differentiable: see :class:`RuleOptimizer`.

    Raises:
        DomainError: ``nesterov`` without momentum or with dampening; a value out of its domain.
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}
    options: ClassVar[Mapping[str, Any]] = {"momentum": 0, "dampening": 0, "nesterov": False}
    torch_class = "SGD"
    torch_state: ClassVar[Mapping[str, str]] = {"v": "momentum_buffer"}
    sparse_gradients = True

    def __init__(
        self, params: Any, lr: float | None = None, momentum: float | None = None,
        dampening: float | None = None, weight_decay: float | None = None,
        nesterov: bool | None = None, **run: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, None, lr=1e-3 if lr is None else lr, momentum=momentum, dampening=dampening,
            nesterov=nesterov, weight_decay=weight_decay, **run,
        )  # fmt: skip

    def choose(self, *, momentum: Any, dampening: Any, nesterov: Any) -> Rule:  # type: ignore[override]
        momentum, dampening = plain(momentum), plain(dampening)
        require(heavy_ball.hyperparameters["beta"].domain, momentum=momentum)
        require(heavy_ball.hyperparameters["dampening"].domain, dampening=dampening)
        check_flag("nesterov", nesterov)
        if nesterov:
            if not momentum or dampening:
                value = f"True with momentum = {momentum}, dampening = {dampening}"
                raise DomainError("nesterov", value, "needs momentum > 0 and dampening = 0")
            return _TORCH_NESTEROV
        return _TORCH_HEAVY_BALL if momentum else gradient_descent

    def _extended(self, state: dict[str, Any]) -> None:
        # Momentum was switched on: torch begins with an undamped gradient whenever it has no velocity.
        state["step"] = 0

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Any]:
        return {}
