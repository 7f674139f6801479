"""What rules do at worst on every smooth strongly convex function, over the plane of ηL and β."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import BoundaryNorm, ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..experiments.worst_cases import KAPPAS, PIECES, PLANES, known_planes
from .drawing import COLOURS
from .entry import FigureEntry

_RATES = "cividis_r"
_LENGTHS = ("3", "4", "5", "6", "7–10", "11–")
_STARTS = np.array([2, 4, 5, 6, 7, 11, 10**6]) - 0.5
_CYCLES = ListedColormap(["#7f0000", "#b30000", "#d7301f", "#ef6548", "#fc8d59", "#fdbb84"])


def _panel(ax: Any, found: Mapping[str, np.ndarray], extent: tuple[float, ...]) -> tuple[Any, Any]:
    """One map as one picture: rates, cycles over them, white where undecided, what is unstable left grey."""
    ax.set_facecolor("#d9d9d9")
    rates = ScalarMappable(Normalize(0, 2.5), _RATES)
    cycles = ScalarMappable(BoundaryNorm(_STARTS, _CYCLES.N), _CYCLES)
    certified, caught = found["rate"] < 1, found["steps"] > 0
    cost = np.log10(-1 / np.log(np.where(certified, found["rate"], 0.5)))
    picture = np.zeros((*found["steps"].shape, 4))
    picture[found["verdict"] == "undecided"] = 1.0
    picture[certified] = rates.to_rgba(cost)[certified]
    picture[caught] = cycles.to_rgba(found["steps"])[caught]
    ax.imshow(picture, origin="lower", extent=extent, aspect="auto", interpolation="nearest")
    return rates, cycles


def _bars(figure: Figure, axes: Any, image: Any, cycles: Any) -> None:
    bar = figure.colorbar(image, ax=axes, pad=0.01, shrink=0.9, extend="both")
    bar.set_label("steps per factor e, guaranteed")
    bar.set_ticks([0, 1, 2], labels=["1", "10", "100"])
    second = figure.colorbar(cycles, ax=axes, pad=0.02, shrink=0.9, spacing="uniform")
    second.set_label("steps of a cycle")
    second.set_ticks([3, 4, 5, 6, 8.5, 11], labels=_LENGTHS)
    second.minorticks_off()


def worst_case() -> Figure:
    """Three rules at three condition numbers."""
    planes = known_planes()
    figure = Figure(figsize=(7.2, 6.4), layout="constrained")
    axes = figure.subplots(len(KAPPAS), len(PLANES), sharey=True, sharex="col")
    image: Any = None
    cycles: Any = None
    for i, kappa in enumerate(KAPPAS):
        for j, name in enumerate(PLANES):
            ax = axes[i, j]
            found = planes[name][str(kappa)]
            arrays = {k: np.array(found[k]) for k in ("steps", "verdict")}
            arrays["rate"] = np.array(
                [[np.nan if r is None else r for r in x] for x in found["rate"]]
            )
            h, beta = found["h"], found["beta"]
            image, cycles = _panel(ax, arrays, (h[0], h[-1], beta[0], beta[-1]))
            ax.plot(found["limit"], beta, color="black", linewidth=1.2, linestyle="--")
            for mark, at in (("o", found["quadratic"]), ("*", found["all"])):
                if at is not None:
                    ax.plot(*at, mark, color="white", markeredgecolor="black",
                            markersize=6 if mark == "o" else 10, clip_on=False)  # fmt: skip
            ax.set_xlim(h[0], h[-1])
            ax.set_ylim(beta[0], beta[-1])
            if j == 0:
                ax.set_ylabel(rf"$\kappa = {kappa}$" + "\n" + r"momentum $\beta$")
            if i == 0:
                ax.set_title(name, color=COLOURS.get(name, "#444444"), fontweight="bold")
            if i == len(KAPPAS) - 1:
                ax.set_xlabel(r"$\eta L$")
    _bars(figure, axes, image, cycles)
    marks = [Line2D([], [], color="black", linestyle="--", linewidth=1.2)]
    marks += [Line2D([], [], marker=m, color="white", markeredgecolor="black", linestyle="")
              for m in "o*"]  # fmt: skip
    figure.legend(marks, ["limit on quadratics", "best on quadratics", "best on all functions"],
                  loc="outside lower center", ncols=3)  # fmt: skip
    return figure


WORST_CASE = FigureEntry(
    "Worst case over every $L$-smooth, $\\mu$-strongly convex function, $\\kappa = L/\\mu$: steps per factor $e$ that "
    "are guaranteed (yellow few, blue many), or the length of a cycle that the rule never leaves on one such function (red). "
    "Left of the dashed line all converge on every quadratic. The third rule is triple momentum at "
    "$\\gamma = \\beta/4$, which is heavy ball at $\\gamma = 0$ and Nesterov’s method at $\\gamma = \\beta$.",
    "Nine colour maps over ηL and momentum β: heavy ball, Nesterov's method and a rule between them, at condition "
    "numbers 10, 25 and 100. Heavy ball's map is red with cycles in the upper right part of its triangle, and its best "
    "tuning for quadratics lies in the red; Nesterov's has no red at all; the rule between has a red corner.",
    worst_case,
    needs=PIECES,
)


def one_map(theory: Any, found: Any, axes: Mapping[str, np.ndarray]) -> Figure:
    """A map over two hyperparameters of any rule."""
    (first, x), (second, y) = axes.items()
    figure = Figure(figsize=(5.6, 4.0), layout="constrained")
    ax = figure.subplots()
    arrays = {"rate": found.rate, "steps": found.steps, "verdict": found.verdict}
    image, cycles = _panel(ax, arrays, (x[0], x[-1], y[0], y[-1]))
    ax.set_xlabel(first)
    ax.set_ylabel(second)
    ax.set_title(theory.rule.name)
    _bars(figure, [ax], image, cycles)
    return figure
