"""What a chapter of the report is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ...proofs import Proof


@dataclass(frozen=True)
class Decided:
    """The claims as decided, where the chapters that are written show any.

    Attributes:
        proofs: of all claims, by id.
        tried: the evidence beside each, in words.
        minds: who came to each verdict, in words.
    """

    proofs: Mapping[str, Proof] = field(default_factory=dict)
    tried: Mapping[str, str] = field(default_factory=dict)
    minds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chapter:
    """A chapter.

    Attributes:
        id: its place on the page, ``#id``, and its name for ``--only``.
        write: its Markdown.
        shows_proofs: whether it needs the claims decided.
    """

    id: str
    write: Callable[[Decided], str]
    shows_proofs: bool = False
