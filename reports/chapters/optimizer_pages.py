"""Sections for every optimizer: equations, memory, proofs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...optimizers.rule import Rule
from ...optimizers.shapes import COLUMN, GIVEN, GROUP, LEFT, NUMBER, RIGHT, ROW, TENSOR
from ...proofs import ALL_CLAIMS, Proof
from ...proofs.kinds import EquationsClaim
from ..page.markup import cited, display, mark
from ..page.typeset import equations
from .conventions import setting_words

CLASS_NAMES = {
    "gradient_descent": "GradientDescent", "heavy_ball": "HeavyBall", "nesterov": "Nesterov",
    "adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "Adam",
    "adamw": "AdamW", "adamax": "AdaMax", "nadam": "Nadam", "amsgrad": "AMSGrad",
    "radam": "RAdam", "yogi": "Yogi", "adabound": "AdaBound", "amsbound": "AMSBound",
    "lars": "LARS", "lamb": "LAMB", "ralamb": "Ralamb", "ranger": "Ranger",
    "ranger_lars": "RangerLARS", "qhm": "QHM", "aggmo": "AggMo", "triple_momentum": "TripleMomentum",
    "signum": "Signum", "lion": "Lion", "rprop": "Rprop", "asgd": "ASGD",
    "schedule_free_sgd": "ScheduleFreeSGD", "schedule_free_adamw": "ScheduleFreeAdamW",
    "ademamix": "AdEMAMix", "adan": "Adan", "mars": "MARS", "adopt": "ADOPT", "laprop": "LaProp",
}  # fmt: skip
"""The torch class of each rule."""
TITLES = {
    "gradient_descent": "Gradient descent",
    "heavy_ball": "Heavy ball",
    "nesterov": "Nesterov’s method",
    "triple_momentum": "Triple momentum",
    "schedule_free_sgd": "Schedule-Free gradient descent",
    "schedule_free_adamw": "Schedule-Free AdamW",
}
"""Headings that are not the class’s name."""


def bytes_of(rule: Rule) -> tuple[int, int]:
    """Bytes of state a float32 parameter, and bytes moved by a step that reads and writes each once.

    Of the state that is like the parameter; what is given is read only. See :func:`beside`.
    """
    shapes = [rule.shape(s) for s in rule.state]
    tensors, given = shapes.count(TENSOR), shapes.count(GIVEN)
    return 4 * (tensors + given), 4 * (3 + 2 * tensors + given)


def beside(rule: Rule) -> list[str]:
    """The state that is not like the parameter, and what it is: ``"`r` a column"``."""
    shapes = {s: rule.shape(s) for s in rule.state}
    words = {NUMBER: "one number", GROUP: "one number of the group", ROW: "a row", COLUMN: "a column",
             LEFT: "rows × rows", RIGHT: "columns × columns"}  # fmt: skip
    return [f"`{s}` {words[shape]}" for s, shape in shapes.items() if shape in words]


def _conventions_of(rule: Rule) -> str:
    said = []
    for library, changed in rule.conventions.items():
        settings = ", ".join(f"`{k}` = {setting_words(v)}" for k, v in changed.items())
        said.append(f"**{library}**: {settings or 'as above'}")
    return "; ".join(said)


def claims_said(ids: Iterable[str], proofs: Mapping[str, Proof]) -> str:
    """Claims with their verdicts, linked to the ledger."""
    return ", ".join(f"[`{i}`](#claim-{i}) {mark(proofs[i])}" for i in ids)


def _claims_of(rule: Rule, proofs: Mapping[str, Proof]) -> str:
    found = [c for c in ALL_CLAIMS.values() if isinstance(c, EquationsClaim) and c.rule is rule]
    return "; ".join(f"{claims_said([c.id], proofs)} ({cited(c.source)})" for c in found)


def page(rule: Rule, proofs: Mapping[str, Proof]) -> str:
    """One optimizer's section."""
    name = CLASS_NAMES[rule.name]
    stored, moved = bytes_of(rule)
    hyperparameters = ", ".join(
        f"`{h.domain.describe(k)}`" for k, h in rule.hyperparameters.items()
        if not h.convention and k not in rule.fixed
    )  # fmt: skip
    state = ", ".join(f"`{s}`" for s in rule.state) or "none"
    parts = [
        f"## {TITLES.get(rule.name, name)} {{#{rule.name}}}\n",
        f"Source: {cited(rule.source)}. Torch class: `{name}`. Traced from the code, at step $t$:\n",
        display(*equations(rule), label=f"eq-{rule.name}"),
        f"Hyperparameters: {hyperparameters}. State: {state}, {stored} bytes a float32 parameter; "
        f"a step that reads and writes each once moves {moved}.\n",
    ]
    if claims := _claims_of(rule, proofs):
        parts.append(f"As printed, for all inputs and every $t$: {claims}.\n")
    if known := _conventions_of(rule):
        parts.append(f"What libraries compute under this name: {known}.\n")
    return "\n".join(parts)
