"""Citations: every source leads to the bibliography."""

import re

from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.proofs import with_corrections
from eigenstep.reports.page.markup import BIBLIOGRAPHY, cited


def test_every_rule_and_claim_is_cited():
    """Each source that is not eigenstep's own leads to the bibliography."""
    ours = {"eigenstep"}
    sources = {r.source for r in ALL_RULES.values()} | {
        c.source for c in with_corrections().values()
    }
    keys = set(re.findall(r"^@\w+\{(\w+),", BIBLIOGRAPHY.read_text(encoding="utf-8"), re.MULTILINE))
    for source in sources - ours:
        found = re.findall(r"#ref-(\w+)", cited(source))
        assert found, source
        assert set(found) <= keys, source
