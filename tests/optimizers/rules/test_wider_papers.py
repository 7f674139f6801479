"""The rules of matrices and of what is measured: their papers' algorithms in NumPy, and the libraries."""

from functools import partial

import numpy as np
import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers.errors import EigenstepError
from eigenstep.optimizers.rules import WIDER_RULES

STEPS = 12


def problem(shape=(4, 6), seed=5):
    draw = np.random.default_rng(seed)
    target, scale = draw.standard_normal(shape), draw.uniform(0.1, 3, shape)
    return draw.standard_normal(shape), lambda x: scale * (x - target) + 0.3 * np.sin(3 * x)


def rms(x):
    return np.sqrt(np.mean(x * x))


def stable_adamw(x, grad, lr=0.01, b1=0.9, b2=0.99, eps=1e-8, w=0.02):
    m = v = np.zeros_like(x)
    for t in range(1, STEPS + 1):
        g = grad(x)
        d1, d2 = (b * (1 - b ** (t - 1)) / (1 - b**t) for b in (b1, b2))
        m, v = d1 * m + (1 - d1) * g, d2 * v + (1 - d2) * g * g
        eta = lr / max(1.0, rms(g / np.maximum(np.sqrt(v), eps)))
        x = x - eta * w * x - eta * m / (np.sqrt(v) + eps)
        yield x


def adafactor(x, grad, lr=0.01, eps1=1e-30, eps2=1e-3, d=1.0, w=0.0):
    row, column = np.zeros(x.shape[0]), np.zeros(x.shape[1])
    for t in range(1, STEPS + 1):
        g = grad(x)
        b2 = 1 - t**-0.8
        row = b2 * row + (1 - b2) * (g * g + eps1).sum(axis=1)
        column = b2 * column + (1 - b2) * (g * g + eps1).sum(axis=0)
        u = g / np.sqrt(np.outer(row, column) / row.sum())
        u = u / max(1, rms(u) / d)
        alpha = max(eps2, rms(x)) * min(lr, 1 / np.sqrt(t))
        x = x - alpha * u
        yield x


def adam_mini(x, grad, lr=0.01, b1=0.9, b2=0.999, eps=1e-8):
    m, v = np.zeros_like(x), np.zeros(x.shape[0])
    for t in range(1, STEPS + 1):
        g = grad(x)
        m = b1 * m + (1 - b1) * g
        for i in range(x.shape[0]):
            v[i] = b2 * v[i] + (1 - b2) * np.mean(g[i] ** 2)
        hat = np.sqrt(v / (1 - b2**t))[:, None] + eps
        x = x - lr * (m / (1 - b1**t)) / hat
        yield x


def muon(x, grad, lr=0.01, beta=0.95, w=0.1):
    m = np.zeros_like(x)
    for _ in range(STEPS):
        g = grad(x)
        m = beta * m + g
        u, s, vt = np.linalg.svd(g + beta * m, full_matrices=False)
        s = s / np.linalg.norm(s)
        for _ in range(5):
            s = 3.4445 * s - 4.7750 * s**3 + 2.0315 * s**5
        x = x - lr * w * x - lr * max(1, x.shape[0] / x.shape[1]) ** 0.5 * (u * s) @ vt
        yield x


def shampoo(x, grad, lr=0.1, eps=1e-4):
    left, right = eps * np.eye(x.shape[0]), eps * np.eye(x.shape[1])

    def root(a):
        values, vectors = np.linalg.eigh(a)
        return vectors @ np.diag(values**-0.25) @ vectors.T

    for _ in range(STEPS):
        g = grad(x)
        left, right = left + g @ g.T, right + g.T @ g
        x = x - lr * root(left) @ g @ root(right)
        yield x


def soap(x, grad, lr=0.01, b1=0.9, b2=0.95, eps=1e-8, every=3):
    m = v = np.zeros_like(x)
    left, right = np.zeros((len(x), len(x))), np.zeros((x.shape[1], x.shape[1]))
    ql = qr = np.eye(1)
    for t in range(1, STEPS + 1):
        g = grad(x)
        if t > 1:
            rotated = ql.T @ g @ qr
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * rotated**2
            mh, vh = (ql.T @ m @ qr) / (1 - b1 ** (t - 1)), v / (1 - b2 ** (t - 1))
            x = x - lr * ql @ (mh / (np.sqrt(vh) + eps)) @ qr.T
        left, right = b2 * left + (1 - b2) * g @ g.T, b2 * right + (1 - b2) * g.T @ g
        if t == 1:
            ql, qr = np.linalg.eigh(left)[1], np.linalg.eigh(right)[1]
        elif t % every == 0:
            ql, qr = np.linalg.qr(left @ ql)[0], np.linalg.qr(right @ qr)[0]
        yield x


def prodigy(x, grad, b1=0.9, b2=0.999, d0=1e-2):
    m = v = s = np.zeros_like(x)
    x0, r, d = x, 0.0, d0
    for _ in range(STEPS):
        g = grad(x)
        b3 = np.sqrt(b2)
        r = b3 * r + (1 - b3) * d * d * np.sum(g * (x0 - x))
        s = b3 * s + (1 - b3) * d * d * g
        m, v = b1 * m + (1 - b1) * d * g, b2 * v + (1 - b2) * d * d * g * g
        x = x - d * m / (np.sqrt(v) + d * 1e-8)
        d = max(d, r / np.abs(s).sum())
        yield x


def cautious(x, grad, lr=0.01, b1=0.9, b2=0.999, eps=1e-8, w=0.1):
    m = v = np.zeros_like(x)
    for t in range(1, STEPS + 1):
        g = grad(x)
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        u = (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
        agree = u * g > 0
        x = x - lr * u * agree * x.size / (agree.sum() + 1) - lr * w * x
        yield x


PAPERS = {
    "StableAdamW": (stable_adamw, {"lr": 0.01, "betas": (0.9, 0.99), "weight_decay": 0.02}),
    "Adafactor": (adafactor, {"lr": 0.01}),
    "AdamMini": (adam_mini, {"lr": 0.01}),
    "Muon": (muon, {"lr": 0.01, "weight_decay": 0.1, "eps": 0.0}),
    "Shampoo": (shampoo, {"lr": 0.1}),
    # In its first step's eigenvectors the gradient is 0 off the diagonal, but for rounding: with a small eps
    # one unit in the last place of a gradient moves the path by 1e-4, with this one by 1e-10.
    "SOAP": (partial(soap, eps=1e-3), {
        "lr": 0.01, "eps": 1e-3, "betas": (0.9, 0.95), "weight_decay": 0.0, "precondition_frequency": 3,
    }),
    "Prodigy": (prodigy, {"d0": 1e-2}),
    "CautiousAdamW": (cautious, {"lr": 0.01, "weight_decay": 0.1}),
}  # fmt: skip


def path(optimizer, parameter, grad, steps=STEPS):
    for _ in range(steps):
        new = grad(parameter.detach().numpy()).reshape(parameter.shape)
        parameter.grad = torch.tensor(new, dtype=parameter.dtype)
        optimizer.step()
        yield parameter.detach().numpy().copy()


@pytest.mark.parametrize("shape", [(4, 6), (6, 4)], ids=str)
@pytest.mark.parametrize("name", PAPERS)
def test_a_class_computes_its_paper(name, shape):
    if name == "SOAP":  # without full rank at the first step some eigenvectors are any
        shape = (5, 5)
    start, grad = problem(shape)
    paper, arguments = PAPERS[name]
    p = torch.nn.Parameter(torch.tensor(start))
    found = path(getattr(ours, name)([p], **arguments), p, grad)
    for t, (x, wanted) in enumerate(zip(found, paper(start, grad), strict=True), 1):
        np.testing.assert_allclose(x, wanted, rtol=1e-9, atol=1e-9, err_msg=f"{name}, step {t}")


def against(name, theirs, tolerance, steps=STEPS, **arguments):
    start, grad = problem()
    one, two = (torch.nn.Parameter(torch.tensor(start, dtype=torch.float32)) for _ in range(2))
    pairs = zip(path(getattr(ours, name)([one], **arguments), one, grad, steps),
                path(theirs([two]), two, grad, steps), strict=True)  # fmt: skip
    for a, b in pairs:
        assert np.abs(a - b).max() <= tolerance * np.abs(b - start).max()


def test_torch_s_adafactor():
    against("Adafactor", lambda p: torch.optim.Adafactor(p, lr=0.02, weight_decay=0.1), 1e-5,
            lr=0.02, weight_decay=0.1, convention="torch")  # fmt: skip


@pytest.mark.parametrize("shape", [(7,), (1, 7), (3, 1), (), (2, 3, 2)], ids=str)
def test_torch_s_adafactor_of_small_gradients(shape):
    """A vector is not factored, a matrix of one row is: below ε₁ their divisors differ."""
    start, _ = problem(shape)
    one, two = (torch.nn.Parameter(torch.tensor(start, dtype=torch.float32)) for _ in range(2))
    pair = ours.Adafactor([one], convention="torch"), torch.optim.Adafactor([two])
    for t in range(3):
        one.grad = 1e-5 * torch.cos(torch.arange(one.numel()) + t).reshape(shape)
        two.grad = one.grad.clone()
        for optimizer in pair:
            optimizer.step()
    travelled = np.abs(two.detach().numpy() - start).max()
    assert (one - two).abs().max() <= 1e-5 * travelled


@pytest.mark.parametrize("name", ["AdamMini", "SOAP", "Shampoo", "Adafactor"])
def test_a_vector_is_a_matrix_of_one_row(name):
    start, grad = problem((1, 5))
    pairs = []
    for x in (start, start[0]):
        p = torch.nn.Parameter(torch.tensor(x))
        pairs.append([x.ravel() for x in path(getattr(ours, name)([p]), p, grad, 4)])
    np.testing.assert_allclose(*pairs, rtol=1e-12)


@pytest.mark.parametrize("adjust", ["original", "match_rms_adamw"])
def test_torch_s_muon(adjust):
    """Both compute in bfloat16, alike; then 12 steps of 0.01 are added to float32 numbers of about 1.

    Each rounds by 2^−24 at most, all of it 2e-4 of the way.
    """
    against("Muon", lambda p: torch.optim.Muon(p, lr=0.02, adjust_lr_fn=adjust), 2e-4,
            lr=0.02, adjust_lr_fn=adjust, convention="torch")  # fmt: skip


LIBRARY = {
    "StableAdamW": ({"lr": 0.01, "kahan_sum": False}, {"lr": 0.01}, 1e-5),
    "Prodigy": ({"d0": 1e-2}, {"d0": 1e-2}, 1e-4),  # it adds up its sums in float32
}


@pytest.mark.parametrize("name", LIBRARY)
def test_pytorch_optimizer(name):
    library = pytest.importorskip("pytorch_optimizer")
    theirs, mine, tolerance = LIBRARY[name]
    against(name, lambda p: getattr(library, name)(p, **theirs), tolerance, **mine)


@pytest.mark.parametrize("name", [*PAPERS, "Sophia"])
def test_bfloat16_stays_near_float32(name):
    """Both step at the same gradients; rounding to 8 bits moves weights by 2^−8 of themselves a step."""
    start, grad = problem()
    arguments = {"d0": 1e-2} if name == "Prodigy" else {"lr": 0.02}
    ends = []
    for dtype in (torch.float32, torch.bfloat16):
        p = torch.nn.Parameter(torch.tensor(start, dtype=dtype))
        optimizer = getattr(ours, name)([p], **arguments)
        if name == "Sophia":
            optimizer.give(estimate=[torch.ones(4, 6)])
        for t in range(4):
            p.grad = torch.tensor(grad(start + 0.1 * t), dtype=torch.bfloat16).to(dtype)
            optimizer.step()
        assert p.dtype == dtype
        ends.append(p.detach().double().numpy())
    assert np.isfinite(ends[1]).all()
    assert np.abs(ends[0] - start).max() > 0.01
    assert np.abs(ends[1] - ends[0]).max() <= 5 * 2.0**-8 * np.abs(start).max()


def test_sophia_by_its_paper():
    start, grad = problem()
    p = torch.nn.Parameter(torch.tensor(start))
    optimizer = ours.Sophia([p], lr=0.05, betas=(0.9, 0.95), gamma=0.5, weight_decay=0.1)
    with pytest.raises(EigenstepError, match="sophia was given no estimate"):
        next(path(optimizer, p, grad))
    x, m, h = start, np.zeros_like(start), np.zeros_like(start)
    for t in range(1, STEPS + 1):
        g = grad(x)
        m = 0.9 * m + 0.1 * g
        if t % 4 == 1:
            estimate = 1 + np.cos(x) + t
            h = 0.95 * h + 0.05 * estimate
            optimizer.give(estimate=[torch.tensor(estimate)])
        x = x - 0.05 * 0.1 * x - 0.05 * np.clip(m / np.maximum(0.5 * h, 1e-12), -1, 1)
        (found,) = path(optimizer, p, grad, 1)
        np.testing.assert_allclose(found, x, rtol=1e-11)


def test_muon_takes_matrices_only():
    for bad in (torch.ones(3), torch.ones(2, 2, 2), torch.ones(2, 2, dtype=torch.complex64)):
        with pytest.raises(EigenstepError, match="real matrices; give vectors"):
            ours.Muon([torch.nn.Parameter(bad)])
    with pytest.raises(EigenstepError, match="adjust_lr_fn is one of"):
        ours.Muon([torch.nn.Parameter(torch.ones(2, 2))], adjust_lr_fn="spectral")


@pytest.mark.parametrize("name", [*PAPERS, "Sophia"])
def test_saved_states_go_on(name, tmp_path):
    start, grad = problem()
    arguments = {} if name == "Sophia" else PAPERS[name][1]

    def made(values):
        p = torch.nn.Parameter(torch.tensor(values))
        optimizer = getattr(ours, name)([p], **arguments)
        if name == "Sophia":
            optimizer.give(estimate=[torch.ones(4, 6)])
        return p, optimizer

    p, optimizer = made(start)
    *_, whole = path(optimizer, p, grad, 8)
    p, optimizer = made(start)
    *_, half = path(optimizer, p, grad, 4)
    torch.save(optimizer.state_dict(), tmp_path / "state")
    q, again = made(half)
    again.load_state_dict(torch.load(tmp_path / "state", weights_only=True))
    *_, end = path(again, q, grad, 4)
    assert np.array_equal(end, whole)


def test_every_wider_rule_has_its_class():
    classes = {"stable_adamw": "StableAdamW", "adam_mini": "AdamMini", "soap": "SOAP"}
    for name in WIDER_RULES:
        cls = getattr(ours, classes.get(name, name.capitalize()))
        assert cls._rule.name == name
