"""The report's text as Markdown with TeX mathematics, every formula and number of it generated."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ..proofs import Proof
from .chapters.chapter import Decided
from .chapters.references import references_chapter
from .chapters.registry import ALL_CHAPTERS

TITLE = "The theory of an optimizer, derived from the code that runs it"
SUBTITLE = "Gradient descent, heavy ball, Nesterov’s method, and every adaptive optimizer"
CHAPTERS = tuple(chapter.id for chapter in ALL_CHAPTERS)
"""The ids of all chapters, in their order."""
NEED_PROOFS = tuple(chapter.id for chapter in ALL_CHAPTERS if chapter.shows_proofs)


def markdown(
    proofs: Mapping[str, Proof],
    only: Sequence[str] = (),
    tried: Mapping[str, str] | None = None,
    minds: Mapping[str, str] | None = None,
) -> str:
    """The whole report, or only some of its chapters.

    Args:
        proofs: of all claims, where a chapter among them shows any.
        only: ids of chapters; by default all.
        tried: the evidence beside each claim, in words.
        minds: who came to each verdict, in words.
    """
    decided = Decided(proofs, tried or {}, minds or {})
    wanted = [chapter for chapter in ALL_CHAPTERS if not only or chapter.id in only]
    text = "\n\n".join(chapter.write(decided) for chapter in wanted)
    if only and "references" not in only and re.search(r"\[@\w|\(#ref-", text):
        text += "\n\n" + references_chapter()
    return text
