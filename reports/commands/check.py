"""``eigenstep check``"""

from __future__ import annotations

import math
from typing import Annotated, Any

import typer

from ...optimizers.errors import shown
from .command import Command
from .options import Json, completer, rule_names
from .output import emit
from .settings import BadOption, settings_of


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


_MOST = 1_000_000


def _shape(text: str) -> tuple[int, ...]:
    """``8x8`` as a shape.

    Raises:
        BadOption: it is none, or has more than a million elements.
    """
    parts = text.lower().split("x")
    if not all(p.isascii() and p.isdecimal() and 1 <= len(p) <= 7 for p in parts) or len(parts) > 8:
        raise BadOption(f"--shape {shown(text)} is not of the form 8x8: sizes with x between them")
    found = tuple(map(int, parts))
    if not 1 <= math.prod(found) <= _MOST:
        raise BadOption(
            f"--shape {shown(text)} has {math.prod(found)} elements; 1 to {_MOST} are compared"
        )
    return found


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
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="ARGUMENT=NAME",
            help="which hyperparameter of RULE an argument of TARGET is; of a tuple, "
            "betas=beta1,beta2; may be repeated",
        ),
    ] = None,
    rule_settings: Annotated[
        list[str] | None,
        typer.Option("--set-rule", metavar="NAME=VALUE", help="hyperparameter of RULE"),
    ] = None,
    shapes: Annotated[
        list[str] | None,
        typer.Option(
            "--shape", metavar="8x8", help="shape of a parameter tensor; repeated for several"
        ),
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
    under every convention, on the same float64 gradients; your own rule as the torch optimizer that
    is made of it. Numbers are given to the rule by name, as --map says, or in the other ways that
    there are. Exit status: 0 if one agrees to 1e-10 of the distance travelled at every step, 1 if
    none does, 2 for bad input.
    """
    from ...analysis.comparison.comparing import compare
    from ...analysis.comparison.mapping import names_of
    from ...analysis.loading import load_rule, load_target
    from ...optimizers.rules import ALL_RULES
    from ..progress import progress

    if against is None and (mapping or rule_settings):
        raise BadOption(
            f"{'--map' if mapping else '--set-rule'} is for one rule: name it with --against"
        )
    tensors = [_shape(text) for text in shapes] if shapes else None
    pairs = {k: names_of(v) for k, v in settings_of(mapping, "--map").items()}
    numbers = {k: _setting(v) for k, v in settings_of(rule_settings, "--set-rule").items()}
    rule = load_rule(against) if against else None
    build = load_target(target)
    keywords = {k: _setting(v) for k, v in settings_of(settings).items()}
    with progress("comparing", 1 if rule else len(ALL_RULES) + 3) as advance:
        found = compare(build, rule, settings=keywords, steps=steps, seed=seed, name=target,
                        advance=advance, shapes=tensors, mapping=pairs,
                        rule_settings=numbers)  # fmt: skip
    emit(found.as_json(), as_json, found.describe())
    if not found.match:
        raise typer.Exit(1)


COMMAND = Command(
    "check",
    check,
    "eigenstep check torch.optim:Adam --against adam --map betas=beta1,beta2 --set lr=0.01 --shape 8x8",
)
