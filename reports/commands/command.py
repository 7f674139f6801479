"""What a command is, and how its output stays its own."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typer.core import TyperCommand

from . import output


@dataclass(frozen=True)
class Command:
    """A command of the program.

    Attributes:
        name: as it is typed.
        run: a function with typer's annotations; its docstring is the help.
        example: a whole command line, shown below the help.
    """

    name: str
    run: Callable[..., None]
    example: str


class OwnOutput(TyperCommand):
    """A command whose own output is all that reaches standard output."""

    def invoke(self, ctx: Any) -> Any:
        before = output.write_to(sys.stdout)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return super().invoke(ctx)
        finally:
            output.write_to(before)
