"""Further rules of momentum and of averaged iterates, as torch optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..domains import NONNEGATIVE, Domain, Interval
from ..errors import DomainError
from ..rule import Rule
from ..rules import (
    aggmo_variant,
    asgd,
    qhm,
    schedule_free_adamw,
    schedule_free_sgd,
    triple_momentum,
)
from ..rules.aggmo import MOST
from ..rules.asgd import rate, weight
from .adaptive import _Adaptive, _Moments, _Momentum
from .optimizer import RuleOptimizer


class QHM(_Adaptive, rule=qhm):
    """Quasi-hyperbolic momentum (Ma & Yarats 2019); ``momentum`` is the rule's β."""

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float | None = None, momentum: float | None = None,
        nu: float | None = None, weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, momentum=momentum, nu=nu, weight_decay=weight_decay, **options
        )


class AggMo(RuleOptimizer):
    r"""Aggregated momentum (Lucas et al. 2019).

    .. math:: v_i \leftarrow \beta_i v_i + g, \qquad
              \theta \leftarrow \theta - \frac{\eta}{K} \sum_{i=1}^K v_i

    Args:
        params: parameters or parameter groups.
        lr: η ≥ 0, in 1/curvature.
        betas: as many factors 0 ≤ β < 1 as there are to be velocities, 1 to 8; each group for itself.
        weight_decay: coupled, added to the gradient.
        options: ``maximize``, ``engine``, ``foreach`` and the rest as in :class:`RuleOptimizer`.
    """

    options: ClassVar[Mapping[str, Any]] = {"betas": (0.0, 0.9, 0.99)}
    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "betas": tuple(f"beta{i}" for i in range(1, MOST + 1))
    }

    def __init__(
        self, params: Any, lr: float | None = None, betas: tuple[float, ...] | None = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, None, lr=lr, betas=betas, weight_decay=weight_decay, **options)

    def choose(self, *, betas: Any) -> Rule:  # type: ignore[override]
        try:
            count = len(betas)
        except TypeError:
            count = 0
        if not 1 <= count <= MOST:
            raise DomainError("betas", betas, f"1 to {MOST} numbers")
        return aggmo_variant(count)


class TripleMomentum(_Adaptive, rule=triple_momentum):
    """The triple momentum method (Van Scoy, Freeman & Lynch 2018); ``momentum`` is the rule's β.

    The parameters hold the point θ − γv, where the gradient is taken;
    :meth:`~eigenstep.optimizers.RuleOptimizer.at_iterate` shows θ.
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float | None = None, momentum: float | None = None,
        gamma: float | None = None, weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, momentum=momentum, gamma=gamma, weight_decay=weight_decay, **options
        )


class ScheduleFreeSGD(_Momentum, rule=schedule_free_sgd):
    """Schedule-Free gradient descent (Defazio et al. 2024); ``momentum`` is the rule's β.

    The parameters hold the point y, where the gradient is taken;
    :meth:`~eigenstep.optimizers.RuleOptimizer.at_iterate` shows the average θ, which is evaluated.
    """


class ScheduleFreeAdamW(_Moments, rule=schedule_free_adamw):
    """Schedule-Free AdamW (Defazio et al. 2024); ``weight_decay`` is decoupled.

    The parameters hold the point y, where the gradient is taken;
    :meth:`~eigenstep.optimizers.RuleOptimizer.at_iterate` shows the average θ, which is evaluated.
    """


class ASGD(_Adaptive, rule=asgd):
    """Averaged stochastic gradient descent (Polyak & Juditsky 1992); the average is the state ``ax``."""

    argument_names: ClassVar[Mapping[str, str]] = {"alpha": "power"}
    torch_class = "ASGD"
    torch_state: ClassVar[Mapping[str, str]] = {"ax": "ax"}

    def __init__(
        self, params: Any, lr: float | None = None, lambd: float | None = None,
        alpha: float | None = None, t0: float | None = None, weight_decay: float | None = None,
        foreach: bool | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, lambd=lambd, alpha=alpha, t0=t0, weight_decay=weight_decay,
            foreach=foreach, **options,
        )  # fmt: skip

    def remembered(self, group: Mapping[str, Any]) -> Mapping[str, Domain]:
        past = self.hyperparameters_of(group).get("counted") == "past"
        return {"eta": NONNEGATIVE, "mu": Interval(0, 1)} if past else {}

    def _remember(
        self, group: Mapping[str, Any], t: int, before: Mapping[str, float],
        coefficients: dict[str, Any],
    ) -> dict[str, float]:  # fmt: skip
        # torch steps by numbers made at the end of the step before, with the arguments of that time.
        if before:
            mu = before["mu"]
            coefficients |= {"eta": before["eta"], "mu": mu, "kept": 1 - mu}
        return self._next(group, t)

    def _next(self, group: Mapping[str, Any], t: int) -> dict[str, float]:
        values = self.hyperparameters_of(group)
        return {
            "eta": rate(values["lr"], values["lambd"], values["power"], t),
            "mu": weight(values["t0"], t),
        }

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Any]:
        import torch

        t = int(entry["step"])
        known = {**self._next(group, t), **{k: entry[k] for k in ("eta", "mu") if k in entry}}
        numbers = {k: torch.tensor(v, dtype=torch.float32) for k, v in known.items()}
        return {**super().further_torch_state(group, entry), **numbers}
