"""One step of every optimizer, against torch, pytorch-optimizer and torch-optimizer.

All implementations of an optimizer are stepped in turn in one process; the table shows medians, as
multiples of torch's fused Adam in the same round. ``floor`` is what memory traffic alone allows: the
rule's bytes a parameter over Adam's 28. ``copy`` is our compiled step over copying as many bytes.

Run: python tests/benchmarks/step.py [--cases 10M,200,resnet50,gpt2] [--only Adam,LAMB] [--repeats 9]
"""

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers.engine import kernel as engine
from eigenstep.optimizers.machine.files import write_atomically
from eigenstep.optimizers.program.recording import record
from eigenstep.reports.progress import progress

LR = {"lr": 1e-3}
MOMENTUM = {"lr": 1e-3, "momentum": 0.9}
OPTIMIZERS = {  # ours: arguments, torch's name, pytorch-optimizer's, torch-optimizer's
    "GradientDescent": (LR, "SGD", None, None),
    "HeavyBall": (MOMENTUM, "SGD", None, None),
    "Nesterov": (MOMENTUM, "SGD nesterov", None, None),
    "Adagrad": (LR, "Adagrad", None, None),
    "RMSprop": (LR, "RMSprop", None, None),
    "Adadelta": (LR, "Adadelta", None, None),
    "Adam": (LR, "Adam", None, None),
    "AdamW": (LR, "AdamW", None, None),
    "AdaMax": (LR, "Adamax", None, None),
    "Nadam": (LR, "NAdam", None, None),
    "AMSGrad": (LR, "Adam amsgrad", None, None),
    "RAdam": (LR, "RAdam", "RAdam", "RAdam"),
    "Yogi": (LR, None, "Yogi", "Yogi"),
    "AdaBound": (LR, None, "AdaBound", "AdaBound"),
    "AMSBound": (LR, None, "AdaBound ams_bound", "AdaBound amsbound"),
    "LARS": (LR, None, "LARS", None),
    "LAMB": (LR, None, "Lamb", "Lamb"),
    "Ralamb": (LR, None, None, None),
    "Lookahead": (LR, None, None, None),
    "Ranger": (LR, None, "Ranger", "Ranger"),
    "RangerLARS": (LR, None, None, None),
    "QHM": (MOMENTUM, None, "QHM", "QHM"),
    "AggMo": (LR, None, "AggMo", "AggMo"),
    "TripleMomentum": (LR, None, None, None),
    "Signum": (LR, None, "SignSGD", None),
    "Lion": (LR, None, "Lion", None),
    "Rprop": (LR, "Rprop", None, None),
    "ASGD": (LR, "ASGD", None, None),
    "ScheduleFreeSGD": (LR, None, "ScheduleFreeSGD", None),
    "ScheduleFreeAdamW": (LR, None, "ScheduleFreeAdamW", None),
    "AdEMAMix": (LR, None, "AdEMAMix", None),
    "Adan": (LR, None, "Adan", None),
    "MARS": (LR, None, "MARS", None),
    "ADOPT": (LR, None, "ADOPT", None),
    "LaProp": (LR, None, "LaProp", None),
    "StableAdamW": (LR, None, "StableAdamW", None),
    "CautiousAdamW": (LR, None, None, None),
    "Prodigy": ({"lr": 1.0}, None, "Prodigy", None),
    "Sophia": (LR, None, None, None),
    "Adafactor": (LR, "Adafactor", None, None),
    "AdamMini": (LR, None, None, None),
    "Muon": (LR, "Muon", None, None),
    "Shampoo": (LR, None, "Shampoo", None),
    "SOAP": (LR, None, "SOAP", None),
}
BY_TORCH = ("Adafactor", "AdamMini", "Muon", "Shampoo", "SOAP")
"""Stepped by torch's operations on whole matrices: nothing is fused, and no floor of bytes holds."""


def resnet50():
    shapes, width = [(64, 3, 7, 7), (64,), (64,)], 64
    for planes, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for block in range(blocks):
            out = 4 * planes
            convolutions = [(planes, width, 1, 1), (planes, planes, 3, 3), (out, planes, 1, 1)]
            if block == 0:
                convolutions.append((out, width, 1, 1))
            for c in convolutions:
                shapes += [c, c[:1], c[:1]]
            width = out
    return [*shapes, (1000, 2048), (1000,)]


def gpt2():
    d = 768
    layer = [(d,), (d,), (d, 3 * d), (3 * d,), (d, d), (d,), (d,), (d,), (d, 4 * d), (4 * d,),
             (4 * d, d), (d,)]  # fmt: skip
    return [(50257, d), (1024, d), *(layer * 12), (d,), (d,)]


def many():
    generator = torch.Generator().manual_seed(0)
    return [(int(n),) for n in torch.randint(5_000, 50_001, (200,), generator=generator)]


def matrices():
    return [(256, 512)] * 8


CASES = {
    "10M": lambda: [(10_000_000,)],
    "200": many,
    "resnet50": resnet50,
    "gpt2": gpt2,
    "matrices": matrices,
}


def ours_as(name, arguments, kind):
    if name == "Lookahead":
        return lambda p: ours.Lookahead(ours.AdamW(p, engine=kind, **arguments))
    if name == "Sophia":
        return lambda p: sophia(p, kind, arguments)
    return lambda p: getattr(ours, name)(p, engine=kind, **arguments)


def sophia(params, kind, arguments):
    optimizer = ours.Sophia(params, engine=kind, **arguments)
    optimizer.give(estimate=[torch.ones_like(p) for p in params])
    return optimizer


def implementations(name):
    arguments, torchs, other, third = OPTIMIZERS[name]
    if engine.can_compile("cpu") and name not in BY_TORCH:
        yield "compiled", ours_as(name, arguments, "compiled")
    yield "by torch" if name in BY_TORCH else "blocked", ours_as(name, arguments, "blocked")
    if torchs:
        cls, _, option = torchs.partition(" ")
        extra = {**arguments, **({option: True} if option else {})}
        build = getattr(torch.optim, cls)
        alone = {} if name == "Muon" else {"foreach": False}
        yield "torch", lambda p: build(p, **alone, **extra)
        yield "foreach", lambda p: build(p, foreach=True, **extra)
        yield "fused", lambda p: build(p, fused=True, **extra)
    for column, package, known in (
        ("pytorch-optimizer", "pytorch_optimizer", other), ("torch-optimizer", "torch_optimizer", third),
    ):  # fmt: skip
        if known and importlib.util.find_spec(package):
            cls, _, option = known.partition(" ")
            found = getattr(importlib.import_module(package), cls)
            extra = {**arguments, **({option: True} if option else {})}
            yield column, lambda p, found=found, extra=extra: found(p, **extra)


def bytes_per_parameter(name):
    """What a step must read and write of float32 memory; Lookahead's is that between synchronizations.

    A reduction ends a pass, and what is read after it is read once more. 0 for rules of matrices.
    """
    if name in BY_TORCH:
        return 0
    parameter = torch.nn.Parameter(torch.ones(1))
    parameter.grad = torch.ones(1)
    optimizer = ours_as(name, OPTIMIZERS[name][0], "blocked")([parameter])
    optimizer.step()
    stored, c = optimizer._coefficients(optimizer.param_groups[0], 7)
    names = tuple(k for k, v in c.items() if not isinstance(v, str | bool))
    program = record(stored, names, {k: v for k, v in c.items() if k not in names})
    passes = program.phases()
    return 4 * sum(len(p.loads) + len(p.stores) for p in passes)


def timed(call):
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def measure(name, params, repeats, warm=6):
    """Median seconds of each implementation, of fused Adam and of a copy of 8 bytes a parameter."""
    steps = {"fused Adam": torch.optim.Adam(params, lr=1e-3, fused=True).step}
    for column, build in implementations(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                steps[column] = build(params).step
                timed(steps[column])
            except (RuntimeError, TypeError, ValueError):  # fused exists for some of torch's only
                steps.pop(column, None)
    size = sum(p.numel() for p in params)
    source, target = torch.ones(size), torch.ones(size)
    steps["copy"] = lambda: target.copy_(source)
    times = {column: [] for column in steps}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(warm):  # past RAdam's first steps, and every buffer made
            for column in ("compiled", "fused Adam", "copy"):
                if column in steps:
                    steps[column]()
        for _ in range(repeats):
            for column, step in steps.items():
                times[column].append(timed(step))
    return {column: statistics.median(t) for column, t in times.items()}


FIRST = """
import time, torch
p = torch.nn.Parameter(torch.ones(1000)); p.grad = torch.ones(1000)
start = time.perf_counter()
from eigenstep import optimizers
{build}([p]).step()
print(time.perf_counter() - start)
"""


def first_step(name):
    """Seconds from an imported torch to the end of the first step, in a fresh process."""
    build = f"optimizers.{name}"
    if name == "Lookahead":
        build = "(lambda p: optimizers.Lookahead(optimizers.AdamW(p)))"
    command = [sys.executable, "-c", FIRST.format(build=build)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def row(name, case, seconds, size):
    unit = seconds["fused Adam"]
    bytes_ = bytes_per_parameter(name)
    floor = bytes_ / 28
    ratios = {k: v / unit for k, v in seconds.items() if k not in ("fused Adam", "copy")}
    found = {"optimizer": name, "case": case, "bytes": bytes_per_parameter(name), "floor": floor,
             "fused_adam_ms": 1e3 * unit, "ratios": ratios}  # fmt: skip
    if "compiled" in seconds:
        copied = seconds["copy"] * bytes_per_parameter(name) / 8
        found["over_copy"] = seconds["compiled"] / copied
        found["bandwidth_gb_s"] = bytes_per_parameter(name) * size / seconds["compiled"] / 1e9
    return found


COLUMNS = (
    "compiled",
    "blocked",
    "by torch",
    "torch",
    "foreach",
    "fused",
    "pytorch-optimizer",
    "torch-optimizer",
)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", default=",".join(CASES), help=f"some of {', '.join(CASES)}")
    parser.add_argument("--only", default=",".join(OPTIMIZERS), help="some of our class names")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--no-first", action="store_true", help="leave out first steps")
    parser.add_argument("--out", type=Path, default=Path("build/benchmarks/step.json"))
    arguments = parser.parse_args()
    names, cases = arguments.only.split(","), arguments.cases.split(",")
    for wrong in [*(set(names) - set(OPTIMIZERS)), *(set(cases) - set(CASES))]:
        parser.error(f"unknown: {wrong}")
    rows, firsts = [], {}
    with progress("benchmark", len(names) * (len(cases) + (not arguments.no_first))) as advance:
        for case in cases:
            generator = torch.Generator().manual_seed(1)
            params = [
                torch.nn.Parameter(torch.randn(s, generator=generator)) for s in CASES[case]()
            ]
            for p in params:
                p.grad = torch.randn(p.shape, generator=generator)
            size = sum(p.numel() for p in params)
            print(f"\n{case}: {len(params)} tensors, {size / 1e6:.1f}M float32 parameters, "
                  f"{torch.get_num_threads()} threads")  # fmt: skip
            print(
                f"{'':16}{'bytes':>6}{'floor':>7}{'copy':>6}"
                + "".join(f"{c[:9]:>10}" for c in COLUMNS)
            )
            for name in names:
                found = row(name, case, measure(name, params, arguments.repeats), size)
                rows.append(found)
                cells = [f"{found['ratios'][c]:10.2f}" if c in found["ratios"] else f"{'-':>10}"
                         for c in COLUMNS]  # fmt: skip
                print(f"{name:16}{found['bytes']:6}{found['floor']:7.2f}{found.get('over_copy', 0):6.2f}"
                      + "".join(cells), flush=True)  # fmt: skip
                advance(1)
        if not arguments.no_first:
            for name in names:
                firsts[name] = first_step(name)
                advance(1)
            slowest = max(firsts, key=firsts.get)
            print(f"\nfirst step in a fresh process: at most {firsts[slowest]:.3f} s ({slowest})")
    document = {"torch": torch.__version__, "threads": torch.get_num_threads(), "rows": rows,
                "first_step_seconds": firsts}  # fmt: skip
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(arguments.out, json.dumps(document, indent=1).encode())
    print(f"written to {arguments.out}")


if __name__ == "__main__":
    main()
