"""The options that several commands share, and what the shell completes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from typing import Annotated

import typer


def completer(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Completes what begins as typed; silent where the names cannot be had."""

    def complete(incomplete: str) -> list[str]:
        with contextlib.suppress(Exception):
            return [n for n in names() if n.startswith(incomplete)]
        return []

    return complete


def rule_names() -> list[str]:
    """Of all rules that come with eigenstep."""
    from ...optimizers.rules import SHIPPED_RULES

    return list(SHIPPED_RULES)


RuleName = Annotated[
    str,
    typer.Argument(
        metavar="RULE", help="name, or path/to/file.py:rule", autocompletion=completer(rule_names)
    ),
]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, tcp://HOST:PORT, that does the work",
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="set a parameter; may be repeated"),
]
Hold = Annotated[
    list[str] | None,
    typer.Option(
        "--hold",
        metavar="STATE",
        help="a state that stands still: RULE near a minimum; may be repeated",
    ),
]
