"""The executor of a Dask cluster: what it answers, what it refuses, what is left when parts of it go."""

import contextlib
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor, wait
from pathlib import Path

import psutil
import pytest
from eigenstep.optimizers import DomainError
from eigenstep.optimizers.domains import UNIT, require
from eigenstep.optimizers.machine import cluster_job, extras, scheduler
from eigenstep.optimizers.machine.cluster_job import OtherCode
from eigenstep.optimizers.machine.pools import pool
from eigenstep.optimizers.machine.scheduler import SchedulerError, executor_at
from eigenstep.optimizers.machine.workers import Workers

pytest.importorskip("distributed", reason="pip install 'eigenstep[cluster]'")
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.name != "posix", reason="POSIX processes"),
]
sys.path.insert(0, str(Path(__file__).parents[2]))
from cluster import Cluster, descendants, kill, slowly, until, without_eigenstep  # noqa: E402

COMMAND = str(Path(sys.executable).with_name("eigenstep"))
ROOT = Path(__file__).parents[3]


@pytest.fixture
def cluster(tmp_path):
    made = Cluster(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A scheduler with one worker, of two threads."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    made.worker("--nthreads", "2")
    yield made
    made.close()


def test_it_answers_as_this_machines_workers_do(shared):
    with executor_at(shared.address) as executor:
        assert isinstance(executor, Executor)
        assert list(executor.map(divmod, (7, 8), (2, 3))) == [(3, 1), (2, 2)]
        error = executor.submit(divmod, 1, 0).exception()
        assert isinstance(error, ZeroDivisionError)
        assert "divmod" in str(error.__cause__) or "_answer" in str(error.__cause__)
        error = executor.submit(require, UNIT, beta=2.0).exception()
        assert isinstance(error, DomainError)
        assert (error.parameter, error.value) == ("beta", 2.0)
        # A job is done anew each time, and in a process that is nobody else's.
        at_once = list(executor.map(time.sleep, [0.3] * 2)), executor.submit(os.getpid).result()
        assert at_once[0] == [None, None]
        assert at_once[1] not in [os.getpid(), *(p.pid for p in shared.processes)]
        a, b = executor.submit(time.perf_counter_ns), executor.submit(time.perf_counter_ns)
        assert a.result() != b.result()
    with pytest.raises(RuntimeError, match="shut down"):
        executor.submit(divmod, 1, 1)


def test_a_killed_worker_loses_nothing(cluster, tmp_path):
    workers = [cluster.worker(), cluster.worker()]
    with executor_at(cluster.address) as executor:
        jobs = [executor.submit(slowly, n, str(tmp_path)) for n in range(12)]
        # The one that has both finished jobs and one in progress.
        _, there = until(lambda: next((j.result() for j in jobs if j.done()), None))
        victim = next(w for w in workers if there == w.pid)
        until(lambda: descendants(victim.pid))
        kill(victim)
        assert [j.result()[0] for j in jobs] == [n * n for n in range(12)]
        assert {j.result()[1] for j in jobs} == {w.pid for w in workers}
        begun = [file.name.split(".")[0] for file in tmp_path.glob("*.[0-9]*")]
        assert len(begun) > 12, "the job that it was at was begun again"
    until(lambda: not [p for p in psutil.process_iter() if p.ppid() == victim.pid])


def test_what_is_given_up_is_ended(shared, tmp_path):
    begun = []
    with pytest.raises(KeyboardInterrupt), executor_at(shared.address) as executor:  # noqa: PT012
        jobs = [executor.submit(time.sleep, 600) for _ in range(4)]
        worker = shared.processes[1].pid
        begun = until(lambda: len(c := descendants(worker)) >= 2 and c)
        raise KeyboardInterrupt
    assert all(job.cancelled() for job in jobs)
    until(lambda: not any(p.is_running() and p.status() != "zombie" for p in begun), 10)
    with executor_at(shared.address) as executor:  # and the worker is free again
        assert executor.submit(divmod, 7, 2).result(20) == (3, 1)


def test_an_interrupted_command_leaves_nothing(shared):
    command = [COMMAND, "prove", "--no-cache", "--scheduler", shared.address]
    worker = shared.processes[1].pid
    before = {p.pid for p in descendants(worker)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until(lambda: {p.pid for p in descendants(worker)} - before or before)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=10)
    assert (process.returncode, out, said) == (130, "", "eigenstep: interrupted\n")
    # Given up, not done: the worker answers the next at once.
    with executor_at(shared.address) as executor:
        assert executor.submit(divmod, 7, 2).result(20) == (3, 1)


@pytest.mark.parametrize(
    "address",
    ["", " ", "nonsense", "tcp://", "tcp://127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536",
     "ftp://127.0.0.1:1", "inproc://1:2", "tcp://a b:1", "tcp://127.0.0.1:1/x", "processes"],
)  # fmt: skip
def test_what_is_no_address(address):
    with pytest.raises(DomainError, match="scheduler = "), executor_at(address):
        pass


def test_nobody_there_and_somebody_else_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nobody = rf"no Dask scheduler answers at 127.0.0.1:{port} within 1 s"
    with (
        pytest.raises(SchedulerError, match=nobody),
        executor_at(f"127.0.0.1:{port}", connect=1),
    ):
        pass
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer():
            with contextlib.suppress(OSError):
                while True:
                    there, _ = other.accept()
                    there.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)

        threading.Thread(target=answer, daemon=True).start()
        with (
            pytest.raises(SchedulerError, match="no Dask scheduler answers"),
            executor_at(f"127.0.0.1:{other.getsockname()[1]}", connect=2),
        ):
            pass


def _slow_job(cluster, then, **patience):
    """The error of a job during which something happens."""
    with executor_at(cluster.address, **patience) as executor:
        job = executor.submit(time.sleep, 600)
        until(lambda: descendants(cluster.processes[-1].pid))
        then()
        job.result(60)


def test_no_workers_none_left_and_no_scheduler_left(cluster):
    with (
        pytest.raises(SchedulerError, match=r"has no workers, and none came within 0\.5 s"),
        executor_at(cluster.address, workers=0.5),
    ):
        pass
    worker = cluster.worker()
    with executor_at(cluster.address) as executor:
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(SchedulerError, match="has had no workers for 2 s"):
        _slow_job(cluster, lambda: kill(worker), workers=2)
    cluster.worker()
    with executor_at(cluster.address) as executor:
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(SchedulerError, match="is gone"):
        _slow_job(cluster, lambda: kill(cluster.scheduler), connect=2)


def changed_copy(folder):
    """The package with one more line."""
    for floor in cluster_job.FLOORS:
        shutil.copytree(ROOT / floor, folder / "eigenstep" / floor)
    with open(folder / "eigenstep/optimizers/ops.py", "a", encoding="utf-8") as file:
        file.write("\n# changed\n")
    return folder


def test_a_worker_with_other_code_or_none_is_refused_also_if_it_comes_late(cluster, tmp_path):
    first = cluster.worker()
    with executor_at(cluster.address) as executor:
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
        kill(first)
        cluster.worker(PYTHONPATH=str(changed_copy(tmp_path / "copy")))
        job = executor.submit(divmod, 7, 2)
        other = r"has eigenstep's code \w{12}, where this machine has \w{12}"
        with pytest.raises(OtherCode, match=other):
            job.result(60)
    kill(cluster.processes[-1])
    cluster.worker(command=without_eigenstep())
    with executor_at(cluster.address) as executor:
        job = executor.submit(divmod, 7, 2)
        with pytest.raises(SchedulerError, match="has no eigenstep"):
            job.result(60)


def test_other_versions_of_packages_are_named(shared, monkeypatch):
    mine = cluster_job.fingerprint(("numpy", "sympy"))
    monkeypatch.setattr(scheduler, "fingerprint", lambda packages: {**mine, "sympy": "0.7"})
    with executor_at(shared.address) as executor:
        job = executor.submit(divmod, 7, 2)
        with pytest.raises(OtherCode, match=r"has sympy [\d.]+, where this machine has 0\.7; the"):
            job.result()


def test_code_that_changed_since_a_process_was_started_is_started_anew(monkeypatch):
    """A process waits for its next job a while: it must not go on with what it was started with."""
    started = []

    class Stale(Workers):
        """The first process is of another Python from its second job on."""

        def __init__(self, count):
            super().__init__(count)
            started.append(self)
            self.jobs = 0

        def submit(self, function, expected, message):
            self.jobs += 1
            if self is started[0] and self.jobs > 1:
                expected = {**expected, "Python": "0"}
            return super().submit(function, expected, message)

    monkeypatch.setattr(cluster_job, "Workers", Stale)
    message = pickle.dumps((divmod, (7, 2), {}))
    for _ in range(2):
        answer = cluster_job.do(cluster_job.fingerprint(()), message)
        assert pickle.loads(answer)[:2] == (True, (3, 1))
    assert len(started) == 2
    last = cluster_job._take()
    assert last is started[1]
    last.shutdown(cancel_futures=True)


def test_a_process_ends_when_no_job_comes(monkeypatch):
    monkeypatch.setattr(cluster_job, "_IDLE", 0.2)
    job = pickle.dumps((os.getpid, (), {}))
    pid = pickle.loads(cluster_job.do(cluster_job.fingerprint(()), job))[1]
    until(lambda: not psutil.pid_exists(pid), 10)
    assert cluster_job._take() is None


def test_without_the_extra_one_line(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    missing = r"needs: pip install 'eigenstep\[cluster\]'"
    with pytest.raises(extras.MissingExtra, match=missing), executor_at("127.0.0.1:1"):
        pass


def test_threads_are_no_pool():
    with (
        ThreadPoolExecutor(1) as threads,
        pytest.raises(DomainError, match="of processes"),
        pool(threads, 1),
    ):
        pass


def test_what_waits_in_a_lent_executor_is_given_up():
    with Workers(1) as workers:
        with pytest.raises(KeyError), pool(workers, 1) as jobs:  # noqa: PT012
            running, waiting = jobs.submit(time.sleep, 0.5), jobs.submit(time.sleep, 60)
            time.sleep(0.1)
            raise KeyError
        assert waiting.cancelled()
        wait([running])
        assert workers.submit(divmod, 7, 2).result() == (3, 1)
