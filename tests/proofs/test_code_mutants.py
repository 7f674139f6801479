"""Mistakes in the rules' own code are noticed by the claims about them: a selection of ``make mutants``."""

import ast

import pytest
from eigenstep.optimizers import rules
from eigenstep.optimizers.rules import SHIPPED_RULES
from eigenstep.proofs.code_changes import changes
from eigenstep.proofs.code_survey import MODULES, about, changes_of, code_mutants, verdict_on
from eigenstep.proofs.code_world import HOME, World, source_of
from eigenstep.proofs.mutants import main
from eigenstep.proofs.trials.alike import alike

RULES = f"{rules.__name__}."


@pytest.mark.parametrize(("module", "code"), [
    ("eigenstep.optimizers.moments", "return 1 - beta ** (t - 1)"),
    ("eigenstep.optimizers.moments", "sqrt(v + eps_inside + eps_outside)"),
    (f"{RULES}heavy_ball", "return (theta + lr * v, v)"),
    (f"{RULES}heavy_ball", "where(t < 1, 1, weight)"),
    (f"{RULES}adam", "weight1 * (g * g)"),
    (f"{RULES}amsgrad", "minimum(largest, v * maximum_of)"),
    (f"{RULES}adamw", "with_weight_decay(adam"),
    ("eigenstep.optimizers.compositions", "sync=(t + 1) % k <= 0"),
    ("eigenstep.optimizers.layerwise", "where(size <= 0, 0, where(u_size <= 0, 1, wanted))"),
    (f"{RULES}nesterov", "initial={'v': lambda theta: theta * 0 + 1}"),
    (f"{RULES}adam", "beta2: UnitInterval=0.4995"),
])  # fmt: skip
def test_it_makes_the_mistakes_that_are_made(module, code):
    assert any(code in ast.unparse(c.tree) for c in changes_of(module))


_QUICK = ("gradient_descent", "nesterov", "adagrad", "adadelta", "qhm", "signum", "lion", "triple_momentum",
          "laprop", "adam")  # fmt: skip
CHEAP = [m for n in _QUICK for m in list(code_mutants([RULES + n]))[::4]]


@pytest.mark.parametrize("module", dict.fromkeys(m.module for m in CHEAP))
def test_no_mistake_goes_unnoticed(module):
    for one in (m for m in CHEAP if m.module == module):
        assert verdict_on(one) != "survived", str(one)


def test_there_are_many_of_many_kinds():
    kinds = {m.change.kind for m in CHEAP} | {
        c.kind for c in changes_of("eigenstep.optimizers.moments")
    }
    assert kinds >= {
        "sign",
        "factor",
        "step",
        "exchange",
        "start",
        "default",
        "root",
        "branch",
        "statement",
    }
    assert len(CHEAP) >= 60
    assert {m.split(".")[-1] for m in MODULES} >= {*_QUICK, "moments", "layerwise", "compositions"}


def test_what_is_installed_is_left_alone():
    before = dict(vars(rules))
    tree = ast.parse(source_of(HOME["adam"]).replace("0.999", "0.5"))
    world = World(HOME["adam"], tree)
    assert world.rule("adam").hyperparameters["beta2"].default == 0.5
    assert world.rule("lamb").hyperparameters["beta2"].default == 0.5  # made of it
    assert world.rule("radam") is None
    assert dict(vars(rules)) == before
    assert SHIPPED_RULES["adam"].hyperparameters["beta2"].default == 0.999
    changed = {c.id for c in about(world)}
    assert {"R7.outside", "R11.coupled", "R14.lamb", "D.adamw.ours"} <= changed
    assert not {"R12", "R1"} & changed


def test_the_same_code_is_the_same_and_another_is_not():
    def of(*change):
        return World(HOME["adamax"], ast.parse(source_of(HOME["adamax"]).replace(*change))).rule(
            "adamax"
        )

    adamax = SHIPPED_RULES["adamax"]
    assert alike(adamax, of("beta1 * m + weight1 * g", "weight1 * g + beta1 * m"))
    for change in (("beta2 * u", "beta1 * u"), ("0.002", "0.003"),
                   ("divisor(u + eps_outside, eps_outside)", "(u + eps_outside)")):  # fmt: skip
        assert not alike(adamax, of(*change)), change


def test_a_hole_in_the_claims_is_seen(monkeypatch):
    """Without the claim about a form, a mistake in it survives: nothing else would have noticed."""
    from eigenstep.proofs import code_survey

    found = [
        m
        for m in code_mutants([RULES + "lion"])
        if m.change.text == "clip(c, -1, 1) → clip(c, 1, -1)"
    ]
    assert verdict_on(found[0]) == "evidence"
    kept = tuple(p for p in code_survey._claims() if p[0].id != "C.lion.refined")
    monkeypatch.setattr(code_survey, "_claims", lambda: kept)
    assert verdict_on(found[0]) == "survived"


def test_a_function_changes_in_one_place():
    source = "def update(theta, g, m, *, lr=0.5):\n    m = m + g\n    return theta - lr * m, m"
    texts = [c.text for c in changes(ast.parse(source))]
    assert "m + g → m - g" in texts
    assert "lr * m → m" in texts
    assert any("lr=0.25" in t for t in texts)
    assert len(texts) == len(set(texts))


def test_from_the_command_line(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--rules", "gradient_descent"])
    assert not ended.value.code
    out = capsys.readouterr().out
    assert "mutants of the rules' code killed" in out
    assert out.rstrip().endswith("0 survived")
    with pytest.raises(SystemExit) as ended:
        main(["--rules", "adamm"])
    assert ended.value.code == 2
    assert "there is no rule 'adamm'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "--rules adam radam" in capsys.readouterr().out
