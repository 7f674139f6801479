"""Which convention a library computes, found by running it beside every rule."""

import json

import pytest
import torch
from eigenstep.analysis.comparison import TOLERANCE, compare
from eigenstep.analysis.loading import load_target
from eigenstep.optimizers.rules import ALL_RULES, adam, heavy_ball, radam
from eigenstep.reports.commands.command_line import app
from typer.testing import CliRunner

KNOWN = [
    ("torch.optim:SGD", {}, "gradient_descent", {}),
    ("torch.optim:SGD", {"momentum": 0.9}, "heavy_ball", {}),
    ("torch.optim:SGD", {"momentum": 0.9, "dampening": 0.5}, "heavy_ball",
     {"dampening": 0.5, "undamped_start": True}),
    ("torch.optim:SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, "nesterov", {}),
    ("torch.optim:Adagrad", {}, "adagrad", {"eps_place": "outside"}),
    ("torch.optim:RMSprop", {}, "rmsprop", {"eps_place": "outside"}),
    ("torch.optim:RMSprop", {"centered": True, "momentum": 0.9}, "rmsprop_centered_momentum",
     {"eps_place": "outside"}),
    ("torch.optim:Adadelta", {"weight_decay": 0.1}, "adadelta", {}),
    ("torch.optim:Adam", {"weight_decay": 0.1}, "adam", {}),
    ("torch.optim:Adam", {"amsgrad": True}, "amsgrad", {"bias_correction": True}),
    ("torch.optim:AdamW", {}, "adamw", {}),
    ("torch.optim:Adamax", {}, "adamax", {"eps_place": "gradient"}),
    ("torch.optim:NAdam", {}, "nadam", {"lookahead_bias": "scheduled"}),
    ("torch.optim:RAdam", {}, "radam", {"threshold": 5.0, "eps_place": "uncorrected"}),
    ("optax:sgd", {"momentum": 0.9}, "heavy_ball", {}),
    ("optax:sgd", {"momentum": 0.9, "nesterov": True}, "nesterov", {}),
    ("optax:adagrad", {}, "adagrad", {"initial_accumulator": 0.1}),
    ("optax:rmsprop", {"centered": True, "momentum": 0.9}, "rmsprop_centered_momentum", {}),
    ("optax:adadelta", {}, "adadelta", {}),
    ("optax:adam", {}, "adam", {}),
    ("optax:adamw", {}, "adamw", {}),
    ("optax:adamax", {}, "adamax", {"eps_place": "gradient"}),
    ("optax:nadam", {}, "nadam", {"lookahead_bias": "next"}),
    ("optax:amsgrad", {}, "amsgrad", {"bias_correction": "before"}),
    ("optax:radam", {}, "radam", {"threshold": 5.0}),
    ("optax:yogi", {}, "yogi", {"initial_accumulator": 1e-6}),
    ("optax:lamb", {"weight_decay": 0.1}, "lamb", {}),
    ("optax:lars", {"weight_decay": 0.1}, "lars", {"scaling": "decayed_gradient"}),
    ("pytorch_optimizer:Yogi", {}, "yogi", {"initial_accumulator": 1e-6}),
    ("pytorch_optimizer:AdaBound", {}, "adabound", {"bias_correction": True, "eps_inside": 1e-15}),
    ("pytorch_optimizer:AdaBound", {"ams_bound": True}, "amsbound",
     {"bias_correction": True, "eps_inside": 1e-15}),
    ("optax:rmsprop", {}, "rmsprop", {}),
    ("pytorch_optimizer:RAdam", {}, "radam",
     {"threshold": 5, "eps_place": "uncorrected", "untractable": "skip"}),
    ("pytorch_optimizer:RAdam", {"degenerated_to_sgd": True}, "radam",
     {"threshold": 5, "eps_place": "uncorrected"}),
    ("pytorch_optimizer:Ranger", {"degenerated_to_sgd": True, "use_gc": False}, "ranger",
     {"threshold": 5, "eps_place": "uncorrected"}),
]  # fmt: skip


def target(name):
    module = name.partition(":")[0]
    pytest.importorskip(module.partition(".")[0])
    return load_target(name)


@pytest.mark.parametrize(("name", "settings", "rule", "conventions"), KNOWN)
def test_finds_the_convention(name, settings, rule, conventions):
    against = ALL_RULES.get(rule)  # alone where it has a name of its own: fewer to run
    found = compare(target(name), against, settings=settings, name=name)
    assert found.match
    assert found.difference <= TOLERANCE
    assert found.departure is None
    assert found.nearest.rule.name == rule
    assert found.nearest.conventions == conventions


def test_every_named_convention_of_a_library_is_what_that_library_computes():
    """A rule's table of conventions is not trusted: every entry is run."""
    known = {"torch": "torch.optim", "optax": "optax", "pytorch-optimizer": "pytorch_optimizer"}
    tested = {(name.partition(":")[0], rule) for name, _, rule, _ in KNOWN}
    untested = []
    for rule in ALL_RULES.values():
        for convention in rule.conventions:
            composed = rule.name in ("adamw", "ranger", "ranger_lars", "ralamb", "lamb")
            library = known.get(convention)
            if library and not composed and (library, rule.name) not in tested:
                untested.append((rule.name, convention))
    assert untested == [("lars", "pytorch-optimizer")]  # below, on tensors of two dimensions


def test_all_rules_are_searched_and_the_right_one_wins():
    found = compare(torch.optim.RAdam)
    assert found.nearest.rule is radam
    assert found.convention == "torch"
    assert found.tried > 100


def test_decay_is_told_apart():
    assert (
        compare(torch.optim.Adam, adam, settings={"weight_decay": 0.1}).nearest.decay == "coupled"
    )
    decoupled = {"weight_decay": 0.1, "decoupled_weight_decay": True}
    assert compare(torch.optim.Adam, adam, settings=decoupled).nearest.decay == "decoupled"


def test_lars_of_pytorch_optimizer_leaves_vectors_unscaled():
    lars = ALL_RULES["lars"]
    other = target("pytorch_optimizer:LARS")
    flat = compare(other, lars)
    assert not flat.match
    assert flat.departure.tensor == 1  # the first of one dimension
    square = compare(other, lars, shapes=((4, 3), (2, 5)), settings={"weight_decay": 0.1})
    assert square.match
    assert square.convention == "pytorch-optimizer"


def test_lookahead_of_pytorch_optimizer():
    library = pytest.importorskip("pytorch_optimizer")
    from eigenstep.optimizers.compositions import lookahead

    def build(params, lr=0.001, k=5, alpha=0.5):
        return library.Lookahead(torch.optim.Adam(params, lr=lr), k=k, alpha=alpha)

    found = compare(build, lookahead(adam))
    assert found.match
    assert not compare(build, lookahead(adam, k=4), settings={"k": 6}, steps=3).departure


def test_ranger_of_pytorch_optimizer_first_climbs():
    """Smallest example: one parameter, one step, and it moves up the gradient."""
    library = pytest.importorskip("pytorch_optimizer")
    x = torch.nn.Parameter(torch.zeros(1))
    x.grad = torch.ones(1)
    library.Ranger([x], lr=0.1, use_gc=False).step()
    assert x.item() == pytest.approx(0.1)
    found = compare(library.Ranger, ALL_RULES["ranger"], settings={"use_gc": False})
    assert not found.match
    assert found.departure.step == 1


def test_lamb_of_pytorch_optimizer_is_another_rule():
    """Smallest example: ‖θ‖ = 20 counts as 10; the paper has no such bound."""
    library = pytest.importorskip("pytorch_optimizer")
    x = torch.nn.Parameter(torch.full((1,), 20.0))
    x.grad = torch.ones(1)
    library.Lamb([x], lr=0.1, eps=0.0).step()
    assert 20 - x.item() == pytest.approx(0.1 * 10 / (1 - 0.9), rel=1e-5)  # and 1/(1 − β₁)
    assert not compare(library.Lamb, ALL_RULES["lamb"]).match


class Mistaken(torch.optim.Adam):
    """Adam with the bias correction one step late: right from afar."""

    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    zero = torch.zeros_like(p)
                    state |= {
                        "step": torch.tensor(1.0),
                        "exp_avg": zero,
                        "exp_avg_sq": zero.clone(),
                    }
        super().step(closure)


def test_a_mistake_is_found_at_its_first_step():
    found = compare(Mistaken, adam)
    assert not found.match
    assert found.departure.step == 1
    assert found.departure.target != found.departure.rule
    assert "departs at step 1" in found.describe()


def test_a_late_mistake_is_found_where_it_begins():
    class Late(torch.optim.SGD):
        count = 0

        def step(self, closure=None):
            self.count += 1
            self.param_groups[0]["momentum"] = 0.9 if self.count < 40 else 0.8
            super().step(closure)

    found = compare(lambda params, lr=0.01, momentum=0.9: Late(params, lr, momentum), heavy_ball)
    assert found.departure.step == 40


def test_a_rule_can_be_the_target():
    assert compare(ALL_RULES["yogi"]).nearest.rule.name == "yogi"
    assert not compare(ALL_RULES["yogi"], adam).match


def run(*arguments):
    return CliRunner().invoke(app, ["check", *arguments])


def test_command():
    match = run("torch.optim:RAdam", "--json")
    assert match.exit_code == 0
    document = json.loads(match.stdout)
    assert (document["match"], document["rule"], document["convention"]) == (True, "radam", "torch")
    none = run("torch.optim:RAdam", "--against", "adam", "--json")
    assert none.exit_code == 1
    assert json.loads(none.stdout)["departure"]["step"] == 1


def test_command_on_a_file(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("import torch\nclass Mine(torch.optim.Adam):\n    pass\n", encoding="utf-8")
    assert run(f"{file}:Mine", "--against", "adam", "--set", "betas=0.8,0.9").exit_code == 0
