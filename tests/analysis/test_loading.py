"""Users' files as Python runs them: two of one name, and what their code leaves changed."""

import os
import sys

import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.loading import load_rule
from eigenstep.optimizers.errors import RuleError

FILE = """
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
import os
@rule
def mine(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = {beta}):
    {first}
    v = beta * v + g
    return theta - lr * v, v
"""


def test_two_files_of_one_name_are_two_modules(tmp_path):
    rules = []
    for beta in (0.5, 0.25):
        folder = tmp_path / str(beta)
        folder.mkdir()
        (folder / "mine.py").write_text(FILE.format(beta=beta, first="pass"))
        rules.append(load_rule(str(folder / "mine.py")))
    assert [r.hyperparameters["beta"].default for r in rules] == [0.5, 0.25]
    assert len({r.__module__ for r in rules}) == 2
    assert all(vars(sys.modules[r.__module__])["mine"] is r for r in rules)


def test_a_rule_that_ends_the_program_is_an_error_and_children_still_end(tmp_path):
    file = tmp_path / "ending.py"
    file.write_text(FILE.format(beta=0.9, first="os._exit(0)"))
    found = load_rule(str(file))
    with pytest.raises(RuleError, match=r"ending\.py, line 7: .*os\._exit"):
        derive(found)
    before = os._exit
    forks = (
        "pid = os.fork()\n    if not pid: os._exit(5)\n    assert os.waitpid(pid, 0)[1] == 5 << 8"
    )
    file.write_text(FILE.format(beta=0.9, first=forks))
    assert str(derive(load_rule(str(file))).limit) == "2*beta + 2"
    assert os._exit is before
