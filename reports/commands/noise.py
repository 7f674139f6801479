"""``eigenstep noise``"""

from __future__ import annotations

from .command import Command
from .options import Hold, Json, RuleName, Settings
from .output import emit
from .settings import held_in, theory_at, with_held


def noise(
    rule: RuleName, settings: Settings = None, hold: Hold = None, as_json: Json = False
) -> None:
    """Stationary variance of the parameter for unit gradient noise."""
    theory, point = theory_at(rule, settings, hold=hold)
    value = theory.stationary_variance(**point)
    exact = theory.noise.variance
    document = {"rule": theory.rule.name, "variance": value, "exact": str(exact)}
    said = f"variance {value:.12g} = {exact}{held_in(theory)}"
    emit(with_held(theory, document), as_json, said)


COMMAND = Command(
    "noise", noise, "eigenstep noise heavy_ball --set lr=0.1 --set beta=0.9 --set curvature=1"
)
