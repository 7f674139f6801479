"""Learning rates of a schedule, at the epochs and with the digits that are printed.

>>> ScheduleClaim("…", "…", "…", "1/(1 + epoch)", "1", "lr*epoch/(1 + epoch)", ((1, "0.5"), (2, "0.333"))).prove().verdict.value
'PROVED'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp

from ...analysis.expressions import ExpressionError, parse_defined
from ...optimizers.domains import Integers, require
from ..steps import note
from ..trials.arithmetic import read
from ..trials.evidence import Evidence
from ..verdict import Verdict
from .claim import Claim

_PLAIN = re.compile(r"-?\d+(\.\d+)?")


@dataclass(frozen=True)
class ScheduleClaim(Claim):
    """The learning rate is ``printed`` at those epochs, up to half a unit of the last digit printed.

    ``rate`` is its closed form in epoch. ``start`` and ``recursion``, in epoch and the last lr, are how
    it is stepped, with which it is tried.
    """

    rate: str
    start: str
    recursion: str
    printed: tuple[tuple[int, str], ...]

    def decide(self) -> tuple[Verdict, str, Any]:
        if not self.printed:
            return Verdict.OPEN, "exact values: none is printed", None
        for epoch, digits in self.printed:
            require(Integers(0), epoch=epoch)
            typed = parse_defined(self.rate, {"epoch": sp.Integer(epoch)})
            exact = typed.value
            if sp.false in typed.needs:
                return Verdict.REFUTED, "exact values", {"epoch": epoch, "undefined": self.rate}
            note(
                "epoch {}: {} = " + f"{sp.N(exact, 8)}; printed {digits}", sp.Integer(epoch), exact
            )
            half = _half_a_unit(digits)
            if abs(exact - sp.Rational(digits)) > half:
                seen = {"epoch": epoch, "learning rate": sp.N(exact, 6), "printed": digits}
                return Verdict.REFUTED, "exact values", seen
        return Verdict.PROVED, "exact values", None

    def trial(self) -> Evidence:
        rates = [float(read(self.start, {}))]
        for epoch in range(1, max(e for e, _ in self.printed) + 1):
            rates.append(float(read(self.recursion, {"epoch": epoch, "lr": rates[-1]})))
        off = [epoch for epoch, digits in self.printed
               if abs(rates[epoch] - float(digits)) > float(_half_a_unit(digits)) + 1e-12]  # fmt: skip
        return Evidence(not off, f"stepped {len(rates) - 1} times; {len(off)} epochs off")

    def mutants(self) -> Iterator[Claim]:
        moved = tuple((epoch + 1, digits) for epoch, digits in self.printed)
        yield replace(self, printed=moved)
        for i, (epoch, digits) in enumerate(self.printed):
            off = sp.Rational(digits) + 2 * _half_a_unit(digits)
            rows = list(self.printed)
            rows[i] = (epoch, f"{float(off):.{len(digits.partition('.')[2])}f}")
            yield replace(self, printed=tuple(rows))


def _half_a_unit(digits: str) -> sp.Rational:
    """Half a unit of the last digit.

    Raises:
        ExpressionError: digits that are no decimal number, of which the last one would be another.
    """
    if not _PLAIN.fullmatch(digits):
        raise ExpressionError(f"expected a rate as digits with a point, got {digits!r}")
    return sp.Rational(1, 2) / sp.Integer(10) ** len(digits.partition(".")[2])


__all__ = ["ScheduleClaim"]
