"""The class that trains is the rule that is proved: function, coefficients, step, start, defaults.

Over every rule whose defaults the ledger claims. What a class does beside (arguments, checkpoints, hooks)
is in the tests of the classes.
"""

import io
from functools import partial

import numpy as np
import pytest
import torch
from eigenstep import optimizers as ours
from eigenstep.optimizers import RuleOptimizer
from eigenstep.optimizers.compositions import at_gradient_point
from eigenstep.proofs import ALL_CLAIMS
from eigenstep.proofs.kinds import DefaultsClaim, EquationsClaim

ADDED = ("D.lookahead.ours", "D.weight_decay.ours", "D.decoupled_weight_decay.ours")
"""Of what is put around a rule: its class takes an optimizer, or it has none."""
DEFAULTS = [c for c in ALL_CLAIMS.values() if isinstance(c, DefaultsClaim) and c.id not in ADDED]
PROVED = {c.rule.name: c.rule for c in DEFAULTS}


FORMS = {
    "RMSprop": ({}, {"momentum": 0.9}, {"centered": True}, {"momentum": 0.9, "centered": True})
}
"""Arguments by which a class takes another rule."""


def classes():
    """By name of a rule, the classes that step by it, with the arguments that make them."""
    found = {}
    for name in ours.__all__:
        cls = getattr(ours, name)
        if isinstance(cls, type) and issubclass(cls, RuleOptimizer):
            if name in (
                "RuleOptimizer",
                "Lookahead",
                "Muon",
                "Shampoo",
                "SOAP",
            ):  # of any rule; of matrices
                continue
            for arguments in FORMS.get(name, ({},)):
                made = partial(cls, **arguments) if arguments else cls
                optimizer = made([leaf(1)])
                rule = optimizer.rule_of(optimizer.param_groups[0])
                found.setdefault(rule.name, []).append(made)
    return found


def leaf(seed):
    generator = torch.Generator().manual_seed(seed)
    return torch.nn.Parameter(torch.randn(4, dtype=torch.float64, generator=generator))


CLASSES = classes()


def test_every_claimed_rule_trains_in_a_class():
    assert PROVED.keys() <= CLASSES.keys()
    assert {c.rule.name for c in ALL_CLAIMS.values() if isinstance(c, EquationsClaim)} & set(
        CLASSES
    ) <= PROVED.keys()


@pytest.mark.parametrize("claim", DEFAULTS, ids=lambda c: c.id)
def test_the_printed_defaults_are_the_classes(claim):
    for cls in CLASSES[claim.rule.name]:
        if cls is ours.SGD:  # torch's arguments and defaults, of two rules
            continue
        optimizer = cls([leaf(1)])
        (group,) = optimizer.param_groups
        assert optimizer.rule_of(group) is claim.rule
        now = optimizer.hyperparameters_of(group)
        for name, text in claim.printed.items():
            expected = claim._value(name)
            assert now[name] == expected, (cls, name, text)


def test_lookahead_has_the_claimed_defaults():
    outer = ours.Lookahead(ours.HeavyBall([leaf(1)]))
    now = outer.hyperparameters_of(outer.param_groups[0])
    claim = ALL_CLAIMS["D.lookahead.ours"]
    for name in ("k", "alpha", "reset_state"):
        assert now[name] == claim._value(name)


class Watched:
    """What an optimizer steps by, as it steps."""

    def __init__(self, patch):
        self.work = []
        run = RuleOptimizer._run

        def seen(optimizer, work):
            run(optimizer, work)
            self.work.append(work)

        patch.setattr(RuleOptimizer, "_run", seen)


class Beside:
    """The rule's own function in NumPy, with a counter of its own for each parameter."""

    def __init__(self, rule, parameters, rates):
        self.rule, self.stored = rule, at_gradient_point(rule)
        self.rates, self.t = rates, [0] * len(parameters)
        self.theta = [p.detach().numpy().copy() for p in parameters]
        self.state = [
            rule.initial_state(theta, self.values(i)) for i, theta in enumerate(self.theta)
        ]

    def values(self, i):
        return self.rule.with_defaults({"lr": self.rates[i]})

    def step(self, i, g):
        self.t[i] += 1
        coefficients = self.stored.coefficients(
            self.t[i], self.stored.with_defaults({"lr": self.rates[i]})
        )
        with np.errstate(all="ignore"):
            self.theta[i], *self.state[i] = self.stored(
                self.theta[i], g, *self.state[i], **coefficients
            )
        return coefficients


@pytest.mark.parametrize("name", PROVED)
def test_a_class_steps_by_the_rule_that_is_proved(name, monkeypatch):
    """Two groups, a parameter that has no gradient at first, and a checkpoint on the way."""
    rule = PROVED[name]
    for cls in CLASSES[name]:
        watched = Watched(monkeypatch)
        parameters, rates = [leaf(i) for i in range(3)], (0.25, 0.25, 0.125)
        groups = [{"params": parameters[:2]}, {"params": parameters[2:], "lr": rates[2]}]
        beside = Beside(rule, parameters, rates)
        optimizer = cls(groups, lr=rates[0], engine="blocked")
        for number, active in enumerate([(0, 2), (0, 1, 2), (0, 1), (0, 1, 2), (1, 2)]):
            if number == 3:
                optimizer = reloaded(optimizer, cls, groups, rates[0])
            watched.work.clear()
            expected = []
            for i, p in enumerate(parameters):
                g = np.array([1.0, -2.0, 0.5, 3.0]) * (number + 1 + i) * (-1) ** number
                p.grad = torch.from_numpy(g) if i in active else None
                expected.append(beside.step(i, g) if i in active else None)
            optimizer.step()
            for i in active:
                (work,) = (w for w in watched.work if any(q is parameters[i] for q in w.parameters))
                assert work.rule is rule
                assert work.kernel.rule.update is beside.stored.update or cls is ours.SGD
                for key, number_ in zip(work.kernel.names, work.scalars, strict=True):
                    assert number_ == pytest.approx(expected[i][key], rel=1e-15, abs=0), (cls, key)
            for i, p in enumerate(parameters):
                assert optimizer.state[p].get("step", 0) == beside.t[i]
                np.testing.assert_allclose(
                    p.detach().numpy(), beside.theta[i], rtol=1e-12, atol=1e-13
                )
        monkeypatch.undo()


def reloaded(optimizer, cls, groups, rate):
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    other = cls(
        [{k: g[k] for k in ("params", "lr") if k in g} for g in groups], lr=rate, engine="blocked"
    )
    other.load_state_dict(torch.load(file))
    return other
