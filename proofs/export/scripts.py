"""Proof scripts for equalities: which parts are equal is found by trying numbers, and proved by Coq."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import sympy as sp

from .fractions import coq, expression
from .needs import Need, needs
from .terms import Condition, ExportError, Term, in_naturals
from .trying import Point, same, value

_OPAQUE = ("sqrt", "max", "min", "abs", "sgn", "norm", "power", "ln", "exp", "applied", "^")
"""Operations that `field` does not look into; a power is one where its exponent is a variable."""


@dataclass(frozen=True)
class Side:
    """Both sides of an equality, and what is known of their variables."""

    code: Term
    printed: Term
    factors: tuple[str, ...]
    points: list[Point]
    settings: tuple[str, ...]
    """Variables that are hyperparameters: a divisor of these alone is proved not to be zero, unless it is
    zero at an edge of their domains."""
    edges: list[Point]
    whole: bool = False
    positive_norms: bool = False

    @cached_property
    def nodes(self) -> list[Any]:
        seen: set[int] = set()
        return [*self.printed.nodes(seen), *self.code.nodes(seen)]

    def hypotheses(self) -> list[str]:
        """That both sides are defined, as far as it matters for their equality: no divisor that may be zero
        is, where it divides."""
        found = dict.fromkeys(self.norms())
        for need in needs(self.printed, self.code):
            if need.relation.endswith("<> 0") and self._may_be_zero(need.of):
                found[need.hypothesis] = None
        if any(n.op == "power" for n in self.nodes):
            found["(forall x y, 0 < x -> power x y <> 0)"] = None
        return list(found)

    def norms(self) -> list[str]:
        """That no norm is zero, where that is said."""
        norms = [n.text for n in self.nodes if n.op == "norm"] if self.positive_norms else []
        return list(dict.fromkeys(f"0 < {n}" for n in norms))

    def left_to_show(self) -> list[Need]:
        """What the code needs and print does not: it holds wherever print is defined."""
        known = {n.hypothesis for n in needs(self.printed)}
        return [n for n in needs(self.code) if n.hypothesis not in known]

    def _may_be_zero(self, divisor: Any) -> bool:
        if divisor.op == "norm" and self.positive_norms:
            return False
        if any(
            n.op == "norm" or (n.op == "real" and n.value not in self.settings)
            for n in divisor.nodes()
        ):
            return True
        with np.errstate(all="ignore"):
            return any(abs(value(divisor, at)) < 1e-12 for at in self.edges)


def divisors(
    node: Any, guards: tuple[tuple[Any, bool], ...] = ()
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Every divisor, with the conditions under which it divides."""
    yield from _divisors(node, guards, set())


def _divisors(
    node: Any, guards: tuple[Any, ...], seen: set[Any]
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    visit = (id(node), *((id(c), holds) for c, holds in guards))
    if visit in seen:
        return
    seen.add(visit)
    if isinstance(node, Term) and node.op == "if":
        condition, yes, no = node.args
        yield from _divisors(condition, guards, seen)
        yield from _divisors(yes, (*guards, (condition, True)), seen)
        yield from _divisors(no, (*guards, (condition, False)), seen)
        return
    for argument in node.args:
        yield from _divisors(argument, guards, seen)
    if node.op == "/":
        yield node.args[1], guards


def powers(nodes: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Base and exponent of every power with a variable in its exponent."""
    seen = set()
    for node in nodes:
        if node.op == "^" and node.args[1].op != "number" and node.text not in seen:
            seen.add(node.text)
            yield node.args


def facts(side: Side) -> tuple[list[str], list[str]]:
    """What is known of powers and of the step number; and how powers are written in fewer, at the end."""
    later: list[str] = []
    counts = dict.fromkeys(n.text for n in side.nodes if n.op == "nat") | (
        dict.fromkeys("t") if side.edges else {}
    )
    lines = [f"pose proof (one_at_least {n} ltac:(lia))." for n in counts]
    for base, exponent in powers(side.nodes):
        if base.op == "number" and base.value == 0 and exponent.op == "nat":
            later.append(f"rewrite !(power_of_zero {exponent.text}) in * by lia.")
        elif exponent.op == "-":
            count = exponent.args[0].text
            later.append(f"rewrite !(power_before {base.within(0)} {count}) in * by lia.")
            if base.text in side.factors:  # of use where the step is 2 or later
                before = in_naturals(exponent, True)
                lines.append(
                    f"try pose proof (power_of_factor {base.within(0)} {before} ltac:(lra) ltac:(lia))."
                )
        elif exponent.op == "*" and exponent.args[0].op == "number":
            one, two = (in_naturals(a, True) for a in exponent.args)
            later.append(f"rewrite !(pow_product {base.within(0)} {one} {two}) in *.")
        elif (
            exponent.op == "+" and exponent.args[0].op == "nat" and exponent.args[1].op == "number"
        ):
            later.append(f"rewrite !(pow_add {base.within(0)} {exponent.args[0].text}) in *.")
        elif base.text in side.factors and exponent.op in ("nat", "+"):
            lines.append(
                f"pose proof (power_of_factor {base.within(0)} {in_naturals(exponent, True)} ltac:(lra) "
                "ltac:(lia))."
            )
    for divisor in {
        d.text: d for root in (side.code, side.printed) for d, _ in divisors(root)
    }.values():
        if divisor.op == "max":
            one, two = (a.within(0) for a in divisor.args)
            lines.append(f"pose proof (Rmax_l {one} {two}); pose proof (Rmax_r {one} {two}).")
    return lines, later


def squares(side: Side) -> list[tuple[str, str]]:
    """That the square of a root of settings is what it is of, with the name of that fact."""
    found = []
    roots = {n.text: n for n in side.nodes if n.op == "sqrt"}
    for node in roots.values():
        (of,) = node.args
        if any(
            n.op == "norm" or (n.op == "real" and n.value not in side.settings) for n in of.nodes()
        ):
            continue
        with np.errstate(all="ignore"):  # where it may be 0 or below, nothing is said of it
            inside = [at for at in side.points if all(at[f] < 1 for f in side.factors)]
            if not all(value(of, at) > 1e-9 for at in (*inside, *side.edges)):
                continue
        root, name = node.within(0), f"Root{len(found)}"
        found.append((
            f"assert ({name} : {root} * {root} = {of.within(0)}) by (apply sqrt_sqrt; positive).\n"
            f"assert ({name}_positive : 0 < {node.text}) by (apply sqrt_lt_R0; positive).", name,
        ))  # fmt: skip
    return found


def unified(code: Term, printed: Term, at: list[Point]) -> list[str]:
    """Parts of the code that equal printed ones and are written in another way, replaced by those.

    What is under a norm is another tensor's element, and is replaced where norms are compared.
    """
    lines: list[str] = []
    known: dict[str, Any] = {n.text: n for n in outside_norms(printed) if _opaque(n)}

    def change(node: Any) -> Any:
        if not _opaque(node) or node.text in known or isinstance(node, Condition):
            return node
        for part, lemma in zip(node.args, ("left", "right"), strict=False):
            if node.op in ("max", "min") and same(node, part, at):
                name = "Rmax" if node.op == "max" else "Rmin"
                arguments = " ".join(a.within(0) for a in node.args)
                lines.append(f"rewrite ({name}_{lemma} {arguments}) by (first [lra | nra]).")
                return part
        for other in list(known.values()):
            if (found := _replaced(node, other, at)) is not None:
                lines.append(found)
                return other
        known[node.text] = node
        return node

    _rebuilt(code, change)
    return lines


def _rebuilt(node: Any, change: Any, done: dict[int, Any] | None = None) -> Any:
    """As ``node.rebuilt(change)``, but a norm is changed as a whole."""
    done = {} if done is None else done
    if id(node) not in done:
        args = node.args if node.op == "norm" else [_rebuilt(a, change, done) for a in node.args]
        kept = all(a is b for a, b in zip(args, node.args, strict=True))
        done[id(node)] = change(node if kept else type(node)(node.op, *args, value=node.value))
    return done[id(node)]


def outside_norms(node: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """All parts that are not under a norm."""
    seen = set() if seen is None else seen
    if id(node) in seen:
        return
    seen.add(id(node))
    for argument in () if node.op == "norm" else node.args:
        yield from outside_norms(argument, seen)
    yield node


def _opaque(node: Any) -> bool:
    return node.op in _OPAQUE and (node.op != "^" or node.args[1].op != "number")


def _replaced(node: Any, other: Any, at: list[Point]) -> str | None:
    """The line that replaces a part by another of the same kind, whose arguments are equal."""
    if other.op != node.op or len(other.args) != len(node.args) or other.value != node.value:
        return None
    turned = ""
    if not all(same(a, b, at) for a, b in zip(node.args, other.args, strict=True)):
        if node.op not in ("max", "min"):
            return None
        if not all(same(a, b, at) for a, b in zip(node.args, other.args[::-1], strict=True)):
            return None
        turned = f"rewrite {'Rmax' if node.op == 'max' else 'Rmin'}_comm; "
    if node.op == "norm":
        inner = unified(node.args[0], other.args[0], at)
        steps = [_at("i0", line.rstrip(".")) for line in inner]
        inside = "; ".join(
            ["apply same_elements; intros i0; cbv beta; at_index i0", *steps, "by_cases; equal"]
        )
    else:
        inside = f"{turned}f_equal; by_cases; equal"
    return f"replace ({node.text}) with ({other.text}) by ({inside})."


def _at(index: str, script: str) -> str:
    """A script about the element i as one about another element."""
    return re.sub(r"\bi\b(?! =>)", index, script)


def script_for_equality(side: Side) -> str:
    """Domains, then parts that are equal, then cases, then the field."""
    first, later = facts(side)
    roots = squares(side)
    lines = ["intros; cbv zeta.", *first, *(line for line, _ in roots)]
    lines += ["at_index i."] if side.whole else []
    known = needs(side.printed)
    lines += [f"try ({hint})." for n in side.left_to_show() if (hint := as_factor(n, known))]
    steps = [*unified(side.code, side.printed, side.points), *later]
    steps += ["cleared_sums."] if roots else []
    # A norm that is taken in one case may be defined in that case alone.
    guarded = side.whole and side.code.op == side.printed.op == "if"
    if guarded and side.code.args[0].text == side.printed.args[0].text:
        lines += [f"split_on ({side.code.args[0].text})."]
        steps = [f"all: try ({step.rstrip('.')})." for step in steps]
    else:
        guarded = False
    lines += steps
    cases = any(isinstance(n, Condition) for n in side.nodes)
    names = " ".join(name for _, name in roots)
    ending = f"first [equal | (field [{names}]; not_zero)]" if roots else "equal"
    each = "all: " if guarded else ""
    lines.append(f"{each}by_cases; {ending}." if cases else f"{each}{ending}.")
    return "\n".join(lines)


def as_quotient(need: Need) -> str:
    """A hint for what is not zero: it is a quotient of products, none of whose factors is."""
    if not need.relation.endswith("<> 0") or need.guards:
        return ""
    try:
        value = sp.factor(sp.cancel(sp.together(expression(need.of))))
        other = coq(value, need.of)
    except (ExportError, TypeError, sp.PolynomialError):
        return ""
    this = need.of.within(0)
    return (
        f"assert ({this} <> 0) by (factored; replace {this} with ({other}) by (field; not_zero);"
        " parts_not_zero)"
    )


def as_factor(need: Need, known: list[Need]) -> str:
    """A hint for what is not zero: a multiple of it is none, and that is known.

    The known one may have the square of a root where this one has what is under it.
    """
    if not need.relation.endswith("<> 0") or need.guards:
        return ""
    this = need.of.within(0)
    for other in known:
        if not other.relation.endswith("<> 0") or other.guards:
            continue
        roots = [n for n in other.of.nodes() if n.op == "sqrt"]
        try:
            squared = other.of.rebuilt(_without_squares)
            times = sp.cancel(sp.together(expression(squared) / expression(need.of)))
            factor = coq(times, other.of)
        except (ExportError, TypeError, sp.PolynomialError):
            continue
        if sp.denom(times).free_symbols:
            continue
        facts = [f"sqrt_sqrt ({r.args[0].text})" for r in roots]
        above, below = sp.fraction(sp.cancel(sp.together(expression(need.of))))
        cleared = f"({coq(above, need.of)})"
        used = "".join(
            f"pose proof ({fact} ltac:(positive)) as Square{n}; " for n, fact in enumerate(facts)
        )
        squares = " ".join(f"Square{n}" for n in range(len(facts)))
        by = f"field [{squares}]" if facts else "field"
        return (
            f"assert ({this} <> 0) by ({used}let Z := fresh in intro Z; enough ({other.of.within(0)} = 0) by contradiction;"
            f" transitivity (({factor}) * ({this})); [{by}; not_zero | rewrite Z; ring]);"
            f" assert ({cleared} <> 0) by (let Z := fresh in intro Z; enough ({this} = 0) by contradiction;"
            f" replace ({this}) with ({cleared} / ({coq(below, need.of)})) by (field; not_zero); rewrite Z; unfold Rdiv; ring)"
        )
    return ""


def _without_squares(node: Any) -> Any:
    """The square of a root as what is under it, and of a product as the product of squares."""
    if node.op == "^" and node.args[1].op == "number" and node.args[1].value == 2:
        base, _ = node.args
        if base.op == "sqrt":
            return base.args[0]
        if base.op == "*":
            return _without_squares(base.args[0] ** 2) * _without_squares(base.args[1] ** 2)
    return node


def script_for_needs(side: Side) -> str:
    """That the code is defined where print is: parts that are equal, then cases, then each need."""
    first, later = facts(side)
    roots = squares(side)
    lines = ["intros; cbv zeta in *.", *first, *(line for line, _ in roots)]
    lines += ["at_index i."] if side.whole else []
    here = [n for root in (side.printed, side.code) for n in outside_norms(root)]
    roots_of = dict.fromkeys(n.args[0].within(0) for n in here if n.op == "sqrt")
    lines += [f"pose proof (sqrt_pos {r})." for r in roots_of]
    lines += [
        f"try ({line.rstrip('.')})." for line in unified(side.code, side.printed, side.points)
    ]
    lines += [f"try ({line.rstrip('.')})." for line in later if "power_before" not in line]
    known = needs(side.printed)
    for need in side.left_to_show():
        lines += [f"try ({hint})." for hint in (as_quotient(need), as_factor(need, known)) if hint]
    signs = any(n.op == "sgn" for n in side.nodes)
    cases = signs or any(isinstance(n, Condition) for n in side.nodes)
    lines += ["unfold sgn in *."] if signs else []
    lines.append("by_cases; needed." if cases else "needed.")
    return "\n".join(lines)
