"""That two expressions are equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ...analysis.expressions import parse_defined
from ..steps import equal
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import Names, define, defined, in_domain, random_values


@dataclass(frozen=True)
class IdentityClaim(Claim):
    """Two expressions are equal for all positive values of what they contain.

    Equal as in :mod:`~eigenstep.analysis.equality`: both are defined at the same points, and the same there.
    ``definitions`` are names, each given in what stands before it. With a ``domain``, of hypotheses, the
    names are real and the two are equal wherever those hold.
    """

    left: str
    right: str
    definitions: Mapping[str, str] = field(default_factory=dict)
    domain: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        names, granted = in_domain(self.domain)
        define(names, self.definitions)
        pair = parse_defined(self.left, names), parse_defined(self.right, names)
        return from_decisions("rational identity", equal(*pair, None, granted))

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        used = names_in(self.left, self.right, *self.definitions.values())
        undefined = ""
        for names in self._points(used, random):
            at = ", ".join(f"{k} = {v:.4g}" for k, v in names.items())
            with np.errstate(all="ignore"):
                names = defined(self.definitions, names)
                pair = tuple(float(read(side, names)) for side in (self.left, self.right))
            if np.isfinite(pair[0]) != np.isfinite(pair[1]):
                undefined = at
            elif np.isfinite(pair[0]):
                pairs.append(pair)
        if undefined:
            return Evidence(False, f"one side alone is defined at {undefined}")
        return same(pairs, f"{len(pairs)} points") if pairs else Evidence(False, "defined nowhere")

    def _points(self, used: list[str], random: np.random.Generator) -> Iterator[dict[str, Any]]:
        """Where the hypotheses hold: drawn by chance, and at small whole numbers."""
        used = [k for k in used if k not in self.definitions]
        for i in range(400):
            if self.domain:
                names = {k: float(random.choice([-2, -1, 0, 1, 2, 5])) if i % 2 else random.normal(0, 3)
                         for k in used}  # fmt: skip
                names |= {k: int(random.integers(-1, 40)) for k in used if k in Names.INTEGERS}
                if i % 3 == 0:
                    names |= random_values(used, random)
            else:
                names = random_values(used, random) if i % 2 else {
                    k: float(random.choice([1, 2, 5, 40])) for k in used}  # fmt: skip
            if all(read(h, names) for h in self.domain):
                yield names

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, left=m) for m in changed(self.left))
        yield from (replace(self, right=m) for m in changed(self.right))


__all__ = ["IdentityClaim"]
