"""``eigenstep prove``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ...optimizers.errors import UnknownName
from .claim_rows import decided_rows, point_of
from .command import Command
from .kernel import check_options, kernel_line, kernel_summary, refused, with_kernel
from .options import Json, Scheduler, completer
from .output import emit


def claim_ids() -> list[str]:
    from ...proofs import with_corrections

    known = list(with_corrections())
    groups = dict.fromkeys(k.rpartition(".")[0] for k in known if "." in k)
    return list(dict.fromkeys([*groups, *known]))


def _errata_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        lines.append(f"{row['id']}  ({row['source']})")
        lines.append(f"    printed: {row['statement']}\n    false at: {point_of(row)}")
        if new := row["corrected"]:
            lines.append(f"    instead: {new['statement']}  [{new['verdict']}]")
    return lines


def _emit_errata(rows: list[dict[str, Any]], as_json: bool) -> None:
    """The lecture’s, and apart from them those of famous texts."""
    from ...proofs.ledger import is_elsewhere

    lecture = [r for r in rows if not is_elsewhere(r["id"])]
    elsewhere = [r for r in rows if is_elsewhere(r["id"])]
    lines = []
    for title, part in (("The lecture, notes and slides", lecture), ("Elsewhere", elsewhere)):
        if part:
            lines += ["", title, *_errata_lines(part)] if lines else [title, *_errata_lines(part)]
    emit({"errata": lecture, "elsewhere": elsewhere}, as_json, "\n".join(lines))


def _claim_lines(rows: list[dict[str, Any]], steps: bool) -> list[str]:
    lines = []
    for row in rows:
        again = ", decided before" if row["cached"] else ""
        lines.append(
            f"{row['verdict']:8} {row['id']:26} {row['method']} ({row['seconds']:.2f} s{again})"
        )
        if "kernel" in row:
            lines.append(f"{'':8} {'':26} {kernel_line(row)}")
        for number, step in enumerate(row["steps"] if steps else [], 1):
            lines.append(f"{'':8} {number}. {step}")
        if row["counterexample"]:
            lines.append(f"{'':8} {'':26} counterexample: {point_of(row)}")
        if not row["evidence"]["agrees"] and row["verdict"] == "PROVED":
            lines.append(
                f"{'':8} {'':26} but a numerical trial disagrees: {row['evidence']['tried']}"
            )
        if new := row["corrected"]:
            lines.append(f"{new['verdict']:8} {new['id']:26} {new['method']}; in its place")
    return lines


def _summary(rows: list[dict[str, Any]]) -> str:
    """How many claims of each verdict, by the letter that their ids begin with."""
    verdicts = ("PROVED", "REFUTED", "OPEN")
    kinds = {"R": "update rules", "M": "quadratics, momentum", "G": "stochastic gradients",
             "P": "preconditioning, adaptivity"}  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        kind = kinds.get(row["id"][0]) if row["id"][1:2].isdigit() else None
        kind = kind or ("famous texts" if row["id"].startswith("text.") else "printed nowhere")
        counts.setdefault(kind, dict.fromkeys(verdicts, 0))[row["verdict"]] += 1
    totals = {v: sum(c[v] for c in counts.values()) for v in verdicts}
    lines = [f"{'':30}" + "".join(f"{v.lower():>10}" for v in verdicts)]
    for kind, count in [*counts.items(), ("in all", totals)]:
        lines.append(f"{kind:30}" + "".join(f"{count[v]:>10}" for v in verdicts))
    return "\n".join(lines)


def prove(
    claims: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLAIM]...", autocompletion=completer(claim_ids)),
    ] = None,
    errata: Annotated[
        bool,
        typer.Option("--errata", help="only what print has wrong: the lecture, then famous texts"),
    ] = False,
    steps: Annotated[bool, typer.Option("--steps", help="the steps of each proof too")] = False,
    cache: Annotated[
        bool, typer.Option(help="take what was decided before by the same code from the cache")
    ] = True,
    kernel: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="have the claims checked as lemmas by another prover's kernel: coq",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE.v", help="write the lemmas there, with --kernel"),
    ] = None,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Decide the claims of the ledger, or some of them, and try each numerically.

    A name stands for all claims that begin with it: M9 is M9.sufficient and M9.necessary, text all
    sentences of famous texts, text.adam those of one. Exit status: 0 if all are decided, 1 if one is open,
    or if Coq does not accept what was written for it.
    """
    from ...proofs import ALL_CLAIMS, with_corrections

    check_options(kernel, out)
    chosen: list[str] = []
    known = with_corrections()
    for name in claims or list(ALL_CLAIMS):
        found = [name] if name in known else []
        found += [k for k in ALL_CLAIMS if k.startswith(f"{name}.")]
        if not found:
            raise UnknownName("claim", name, known)
        chosen += [k for k in found if k not in chosen]
    if errata:  # what eigenstep itself states is printed nowhere
        chosen = [k for k in chosen if known[k].source != "eigenstep"]
    rows = decided_rows(chosen, cache, scheduler)
    undecided = any(r["verdict"] == "OPEN" for r in rows)
    if errata:
        rows = [r for r in rows if r["verdict"] == "REFUTED"]
    if kernel:
        with_kernel(rows, cache, out)
        undecided |= refused(rows)
    if errata:
        _emit_errata(rows, as_json)
    else:
        lines = _claim_lines(rows, steps)
        if len(rows) > 1:
            lines.append(f"\n{_summary(rows)}")
            if kernel:
                lines.append(f"\n{kernel_summary(rows)}")
        emit({"claims": rows}, as_json, "\n".join(lines))
    if undecided:
        raise typer.Exit(1)


COMMAND = Command("prove", prove, "eigenstep prove G7 text.adamw --errata")
