"""Every example in a docstring, and those of the README, run."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

FOLDERS = ("optimizers", "analysis", "proofs", "reports")


def _modules():
    for folder in FOLDERS:
        package = importlib.import_module(f"eigenstep.{folder}")
        yield package.__name__
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            yield found.name


@pytest.mark.parametrize("name", sorted(set(_modules())))
def test_module(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


def test_readme():
    readme = Path(__file__).resolve().parents[1] / "README.md"
    result = doctest.testfile(str(readme), module_relative=False)
    assert result.attempted > 0
    assert result.failed == 0
