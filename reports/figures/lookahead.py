"""Lookahead around two rules."""

from __future__ import annotations

import numpy as np
import sympy as sp
from matplotlib.figure import Figure

from ...analysis import derive
from ...analysis.linear.lookahead import LookaheadTheory
from ...optimizers.rules import gradient_descent, heavy_ball
from ..experiments.linear_rules import MOMENTUM
from . import drawing
from .entry import FigureEntry


def lookahead_range() -> Figure:
    """Spectral radius a step of a cycle of Lookahead, against ηλ, around two rules."""
    half = sp.Rational(1, 2)
    panels = []
    for rule, others, end in ((gradient_descent, {}, 2.6), (heavy_ball, {"beta": MOMENTUM}, 4.0)):
        eta_lambda = np.linspace(0.01, end, 240)
        lines = [
            ("alone", eta_lambda, derive(rule).spectral_radius(eta_lambda=eta_lambda, **others))
        ]
        for k in (5, 6):
            theory = LookaheadTheory(rule, k=k, alpha=half)
            radius = np.array([theory.spectral_radius(eta_lambda=h, **others) for h in eta_lambda])
            lines.append((f"Lookahead, k = {k}", eta_lambda, radius ** (1 / k)))
        name = rule.name.replace("_", " ") + (f", β = {MOMENTUM:g}" if others else "")
        panels.append((f"{name}: ρ a step", "ηλ", lines))
    return drawing.curves(panels, ("", ""), (1.0, 1.0), (0.8, 1.2))


LOOKAHEAD_RANGE = FigureEntry(
    "Lookahead’s spectral radius a step against ηλ, α = ½: the range grows for gradient descent with odd k and shrinks for heavy ball.",
    "Two panels of curves and a dotted line at 1. Around gradient descent k = 5 crosses one at 2.25, k = 6 at 2; around heavy ball the first crossing is earlier than alone, with dips below one after it.",
    lookahead_range,
)
