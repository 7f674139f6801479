"""``eigenstep noise``"""

from __future__ import annotations

from .command import Command
from .options import Json, RuleName, Settings
from .output import emit
from .settings import theory_at


def noise(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Stationary variance of the parameter for unit gradient noise."""
    theory, point = theory_at(rule, settings)
    value = theory.stationary_variance(**point)
    exact = theory.noise.variance
    emit(
        {"rule": theory.rule.name, "variance": value, "exact": str(exact)}, as_json,
        f"variance {value:.12g} = {exact}",
    )  # fmt: skip


COMMAND = Command(
    "noise", noise, "eigenstep noise heavy_ball --set lr=0.1 --set beta=0.9 --set curvature=1"
)
