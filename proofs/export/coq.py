"""Lemmas checked by Coq: compiled by `coqc`, and what was compiled checked again by `coqchk`.

A lemma counts where both accept it and it stands on no axiom but those of the library's real numbers.
The library itself is taken as it was installed: `coqchk` checks the lemmas' modules, not its.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from ...optimizers.errors import EigenstepError
from ...optimizers.machine.files import cache_folder, temporary_folder
from ...optimizers.machine.keeping import keep, kept
from .lemmas import Export, module_of
from .linear_prelude import LINEAR
from .prelude import PRELUDE

SECONDS = 150
"""For one claim; the slowest takes a tenth of it."""
AXIOMS = frozenset({
    "ClassicalDedekindReals.sig_forall_dec", "ClassicalDedekindReals.sig_not_dec",
    "FunctionalExtensionality.functional_extensionality_dep", "Classical_Prop.classic",
})  # fmt: skip
"""What the library's real numbers stand on."""
_KEPT = "coq"
_LIBRARY = "Coq."
_NAME = re.compile(r"^([A-Za-z_][\w.']*)\s*(?::|$)")
_MODULES = {"": "Shared", LINEAR: "Linear"}
_SOURCE = Path(__file__).read_text("utf-8")
_HEAD = PRELUDE.split("\n\n", 1)[0]
_TOGETHER = 6
"""Claims in one module at most."""
_AT_ONCE = 24
"""Modules that one process of `coqchk` checks."""


class CoqMissing(EigenstepError, RuntimeError):
    """Coq is not installed here."""


class CoqFailed(EigenstepError, RuntimeError):
    """Coq itself does not run as it should."""


@dataclass(frozen=True)
class Checked:
    """What Coq said of a claim's lemmas."""

    accepted: bool
    reason: str = ""
    """Where they were not accepted, the first line that says why."""
    lemmas: int = 0
    axioms: tuple[str, ...] = ()
    seconds: float = 0.0
    cached: bool = False


@lru_cache(maxsize=1)
def version() -> str:
    """Of Coq, as installed.

    Raises:
        CoqMissing: it is not.
    """
    missing = [name for name in ("coqc", "coqchk") if shutil.which(name) is None]
    if missing:
        raise CoqMissing(
            f"{' and '.join(missing)} not found: Coq is not installed; Debian and Ubuntu have it: "
            "apt install coq libcoq-stdlib"
        )
    done = _run(["coqc", "--print-version"], Path.cwd(), 30)
    if done.code or not done.out.strip():
        raise CoqFailed(f"coqc --print-version failed: {_first_line(done.err)}")
    return done.out.split()[0]


def installed() -> bool:
    """Whether Coq is here."""
    try:
        return bool(version())
    except EigenstepError:
        return False


@dataclass(frozen=True)
class _Done:
    code: int
    out: str
    err: str


def _run(arguments: Sequence[str], folder: Path, seconds: float) -> _Done:
    try:
        done = subprocess.run(
            arguments, cwd=folder, capture_output=True, text=True, check=False, timeout=seconds,
            stdin=subprocess.DEVNULL, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _Done(-1, "", f"Error: {arguments[0]} was ended after {seconds:g} s")
    except OSError as error:
        raise CoqFailed(f"{arguments[0]} cannot be run: {error.strerror}") from error
    return _Done(done.returncode, done.stdout, done.stderr)


def _first_line(text: str) -> str:
    """The error in what Coq printed, in one line."""
    _, _, after = text.partition("Error:")
    return " ".join((after or text).split())[:160] or "no reason was given"


def check_all(
    exports: Mapping[str, Export],
    *,
    workers: int = 1,
    cache: bool = True,
    seconds: float = SECONDS,
    advance: Callable[[float], None] | None = None,
) -> dict[str, Checked]:
    """Have Coq check lemmas.

    Args:
        exports: by the claim's id.
        workers: processes of Coq at once.
        cache: whether answers may come from the cache, and go there.
        seconds: for each claim.
        advance: called with 1 for each claim.

    Raises:
        CoqMissing: Coq is not installed.
        CoqFailed: it does not run, or does not accept what all lemmas stand on.
    """
    release = version()
    done: dict[str, Checked] = {}
    for key, export in exports.items():
        if cache and (found := _load(export, release)):
            done[key] = found
            if advance:
                advance(1)
    rest = {k: e for k, e in exports.items() if k not in done}
    if rest:
        for key, checked in _check(rest, workers, seconds):
            done[key] = checked
            if cache and (checked.accepted or "ended after" not in checked.reason):
                _store(exports[key], release, checked)
            if advance:
                advance(1)
    return {key: done[key] for key in exports}


def known(exports: Mapping[str, Export]) -> dict[str, Checked]:
    """What Coq said before, where it was asked on this machine; nothing is run but ``coqc --print-version``."""
    if not installed():
        return {}
    found = {key: _load(export, version()) for key, export in exports.items()}
    return {key: checked for key, checked in found.items() if checked}


def state() -> str:
    """Another text whenever Coq was asked something new."""
    folder = cache_folder() / _KEPT
    names = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    return (
        hashlib.sha256("\0".join(names).encode()).hexdigest()[:16] if names and installed() else ""
    )


def _check(
    exports: Mapping[str, Export], workers: int, seconds: float
) -> Iterator[tuple[str, Checked]]:
    """Compile all, then have them checked again, many at once."""
    stop = threading.Event()
    with temporary_folder() as folder, ThreadPoolExecutor(max(1, workers)) as threads:
        try:
            _prepare(folder, exports.values(), seconds)
            keys = list(exports)
            files = {k: f"Claim{number}" for number, k in enumerate(keys)}
            groups = _groups(exports)
            jobs = {
                threads.submit(_compiled, folder, f"Claims{number}", [exports[k] for k in group], seconds, stop): group
                for number, group in enumerate(groups)
            }  # fmt: skip
            compiled: dict[str, list[tuple[str, Checked]]] = {}
            for job in as_completed(jobs):
                group, found = jobs[job], job.result()
                if all(c.accepted for c in found):
                    compiled[f"Claims{groups.index(group)}"] = list(zip(group, found, strict=True))
                    continue
                # Where one of many was refused, each is asked about alone.
                alone = [
                    threads.submit(_compiled, folder, files[k], [exports[k]], seconds, stop)
                    for k in group
                ]
                for key, one in zip(group, alone, strict=True):
                    (checked,) = one.result()
                    if checked.accepted:
                        compiled[files[key]] = [(key, checked)]
                    else:
                        yield key, checked
            modules = list(compiled)
            parts = [modules[i : i + _AT_ONCE] for i in range(0, len(modules), _AT_ONCE)]
            again = {threads.submit(_again, folder, part, seconds): part for part in parts}
            for job in as_completed(again):
                for module in again[job]:
                    problem = job.result() and _again(folder, [module], seconds)
                    for key, found in compiled[module]:
                        yield key, Checked(False, problem, found.lemmas) if problem else found
        finally:
            stop.set()
            threads.shutdown(wait=True, cancel_futures=True)


def _prepare(folder: Path, exports: Iterable[Export], seconds: float) -> None:
    """Compile what the lemmas stand on."""
    wanted = {e.prelude for e in exports}
    texts = {"Shared": PRELUDE}
    for prelude in wanted - {""}:
        texts[_MODULES[prelude]] = f"{_HEAD}\nRequire Import Shared.\n\n{prelude}"
    for name, text in texts.items():
        (folder / f"{name}.v").write_text(text, encoding="utf-8")
        done = _run(["coqc", "-q", f"{name}.v"], folder, seconds)
        if done.code:
            raise CoqFailed(f"Coq refuses what all lemmas stand on: {_first_line(done.err)}")
    if problem := _again(folder, list(texts), seconds):
        raise CoqFailed(f"coqchk refuses what all lemmas stand on: {problem}")


def _groups(exports: Mapping[str, Export]) -> list[list[str]]:
    """Claims that are compiled together, as loading the library takes longer than most of them."""
    found: list[list[str]] = []
    for prelude in dict.fromkeys(e.prelude for e in exports.values()):
        keys = [k for k, e in exports.items() if e.prelude == prelude]
        count = 1 if prelude else min(_TOGETHER, -(-len(keys) // 2))
        found += [keys[i : i + count] for i in range(0, len(keys), count)]
    return found


def _compiled(
    folder: Path, name: str, exports: Sequence[Export], seconds: float, stop: threading.Event
) -> list[Checked]:
    """What `coqc` says of some claims in one module."""

    def refused(reason: str) -> list[Checked]:
        return [Checked(False, reason, len(e.lemmas), seconds=took) for e in exports]

    took = 0.0
    if stop.is_set():
        return refused("not tried")
    preludes = ["Shared", *(_MODULES[p] for p in {e.prelude for e in exports} if p)]
    (folder / f"{name}.v").write_text(module_of(exports, preludes), encoding="utf-8")
    start = time.perf_counter()
    done = _run(["coqc", "-q", f"{name}.v"], folder, seconds)
    took = (time.perf_counter() - start) / len(exports)
    if done.code:
        return refused(_first_line(done.err))
    axioms = axioms_in(done.out)
    if axioms is None or len(axioms) != len(exports):
        return refused("Coq did not say what every claim stands on")
    found = []
    for export, names in zip(exports, axioms, strict=True):
        foreign = [a for a in sorted(set(names)) if a not in AXIOMS]
        reason = f"it stands on {', '.join(foreign)}" if foreign else ""
        found.append(
            Checked(not foreign, reason, len(export.lemmas), tuple(sorted(set(names))), took)
        )
    return found


def axioms_in(printed: str) -> list[list[str]] | None:
    """What `Print Assumptions` printed, claim by claim; None where it is something else.

    >>> axioms_in("Closed under the global context\\nAxioms:\\nmine : False\\n")
    [[], ['mine']]
    """
    found: list[list[str]] = []
    for line in printed.splitlines():
        if line.startswith("Closed under the global context") or line.startswith(
            ("Axioms:", "Section Variables:")
        ):
            found.append([])
        elif line[:1].isspace() or not line.strip():
            continue
        elif (name := _NAME.match(line)) and found:
            found[-1].append(name[1])
        else:
            return None
    return found


def _again(folder: Path, names: list[str], seconds: float) -> str:
    """What `coqchk` has against compiled modules; empty where it has nothing."""
    arguments = ["coqchk", "-silent", "-o", *(word for name in names for word in ("-norec", name))]
    done = _run(arguments, folder, seconds)
    if done.code:
        return f"coqchk: {_first_line(done.err or done.out)}"
    said = (done.out + done.err).partition("CONTEXT SUMMARY")[2]
    if not said:
        return "coqchk did not say what it checked"
    section, foreign = "", []
    for line in said.splitlines():
        if line.startswith("* "):
            section, _, rest = line[2:].partition(":")
            if not section.startswith(("Theory", "Axioms")) and rest.strip() != "<none>":
                foreign.append(line[2:])
        elif (
            section.startswith("Axioms") and line.strip() and not line.strip().startswith(_LIBRARY)
        ):
            foreign.append(line.strip())
    return f"coqchk: it stands on {', '.join(foreign)}" if foreign else ""


def _asked(export: Export, release: str) -> str:
    return "\0".join([release, PRELUDE, export.prelude, export.body, _SOURCE])


def _store(export: Export, release: str, checked: Checked) -> None:
    keep(_KEPT, _asked(export, release), asdict(checked))


def _load(export: Export, release: str) -> Checked | None:
    return kept(_KEPT, _asked(export, release), lambda row: Checked(
        bool(row["accepted"]), str(row["reason"]), int(row["lemmas"]), tuple(map(str, row["axioms"])),
        float(row["seconds"]), cached=True,
    ))  # fmt: skip
