"""That a rule's defaults are what its source prints.

>>> from eigenstep.optimizers.rules import adam
>>> DefaultsClaim("R7", "…", "…", adam, {"lr": "0.001", "eps": "10**-7"}).prove().point
'eps = 1e-08'
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...analysis.expressions import parse
from ...analysis.tracing import exact
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import note
from ..trials.arithmetic import read
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS
from ..verdict import Verdict
from .claim import Claim


@dataclass(frozen=True)
class DefaultsClaim(Claim):
    """A rule's hyperparameters have, where nothing else is said, the ``printed`` values.

    By the hyperparameter's name: a number as it is typed, or one of a choice's values. With ``whole``
    it has no others.

    Raises:
        UnknownName: the rule has no such hyperparameter.
    """

    rule: Rule
    printed: Mapping[str, str]
    whole: bool = False

    def decide(self) -> tuple[Verdict, str, Any]:
        if not self.printed:
            return Verdict.OPEN, "comparison: nothing is printed", None
        wrong: dict[str, Any] = {}
        for name, text in self.printed.items():
            self.rule._check_name(name)
            h = self.rule.hyperparameters[name]
            value = self.rule.fixed.get(name, h.default)
            note(f"{name} is {value}, printed {text}")
            if (str(value) != text) if h.is_choice else exact(value) != parse(text, {}):
                wrong[name] = value
        if self.whole:
            others = self.rule.hyperparameters.keys() - self.printed.keys()
            wrong |= {k: self.rule.hyperparameters[k].default for k in sorted(others)}
        return Verdict.REFUTED if wrong else Verdict.PROVED, "comparison", wrong or None

    def trial(self) -> Evidence:
        """Run where nothing is said and where all that is printed is, too."""
        rule, random = self.rule, np.random.default_rng(SEED)
        own = rule.with_defaults({})
        given = {**own, **{k: self._value(k) for k in self.printed}}
        paths: list[list[Any]] = [[given[k] for k in own if not rule.hyperparameters[k].is_choice],
                                  [own[k] for k in own if not rule.hyperparameters[k].is_choice]]  # fmt: skip
        gradients = random.standard_normal((STEPS, 4))
        for path, values in zip(paths, (given, own), strict=True):
            theta = np.array([1.0, -2.0, 3.0, 0.5])
            state = rule.initial_state(theta, values)
            for t, g in enumerate(gradients, 1):
                theta, *state = rule(theta, g, *state, **rule.coefficients(t, values))
                path.extend(theta)
        return same(
            list(zip(*paths, strict=True)),
            f"{rule.name} run with what is printed and with nothing said",
        )

    def _value(self, name: str) -> Any:
        if name not in self.rule.hyperparameters:
            raise UnknownName(
                f"hyperparameter of {self.rule.name}", name, self.rule.hyperparameters
            )
        domain = self.rule.hyperparameters[name].domain
        choices = {str(v): v for v in getattr(domain, "values", ())}
        text = self.printed[name]
        if choices:
            return choices.get(text, next(iter(choices.values())))
        number = float(read(text, {}))
        return (
            int(number)
            if number.is_integer() and isinstance(self.rule.hyperparameters[name].default, int)
            else number
        )

    def mutants(self) -> Iterator[Claim]:
        for name, text in self.printed.items():
            values = getattr(self.rule.hyperparameters[name].domain, "values", None)
            others = [str(v) for v in values if str(v) != text] if values else [f"({text}) + 1/7"]
            yield from (replace(self, printed={**self.printed, name: m}) for m in others)


__all__ = ["DefaultsClaim"]
