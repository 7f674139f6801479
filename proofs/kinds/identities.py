"""That two expressions are equal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.decision import Decision
from ...analysis.expressions import parse_rule
from ..steps import equal
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import define, defined, in_domain, random_values

_TRIED = tuple(map(sp.Rational, ("2", "3", "1", "1/2", "1/3", "-1", "0")))


@dataclass(frozen=True)
class IdentityClaim(Claim):
    """Two expressions are equal for all positive values of what they contain.

    ``definitions`` are names, each given in what stands before it. With a ``domain``, of hypotheses, the
    names are real and the two are equal wherever those hold.
    """

    left: str
    right: str
    definitions: Mapping[str, str] = field(default_factory=dict)
    domain: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        names = in_domain(self.domain)
        define(names, self.definitions)
        pair = parse_rule(self.left, names), parse_rule(self.right, names)
        found = equal(*pair)
        if found.holds is False and self.domain:
            found = self._inside(pair)
        return from_decisions("rational identity", found)

    def _inside(self, pair: tuple[Any, Any]) -> Decision:
        """A point of the domain at which the two sides differ; undecided where none is found."""
        names = in_domain(self.domain)
        hypotheses = [parse_rule(h, names) for h in self.domain]
        used = names_in(*self.domain, *self.definitions.values(), self.left, self.right)
        symbols = [names[k] for k in used if k not in self.definitions]
        for values in itertools.product(_TRIED, repeat=len(symbols)):
            at = dict(zip(symbols, values, strict=True))
            if any(s.is_integer and not v.is_Integer for s, v in at.items()) or not self._differ(
                at
            ):
                continue
            if all(h.subs(at) == sp.true for h in hypotheses):
                one, other = (sp.N(sp.sympify(e).subs(at), 30) for e in pair)
                if one.is_real and other.is_real and abs(one - other) > sp.Float(10) ** -20:
                    return Decision(False, at)
        return Decision(None)

    def _differ(self, at: dict[Any, Any]) -> bool:
        """Whether the two sides seem to differ there, in float64: what is looked at exactly."""
        try:
            with np.errstate(all="ignore"):
                names = defined(self.definitions, {s.name: float(v) for s, v in at.items()})
                one, other = (float(read(side, names)) for side in (self.left, self.right))
        except (ZeroDivisionError, TypeError):
            return False
        return abs(one - other) > 1e-9 * max(abs(one), abs(other))

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        used = names_in(self.left, self.right, *self.definitions.values())
        for _ in range(100):
            with np.errstate(all="ignore"):
                drawn = random_values([k for k in used if k not in self.definitions], random)
                if not all(read(h, drawn) for h in self.domain):
                    continue
                names = defined(self.definitions, drawn)
                pair = read(self.left, names), read(self.right, names)
            if all(np.isfinite(side) for side in pair):  # outside it neither side is real
                pairs.append(pair)
        return same(pairs, f"{len(pairs)} random points")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, left=m) for m in changed(self.left))
        yield from (replace(self, right=m) for m in changed(self.right))


__all__ = ["IdentityClaim"]
