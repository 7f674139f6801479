"""Write the report: one Markdown source, through pandoc to a single HTML file and, by Typst, PDF."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..optimizers.errors import DomainError, UnknownName
from ..optimizers.files import check_folder, write_atomically
from ..proofs import decide_all, with_corrections
from ..proofs.running import cores
from .optimizer_pages import speed
from .progress import progress
from .work import ReportError, begin, keep, prepare, result, stored

FORMATS = {"html": "index.html", "pdf": "eigenstep.pdf"}
_HERE = Path(__file__).parent
_READER = "markdown+pipe_tables+implicit_figures+raw_attribute"


def write_report(
    out: Path,
    formats: tuple[str, ...] = ("html", "pdf"),
    *,
    only: tuple[str, ...] = (),
    cache: bool = True,
    workers: int | None = None,
) -> list[Path]:
    """Make the report and write it into a folder, each file whole or not at all.

    Args:
        out: the folder; made if it does not exist.
        formats: of ``html`` and ``pdf``.
        only: ids of chapters; by default all.
        cache: whether what was made before by the same code, libraries and data may be taken.
        workers: processes at most, by default as many as the cores.

    Raises:
        DomainError: another format.
        UnknownName: another chapter.
        OutputError: the folder cannot be written.
        ReportError: a figure, an experiment, pandoc or Typst failed; the message says which.
    """
    from .document import CHAPTERS

    for name in formats or ("",):
        if name not in FORMATS:
            raise DomainError("format", repr(name), f"one or more of {', '.join(FORMATS)}")
    for name in only:
        if name not in CHAPTERS:
            raise UnknownName("chapter", name, CHAPTERS)
    check_folder(out)
    wanted = tuple(dict.fromkeys(formats))
    names = {f: f"page:{f}:{','.join(only)}:{_speeds()}" for f in wanted}
    begin(cache)
    if not all(stored(n) for n in names.values()):
        for name, content in _make(wanted, only, cache, workers or cores()).items():
            keep(names[name], content)
    written = []
    for name in wanted:
        write_atomically(out / FORMATS[name], result(names[name]))
        written.append(out / FORMATS[name])
    return written


def _speeds() -> str:
    """A digest of the benchmark's figures, which the pages show where there are some."""
    rows = json.dumps(speed(), sort_keys=True)
    return hashlib.sha256(rows.encode()).hexdigest()[:16]


def _make(
    formats: tuple[str, ...], only: tuple[str, ...], cache: bool, workers: int
) -> dict[str, bytes]:
    """The files' contents by format."""
    try:
        import fontTools  # noqa: F401
        import pypandoc  # noqa: F401
        import typst  # noqa: F401
    except ImportError as error:
        raise ReportError(
            f"{error.name} is not installed; the report needs: pip install 'eigenstep[report]'"
        ) from error
    from .document import NEED_PROOFS, markdown

    with tempfile.TemporaryDirectory(prefix="eigenstep-") as folder:
        work = Path(folder)
        (work / "figures").mkdir()
        pieces = [] if only else _pieces()
        claims = list(with_corrections()) if not only or set(only) & set(NEED_PROOFS) else []
        jobs = len(claims) + len(pieces) + 1 + len(formats)
        with progress("report", jobs) as advance:
            decided = decide_all(claims, workers=workers, cache=cache, advance=advance)
            proofs = {key: d.proof for key, d in decided.items()}
            prepare(pieces, workers, advance)
            tried = {key: str(d.evidence) for key, d in decided.items()}
            text = markdown(proofs, only, tried)
            for name in dict.fromkeys(re.findall(r"\(figures/(\w+)\.svg\)", text)):
                (work / "figures" / f"{name}.svg").write_bytes(result(f"figure:{name}"))
            (work / "report.md").write_text(text, encoding="utf-8")
            advance(1)
            made = {}
            for name in formats:
                made[name] = _html(work) if name == "html" else _pdf(work)
                advance(1)
    return made


def _pieces() -> list[str]:
    """The names of all long work, the longest first."""
    from .exercises import ALL_EXERCISES
    from .figures import ALL_FIGURES
    from .training_table import ALL

    exercises = [f"exercise:{k}" for k, e in ALL_EXERCISES.items() if e.experiment]
    slow = [e for e in ("exercise:adagrad.5", "exercise:rmsprop.3") if e in exercises]
    first = [
        "conventions",
        "symmetries",
        "table:sharpness",
        *slow,
        "javascript",
        "figure:regression",
    ]
    figures = [f"figure:{n}" for n in ALL_FIGURES if n != "sharpness"]  # drawn from its table
    rest = [*figures, *exercises, *(f"table:{n}" for n in ALL)]
    return list(dict.fromkeys([*first, *rest]))


def _pandoc(work: Path, *arguments: str) -> None:
    import pypandoc

    from .document import SUBTITLE, TITLE

    command = [
        pypandoc.get_pandoc_path(), "report.md", "--from", _READER,
        "--standalone", "--metadata", f"title={TITLE}", "--metadata", f"subtitle={SUBTITLE}",
        "--metadata", "lang=en", "--fail-if-warnings", *arguments,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ReportError(f"pandoc failed: {' '.join(done.stderr.split())[:500]}")


def _html(work: Path) -> bytes:
    style = (_HERE / "style.css").read_text(encoding="utf-8")
    text = (work / "report.md").read_text(encoding="utf-8")
    font = base64.b64encode(mathematics_font(text)).decode("ascii")
    face = (
        '@font-face { font-family: "STIX Two Math Report"; '
        f"src: url(data:font/woff2;base64,{font}) format('woff2'); }}\n"
    )
    (work / "style.html").write_text(f"<style>\n{face}{style}</style>\n", encoding="utf-8")
    code = f"{result('javascript')}\n{(_HERE / 'interactive.js').read_text(encoding='utf-8')}"
    # In a function, so that no name of it is the page's.
    (work / "script.html").write_text(
        f"<script>(() => {{\n{code}\n}})();</script>\n", encoding="utf-8"
    )
    _pandoc(
        work, "--to", "html5", "--mathml", "--toc", "--toc-depth", "2", "--embed-resources",
        "--template", str(_HERE / "page.html"), "--include-in-header", "style.html",
        "--include-after-body", "script.html", "--output", "index.html",
    )  # fmt: skip
    return (work / "index.html").read_bytes()


def _pdf(work: Path) -> bytes:
    import typst

    _pandoc(work, "--to", "typst", "--template", str(_HERE / "page.typ"), "--output", "report.typ")
    try:
        return typst.compile(
            str(work / "report.typ"), root=str(work), ignore_system_fonts=True, timestamp=0
        )  # fmt: skip
    except Exception as error:
        raise ReportError(f"Typst failed: {' '.join(str(error).split())[:500]}") from error


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
