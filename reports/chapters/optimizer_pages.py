"""Sections for every optimizer: equations, memory, proofs; what libraries compute; symmetries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any

from ...analysis.comparison.comparing import compare
from ...analysis.loading import load_target
from ...analysis.symmetries import symmetries
from ...optimizers.rule import Rule
from ...optimizers.rules import ALL_RULES
from ...proofs import ALL_CLAIMS, Proof
from ...proofs.kinds.claim import EquationsClaim
from ..page.markup import cited, display, mark, table
from ..page.typeset import equations
from ..work import result, size

CLASS_NAMES = {
    "gradient_descent": "GradientDescent", "heavy_ball": "HeavyBall", "nesterov": "Nesterov",
    "adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "Adam",
    "adamw": "AdamW", "adamax": "AdaMax", "nadam": "Nadam", "amsgrad": "AMSGrad",
    "radam": "RAdam", "yogi": "Yogi", "adabound": "AdaBound", "amsbound": "AMSBound",
    "lars": "LARS", "lamb": "LAMB", "ralamb": "Ralamb", "ranger": "Ranger",
    "ranger_lars": "RangerLARS",
}  # fmt: skip
"""The torch class of each rule."""
TITLES = {
    "gradient_descent": "Gradient descent",
    "heavy_ball": "Heavy ball",
    "nesterov": "Nesterov’s method",
}
"""Headings that are not the class’s name."""

TARGETS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("torch.optim:SGD", {"momentum": 0.9}, "heavy_ball"),
    ("torch.optim:SGD", {"momentum": 0.9, "nesterov": True}, "nesterov"),
    ("torch.optim:Adagrad", {}, "adagrad"),
    ("torch.optim:RMSprop", {}, "rmsprop"),
    ("torch.optim:Adadelta", {}, "adadelta"),
    ("torch.optim:Adam", {}, "adam"),
    ("torch.optim:Adam", {"amsgrad": True}, "amsgrad"),
    ("torch.optim:AdamW", {}, "adamw"),
    ("torch.optim:Adamax", {}, "adamax"),
    ("torch.optim:NAdam", {}, "nadam"),
    ("torch.optim:RAdam", {}, "radam"),
    ("optax:adagrad", {}, "adagrad"),
    ("optax:rmsprop", {}, "rmsprop"),
    ("optax:adadelta", {}, "adadelta"),
    ("optax:adam", {}, "adam"),
    ("optax:adamw", {}, "adamw"),
    ("optax:adamax", {}, "adamax"),
    ("optax:nadam", {}, "nadam"),
    ("optax:amsgrad", {}, "amsgrad"),
    ("optax:radam", {}, "radam"),
    ("optax:yogi", {}, "yogi"),
    ("optax:lars", {"weight_decay": 0.1}, "lars"),
    ("optax:lamb", {}, "lamb"),
    ("pytorch_optimizer:RAdam", {}, "radam"),
    ("pytorch_optimizer:Yogi", {}, "yogi"),
    ("pytorch_optimizer:AdaBound", {}, "adabound"),
    ("pytorch_optimizer:LARS", {}, "lars"),
    ("pytorch_optimizer:Lamb", {}, "lamb"),
    ("pytorch_optimizer:Ranger", {"use_gc": False}, "ranger"),
    ("torch_optimizer:Yogi", {}, "yogi"),
    ("torch_optimizer:AdaBound", {}, "adabound"),
    ("torch_optimizer:Lamb", {}, "lamb"),
)  # fmt: skip
"""What the conventions table is made of: library, arguments, and the rule of that name."""


def torch_class(rule: str) -> tuple[str, dict[str, Any]] | None:
    """torch's class of a rule's name and the arguments that make it that rule; None where there is none."""
    if rule == "gradient_descent":
        return "SGD", {}
    found = [(target.partition(":")[2], settings) for target, settings, name in TARGETS
             if name == rule and target.startswith("torch.optim:")]  # fmt: skip
    return found[0] if found else None


def bytes_of(rule: Rule) -> tuple[int, int]:
    """Bytes of state a float32 parameter, and bytes moved by a step that reads and writes each once."""
    count = len(rule.state)
    return 4 * count, 4 * (3 + 2 * count)


def _setting(value: Any) -> str:
    return f"`{value!r}`" if isinstance(value, str | bool) else f"{value:g}"


def _conventions_of(rule: Rule) -> str:
    said = []
    for library, changed in rule.conventions.items():
        settings = ", ".join(f"`{k}` = {_setting(v)}" for k, v in changed.items())
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


def find_conventions() -> dict[str, Any]:
    """Rows of the table of what libraries compute, found by running them; and what is not installed."""
    rows, missing = [], set()
    for target, settings, rule in TARGETS:
        library, _, cls = target.partition(":")
        if find_spec(library.partition(".")[0]) is None:
            missing.add(library)
            continue
        found = compare(
            load_target(target),
            ALL_RULES[rule],
            settings=settings,
            name=target,
            steps=size(100, 20),
        )
        arguments = ", ".join(f"{k}={v}" for k, v in settings.items())
        chosen = ", ".join(f"`{k}` = {_setting(v)}" for k, v in found.nearest.conventions.items())
        if found.match:
            verdict = chosen or "the paper’s"
        else:
            d = found.departure
            assert d is not None
            verdict = f"none: departs at step {d.step}, tensor {d.tensor}, {d.coordinate}"
        rows.append([library, f"`{cls}({arguments})`", f"`{rule}`", verdict,
                     f"{found.difference:.0e}".replace("0e+00", "0") if found.match else "—"])  # fmt: skip
    return {"rows": rows, "missing": sorted(missing)}


def conventions_link(label: str, *rules: str) -> str:
    """A reference to that table in brackets; nothing where no library that has one is installed."""
    wanted = {f"`{name}`" for name in rules}
    there = any(row[2] in wanted for row in result("table:conventions")["rows"])
    return f" ([](#tbl-conventions-{label}))" if there else ""


def conventions_table(label: str, rules: Iterable[str]) -> str:
    """What libraries compute under the names of these rules."""
    found, wanted = result("table:conventions"), {f"`{name}`" for name in rules}
    rows = [row for row in found["rows"] if row[2] in wanted]
    if not rows:
        return "No library that is compared has one.\n"
    said = table(["library", "optimizer", "rule", "computes the convention", "differs by"], rows,
                 f"What libraries compute, by `eigenstep check`: {size(100, 20)} float64 steps on gradients "
                 "from 1e-8 to 1e8; the difference is relative to the distance travelled.",
                 [16, 24, 12, 36, 9], f"tbl-conventions-{label}")  # fmt: skip
    if found["missing"]:
        said += f"\nNot installed, so not compared: {', '.join(found['missing'])}.\n"
    return said


def find_symmetries() -> dict[str, dict[str, bool]]:
    """What each rule's path does not depend on, by algebra."""
    return {name: symmetries(rule) for name, rule in ALL_RULES.items()}


def symmetries_table() -> str:
    """The same as a table."""
    kinds = ("loss scale", "units", "shift", "rotation", "permutation")
    found = result("table:symmetries")
    rows = [[f"`{name}`", *("yes" if s[k] else "no" for k in kinds)] for name, s in found.items()]
    return table(["rule", *kinds], rows,
                 "Symmetries, with ε = 0 and no decay: does the path stay when the loss is multiplied "
                 "by c > 0; scale with the parameter’s unit; move, turn, permute with the problem?",
                 [16, 12, 12, 12, 12, 12], "tbl-symmetries")  # fmt: skip
