"""``eigenstep exercises``"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from ...optimizers.errors import UnknownName
from .claim_rows import decided_rows
from .command import Command
from .options import Json, completer
from .output import emit


def exercise_names() -> list[str]:
    from ..chapters.exercises import ALL_EXERCISES

    return [*dict.fromkeys(k.split(".")[0] for k in ALL_EXERCISES), *ALL_EXERCISES]


def exercises(
    chosen: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXERCISE]...",
            help="as momentum.2; or a chapter",
            autocompletion=completer(exercise_names),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """The lecture's exercises with their answers; those named are proved and run.

    Without a name all are listed, each with the ids of the claims that answer it and whether there is
    an experiment. With names their claims are decided and their experiments run.
    """
    from ..chapters.exercises import ALL_EXERCISES, chapter
    from ..progress import progress

    names: list[str] = []
    for name in chosen or ALL_EXERCISES:
        found = [k for k in ALL_EXERCISES if k == name or k.startswith(f"{name}.")]
        if not found:
            raise UnknownName("exercise", name, ALL_EXERCISES)
        names += [k for k in found if k not in names]
    rows = []
    with progress("experiments", len(names)) as advance:
        for name in names:
            e = ALL_EXERCISES[name]
            row: dict[str, Any] = {
                "id": e.id, "chapter": chapter(e), "question": e.question, "answer": e.answer,
                "claims": list(e.claims), "experiment": e.experiment.__name__ if e.experiment else None,
            }  # fmt: skip
            if chosen:
                row["decided"] = [{k: r[k] for k in ("id", "verdict", "statement")}
                                  for r in decided_rows(list(e.claims), True)]  # fmt: skip
                table = e.run() if e.experiment else None
                row["table"] = table and {
                    "columns": table.columns,
                    "rows": table.rows,
                    "note": table.note,
                }
                row["text"] = table.text() if table else ""
            rows.append(row)
            advance(1)
    lines = []
    for row in rows:
        lines.append(f"{row['id']:12} {row['question']}\n{'':12} {row['answer']}")
        for claim in row.get("decided", []):
            lines.append(f"{'':12} {claim['verdict']:8} {claim['id']}: {claim['statement']}")
        if not chosen:
            said = ", ".join(row["claims"]) or "none"
            lines.append(f"{'':12} claims: {said}; experiment: {row['experiment'] or 'none'}")
        elif row["text"]:
            lines += [f"    {line}" for line in row["text"].splitlines()]
        lines.append("")
    document = {"exercises": [{k: v for k, v in r.items() if k != "text"} for r in rows]}
    emit(document, as_json, "\n".join(lines))


COMMAND = Command("exercises", exercises, "eigenstep exercises adam.4")
