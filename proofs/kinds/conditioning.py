"""In how many cases scaling by the diagonal makes a matrix better conditioned."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from ...optimizers.domains import Integers, require
from ..steps import note
from ..trials.evidence import SEED, Evidence
from ..verdict import Verdict
from .claim import Claim

_MARGIN = 1e-9
"""Of κ. A positive definite matrix of integers has a determinant of 1 at least, so that for entries up to
ten λ_min is above 10⁻³ and rounding moves κ by less than 10⁻¹¹ of it."""
_LARGEST = 10


@dataclass(frozen=True)
class MostlyScaledClaim(Claim):
    """κ(D^−½ Q D^−½) ≤ κ(Q)/``factor`` for more than ``share`` of the positive definite 3 × 3 matrices with
    their diagonal from ``diagonal`` and all else from ``others``; for factor 1, κ is smaller.

    All of them are counted. A share of matrices says nothing of others.
    """

    diagonal: tuple[int, ...]
    others: tuple[int, ...]
    factor: int = 1
    share: str = "1/2"

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "all counted"
        require(Integers(1), factor=self.factor)
        if max(map(abs, (*self.diagonal, *self.others))) > _LARGEST:
            return Verdict.OPEN, f"{method}: entries up to {_LARGEST}", None
        counts = {True: 0, False: 0}
        for rows in self._matrices():
            q = np.array(rows, float)
            before, after = (_condition(m) for m in (q, _scaled(q)))
            counts[
                self.factor * after < before * (1 + (_MARGIN if self.factor > 1 else -_MARGIN))
            ] += 1
        fewer, total = counts[True], sum(counts.values())
        note(f"κ falls to κ/{self.factor} or below for {fewer} of {total} matrices")
        if fewer > Fraction(self.share) * total:
            return Verdict.PROVED, method, None
        return Verdict.REFUTED, method, {"matrices": str(total), "of these": str(fewer)}

    def _matrices(self) -> Iterator[tuple[tuple[int, int, int], ...]]:
        for a, b, c in itertools.product(dict.fromkeys(self.diagonal), repeat=3):
            for x, y, z in itertools.product(dict.fromkeys(self.others), repeat=3):
                minors = (
                    a,
                    a * b - x * x,
                    a * (b * c - z * z) - x * (x * c - z * y) + y * (x * z - b * y),
                )
                if all(m > 0 for m in minors):
                    yield (a, x, y), (x, b, z), (y, z, c)

    def trial(self) -> Evidence:
        """A sample of them, by singular values."""
        every = [np.array(m, float) for m in self._matrices()]
        if not every:
            return Evidence(False, "no matrix is positive definite")
        draw = np.random.default_rng(SEED)
        some = [every[i] for i in draw.choice(len(every), min(300, len(every)), replace=False)]
        better = [self.factor * np.linalg.cond(_scaled(q)) < np.linalg.cond(q) * (1 + 1e-9 * (self.factor > 1))
                  - 1e-9 * (self.factor == 1) for q in some]  # fmt: skip
        return Evidence(
            float(np.mean(better)) > float(Fraction(self.share)),
            f"{len(some)} of the matrices, {sum(better)} for it",
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, share="99/100")
        yield replace(self, factor=100)
        yield replace(self, diagonal=(self.diagonal[0],))


def _scaled(q: np.ndarray) -> np.ndarray:
    root = 1 / np.sqrt(np.diag(q))
    return q * np.outer(root, root)


def _condition(q: np.ndarray) -> float:
    values = np.linalg.eigvalsh(q)
    return float(values[-1] / values[0])


__all__ = ["MostlyScaledClaim"]
