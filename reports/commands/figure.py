"""``eigenstep figure``"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ...optimizers.errors import UnknownName
from .command import Command
from .options import Json, completer
from .output import emit


def figure_names() -> list[str]:
    from ..figures.registry import ALL_FIGURES

    return ["list", *ALL_FIGURES]


def figure(
    name: Annotated[
        str,
        typer.Argument(
            help="name of the figure; `eigenstep figure list` lists them",
            autocompletion=completer(figure_names),
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="file: .svg, .pdf or .png")] = None,
    as_json: Json = False,
) -> None:
    """Draw one figure; the suffix of the file chooses the format."""
    from ..figures.registry import ALL_FIGURES, draw, save

    if name == "list":
        document = {"figures": {k: f.caption for k, f in ALL_FIGURES.items()}}
        text = "\n".join(f"{k:14} {f.caption}" for k, f in ALL_FIGURES.items())
        emit(document, as_json, text)
        return
    if name not in ALL_FIGURES:
        raise UnknownName("figure", name, ALL_FIGURES)
    out = out or Path(f"{name}.svg")
    save(draw, name, out)
    emit({"figure": name, "out": str(out)}, as_json, str(out))


COMMAND = Command("figure", figure, "eigenstep figure regions --out regions.svg")
