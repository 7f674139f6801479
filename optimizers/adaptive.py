"""The adaptive rules as torch optimizers, under torch's argument names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .compositions import with_decoupled_weight_decay
from .errors import DomainError
from .optimizer import RuleOptimizer
from .rule import Rule
from .rules import (
    adabound,
    adadelta,
    adagrad,
    adam,
    adamax,
    adamw,
    amsbound,
    amsgrad,
    nadam,
    radam,
    rmsprop_variant,
    yogi,
)

Betas = tuple[float, float] | None
_SHARED = """

    Args:
        params: parameters or parameter groups.
        lr, betas, eps and the like: the rule's hyperparameters; None takes the convention's default.
        weight_decay: coupled (added to the gradient) unless said otherwise.
        maximize, engine: see :class:`~eigenstep.optimizers.optimizer.RuleOptimizer`.
        convention: ``"paper"``, or the library whose computation is wanted: ``"torch"``, ``"optax"``
            or ``"pytorch-optimizer"``, where the rule's file lists it.
        conventions: single hyperparameters of the rule that choose among conventions.
    """


class _Adaptive(RuleOptimizer):
    """What the classes below share: the rule under a convention."""

    def __init_subclass__(cls, rule: Rule | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if rule is not None:
            cls.__doc__ = f"{cls.__doc__}\n\n    {rule.__doc__}{_SHARED}"


class Adagrad(_Adaptive, rule=adagrad):
    """Adagrad (Duchi, Hazan & Singer 2011)."""

    argument_names: ClassVar[Mapping[str, str]] = {
        "initial_accumulator_value": "initial_accumulator"
    }

    def __init__(
        self, params: Any, lr: float | None = None, lr_decay: float | None = None,
        weight_decay: float = 0.0, initial_accumulator_value: float | None = None,
        eps: float | None = None, *, maximize: bool = False, engine: str = "auto",
        convention: str = "paper", **conventions: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, adagrad.under(convention), lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps, maximize=maximize,
            engine=engine, **conventions,
        )  # fmt: skip


class RMSprop(_Adaptive, rule=rmsprop_variant(momentum=False, centered=False)):
    """RMSprop (Tieleman & Hinton 2012); ``alpha`` is the rule's γ."""

    argument_names: ClassVar[Mapping[str, str]] = {"alpha": "gamma"}

    def __init__(
        self, params: Any, lr: float | None = None, alpha: float | None = None,
        eps: float | None = None, weight_decay: float = 0.0, momentum: float = 0.0,
        centered: bool = False, *, maximize: bool = False, engine: str = "auto",
        convention: str = "paper", **conventions: Any,
    ) -> None:  # fmt: skip
        rule = rmsprop_variant(momentum=momentum != 0, centered=centered).under(convention)
        if momentum:
            conventions["momentum"] = momentum
        super().__init__(
            params, rule, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay,
            maximize=maximize, engine=engine, **conventions,
        )  # fmt: skip


class Adadelta(_Adaptive, rule=adadelta):
    """Adadelta (Zeiler 2012)."""

    def __init__(
        self, params: Any, lr: float | None = None, rho: float | None = None,
        eps: float | None = None, weight_decay: float = 0.0, *, maximize: bool = False,
        engine: str = "auto", convention: str = "paper",
    ) -> None:  # fmt: skip
        super().__init__(
            params, adadelta.under(convention), lr=lr, rho=rho, eps=eps,
            weight_decay=weight_decay, maximize=maximize, engine=engine,
        )  # fmt: skip


class _Moments(_Adaptive):
    """The classes whose rule has two averages."""

    pair_names: ClassVar[Mapping[str, tuple[str, str]]] = {"betas": ("beta1", "beta2")}
    _rule: Rule

    def __init_subclass__(cls, rule: Rule | None = None, **options: Any) -> None:
        super().__init_subclass__(rule=rule, **options)
        if rule is not None:
            cls._rule = rule

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, *, maximize: bool = False, engine: str = "auto",
        convention: str = "paper", decoupled_weight_decay: bool = False, **conventions: Any,
    ) -> None:  # fmt: skip
        rule = self._rule.under(convention)
        if decoupled_weight_decay and "weight_decay" not in rule.hyperparameters:
            rule = with_decoupled_weight_decay(rule)
        if betas is not None and len(betas) != 2:
            raise DomainError("betas", betas, "two numbers, each in [0, 1)")
        super().__init__(
            params, rule, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay,
            maximize=maximize, engine=engine, **conventions,
        )  # fmt: skip


class Adam(_Moments, rule=adam):
    """Adam (Kingma & Ba 2015); ``amsgrad=True`` as torch has it, bias-corrected."""

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, amsgrad: bool = False, *, maximize: bool = False,
        engine: str = "auto", convention: str = "paper", decoupled_weight_decay: bool = False,
        **conventions: Any,
    ) -> None:  # fmt: skip
        if amsgrad:
            self._rule = _CORRECTED_AMSGRAD
        super().__init__(
            params, lr, betas, eps, weight_decay, maximize=maximize, engine=engine,
            convention=convention, decoupled_weight_decay=decoupled_weight_decay, **conventions,
        )  # fmt: skip


_CORRECTED_AMSGRAD = amsgrad.fix(bias_correction=True)


class AdamW(_Moments, rule=adamw):
    """AdamW (Loshchilov & Hutter 2019): ``weight_decay`` is decoupled, 0.01 by default."""

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, amsgrad: bool = False, *, maximize: bool = False,
        engine: str = "auto", convention: str = "paper", **conventions: Any,
    ) -> None:  # fmt: skip
        if amsgrad:
            self._rule = with_decoupled_weight_decay(_CORRECTED_AMSGRAD, default=0.01)
        super().__init__(
            params, lr, betas, eps, weight_decay, maximize=maximize, engine=engine,
            convention=convention, **conventions,
        )  # fmt: skip


class AdaMax(_Moments, rule=adamax):
    """AdaMax (Kingma & Ba 2015, algorithm 2)."""


class Nadam(_Moments, rule=nadam):
    """Nadam (Dozat 2016) as lecture notes print it; ``convention="torch"`` for torch's NAdam."""


class AMSGrad(_Moments, rule=amsgrad):
    """AMSGrad (Reddi, Kale & Kumar 2018), without bias correction."""


class RAdam(_Moments, rule=radam):
    """RAdam (Liu et al. 2020), rectified where ρ_t > 4."""


class Yogi(_Moments, rule=yogi):
    """Yogi (Zaheer et al. 2018)."""


class AdaBound(_Moments, rule=adabound):
    """AdaBound (Luo et al. 2019, algorithm 2); ``amsbound=True`` is AMSBound."""

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None,
        final_lr: float | None = None, gamma: float | None = None, eps: float | None = None,
        weight_decay: float | None = None, amsbound: bool = False, *, maximize: bool = False,
        engine: str = "auto", convention: str = "paper", decoupled_weight_decay: bool = False,
        **conventions: Any,
    ) -> None:  # fmt: skip
        if amsbound:
            self._rule = _AMSBOUND
        super().__init__(
            params, lr, betas, eps, weight_decay, maximize=maximize, engine=engine,
            convention=convention, decoupled_weight_decay=decoupled_weight_decay,
            final_lr=final_lr, gamma=gamma, **conventions,
        )  # fmt: skip


_AMSBOUND = amsbound


class AMSBound(AdaBound, rule=amsbound):
    """AMSBound (Luo et al. 2019, algorithm 3)."""


NAdam = Nadam
Adamax = AdaMax
