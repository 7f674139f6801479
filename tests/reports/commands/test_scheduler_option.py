"""``--scheduler``: a cluster gives the same verdicts and the same bytes, also when it loses a worker."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.machine import files
from eigenstep.optimizers.machine.scheduler import executor_at
from eigenstep.optimizers.rules import heavy_ball
from eigenstep.proofs.mutants import survey_all
from eigenstep.reports import work
from eigenstep.reports.chapters.exercises import table_of
from eigenstep.reports.dataset import DataError
from eigenstep.reports.experiments.worst_cases import map_over
from eigenstep.reports.figures import ALL_FIGURES
from eigenstep.reports.surroundings import Surroundings, surroundings

pytest.importorskip("distributed", reason="pip install 'eigenstep[cluster]'")
pytestmark = [
    pytest.mark.timeout(240),
    pytest.mark.skipif(os.name != "posix", reason="POSIX processes"),
]
sys.path.insert(0, str(Path(__file__).parents[2]))
from cluster import Cluster, descendants, kill, until  # noqa: E402

COMMAND = str(Path(sys.executable).with_name("eigenstep"))
CLAIMS = ["M7", "M8", "M9", "G7", "P12"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    for _ in range(2):
        made.worker()
    yield made
    made.close()


@pytest.fixture(autouse=True)
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache"))


def prove(*arguments, while_it_runs=lambda: None):
    process = subprocess.Popen(
        [COMMAND, "prove", *CLAIMS, "--json", "--no-cache", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while_it_runs()
    out, said = process.communicate(timeout=200)
    assert (process.returncode, said) == (0, "")
    return [without_times(row) for row in json.loads(out)["claims"]]


def without_times(row):
    corrected = row["corrected"] and without_times(row["corrected"])
    return {k: v for k, v in row.items() if k != "seconds"} | {"corrected": corrected}


def test_the_same_verdicts_though_a_worker_is_killed(cluster):
    here = prove()
    victim = cluster.worker()

    def kill_it():
        until(lambda: descendants(victim.pid))  # it has been given work
        kill(victim)

    assert prove("--scheduler", cluster.address, while_it_runs=kill_it) == here
    assert len(here) == 12


def test_the_same_mutants(cluster):
    keys = ["M8", "G7.corrected", "P12.corrected"]
    with executor_at(cluster.address) as executor:
        assert survey_all(keys, executor=executor) == survey_all(keys)


FIGURES = list(ALL_FIGURES)[:2]
PIECES = [
    "exercise:minibatch.2",
    f"figure:{FIGURES[0]}",
    "exercise:sgd.2",
    "exercise:sgd.5",
    f"figure:{FIGURES[1]}",
]


def made(pieces, **how):
    work.begin(False, True)
    work.prepare(pieces, 2, **how)
    return {name: work._memory[name] for name in pieces}


@pytest.fixture
def draft(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1790000000")
    yield
    work.begin(True, False)


def test_the_same_pieces_of_a_report_though_a_worker_is_killed(cluster, draft):
    """The workers have no data and know no SOURCE_DATE_EPOCH: both go with the job."""
    here = made(PIECES)
    victim, ticks = cluster.worker(), []

    def kill_it():
        until(lambda: descendants(victim.pid), 100)
        kill(victim)

    killer = threading.Thread(target=kill_it)
    killer.start()
    with executor_at(cluster.address, work.PACKAGES) as executor:
        there = made(PIECES, executor=executor, advance=ticks.append)
    killer.join()
    assert list(there) == list(here)
    for name, value in here.items():
        assert there[name] == value, name
    assert ticks == [1] * len(PIECES)


def test_a_piece_that_fails_says_so(cluster, draft, monkeypatch):
    monkeypatch.setattr(work, "_pieces", dict(work._pieces))
    work.register("exercise:none", table_of, "none")
    with (
        executor_at(cluster.address) as executor,
        pytest.raises(work.ReportError, match="exercise none failed: KeyError"),
    ):
        made(["exercise:none", "exercise:sgd.2"], executor=executor)


def test_surroundings_settle_and_other_data_is_refused(tmp_path, monkeypatch):
    content = b"1 2 3\n"
    monkeypatch.setenv("EIGENSTEP_DATA", "")
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    there = Surroundings("1790000000", content)
    assert there.settle()
    assert surroundings() == there
    assert not there.settle()
    with pytest.raises(DataError, match="eigenstep data"):
        Surroundings(None, None).settle()


@pytest.mark.parametrize(
    ("command", "address"),
    [(("prove",), "nonsense"), (("prove",), "127.0.0.1:1"), (("report", "--json"), "nonsense")],
)
def test_one_line_where_there_is_no_scheduler(command, address):
    done = subprocess.run(
        [COMMAND, *command, "--scheduler", address], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert address in done.stderr


def test_the_mutants_command():
    module = [sys.executable, "-m", "eigenstep.proofs.mutants"]
    done = subprocess.run([*module, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    assert "--scheduler ADDRESS" in done.stdout
    done = subprocess.run([*module, "--scheduler", "nonsense"], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "scheduler = 'nonsense'" in done.stderr


def test_a_map_of_worst_cases_on_a_cluster(cluster):
    theory, axes = (
        derive(heavy_ball),
        {"lr": np.linspace(0.05, 3, 50), "beta": np.linspace(0, 0.9, 40)},
    )
    here = map_over(theory, 0.1, 1, {}, axes)
    there = map_over(theory, 0.1, 1, {}, axes, scheduler=cluster.address)
    assert (here.verdict == there.verdict).all()
    np.testing.assert_array_equal(here.rate, there.rate)
