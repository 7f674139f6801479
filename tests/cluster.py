"""A real Dask cluster on the loopback address, its scheduler and workers each a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

PLAIN = [sys.executable, "-m", "dask"]


def without_eigenstep() -> list[str]:
    """As where it is not installed."""
    code = (
        "import sys\n"
        "class No:\n"
        "    def find_spec(name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'eigenstep':\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, No)\n"
        "from dask.__main__ import main; main()"
    )
    return [sys.executable, "-c", code]


def slowly(number: int, folder: str) -> tuple[int, int]:
    """A job that takes a while: the number's square, and the worker's process that had it done."""
    Path(folder, f"{number}.{os.getpid()}").touch()
    time.sleep(0.5)
    return number * number, os.getppid()


class Cluster:
    """A scheduler, and the workers that are started; all are ended at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, []
        file = folder / "scheduler.json"
        self.scheduler = self.start(
            PLAIN, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--scheduler-file", str(file),
        )  # fmt: skip
        end = time.monotonic() + 60
        while not file.is_file() or not file.read_text():
            assert self.scheduler.poll() is None
            assert time.monotonic() < end, "no scheduler"
            time.sleep(0.05)
        self.address = json.loads(file.read_text())["address"]

    def start(self, command, *arguments, **environment):
        clean = {k: v for k, v in os.environ.items()
                 if k not in ("EIGENSTEP_DATA", "SOURCE_DATE_EPOCH")}  # fmt: skip
        clean["PYTHONPATH"] = str(
            Path(__file__).parent
        )  # so that a job can be one of :func:`slowly`
        clean["XDG_CACHE_HOME"] = str(self.folder / f"cache{len(self.processes)}")
        process = subprocess.Popen(
            [*command, *arguments], cwd=self.folder, env={**clean, **environment}, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(self.folder / f"said{len(self.processes)}", "w"),  # noqa: SIM115
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, *arguments, command=PLAIN, **environment):
        """One more worker; it knows neither the data nor the time asked for, nor a cache."""
        return self.start(
            command, "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard",
            "--host", "127.0.0.1", *arguments, **environment,
        )  # fmt: skip

    def close(self):
        for process in self.processes:
            for each in descendants(process.pid):
                each.kill()
            process.kill()
            process.wait()


def descendants(pid: int) -> list[psutil.Process]:
    """The processes that one has started, and theirs."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def kill(process) -> None:
    """Without warning, and the worker alone: what it started must see to itself."""
    process.send_signal(signal.SIGKILL)
    process.wait()


def until(moment, seconds=30):
    """Wait for something that is true, and give it."""
    end = time.monotonic() + seconds
    while not (found := moment()):
        assert time.monotonic() < end, "the moment never came"
        time.sleep(0.05)
    return found
