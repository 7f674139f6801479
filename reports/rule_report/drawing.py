"""Figures of a report on one rule; each shows what it is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from ..figures.rendering import STYLE, render
from .part import OTHER, RULE


@dataclass(frozen=True)
class Map:
    """Spectral radius over the step and one hyperparameter.

    Attributes:
        symbol: the hyperparameter's, in TeX.
        x, y: the axes.
        radius: (len(y), len(x)).
        measured: growth of the rule's own runs, of the same shape, or None.
        exact: the limit of the step, and where on the second axis.
        value: the report's number for the hyperparameter.
    """

    symbol: str
    x: np.ndarray
    y: np.ndarray
    radius: np.ndarray
    measured: np.ndarray | None
    exact: tuple[np.ndarray, np.ndarray]
    value: float


@dataclass(frozen=True)
class Radius:
    """Spectral radius against the step, where nothing else is free."""

    x: np.ndarray
    radius: np.ndarray
    measured: np.ndarray | None
    limit: float


@dataclass(frozen=True)
class Roots:
    """Eigenvalues as the step grows: (steps, order)."""

    h: np.ndarray
    roots: np.ndarray
    limit: float


def stability(panels: Sequence[Any], product: bool) -> bytes:
    """Maps of the spectral radius and the eigenvalues beside them."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(2.3 * len(panels) + 0.7, 2.4), layout="constrained")
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        figure.get_layout_engine().set(wspace=0.06)  # type: ignore[union-attr, call-arg]
        label = r"$\eta\lambda$" if product else r"$\lambda$"
        image: Any = None
        shown = []
        for ax, panel in zip(axes, panels, strict=True):
            if isinstance(panel, Map):
                image = _map(ax, panel)
                shown.append(ax)
                ax.set_xlabel(label)
            elif isinstance(panel, Radius):
                _radius(ax, panel)
                ax.set_xlabel(label)
            else:
                _roots(ax, panel)
        if image is not None:
            figure.colorbar(image, ax=shown, extend="max", pad=0.02).set_label(
                r"spectral radius $\rho$"
            )
        return render(figure, ".svg")


def _map(ax: Any, panel: Map) -> Any:
    extent = (panel.x[0], panel.x[-1], panel.y[0], panel.y[-1])
    image = ax.imshow(panel.radius, origin="lower", extent=extent, aspect="auto", vmin=0, vmax=1.5,
                      cmap="cividis", interpolation="nearest")  # fmt: skip
    if panel.measured is not None and panel.measured.min() < 1 < np.nanmax(panel.measured):
        clipped = np.nan_to_num(np.minimum(panel.measured, 2.0), nan=2.0)
        ax.contour(panel.x, panel.y, clipped, levels=[1.0], colors="white", linewidths=3.5)
    inside = panel.exact[0] <= panel.x[-1]
    ax.plot(np.where(inside, panel.exact[0], np.nan), panel.exact[1], "k--", linewidth=1.2)
    if panel.y[0] <= panel.value <= panel.y[-1]:
        ax.axhline(panel.value, color="white", linewidth=0.8, linestyle=":")
    ax.set_xlim(panel.x[0], panel.x[-1])
    ax.set_ylim(panel.y[0], panel.y[-1])
    ax.set_ylabel(f"${panel.symbol}$")
    return image


def _radius(ax: Any, panel: Radius) -> None:
    ax.plot(panel.x, panel.radius, color=RULE, linewidth=1.6)
    if panel.measured is not None:
        every = max(1, len(panel.x) // 18)
        ax.plot(panel.x[::every], panel.measured[::every], "o", color="black", markersize=3)
    ax.axhline(1, color="#888888", linewidth=0.8)
    if math.isfinite(panel.limit):
        ax.axvline(panel.limit, color="black", linestyle="--", linewidth=1)
    ax.set_ylabel(r"spectral radius $\rho$")
    ax.set_ylim(0, None)


def _roots(ax: Any, panel: Roots) -> None:
    angle = np.linspace(0, 2 * np.pi, 200)
    ax.fill(np.cos(angle), np.sin(angle), color="#eeeeee", zorder=0)
    ax.plot(np.cos(angle), np.sin(angle), color="#888888", linewidth=0.8)
    for column in panel.roots.T:
        ax.scatter(column.real, column.imag, c=panel.h, s=5, cmap="viridis")
    if math.isfinite(panel.limit):
        nearest = panel.roots[np.argmin(np.abs(panel.h - panel.limit))]
        worst = nearest[np.argmax(np.abs(nearest))]
        ax.plot(worst.real, worst.imag, marker="*", markersize=10, color="black")
    ax.set_aspect("equal")
    ax.set_xlim(-1.45, 1.25)
    ax.set_ylim(-1.25, 1.25)
    ax.set_xlabel(r"Re $z$")
    ax.set_ylabel(r"Im $z$")


@dataclass(frozen=True)
class Landscape:
    """A surface's heights on a grid, and the paths of the two rules on it by their names."""

    title: str
    x: np.ndarray
    y: np.ndarray
    height: np.ndarray
    paths: Mapping[str, np.ndarray]


def landscapes(panels: Sequence[Landscape]) -> bytes:
    """Paths on contours, a panel a surface; the first rule in the report's colour."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.6, 5.2), layout="constrained")
        axes = figure.subplots(2, 2, squeeze=False)
        lines: dict[str, Any] = {}
        for ax, panel in zip(axes.flat, panels, strict=False):
            shown = np.log1p(panel.height - panel.height.min())
            ax.contour(panel.x, panel.y, shown, levels=12, colors="#b8c4d0", linewidths=0.6)
            for (name, path), colour in zip(panel.paths.items(), (RULE, OTHER), strict=True):
                (lines[name],) = ax.plot(*path.T, "-", color=colour, linewidth=1.2)
                ax.plot(*path[-1], "o", color=colour, markersize=4)
                ax.plot(*path[0], "o", color="black", markersize=4)
            ax.set_xlim(panel.x.min(), panel.x.max())
            ax.set_ylim(panel.y.min(), panel.y.max())
            ax.set_title(panel.title)
        for ax in axes.flat[len(panels) :]:
            ax.set_visible(False)
        figure.legend(
            lines.values(), [_literal(n) for n in lines], loc="outside lower center", ncols=2
        )
        return render(figure, ".svg")


def _literal(text: str) -> str:
    """A name as it is: without mathematics, and with what a legend would hide."""
    return " " + text.replace("$", r"\$")


@dataclass(frozen=True)
class Sweep:
    """A rule's runs: the loss at the end by learning rate, and the loss on the way at the best."""

    rates: np.ndarray
    last: np.ndarray
    seen: np.ndarray
    losses: np.ndarray


def sweeps(found: Mapping[str, Sweep], start: float, unit: str) -> bytes:
    """Left the loss at the end against the learning rate, right the loss on the way at each rule's best."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(8.0, 2.9), layout="constrained")
        left, right = figure.subplots(1, 2)
        for (name, sweep), colour in zip(found.items(), (RULE, OTHER), strict=True):
            inside = np.isfinite(sweep.last) & (sweep.last < 3 * start)
            if len(sweep.rates) > 1:
                shown = np.where(inside, sweep.last, np.nan)
                left.plot(sweep.rates, shown, "o-", color=colour, markersize=3.5, linewidth=1.2)
                at = int(np.argmin(np.where(inside, sweep.last, np.inf)))
                if inside.any():
                    left.plot(
                        sweep.rates[at],
                        sweep.last[at],
                        "o",
                        color=colour,
                        markersize=8,
                        fillstyle="none",
                    )
            elif inside.any():
                left.axhline(sweep.last[0], color=colour, linewidth=1.2)
            right.plot(sweep.seen, sweep.losses, color=colour, linewidth=1.5, label=_literal(name))
        left.set_xscale("log")
        for ax in (left, right):
            ax.set_yscale("log")
        left.axhline(start, color="#888888", linestyle=":", linewidth=1)
        left.set_xlabel("learning rate")
        left.set_ylabel("loss at the end")
        right.set_xlabel(unit)
        right.set_ylabel("loss")
        right.legend(frameon=False)
        return render(figure, ".svg")
