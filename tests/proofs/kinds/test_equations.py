"""What an equation claim holds beside one step: the start, every t, one name for one thing."""

from dataclasses import replace

import pytest
from eigenstep.optimizers.domains import LearningRate, UnitInterval
from eigenstep.optimizers.errors import EigenstepError
from eigenstep.optimizers.rule import rule
from eigenstep.proofs import ALL_CLAIMS, Verdict
from eigenstep.proofs.evidence import evidence
from eigenstep.proofs.kinds import ConjugacyClaim, EquationsClaim, StoredPointClaim

BALL = {"v": "beta*v + g", "theta": "theta - eta*v"}


def ball(name="ball", initial=None, coefficients=None):
    def update(theta, g, v, *, lr, beta):
        v = beta * v + g
        return theta - lr * v, v

    def plain(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        return {"lr": lr, "beta": beta}

    update.__name__ = name
    return rule(coefficients=coefficients or plain, initial=initial)(update)


def equations(of, printed=BALL, **more):
    return EquationsClaim("mine", "…", "…", of, printed, **more)


def test_the_start_belongs_to_the_statement():
    assert equations(ball()).prove().verdict is Verdict.PROVED
    started = ball(initial={"v": lambda theta: theta * 0 + 1})
    proof = equations(started).prove()
    assert proof.verdict is Verdict.REFUTED
    assert proof.counterexample == {"t": "0", "v": "1"}
    assert not evidence(equations(started)).agrees
    assert equations(started, start={"v": "1"}).prove().verdict is Verdict.PROVED
    assert evidence(equations(started, start={"v": "1"})).agrees


def test_slow_weights_that_begin_at_zero_are_another_method():
    claim = ALL_CLAIMS["R16.ranger"]
    proof = replace(claim, start={}).prove()
    assert proof.verdict is Verdict.REFUTED
    assert proof.counterexample["t"] == "0"


def test_a_start_that_depends_on_a_hyperparameter():
    started = ball(initial={"v": lambda theta, *, lr: theta * 0 + lr})
    assert equations(started, start={"v": "eta"}).prove().verdict is Verdict.PROVED
    assert equations(started, start={"v": "beta"}).prove().verdict is Verdict.REFUTED


TABLE = [1.0] * 25 + [2.0]


@pytest.mark.parametrize("factor", [
    lambda t: 2 if t % 25 == 0 else 1,
    lambda t: 2 if t == 400 else 1,
    lambda t: 1 + int(t) // 1000,
    lambda t: TABLE[t],
    lambda t: {25: 2}.get(t, 1),
    lambda t: 2 if t in (3, 25) else 1,
    lambda t: 1 if t < 50 else 2,
])  # fmt: skip
def test_a_branch_on_the_step_cannot_hide(factor):
    """It is refused in a line: what would need to be known of t is not known of every t."""

    def coefficients(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        return {"lr": lr * factor(t), "beta": beta}

    with pytest.raises(EigenstepError, match="while it is traced") as caught:
        equations(ball(coefficients=coefficients)).prove()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("at", [1, 2, 25, 100, 277, 400, 999, 10_000])
def test_code_that_tells_numbers_from_symbols_is_seen(at):
    def coefficients(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        return {"lr": 2 * lr if isinstance(t, int) and t == at else lr, "beta": beta}

    proof = equations(ball(coefficients=coefficients)).prove()
    assert proof.verdict is Verdict.REFUTED
    assert proof.counterexample["t"] == str(at)


def test_code_that_tells_numbers_in_its_update_is_seen_in_the_trial():
    @rule
    def ball(theta, g, v, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        v = beta * v + (2 * g if hasattr(g, "shape") else g)
        return theta - lr * v, v

    assert not evidence(equations(ball)).agrees


def named(parameter, state, number):
    text = f"""def f({parameter}, g, {state}, *, lr, {number}):
    return {parameter} - lr * {number} * {state}, {state}"""
    space = {}
    exec(text, space)
    function = space["f"]
    function.__annotations__ = {"lr": LearningRate, number: UnitInterval}
    function.__kwdefaults__ = {"lr": 0.1, number: 0.5}
    return rule(function)


@pytest.mark.parametrize(("of", "printed", "name"), [
    (("theta", "v", "t"), {}, "t stands for hyperparameter t and for the step"),
    (("theta", "t", "beta"), {}, "t stands for variable t and for the step"),
    (("theta", "v", "max"), {}, "max stands for hyperparameter max"),
    (("A", "v", "beta"), {}, "A stands for variable A"),
    (("theta", "v", "beta"), {"beta": "1"}, "printed beta = … would take the place of hyperparameter beta"),
    (("theta", "v", "beta"), {"t": "1"}, "printed t = … would take the place of the step"),
    (("theta", "v", "beta"), {"eta": "1"}, "printed eta = … would take the place of hyperparameter lr"),
])  # fmt: skip
def test_one_name_for_one_thing(of, printed, name):
    claim = equations(named(*of), printed)
    for run in (claim.prove, claim.trial):
        with pytest.raises(EigenstepError, match=name) as caught:
            run()
        assert "\n" not in str(caught.value)


def test_a_start_of_something_else_is_refused():
    with pytest.raises(EigenstepError, match="no state variable of rule ball; those are v"):
        equations(ball(), start={"w": "1"}).prove()


def test_forms_with_different_starts_are_not_the_same_path():
    other = ball("other", initial={"v": lambda theta: theta * 0 + 1})
    claim = ConjugacyClaim("mine", "…", "…", ball(), other, ("v", "theta"))
    assert claim.prove().verdict is Verdict.REFUTED
    assert not evidence(claim).agrees
    same = replace(claim, second=ball("same"))
    assert same.prove().verdict is Verdict.PROVED


def test_forms_alike_only_in_the_limit_are_not_the_same_path():
    def coefficients(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        return {"lr": lr * (1 - beta**t), "beta": beta}

    claim = ConjugacyClaim(
        "mine", "…", "…", ball(), ball(coefficients=coefficients), ("v", "theta")
    )
    assert claim.prove().verdict is Verdict.REFUTED


def test_a_point_that_changes_with_the_step_is_not_stored():
    def coefficients(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9):
        return {"lr": lr, "beta": beta, "ahead": beta * (1 - 1 / t)}

    def point(theta, v, *, ahead):
        return theta - ahead * v

    def update(theta, g, v, *, lr, beta):
        v = beta * v + lr * g
        return theta - v, v

    warm = rule(coefficients=coefficients, gradient_at=point)(update)
    claim = StoredPointClaim("mine", "…", "…", warm)
    assert claim.prove().verdict is Verdict.REFUTED
    assert not evidence(claim).agrees
