"""What libraries compute under the rule's name, found by running them."""

from __future__ import annotations

import importlib
import warnings
from importlib.util import find_spec
from typing import Any

from ...analysis.comparison.comparing import compare
from ...analysis.loading import load_target
from ...optimizers.rules import ALL_RULES
from ..chapters.conventions import TARGETS
from ..page.escaping import plain
from ..page.markup import table
from .part import Numbers, Part, reason_of
from .subject import Subject

LIBRARIES = ("torch.optim", "optax", "pytorch_optimizer", "torch_optimizer")


def _plain_name(name: str) -> str:
    return name.replace("_", "").lower()


def targets_of(subject: Subject) -> tuple[list[tuple[str, dict[str, Any]]], list[str]]:
    """What has the rule's name in the libraries that are installed; and the libraries that are not."""
    found, missing = [], []
    for library in LIBRARIES:
        if find_spec(library.partition(".")[0]) is None:
            missing.append(library)
            continue
        if ALL_RULES.get(subject.name) is subject.rule:
            found += [
                (t, s)
                for t, s, rule in TARGETS
                if rule == subject.name and t.startswith(f"{library}:")
            ]
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                module = importlib.import_module(library)
            except Exception:  # installed, and not to be imported here
                missing.append(library)
                continue
        names = [k for k in dir(module) if _plain_name(k) == _plain_name(subject.name)]
        there = [k for k in names if callable(getattr(module, k, None))]
        classes = [k for k in there if isinstance(getattr(module, k), type)]
        found += [(f"{library}:{k}", {}) for k in (classes or there)[:1]]
    return found, missing


def libraries(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """Each optimizer of the rule's name, run beside the rule on the same gradients."""
    found, missing = targets_of(subject)
    absent = f"Not installed, so not looked into: {', '.join(missing)}.\n" if missing else ""
    searched = [x for x in LIBRARIES if x not in missing]
    if not found:
        return Part(
            f"Nothing of the name {plain(subject.name)} is in {', '.join(searched)}. {absent}\n"
        )
    rows, refused = [], []
    steps = numbers.size(100, 30)
    for target, settings in found:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = compare(
                    load_target(target), subject.rule, settings=settings, steps=steps, name=target
                )
        except Exception as error:
            refused.append((f"{target} beside the rule", reason_of(error, subject)))
            continue
        chosen = ", ".join(f"{k} = {v!r}" for k, v in result.nearest.conventions.items())
        if result.match:
            verdict = "the same" + (f", with {chosen}" if chosen else "")
            apart = f"{result.difference:.0e}" if result.difference else "0"
        else:
            d = result.departure
            assert d is not None
            verdict = f"another rule: departs at step {d.step}, tensor {d.tensor}, coordinate {d.coordinate}"
            apart = "—"
        arguments = ", ".join(f"{k}={v}" for k, v in settings.items())
        rows.append([plain(f"{target}({arguments})"), plain(verdict), plain(apart)])
    said = table(["optimizer", "computes", "differs by"], rows,
                 f"What libraries compute under the name, by `eigenstep check`: {steps} float64 steps on gradients from 1e-8 to "
                 "1e8, at the library’s own numbers; the difference is relative to the distance travelled.", [30, 44, 12]) if rows else ""  # fmt: skip
    return Part(f"{said}\n{absent}", refused=tuple(refused))
