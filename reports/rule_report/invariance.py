"""What the rule's path does not depend on."""

from __future__ import annotations

from ...analysis.symmetries import measured_symmetries, symmetries
from ..page.escaping import plain
from ..page.markup import table
from .part import Numbers, Part, reason_of
from .subject import Subject

MEANING = {
    "loss scale": "the loss is multiplied by c > 0",
    "units": "the parameter’s unit is changed, and the path scales with it",
    "shift": "the problem is moved, and the path moves with it",
    "rotation": "the problem is turned, and the path turns with it",
    "permutation": "coordinates change places",
}


def invariance(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """Symmetries by algebra, each beside a run on the changed problem; where the two differ, neither is said."""
    rule = subject.rule.fix(**subject.fixed) if subject.fixed else subject.rule
    proved = symmetries(rule)
    refused: list[tuple[str, str]] = []
    try:
        own = {k: v for k, v in subject.values.items() if k != subject.rate}
        measured = measured_symmetries(subject.rule.fix(**own))
    except Exception as error:
        measured = {}
        refused.append(("Symmetries, measured", reason_of(error, subject)))
    rows = []
    for kind, meaning in MEANING.items():
        holds, seen = proved[kind], measured.get(kind)
        answer = "yes" if holds else "no"
        if seen is not None and seen != holds:
            answer = "undecided"
            reason = f"algebra says {'yes' if holds else 'no'}, a run {'yes' if seen else 'no'}"
            refused.append((f"Symmetry: {kind}", reason))
        run = "not run" if seen is None else "the same path" if seen else "another path"
        rows.append([plain(kind), plain(meaning), answer, run])
    zero = [
        k
        for k in ("eps", "eps_inside", "weight_decay", "initial_accumulator")
        if k in rule.hyperparameters
    ]
    at = f" with {' = '.join(f'`{k}`' for k in zero)} = 0" if zero else ""
    said = table(["symmetry", "what is changed", "the path stays", "25 steps of the code"], rows,
                 f"Symmetries{at}: by algebra on the traced update, and seen in a run on a changed problem.",
                 [14, 40, 16, 20])  # fmt: skip
    return Part(said, refused=tuple(refused))
