"""The rule beside another on the four surfaces of the race, each at its own best of the same learning rates."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.simulation import follow
from ..experiments.race import ANGLE, KAPPA, SURFACES, X, Y
from ..page.escaping import word
from ..page.markup import table
from .drawing import Landscape, landscapes
from .matrices import given_gradients_alone
from .part import Numbers, Part, Refused, picture, reason_of
from .rates import RATES, rates_of, said_rate
from .subject import Subject

STEPS = 150
_BEYOND = 1e6
"""A coordinate at which a path is left to itself: it has diverged."""
_CONDITION, _TURN = 10.0, 0.5


def path_on(subject: Subject, surface: str, rate: float, steps: int = STEPS) -> np.ndarray:
    """The rule's own code on a surface: (at most steps + 1, 2), ended where it leaves for good.

    A rule that takes NumPy's arrays is given them, any other one torch's tensors.
    """
    f, start, _ = SURFACES[surface]
    gradient = sp.lambdify((X, Y, KAPPA, ANGLE), [sp.diff(f, v) for v in (X, Y)], "math")

    def run(array: Any) -> np.ndarray:
        path = [np.array(start, float)]
        steps_ = follow(
            subject.rule, array(start),
            lambda _, y: array(gradient(*map(float, y), _CONDITION, _TURN)), subject.at(rate),
        )  # fmt: skip
        for _, x, _ in itertools.islice(steps_, steps):
            point = np.array([float(c) for c in x])
            path.append(point)
            if not (np.abs(point) < _BEYOND).all():
                break
        return np.array(path)

    with np.errstate(all="ignore"):
        try:
            return run(lambda v: np.array(v, float))
        except Exception as first:
            import torch

            try:
                return run(lambda v: torch.tensor([float(c) for c in v], dtype=torch.float64))
            except Exception:
                raise first from None


def _height(surface: str, path: np.ndarray) -> float:
    """The surface's height at the end of a path; infinite where that has left."""
    f = sp.lambdify((X, Y), SURFACES[surface][0].subs({KAPPA: _CONDITION, ANGLE: _TURN}), "math")
    x, y = path[-1]
    return float(f(x, y)) if (np.abs(path[-1]) < _BEYOND).all() else np.inf


def best_path(subject: Subject, surface: str) -> tuple[float, np.ndarray, float]:
    """The learning rate that ends lowest, its path, and the height there; the first rate where all diverge."""
    runs = [(rate, path_on(subject, surface, rate)) for rate in rates_of(subject)]
    heights = [_height(surface, path) for _, path in runs]
    at = int(np.argmin(np.where(np.isnan(heights), np.inf, heights)))
    return runs[at][0], runs[at][1], heights[at]


def surfaces(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """Both rules on all four."""
    given_gradients_alone(subject.rule)
    panels, rows, refused = [], [], []
    labels = names_of(subject, other)
    for name, (f, _, (left, right, bottom, top)) in SURFACES.items():
        x, y = np.meshgrid(np.linspace(left, right, 80), np.linspace(bottom, top, 60))
        height = sp.lambdify((X, Y, KAPPA, ANGLE), f, "numpy")(x, y, _CONDITION, _TURN)
        paths, row = {}, [f"{name}"]
        for side, label in zip((subject, other), labels, strict=True):
            try:
                rate, path, low = best_path(side, name)
                paths[label] = path
                row += [
                    said_rate(side, rate),
                    f"{low:.3g}" if np.isfinite(low) else "diverged at every rate",
                ]
            except Exception as error:
                refused.append((f"{side.name} on {name}", reason_of(error, side)))
                paths[label] = np.full((1, 2), np.nan)
                row += ["", "could not be run"]
        rows.append(row)
        panels.append(Landscape(name, x, y, height, paths))
    if len(refused) == 2 * len(SURFACES) or all(row[2] == "could not be run" for row in rows):
        raise Refused(refused[0][1])
    caption = (f"{STEPS} steps from the black dot on a quadratic (κ = 10, turned), at a saddle point, on Rosenbrock’s "
               "(with 10 in place of 100) and Beale’s functions, each rule at the learning rate that ends lowest.")  # fmt: skip
    alt = "Four contour plots, each with the paths of the two rules from the same start."
    least = "; the least heights are 0, −1 at the saddle, 0 and 0"
    one, two = map(word, labels)
    said = table(["surface", f"{one}: rate", "height", f"{two}: rate", "height"], rows,
                 f"The learning rate that ends lowest after {STEPS} steps, and the height there{least}. "
                 f"{_same_rates(subject, other)}", [14, 20, 18, 20, 18])  # fmt: skip
    return Part("\n".join([picture("surfaces", caption, alt), said]),
                {"surfaces": landscapes(panels)}, tuple(refused))  # fmt: skip


def names_of(subject: Subject, other: Subject) -> tuple[str, str]:
    """The two names, told apart where they are the same."""
    if subject.name != other.name:
        return subject.name, other.name
    return f"{subject.name} (this)", f"{other.name} (the other)"


def _same_rates(subject: Subject, other: Subject) -> str:
    if subject.rate is None or other.rate is None:
        return "A rule without a learning rate was run once."
    if rates_of(subject) == rates_of(other):
        return f"Both rules were given the same {len(rates_of(other))} rates."
    return f"Each was given those of the same {len(RATES)} rates that lie in its domain."
