"""Any rule as a ``torch.optim.Optimizer``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..compositions import (
    PREVIOUS,
    iterate_from_point,
)
from ..domains import Domain
from ..engine import kernel as engines
from ..engine.memory import Plain, Row, TensorMismatch, examine
from ..errors import DomainError, EigenstepError, RuleError, UnknownName, shown
from ..rule import Rule
from .arguments import plain
from .checkpoints import StateError, for_torch, from_state_dict, not_a_state
from .coefficients import check_fit, check_past, is_choice, told, whole
from .groups import RuleGroups, of_torch
from .states import MEMORY, begun, check_given, fitting, memory_names, shape_of
from .tensors import UNSHARDED, dense, gradient_of, local, process_groups


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
    rule: Rule


class RuleOptimizer(RuleGroups):
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

    torch_class: ClassVar[str] = ""
    """The class of ``torch.optim`` whose checkpoints load and are written."""

    torch_state: ClassVar[Mapping[str, str]] = {}
    """What that class calls the rule's state variables: ``{"m": "exp_avg"}``."""

    torch_requires: ClassVar[Mapping[str, Any]] = {}
    """Arguments of that class that must have these values, for it computes another rule otherwise."""

    sparse_gradients: ClassVar[bool] = False
    """Whether sparse gradients are taken, as torch's class takes them."""

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
        first = begun(rule, parameter, missing, values)
        for name in rule.group_numbers:  # as the others of the group have it
            known = [s[name] for p in group["params"] if name in (s := self.state.get(p, {}))]
            first |= {name: known[0]} if known and name in first else {}
        if "step" not in state:
            state["step"] = 0
        elif missing:  # the group's options have changed
            self._extended(state)
        state.update(first)

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
            of_torch("load_state_dict")(self, state_dict)
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
            return of_torch("state_dict")(self)
        if convention != "torch":
            raise UnknownName("convention of a state", convention, ["torch"])
        handle = self.register_state_dict_post_hook(_save_hook, prepend=True)
        try:
            return of_torch("state_dict")(self)
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
        of_torch("zero_grad")(self, set_to_none)

    def give(self, **tensors: Any) -> None:
        """Give a rule what it takes from without, before a step: a Hessian's diagonal, for instance.

        Each argument is a state variable that the rule declares as ``Given``, with a tensor for each
        parameter, in the order of the parameters. A number of the rule's state that is called as that
        variable with ``_is_new`` after it becomes 1.

        Raises:
            UnknownName: no rule of a group takes that.
            DomainError: a tensor's shape is not its parameter's.
        """
        parameters = [(group, p) for group in self.param_groups for p in group["params"]]
        found = []
        for name, values in tensors.items():
            values = list(values)
            if len(values) != len(parameters):
                raise DomainError(
                    name, f"{len(values)} tensors", f"one for each of {len(parameters)} parameters"
                )
            for (group, parameter), value in zip(parameters, values, strict=True):
                rule = self.rule_of(group)
                if name not in rule.given:
                    raise UnknownName(f"given variable of rule {rule.name}", name, rule.given)
                found.append((group, rule, parameter, name, fitting(rule, name, parameter, value)))
        for group, rule, parameter, name, value in found:
            if not {"step", *rule.state} <= self.state[parameter].keys():
                self._begin(parameter, rule, group)
            self.state[parameter][name] = value
            if f"{name}_is_new" in rule.numbers:
                self.state[parameter][f"{name}_is_new"] = 1.0

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
            if rule.given and not state["step"]:
                check_given(rule, state)
        past = self.remembered(group)
        names = (*(PREVIOUS + n for n in rule.gradient_at_names), *memory_names(rule), *past)
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
        if len(batches) > 1 and rule.group_numbers:
            raise RuleError(
                f"rule {rule.name} has one {rule.group_numbers[0]} of all parameters of a group, which are "
                f"at the steps {sorted({t - 1 for t, _ in batches})}; each needs a gradient at every step"
            )
        found = []
        for (t, before), parameters in batches.items():
            whole(t - 1)
            known = {k: v for k, v in before if v is not None}
            check_past(known)
            remembers = {k[len(MEMORY) :]: known.pop(k) for k in memory_names(rule) if k in known}
            stored, coefficients = self._coefficients(group, t, remembers or None)
            after = {"step": t, **_gradient_point_of(rule, coefficients)}
            if rule.memory:
                hyperparameters = rule.with_defaults(self.hyperparameters_of(group))
                now = rule.memory.after(t, remembers, hyperparameters) if remembers else (
                    rule.memory.at(t, hyperparameters, rule.name))  # fmt: skip
                after |= {MEMORY + k: float(v) for k, v in now.items()}
            if past:
                after |= self._remember(group, t, known, coefficients)
            coefficients |= {k: v for k, v in known.items() if k not in past}
            sparse = [p for p in parameters if gradient_of(p).layout is not torch.strided]
            for parameter in sparse:
                self._check_sparse(gradient_of(parameter), group)
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
                _Work(kernel, list(numeric.values()), group, parameters, rows, sparse, after, rule)
            )
        return found

    def _rows(
        self, rule: Rule, parameters: list[Tensor], *, gradients: bool = True
    ) -> Plain | list[Row]:
        """The tensors of each parameter, examined; without its gradient, it stands in for that itself."""
        names = [n for n in rule.state if n not in rule.numbers]
        columns = ("parameter", "gradient", *(f"state {n}" for n in names))
        if not gradients:
            for p in parameters:
                g = gradient_of(p)
                if g.shape != p.shape or g.dtype != p.dtype or g.device != p.device:
                    raise self._named(TensorMismatch(0, 1, f"is a {tuple(g.shape)} tensor, {g.dtype} on "
                        f"{g.device}; the parameter is {tuple(p.shape)}, {p.dtype} on {p.device}",
                        ("parameter", "gradient")), p)  # fmt: skip
        if set(map(type, parameters)) <= UNSHARDED:
            rows: list[Any] = [
                (p, dense(gradient_of(p)) if gradients else p, *[self.state[p][n] for n in names])
                for p in parameters
            ]
        else:
            rows = [
                tuple(map(local, (p, dense(gradient_of(p)), *(self.state[p][n] for n in names))))
                for p in parameters
            ]
            if rule.matrices and any(map(process_groups, parameters)):
                raise RuleError(
                    f"rule {rule.name} cannot step a sharded parameter: it takes whole matrices"
                )
        try:
            return self._matrices(rule, rows, names) if rule.matrices else examine(rows, columns)
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

    def _matrices(self, rule: Rule, rows: list[Any], names: list[str]) -> list[Row]:
        """Rows of a rule that torch steps on whole tensors, whose state has shapes of its own."""
        found = []
        for number, row in enumerate(rows):
            for place, (name, tensor) in enumerate(zip(["", "", *names], row, strict=True)):
                shape = tuple(row[0].shape) if place < 2 else shape_of(rule, name, row[0])
                if tuple(tensor.shape) != shape:
                    raise TensorMismatch(
                        number, place, f"has the shape {tuple(tensor.shape)} and not {shape}",
                        ("parameter", "gradient", *(f"state {n}" for n in names)),
                    )  # fmt: skip
            found.append(Row(row, row[0].numel(), [], foreign=True))
        return found

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
        step: dict[str, Any] = {
            "engine": work.group["engine"],
            "maximize": bool(work.group["maximize"]),
        }
        if len(work.rows):
            groups = None
            if not set(map(type, work.parameters)) <= UNSHARDED:
                groups = [process_groups(p) for p in work.parameters if not p.is_meta]
            here = [p for p in work.parameters if not p.is_meta]
            names = work.rule.numbers
            if names:
                step["numbers"] = [tuple(self.state[p][n] for n in names) for p in here]
            if groups:
                step["sizes"] = [p.numel() * (1 + p.is_complex()) for p in here]
            # Where it could not be recorded the rule's own function is called in each step.
            with (
                told(work.rule, "it cannot be run")
                if work.kernel.program is None
                else nullcontext()
            ):
                new = work.kernel.run(work.rows, work.scalars, groups=groups, **step)
            for parameter, numbers in zip(here, new, strict=False):
                self.state[parameter].update(zip(names, numbers, strict=True))
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
        gradient = gradient_of(parameter).coalesce()
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
                    remembers = {
                        n[len(MEMORY) :]: state[n] for n in memory_names(rule) if n in state
                    }
                    t = int(state["step"])
                    _, now = self._coefficients(group, t, remembers or None, remembered_now=True)
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


def _load_hook(optimizer: Any, state_dict: dict[str, Any]) -> dict[str, Any] | None:
    return from_state_dict(optimizer, state_dict)


def _save_hook(optimizer: Any, state_dict: dict[str, Any]) -> dict[str, Any]:
    return for_torch(optimizer, state_dict)


def _gradient_point_of(rule: Rule, coefficients: Mapping[str, Any]) -> dict[str, float]:
    """The numbers that say where the gradient is taken; what is a choice is not kept as state."""
    found = {k: coefficients[k] for k in rule.gradient_at_names}
    return {PREVIOUS + k: float(v) for k, v in found.items() if not isinstance(v, str | bool)}
