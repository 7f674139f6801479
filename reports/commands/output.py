"""What a command answers: one JSON document, or text."""

from __future__ import annotations

import json
import math
import sys
from typing import Any, TextIO

_output: TextIO | None = None
"""Where the running command writes; what else prints, a user's file for one, prints to stderr."""


def write_to(stream: TextIO | None) -> TextIO | None:
    """Say where answers go from now on; returns where they went before."""
    global _output
    before, _output = _output, stream
    return before


def emit(document: dict[str, Any], as_json: bool, text: str) -> None:
    """Answer with one JSON document in ASCII, or text."""
    output = _output or sys.stdout
    output.write((json.dumps(_strict(document), allow_nan=False) if as_json else text) + "\n")


def _strict(value: Any) -> Any:
    """A JSON value: numbers that are not finite, which JSON has none of, as text."""
    if isinstance(value, dict):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return value if isinstance(value, str | int | float | bool | None) else _strict_other(value)


def _strict_other(value: Any) -> Any:
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", 1) == 0:
        return _strict(item())
    return str(value)


def pretty(expression: Any) -> str:
    """A formula over several lines, in the characters that the output has."""
    import sympy as sp

    unicode = (getattr(_output, "encoding", "") or "").lower().replace("-", "") == "utf8"
    return sp.pretty(expression, use_unicode=unicode, wrap_line=False)
