"""What the rule is: its code, its signature, what its state costs, its hyperparameters, its equations."""

from __future__ import annotations

import hashlib
import textwrap
from functools import lru_cache
from typing import Any

from ...analysis.updates import latex_of
from ...optimizers.program.nodes import NotRecordable
from ...optimizers.program.recording import record
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES
from ..chapters.optimizer_pages import beside, bytes_of
from ..page.escaping import code, listing, plain, word
from ..page.markup import cited, display, table
from .part import Numbers, Part, reason_of
from .subject import Subject, source_of

LONGEST_LISTING = 150
"""Lines of code that are printed; what is longer is cut, and said to be."""


def functions_of(rule: Rule) -> dict[str, Any]:
    """The functions that the rule is made of, by what they are."""
    found = {"update": rule.update, "coefficients": rule._coefficients,
             "gradient_at": rule._gradient_at}  # fmt: skip
    found |= {f"first {name}": function for name, function in rule.initial.items()}
    return {k: f for k, f in found.items() if f is not None}


def listing_of(rule: Rule) -> str:
    """The code of the rule's functions, each once, the update last; empty where it cannot be had."""
    texts = [textwrap.dedent(source_of(f)).strip("\n") for f in functions_of(rule).values()]
    kept: list[str] = []
    for text in reversed(texts):
        if text and not any(text in other for other in kept):
            kept = [k for k in kept if k not in text] + [text]
    return "\n\n\n".join(kept)


@lru_cache(maxsize=8)
def engine_of(subject: Subject) -> str:
    """How a rule is run: compiled where that can be, and never compiled for long where it cannot be recorded."""
    from ...optimizers.engine.kernel import can_compile

    return "compiled" if can_compile("cpu") and not unrecordable(subject) else "blocked"


def unrecordable(subject: Subject) -> str:
    """Why a rule cannot be recorded as elementwise operations and norms; empty where it can."""
    rule = subject.rule
    values = subject.at(1e-3)
    numbers = rule.coefficients(1, values)
    choices = {k: v for k, v in numbers.items() if isinstance(v, str | bool)
               or (k in rule.hyperparameters and rule.hyperparameters[k].is_choice)}  # fmt: skip
    try:
        record(rule, tuple(k for k in numbers if k not in choices), choices)
    except NotRecordable as error:
        return subject.without_folders(str(error))
    return ""


def head(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """The rule as a reader needs it before anything else."""
    rule, path = subject.rule, subject.asked.path
    text = listing_of(rule)
    lines = text.splitlines()
    where = "a rule of eigenstep"
    if path is not None:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        where = f"in {code(path.name)}, SHA-256 `{digest[:16]}…`"
    said = [f"{code(rule.name)}, {where}."]
    if rule.source:
        source = cited(rule.source) if rule in ALL_RULES.values() else plain(rule.source)
        said.append(f"Source: {source}.")
    said += ["", ""]
    cut = ""
    if len(lines) > LONGEST_LISTING:
        text = "\n".join(lines[:LONGEST_LISTING])
        cut = f"{len(lines) - LONGEST_LISTING} more lines are left out.\n"
    code_ = (
        listing(text, "python")
        if text
        else "Its code cannot be shown: it was composed of other rules.\n"
    )
    refused = [] if text else [("Source code", "it was composed of other rules, or typed in")]
    try:
        stored, moved = bytes_of(rule)
        cost = (f"{stored} bytes a float32 parameter; a step that reads and writes each once moves at least "
                f"{moved} bytes a parameter.")  # fmt: skip
        if apart := beside(rule):
            cost += f" That is without {', '.join(apart)}."
    except Exception as error:
        cost = ""
        refused.append(("Bytes", reason_of(error, subject)))
    states = ", ".join(code(s) for s in rule.state) or "none"
    point = (
        f" The gradient is taken at a point of {', '.join(map(code, rule.gradient_at_names)) or 'the state'}."
        if rule._gradient_at is not None
        else ""
    )
    signature = (f"Parameter {code(rule.parameter)}, gradient {code(rule.gradient)}; state: {states}"
                 f"{', ' + cost if cost else '.'}{point}\n")  # fmt: skip
    rows = []
    for key, h in rule.hyperparameters.items():
        default = "none" if h.default is None else _value(h.default)
        here = _value(subject.values[key]) if key in subject.values else ""
        if key == subject.rate:
            here = f"{here}, and swept" if here else "swept"
        rows.append([word(key), plain(h.domain.describe(key)), default, here])
    listed = table(["hyperparameter", "domain", "default", "in this report"], rows,
                   "Hyperparameters. What is free in the theory stays a symbol there; the learning rate is swept "
                   "where the rule is run.", [18, 34, 14, 16]) if rows else "It has no hyperparameters.\n"  # fmt: skip
    return Part("\n".join([*said, code_, cut, signature, "", listed]), refused=tuple(refused))


def _value(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return plain(repr(value))
    return plain(f"{value:.12g}")


def equations(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """The update as its code has it."""
    lines = latex_of(subject.rule.fix(**subject.fixed) if subject.fixed else subject.rule)
    reason = unrecordable(subject)
    said = (
        "Read off the code, in its order and under its own names, at step $t$:\n"
        if not reason
        else "What the code computes, traced with symbols (it cannot be read off line by line):\n"
    )
    refused = (("Recording the update as a program", reason),) if reason else ()
    return Part(f"{said}\n{display(*lines)}", refused=refused)
