r"""Sums in closed form, and averages as sums over the gradients that they saw; by induction over t.

>>> SumClaim("P12", "…", "…", "beta**i", "0", "t", "(1 - beta**t)/(1 - beta)").prove().verdict.value
'REFUTED'
>>> below = ("beta >= 0", "1 - beta > 0")
>>> SumClaim("P12", "…", "…", "beta**i", "0", "t - 1", "(1 - beta**t)/(1 - beta)", 1, below).prove().verdict.value
'PROVED'
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.definedness import Defined
from ...analysis.expressions import parse, parse_defined
from ...analysis.linear.stability import domain_relations
from ...analysis.simulation import follow
from ...analysis.tracing import STEP, sign_from, symbol_of, trace
from ...optimizers.errors import UnknownName
from ...optimizers.rule import Rule
from ..steps import all_equal, equal, note
from ..trials.arithmetic import names_in, read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .names import NameCollision, in_domain, random_values

_FIRST = 4
"""Sums that are added up from the base on, where a wrong one is seen."""


@dataclass(frozen=True)
class SumClaim(Claim):
    """Σ of ``term`` over i from ``lower`` to ``upper`` (t plus a whole number) is ``closed``, all t ≥ start.

    i and t are whole numbers with no more sign than their ranges have, the other names positive, or real
    where the hypotheses of ``domain`` hold. A sum from ``lower`` to ``lower`` − 1 or less is empty: 0. By
    induction: up to the first sum that is no longer empty each is added up, and from t to t + 1 ``closed``
    grows by one term.
    """

    term: str
    lower: str
    upper: str
    closed: str
    start: int = 0
    domain: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "induction over t"
        names, granted = in_domain(self.domain)
        lower, above = parse(self.lower, {}), self._above_t()
        if not lower.is_Integer or above is None:
            return Verdict.OPEN, f"{method}: bounds that are no whole numbers", None
        i = names["i"] = sp.Symbol("i", integer=True, **sign_from(int(lower)))
        t = names["t"] = sp.Symbol("t", integer=True, **sign_from(self.start))
        term, closed = parse_defined(self.term, names), parse_defined(self.closed, names)
        if t in term.value.free_symbols or any(t in n.free_symbols for n in term.needs):
            # A step of t would change all terms, not add one.
            return Verdict.OPEN, f"{method}: the term depends on t", None
        # From here on each step adds a term: the upper bound is lower − 1 or more.
        base = max(self.start, int(lower) - above - 1)
        for value in range(self.start, base + _FIRST):
            terms = [_at(term, i, j) for j in range(int(lower), value + above + 1)]
            total = Defined(sum((x.value for x in terms), sp.Integer(0)),
                            frozenset().union(*(x.needs for x in terms)))  # fmt: skip
            note(f"t = {value}:" + (" the base" if value <= base else ""))
            here = equal(total, _at(closed, t, value), None, granted)
            if here.holds is False:
                point = {"t": str(value), **(here.counterexample or {})}
                return Verdict.REFUTED, method, point
            if value <= base and not here.holds:
                return Verdict.OPEN, method, None
        note("the step: from t to t + 1 the closed form grows by the next term")
        later = t
        if base > self.start:  # the step is from t = base + n
            later = sp.Dummy("n", integer=True, nonnegative=True) + base
        step = [
            _at(closed, t, later + 1).value - _at(closed, t, later).value,
            _at(term, i, later + above + 1).value,
        ]
        needs = _at(closed, t, later + 1).needs
        known = _at(closed, t, later).needs | _at(term, i, later + above + 1).needs
        pair = Defined(step[0], needs | known), Defined(step[1], known)
        return from_decisions(method, equal(*pair, None, granted))

    def _above_t(self) -> int | None:
        """By how much the upper bound is above t; None where that is no whole number."""
        t = sp.Symbol("t", integer=True)
        above = sp.expand(parse(self.upper, {"t": t}) - t)
        return int(above) if above.is_Integer else None

    def trial(self) -> Evidence:
        random, pairs = np.random.default_rng(SEED), []
        tried = [t for t in (*range(21), 30, 47) if t >= self.start] or [self.start]
        for t in tried * 2:
            used = [k for k in names_in(self.term, self.closed) if k not in ("i", "t")]
            names: dict[str, Any] = {**random_values(used, random), "t": t}
            if not all(read(h, names) for h in self.domain):
                continue
            first, last = (round(float(read(e, names))) for e in (self.lower, self.upper))
            with np.errstate(all="ignore"):
                total = sum(read(self.term, {**names, "i": i}) for i in range(first, last + 1))
                pairs.append((total, read(self.closed, names)))
        if any(np.isfinite(a) != np.isfinite(b) for a, b in pairs):
            return Evidence(False, "one side alone is defined")
        return same(pairs, f"added up for t = {tried[0]} to {tried[-1]}")

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, closed=m) for m in changed(self.closed))
        yield from (replace(self, term=m) for m in changed(self.term))
        yield replace(self, upper=f"{self.upper} + 1")


def _at(x: Defined, symbol: sp.Symbol, value: Any) -> Defined:
    """A formula at a value of one symbol, with what it needs there."""
    needs = frozenset(m for n in x.needs if (m := n.subs(symbol, value)) != sp.true)
    return Defined(x.value.subs(symbol, value), needs)


@dataclass(frozen=True)
class UnrolledClaim(Claim):
    """After t steps from its start, which is zero, a rule's variable is Σ_{τ<t} ``weight``(τ) · ``of``(g_{t−τ}).

    By induction: the variable starts at 0, the weight of the newest gradient is what one step gives it, and
    one step multiplies every older weight by the same factor, whatever t, θ and the rest of the state are;
    all is read off the traced code.
    """

    rule: Rule
    variable: str
    weight: str
    of: str = "g"
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def decide(self) -> tuple[Verdict, str, Any]:
        method = "induction over t"
        kept = [h for k, h in self.rule.hyperparameters.items()
                if not h.is_choice and k not in self.fixed and k not in self.rule.fixed]  # fmt: skip
        free = {h.name: symbol_of(h) for h in kept}
        traced = trace(self.rule, step=STEP, **self.fixed, **free)
        if self.variable not in self.rule.state:
            raise UnknownName(f"state of {self.rule.name}", self.variable, self.rule.state)
        place = self.rule.state.index(self.variable)
        start = self.rule.initial_state(traced.theta, traced.hyperparameters)[place]
        if not (begins := equal(start, 0)).holds:
            return from_decisions(f"{method}: the start", begins)
        old, new = traced.state[place], sp.expand(traced.new_state[place])
        if "tau" in (own := {s.name: s for s in free.values()}):
            raise NameCollision(
                f"claim {self.id}: tau stands for a hyperparameter of rule {self.rule.name} and for the age of a "
                "gradient; rename one of them"
            )
        tau = sp.Symbol("tau", integer=True, nonnegative=True)
        names: dict[str, Any] = own | {"tau": tau}
        weight = parse_defined(self.weight, names)
        typed = parse_defined(self.of, {"g": traced.gradient})
        source = typed.value
        if typed.needs or source == 0:
            return Verdict.OPEN, f"{method}: {self.of} is not a number at every g, or 0", None
        factor = sp.diff(new, old)
        newest = sp.cancel((new - factor * old) / source)
        if not {*newest.free_symbols, *factor.free_symbols} <= set(free.values()):
            return (
                Verdict.OPEN,
                f"{method}: a step does more than weigh {self.of} and {self.variable}",
                None,
            )
        note("one step of the code: {} becomes {}, so older weights are multiplied by {} and the newest "
             "is {}", old, new, factor, newest)  # fmt: skip
        first, later = _at(weight, tau, 0), _at(weight, tau, tau + 1)
        pairs = [(first, newest), (later, Defined(factor * weight.value, weight.needs))]
        return from_decisions(method, all_equal(pairs, None, domain_relations(kept)))

    def trial(self) -> Evidence:
        rule, gradients = self.rule, np.random.default_rng(SEED).standard_normal(STEPS)
        values = numbers_for(rule, self.fixed)
        start = tuple(map(float, rule.initial_state(1.0, values)))
        run = follow(rule, 1.0, lambda t, _: gradients[t - 1], values, start)
        *_, (_, _, state) = itertools.islice(run, STEPS)
        names = by_symbol(rule, values)
        weights = [float(read(self.weight, {**names, "tau": tau})) for tau in range(STEPS)]
        summed = sum(
            w * read(self.of, {"g": g}) for w, g in zip(weights, gradients[::-1], strict=True)
        )
        return same([(state[rule.state.index(self.variable)], summed)],
                     f"{rule.name} run for {STEPS} steps")  # fmt: skip

    def mutants(self) -> Iterator[Claim]:
        yield from (replace(self, weight=m) for m in changed(self.weight))
        yield replace(self, weight=self.weight.replace("tau", "(tau + 1)"))


__all__ = ["SumClaim", "UnrolledClaim"]
