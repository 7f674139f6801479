"""What the numbers of a parameter group mean: whose hyperparameters they are, and in which domains."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from ..compositions import PREVIOUS, at_gradient_point, check_start, with_weight_decay
from ..domains import NONNEGATIVE, require
from ..engine import kernel as engines
from ..errors import DomainError, RuleError, UnknownName
from ..rule import Rule
from .arguments import HINTS, UnknownArgument, check_flag, check_hints, plain, same
from .coefficients import checked, told
from .states import MEMORY

_OWN = ("params", "param_names", "rule", "engine", "maximize", *HINTS)
"""What a group holds beside the rule's hyperparameters and the class's options."""
_SCHEDULERS = ("initial_lr", "max_lr", "min_lr", "swa_lr", "base_momentum", "max_momentum")
"""What torch's schedulers write into a group, or read there as their own."""


_NUMBERS = {1: "one number", 2: "two numbers", 3: "three numbers"}


def of_torch(name: str) -> Callable[..., Any]:
    """A method of torch's optimizer, without the wrapper that imports the compiler for nothing.

    torch keeps its compiler away from these methods by importing it first, which takes two seconds.
    While it has not been imported there is nothing to keep away.
    """
    method = getattr(torch.optim.Optimizer, name)
    return method if "torch._dynamo" in sys.modules else inspect.unwrap(method)


class RuleGroups(torch.optim.Optimizer):
    """Parameter groups that hold a rule's hyperparameters under torch's names."""

    argument_names: ClassVar[Mapping[str, str]] = {}
    """The rule's name of each hyperparameter that torch calls otherwise: ``{"momentum": "beta"}``."""

    pair_names: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """Arguments that hold several of the rule's hyperparameters: ``{"betas": ("beta1", "beta2")}``.

    Those that the rule has not are left out.
    """

    options: ClassVar[Mapping[str, Any]] = {}
    """What chooses among the class's rules, with defaults: ``{"amsgrad": False}``. Each group has them."""

    rule: Rule | None
    _given: dict[str, Any]
    _conventions: dict[int, tuple[Any, Any]]
    _wrapped = False

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
                found[name] = tuple(defaults[n] for n in self.pair_names[name] if n in names)
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
                count = sum(n in rule.hyperparameters for n in self.pair_names[name])
                if len(pair) != count:
                    said = _NUMBERS.get(count, f"{count} numbers")
                    raise DomainError(name, group[name], f"{name} is {said}")
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
        of_torch("add_param_group")(self, param_group)
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

    def _coefficients(
        self, group: Mapping[str, Any], t: int, remembers: Mapping[str, float] | None = None, *,
        remembered_now: bool = False,
    ) -> tuple[Rule, dict[str, Any]]:  # fmt: skip
        """The rule as it is stored and its coefficients at step t, checked.

        Args:
            group: the parameter group.
            t: the step.
            remembers: what the rule's memory held after the step before; without it, it is computed
                from the first step on.
            remembered_now: whether ``remembers`` is what it holds at step t.
        """
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
            values = stored.with_defaults(values)
            if stored.memory and remembers is not None:
                now = remembers if remembered_now else stored.memory.after(t, remembers, values)
                values |= now
            found = stored.coefficients(t, values)
        return stored, checked(rule, stored, found, t)


def _check_dtypes(parameters: list[Tensor]) -> None:
    for place, parameter in enumerate(parameters):
        dtype = parameter.dtype
        if dtype.is_floating_point and dtype.itemsize < 2:
            raise DomainError(
                f"dtype of parameter {place}", str(dtype).removeprefix("torch."),
                "float16, bfloat16, float32, float64 or complex; keep a copy in one of them",
            )  # fmt: skip


@lru_cache(maxsize=256)
def _check_names(rule: Rule) -> None:
    """Raise :class:`RuleError` where the rule's names mean something else in an optimizer."""
    taken = [("hyperparameter", n) for n in rule.hyperparameters if n in _OWN]
    taken += [("state", n) for n in rule.state if n == "step" or n.startswith((PREVIOUS, MEMORY))]
    for kind, name in taken:
        raise RuleError(
            f"rule {rule.name}: its {kind} {name!r} has a name that a torch optimizer uses itself"
        )
    for name in rule.hyperparameters:
        if name in _SCHEDULERS and name not in rule.fixed:
            raise RuleError(
                f"rule {rule.name}: its hyperparameter {name!r} has a name that torch's schedulers write to"
            )


def _told(known: set[str]) -> list[str]:
    return sorted(known, key=lambda k: (k != "lr", k))
