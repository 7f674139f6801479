"""``eigenstep check``"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from .command import Command
from .options import Json, completer, rule_names
from .output import emit
from .settings import settings_of


def _setting(text: str) -> Any:
    """A keyword argument as typed: a number, a pair of numbers, true, false, none, or a word."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if "," in text:
        return tuple(
            _setting(part.strip()) for part in text.strip("()[]").split(",") if part.strip()
        )
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def check(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="package.module:Optimizer, path.py:Optimizer")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="RULE",
            help="try this rule only",
            autocompletion=completer(rule_names),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="keyword argument of TARGET"),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="steps to compare")] = 100,
    seed: Annotated[
        int, typer.Option(min=0, max=(1 << 63) - 1, help="of the random gradients")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Say which rule an optimizer computes, and under which convention.

    TARGET is a torch optimizer class, a function of the parameters that returns one, a function
    that returns an optax transformation, or a rule. It is run beside every rule (or the one given)
    under every convention, on the same float64 gradients. Exit status: 0 if one agrees to 1e-10 of
    the distance travelled at every step, 1 if none does, 2 for bad input.
    """
    from ...analysis.comparison.comparing import compare
    from ...analysis.loading import load_rule, load_target
    from ...optimizers.rules import ALL_RULES
    from ..progress import progress

    rule = load_rule(against) if against else None
    build = load_target(target)
    keywords = {k: _setting(v) for k, v in settings_of(settings).items()}
    with progress("comparing", 1 if rule else len(ALL_RULES) + 3) as advance:
        found = compare(build, rule, settings=keywords, steps=steps, seed=seed, name=target,
                        advance=advance)  # fmt: skip
    emit(found.as_json(), as_json, found.describe())
    if not found.match:
        raise typer.Exit(1)


COMMAND = Command("check", check, "eigenstep check torch.optim:RAdam --set lr=0.01")
