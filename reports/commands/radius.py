"""``eigenstep radius``"""

from __future__ import annotations

from .command import Command
from .options import Json, RuleName, Settings
from .output import emit
from .settings import POINT, check_used, theory_at


def radius(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Spectral radius and eigenvalues at a point."""
    theory, point = theory_at(rule, settings)
    product = str(theory.variable) != "lambda"
    check_used(theory, point, "radius", POINT if product else ("curvature",))
    value = theory.spectral_radius(**point)
    roots = [[float(z.real), float(z.imag)] for z in theory.eigenvalues_at(**point)]
    stable = theory.is_stable(**point)
    listed = ", ".join(f"{re:.10g}{im:+.10g}i" if im else f"{re:.10g}" for re, im in roots)
    # What rounds to 1 is said in words.
    words = "" if (value < 1) == stable else f" ({'' if stable else 'not '}stable)"
    emit(
        {"rule": theory.rule.name, "radius": value, "stable": stable, "eigenvalues": roots}, as_json,
        f"spectral radius {value:.12g}{words}\neigenvalues {listed}",
    )  # fmt: skip


COMMAND = Command(
    "radius", radius, "eigenstep radius heavy_ball --set beta=0.9 --set eta_lambda=0.5"
)
