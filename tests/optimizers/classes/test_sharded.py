"""Under FSDP2 (``fully_shard``) two processes compute what one does, reductions too."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

pytestmark = pytest.mark.timeout(400)
pytest.importorskip("torch.distributed.fsdp", reason="this torch has no fully_shard")
NORMED = (
    "LARS",
    "LAMB",
    "Ralamb",
    "RangerLARS",
    "MARS",
    "StableAdamW",
    "CautiousAdamW",
    "Prodigy",
    "centred",
    "cautious",
    "counted",
    "together",
)


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        pytest.skip("this torch has no gloo")
    folder = tmp_path_factory.mktemp("sharded")
    script = Path(__file__).with_name("sharded.py")
    said = [[(folder / f"{kind}{rank}") for kind in ("out", "err")] for rank in range(2)]
    processes = []
    for rank, (out, err) in enumerate(said):
        with out.open("w") as stdout, err.open("w") as stderr:
            command = [sys.executable, str(script), str(rank), "2", str(folder)]
            processes.append(subprocess.Popen(command, stdout=stdout, stderr=stderr))
    try:
        end = time.monotonic() + 300
        # One that failed leaves the other waiting for it.
        while any(p.poll() is None for p in processes) and not any(p.poll() for p in processes):
            assert time.monotonic() < end, failure(processes, said)
            time.sleep(0.1)
    finally:
        for p in processes:
            p.kill()
            p.wait()
    assert all(p.returncode == 0 for p in processes), failure(processes, said)
    return json.loads(said[0][0].read_text())


def failure(processes, said):
    """How each process ended and what it said on stderr."""
    told = (f"process {rank}, status {p.poll()}:\n{said[rank][1].read_text()}"
            for rank, p in enumerate(processes))  # fmt: skip
    return "\n".join(told)


def test_two_processes_compute_what_one_does(result):
    for kind in set(result) - {"shard norms", "refused"}:
        assert len(result[kind]) == 33
        for name, difference in result[kind].items():
            assert difference < 1e-13, (kind, name)


def test_norms_of_shards_would_be_wrong(result):
    for name, difference in result["shard norms"].items():
        assert (difference > 1e-3) == (name in NORMED), name


def test_rules_of_matrices_refuse_parts_of_them_by_name(result):
    for name, said in result["refused"].items():
        rule = {"AdamMini": "adam_mini"}.get(name, name.lower())
        assert said.startswith(f"rule {rule} cannot step a sharded parameter"), said
        assert "\n" not in said
