"""What a claim on equations grants, and what of it is to be proved: the start, and what every step keeps."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .inequalities import relation, said
from .lemmas import Lemma, implied, name_of, quantified
from .needs import granted, needs
from .scripts import Side, script_for_needs
from .terms import Condition, ExportError, Term, term
from .trying import points
from .typed import read_term


class Granted:
    """A claim's variables with the hypotheses on them: domains, what the claim adds, and its invariants."""

    def __init__(
        self, claim: Any, variables: Any, tensors: Mapping[str, Term], whole: bool
    ) -> None:
        self.claim, self.variables, self.tensors, self.whole = claim, variables, tensors, whole
        elements = [t.value.split()[0] for t in tensors.values()]
        self.points = points(variables.reals, [*variables.naturals, "t"], elements)
        state = {k: tensors[k] for k in claim.rule.state}
        self.settings = list(variables.hypotheses)
        for text in claim.domain:
            self.settings += self._said(relation(text, dict(variables.symbols)))
        self.kept = [relation(text, {**variables.symbols, **state}) for text in claim.invariants]
        invariants = [one for kept in self.kept for one in self._said(kept)]
        self.invariants = [f"(forall i, {one})" if whole else one for one in invariants]
        self.hypotheses = [*self.settings, *self.invariants, "(1 <= t)%nat"]

    @staticmethod
    def _said(found: Condition) -> list[str]:
        return [*granted(needs(found)), said(found)]

    def quantified(self, nodes: Iterable[Any]) -> str:
        """All variables, and the functions of which nothing is known."""
        nodes = list(nodes)
        used = [t.value.split()[0] for t in self.tensors.values()]
        others = []
        if self.whole:
            others = [
                "(index : Type)",
                "(norm : (index -> R) -> R)",
                f"({' '.join(used)} : index -> R)",
                "(i : index)",
            ]
        functions = {n.value: len(n.args) for n in nodes if n.op == "applied"}
        others += [f"({n} : {'R -> ' * count}R)" for n, count in functions.items()]
        if any(n.op == "power" for n in nodes):
            others.append("(power : R -> R -> R)")
        reals = [*self.variables.reals, *([] if self.whole else used)]
        return quantified(reals, [*self.variables.naturals, "t"], others)

    def lemmas(self, computed: Mapping[str, Term]) -> list[Lemma]:
        """The start is the printed one, and the invariants hold there and are kept by every step."""
        claim, rule = self.claim, self.claim.rule
        if not rule.state:
            return []
        theta = self.tensors[rule.parameter]
        found = rule.initial_state(theta, self.variables.values)
        begun = dict(zip(rule.state, map(term, found), strict=True))
        names = {**self.variables.symbols, rule.parameter: theta}
        printed = {k: read_term(claim.start.get(k, "0"), names) for k in rule.state}
        if any(needs(x) for x in (*begun.values(), *printed.values())):
            raise ExportError("a start that divides")
        equal = [
            f"(* the code's {k} *) {begun[k].text} = {printed[k].within(60)}" for k in rule.state
        ]
        nodes = [n for x in (*begun.values(), *printed.values()) for n in x.nodes()]
        statement = self.quantified(nodes) + "\n" + implied(self.settings, " /\\\n".join(equal))
        lemmas = [Lemma(name_of(claim.id, "start"), statement, "intros; repeat split; equal.")]
        after = {k: computed[k] for k in rule.state}
        steps = (("start", self.settings, begun), ("step", self.hypotheses, after))
        for number, text in enumerate(claim.invariants, 1):
            for what, known, values in steps:
                now = relation(text, {**self.variables.symbols, **values})
                wanted = " /\\\n".join([*granted(needs(now)), said(now)])
                statement = self.quantified(now.nodes()) + "\n" + implied(known, wanted)
                side = Side(now.args[1], now.args[0], self.variables.factors, self.points,
                            tuple(self.variables.reals),
                            self.variables.edges() if what == "step" else [], self.whole)  # fmt: skip
                proof = script_for_needs(side)
                name = name_of(claim.id, f"{what}_keeps{number}")
                lemmas.append(Lemma(name, statement, proof))
        return lemmas


__all__ = ["Granted"]
