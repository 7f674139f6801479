"""How the report is made again."""

from __future__ import annotations

import platform
from importlib.metadata import version

from ..experiments.training import SEEDS
from ..figures.registry import ALL_FIGURES
from ..timing import committed, is_reproducible, machine
from .chapter import Chapter

_PACKAGES = ("eigenstep", "sympy", "numpy", "scipy", "matplotlib", "torch", "z3-solver")


def appendix() -> str:
    """Versions, machine, seeds, commit, and how to make each part again."""
    versions = ", ".join(f"{p} {version(p)}" for p in _PACKAGES)
    commands = "\n".join(f"eigenstep figure {name} --out {name}.svg" for name in ALL_FIGURES)
    made = machine()
    commit = committed()
    said = (
        "This report is reproducible: measured times are left out, as `SOURCE_DATE_EPOCH` asks.\n"
        if is_reproducible()
        else f"Made on {made['processor']}, {made['cores']} cores, {made['system']}. Measured times differ from run to run; with "
        "`SOURCE_DATE_EPOCH` set they are left out and every run gives the same bytes.\n"
    )
    return "\n".join([
        "# How to make it again {#reproduce}\n",
        f"Python {platform.python_version()}, {versions}. {f'Commit `{commit}`. ' if commit else ''}Random numbers come from seeded "
        f"generators (seed 0; where a spread is given, seeds {SEEDS[0]} to {SEEDS[-1]}). {said}",
        "```sh\nmake report\neigenstep prove\n" + commands + "\n```\n",
    ])  # fmt: skip


REPRODUCE = Chapter("reproduce", lambda _: appendix())
