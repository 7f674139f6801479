"""That the code computes what the source prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from ...analysis.definedness import ALWAYS, Defined, needs_of, value_of
from ...analysis.equality import positive_norms
from ...analysis.expressions import parse_defined, parse_rule
from ...analysis.linear.stability import domain_relations
from ...analysis.operands import Operand, traced, untraced
from ...analysis.tracing import STEP, Trace, symbol_of, trace
from ...analysis.user_code import running
from ...optimizers.domains import LearningRate
from ...optimizers.errors import RuleError
from ...optimizers.rule import Rule
from ..steps import all_equal, equal, note
from ..trials.arithmetic import read
from ..trials.changes import changed
from ..trials.evidence import SEED, Evidence, same
from ..trials.rules import FAR, STEPS, by_symbol, numbers_for
from ..verdict import Verdict
from .claim import Claim, from_decisions
from .coefficients import step_of_another_coefficient
from .inequalities import decide_real
from .names import NameCollision


@dataclass(frozen=True)
class EquationsClaim(Claim):
    """What the code computes is, from its start, for all inputs and every step t, what the source prints.

    For every η > 0, as in all of theory: a step of length 0, which the domain allows too, is not spoken of.

    ``printed`` is the source's algorithm, one assignment after the other: names of the rule's own
    variables or new ones, each given in what stands before it, ``g`` being the gradient. ``point``
    is where the gradient is taken, by default at the parameter. ``start`` is what state variables are
    before the first step, in terms of the parameter and hyperparameters; 0 where it is not said. A rule
    with further state is another rule.
    Hyperparameters that are not in ``fixed`` stay symbols. With ``positive_norms`` no norm is zero.
    ``domain`` are hypotheses about hyperparameters, which are granted. ``invariants`` are inequalities between state variables that hold at the start and are kept by every
    step, which is proved: nothing is said of a state in which they do not hold.

    What is traced is the code at a symbolic step, whose truth no branch can ask; beside it, the code on
    plain numbers must have the traced coefficients at each of the first steps and at scattered later
    ones, so that code that tells numbers from symbols is seen.

    Raises:
        NameCollision: a name in it stands for two things: for the step, a variable, a hyperparameter.
    """

    rule: Rule
    printed: Mapping[str, str]
    point: str | None = None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    positive_norms: bool = False
    start: Mapping[str, str] = field(default_factory=dict)
    domain: tuple[str, ...] = ()
    invariants: tuple[str, ...] = ()

    def decide(self) -> tuple[Verdict, str, Any]:
        check_names(self)
        given, free = _traced(self.rule, tuple(self.fixed.items()))
        hyperparameters = self.rule.hyperparameters
        names: dict[str, Any] = {hyperparameters[k].symbol: s for k, s in free.items()}
        silent = [k for k in self.rule.state if k not in self.printed]
        if silent:
            return (
                Verdict.REFUTED,
                "comparison of the state",
                {"state": f"{silent[0]}, not printed"},
            )
        begun = starts(given)
        named = {**names, self.rule.parameter: given.theta}
        first = {k: parse_rule(self.start.get(k, "0"), named) for k in self.rule.state}
        for name, printed in first.items():
            note("at the start {} = {}, printed {}", name, begun[name], printed)
            here = equal(begun[name], printed)
            if here.holds is not True:
                point = {"t": 0, name: begun[name], **(here.counterexample or {})}
                verdict = Verdict.OPEN if here.holds is None else Verdict.REFUTED
                return verdict, "identity of the start", None if here.holds is None else point
        names |= {"t": STEP}
        names |= {s.name: s for s in (given.theta, given.gradient, *given.state)}
        functions = {"A": A_FUNCTION, "S": S_FUNCTION}
        point = parse_defined(self.point or self.rule.parameter, names)
        note(f"the code of {self.rule.name} is run on symbols, hyperparameters and t among them")
        for name, text in self.printed.items():
            names[name] = parse_defined(text, names, functions)
            note("printed: {} = {}", name, text)
        computed = dict(zip((*self.rule.state, self.rule.parameter),
                            (*given.new_state, given.new_theta), strict=True))  # fmt: skip
        pairs = [(Defined(computed[k], given.needs.get(k, ALWAYS)), names[k]) for k in computed]
        pairs.append((Defined(given.gradient_point, given.point_needs), point))
        if self.positive_norms:
            pairs = [(with_norms(a), with_norms(b)) for a, b in pairs]
        elements = (given.theta, given.gradient, *given.state)
        domain = [*domain_relations([hyperparameters[k] for k in free])]
        domain += [parse_rule(text, {s.name: s for s in free.values()}) for text in self.domain]
        for text in self.invariants:
            kept = parse_rule(text, {s.name: s for s in (*free.values(), *given.state)})
            after = dict(zip(given.state, given.new_state, strict=True))
            note("kept by every step, and so at the start: {}", kept)
            holds = [decide_real(domain, [kept.subs({s: begun[s.name] for s in given.state})]),
                     decide_real([*domain, kept], [kept.subs(after, simultaneous=True)])]  # fmt: skip
            if not all(d.holds for d in holds):
                return Verdict.OPEN, f"{text} is not seen to be kept", None
            domain.append(kept)
        found = from_decisions("identity of the traced code", all_equal(pairs, elements, domain))
        if found[0] is Verdict.PROVED:
            note("the coefficients that the code computes from plain numbers are the traced ones")
            other = step_of_another_coefficient(self.rule, self.fixed)
            if other is not None:
                return Verdict.REFUTED, "the code run on numbers", other
        return found

    def trial(self) -> Evidence:
        check_names(self)
        rule, random = self.rule, np.random.default_rng(SEED)
        values = numbers_for(rule, self.fixed, conventions=True)
        theta = random.standard_normal(5) + 2
        known = {**by_symbol(rule, values), rule.parameter: theta}
        state = tuple(np.asarray(s) for s in rule.initial_state(theta, values))
        if any(s.shape != theta.shape for s in state):
            return Evidence(False, f"the start of {rule.name}, of another shape than the parameter")
        pairs = [(s, theta * 0 + read(self.start.get(k, "0"), known))
                 for k, s in zip(rule.state, state, strict=True)]  # fmt: skip
        functions = {"A": sample_step, "S": sample_state}
        for t in (*range(1, STEPS + 1), *FAR):
            g = random.standard_normal(5)
            names: dict[str, Any] = {
                **by_symbol(rule, values),
                "t": t,
                "g": g,
                rule.parameter: theta,
            }
            names |= dict(zip(rule.state, state, strict=True))
            with np.errstate(all="ignore"):
                coefficients = rule.coefficients(t, values)
                point = rule.gradient_point(theta, *state, **coefficients)
                pairs.append((point, read(self.point or rule.parameter, names)))
                for name, text in self.printed.items():
                    names[name] = read(text, names, functions)
                theta, *rest = rule(theta, g, *state, **coefficients)
                state = tuple(rest)
            pairs += [(theta, names[rule.parameter])]
            pairs += [(s, names[k]) for k, s in zip(rule.state, state, strict=True)]
        far = f"{STEPS} steps and at scattered ones up to {FAR[-1]}"
        return same(pairs, f"{rule.name} run for {far} beside the printed equations")

    def mutants(self) -> Iterator[Claim]:
        for name in self.rule.state:
            said = self.start.get(name, "0")
            for other in {"0", "1", self.rule.parameter} - {said}:
                yield replace(self, start={**self.start, name: other})
        yield from self._changed()

    def _changed(self) -> Iterator[Claim]:
        for key, value in self.printed.items():
            yield from (replace(self, printed={**self.printed, key: m}) for m in changed(value))
        point = self.point or self.rule.parameter
        yield from (replace(self, point=m) for m in changed(point))


_WORDS = ("t", "A", "S", "max", "min", "abs", "sign", "norm", "where", "sqrt", "exp", "log")
"""What typed equations call by a name already."""


def check_names(claim: EquationsClaim) -> None:
    """Raise :class:`NameCollision` where a name of a claim would stand for two things."""
    rule = claim.rule
    own = (rule.parameter, rule.gradient, *rule.state)
    known: dict[str, str] = {w: "the step" if w == "t" else f"the function {w}" for w in _WORDS}
    numbers = {h.symbol: k for k, h in rule.hyperparameters.items() if not h.is_choice}
    written = [(h.symbol, f"hyperparameter {k}") for k, h in rule.hyperparameters.items()
               if not h.is_choice]  # fmt: skip
    for name, what in (*((v, f"variable {v}") for v in own), *written):
        if name in known:
            raise NameCollision(
                f"claim {claim.id}: {name} stands for {what} and for {known[name]} of rule {rule.name}; "
                "rename one of them"
            )
        known[name] = what
    for name in claim.printed:
        if name not in own and (name in numbers or name in _WORDS):
            raise NameCollision(
                f"claim {claim.id}: the printed {name} = … would take the place of {known[name]}; "
                "give it another name"
            )
    for name in claim.start:
        if name not in rule.state:
            raise NameCollision(
                f"claim {claim.id}: start names {name}, which is no state variable of rule {rule.name}; "
                f"those are {', '.join(rule.state) or 'none'}"
            )


def starts(given: Trace) -> dict[str, Any]:
    """The state before the first step as the code computes it, in the symbols of a trace."""
    rule = given.rule
    values = {k: traced(v) for k, v in given.hyperparameters.items()}
    with running(RuleError, f"the initial state of rule {rule.name} has no symbols", rule):
        found = rule.initial_state(traced(given.theta), values)
    return {k: sp.sympify(untraced(v)) for k, v in zip(rule.state, found, strict=True)}


def with_norms(x: Any) -> Defined:
    """A formula and its needs where no norm is zero."""
    needs = frozenset(m for n in needs_of(x) if (m := positive_norms(n)) != sp.true)
    return Defined(positive_norms(value_of(x)), needs)


@lru_cache(maxsize=64)
def _traced(rule: Rule, fixed: tuple[tuple[str, Any], ...]) -> tuple[Trace, dict[str, sp.Symbol]]:
    """A rule traced at a symbolic step, and the symbols of the hyperparameters that are not fixed."""
    given = dict(fixed)
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.is_choice and k not in given and k not in rule.fixed}  # fmt: skip
    return trace(rule, step=STEP, **given, **free), free


def sample_step(theta: Any, g: Any, s: Any, lr: Any) -> Any:
    """The step that stands for A where :data:`any_rule` is run on numbers."""
    return theta - lr * (g + s)


def sample_state(theta: Any, g: Any, s: Any, lr: Any) -> Any:
    """The same for S."""
    return 0.9 * s + g - lr * theta


def _opaque(theta: Any, g: Any, s: Any, *, lr: LearningRate = 0.01) -> Any:
    if hasattr(
        type(theta), "applied"
    ):  # an exported term: functions of which nothing is known, by name
        return theta.applied("A", g, s, lr), theta.applied("F", g, s, lr)
    symbolic = isinstance(theta, sp.Basic | Operand)
    step, state = (A_FUNCTION, S_FUNCTION) if symbolic else (sample_step, sample_state)
    return step(theta, g, s, lr), state(theta, g, s, lr)


A_FUNCTION, S_FUNCTION = sp.Function("A"), sp.Function("S")
_opaque.__name__ = "any_rule"
any_rule = Rule(_opaque, source="stands for every rule with one state variable")
"""A rule about which nothing is known: what is proved of it holds for every inner rule."""


__all__ = [
    "A_FUNCTION",
    "S_FUNCTION",
    "EquationsClaim",
    "NameCollision",
    "any_rule",
    "sample_state",
    "sample_step",
]
