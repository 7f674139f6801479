"""What the report measures of time: it differs from run to run, so a reproducible report leaves it out."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..optimizers.errors import DomainError

PARAMETERS = 3_000_000
"""Of the one tensor that steps are timed on."""
_LAST = 253402300799
"""The last second of the year 9999."""


def epoch() -> int | None:
    """The time that ``SOURCE_DATE_EPOCH`` gives, in seconds since 1970, or None.

    Raises:
        DomainError: it is not a number of seconds.
    """
    text = os.environ.get("SOURCE_DATE_EPOCH", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > _LAST:
        raise DomainError(
            "SOURCE_DATE_EPOCH", repr(text), f"a whole number of seconds, 0 to {_LAST}"
        )
    return int(text)


def is_reproducible() -> bool:
    """Whether ``SOURCE_DATE_EPOCH`` asks for the same bytes from every run."""
    return epoch() is not None


def step_times(
    classes: Mapping[str, tuple[str, dict[str, Any]] | None],
    size: int = PARAMETERS,
    repeats: int = 7,
) -> dict[str, list[float | None]]:
    """A step's time over that of torch's fused Adam in the same round, the median, by class.

    Ours, and torch's class of that name as it comes.

    Args:
        classes: names of torch optimizers of eigenstep, each with torch's class and its arguments, or None.
        size: float32 parameters, in one tensor.
        repeats: rounds; in each all three are stepped in turn.
    """
    import torch

    from .. import optimizers
    from ..optimizers.engine import kernel as engine

    kind = "compiled" if engine.can_compile("cpu") else "blocked"
    found: dict[str, list[float | None]] = {}
    p = torch.nn.Parameter(torch.ones(size))
    p.grad = torch.full((size,), 1e-3)
    unit = torch.optim.Adam([p], lr=1e-3, fused=True).step
    for name, theirs in classes.items():
        # With momentum by default for the two that have it.
        arguments = {"lr": 1e-3, **({"momentum": 0.9} if name in ("HeavyBall", "Nesterov") else {})}
        steps = [unit, getattr(optimizers, name)([p], engine=kind, **arguments).step]
        if theirs:
            cls, extra = theirs
            steps.append(getattr(torch.optim, cls)([p], lr=1e-3, **extra).step)
        times: list[list[float]] = [[] for _ in steps]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for round_ in range(repeats + 2):
                for step, seconds in zip(steps, times, strict=True):
                    start = time.perf_counter()
                    step()
                    if round_ > 1:  # the first two compile and allocate
                        seconds.append(time.perf_counter() - start)
        rounds = [[t / unit for t, unit in zip(s, times[0], strict=True)] for s in times[1:]]
        ours, *other = map(statistics.median, rounds)
        found[name] = [ours, other[0] if other else None]
    return found


def machine() -> dict[str, Any]:
    """The processor's name, the cores this process may use, and the system."""
    import platform

    from ..proofs.running import cores

    processor = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            processor = next(
                x.partition(":")[2].strip() for x in lines if x.startswith("model name")
            )
    except (OSError, StopIteration):
        pass
    return {
        "processor": processor,
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def committed() -> str:
    """The commit of the checkout that this code is in, with a + where it was changed; empty elsewhere."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return ""
    # Without locks: a report that is ended at this moment leaves none in the checkout.
    git = ["git", "--no-optional-locks", "-C", str(root)]
    try:
        head, changed = (
            subprocess.run([*git, *words], capture_output=True, text=True, check=True).stdout
            for words in (["rev-parse", "--short=12", "HEAD"], ["status", "--porcelain", "-uno"])
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head.strip() + ("+" if changed.strip() else "")


__all__ = ["PARAMETERS", "committed", "epoch", "is_reproducible", "machine", "step_times"]
