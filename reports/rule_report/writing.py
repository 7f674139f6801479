"""The document: sections in their order, what was refused, what it was made with; as HTML and PDF."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ...optimizers.machine.files import digest_of
from ..page.escaping import code, plain
from ..page.publishing import Document, publish
from ..timing import is_reproducible
from ..work import ReportError
from .part import Part, Section
from .sections import GROUPS
from .subject import Subject

_VERSIONS = ("eigenstep", "torch", "numpy", "sympy")
REFUSED = "What could not be derived, and why"


def typeset(
    subject: Subject,
    other: Subject,
    why: str,
    rows: Mapping[Section, Mapping[str, Any]],
    formats: Iterable[str],
    advance: Callable[[float], None],
) -> dict[str, bytes]:
    """The files by format. A section that cannot be typeset is left out, and that is said.

    Args:
        rows: every section as plain data, or why it failed.
    """
    formats = tuple(formats)
    about = Document(
        f"The rule {subject.name}",
        f"What its code computes, beside {other.name}",
        partial=True,
        short=True,
    )
    parts: dict[Section, Part] = {}
    refused: list[tuple[str, str]] = []
    for section, row in rows.items():
        if "failed" in row:
            refused.append((section.title, row["failed"]))
            continue
        parts[section] = Part.from_json(row)
        refused += parts[section].refused
    if is_reproducible():
        refused.append(
            ("Speed", "measured times differ from run to run: SOURCE_DATE_EPOCH leaves them out")
        )
    try:
        return _published(subject, other, why, parts, refused, about, formats, advance)
    except ReportError:
        good = {}
        for section, part in parts.items():
            try:
                publish(part.text, part.figures, about, formats)
                good[section] = part
            except ReportError as error:
                refused.append((f"{section.title}, in print", str(error)[:300]))
        return _published(subject, other, why, good, refused, about, formats, advance)


def _published(
    subject: Subject,
    other: Subject,
    why: str,
    parts: Mapping[Section, Part],
    refused: list[tuple[str, str]],
    about: Document,
    formats: tuple[str, ...],
    advance: Callable[[float], None],
) -> dict[str, bytes]:
    figures = {k: v for part in parts.values() for k, v in part.figures.items()}
    text = markdown(subject, other, why, parts, refused)
    return publish(text, figures, about, formats, advance=advance)


def markdown(
    subject: Subject,
    other: Subject,
    why: str,
    parts: Mapping[Section, Part],
    refused: list[tuple[str, str]],
) -> str:
    """The whole text."""
    by_id = {section.id: (section, part) for section, part in parts.items()}
    because = f", because {plain(why)}" if why else ""
    count = len(_merged(refused))
    lines = [
        "Everything on these pages was derived from the code below or measured by running it. "
        f"It stands beside {code(other.asked.shown)}{because}. "
        + (f"[{REFUSED}](#refused) has {count} {'entry' if count == 1 else 'entries'}.\n" if count
           else "Nothing that was asked had to be refused.\n"),
    ]  # fmt: skip
    first = [i for i in ("rule", "equations") if i in by_id]
    for i in first:
        lines.append(_section(*by_id[i]))
    for key, (title, ids) in GROUPS.items():
        lines.append(f"# {title} {{#{key}}}\n")
        there = [i for i in ids if i in by_id]
        lines += [_section(*by_id[i]) for i in there] or [
            "None of it could be derived: [the last section](#refused) says why.\n"
        ]
    for i in ("libraries", "speed"):
        if i in by_id:
            lines.append(_section(*by_id[i]))
    lines.append(f"# {REFUSED} {{#refused}}\n")
    for reason, whats in _merged(refused).items():
        lines.append(f"- **{'; '.join(map(plain, whats))}:** {plain(reason)}\n")
    if not refused:
        lines.append("Nothing that was asked had to be refused.\n")
    lines += ["# How this was made {#made}\n", _made(subject, other)]
    return "\n".join(lines)


def _section(section: Section, part: Part) -> str:
    return f"{'#' * section.level} {section.title} {{#{section.id}}}\n\n{part.text}\n"


def _merged(refused: list[tuple[str, str]]) -> dict[str, list[str]]:
    """What was refused by its reason."""
    found: dict[str, list[str]] = {}
    for what, reason in refused:
        whats = found.setdefault(reason, [])
        if what not in whats:
            whats.append(what)
    return found


def _made(subject: Subject, other: Subject) -> str:
    versions = []
    for package in _VERSIONS:
        try:
            versions.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    own = digest_of(("optimizers", "analysis", "proofs", "reports"), ())[:16]
    words = ["eigenstep report", subject.asked.shown, *(f"--set {k}={v}" for k, v in subject.asked.settings),
             f"--against {other.asked.shown}"]  # fmt: skip
    return (
        f"{code(' '.join(words))}, with {plain(', '.join(versions))}, Python {plain(platform.python_version())}; "
        f"eigenstep’s own code has the digest `{own}…`.\n"
    )
