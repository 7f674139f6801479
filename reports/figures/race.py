"""The race on four surfaces, and two of them in motion."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import sympy as sp
from matplotlib.figure import Figure

from ...optimizers.rules import ALL_RULES
from ..experiments.race import ANGLE, FILM, KAPPA, SHOWN, SURFACES, X, Y, race_rates, run_on
from . import drawing
from .drawing import Surface
from .entry import FigureEntry


def _on(name: str, rules: Iterable[str], steps: int) -> Surface:
    """Paths of rules on a surface of the race, κ = 10, turned by half a radian."""
    f, _, (left, right, bottom, top) = SURFACES[name]
    x, y = np.meshgrid(np.linspace(left, right, 80), np.linspace(bottom, top, 60))
    height = sp.lambdify((X, Y, KAPPA, ANGLE), f, "numpy")(x, y, 10.0, 0.5)
    eta = race_rates(name)
    paths = {n: run_on(ALL_RULES[n], name, eta[n], steps, 10.0, 0.5) for n in rules}
    return Surface(name, x, y, height, paths)


def race(steps: int = 150) -> Figure:
    """The race's four surfaces with what it shows at first."""
    return drawing.surfaces([_on(name, SHOWN, steps) for name in SURFACES])


RACE = FigureEntry(
    "150 steps of eight optimizers on a quadratic (κ = 10, turned), at a saddle point, on Rosenbrock’s "
    "(with 10 in place of 100) and Beale’s functions, from the black dot.",
    "Four contour plots with paths of eight optimizers. On the turned quadratic the momentum methods "
    "overshoot and come back; at the saddle the adaptive rules leave first; in Rosenbrock's curved "
    "valley they cross to the minimum or follow it slowly.",
    race,
)


def film_contours() -> Figure:
    """All optimizers on Beale's function, six moments."""
    return drawing.film(_on("Beale", ALL_RULES, FILM["Beale"][-1]), FILM["Beale"])


FILM_CONTOURS = FigureEntry(
    "All optimizers on Beale’s function at six moments, from the same start.",
    "Six frames of paths on contours. From one start the paths fan out, heavy ball swinging furthest down; by step 120 most are in the valley by the minimum at (3, 0.5), where the layer-wise rules keep wandering.",
    film_contours,
)


def film_saddle() -> Figure:
    """All optimizers at a saddle point, six moments."""
    return drawing.film(_on("saddle", ALL_RULES, FILM["saddle"][-1]), FILM["saddle"])


FILM_SADDLE = FigureEntry(
    "All optimizers at a saddle point at six moments: the start is on the ridge but for a hundredth.",
    "Six frames of paths. Most adaptive rules turn off the ridge at once, since the small slope across it is scaled up; gradient descent and the momentum rules first run to the saddle and leave it thirty steps later or more.",
    film_saddle,
)
