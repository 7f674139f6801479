"""``eigenstep report``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .command import Command
from .options import Json, Scheduler, completer
from .output import emit


def chapter_names() -> list[str]:
    from ..document import CHAPTERS

    return list(CHAPTERS)


def report(
    out: Annotated[Path, typer.Option("--out", help="folder to write to")] = Path("build/report"),
    formats: Annotated[str, typer.Option("--format", help="html, pdf, or both")] = "html,pdf",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CHAPTER",
            autocompletion=completer(chapter_names),
            help="overview, momentum, adaptive, bounded, layerwise, wrappers, side_by_side, data, "
            "experiments, edge, claims, exercises, references or reproduce; may be repeated",
        ),
    ] = None,
    cache: Annotated[
        bool, typer.Option(help="take what the same code made before from the cache")
    ] = True,
    quick: Annotated[
        bool, typer.Option("--quick", help="a draft: coarser grids, fewer seeds, shorter training")
    ] = False,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Write the whole report: index.html (one self-contained file) and eigenstep.pdf."""
    from ...optimizers.machine.scheduler import executor_at
    from ...proofs.running import PROVERS
    from ..report import write_report
    from ..work import PACKAGES

    chosen = tuple(f.strip() for f in formats.split(",") if f.strip())
    with executor_at(scheduler, (*PROVERS, *PACKAGES)) as executor:
        written = write_report(
            out, chosen, only=tuple(only or ()), cache=cache, quick=quick, executor=executor
        )
    emit({"files": [str(p) for p in written]}, as_json, "\n".join(map(str, written)))


COMMAND = Command("report", report, "eigenstep report --out build/report --format html,pdf")
