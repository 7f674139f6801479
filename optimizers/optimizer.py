"""Any rule as a ``torch.optim.Optimizer``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import torch
from torch import Tensor

from . import engine as engines
from .compositions import (
    PREVIOUS,
    at_gradient_point,
    check_start,
    iterate_from_point,
    with_weight_decay,
)
from .domains import NONNEGATIVE, require
from .errors import EigenstepError, UnknownName
from .rule import Rule

TORCH_STATE = {
    "exp_avg": "m", "exp_avg_sq": "v", "max_exp_avg_sq": "largest", "exp_inf": "u", "sum": "s",
    "square_avg": "s", "acc_delta": "d", "momentum_buffer": "v", "grad_avg": "m",
}  # fmt: skip
"""What torch's optimizers call the state variables of the rules."""


def _of_torch(name: str) -> Callable[..., Any]:
    """A method of torch's optimizer, without the wrapper that imports the compiler for nothing.

    torch keeps its compiler away from these methods by importing it first, which takes two seconds.
    While it has not been imported there is nothing to keep away.
    """
    method = getattr(torch.optim.Optimizer, name)
    return method if "torch._dynamo" in sys.modules else inspect.unwrap(method)


def _local(tensor: Tensor) -> Tensor:
    """This process's part of a sharded tensor (DTensor, as FSDP makes them); else the tensor."""
    return tensor.to_local() if hasattr(tensor, "to_local") else tensor  # type: ignore[operator]


def _process_groups(tensor: Tensor) -> tuple[Any, ...]:
    """The process groups that hold different parts of the tensor."""
    placements = getattr(tensor, "placements", ())
    mesh = getattr(tensor, "device_mesh", None)
    return tuple(mesh.get_group(i) for i, p in enumerate(placements) if p.is_shard())  # type: ignore


class SparseGradient(EigenstepError, RuntimeError):
    """A sparse gradient, which no rule supports."""


class RuleOptimizer(torch.optim.Optimizer):
    """A torch optimizer that steps by a rule.

    The interface is ``torch.optim``'s: parameter groups, closures, ``state_dict``, schedulers.
    A rule whose gradient is taken elsewhere than at θ (Nesterov's) is run in the change of
    variable y = the gradient's point: the parameters hold y, and :meth:`at_iterate` shows θ.

    State: for each parameter ``step`` (an int), one tensor of the parameter's shape and dtype for
    each state variable of the rule, and, where the gradient is taken elsewhere, the coefficients
    of that point. float16 and bfloat16 parameters are updated in float32 and rounded once a step.

    Args:
        params: parameters or parameter groups.
        rule: the rule; a subclass may name its own instead.
        weight_decay: coupled weight decay, added to the gradient as ``weight_decay * parameter``.
        maximize: climb instead of descend.
        engine: ``"auto"``, ``"compiled"`` or ``"blocked"``.
        hyperparameters: the rule's, by name; the others take the rule's defaults.

    Raises:
        DomainError: a hyperparameter outside its domain.
        UnknownName: a hyperparameter that the rule does not have.

    >>> from eigenstep.optimizers.rules import heavy_ball
    >>> x = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    >>> optimizer = RuleOptimizer([x], heavy_ball, lr=0.5, beta=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     (0.5 * x**2).sum().backward()
    ...     optimizer.step()
    >>> x.item()
    0.0
    """

    argument_names: ClassVar[Mapping[str, str]] = {}
    """The rule's name of each hyperparameter that torch calls otherwise: ``{"momentum": "beta"}``."""

    pair_names: ClassVar[Mapping[str, tuple[str, str]]] = {}
    """Arguments that hold two of the rule's hyperparameters: ``{"betas": ("beta1", "beta2")}``."""

    def __init__(
        self, params: Any, rule: Rule | None = None, *, weight_decay: float | None = None,
        maximize: bool = False, engine: str = "auto", **hyperparameters: Any,
    ) -> None:  # fmt: skip
        engines.check_engine(engine)
        self.rule = rule
        defaults = {k: v for k, v in hyperparameters.items() if v is not None}
        own_decay = 0.0
        if rule is not None:
            for key in defaults:
                if key not in self.pair_names:
                    rule._check_name(self.argument_names.get(key, key))
            full = rule.with_defaults({})
            own_decay = full.pop("weight_decay", 0.0)
            for key, pair in self.pair_names.items():
                values = tuple(full.pop(name) for name in pair)
                defaults.setdefault(key, values)
            names = {v: k for k, v in self.argument_names.items()}
            for key, value in full.items():
                if key not in rule.fixed:
                    defaults.setdefault(names.get(key, key), value)
        decay = own_decay if weight_decay is None else weight_decay
        defaults |= {"weight_decay": decay, "maximize": maximize, "engine": engine}
        super().__init__(params, defaults)

    def rule_of(self, group: Mapping[str, Any]) -> Rule:
        """The rule that steps a parameter group."""
        if self.rule is None:
            raise UnknownName("rule for this class", type(self).__name__, ["RuleOptimizer(rule=…)"])
        return self.rule

    def hyperparameters_of(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """A parameter group's hyperparameters under the rule's names."""
        rule = self.rule_of(group)
        values = {self.argument_names.get(k, k): v for k, v in group.items()}
        for key, pair in self.pair_names.items():
            values.update(zip(pair, group[key], strict=True))
        return {k: values[k] for k in rule.hyperparameters if k in values and k not in rule.fixed}

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters; its hyperparameters are checked against their domains."""
        _of_torch("add_param_group")(self, param_group)
        group = self.param_groups[-1]
        try:
            self._coefficients(group, 1)
        except Exception:
            self.param_groups.pop()
            raise

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "rule": self.rule}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for key, value in self.defaults.items():
                group.setdefault(key, value)

    def _coefficients(self, group: Mapping[str, Any], t: int) -> tuple[Rule, dict[str, Any]]:
        """The rule as it is stored and its coefficients at step t, checked."""
        engines.check_engine(group["engine"])
        rule = self.rule_of(group)
        values = self.hyperparameters_of(group)
        shown = {v: k for k, v in self.argument_names.items()}
        shown |= {n: f"{k}[{i}]" for k, p in self.pair_names.items() for i, n in enumerate(p)}
        for key, value in values.items():
            h = rule.hyperparameters[key]
            number = value.item() if isinstance(value, Tensor) else value
            require(h.domain, **{shown.get(key, key): number})
            values[key] = number
        # A rule that decays by itself has weight_decay among its own hyperparameters.
        decay = 0.0 if "weight_decay" in rule.hyperparameters else group["weight_decay"]
        require(NONNEGATIVE, weight_decay=decay)
        stored = at_gradient_point(rule)
        if t == 1 and stored is not rule:
            check_start(rule, rule.coefficients(1, rule.with_defaults(values)))
        if decay:
            stored = with_weight_decay(stored)
            values["weight_decay"] = decay
        return stored, stored.coefficients(t, stored.with_defaults(values))

    def _initialize(self, parameter: Tensor, rule: Rule, group: Mapping[str, Any]) -> None:
        state = self.state[parameter]
        state["step"] = 0
        values = rule.with_defaults(self.hyperparameters_of(group)) if rule.initial else {}
        for name in rule.state:
            if name not in rule.initial:
                start = torch.zeros_like(parameter, memory_format=torch.preserve_format)
            else:
                first = rule.initial_of(name, parameter.detach(), values)
                start = first.clone(memory_format=torch.preserve_format)
            state[name] = start

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state; torch's own optimizers' states are understood, under torch's names.

        Their hyperparameters are those of torch; where a rule's convention differs from torch's,
        give the optimizer ``convention="torch"`` before loading.
        """
        states = {}
        for key, state in state_dict["state"].items():
            renamed = {}
            for name, value in state.items():
                ours = name if name in self._known_state() else TORCH_STATE.get(name, name)
                renamed[ours] = value
            if isinstance(renamed.get("step"), Tensor):
                renamed["step"] = int(renamed["step"].item())
            states[key] = renamed
        _of_torch("load_state_dict")(self, {**state_dict, "state": states})

    def state_dict(self) -> dict[str, Any]:
        """The state, as ``torch.save`` takes it: numbers and tensors only."""
        return _of_torch("state_dict")(self)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zero."""
        _of_torch("zero_grad")(self, set_to_none)

    def _known_state(self) -> set[str]:
        return {
            "step",
            "gradient_at",
            *(n for g in self.param_groups for n in self.rule_of(g).state),
        }

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Take one step; with a closure, evaluate it first and return its loss."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            self._step_group(group)
        return loss

    def _step_group(self, group: dict[str, Any]) -> None:
        rule = self.rule_of(group)
        batches: dict[Any, list[Tensor]] = {}
        for parameter in group["params"]:
            if parameter.grad is None:
                continue
            if parameter.grad.is_sparse:
                raise SparseGradient(
                    f"{type(self).__name__} does not support sparse gradients; "
                    "use a dense layer (sparse=False)"
                )
            if "step" not in self.state[parameter]:
                self._initialize(parameter, rule, group)
            state = self.state[parameter]
            before = tuple(state.get("gradient_at", {}).items())
            batches.setdefault((int(state["step"]) + 1, before), []).append(parameter)
        for (t, before), parameters in batches.items():
            stored, coefficients = self._coefficients(group, t)
            now = self._gradient_point_of(rule, coefficients)
            coefficients |= {PREVIOUS + k: v for k, v in before}
            numeric = {
                k: float(v) for k, v in coefficients.items() if not isinstance(v, str | bool)
            }
            choices = tuple((k, v) for k, v in coefficients.items() if k not in numeric)
            kernel = engines.kernel_of(stored, tuple(numeric), choices)
            tensors = [
                tuple(
                    map(
                        _local,
                        (p.detach(), p.grad.detach(), *(self.state[p][n] for n in rule.state)),
                    )
                )
                for p in parameters
                if p.grad is not None
            ]
            kernel(
                tensors, list(numeric.values()), group["engine"], maximize=group["maximize"],
                groups=[_process_groups(p) for p in parameters],
            )  # fmt: skip
            for parameter in parameters:
                self.state[parameter]["step"] = t
                if now:
                    self.state[parameter]["gradient_at"] = now

    @staticmethod
    def _gradient_point_of(rule: Rule, coefficients: Mapping[str, Any]) -> dict[str, float]:
        """The numbers that say where the gradient is taken; torch's loading spoils text."""
        found = {k: coefficients[k] for k in rule.gradient_at_names}
        return {k: float(v) for k, v in found.items() if not isinstance(v, str | bool)}

    @contextmanager
    def at_iterate(self) -> Iterator[None]:
        """Within this context the parameters hold the iterate θ instead of the gradient's point.

        Only for rules whose gradient is taken elsewhere than at θ is there a difference. The
        parameters are restored bit for bit at the end.

        >>> from eigenstep.optimizers import Nesterov
        >>> x = torch.nn.Parameter(torch.ones(1, dtype=torch.float64))
        >>> optimizer = Nesterov([x], lr=0.5, momentum=0.5)
        >>> (0.5 * x**2).sum().backward()
        >>> optimizer.step()
        >>> with optimizer.at_iterate():
        ...     x.item()
        0.5
        >>> x.item()
        0.25
        """
        kept: list[tuple[Tensor, Tensor]] = []
        with torch.no_grad():
            for group in self.param_groups:
                rule = self.rule_of(group)
                for parameter in group["params"]:
                    state = self.state.get(parameter, {})
                    if "gradient_at" not in state:
                        continue
                    variables = [state[name] for name in rule.state]
                    _, now = self._coefficients(group, int(state["step"]))
                    point = {k: now[k] for k in rule.gradient_at_names} | state["gradient_at"]
                    theta = iterate_from_point(rule, parameter, variables, point)
                    kept.append((parameter, parameter.clone()))
                    parameter.copy_(theta)
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, value in kept:
                    parameter.copy_(value)
