"""What the rule does at worst on every smooth strongly convex function, not only on quadratics."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import numpy as np
import sympy as sp

from ...analysis.expressions import parse
from ...optimizers.errors import EigenstepError
from ..figures.rendering import STYLE, render
from ..figures.worst_case import one_map
from ..page.markup import display
from ..page.typeset import aligned, tex
from .part import Numbers, Part, picture, reason_of
from .subject import Subject
from .theory import theory_of


def worst_case(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """The verdict on the optimum for quadratics, the best that is guaranteed, and a map."""
    found = theory_of(subject)
    theory = found.of
    mu, largest = parse(numbers.mu, {}), parse(numbers.L, {})
    best = theory.tuning(mu, largest, over="all")
    names = {k: sp.latex(s) for k, s in theory.trace.free.items()} | {"rate": r"\rho"}
    if found.nonlinear:
        names["lr"] = r"\tilde\eta"
    held = "; the rule with its second moment held still" if found.nonlinear else ""
    parts = [
        r"Here $f$ is any $L$-smooth, $\mu$-strongly convex function, of any dimension, "
        rf"$\mu = {tex(mu)}$, $L = {tex(largest)}${held}. A certificate is checked in exact arithmetic; a "
        "cycle comes with the function that the rule never leaves it on "
        "[@lessard2016; @taylor2017; @goujaud2023].\n"
    ]
    own = best.quadratic_worst_case
    if own is not None and own.cycle is not None:
        parts.append(
            f"**Tuned for quadratics it need not converge**: at the optimum above it goes round for ever in {own.cycle.steps} "
            "steps on one such function.\n"
        )
    elif own is not None and own.verdict == "converges":
        parts.append(
            f"At the optimum for quadratics above it converges on all of them, by a factor of at most {own.rate[1]:.7g} a step.\n"
        )
    lines = aligned(
        [
            (names.get(k, k), f"{float(v):.8g}")
            for k, v in {**best.values, "rate": best.rate}.items()
        ]
    )
    parts += [
        "The best rate that was found to hold on every one of them is that of\n",
        display(*lines, label="eq-worst-case"),
        rf"No tuning goes below {best.lower_bound:.7g} ({_plain(best.bound_by)}); on quadratics alone these values reach "
        f"{best.on_quadratics:.7g}.\n",
    ]
    drawn: dict[str, bytes] = {}
    refused: list[tuple[str, str]] = []
    try:
        drawn, said = _map(theory, best, numbers)
        parts += said
    except EigenstepError as error:
        refused.append(("The map of worst cases", reason_of(error, subject)))
    return Part("\n".join(parts), drawn, tuple(refused))


def _plain(words: str) -> str:
    return words.replace("1 - sqrt(mu/L)", r"$1 - \sqrt{\mu/L}$").replace(
        "(Drori & Taylor 2022)", "[@drori2022]"
    )


def _map(theory: Any, best: Any, numbers: Numbers) -> tuple[dict[str, bytes], list[str]]:
    """Over the learning rate and one more hyperparameter with a bounded domain, the others at the optimum."""
    others = [k for k in best.values if k != "lr"]
    bounded = [k for k in others if np.isfinite(theory.rule.hyperparameters[k].domain.upper)]
    if "lr" not in best.values or not bounded:
        return {}, []
    name, points = bounded[0], numbers.size(80, 30)
    domain: Any = theory.rule.hyperparameters[name].domain
    axes = {
        "lr": np.linspace(0, 2.5 * best["lr"], points + 1)[1:],
        name: np.linspace(domain.lower, domain.upper, points + 2)[1:-1],
    }
    x, y = np.meshgrid(*axes.values())
    rest = {k: best.values[k] for k in others if k != name}
    found = theory.worst_case(mu=best.mu, L=best.L, lr=x, finish=False, **{name: y}, **rest)
    with mpl.rc_context(STYLE):
        drawn = render(one_map(theory, found, axes), ".svg")
    caption = (
        "Worst case over every smooth strongly convex function: steps per factor $e$ that are guaranteed, or the length "
        "of a cycle (red); grey: not stable on a quadratic of the class; white: not decided here"
    )
    alt = "A colour map over the learning rate and one hyperparameter: guaranteed rates, and where the rule cycles."
    return {"worst-case": drawn}, [picture("worst-case", caption + ".", alt, 75)]
