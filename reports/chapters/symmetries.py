"""What each rule's path does not depend on."""

from __future__ import annotations

from ...analysis.symmetries import symmetries
from ...optimizers.rules import ALL_RULES
from ..page.markup import table
from ..work import register, result


def find_symmetries() -> dict[str, dict[str, bool]]:
    """What each rule's path does not depend on, by algebra."""
    return {name: symmetries(rule) for name, rule in ALL_RULES.items()}


register("table:symmetries", find_symmetries)


def symmetries_table() -> str:
    """The same as a table."""
    kinds = ("loss scale", "units", "shift", "rotation", "permutation")
    found = result("table:symmetries")
    rows = [[f"`{name}`", *("yes" if s[k] else "no" for k in kinds)] for name, s in found.items()]
    return table(["rule", *kinds], rows,
                 "Symmetries, with ε = 0 and no decay: does the path stay when the loss is multiplied "
                 "by c > 0; scale with the parameter’s unit; move, turn, permute with the problem?",
                 [16, 12, 12, 12, 12, 12], "tbl-symmetries")  # fmt: skip
