"""Markdown of a document through pandoc: one self-contained HTML file and, by Typst, PDF."""

from __future__ import annotations

import base64
import io
import re
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...optimizers.machine.files import temporary_folder
from ...optimizers.machine.workers import run_program
from ..timing import epoch
from ..work import ReportError
from .markup import BIBLIOGRAPHY

NEEDED = ("brotli", "fontTools", "pypandoc", "typst", "ziamath")
"""The packages that writing a document needs."""
SOURCE = "report.md"
"""The document's Markdown, in the folder that it is written in, beside its ``figures``."""
_HERE = Path(__file__).parent
_READER = "markdown+pipe_tables+implicit_figures+raw_attribute"


@dataclass(frozen=True)
class Document:
    """What a document is beside its text.

    Attributes:
        title: in plain words, not in Markdown.
        subtitle: in plain words.
        partial: whether links may lead to what is not in it.
        short: whether it is of a few pages, which in print need no table of contents.
        script: what the page runs, if anything.
    """

    title: str
    subtitle: str
    partial: bool = False
    short: bool = False
    script: str = ""


def _pandoc(work: Path, document: Document, *arguments: str) -> None:
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(), SOURCE, "--from", _READER,
        "--standalone", "--metadata", f"title={document.title}",
        "--metadata", f"subtitle={document.subtitle}", "--metadata", "lang=en",
        "--metadata", "link-citations=true",
        "--citeproc", "--bibliography", str(BIBLIOGRAPHY), "--fail-if-warnings",
        *(["--metadata", "partial=true"] if document.partial else []),
        *(["--variable", "short=true"] if document.short else []),
        "--lua-filter", str(_HERE / "references.lua"), *arguments,
    ]  # fmt: skip
    done = run_program(command, folder=work)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise ReportError(f"pandoc failed: {said[:500]}")


def _html(work: Path, document: Document) -> bytes:
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    text = (work / SOURCE).read_text(encoding="utf-8")
    font = base64.b64encode(mathematics_font(text)).decode("ascii")
    face = (
        '@font-face { font-family: "STIX Two Math Report"; '
        f"src: url(data:font/woff2;base64,{font}) format('woff2'); }}\n"
    )
    (work / "style.html").write_text(f"<style>\n{face}{style}</style>\n", encoding="utf-8")
    # In a function, so that no name of it is the page's.
    script = f"<script>(() => {{\n{document.script}\n}})();</script>\n" if document.script else ""
    (work / "script.html").write_text(script, encoding="utf-8")
    _pandoc(
        work, document, "--to", "html5", "--number-sections", "--mathml", "--toc", "--toc-depth", "2",
        "--embed-resources", "--template", str(_HERE / "page.html"), "--include-in-header", "style.html",
        "--include-after-body", "script.html", "--output", "index.html",
    )  # fmt: skip
    page = (work / "index.html").read_text(encoding="utf-8")
    return re.sub(r'data:image/svg\+xml;base64,([^"]*)', _as_text, page).encode()


def _as_text(found: re.Match[str]) -> str:
    """An SVG's data address as text: a quarter less than base64."""
    svg = re.sub(r">\s+<", "><", base64.b64decode(found[1]).decode().replace('"', "'"))
    return "data:image/svg+xml," + urllib.parse.quote(svg, safe=" /:;=,()'!?*+@$")


_RENAMED = {"dot.circle": "dot.o"}
"""Symbols that pandoc writes as Typst called them before: ⊙."""


def _pdf(work: Path, document: Document) -> bytes:
    import typst

    made = epoch()
    dated = time.gmtime(made) if made is not None else None
    _pandoc(
        work, document, "--to", "typst", "--template", str(_HERE / "page.typ"), "--output", "report.typ",
        *(["--variable", time.strftime("date=year: %Y, month: %m, day: %d", dated)] if dated else []),
    )  # fmt: skip
    report = work / "report.typ"
    text = report.read_text(encoding="utf-8")
    for former, name in _RENAMED.items():
        text = text.replace(former, name)
    report.write_text(text, encoding="utf-8")
    try:
        return typst.compile(
            str(report), root=str(work), ignore_system_fonts=True, timestamp=made or 0
        )  # fmt: skip
    except Exception as error:
        raise ReportError(f"Typst failed: {' '.join(str(error).split())[:500]}") from error


_WRITERS: dict[str, Callable[[Path, Document], bytes]] = {"html": _html, "pdf": _pdf}


def publish(
    text: str,
    figures: Mapping[str, bytes],
    document: Document,
    formats: Iterable[str],
    *,
    workers: int = 2,
    advance: Callable[[float], None] | None = None,
) -> dict[str, bytes]:
    """The document's files by format, each of them whole.

    Args:
        text: Markdown.
        figures: SVG by the name under which the text has it, ``figures/NAME.svg``.
        document: its title, and how it is written.
        formats: of ``html`` and ``pdf``.
        workers: how many are written at a time.
        advance: called with 1 as each is there.

    Raises:
        ReportError: pandoc or Typst failed; the message says at what.
    """
    made: dict[str, bytes] = {}
    with temporary_folder() as work:
        (work / "figures").mkdir()
        for name, picture in figures.items():
            (work / "figures" / f"{name}.svg").write_bytes(picture)
        (work / SOURCE).write_text(text, encoding="utf-8")
        with ThreadPoolExecutor(workers) as threads:  # both wait for other programs
            jobs = {n: threads.submit(_WRITERS[n], work, document) for n in formats}
            for name, job in jobs.items():
                made[name] = job.result()
                if advance:
                    advance(1)
    return made


def mathematics_font(text: str) -> bytes:
    """STIX Two Math (Open Font License) cut down to what mathematics in the text can need, WOFF2.

    Without a mathematics font a browser does not stretch brackets around matrices.
    """
    from fontTools import subset

    package = find_spec("ziamath")  # for its font alone: importing it would do more
    if package is None or package.origin is None:
        raise ReportError("ziamath is not installed; it carries the mathematics font")
    path = Path(package.origin).parent / "fonts" / "STIXTwoMath-Regular.ttf"
    options = subset.Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    font = subset.load_font(str(path), options)
    head: Any = font["head"]
    head.modified = head.created  # the same bytes every time
    options.recalc_timestamp = False
    font.recalcTimestamp = False
    subsetter = subset.Subsetter(options)
    wanted = set(map(ord, text)) | set(range(0x20, 0x7F)) | set(range(0x391, 0x3F6))
    wanted |= set(range(0x1D434, 0x1D468)) | set(range(0x1D6E2, 0x1D71C)) | {0x210E}  # italics
    wanted |= set(map(ord, "−×·±≤≥≠⟺⟹→←∞∇∂√‖∥∣|()[]{}⎛⎝⎞⎠⎡⎣⎤⎦⎧⎨⎩ρ⋅′…"))
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    buffer = io.BytesIO()
    subset.save_font(font, buffer, options)
    return buffer.getvalue()


__all__ = ["NEEDED", "Document", "mathematics_font", "publish"]
