"""Theory that keeps compiled functions: they are made again where it is pickled or copied."""

from __future__ import annotations

from typing import Any, ClassVar


class Uncompiled:
    """Leaves the cached functions that ``_compiled`` names out of pickles and copies."""

    _compiled: ClassVar[tuple[str, ...]] = ()

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k not in self._compiled}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
