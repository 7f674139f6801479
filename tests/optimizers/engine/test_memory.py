"""What a step may touch: shapes, strides, overlaps and caches in hostile hands."""

import _ctypes
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.domains import LearningRate
from eigenstep.optimizers.engine import kernel as engine
from eigenstep.optimizers.engine import native
from eigenstep.optimizers.engine.memory import TensorMismatch, examine, staged
from eigenstep.optimizers.machine import files
from eigenstep.optimizers.rules import heavy_ball
from hypothesis import given, settings
from hypothesis import strategies as st

compiler = pytest.mark.skipif(not engine.can_compile("cpu"), reason="no C compiler")
KINDS = ["blocked"] + (["compiled"] if engine.can_compile("cpu") else [])
both = pytest.mark.parametrize("kind", KINDS)
GUARD = 7.0
"""What stands around every tensor and must stay."""


@st.composite
def placed(draw, dtype=torch.float64):
    """A view somewhere inside a larger storage, and a mask of the elements that are its own."""
    shape = draw(st.lists(st.integers(0, 5), max_size=3))
    steps = [draw(st.integers(1, 3)) for _ in shape]
    order = draw(st.permutations(range(len(shape))))
    offset = draw(st.integers(0, 3))
    stride, reach = [0] * len(shape), 1
    for axis in order:
        stride[axis] = reach * steps[axis]
        reach = stride[axis] * max(shape[axis], 1)
    base = torch.full((offset + reach + 4,), GUARD, dtype=dtype)
    view = base.as_strided(shape, stride, offset)
    own = torch.zeros_like(base, dtype=torch.bool)
    own.as_strided(shape, stride, offset).fill_(True)
    return base, view, own


def values(shape, seed, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, dtype=torch.float64, generator=generator).to(dtype)


NAMES = ("SGD", "Adam", "LAMB", "Ranger")


@both
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_any_view_steps_as_its_copy_and_nothing_around_it_moves(kind, data):
    name = data.draw(st.sampled_from(NAMES))
    dtype = data.draw(st.sampled_from([torch.float64, torch.float32, torch.bfloat16]))
    arguments = {"momentum": 0.9} if name == "SGD" else {}
    mine, copies, guards = [], [], []
    for seed in range(data.draw(st.integers(1, 3))):
        base, view, own = data.draw(placed(dtype))
        with torch.no_grad():
            view.copy_(values(view.shape, seed, dtype))
        mine.append(torch.nn.Parameter(view))
        copies.append(torch.nn.Parameter(view.clone(memory_format=torch.contiguous_format)))
        assert mine[-1].data_ptr() == view.data_ptr()
        guards.append((base, own))
    one = getattr(ours, name)(mine, lr=0.1, engine=kind, **arguments)
    other = getattr(ours, name)(copies, lr=0.1, engine="blocked", **arguments)
    for t in range(3):
        for i, (p, q) in enumerate(zip(mine, copies, strict=True)):
            q.grad = values(q.shape, 10 * t + i, dtype)
            gradient_base, gradient, _ = data.draw(placed(dtype))
            p.grad = q.grad.clone()
            if gradient.shape == p.shape:
                gradient.copy_(q.grad)
                p.grad = gradient
                guards.append((gradient_base, torch.isfinite(gradient_base)))
        one.step()
        other.step()
    for p, q in zip(mine, copies, strict=True):
        if name == "LAMB":  # the order in which a norm is summed is that of memory
            torch.testing.assert_close(p, q, rtol=0, atol=64 * torch.finfo(dtype).eps)
        else:
            assert torch.equal(p, q)
        for key, value in one.state[p].items():
            if isinstance(value, torch.Tensor):
                assert torch.equal(value, other.state[q][key]), key
    for base, own in guards:
        assert bool((base[~own] == GUARD).all())


@both
@pytest.mark.parametrize("name", ["GradientDescent", "Adam", "LAMB"])
def test_the_neighbours_of_a_view_stay(kind, name):
    for view in (lambda b: b[::2], lambda b: b.view(4, 2)[:, 0], lambda b: b.view(2, 4).diagonal(),
                 lambda b: b.view(2, 4).t()[1:3], lambda b: b[3:5]):  # fmt: skip
        base = torch.ones(8)
        own = torch.zeros(8, dtype=torch.bool)
        view(own).fill_(True)
        p = torch.nn.Parameter(view(base))
        p.grad = torch.ones_like(p)
        getattr(ours, name)([p], lr=0.1, engine=kind).step()
        assert (base[~own] == 1).all()
        assert (base[own] != 1).all()


@both
def test_interleaved_parameters_of_one_storage(kind):
    base = torch.ones(10)
    params = [torch.nn.Parameter(base[::2]), torch.nn.Parameter(base[1::2])]
    for i, p in enumerate(params):
        p.grad = torch.full((5,), i + 1.0)
    ours.GradientDescent(params, lr=0.1, engine=kind).step()
    torch.testing.assert_close(base, torch.tensor([0.9, 0.8] * 5))


@both
def test_overlapping_parameters_step_one_after_another_as_in_torch(kind):
    def drive(make):
        base = torch.ones(8, dtype=torch.float64)
        params = [
            torch.nn.Parameter(base[:6]),
            torch.nn.Parameter(base[2:]),
            torch.nn.Parameter(base[::3]),
        ]
        optimizer = make(params)
        for t in range(4):
            for i, p in enumerate(params):
                p.grad = values(p.shape, 10 * t + i)
            optimizer.step()
        return base

    mine = drive(lambda p: ours.SGD(p, lr=0.1, momentum=0.9, engine=kind))
    theirs = drive(lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9))
    torch.testing.assert_close(mine, theirs, rtol=1e-14, atol=1e-14)


@both
def test_a_gradient_that_is_the_parameters_own_memory(kind):
    base = values((6,), 0)
    p = torch.nn.Parameter(base[:5])
    p.grad = base[1:]
    before = base.clone()
    ours.GradientDescent([p], lr=0.5, engine=kind).step()
    torch.testing.assert_close(base[:5], before[:5] - 0.5 * before[1:], rtol=1e-15, atol=0)


@both
def test_conjugated_and_negated_views(kind):
    """Their memory is not their value."""
    z = torch.view_as_complex(values((4, 2), 0))
    for view in (z.conj(), z.conj().imag, z.imag, z.real):
        p = torch.nn.Parameter(torch.zeros_like(view.resolve_conj().resolve_neg()))
        p.grad = view
        ours.GradientDescent([p], lr=1.0, engine=kind).step()
        assert torch.equal(p.detach(), -view)
    p = torch.nn.Parameter(z.clone().conj().imag)
    assert p.is_neg()
    before = p.detach().clone()
    p.grad = torch.ones(4, dtype=torch.float64)
    ours.GradientDescent([p], lr=1.0, engine=kind).step()
    assert torch.equal(p.detach(), before - 1)


def stepped(kind="blocked", shape=(4,)):
    p = torch.nn.Parameter(torch.ones(shape))
    optimizer = ours.Adam([p], lr=0.1, engine=kind)
    p.grad = torch.ones(shape)
    optimizer.step()
    return p, optimizer


def broken_shape(p, optimizer):
    p.data = torch.ones(6)
    p.grad = torch.ones(6)


def broken_state(p, optimizer):
    optimizer.state[p]["m"] = torch.zeros(2)


def broken_dtype(p, optimizer):
    optimizer.state[p]["v"] = torch.zeros(4, dtype=torch.float64)


def broken_device(p, optimizer):
    optimizer.state[p]["v"] = torch.zeros(4, device="meta")


def expanded_state(p, optimizer):
    optimizer.state[p]["v"] = torch.zeros(1).expand(4)


def shared_state(p, optimizer):
    optimizer.state[p]["v"] = optimizer.state[p]["m"]


def state_is_parameter(p, optimizer):
    optimizer.state[p]["v"] = p.data


def freed(p, optimizer):
    p.untyped_storage().resize_(0)


def shrunk(p, optimizer):
    optimizer.state[p]["m"].untyped_storage().resize_(8)


def sparse_state(p, optimizer):
    optimizer.state[p]["m"] = torch.zeros(4).to_sparse()


BROKEN = [
    (broken_shape, r"0 of group 0: its state m has the shape \(4,\), the parameter \(6,\)"),
    (broken_state, r"state m has the shape \(2,\), the parameter \(4,\)"),
    (broken_dtype, "state v is float64, the parameter float32"),
    (broken_device, "state v is on meta, the parameter on cpu"),
    (expanded_state, "state v has several elements in one place"),
    (shared_state, "state v shares memory with its state m"),
    (state_is_parameter, "state v shares memory with its parameter"),
    (freed, "its parameter takes 16 bytes, its storage has 0"),
    (shrunk, "its state m takes 16 bytes, its storage has 8"),
    (sparse_state, "state m has no plain memory"),
]


@both
@pytest.mark.parametrize("case", range(len(BROKEN)))
def test_tensors_that_do_not_belong_together_are_refused_before_anything_moves(kind, case):
    change, message = BROKEN[case]
    p, optimizer = stepped(kind)
    healthy = torch.nn.Parameter(torch.ones(3))
    optimizer.add_param_group({"params": [healthy]})
    healthy.grad = torch.ones(3)
    optimizer.step()
    kept = healthy.detach().clone()
    change(p, optimizer)
    with pytest.raises(TensorMismatch, match=message) as caught:
        optimizer.step()
    assert isinstance(caught.value, RuntimeError)
    assert "\n" not in str(caught.value)
    assert torch.equal(healthy, kept)
    assert optimizer.state[p]["step"] == 2


@both
def test_expanded_parameters_are_refused(kind):
    p = torch.nn.Parameter(torch.ones(1).expand(4))
    p.grad = torch.ones(4)
    with pytest.raises(TensorMismatch, match="several elements in one place"):
        ours.Adam([p], engine=kind).step()
    p.grad = None
    q = torch.nn.Parameter(torch.ones(4))
    q.grad = torch.ones(1).expand(4)  # a gradient is only read
    ours.GradientDescent([q], lr=0.5, engine=kind).step()
    assert q.tolist() == [0.5] * 4


def test_a_named_parameter_is_named():
    model = torch.nn.Linear(2, 2)
    optimizer = ours.Adam(model.named_parameters())
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    optimizer.state[model.bias]["m"] = torch.zeros(7)
    with pytest.raises(TensorMismatch, match=r"parameter 'bias': its state m has the shape \(7,\)"):
        optimizer.step()


def test_staged_memory_is_contiguous_and_of_the_same_elements():
    image = values((2, 3, 4, 5), 0).to(memory_format=torch.channels_last)
    (row,) = examine([(image, values(image.shape, 1), torch.zeros_like(image))])
    flat, back = staged(row)
    assert [t.dim() for t in flat] == [1, 1, 1]
    assert flat[0].data_ptr() == image.data_ptr()  # dense: its own memory, in the order it has
    torch.testing.assert_close(flat[1].sum(), row.tensors[1].sum())
    flat[0].zero_()
    back()
    assert not image.any()


@both
def test_two_threads_step_two_models_by_one_rule(kind):
    """Scratch memory is a thread's own."""

    def train(seed, out):
        torch.set_num_threads(1)
        p = torch.nn.Parameter(values((150_000,), seed))
        optimizer = ours.Adam([p], lr=0.1, engine=kind)
        for t in range(6):
            p.grad = values((150_000,), 100 * seed + t)
            optimizer.step()
        out[seed] = p.detach()

    alone, together = {}, {}
    for seed in range(3):
        train(seed, alone)
    threads = [threading.Thread(target=train, args=(seed, together)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(3):
        assert torch.equal(alone[seed], together[seed])


def test_a_rule_that_is_not_recorded_sees_whole_tensors_in_their_shape():
    @rule
    def centred(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * (g - g.mean(dim=-1, keepdim=True))

    p = torch.nn.Parameter(torch.zeros(300, 500))
    p.grad = values((300, 500), 0, torch.float32)
    with pytest.warns(UserWarning, match="runs slowly"):
        ours.RuleOptimizer([p], centred, lr=1.0).step()
    torch.testing.assert_close(p.detach(), -(p.grad - p.grad.mean(dim=-1, keepdim=True)))


def test_an_unrecorded_rule_may_hand_on_old_values_and_must_keep_shapes():
    @rule
    def remembers(theta, g, before, *, lr: LearningRate = 0.1):
        return theta - lr * torch.tanh(g), theta

    p = torch.nn.Parameter(torch.zeros(3))
    p.grad = torch.ones(3)
    optimizer = ours.RuleOptimizer([p], remembers, lr=1.0)
    with pytest.warns(UserWarning, match="runs slowly"):
        optimizer.step()
    assert optimizer.state[p]["before"].tolist() == [0.0] * 3

    @rule
    def shrinks(theta, g, *, lr: LearningRate = 0.1):
        return (theta - lr * torch.tanh(g)).sum()

    with (
        pytest.raises(ours.RuleError, match=r"returned the shape \(\)"),
        pytest.warns(UserWarning, match="slowly"),
    ):
        ours.RuleOptimizer([p], shrinks).step()


def test_a_rule_that_mixes_a_norm_with_views():
    @rule
    def normalized(theta, g, *, lr: LearningRate = 0.1):
        return theta - lr * g / ops.norm(g)

    base = torch.zeros(3, 10, dtype=torch.float64)
    p = torch.nn.Parameter(base[:, ::2])
    p.grad = torch.ones(3, 5, dtype=torch.float64)
    ours.RuleOptimizer([p], normalized, lr=1.0).step()
    torch.testing.assert_close(p.detach(), -p.grad / 15**0.5)
    assert not base[:, 1::2].any()


SPOIL = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:2000]),
    "empty": lambda path: path.write_bytes(b""),
    "foreign": lambda path: path.write_bytes(Path(_ctypes.__file__).read_bytes()),
    "one byte": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x01"),
    "no seal": lambda path: path.with_suffix(".seal").unlink(),
    "another's seal": lambda path: path.with_suffix(".seal").write_text("0 0 0\n"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path)),
}  # fmt: skip


def step_elsewhere(cache):
    """One compiled step in a process of its own: a library that is mapped here must not be changed."""
    text = (
        "import torch\nfrom eigenstep.optimizers import engine, files\n"
        "from eigenstep.optimizers.rules import heavy_ball\n"
        f"files.platformdirs.user_cache_dir = lambda name: {str(cache)!r}\n"
        "k = engine.Kernel(heavy_ball, ('lr', 'beta', 'weight'), {'form': 'velocity'})\n"
        "t = [torch.ones(4), torch.ones(4), torch.zeros(4)]\n"
        "k([t], [0.5, 0.0, 1.0], 'compiled', maximize=False)\n"
        "print(t[0].tolist() == [0.5] * 4, k._native[torch.float32].ready)\n"
    )
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def filled_cache(tmp_path_factory):
    """A cache that a process has built its library into."""
    folder = tmp_path_factory.mktemp("filled")
    step_elsewhere(folder)
    return folder


@compiler
@pytest.mark.parametrize("how", SPOIL)
def test_a_spoiled_library_in_the_cache_is_built_anew(how, filled_cache, tmp_path):
    shutil.copytree(filled_cache, tmp_path, dirs_exist_ok=True)
    (path,) = (tmp_path / "kernels").glob("*.so")
    inode = path.stat().st_ino
    SPOIL[how](path)
    out = step_elsewhere(tmp_path)
    assert out.stdout.split() == ["True", "True"], out.stderr
    if how == "a folder":  # cannot be replaced: each process builds its own
        return
    (again,) = (tmp_path / "kernels").glob("*.so")
    assert again.stat().st_ino != inode
    assert native._cached(again.stem, again.parent) == again.read_bytes()


@compiler
def test_a_build_that_is_cut_off_leaves_nothing(tmp_path):
    slow = tmp_path / "cc"
    slow.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    slow.chmod(0o755)
    text = (
        "import time, torch\nfrom eigenstep.optimizers import engine, files, native\n"
        "from eigenstep.optimizers.rules import heavy_ball\n"
        f"files.platformdirs.user_cache_dir = lambda name: {str(tmp_path)!r}\n"
        f"native.find_compiler = lambda: {str(slow)!r}\n"
        "k = engine.Kernel(heavy_ball, ('lr', 'beta', 'weight'), {'form': 'velocity'})\n"
        "k.spent = 10.0\n"
        "k([[torch.ones(4) for _ in range(3)]], [0.1, 0.9, 1.0], 'auto', maximize=False)\n"
        "time.sleep(0.5)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", text], check=True, timeout=50, env=environment)
    left = {path.name for path in tmp_path.rglob("*")}
    assert left == {"cc"}


@compiler
def test_auto_says_once_that_a_background_build_failed(monkeypatch, tmp_path):
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(tmp_path))
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho no luck >&2\nexit 1\n", encoding="utf-8")
    broken.chmod(0o755)
    monkeypatch.setattr(native, "find_compiler", lambda: str(broken))
    monkeypatch.setattr(engine, "find_compiler", lambda: str(broken))
    kernel = engine.Kernel(heavy_ball, ("lr", "beta", "weight"), {"form": "velocity"})
    tensors = [torch.ones(4), torch.ones(4), torch.zeros(4)]
    kernel.spent = 10.0
    kernel([tensors], [0.1, 0.9, 1.0], "auto", maximize=False)
    (code,) = kernel._native.values()
    code._thread.join()
    with pytest.warns(UserWarning, match="no luck; stepping block by block"):
        kernel([tensors], [0.1, 0.9, 1.0], "auto", maximize=False)
    kernel([tensors], [0.1, 0.9, 1.0], "auto", maximize=False)


@compiler
def test_a_library_in_use_is_not_the_one_in_the_cache(tmp_path):
    """It may be cut short by another process: what runs is a copy."""
    text = (
        "import torch\nfrom eigenstep.optimizers import engine, files\n"
        "from eigenstep.optimizers.rules import adam\nimport eigenstep.optimizers as o\n"
        f"files.platformdirs.user_cache_dir = lambda name: {str(tmp_path)!r}\n"
        "p = torch.nn.Parameter(torch.ones(5)); p.grad = torch.ones(5)\n"
        "a = o.Adam([p], lr=0.1, engine='compiled'); a.step()\n"
        "import pathlib\n"
        f"for f in pathlib.Path({str(tmp_path)!r}).rglob('*.so'): open(f, 'r+b').truncate(0)\n"
        "a.step(); print(round(p[0].item(), 4))\n"
    )
    out = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True)
    assert out.stdout.split() == ["0.8"], (out.returncode, out.stderr)


@compiler
@pytest.mark.parametrize("script", ["exit 0", "echo junk > $(echo $* | sed 's/.*-o //; s/ .*//')"])
def test_a_compiler_that_makes_nothing_of_use(script, monkeypatch, tmp_path):
    monkeypatch.setattr(files.platformdirs, "user_cache_dir", lambda name: str(tmp_path / "cache"))
    odd = tmp_path / "cc"
    odd.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n", encoding="utf-8")
    odd.chmod(0o755)
    monkeypatch.setattr(native, "find_compiler", lambda: str(odd))
    kernel = engine.Kernel(heavy_ball, ("lr", "beta", "weight"), {"form": "velocity"})
    theta = torch.ones(4)
    with pytest.warns(UserWarning, match="stepping block by block"):
        kernel(
            [(theta, torch.ones(4), torch.zeros(4))], [0.5, 0.0, 1.0], "compiled", maximize=False
        )
    assert theta.tolist() == [0.5] * 4
    assert not (tmp_path / "cache").exists()  # what does not load is not kept


class Subclass(torch.nn.Parameter):
    pass


@both
def test_a_subclass_with_plain_memory_is_held_to_the_same(kind):
    for bad in (torch.ones(1).expand(4), torch.ones(8).as_strided((3, 3), (2, 1))):
        p = Subclass(bad)
        p.grad = torch.ones(bad.shape)
        with pytest.raises(TensorMismatch, match="several elements in one place"):
            ours.Adam([p], engine=kind).step()
    base = torch.ones(8)
    p = Subclass(base[::2])
    p.grad = torch.ones(4)
    ours.GradientDescent([p], lr=0.5, engine=kind).step()
    assert base.tolist() == [0.5, 1.0] * 4


def test_sparse_gradients_of_parameters_that_do_not_fit_them():
    p = torch.nn.Parameter(torch.ones(1, 3).expand(4, 3))
    p.grad = torch.eye(4)[:, :3].to_sparse()
    with pytest.raises(TensorMismatch, match="0 of group 0: its parameter has several elements"):
        ours.SGD([p], lr=0.1).step()
    q = torch.nn.Parameter(torch.ones(4, 4))
    dense = torch.nn.Parameter(torch.ones(2))
    dense.grad = torch.ones(2)
    q.grad = torch.eye(4).to_sparse()
    q.data = torch.ones(6, 6)
    with pytest.raises(TensorMismatch, match=r"1 of group 0: its gradient is a \(4, 4\) tensor"):
        ours.Adagrad([dense, q], lr=0.1).step()
    assert dense.tolist() == [1.0, 1.0]
