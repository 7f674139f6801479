r"""Adaptive rules near a minimum: the linear rule that is left when some of its state stands still.

Where v changes slowly (β₂ near 1) an adaptive rule is a momentum method with the step η/p, p the
divisor √v̂ + ε that it has at that time. With p held it is a linear rule, of which
:func:`~eigenstep.analysis.derive` gives everything:

>>> from eigenstep.analysis import derive
>>> from eigenstep.optimizers.rules import adam
>>> theory = derive(freeze(adam))
>>> theory.limit                      # of ηλ/p: 38 at β₁ = 0.9
(2*beta1 + 2)/(1 - beta1)
>>> theory.stable_interval(beta1=0.9)[1]
38.0
>>> derive(freeze(adam), p=SCALE).limit
(2*beta1*p + 2*p)/(1 - beta1)
>>> freeze(adam).held
('p = sqrt(v) + 1/100000000',)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ...optimizers.domains import POSITIVE, Hyperparameter, Integers
from ...optimizers.errors import DomainError, RuleError, UnknownName, shown
from ...optimizers.rule import Rule, derived
from ..operands import Operand, untraced
from ..reals import real
from ..tracing import INSTEAD, Trace, _check_names, symbol_of, trace
from ..user_code import full_name

_LAST_STEP = 1000
SCALE = sp.Symbol("p", positive=True)
"""What the step is divided by while what is held stands still: √v̂ + ε, AdaMax's u, a mean size."""


@derived
def freeze(rule: Rule, hold: Iterable[str] | str | None = None, step: Any = None) -> Rule:
    """The linear rule that an adaptive one is while some of its state stands still.

    What is held enters as one factor, the divisor p of the step: it is read off the code, whatever it is
    made of. What that is, and all that is supposed besides, is in the ``held`` of the rule that is
    returned: how cases of a number that is no element's (ρ_t) were decided, and that a weight decay is 0.

    Args:
        rule: a rule whose update is linear once what is held is.
        hold: the state variables that stand still; by default the one that is not linear and by which the
            step goes. Numbers of the whole tensor, such as a trust ratio, are held with it.
        step: the step whose bias corrections hold; by default the limit of many steps.

    Returns:
        A rule with the hyperparameter ``p`` > 0, 1 unless it is set, beside those that remain.

    Raises:
        UnknownName: ``hold`` names what is no state of the rule.
        RuleError: nothing is left to freeze, what is left is not linear, or it is for several reasons.
    """
    if not isinstance(rule, Rule):
        raise RuleError(f"freeze takes a rule (see eigenstep.optimizers.rule), got {shown(rule)}")
    if step is not None and not (isinstance(step, sp.Basic) and step.free_symbols):
        real("step", step, Integers(1))
        if step > _LAST_STEP:  # β^step is a polynomial of that degree
            raise DomainError("step", step, f"step is an integer, 1 <= step <= {_LAST_STEP}")
    return _frozen(rule, None if hold is None else _names(rule, hold), step)


def _names(rule: Rule, hold: Any) -> tuple[str, ...]:
    names = [hold] if isinstance(hold, str) else hold
    if not isinstance(names, list | tuple | set | frozenset):
        raise RuleError(
            f"hold = {shown(hold)} is no list of state variables; those of rule {rule.name} are "
            f"{', '.join(rule.state) or '(none)'}; a step is given as step="
        )
    for name in names:
        if name not in rule.state:
            raise UnknownName(f"state of {rule.name}", name, rule.state or ("(none)",))
    if not names:
        raise RuleError(
            f"hold = {shown(hold)} holds nothing; leave it out for what freeze justifies"
        )
    return tuple(s for s in rule.state if s in names)


@lru_cache(maxsize=64)
def _frozen(rule: Rule, hold: tuple[str, ...] | None, step: Any) -> Rule:
    _check_names(rule, ())
    free = {k: symbol_of(h) for k, h in rule.hyperparameters.items()
            if not h.convention and k not in rule.fixed}  # fmt: skip
    traced = trace(rule, step=step, **free)
    variables = (*traced.state, traced.theta, traced.gradient)
    new = dict(zip(traced.state, traced.new_state, strict=True))
    names = {s.name: s for s in traced.state}
    candidates = [s for s in traced.state if not _linear(new[s], variables)]
    held = _Held(rule, {traced.theta, traced.gradient, *traced.state})
    theta = traced.new_theta
    if hold is None:
        _check_something(rule, traced, candidates, variables)
        entering = []
        for s in reversed(candidates):  # what is computed last is made of the others
            without = theta.subs(new[s], held.of(s.name))
            if without != theta or s in theta.free_symbols:
                entering.append(s.name)
            theta = without
        if len(entering) > 1:
            raise RuleError(
                f"rule {rule.name} steps by {' and '.join(entering)}, neither of which is linear; freeze "
                f"holds one of them, or those that are named: hold={sorted(entering)}"
            )
        still = [s for s in candidates if s.name in entering]
        dropped = candidates
    else:
        still = [names[n] for n in hold]
        dropped = [s for s in candidates if s in still or not _used(s, traced, still)]
        dropped += [s for s in still if s not in dropped]
    rows = {traced.theta: traced.new_theta, **{s: new[s] for s in traced.state if s not in dropped}}
    later = {new[s]: held.of(s.name) for s in reversed(candidates if hold is None else still)}
    for key, expression in rows.items():
        for value, symbol in later.items():
            expression = expression.subs(value, symbol)
        expression = expression.xreplace({s: held.of(s.name) for s in still})
        rows[key] = held.cases(held.numbers(expression))
    kept = [s for s in traced.state if s not in dropped]
    table = _coefficients_of(rule, rows, (*kept, traced.theta, traced.gradient), still)
    decay = _decay(table, traced.theta, traced.gradient, free)
    if decay is not None and held.numbered:  # the divisor would be another one for θ
        table = {k: v.subs(free[decay], 0) for k, v in table.items()}
    table = held.divided(table, traced.theta)
    moves = {
        row: sp.factor_terms(sp.Add(*[table[row, v] * v for v in (*kept, traced.gradient)]))
        for row in (traced.theta, *kept)
    }
    outputs = [table[row, traced.theta] * traced.theta + e for row, e in moves.items()]
    if any(a.exp.q != 1 for e in outputs for a in e.atoms(sp.Pow) if a.exp.is_Rational):
        raise RuleError(
            f"rule {rule.name} {'' if step is None else f'at step {step} '}carries a root of what is "
            "frozen"
            + ("" if step is None else "; freeze it in the limit of many steps, without a step")
        )
    used = {k: v for k, v in free.items() if any(e.has(v) for e in outputs)}
    if "p" in used:
        raise RuleError(
            f"rule {rule.name} has a hyperparameter p, which is what freeze calls the held scale; rename it"
        )
    hyperparameters = {k: h for k, h in rule.hyperparameters.items() if k in used}
    if decay is not None:
        told = "" if decay in used else "; freeze has nothing for another"
        held.said.append(f"{decay} = 0{told or ', unless it is set'}: it takes θ towards 0")
        if decay in used:
            h = hyperparameters[decay]
            hyperparameters[decay] = Hyperparameter(decay, 0.0, h.domain, h.symbol, True)
    hyperparameters["p"] = Hyperparameter("p", 1.0, POSITIVE, "p", True)

    change = -moves[traced.theta]
    by_change = table[traced.theta, traced.theta] == 1
    theta_, g_ = traced.theta, traced.gradient

    def update(theta: Any, g: Any, *state: Any, **values: Any) -> Any:
        point = {theta_: theta, g_: g, **dict(zip(kept, state, strict=True))}
        point |= {used[k]: values[k] for k in used} | {SCALE: values["p"]}
        if any(isinstance(v, Operand | sp.Basic) for v in point.values()):
            exact = {k: untraced(v) for k, v in point.items()}
            return tuple(e.subs(exact, simultaneous=True) for e in outputs)
        arguments = list(point)
        first, *rest = [change, *outputs[1:]] if by_change else outputs
        found = [sp.lambdify(arguments, e, "numpy")(*point.values()) for e in (first, *rest)]
        return (theta - found[0] if by_change else found[0], *found[1:])

    made = Rule(update, name=f"{rule.name}_frozen", source=rule.source,
                state=tuple(s.name for s in kept), hyperparameters=hyperparameters)  # fmt: skip
    made.held = tuple(held.said)
    return made


def _check_something(
    rule: Rule, traced: Trace, candidates: list[Any], variables: tuple[Any, ...]
) -> None:
    """Raise :class:`RuleError` where no state makes the rule what it is."""
    if candidates:
        return
    if not _linear(traced.new_theta, variables):
        raise RuleError(
            f"rule {rule.name} has no state that makes it non-linear: its step "
            f"{shown(traced.new_theta - traced.theta)} is; there is nothing to hold"
        )
    raise RuleError(f"rule {rule.name} is linear already; there is nothing to freeze")


def _used(state: Any, traced: Trace, still: list[Any]) -> bool:
    """Whether θ, or a state that it is made of, still uses a state once others are held."""
    new = dict(zip(traced.state, traced.new_state, strict=True))
    marks = {new[s]: sp.Dummy() for s in still} | {s: sp.Dummy() for s in still}
    left, seen = [traced.new_theta.xreplace(marks)], set()
    while left:
        for s in left.pop().free_symbols & set(new) - seen - set(still):
            seen.add(s)
            left.append(new[s].xreplace(marks))
    return state in seen


class _Held:
    """What stands still, as symbols; and what is said of it."""

    def __init__(self, rule: Rule, variables: set[sp.Symbol]) -> None:
        self.rule, self.variables = rule, variables
        self.states: dict[str, sp.Symbol] = {}
        self.numbered: dict[sp.Expr, sp.Symbol] = {}
        self.said: list[str] = []
        self.defaults = {
            symbol_of(h): h.default for h in rule.hyperparameters.values()
            if not h.is_choice and h.default is not None
        }  # fmt: skip

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        return (*self.states.values(), *self.numbered.values())

    def of(self, name: str) -> sp.Symbol:
        """The symbol of a state variable that stands still."""
        return self.states.setdefault(name, sp.Dummy(name, real=True))

    def numbers(self, expression: sp.Expr) -> sp.Expr:
        """The expression with its numbers of the whole tensor held: norms, and cases of norms only."""
        for case in sorted(expression.atoms(sp.Piecewise), key=sp.count_ops, reverse=True):
            if expression.has(case) and self._of_the_tensor(case):
                expression = expression.xreplace({case: self._number(case, "ratio")})
        found = {
            norm: self._number(norm, "norm")
            for norm in expression.atoms(AppliedUndef)
            if norm.free_symbols & self.variables
        }
        return expression.xreplace(found)

    def _number(self, value: sp.Expr, kind: str) -> sp.Symbol:
        if value not in self.numbered:
            name = f"{kind}{len(self.numbered) + 1}"
            self.numbered[value] = sp.Dummy(name, positive=True)
        return self.numbered[value]

    def _of_the_tensor(self, expression: sp.Basic) -> bool:
        """Whether what an expression is made of, beside numbers, are norms: then it is a number itself."""
        norms = expression.atoms(AppliedUndef)
        bare = expression.xreplace({n: sp.Dummy() for n in norms})
        return bool(norms) and not bare.free_symbols & (self.variables | set(self.states.values()))

    def cases(self, expression: sp.Expr) -> sp.Expr:
        """The expression with its cases decided, those of the step and the hyperparameters, at the defaults.

        Raises:
            RuleError: a case is chosen by θ, the gradient, the state or what is held: another rule at
                every coordinate.
        """
        for case in expression.atoms(sp.Piecewise):
            for _, condition in case.args:
                if condition == sp.true:
                    continue
                if condition.free_symbols & (self.variables | set(self.symbols)):
                    raise RuleError(
                        f"rule {self.rule.name} steps by cases of {shown(condition)}, which is not one case "
                        "near a minimum; freeze does not choose"
                    )
                holds = condition.subs(self.defaults)
                if holds not in (sp.true, sp.false):
                    raise RuleError(
                        f"rule {self.rule.name} steps by cases of {shown(condition)}, which its defaults do "
                        "not decide; freeze does not choose"
                    )
                said = f"{condition} {'holds' if holds == sp.true else 'does not hold'}, as at the defaults"
                if said not in self.said:
                    self.said.append(said)
                expression = expression.xreplace({condition: holds})
        return expression

    def divided(self, table: Mapping[Any, sp.Expr], theta: sp.Symbol) -> dict[Any, sp.Expr]:
        """The coefficients with the one factor that what is held makes replaced by 1/p.

        Raises:
            RuleError: they have several, or one that is no factor.
        """
        symbols, found, scale = self.symbols, {}, None
        for place, value in table.items():
            own = sp.Integer(int(place == (theta, theta)))
            value = value - own
            if not value.has(*symbols):
                found[place] = value + own
                continue
            if value.is_Add:
                value = sp.factor(value)
            rest, factor = value.as_independent(*symbols, as_Add=False)
            scale = factor if scale is None else scale
            quotient = sp.cancel(factor / scale) if factor != scale else sp.Integer(1)
            if quotient.has(*symbols):
                raise RuleError(
                    f"rule {self.rule.name} scales by {shown(scale)} and by {shown(factor)}: what is held is "
                    "not one divisor, and its theory would need two"
                )
            found[place] = rest * quotient / SCALE + own
        if scale is not None:
            plain = {s: sp.Symbol(s.name) for s in symbols}
            self.said.insert(0, f"p = {(1 / scale).xreplace(plain)}")
            self.said[1:1] = [
                f"{s.name} is a number of the whole tensor: {shown(v.xreplace(plain), 120)}"
                for v, s in self.numbered.items() if scale.has(s)
            ]  # fmt: skip
        return found


def _coefficients_of(
    rule: Rule, rows: Mapping[Any, sp.Expr], variables: tuple[sp.Symbol, ...], still: list[Any]
) -> dict[Any, sp.Expr]:
    """By row and variable, the coefficient.

    Raises:
        RuleError: a row is not linear.
    """
    table = {}
    for row, expression in rows.items():
        rest = expression.xreplace(dict.fromkeys(variables, sp.Integer(0)))
        dropped = expression.free_symbols & {sp.Symbol(s, real=True) for s in rule.state} - set(
            variables
        )
        if dropped or not _linear(expression, variables) or rest != 0:
            plain = {d: sp.Symbol(d.name) for d in expression.atoms(sp.Dummy)}
            raise RuleError(
                f"rule {rule.name} is not linear with {' and '.join(s.name for s in still) or 'its state'} "
                f"held: {row.name} becomes {shown(expression.xreplace(plain))}"
            )
        for v in variables:
            table[row, v] = sp.diff(expression, v)
    return table


def _decay(
    table: Mapping[Any, sp.Expr], theta: sp.Symbol, g: sp.Symbol, free: Mapping[str, sp.Symbol]
) -> str | None:
    """The hyperparameter that is found with θ alone, and without which θ does not move by itself; if any."""
    own = {p: v - int(p == (theta, theta)) for p, v in table.items()}
    of_theta = [v for (_, column), v in own.items() if column == theta and v != 0]
    others = [v for (_, column), v in own.items() if column != theta]
    for name, symbol in free.items():
        alone = of_theta and not any(v.has(symbol) for v in others)
        if alone and all(sp.expand(v.subs(symbol, 0)) == 0 for v in of_theta):
            return name
    return None


def _linear(expression: sp.Expr, variables: tuple[sp.Symbol, ...]) -> bool:
    return all(
        sp.diff(expression, a, b) == 0 for i, a in enumerate(variables) for b in variables[i:]
    )


def _near_a_minimum(rule: Rule) -> str:
    """Which linear rule an adaptive one is near a minimum, in words; empty where it is none."""
    try:
        trace(freeze(rule)).system  # noqa: B018
    except Exception:
        return ""
    name = full_name(rule)
    instead = f"{name}_frozen" if name else "eigenstep.analysis.freeze of it"
    return f"{instead} is what it is near a minimum"


INSTEAD.append(_near_a_minimum)

__all__ = ["SCALE", "freeze"]
