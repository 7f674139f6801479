"""What a claim's proof returns. A verdict is computed when it is asked for, never written down."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any


class Verdict(Enum):
    """PROVED, REFUTED by a counterexample, or OPEN where no method decided."""

    PROVED = "PROVED"
    REFUTED = "REFUTED"
    OPEN = "OPEN"


@dataclass(frozen=True)
class Proof:
    """A verdict, how it was reached, and the counterexample where the claim is refuted."""

    verdict: Verdict
    method: str
    counterexample: dict[str, Any] | None = None
    seconds: float = 0.0
    steps: tuple[str, ...] = ()
    """What was done, in order, in words and formulas."""

    @property
    def point(self) -> str:
        """The counterexample in words; empty where there is none."""
        return ", ".join(f"{k} = {v}" for k, v in (self.counterexample or {}).items())

    def _repr_markdown_(self) -> str:
        """The verdict in words, for notebooks."""
        return f"**{self.verdict.value}** ({self.method})" + (
            f": {self.point}" if self.point else ""
        )
