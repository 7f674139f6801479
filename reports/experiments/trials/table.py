"""What an experiment measured."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any


@dataclass(frozen=True)
class Table:
    """What an experiment measured: column heads, rows of numbers and words, and what was run."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    note: str = ""

    def text(self) -> str:
        """The table in plain text, columns aligned."""
        cells = [[show(v) for v in row] for row in (self.columns, *self.rows)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(self.columns))]
        lines = ["  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
                 for row in cells]  # fmt: skip
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def _repr_html_(self) -> str:
        """The table for notebooks."""
        head = "".join(f"<th>{escape(c)}</th>" for c in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(show(v))}</td>" for v in row) + "</tr>"
            for row in self.rows
        )
        return (
            f"<table><caption>{escape(self.note)}</caption><thead><tr>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


def show(value: Any) -> str:
    """A number to four digits; words as they are."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
