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

import math
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
_NOT_ZERO = 1e-37
"""A number above which a scalar is not 0 in float32."""
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
    known = getattr(_backend(x, lower, upper), "clip", None)
    return known(x, lower, upper) if known else minimum(maximum(x, lower), upper)


def where(condition: Any, x: Any, y: Any) -> Any:
    """``x`` where the condition holds, ``y`` elsewhere."""
    if condition is True or condition is False:
        return x if condition else y
    return _backend(condition, x, y).where(condition, x, y)


def divisor(y: Any, least: Any = 0) -> Any:
    """``y``, and ∞ where y is 0: what is divided by it does not move there. In theory it is y.

    For steps x/y whose y is 0 only where nothing was measured: every gradient was 0, or so small that
    its square is. ``least``, a number ≤ y for all elements, saves looking where it is not 0 in
    float32 either.

    >>> 0.0 / divisor(0.0), 1.0 / divisor(4.0)
    (0.0, 0.25)
    """
    known = getattr(_backend(y, least), "divisor", None)
    if known:
        return known(y, least)
    return where(least > _NOT_ZERO, y, where(y <= 0, math.inf, y))


def quotient(x: Any, y: Any) -> Any:
    """x/y for a number x ≥ 0 and y ≥ 0, and 0 where x is 0, also over 0. In theory it is x/y.

    >>> quotient(0.0, 0.0), quotient(1.0, 0.0)
    (0.0, inf)
    """
    known = getattr(_backend(x, y), "quotient", None)
    if known:
        return known(x, y)
    over_nonzero = x / where(y <= 0, 1, y)
    if isinstance(y, int | float):  # Python's own division raises
        return over_nonzero if x == 0 or y != 0 else x * math.inf
    return where(absolute(x) <= 0, over_nonzero, x / y)


def times(factor: Any, x: Any) -> Any:
    """factor·x for a factor ≥ 0, and 0 where the factor is 0, also of ∞. In theory it is the product.

    A second moment overflows at gradients beyond the root of the largest number; an average that
    remembers nothing (β = 0) is to forget that too.

    >>> times(0.0, float("inf"))
    0
    """
    known = getattr(_backend(factor, x), "times", None)
    return known(factor, x) if known else where(factor <= 0, 0, factor * x)


def excess(x: Any, y: Any) -> Any:
    """x − y of what has x ≥ y but for rounding: never negative, ∞ where x is. In theory it is x − y.

    >>> excess(0.1 * 3, 0.3 + 1e-15), excess(float("inf"), float("inf"))
    (0.0, inf)
    """
    known = getattr(_backend(x, y), "excess", None)
    return known(x, y) if known else where(x < math.inf, maximum(x - y, 0.0), x)


def toward(x: Any, goal: Any, by: Any) -> Any:
    """x + by·sgn(goal − x), and ∞ where the goal is.

    >>> toward(1.0, 3.0, 0.5), toward(3.0, 1.0, 0.5)
    (1.5, 2.5)
    """
    known = getattr(_backend(x, goal, by), "toward", None)
    return known(x, goal, by) if known else where(goal < math.inf, x + by * sign(goal - x), goal)


def sign(x: Any) -> Any:
    """-1, 0 or 1, elementwise."""
    return _backend(x).sign(x)


def absolute(x: Any) -> Any:
    """Absolute value, elementwise."""
    return _backend(x).absolute(x)


def norm(x: Any) -> Any:
    """Euclidean norm over the whole parameter tensor, a scalar."""
    return _backend(x).norm(x)
