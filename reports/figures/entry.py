"""What a figure is registered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from matplotlib.figure import Figure


@dataclass(frozen=True)
class FigureEntry:
    """A named figure: its caption, its text for those who cannot see it, and how it is made."""

    caption: str
    alt: str
    make: Callable[[], Figure]
    width: int = 100
    """Of the page's column, in percent."""
    needs: tuple[str, ...] = ()
    """Names of the report's pieces that it shows, which are made first."""
