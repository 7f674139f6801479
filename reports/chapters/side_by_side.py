"""All optimizers on one surface: the race, the gallery, the animations."""

from __future__ import annotations

from ..page.markup import figure, widget
from .chapter import Chapter


def side_by_side() -> str:
    """All optimizers on one surface: the race, the gallery, the animations."""
    return "\n".join([
        "# Side by side {#side_by_side}\n",
        "Every optimizer, translated from its trace, from one start on one surface.\n",
        widget("race", figure("race")),
        "## On the lecture’s quadratic {#gallery}\n",
        figure("all_trajectories"),
        "## In motion {#motion}\n",
        "The two animations by which optimizers are often compared, with all rules: the contours of Beale’s function, "
        "and a saddle point, which starts on the ridge but for a hundredth. On the page they move; in print, six moments of each.\n",
        widget("film_contours", figure("film_contours")),
        widget("film_saddle", figure("film_saddle")),
    ])  # fmt: skip


SIDE_BY_SIDE = Chapter("side_by_side", lambda _: side_by_side())
