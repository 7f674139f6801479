"""Paths on the contours of the lecture’s quadratic."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from ...analysis import derive
from ...analysis.simulation import simulate
from ...optimizers.rules import ALL_RULES
from ..experiments.linear_rules import RULES
from ..experiments.seed_quadratic import CURVATURES, START
from . import drawing
from .drawing import Path2D, titled
from .entry import FigureEntry

SETTINGS = (
    ("gradient descent", 0.4, None),
    ("gradient descent", 0.5, None),
    ("gradient descent", 0.6, None),
    ("heavy ball", 0.6, 0.5),
    ("heavy ball", 0.6, 0.25),
)
STEPS = 20
GALLERY_SETTINGS: dict[str, dict[str, Any]] = {
    "heavy_ball": {"lr": 0.6, "beta": 0.5}, "nesterov": {"lr": 0.2, "beta": 0.5},
    "adadelta": {"lr": 1.0}, "lars": {"lr": 0.1}, "lamb": {"lr": 0.1}, "ralamb": {"lr": 0.1},
    "ranger_lars": {"lr": 0.1}, "signum": {"lr": 0.1}, "lion": {"lr": 0.1}, "rprop": {"lr": 0.1},
    "qhm": {"lr": 0.4, "beta": 0.5}, "aggmo": {"lr": 0.05}, "triple_momentum": {"lr": 0.2, "beta": 0.5},
}  # fmt: skip
"""What the gallery of all optimizers sets; the others have η = 0.4, as the lecture's Adagrad."""


def seed_paths() -> list[Path2D]:
    """The lecture's trajectories on 0.1x₁² + 2x₂², run by our rules."""
    paths = []
    for method, lr, beta in SETTINGS:
        theory = derive(RULES[method])
        others: dict[str, Any] = {} if beta is None else {"beta": beta}
        run = simulate(RULES[method], STEPS, curvature=np.array(CURVATURES),
                       start=START, lr=lr, **others)  # fmt: skip
        radius = theory.spectral_radius(eta_lambda=lr * np.array(CURVATURES), **others).max()
        title = rf"{method}, $\eta={lr:g}$" + ("" if beta is None else rf", $\beta={beta:g}$")
        paths.append(Path2D(title, method, run.theta, float(radius)))
    return paths


def trajectories() -> Figure:
    """The lecture's five settings."""
    return drawing.trajectories(seed_paths(), CURVATURES)


TRAJECTORIES = FigureEntry(
    "Twenty steps on the contours of 0.1x₁² + 2x₂² from (−5, −2). At η = 0.5 gradient descent "
    "sits exactly on its limit ηλ₂ = 2.",
    "Five contour plots. Gradient descent at 0.4 oscillates in and converges, at 0.5 bounces "
    "for ever between two lines, at 0.6 diverges; heavy ball at 0.6 converges with beta 0.5 "
    "and, slowly, with beta 0.25.",
    trajectories,
)


def all_trajectories(steps: int = 40) -> Figure:
    """Every rule on the lecture's quadratic."""
    paths = []
    for name, rule in ALL_RULES.items():
        chosen: dict[str, Any] = GALLERY_SETTINGS.get(name, {"lr": 0.4})
        run = simulate(rule, steps, curvature=np.array(CURVATURES), start=START, **chosen)
        paths.append((titled(name, chosen), run.theta))
    return drawing.gallery(paths, CURVATURES)


ALL_TRAJECTORIES = FigureEntry(
    "Forty steps of every optimizer on the contours of 0.1x₁² + 2x₂² from (−5, −2), with the "
    "learning rate shown and the paper’s other hyperparameters.",
    "Small contour plots, one an optimizer. The adaptive ones leave the start along a "
    "diagonal, as each coordinate moves at its own scale; Adadelta hardly moves in forty steps; "
    "the layer-wise ones take steps in proportion to the distance from the origin.",
    all_trajectories,
)
