"""The report's text as Markdown with TeX mathematics, every formula and number of it generated."""

from __future__ import annotations

import html
import platform
import re
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

from ..proofs import Proof, with_corrections
from .chapters.families import FAMILIES, chapter, side_by_side
from .chapters.lecture import exercises_chapter, experiments_chapter, practice_chapter
from .chapters.overview import overview
from .experiments.training import SEEDS
from .figures.registry import ALL_FIGURES
from .figures.shown import regression_runs
from .page.markup import cited, display, figure, mark, table, widget
from .timing import committed, is_reproducible, machine

TITLE = "The theory of an optimizer, derived from the code that runs it"
SUBTITLE = "Gradient descent, heavy ball, Nesterov’s method, and every adaptive optimizer"
_PACKAGES = ("eigenstep", "sympy", "numpy", "scipy", "matplotlib", "torch", "z3-solver")


def claims_chapter(proofs: dict[str, Proof], tried: Mapping[str, str]) -> str:
    """The ledger as a table, one claim a row; on the page each opens to its proof's steps and what was tried."""
    rows = []
    claims = with_corrections()
    for key, proof in proofs.items():
        claim = claims[key]
        statement = claim.statement
        if proof.counterexample:
            statement += f". Counterexample: {proof.point}."
        if claim.corrected:
            statement += f" In its place: [`{claim.corrected.id}`](#claim-{claim.corrected.id})."
        statement += _opened(proof, tried.get(key, ""))
        rows.append(
            [
                f"[`{key}`]{{#claim-{key}}}",
                mark(proof),
                statement,
                cited(claim.source),
                proof.method,
            ]
        )
    return "\n".join([
        "# Claims and errata {#claims}\n",
        "Statements are typed in from their source, apart from the code, and decided when this report was "
        "made: by polynomial identity on the traced code, by induction, or by a decision procedure for "
        "real arithmetic [@meurer2017; @demoura2008]. L, N and S are the lecture, notes and slides [@zhang2023; @notes; "
        "@slides]; what is printed nowhere is eigenstep’s own. On the page each opens to the steps of its proof and to the "
        "numerical trial beside it; `eigenstep prove ID --json` prints them.\n",
        widget("ledger", table(["id", "verdict", "statement", "source", "method"], rows, "The ledger.",
                               [31, 14, 46, 19, 19], "tbl-ledger")),
    ])  # fmt: skip


def _opened(proof: Proof, tried: str) -> str:
    """What a row opens to: raw HTML, which print leaves out."""
    lines = [*proof.steps, *([f"Tried on numbers: {tried}"] if tried else [])]
    if not lines:
        return ""
    items = "".join(f"<li>{_escaped(line)}</li>" for line in lines)
    return f" `<details><summary>proof</summary><ol>{items}</ol></details>`{{=html}}"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("`", "’").replace("|", "&#124;")


def data_chapter() -> str:
    """Theory against the torch optimizers on real data."""
    from .experiments.airfoil import load_regression

    problem = load_regression()
    name, runs = regression_runs()
    spectrum = ", ".join(f"{v:.6f}" for v in problem.eigen[0])
    rows = [
        [r.method, r.setting, f"{r.lr:.6f}", "—" if r.beta is None else f"{r.beta:.6f}",
         f"{r.predicted:.10f}", f"{r.measured:.10f}", f"{r.difference:.1e}",
         "converges" if r.converges else "diverges"]
        for r in runs
    ]  # fmt: skip
    wide = [r for r in runs if r.difference > 1e-6]
    explained = (
        "All differences are below 1e-6. "
        if not wide
        else f"{len(wide)} runs differ by more than 1e-6, "
        "all at a double root, where the identified root carries the square root of the rounding error. "
    )
    stand_in = (
        ""
        if name.startswith("airfoil")
        else "The airfoil data was not at hand (`eigenstep data` gets it); "
        "a data set that scikit-learn ships was used instead.\n"
    )
    source = " [@brooks1989]" if name.startswith("airfoil") else ""
    return "\n".join([
        "# Real data {#data}\n",
        f"Linear regression on the {name} data{source}, {problem.X.shape[0]} rows, all columns standardised, "
        f"a constant added; squared loss/2, full batch, float64. {stand_in}\n",
        rf"The loss is a quadratic with Hessian $X^TX/n$. Its eigenvalues are {spectrum}; "
        rf"$\mu = {problem.mu:.6f}$, $L = {problem.L:.6f}$, $\kappa = {problem.L / problem.mu:.4f}$. "
        "From these the theory predicts, before any training, each rule’s largest stable learning rate, "
        "its optimal tuning, and the rate of every run:\n",
        display(r"\rho_{\text{predicted}} = \max_{\lambda_i} \rho\big(R(\eta\lambda_i, \beta)\big)", label="eq-predicted"),
        "The torch optimizers then run 1% below the limit, 1% above it, and at the optimum. Each "
        "eigenvector’s component of the iterates follows a linear recurrence; the measured rate is the "
        "largest root of the recurrences identified from the iterates alone.\n",
        table(["rule", "setting", "η", "β", "predicted ρ", "measured ρ", "differ by", "outcome"], rows,
              "Predicted and measured rates.", [16, 14, 11, 11, 15, 15, 11, 11], "tbl-data"),
        explained + "Where two eigenvalues coincide, at the optimum of the momentum methods, the measured "
        "root is accurate to about the square root of the rounding error only.\n",
        figure("regression"),
    ])  # fmt: skip


def references_chapter() -> str:
    """The bibliography; pandoc's citeproc fills it."""
    return "# References {#references}\n\n::: {#refs}\n:::\n"


def appendix() -> str:
    """Versions, machine, seeds, commit, and how to make each part again."""
    versions = ", ".join(f"{p} {version(p)}" for p in _PACKAGES)
    commands = "\n".join(f"eigenstep figure {name} --out {name}.svg" for name in ALL_FIGURES)
    made = machine()
    commit = committed()
    said = (
        "This report is reproducible: measured times are left out, as `SOURCE_DATE_EPOCH` asks.\n"
        if is_reproducible()
        else f"Made on {made['processor']}, {made['cores']} cores, {made['system']}. Measured times differ from run to run; with "
        "`SOURCE_DATE_EPOCH` set they are left out and every run gives the same bytes.\n"
    )
    return "\n".join([
        "# How to make it again {#reproduce}\n",
        f"Python {platform.python_version()}, {versions}. {f'Commit `{commit}`. ' if commit else ''}Random numbers come from seeded "
        f"generators (seed 0; where a spread is given, seeds {SEEDS[0]} to {SEEDS[-1]}). {said}",
        "```sh\nmake report\neigenstep prove\n" + commands + "\n```\n",
    ])  # fmt: skip


CHAPTERS = ("overview", *(f.id for f in FAMILIES), "side_by_side", "data", "experiments", "edge", "claims",
            "exercises", "references", "reproduce")  # fmt: skip
"""The ids of all chapters, in their order."""
NEED_PROOFS = ("overview", *(f.id for f in FAMILIES), "claims", "exercises")


def markdown(
    proofs: dict[str, Proof], only: Sequence[str] = (), tried: Mapping[str, str] | None = None
) -> str:
    """The whole report, or only some of its chapters.

    Args:
        proofs: of all claims, where a chapter among them shows any.
        only: ids of chapters; by default all.
        tried: the evidence beside each claim, in words.
    """
    made: dict[str, Any] = {
        "overview": lambda: overview(proofs),
        **{f.id: partial(chapter, f, proofs) for f in FAMILIES},
        "side_by_side": side_by_side,
        "data": data_chapter,
        "experiments": experiments_chapter,
        "edge": practice_chapter,
        "claims": lambda: claims_chapter(proofs, tried or {}),
        "exercises": lambda: exercises_chapter(proofs),
        "references": references_chapter,
        "reproduce": appendix,
    }
    wanted = [name for name in CHAPTERS if not only or name in only]
    text = "\n\n".join(made[name]() for name in wanted)
    if only and "references" not in only and re.search(r"\[@\w|\(#ref-", text):
        text += "\n\n" + made["references"]()
    return text
