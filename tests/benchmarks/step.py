"""One optimizer step: ours compiled and blocked against torch, interleaved, medians of 9.

Run: python tests/benchmarks/step.py
"""

import statistics
import time

import torch
from eigenstep.optimizers import SGD, engine

MOMENTUM = {"lr": 1e-3, "momentum": 0.9}
NESTEROV = {**MOMENTUM, "nesterov": True}


def candidates(mode):
    yield "ours blocked", lambda p: SGD(p, engine="blocked", **mode)
    if engine.can_compile("cpu"):
        yield "ours compiled", lambda p: SGD(p, engine="compiled", **mode)
    yield "torch", lambda p: torch.optim.SGD(p, foreach=False, **mode)
    yield "torch foreach", lambda p: torch.optim.SGD(p, foreach=True, **mode)
    yield "torch fused", lambda p: torch.optim.SGD(p, fused=True, **mode)


def main():
    generator = torch.Generator().manual_seed(0)
    sizes = torch.randint(5_000, 50_001, (200,), generator=generator).tolist()
    for label, shapes in (("one tensor of 10M", [10_000_000]), ("200 tensors of 5-50k", sizes)):
        for name, mode in (("momentum", MOMENTUM), ("nesterov", NESTEROV)):
            optimizers = {}
            for which, make in candidates(mode):
                params = [torch.nn.Parameter(torch.randn(n)) for n in shapes]
                for p in params:
                    p.grad = torch.randn(p.shape)
                optimizers[which] = make(params)
                optimizers[which].step()
                optimizers[which].step()
            times = {which: [] for which in optimizers}
            for _ in range(9):
                for which, optimizer in optimizers.items():
                    start = time.perf_counter()
                    optimizer.step()
                    times[which].append(time.perf_counter() - start)
            unit = statistics.median(times["torch fused"])
            print(f"{label}, {name} (torch fused = {1e3 * unit:.1f} ms)")
            for which, values in times.items():
                print(f"    {which:14} {statistics.median(values) / unit:6.2f}")


if __name__ == "__main__":
    main()
