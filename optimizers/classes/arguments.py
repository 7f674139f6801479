"""What a torch optimizer is given as an argument: plain numbers out of it, and hints for torch's engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from ..errors import DomainError, UnknownName

HINTS: Mapping[str, Any] = {
    "foreach": None, "fused": None, "capturable": False, "differentiable": False,
}  # fmt: skip
"""torch's words for how a step runs, with torch's defaults. They change no number: ``engine`` decides."""

_REFUSED = {
    "capturable": "False: what changes from step to step is computed on the host, so a graph would "
    "replay the step at which it was captured",
    "differentiable": "False: the step is made in place, and no derivative of it is recorded",
}


class UnknownArgument(UnknownName, TypeError):
    """An argument that the optimizer does not have."""


def plain(value: Any) -> Any:
    """A number out of a tensor or an array of one element; the first numbers of a longer one.

    Anything else is left as it is, a tensor without memory too.
    """
    if isinstance(value, Tensor):
        try:
            return value.item() if value.numel() == 1 else tuple(value.flatten().tolist()[:3])
        except (RuntimeError, NotImplementedError):  # on the meta device, or of an odd layout
            return value
    if isinstance(value, np.ndarray):
        return value.item() if value.size == 1 else tuple(value.ravel().tolist()[:3])
    return value.item() if isinstance(value, np.generic) else value


def same(one: Any, other: Any) -> bool:
    """Whether two arguments are equal, whatever they are."""
    one, other = plain(one), plain(other)
    if isinstance(one, Tensor) or isinstance(other, Tensor):
        return one is other
    try:
        return bool(one == other)
    except Exception:  # somebody's own
        return False


def check_hints(values: Mapping[str, Any]) -> None:
    """Raise :class:`DomainError` for a hint that is none, or one that cannot be honoured."""
    for name in HINTS:
        value = values.get(name, HINTS[name])
        if value is not None and not isinstance(value, bool | np.bool_):
            raise DomainError(name, value, f"{name} is True, False or None")
        if value and name in _REFUSED:
            raise DomainError(name, value, f"{name} is {_REFUSED[name]}")
    if values.get("foreach") and values.get("fused"):
        raise Contradiction("foreach", True, "fused = True is given, and only one of them can be")


class Contradiction(DomainError, RuntimeError):
    """Arguments that exclude one another."""


def check_flag(name: str, value: Any) -> None:
    """Raise :class:`DomainError` unless the value is True or False."""
    if not isinstance(value, bool | np.bool_):
        raise DomainError(name, value, f"{name} is True or False")
