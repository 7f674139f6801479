"""The time of a step, of every torch class and of torch's own."""

from __future__ import annotations

from ..timing import step_times
from ..work import register, result, size
from .conventions import torch_class
from .optimizer_pages import CLASS_NAMES


def time_steps() -> dict[str, list[float | None]]:
    """The time of a step of every torch class, and of torch's own."""
    classes = {name: torch_class(rule) for rule, name in CLASS_NAMES.items()}
    return step_times(classes, repeats=size(7, 3))


register("timing:steps", time_steps, timed=True)


def known_times() -> dict[str, list[float | None]]:
    """The same, measured once."""
    return result("timing:steps")
