"""Write the report: one Markdown source, through pandoc to a single HTML file and, by Typst, PDF."""

from __future__ import annotations

import base64
import io
import re
import time
import urllib.parse
from concurrent.futures import Executor, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..optimizers.errors import DomainError, UnknownName
from ..optimizers.machine.extras import require_extra
from ..optimizers.machine.files import check_folder, temporary_folder, write_atomically
from ..optimizers.machine.workers import run_program
from ..proofs import decide_all, with_corrections
from ..proofs.running import cores
from .document import CHAPTERS, NEED_PROOFS, SUBTITLE, TITLE, markdown
from .figures.registry import ALL_FIGURES
from .page.javascript import known_script
from .page.markup import BIBLIOGRAPHY
from .progress import progress
from .timing import committed, epoch, is_reproducible
from .work import ReportError, begin, keep, prepare, registered, result, stored

FORMATS = {"html": "index.html", "pdf": "eigenstep.pdf"}
_NEEDED = ("brotli", "fontTools", "pypandoc", "sklearn", "typst", "ziamath")
_HERE = Path(__file__).parent / "page"
_HEAD = "---\nnocite: '@*'\n---\n"
"""The bibliography has all its entries, cited or not."""
_READER = "markdown+pipe_tables+implicit_figures+raw_attribute"


def write_report(
    out: Path,
    formats: tuple[str, ...] = ("html", "pdf"),
    *,
    only: tuple[str, ...] = (),
    cache: bool = True,
    quick: bool = False,
    workers: int | None = None,
    executor: Executor | None = None,
) -> list[Path]:
    """Make the report and write it into a folder, each file whole or not at all.

    Args:
        out: the folder; made if it does not exist.
        formats: of ``html`` and ``pdf``.
        only: ids of chapters; by default all.
        cache: whether what was made before by the same code, libraries and data may be taken.
        quick: a draft: coarser grids, fewer seeds, shorter training.
        workers: processes at most, by default as many as the cores.
        executor: where claims are decided and figures and experiments made: any of processes; by
            default this machine's. Pages, and what is timed, are made here.

    With ``SOURCE_DATE_EPOCH`` in the environment measured times are left out and the PDF has that date:
    every run then gives the same bytes.

    Raises:
        DomainError: another format, or a ``SOURCE_DATE_EPOCH`` that is not a number of seconds.
        UnknownName: another chapter.
        OutputError: the folder cannot be written.
        ReportError: a figure, an experiment, pandoc or Typst failed; the message says which.
    """
    for name in formats or ("",):
        if name not in FORMATS:
            raise DomainError("format", repr(name), f"one or more of {', '.join(FORMATS)}")
    for name in only:
        if name not in CHAPTERS:
            raise UnknownName("chapter", name, CHAPTERS)
    check_folder(out)
    wanted = tuple(dict.fromkeys(formats))
    names = {f: f"page:{f}:{','.join(only)}:{committed()}:{epoch()}" for f in wanted}
    begin(cache, quick)
    if not all(stored(n) for n in names.values()):
        for name, content in _make(wanted, only, cache, workers or cores(), executor).items():
            keep(names[name], content)
    written = []
    for name in wanted:
        write_atomically(out / FORMATS[name], result(names[name]))
        written.append(out / FORMATS[name])
    return written


def _make(
    formats: tuple[str, ...],
    only: tuple[str, ...],
    cache: bool,
    workers: int,
    executor: Executor | None,
) -> dict[str, bytes]:
    """The files' contents by format."""
    require_extra("the report", "report", *_NEEDED)
    with temporary_folder() as work:
        (work / "figures").mkdir()
        pieces = [] if only else _pieces()
        drawn = {} if only else _drawn()
        timed = [] if only or is_reproducible() else ["timing:steps"]
        claims = list(with_corrections()) if not only or set(only) & set(NEED_PROOFS) else []
        total = len(claims) + len(pieces) + len(drawn) + len(timed) + 1 + len(formats)
        with progress("report", total) as advance:
            decided = decide_all(
                claims, workers=workers, cache=cache, advance=advance, executor=executor
            )
            proofs = {key: d.proof for key, d in decided.items()}
            prepare([*pieces, *drawn], workers, advance, drawn, executor)
            prepare(timed, 1, advance)  # with nothing else running
            tried = {key: str(d.evidence) for key, d in decided.items()}
            text = markdown(proofs, only, tried)
            for name in dict.fromkeys(re.findall(r"\(figures/(\w+)\.svg\)", text)):
                (work / "figures" / f"{name}.svg").write_bytes(result(f"figure:{name}"))
            (work / "report.md").write_text(f"{_HEAD}\n{text}", encoding="utf-8")
            advance(1)
            if "html" in formats:
                known_script()  # not in a thread
            with ThreadPoolExecutor(workers) as threads:  # both wait for other programs
                jobs = {n: threads.submit(_WRITERS[n], work, bool(only)) for n in formats}
                made = {}
                for name, job in jobs.items():
                    made[name] = job.result()
                    advance(1)
    return made


_LONGEST = (
    "table:sharpness", "table:rules", "table:lecture_table", "table:batch_runs", "table:regression",
    "table:lookahead", "table:momentum", "table:conventions", "table:symmetries", "exercise:adagrad.5",
    "exercise:rmsprop.3", "exercise:adam.4",
)  # fmt: skip
"""What is begun first, so that no process is left with it at the end."""


def _drawn() -> dict[str, tuple[str, ...]]:
    """Figures of tables, with the tables, which are made first."""
    return {f"figure:{name}": entry.needs for name, entry in ALL_FIGURES.items() if entry.needs}


def _pieces() -> list[str]:
    """The names of all long work but :func:`_drawn`, the longest first."""
    drawn = _drawn()
    kinds = ("table", "figure", "javascript", "exercise")
    names = [name for kind in kinds for name in registered(kind) if name not in drawn]
    return sorted(names, key=lambda n: _LONGEST.index(n) if n in _LONGEST else len(_LONGEST))


def _pandoc(work: Path, partial: bool, *arguments: str) -> None:
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(), "report.md", "--from", _READER,
        "--standalone", "--metadata", f"title={TITLE}", "--metadata", f"subtitle={SUBTITLE}",
        "--metadata", "lang=en", "--metadata", "link-citations=true",
        "--citeproc", "--bibliography", str(BIBLIOGRAPHY), "--fail-if-warnings",
        *(["--metadata", "partial=true"] if partial else []),
        "--lua-filter", str(_HERE / "references.lua"), *arguments,
    ]  # fmt: skip
    done = run_program(command, folder=work)
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split())
        raise ReportError(f"pandoc failed: {said[:500]}")


def _html(work: Path, partial: bool) -> bytes:
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    text = (work / "report.md").read_text(encoding="utf-8")
    font = base64.b64encode(mathematics_font(text)).decode("ascii")
    face = (
        '@font-face { font-family: "STIX Two Math Report"; '
        f"src: url(data:font/woff2;base64,{font}) format('woff2'); }}\n"
    )
    (work / "style.html").write_text(f"<style>\n{face}{style}</style>\n", encoding="utf-8")
    code = f"{known_script()}\n{(_HERE / 'interactive.js').read_text(encoding='utf-8')}"
    # In a function, so that no name of it is the page's.
    (work / "script.html").write_text(
        f"<script>(() => {{\n{code}\n}})();</script>\n", encoding="utf-8"
    )
    _pandoc(
        work, partial, "--to", "html5", "--number-sections", "--mathml", "--toc", "--toc-depth", "2",
        "--embed-resources", "--template", str(_HERE / "page.html"), "--include-in-header", "style.html",
        "--include-after-body", "script.html", "--output", "index.html",
    )  # fmt: skip
    page = (work / "index.html").read_text(encoding="utf-8")
    return re.sub(r'data:image/svg\+xml;base64,([^"]*)', _as_text, page).encode()


def _as_text(found: re.Match[str]) -> str:
    """An SVG's data address as text: a quarter less than base64."""
    svg = re.sub(r">\s+<", "><", base64.b64decode(found[1]).decode().replace('"', "'"))
    return "data:image/svg+xml," + urllib.parse.quote(svg, safe=" /:;=,()'!?*+@$")


def _pdf(work: Path, partial: bool) -> bytes:
    import typst

    made = epoch()
    dated = time.gmtime(made) if made is not None else None
    _pandoc(
        work, partial, "--to", "typst", "--template", str(_HERE / "page.typ"), "--output", "report.typ",
        *(["--variable", time.strftime("date=year: %Y, month: %m, day: %d", dated)] if dated else []),
    )  # fmt: skip
    try:
        return typst.compile(
            str(work / "report.typ"), root=str(work), ignore_system_fonts=True, timestamp=made or 0
        )  # fmt: skip
    except Exception as error:
        raise ReportError(f"Typst failed: {' '.join(str(error).split())[:500]}") from error


_WRITERS = {"html": _html, "pdf": _pdf}


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
