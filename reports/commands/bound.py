"""``eigenstep bound``"""

from __future__ import annotations

from typing import Annotated

import typer

from ...optimizers.errors import UnknownName
from .command import Command
from .options import Json
from .output import emit


def bound(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="sgd")],
    r: Annotated[float, typer.Option("--r", help="distance of the start from a minimizer, r > 0")],
    L: Annotated[float, typer.Option("--L", help="largest length of a sample's gradient, L > 0")],
    T: Annotated[int, typer.Option("--T", help="steps, T >= 1")],
    schedule: Annotated[
        str, typer.Option(help="constant, inverse_square_root or inverse_time")
    ] = "constant",
    as_json: Json = False,
) -> None:
    """The convex bound on the mean iterate of stochastic gradient descent, and the best constant step."""
    from ...analysis.convex import exact_constant_step, first_step, schedule_bound

    if method not in ("sgd", "gradient_descent"):
        raise UnknownName("method with a convex bound", method, ["sgd"])
    value = schedule_bound(schedule, r, L, T)
    first = first_step(schedule, r, L, T)
    exact = exact_constant_step()
    text = {
        "constant": str(exact["bound"]),
        "inverse_square_root": "(r**2 + L**2*sum(lr_t**2))/(2*sum(lr_t)), lr_t = r/(L*sqrt(t))",
        "inverse_time": "(r**2 + L**2*sum(lr_t**2))/(2*sum(lr_t)), lr_t = r/(L*t)",
    }[schedule]
    emit(
        {"method": "sgd", "schedule": schedule, "lr": first, "bound": value, "exact": text}, as_json,
        f"learning rate {first:.12g}, bound {value:.12g} = {text}",
    )  # fmt: skip


COMMAND = Command("bound", bound, "eigenstep bound sgd --r 2 --L 3 --T 100")
