"""The same functions mean the same on numbers, arrays, tensors and symbols."""

import eigenstep.analysis
import eigenstep.optimizers.engine.kernel  # noqa: F401 - registers tensors
import numpy as np
import pytest
import sympy as sp
import torch
from eigenstep.optimizers import ops

X, Y = np.array([-2.0, 0.0, 0.25, 9.0]), np.array([1.0, -1.0, 0.5, 9.0])
CASES = {
    "sqrt": lambda x, y: ops.sqrt(x * x),
    "maximum": ops.maximum,
    "minimum": ops.minimum,
    "clip": lambda x, y: ops.clip(x, -1.0, 0.5),
    "where": lambda x, y: ops.where(x < y, x, y),
    "sign": lambda x, y: ops.sign(x),
    "absolute": lambda x, y: ops.absolute(x),
}


@pytest.mark.parametrize("name", CASES)
def test_backends_agree(name):
    function = CASES[name]
    expected = function(X, Y)
    tensor = function(torch.tensor(X), torch.tensor(Y))
    np.testing.assert_array_equal(tensor.numpy(), expected)
    x, y = sp.symbols("x y", real=True)
    symbolic = function(x, y)
    for a, b, value in zip(X, Y, expected, strict=True):
        assert float(symbolic.subs({x: a, y: b})) == value
        assert function(float(a), float(b)) == value


def test_norm():
    assert ops.norm(np.array([3.0, 4.0])) == 5
    assert ops.norm(torch.tensor([3.0, 4.0])).item() == 5
    assert ops.norm(sp.Symbol("x")).is_nonnegative


def test_tensor_against_number_keeps_dtype():
    x = torch.tensor([0.1, 3.0], dtype=torch.float32)
    assert ops.maximum(x, 1.0).dtype == torch.float32
    assert ops.clip(x, 0, 1).tolist() == [pytest.approx(0.1), 1.0]


def test_nan_is_not_hidden():
    assert np.isnan(ops.maximum(np.nan, 1.0))
    assert torch.isnan(ops.maximum(torch.tensor(float("nan")), 1.0))
