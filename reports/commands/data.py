"""``eigenstep data``"""

from __future__ import annotations

from .command import Command
from .options import Json
from .output import emit


def data(as_json: Json = False) -> None:
    """Download the airfoil data set into the cache folder, verified by its checksum."""
    from ..dataset import download

    path = download()
    emit({"path": str(path)}, as_json, str(path))


COMMAND = Command("data", data, "eigenstep data")
