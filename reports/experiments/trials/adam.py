"""Adam on Reddi’s problem."""

from __future__ import annotations

import numpy as np

from ....analysis.adaptive.adam_failure import run as reddi_run
from ....analysis.adaptive.adam_failure import smallest_cycle
from ....optimizers.rules import adam, amsgrad, yogi
from .table import Table


def adam_diverges() -> Table:
    """The smallest C for which Adam goes the wrong way, and where three rules end at twice that C."""
    rows = []
    for beta1, beta2 in ((0.0, 0.9), (0.5, 0.9), (0.9, 0.99)):
        C = smallest_cycle(beta1, beta2)
        ends = [
            float(np.mean(reddi_run(r, beta1, beta2, 2 * C)[-2 * C :]))
            for r in (adam, amsgrad, yogi)
        ]
        rows.append((beta1, beta2, C, *ends))
    return Table(
        ("β₁", "β₂", "smallest C", "Adam ends at", "AMSGrad", "Yogi"),
        tuple(rows),
        "losses Cx, −x, …, −x (C − 1 times) on [−1, 1]: the minimizer is −1, the worst point 1",
    )
