"""``eigenstep tune``"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ...optimizers.errors import DomainError
from .command import Command
from .options import Hold, Json, RuleName, Settings
from .output import emit
from .settings import BadOption, held_in, theory_at, with_held


def tune(
    rule: RuleName,
    mu: Annotated[str, typer.Option("--mu", help="smallest curvature, > 0")],
    largest: Annotated[str, typer.Option("--L", help="largest curvature, >= mu")],
    settings: Settings = None,
    hold: Hold = None,
    over: Annotated[
        str, typer.Option("--over", metavar="quadratics|all", help="functions of the class")
    ] = "quadratics",
    as_json: Json = False,
) -> None:
    """Optimal hyperparameters for curvatures in [mu, L], and their rate per step.

    Over quadratics, or over all L-smooth mu-strongly convex functions.
    """
    from ...analysis.expressions import parse

    theory, point = theory_at(rule, settings, hold=hold)
    if point:
        raise BadOption(f"{next(iter(point))} is what tune chooses; set only conventions")
    if over not in ("quadratics", "all"):
        raise DomainError("over", over, "quadratics or all")
    if over == "all":
        _over_all(theory, parse(mu, {}), parse(largest, {}), as_json)
        return
    best = theory.tuning(parse(mu, {}), parse(largest, {}))
    values = {k: float(v) for k, v in best.values.items()}
    own = {
        "rule": theory.rule.name, "rate": float(best.rate),
        "exact": {k: str(e) for k, e in best.exact.items()},
        "method": best.method, "how": best.how, "values": values,
        "lower_bound": best.lower_bound, "gap": best.gap, "bound_by": best.bound_by,
        "at_ends": [*best.at_ends],
    }  # fmt: skip
    document = {**values, **own}  # a hyperparameter of one of those names is in "values" alone
    lines = [
        f"{k} = {v:.12g}" + (f" = {best.exact[k]}" if best.exact and k in best.exact else "")
        for k, v in (*values.items(), ("rate", own["rate"]))
    ]
    if not best.exact:
        lines.append(f"(numerical: no closed form was found; {best.how})")
    if best.lower_bound is None:
        lines.append("lower bound: none known")
    else:
        lines.append(f"lower bound {best.lower_bound:.12g} ({best.bound_by}); gap {best.gap:.2g}")
    lines += best.at_ends
    emit(with_held(theory, document), as_json, "\n".join(lines) + held_in(theory))


def _over_all(theory: Any, mu: Any, largest: Any, as_json: bool) -> None:
    best = theory.tuning(mu, largest, over="all")
    quadratic, costs = best.quadratic, best.quadratic_worst_case
    own = {
        "rule": theory.rule.name, "over": "all", "rate": best.rate, "values": dict(best.values),
        "how": best.how, "lower_bound": best.lower_bound, "gap": best.gap, "bound_by": best.bound_by,
        "rate_on_quadratics": best.on_quadratics,
        "certificate": best.worst_case.certificate.document(),
        "quadratics": None if quadratic is None else {
            "values": {k: float(v) for k, v in quadratic.values.items()},
            "rate": float(quadratic.rate),
            "worst_case": None if costs is None else costs.document(),
        },
    }  # fmt: skip
    document = {**best.values, **own}
    lines = [f"{k} = {v:.12g}" for k, v in best.values.items()]
    lines.append(f"rate = {best.rate:.9g} on every function of the class, certified ({best.how})")
    lines.append(f"lower bound {best.lower_bound:.9g} ({best.bound_by}); gap {best.gap:.2g}")
    lines.append(f"on quadratics alone these values reach {best.on_quadratics:.9g}")
    if quadratic is None:
        lines.append("no optimum on quadratics is known to set beside it")
    else:
        shown = ", ".join(f"{k} = {float(v):.9g}" for k, v in quadratic.values.items())
        worst = "that is not decided"
        if costs is not None and costs.verdict == "converges":
            worst = f"on every function of the class {costs.rate[1]:.9g}"
        elif costs is not None and costs.cycle is not None:
            worst = (
                f"on one function of the class a cycle of {costs.cycle.steps} steps: no convergence"
            )
        lines.append(
            f"the optimum on quadratics, {shown}, has rate {float(quadratic.rate):.9g} there, and {worst}"
        )
    emit(with_held(theory, document), as_json, "\n".join(lines) + held_in(theory))


COMMAND = Command("tune", tune, "eigenstep tune heavy_ball --mu 1 --L 100")
