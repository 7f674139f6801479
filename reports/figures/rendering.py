"""Files of figures, the same bytes every time, in the report's style."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from ...optimizers.errors import DomainError
from ...optimizers.machine.files import check_folder, write_atomically

STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "mathtext.fontset": "stix",
    "svg.hashsalt": "eigenstep",
    "svg.fonttype": "path",
    "savefig.dpi": 200,
}
FORMATS = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}


def render(figure: Figure, suffix: str) -> bytes:
    """The figure as the bytes of an .svg, .pdf or .png file, the same bytes every time."""
    buffer = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(buffer, format=suffix[1:], metadata=FORMATS[suffix])
    return _short(buffer.getvalue()) if suffix == ".svg" else buffer.getvalue()


def _short(svg: bytes) -> bytes:
    """The same picture in fewer bytes: coordinates to a tenth of a point, shared styles, no metadata."""
    from scour import scour

    def rounded(found: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d{2,}", lambda n: f"{float(n[0]):.1f}", found[0])

    text = re.sub(r' (?:d|x|y)="[^"]*"', rounded, svg.decode())
    options = scour.parse_args([
        "--enable-viewboxing", "--enable-id-stripping", "--shorten-ids", "--indent=none",
        "--remove-metadata", "--strip-xml-prolog", "--enable-comment-stripping", "--no-line-breaks", "--quiet",
    ])  # fmt: skip
    short = scour.scourString(text, options)
    return re.sub(r"<!DOCTYPE[^>]*>\s*", "", short).encode()


def save(drawing: Callable[[str], Figure], name: str, out: Path) -> None:
    """Draw a figure into a file; the suffix chooses the format.

    Raises:
        DomainError: another suffix.
        OutputError: the file cannot be written.
    """
    if out.suffix.lower() not in FORMATS:
        raise DomainError("out", repr(str(out)), f"its suffix is one of {', '.join(FORMATS)}")
    check_folder(out.parent)
    write_atomically(out, render(drawing(name), out.suffix.lower()))
