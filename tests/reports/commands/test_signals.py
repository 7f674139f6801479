"""A command that is told to end does, whenever it is told: soon, by one line, with all that it started."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
COMMAND = str(Path(sys.executable).with_name("eigenstep"))
SOON = 5.0
"""Seconds that an end may take on a busy machine; on an idle one it is a tenth of one."""
MARK = "EIGENSTEP_TEST_RUN"
OLD = ["eigenstep.pdf", "index.html", "regions.svg"]


def of_run(mark):
    """All processes that carry the mark of one run, whoever their parent is now."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


class Run:
    """A command in a process, with an output and a temporary folder of its own."""

    def __init__(self, folder, *arguments):
        self.mark = uuid.uuid4().hex
        self.out, self.temporary = (folder / f"{kind}-{self.mark}" for kind in ("out", "temporary"))
        self.out.mkdir()
        self.temporary.mkdir()
        for name in OLD:
            (self.out / name).write_text("old")
        environment = {
            **os.environ, MARK: self.mark, "TMPDIR": str(self.temporary),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }  # fmt: skip
        self.process = subprocess.Popen(
            [COMMAND, *arguments], cwd=self.out, env=environment, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip

    def wait_until(self, moment):
        end = time.monotonic() + 100
        while not moment(self):
            assert self.process.poll() is None, f"it ended too early: {self.process.stderr.read()}"
            assert time.monotonic() < end, "the moment never came"
            time.sleep(0.02)

    def others(self):
        return [p for p in of_run(self.mark) if p.pid != self.process.pid]

    def take(self, number):
        """Send a signal, and wait until it has been taken (Linux)."""
        self.process.send_signal(number)
        status = Path(f"/proc/{self.process.pid}/status")
        while waiting := re.search(r"^ShdPnd:\s*(\w+)", status.read_text(), re.MULTILINE):
            if not int(waiting[1], 16):
                return
            time.sleep(0.001)

    def ended(self, signals):
        """Send the signals; (exit status, stderr, processes that are left)."""
        for number in signals:
            self.process.send_signal(number)
        try:
            _, said = self.process.communicate(timeout=SOON)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still there after {SOON} s: {[p.cmdline() for p in of_run(self.mark)]}")
        end = time.monotonic() + SOON
        while (left := of_run(self.mark)) and time.monotonic() < end:
            time.sleep(0.05)
        return self.process.returncode, said, [p.cmdline() for p in left]

    def close(self):
        for process in of_run(self.mark):
            process.kill()
        self.process.wait()
        self.process.stderr.close()


@pytest.fixture
def start():
    runs = []
    with tempfile.TemporaryDirectory() as folder:

        def begin(*arguments):
            runs.append(Run(Path(folder), *arguments))
            return runs[-1]

        yield begin
        for run in runs:
            run.close()


def in_main(run):
    """The command's own process has been computing for a while."""
    return sum(psutil.Process(run.process.pid).cpu_times()[:2]) > 1


def begun(run):
    """Python has started, and little more."""
    return sum(psutil.Process(run.process.pid).cpu_times()[:2]) > 0.2


def workers_start(run):
    return bool(run.others())


def workers_work(run):
    busy = 0
    for process in run.others():
        try:
            busy += sum(process.cpu_times()[:2]) > 1
        except psutil.Error:
            continue
    return bool(busy)


def pandoc_runs(run):
    for process in run.others():
        try:
            if "pandoc" in process.name():
                return True
        except psutil.Error:
            continue
    return False


LEDGER = ("prove", "--no-cache")
REPORT = ("report", "--no-cache", "--out", ".")
CHAPTER = (*REPORT, "--only", "references")
MOMENTS = {
    "prove, at once": (LEDGER, begun),
    "prove, workers start": (LEDGER, workers_start),
    "prove, workers work": (LEDGER, workers_work),
    "a few claims, in this process": (("prove", "--no-cache", "G9", "P4"), in_main),
    "report, workers work": (REPORT, workers_work),
    "chapter, pandoc runs": (CHAPTER, pandoc_runs),
    "figure": (("figure", "regions"), in_main),
    "check": (("check", "torch.optim:RAdam"), in_main),
}
INT, TERM, HUP, KILL = signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL
LINES = {
    INT: "eigenstep: interrupted\n", TERM: "eigenstep: terminated\n", HUP: "eigenstep: hung up\n",
    KILL: "",
}  # fmt: skip
ENDS = [
    ("prove, at once", [INT]),
    ("prove, at once", [TERM, INT]),
    ("prove, workers start", [INT, INT]),
    ("prove, workers start", [TERM]),
    ("prove, workers start", [KILL]),
    ("prove, workers work", [INT, INT, INT]),
    ("prove, workers work", [KILL]),
    ("a few claims, in this process", [INT]),
    ("report, workers work", [TERM, TERM]),
    ("report, workers work", [KILL]),
    ("chapter, pandoc runs", [INT]),
    ("chapter, pandoc runs", [KILL]),
    ("check", [TERM]),
    ("figure", [HUP]),
]


@pytest.mark.parametrize(("moment", "signals"), ENDS)
def test_it_ends(moment, signals, start):
    """One of its signals says how; no process is left, and the old files are whole.

    Which of two that come at once is up to the system: it keeps no order of signals that wait.
    """
    arguments, come = MOMENTS[moment]
    run = start(*arguments)
    run.wait_until(come)
    returned, said, left = run.ended(signals)
    assert not left
    by = -returned if signals == [KILL] else returned - 128
    assert by in signals
    assert said == LINES[by]
    assert sorted(p.name for p in run.out.iterdir()) == OLD
    assert all(p.read_text() == "old" for p in run.out.iterdir())
    if signals != [KILL]:
        assert [p.name for p in run.temporary.iterdir() if "eigenstep" in p.name] == []


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="it tells which signals wait")
def test_the_first_signal_says_how(start):
    """Those that come while it ends change nothing."""
    run = start(*LEDGER)
    run.wait_until(begun)
    run.take(TERM)
    returned, said, left = run.ended([INT, HUP])
    assert (returned, said, left) == (128 + TERM, LINES[TERM], [])


def test_two_at_once_on_one_cache_end_well(start):
    """Each decides and writes all by itself, or finds what the other wrote."""
    chapter = ("report", "--only", "references", "--format", "html", "--out", ".")
    both = [start(*chapter) for _ in range(2)]
    for run in both:
        _, said = run.process.communicate(timeout=200)
        assert (run.process.returncode, said) == (0, "")
    pages = [(run.out / "index.html").read_bytes() for run in both]
    assert pages[0] == pages[1] != b"old"


def test_an_ignored_signal_stays_ignored(start):
    """As ``nohup`` and a shell's background jobs have it."""
    before = signal.signal(HUP, signal.SIG_IGN)
    try:
        run = start("limit", "heavy_ball")
    finally:
        signal.signal(HUP, before)
    run.wait_until(begun)
    run.process.send_signal(HUP)
    assert run.process.wait(timeout=100) == 0
