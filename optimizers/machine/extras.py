"""What an optional part of eigenstep needs, and the one line that says so where it is missing."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import EigenstepError


class MissingExtra(EigenstepError, ImportError):
    """A package that an optional part needs is not installed; the message names the command that gets it."""


def require_extra(what: str, extra: str, *modules: str) -> None:
    """Raise :class:`MissingExtra` unless all modules can be found; none is imported.

    Args:
        what: the part, as the sentence begins: ``the report``.
        extra: the name in ``pip install 'eigenstep[extra]'``.
        modules: top-level modules.

    >>> require_extra("this example", "report", "json", "no_such_module")
    Traceback (most recent call last):
        ...
    eigenstep.optimizers.machine.extras.MissingExtra: this example needs: pip install 'eigenstep[report]' \
(no_such_module is not installed)
    """
    missing = [name for name in modules if not _there(name)]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        raise MissingExtra(
            f"{what} needs: pip install 'eigenstep[{extra}]' ({', '.join(missing)} {verb} not installed)"
        )


def _there(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):  # blocked, or half imported
        return False


__all__ = ["MissingExtra", "require_extra"]
