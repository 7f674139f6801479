"""Rules that step by signs, as torch optimizers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..rules import lion, rprop, signum
from .adaptive import Betas, _Adaptive, _Decaying, _Momentum

Pair = tuple[float, float] | None


class Lion(_Adaptive, rule=lion):
    """Lion (Chen et al. 2023); ``weight_decay`` is decoupled."""

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"betas": ("beta1", "beta2")}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay, **options)


class Signum(_Decaying, _Momentum, rule=signum):
    """Signum (Bernstein et al. 2018); ``momentum`` is the rule's β, and 0 is signSGD."""


class Rprop(_Adaptive, rule=rprop):
    """Rprop (Riedmiller & Braun 1993); ``convention="torch"`` for torch's, which does not step back."""

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max"),
    }  # fmt: skip
    torch_class = "Rprop"
    torch_state: ClassVar[Mapping[str, str]] = {"last": "prev", "length": "step_size"}

    def __init__(
        self, params: Any, lr: float | None = None, etas: Pair = None, step_sizes: Pair = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, etas=etas, step_sizes=step_sizes, **options)
