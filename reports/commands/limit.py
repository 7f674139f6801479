"""``eigenstep limit``"""

from __future__ import annotations

import math
from typing import Any

from .command import Command
from .options import Hold, Json, RuleName, Settings
from .output import emit
from .settings import POINT, BadOption, check_used, conditions_of, held_in, theory_at, with_held


def limit(
    rule: RuleName, settings: Settings = None, hold: Hold = None, as_json: Json = False
) -> None:
    """The largest stable ηλ: exact expression, and its value at the parameters set."""
    theory, point = theory_at(rule, settings, hold=hold)
    for name in point:
        if name in POINT and name not in theory.free:
            raise BadOption(f"{name} is what limit computes with; set only {[*theory.free]}")
    check_used(theory, point, "limit")
    exact = theory.limit
    variable = "curvature" if str(theory.variable) == "lambda" else "eta_lambda"
    missing = [k for k in theory.free if k not in point]
    lower: float | None = 0.0
    upper = None
    if not missing:
        lower, upper = theory.stable_interval(**{k: point[k] for k in theory.free})
        upper = upper if math.isfinite(upper) else None
    document: dict[str, Any] = {
        "rule": theory.rule.name,
        variable: {"lower": lower, "upper": upper, "exact": str(exact)},
    }
    if theory.conditions:
        document["where"] = [str(c) for c in theory.conditions]
    value = f" = {upper:g}" if upper is not None else ""
    hint = f"   (set {', '.join(missing)} for a number)" if missing else ""
    said = f"{lower:g} < {variable} < {exact}{value}{conditions_of(theory)}{hint}{held_in(theory)}"
    emit(with_held(theory, document), as_json, said)


COMMAND = Command("limit", limit, "eigenstep limit heavy_ball --set beta=0.9")
