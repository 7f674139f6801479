"""``eigenstep list``"""

from __future__ import annotations

from .command import Command
from .options import Json
from .output import emit


def list_rules(as_json: Json = False) -> None:
    """The rules: state, hyperparameters with domains, source."""
    from ...optimizers.rules import SHIPPED_RULES

    rules = [
        {
            "name": r.name,
            "state": list(r.state),
            "hyperparameters": [
                {"name": h.name, "default": h.default, "domain": h.domain.describe(h.name)}
                for h in r.hyperparameters.values()
            ],
            "source": r.source,
        }
        for r in SHIPPED_RULES.values()
    ]
    lines = []
    for r in rules:
        lines.append(f"{r['name']}  (state: {', '.join(r['state']) or 'none'})")
        lines += [f"    {h['domain']}, default {h['default']!r}" for h in r["hyperparameters"]]
        lines.append(f"    source: {r['source']}")
    emit({"rules": rules}, as_json, "\n".join(lines))


COMMAND = Command("list", list_rules, "eigenstep list --json")
