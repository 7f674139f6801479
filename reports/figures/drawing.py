"""Drawing. Each function takes what it shows, theory or runs, and computes no theory of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

COLOURS = {"gradient descent": "#0072B2", "heavy ball": "#D55E00", "Nesterov": "#009E73"}
"""One colour a rule in every figure (Okabe and Ito's colour-blind safe palette)."""
_FAMILIES: dict[str, tuple[str, ...]] = {
    "#0072B2": ("gradient_descent",), "#D55E00": ("heavy_ball",), "#009E73": ("nesterov",),
    "#CC79A7": ("adagrad", "rmsprop", "adadelta"), "#E69F00": ("adam", "adamw", "adamax", "nadam"),
    "#56B4E9": ("amsgrad", "radam", "yogi"), "#8C6D31": ("adabound", "amsbound"),
    "#6A51A3": ("lars", "lamb", "ralamb"), "#555555": ("ranger", "ranger_lars"),
    "#17A2A2": ("qhm", "aggmo", "triple_momentum"), "#C0392B": ("signum", "lion", "rprop"),
    "#7CB342": ("asgd", "schedule_free_sgd", "schedule_free_adamw"), "#3F51B5": ("ademamix", "adan", "mars"),
    "#B56576": ("adopt", "laprop"),
}  # fmt: skip
"""A colour a family, and its members told apart by lightness."""


_SHADES = (0.0, 0.5, -0.4, 0.25)
"""How much lighter or darker the members of a family are."""


def rule_colours() -> dict[str, str]:
    """The colour of every rule, the same in all figures."""
    found = {}
    for colour, members in _FAMILIES.items():
        base = np.array(to_rgb(colour))
        for shade, name in zip(_SHADES, members, strict=False):
            mixed = base + shade * (1 - base) if shade > 0 else base * (1 + shade)
            found[name] = to_hex(tuple(mixed))
    return found


def spread(last: int, count: int) -> np.ndarray:
    """At most so many whole numbers from 1 to the last, evenly on a logarithmic axis."""
    return np.unique(np.geomspace(1, last, count).astype(int))


def titled(name: str, settings: Mapping[str, float]) -> str:
    """A rule's name and its settings by their symbols."""
    symbols = {"lr": "η", "beta": "β", "gamma": "γ"}
    return ", ".join([name, *(f"{symbols[k]} = {v:g}" for k, v in settings.items())])


def _figure(width: float, height: float, columns: int, **options: Any) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False, **options)
    return figure, list(axes[0])


def regions(
    theories: Mapping[str, Any], simulated: Mapping[str, np.ndarray],
    eta_lambda: np.ndarray, beta: np.ndarray,
) -> Figure:  # fmt: skip
    """Spectral radius over (ηλ, β), the exact boundary over the simulated one.

    Args:
        theories: derived theory by method.
        simulated: measured growth per step by method, (len(beta), len(eta_lambda)).
        eta_lambda, beta: the grid's axes.
    """
    figure, axes = _figure(7.2, 2.7, len(theories), sharey=True)
    image: Any = None
    for ax, (method, theory) in zip(axes, theories.items(), strict=True):
        others = {"beta": beta[:, None]} if "beta" in theory.free else {}
        radius = theory.spectral_radius(eta_lambda=eta_lambda[None, :], **others)
        radius = np.broadcast_to(radius, (len(beta), len(eta_lambda)))
        extent = (eta_lambda[0], eta_lambda[-1], beta[0], beta[-1])
        image = ax.imshow(
            radius, origin="lower", extent=extent, aspect="auto", vmin=0, vmax=1.5, cmap="cividis",
            interpolation="nearest",
        )  # fmt: skip
        ax.contour(
            eta_lambda, beta, simulated[method], levels=[1.0], colors="white", linewidths=3.5
        )
        ends = [theory.stable_interval(**({"beta": b} if others else {}))[1] for b in beta[::4]]
        ax.plot(ends, beta[::4], color="black", linewidth=1.2, linestyle="--")
        ax.set_title(method, color=COLOURS[method], fontweight="bold")
        ax.set_xlabel(r"$\eta\lambda$")
        ax.set_xlim(eta_lambda[0], eta_lambda[-1])
    axes[0].set_ylabel(r"momentum $\beta$")
    bar = figure.colorbar(image, ax=axes, extend="max", pad=0.02)
    bar.set_label(r"spectral radius $\rho$")
    handles = [Line2D([], [], color="white", linewidth=3.5),
               Line2D([], [], color="black", linestyle="--", linewidth=1.2)]  # fmt: skip
    figure.legend(
        handles, ["simulated boundary", "exact boundary"], loc="outside lower center", ncols=2,
        facecolor="#888888", framealpha=1,
    )  # fmt: skip
    return figure


def eigenvalue_paths(theories: Mapping[str, Any], beta: float) -> Figure:
    """The eigenvalues in the complex plane as ηλ grows from 0 to 1.15 times its limit."""
    figure, axes = _figure(7.2, 2.8, len(theories), sharey=True)
    points: Any = None
    angle = np.linspace(0, 2 * np.pi, 400)
    circle = np.cos(angle), np.sin(angle)
    for ax, (method, theory) in zip(axes, theories.items(), strict=True):
        others = {"beta": beta} if "beta" in theory.free else {}
        limit = theory.stable_interval(**others)[1]
        h = np.linspace(0, 1.15 * limit, 80)
        roots = theory.eigenvalues_at(eta_lambda=h, **others)
        ax.fill(*circle, color="#eeeeee", zorder=0)
        ax.plot(*circle, color="#888888", linewidth=0.8)
        for column in roots.T:
            points = ax.scatter(
                column.real, column.imag, c=h / limit, s=5, cmap="viridis", vmin=0, vmax=1.15
            )
        at_limit = theory.eigenvalues_at(eta_lambda=limit, **others)
        worst = at_limit[np.argmax(np.abs(at_limit))]
        ax.plot(worst.real, worst.imag, marker="*", markersize=11, color="black")
        label = rf"{method}, $\beta={beta:g}$" if others else method
        ax.set_title(label, color=COLOURS[method], fontweight="bold")
        ax.set_aspect("equal")
        ax.set_xlim(-1.5, 1.2)
        ax.set_ylim(-1.2, 1.2)
        ax.set_xlabel(r"Re $z$")
    axes[0].set_ylabel(r"Im $z$")
    bar = figure.colorbar(points, ax=axes, pad=0.02, shrink=0.75)
    bar.set_label(r"$\eta\lambda$ / largest stable $\eta\lambda$")
    return figure


def rates(theories: Mapping[str, Any], kappa: np.ndarray) -> Figure:
    """Steps that optimal tuning needs to shrink the error by a factor e, against κ = L/μ."""
    figure, (ax,) = _figure(5.2, 3.0, 1)
    bound = (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)
    ax.loglog(kappa, -1 / np.log(bound), color="#bbbbbb", linewidth=6, solid_capstyle="butt",
              label=r"lower bound $(\sqrt{\kappa}-1)/(\sqrt{\kappa}+1)$")  # fmt: skip
    for method, theory in theories.items():
        rate = np.array([theory.tuning(1.0, float(k)).rate for k in kappa])
        ax.loglog(kappa, -1 / np.log(rate), color=COLOURS[method], linewidth=1.6, label=method)
    ax.set_xlabel(r"condition number $\kappa = L/\mu$")
    ax.set_ylabel(r"steps per factor e: $-1/\ln\rho$")
    ax.legend(frameon=False)
    return figure


@dataclass(frozen=True)
class Path2D:
    """A trajectory on a quadratic in two dimensions and the theory's word on it."""

    title: str
    method: str
    points: np.ndarray
    radius: float


def trajectories(paths: Sequence[Path2D], curvatures: tuple[float, float]) -> Figure:
    """Iterates on the contours of ½(λ₁x₁² + λ₂x₂²)."""
    figure, axes = _figure(8.6, 2.5, len(paths), sharey=True)
    x, y = np.meshgrid(np.linspace(-6, 4, 70), np.linspace(-3.2, 3.2, 60))
    height = 0.5 * (curvatures[0] * x**2 + curvatures[1] * y**2)
    for ax, path in zip(axes, paths, strict=True):
        ax.contour(x, y, height, levels=np.geomspace(0.05, 25, 9), colors="#b8c4d0", linewidths=0.7)
        ax.plot(*path.points.T, "o-", color=COLOURS[path.method], markersize=2.5, linewidth=0.9)
        ax.plot(0, 0, "+", color="black", markersize=7)
        ax.set_xlim(-6, 4)
        ax.set_ylim(-3.2, 3.2)
        ax.set_title(f"{path.title}\n$\\rho={path.radius:.3f}$", color=COLOURS[path.method])
        ax.set_xlabel("$x_1$")
    axes[0].set_ylabel("$x_2$")
    return figure


def gallery(
    paths: Sequence[tuple[str, np.ndarray]], curvatures: tuple[float, float], columns: int = 5
) -> Figure:
    """Small multiples: (title, points (n, 2)) on the contours of ½(λ₁x₁² + λ₂x₂²).

    A title begins with the rule's name.
    """
    rows = -(-len(paths) // columns)
    figure = Figure(figsize=(8.6, 1.72 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    x, y = np.meshgrid(np.linspace(-6, 4, 36), np.linspace(-3.2, 3.2, 30))
    height = 0.5 * (curvatures[0] * x**2 + curvatures[1] * y**2)
    colours = rule_colours()
    for ax in axes.flat[len(paths) :]:
        ax.set_visible(False)
    for ax, (title, points) in zip(axes.flat, paths, strict=False):
        ax.contour(x, y, height, levels=np.geomspace(0.05, 25, 5), colors="#b8c4d0", linewidths=0.6)
        colour = colours.get(title.partition(",")[0], COLOURS["gradient descent"])
        ax.plot(*points.T, "o-", color=colour, markersize=1.8, linewidth=0.8, markevery=4)
        ax.plot(0, 0, "+", color="black", markersize=6)
        ax.set_xlim(-6, 4)
        ax.set_ylim(-3.2, 3.2)
        ax.set_title(title, fontsize=8)
    for ax in axes[-1]:
        ax.set_xlabel("$x_1$")
    for ax in axes[:, 0]:
        ax.set_ylabel("$x_2$")
    return figure


@dataclass(frozen=True)
class Surface:
    """A surface's heights on a grid and the paths of rules on it, by name."""

    title: str
    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    paths: Mapping[str, np.ndarray]


def surfaces(panels: Sequence[Surface]) -> Figure:
    """Paths on contours, a panel a surface; one colour a rule."""
    figure = Figure(figsize=(8.6, 5.4), layout="constrained")
    axes = figure.subplots(2, 2, squeeze=False)
    colours = rule_colours()
    for ax, panel in zip(axes.flat, panels, strict=True):
        shown = np.log1p(panel.height - panel.height.min())
        ax.contour(panel.x, panel.y, shown, levels=12, colors="#b8c4d0", linewidths=0.6)
        for name, path in panel.paths.items():
            ax.plot(*path.T, color=colours[name], linewidth=1.2, label=name.replace("_", " "))
            ax.plot(*path[-1], "o", color=colours[name], markersize=3.5)
        ax.plot(*next(iter(panel.paths.values()))[0], "o", color="black", markersize=3.5)
        ax.set_xlim(panel.x.min(), panel.x.max())
        ax.set_ylim(panel.y.min(), panel.y.max())
        ax.set_title(panel.title)
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=7.5)
    return figure


def curves(
    panels: Sequence[tuple[str, str, Sequence[tuple[str, np.ndarray, np.ndarray]]]],
    scales: Sequence[str] = (),
    levels: Sequence[float | None] = (),
    window: tuple[float, float] | None = None,
) -> Figure:
    """Small panels of lines: (title, label of x, lines), a line being (label, x, y).

    A line whose label begins with a rule's name has that rule's colour.

    Args:
        panels: two a row.
        scales: of each panel, of the letters x and y those whose axis is logarithmic.
        levels: a dotted horizontal line in each panel, or None.
        window: the ends of all vertical axes.
    """
    figure = Figure(figsize=(8.6, 2.5 * -(-len(panels) // 2)), layout="constrained")
    axes = figure.subplots(-(-len(panels) // 2), 2, squeeze=False)
    styles, colours = ("-", "--", "-.", ":"), rule_colours()
    wanted = zip(
        axes.flat, panels, scales or [""] * len(panels), levels or [None] * len(panels), strict=True
    )
    for ax, (title, label, lines), scale, level in wanted:
        for (name, x, y), colour, style in zip(lines, _SERIES, styles, strict=False):
            ax.plot(
                x,
                y,
                style,
                color=colours.get(name.lower().partition(" ")[0], colour),
                linewidth=1.5,
                label=name,
            )
        for axis in scale:
            getattr(ax, f"set_{axis}scale")("log")
        if window is not None:
            ax.set_ylim(*window)
        if level is not None:
            ax.axhline(level, color="#888888", linestyle=":", linewidth=1)
        ax.set_title(title)
        ax.set_xlabel(label)
        ax.legend(frameon=False, fontsize=7.5)
    return figure


_SERIES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")


def losses(runs: Mapping[str, Mapping[str, Sequence[float]]], least: float) -> Figure:
    """Loss against examples seen, and against time where that was measured; the least possible dotted."""
    timed = all("seconds" in run for run in runs.values())
    figure, axes = _figure(8.0 if timed else 5.2, 3.0, 1 + timed, sharey=True)
    for ax, key, label, first in zip(
        axes, ("examples", "seconds"), ("examples seen", "seconds of updates"), (30, 1e-5), strict=False
    ):  # fmt: skip
        styles = zip(_SERIES, ("-", "--", "-.", (0, (5, 1))), strict=True)
        for (name, run), (colour, style) in zip(runs.items(), styles, strict=True):
            ax.semilogx(np.maximum(run[key], first), run["losses"], linestyle=style, color=colour,
                        linewidth=1.6, label=name)  # fmt: skip
        ax.axhline(least, color="#888888", linestyle=":", linewidth=1)
        ax.set_xlabel(label)
    axes[0].set_ylabel("loss")
    axes[0].legend(frameon=False)
    return figure


def sharpness(found: Mapping[str, Any]) -> Figure:
    """Sharpness during training against the limit of the linear theory, and the loss."""
    figure = Figure(figsize=(8.6, 3.6), layout="constrained")
    axes = figure.subplots(
        2, len(found["runs"]), squeeze=False, sharex=True, height_ratios=(3, 1.4)
    )
    for column, (name, run) in enumerate(found["runs"].items()):
        top, bottom = axes[:, column]
        colour = COLOURS.get(name, rule_colours()["adam"])
        top.plot(run["step"], run["sharpness"], color=colour, linewidth=1.4)
        top.axhline(found["limits"][name], color="black", linestyle="--", linewidth=1)
        top.set_ylim(0, 1.25 * found["limits"][name])
        top.set_title(name, color=colour, fontweight="bold")
        bottom.semilogy(run["step"], run["loss"], color=colour, linewidth=1.2)
        bottom.set_xlabel("step")
    axes[0, 0].set_ylabel("sharpness; dashed: limit")
    axes[1, 0].set_ylabel("loss")
    return figure


@dataclass(frozen=True)
class NoiseCurve:
    """Stationary variance against ηλ, in theory and measured with its standard error."""

    method: str
    label: str
    eta_lambda: np.ndarray
    theory: np.ndarray
    sampled_at: np.ndarray
    measured: np.ndarray
    standard_error: np.ndarray


def noise_floor(curves: Sequence[NoiseCurve]) -> Figure:
    """Stationary variance of θ for unit gradient noise at λ = 1."""
    figure, (ax,) = _figure(5.2, 3.0, 1)
    for curve in curves:
        colour = COLOURS[curve.method]
        ax.loglog(curve.eta_lambda, curve.theory, color=colour, linewidth=1.4, label=curve.label)
        ax.errorbar(curve.sampled_at, curve.measured, 2 * curve.standard_error, fmt="o",
                    color=colour, markersize=3.5, capsize=2, linewidth=0.8)  # fmt: skip
    ax.set_xlabel(r"$\eta\lambda$ (at $\lambda = 1$)")
    ax.set_ylabel(r"stationary variance of $\theta$")
    ax.plot([], [], "o", color="#555555", markersize=3.5, label="simulated, ±2 standard errors")
    ax.legend(frameon=False)
    return figure


def regression_runs(runs: Sequence[Any]) -> Figure:
    """Loss above its minimum during training, and the slope that theory predicts."""
    methods = list(dict.fromkeys(r.method for r in runs))
    figure, axes = _figure(7.2, 3.2, len(methods), sharey=True)
    for ax, method in zip(axes, methods, strict=True):
        for run, style in zip(
            [r for r in runs if r.method == method], ("-", "--", ":"), strict=True
        ):
            steps = np.arange(len(run.losses))
            shown = (run.losses > 1e-22) & (run.losses < 1e12)
            end = len(shown) if shown.all() else int(np.argmin(shown))
            ax.semilogy(steps[:end], run.losses[:end], style, color=COLOURS[method], linewidth=1.4,
                        label=f"{run.setting}, ρ = {run.predicted:.4f}")  # fmt: skip
        ax.set_title(method, color=COLOURS[method], fontweight="bold")
        ax.set_xlabel("step")
        ax.set_ylim(1e-22, 1e12)
        ax.set_xlim(0, 250)
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(-0.05, -0.24), fontsize=7.5)
    axes[0].set_ylabel("loss above its minimum")
    return figure


TAIL = 40
"""Steps of the past that an animation still shows."""


def film(panel: Surface, moments: Sequence[int]) -> Figure:
    """Moments of an animation, a frame each: where all rules are, and their last steps."""
    rows = -(-len(moments) // 3)
    figure = Figure(figsize=(8.6, 2.35 * rows + 0.9), layout="constrained")
    axes = figure.subplots(rows, 3, squeeze=False, sharex=True, sharey=True)
    colours = rule_colours()
    shown = np.log1p(panel.height - panel.height.min())
    for ax, moment in zip(axes.flat, moments, strict=True):
        ax.contour(panel.x[::2, ::2], panel.y[::2, ::2], shown[::2, ::2], levels=7, colors="#b8c4d0",
                   linewidths=0.5)  # fmt: skip
        for name, path in panel.paths.items():
            part = path[max(0, moment - TAIL) : moment + 1]
            ax.plot(*part.T, color=colours[name], linewidth=0.9, label=name.replace("_", " "))
            if len(path) > moment:  # it has not left the numbers
                ax.plot(*part[-1], "o", color=colours[name], markersize=3)
        ax.set_xlim(panel.x.min(), panel.x.max())
        ax.set_ylim(panel.y.min(), panel.y.max())
        ax.set_title(f"step {moment}")
    handles, labels = axes.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=7, fontsize=7)
    return figure
