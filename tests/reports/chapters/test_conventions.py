"""Chapters where none of the libraries that they compare is installed."""

import re

import pytest
from eigenstep.proofs import ALL_CLAIMS, Proof, Verdict, with_corrections
from eigenstep.reports.chapters import conventions
from eigenstep.reports.chapters.bounded import BOUNDED
from eigenstep.reports.chapters.chapter import Decided
from eigenstep.reports.chapters.layerwise import LAYERWISE


@pytest.mark.parametrize("family", [BOUNDED, LAYERWISE], ids=lambda f: f.id)
def test_nothing_refers_to_a_table_that_is_not_there(family, monkeypatch):
    proofs = {key: Proof(Verdict.PROVED, "said", None, 0.0, ()) for key in with_corrections()}
    assert ALL_CLAIMS.keys() <= proofs.keys()
    for rows, there in (([], False), ([["optax", "`x`", f"`{family.rules[0]}`", "y", "0"]], True)):
        monkeypatch.setattr(
            conventions, "known_conventions", lambda rows=rows: {"rows": rows, "missing": []}
        )
        text = family.chapter.write(Decided(proofs))
        labels = set(re.findall(r"\{#(tbl-[\w-]+)", text))
        assert set(re.findall(r"\(#(tbl-conventions-[\w-]+)\)", text)) <= labels
        assert (f"tbl-conventions-{family.id}" in labels) == there
