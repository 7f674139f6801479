"""Rules that step by what they measure of whole tensors, or are given: as torch optimizers."""

from __future__ import annotations

from typing import Any

from ..compositions import cautious, with_decoupled_weight_decay
from ..rules import adam, prodigy, sophia, stable_adamw
from .adaptive import Betas, _Moments

cautious_adamw = with_decoupled_weight_decay(
    cautious(adam), name="cautious_adamw", default=0.0,
    source="Liang et al. 2024, Cautious optimizers: improving training with one line of code, algorithm 1",
)  # fmt: skip
cautious_adamw.__doc__ = cautious.__doc__


class StableAdamW(_Moments, rule=stable_adamw):
    """StableAdamW (Wortsman et al. 2023); ``weight_decay`` is decoupled."""


class CautiousAdamW(_Moments, rule=cautious_adamw):
    """Cautious AdamW (Liang et al. 2024)."""


class Prodigy(_Moments, rule=prodigy):
    """Prodigy (Mishchenko & Defazio 2023); each parameter group has its own d."""

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        d0: float | None = None, weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, d0=d0, **options)


class Sophia(_Moments, rule=sophia):
    """Sophia (Liu et al. 2023): ``optimizer.give(estimate=[…])`` before the first step and every tenth.

    >>> import torch
    >>> x = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    >>> optimizer = Sophia([x], lr=0.1, weight_decay=0.0)
    >>> loss = (torch.tensor([3.0, 300.0]) * x**2 / 2).sum()
    >>> (g,) = torch.autograd.grad(loss, x, create_graph=True)
    >>> z = torch.tensor([1.0, -1.0])                       # Hutchinson: the mean of z·Hz is the diagonal
    >>> optimizer.give(estimate=[z * torch.autograd.grad(g @ z, x)[0]])
    >>> x.grad = g.detach()
    >>> optimizer.step()
    """

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, gamma: float | None = None,
        eps: float | None = None, weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, gamma=gamma, **options)


__all__ = ["CautiousAdamW", "Prodigy", "Sophia", "StableAdamW", "cautious_adamw"]
