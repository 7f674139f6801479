"""That two expressions are equal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..kinds.names import Names
from .inequalities import Names as Variables
from .inequalities import relation, said
from .lemmas import Export, Lemma, implied, name_of, quantified
from .needs import granted, needs
from .scripts import Side, powers, script_for_equality, script_for_needs
from .terms import ExportError, Term, name_in_coq
from .trying import points
from .typed import read_term


def export_identity(claim: Any) -> Export:
    """Both sides are equal where both are defined, and either is where the other is.

    For all positive values of what they contain, or for all values that the claim's domain allows.
    """
    names, _, _ = _read(claim, Names.INTEGERS)
    sides = [read_term(text, names) for text in (claim.left, claim.right)]
    exponents = {
        n.value
        for side in sides
        for p in side.nodes()
        if p.op == "^"
        for n in p.args[1].nodes()
        if n.op == "nat"
    }
    # What is no exponent need not be a natural number: the lemma is for all real ones.
    whole = tuple(n for n in Names.INTEGERS if name_in_coq(n) in exponents)
    names, shown, lets = _read(claim, whole)
    left, right = (read_term(text, names) for text in (claim.left, claim.right))
    written = [read_term(text, shown) for text in (claim.left, claim.right)]
    if any(n.op in ("ln", "exp") for side in (left, right) for n in side.nodes()):
        raise ExportError("a logarithm")
    if "power" in {n.op for side in (left, right) for n in side.nodes()}:
        raise ExportError("a power with a real exponent")
    domain = [relation(text, names) for text in claim.domain]
    free = {
        n.value: n.op
        for part in (left, right, *domain)
        for n in part.nodes()
        if n.op in ("real", "nat")
    }
    reals = [n for n, op in free.items() if op == "real"]
    naturals = [n for n, op in free.items() if op == "nat"]
    if claim.domain:
        given = [h for one in domain for h in (*granted(needs(one)), said(one))]
        given += [f"({_least(n, claim.domain)} <= {n})%nat" for n in naturals]
    else:
        given = [f"0 < {n}" for n in reals] + [f"(1 <= {n})%nat" for n in naturals]
    bases = {base.value for base, _ in powers([*left.nodes(), *right.nodes()]) if base.op == "real"}
    factors = tuple(n for n in bases if _is_factor(n, claim.domain))
    # Points at which a hint is looked for; each must be inside the domain, as no lemma speaks of others.
    at = points(reals, naturals)
    variables = quantified(reals, naturals) + "\n"
    one, two = (_with_lets(w, lets) for w in written)
    lemmas = []
    both = [*given, *granted(needs(left, right))]
    side = Side(left, right, factors, at, tuple(reals), [])
    statement = variables + implied(dict.fromkeys(both), f"{one}\n= {two}")
    lemmas.append(Lemma(name_of(claim.id), statement, script_for_equality(side)))
    for name, side in (("right", Side(right, left, factors, at, tuple(reals), [])),
                       ("left", Side(left, right, factors, at, tuple(reals), []))):  # fmt: skip
        wanted = [n for n in side.left_to_show() if n.hypothesis not in given]
        if wanted:
            known = dict.fromkeys([*given, *granted(needs(side.printed))])
            statement = variables + implied(known, " /\\\n".join(granted(wanted)))
            name = name_of(claim.id, f"{name}_defined")
            lemmas.append(Lemma(name, statement, script_for_needs(side)))
    return Export(claim.id, tuple(lemmas), claim.statement)


def _least(name: str, domain: Sequence[str]) -> int:
    """The least natural number that hypotheses allow for a name.

    Raises:
        ExportError: they allow negative ones, of which natural numbers are no stand-in.
    """
    for text in domain:
        left, found, right = text.partition(" >= ")
        if found and left.strip() == name and right.strip().isdecimal():
            return int(right)
    raise ExportError(f"the exponent {name} may be negative")


def _is_factor(name: str, domain: Sequence[str]) -> bool:
    """Whether hypotheses say that 0 ≤ name < 1."""
    below = f"1 - {name} > 0" in domain
    return below and (f"{name} >= 0" in domain or f"{name} > 0" in domain)


def _with_lets(written: Term, lets: list[tuple[str, Term]]) -> str:
    """A side after those of the definitions that it needs."""
    wanted, kept = {n.value for n in written.nodes() if n.op == "real"}, []
    for name, value in reversed(lets):
        if name_in_coq(name) in wanted:
            wanted |= {n.value for n in value.nodes() if n.op == "real"}
            kept.append(f"let {name_in_coq(name)} := {value.text} in")
    return f"({' '.join([*kept[::-1], written.text])})" if kept else written.text


def _read(claim: Any, naturals: tuple[str, ...]) -> tuple[Any, Any, list[tuple[str, Term]]]:
    """The definitions: with what stands before them replaced, by its names, and as they are written."""
    names, shown = Variables(naturals), Variables(naturals)
    lets = []
    for name, text in claim.definitions.items():
        names[name] = read_term(text, names)
        lets.append((name, read_term(text, shown)))
        shown[name] = Term.real(name_in_coq(name))
    return names, shown, lets
