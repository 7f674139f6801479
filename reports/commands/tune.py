"""``eigenstep tune``"""

from __future__ import annotations

from typing import Annotated

import typer

from .command import Command
from .options import Json, RuleName, Settings
from .output import emit
from .settings import BadOption, theory_at


def tune(
    rule: RuleName,
    mu: Annotated[str, typer.Option("--mu", help="smallest curvature, > 0")],
    largest: Annotated[str, typer.Option("--L", help="largest curvature, >= mu")],
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Optimal hyperparameters for curvatures in [mu, L], and their rate per step."""
    from ...analysis.expressions import parse

    theory, point = theory_at(rule, settings)
    if point:
        raise BadOption(f"{next(iter(point))} is what tune chooses; set only conventions")
    best = theory.tuning(parse(mu, {}), parse(largest, {}))
    document = {
        "rule": theory.rule.name, **{k: float(v) for k, v in best.values.items()},
        "rate": float(best.rate), "exact": {k: str(e) for k, e in best.exact.items()},
        "method": best.method, "how": best.how, "lower_bound": best.lower_bound, "gap": best.gap,
        "bound_by": best.bound_by, "at_ends": [*best.at_ends],
    }  # fmt: skip
    lines = [f"{k} = {document[k]:.12g}" + (f" = {best.exact[k]}" if best.exact else "")
             for k in (*best.values, "rate")]  # fmt: skip
    if not best.exact:
        lines.append(f"(numerical: no closed form was found; {best.how})")
    if best.lower_bound is None:
        lines.append("lower bound: none known")
    else:
        lines.append(f"lower bound {best.lower_bound:.12g} ({best.bound_by}); gap {best.gap:.2g}")
    lines += best.at_ends
    emit(document, as_json, "\n".join(lines))


COMMAND = Command("tune", tune, "eigenstep tune heavy_ball --mu 1 --L 100")
