"""Ctrl-C, SIGTERM and SIGHUP end a command at once, with all that it started.

Nothing is unwound: an exception raised wherever the program happens to be may be swallowed there, and
its clean-up may wait for a process that does not answer. A thread is told of the signal by the
interpreter's own handler in C, even while the main thread is inside a solver. It ends the processes
that were started, removes the files that are not whole, says one line and leaves.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from typing import Any

from .files import remove_unfinished
from .workers import end_all

_LINES = {
    int(getattr(signal, name)): f"eigenstep: {said}\n".encode()
    for name, said in (("SIGINT", "interrupted"), ("SIGTERM", "terminated"), ("SIGHUP", "hung up"))
    if hasattr(signal, name)
}
"""What is said on stderr, by the signal's number."""
_PATIENCE = 1.0
"""Seconds after which the main thread ends the process itself."""
_SHOW_CURSOR = b"\r\x1b[2K\x1b[?25h"
"""A progress bar hides the cursor, and leaves its line."""
_exit = os._exit  # a user's code may have put something in its place
_started = False


def end_on_signals() -> None:
    """From now on the signals end this process, with status 128 plus the signal's number.

    A signal that is ignored (``nohup``, a shell's background jobs) stays so. To be called in the main
    thread of a command; elsewhere, and where there are no such signals, nothing changes.
    """
    global _started
    if _started or os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return
    _started = True
    told, tell = map(_above_the_streams, os.pipe())
    os.set_blocking(tell, False)
    threading.Thread(target=_watch, args=(told,), daemon=True).start()
    signal.set_wakeup_fd(tell, warn_on_full_buffer=False)
    for number in _LINES:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _stand_still)


def _above_the_streams(descriptor: int) -> int:
    """The same file under a number of its own: where stdin, stdout or stderr are closed, theirs are free."""
    if descriptor > 2:
        return descriptor
    import fcntl

    higher = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(descriptor)
    return higher


def _stand_still(number: int, frame: Any) -> None:
    """The main thread does nothing more, above all does not tell of processes that were ended."""
    time.sleep(_PATIENCE)
    end_all()
    _exit(128 + number)  # the other thread waits for a lock that this one holds


def _watch(told: int) -> None:
    while byte := os.read(told, 1):
        if byte[0] in _LINES:
            _end(byte[0])


def _end(number: int) -> None:
    """Leave, now; nothing here imports, since the main thread may hold the lock for that."""
    try:
        stderr = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):  # other threads may tell of processes that were ended
            os.dup2(nowhere, stream)
        end_all()
        _end_children()
        remove_unfinished()
        os.write(stderr, (_SHOW_CURSOR if os.isatty(stderr) else b"") + _LINES[number])
    finally:
        _exit(128 + number)


def _end_children() -> None:
    """What others started: a compiler, a library's own processes. Linux alone lists them."""
    with contextlib.suppress(OSError):
        for thread in os.listdir("/proc/self/task"):
            file = os.open(f"/proc/self/task/{thread}/children", os.O_RDONLY)
            children = os.read(file, 1 << 16).split()
            os.close(file)
            for child in children:
                with contextlib.suppress(OSError):
                    os.kill(int(child), signal.SIGKILL)


__all__ = ["end_on_signals"]
