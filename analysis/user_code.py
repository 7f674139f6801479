"""Running somebody else's Python: whatever it raises becomes one line with the place in their file."""

from __future__ import annotations

import contextlib
import dis
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from ..optimizers.errors import EigenstepError
from ..optimizers.rule import Rule
from ..optimizers.rules import SHIPPED_RULES

MODULE_PREFIX = "_eigenstep_user_"
"""How the module names of files begin that :mod:`.loading` has run."""
THREADS: list[threading.Thread] = []
"""What users' files started as they ran, and Python would wait for at its end."""


def _frames(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def files() -> set[str]:
    """The users' files that were run so far."""
    found = [m for k, m in list(sys.modules.items()) if k.startswith(MODULE_PREFIX)]
    return {str(getattr(m, "__file__", "")) for m in found}


def place_of(error: BaseException) -> str:
    """``file.py, line 7``: where in a user's file an error arose; empty where it did not."""
    known = files()
    if isinstance(error, SyntaxError) and error.filename and error.lineno:
        return f"{error.filename}, line {error.lineno}"
    inside = [t for t in _frames(error.__traceback__) if t.tb_frame.f_code.co_filename in known]
    if not inside:
        return ""
    return f"{inside[-1].tb_frame.f_code.co_filename}, line {inside[-1].tb_lineno}"


def thread_failed(arguments: Any) -> None:
    """A ``threading.excepthook`` that says in one line on stderr what a thread raised."""
    error = arguments.exc_value
    if error is not None and not isinstance(error, SystemExit) and sys.stderr is not None:
        place = place_of(error) or getattr(arguments.thread, "name", "a thread")
        print(f"eigenstep: {place}: a thread failed: {said_by(error)}", file=sys.stderr)


def definition_of(rule: Rule) -> str:
    """``file.py, line 7``: where a user's rule begins; empty for rules of eigenstep."""
    code = getattr(rule.update, "__code__", None)
    if code is None or code.co_filename not in files():
        return ""
    return f"{code.co_filename}, line {code.co_firstlineno}"


def said_by(error: BaseException) -> str:
    """The type of an error and the first line of what it says."""
    try:
        lines = str(error).splitlines()
    except Exception:  # somebody's own __str__
        lines = []
    if isinstance(error, SyntaxError):
        lines = [error.msg]
    name = type(error).__name__
    if isinstance(error, SystemExit):
        name = "os._exit" if isinstance(error, _Ended) else name
        lines = [f"it ends the program, with status {error.code or 0}"]
    return f"{name}: {lines[0]}" if lines and lines[0] else name


def is_interrupt(error: BaseException) -> bool:
    """Whether an error is Ctrl-C, and not a KeyboardInterrupt that a program raises by itself."""
    if not isinstance(error, KeyboardInterrupt):
        return False
    frames = list(_frames(error.__traceback__))
    if not frames:
        return True
    code, last = frames[-1].tb_frame.f_code, frames[-1].tb_lasti
    return all(i.opname != "RAISE_VARARGS" for i in dis.get_instructions(code) if i.offset == last)


def add_place(error: EigenstepError, place: str) -> None:
    """Begin an error's message with a place in a file, unless it names one."""
    if place and place not in str(error):
        error.args = (f"{place}: {error}",)


class _Ended(SystemExit):
    """``os._exit`` of a user's code, which would end the command without a word."""


def _open(now: Any, before: Any, descriptor: int) -> Any:
    """A standard stream that can be written to: what the code has put there, or what was there."""
    for stream in (now, before):
        if stream is not None and not getattr(stream, "closed", False):
            return stream
    if before is None:
        return now
    with contextlib.suppress(OSError):
        return open(descriptor, "w", closefd=False, errors="backslashreplace")
    return now


@contextmanager
def _guarded() -> Iterator[None]:
    """Within this context ``os._exit`` is an error; what the code leaves changed is put back after it.

    Put back are streams that were closed, the working folder, the arguments, signal handlers, the recursion
    limit, and the places that were searched for modules. Children that the code forks end as they do
    elsewhere.
    """
    exit_, mine = os._exit, (os.getpid(), threading.get_ident())

    def refused(status: int) -> Any:
        if (os.getpid(), threading.get_ident()) != mine:
            exit_(status)
        raise _Ended(status)

    streams = sys.stdout, sys.stderr
    path, argv, limit = [*sys.path], [*sys.argv], sys.getrecursionlimit()
    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        folder = os.getcwd()
    except OSError:
        folder = ""
    os._exit = refused
    try:
        yield
    finally:
        if os._exit is refused:
            os._exit = exit_
        sys.stdout, sys.stderr = map(_open, (sys.stdout, sys.stderr), streams, (1, 2))
        sys.path += [p for p in path if p not in sys.path]
        sys.argv[:] = argv
        if sys.getrecursionlimit() < limit:
            sys.setrecursionlimit(limit)
        for number, handler in handlers.items():
            if signal.getsignal(number) is not handler and handler is not None:
                signal.signal(number, handler)
        with contextlib.suppress(OSError):
            if folder and os.getcwd() != folder:
                os.chdir(folder)


@contextmanager
def running(kind: type[EigenstepError], what: str, rule: Rule | None = None) -> Iterator[None]:
    """Whatever is raised inside, SystemExit and the like included, leaves as one ``kind``.

    Errors that are eigenstep's own stay what they are, with the place in the user's file. Ctrl-C passes.
    """
    try:
        with _guarded():
            yield
    except EigenstepError as error:
        add_place(error, place_of(error) or (definition_of(rule) if rule else ""))
        raise
    except BaseException as error:
        if is_interrupt(error):
            raise
        place = place_of(error) or (definition_of(rule) if rule else "")
        raise kind(
            f"{place}: {what}: {said_by(error)}" if place else f"{what}: {said_by(error)}"
        ) from error


def full_name(rule: Rule) -> Any:
    """How the command line names a rule; None for one that it cannot name."""
    if rule.name in SHIPPED_RULES:
        return rule.name
    for name, module in list(sys.modules.items()):
        if name.startswith(MODULE_PREFIX):
            for attribute, value in vars(module).items():
                if isinstance(value, Rule) and value is rule:
                    return f"{module.__file__}:{attribute}"
    return None
