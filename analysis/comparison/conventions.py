"""The rules under every choice of their conventions, with the target's numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ...optimizers import rules
from ...optimizers.compositions import (
    PREVIOUS,
    at_gradient_point,
    cautious,
    with_decoupled_weight_decay,
    with_weight_decay,
)
from ...optimizers.domains import Choice
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES, WIDER_RULES, adam, rmsprop_variant
from .mapping import Mapped, Slot, given_slots, named, slots_of
from .problems import flat, stepped


@dataclass(frozen=True)
class Candidate:
    """A rule under a choice of conventions, with the hyperparameters that it was run with."""

    rule: Rule
    values: Mapping[str, Any]
    decay: str | None = None
    """``"coupled"`` or ``"decoupled"`` weight decay composed with the rule; None for its own."""
    mapping: Mapped = field(default_factory=Mapped)
    """Which of the target's numbers are which hyperparameters."""
    trained: bool | None = None
    """Whether it is run as the torch optimizer that is made of it; None: where it is not eigenstep's."""

    @property
    def conventions(self) -> dict[str, Any]:
        """What was chosen that is not the paper's."""
        hyperparameters = self.rule.hyperparameters
        return {
            k: v for k, v in self.values.items()
            if hyperparameters[k].convention and v != hyperparameters[k].default
            and k not in ("eps", "weight_decay")
        }  # fmt: skip

    @property
    def known_as(self) -> tuple[str, ...]:
        """The names under which the rule knows this choice: ``"paper"``, ``"torch"``, …"""
        found = []
        for name in ("paper", *self.rule.conventions):
            known = self.rule.under(name).hyperparameters
            if all(_alike(self.values[k], h.default) for k, h in known.items()
                   if h.convention and k not in ("eps", "weight_decay")):  # fmt: skip
                found.append(name)
        return tuple(found)


_EPSILON32, _EPSILON64 = 2.0**-23, 2.0**-52
"""The machine epsilons: a convention that has float32's for a default has float64's in a comparison."""


def _alike(value: Any, known: Any) -> bool:
    return value == known or (value == _EPSILON64 and known == _EPSILON32)


def run_rule(candidate: Candidate, start: Any, gradients: Any) -> np.ndarray:
    """The stored parameters after every step, one row a step (the first row is the start).

    A rule that is not eigenstep's, and one of reductions or matrices, is run as it trains: by the torch
    optimizer that is made of it.
    """
    if candidate.trained or (candidate.trained is None and not of_eigenstep(candidate.rule)):
        return _trained(candidate, start, gradients)
    rule = at_gradient_point(candidate.rule)
    names = candidate.rule.gradient_at_names
    values = dict(candidate.values)
    theta = [x.copy() for x in start]
    state = [list(rule.initial_state(x, values)) for x in theta]
    rows = [flat(theta)]
    before: dict[str, Any] = {}
    with np.errstate(all="ignore"):
        for t, now in enumerate(gradients, 1):
            coefficients = rule.coefficients(t, values)
            if names:
                coefficients |= before
                before = {PREVIOUS + k: coefficients[k] for k in names}
            for i, g in enumerate(now):
                theta[i], *state[i] = rule(theta[i], g, *state[i], **coefficients)
            rows.append(flat(theta))
    return np.array(rows)


def of_eigenstep(rule: Rule) -> bool:
    """Whether a rule's function is one of eigenstep's, tested to do on arrays what it does on tensors."""
    if any(rule.update is r.update for r in WIDER_RULES.values()):
        return False
    known = any(rule.update is r.update for r in ALL_RULES.values())
    return known or (rule.update.__module__ or "").startswith(rules.__name__ + ".")


def _trained(candidate: Candidate, start: Any, gradients: Any) -> np.ndarray:
    """What the torch optimizer that is made of the rule does."""
    import torch

    from ...optimizers.classes.optimizer import RuleOptimizer

    rule = candidate.rule
    params = [torch.nn.Parameter(torch.tensor(x)) for x in start]
    values = {k: v for k, v in candidate.values.items() if k not in rule.fixed}
    return stepped(RuleOptimizer(params, rule, **values), params, gradients)


def variants(
    rule: Rule, slots: Sequence[Slot], given: Mapping[str, Sequence[str]]
) -> list[tuple[Rule, str | None, dict[str, Slot]]]:
    """The rule, or the two of it with weight decay where the target has some; with what is mapped.

    Raises:
        UnknownName: what is given has a name that the target or the rule does not have.
        MappingError: it is no mapping.
    """
    if "weight_decay" in rule.hyperparameters:
        return [(rule, None, given_slots(rule, slots, given))]
    found = given_slots(rule, slots, given, more=("weight_decay",))
    free = [s for s in slots if s.argument in ("weight_decay", "wd") and s not in found.values()]
    decay = found.get("weight_decay", free[0] if free else None)
    if decay is None or not decay.value:
        found.pop("weight_decay", None)
        return [(rule, None, found)]
    found["weight_decay"] = decay
    return [
        (with_weight_decay(rule), "coupled", found),
        (with_decoupled_weight_decay(rule), "decoupled", found),
    ]


def under_conventions(
    variant: Rule, decay: str | None, mapping: Mapped, trained: bool
) -> Iterator[Candidate]:
    """A rule under every choice of its conventions, with the target's numbers as they are mapped."""
    values = mapping.values
    options: dict[str, list[Any]] = {}
    for key, h in variant.hyperparameters.items():
        if key in variant.fixed:
            options[key] = [variant.fixed[key]]
        elif isinstance(h.domain, Choice):
            options[key] = [h.default, *(v for v in h.domain.values if v != h.default)]
        elif key in values:
            options[key] = [values[key]]
        else:
            known = [c[key] for c in variant.conventions.values() if key in c]
            known = [_EPSILON64 if v == _EPSILON32 else v for v in known]
            options[key] = list(dict.fromkeys([h.default, *known]))
        if options[key] == [None]:
            return  # a hyperparameter without a default that nothing was found for
    for chosen in itertools.product(*options.values()):
        yield Candidate(variant, dict(zip(options, chosen, strict=True)), decay, mapping, trained)


def candidates(
    rule: Rule,
    numbers: Mapping[str, Any],
    given: Mapping[str, Sequence[str]] | None = None,
) -> Iterator[Candidate]:
    """The rule under every choice of conventions, with the target's numbers by their names."""
    slots = slots_of(numbers)
    for variant, decay, found in variants(rule, slots, given or {}):
        mapping = named(variant, slots, found)
        yield from under_conventions(variant, decay, mapping, not of_eigenstep(rule))


def all_rules() -> list[Rule]:
    """The rules, RMSprop's variants with further state, and cautious Adam.

    Without those that are given more than a gradient, which no target is.
    """
    variants = [rmsprop_variant(momentum=m, centered=c)
                for m, c in itertools.product((False, True), repeat=2)][1:]  # fmt: skip
    wider = [r for r in WIDER_RULES.values() if not r.given]
    return [*ALL_RULES.values(), *variants, *wider, cautious(adam)]


__all__ = ["Candidate", "candidates", "run_rule"]
