"""Layer-wise rules and lookahead as torch optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .adaptive import Betas, _Moments
from .compositions import lookahead
from .domains import Integers, Interval, require
from .errors import RuleError
from .optimizer import RuleOptimizer
from .rule import Rule
from .rules import lamb, lars, ralamb, ranger, ranger_lars


class LARS(RuleOptimizer):
    """LARS (You et al. 2020, algorithm 1): every tensor moves by ``lr`` times φ of its norm.

    Args:
        params: parameters or parameter groups.
        lr: step length relative to ‖θ‖, dimensionless.
        momentum: β, 0 ≤ β < 1, averaging.
        weight_decay: w ≥ 0, added to the gradient as wθ.
        maximize, engine: see :class:`RuleOptimizer`.
        conventions: ``phi``, ``phi_lower``, ``phi_upper``.
    """

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float = 0.01, momentum: float = 0.9, weight_decay: float = 0.0, *,
        maximize: bool = False, engine: str = "auto", **conventions: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lars, lr=lr, momentum=momentum, weight_decay=weight_decay, maximize=maximize,
            engine=engine, **conventions,
        )  # fmt: skip


class LAMB(_Moments, rule=lamb):
    """LAMB (You et al. 2020, algorithm 2)."""


class Ralamb(_Moments, rule=ralamb):
    """Ralamb: LAMB's trust ratio on RAdam."""


class _Synchronized(_Moments):
    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, k: int = 6, alpha: float = 0.5, *,
        maximize: bool = False, engine: str = "auto", **conventions: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, maximize=maximize, engine=engine, k=k,
            alpha=alpha, **conventions,
        )  # fmt: skip


class Ranger(_Synchronized, rule=ranger):
    """Ranger: lookahead on RAdam."""


class RangerLARS(_Synchronized, rule=ranger_lars):
    """RangerLARS: lookahead on Ralamb."""


class Lookahead(RuleOptimizer):
    """Lookahead (Zhang et al. 2019) around an optimizer of eigenstep.

    Every ``k`` steps the slow weights move by ``alpha`` towards the fast ones and the fast ones are
    set to them. It takes over the inner optimizer's parameter groups; do not step that one too.

    Args:
        optimizer: a :class:`RuleOptimizer` that has taken no step.
        k: steps between synchronizations, an integer ≥ 1.
        alpha: 0 < α ≤ 1.

    >>> import torch
    >>> from eigenstep.optimizers import Adam
    >>> x = torch.nn.Parameter(torch.ones(2))
    >>> optimizer = Lookahead(Adam([x], lr=0.1), k=5, alpha=0.5)
    """

    def __init__(self, optimizer: RuleOptimizer, k: int = 5, alpha: float = 0.5) -> None:
        if not isinstance(optimizer, RuleOptimizer):
            raise RuleError(
                f"Lookahead takes an optimizer of eigenstep, got {type(optimizer).__name__}"
            )
        if optimizer.state:
            raise RuleError("Lookahead takes an optimizer that has taken no step")
        require(Integers(1), k=k)
        require(Interval(0, 1, lower_closed=False), alpha=alpha)
        self.inner = optimizer
        self.argument_names = optimizer.argument_names  # type: ignore[misc]
        self.pair_names = optimizer.pair_names  # type: ignore[misc]
        groups = [dict(g) for g in optimizer.param_groups]
        for group in groups:
            group |= {"k": k, "alpha": alpha}
        given = {k: v for k, v in optimizer.defaults.items()
                 if k not in ("weight_decay", "maximize", "engine")}  # fmt: skip
        super().__init__(
            groups, None, weight_decay=optimizer.defaults["weight_decay"],
            maximize=optimizer.defaults["maximize"], engine=optimizer.defaults["engine"],
            **{**given, "k": k, "alpha": alpha},
        )  # fmt: skip

    def rule_of(self, group: Mapping[str, Any]) -> Rule:
        return lookahead(self.inner.rule_of(group))

    def __getstate__(self) -> dict[str, Any]:
        names = {"argument_names": self.argument_names, "pair_names": self.pair_names}
        return {**super().__getstate__(), "inner": self.inner, **names}
