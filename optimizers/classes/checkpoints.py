"""What an optimizer's saved state is taken for: its own rule's, or torch's, or neither.

Every parameter group that eigenstep saves names its rule and convention; a state without such a name
is one of ``torch.optim``. Neither is taken on the strength of a name that two rules happen to share.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from ..compositions import PREVIOUS
from ..domains import REAL, Domain, require
from ..errors import DomainError, EigenstepError, shown
from ..rule import Rule
from .arguments import HINTS, plain, same
from .coefficients import STEPS
from .states import memory_names, shape_of

_OF_THIS_RUN = ("engine", *HINTS)
"""How steps are run: said where the optimizer is made, not in a file."""


class StateError(EigenstepError, ValueError):
    """A saved state that is not one of this optimizer's rule."""


class Stepping(Protocol):
    """What is asked of the optimizer whose state it is: a ``RuleOptimizer``."""

    options: Any
    torch_class: Any
    torch_state: Any
    torch_requires: Any
    param_groups: Any
    defaults: Any

    def rule_of(self, group: Mapping[str, Any]) -> Rule: ...

    def hyperparameters_of(self, group: Mapping[str, Any]) -> dict[str, Any]: ...

    def remembered(self, group: Mapping[str, Any]) -> Mapping[str, Domain]: ...

    def check_torch_group(self, group: Mapping[str, Any]) -> None: ...

    def further_torch_state(
        self, group: Mapping[str, Any], entry: Mapping[str, Any]
    ) -> dict[str, Tensor]: ...

    def _torch_names(self, rule: Rule) -> dict[str, str]: ...

    def _coefficients(self, group: Mapping[str, Any], t: int) -> tuple[Rule, dict[str, Any]]: ...


def from_state_dict(optimizer: Stepping, state_dict: dict[str, Any]) -> dict[str, Any] | None:
    """A hook of ``load_state_dict``: the state under this optimizer's names, checked.

    Raises:
        StateError: naming what does not fit.
    """
    saved_groups, saved_state = _form(state_dict)
    sizes = [len(g["params"]) for g in saved_groups]
    if sizes != [len(g["params"]) for g in optimizer.param_groups]:
        return None  # torch says what is wrong with the sizes
    groups, state = [], dict(saved_state)
    for group, saved in zip(optimizer.param_groups, saved_groups, strict=True):
        ours = "rule" in saved
        new = _own_group(optimizer, group, saved) if ours else _torch_group(optimizer, group, saved)
        rule = optimizer.rule_of(new)
        new["rule"] = rule.name
        numbers = _numbers(optimizer, new)
        groups.append(new)
        for key, parameter in zip(saved["params"], group["params"], strict=True):
            entry = saved_state.get(key)
            if entry is not None and not isinstance(entry, Mapping):
                raise StateError(
                    f"parameter {key}: its state is a {type(entry).__name__}, not values by name"
                )
            if not entry:
                continue
            renamed: dict[str, Any] = dict(entry)
            for mine, theirs in () if ours else optimizer.torch_state.items():
                if theirs in renamed:
                    renamed[mine] = renamed.pop(theirs)
            renamed = {
                k: v for k, v in renamed.items() if v is not None
            }  # as older versions of torch kept
            if not ours:
                _from_torch(rule, renamed)
            state[key] = _checked(optimizer, new, numbers, renamed, parameter, key)
    return {**state_dict, "state": {k: v for k, v in state.items() if v}, "param_groups": groups}


def _form(state_dict: Any) -> tuple[list[Mapping[str, Any]], Mapping[Any, Any]]:
    """The groups and the states, where there are any."""
    groups, state = state_dict.get("param_groups"), state_dict.get("state")
    if not isinstance(groups, list | tuple) or not isinstance(state, Mapping):
        raise not_a_state(state_dict)
    for group in groups:
        params = group.get("params") if isinstance(group, Mapping) else None
        if not isinstance(params, list | tuple) or not all(isinstance(k, Hashable) for k in params):
            raise not_a_state(state_dict)
    return list(groups), state


def not_a_state(found: Any) -> StateError:
    what = type(found).__name__
    return StateError(
        f"the {what} is not the state of an optimizer: it has no param_groups with params, or no state"
    )


def _own_group(
    optimizer: Stepping, group: Mapping[str, Any], saved: Mapping[str, Any]
) -> dict[str, Any]:
    here = group.get("convention", "paper")
    if not same(saved.get("convention", here), here):
        raise StateError(
            f"the state was saved under convention {saved['convention']!r}, this optimizer has {here!r}: "
            f"make it with convention={saved['convention']!r}"
        )
    new = {**saved, **{k: group[k] for k in _OF_THIS_RUN}}
    rule = optimizer.rule_of({**group, **new})
    if not same(saved["rule"], rule.name):
        raise StateError(
            f"the state was saved by rule {saved['rule']}, this optimizer's rule is {rule.name}"
        )
    wanted = {
        *optimizer._torch_names(rule).values(),
        *optimizer.options,
        "weight_decay",
        "maximize",
    }
    if missing := sorted(wanted - set(saved)):
        raise StateError(
            f"the state was saved without {', '.join(missing)}, which {type(optimizer).__name__} has: "
            "it is another class's"
        )
    return new


def _torch_group(
    optimizer: Stepping, group: Mapping[str, Any], saved: Mapping[str, Any]
) -> dict[str, Any]:
    name = type(optimizer).__name__
    if not optimizer.torch_class:
        raise StateError(
            f"the state does not say that it is of a rule of eigenstep, and {name} takes no other"
        )
    expected = torch_arguments(optimizer)
    if missing := sorted(k for k in expected if k not in saved and k not in _NEW_IN_TORCH):
        raise StateError(
            f"the state is not one of torch.optim.{optimizer.torch_class}: its groups have no "
            f"{', '.join(missing)}"
        )
    old = {k: expected[k] for k in _NEW_IN_TORCH if k in expected}
    new = {**group, **old, **saved, **{k: group[k] for k in _OF_THIS_RUN}}
    for key, value in optimizer.torch_requires.items():
        if not same(saved.get(key, value), value):
            raise StateError(
                f"the state was saved with {key} = {shown(saved[key])}, and {name} has {key} = {value}"
            )
    for key, value in optimizer.options.items():
        if key != "convention" and key not in saved and not same(new.get(key, value), value):
            raise StateError(
                f"torch.optim.{optimizer.torch_class} has no {key}, this optimizer has {key} = {new[key]}"
            )
    optimizer._coefficients(new, 1)
    _check_convention(optimizer, new, set(saved))
    return new


_NEW_IN_TORCH = (
    "decoupled_weight_decay",
    "maximize",
    "differentiable",
    "capturable",
    "foreach",
    "fused",
)
"""Arguments that states of older versions of torch lack; their default is what those computed."""


def torch_arguments(optimizer: Stepping) -> dict[str, Any]:
    """The arguments of torch's class, with its defaults."""
    cls = getattr(torch.optim, optimizer.torch_class)
    return dict(cls([torch.zeros(1)]).defaults)


def _check_convention(optimizer: Stepping, group: Mapping[str, Any], known: set[str]) -> None:
    """Raise unless what torch's groups do not say is as torch computes it."""
    optimizer.check_torch_group(group)
    rule = optimizer.rule_of(group)
    with_torch = (
        optimizer.rule_of({**group, "convention": "torch"}) if "convention" in group else rule
    )
    values = optimizer.hyperparameters_of(group)
    for key, name in optimizer._torch_names(rule).items():
        theirs = with_torch.hyperparameters[key].default
        if name not in known and key in values and not same(values[key], theirs):
            raise StateError(
                f"torch.optim.{optimizer.torch_class} has {name} = {theirs!r}, this optimizer "
                f'{values[key]!r}: make it with convention="torch"'
            )


def _from_torch(rule: Rule, entry: dict[str, Any]) -> None:
    if "step" not in entry:  # torch's SGD counts none: with a velocity it has stepped before
        if any(name in entry for name in rule.state):
            entry["step"] = 1
        else:
            entry.clear()
            return


def _numbers(optimizer: Stepping, group: Mapping[str, Any]) -> dict[str, tuple[Domain, bool]]:
    """By name the numbers that a parameter's state holds of the past: their domain, and whether needed."""
    _, coefficients = optimizer._coefficients(group, 1)
    rule = optimizer.rule_of(group)
    found: dict[str, tuple[Domain, bool]] = {}
    point = {k: coefficients[k] for k in rule.gradient_at_names}
    elsewhere = rule.gradient_point(1.0, *[1.0] * len(rule.state), **point) != 1.0
    for name, value in point.items():
        if not isinstance(value, str | bool):
            known = rule.hyperparameters.get(name)
            found[PREVIOUS + name] = (REAL if known is None else known.domain, elsewhere)
    found |= dict.fromkeys((*rule.numbers, *memory_names(rule)), (REAL, True))
    return found | {k: (d, True) for k, d in optimizer.remembered(group).items()}


def _checked(
    optimizer: Stepping, group: Mapping[str, Any], numbers: Mapping[str, tuple[Domain, bool]],
    entry: dict[str, Any], parameter: Tensor, key: Any,
) -> dict[str, Any]:  # fmt: skip
    """A parameter's state with plain numbers; raises unless it is all that the rule needs."""
    if not entry:
        return entry
    rule = optimizer.rule_of(group)
    allowed = {"step", *rule.state, *optimizer.torch_state, *numbers}
    given = set(entry)
    if strange := sorted(map(str, given - allowed)):
        raise StateError(
            f"parameter {key}: the state has {', '.join(strange)}, which rule {rule.name} has not"
        )
    if missing := sorted({"step", *rule.state} - given):
        raise StateError(f"parameter {key}: the state has no {', '.join(missing)}")
    step = plain(entry["step"])
    if step not in STEPS or step != int(step):
        raise StateError(
            f"parameter {key}: step = {shown(step)} is not a number of steps, 0, 1, 2 … 2^53"
        )
    past = {}
    for name, (domain, needed) in numbers.items():
        if name in entry:
            past[name] = plain(entry[name])
            try:
                require(domain, **{name: past[name]})
            except DomainError as error:
                raise StateError(f"parameter {key}: {error}") from None
        elif needed and step:
            raise StateError(f"parameter {key}: the state has no {name}")
    for name in given - {"step", *numbers}:
        value = entry[name]
        wanted = shape_of(rule, name, parameter) if name in rule.state else tuple(parameter.shape)
        if not isinstance(value, Tensor) or tuple(value.shape) != wanted:
            shape = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
            raise StateError(
                f"parameter {key}: state {name} has the shape {shape}, the parameter {tuple(parameter.shape)}"
                + (f", so that it should be {wanted}" if wanted != tuple(parameter.shape) else "")
            )
        if value.is_complex() != parameter.is_complex() or not (
            value.is_floating_point() or value.is_complex()
        ):
            raise StateError(
                f"parameter {key}: state {name} is {value.dtype}, the parameter {parameter.dtype}"
            )
        if reason := _unusable(value, parameter):
            raise StateError(f"parameter {key}: state {name} {reason}")
    return {**entry, "step": int(step), **{k: float(v) for k, v in past.items()}}


def _unusable(value: Tensor, parameter: Tensor) -> str:
    if value.is_meta and not parameter.is_meta:
        return "is on the meta device, where tensors have no values"
    if value.layout is not torch.strided:
        return f"has the layout {str(value.layout).removeprefix('torch.')}, not a dense one"
    if any(s == 0 and n > 1 for n, s in zip(value.shape, value.stride(), strict=True)):
        return "has several elements in one place of memory (an expanded tensor)"
    return ""


def for_torch(optimizer: Stepping, state_dict: dict[str, Any]) -> dict[str, Any]:
    """A hook of ``state_dict``: the state as torch's class of this name saves it.

    Raises:
        StateError: torch has no such class, or it computes another rule.
    """
    name = type(optimizer).__name__
    if not optimizer.torch_class:
        raise StateError(f"torch.optim has no class that computes the rule of {name}")
    expected = torch_arguments(optimizer)
    groups, state = [], {}
    for group in state_dict["param_groups"]:
        _check_convention(optimizer, group, set(expected))
        for key, value in optimizer.options.items():
            if (
                key != "convention"
                and key not in expected
                and not same(group.get(key, value), value)
            ):
                raise StateError(f"torch.optim.{optimizer.torch_class} has no {key} = {group[key]}")
        new = {k: group.get(k, v) for k, v in {**expected, **optimizer.torch_requires}.items()}
        new |= {k: v for k, v in group.items() if k in ("params", "param_names")}
        new |= {k: v for k, v in group.items() if k not in new and k not in optimizer.defaults
                and k != "rule"}  # what a scheduler or a wrapper put there  # fmt: skip
        groups.append(new)
        for key in group["params"]:
            entry = state_dict["state"].get(key)
            if entry:
                state[key] = _to_torch(optimizer, group, entry)
    return {**state_dict, "state": {k: v for k, v in state.items() if v}, "param_groups": groups}


def _to_torch(
    optimizer: Stepping, group: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Any]:
    rule = optimizer.rule_of(group)
    named = {optimizer.torch_state[n]: entry[n] for n in rule.state}
    return {**optimizer.further_torch_state(group, entry), **named}


__all__ = ["StateError", "for_torch", "from_state_dict", "torch_arguments"]
