"""Terms of Coq: what a rule's function becomes, and what is refused."""

import pytest
from eigenstep.optimizers import ops, rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.proofs.export.equations import run, variables_of
from eigenstep.proofs.export.terms import ExportError, Term, name_in_coq, term
from eigenstep.proofs.export.trying import points, same, value
from eigenstep.proofs.export.typed import read_any, read_term

x, y, t = Term.real("x"), Term.real("y"), Term.nat("t")


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (x - (y - 1), "x - (y - 1)"),
        (x / (y * 2) / 3, "x / (y * 2) / 3"),
        (-(x + y) ** 2, "- (x + y) ^ 2"),
        ((-x) ** 2, "(- x) ^ 2"),
        (x ** (t - 1), "x ^ (t - 1)"),
        (x**-2, "1 / x ^ 2"),
        (x**0.25, "sqrt (sqrt x)"),
        (x**y, "power x y"),
        (2 * 0.1 + x, "1 / 5 + x"),
        (t % 5 * x, "INR (t mod 5) * x"),
        (ops.where((x > 1) & ~(y <= x), x, 0), "if Rlt_dec 1 x then if Rle_dec y x then 0 else x else 0"),
        (ops.clip(x, -y, 1), "Rmin (Rmax x (- y)) 1"),
        (term(x > 0) * 2, "(if Rlt_dec 0 x then 1 else 0) * 2"),
    ],
)  # fmt: skip
def test_text(written, text):
    assert written.text == text


def test_text_means_what_was_computed():
    """Parentheses are kept where they matter: the text, read by Python, has the value."""
    at = points(["x", "y"])[0]
    for found in (
        x - (y - 1) - x,
        x / (y / (x / 3)),
        2 - (x * (y - 1)) ** 2,
        (x - y) * (x + y) / -3,
    ):
        text = found.text.replace("^", "**")
        assert eval(text, {}, dict(at)) == pytest.approx(value(found, at), rel=1e-12)  # noqa: S307  our own text


@pytest.mark.parametrize("use", [
    lambda: bool(x > 1), lambda: {x: 1}, lambda: x if x == 1 else y, lambda: ops.sum(x),
    lambda: x + float("inf"),
    lambda: read_any("x.y", {"x": x}), lambda: read_any("__import__('os')", {}),
    lambda: read_term("x > 1", {"x": x}),
    lambda: read_any("x if y else x", {"x": x, "y": y}), lambda: read_any("z", {"x": x}),
    lambda: name_in_coq("a b"),
    lambda: read_any("(" * 3000, {}), lambda: x + "y",
])  # fmt: skip
def test_what_is_refused(use):
    with pytest.raises((ExportError, TypeError)):
        use()


def test_what_may_be_below_zero_is_no_natural_exponent():
    assert (x ** (t - 1)).op == "^"
    assert (x ** (t - 2)).op == "power"


def test_names_of_coq_are_not_taken():
    assert [name_in_coq(n) for n in ("S", "R", "at", "norm", "beta")] == [
        "S_",
        "R_",
        "at_",
        "norm_",
        "beta",
    ]


def test_a_rule_is_run_as_it_is_written():
    @rule
    def half(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
        v = beta * v + 0.5 * g
        return theta - lr * ops.where(v > 0, v, 1), v

    variables = variables_of(half, {})
    assert variables.hypotheses == ("0 <= eta", "0 <= beta < 1")
    found = run(half, variables, {k: Term.real(k) for k in ("theta", "g", "v")})
    assert found["v"].text == "beta * v + 1 / 2 * g"
    assert found["theta"].text == (
        "theta - eta * (if Rlt_dec 0 (beta * v + 1 / 2 * g) then beta * v + 1 / 2 * g else 1)"
    )


def test_a_branch_on_a_value_is_refused():
    @rule
    def branching(theta, g, *, lr: LearningRate = 0.01):
        return theta - lr * (g if g > 0 else 0)

    with pytest.raises(ExportError, match="truth"):
        run(branching, variables_of(branching, {}), {k: Term.real(k) for k in ("theta", "g")})


def test_numbers_tell_terms_apart():
    at = points(["x", "y"])
    assert same((x + y) ** 2, x * x + 2 * x * y + y * y, at)
    assert not same((x + y) ** 2, x * x + y * y, at)
    assert not same(ops.where(x > 0.5, x, y), x, at)
