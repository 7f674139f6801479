"""Processes that do work: what they answer, how they end."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, wait

import psutil
import pytest
from eigenstep.optimizers import DomainError
from eigenstep.optimizers.domains import UNIT, require
from eigenstep.optimizers.machine.workers import Overrun, WorkerEnded, Workers, run_program

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX processes")


def gone(pid, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def test_it_is_an_executor():
    with Workers(2) as workers:
        assert isinstance(workers, Executor)
        assert list(workers.map(divmod, (7, 8), (2, 3))) == [(3, 1), (2, 2)]
    with pytest.raises(RuntimeError, match="shut down"):
        workers.submit(divmod, 1, 1)


def test_a_process_does_many_jobs_and_what_they_print_is_no_answer():
    with Workers(1) as workers:
        first = workers.submit(os.getpid).result()
        assert workers.submit(print, "not an answer").result() is None
        assert workers.submit(os.write, 1, b"nor this\n").result() == 9
        assert workers.submit(os.getpid).result() == first != os.getpid()
    assert gone(first)


def test_errors_come_back_with_where_they_were_raised():
    with Workers(1) as workers:
        error = workers.submit(divmod, 1, 0).exception()
        assert isinstance(error, ZeroDivisionError)
        assert "_answer" in str(error.__cause__)
        error = workers.submit(require, UNIT, beta=2.0).exception()
        assert isinstance(error, DomainError)
        assert (error.parameter, error.value) == ("beta", 2.0)
        # Of a class that is nowhere to be found, so that it cannot travel itself.
        here = "class Odd(Exception): pass\nraise Odd('so')"
        error = workers.submit(exec, here, {}).exception()
        assert str(error) == "Odd: so"
        assert workers.submit(divmod, 7, 2).result() == (3, 1)


def test_an_overrun_ends_the_process_and_the_next_job_has_another():
    with Workers(1, limit=2) as workers:
        slow, quick = workers.submit(time.sleep, 600), workers.submit(divmod, 7, 2)
        with pytest.raises(Overrun, match="not done within 2 s"):
            slow.result(timeout=60)
        assert quick.result(timeout=60) == (3, 1)


def test_a_process_that_ends_by_itself_is_one_jobs_failure():
    with Workers(1) as workers:
        with pytest.raises(WorkerEnded, match="status 7"):
            workers.submit(os._exit, 7).result(timeout=60)
        assert workers.submit(divmod, 7, 2).result(timeout=60) == (3, 1)


def test_given_up_work_ends_at_once():
    workers = Workers(1)
    pid = workers.submit(os.getpid).result()
    running, waiting = workers.submit(time.sleep, 600), workers.submit(time.sleep, 600)
    while not running.running():
        time.sleep(0.01)
    workers.shutdown(cancel_futures=True)
    assert not wait([running, waiting], timeout=20).not_done
    assert waiting.cancelled()
    assert isinstance(running.exception(), WorkerEnded)
    assert gone(pid)


def test_an_error_in_the_block_gives_up():
    found = []

    def interrupted():
        with Workers(1) as workers:
            found.append(workers.submit(os.getpid).result())
            workers.submit(time.sleep, 600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert gone(found[0])


PARENT = """
import os, subprocess, sys, time
from eigenstep.optimizers.machine.workers import Workers, run_program
workers = Workers(1)
print(workers.submit(os.getpid).result(), flush=True)
{then}
"""
THEN = {
    "idle": "time.sleep(600)",
    "at work": "workers.submit(time.sleep, 600).result()",
    "holding Python's lock": "workers.submit(pow, 7, 10**9).result()",
    "normal end": "workers.submit(time.sleep, 600); sys.exit()",
    "hard end": "workers.submit(time.sleep, 600); os._exit(0)",
    "error": "workers.submit(time.sleep, 600); 1/0",
}


@posix
@pytest.mark.parametrize("then", THEN)
def test_no_worker_outlives_its_parent(then):
    if then == "holding Python's lock" and sys.platform != "linux":
        pytest.skip("only Linux ends a process with its parent")
    command = [sys.executable, "-c", PARENT.format(then=THEN[then])]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        worker = int(parent.stdout.readline())
        if then in ("idle", "at work", "holding Python's lock"):
            assert psutil.pid_exists(worker)
            time.sleep(0.5)  # for the job to begin
            parent.kill()
        parent.wait(timeout=60)
    assert gone(worker)


@posix
def test_what_a_worker_started_ends_with_it():
    workers = Workers(1)
    workers.submit(subprocess.Popen, ["sleep", "600"]).exception()  # cannot be pickled
    (own,) = psutil.Process(workers.submit(os.getpid).result()).children()
    workers.shutdown(cancel_futures=True)
    assert gone(own.pid)


@posix
def test_programs():
    done = run_program([sys.executable, "-c", "import sys; print(input.__name__); sys.exit(3)"])
    assert (done.returncode, done.stdout, done.stderr) == (3, b"input\n", b"")


@posix
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a program with its parent")
def test_a_program_ends_with_its_parent():
    code = PARENT.format(then="run_program(['/bin/sleep', '600'])")
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        parent.stdout.readline()
        mine = psutil.Process(parent.pid)
        while not (found := [c for c in mine.children() if c.name() == "sleep"]):
            time.sleep(0.02)
        parent.send_signal(signal.SIGKILL)
    assert gone(found[0].pid)


LEDGER = """
from eigenstep.proofs import decide_all
print("begin", flush=True)
decide_all(workers=2, cache=False)
"""


@posix
@pytest.mark.parametrize("times", [1, 2])
def test_a_script_that_is_interrupted_ends(times):
    """In a plain script, without the command's handlers and without a guarded ``__main__``."""
    command = [sys.executable, "-c", LEDGER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as script:
        script.stdout.readline()
        own = psutil.Process(script.pid)
        while len(workers := own.children()) < 2:
            time.sleep(0.02)
        for _ in range(times):
            script.send_signal(signal.SIGINT)
            time.sleep(0.05)
        assert script.wait(timeout=20) != 0
    assert all(gone(worker.pid) for worker in workers)
