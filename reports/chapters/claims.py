"""The ledger of claims."""

from __future__ import annotations

import html
from collections.abc import Mapping

from ...proofs import Proof, Verdict, with_corrections
from ...proofs.ledger import is_elsewhere
from ..page.markup import cited, mark, table, widget
from .chapter import Chapter

_LONGEST = 160
"""Characters of a step on the page; the command prints it whole."""


def claims_chapter(
    proofs: Mapping[str, Proof], tried: Mapping[str, str], minds: Mapping[str, str] | None = None
) -> str:
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
                (minds or {}).get(key, ""),
            ]
        )
    return "\n".join([
        "# Claims and errata {#claims}\n",
        "Statements are typed in from their source, apart from the code, and decided when this report was "
        "made: by polynomial identity on the traced code, by induction, or by a decision procedure for "
        "real arithmetic [@meurer2017; @demoura2008]. L, N and S are the lecture, notes and slides [@zhang2023; @notes; "
        "@slides]; what is printed nowhere is eigenstep’s own. On the page each opens to the steps of its proof and to the "
        "numerical trial beside it; `eigenstep prove ID --json` prints them. The last column says which minds came to the "
        f"verdict: what decided it, the trial in float64, a second procedure (cvc5, arithmetic of fractions, sixty digits, "
        "torch’s own operations or Python’s own signature) that must agree on every claim of the kind in eigenstep’s tests, "
        f"and Coq’s kernel, {_asked(minds or {})}.\n",
        widget("ledger", table(["id", "verdict", "statement", "source", "method", "minds"], rows, "The ledger.",
                               [30, 18, 46, 18, 18, 14], "tbl-ledger")),
        _elsewhere(proofs),
    ])  # fmt: skip


def _elsewhere(proofs: Mapping[str, Proof]) -> str:
    """What well-known papers and libraries’ documentation have wrong, apart from the lecture’s errata."""
    claims, rows = with_corrections(), []
    for key, proof in proofs.items():
        if is_elsewhere(key) and proof.verdict is Verdict.REFUTED:
            corrected = claims[key].corrected
            rows.append([cited(claims[key].source), f"[{claims[key].statement}](#claim-{key})", proof.point,
                         corrected.statement if corrected else ""])  # fmt: skip
    if not rows:
        return ""
    return "\n".join([
        "## Errata elsewhere {#errata-elsewhere}\n",
        "Sentences of well-known papers and of the documentation of libraries, as printed there, that do not hold, each "
        "with a point at which it fails and what holds instead; `eigenstep prove --errata` lists them after the lecture’s.\n",
        table(["source", "printed", "false at", "instead"], rows, "What print elsewhere has wrong.", [20, 36, 24, 36],
              "tbl-elsewhere"),
    ])  # fmt: skip


def _asked(minds: Mapping[str, str]) -> str:
    """What Coq was asked, in words."""
    count = sum("Coq" in said for said in minds.values())
    if not count:
        return "which was not asked on the machine where this report was made (`eigenstep prove --kernel coq` asks it)"
    return f"which checked {count} of them as lemmas (`eigenstep prove --kernel coq`)"


def _opened(proof: Proof, tried: str) -> str:
    """What a row opens to: raw HTML, which print leaves out."""
    lines = [
        *(s if len(s) <= _LONGEST else f"{s[:_LONGEST]} …" for s in proof.steps),
        *([f"Tried on numbers: {tried}"] if tried else []),
    ]
    if not lines:
        return ""
    items = "".join(f"<li>{_escaped(line)}</li>" for line in lines)
    return f" `<details><summary>proof</summary><ol>{items}</ol></details>`{{=html}}"


def _escaped(text: str) -> str:
    return html.escape(text, quote=False).replace("`", "’").replace("|", "&#124;")


CLAIMS = Chapter(
    "claims",
    lambda decided: claims_chapter(decided.proofs, decided.tried, decided.minds),
    shows_proofs=True,
)
