"""One of several processes that train a sharded model with every optimizer; a test starts it.

Usage: python sharded.py RANK WORLD FOLDER. Rank 0 prints one JSON object: for every optimizer the
largest difference from the same training in one process.
"""

import faulthandler
import json
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from eigenstep import optimizers as ours
from eigenstep.optimizers.engine import kernel as engine
from eigenstep.optimizers.errors import EigenstepError

sys.path.insert(0, str(Path(__file__).parent.parent))
from test_wider_rules import RULES

WIDER = {r.name: r for r in RULES}
STEPS = 7
CLASSES = {
    **{n: {} for n in ("GradientDescent", "HeavyBall", "Nesterov", "Adagrad", "RMSprop", "Adadelta", "Adam",
                       "AdamW", "AdaMax", "Nadam", "AMSGrad", "RAdam", "Yogi", "AdaBound", "AMSBound",
                       "LARS", "LAMB", "Ralamb", "MARS", "Rprop", "AggMo", "ScheduleFreeAdamW", "ASGD",
                       "StableAdamW", "CautiousAdamW")},
    "Prodigy": {"lr": 1.0, "d0": 0.01},  # so that d grows
    "Ranger": {"k": 3}, "RangerLARS": {"k": 3}, "Lookahead": {}, **{n: {} for n in WIDER},
}  # fmt: skip


def model():
    torch.manual_seed(0)
    layers = (
        torch.nn.Linear(5, 3),
        torch.nn.Tanh(),
        torch.nn.Linear(3, 1),
    )  # rows do not divide evenly
    return torch.nn.Sequential(*layers).double()


def optimizer_of(name, params, kind):
    if name == "Lookahead":
        return ours.Lookahead(ours.AdamW(params, lr=0.05, engine=kind), k=3)
    if name in WIDER:
        return ours.RuleOptimizer(params, WIDER[name], lr=0.05, engine=kind)
    return getattr(ours, name)(params, **{"lr": 0.05, **CLASSES[name]}, engine=kind)


def train(net, name, kind):
    optimizer = optimizer_of(name, net.parameters(), kind)
    generator = torch.Generator().manual_seed(1)
    for _ in range(STEPS):
        x = torch.randn(8, 5, dtype=torch.float64, generator=generator)
        optimizer.zero_grad()
        (net(x) ** 2).mean().backward()
        optimizer.step()
    return [p.full_tensor() if hasattr(p, "full_tensor") else p for p in net.parameters()]


def differences(kind):
    from torch.distributed.fsdp import fully_shard

    found = {}
    for name in CLASSES:
        whole = train(model(), name, kind)
        sharded = model()
        for layer in sharded:
            if list(layer.parameters()):
                fully_shard(layer)
        fully_shard(sharded)
        parts = train(sharded, name, kind)
        pairs = zip(whole, parts, strict=True)
        found[name] = max((a - b).abs().max().item() for a, b in pairs)
    return found


def refusals():
    """What the rules of matrices say of parameters that are in parts."""
    from torch.distributed.fsdp import fully_shard

    said = {}
    for name in ("Adafactor", "AdamMini", "Muon", "Shampoo", "SOAP"):
        net = torch.nn.Linear(5, 3, bias=False)
        fully_shard(net)
        before = net.weight.to_local().clone()
        net(torch.ones(2, 5)).sum().backward()
        try:
            getattr(ours, name)(net.parameters(), lr=0.05).step()
            said[name] = "stepped"
        except EigenstepError as error:
            unchanged = torch.equal(net.weight.to_local(), before)
            said[name] = str(error) if unchanged else f"changed, then said {error}"
    return said


def main():
    rank, world, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    torch.set_num_threads(1)
    store = dist.FileStore(f"{folder}/store", world)
    dist.init_process_group("gloo", rank=rank, world_size=world, store=store)
    result = {"blocked": differences("blocked")}
    if engine.can_compile("cpu"):
        result["compiled"] = differences("compiled")
    engine.over_processes = lambda groups, reductions, found: found  # naive: the norm of the shard
    result["refused"] = refusals()
    result["shard norms"] = differences("blocked")
    if rank == 0:
        print(json.dumps(result), flush=True)
    dist.destroy_process_group()


if __name__ == "__main__":
    faulthandler.enable()
    main()
    # Without Python's own end: FSDP2 keeps gloo's threads beyond destroy_process_group, and one that lets
    # go of its last tensors then asks a finalizing interpreter for its lock, which ends the process
    # ("terminate called without an active exception"), with torch's own optimizers too.
    os._exit(0)
