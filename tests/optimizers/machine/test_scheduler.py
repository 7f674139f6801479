"""The executor of a Dask cluster: what it answers, what it refuses, what is left when workers or schedulers go."""

import os
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

pytest.importorskip("distributed", reason="pip install 'eigenstep[cluster]'")
pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.name != "posix", reason="POSIX processes"),
]
sys.path.insert(0, str(Path(__file__).parents[2]))
from cluster import Cluster, descendants, kill, slowly, without_eigenstep  # noqa: E402

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


def until(moment, seconds=30):
    end = time.monotonic() + seconds
    while not (found := moment()):
        assert time.monotonic() < end, "the moment never came"
        time.sleep(0.05)
    return found


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
    with pytest.raises(SchedulerError, match=rf"no Dask scheduler answers at 127.0.0.1:{port} within 1 s"):  # fmt: skip
        with executor_at(f"127.0.0.1:{port}", connect=1):
            pass
    with socket.create_server(("127.0.0.1", 0)) as other:

        def answer():
            while True:
                try:
                    there, _ = other.accept()
                except OSError:
                    return
                there.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)

        threading.Thread(target=answer, daemon=True).start()
        with (
            pytest.raises(SchedulerError, match="no Dask scheduler answers"),
            executor_at(f"127.0.0.1:{other.getsockname()[1]}", connect=2),
        ):
            pass
        other.close()


def test_no_workers_none_left_and_no_scheduler_left(cluster):
    with pytest.raises(SchedulerError, match=r"has no workers, and none came within 0\.5 s"):
        with executor_at(cluster.address, workers=0.5):
            pass
    worker = cluster.worker()
    with executor_at(cluster.address, workers=30) as executor:
        assert executor.submit(divmod, 7, 2).result() == (3, 1)
    with pytest.raises(SchedulerError, match="has had no workers for 2 s"):
        with executor_at(cluster.address, workers=2) as executor:
            job = executor.submit(time.sleep, 600)
            until(lambda: descendants(worker.pid))
            kill(worker)
            job.result(60)
    cluster.worker()
    with pytest.raises(SchedulerError, match="is gone"):
        with executor_at(cluster.address, connect=2) as executor:
            job = executor.submit(time.sleep, 600)
            until(lambda: descendants(cluster.processes[-1].pid))
            kill(cluster.scheduler)
            job.result(60)


def changed_copy(folder):
    """The package with one more line."""
    for floor in cluster_job.FLOORS:
        shutil.copytree(ROOT / floor, folder / "eigenstep" / floor, ignore=shutil.ignore_patterns("__pycache__"))  # fmt: skip
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
        with pytest.raises(OtherCode, match=r"has eigenstep's code \w{12}, where this machine has \w{12}"):
            job.result(60)
    kill(cluster.processes[-1])
    cluster.worker(command=without_eigenstep())
    with executor_at(cluster.address) as executor:
        with pytest.raises(SchedulerError, match="has no eigenstep"):
            executor.submit(divmod, 7, 2).result(60)


def test_other_versions_of_packages_are_named(shared, monkeypatch):
    mine = cluster_job.fingerprint(("numpy", "sympy"))
    monkeypatch.setattr(scheduler, "fingerprint", lambda packages: {**mine, "sympy": "0.7"})
    with executor_at(shared.address) as executor:
        with pytest.raises(OtherCode, match=r"has sympy [\d.]+, where this machine has 0\.7; the same"):
            executor.submit(divmod, 7, 2).result()


def test_code_that_changed_since_a_process_was_started_is_started_anew(monkeypatch):
    """A process waits for its next job a while: it must not go on with what it was started with."""
    started, real = [], cluster_job.Workers

    class Stale(real):
        def submit(self, function, expected, *rest):
            return super().submit(function, {**expected, "Python": "0"} if self is started[0] and len(asked) > 1 else expected, *rest)  # fmt: skip

        def __init__(self, *arguments):
            super().__init__(*arguments)
            started.append(self)

    asked = []
    monkeypatch.setattr(cluster_job, "Workers", Stale)
    message = cluster_job.pickle.dumps((divmod, (7, 2), {}))
    for _ in range(2):
        asked.append(1)
        assert cluster_job.pickle.loads(cluster_job.do(cluster_job.fingerprint(()), message))[1] == (3, 1)
    assert len(started) == 2
    assert not cluster_job._take() or cluster_job._take() is None


def test_without_the_extra_one_line(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(extras.MissingExtra, match=r"needs: pip install 'eigenstep\[cluster\]'"):
        with executor_at("127.0.0.1:1"):
            pass


def test_threads_are_no_pool():
    with ThreadPoolExecutor(1) as threads, pytest.raises(DomainError, match="of processes"):
        with pool(threads, 1):
            pass


def test_what_waits_in_a_lent_executor_is_given_up():
    from eigenstep.optimizers.machine.workers import Workers

    with Workers(1) as workers:
        with pytest.raises(KeyError), pool(workers, 1) as jobs:  # noqa: PT012
            running, waiting = jobs.submit(time.sleep, 0.5), jobs.submit(time.sleep, 60)
            time.sleep(0.1)
            raise KeyError
        assert waiting.cancelled()
        wait([running])
        assert workers.submit(divmod, 7, 2).result() == (3, 1)
