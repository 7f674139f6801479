"""The engines: recorded once, the same numbers blocked and compiled, and never felt."""

import ctypes
import subprocess
import sys
import time

import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import RuleOptimizer, ops, rule
from eigenstep.optimizers.compositions import at_gradient_point, with_weight_decay
from eigenstep.optimizers.domains import LearningRate
from eigenstep.optimizers.engine import kernel as engine
from eigenstep.optimizers.engine import native
from eigenstep.optimizers.machine import files
from eigenstep.optimizers.program import c
from eigenstep.optimizers.program.nodes import NotRecordable
from eigenstep.optimizers.program.recording import record
from eigenstep.optimizers.program.torch_blocks import BLOCK
from eigenstep.optimizers.rules import ALL_RULES, adam, heavy_ball, lamb, radam
from torch.optim import lr_scheduler

NORMED = ("lars", "lamb", "ralamb", "ranger_lars", "mars")
ELEMENTWISE = [n for n in ALL_RULES if n not in NORMED]
compiler = pytest.mark.skipif(not engine.can_compile("cpu"), reason="no C compiler")


def split(r, t=6):
    """A rule as it is run: its numeric coefficients at step t and its choices."""
    stored = at_gradient_point(r)
    c = stored.coefficients(t, stored.with_defaults({}))
    numeric = {k: float(v) for k, v in c.items() if not isinstance(v, str | bool)}
    return stored, numeric, {k: v for k, v in c.items() if k not in numeric}


def gradients(shape, dtype, seed, strange=True):
    generator = torch.Generator().manual_seed(seed)
    g = torch.randn(shape, generator=generator) * 10.0 ** torch.randint(
        -3, 4, shape, generator=generator
    )
    if strange and g.dim() and g.numel() > 9:
        flat = g.view(-1)
        flat[1], flat[3], flat[5], flat[7] = 0.0, float("nan"), float("inf"), -float("inf")
    return g.to(dtype)


def run(name, dtype, kind, steps=7, strange=True):
    sizes = ((40,), (5, 3), (), (1,), (0,), (BLOCK + 3,), (2, 33_000))
    generator = torch.Generator().manual_seed(0)
    params = [torch.nn.Parameter(torch.randn(s, generator=generator).to(dtype)) for s in sizes]
    optimizer = RuleOptimizer(params, ALL_RULES[name], lr=0.01, engine=kind)
    for t in range(steps):
        for p in params:
            p.grad = gradients(p.shape, dtype, t, strange)
        optimizer.step()
    return [p.detach() for p in params], optimizer


@compiler
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_engines_agree_bit_for_bit(name, dtype):
    """With zeros, NaN and infinities among the gradients."""
    results = [run(name, dtype, kind) for kind in ("blocked", "compiled")]
    for a, b in zip(results[0][0], results[1][0], strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, equal_nan=True)
    states = [list(o.state.values()) for _, o in results]
    for one, other in zip(*states, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0, equal_nan=True)


@compiler
@pytest.mark.parametrize("name", NORMED)
def test_engines_agree_on_norms_within_rounding(name):
    """A norm is summed in another order, in float64: one rounding of the parameter a step."""
    for dtype, tolerance in ((torch.float32, 2.0**-22), (torch.float64, 2.0**-50)):
        one, other = (run(name, dtype, kind, strange=False)[0] for kind in ("blocked", "compiled"))
        for a, b in zip(one, other, strict=True):
            torch.testing.assert_close(a, b, rtol=7 * tolerance, atol=7 * tolerance)


@pytest.mark.parametrize("name", ALL_RULES)
def test_blocked_is_the_rule_on_tensors(name):
    """Running the recorded program is running the rule's function on whole tensors."""
    stored, numeric, choices = split(ALL_RULES[name])
    program = record(stored, tuple(numeric), choices)
    generator = torch.Generator().manual_seed(0)
    tensors = [torch.rand(3, 5, dtype=torch.float64, generator=generator) + 0.1
               for _ in range(2 + len(stored.state))]  # fmt: skip
    expected = stored(*tensors, **numeric, **choices)
    got = [t.clone() for t in tensors]
    engine.Blocked(program)([t.view(-1) for t in got], (1.0, *numeric.values()))
    for a, b in zip(expected, [got[0], *got[2:]], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-14, atol=1e-16)
    assert torch.equal(got[1], tensors[1])  # the gradient is left alone


@pytest.mark.parametrize("kind", ["blocked", pytest.param("compiled", marks=compiler)])
def test_norms_are_of_the_whole_tensor(kind):
    @rule
    def normalized(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * g / ops.norm(g)

    p = torch.nn.Parameter(torch.zeros(BLOCK * 2 + 5, dtype=torch.float64))
    optimizer = RuleOptimizer([p], normalized, lr=2.0, engine=kind)
    p.grad = torch.randn(p.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    optimizer.step()
    assert p.detach().norm().item() == pytest.approx(2.0, rel=1e-12)


def test_phases():
    """A norm ends a pass; what the second pass needs of the state is read back, not kept."""
    stored, numeric, choices = split(lamb)
    first, second = record(stored, tuple(numeric), choices).phases()
    assert len(first.reductions) == 2
    assert [i for i, _ in first.stores] == [2, 3]
    assert [i for i, _ in second.stores] == [0]
    assert 1 not in second.loads  # the gradient is not needed again
    stored, numeric, choices = split(with_weight_decay(radam))
    assert len(record(stored, tuple(numeric), choices).phases()) == 1


def test_a_state_whose_old_value_is_needed_later_is_written_late():
    @rule
    def late(theta, g, s, *, lr: LearningRate = 0.1):
        return theta - lr * s / ops.norm(s + g), s + g

    first, second = record(late, ("lr",), {}).phases()
    assert first.stores == ()
    assert [i for i, _ in second.stores] == [0, 2]
    p = torch.nn.Parameter(torch.zeros(3, dtype=torch.float64))
    p.grad = torch.tensor([3.0, 4.0, 0.0], dtype=torch.float64)
    optimizer = RuleOptimizer([p], late, lr=1.0)
    for _ in range(2):
        optimizer.step()
    torch.testing.assert_close(p.detach(), -p.grad / 10)


def test_a_rule_that_cannot_be_recorded_is_run_by_torch():
    @rule
    def odd(theta, g, v, *, lr: LearningRate = 0.1):
        v = v + torch.tanh(g)
        return theta - lr * v, v

    with pytest.raises(NotRecordable):
        record(odd, ("lr",), {})
    p = torch.nn.Parameter(torch.zeros(BLOCK + 1))
    p.grad = torch.ones(BLOCK + 1)
    optimizer = RuleOptimizer([p], odd, lr=1.0, engine="blocked")
    optimizer.step()
    torch.testing.assert_close(p.detach(), -torch.tanh(p.grad))


@compiler
def test_one_library_a_rule_and_dtype_whatever_changes(monkeypatch):
    """Schedulers, shapes, groups and a million steps compile nothing anew; Lookahead needs two."""
    loaded = []
    usual = ctypes.CDLL
    monkeypatch.setattr(native.ctypes, "CDLL", lambda p: (loaded.append(p), usual(p))[1])
    engine.kernel_of.cache_clear()
    make = [
        lambda p: ours.AdamW(p, lr=0.01, engine="compiled"),
        lambda p: ours.HeavyBall(p, lr=0.01, engine="compiled"),
        lambda p: ours.Ranger(p, lr=0.01, k=3, engine="compiled"),
    ]
    schedules = [
        lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=40),
        lambda o: lr_scheduler.LambdaLR(o, lambda t: 1 / (1 + t)),
        lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
        lambda o: lr_scheduler.CosineAnnealingLR(o, 10),
    ]
    for build, most in zip(make, (1, 1, 2), strict=True):
        loaded.clear()
        for schedule in schedules:
            params = [torch.nn.Parameter(torch.randn(s)) for s in ((10,), (7, 7), (1,), ())]
            optimizer = build(params)
            scheduler = schedule(optimizer)
            for t in range(12):
                if t == 6:
                    params.append(torch.nn.Parameter(torch.randn(13, 5)))
                    optimizer.add_param_group({"params": params[-1:], "lr": 0.5})
                    scheduler = schedule(optimizer)
                for p in params:
                    p.grad = torch.randn_like(p)
                optimizer.step()
                plateau = isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
                scheduler.step(*([1.0] if plateau else []))
            optimizer.state[params[0]]["step"] = 10**6
            optimizer.step()
        assert 1 <= len(loaded) <= most


@compiler
def test_auto_compiles_in_the_background_once_it_pays(monkeypatch, tmp_path):
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(tmp_path))
    kernel = engine.Kernel(heavy_ball, ("lr", "beta", "weight"), {"form": "velocity"})
    theta, g, v = torch.zeros(10), torch.ones(10), torch.zeros(10)

    def step():
        kernel([(theta, g, v)], (0.1, 0.9, 1.0), "auto", maximize=False)

    step()
    (code,) = kernel._native.values()
    assert not code.ready
    assert code._thread is None  # too short a job
    kernel.spent = 10.0
    step()
    assert code._thread is not None
    code._thread.join()
    step()
    assert code.ready
    assert len(list((tmp_path / "kernels").glob("*.so"))) == 1
    assert not list((tmp_path / "kernels").glob("build-*"))
    again = engine.Kernel(heavy_ball, ("lr", "beta", "weight"), {"form": "velocity"})
    again([(theta, g, v)], (0.1, 0.9, 1.0), "auto", maximize=False)
    (cached,) = again._native.values()
    assert cached.failed is None
    assert cached.ready  # from the cache, at the first step


@compiler
@pytest.mark.parametrize("how", ["none", "broken", "garbage"])
def test_without_a_working_compiler_blocks_do_it(how, monkeypatch, tmp_path):
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(tmp_path))
    if how == "none":
        monkeypatch.setattr(native, "find_compiler", lambda: None)
    elif how == "broken":
        broken = tmp_path / "cc"
        broken.write_text("#!/bin/sh\necho no luck >&2\nexit 1\n", encoding="utf-8")
        broken.chmod(0o755)
        monkeypatch.setattr(native, "find_compiler", lambda: str(broken))
    else:
        monkeypatch.setattr(native, "_compile", lambda text, compiler: b"garbage")
    kernel = engine.Kernel(heavy_ball, ("lr", "beta", "weight"), {"form": "velocity"})
    theta, g, v = torch.ones(4), torch.ones(4), torch.zeros(4)
    with pytest.warns(UserWarning, match="stepping block by block"):
        kernel([(theta, g, v)], [0.5, 0.0, 1.0], "compiled", maximize=False)
    assert theta.tolist() == [0.5] * 4
    kernel([(theta, g, v)], [0.5, 0.0, 1.0], "compiled", maximize=False)  # and says so once
    assert theta.tolist() == [0.0] * 4


@compiler
def test_an_unwritable_cache_is_done_without(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(blocked))
    kernel = engine.Kernel(heavy_ball, ("lr", "beta", "weight"), {"form": "velocity"})
    theta = torch.ones(4)
    kernel([(theta, torch.ones(4), torch.zeros(4))], [0.5, 0, 1], "compiled", maximize=False)
    assert theta.tolist() == [0.5] * 4


@compiler
def test_results_do_not_depend_on_the_number_of_threads():
    usual = torch.get_num_threads()
    try:
        results = []
        for threads in (1, 2):
            torch.set_num_threads(threads)
            results.append(run("lamb", torch.float32, "compiled")[0])
    finally:
        torch.set_num_threads(usual)
    for a, b in zip(*results, strict=True):
        assert torch.equal(a.nan_to_num(), b.nan_to_num())


@pytest.mark.parametrize("kind", ["blocked", pytest.param("compiled", marks=compiler)])
def test_autograd_sees_that_a_parameter_has_changed(kind):
    p = torch.nn.Parameter(torch.ones(3))
    loss = (p**2 * p).sum()
    p.grad = torch.ones(3)
    ours.Adam([p], lr=0.1, engine=kind).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


@compiler
def test_the_generated_code_is_as_wide_as_the_program():
    stored, numeric, choices = split(adam)
    text = c.source(record(stored, tuple(numeric), choices), "bfloat16")
    assert text.count("void phase") == 1
    assert "store_bfloat16" in text


def test_state_is_as_large_as_torchs():
    pairs = [(ours.Adam, torch.optim.Adam), (ours.RAdam, torch.optim.RAdam),
             (ours.Adagrad, torch.optim.Adagrad), (ours.RMSprop, torch.optim.RMSprop),
             (ours.Adadelta, torch.optim.Adadelta), (ours.Adamax, torch.optim.Adamax),
             (ours.NAdam, torch.optim.NAdam), (ours.AdamW, torch.optim.AdamW)]  # fmt: skip
    for mine, theirs in pairs:
        sizes = []
        for cls in (mine, theirs):
            p = torch.nn.Parameter(torch.ones(1000))
            p.grad = torch.ones(1000)
            optimizer = cls([p], lr=0.1)
            optimizer.step()
            state = optimizer.state[p].values()
            sizes.append(sum(t.numel() for t in state if isinstance(t, torch.Tensor) and t.dim()))
        assert sizes[0] == sizes[1], mine.__name__


FIRST_STEP = """
import time, torch
p = torch.nn.Parameter(torch.ones(1000)); p.grad = torch.ones(1000)
start = time.perf_counter()
from eigenstep.optimizers import {name}
optimizer = {name}([p], lr=0.01)
optimizer.step()
print(time.perf_counter() - start)
import sys
print("torch._dynamo" in sys.modules)
"""


@pytest.mark.parametrize("name", ["Adam", "Ranger"])
def test_the_first_step_compiles_nothing(name):
    """What it must not do is what would take the time; the time itself is in the benchmarks."""
    text = FIRST_STEP.format(name=name)
    out = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    assert out.stdout.split()[1] == "False"


def test_a_background_compilation_does_not_keep_the_program_alive(tmp_path):
    text = (
        "import time, torch\nfrom eigenstep.optimizers import engine, files, native\n"
        "from eigenstep.optimizers.rules import heavy_ball\n"
        f"files.platformdirs.user_cache_dir = lambda name: {str(tmp_path)!r}\n"
        f"native.find_compiler = lambda: {str(tmp_path / 'cc')!r}\n"
        "k = engine.Kernel(heavy_ball, ('lr', 'beta', 'weight'), {'form': 'velocity'})\n"
        "k.spent = 10.0\n"
        "t = [torch.ones(4) for _ in range(3)]\n"
        "k([t], [0.1, 0.9, 1.0], 'auto', maximize=False)\n"
        "time.sleep(0.5)\n"
    )
    slow = tmp_path / "cc"
    slow.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    slow.chmod(0o755)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", text], check=True, timeout=50)
    assert time.perf_counter() - start < 50
