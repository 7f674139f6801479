"""``eigenstep worst-case``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...optimizers.errors import UnknownName
from .command import Command
from .options import Hold, Json, RuleName, Scheduler, Settings
from .output import emit
from .settings import BadOption, check_used, held_in, settings_of, theory_at, with_held


def worst_case(
    rule: RuleName,
    mu: Annotated[str, typer.Option("--mu", help="strong convexity, > 0")],
    largest: Annotated[str, typer.Option("--L", help="smoothness, > mu")],
    settings: Settings = None,
    hold: Hold = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="NAME=LOW:HIGH:COUNT", help="a map over one parameter, or over two"
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="of a map of two: .svg, .pdf or .png")
    ] = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """What a linear rule does at worst on every L-smooth mu-strongly convex function.

    It converges on all of them, at a rate that is certified; or it cycles on one, which is found.
    """
    from ...analysis.expressions import parse

    theory, point = theory_at(rule, settings, hold=hold)
    ends = parse(mu, {}), parse(largest, {})
    if over:
        _map(theory, ends, point, over, out, scheduler, as_json)
        return
    if out is not None or scheduler is not None:
        raise BadOption("--out and --scheduler are used by a map only: --map NAME=LOW:HIGH:COUNT")
    names = [*theory.transfer.symbols]
    check_used(theory, {k: v for k, v in point.items() if k not in names}, "worst-case", names)
    found = theory.worst_case(mu=ends[0], L=ends[1], **point)
    emit(with_held(theory, found.document()), as_json, said(found) + held_in(theory))


def said(found: Any) -> str:
    """The worst case at a point in a few lines."""
    low, high = found.rate
    name = (
        f"L-smooth, mu-strongly convex functions, mu = {float(found.mu):g}, L = {float(found.L):g}"
    )
    lines = []
    if found.verdict == "converges":
        lines.append(f"converges on all {name}")
        lines.append(f"rate per step between {_rate(low)} and {_rate(high)}, both proved")
    elif found.verdict == "cycles":
        cycle = found.cycle
        kind = (
            f"a regular polygon visited in steps of {cycle.star}"
            if cycle.star
            else f"harmonics {', '.join(map(str, cycle.energies))}"
        )
        lines.append(f"cycles on one of the {name}")
        lines.append(
            f"a cycle of {cycle.steps} steps ({kind}), by a margin of {cycle.margin:.3g}; --json has its "
            "points and gradients"
        )
        lines.append(
            "f(x) = mu/2 |x|^2 + (L - mu)/2 dist(x, conv{c_t})^2, c_t = y_t - (g_t - mu y_t)/(L - mu)"
        )
    else:
        lines.append(f"undecided over the {name}: neither a certificate nor a cycle was found")
    if found.certificate is not None:
        weights = ", ".join(f"lambda_{d} = {w}" for d, w in found.certificate.multipliers.items())
        what = "certificate" if found.rate[1] < 1 else "no run grows faster than rho^t; certificate"
        lines.append(f"{what}: rho = {found.certificate.rho}{', ' + weights if weights else ''}")
    return "\n".join(lines)


def _rate(rate: float) -> str:
    """Nine digits; near 1 those of what is missing."""
    return f"1 - {1 - rate:.3g}" if 1 - 1e-6 < rate < 1 else f"{rate:.9g}"


def _axis(name: str, text: str) -> Any:
    import numpy as np

    from ...analysis.expressions import ExpressionError, parse

    parts = text.split(":")
    try:
        low, high = (float(parse(p, {})) for p in parts[:2])
        (count,) = map(int, parts[2:])
    except (ExpressionError, TypeError, ValueError):
        raise BadOption(f"--map {name}: {text!r} is not of the form LOW:HIGH:COUNT") from None
    if not (low < high and 2 <= count <= 2000):
        raise BadOption(f"--map {name}: it needs LOW < HIGH and a COUNT from 2 to 2000")
    return np.linspace(low, high, count)


def _map(
    theory: Any, ends: tuple[Any, Any], point: dict[str, Any], over: list[str], out: Path | None,
    scheduler: str | None, as_json: bool,
) -> None:  # fmt: skip
    import numpy as np

    names = [*theory.transfer.symbols]
    axes = {k: _axis(k, v) for k, v in settings_of(over, "--map").items()}
    for name in axes:
        if name not in names:
            raise UnknownName(f"free parameter of {theory.rule.name}", name, names)
        if name in point:
            raise BadOption(f"{name} is set and mapped over")
    if len(axes) > 2:
        raise BadOption("--map is given for one parameter or for two")
    if out is not None and len(axes) != 2:
        raise BadOption("--out draws a map over two parameters")
    from ..experiments.worst_cases import map_over

    found = map_over(theory, *ends, point, axes, scheduler=scheduler)
    verdicts, counts = np.unique(found.verdict, return_counts=True)
    words = {str(v): int(n) for v, n in zip(verdicts, counts, strict=True)}
    document = {
        "rule": theory.rule.name, "mu": float(ends[0]), "L": float(ends[1]), "counts": words,
        "axes": {k: v.tolist() for k, v in axes.items()}, "verdict": found.verdict.tolist(),
        "rate": _nullable(found.rate), "quadratic_rate": found.quadratic_rate.tolist(),
        "steps": found.steps.tolist(), "star": found.star.tolist(),
    }  # fmt: skip
    text = ", ".join(f"{n} {v}" for v, n in words.items()) + f" of {found.verdict.size} points"
    if out is not None:
        import matplotlib as mpl

        from ..figures.rendering import STYLE, save
        from ..figures.worst_case import one_map

        with mpl.rc_context(STYLE):
            save(lambda _: one_map(theory, found, axes), "map", out)
        document["out"], text = str(out), f"{text}\n{out}"
    emit(with_held(theory, document), as_json, text + held_in(theory))


def _nullable(rates: Any) -> Any:
    """Rates as JSON has them: null where there is none."""
    if rates.ndim > 1:
        return [_nullable(row) for row in rates]
    return [None if r != r else float(r) for r in rates]


COMMAND = Command(
    "worst-case", worst_case,
    "eigenstep worst-case heavy_ball --mu 1 --L 25 --set lr=1/9 --set beta=4/9",
)  # fmt: skip
