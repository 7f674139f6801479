"""Any rule as a ``torch.optim.Optimizer``."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..compositions import (
    PREVIOUS,
    at_gradient_point,
    check_start,
    iterate_from_point,
    with_weight_decay,
)
from ..domains import NONNEGATIVE, Domain, require
from ..engine import kernel as engines
from ..engine.memory import Plain, Row, TensorMismatch, examine
from ..errors import DomainError, EigenstepError, RuleError, UnknownName, shown
from ..rule import Rule
from .arguments import HINTS, UnknownArgument, check_flag, check_hints, plain, same
from .checkpoints import StateError, for_torch, from_state_dict, not_a_state
from .coefficients import check_fit, check_past, checked, first_value, is_choice, told, whole

_OWN = ("params", "param_names", "rule", "engine", "maximize", *HINTS)
"""What a group holds beside the rule's hyperparameters and the class's options."""


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


_UNSHARDED = {Tensor, torch.nn.Parameter, torch.nn.Buffer}


def _gradient(parameter: Tensor) -> Tensor:
    assert parameter.grad is not None
    return parameter.grad


def _dense(gradient: Tensor) -> Tensor:
    return gradient if gradient.layout is torch.strided else gradient.to_dense()


def _stays(rule: Rule, coefficients: Mapping[str, Any]) -> bool:
    """Whether a coordinate whose gradient is zero, and its state, stay as they are."""
    before = (1.0, *[0.7] * len(rule.state))
    return rule(1.0, 0.0, *before[1:], **coefficients) == before


class SparseGradient(EigenstepError, RuntimeError):
    """A sparse gradient, which the rule does not support."""


@dataclass
class _Work:
    """What one step does to the parameters of a group that are at the same step."""

    kernel: engines.Kernel
    scalars: list[float]
    group: Mapping[str, Any]
    parameters: list[Tensor]
    rows: Plain | list[Row]
    sparse: list[Tensor]
    after: dict[str, Any]


class RuleOptimizer(torch.optim.Optimizer):
    """A torch optimizer that steps by a rule.

    The interface is ``torch.optim``'s: parameter groups, closures, ``state_dict``, schedulers.
    A rule whose gradient is taken elsewhere than at θ (Nesterov's) is run in the change of
    variable y = the gradient's point: the parameters hold y, and :meth:`at_iterate` shows θ.

    State: for each parameter ``step`` (an int), one tensor of the parameter's shape and dtype for
    each state variable of the rule, and, where the gradient is taken elsewhere, the coefficients
    of that point (``previous_…``). float16 and bfloat16 parameters are updated in float32 and rounded
    once a step. Every group names its rule, so that a state is never taken for another rule's.

    Args:
        params: parameters or parameter groups.
        rule: the rule; a subclass may name its own instead.
        weight_decay: coupled weight decay, added to the gradient as ``weight_decay * parameter``.
        maximize: climb instead of descend.
        engine: ``"auto"``, ``"compiled"`` or ``"blocked"``.
        foreach, fused: torch's hints on how to run a step; taken, and without effect.
        capturable, differentiable: torch's; only False is supported.
        hyperparameters: the rule's, by name; the others, and those that are None, take the rule's
            defaults. Numbers, NumPy's numbers, and tensors of one element.

    Raises:
        DomainError: a hyperparameter outside its domain.
        UnknownArgument: a hyperparameter that the rule does not have.
        RuleError: something else than a rule.

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

    options: ClassVar[Mapping[str, Any]] = {}
    """What chooses among the class's rules, with defaults: ``{"amsgrad": False}``. Each group has them."""

    torch_class: ClassVar[str] = ""
    """The class of ``torch.optim`` whose checkpoints load and are written."""

    torch_state: ClassVar[Mapping[str, str]] = {}
    """What that class calls the rule's state variables: ``{"m": "exp_avg"}``."""

    torch_requires: ClassVar[Mapping[str, Any]] = {}
    """Arguments of that class that must have these values, for it computes another rule otherwise."""

    sparse_gradients: ClassVar[bool] = False
    """Whether sparse gradients are taken, as torch's class takes them."""

    _wrapped = False

    def __init__(
        self, params: Any, rule: Rule | None = None, *, weight_decay: Any = None,
        maximize: bool = False, engine: str = "auto", foreach: bool | None = None,
        fused: bool | None = None, capturable: bool = False, differentiable: bool = False,
        **hyperparameters: Any,
    ) -> None:  # fmt: skip
        if rule is not None and not isinstance(rule, Rule):
            raise RuleError(
                f"rule = {rule!r} is not a rule; there are eigenstep.optimizers.rules.adam and the "
                "like, and your own function under @rule"
            )
        self.rule = rule
        self._given = {k: v for k, v in hyperparameters.items() if v is not None}
        if weight_decay is not None:
            self._given["weight_decay"] = weight_decay
        run = {"maximize": maximize, "engine": engine, "foreach": foreach, "fused": fused,
               "capturable": capturable, "differentiable": differentiable}  # fmt: skip
        defaults = {**self._resolve(self._given), **run}
        self._coefficients(defaults, 1)  # refused before the parameters are looked at
        self._conventions: dict[int, tuple[Any, Any]] = {}
        super().__init__(params, defaults)

    # What a group's numbers mean

    def choose(self, **options: Any) -> Rule:
        """The rule under the class's options; the same object for the same options."""
        if self.rule is None:
            raise UnknownName("rule for this class", type(self).__name__, ["RuleOptimizer(rule=…)"])
        return self.rule

    def rule_of(self, group: Mapping[str, Any]) -> Rule:
        """The rule that steps a parameter group."""
        return self.choose(**{k: group.get(k, v) for k, v in self.options.items()})

    def _torch_names(self, rule: Rule) -> dict[str, str]:
        """By the rule's name of a hyperparameter, the argument that holds it.

        Raises:
            RuleError: one argument would be two hyperparameters.
        """
        names = {v: k for k, v in self.argument_names.items()}
        names |= {n: k for k, pair in self.pair_names.items() for n in pair}
        found = {k: names.get(k, k) for k in rule.hyperparameters if k not in rule.fixed}
        holds: dict[str, str] = {}
        for key, name in found.items():
            pair = self.pair_names.get(name, ())
            other = holds.setdefault(name, key)
            if (other != key and not (key in pair and other in pair)) or name in _OWN or (
                name == "weight_decay" != key
            ):  # fmt: skip
                what = repr(other) if other != key else "something of the optimizer"
                raise RuleError(
                    f"rule {rule.name}: {type(self).__name__} has the argument {name!r} for its "
                    f"hyperparameter {key!r}, where it means {what} already"
                )
        return found

    def _resolve(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments of a group, by torch's names: those given, then the rule's defaults."""
        options = {k: given.get(k, v) for k, v in self.options.items()}
        rule = self.choose(**options)
        _check_names(rule)
        names = self._torch_names(rule)
        known = {*names.values(), *options, "weight_decay"}
        for key in given:
            if key not in known:
                raise UnknownArgument(f"argument of {type(self).__name__}", key, _told(known))
        defaults = rule.with_defaults(
            {k: 0.0 for k, h in rule.hyperparameters.items() if h.default is None and names.get(k) in given}
        )  # fmt: skip
        found: dict[str, Any] = {}
        for key, name in names.items():
            if name in self.pair_names:
                found[name] = tuple(defaults[n] for n in self.pair_names[name])
            else:
                found[name] = defaults[key]
        return {**found, "weight_decay": found.get("weight_decay", 0.0), **options, **given}

    def hyperparameters_of(self, group: Mapping[str, Any]) -> dict[str, Any]:
        """A parameter group's hyperparameters under the rule's names, as plain numbers."""
        values: dict[str, Any] = {}
        rule = self.rule_of(group)
        pairs = {n: (k, i) for k, pair in self.pair_names.items() for i, n in enumerate(pair)}
        for key, name in self._torch_names(rule).items():
            if key in pairs:
                name, place = pairs[key]
                try:
                    pair = tuple(group[name])
                except TypeError:
                    pair = ()
                if len(pair) != 2:
                    raise DomainError(name, group[name], f"{name} is two numbers")
                values[key] = plain(pair[place])
            elif name in group:
                values[key] = plain(group[name])
        return values

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group of parameters; its hyperparameters are checked against their domains.

        What the group does not say is as the optimizer was made; a group may also choose another of
        the class's rules (``amsgrad``, ``momentum``, ``convention`` …).
        """
        self._check_free("add the group to")
        if isinstance(param_group, dict):
            for key in [k for k, v in param_group.items() if v is None and k not in HINTS]:
                del param_group[key]
            given = {k: v for k, v in param_group.items() if k not in _OWN}
            if any(k in given and not same(given[k], v) for k, v in self._options_now().items()):
                chosen = {**self._given, **{k: given[k] for k in self.options if k in given}}
                for key, value in self._resolve(chosen).items():
                    param_group.setdefault(key, value)
            rule = self.rule_of({**self.defaults, **param_group})
            names = self._torch_names(rule)
            for key, name in names.items():
                if key in param_group and key != name and key not in names.values():
                    raise UnknownArgument(
                        f"argument of {type(self).__name__}", key, [f"{name} (the rule's {key})"]
                    )
        _of_torch("add_param_group")(self, param_group)
        group = self.param_groups[-1]
        try:
            _check_dtypes(group["params"])
            group["rule"] = self.rule_of(group).name
            self._note_convention(group)
            self._completed(group)
            self._coefficients(group, 1)
        except Exception:
            self.param_groups.pop()
            raise
        names = group.get("param_names") or [None] * len(group["params"])
        named: dict[Tensor, Any] = {}
        for parameter, name in zip(group["params"], names, strict=True):
            named.setdefault(parameter, name)  # torch has warned of duplicates
        group["params"] = list(named)
        if "param_names" in group:
            group["param_names"] = list(named.values())

    def _note_convention(self, group: Mapping[str, Any]) -> None:
        """Keep, beside the group, the convention of which its values are the defaults."""
        self._conventions[id(group)] = (group, group.get("convention"))

    def _check_convention(self, group: Mapping[str, Any]) -> None:
        now = group.get("convention")
        known, made = self._conventions.get(id(group), (None, now))
        if known is group and not same(now, made):
            raise DomainError(
                "convention", now, f"the group was made under {made!r}, whose defaults it has; add "
                "another group, or make another optimizer"
            )  # fmt: skip

    def _check_free(self, instead: str) -> None:
        if self._wrapped:
            raise RuleError(f"this optimizer is inside a Lookahead; {instead} the Lookahead")

    def _completed(self, group: dict[str, Any]) -> None:
        """What a class derives from a group's other arguments, as it is added and at each step."""

    def _options_now(self) -> dict[str, Any]:
        return {k: self.defaults.get(k, v) for k, v in self.options.items()}

    def _coefficients(self, group: Mapping[str, Any], t: int) -> tuple[Rule, dict[str, Any]]:
        """The rule as it is stored and its coefficients at step t, checked."""
        engines.check_engine(group["engine"])
        check_hints(group)
        check_flag("maximize", group["maximize"])
        rule = self.rule_of(group)
        values = self.hyperparameters_of(group)
        shown = self._torch_names(rule)
        shown |= {n: f"{k}[{i}]" for k, p in self.pair_names.items() for i, n in enumerate(p)}
        for key, number in values.items():
            require(rule.hyperparameters[key].domain, **{shown[key]: number})
        # A rule that decays by itself has weight_decay among its own hyperparameters.
        decay = 0.0 if "weight_decay" in rule.hyperparameters else plain(group["weight_decay"])
        require(NONNEGATIVE, weight_decay=decay)
        stored = at_gradient_point(rule)
        with told(rule, f"its coefficients at step {t}"):
            if t == 1 and stored is not rule:
                check_start(rule, rule.coefficients(1, rule.with_defaults(values)))
            if decay:
                stored = with_weight_decay(stored)
                values["weight_decay"] = decay
            found = stored.coefficients(t, stored.with_defaults(values))
        return stored, checked(rule, stored, found, t)

    # State

    def __getstate__(self) -> dict[str, Any]:
        return {
            **super().__getstate__(), "rule": self.rule, "_given": self._given,
            "_wrapped": self._wrapped,
        }  # fmt: skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for group in self.param_groups:
            for key, value in self.defaults.items():
                group.setdefault(key, value)
        self._conventions = {}
        for group in self.param_groups:
            self._note_convention(group)

    def _begin(self, parameter: Tensor, rule: Rule, group: Mapping[str, Any]) -> None:
        """Give a parameter the state that the rule lacks of it: all at its first step."""
        state = self.state[parameter]
        missing = [name for name in rule.state if name not in state]
        values = rule.with_defaults(self.hyperparameters_of(group)) if rule.initial else {}
        begun: dict[str, Tensor] = {}
        with torch.inference_mode(False):  # so that steps outside that mode may change it, too
            for name in missing:
                if name not in rule.initial:
                    start = torch.zeros_like(parameter, memory_format=torch.preserve_format)
                else:
                    whole = parameter.detach()
                    real = torch.view_as_real(whole) if whole.is_complex() else whole
                    start = first_value(rule, name, real, values)
                    start = torch.view_as_complex(start) if whole.is_complex() else start
                begun[name] = start
        if "step" not in state:
            state["step"] = 0
        elif missing:  # the group's options have changed
            self._extended(state)
        state.update(begun)

    def _extended(self, state: dict[str, Any]) -> None:
        """Called as a group's options begin to ask for further state of a parameter that has some."""

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load a state, also one that the class of ``torch.optim`` of this name has saved.

        Hooks see the state as it was saved. What is loaded is checked before anything is changed.

        Raises:
            StateError: the state is of another rule or convention, lacks something, or has tensors of
                other shapes than the parameters; torch's optimizer computes another rule than this one
                (then make it with ``convention="torch"``).
        """
        self._check_free("load the state into")
        if not isinstance(state_dict, dict):
            raise not_a_state(state_dict)
        handle = self.register_load_state_dict_pre_hook(_load_hook)  # after all others
        try:
            _of_torch("load_state_dict")(self, state_dict)
        finally:
            handle.remove()

    def state_dict(self, *, convention: str | None = None) -> dict[str, Any]:
        """The state, as ``torch.save`` takes it: numbers, words and tensors only.

        Args:
            convention: ``"torch"`` for what the class of ``torch.optim`` of this name would have
                saved, so that it goes on from there.

        Raises:
            StateError: torch's class computes another rule.
        """
        self._check_free("save the state of")
        for group in self.param_groups:
            self._check_convention(group)
        if convention is None:
            return _of_torch("state_dict")(self)
        if convention != "torch":
            raise UnknownName("convention of a state", convention, ["torch"])
        handle = self.register_state_dict_post_hook(_save_hook, prepend=True)
        try:
            return _of_torch("state_dict")(self)
        finally:
            handle.remove()

    def check_torch_group(self, group: Mapping[str, Any]) -> None:
        """Raise :class:`StateError` where torch's class computes something else at a group's numbers."""

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Tensor]:
        """What torch's class keeps of a parameter beside the rule's state."""
        return {"step": torch.tensor(float(entry["step"]), dtype=torch.float32)}

    def remembered(self, group: Mapping[str, Any]) -> Mapping[str, Domain]:
        """Numbers of the past that the class keeps of each parameter beside the rule's state."""
        return {}

    def _remember(
        self, group: Mapping[str, Any], t: int, before: Mapping[str, float],
        coefficients: dict[str, Any],
    ) -> dict[str, float]:  # fmt: skip
        """Those numbers after step t; the coefficients are made to agree with those before it."""
        return {}

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to zero."""
        _of_torch("zero_grad")(self, set_to_none)

    # The step

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:  # type: ignore[override]
        """Take one step; with a closure, evaluate it first and return its loss.

        Everything is checked before anything is written: the hyperparameters of all groups, and
        shapes, dtypes and memory of all parameters, gradients and states.

        Raises:
            DomainError: a hyperparameter has left its domain.
            TensorMismatch: a parameter, its gradient and its state do not belong together.
            SparseGradient: a sparse gradient, where the rule does not support it.
        """
        self._check_free("step")
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        everything = [work for group in self.param_groups for work in self._prepare(group)]
        for work in everything:
            self._run(work)
        return loss

    def _prepare(self, group: dict[str, Any]) -> list[_Work]:
        """The work on a group: its parameters by the step that they are at, all of them checked."""
        self._check_convention(group)
        self._completed(group)
        rule = self.rule_of(group)
        active = [p for p in group["params"] if p.grad is not None]
        wanted = {"step", *rule.state}
        for parameter in active:
            state = self.state[parameter]
            if not isinstance(state, dict):
                raise StateError(
                    f"the state of a parameter is {shown(state)}, not names with values"
                )
            if not wanted <= state.keys():
                self._begin(parameter, rule, group)
        past = self.remembered(group)
        names = (*(PREVIOUS + n for n in rule.gradient_at_names), *past)
        batches: dict[Any, list[Tensor]] = {}
        for parameter in active:
            state = self.state[parameter]
            before = tuple((n, state.get(n)) for n in names)
            done = state["step"]
            if type(done) is not int:
                done = whole(done)
            try:
                batches.setdefault((done + 1, before), []).append(parameter)
            except TypeError:
                check_past(dict(before))
                raise
        if not batches:
            self._coefficients(group, 1)
        found = []
        for (t, before), parameters in batches.items():
            whole(t - 1)
            stored, coefficients = self._coefficients(group, t)
            after = {"step": t, **_gradient_point_of(rule, coefficients)}
            known = {k: v for k, v in before if v is not None}
            check_past(known)
            if past:
                after |= self._remember(group, t, known, coefficients)
            coefficients |= {k: v for k, v in known.items() if k not in past}
            sparse = [p for p in parameters if _gradient(p).layout is not torch.strided]
            for parameter in sparse:
                self._check_sparse(_gradient(parameter), group)
            # A coordinate without a gradient may be left out only where the rule leaves it as it is.
            if sparse and not _stays(stored, coefficients):
                sparse = []
            if sparse:
                apart = set(sparse)
                parameters = [p for p in parameters if p not in apart]
                self._rows(rule, sparse, gradients=False)
            numeric = {k: v for k, v in coefficients.items() if not is_choice(stored, k, v)}
            choices = tuple((k, v) for k, v in coefficients.items() if k not in numeric)
            check_fit(rule, numeric, (*parameters, *sparse))
            with told(rule, "it cannot be run"):
                kernel = engines.kernel_of(stored, tuple(numeric), choices)
            rows = self._rows(rule, [p for p in parameters if not p.is_meta])
            found.append(
                _Work(kernel, list(numeric.values()), group, parameters, rows, sparse, after)
            )
        return found

    def _rows(
        self, rule: Rule, parameters: list[Tensor], *, gradients: bool = True
    ) -> Plain | list[Row]:
        """The tensors of each parameter, examined; without its gradient, it stands in for that itself."""
        names = rule.state
        columns = ("parameter", "gradient", *(f"state {n}" for n in names))
        if not gradients:
            for p in parameters:
                g = _gradient(p)
                if g.shape != p.shape or g.dtype != p.dtype or g.device != p.device:
                    raise self._named(TensorMismatch(0, 1, f"is a {tuple(g.shape)} tensor, {g.dtype} on "
                        f"{g.device}; the parameter is {tuple(p.shape)}, {p.dtype} on {p.device}",
                        ("parameter", "gradient")), p)  # fmt: skip
        if set(map(type, parameters)) <= _UNSHARDED:
            rows: list[Any] = [
                (p, _dense(_gradient(p)) if gradients else p, *[self.state[p][n] for n in names])
                for p in parameters
            ]
        else:
            rows = [
                tuple(map(_local, (p, _dense(_gradient(p)), *(self.state[p][n] for n in names))))
                for p in parameters
            ]
        try:
            return examine(rows, columns)
        except (TensorMismatch, AttributeError, TypeError) as error:
            for i, row in enumerate(rows):
                for place, tensor in enumerate(row):
                    if not isinstance(tensor, Tensor):
                        reason = f"is {shown(tensor)}, not a tensor"
                        wrong = TensorMismatch(i, place, reason, columns)
                        raise self._named(wrong, parameters[i]) from None
            if not isinstance(error, TensorMismatch):
                raise
            raise self._named(error, parameters[error.row]) from None

    def _named(self, error: TensorMismatch, wrong: Tensor) -> TensorMismatch:
        """The error with the parameter's place in the optimizer, or its name."""
        for number, group in enumerate(self.param_groups):
            for place, p in enumerate(group["params"]):
                if p is wrong:
                    names = group.get("param_names")
                    which = repr(names[place]) if names else f"{place} of group {number}"
                    return error.of(f"parameter {which}")
        return error

    def _run(self, work: _Work) -> None:
        step = {"engine": work.group["engine"], "maximize": bool(work.group["maximize"])}
        if len(work.rows):
            groups = None
            if not set(map(type, work.parameters)) <= _UNSHARDED:
                groups = [_process_groups(p) for p in work.parameters if not p.is_meta]
            if work.kernel.program is None:  # the rule's own function is called in each step
                with told(work.kernel.rule, "it cannot be run"):
                    work.kernel.run(work.rows, work.scalars, groups=groups, **step)
            else:
                work.kernel.run(work.rows, work.scalars, groups=groups, **step)
        for parameter in work.sparse:
            self._run_sparse(parameter, work, step)
        for parameter in (*work.parameters, *work.sparse):
            self.state[parameter].update(work.after)

    def _check_sparse(self, gradient: Tensor, group: Mapping[str, Any]) -> None:
        what = type(self).__name__
        if not self.sparse_gradients:
            raise SparseGradient(
                f"{what} does not support sparse gradients; use a dense layer (sparse=False)"
            )
        if gradient.layout is not torch.sparse_coo:
            raise SparseGradient(
                f"{what} takes sparse gradients in the layout torch.sparse_coo only"
            )
        if plain(group["weight_decay"]):
            raise SparseGradient(
                f"{what} does not support sparse gradients with weight_decay: it moves every coordinate"
            )

    def _run_sparse(self, parameter: Tensor, work: _Work, step: dict[str, Any]) -> None:
        """Step only the coordinates that the gradient has; at the others it, and the update, are zero."""
        gradient = _gradient(parameter).coalesce()
        at = tuple(gradient.indices())
        rule = self.rule_of(work.group)
        whole = [parameter, *(self.state[parameter][n] for n in rule.state)]
        theta, *state = (t[at] for t in whole)
        work.kernel([(theta, gradient.values(), *state)], work.scalars, **step)
        for target, value in zip(whole, (theta, *state), strict=True):
            target.index_put_(at, value)

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
                    before = {
                        k[len(PREVIOUS) :]: v for k, v in state.items() if k.startswith(PREVIOUS)
                    }
                    if not before:
                        continue
                    variables = [state[name] for name in rule.state]
                    _, now = self._coefficients(group, int(state["step"]))
                    point = {k: now[k] for k in rule.gradient_at_names} | before
                    theta = iterate_from_point(rule, parameter, variables, point)
                    kept.append((parameter, parameter.clone()))
                    parameter.copy_(theta)
        try:
            yield
        finally:
            with torch.no_grad():
                for parameter, value in kept:
                    parameter.copy_(value)


def _check_dtypes(parameters: list[Tensor]) -> None:
    for place, parameter in enumerate(parameters):
        dtype = parameter.dtype
        if dtype.is_floating_point and dtype.itemsize < 2:
            raise DomainError(
                f"dtype of parameter {place}", str(dtype).removeprefix("torch."),
                "float16, bfloat16, float32, float64 or complex; keep a copy in one of them",
            )  # fmt: skip


def _load_hook(optimizer: Any, state_dict: dict[str, Any]) -> dict[str, Any] | None:
    return from_state_dict(optimizer, state_dict)


def _save_hook(optimizer: Any, state_dict: dict[str, Any]) -> dict[str, Any]:
    return for_torch(optimizer, state_dict)


def _gradient_point_of(rule: Rule, coefficients: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that say where the gradient is taken; what is a choice is not kept as state."""
    found = {k: coefficients[k] for k in rule.gradient_at_names}
    return {PREVIOUS + k: float(v) for k, v in found.items() if not isinstance(v, str | bool)}


@lru_cache(maxsize=256)
def _check_names(rule: Rule) -> None:
    """Raise :class:`RuleError` where the rule's names mean something else in an optimizer."""
    taken = [("hyperparameter", n) for n in rule.hyperparameters if n in _OWN]
    taken += [("state", n) for n in rule.state if n == "step" or n.startswith(PREVIOUS)]
    for kind, name in taken:
        raise RuleError(
            f"rule {rule.name}: its {kind} {name!r} has a name that a torch optimizer uses itself"
        )


def _told(known: set[str]) -> list[str]:
    return sorted(known, key=lambda k: (k != "lr", k))
