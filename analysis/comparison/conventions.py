"""The rules under every choice of their conventions, with the target's numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...optimizers.compositions import (
    PREVIOUS,
    at_gradient_point,
    with_decoupled_weight_decay,
    with_weight_decay,
)
from ...optimizers.domains import Choice
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES, rmsprop_variant
from .problems import flat

_SYNONYMS = {
    "lr": ("learning_rate", "step_size"), "beta": ("momentum", "beta1", "b1"),
    "beta1": ("b1", "beta_1"), "beta2": ("b2", "beta_2"), "beta3": ("b3", "beta_3"), "eps": ("epsilon",),
    "gamma": ("alpha", "decay", "rho"), "rho": ("decay", "alpha"),
    "initial_accumulator": ("initial_accumulator_value", "initial_scale"),
    "weight_decay": ("wd",),  "threshold": ("n_sma_threshold",), "k": ("sync_period",),
    "alpha": ("slow_step_size",), "mix": ("alpha",), "power": ("alpha",),
    "eps_inside": ("eps_root",), "step_min": ("min_step_size",), "step_max": ("max_step_size",),
}  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """A rule under a choice of conventions, with the hyperparameters that it was run with."""

    rule: Rule
    values: Mapping[str, Any]
    decay: str | None = None
    """``"coupled"`` or ``"decoupled"`` weight decay composed with the rule; None for its own."""

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
            if all(self.values[k] == h.default for k, h in known.items()
                   if h.convention and k not in ("eps", "weight_decay")):  # fmt: skip
                found.append(name)
        return tuple(found)


def run_rule(candidate: Candidate, start: Any, gradients: Any) -> np.ndarray:
    """The stored parameters after every step, one row a step (the first row is the start)."""
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


def _named(rule: Rule, numbers: Mapping[str, float]) -> dict[str, Any]:
    """The target's numbers under the rule's names."""
    found = {}
    for key, h in rule.hyperparameters.items():
        if h.is_choice:
            continue
        for name in (key, *_SYNONYMS.get(key, ())):
            if name in numbers and numbers[name] in h.domain:
                found[key] = numbers[name]
                break
    return found


def candidates(rule: Rule, numbers: Mapping[str, float]) -> Iterator[Candidate]:
    """The rule under every choice of conventions, with the target's numbers."""
    variants: list[tuple[Rule, str | None]] = [(rule, None)]
    decay = numbers.get("weight_decay", numbers.get("wd", 0.0))
    if decay and "weight_decay" not in rule.hyperparameters:
        variants = [(with_weight_decay(rule), "coupled"),
                    (with_decoupled_weight_decay(rule), "decoupled")]  # fmt: skip
    for variant, composed in variants:
        named = _named(variant, numbers)
        options: dict[str, list[Any]] = {}
        for key, h in variant.hyperparameters.items():
            if key in variant.fixed:
                options[key] = [variant.fixed[key]]
            elif isinstance(h.domain, Choice):
                options[key] = [h.default, *(v for v in h.domain.values if v != h.default)]
            elif key in named:
                options[key] = [named[key]]
            else:
                known = [c[key] for c in variant.conventions.values() if key in c]
                options[key] = list(dict.fromkeys([h.default, *known]))
        for chosen in itertools.product(*options.values()):
            yield Candidate(variant, dict(zip(options, chosen, strict=True)), composed)


def all_rules() -> list[Rule]:
    """The rules, and RMSprop's variants with further state."""
    variants = [rmsprop_variant(momentum=m, centered=c)
                for m, c in itertools.product((False, True), repeat=2)][1:]  # fmt: skip
    return [*ALL_RULES.values(), *variants]


__all__ = ["Candidate", "candidates", "run_rule"]
