"""Which convention a library computes, found by running it beside every rule."""

import json

import pytest
import torch
from eigenstep.analysis.comparison import TOLERANCE, compare
from eigenstep.analysis.loading import load_target
from eigenstep.optimizers import MARS
from eigenstep.optimizers.errors import RuleError
from eigenstep.optimizers.rules import ALL_RULES, SHIPPED_RULES, adam, heavy_ball, radam
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
    ("torch.optim:Rprop", {}, "rprop", {"turning": "stay"}),
    ("torch.optim:ASGD", {}, "asgd", {"t0": 1e6}),
    ("torch.optim:ASGD", {"t0": 5, "lambd": 0.1, "weight_decay": 0.1}, "asgd", {"t0": 5, "lambd": 0.1}),
    ("optax:lion", {}, "lion", {}),
    ("optax:rprop", {}, "rprop", {"turning": "late"}),
    ("optax:adan", {"weight_decay": 0.1}, "adan",
     {"bias_correction": True, "decay": "decoupled", "ahead": "rest", "eps_inside": 1e-8}),
    ("optax.contrib:schedule_free_sgd", {}, "schedule_free_sgd", {"averaged": "steps"}),
    ("optax.contrib:schedule_free_adamw", {"weight_decay": 0.1}, "schedule_free_adamw",
     {"bias_correction": "moment"}),
    ("optax.contrib:ademamix", {"weight_decay": 0.1}, "ademamix", {}),
    ("optax.contrib:adopt", {}, "adopt", {}),
    ("optax.contrib:adopt", {"use_clipping": False}, "adopt", {"clipped": False}),
    ("pytorch_optimizer:Lion", {"weight_decay": 0.1}, "lion", {}),
    ("pytorch_optimizer:SignSGD", {}, "signum", {}),
    ("pytorch_optimizer:QHM", {"momentum": 0.9, "nu": 0.7}, "qhm", {}),
    ("pytorch_optimizer:AggMo", {}, "aggmo", {}),
    ("pytorch_optimizer:ScheduleFreeSGD", {}, "schedule_free_sgd", {"averaged": "steps"}),
    ("pytorch_optimizer:ScheduleFreeAdamW", {"weight_decay": 0.1}, "schedule_free_adamw",
     {"bias_correction": "moment", "eps_inside": 1e-15}),
    ("pytorch_optimizer:Adan", {"weight_decay": 0.1}, "adan", {"bias_correction": True}),
    ("pytorch_optimizer:AdEMAMix", {}, "ademamix", {}),
    ("pytorch_optimizer:ADOPT", {}, "adopt", {"counted": "present"}),
    ("pytorch_optimizer:LaProp", {"foreach": False}, "laprop",  # whose other path steps by float32
     {"eps_inside": 1e-15, "eps_place": "uncorrected"}),
    ("torch.optim:Adafactor", {"weight_decay": 0.1}, "adafactor",
     {"eps1": 2.0**-52, "eps1_place": "root"}),  # float64's own, as its class takes the parameter's
    ("torch.optim:Muon", {"weight_decay": 0.1}, "muon", {"average": "mean", "precision": "bfloat16"}),
    ("torch.optim:Muon", {"nesterov": False, "adjust_lr_fn": "match_rms_adamw"}, "muon",
     {"nesterov": False, "scale": "rms", "average": "mean", "precision": "bfloat16"}),
    ("pytorch_optimizer:StableAdamW", {}, "stable_adamw", {}),
    ("pytorch_optimizer:Prodigy", {"weight_decay": 0.1}, "prodigy", {"eps_scale": "after"}),
    ("optax.contrib:prodigy", {"weight_decay": 0.1}, "prodigy",
     {"bias_correction": True, "eps_scale": "after"}),
]  # fmt: skip


def target(name):
    module = name.partition(":")[0]
    pytest.importorskip(module.partition(".")[0])
    return load_target(name)


@pytest.mark.parametrize(("name", "settings", "rule", "conventions"), KNOWN)
def test_finds_the_convention(name, settings, rule, conventions):
    against = SHIPPED_RULES.get(rule)  # alone where it has a name of its own: fewer to run
    found = compare(target(name), against, settings=settings, name=name)
    assert found.match
    assert found.difference <= TOLERANCE
    assert found.departure is None
    assert found.nearest.rule.name == rule
    assert found.nearest.conventions == conventions


def test_every_named_convention_of_a_library_is_what_that_library_computes():
    """A rule's table of conventions is not trusted: every entry is run."""
    known = {"torch": "torch.optim", "optax": "optax", "pytorch-optimizer": "pytorch_optimizer"}
    tested = {(name.partition(":")[0].removesuffix(".contrib"), rule) for name, _, rule, _ in KNOWN}
    untested = []
    for rule in SHIPPED_RULES.values():
        for convention in rule.conventions:
            composed = rule.name in ("adamw", "ranger", "ranger_lars", "ralamb", "lamb")
            library = known.get(convention)
            if library and not composed and (library, rule.name) not in tested:
                untested.append((rule.name, convention))
    # Below, on tensors of two dimensions.
    assert untested == [("lars", "pytorch-optimizer"), ("mars", "pytorch-optimizer")]


def test_sign_descent_is_signum_without_momentum():
    assert compare(target("optax:sign_sgd"), ALL_RULES["signum"].fix(beta=0.0)).match


def test_mars_of_pytorch_optimizer_on_matrices():
    """At gradients below 1, where no norm is clipped and the first difference shows."""
    mars = ALL_RULES["mars"]
    settings = {"weight_decay": 0.1}
    found = compare(
        target("pytorch_optimizer:MARS"), mars, shapes=((4, 3), (2, 5)), settings=settings
    )
    assert found.match
    assert found.nearest.conventions["eps_place"] == "uncorrected"
    start = torch.linspace(-1, 1, 6, dtype=torch.float64).reshape(2, 3)
    p, q = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    library = target("pytorch_optimizer:MARS")([p], **settings)
    mine = MARS([q], convention="pytorch-optimizer", **settings)
    for t in range(1, 6):
        p.grad = 0.1 * torch.sin(start * 7 + t)
        q.grad = p.grad.clone()
        library.step()
        mine.step()
        torch.testing.assert_close(p.detach(), q.detach(), rtol=1e-12, atol=1e-14)


def test_lion_of_optax_with_small_directions_kept():
    optax = pytest.importorskip("optax")
    other = optax.chain(optax.scale_by_lion(mode="refined"), optax.scale(-0.01))
    found = compare(other, ALL_RULES["lion"].fix(lr=0.01))
    assert found.match
    assert found.nearest.conventions == {"form": "refined"}


def test_all_rules_are_searched_and_the_right_one_wins():
    found = compare(torch.optim.RAdam)
    assert found.nearest.rule is radam
    assert found.convention == "torch"
    assert found.tried > 100


def test_rules_of_matrices_are_among_all():
    """At 1e-10 in bfloat16 too: it is the same arithmetic, rounded where the library rounds."""
    found = compare(torch.optim.Muon, steps=20)
    assert (found.match, found.nearest.rule.name, found.convention) == (True, "muon", "torch")
    assert "on matrices (4x3, 2x5, 3x3)" in found.describe()
    assert found.nearest.known_as == ("torch",)


def test_cautious_adam_is_among_all():
    class Cautious(torch.optim.Adam):
        def step(self, closure=None):
            group = self.param_groups[0]
            before = [p.detach().clone() for p in group["params"]]
            super().step(closure)
            with torch.no_grad():
                for p, old in zip(group["params"], before, strict=True):
                    agree = ((p - old) * p.grad < 0).to(p.dtype)
                    p.copy_(old + (p - old) * agree / agree.mean().clamp(min=1e-3))

    found = compare(Cautious, steps=20)
    assert (found.match, found.nearest.rule.name) == (True, "cautious_adam")
    assert found.nearest.conventions == {"rescale": "mean"}


def test_what_takes_matrices_only_says_so_of_other_tensors():
    with pytest.raises(RuleError, match="newton_schulz takes a matrix"):
        compare(torch.optim.SGD, SHIPPED_RULES["muon"])
    none = compare(Mistaken, shapes=((3,),), steps=5)
    assert not none.match
    assert "muon was not tried: newton_schulz takes a matrix" in none.describe()
    with pytest.raises(RuleError, match="sophia is given estimate beside the gradient"):
        compare(torch.optim.SGD, SHIPPED_RULES["sophia"])


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
