"""``eigenstep limit``"""

from __future__ import annotations

import math
from typing import Any

from ...optimizers.errors import RuleError
from .command import Command
from .options import Json, RuleName, Settings
from .output import emit
from .settings import POINT, BadOption, check_used, theory_at


def limit(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """The largest stable ηλ: exact expression, and its value at the parameters set."""
    theory, point = theory_at(rule, settings)
    for name in point:
        if name in POINT and name not in theory.free:
            raise BadOption(f"{name} is what limit computes with; set only {[*theory.free]}")
    check_used(theory, point, "limit")
    import sympy as sp

    found = theory.first_exit
    exact = None if found.expression is None else str(found.expression)
    symbols = {s: sp.sympify(point[k]) for k, s in theory.free.items() if k in point}
    begins = all(c.subs(symbols) != sp.false for c in found.conditions)
    variable = "curvature" if str(theory.variable) == "lambda" else "eta_lambda"
    missing = [k for k in theory.free if k not in point]
    lower: float | None = 0.0
    upper = None
    if not missing:
        lower, upper = theory.stable_interval(**{k: point[k] for k in theory.free})
        upper = upper if math.isfinite(upper) else None
    elif exact is None:
        raise RuleError(theory.implicit_limit)
    document: dict[str, Any] = {
        "rule": theory.rule.name,
        variable: {"lower": lower, "upper": upper, "exact": exact},
    }
    where = [str(c) for c in (*theory.conditions, *found.conditions)]
    if where:
        document["where"] = where
    roots = [str(e) for e in found.implicit] if exact is None else []
    if not begins:  # an interval that begins elsewhere: the expression is not its end
        exact = document[variable]["exact"] = None
        roots = []
    if roots:
        document["root_of"] = roots
    value = f" = {upper:g}" if upper is not None and exact is not None else ""
    hint = f"   (set {', '.join(missing)} for a number)" if missing else ""
    if not begins:
        hint = "   (no interval begins at 0 at these values)"
    elif exact is None:
        hint = f"   (no closed form: the first positive root of {' or '.join(f'{e} = 0' for e in roots)})"
    end = exact if exact is not None else "oo" if upper is None else f"{upper:g}"
    said = f"   where {', '.join(where)}" if where else ""
    emit(document, as_json, f"{lower:g} < {variable} < {end}{value}{said}{hint}")


COMMAND = Command("limit", limit, "eigenstep limit heavy_ball --set beta=0.9")
