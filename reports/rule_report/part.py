"""What a section of a report on one rule is, and what it is made with."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...optimizers.errors import EigenstepError
from .subject import Subject


class Refused(EigenstepError, RuntimeError):
    """A section that came to nothing; the message says why."""


RULE, OTHER = "#D55E00", "#0072B2"
"""The colours of the rule and of the one that it is compared with, in every figure."""


@dataclass(frozen=True)
class Numbers:
    """What a report is asked at.

    Attributes:
        mu, L: the ends of the spectrum that tuning is for, as text.
        quick: whether a draft will do.
    """

    mu: str = "1"
    L: str = "100"
    quick: bool = False

    def size(self, full: int, draft: int) -> int:
        """How many points, steps or seeds."""
        return draft if self.quick else full


@dataclass(frozen=True)
class Part:
    """What a section came to.

    Attributes:
        text: Markdown below the section's heading.
        figures: SVG by name; the text has them as ``figures/NAME.svg``.
        refused: what of it could not be derived, with the reason, each in plain words.
    """

    text: str
    figures: Mapping[str, bytes] = field(default_factory=dict)
    refused: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The part as plain data."""
        pictures = {k: base64.b64encode(v).decode("ascii") for k, v in self.figures.items()}
        return {"text": self.text, "figures": pictures, "refused": [list(r) for r in self.refused]}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Part:
        """The part again."""
        pictures = {k: base64.b64decode(v) for k, v in row["figures"].items()}
        return cls(row["text"], pictures, tuple((a, b) for a, b in row["refused"]))


@dataclass(frozen=True)
class Section:
    """A section.

    Attributes:
        id: its place in the document.
        title: its heading.
        make: what it says of a rule beside another.
        seconds: that it may take, at most.
        level: of its heading.
        alone: whether nothing else may run beside it, since it measures time.
    """

    id: str
    title: str
    make: Callable[[Subject, Subject, Numbers], Part]
    seconds: float = 12.0
    level: int = 2
    alone: bool = False


def reason_of(error: BaseException, subject: Subject) -> str:
    """What an error says, in one line: with its type where it is not eigenstep's own, and without folders."""
    words = " ".join(str(error).split())[:400]
    kind = "" if isinstance(error, EigenstepError) else type(error).__name__
    return subject.without_folders(": ".join(filter(None, (kind, words))))


def picture(name: str, caption: str, alt: str, width: int = 100) -> str:
    """A figure of a part, with its caption in Markdown and its words for those who cannot see it."""
    words = alt.replace('"', "'").replace("\\", "/")
    return f'![{caption}](figures/{name}.svg){{#fig-{name} alt="{words}" width={width}%}}\n'
