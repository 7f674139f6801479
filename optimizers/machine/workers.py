"""This machine's processes as a ``concurrent.futures.Executor``; none of them outlives this one.

A worker is a fresh interpreter that takes jobs from a pipe. It is ended when it overruns a time limit,
when its work is given up, and when this process is gone, however it went: then the pipe is closed, and
on Linux the kernel is asked to see to it as well. Nothing waits for a worker to agree, since a solver in
the middle of a decision does not.

>>> with Workers(1) as workers:
...     workers.submit(divmod, 7, 2).result()
(3, 1)
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import IO, Any

from ..errors import EigenstepError

_LENGTH = struct.Struct(">Q")
_alive: set[subprocess.Popen[Any]] = set()
_closing = False


class Overrun(EigenstepError, TimeoutError):
    """A job that took longer than its limit; its process was ended."""


class WorkerEnded(EigenstepError, RuntimeError):
    """The process that did a job ended before the job was done."""


class _Elsewhere(Exception):
    """Where in a worker an exception was raised: its traceback's text."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def end_process(process: subprocess.Popen[Any]) -> None:
    """End a process of :func:`start_process` with all that it started, now."""
    with contextlib.suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def end_all() -> None:
    """End every process that was started here, and start no more."""
    global _closing
    _closing = True
    for process in list(_alive):
        if process.returncode is None:
            end_process(process)


atexit.register(end_all)


def start_process(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """Start a program in a session of its own, so that a Ctrl-C is this process's to handle.

    It is to be given to :func:`forget_process` when it has ended.
    """
    if _closing:
        raise WorkerEnded(f"{Path(command[0]).name} is not started: this process is ending")
    process = subprocess.Popen([*command], start_new_session=True, **options)
    _alive.add(process)
    return process


def forget_process(process: subprocess.Popen[Any]) -> None:
    """Wait for a process that has ended or was told to."""
    process.wait()
    _alive.discard(process)


_WITH_PARENT = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"
)


def run_program(
    command: Sequence[str], *, folder: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program to its end, with nothing to read; it ends with this process at the latest.

    Args:
        command: the program's path and its arguments.
        folder: where it runs.
    """
    if sys.platform == "linux":  # PR_SET_PDEATHSIG outlasts exec
        command = [sys.executable, "-I", "-S", "-c", _WITH_PARENT, *command]
    process = start_process(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )  # fmt: skip
    try:
        out, said = process.communicate()
    finally:
        end_process(process)
        forget_process(process)
    return subprocess.CompletedProcess(command, process.returncode, out, said)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)) + message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """The next message; None where the other side is gone."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = pipe.read(length)
    return message if len(message) == length else None


class _Worker:
    """One process; the thread that starts it must live as long, for Linux ends it with that thread."""

    def __init__(self, begin: Callable[[], None] | None) -> None:
        code = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import serve; serve()"
        self.process = start_process(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.late = False
        self.do(pickle.dumps((begin or _nothing, (), {})), None)  # no limit counts the start

    def do(self, message: bytes, limit: float | None) -> Any:
        """What the job returns; raises what it raises."""
        timer = threading.Timer(limit or 0.0, self._overrun)
        timer.daemon = True
        if limit is not None:
            timer.start()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        answer = None
        try:
            with contextlib.suppress(OSError):
                _send(self.process.stdin, message)
                answer = _receive(self.process.stdout)
        finally:
            timer.cancel()
        if answer is None:
            if self.late:
                raise Overrun(f"not done within {limit:g} s, and ended")
            self.end()
            raise WorkerEnded(f"a worker process ended with status {self.process.returncode}")
        good, value, where = pickle.loads(answer)
        if good:
            return value
        raise value from _Elsewhere(where)

    def _overrun(self) -> None:
        self.late = True
        end_process(self.process)

    @property
    def usable(self) -> bool:
        return not self.late and self.process.poll() is None

    def end(self) -> None:
        end_process(self.process)
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        forget_process(self.process)


def _nothing() -> None:
    return None


class Workers(Executor):
    """Processes that do jobs, as many at a time as there are workers.

    Functions, arguments and results are pickled; functions are found by their module and name.

    Args:
        count: processes at most; one is started when there is a job for it.
        limit: seconds that a job may take; then its process is ended, another takes its place, and
            the job's ``result()`` raises :class:`Overrun`.
        begin: called in every process before its first job.

    >>> import time
    >>> with Workers(1, limit=0.1) as workers:
    ...     workers.submit(time.sleep, 60).result()
    Traceback (most recent call last):
        ...
    eigenstep.optimizers.machine.workers.Overrun: not done within 0.1 s, and ended
    """

    def __init__(
        self, count: int, *, limit: float | None = None, begin: Callable[[], None] | None = None
    ) -> None:
        self._count, self._limit, self._begin = count, limit, begin
        self._jobs: queue.SimpleQueue[tuple[Future[Any], bytes] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._running: set[_Worker] = set()
        self._lock = threading.Lock()
        self._shut = self._given_up = False

    def submit(
        self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any
    ) -> Future[Any]:  # type: ignore[override]
        """A future of ``function(*arguments, **keywords)``."""
        message = pickle.dumps((function, arguments, keywords))
        future: Future[Any] = Future()
        with self._lock:
            if self._shut:
                raise RuntimeError("these workers are shut down")
            self._jobs.put((future, message))
            if len(self._threads) < self._count:
                thread = threading.Thread(target=self._manage, daemon=True)
                self._threads.append(thread)
                thread.start()
        return future

    def _manage(self) -> None:
        """Hand jobs to one process, started anew where it ended."""
        worker: _Worker | None = None
        while (job := self._jobs.get()) is not None:
            future, message = job
            if future.set_running_or_notify_cancel():
                try:
                    if worker is None or not worker.usable:
                        self._end(worker)
                        worker = self._start()
                    value = worker.do(message, self._limit)
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(value)
                    del value
            del job, future
        self._end(worker)

    def _start(self) -> _Worker:
        worker = _Worker(self._begin)
        with self._lock:
            self._running.add(worker)
            given_up = self._given_up
        if given_up:
            end_process(worker.process)
        return worker

    def _end(self, worker: _Worker | None) -> None:
        if worker is not None:
            worker.end()
            with self._lock:
                self._running.discard(worker)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs; end the processes when all are done.

        With ``cancel_futures`` no job is begun any more, and those in progress are given up, too.
        """
        with self._lock:
            self._shut = True
            self._given_up = self._given_up or cancel_futures
            if cancel_futures:
                with contextlib.suppress(queue.Empty):
                    while True:
                        job = self._jobs.get_nowait()
                        if job is not None and job[0].cancel():
                            job[0].set_running_or_notify_cancel()
                for worker in self._running:
                    end_process(worker.process)
            for _ in self._threads:
                self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)


def serve() -> None:
    """Do the jobs that come on standard input, until it is closed; what a worker runs."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)  # what a job prints is no answer
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    jobs: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_take_jobs, args=(requests, jobs), daemon=True).start()
    with contextlib.suppress(OSError):
        while True:
            _send(answers, _answer(jobs.get()))
    _end_here()


def _take_jobs(requests: IO[bytes], jobs: queue.SimpleQueue[bytes]) -> None:
    while (message := _receive(requests)) is not None:
        jobs.put(message)
    _end_here()


def _end_here() -> None:
    """Nobody is there for an answer any more."""
    if hasattr(os, "killpg") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)  # what a job started, too
    os._exit(1)


def _answer(message: bytes) -> bytes:
    try:
        function, arguments, keywords = pickle.loads(message)
        return pickle.dumps((True, function(*arguments, **keywords), ""))
    except BaseException as error:
        where = traceback.format_exc()
        with contextlib.suppress(Exception):
            answer = pickle.dumps((False, error, where))
            pickle.loads(answer)  # not every exception survives the way
            return answer
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}"), where))


__all__ = ["Overrun", "WorkerEnded", "Workers", "end_all", "run_program"]
