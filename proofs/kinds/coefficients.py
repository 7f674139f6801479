"""The coefficients that a rule computes from numbers beside those that were traced.

A rule is traced on symbols and runs on numbers. Code that tells one from the other (``isinstance(t, int)``)
may compute two rules; this looks at every one of the first steps and at scattered later ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.tracing import STEP, coefficients_of, symbol_of
from ...optimizers.rule import Rule
from ..trials.rules import FAR, numbers_for

EVERY = 400
"""Steps of which none is left out."""
_TOLERANCE = 1e-6
"""RAdam's ρ_t − 4 cancels eight digits at β₂ = 0.999."""


def step_of_another_coefficient(rule: Rule, fixed: Mapping[str, Any]) -> dict[str, Any] | None:
    """The first step at which a coefficient is not the traced one, with both; None where none is."""
    steps = np.array([*range(1, EVERY + 1), *(t for t in FAR if t > EVERY)])
    for values in settings(rule, fixed):
        numbers = {k: v for k, v in values.items()
                   if not rule.hyperparameters[k].is_choice and k not in (*fixed, *rule.fixed)}  # fmt: skip
        symbols = {k: symbol_of(rule.hyperparameters[k]) for k in numbers}
        found = coefficients_of(rule, {**values, **symbols})
        runs = [rule.coefficients(int(t), dict(values)) for t in steps]
        for name, expression in found.items():
            seen = [run[name] for run in runs]
            if not isinstance(expression, sp.Basic):
                other = [not _alike(s, expression) for s in seen]
                expected: Any = [expression] * len(seen)
            else:
                function = sp.lambdify([STEP, *symbols.values()], expression, "numpy")
                with np.errstate(all="ignore"):
                    value = function(steps.astype(float), *map(np.float64, numbers.values()))
                expected = np.broadcast_to(np.asarray(value, float), steps.shape)
                other = _apart(np.array(seen, float), expected)
            if any(other):
                at = int(np.argmax(other))
                return {"t": int(steps[at]), name: f"{seen[at]} (traced: {expected[at]})"}
    return None


def settings(rule: Rule, fixed: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Hyperparameters to try: those of every trial, and the rule's own defaults."""
    own = {**rule.with_defaults({}), **fixed}
    return [numbers_for(rule, fixed, conventions=True), numbers_for(rule, own)]


def _alike(one: Any, other: Any) -> bool:
    return type(one) is type(other) and one == other


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    scale = np.maximum(np.maximum(np.abs(one), np.abs(other)), 1e-300)
    with np.errstate(all="ignore"):
        close = np.abs(one - other) <= _TOLERANCE * scale
    return ~(close | (one == other) | (np.isnan(one) & np.isnan(other)))
