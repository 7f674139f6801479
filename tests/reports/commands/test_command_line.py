"""The command line as a stranger would use it: its output and its exit status.

Mostly in forks of this process, which has imported what takes a second; some in a process of their own.
"""

import json
import math
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from forked import command as forked

COMMAND = [str(Path(sys.executable).with_name("eigenstep"))]
USER_FILE = '''
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval

@rule
def half_nesterov(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    """Halfway between heavy ball and gradient descent on the velocity."""
    v = beta * v + g
    return theta - lr * (v + g) / 2, v
'''


def run(*arguments, env=None, cwd=None):
    if env is None:
        done = forked(*arguments, cwd=cwd)
        return subprocess.CompletedProcess(arguments, done.status, done.out, done.err)
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, check=False, cwd=cwd,
        stdin=subprocess.DEVNULL, env={**os.environ, **env},
    )  # fmt: skip


def document(*arguments):
    done = run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_limit():
    assert document("limit", "heavy_ball", "--set", "beta=0.9") == {
        "rule": "heavy_ball",
        "eta_lambda": {"lower": 0.0, "upper": 3.8, "exact": "2*beta + 2"},
    }
    ema = document("limit", "heavy_ball", "--set", "beta=0.9", "--set", "dampening=beta")
    assert ema["eta_lambda"] == {"lower": 0.0, "upper": 38.0, "exact": "(2*beta + 2)/(1 - beta)"}
    assert document("limit", "nesterov")["eta_lambda"]["upper"] is None
    assert document("limit", "gradient_descent")["eta_lambda"]["upper"] == 2.0


def test_radius():
    found = document("radius", "heavy_ball", "--set", "beta=0.9", "--set", "eta_lambda=0.5")
    assert found["radius"] == pytest.approx(math.sqrt(0.9), abs=1e-15)
    assert [abs(complex(*z)) for z in found["eigenvalues"]] == pytest.approx([math.sqrt(0.9)] * 2)


def test_tune():
    found = document("tune", "heavy_ball", "--mu", "1", "--L", "100")
    assert (found["lr"], found["beta"], found["rate"]) == pytest.approx((4 / 121, 81 / 121, 9 / 11))
    assert found["exact"]["rate"] == "(sqrt(L) - sqrt(mu))/(sqrt(L) + sqrt(mu))"


def test_worst_case():
    at = ["heavy_ball", "--mu", "1", "--L", "25", "--set", "beta=4/9"]
    found = document("worst-case", *at, "--set", "lr=1/9")
    assert (found["verdict"], found["cycle"]["steps"], found["rate"][0]) == ("cycles", 3, 1)
    assert len(found["cycle"]["points"]) == len(found["cycle"]["gradients"]) == 3
    found = document("worst-case", *at, "--set", "lr=1/25")
    assert found["verdict"] == "converges"
    assert found["rate"][0] <= found["rate"][1] < 1
    assert Fraction(found["certificate"]["rho"]) <= found["rate"][1]
    assert found["cycle"] is None


def test_worst_cases_over_a_plane(tmp_path):
    axes = ["--map", "lr=0.01:0.15:12", "--map", "beta=0:0.9:9"]
    out = tmp_path / "map.svg"
    found = document("worst-case", "heavy_ball", "--mu", "1", "--L", "25", *axes, "--out", str(out))
    assert sum(found["counts"].values()) == 12 * 9
    assert (len(found["verdict"]), len(found["verdict"][0])) == (9, 12)
    assert {"converges", "cycles", "unstable"} == found["counts"].keys()
    assert out.read_bytes().startswith(b"<svg")


def test_tune_over_all_functions():
    found = document("tune", "gradient_descent", "--mu", "1", "--L", "25", "--over", "all")
    assert found["lr"] == pytest.approx(1 / 13)
    assert found["rate"] == pytest.approx(12 / 13, abs=1e-6)
    assert found["quadratics"]["worst_case"]["verdict"] == "converges"


def test_noise():
    found = document("noise", "gradient_descent", "--set", "lr=0.5", "--set", "curvature=2")
    assert found["variance"] == pytest.approx(0.5 / (2 * (2 - 1)))
    assert found["exact"] == "eta/(lambda*(-eta*lambda + 2))"


def test_list_derive_prove():
    assert {r["name"] for r in document("list")["rules"]} >= {"heavy_ball", "nesterov"}
    found = document("derive", "heavy_ball")
    assert found["matrix"] == [["beta", "lambda"], ["-beta*eta", "-eta*lambda + 1"]]
    assert found["limit"] == "2*beta + 2"
    (claim,) = document("prove", "M8")["claims"]
    assert set(claim) == {"id", "statement", "source", "verdict", "method", "counterexample",
                          "corrected", "steps", "evidence", "seconds", "cached"}  # fmt: skip
    assert claim["verdict"] == "PROVED"
    assert [c["id"] for c in document("prove", "M9")["claims"]] == [
        "M9.sufficient",
        "M9.necessary",
        "M9.any",
    ]


def test_a_rule_of_the_users(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(USER_FILE)
    found = document("limit", f"{file}:half_nesterov", "--set", "beta=0.5")
    assert found["eta_lambda"] == {"lower": 0.0, "upper": 2.4, "exact": "(4*beta + 4)/(beta + 2)"}
    assert document("derive", str(file))["rule"] == "half_nesterov"


@pytest.mark.parametrize("command", ["derive", "limit", "radius", "tune", "noise"])
def test_plain_output(command):
    extra = {
        "radius": ["--set", "beta=0.5", "--set", "eta_lambda=1"], "tune": ["--mu", "1", "--L", "4"],
        "noise": ["--set", "beta=0.5", "--set", "lr=0.1", "--set", "curvature=1"],
    }  # fmt: skip
    done = run(command, "heavy_ball", *extra.get(command, []), env={"PYTHONIOENCODING": "ascii"})
    if command not in ("derive",):
        assert done.returncode == 0, done.stderr
    done = run(command, "heavy_ball", *extra.get(command, []))
    assert done.returncode == 0
    assert done.stdout.strip()


WORST = ["worst-case", "heavy_ball", "--mu", "1"]
BAD = {
    "unknown rule": (["derive", "nope"], "nope"),
    "beta = 1": (["limit", "heavy_ball", "--set", "beta=1"], "beta = 1.0 .* 0 <= beta < 1"),
    "negative eta": (["noise", "heavy_ball", "--set", "lr=-1", "--set", "beta=0", "--set",
                      "curvature=1"], "lr = -1.0 .* 0 <= lr"),
    "NaN": (["radius", "heavy_ball", "--set", "beta=nan", "--set", "eta_lambda=1"], "beta: nan"),
    "infinite": (["radius", "heavy_ball", "--set", "beta=0", "--set", "eta_lambda=inf"], "inf"),
    "no such parameter": (["limit", "heavy_ball", "--set", "gamma=1"], "gamma"),
    "mu > L": (["tune", "heavy_ball", "--mu", "2", "--L", "1"], "mu = 2 .* 0 < mu <= L"),
    "mu = 0": (["tune", "heavy_ball", "--mu", "0", "--L", "1"], "mu = 0"),
    "missing": (["radius", "heavy_ball", "--set", "beta=0.5"], "eta_lambda is missing"),
    "unstable": (["noise", "gradient_descent", "--set", "lr=3", "--set", "curvature=1"],
                 "0 < lr < 2"),
    "mu = L": ([*WORST, "--L", "1", "--set", "lr=0.1", "--set", "beta=0"], "0 < mu < L"),
    "diverging": (["worst-case", "gradient_descent", "--mu", "1", "--L", "4", "--set", "lr=1"],
                  "does not converge"),
    "no axis": ([*WORST, "--L", "4", "--map", "lr=0.1"], "LOW:HIGH:COUNT"),
    "set and mapped": ([*WORST, "--L", "4", "--set", "lr=0.1", "--map", "lr=0.1:1:5"], "set and mapped"),
    "out of a point": ([*WORST, "--L", "4", "--out", "x.svg"], "--map"),
    "over what": (["tune", "heavy_ball", "--mu", "1", "--L", "4", "--over", "some"], "quadratics or all"),
    "no value": (["limit", "heavy_ball", "--set", "beta"], "NAME=VALUE"),
    "twice": (["limit", "heavy_ball", "--set", "beta=0", "--set", "beta=0.1"], "twice"),
    "code": (["limit", "heavy_ball", "--set", "beta=__import__('os')"], "arithmetic"),
    "no file": (["derive", "missing.py:rule"], "missing.py"),
    "no command": (["nope"], "nope"),
    "no argument": (["derive"], "RULE"),
    "no figure": (["figure", "nope"], "nope"),
    "suffix": (["figure", "rates", "--out", "x.bmp"], r"\.svg, \.pdf, \.png"),
    "unwritable": (["figure", "rates", "--out", "/proc/nope/x.svg"], "cannot be written"),
    "report folder": (["report", "--out", "/proc/nope"], "cannot be written"),
    "report format": (["report", "--format", "docx", "--out", "x"], "docx.* html, pdf"),
    "no claim": (["prove", "X9"], "X9"),
    "tuning what is tuned": (["tune", "heavy_ball", "--mu", "1", "--L", "2", "--set", "beta=0"], "beta"),
}  # fmt: skip


WHOLE = ("unknown rule", "unwritable")
"""These in a process of their own, from the start of Python to its end."""


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name, tmp_path):
    arguments, message = BAD[name]
    done = run(*arguments, cwd=tmp_path, env={} if name in WHOLE else None)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert re.search(message, done.stderr), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_broken_user_files(tmp_path):
    for text, message in (("1/0", "ZeroDivisionError"), ("def rule(:", "SyntaxError"),
                          ("x = 1", "not a rule"), ("", "there is no rule")):  # fmt: skip
        file = tmp_path / "bad.py"
        file.write_text(text)
        done = run("derive", f"{file}:x")
        assert done.returncode == 2
        assert message in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_help():
    done = run("--help")
    assert done.returncode == 0
    assert "The theory of an optimizer" in done.stdout
    for command in ("list", "derive", "limit", "radius", "tune", "noise", "prove", "figure",
                    "report", "data"):  # fmt: skip
        page = run(command, "--help").stdout
        assert f"Example: eigenstep {command}" in " ".join(page.split())


def test_theory_needs_no_torch():
    code = (
        "import sys; sys.argv = ['eigenstep', 'derive', 'heavy_ball', '--json']\n"
        "from eigenstep.reports.commands.command_line import main\n"
        "try: main()\n"
        "except SystemExit as e: assert e.code == 0\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_a_closed_pipe_is_no_error():
    with subprocess.Popen(
        [*COMMAND, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as done:
        done.stdout.close()
        assert done.stderr.read() == b""
