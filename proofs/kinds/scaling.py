"""Whether scaling by the diagonal makes a matrix better conditioned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from ..steps import note, said
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim


@dataclass(frozen=True)
class ScalingClaim(Claim):
    """κ(D^−½ Q D^−½) ≤ κ(Q), D the diagonal of Q, for every positive definite Q of the size of those
    in ``tried``.

    Refuted by one of those if one is worse, decided by intervals with rational ends around the
    eigenvalues; matrices that are not worse prove nothing.
    """

    tried: tuple[tuple[tuple[int, ...], ...], ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "rational intervals around the eigenvalues"
        for rows in self.tried:
            q = sp.Matrix(rows)
            if q != q.T or not q.is_positive_definite:
                return Verdict.OPEN, f"{method}: {said(q)} is not positive definite", None
            root = sp.diag(*[1 / sp.sqrt(q[i, i]) for i in range(q.rows)])
            before, after = self._condition(q), self._condition(root * q * root)
            note(f"Q = {said(q)}: κ(Q) is between {float(before[0]):.6f} and {float(before[1]):.6f}, scaled between "
                 f"{float(after[0]):.6f} and {float(after[1]):.6f}")  # fmt: skip
            if after[0] > before[1]:
                return Verdict.REFUTED, method, {
                    "Q": str(q.tolist()), "kappa(Q)": f"< {float(before[1]):.6f}",
                    "scaled": f"> {float(after[0]):.6f}",
                }  # fmt: skip
        return Verdict.OPEN, method, None

    @staticmethod
    def _condition(q: sp.Matrix) -> tuple[sp.Rational, sp.Rational]:
        z = sp.Symbol("z")
        found = sp.Poly(q.charpoly(z).as_expr(), z).intervals(eps=sp.Rational(1, 10**9))
        ends = [interval for interval, _ in found]
        low, high = min(e[0] for e in ends), max(e[1] for e in ends)
        smallest_high, largest_low = min(e[1] for e in ends), max(e[0] for e in ends)
        return largest_low / smallest_high, high / low

    def trial(self) -> Evidence:
        worse = []
        for rows in self.tried:
            Q = np.array(rows, float)
            root = np.diag(1 / np.sqrt(np.diag(Q)))
            worse.append(np.linalg.cond(root @ Q @ root) > np.linalg.cond(Q) * (1 + 1e-9))
        return Evidence(not any(worse), f"{len(worse)} matrices, {sum(worse)} against it")


__all__ = ["ScalingClaim"]
