"""Transient growth: how much worse it gets before it gets better."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp

from ...optimizers.domains import Integers
from ...optimizers.errors import DomainError, EigenstepError
from ..reals import real, real_array
from ..tracing import ETA, LAMBDA
from .points import ETA_LAMBDA


class NoPeak(EigenstepError, ValueError):
    """The powers of a matrix do not come down to norm 1 in as many steps as were allowed."""


@dataclass(frozen=True)
class TransientGrowth:
    """The peak of ‖R^t‖₂ over all t ≥ 0 and the step at which it is first reached."""

    peak: float
    step: int
    norms: np.ndarray


def transient_growth(matrix: np.ndarray, *, longest: int = 1_000_000) -> TransientGrowth:
    """The exact maximum over all t of ‖R^t‖₂, for a matrix of spectral radius below 1.

    Only finitely many powers are looked at: once ‖R^T‖ ≤ 1, every later power is a product of
    R^T's and one earlier power, so its norm is no larger than some norm already seen.

    Args:
        matrix: n×n, spectral radius below 1, in coordinates of one unit.
        longest: give up after so many powers.

    Raises:
        NoPeak: no power with norm at most 1 within ``longest`` steps.

    >>> transient_growth(np.array([[0.5, 3.0], [0.0, 0.5]])).step
    1
    """
    matrix = real_array("matrix", matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise DomainError("matrix", f"an array of shape {matrix.shape}", "shape (n, n)")
    longest = int(real("longest", longest, Integers(1)))
    power = np.eye(len(matrix))
    norms = [1.0]
    for _ in range(longest):
        power = power @ matrix
        if not np.all(np.isfinite(power)):
            break
        norms.append(float(np.linalg.norm(power, 2)))
        if norms[-1] <= 1:
            step = int(np.argmax(norms))
            return TransientGrowth(norms[step], step, np.array(norms))
    raise NoPeak(f"no power of norm at most 1 within {longest} steps")


def scaling(matrix: sp.Matrix) -> tuple[int, ...]:
    """Powers k of η for which each state entry, times η^k, has the parameter's unit.

    In these coordinates the iteration matrix depends on η and λ only through ηλ.
    """
    powers = []
    last = matrix.rows - 1
    for i in range(last):
        for k in (0, 1, -1, 2, -2):
            entry = (matrix[i, last] * ETA**k).subs(LAMBDA, ETA_LAMBDA / ETA)
            if ETA not in sp.cancel(entry).free_symbols and entry != 0:
                powers.append(k)
                break
        else:
            powers.append(0)
    return (*powers, 0)
