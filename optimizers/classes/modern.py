"""Adaptive rules of recent years as torch optimizers, under their papers' argument names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..rules import adan, ademamix, adopt, laprop, mars
from .adaptive import _Adaptive, _Decoupling, _Moments

Triple = tuple[float, float, float] | None
_THREE: Mapping[str, tuple[str, ...]] = {"betas": ("beta1", "beta2", "beta3")}


class AdEMAMix(_Adaptive, rule=ademamix):
    """AdEMAMix (Pagliardini, Ablin & Grangier 2024); ``alpha`` is the rule's ``mix``."""

    argument_names: ClassVar[Mapping[str, str]] = {"alpha": "mix"}

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = _THREE

    def __init__(
        self, params: Any, lr: float | None = None, betas: Triple = None, alpha: float | None = None,
        eps: float | None = None, weight_decay: float | None = None, t_alpha: float | None = None,
        t_beta3: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, betas=betas, alpha=alpha, eps=eps, weight_decay=weight_decay,
            t_alpha=t_alpha, t_beta3=t_beta3, **options,
        )  # fmt: skip


class Adan(_Adaptive, rule=adan):
    """Adan (Xie et al. 2024); ``betas`` are those of the code, one minus the paper's."""

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = _THREE

    def __init__(
        self, params: Any, lr: float | None = None, betas: Triple = None, eps: float | None = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, **options)


class MARS(_Moments, rule=mars):
    """MARS (Yuan et al. 2024): MARS-AdamW in its approximate form; ``weight_decay`` is decoupled."""

    def __init__(
        self, params: Any, lr: float | None = None, betas: tuple[float, float] | None = None,
        gamma: float | None = None, eps: float | None = None, weight_decay: float | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, gamma=gamma, **options)


class ADOPT(_Decoupling, rule=adopt):
    """ADOPT (Taniguchi et al. 2024); ``clipped=False`` is its first form."""


class LaProp(_Decoupling, rule=laprop):
    """LaProp (Ziyin, Wang & Ueda 2020)."""
