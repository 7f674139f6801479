"""Reports on rules of the wider form: what their state costs, and what they are run on."""

import pytest
import torch
from eigenstep.optimizers.rules import SHIPPED_RULES as known
from eigenstep.reports.chapters.optimizer_pages import beside, bytes_of
from eigenstep.reports.rule_report.matrices import matrices_only
from eigenstep.reports.rule_report.part import Numbers, Refused
from eigenstep.reports.rule_report.subject import Asked, load
from eigenstep.reports.rule_report.surfaces import surfaces
from eigenstep.reports.rule_report.training import Problem, digits, run


def test_bytes_count_what_is_like_the_parameter():
    assert bytes_of(known["adam"]) == (8, 28)
    assert beside(known["adam"]) == []
    assert bytes_of(known["adafactor"]) == (0, 12)
    assert beside(known["adafactor"]) == ["`r` a column", "`c` a row", "`is_vector` one number"]
    assert beside(known["shampoo"]) == ["`left` rows × rows", "`right` columns × columns"]


def test_a_rule_of_matrices_trains_the_matrices_and_adamw_the_vectors():
    assert {k for k, r in known.items() if matrices_only(r)} == {"muon", "shampoo", "soap"}
    seen = []

    def begin(seed):
        seen.append([torch.nn.Parameter(torch.ones(s)) for s in shapes])
        return seen[-1]

    def loss(parameters):
        return float(sum((p.detach() ** 2).sum() for p in parameters))

    problem = Problem(begin, lambda ps, rows: sum((p**2).sum() for p in ps), loss, 4, 2, 20)
    shapes = ((3, 2), (3,))
    losses = run(load(Asked("muon")), problem, 0.01, 0)
    assert losses[-1] < losses[0]
    matrix, vector = seen[-1]
    assert matrix.min() < 0.95
    torch.testing.assert_close(
        vector, torch.full((3,), 1 - 20 * 1e-3), atol=2e-3, rtol=0
    )  # AdamW's
    shapes = ((3,),)
    with pytest.raises(Refused, match="a vector only"):
        run(load(Asked("muon")), problem, 0.01, 0)


def test_a_rule_that_is_given_more_than_gradients_is_not_run_without():
    """Sophia without estimates is the sign of an average: not what the report is on."""
    sides = load(Asked("sophia")), load(Asked("adam"))
    for section in (surfaces, digits):
        with pytest.raises(Refused, match="sophia is given estimate beside the gradient"):
            section(sides[0], sides[1], Numbers(quick=True))
