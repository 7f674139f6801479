"""One point of a rule's hyperparameters and one class of functions."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from .frequencies import Test


@dataclass(frozen=True)
class Place:
    """One point: N, D exact and in float64 with L = 1, and the class."""

    numerator: tuple[Fraction, ...]
    denominator: tuple[Fraction, ...]
    mu: Fraction
    L: Fraction

    @property
    def ratio(self) -> float:
        return float(self.mu / self.L)

    @property
    def N(self) -> np.ndarray:
        return np.array([float(n * self.L) for n in self.numerator])

    @property
    def D(self) -> np.ndarray:
        return np.array([float(d) for d in self.denominator])

    @property
    def test(self) -> Test:
        return Test(*self.batch)

    @property
    def batch(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """N, D and μ/L as arrays of one point."""
        return self.N[None], self.D[None], np.array([self.ratio])

    def at_curvature(self, curvature: Fraction) -> list[Fraction]:
        """D − λN, the characteristic polynomial on ½λx²."""
        pairs = zip(self.numerator, self.denominator, strict=True)
        return [d - curvature * n for n, d in pairs]


__all__ = ["Place"]
