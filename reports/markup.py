"""Markdown of the report's parts: tables, figures, displayed mathematics, verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..proofs import Proof
from .figures import ALL_FIGURES


def display(*lines: str) -> str:
    """A displayed equation, or several, aligned at their ``&``."""
    if len(lines) == 1:
        return f"$$\n{lines[0]}\n$$\n"
    return "$$\n\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n$$\n"


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], caption: str, widths: Sequence[int]
) -> str:
    """A pipe table; ``widths`` are relative column widths."""
    lines = ["| " + " | ".join(header) + " |", "|" + "|".join(":" + "-" * w for w in widths) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([*lines, "", f": {caption}", ""])


def figure(name: str) -> str:
    """A figure of the report by name, with its caption and its text for those who cannot see it."""
    entry = ALL_FIGURES[name]
    width = 75 if name in ("rates", "noise", "batch_sizes") else 100
    alt = entry.alt.replace('"', "'")
    return f'![{entry.caption}](figures/{name}.svg){{#fig-{name} alt="{alt}" width={width}%}}\n'


def widget(name: str, fallback: str) -> str:
    """A part of the page that scripts make interactive; without them, and in print, the figure."""
    return f"::: {{#{name} .widget}}\n{fallback}:::\n"


def mark(proof: Proof) -> str:
    """A verdict in its colour."""
    return f"[{proof.verdict.value}]{{.{proof.verdict.value.lower()}}}"
