"""The figures by name, in the order in which the report's last chapter lists them."""

from __future__ import annotations

import matplotlib as mpl
from matplotlib.figure import Figure

from ..work import is_timed, register
from . import (
    adaptive,
    layerwise,
    lecture,
    lookahead,
    momentum,
    race,
    training,
    trajectories,
    worst_case,
)
from .entry import FigureEntry
from .rendering import FORMATS, STYLE, render, save

ALL_FIGURES: dict[str, FigureEntry] = {
    "regions": momentum.REGIONS,
    "worst_case": worst_case.WORST_CASE,
    "eigenvalues": momentum.EIGENVALUES,
    "rates": momentum.RATES,
    "trajectories": trajectories.TRAJECTORIES,
    "all_trajectories": trajectories.ALL_TRAJECTORIES,
    "race": race.RACE,
    "noise": momentum.NOISE,
    "adaptive_theory": adaptive.ADAPTIVE_THEORY,
    "bounds": adaptive.BOUNDS,
    "layerwise_cycles": layerwise.LAYERWISE_CYCLES,
    "lookahead_range": lookahead.LOOKAHEAD_RANGE,
    "film_contours": race.FILM_CONTOURS,
    "film_saddle": race.FILM_SADDLE,
    "lecture_curves": lecture.LECTURE_CURVES,
    "lecture_paths": lecture.LECTURE_PATHS,
    "batch_sizes": training.BATCH_SIZES,
    "sharpness": training.SHARPNESS,
    "regression": training.REGRESSION,
}


def draw(name: str) -> Figure:
    """Make a figure by name."""
    with mpl.rc_context(STYLE):
        return ALL_FIGURES[name].make()


def picture(name: str) -> bytes:
    """A figure by name as the report has it."""
    return render(draw(name), ".svg")


for _name, _entry in ALL_FIGURES.items():
    register(f"figure:{_name}", picture, _name, timed=any(map(is_timed, _entry.needs)))

__all__ = ["ALL_FIGURES", "FORMATS", "FigureEntry", "draw", "picture", "render", "save"]
