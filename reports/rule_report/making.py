"""Make a report on one rule: its sections in processes of their own, then the page and the PDF."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path
from typing import Any

from ...optimizers.errors import DomainError
from ...optimizers.machine.extras import require_extra
from ...optimizers.machine.files import check_folder, write_atomically
from ...optimizers.machine.workers import Overrun, WorkerEnded, Workers
from ..progress import progress
from ..timing import epoch, is_reproducible
from ..work import begin, keep, result, stored
from .part import Numbers, Part, Section, reason_of
from .subject import Asked, Subject, digest_of_rule, known, load, opponent_of

FORMATS = ("html", "pdf")
_FIRST = ("digits", "airfoil", "region", "tuning", "surfaces", "libraries")
"""What is begun first, so that no process is left with it at the end."""
_WAITING = 3.0
"""How many times its time of computing a section may take by the clock; then its process is ended."""


def write_rule_report(
    rule: str,
    out: Path,
    formats: tuple[str, ...] = FORMATS,
    *,
    against: str | None = None,
    settings: Mapping[str, str] | None = None,
    mu: str = "1",
    L: str = "100",
    cache: bool = True,
    quick: bool = False,
    workers: int | None = None,
) -> list[Path]:
    """Make a report on one rule and write it into a folder, each file whole or not at all.

    What fails in one section, or takes too long, is said at the end of the report and spoils no other.

    Args:
        rule: a name, or ``path/to/file.py:rule``.
        out: the folder; the files have the rule's name.
        formats: of ``html`` and ``pdf``.
        against: the rule beside it, named alike; by default the nearest that comes with eigenstep.
        settings: hyperparameters by name, as text.
        mu, L: the ends of the spectrum that is tuned for, 0 < mu <= L, as text.
        cache: whether what was made before of the same code, libraries, data and numbers may be taken.
        quick: a draft: fewer seeds and steps, coarser maps.
        workers: processes at most, by default as many as the cores.

    Raises:
        DomainError: another format; numbers outside their domains.
        EigenstepError: the rule cannot be loaded, or lacks numbers; the folder cannot be written.
    """
    for name in formats or ("",):
        if name not in FORMATS:
            raise DomainError("format", repr(name), f"one or more of {', '.join(FORMATS)}")
    wanted = tuple(dict.fromkeys(formats))
    _check_spectrum(mu, L)
    asked = Asked(rule, tuple((settings or {}).items()))
    subject = load(asked)
    digests = [digest_of_rule(subject)]  # before a file of the same name may take its place
    beside = Asked(against) if against else None
    other = load(beside) if beside else None
    if other is not None:
        digests.append(digest_of_rule(other))
    check_folder(out)
    numbers = Numbers(mu, L, quick)
    begin(cache, quick)
    said = [digests, asked.shown, asked.settings, beside.shown if beside else "", mu, L, quick]
    key = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    pages = {f: f"page:{f}:{key}:{epoch()}" for f in wanted}
    if not all(stored(n) for n in pages.values()):
        why = ""
        if other is None:
            name, why = opponent_of(subject)
            other = load(Asked(name))
            digests.append(digest_of_rule(other))
        made = _make(subject, other, why, numbers, (digests[0], digests[1]), key, wanted, workers)
        for f, content in made.items():
            keep(pages[f], content)
    written = []
    for f in wanted:
        path = out / f"{file_name(subject.name)}.{f}"
        write_atomically(path, result(pages[f]))
        written.append(path)
    return written


def file_name(name: str) -> str:
    """A rule's name as a file's.

    >>> file_name("../a b")
    'a_b'
    """
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:80] or "rule"


def _check_spectrum(mu: str, L: str) -> None:
    from ...analysis.expressions import ExpressionError, parse
    from ...analysis.linear.tuning import check_spectrum

    values = []
    for name, text in (("mu", mu), ("L", L)):
        try:
            values.append(parse(text, {}))
        except ExpressionError as error:
            raise ExpressionError(f"--{name}: {error}") from error
    check_spectrum(*values)


def _make(
    subject: Subject,
    other: Subject,
    why: str,
    numbers: Numbers,
    digests: tuple[str, str],
    key: str,
    formats: tuple[str, ...],
    workers: int | None,
) -> dict[str, bytes]:
    from ...proofs.running import cores
    from ..page.publishing import NEEDED
    from .sections import SECTIONS
    from .writing import typeset

    require_extra("the report", "report", *NEEDED, "sklearn")
    wanted = [s for s in SECTIONS if not (s.alone and is_reproducible())]
    names = {s.id: f"rule:{key}:{s.id}" for s in wanted}
    with progress("report", len(wanted) + len(formats)) as advance:
        missing = [s for s in wanted if not stored(names[s.id])]
        advance(len(wanted) - len(missing))
        jobs = (subject.asked, other.asked, digests, numbers)
        _prepare(missing, names, jobs, workers or cores(), advance)
        rows = {s: result(names[s.id]) for s in wanted}
        return typeset(subject, other, why, rows, formats, advance)


def _prepare(
    missing: list[Section],
    names: Mapping[str, str],
    job: tuple[Any, ...],
    workers: int,
    advance: Callable[[float], None],
) -> None:
    """Make sections in processes, each within its time; those that measure time when all others are done."""
    order = [s.id for s in missing]
    order.sort(key=lambda i: _FIRST.index(i) if i in _FIRST else len(_FIRST))
    at_once = [s for i in order for s in missing if s.id == i and not s.alone]
    pools: list[tuple[list[Section], int]] = [
        (at_once, workers),
        ([s for s in missing if s.alone], 1),
    ]
    for sections, count in pools:
        if not sections:
            continue
        longest = _WAITING * max(s.seconds for s in sections)
        with Workers(min(count, len(sections)), limit=longest, begin=ready) as processes:
            left: dict[Future[Any], Section] = {
                processes.submit(section_of, s.id, *job): s for s in sections
            }
            while left:
                done, _ = wait(left, return_when=FIRST_COMPLETED)
                for future in done:
                    section = left.pop(future)
                    keep(names[section.id], _outcome(future, longest))
                    advance(1)


def _outcome(future: Future[Any], limit: float) -> dict[str, Any]:
    """A section as plain data, or why there is none."""
    try:
        return future.result()
    except Overrun:
        return {
            "failed": f"it was not done within {limit:g} s, and given up (--no-cache tries again)"
        }
    except WorkerEnded as error:
        return {"failed": f"the process that made it ended: {error}"}


def _overran(limit: float) -> str:
    return f"not done in {limit:g} s of computing, and given up; --no-cache tries again"


class _Late(BaseException):
    """A section has had its time; what catches every Exception does not catch this."""


@contextlib.contextmanager
def _within(seconds: float) -> Iterator[None]:
    """Raise :class:`_Late` after so many seconds of computing, and again every second, until what runs has ended.

    Seconds of this process, so that what is given up does not depend on what else the machine does. In the
    main thread, of a system that has timers; elsewhere the process's own limit is the only one.
    """
    timer = getattr(signal, "setitimer", None)
    if timer is None or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(number: int, frame: Any) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, late)
    try:
        timer(signal.ITIMER_PROF, seconds, 1.0)
        yield
    finally:
        timer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def ready() -> None:
    """What every process does before its first section; no limit counts it."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    from . import sections  # noqa: F401


def section_of(
    name: str, asked: Asked, beside: Asked, digests: tuple[str, str], numbers: Numbers
) -> dict[str, Any]:
    """One section as plain data, or ``failed`` with the reason; what a user's code prints is not shown."""
    from .sections import SECTIONS

    section = next(s for s in SECTIONS if s.id == name)
    subject: Subject | None = None
    with open(os.devnull, "w") as nowhere, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            try:
                subject = known(asked, digests[0])
                other = known(beside, digests[1])
                with _within(section.seconds):
                    part: Part = section.make(subject, other, numbers)
                return part.as_json()
            except _Late:
                return {"failed": _overran(section.seconds)}
            except BaseException as error:  # a user's code may raise anything, SystemExit too
                whose = subject or Subject(asked, None, {}, (), None)  # type: ignore[arg-type]
                return {"failed": reason_of(error, whose)}
