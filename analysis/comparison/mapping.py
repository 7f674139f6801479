"""Which argument of a target is which hyperparameter of a rule: by name, as given, or searched."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...optimizers.errors import EigenstepError, UnknownName, shown
from ...optimizers.rule import Rule

MOST = 720
"""How many ways to give a rule's hyperparameters the target's numbers are tried, at most."""

SYNONYMS = {
    "lr": ("learning_rate", "step_size"), "beta": ("momentum", "beta1", "b1"),
    "beta1": ("b1", "beta_1"), "beta2": ("b2", "beta_2"), "beta3": ("b3", "beta_3"), "eps": ("epsilon",),
    "gamma": ("alpha", "decay", "rho"), "rho": ("decay", "alpha"),
    "initial_accumulator": ("initial_accumulator_value", "initial_scale"),
    "weight_decay": ("wd",),  "threshold": ("n_sma_threshold",), "k": ("sync_period",),
    "alpha": ("slow_step_size",), "mix": ("alpha",), "power": ("alpha",),
    "eps_inside": ("eps_root",), "step_min": ("min_step_size",), "step_max": ("max_step_size",),
    "steps": ("ns_steps",), "a": ("ns_coefficient1",), "b": ("ns_coefficient2",),
    "c": ("ns_coefficient3",), "d0": ("estim_lr0",), "d": ("clip_threshold",),
    "beta2_decay": ("decay_rate",), "frequency": ("precondition_frequency",),
}  # fmt: skip
"""What libraries call the hyperparameters of the rules that come with eigenstep."""

_ALIKE = (
    ("lr", "learning_rate", "eta", "step_size", "stepsize", "alpha", "gamma", "rate"),
    ("beta", "momentum", "mu", "beta1", "b1", "beta_1", "decay", "rho", "b"),
    ("beta1", "b1", "beta_1", "momentum", "mu"), ("beta2", "b2", "beta_2", "rho", "decay"),
    ("beta3", "b3", "beta_3"), ("eps", "epsilon", "delta"),
    ("weight_decay", "wd", "lambda_", "lam", "l2"), ("nu", "dampening"),
)  # fmt: skip
"""Names that different authors have for one thing; a guess, which is confirmed before it is said."""


class MappingError(EigenstepError, ValueError):
    """A mapping from a target's arguments to a rule's hyperparameters that cannot be."""


@dataclass(frozen=True)
class Slot:
    """A number among a target's arguments: ``lr``, or the second of ``betas``."""

    argument: str
    place: int | None
    value: Any
    of: int = 1

    def __str__(self) -> str:
        return self.argument if self.place is None else f"{self.argument}[{self.place}]"

    @property
    def names(self) -> tuple[str, ...]:
        """The argument's name; of one of several, the names that its place gives it: ``beta2``."""
        if self.place is None:
            return (self.argument,)
        stem, n = self.argument.removesuffix("s"), self.place + 1
        short = (f"{stem[0]}{n}",) if stem == "beta" else ()
        long = (f"{self.argument}{n}",) if stem != self.argument else ()  # eps1
        return (f"{stem}{n}", f"{stem}_{n}", *short, *long)


def _number(value: Any) -> Any:
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def slots_of(values: Mapping[str, Any]) -> list[Slot]:
    """The numbers among a target's arguments, those in tuples one by one."""
    found = []
    for key, value in values.items():
        if (number := _number(value)) is not None:
            found.append(Slot(key, None, number))
        elif isinstance(value, tuple | list) and value:
            numbers = [_number(v) for v in value]
            # None is what the target chooses itself.
            if all(n is not None or v is None for n, v in zip(numbers, value, strict=True)):
                found += [Slot(key, i, n, len(numbers)) for i, n in enumerate(numbers)
                          if n is not None]  # fmt: skip
    return found


@dataclass(frozen=True)
class Mapped:
    """A way to give hyperparameters the target's numbers.

    Attributes:
        slots: by hyperparameter, the target's number.
        guessed: whether that has to be confirmed: it is given, or by names that are only alike, or two of
            the numbers are equal.
    """

    slots: Mapping[str, Slot] = field(default_factory=dict)
    guessed: bool = False

    @property
    def values(self) -> dict[str, Any]:
        return {k: s.value for k, s in self.slots.items()}


def numeric(rule: Rule) -> list[str]:
    """The hyperparameters that are numbers and not set."""
    return [k for k, h in rule.hyperparameters.items() if not h.is_choice and k not in rule.fixed]


def given_slots(
    rule: Rule, slots: Sequence[Slot], given: Mapping[str, Sequence[str]], more: Sequence[str] = ()
) -> dict[str, Slot]:
    """The part of a mapping that was given, by hyperparameter.

    Raises:
        UnknownName: an argument that the target does not have, or a hyperparameter that the rule does not.
        MappingError: several names for one number, two numbers for one name, a value outside its domain.
    """
    found: dict[str, Slot] = {}
    arguments = list(dict.fromkeys(s.argument for s in slots))
    known = [*numeric(rule), *more]
    for argument, names in given.items():
        mine = [s for s in slots if s.argument == argument]
        if not mine:
            raise UnknownName("numeric argument of the target", argument, arguments or ["(none)"])
        if len(mine) != len(names):
            has = "is one number" if mine[0].place is None else f"is {len(mine)} numbers"
            raise MappingError(
                f"{argument} {has} and is mapped to {len(names)} names; the target has "
                f"{', '.join(map(str, slots))}; rule {rule.name} has {', '.join(numeric(rule))}"
            )
        for slot, name in zip(mine, names, strict=True):
            if name in rule.fixed:
                raise MappingError(
                    f"{name} of rule {rule.name} is set and cannot be {slot} as well"
                )
            if name not in known:
                raise UnknownName(f"numeric hyperparameter of {rule.name}", name, numeric(rule))
            if name in found:
                raise MappingError(
                    f"{name} of rule {rule.name} is mapped from both {found[name]} and {slot}"
                )
            if name in rule.hyperparameters:
                rule.hyperparameters[name].check(slot.value)
            found[name] = slot
    return found


def named(rule: Rule, slots: Sequence[Slot], given: Mapping[str, Slot]) -> Mapped:
    """The mapping by names: the same ones first, then those that libraries use, then those alike."""
    found = dict(given)
    guessed = False
    of = {name: s for s in reversed(slots) for name in s.names}

    def take(key: str, names: Sequence[str]) -> bool:
        for name in names:
            slot = of.get(name)
            if slot is None or slot in found.values():
                continue
            if slot.value in rule.hyperparameters[key].domain:
                found[key] = slot
                return True
        return False

    keys = [k for k in numeric(rule) if k not in given]
    keys = [k for k in keys if not take(k, (k,))]
    keys = [k for k in keys if not take(k, SYNONYMS.get(k, ()))]
    for key in keys:
        alike = [n for group in _ALIKE if key in group for n in group]
        guessed = take(key, alike) or guessed
    values = [s.value for s in found.values()]
    return Mapped(found, guessed or bool(given) or len({*values}) < len(values))


def searched(rule: Rule, slots: Sequence[Slot], given: Mapping[str, Slot]) -> Iterator[Mapped]:
    """The other mappings, at most :data:`MOST`: what has the same name on both sides stays together.

    Those come first in which a hyperparameter's default is the target's number.
    """
    sure = named(rule, slots, given).slots
    kept = {k: s for k, s in sure.items() if k in given or k in s.names}
    keys = [k for k in numeric(rule) if k not in kept]
    free = [s for s in slots if s not in kept.values()]
    options: list[list[Slot | None]] = []
    for key in keys:
        h = rule.hyperparameters[key]
        fits = [s for s in free if s.value in h.domain]
        same = [s for s in fits if s.value == h.default]
        options.append([*same, *(s for s in fits if s not in same), None])
    count = 0
    for chosen in _injections(options):
        found = {**kept, **{k: s for k, s in zip(keys, chosen, strict=True) if s is not None}}
        if found != sure:
            yield Mapped(found, True)
            count += 1
            if count >= MOST:
                return


def _injections(options: Sequence[Sequence[Slot | None]]) -> Iterator[tuple[Slot | None, ...]]:
    """Choices of one option each, no slot twice; the most that can be are mapped before fewer are."""
    everything = list(itertools.islice(_unordered(options), 20 * MOST))
    yield from sorted(everything, key=lambda c: sum(s is None for s in c))


def _unordered(
    options: Sequence[Sequence[Slot | None]], used: tuple[Slot, ...] = ()
) -> Iterator[Any]:
    if not options:
        yield ()
        return
    for slot in options[0]:
        if slot is None or slot not in used:
            further = used if slot is None else (*used, slot)
            for rest in _unordered(options[1:], further):
                yield (slot, *rest)


def moved(
    mapped: Mapped, rule: Rule, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """Other numbers for a mapping: arguments of the target, and hyperparameters of the rule.

    Every number that is neither a whole one nor zero is changed, each by a factor of its own, so that two
    that were equal no longer are. None where nothing can be.
    """
    arguments = {k: list(v) if isinstance(v, tuple | list) else v for k, v in settings.items()}
    values: dict[str, Any] = {}
    for n, (key, slot) in enumerate(mapped.slots.items()):
        domain = rule.hyperparameters[key].domain if key in rule.hyperparameters else None
        if isinstance(slot.value, int) or slot.value == 0 or slot.argument not in arguments:
            continue
        value = slot.value * (1 - 0.07 * (n + 1) / (n + 2))
        if domain is not None and value not in domain:
            continue
        values[key] = value
        if slot.place is None:
            arguments[slot.argument] = value
        else:
            arguments[slot.argument][slot.place] = value
    if not values:
        return None
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}, values


def unmapped(mapped: Mapped, slots: Sequence[Slot], rule: Rule) -> tuple[list[Slot], list[str]]:
    """The target's numbers that are no hyperparameter, and the hyperparameters that are left at a default.

    A zero that the rule has nothing for, such as a weight decay's, is not among them; nor are conventions.
    """
    left = [s for s in slots if s not in mapped.slots.values() and s.value != 0]
    defaults = [k for k in numeric(rule)
                if k not in mapped.slots and not rule.hyperparameters[k].convention]  # fmt: skip
    return left, defaults


def names_of(text: str) -> tuple[str, ...]:
    """``beta1,beta2`` as names.

    Raises:
        MappingError: one of them is empty.
    """
    names = tuple(part.strip() for part in text.strip("()[]").split(","))
    if not all(names):
        raise MappingError(f"{shown(text)} is not a name, or names with commas between them")
    return names


__all__ = ["Mapped", "MappingError", "Slot"]
