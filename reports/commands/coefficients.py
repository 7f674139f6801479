"""``eigenstep coefficients``"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ...optimizers.errors import RuleError, shown
from .command import Command
from .options import Json, RuleName, Settings
from .output import emit
from .settings import check_rule_name, settings_of


def coefficients(
    rule: RuleName,
    t: Annotated[int, typer.Option("--t", min=1, max=1 << 53, help="the step; the first is 1")] = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """What a rule computes once a step: bias factors, ρ_t, r_t, bounds, learning rate."""
    given = settings_of(settings)
    check_rule_name(rule)
    from ...analysis.loading import load_rule
    from ...analysis.settings import value_of
    from ...analysis.user_code import running

    found = load_rule(rule)
    for key in given:
        found._check_name(key)
    values = {key: value_of(found.hyperparameters[key], text) for key, text in given.items()}
    full = found.with_defaults(values)
    with running(RuleError, f"the coefficients of {found.name} failed", found):
        numbers = found.coefficients(t, full)
        if not isinstance(numbers, dict):
            raise RuleError(f"the coefficients of {found.name} are no dict, but {shown(numbers)}")
    # A coefficient of one of those two names is under "coefficients" alone.
    document: dict[str, Any] = {**numbers, "rule": found.name, "t": t, "coefficients": numbers}
    lines = [f"{k:14} {v:.12g}" if isinstance(v, float) else f"{k:14} {v}"
             for k, v in (("rule", found.name), ("t", t), *numbers.items())]  # fmt: skip
    emit(document, as_json, "\n".join(lines))


COMMAND = Command(
    "coefficients", coefficients, "eigenstep coefficients radam --t 10 --set beta2=0.999"
)
