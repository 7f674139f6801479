"""Which symmetries a rule has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from ...analysis.symmetries import broken, measured_symmetries, symmetries
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import note
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim


@dataclass(frozen=True)
class SymmetryClaim(Claim):
    """A rule has a symmetry, or (``holds`` False) has it not; see :mod:`~eigenstep.analysis.symmetries`.

    That it has one is an identity of the traced code, its start among it; that it has not is shown by a path
    and its image, computed exactly.
    """

    rule: Rule
    symmetry: str
    holds: bool = True

    def decide(self) -> tuple[Verdict, str, Any]:
        found = symmetries(self.rule)
        method = "identity of the traced code"
        if self.symmetry not in found:
            raise UnknownName("symmetry", self.symmetry, found)
        note(f"the code of {self.rule.name} on the image of every state and gradient, against the image of what it computes: "
             f"{'the same' if found[self.symmetry] else 'not the same'}, as identities of symbols")  # fmt: skip
        against = None if found[self.symmetry] else broken(self.rule, self.symmetry)
        if against:
            note("a path and its image, exactly: {}", str(against))
        if found[self.symmetry] or against:
            right = found[self.symmetry] is self.holds
            return (Verdict.PROVED, method, None) if right else (Verdict.REFUTED, method, against or {
                "symmetry": f"{self.rule.name} has it"})  # fmt: skip
        return Verdict.OPEN, f"{method}: neither an identity nor a path against it", None

    def trial(self) -> Evidence:
        measured = measured_symmetries(self.rule)[self.symmetry]
        return Evidence(
            measured == self.holds, f"{self.rule.name} run on the problem and on its image"
        )

    def mutants(self) -> Iterator[Claim]:
        yield replace(self, holds=not self.holds)


__all__ = ["SymmetryClaim"]
