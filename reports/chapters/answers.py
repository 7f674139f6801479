"""The exercises with their answers, claims and tables."""

from __future__ import annotations

from collections.abc import Mapping

from ...proofs import Proof
from ..experiments.trials import show
from ..page.markup import table
from .chapter import Chapter
from .exercises import ALL_EXERCISES, chapter, known_table
from .optimizer_pages import claims_said


def exercises_chapter(proofs: Mapping[str, Proof]) -> str:
    """All exercises with their answers, claims and tables."""
    parts = [
        "# Exercises {#exercises}\n",
        "What an exercise asks to prove is a claim of the ledger; what it asks to try is run here. "
        "`eigenstep exercises NAME` does both again.\n",
    ]
    before = ""
    for exercise in ALL_EXERCISES.values():
        if chapter(exercise) != before:
            before = chapter(exercise)
            parts.append(f"## {before}: exercises\n")
        parts += [
            f"**{exercise.id}** {_plain(exercise.question)}\n",
            f"{_plain(exercise.answer)}\n",
        ]
        if exercise.claims:
            parts.append(f"Claims: {claims_said(exercise.claims, proofs)}.\n")
        if exercise.experiment:
            found = known_table(exercise)
            # Times differ from run to run.
            kept = [i for i, c in enumerate(found["columns"]) if c != "ms an epoch"]
            rows = [[_plain(show(row[i])) for i in kept] for row in found["rows"]]
            heads = [_plain(found["columns"][i]) for i in kept]
            widths = [max(len(h), *(len(row[k]) for row in rows)) + 2 for k, h in enumerate(heads)]
            parts.append(
                table(
                    heads,
                    rows,
                    _plain(found["note"] or exercise.question),
                    widths,
                    f"tbl-{exercise.id}",
                )
            )
    return "\n".join(parts)


def _plain(text: str) -> str:
    """Text in which Markdown sees no marks."""
    for sign in "\\|*_^~$'":
        text = text.replace(sign, f"\\{sign}")
    return text


EXERCISES = Chapter(
    "exercises", lambda decided: exercises_chapter(decided.proofs), shows_proofs=True
)
