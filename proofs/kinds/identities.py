"""That two expressions are equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...analysis.expressions import parse_rule
from ..steps import equal
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import Names, define, defined, random_values


@dataclass(frozen=True)
class IdentityClaim(Claim):
    """Two expressions are equal for all positive values of what they contain.

    ``definitions`` are names, each given in what stands before it.
    """

    left: str
    right: str
    definitions: Mapping[str, str] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        names = Names()
        define(names, self.definitions)
        pair = parse_rule(self.left, names), parse_rule(self.right, names)
        return from_decisions("rational identity", equal(*pair))

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        used = names_in(self.left, self.right, *self.definitions.values())
        for _ in range(100):
            with np.errstate(all="ignore"):
                names = defined(self.definitions, random_values(used, random))
                pair = read(self.left, names), read(self.right, names)
            if all(np.isfinite(side) for side in pair):  # outside it neither side is real
                pairs.append(pair)
        return same(pairs, f"{len(pairs)} random points")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, left=m) for m in changed(self.left))
        yield from (replace(self, right=m) for m in changed(self.right))


__all__ = ["IdentityClaim"]
