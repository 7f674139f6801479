"""Rules run in trials: for how long, and with which hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...optimizers.domains import Integers, Interval
from ...optimizers.rule import Rule

STEPS, LONG = 30, 2000
FAR = (49, 50, 51, 64, 75, 99, 100, 101, 128, 200, 250, 256, 300, 365, 500, 512, 999, 1000, 1024, 4096,
       9999, 10_000, 10_001, 10**5, 10**6)  # fmt: skip
"""Steps far from the first, at which rules are tried too: a branch on t may be anywhere."""


def numbers_for(rule: Rule, fixed: Mapping[str, Any], conventions: bool = False) -> dict[str, Any]:
    """Numbers for all hyperparameters, none so small that a term could hide.

    Conventions keep their defaults unless they are to vary, too.
    """
    values: dict[str, Any] = {}
    for key, h in rule.hyperparameters.items():
        default = rule.fixed.get(key, h.default)
        kept = h.is_choice or isinstance(h.domain, Integers) or (h.convention and not conventions)
        if key in fixed or kept:
            values[key] = fixed.get(key, default)
            continue
        if default is None or abs(default) < 0.01:
            inside = isinstance(h.domain, Interval) and 0.1 in h.domain
            default = 0.1 if inside and key not in rule.fixed else default
        values[key] = default
    for key, value in fixed.items():  # one tied to another by its name
        if isinstance(value, str) and value in rule.hyperparameters:
            values[key] = values[value]
    return values


def by_symbol(rule: Rule, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values by the name that typed statements use."""
    return {h.symbol: values[k] for k, h in rule.hyperparameters.items() if not h.is_choice}
