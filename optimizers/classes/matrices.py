"""The rules of matrices as torch optimizers: factored, orthogonalized and preconditioned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..errors import DomainError
from ..rules import adafactor, adam_mini, muon, shampoo, soap
from .adaptive import Betas, _Adaptive, _Moments

_SCALES = {None: "rows", "original": "rows", "match_rms_adamw": "rms"}


class Adafactor(_Adaptive, rule=adafactor):
    """Adafactor (Shazeer & Stern 2018); ``eps`` is (ε₁, ε₂), of which None takes the default.

    ``convention="torch"`` has for ε₁ what float32 has, 2^−23; torch takes each parameter's own.
    """

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"eps": ("eps1", "eps2")}

    def __init__(
        self, params: Any, lr: float | None = None, beta2_decay: float | None = None,
        eps: tuple[float | None, float] | None = None, d: float | None = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        if isinstance(eps, tuple) and len(eps) == 2 and eps[0] is None:
            rule = self.choose(convention=options.get("convention", "paper"))
            eps = (rule.hyperparameters["eps1"].default, eps[1])
        super().__init__(
            params,
            lr=lr,
            beta2_decay=beta2_decay,
            eps=eps,
            d=d,
            weight_decay=weight_decay,
            **options,
        )


class AdamMini(_Moments, rule=adam_mini):
    """Adam-mini (Zhang et al. 2024)."""


class Muon(_Adaptive, rule=muon):
    """Muon (Jordan et al. 2024), for matrices only; give the other parameters to AdamW."""

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta", "ns_steps": "steps"}
    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"ns_coefficients": ("a", "b", "c")}

    def __init__(
        self, params: Any, lr: float | None = None, weight_decay: float | None = None,
        momentum: float | None = None, nesterov: bool | None = None,
        ns_coefficients: tuple[float, float, float] | None = None, eps: float | None = None,
        ns_steps: int | None = None, adjust_lr_fn: str | None = None, **options: Any,
    ) -> None:  # fmt: skip
        if adjust_lr_fn is not None:
            if adjust_lr_fn not in _SCALES:
                known = ", ".join(repr(k) for k in _SCALES)
                raise DomainError(
                    "adjust_lr_fn", repr(adjust_lr_fn), f"adjust_lr_fn is one of {known}"
                )
            options = {"scale": _SCALES[adjust_lr_fn], **options}
        super().__init__(
            params, lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
            ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps, **options,
        )  # fmt: skip

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        super().add_param_group(param_group)
        for place, p in enumerate(self.param_groups[-1]["params"]):
            if p.ndim != 2 or p.is_complex():
                shape, dtype = tuple(p.shape), str(p.dtype).removeprefix("torch.")
                self.param_groups.pop()
                raise DomainError(
                    f"parameter {place}", f"a {dtype} tensor of the shape {shape}",
                    "real matrices; give vectors and the like to AdamW",
                )  # fmt: skip


class Shampoo(_Adaptive, rule=shampoo):
    """Shampoo (Gupta, Koren & Singer 2018)."""

    def __init__(
        self, params: Any, lr: float | None = None, eps: float | None = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, eps=eps, weight_decay=weight_decay, **options)


class SOAP(_Moments, rule=soap):
    """SOAP (Vyas et al. 2024)."""

    argument_names: ClassVar[Mapping[str, str]] = {"precondition_frequency": "frequency"}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, precondition_frequency: int | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, precondition_frequency=precondition_frequency,
            **options,
        )  # fmt: skip


__all__ = ["SOAP", "Adafactor", "AdamMini", "Muon", "Shampoo"]
