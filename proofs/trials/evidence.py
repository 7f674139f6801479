"""What a numerical trial returns, and how two values are told apart in one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

SEED = 0
_TOLERANCE = 1e-7
"""Of the largest value compared: RAdam's ρ_t cancels about eight digits at β₂ = 0.999."""


@dataclass(frozen=True)
class Evidence:
    """Whether what was tried agrees with the claim, and what was tried."""

    agrees: bool
    tried: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "agrees", bool(self.agrees))  # not NumPy's

    def __str__(self) -> str:
        return f"{'agrees' if self.agrees else 'disagrees'}: {self.tried}"


def _difference(pairs: list[tuple[Any, Any]]) -> float:
    """The largest difference, relative to the largest value of its pair; infinite where only one is NaN."""
    worst = 0.0
    for a, b in pairs:
        one, other = np.broadcast_arrays(np.asarray(a), np.asarray(b))
        alike = (one == other) | (np.isnan(one) & np.isnan(other))
        if not alike.all():
            scale = max(float(np.max(np.abs(a))), float(np.max(np.abs(b))), 1e-300)
            with np.errstate(invalid="ignore"):
                found = float(np.max(np.abs(one - other)[~alike])) / scale
            worst = max(worst, found if np.isfinite(found) else np.inf)
    return worst


def same(pairs: list[tuple[Any, Any]], tried: str, tolerance: float = _TOLERANCE) -> Evidence:
    """Whether both of each pair are the same, up to ``tolerance`` of the larger."""
    worst = _difference(pairs)
    return Evidence(worst <= tolerance, f"{tried}; largest relative difference {worst:.1g}")
