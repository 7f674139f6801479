"""The figures by name, a file a subject. Each takes theory and the experiments' results, and returns a
matplotlib figure; its caption stands beside it. A new one is a function and an entry in a file, and a line
in ``registry``.

May import the experiments.
"""

from .registry import ALL_FIGURES, FORMATS, FigureEntry, draw, render, save

__all__ = ["ALL_FIGURES", "FORMATS", "FigureEntry", "draw", "render", "save"]
