"""``eigenstep radius``"""

from __future__ import annotations

from .command import Command
from .options import Hold, Json, RuleName, Settings
from .output import emit
from .settings import POINT, check_used, held_in, theory_at, with_held


def radius(
    rule: RuleName, settings: Settings = None, hold: Hold = None, as_json: Json = False
) -> None:
    """Spectral radius and eigenvalues at a point."""
    theory, point = theory_at(rule, settings, hold=hold)
    product = str(theory.variable) != "lambda"
    check_used(theory, point, "radius", POINT if product else ("curvature",))
    value = theory.spectral_radius(**point)
    roots = [[float(z.real), float(z.imag)] for z in theory.eigenvalues_at(**point)]
    stable = theory.is_stable(**point)
    listed = ", ".join(f"{re:.10g}{im:+.10g}i" if im else f"{re:.10g}" for re, im in roots)
    # What rounds to 1 is said in words.
    words = "" if (value < 1) == stable else f" ({'' if stable else 'not '}stable)"
    document = {
        "rule": theory.rule.name,
        "radius": value,
        "stable": stable,
        "eigenvalues": roots,
    }
    said = f"spectral radius {value:.12g}{words}\neigenvalues {listed}{held_in(theory)}"
    emit(with_held(theory, document), as_json, said)


COMMAND = Command(
    "radius", radius, "eigenstep radius heavy_ball --set beta=0.9 --set eta_lambda=0.5"
)
