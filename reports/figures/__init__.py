"""The figures by name. Each takes theory and the experiments' results, and returns a matplotlib figure.

May import the experiments.
"""

from .registry import ALL_FIGURES, FORMATS, draw, render, save

__all__ = ["ALL_FIGURES", "FORMATS", "draw", "render", "save"]
