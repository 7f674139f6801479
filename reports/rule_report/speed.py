"""The time of a step of the rule, beside torch's fused AdamW and the other rule, in turn."""

from __future__ import annotations

import statistics
import time
import warnings

from ..chapters.optimizer_pages import beside, bytes_of
from ..page.escaping import plain, word
from ..page.markup import table
from ..timing import PARAMETERS, machine
from .head import engine_of, unrecordable
from .matrices import matrices_only
from .part import Numbers, Part
from .rates import rates_of
from .subject import Subject
from .surfaces import names_of

_ADAMW = 28
"""Bytes that AdamW moves a float32 parameter: θ, m, v read and written, the gradient read."""
_SIDE = 512
"""Of the square matrix that rules of matrices are timed on."""
_WARM = 2
_MOST_SECONDS = 8.0


def _rate(subject: Subject) -> float:
    """A small learning rate of the rule's domain."""
    return min(rates_of(subject), key=lambda r: abs(r - 1e-3))


def step_ratios(
    sides: dict[str, Subject], repeats: int, size: int = PARAMETERS
) -> dict[str, float]:
    """By name, the median over rounds of a step's time over that of torch's fused AdamW in the same round."""
    import torch

    from ...optimizers import RuleOptimizer

    shape = (size,)
    if any(matrices_only(side.rule) for side in sides.values()):
        shape = (_SIDE, _SIDE)
    p = torch.nn.Parameter(torch.ones(shape))
    p.grad = 1e-3 * torch.randn(shape, generator=torch.Generator().manual_seed(0))
    steps = [torch.optim.AdamW([p], lr=1e-3, fused=True).step]
    for side in sides.values():
        optimizer = RuleOptimizer([p], side.rule, engine=engine_of(side), **side.at(_rate(side)))
        steps.append(optimizer.step)
    times: list[list[float]] = [[] for _ in steps]
    begun = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for round_ in range(repeats + _WARM):
            for step, seconds in zip(steps, times, strict=True):
                start = time.perf_counter()
                step()
                if round_ >= _WARM:  # the first rounds compile and allocate
                    seconds.append(time.perf_counter() - start)
            if len(times[-1]) >= 3 and time.perf_counter() - begun > _MOST_SECONDS:
                break
    unit = times[0]
    return {
        name: statistics.median(t / u for t, u in zip(own, unit, strict=True))
        for name, own in zip(sides, times[1:], strict=True)
    }


def speed(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """A table of both rules: how they run, bytes, and time as a part of AdamW's."""
    labels = names_of(subject, other)
    sides = dict(zip(labels, (subject, other), strict=True))
    ratios = step_ratios(sides, numbers.size(9, 5))
    refused, rows = [], []
    for label, side in sides.items():
        reason = unrecordable(side)
        how = "torch’s operations on whole tensors" if reason else (
            "one pass of native code" if engine_of(side) == "compiled" else "block by block, without a compiler")  # fmt: skip
        if reason:
            refused.append((f"A fused step of {side.name}", reason))
        moved = bytes_of(side.rule)[1]
        rows.append([word(label), how, f"{moved}", f"{moved / _ADAMW:.2f}", f"{ratios[label]:.2f}"])
    square = any(matrices_only(side.rule) for side in (subject, other))
    shown = (
        f"a float32 matrix of {_SIDE} × {_SIDE}"
        if square
        else f"{PARAMETERS:,} float32 parameters in one tensor"
    )
    more = any(beside(side.rule) for side in (subject, other))
    shown += ", bytes without the state that is not like the parameter" if more else ""
    here = machine()
    where = plain(f"{here['processor']}, {here['cores']} cores")
    said = table(["rule", "how it runs", "least bytes a parameter", "of AdamW’s", "time of AdamW’s"], rows,
                 f"A step on {shown}, over one of torch’s fused AdamW: the median of "
                 f"interleaved rounds on this machine ({where}).", [18, 30, 18, 12, 14])  # fmt: skip
    return Part(said, refused=tuple(refused))
