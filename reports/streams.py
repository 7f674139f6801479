"""Where output goes: the command's own to standard output, everything else to standard error.

A user's file may print, its libraries may, and what they start may. :func:`take_over` keeps standard
output for the command alone, by file descriptor, so that ``--json`` is one document whatever runs.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
import unicodedata
from typing import Any

SPELLED = {
    "−": "-", "–": "-", "—": "-", "─": "-", "━": "-", "│": "|", "≤": "<=", "≥": ">=", "≠": "!=",
    "≈": "~", "∞": "oo", "→": "->", "←": "<-", "…": "...", "√": "sqrt", "∈": " in ", "×": "x", "·": "*",
    "⋅": "*", "“": '"', "”": '"', "‘": "'", "’": "'", "‖": "||", "∇": "grad ", "⁄": "/", "∑": "sum ",
    "±": "+-", "\u0302": "_hat", "\u0303": "_tilde", "\u0304": "_bar",
}  # fmt: skip
"""How characters are written where the terminal has none of them; Greek letters by their names."""


class OutputError(OSError):
    """Standard output cannot be written to."""


def spelled(character: str) -> str:
    """A character in ASCII.

    >>> "".join(map(spelled, "½λx² ≤ β"))
    '1/2lambdax^2 <= beta'
    """
    if character.isascii():
        return character
    if character in SPELLED:
        return SPELLED[character]
    name = unicodedata.name(character, "")
    if name.startswith("GREEK") and "LETTER" in name:
        letter = name.split("LETTER ")[1].split()[0].lower().replace("lamda", "lambda")
        return letter.capitalize() if "CAPITAL" in name else letter
    raised = "SUPERSCRIPT" in name or name.startswith("MODIFIER LETTER")
    mark = "^" if raised else "_" if "SUBSCRIPT" in name else ""
    plain = unicodedata.normalize("NFKD", character)
    if len(plain) == 1 and plain != character and not plain.isascii():
        return mark + spelled(plain)
    plain = "".join(SPELLED.get(c, c) for c in plain if not unicodedata.combining(c))
    return mark + plain if plain.isascii() and plain else "?"


def _spell(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    return "".join(map(spelled, error.object[error.start : error.end])), error.end


codecs.register_error("eigenstep.spell", _spell)


class Output(io.TextIOBase):
    """Standard output, written at once, so that nothing is left for the end of the process to fail at."""

    def __init__(self, descriptor: int | None, encoding: str) -> None:
        self._descriptor, self._encoding = descriptor, encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def fileno(self) -> int:
        if self._descriptor is None:
            raise OutputError("it is closed")
        return self._descriptor

    def isatty(self) -> bool:
        return self._descriptor is not None and os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        data = memoryview(text.encode(self._encoding, "eigenstep.spell"))
        while data:
            try:
                data = data[os.write(self.fileno(), data) :]
            except BrokenPipeError:
                raise
            except OSError as error:
                raise OutputError(error.strerror or str(error)) from error
        return len(text)


def take_over() -> Output:
    """Keep standard output for what is written to the result; all else that is printed goes to stderr.

    Closed descriptors are opened on the null device first, so that no file that is opened later takes
    their place.
    """
    closed = []
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            closed.append(descriptor)
            null = os.open(os.devnull, os.O_RDWR)
            if null != descriptor:
                os.dup2(null, descriptor)
                os.close(null)
    encoding = (getattr(sys.stdout, "encoding", None) or "utf-8") if sys.stdout else "utf-8"
    if sys.stdout is not None:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
    output = Output(None if 1 in closed else os.dup(1), encoding)
    os.dup2(2, 1)
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False, errors="backslashreplace")  # noqa: SIM115
    reconfigure: Any = getattr(sys.stderr, "reconfigure", None)
    if reconfigure:
        reconfigure(errors="eigenstep.spell")
    sys.stdout = output
    return output
