"""Modules that moved into rooms, importable from where they were."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _Moved(MetaPathFinder, Loader):
    """Finds the modules of one package that moved, by their old names."""

    def __init__(self, package: str, places: Mapping[str, str]) -> None:
        self.places = {f"{package}.{old}": f"{package}.{new}" for old, new in places.items()}
        self.specs: dict[str, ModuleSpec | None] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname in self.places else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = import_module(self.places[spec.name])
        self.specs[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        module.__spec__ = self.specs.pop(spec.name)  # its own, not that of the old name


def moved(package: str, places: Mapping[str, str]) -> None:
    """Let modules be imported by their old names too, as the very same modules.

    Args:
        package: the package's full name.
        places: the old name in it of each module, and the new one.

    >>> import eigenstep.analysis.frozen, eigenstep.analysis.adaptive.frozen
    >>> eigenstep.analysis.frozen is eigenstep.analysis.adaptive.frozen
    True
    """
    sys.meta_path.append(_Moved(package, places))
