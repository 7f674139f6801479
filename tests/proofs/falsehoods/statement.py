"""One statement: its kind, its fields, and why it is false (or true, though it does not look so)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eigenstep.proofs.kinds import Claim


@dataclass(frozen=True)
class Statement:
    """A claim that is made only when it is asked for: some are refused when they are made."""

    why: str
    kind: type[Claim]
    fields: tuple[Any, ...]
    named: Mapping[str, Any]

    def claim(self) -> Claim:
        """The claim, made now."""
        return self.kind("x", "x", "x", *self.fields, **self.named)

    def __str__(self) -> str:
        return f"{self.kind.__name__}: {self.why}"


def say(why: str, kind: type[Claim], *fields: Any, **named: Any) -> Statement:
    """A statement, with the reason beside it."""
    return Statement(why, kind, fields, named)
