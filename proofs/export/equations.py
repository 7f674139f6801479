"""Claims on a rule's equations: its own function, run on terms, against the printed text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ...optimizers.domains import Hyperparameter, Integers, Interval
from ...optimizers.rule import Rule
from .granted import Granted
from .lemmas import Export, Lemma, implied, name_of
from .needs import granted, needs
from .scripts import Side, script_for_equality, script_for_needs
from .terms import ExportError, Term, in_naturals, is_natural, name_in_coq, term
from .trying import points
from .typed import read_any, read_term

T = Term.nat("t")


@dataclass(frozen=True)
class Variables:
    """What an exported rule computes with, and what its domains say of it."""

    values: Mapping[str, Any]
    """By hyperparameter: a term, or a choice."""
    reals: tuple[str, ...]
    naturals: tuple[str, ...]
    hypotheses: tuple[str, ...]
    factors: tuple[str, ...]
    """The numbers b with 0 ≤ b < 1."""
    symbols: Mapping[str, Term]
    """By the name that typed statements use."""
    closed: Mapping[str, float]
    """The lower ends that belong to domains."""

    def edges(self) -> list[dict[str, float]]:
        """Points at which one of the variables is at the end of its domain."""
        middle = {**dict.fromkeys(self.reals, 0.37), **dict.fromkeys((*self.naturals, "t"), 3)}
        first = {**middle, "t": 1}
        return [{**base, k: end} for k, end in self.closed.items() for base in (middle, first)]


def variables_of(rule: Rule, fixed: Mapping[str, Any], *, conventions: bool = True) -> Variables:
    """All hyperparameters that are not fixed, as variables; real numbers of their domain.

    Without ``conventions`` those keep their defaults, as in the theory of a rule.
    """
    values: dict[str, Any] = {}
    symbols: dict[str, Term] = {}
    reals, naturals, hypotheses, factors, closed = [], [], [], [], {}
    kept = (
        {}
        if conventions
        else {k: h.default for k, h in rule.hyperparameters.items() if h.convention}
    )
    given = {**kept, **rule.fixed, **fixed}
    for key, h in rule.hyperparameters.items():
        if h.is_choice:
            values[key] = given.get(key, h.default)
        elif key in given:
            values[key] = symbols[h.symbol] = _number(given[key], rule, symbols)
        else:
            name = name_in_coq(h.symbol)
            if isinstance(h.domain, Integers):
                variable = Term.nat(name)
                naturals.append(name)
                hypotheses.append(f"({h.domain.lower} <= {name})%nat")
            else:
                variable = Term.real(name)
                reals.append(name)
                hypotheses += domain_of(name, h)
                if (
                    isinstance(h.domain, Interval)
                    and h.domain.lower_closed
                    and abs(h.domain.lower) < float("inf")
                ):
                    closed[name] = h.domain.lower
                if isinstance(h.domain, Interval) and h.domain.lower >= 0 and h.domain.upper == 1:
                    factors += [] if h.domain.upper_closed else [name]
            values[key] = symbols[h.symbol] = variable
    return Variables(
        values, tuple(reals), tuple(naturals), tuple(hypotheses), tuple(factors), symbols, closed
    )


def _number(value: Any, rule: Rule, symbols: Mapping[str, Term]) -> Term:
    if isinstance(value, str):  # tied to another by its name
        symbol = rule.hyperparameters[value].symbol if value in rule.hyperparameters else value
        if symbol in symbols:
            return symbols[symbol]
        return Term.number(Fraction(value))
    if hasattr(value, "p") and hasattr(value, "q"):  # SymPy's rationals
        return Term.number(Fraction(int(value.p), int(value.q)))
    return term(value)


def domain_of(name: str, h: Hyperparameter) -> list[str]:
    """A hyperparameter's domain as hypotheses."""
    if not isinstance(h.domain, Interval):
        raise ExportError(f"the domain of {name} is not exported")
    lower, upper = h.domain.lower, h.domain.upper
    left = "<=" if h.domain.lower_closed else "<"
    right = "<=" if h.domain.upper_closed else "<"
    low, high = (Term.number(x).text if abs(x) < float("inf") else "" for x in (lower, upper))
    if low and high:
        return [f"{low} {left} {name} {right} {high}"]
    return [f"{low} {left} {name}"] if low else [f"{name} {right} {high}"] if high else []


def run(rule: Rule, variables: Variables, tensors: Mapping[str, Term]) -> dict[str, Term]:
    """A step of the rule on terms: by variable its new value, and ``point``, where its gradient is taken."""
    coefficients = rule.coefficients(T, variables.values)
    theta, state = tensors[rule.parameter], [tensors[s] for s in rule.state]
    point = rule.gradient_point(theta, *state, **coefficients)
    new = rule(theta, tensors[rule.gradient], *state, **coefficients)
    found = dict(zip((rule.parameter, *rule.state), map(term, new), strict=True))
    return {**found, "point": term(point)}


def export_equations(claim: Any) -> Export:
    """A lemma for each variable of the rule, for its first value, and for where the code is defined."""
    rule: Rule = claim.rule
    variables = variables_of(rule, claim.fixed)
    names = [rule.parameter, rule.gradient, *rule.state]
    plain = {k: Term.real(name_in_coq(k)) for k in names}
    computed = run(rule, variables, plain)
    whole = any(n.op == "norm" for c in computed.values() for n in c.nodes())
    tensors = {k: Term.real(f"{name_in_coq(k)} i") for k in names} if whole else plain
    computed = run(rule, variables, tensors) if whole else computed
    typed = _Printed(claim, {**variables.symbols, **tensors, "t": T}, whole)
    given = Granted(claim, variables, tensors, whole)
    lemmas = given.lemmas(computed)
    for key in (*rule.state, rule.parameter, "point"):
        if (
            key == "point"
            and computed[key].text == typed.values[key].text == tensors[rule.parameter].text
        ):
            continue
        side = Side(
            computed[key], typed.values[key], variables.factors,
            points(variables.reals, [*variables.naturals, "t"], [t.value.split()[0] for t in tensors.values()]),
            tuple(variables.reals), variables.edges(), whole, bool(getattr(claim, "positive_norms", False)),
        )  # fmt: skip
        lemmas += _lemmas(claim.id, key, side, typed.text(key), given)
    return Export(claim.id, tuple(lemmas), claim.statement)


class _Printed:
    """The printed assignments, one after the other."""

    def __init__(self, claim: Any, names: dict[str, Any], whole: bool) -> None:
        self.whole = whole
        names["A"], names["S"] = (
            lambda x, *others, n=n: term(x).applied(n, *others) for n in ("A", "F")
        )
        point = read_term(claim.point or claim.rule.parameter, names)
        self.lets: list[tuple[str, Term]] = []
        self.names = dict(names)
        expanded = dict(names)
        for name, text in claim.printed.items():
            # As it is printed, with the names of what stands before it; and with all of them replaced.
            value = read_any(text, self.names)
            self.lets.append((name, value))
            expanded[name] = read_any(text, expanded)
            counted = isinstance(value, Term) and value.op != "number" and is_natural(value)
            new = name_in_coq(name) + (" i" if whole else "")
            self.names[name] = Term.nat(name_in_coq(name)) if counted else Term.real(new)
        self.values = {k: term(v) for k, v in expanded.items() if not callable(v)} | {
            "point": point
        }
        self.point = point

    def text(self, key: str) -> str:
        """What is printed of a variable, after those of the assignments that it needs."""
        if key == "point":
            return self.point.text
        end, of = (" i", "fun i => ") if self.whole else ("", "")
        wanted, kept = {self.names[key].text}, []
        for name, value in reversed(self.lets):
            named = name_in_coq(name)
            if self.names[name].op == "nat" and named in wanted:
                kept.append((named, f"({in_naturals(value)})%nat"))
            elif named + end in wanted:
                wanted.discard(named + end)
                wanted |= {n.value for n in value.nodes() if n.op in ("real", "nat")}
                kept.append((named, f"{of}{value.text}"))
        result = self.names[key].text
        if kept and kept[0][0] + end == result:  # the last of them is what is wanted
            (_, result), *kept = kept
            result = result.removeprefix(of)
        return "\n".join([*(f"let {n} := {v} in" for n, v in reversed(kept)), result])


def _lemmas(key: str, part: str, side: Side, printed: str, given: Granted) -> list[Lemma]:
    """That the code is what is printed, and, where print does not say so itself, that it is defined there."""
    if "let " in printed or side.printed.op == "if":
        printed = f"({printed})"
    code = f"({side.code.text})" if side.code.op == "if" else side.code.text
    nodes = (*side.code.nodes(), *side.printed.nodes())
    variables = given.quantified(nodes) + "\n"
    hypotheses = [*given.hypotheses, *side.hypotheses()]
    statement = implied(hypotheses, f"(* the code *)  {code}\n= (* printed *)\n{printed}")
    lemmas = [Lemma(name_of(key, part), variables + statement, script_for_equality(side))]
    if wanted := side.left_to_show():
        known = [*given.hypotheses, *side.norms(), *granted(needs(side.printed))]
        defined = implied(dict.fromkeys(known), " /\\\n".join(granted(wanted)))
        lemmas.append(
            Lemma(name_of(key, f"{part}_defined"), variables + defined, script_for_needs(side))
        )
    return lemmas
