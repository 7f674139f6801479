"""The adaptive rules as torch optimizers, under torch's argument names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ..compositions import with_decoupled_weight_decay
from ..domains import POSITIVE, UNIT, Domain, Interval, require
from ..errors import DomainError, UnknownName
from ..rule import Rule
from ..rules import (
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
from ..rules.nadam import momentum, momentum_product, scheduled_steps
from .arguments import check_flag, plain, same
from .optimizer import RuleOptimizer

Betas = tuple[float, float] | None
_SHARED = """

    Args:
        params: parameters or parameter groups; a group may choose for itself whatever the optimizer can.
        lr, betas, eps and the like: the rule's hyperparameters; None takes the convention's default.
        weight_decay: coupled (added to the gradient) unless said otherwise.
        convention: ``"paper"``, or the library whose computation is wanted: ``"torch"``, ``"optax"``
            or ``"pytorch-optimizer"``, where the rule's file lists it.
        options: single hyperparameters of the rule that choose among conventions; ``maximize``,
            ``engine``, ``foreach`` and the rest as in
            :class:`~eigenstep.optimizers.classes.optimizer.RuleOptimizer`.
    """


class _Adaptive(RuleOptimizer):
    """What the classes below share: the rule under a convention."""

    options: ClassVar[Mapping[str, Any]] = {"convention": "paper"}
    _rule: Rule

    def __init_subclass__(cls, rule: Rule | None = None, **options: Any) -> None:
        super().__init_subclass__(**options)
        if rule is not None:
            cls._rule = rule
            cls.__doc__ = f"{cls.__doc__}\n\n    {rule.__doc__}{_SHARED}"

    def choose(self, *, convention: str, **options: Any) -> Rule:  # type: ignore[override]
        return _under(self._rule, convention)


def _under(rule: Rule, convention: Any) -> Rule:
    if not isinstance(convention, str):
        raise UnknownName(f"convention of {rule.name}", convention, ["paper", *rule.conventions])
    return rule.under(convention)


class Adagrad(_Adaptive, rule=adagrad):
    """Adagrad (Duchi, Hazan & Singer 2011)."""

    argument_names: ClassVar[Mapping[str, str]] = {
        "initial_accumulator_value": "initial_accumulator"
    }
    torch_class = "Adagrad"
    torch_state: ClassVar[Mapping[str, str]] = {"s": "sum"}
    sparse_gradients = True

    def __init__(
        self, params: Any, lr: float | None = None, lr_decay: float | None = None,
        weight_decay: float | None = None, initial_accumulator_value: float | None = None,
        eps: float | None = None, foreach: bool | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps, foreach=foreach, **options,
        )  # fmt: skip


class RMSprop(_Adaptive, rule=rmsprop_variant(momentum=False, centered=False)):
    """RMSprop (Tieleman & Hinton 2012); ``alpha`` is the rule's γ.

    ``momentum`` other than zero and ``centered`` choose the rule, at each step and in each group.
    """

    argument_names: ClassVar[Mapping[str, str]] = {"alpha": "gamma"}
    options: ClassVar[Mapping[str, Any]] = {
        "momentum": 0.0,
        "centered": False,
        "convention": "paper",
    }
    torch_class = "RMSprop"
    torch_state: ClassVar[Mapping[str, str]] = {
        "s": "square_avg", "m": "grad_avg", "b": "momentum_buffer",
    }  # fmt: skip

    def __init__(
        self, params: Any, lr: float | None = None, alpha: float | None = None,
        eps: float | None = None, weight_decay: float | None = None, momentum: float | None = None,
        centered: bool | None = None, capturable: bool = False, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum,
            centered=centered, capturable=capturable, foreach=foreach, maximize=maximize,
            differentiable=differentiable, **options,
        )  # fmt: skip

    def choose(self, *, convention: Any, momentum: Any, centered: Any) -> Rule:  # type: ignore[override]
        check_flag("centered", centered)
        momentum = plain(momentum)
        require(UNIT, momentum=momentum)
        return _under(rmsprop_variant(momentum=momentum != 0, centered=bool(centered)), convention)


class Adadelta(_Adaptive, rule=adadelta):
    """Adadelta (Zeiler 2012)."""

    torch_class = "Adadelta"
    torch_state: ClassVar[Mapping[str, str]] = {"s": "square_avg", "d": "acc_delta"}

    def __init__(
        self, params: Any, lr: float | None = None, rho: float | None = None,
        eps: float | None = None, weight_decay: float | None = None, foreach: bool | None = None,
        **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, foreach=foreach, **options
        )


class _Moments(_Adaptive):
    """The classes whose rule has two averages."""

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {"betas": ("beta1", "beta2")}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, **options)


class _Momentum(_Adaptive):
    """The classes whose rule has one average, torch's ``momentum``."""

    argument_names: ClassVar[Mapping[str, str]] = {"momentum": "beta"}

    def __init__(
        self, params: Any, lr: float | None = None, momentum: float | None = None,
        weight_decay: float | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay, **options)


class _Decaying(_Adaptive):
    """Those whose weight decay may be coupled or not."""

    options: ClassVar[Mapping[str, Any]] = {"decoupled_weight_decay": False, "convention": "paper"}

    def choose(self, *, convention: Any, decoupled_weight_decay: Any, **options: Any) -> Rule:  # type: ignore[override]
        check_flag("decoupled_weight_decay", decoupled_weight_decay)
        rule = self.coupled(convention, **options)
        return with_decoupled_weight_decay(rule) if decoupled_weight_decay else rule

    def coupled(self, convention: Any) -> Rule:
        """The rule before any weight decay."""
        return _under(self._rule, convention)


class _Decoupling(_Decaying, _Moments):
    """Those of two averages whose weight decay may be coupled or not."""


def _adam_or_amsgrad(convention: Any, amsgrad_: Any) -> Rule:
    check_flag("amsgrad", amsgrad_)
    if not amsgrad_:
        return _under(adam, convention)
    return _CORRECTED_AMSGRAD if convention == "paper" else _under(amsgrad, convention)


_CORRECTED_AMSGRAD = amsgrad.fix(bias_correction=True)
_ADAM_STATE = {"m": "exp_avg", "v": "exp_avg_sq", "largest": "max_exp_avg_sq"}


class Adam(_Decoupling, rule=adam):
    """Adam (Kingma & Ba 2015); ``amsgrad=True`` as torch has it, bias-corrected."""

    options: ClassVar[Mapping[str, Any]] = {"amsgrad": False, **_Decoupling.options}
    torch_class = "Adam"
    torch_state: ClassVar[Mapping[str, str]] = _ADAM_STATE

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, amsgrad: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad=amsgrad, **options)

    def coupled(self, convention: Any, *, amsgrad: Any) -> Rule:  # type: ignore[override]
        return _adam_or_amsgrad(convention, amsgrad)


class AdamW(_Moments, rule=adamw):
    """AdamW (Loshchilov & Hutter 2019): ``weight_decay`` is decoupled, 0.01 by default."""

    options: ClassVar[Mapping[str, Any]] = {
        "amsgrad": False, "decoupled_weight_decay": True, "convention": "paper",
    }  # fmt: skip
    torch_class = "AdamW"
    torch_requires: ClassVar[Mapping[str, Any]] = {"decoupled_weight_decay": True}
    torch_state: ClassVar[Mapping[str, str]] = _ADAM_STATE

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, amsgrad: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad=amsgrad, **options)

    def choose(self, *, convention: Any, amsgrad: Any, decoupled_weight_decay: Any) -> Rule:  # type: ignore[override]
        if decoupled_weight_decay is not True:
            raise DomainError(
                "decoupled_weight_decay", decoupled_weight_decay, "True for AdamW; or use Adam"
            )
        check_flag("amsgrad", amsgrad)
        if not amsgrad:
            return _under(adamw, convention)
        return with_decoupled_weight_decay(_adam_or_amsgrad(convention, amsgrad), default=0.01)


class AdaMax(_Decoupling, rule=adamax):
    """AdaMax (Kingma & Ba 2015, algorithm 2)."""

    torch_class = "Adamax"
    torch_state: ClassVar[Mapping[str, str]] = {"m": "exp_avg", "u": "exp_inf"}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, foreach: bool | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, foreach=foreach, **options)


class Nadam(_Decoupling, rule=nadam):
    """Nadam (Dozat 2016) as lecture notes print it; ``convention="torch"`` for torch's NAdam."""

    torch_class = "NAdam"
    torch_state: ClassVar[Mapping[str, str]] = {"m": "exp_avg", "v": "exp_avg_sq"}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, momentum_decay: float | None = None,
        decoupled_weight_decay: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, **options,
        )  # fmt: skip

    def remembered(self, group: Mapping[str, Any]) -> Mapping[str, Domain]:
        scheduled = self.hyperparameters_of(group).get("lookahead_bias") == "scheduled"
        return {"mu_product": Interval(0, 1)} if scheduled else {}

    def _remember(
        self, group: Mapping[str, Any], t: int, before: Mapping[str, float],
        coefficients: dict[str, Any],
    ) -> dict[str, float]:  # fmt: skip
        # torch multiplies up the momenta as they were; the rule's closed product is of those now.
        values = self.hyperparameters_of(group)
        beta1, decay = values["beta1"], values["momentum_decay"]
        if "mu_product" in before:
            product = before["mu_product"] * momentum(beta1, t, decay)
            coefficients |= scheduled_steps(values["lr"], beta1, t, decay, product)
        else:
            product = momentum_product(beta1, t, decay)
        return {"mu_product": product}

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Any]:
        import torch

        values, t = self.hyperparameters_of(group), int(entry["step"])
        product = entry.get("mu_product")
        if product is None:
            product = momentum_product(values["beta1"], t, values["momentum_decay"]) if t else 1.0
        known = {"mu_product": torch.tensor(product, dtype=torch.float32)}
        return {**super().further_torch_state(group, entry), **known}


class AMSGrad(_Decoupling, rule=amsgrad):
    """AMSGrad (Reddi, Kale & Kumar 2018), without bias correction."""

    torch_class = "Adam"
    torch_requires: ClassVar[Mapping[str, Any]] = {"amsgrad": True}
    torch_state: ClassVar[Mapping[str, str]] = _ADAM_STATE


class RAdam(_Decoupling, rule=radam):
    """RAdam (Liu et al. 2020), rectified where ρ_t > 4."""

    torch_class = "RAdam"
    torch_state: ClassVar[Mapping[str, str]] = {"m": "exp_avg", "v": "exp_avg_sq"}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None, eps: float | None = None,
        weight_decay: float | None = None, decoupled_weight_decay: bool = False, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, decoupled_weight_decay=decoupled_weight_decay,
            **options,
        )  # fmt: skip


class Yogi(_Decoupling, rule=yogi):
    """Yogi (Zaheer et al. 2018)."""


class AdaBound(_Decoupling, rule=adabound):
    """AdaBound (Luo et al. 2019, algorithm 2); ``amsbound=True`` is AMSBound."""

    options: ClassVar[Mapping[str, Any]] = {"amsbound": False, **_Decoupling.options}

    def __init__(
        self, params: Any, lr: float | None = None, betas: Betas = None,
        final_lr: float | None = None, gamma: float | None = None, eps: float | None = None,
        weight_decay: float | None = None, amsbound: bool | None = None, **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, final_lr=final_lr, gamma=gamma, amsbound=amsbound,
            **options,
        )  # fmt: skip

    def coupled(self, convention: Any, *, amsbound: Any = False) -> Rule:  # type: ignore[override]
        check_flag("amsbound", amsbound)
        return _under(_AMSBOUND if amsbound else self._rule, convention)

    def _completed(self, group: dict[str, Any]) -> None:
        # The libraries' bounds follow the learning rate, relative to the first that was not zero.
        if group["convention"] != "paper" and same(group["base_lr"], 0):
            lr = plain(group["lr"])
            if lr in POSITIVE:
                group["base_lr"] = lr

    def hyperparameters_of(self, group: Mapping[str, Any]) -> dict[str, Any]:
        values = super().hyperparameters_of(group)
        if group["convention"] != "paper" and same(values["base_lr"], 0):
            values["base_lr"] = 1.0  # lr was always zero, and so the bounds are
        return values


_AMSBOUND = amsbound


class AMSBound(AdaBound, rule=amsbound):
    """AMSBound (Luo et al. 2019, algorithm 3)."""

    options: ClassVar[Mapping[str, Any]] = _Decoupling.options


NAdam = Nadam
Adamax = AdaMax
