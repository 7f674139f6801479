"""What is asked of the theory of a linear rule, which is put together above."""

from __future__ import annotations

from typing import Any, Protocol

from ...optimizers.rule import Rule
from ..linear.tuning import Tuning
from ..tracing import Trace


class Theory(Protocol):
    """The parts of a ``Derivation`` that worst cases are worked out from."""

    rule: Rule
    trace: Trace
    acting_system: Any
    points: Any
    transfer: Any
    _acting_characteristic: Any

    def tuning(self, mu: Any = ..., L: Any = ...) -> Tuning: ...


__all__ = ["Theory"]
