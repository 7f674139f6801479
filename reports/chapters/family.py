"""Chapters of rules, a family each: equations, theory, figures, libraries, what can go wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ...optimizers.errors import EigenstepError
from ...optimizers.rules import ALL_RULES
from ...proofs import Proof
from .chapter import Chapter
from .conventions import conventions_table
from .optimizer_pages import page


@dataclass(frozen=True)
class Family:
    """A family's chapter.

    Attributes:
        id: its place on the page.
        title: its heading.
        rules: the names of the rules in it.
        opening: what stands before their pages.
        pitfalls: what can go wrong, a paragraph each.
        theory: what follows a rule's page, by the rule's name.
        closing: what follows the table of conventions.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    opening: Callable[[Mapping[str, Proof]], str]
    pitfalls: Callable[[Mapping[str, Proof]], list[str]]
    theory: Callable[[str], str] | None = None
    closing: Callable[[], list[str]] = list

    @property
    def chapter(self) -> Chapter:
        """The family as one of the report's chapters."""
        return Chapter(self.id, lambda decided: chapter(self, decided.proofs), shows_proofs=True)


def chapter(family: Family, proofs: Mapping[str, Proof]) -> str:
    """One family's chapter."""
    parts = [f"# {family.title} {{#{family.id}}}\n", family.opening(proofs)]
    for name in family.rules:
        rule = ALL_RULES[name]
        try:
            parts.append(page(rule, proofs))
            if family.theory:
                parts.append(family.theory(name))
        except EigenstepError as error:
            raise type(error)(f"{name}: {error}") from error
    parts += [
        f"## What libraries compute {{#conventions_{family.id}}}\n",
        conventions_table(family.id, family.rules),
    ]
    parts += family.closing()
    parts += [f"## What can go wrong {{#pitfalls_{family.id}}}\n"]
    parts += [f"- {said}\n" for said in family.pitfalls(proofs)]
    return "\n".join(parts)
