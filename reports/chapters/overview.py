"""The first chapter: what was derived, proved, refuted and measured, and all rules in one table."""

from __future__ import annotations

from collections.abc import Mapping

from ...optimizers.rules import ALL_RULES, WIDER_RULES
from ...proofs import Proof
from ..experiments.regression import regression_runs
from ..experiments.sharpness import known_runs, ratios
from ..experiments.worst_cases import known_summary
from ..page.markup import figure, table, widget
from ..timing import PARAMETERS, is_reproducible
from .chapter import Chapter
from .conventions import known_conventions
from .optimizer_pages import CLASS_NAMES, bytes_of
from .rule_theory import WITHOUT, known_theory, stable_words
from .step_times import known_times


def rules_table() -> str:
    """Rule, stable limit, optimal rate, noise floor, bytes, speed."""
    theory = known_theory()
    timed = {} if is_reproducible() else known_times()
    rows = []
    for name, rule in ALL_RULES.items():
        row = theory[name]
        limit = "—" if name in WITHOUT else stable_words(row)
        at = "—" if row["at"] is None else f"{row['at']:.4g}"
        cells = [rf"$\displaystyle {row[k]}$" if row[k] else "—" for k in ("rate", "floor")]
        cells += ["{} / {}".format(*bytes_of(rule))]
        if timed:
            ours, torchs = timed[CLASS_NAMES[name]]
            cells += [f"{ours:.2f}", "—" if torchs is None else f"{torchs:.2f}"]
        rows.append([f"[{CLASS_NAMES[name]}](#{name})", limit, at, *cells])
    header = [
        "rule",
        "stable where 0 <",
        "at its β",
        "best rate on $[\\mu, L]$",
        "noise floor",
        "bytes",
    ]
    widths = [22, 26, 10, 22, 16, 12]
    said = ""
    if timed:
        header += ["time", "torch’s"]
        widths += [8, 9]
        said = (
            f" Time of a step on {PARAMETERS / 1e6:g} million float32 on this machine, torch’s fused Adam = 1, ours and torch’s "
            "class as it comes."
        )
    none = "; ".join(f"{CLASS_NAMES[k]} has {v}" for k, v in WITHOUT.items())
    return table(header, rows,
                 r"All rules on $\tfrac12\lambda x^2$. $\tilde\eta = \eta/\sqrt{\hat v}$, times the trust ratio where there is one: the "
                 "adaptive rules while that stands still. AdaBound’s limit is of its final rate; Lookahead’s that of a whole cycle; "
                 f"{none}. Noise floor: variance of θ under unit gradient noise at a small rate. Bytes of state a parameter / moved a step, float32.{said}", widths, "tbl-rules")  # fmt: skip


def overview(proofs: Mapping[str, Proof]) -> str:
    """What was derived, proved and measured, in one screen."""
    counts: dict[str, int] = {}
    for proof in proofs.values():
        counts[proof.verdict.value] = counts.get(proof.verdict.value, 0) + 1
    name, runs = regression_runs()
    worst = max(r.difference for r in runs)
    said = ", ".join(f"**{n} {verdict.lower()}**" for verdict, n in counts.items())
    edge = ratios(known_runs())
    near = ", ".join(f"{100 * v:.0f} % ({k})" for k, v in edge.items())
    compared = known_conventions()["rows"]
    worst_cases = known_summary()
    matched = sum(not row[3].startswith("none") for row in compared)
    return "\n".join([
        "# Overview {#overview}\n",
        "An update rule is written once, as a plain Python function. Run on symbols it gives the theory "
        "below; run on tensors it is the optimizer that trained the models below. So the theory is that "
        "of the very code that runs.\n",
        f"- **Derived** for {len(ALL_RULES)} rules: [](#tbl-rules). "
        f"{', '.join(f'`{name}`' for name in WIDER_RULES)} are not on these pages: they measure whole tensors, are given more "
        "than gradients or take matrices, and most have no symbols; `eigenstep report NAME` has a report on each.\n"
        f"- Of {len(proofs)} claims in lectures, notes and papers, and ours beside them, {said}: [the ledger](#claims); each "
        "refuted one has a counterexample and, where there is one, what holds in its place.\n"
        f"- **Beyond quadratics**: on every smooth, strongly convex function Nesterov’s method keeps the learning rates that it "
        f"has on quadratics; heavy ball cycles on some. For yours: with momentum 0.9 take $\\eta L$ up to {worst_cases['safe']:.2g}, "
        f"not {worst_cases['stable']:.2g}, to be sure of heavy ball at condition number 100 ([worst cases](#worst_cases)).\n"
        f"- **Measured**: on the {name} data, predicted and measured rates of {len(runs)} training runs differ by at "
        f"most {worst:.1e} ([real data](#data)); a network in full-batch training stays at {near} of the sharpness that theory "
        f"allows ([edge of stability](#edge)).\n"
        f"- **Compared**: {matched} of {len(compared)} optimizers of other libraries compute one of these "
        "rules, under a convention that is named ([one table a family](#conventions_adaptive)).\n",
        widget("explorer", figure("regions")),
        rules_table(),
    ])  # fmt: skip


OVERVIEW = Chapter("overview", lambda decided: overview(decided.proofs), shows_proofs=True)

__all__ = ["OVERVIEW", "overview", "rules_table"]
