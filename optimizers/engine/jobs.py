"""One parameter to be stepped, and what is gathered of it over processes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..program.nodes import Node
from ..program.phases import Program
from .memory import Row

Groups = tuple[Any, ...]
"""The process groups over which a parameter is sharded."""
Numbers = tuple[float, ...]
"""The state of a parameter that is numbers."""


@dataclass
class Job:
    """One parameter to be stepped.

    Attributes:
        row: its tensors.
        over: the process groups that hold parts of it.
        size: its elements, those in other processes included.
        numbers: its state that is numbers; after the step, the new ones.
    """

    row: Row
    over: Groups
    size: int
    numbers: Numbers

    def given(self, program: Program) -> dict[Node, float]:
        """What the program is given of the tensor."""
        return {n: float(self.size) if n.op == "size" else self.numbers[program.numbers.index(n.value)]
                for n in program.given}  # fmt: skip


def over_processes(
    groups: Sequence[Groups], reductions: Sequence[Node], found: np.ndarray
) -> np.ndarray:
    """Row i of what was gathered, over the processes of ``groups[i]``."""
    import torch.distributed as dist

    largest = [n.op == "largest" for n in reductions]
    for over in dict.fromkeys(groups):
        rows = [i for i, g in enumerate(groups) if g == over]
        for group in over:
            device = "cuda" if dist.get_backend(group) == "nccl" else "cpu"
            here = torch.tensor(found[rows], device=device)
            total = here.clone()
            dist.all_reduce(total, group=group)
            if any(largest):
                at = torch.tensor(largest, device=device)
                unknown = here.isnan().double()  # which a maximum of processes may lose
                greatest = here.nan_to_num(nan=-math.inf, posinf=math.inf, neginf=-math.inf)
                dist.all_reduce(greatest, op=dist.ReduceOp.MAX, group=group)
                dist.all_reduce(unknown, group=group)
                total = torch.where(at, torch.where(unknown > 0, math.nan, greatest), total)
            found[rows] = total.cpu().numpy()
    return found
