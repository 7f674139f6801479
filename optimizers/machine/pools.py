"""The executor that many jobs are given to: somebody's own, or this machine's processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ..errors import DomainError
from .workers import Workers


class _Lent(Executor):
    """An executor that is its owner's to shut down; what was given to it here can be given up."""

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._jobs: set[Future[Any]] = set()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any) -> Any:
        job = self._executor.submit(function, *arguments, **keywords)
        self._jobs.add(job)
        job.add_done_callback(self._jobs.discard)
        return job

    def give_up(self) -> None:
        for job in list(self._jobs):
            job.cancel()


@contextmanager
def pool(
    executor: Executor | None, count: int, begin: Callable[[], None] | None = None
) -> Iterator[Executor]:
    """What jobs are given to; those still waiting at an error are given up.

    Args:
        executor: any of processes, here or elsewhere, which stays open; None for this machine's, which
            end with the context.
        count: this machine's processes at most.
        begin: called in each of this machine's processes before its first job.

    Raises:
        DomainError: an executor of threads. Jobs keep state of their process, and would read each
            other's.

    >>> with pool(None, 1) as jobs:
    ...     jobs.submit(divmod, 7, 2).result()
    (3, 1)
    """
    if isinstance(executor, ThreadPoolExecutor):
        raise DomainError("executor", type(executor).__name__, "an executor of processes")
    if executor is None:
        with Workers(count, begin=begin) as workers:
            yield workers
        return
    lent = _Lent(executor)
    try:
        yield lent
    except BaseException:
        lent.give_up()
        raise


__all__ = ["pool"]
