"""The few functions a rule needs, on SymPy expressions, NumPy arrays and torch tensors alike.

Beside elementwise functions there are reductions of the whole tensor (``norm``, ``sum``, ``mean``,
``max``, ``dot``, ``size``), each of which may take one pass over memory more, and operations of matrices
(reductions along an ``axis``, ``matmul``, ``transpose``, ``eigenvectors``, ``orthogonal``,
``symmetric_power``, ``newton_schulz``), by which a rule is run on whole tensors, as they are.

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

from .errors import RuleError

MATRIX_FUNCTIONS = (
    "matmul", "transpose", "eigenvectors", "orthogonal", "symmetric_power", "newton_schulz",
)  # fmt: skip
"""Those that a rule is run on whole tensors for."""


def _plain(function: Any) -> Any:
    """The NumPy function, giving plain floats for plain floats."""

    def call(*arguments: Any) -> Any:
        with np.errstate(invalid="ignore"):  # NaN says it; `where` may yet discard it
            value = function(*arguments)
        return value.item() if getattr(value, "ndim", 1) == 0 else value

    return call


def _along(function: Any) -> Any:
    def call(x: Any, axis: int | None = None, over: str | None = None) -> Any:
        value = function(x) if axis is None else function(x, axis=axis, keepdims=True)
        return value.item() if getattr(value, "ndim", 1) == 0 else value

    return call


def _size(x: Any, axis: int | None = None) -> int:
    return np.size(x) if axis is None else np.shape(x)[axis]


def _eigh(x: Any) -> tuple[Any, Any]:
    """Eigenvalues and vectors; NaN where an element is none."""
    if not np.isfinite(x).all():
        return np.full_like(x[..., 0], np.nan), np.full_like(x, np.nan)
    return np.linalg.eigh(x)


def _symmetric_power(x: Any, exponent: float, shift: Any) -> Any:
    values, vectors = _eigh(x)
    powers = _power_of(np.maximum(values, 0) + shift, exponent)[..., None, :]
    return (vectors * powers) @ np.swapaxes(vectors, -1, -2)


def _power_of(values: Any, exponent: float) -> Any:
    with np.errstate(divide="ignore"):
        return np.where(values <= 0, 0.0, values**exponent)


_ARRAYS: Any = SimpleNamespace(
    sqrt=_plain(np.sqrt),
    maximum=_plain(np.maximum),
    minimum=_plain(np.minimum),
    where=_plain(np.where),
    sign=_plain(np.sign),
    absolute=_plain(np.abs),
    norm=_plain(lambda x: np.sqrt(np.sum(np.square(x)))),
    sum=_along(np.sum),
    max=_along(np.max),
    size=_size,
    matmul=np.matmul,
    transpose=lambda x: np.swapaxes(x, -1, -2),
    eigenvectors=lambda x: _eigh(x)[1],
    orthogonal=lambda x: np.linalg.qr(x)[0],
    symmetric_power=_symmetric_power,
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
    if type(condition) is int and condition in (-1, -2):  # what ~True and ~False are
        raise RuleError(
            "a rule took ~ of a truth value that is Python's own; compare it with == False"
        )
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


def _reduce(name: str, x: Any, axis: int | None, over: str | None) -> Any:
    if over not in (None, "group") or (over and axis is not None):
        raise RuleError(
            f"a rule reduces over {over!r}; over is 'group' or left out, and then axis may be"
        )
    if axis not in (None, -1, -2):
        raise RuleError(f"a rule reduces along axis {axis!r}; axis is -1 or -2, or left out")
    return getattr(_backend(x), name)(x, axis=axis, over=over)


def sum(x: Any, axis: int | None = None, *, over: str | None = None) -> Any:
    """The sum of all elements of the parameter tensor, a number.

    Args:
        x: what is added up.
        axis: -1 or -2 for the sums along that axis of a matrix, as a column or a row.
        over: ``"group"`` for the sum over all tensors of a parameter group.

    >>> sum(np.array([1.0, 2.0, 4.0]))
    7.0
    """
    return _reduce("sum", x, axis, over)


def max(x: Any, axis: int | None = None, *, over: str | None = None) -> Any:
    """The largest element, NaN where there is one; arguments as of :func:`sum`."""
    return _reduce("max", x, axis, over)


def mean(x: Any, axis: int | None = None) -> Any:
    """The mean of all elements of the parameter tensor, or along an axis of a matrix.

    >>> mean(np.array([[1.0, 3.0]]), axis=-1)
    array([[2.]])
    """
    return sum(x, axis) / size(x, axis)


def dot(x: Any, y: Any, *, over: str | None = None) -> Any:
    """The inner product of two tensors, a number; ``over`` as of :func:`sum`."""
    return sum(x * y, over=over)


def size(x: Any, axis: int | None = None) -> Any:
    """How many elements the parameter tensor has, or a matrix along axis -1 (columns) or -2 (rows)."""
    return _backend(x).size(x, axis=axis)


def matmul(x: Any, y: Any) -> Any:
    """The product of two matrices."""
    return _backend(x, y).matmul(x, y)


def transpose(x: Any) -> Any:
    """The transposed matrix."""
    return _backend(x).transpose(x)


def eigenvectors(x: Any) -> Any:
    """The eigenvectors of a symmetric matrix as columns, those of the least eigenvalues first."""
    return _backend(x).eigenvectors(x)


def orthogonal(x: Any) -> Any:
    """The factor Q of x = QR, Q orthogonal and R upper triangular."""
    return _backend(x).orthogonal(x)


def symmetric_power(x: Any, exponent: float, shift: Any = 0.0) -> Any:
    """(x + shift·I)^exponent of a symmetric matrix with eigenvalues ≥ 0; a direction of value 0 stays 0.

    >>> symmetric_power(np.diag([4.0, 9.0]), -0.5).diagonal().round(12).tolist()
    [0.5, 0.333333333333]
    """
    return _backend(x).symmetric_power(x, exponent, shift)


def newton_schulz(
    x: Any, steps: int, coefficients: tuple[Any, Any, Any], eps: Any, precision: str = "own"
) -> Any:
    """About the nearest matrix with orthogonal rows or columns: all singular values near 1.

    Beginning at x/(‖x‖ + eps), each step takes x to ax + (b s + c s²)x with s = x xᵀ, which takes each
    singular value σ to aσ + bσ³ + cσ⁵. Of a matrix with more rows than columns the transpose is taken.

    Args:
        x: a matrix.
        steps: how many.
        coefficients: a, b and c.
        eps: ≥ 0.
        precision: ``"own"`` or ``"bfloat16"``, which torch alone has: in which it is computed.

    Raises:
        RuleError: x is no matrix.

    Source: Jordan 2024, Muon; (3.4445, -4.7750, 2.0315) and 5 steps there.
    """
    known = getattr(_backend(x), "newton_schulz", None)
    if known:
        return known(x)
    if np.ndim(x) != 2:
        raise RuleError(
            f"newton_schulz takes a matrix, not a tensor of the shape {tuple(np.shape(x))}; give such "
            "parameters another optimizer, or their matrix"
        )
    if precision == "bfloat16":
        if not hasattr(x, "bfloat16"):
            raise RuleError("newton_schulz in bfloat16 is of torch tensors only; precision='own'")
        return newton_schulz(x.bfloat16(), steps, coefficients, eps).to(x.dtype)
    a, b, c = coefficients
    tall = x.shape[-2] > x.shape[-1]
    x = transpose(x) if tall else x
    x = x / divisor(norm(x) + eps)
    for _ in range(steps):
        s = matmul(x, transpose(x))
        if hasattr(x, "addmm"):  # torch's, which rounds a sum of products once
            x = x.addmm(s.addmm(s, s, beta=b, alpha=c), x, beta=a)
        else:
            x = a * x + matmul(b * s + c * matmul(s, s), x)
    return transpose(x) if tall else x
