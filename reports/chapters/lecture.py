"""Chapters that rerun the lecture: its figures and printed losses, training at the edge, the exercises."""

from __future__ import annotations

from collections.abc import Mapping

from ...proofs import Proof
from ..experiments.sharpness import SETTINGS, ratios
from ..experiments.trials import show
from ..page.markup import figure, table
from ..work import result
from .exercises import ALL_EXERCISES, chapter
from .optimizer_pages import claims_said


def experiments_chapter() -> str:
    """The lecture's figures and its table of losses, by our rules and by torch's."""
    found = result("table:lecture_table")
    rows, far = [], []
    stand_in = ""
    if not found["data"].startswith("airfoil"):
        stand_in = " These are not the data of the printed losses, so nothing is to agree."
    for name, printed, mean, spread, theirs, their_spread, apart in found["rows"]:
        other = "—" if theirs is None else f"{theirs:.4f} ± {their_spread:.4f}"
        ours = f"{mean:.4f} ± {spread:.4f}" if mean < 100 else "diverges"
        within = "—" if stand_in else "no" if apart else "yes"
        rows.append([name, printed, ours, other if mean < 100 else "diverges", within])
        far += [name] if apart else []
    agree = len(rows) - len(far)
    edge = found["radius at 1"]
    verdict = f"spectral radius is {edge:.3f}"
    if edge > 1:
        shown = rows[0][2] == "diverges"
        verdict += ", so that it diverges" + ("." if shown else "; ten steps do not show it.")
    said = f"{agree} of {len(rows)} printed losses are within reach."
    said = "" if stand_in else said + (f" Not: {'; '.join(far)}." if far else "")
    return "\n".join([
        "# The lecture’s experiments {#experiments}\n",
        "Every figure of the lecture [@zhang2023] that the chapters above do not have, and its runs on the airfoil data "
        "[@brooks1989], again by our rules.\n",
        figure("lecture_curves"), figure("lecture_paths"),
        "## Printed losses, rerun {#losses}\n",
        f"Linear regression on the {found['data']} data, squared loss/2, two epochs (gradient descent ten); the "
        f"least possible loss is {found['least']:.4f}. Ours and torch’s are run on the same batches, "
        f"mean and deviation over five seeds.{stand_in}\n",
        table(["run", "printed", "ours", "torch", "print within reach"], rows,
              "Loss after training: as printed (own implementation; the library’s), by our optimizers and by "
              "torch’s. Within reach: no further than three deviations, or 0.0015.", [26, 13, 18, 18, 10], "tbl-losses"),
        f"{said} The lecture’s gradient descent has η = 1, where the largest curvature is {found['L']:.4f}: its {verdict}\n",
        figure("batch_sizes"),
    ])  # fmt: skip


def practice_chapter() -> str:
    """The linear theory's limit in the training of a network."""
    found, theory = result("table:sharpness"), result("table:rules")
    limit = {name: row["limit"] for name, row in theory.items()}
    near = "; ".join(
        f"{k}: {100 * v:.0f} % of {found['limits'][k]:.4g}" for k, v in ratios(found).items()
    )
    settings = "; ".join(
        f"{name}, η = {s['lr']:g}" + (f", β = {s['momentum']:g}" if "momentum" in s else "")
        for name, (_, s) in SETTINGS.items()
    )
    return "\n".join([
        "# At the edge of stability {#edge}\n",
        "A network’s loss is no quadratic, but near its present point it has a Hessian, and the region above says "
        rf"which curvature a learning rate can bear: ${limit['gradient_descent']}/\eta$ for gradient descent, "
        rf"$({limit['heavy_ball']})/\eta$ for heavy ball, and, with the second moment standing still, "
        rf"${limit['adam']}\cdot\frac1\eta$, at β₁ = 0.9 ${theory['adam']['at']:g}/\eta$, "
        "for Adam between the roots of its preconditioner ([](#tbl-rules)). Training sharpens the loss until it is there, and "
        "then stays about there [@cohen2021; @cohen2022].\n",
        figure("sharpness"),
        f"{settings}; 64–32–10 units, tanh, squared error, 500 digits, full batches, float64. Median of the last "
        f"third: {near}.\n",
    ])  # fmt: skip


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
            found = result(f"exercise:{exercise.id}")
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
