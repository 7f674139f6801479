"""The workers of a Dask cluster as a ``concurrent.futures.Executor``.

The cluster shares the work out, and gives what a lost worker had to another. It is Dask's own executor
with three things added: a worker whose code or libraries are not ours is refused (:mod:`.cluster_job`), a
cluster that is gone or has no workers any more ends the wait, and jobs run in processes, which end
when they are given up.

Whoever reaches a scheduler's port runs what they like on its workers: keep it in a trusted network, or
use ``tls://``.
"""

from __future__ import annotations

import contextlib
import logging
import pickle
import re
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Executor, Future
from contextlib import contextmanager
from typing import Any

from ..errors import DomainError, EigenstepError, shown
from .cluster_job import Fingerprint, Job, fingerprint
from .extras import require_extra

CONNECT = 10.0
"""Seconds within which a scheduler must answer."""
WORKERS = 30.0
"""Seconds within which a worker must be there: at the beginning, and after the last has gone."""
_RETRIES = 3
"""Times that a job is done anew after its process has ended."""
_ADDRESS = re.compile(
    r"(?:(?:tcp|tls|ws|wss|ucx)://)?(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+):(\d{1,5})"
)


class SchedulerError(EigenstepError, ConnectionError):
    """A scheduler that does not answer, has no workers, or is gone; the message says where and what."""


class _Jobs(Executor):
    """Jobs on a cluster; each answers with what it returned or raised."""

    def __init__(self, client: Any, address: str, expected: Fingerprint, patience: float) -> None:
        self._client, self._address, self._expected = client, address, expected
        self._executor = client.get_executor(pure=False, retries=_RETRIES)
        self._jobs: dict[Future[Any], Future[Any]] = {}
        self._lock = threading.Lock()
        self._over: EigenstepError | None = None
        self._shut = threading.Event()
        threading.Thread(target=self._watch, args=(patience,), daemon=True).start()

    def submit(
        self, function: Callable[..., Any], /, *arguments: Any, **keywords: Any
    ) -> Future[Any]:  # type: ignore[override]
        """A future of ``function(*arguments, **keywords)``."""
        if self._over:
            raise self._over
        if self._shut.is_set():
            raise RuntimeError("this executor is shut down")
        message = pickle.dumps((function, arguments, keywords))
        job = self._executor.submit(pickle.loads, pickle.dumps(Job(self._expected, message)))
        future: Future[Any] = Future()
        with self._lock:
            self._jobs[future] = job
        future.add_done_callback(self._forget)
        job.add_done_callback(lambda done: self._answer(future, done))
        return future

    def _forget(self, future: Future[Any]) -> None:
        with self._lock:
            job = self._jobs.pop(future, None)
        if job is not None and future.cancelled():
            job.cancel()

    def _answer(self, future: Future[Any], job: Future[Any]) -> None:
        """Hand on how a job ended, unless nobody waits for it any more."""
        with contextlib.suppress(Exception):  # InvalidStateError: it was given up at this moment
            if not future.set_running_or_notify_cancel():
                return
            try:
                good, value, where = pickle.loads(job.result())
            except BaseException as error:
                future.set_exception(self._words(error))
                return
            if good:
                future.set_result(value)
            else:
                value.__cause__ = RuntimeError(where) if where else None
                future.set_exception(value)

    def _words(self, error: BaseException) -> BaseException:
        """The error of a job that the cluster did not do."""
        if isinstance(error, CancelledError):
            return SchedulerError(f"the scheduler at {self._address} is gone")
        name = type(error).__name__
        if isinstance(error, ModuleNotFoundError) and (error.name or "").startswith("eigenstep"):
            return SchedulerError(
                f"a worker of the scheduler at {self._address} has no eigenstep, or another version of it"
            )
        if name == "KilledWorker":
            return SchedulerError(
                f"the workers of the scheduler at {self._address} that did a job ended, one after another"
            )
        if isinstance(error, EigenstepError):
            return error
        return SchedulerError(
            f"a worker of the scheduler at {self._address}: {name}: {shown(str(error), 300)}"
        )

    def _watch(self, patience: float) -> None:
        """End the wait for workers that do not come back."""
        last = time.monotonic()
        while not self._shut.wait(1.0):
            try:
                if self._client.nthreads():
                    last = time.monotonic()
            except Exception:  # the connection is lost: the jobs end by that
                if self._client.status == "closed":
                    self._fail(SchedulerError(f"the scheduler at {self._address} is gone"))
                    return
            if time.monotonic() - last > patience:
                self._fail(
                    SchedulerError(
                        f"the scheduler at {self._address} has had no workers for {patience:g} s"
                    )
                )
                return

    def _fail(self, error: EigenstepError) -> None:
        self._over = error
        with self._lock:
            jobs = dict(self._jobs)
        for future in jobs:
            with contextlib.suppress(Exception):
                if future.set_running_or_notify_cancel():
                    future.set_exception(error)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs; with ``cancel_futures`` those that are not done are given up."""
        with self._lock:
            jobs = dict(self._jobs)
        if cancel_futures:
            for future in jobs:
                future.cancel()
        if wait:
            for future in jobs:
                with contextlib.suppress(Exception, CancelledError):
                    future.exception()
        self._shut.set()


@contextmanager
def _silence() -> Iterator[None]:
    """The cluster's library logs and warns of what is said here in one line."""
    names = [n for n in logging.root.manager.loggerDict
             if n.split(".")[0] in ("distributed", "dask", "tornado")]  # fmt: skip
    loggers = [logging.getLogger(n) for n in ("distributed", *names)]
    before = [(each, each.disabled) for each in loggers]
    try:
        for each in loggers:
            each.disabled = True
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"distributed\.|dask\.|tornado\.|contextlib")
            yield
    finally:
        for each, disabled in before:
            each.disabled = disabled


def _check_address(address: str) -> None:
    found = _ADDRESS.fullmatch(address)
    if not found or not 0 < int(found[1]) < 1 << 16:
        raise DomainError("scheduler", repr(address), "an address as tcp://HOST:PORT")


@contextmanager
def executor_at(
    address: str | None,
    packages: Sequence[str] = ("numpy", "scipy", "sympy"),
    *,
    connect: float = CONNECT,
    workers: float = WORKERS,
) -> Iterator[Executor | None]:
    """An executor of the workers of the Dask cluster whose scheduler is at ``address``.

    Args:
        address: ``tcp://HOST:PORT`` or ``tls://HOST:PORT``; None gives None, for this machine's processes.
        packages: whose versions must be the same there and here, beside Python and eigenstep's own code.
        connect: seconds within which the scheduler must answer.
        workers: seconds within which it must have a worker, at the beginning and after the last is gone.

    Raises:
        DomainError: no address.
        MissingExtra: ``distributed`` is not installed.
        SchedulerError: no scheduler or no worker in time. A job's result raises it where the cluster is
            lost, and :class:`~eigenstep.optimizers.machine.cluster_job.OtherCode` where a worker differs.

    >>> with executor_at(None) as executor:
    ...     executor
    >>> with executor_at("tcp://localhost") as executor:
    ...     executor
    Traceback (most recent call last):
        ...
    eigenstep.optimizers.errors.DomainError: scheduler = 'tcp://localhost' is outside its domain: an address \
as tcp://HOST:PORT
    """
    if address is None:
        yield None
        return
    _check_address(address)
    require_extra("a scheduler", "cluster", "distributed")
    import distributed

    with _silence():
        client = _client(distributed, address, connect)
        try:
            _wait_for_workers(client, address, workers)
            jobs = _Jobs(client, address, fingerprint(packages), workers)
            good = False
            try:
                yield jobs
                good = True
            finally:
                jobs.shutdown(wait=good, cancel_futures=not good)
        finally:
            with contextlib.suppress(Exception):
                client.close(timeout=2)


def _client(distributed: Any, address: str, connect: float) -> Any:
    try:
        return distributed.Client(
            address,
            timeout=connect,
            set_as_default=False,
            direct_to_workers=False,
            name="eigenstep",
        )
    except Exception as error:
        said = " ".join(str(error).split())
        late = isinstance(error, OSError | TimeoutError)
        why = "" if late else f": {type(error).__name__}: {shown(said, 200)}"
        raise SchedulerError(
            f"no Dask scheduler answers at {address} within {connect:g} s{why}"
        ) from None


def _wait_for_workers(client: Any, address: str, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError:
        raise SchedulerError(
            f"the scheduler at {address} has no workers, and none came within {seconds:g} s"
        ) from None
    except Exception as error:
        raise SchedulerError(
            f"the scheduler at {address} is gone: {shown(str(error), 200)}"
        ) from None


__all__ = ["SchedulerError", "executor_at"]
