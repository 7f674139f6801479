"""Layer-wise rules and lookahead as torch optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..compositions import lookahead
from ..domains import Domain, require
from ..errors import RuleError
from ..rule import Rule
from ..rules import lamb, lars, ralamb, ranger, ranger_lars
from .adaptive import Betas, _Moments, _Momentum
from .arguments import HINTS, plain
from .optimizer import RuleOptimizer


class LARS(_Momentum, rule=lars):
    """LARS (You et al. 2020, algorithm 1): every tensor moves by ``lr`` times φ of its norm.

    Args:
        params: parameters or parameter groups.
        lr: step length relative to ‖θ‖, dimensionless.
        momentum: β, 0 ≤ β < 1, averaging.
        weight_decay: w ≥ 0, added to the gradient as wθ.
        convention: ``"paper"``, ``"optax"`` or ``"pytorch-optimizer"``.
        options: ``phi``, ``phi_lower``, ``phi_upper``, ``scaling``, ``trust_coefficient``;
            ``maximize``, ``engine`` and the rest as in :class:`RuleOptimizer`.
    """


class LAMB(_Moments, rule=lamb):
    """LAMB (You et al. 2020, algorithm 2)."""


class Ralamb(_Moments, rule=ralamb):
    """Ralamb: LAMB's trust ratio on RAdam."""


class _Synchronized(_Moments):
    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, k: int | None = None, alpha: float | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, k=k, alpha=alpha, **options)


class Ranger(_Synchronized, rule=ranger):
    """Ranger: lookahead on RAdam."""


class RangerLARS(_Synchronized, rule=ranger_lars):
    """RangerLARS: lookahead on Ralamb."""


OWN = "lookahead_"
"""Prefix of what Lookahead adds to a group, where the inner optimizer's arguments have their names."""


class Lookahead(RuleOptimizer):
    """Lookahead (Zhang et al. 2019) around an optimizer of eigenstep.

    Every ``k`` steps the slow weights move by ``alpha`` towards the fast ones and the fast ones are
    set to them. It steps the inner optimizer's parameter groups, so that a scheduler of either drives
    both; the inner one is not to be stepped or given groups, and says so. In the groups its own arguments
    are called ``lookahead_k``, ``lookahead_alpha`` and ``lookahead_reset_state``, apart from the inner
    optimizer's (RMSprop has an ``alpha``).

    Args:
        optimizer: a :class:`RuleOptimizer` that has taken no step, and is no Lookahead.
        k: steps between synchronizations, an integer ≥ 1.
        alpha: 0 ≤ α ≤ 1.
        reset_state: whether the inner optimizer starts anew at each synchronization, its step
            number too.

    Raises:
        RuleError: around anything else.

    >>> import torch
    >>> from eigenstep.optimizers import Adam
    >>> x = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = Lookahead(Adam([x], lr=0.1), k=5, alpha=0.5)
    """

    def __init__(
        self, optimizer: RuleOptimizer, k: int = 5, alpha: float = 0.5, reset_state: bool = False
    ) -> None:
        if not isinstance(optimizer, RuleOptimizer):
            raise RuleError(
                f"Lookahead takes an optimizer of eigenstep, got {type(optimizer).__name__}"
            )
        if isinstance(optimizer, Lookahead) or "slow" in _states(optimizer):
            raise RuleError(
                f"Lookahead does not go around {type(optimizer).__name__}, which is one"
            )
        if optimizer.state:
            raise RuleError("Lookahead takes an optimizer that has taken no step")
        if optimizer._wrapped:
            raise RuleError("the optimizer is inside another Lookahead already")
        self.inner = optimizer
        self._as_inner()
        own = {"k": k, "alpha": alpha, "reset_state": reset_state}
        domains = lookahead(optimizer.rule_of(optimizer.defaults)).hyperparameters
        for name, value in own.items():
            require(domains[name].domain, **{name: plain(value)})
        own = {OWN + name: value for name, value in own.items()}
        run = {name: optimizer.defaults[name] for name in ("maximize", "engine", *HINTS)}
        groups = optimizer.param_groups
        for group in groups:
            optimizer._check_convention(group)
        try:
            super().__init__([g | own for g in groups], None, **(optimizer._given | own), **run)
        except Exception:
            optimizer.param_groups = groups
            raise
        optimizer._wrapped = True

    def _as_inner(self) -> None:
        for name in ("pair_names", "options"):
            setattr(self, name, getattr(self.inner, name))
        own = {OWN + name: name for name in ("k", "alpha", "reset_state")}
        self.argument_names = {**self.inner.argument_names, **own}  # type: ignore[misc]

    @property
    def param_groups(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """The inner optimizer's, which hold ``lookahead_k`` and ``lookahead_alpha`` too."""
        return self.inner.param_groups

    @param_groups.setter
    def param_groups(self, groups: list[dict[str, Any]]) -> None:
        self.inner.param_groups = groups

    def choose(self, **options: Any) -> Rule:
        return lookahead(self.inner.choose(**options))

    def _extended(self, state: dict[str, Any]) -> None:
        self.inner._extended(state)

    def _completed(self, group: dict[str, Any]) -> None:
        self.inner._completed(group)

    def hyperparameters_of(self, group: Mapping[str, Any]) -> dict[str, Any]:
        return super().hyperparameters_of(group) | self.inner.hyperparameters_of(group)

    def remembered(self, group: Mapping[str, Any]) -> Mapping[str, Domain]:
        return self.inner.remembered(group)

    def _remember(
        self, group: Mapping[str, Any], t: int, before: Mapping[str, float],
        coefficients: dict[str, Any],
    ) -> dict[str, float]:  # fmt: skip
        if plain(group[OWN + "reset_state"]):
            t = (t - 1) % plain(group[OWN + "k"]) + 1
        return self.inner._remember(group, t, before if t > 1 else {}, coefficients)

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "inner": self.inner}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        if "inner" in state:
            self.inner = state.pop("inner")
            self._as_inner()
        self.param_groups = state.pop("param_groups")
        super().__setstate__(state)


def _states(optimizer: RuleOptimizer) -> set[str]:
    return {n for g in optimizer.param_groups for n in optimizer.rule_of(g).state}
