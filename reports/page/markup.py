"""Markdown of the report's parts: tables, figures, displayed mathematics, verdicts, citations.

What carries a label can be linked to as ``[](#label)``; the words and numbers come from ``references.lua``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from ...proofs import Proof
from ..figures.registry import ALL_FIGURES

BIBLIOGRAPHY = Path(__file__).parent / "references.bib"
_LETTERS = {"N": "notes", "L": "zhang2023", "S": "slides"}
"""The documents that claims name by a letter."""


def display(*lines: str, label: str = "") -> str:
    """A displayed equation, or several, aligned at their ``&``; with a label it is numbered."""
    if len(lines) == 1:
        alone = re.sub(r"&(=|\\leftarrow) ", r"\1 ", lines[0], count=1)
        body = f"$$\n{alone}\n$$\n"
    else:
        body = "$$\n\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n$$\n"
    return f"::: {{#{label} .equation}}\n{body}:::\n" if label else body


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, widths: Sequence[int],
    label: str = "",
) -> str:  # fmt: skip
    """A pipe table; ``widths`` are relative column widths."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(":" + "-" * w for w in widths) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    tag = f" {{#{label}}}" if label else ""
    return "\n".join([*lines, "", f": {caption}{tag}", ""])


def figure(name: str) -> str:
    """A figure of the report by name, with its caption and its text for those who cannot see it."""
    entry = ALL_FIGURES[name]
    alt = entry.alt.replace('"', "'")
    return (
        f'![{entry.caption}](figures/{name}.svg){{#fig-{name} alt="{alt}" width={entry.width}%}}\n'
    )


def widget(name: str, fallback: str) -> str:
    """A part of the page that scripts make interactive; without them, and in print, the figure."""
    return f"::: {{#{name} .widget}}\n{fallback}:::\n"


def mark(proof: Proof) -> str:
    """A verdict in its colour."""
    return f"[{proof.verdict.value}]{{.{proof.verdict.value.lower()}}}"


@lru_cache(maxsize=1)
def known_sources() -> dict[str, str]:
    """Authors and year, as text names them, to the key of the bibliography: ``"Polyak 1964"``."""
    found = {"torch.optim.SGD": "paszke2019"}
    text = BIBLIOGRAPHY.read_text(encoding="utf-8")
    for entry in re.finditer(r"^@\w+\{(\w+), author = \{(.+?)\}, title.*?$", text, re.MULTILINE):
        year = re.search(r"year = \{(\d+)\}", entry[0])
        if year is None:
            continue
        names = [person.split(",")[0].strip() for person in entry[2].split(" and ")]
        forms = {f"{names[0]} et al. {year[1]}"}
        if len(names) < 4:
            *first, last = names
            forms.add(f"{', '.join(first)} & {last} {year[1]}" if first else f"{last} {year[1]}")
        found.update(dict.fromkeys(forms, entry[1]))
    return found


def cited(source: str) -> str:
    """A source in words with links to the bibliography.

    >>> cited("Polyak 1964, eq. (9)")
    '[Polyak 1964](#ref-polyak1964), eq. (9)'
    >>> cited("N, Adam; L, Adam")
    '[N](#ref-notes), Adam; [L](#ref-zhang2023), Adam'
    """
    source = re.sub(
        r"(?:^|(?<=; )|(?<=and ))([NLS])(?=,|;| and|$)",
        lambda m: f"[{m[1]}](#ref-{_LETTERS[m[1]]})", source,
    )  # fmt: skip
    for words, key in known_sources().items():
        source = source.replace(words, f"[{words}](#ref-{key})")
    return source
