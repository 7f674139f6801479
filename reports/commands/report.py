"""``eigenstep report``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .command import Command
from .options import Json, Scheduler, Settings, completer, rule_names
from .output import emit
from .settings import BadOption, check_rule_name, settings_of


def chapter_names() -> list[str]:
    from ..document import CHAPTERS

    return list(CHAPTERS)


def report(
    rule: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE]",
            help="a rule's name, or path/to/file.py:rule, for a report of a few pages on it alone",
            autocompletion=completer(rule_names),
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="folder to write to: build/report, of one rule build/rules"),
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="html, pdf, or both")] = "html,pdf",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CHAPTER",
            autocompletion=completer(chapter_names),
            help="overview, momentum, averages, adaptive, signs, bounded, layerwise, wrappers, "
            "side_by_side, data, experiments, edge, claims, exercises, references or reproduce; "
            "may be repeated",
        ),
    ] = None,
    cache: Annotated[
        bool, typer.Option(help="take what the same code made before from the cache")
    ] = True,
    quick: Annotated[
        bool, typer.Option("--quick", help="a draft: coarser grids, fewer seeds, shorter training")
    ] = False,
    scheduler: Scheduler = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="RULE",
            help="of one rule: the rule beside it; by default the nearest",
            autocompletion=completer(rule_names),
        ),
    ] = None,
    settings: Settings = None,
    mu: Annotated[str | None, typer.Option("--mu", help="of one rule: smallest curvature")] = None,
    largest: Annotated[
        str | None, typer.Option("--L", help="of one rule: largest curvature")
    ] = None,
    as_json: Json = False,
) -> None:
    """Write the whole report: index.html (one self-contained file) and eigenstep.pdf.

    With a RULE, write a report of a few pages on it alone, RULE.html and RULE.pdf: code, equations, theory,
    symmetries, behaviour and training beside another rule, speed, what libraries compute under its
    name, and what could not be derived, and why.
    """
    chosen = tuple(f.strip() for f in formats.split(",") if f.strip())
    alone = {"--against": against, "--set": settings, "--mu": mu, "--L": largest}
    whole = {"--only": only, "--scheduler": scheduler}
    for name, value in (whole if rule else alone).items():
        if value:
            raise BadOption(
                f"{name} is for the whole report, without a RULE" if rule
                else f"{name} is for a report on one rule: eigenstep report RULE {name} ..."
            )  # fmt: skip
    written: list[Any]
    if rule:
        given = settings_of(settings)
        for name in filter(None, (rule, against)):
            check_rule_name(name)
        from ..rule_report.making import write_rule_report

        written = write_rule_report(
            rule, out or Path("build/rules"), chosen, against=against, settings=given,
            mu=mu or "1", L=largest or "100", cache=cache, quick=quick,
        )  # fmt: skip
    else:
        from ...optimizers.machine.scheduler import executor_at
        from ...proofs.running import PROVERS
        from ..report import write_report
        from ..work import PACKAGES

        with executor_at(scheduler, (*PROVERS, *PACKAGES)) as executor:
            written = write_report(
                out or Path("build/report"), chosen, only=tuple(only or ()), cache=cache,
                quick=quick, executor=executor,
            )  # fmt: skip
    emit({"files": [str(p) for p in written]}, as_json, "\n".join(map(str, written)))


COMMAND = Command("report", report, "eigenstep report path/to/file.py:rule --against adam")
