"""The bibliography."""

from __future__ import annotations

from .chapter import Chapter


def references_chapter() -> str:
    """The bibliography; pandoc's citeproc fills it."""
    return "# References {#references}\n\n::: {#refs}\n:::\n"


REFERENCES = Chapter("references", lambda _: references_chapter())
