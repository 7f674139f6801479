"""Real numbers as users give them: Python's, NumPy's, SymPy's, as exact numbers or with one clear error.

>>> real("beta", 0.9)
9/10
>>> real("beta", "0.9")
Traceback (most recent call last):
eigenstep.optimizers.errors.DomainError: beta = '0.9' is outside its domain: beta is a real number
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import sympy as sp
from sympy.core.evalf import PrecisionExhausted

from ..optimizers.domains import REAL, Choice, Domain, Integers
from ..optimizers.errors import DomainError, EigenstepError, shown

LARGEST = sp.Rational(sys.float_info.max)
SMALLEST = sp.Rational(math.ulp(0.0))
DIGITS = 60
"""To which an irrational number is known where it meets arithmetic in rationals."""
_MOST_BITS = 1 << 14
_CLOSE = mpmath.mpf(10) ** -12


class OutOfRange(EigenstepError, ArithmeticError):
    """A result that float64 cannot hold to twelve digits."""


def bits(value: Any) -> int:
    """The bits of the longest numerator or denominator in an expression."""
    rationals = value.atoms(sp.Rational) if isinstance(value, sp.Basic) else ()
    return max((max(int(r.p).bit_length(), int(r.q).bit_length()) for r in rationals), default=1)


def nonzero_sign(value: sp.Expr, refuse: Callable[[str], EigenstepError]) -> int:
    """1 or −1; ``refuse`` makes the error where the number is zero or cannot be told from it."""
    if value.is_zero:
        raise refuse("divides by zero or takes its logarithm")
    if value.is_Rational:
        return 1 if value > 0 else -1
    try:
        near = value.evalf(10, maxn=200, strict=True)
    except PrecisionExhausted:
        raise refuse("has a part that cannot be told from zero") from None
    if not near.is_Float:
        raise refuse("is not a finite real number")
    return 1 if near > 0 else -1


def real(name: str, value: Any, domain: Domain = REAL) -> sp.Expr:
    """A finite real number, exact, in its domain.

    Floats stand for the decimal that they are written as: 0.9 is 9/10. An irrational SymPy number
    stays as it is.

    Args:
        name: of the parameter, for the error.
        value: an int, float, Fraction, Decimal, NumPy scalar or array of one element, mpmath or SymPy
            number; not a bool, not text.
        domain: an interval, or integers.

    Raises:
        DomainError: anything else, a value outside the domain or beyond float64's range.
    """
    number = _exact(value)
    if number is None or not _inside(number, domain):
        said = repr(value) if isinstance(value, str) else value
        raise DomainError(name, said, domain.describe(name))
    if bits(number) > _MOST_BITS or abs(number) > LARGEST:
        raise DomainError(name, shown(value), "float64, up to 1.8e308")
    return number


def _exact(given: Any) -> sp.Expr | None:
    value: Any = given[()] if isinstance(given, np.ndarray) and given.ndim == 0 else given
    if value is None or isinstance(value, bool | np.bool_ | str | bytes | complex):
        return None
    if isinstance(value, sp.Float):
        value = Decimal(str(value)) if value.is_finite else None
    if isinstance(value, sp.Expr):
        return value if value.is_number and value.is_extended_real and value.is_finite else None
    if isinstance(value, int | np.integer):
        return sp.Integer(int(value))
    if isinstance(value, float | np.floating | Decimal | mpmath.mpf):
        if not (value.is_finite() if isinstance(value, Decimal) else mpmath.isfinite(value)):
            return None
        if isinstance(value, Decimal) and abs(value.adjusted()) > 400:
            return None
        return sp.Rational(
            str(value) if not isinstance(value, mpmath.mpf) else mpmath.nstr(value, 30)
        )
    if isinstance(value, Fraction):
        return sp.Rational(value.numerator, value.denominator)
    return None


def _inside(number: sp.Expr, domain: Domain) -> bool:
    if isinstance(domain, Integers):
        return bool(number.is_Integer) and int(number) >= domain.lower
    if isinstance(domain, Choice):
        return False
    return _beyond(number, domain.lower, domain.lower_closed) and _beyond(
        -number, -domain.upper, domain.upper_closed
    )


def _beyond(number: sp.Expr, end: float, closed: bool) -> bool:
    if end == -math.inf:
        return True
    difference = number - sp.Rational(end)
    return bool(difference >= 0 if closed else difference > 0)


def real_array(name: str, value: Any, domain: Domain = REAL) -> np.ndarray:
    """An array of finite float64 in their domain.

    Raises:
        DomainError: no numbers, none at all, or one outside the domain.
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "iufO" or any(
            _exact(v) is None for v in (given.ravel() if given.dtype.kind == "O" else ())
        ):
            raise TypeError
        array = given.astype(float)
    except (TypeError, ValueError, OverflowError):
        said = repr(value) if isinstance(value, str) else value
        raise DomainError(name, said, domain.describe(name)) from None
    if array.size == 0:
        raise DomainError(name, "empty", domain.describe(name))
    for end in (array.min(), array.max()):
        real(name, float(end), domain)
    return array


def rational(number: sp.Expr) -> sp.Rational:
    """The number, or the rational that agrees with it to :data:`DIGITS` digits."""
    if number.is_Rational:
        return number  # type: ignore[return-value]
    return sp.Rational(str(number.evalf(DIGITS)))


def multiprecision(value: Any) -> Any:
    """A number as mpmath's, in the working precision."""
    number = rational(real("number", value))
    return mpmath.mpf(int(number.p)) / int(number.q)


def float64(name: str, value: Any) -> float:
    """A number as float64; ±0 only for zero.

    Raises:
        OutOfRange: the number is too large or too small for twelve digits of it.
    """
    with mpmath.workdps(DIGITS):
        if isinstance(value, sp.Rational):
            number = mpmath.mpf(int(value.p)) / int(value.q)
        elif isinstance(value, sp.Basic):
            number = mpmath.mpf(sp.Float(value.evalf(40), 40)._mpf_)
        else:
            number = mpmath.mpf(value)
        try:
            near = float(number)
        except OverflowError:
            near = math.inf
        if not abs(number - near) <= _CLOSE * abs(number):
            raise OutOfRange(
                f"{name} = {mpmath.nstr(number, 6)} is beyond the range of float64, "
                "2.2e-308 to 1.8e308"
            )
        return near
