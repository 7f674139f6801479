"""Claims' rows with what Coq's kernel said of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...optimizers.errors import DomainError

KERNELS = ("coq",)


def check_options(kernel: str | None, out: Path | None) -> None:
    """Raise where the options do not go together, or Coq is not there, before anything is decided."""
    if kernel is not None and kernel not in KERNELS:
        raise DomainError("kernel", repr(kernel), f"one of {', '.join(KERNELS)}")
    if out is not None and kernel is None:
        raise DomainError("out", str(out), "a file for the lemmas, with --kernel coq")
    if out is not None and out.suffix != ".v":
        raise DomainError("out", str(out), "a file that ends with .v")
    if kernel:
        from ...proofs.export import version

        version()


def with_kernel(rows: list[dict[str, Any]], cache: bool, out: Path | None) -> None:
    """Have the claims of the rows and their corrections checked; the answers go into the rows."""
    from ...optimizers.machine.files import write_atomically
    from ...proofs import with_corrections
    from ...proofs.export import ExportError, check_all, export_decided, file_of, version
    from ...proofs.running import cores
    from ...proofs.verdict import Proof, Verdict
    from ..progress import progress

    known = with_corrections()
    every = {r["id"]: r for row in rows for r in (row, row["corrected"]) if r}
    exports, answers = {}, {}
    for key, row in every.items():
        proof = Proof(Verdict(row["verdict"]), row["method"], row["counterexample"])
        try:
            exports[key] = export_decided(known[key], proof)
        except ExportError as error:
            answers[key] = {
                "verdict": "NO EXPORT",
                "reason": str(error),
                "lemmas": 0,
                "axioms": [],
                "seconds": 0.0,
            }
    if out is not None:
        if not exports:
            raise DomainError(
                "out", str(out), "a file for lemmas, and none of these claims has any"
            )
        write_atomically(out, file_of(list(exports.values())).encode())
    with progress("asking Coq", len(exports)) as advance:
        checked = check_all(exports, workers=cores(), cache=cache, advance=advance)
    for key, found in checked.items():
        answers[key] = {
            "verdict": "CHECKED" if found.accepted else "NOT CHECKED", "reason": found.reason,
            "lemmas": found.lemmas,
            "axioms": list(found.axioms), "seconds": round(found.seconds, 4),
        }  # fmt: skip
    for row in [*rows, *(r["corrected"] for r in rows if r["corrected"])]:
        row["kernel"] = {"name": "coq", "version": version(), **answers[row["id"]]}


def kernel_line(row: dict[str, Any]) -> str:
    """What Coq said of a claim, in a line."""
    found = row["kernel"]
    if found["verdict"] == "CHECKED":
        return f"Coq {found['version']}: checked, {found['lemmas']} lemma{'s' * (found['lemmas'] != 1)}"
    return f"Coq: {found['verdict'].lower()}: {found['reason']}"


def kernel_summary(rows: list[dict[str, Any]]) -> str:
    """How many claims of each kind Coq accepted."""
    from ...proofs import with_corrections

    known = with_corrections()
    every = {r["id"]: r for row in rows for r in (row, row["corrected"]) if r}
    counts: dict[str, dict[str, int]] = {}
    words = ("CHECKED", "NOT CHECKED", "NO EXPORT")
    for key, row in every.items():
        kind = type(known[key]).__name__
        counts.setdefault(kind, dict.fromkeys(words, 0))[row["kernel"]["verdict"]] += 1
    totals = {w: sum(c[w] for c in counts.values()) for w in words}
    lines = [f"{'by Coq’s kernel':30}" + "".join(f"{w.lower():>13}" for w in words)]
    lines += [
        f"{k:30}" + "".join(f"{c[w]:>13}" for w in words)
        for k, c in [*counts.items(), ("in all", totals)]
    ]
    return "\n".join(lines)


def refused(rows: list[dict[str, Any]]) -> bool:
    """Whether Coq did not accept what was written for it."""
    every = [r for row in rows for r in (row, row["corrected"]) if r]
    return any(r["kernel"]["verdict"] == "NOT CHECKED" for r in every)


__all__ = ["check_options", "kernel_line", "kernel_summary", "refused", "with_kernel"]
