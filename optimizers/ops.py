"""The few functions a rule needs, on SymPy expressions, NumPy arrays and torch tensors alike.

A rule written with these and with ``+ - * / **`` is traced with symbols, run on whole grids of
float64 arrays, run on torch tensors, and compiled, all from the same source. Neither SymPy nor
torch is imported here: whichever side of the program uses one registers it.

>>> import numpy as np
>>> sqrt(np.array([4.0, 9.0]))
array([2., 3.])
>>> sqrt(4.0)
2.0
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


def _plain(function: Any) -> Any:
    """The NumPy function, giving plain floats for plain floats."""

    def call(*arguments: Any) -> Any:
        with np.errstate(invalid="ignore"):  # NaN says it; `where` may yet discard it
            value = function(*arguments)
        return value.item() if getattr(value, "ndim", 1) == 0 else value

    return call


_ARRAYS: Any = SimpleNamespace(
    sqrt=_plain(np.sqrt),
    maximum=_plain(np.maximum),
    minimum=_plain(np.minimum),
    where=_plain(np.where),
    sign=_plain(np.sign),
    absolute=_plain(np.abs),
    norm=_plain(lambda x: np.sqrt(np.sum(np.square(x)))),
)
_BACKENDS: list[tuple[type, Any]] = []


def register(kind: type, functions: Any) -> None:
    """Let ``functions`` (a namespace with the names of this module) handle arguments of ``kind``."""
    if all(known is not kind for known, _ in _BACKENDS):
        _BACKENDS.append((kind, functions))


def _backend(*arguments: Any) -> Any:
    for kind, functions in _BACKENDS:
        for argument in arguments:
            if isinstance(argument, kind):
                return functions
    return _ARRAYS


def sqrt(x: Any) -> Any:
    """Square root, elementwise."""
    return _backend(x).sqrt(x)


def maximum(x: Any, y: Any) -> Any:
    """The larger of the two, elementwise; NaN where either is NaN."""
    return _backend(x, y).maximum(x, y)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of the two, elementwise; NaN where either is NaN."""
    return _backend(x, y).minimum(x, y)


def clip(x: Any, lower: Any, upper: Any) -> Any:
    """``x`` limited to [lower, upper], elementwise; the bounds may be arrays."""
    return minimum(maximum(x, lower), upper)


def where(condition: Any, x: Any, y: Any) -> Any:
    """``x`` where the condition holds, ``y`` elsewhere."""
    if condition is True or condition is False:
        return x if condition else y
    return _backend(condition, x, y).where(condition, x, y)


def sign(x: Any) -> Any:
    """-1, 0 or 1, elementwise."""
    return _backend(x).sign(x)


def absolute(x: Any) -> Any:
    """Absolute value, elementwise."""
    return _backend(x).absolute(x)


def norm(x: Any) -> Any:
    """Euclidean norm over the whole parameter tensor, a scalar."""
    return _backend(x).norm(x)
