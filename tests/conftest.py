"""Shared by all tests: where the data is, one thread a worker, the report."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path

import pytest

_BESIDE = Path(__file__).resolve().parents[2] / "shared" / "data" / "airfoil_self_noise.dat"
if not os.environ.get("EIGENSTEP_DATA") and _BESIDE.is_file():
    os.environ["EIGENSTEP_DATA"] = str(_BESIDE)


# The workers of the tests are as many as the cores; more threads than that only wait for one another.
for _name, _value in {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}.items():  # fmt: skip
    os.environ.setdefault(_name, _value)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


_LONGEST = (
    "reports/page/test_browser.py",  # makes the report, with both cores while the other worker goes on
    "proofs/test_mutants.py", "optimizers/classes/test_edges.py", "proofs/test_ledger.py",
    "reports/commands/test_hostile_input.py", "optimizers/classes/test_conformance.py",
    "reports/commands/test_signals.py", "reports/commands/test_scheduler_option.py", "reports/test_report.py",
    "analysis/test_symmetries.py", "optimizers/classes/test_sharded.py", "optimizers/engine/test_memory.py",
    "test_package.py", "optimizers/engine/test_engine.py", "analysis/linear/test_search.py",
    "analysis/comparison/test_comparing.py", "analysis/adaptive/test_adam_failure.py",
    "reports/commands/test_command_line.py", "reports/figures/test_figures.py",
)  # fmt: skip
"""What is begun first, so that no worker is left with it at the end: 20 seconds and more, or nearly."""


def pytest_collection_modifyitems(items):
    """Whichever of the tests that read the report comes first makes it, and the others wait for that."""
    place = {Path(__file__).parent / name: i for i, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: place.get(item.path, len(place)))
    for item in items:
        if "report_files" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.timeout(1200))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    """One folder for all workers of this run of the tests, empty at its start."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session")
def decided(shared_folder):
    """A function of a claim's id: how this run of the tests decided it, once for all of its workers."""
    from eigenstep.proofs import decide_all

    def of(key):
        with decisions_kept_in(shared_folder):
            return decide_all([key])[key]

    return of


@contextmanager
def decisions_kept_in(folder):
    """Claims are decided into ``folder``, and taken from nowhere else: not from an earlier run's cache."""
    from eigenstep.optimizers.machine import keeping

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keeping, "cache_folder", lambda: folder)
        yield


@pytest.fixture(scope="session")
def report_files(shared_folder):
    """The whole report, made once by whichever worker asks first: [index.html, eigenstep.pdf]."""
    from eigenstep.reports.report import write_report
    from filelock import FileLock

    with FileLock(shared_folder / "report.lock"), decisions_kept_in(shared_folder):
        return write_report(shared_folder / "report")


@pytest.fixture
def airfoil():
    """The airfoil problem, or a skip that says what is missing."""
    from eigenstep.reports.experiments.airfoil import find, load_airfoil

    if find() is None:
        pytest.skip("the airfoil data is not here (EIGENSTEP_DATA, or `eigenstep data`)")
    return load_airfoil()
