"""When noise on the gradient of a quadratic is that of minimizing it around random points."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ..steps import note, said
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim

Rows = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class EquivalentNoiseClaim(Claim):
    r"""For every one of the symmetric matrices ``tried`` there is a normal x for which the gradient Qw − Qx of
    ½(w − x)ᵀQ(w − x) is Qw with normal noise of mean 0 and the covariance σ²I.

    The noise −Qx has the covariance QΣQ, which is σ²I for Σ = σ²Q⁻², and for no Σ if Qu = 0 for some u ≠ 0, as
    then uᵀQΣQu = 0. A matrix that is not positive semidefinite has no such loss.
    """

    tried: tuple[Rows, ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "linear algebra over the rationals"
        if not self.tried:
            return Verdict.OPEN, f"{method}: no matrix is tried", None
        for rows in self.tried:
            q = sp.Matrix(rows)
            if q != q.T or not q.is_positive_semidefinite:
                return (
                    Verdict.REFUTED,
                    method,
                    {"Q": said(q), "u": "Q is not positive semidefinite"},
                )
            kept = q.nullspace()
            if kept:
                note(f"Q = {said(q)} takes u = {said(kept[0].T)} to 0, so the noise along u is 0")
                return Verdict.REFUTED, method, {"Q": str(q.tolist()), "u": str(list(kept[0]))}
            covariance = q.inv() ** 2
            if q * covariance * q != sp.eye(q.rows):
                return Verdict.OPEN, method, None
            note(f"Q = {said(q)}: x has the covariance σ²·{said(covariance)}")
        return Verdict.PROVED, method, None

    def trial(self) -> Evidence:
        """The nearest QΣQ to I, found by least squares over all Σ."""
        off = []
        for rows in self.tried:
            q = np.array(rows, float)
            maps = np.kron(q, q)
            found = np.linalg.lstsq(maps, np.eye(len(q)).ravel(), rcond=None)[0]
            off.append(float(np.abs(maps @ found - np.eye(len(q)).ravel()).max()))
            off.append(float(np.linalg.eigvalsh(q).min() < -1e-12))
        return Evidence(
            max(off) < 1e-9, f"{len(self.tried)} matrices; off by at most {max(off):.1g}"
        )

    def mutants(self) -> Iterator[Claim]:
        for i, rows in enumerate(self.tried):
            flat = ((0,) * len(rows), *rows[1:])
            yield replace(
                self, tried=(*self.tried[:i], tuple(map(tuple, flat)), *self.tried[i + 1 :])
            )


__all__ = ["EquivalentNoiseClaim"]
