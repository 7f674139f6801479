r"""Diagonal preconditioning of a quadratic: the scaled matrix, its condition number and Gerschgorin's bound.

>>> Q = [[4.0, 1.0], [1.0, 100.0]]
>>> round(condition_number(Q), 2), round(condition_number(scaled(Q)), 2), round(gerschgorin_bound(Q), 2)
(25.07, 1.11, 1.11)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...optimizers.errors import DomainError


def positive_definite(Q: Any) -> np.ndarray:
    """The matrix as a float64 array (n, n), checked to be symmetric and positive definite."""
    matrix = np.asarray(Q, float)
    square = matrix.ndim == 2 and matrix.shape[0] == matrix.shape[1] > 0
    if not square or not np.all(np.isfinite(matrix)):
        raise DomainError("Q", f"shape {matrix.shape}", "a square matrix of finite numbers")
    if not np.allclose(matrix, matrix.T, rtol=1e-12, atol=0):
        raise DomainError("Q", "not symmetric", "Q = Q^T")
    least = np.linalg.eigvalsh(matrix)[0]
    if not least > 0:
        raise DomainError("Q", f"smallest eigenvalue {least:g}", "positive definite")
    return matrix


def condition_number(Q: Any) -> float:
    """κ: the largest eigenvalue over the smallest, of a symmetric positive definite matrix."""
    values = np.linalg.eigvalsh(positive_definite(Q))
    return float(values[-1] / values[0])


def scaled(Q: Any) -> np.ndarray:
    """Q̃ = D^(−1/2) Q D^(−1/2), D the diagonal of Q: entries Q_ij/√(Q_ii Q_jj), its own diagonal 1."""
    matrix = positive_definite(Q)
    root = np.sqrt(np.diag(matrix))
    return matrix / np.outer(root, root)


def discs(matrix: Any) -> tuple[np.ndarray, np.ndarray]:
    """Gerschgorin's discs, centres and radii, each (n,): every eigenvalue lies in one of them."""
    a = np.asarray(matrix)
    centres = np.diag(a)
    return centres, np.abs(a).sum(axis=1) - np.abs(centres)


def gerschgorin_bound(Q: Any) -> float:
    """What the discs say of κ(Q̃): at most (1 + R)/(1 − R), R the largest radius; infinite for R ≥ 1."""
    radius = float(discs(scaled(Q))[1].max())
    return (1 + radius) / (1 - radius) if radius < 1 else np.inf


def worse_when_scaled(p: float, q: float, r: float, s: float) -> np.ndarray:
    """[[p, −q, −q], [−q, r, s], [−q, s, r]]: κ grows under scaling where r − s is the least eigenvalue.

    The family of claim P4.family: p < r, and r − s the least eigenvalue of Q and of rQ̃.

    Raises:
        DomainError: not of the family.

    >>> Q = worse_when_scaled(4, 2, 9, 6)
    >>> round(condition_number(Q), 3), round(condition_number(scaled(Q)), 3)
    (5.228, 5.732)
    """
    matrix = positive_definite([[p, -q, -q], [-q, r, s], [-q, s, r]])
    for name, m in (("Q", matrix), ("r*Q scaled", r * scaled(matrix))):
        if not (p < r and np.linalg.eigvalsh(m)[0] > (r - s) * (1 - 1e-12)):
            raise DomainError(
                name, f"p = {p}, q = {q}, r = {r}, s = {s}", "p < r, least eigenvalue r - s"
            )
    return matrix


__all__ = [
    "condition_number",
    "discs",
    "gerschgorin_bound",
    "positive_definite",
    "scaled",
    "worse_when_scaled",
]
