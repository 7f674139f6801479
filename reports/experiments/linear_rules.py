"""The three rules that are linear in their state and in the gradient, by the names the report gives them."""

from __future__ import annotations

from ...analysis import Derivation, derive
from ...optimizers.rule import Rule
from ...optimizers.rules import gradient_descent, heavy_ball, nesterov

MOMENTUM = 0.9
RULES: dict[str, Rule] = {
    "gradient descent": gradient_descent, "heavy ball": heavy_ball, "Nesterov": nesterov,
}  # fmt: skip


def theories() -> dict[str, Derivation]:
    """Their theory."""
    return {method: derive(rule) for method, rule in RULES.items()}
