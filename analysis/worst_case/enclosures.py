"""Interval arithmetic, mpmath's: enclosures of numbers that are not rational."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from mpmath import iv

intervals: Any = iv
"""mpmath's context of intervals, whose numbers have no types."""


@contextmanager
def digits(count: int) -> Iterator[None]:
    """Compute with so many decimal digits."""
    before, intervals.dps = intervals.dps, count
    try:
        yield
    finally:
        intervals.dps = before


def enclosed(number: Fraction) -> Any:
    """An interval around a rational."""
    return intervals.mpf(number.numerator) / number.denominator


def surely_positive(value: Any) -> bool:
    """Whether all of an interval is positive."""
    return (value > 0) is True


__all__ = ["digits", "enclosed", "intervals", "surely_positive"]
