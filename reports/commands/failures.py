"""What is said of an error, in one line, and with which exit status."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
from typing import Any

from ...optimizers.errors import EigenstepError
from ..streams import OutputError

INTERRUPTED = 130
"""The exit status after Ctrl-C."""


def usage(error: Exception) -> str | None:
    """What typer says of a wrong command line; it carries its own copy of click, told by its shape."""
    message = getattr(error, "format_message", None)
    return None if message is None else " ".join(message().split())


def failure(error: BaseException) -> tuple[str, int]:
    """What is said of an error, in one line, and the exit status."""
    from ...analysis.user_code import add_place, is_interrupt, place_of, said_by

    if isinstance(error, EigenstepError):
        add_place(error, place_of(error))
        return " ".join(str(error).split()), 2
    if is_interrupt(error) or type(error).__name__ == "Abort":
        return "interrupted", INTERRUPTED
    if isinstance(error, OutputError):
        return f"cannot write to standard output: {error}", 1
    if place := place_of(error):
        return f"{place}: {said_by(error)}", 2
    return f"internal error: {said_by(error)} (EIGENSTEP_TRACEBACK=1 shows where)", 2


def say_failed_threads() -> None:
    """From now on a thread that fails is told of in one line."""

    def said(arguments: Any) -> None:
        from ...analysis.user_code import thread_failed

        thread_failed(arguments)

    threading.excepthook = said


def end_threads(status: int) -> None:
    """End the process, at once where a user's file left a thread that would never let it end."""
    user_code = sys.modules.get(__name__.partition(".reports")[0] + ".analysis.user_code")
    if not any(t.is_alive() for t in getattr(user_code, "THREADS", ())):
        return
    with contextlib.suppress(OSError, ValueError, AttributeError):
        print("eigenstep: a thread that the file started still runs; it is ended", file=sys.stderr)
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError, ValueError, AttributeError):
        sys.stderr.flush()
    os._exit(status)
