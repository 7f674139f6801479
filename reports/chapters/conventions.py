"""What libraries compute under the names of the rules, found by running them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from ...analysis.comparison.comparing import compare
from ...analysis.loading import load_target
from ...optimizers.rules import ALL_RULES
from ..page.markup import table
from ..work import register, result, size

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
    ("torch.optim:Rprop", {}, "rprop"),
    ("torch.optim:ASGD", {}, "asgd"),
    ("optax:lion", {}, "lion"),
    ("optax:rprop", {}, "rprop"),
    ("optax:adan", {}, "adan"),
    ("optax.contrib:schedule_free_sgd", {}, "schedule_free_sgd"),
    ("optax.contrib:schedule_free_adamw", {}, "schedule_free_adamw"),
    ("optax.contrib:ademamix", {}, "ademamix"),
    ("optax.contrib:adopt", {}, "adopt"),
    ("pytorch_optimizer:Lion", {}, "lion"),
    ("pytorch_optimizer:SignSGD", {}, "signum"),
    ("pytorch_optimizer:QHM", {"momentum": 0.9, "nu": 0.7}, "qhm"),
    ("pytorch_optimizer:AggMo", {}, "aggmo"),
    ("pytorch_optimizer:ScheduleFreeSGD", {}, "schedule_free_sgd"),
    ("pytorch_optimizer:ScheduleFreeAdamW", {}, "schedule_free_adamw"),
    ("pytorch_optimizer:Adan", {}, "adan"),
    ("pytorch_optimizer:AdEMAMix", {}, "ademamix"),
    ("pytorch_optimizer:ADOPT", {}, "adopt"),
    ("pytorch_optimizer:LaProp", {"foreach": False}, "laprop"),
    ("pytorch_optimizer:MARS", {}, "mars"),
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


def setting_words(value: Any) -> str:
    """A setting as Markdown."""
    return f"`{value!r}`" if isinstance(value, str | bool) else f"{value:g}"


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
        chosen = ", ".join(
            f"`{k}` = {setting_words(v)}" for k, v in found.nearest.conventions.items()
        )
        if found.match:
            verdict = chosen or "the paper’s"
        else:
            d = found.departure
            assert d is not None
            verdict = f"none: departs at step {d.step}, tensor {d.tensor}, {d.coordinate}"
        rows.append([library, f"`{cls}({arguments})`", f"`{rule}`", verdict,
                     f"{found.difference:.0e}".replace("0e+00", "0") if found.match else "—"])  # fmt: skip
    return {"rows": rows, "missing": sorted(missing)}


register("table:conventions", find_conventions)


def known_conventions() -> dict[str, Any]:
    """The same, made once."""
    return result("table:conventions")


def conventions_link(label: str, *rules: str) -> str:
    """A reference to that table in brackets; nothing where no library that has one is installed."""
    wanted = {f"`{name}`" for name in rules}
    there = any(row[2] in wanted for row in known_conventions()["rows"])
    return f" ([](#tbl-conventions-{label}))" if there else ""


def conventions_table(label: str, rules: Iterable[str]) -> str:
    """What libraries compute under the names of these rules."""
    found, wanted = known_conventions(), {f"`{name}`" for name in rules}
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
