"""Least squares on the airfoil self-noise data.

Where the data cannot be had, a data set that scikit-learn ships in its wheel (diabetes, 442 rows of 11
columns) stands in, and whoever asks is told.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...optimizers.machine.extras import require_extra
from ..dataset import FILE_NAME, SHA256, SOURCES, DataError, checked, download, find

ROWS = 1500
"""Rows that the lecture trains on, the first of the file."""


@dataclass(frozen=True)
class LeastSquares:
    """Linear regression with squared loss ½ mean (Xw − y)², the last column of X constant 1.

    Attributes:
        X: (n, d + 1), standardised features and the constant.
        y: (n,), standardised target.
        name: of the data set.
    """

    X: np.ndarray
    y: np.ndarray
    name: str

    @cached_property
    def hessian(self) -> np.ndarray:
        """XᵀX/n, (d + 1)×(d + 1); constant, since the loss is a quadratic."""
        return self.X.T @ self.X / len(self.y)

    @cached_property
    def eigen(self) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues, ascending, and orthonormal eigenvectors of the Hessian."""
        return np.linalg.eigh(self.hessian)

    @property
    def mu(self) -> float:
        """The smallest curvature."""
        return float(self.eigen[0][0])

    @property
    def L(self) -> float:
        """The largest curvature."""
        return float(self.eigen[0][-1])

    @cached_property
    def minimizer(self) -> np.ndarray:
        """The least-squares solution, with one step of iterative refinement."""
        w = np.linalg.solve(self.hessian, self.X.T @ self.y / len(self.y))
        residual = self.X.T @ (self.y - self.X @ w) / len(self.y)
        return w + np.linalg.solve(self.hessian, residual)

    def loss(self, w: np.ndarray) -> float:
        """½ mean (Xw − y)²."""
        return float(0.5 * np.mean((self.X @ w - self.y) ** 2))


def _standardised(table: np.ndarray, rows: int, name: str) -> LeastSquares:
    table = (table - table.mean(axis=0)) / table.std(axis=0)
    table = table[:rows]
    return LeastSquares(np.column_stack([table[:, :-1], np.ones(len(table))]), table[:, -1], name)


def load_airfoil() -> LeastSquares:
    """The airfoil data: all columns standardised over all rows, then the first 1500 rows.

    Raises:
        DataError: the file is missing or damaged; the message names the command that gets it.
    """
    path = find()
    if path is None:
        raise DataError("the airfoil data is not here; get it with: eigenstep data")
    content = checked(path.read_bytes(), str(path))
    return _standardised(np.loadtxt(io.BytesIO(content)), ROWS, "airfoil self-noise")


def load_regression() -> LeastSquares:
    """The airfoil data where it is at hand, else scikit-learn's diabetes data."""
    if find() is not None:
        return load_airfoil()
    require_extra("the diabetes data, which stands in for the airfoil data,", "report", "sklearn")
    from sklearn.datasets import load_diabetes

    features, target = load_diabetes(return_X_y=True, scaled=False)
    return _standardised(
        np.column_stack([features, target]), len(target), "diabetes (scikit-learn)"
    )


__all__ = ["FILE_NAME", "SHA256", "SOURCES", "DataError", "LeastSquares", "download", "find", "load_airfoil",
           "load_regression"]  # fmt: skip
