"""Typed statements in float64."""

import numpy as np
import pytest
from eigenstep.proofs.trials.arithmetic import names_in, read


@pytest.mark.parametrize(("text", "names", "value"), [
    ("-(a - 2)**2/4", {"a": 6.0}, -4.0),
    ("where(t % k <= 0, a, b)", {"t": 4, "k": 2, "a": 1.0, "b": 2.0}, 1.0),
    ("max(abs(a), sqrt(b))", {"a": -3.0, "b": 4.0}, 3.0),
    ("xT*Q*x", {"x": np.ones((2, 1)), "xT": np.ones((1, 2)), "Q": np.diag([1.0, 2.0])}, 3.0),
])  # fmt: skip
def test_values(text, names, value):
    assert read(text, names) == value


def test_functions_stand_apart_from_names():
    assert read("A(A)", {"A": 3.0}, {"A": lambda x: x + 1}) == 4.0
    with pytest.raises(KeyError):
        read("A(A)", {"A": 3.0})


def test_names():
    assert names_in("sqrt(v) + beta*g", "g - w") == ["v", "beta", "g", "w"]
