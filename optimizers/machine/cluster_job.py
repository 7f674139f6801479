"""What a worker of a cluster does with a job: nothing, unless its code and libraries are ours.

The job is done in a process of its own, as on this machine: a worker of a cluster runs jobs in threads,
which neither solvers nor the state that jobs keep allow, and which nothing can end. The process takes one
job after another, and ends when the job is given up, when none has come for a while, and with the worker.
"""

from __future__ import annotations

import pickle
import platform
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..errors import EigenstepError
from .files import digest_of
from .workers import Workers, _answer

FLOORS = ("optimizers", "analysis", "proofs", "reports")
_IDLE = 20.0
"""Seconds that a process waits for its next job."""
_LOOK = 0.3
"""Seconds between looks at whether a job is still wanted."""

Fingerprint = dict[str, str]
"""What results depend on: the processor's kind, Python, packages, and every line of this one."""


class OtherCode(EigenstepError, RuntimeError):
    """A worker whose code or libraries are not those of the process that asks; results could differ."""


@lru_cache(maxsize=4)
def _fingerprint(packages: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    found = {"machine": platform.machine(), "Python": sys.version.split()[0]}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    found["eigenstep's code"] = digest_of(FLOORS, ())[:12]
    return tuple(found.items())


def fingerprint(packages: Sequence[str]) -> Fingerprint:
    """This process's.

    >>> fingerprint(["numpy"])["numpy"] == version("numpy")
    True
    """
    return dict(_fingerprint(tuple(packages)))


def check(expected: Fingerprint) -> None:
    """Raise :class:`OtherCode` unless this process has the fingerprint."""
    fixed = ("machine", "Python", "eigenstep's code")
    here = fingerprint([name for name in expected if name not in fixed])
    for name, wanted in expected.items():
        if here[name] != wanted:
            raise OtherCode(
                f"a worker on {platform.node()} has {name} {here[name]}, where this machine has {wanted}; "
                "the same of both is needed, or results could differ"
            )


def checked(expected: Fingerprint, message: bytes) -> bytes:
    """The answer to a job, in its process."""
    check(expected)
    return _answer(message)


_idle: list[tuple[Workers, threading.Timer]] = []
_lock = threading.Lock()


def _take() -> Workers | None:
    with _lock:
        if not _idle:
            return None
        workers, timer = _idle.pop()
    timer.cancel()
    return workers


def _put_back(workers: Workers) -> None:
    timer = threading.Timer(_IDLE, lambda: _dismiss(workers))
    timer.daemon = True
    with _lock:
        _idle.append((workers, timer))
    timer.start()


def _dismiss(workers: Workers) -> None:
    with _lock:
        mine = [pair for pair in _idle if pair[0] is workers]
        for pair in mine:
            _idle.remove(pair)
    if mine:
        workers.shutdown(wait=False)


def _wanted() -> Callable[[], bool]:
    """Whether the job that this thread does has not been given up by whoever asked."""
    from distributed import get_worker

    try:
        worker: Any = get_worker()
    except ValueError:  # not on a cluster
        return lambda: True
    key = worker.get_current_task()

    def wanted() -> bool:
        task = worker.state.tasks.get(key)
        return task is not None and task.state != "cancelled"

    return wanted


def _wait(job: Future[bytes], wanted: Callable[[], bool]) -> bytes:
    while True:
        try:
            return job.result(_LOOK)
        except NotYet:
            if job.done():
                raise  # the job's own
            if not wanted():
                raise EigenstepError("the job was given up") from None


def do(expected: Fingerprint, message: bytes) -> bytes:
    """The pickled answer to a pickled job, of one process that is ended if the job is given up."""
    wanted = _wanted()
    while True:
        old = _take()
        workers = old or Workers(1)
        try:
            answer = _wait(workers.submit(checked, expected, message), wanted)
        except OtherCode as error:
            workers.shutdown(wait=False)
            if old is None:
                return pickle.dumps((False, error, ""))
            continue  # it may have been started before the code was changed
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise
        _put_back(workers)
        return answer


class Job:
    """A job as it travels: reading it does it.

    So the scheduler, which reads the calls that pass, sees ``pickle.loads`` of bytes, and needs none of our
    code; and a worker without it says so as an ordinary error.
    """

    def __init__(self, expected: Fingerprint, message: bytes) -> None:
        self.expected, self.message = expected, message

    def __reduce__(self) -> Any:
        return do, (self.expected, self.message)


__all__ = ["Fingerprint", "Job", "OtherCode", "check", "fingerprint"]
