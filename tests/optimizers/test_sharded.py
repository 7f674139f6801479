"""Under FSDP2 (``fully_shard``) two processes compute what one does, trust ratios too."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

pytest.importorskip("torch.distributed.fsdp", reason="this torch has no fully_shard")
NORMED = ("LARS", "LAMB", "Ralamb", "RangerLARS")


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    if not torch.distributed.is_available() or not torch.distributed.is_gloo_available():
        pytest.skip("this torch has no gloo")
    folder = tmp_path_factory.mktemp("sharded")
    script = Path(__file__).with_name("sharded.py")
    processes = [
        subprocess.Popen([sys.executable, str(script), str(rank), "2", str(folder)],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for rank in range(2)
    ]  # fmt: skip
    try:
        said = [p.communicate(timeout=300) for p in processes]
    finally:
        for p in processes:
            p.kill()
    assert all(p.returncode == 0 for p in processes), said[0][1] + said[1][1]
    return json.loads(said[0][0])


def test_two_processes_compute_what_one_does(result):
    for kind in set(result) - {"shard norms"}:
        assert len(result[kind]) == 21
        for name, difference in result[kind].items():
            assert difference < 1e-13, (kind, name)


def test_norms_of_shards_would_be_wrong(result):
    for name, difference in result["shard norms"].items():
        assert (difference > 1e-3) == (name in NORMED), name
