"""Layer-wise rules near a minimum."""

from __future__ import annotations

import itertools

import numpy as np
from matplotlib.figure import Figure

from ...analysis.simulation import follow
from ...optimizers.compositions import with_schedule
from ...optimizers.rules import lamb, lars
from ...optimizers.schedules import inverse_square_root
from ..experiments.seed_quadratic import CURVATURES, START
from . import drawing
from .drawing import spread
from .entry import FigureEntry


def layerwise_cycles() -> Figure:
    """LARS and LAMB on the lecture's quadratic, moved, with constant and with falling learning rates."""
    minimum, steps = np.array([2.0, 1.0]), 2000
    seen = spread(steps, 250)
    panels = []
    for rule in (lars, lamb):
        lines = []
        for eta, factor in ((0.1, None), (0.01, None), (0.1, inverse_square_root())):
            chosen = with_schedule(rule, factor) if factor else rule
            run = follow(
                chosen, START, lambda _, y: np.array(CURVATURES) * (y - minimum), {"lr": eta}
            )
            path = np.array([x for _, x, _ in itertools.islice(run, steps)])
            distance = np.linalg.norm(path - minimum, axis=1)[seen - 1]
            lines.append((f"η = {eta:g}" + ("/√t" if factor else ""), seen, distance))
        panels.append((f"{rule.name.upper()}: distance from the minimum (2, 1)", "t", lines))
    return drawing.curves(panels, ("xy", "xy"))


LAYERWISE_CYCLES = FigureEntry(
    "Layer-wise rules with a constant learning rate do not come to rest at the minimum of 0.1(x₁ − 2)² + 2(x₂ − 1)², since θ is not 0 there; with a falling one they keep coming nearer.",
    "Two log-log panels of distance against step for LARS and LAMB. At constant rates the distance levels off in proportion to the rate; with a rate that falls as one over root t it goes on falling.",
    layerwise_cycles,
)
