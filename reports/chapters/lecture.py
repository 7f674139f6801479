"""The lecture’s figures and printed losses, rerun."""

from __future__ import annotations

from ..experiments.training_table import known_lecture_table
from ..page.markup import figure, table
from .chapter import Chapter


def experiments_chapter() -> str:
    """The lecture's figures and its table of losses, by our rules and by torch's."""
    found = known_lecture_table()
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


EXPERIMENTS = Chapter("experiments", lambda _: experiments_chapter())
