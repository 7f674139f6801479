"""Write the report: one Markdown source, its pieces made over all cores, as HTML and PDF."""

from __future__ import annotations

import re
from collections.abc import Mapping
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path

from ..optimizers.errors import DomainError, UnknownName
from ..optimizers.machine.extras import require_extra
from ..optimizers.machine.files import check_folder, write_atomically
from ..proofs import Decided, decide_all, with_corrections
from ..proofs.export import ExportError, export_decided, known, state
from ..proofs.minds import minds
from ..proofs.running import cores
from .document import CHAPTERS, NEED_PROOFS, SUBTITLE, TITLE, markdown
from .experiments.worst_cases import PIECES
from .figures.registry import ALL_FIGURES
from .page.javascript import known_script
from .page.publishing import NEEDED, Document, mathematics_font, publish
from .progress import progress
from .timing import committed, epoch, is_reproducible
from .work import ReportError, begin, keep, prepare, registered, result, stored

FORMATS = {"html": "index.html", "pdf": "eigenstep.pdf"}
_PAGE = Path(__file__).parent / "page"
_HEAD = "---\nnocite: '@*'\n---\n"
"""The bibliography has all its entries, cited or not."""


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
    names = {f: f"page:{f}:{','.join(only)}:{committed()}:{epoch()}:{state()}" for f in wanted}
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
    require_extra("the report", "report", *NEEDED, "sklearn")
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
        text = markdown(proofs, only, tried, _minds(decided))
        shown = dict.fromkeys(re.findall(r"\(figures/(\w+)\.svg\)", text))
        pictures = {name: result(f"figure:{name}") for name in shown}
        advance(1)
        code = ""
        if "html" in formats:
            code = page_script(known_script())
        document = Document(TITLE, SUBTITLE, partial=bool(only), script=code)
        return publish(
            f"{_HEAD}\n{text}", pictures, document, formats, workers=workers, advance=advance
        )


def page_script(constants: str) -> str:
    """What the page runs: the generated constants, then its own code."""
    own = [_PAGE / "worst_case.js", _PAGE / "interactive.js"]
    return "\n".join([constants, *(p.read_text(encoding="utf-8") for p in own)])


def _minds(decided: Mapping[str, Decided]) -> dict[str, str]:
    """Who came to each verdict; what Coq said before is taken, it is not asked here."""
    claims, exports = with_corrections(), {}
    for key, found in decided.items() if state() else ():
        with suppress(ExportError):
            exports[key] = export_decided(claims[key], found.proof)
    checked = known(exports)
    return {
        key: ", ".join(minds(found, checked.get(key), type(claims[key]).__name__))
        for key, found in decided.items()
    }


_LONGEST = (
    "table:sharpness", "table:rules", "table:lecture_table", "table:batch_runs", "table:regression",
    "table:lookahead", "table:momentum", "table:conventions", "table:symmetries", "exercise:adagrad.5",
    "exercise:rmsprop.3", "exercise:adam.4",
)  # fmt: skip
"""What is begun first, so that no process is left with it at the end."""


def _drawn() -> dict[str, tuple[str, ...]]:
    """What is made of tables, figures mostly, with the tables, which are made first."""
    found = {f"figure:{name}": entry.needs for name, entry in ALL_FIGURES.items() if entry.needs}
    return {**found, "table:worst_case": PIECES}


def _pieces() -> list[str]:
    """The names of all long work but :func:`_drawn`, the longest first."""
    drawn = _drawn()
    kinds = ("table", "figure", "javascript", "exercise")
    names = [name for kind in kinds for name in registered(kind) if name not in drawn]
    return sorted(names, key=lambda n: _LONGEST.index(n) if n in _LONGEST else len(_LONGEST))


__all__ = ["FORMATS", "ReportError", "mathematics_font", "write_report"]
