"""Rules that scale every tensor’s step."""

from __future__ import annotations

from collections.abc import Mapping

from ...analysis.adaptive.limit_cycle import limit_cycle
from ...optimizers.rules import lars
from ...proofs import Proof
from ..page.markup import figure
from ..page.typeset import tex
from .conventions import conventions_link
from .family import Family
from .optimizer_pages import claims_said


def _opening(proofs: Mapping[str, Proof]) -> str:
    return "\n".join([
        r"Every tensor’s step is scaled to a length in proportion to its norm, $\eta\,\phi(\lVert\theta\rVert)$ "
        "[@you2020], so that one learning rate serves layers of every scale and batches of every size. LARS does so with "
        "averaged momentum, LAMB with Adam’s step, Ralamb with RAdam’s.\n",
        rf"A step of LARS has exactly the length $\eta\phi$ ({claims_said(['P21'], proofs)}), whatever the gradient, and so it "
        f"cannot come to rest ({claims_said(['P21.stuck'], proofs)}): with a constant η it ends in a cycle about the minimizer.\n",
        figure("layerwise_cycles"),
    ])  # fmt: skip


def _pitfalls(proofs: Mapping[str, Proof]) -> list[str]:
    constant = {"phi": "clipped", "phi_lower": "1", "phi_upper": "1", "beta": "0"}
    cycle = limit_cycle(lars, start="1", settings={"lr": "3/10", **constant})
    points = " and ".join(f"${tex(p)}$" for p in cycle.points)
    return [
        rf"**It does not converge with a constant learning rate.** On $\tfrac12x^2$ from 1 with $\eta\phi = \tfrac3{{10}}$, no "
        rf"momentum, the code runs after {cycle.before} steps between {points} for ever (run in rational arithmetic). Decay η.",
        "**Only the sharpest direction’s cycle is stable** "
        f"({claims_said(['P21.cycle', 'P21.stable', 'P21.unstable'], proofs)}): the flat directions wait.",
        r"**At zero there is no ratio**: where $\lVert\theta\rVert = 0$ the step would be 0 for ever. The rules here take the "
        "ratio 1 there, so that zero-initialised tensors move; implementations differ"
        f"{conventions_link('layerwise', 'lars', 'lamb')}.",
        "**What is a layer?** The norm is over a tensor: sharded or fused parameters have other norms than whole ones. "
        "The torch classes reduce norms over all shards.",
    ]  # fmt: skip


LAYERWISE = Family("layerwise", "Layer-wise rules", ("lars", "lamb", "ralamb"), _opening, _pitfalls)
