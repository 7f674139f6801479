"""The command in a child of this process: what it prints, its status and its time, in milliseconds a run."""

from __future__ import annotations

import importlib
import io
import os
import resource
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_IMPORTED = (
    "analysis.derivation",
    "analysis.frozen",
    "analysis.loading",
    "analysis.settings",
    "analysis.convex",
)


@dataclass(frozen=True)
class Done:
    status: int
    out: str
    err: str
    seconds: float


def command(
    *arguments: str,
    encoding: str = "utf-8",
    seconds: int = 60,
    gigabytes: int = 4,
    cwd: Path | None = None,
) -> Done:
    """Run ``eigenstep`` with what this process has imported; −9 where time or memory ran out."""
    for name in _IMPORTED:
        importlib.import_module(f"eigenstep.{name}")
    line = importlib.import_module("eigenstep.reports.commands.command_line")

    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        start = time.monotonic()
        child = os.fork()
        if child == 0:
            status = 70
            try:
                signal.alarm(seconds)
                os.chdir(cwd or ".")
                used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
                most = used + (gigabytes << 30)
                resource.setrlimit(resource.RLIMIT_AS, (most, most))
                os.dup2(out.fileno(), 1)
                os.dup2(err.fileno(), 2)
                sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding, write_through=True)
                sys.stderr = io.TextIOWrapper(
                    io.FileIO(2, "w"), encoding, "backslashreplace", write_through=True
                )
                sys.argv = ["eigenstep", *arguments]
                line.main()
            except SystemExit as end:
                status = end.code if isinstance(end.code, int) else 0
            finally:
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        spent = time.monotonic() - start
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(encoding))
        return Done(os.waitstatus_to_exitcode(ended), *texts, spent)
