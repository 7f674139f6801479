"""The command line with what nobody should type: one clear line, in bounded time, one strict document."""

import functools
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
from eigenstep.analysis import derive
from eigenstep.analysis.loading import load_rule
from eigenstep.optimizers.rules import ALL_RULES

sys.path.insert(0, str(Path(__file__).parent))
from forked import command

EIGENSTEP = str(Path(sys.executable).with_name("eigenstep"))


def settings(*pairs):
    return [part for pair in pairs for part in ("--set", pair)]


def strict(text):
    assert text.isascii()

    def refuse(token):
        raise AssertionError(f"{token} is no JSON")

    return json.loads(text, parse_constant=refuse)


def check(*arguments, status=None, seconds=30, encoding="utf-8"):
    done = command(*arguments, encoding=encoding, seconds=seconds)
    assert done.status in ((0, 2) if status is None else (status,)), (arguments, done)
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    if done.status == 2:
        assert done.out == ""
        assert len(done.err.splitlines()) == 1, done.err
    elif "--json" in arguments:
        strict(done.out)
        assert done.err == ""
    return done


REFUSED = {
    "an expression outside its domain": (["limit", "heavy_ball", *settings("dampening=beta*2", "beta=0.9")],
                                         "dampening = .*< 1"),
    "in a cycle": (["limit", "heavy_ball", *settings("dampening=beta", "beta=dampening")], "itself"),
    "of itself": (["limit", "heavy_ball", *settings("beta=beta/2")], "itself"),
    "contradiction": (["radius", "gradient_descent", *settings("lr=1", "curvature=1", "eta_lambda=2")],
                      "eta_lambda = 2 contradicts"),
    "lr beside eta_lambda": (["radius", "gradient_descent", *settings("lr=1", "eta_lambda=2")], "lr = 1"),
    "limit of lr": (["limit", "heavy_ball", *settings("lr=0.1")], "lr"),
    "limit of curvature": (["limit", "heavy_ball", *settings("curvature=1")], "curvature"),
    "derive at eta_lambda": (["derive", "heavy_ball", *settings("eta_lambda=1")], "eta_lambda"),
    "derive at lr": (["derive", "heavy_ball", *settings("lr=1")], "lr"),
    "tune at curvature": (["tune", "heavy_ball", "--mu", "1", "--L", "2", *settings("curvature=1")], "curvature"),
    "coefficients at curvature": (["coefficients", "heavy_ball", *settings("curvature=1")], "curvature"),
    "hexadecimal": (["limit", "heavy_ball", *settings("beta=0x1")], "decimal"),
    "complex": (["limit", "heavy_ball", *settings("beta=1j")], "arithmetic"),
    "power tower": (["limit", "heavy_ball", *settings("beta=1/(((99**99)**99)**99)")], "bits"),
    "nested exp": (["limit", "heavy_ball", *settings("beta=" + "exp(" * 40 + "1" + ")" * 40)], "nested|range"),
    "huge exponent": (["limit", "heavy_ball", *settings("beta=1e-999999999")], "range"),
    "irrational function": (["limit", "heavy_ball", *settings("dampening=sqrt(beta)")], "rational function"),
    "400 digits": (["tune", "heavy_ball", "--mu", "9" * 400, "--L", "9" * 401], "range"),
    "mu = 1e-320": (["tune", "heavy_ball", "--mu", "1e-320", "--L", "1e-319"], "range"),
    "kappa = 1e300": (["tune", "heavy_ball", "--mu", "1", "--L", "1e300"], "beta is 1.0 in float64"),
    "kappa = 1e308": (["tune", "gradient_descent", "--mu", "1", "--L", "1e308"], "rate"),
    "infinite": (["noise", "gradient_descent", *settings("lr=2", "curvature=1")], "infinite"),
    "beyond": (["noise", "gradient_descent", *settings("lr=2.1", "curvature=1")], "unstable"),
    "t": (["coefficients", "nadam", "--t", str(10**30)], "--t"),
    "steps": (["check", "adam", "--steps", str(10**10)], "--steps"),
    "choice": (["coefficients", "amsgrad", *settings("bias_correction=after")], "before"),
    "r": (["bound", "sgd", "--r", "1e308", "--L", "1e308", "--T", "1"], "range"),
    "NaN": (["bound", "sgd", "--r", "nan", "--L", "1", "--T", "1"], "r = nan"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    arguments, said = REFUSED[name]
    import re

    assert re.search(said, check(*arguments, status=2).err)


RIGHT = {
    "exp": (["radius", "heavy_ball", *settings("beta=exp(-1)", "eta_lambda=1")], "radius", 0.6065306597126334),
    "root": (["radius", "heavy_ball", *settings("beta=0.5**0.5", "eta_lambda=1")], "radius", 0.8408964152537145),
    "97th root": (["radius", "heavy_ball", *settings("beta=(1/3)**(1/97)", "eta_lambda=1")], "radius", 3 ** (-1 / 194)),
    "1_000": (["radius", "gradient_descent", *settings("eta_lambda=1_000")], "radius", 999.0),
    "1e200": (["radius", "gradient_descent", *settings("eta_lambda=1e200")], "radius", 1e200),
    "1e308": (["radius", "heavy_ball", *settings("eta_lambda=1e308", "beta=0")], "radius", 1e308),
    "ends alike": (["tune", "heavy_ball", "--mu", "1e308", "--L", "1e308"], "rate", 0.0),
    "many steps": (["bound", "sgd", "--r", "2", "--L", "3", "--T", str(10**10)], "bound", 6e-5),
    "more steps": (["bound", "sgd", "--r", "2", "--L", "3", "--T", str(10**10), "--schedule", "inverse_square_root"],
                   "bound", 3 * (1 + math.log(1e10) + 0.5772156649) / (2e5 - 1.4603545088)),
    "many factors": (["coefficients", "nadam", "--t", str(10**10), *settings("lookahead_bias=scheduled",
                      "beta1=0.99999999")], "m_step", 0.00099999999),
    "late": (["coefficients", "adam", "--t", str(10**10)], "unbias2", 1.0),
    "before": (["coefficients", "amsgrad", *settings("bias_correction=before")], "unbias2", 1),
    "false": (["coefficients", "amsgrad", *settings("bias_correction=false")], "unbias2", 1),
    "True": (["coefficients", "amsgrad", *settings("bias_correction=True")], "maximum_of", 1),
    "all agree": (["radius", "gradient_descent", *settings("lr=0.1", "curvature=3", "eta_lambda=0.3")], "radius", 0.7),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right(name):
    arguments, key, value = RIGHT[name]
    assert strict(check(*arguments, "--json", status=0).out)[key] == pytest.approx(value, rel=1e-7)


def test_a_number_set_in_derive_is_in_its_theory():
    found = strict(check("derive", "heavy_ball", *settings("beta=0.5"), "--json", status=0).out)
    assert found["limit"] == "3"
    where = strict(
        check("limit", "heavy_ball", *settings("dampening=2*beta"), "--json", status=0).out
    )["where"]
    assert where == ["2*beta < 1"]


def test_tuning_says_how_it_was_found():
    closed = strict(check("tune", "heavy_ball", "--mu", "1", "--L", "9", "--json", status=0).out)
    assert closed["method"] == "closed form"
    file = Path(__file__).with_name("two_velocities.py")
    found = strict(check("tune", str(file), "--mu", "1", "--L", "9", "--json", status=0).out)
    assert found["method"] == "numerical"
    assert "not proved" in found["how"]
    assert "not proved" in check("tune", str(file), "--mu", "1", "--L", "9", status=0).out


COMMANDS = {"derive": [], "limit": [], "radius": settings("eta_lambda=0.1"), "tune": ["--mu", "1", "--L", "4"],
            "noise": settings("lr=0.1", "curvature=1"), "coefficients": []}  # fmt: skip


@functools.cache
def _derives(rule):
    theory = derive(load_rule(rule))  # here, so that the commands, which are forks, need not again
    assert theory.matrix
    assert theory.noise.variance is not None
    return bool(check("derive", rule, status=0, seconds=60).out)


LONG = ("aggmo", "ademamix", "adan")
"""Whose noise, of order three and four in three symbols, is more than a minute's work."""


@pytest.mark.parametrize(
    ("name", "rule"),
    [*(("derive", rule) for rule in ALL_RULES if rule not in LONG),
     *((name, rule) for name in COMMANDS if name != "derive"
       for rule in ("heavy_ball", "adam", "radam", "amsbound", "ranger_lars"))],
)  # fmt: skip
def test_advice_works_when_it_is_followed(rule, name):
    """Where another rule is suggested the same command answers for it, or says what it lacks."""
    done = check(name, rule, *COMMANDS[name], seconds=60)
    advised = [w.strip(";,.") for w in done.err.split() if w.strip(";,.").endswith("_frozen")]
    for other in advised:
        assert _derives(other)
        again = check(name, other, *COMMANDS[name], seconds=60)
        assert (
            again.status == 0
            or "is missing" in again.err
            or "not used" in again.err
            or "no free" in again.err
        )
        assert "_frozen is what" not in again.err
    if "searches for it" in done.out:
        check("tune", rule, "--mu", "1", "--L", "4", status=0, seconds=60)


USER = """
from eigenstep.optimizers import rule
from eigenstep.optimizers.domains import LearningRate, UnitInterval
import sys, os
{before}
{rule}
def mine(theta, g, v, *, lr: LearningRate = 0.01, beta: UnitInterval = 0.9):
    {first}
    v = beta * v + g
    return {result}
"""
FILES = {
    "exits": ({"before": "sys.exit(3)"}, 5), "raises SystemExit": ({"before": "raise SystemExit"}, 5),
    "raises KeyboardInterrupt": ({"before": "raise KeyboardInterrupt"}, 5),
    "raises BaseException": ({"before": "raise BaseException('no')"}, 5),
    "recurses": ({"before": "f = lambda: f(); f()"}, 5), "syntax": ({"before": "def ("}, 5),
    "divides": ({"before": "1/0"}, 5), "no module": ({"before": "import no_such_module"}, 5),
    "exits in the rule": ({"first": "sys.exit(0)"}, 8), "recurses in the rule": ({"first": "mine(theta, g, v)"}, 8),
    "interrupts in the rule": ({"first": "raise KeyboardInterrupt"}, 8),
    "returns None": ({"result": "None"}, 6), "returns too little": ({"result": "theta"}, 6),
    "returns text": ({"result": "'x', v"}, 6), "misspells a state": ({"result": "theta - lr * vv, v"}, 10),
    "ends at once": ({"before": "os._exit(0)"}, 5), "ends at once in the rule": ({"first": "os._exit(0)"}, 8),
    "is a generator": ({"first": "yield 1"}, 6), "no @rule": ({"rule": ""}, 7), "of a class": ({"rule": "@rule\nclass no: pass\n"}, 6),
    "a coefficient is missing": ({"before": "def c(t, *, lr: LearningRate = 0.1, beta: UnitInterval = 0.9): return {'lr': lr}",
                                  "rule": "@rule(coefficients=c)"}, 6),
    "coefficients of None": ({"before": "def c(t, *, lr: LearningRate = 0.1): pass", "rule": "@rule(coefficients=c)"}, 6),
    "branches": ({"first": "v = v if v > 0 else -v"}, 8), "attribute": ({"first": "v.backward()"}, 8),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_answered_with_its_line(name, tmp_path):
    parts, line = FILES[name]
    file = tmp_path / "mine.py"
    file.write_text(
        USER.format(
            **{
                "before": "",
                "rule": "@rule",
                "first": "pass",
                "result": "theta - lr * v, v",
                **parts,
            }
        )
    )
    done = check("limit", str(file), status=2)
    assert str(file) in done.err
    assert any(f"line {n}" in done.err for n in (line, line + 1)), done.err


def test_what_a_file_prints_is_not_in_the_document(tmp_path):
    noise = "print('A'); sys.stdout.write('B'); sys.__stdout__.write('C'); os.write(1, b'D'); os.system('echo E')"
    exits = "import atexit; atexit.register(print, 'F')"
    file = tmp_path / "mine.py"
    file.write_text(USER.format(before=f"{noise}; {exits}", rule="@rule", first="print('G', file=sys.__stdout__)",
                                result="theta - lr * v, v"))  # fmt: skip
    done = subprocess.run(
        [EIGENSTEP, "limit", str(file), "--json"], capture_output=True, text=True, check=True
    )
    assert strict(done.stdout)["eta_lambda"]["exact"] == "2*beta + 2"
    assert all(letter in done.stderr for letter in "ABCDEFG")


LEAVES = {
    "paths": "sys.path.clear()", "arguments": "sys.argv[:] = ['x']", "folder": "os.chdir('/')",
    "signals": "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)",
    "no output": "sys.stdout = sys.stderr = None", "a loop": "import threading\nthreading.Thread(target=lambda: [None for _ in iter(int, 1)]).start()",
}  # fmt: skip


@pytest.mark.parametrize("name", LEAVES)
def test_what_a_file_leaves_changed_does_not_reach_the_command(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        USER.format(before=LEAVES[name], rule="@rule", first="pass", result="theta - lr * v, v")
    )
    done = command("limit", "mine.py", seconds=30)
    assert done.status == 0
    assert "2β + 2" in done.out or "2*beta + 2" in done.out
    assert done.err.count("\n") == (name == "a loop")


def test_which_of_a_files_functions_is_meant(tmp_path):
    both = USER.format(before="", rule="@rule", first="pass", result="theta - lr * v, v")
    file = tmp_path / "mine.py"
    file.write_text(both + both.replace("mine", "other"))
    assert f"say which: {file}:mine or {file}:other" in check("limit", str(file), status=2).err
    file.write_text("x = 1")
    assert "there is no rule in" in check("limit", str(file), status=2).err
    assert "does not end in .py" in check("limit", str(tmp_path), status=2).err


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("arguments", [["derive", "heavy_ball"], ["list"], ["limit", "heavy_ball"], ["--help"],
                                       ["derive", "β"], ["coefficients", "--help"]], ids=" ".join)  # fmt: skip
def test_text_in_a_terminal_with_few_characters(arguments, encoding):
    done = check(*arguments, encoding=encoding)
    assert "\\u" not in done.out
    assert done.out or "beta" in done.err


def shell(script, **environment):
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False,
                          env={**os.environ, **environment, "E": EIGENSTEP}, stdin=subprocess.DEVNULL)  # fmt: skip


@pytest.mark.parametrize("arguments", ["list", "--help", "--version"])
def test_standard_output_that_is_closed_full_or_short(arguments):
    for redirection in (">&-", ">/dev/full"):
        done = shell(f'"$E" {arguments} {redirection}')
        assert done.returncode == 1, done
        assert len(done.stderr.splitlines()) == 1
        assert "standard output" in done.stderr
    done = shell(f'"$E" {arguments} | head -1; exit ${{PIPESTATUS[0]}}')
    assert (done.returncode, done.stderr) == (0, "")
    done = shell(f'"$E" {arguments} 2>&-')
    assert done.returncode == 0
    assert shell(f'"$E" {arguments} <&- >/dev/null').returncode == 0


def test_errors_with_standard_error_closed_say_nothing_elsewhere():
    done = shell('"$E" derive nope 2>&-')
    assert (done.returncode, done.stdout) == (2, "")


def test_bare_command_is_the_help_page():
    bare, asked = check(status=0), check("--help", status=0)
    assert bare.out == asked.out
    assert len(bare.out.splitlines()) > 20


def test_version():
    from importlib.metadata import version

    assert check("--version", status=0).out == f"eigenstep {version('eigenstep')}\n"


@pytest.mark.parametrize("folder", ["optimizers", "analysis", "proofs", "reports"])
def test_every_folder_has_an_entry(folder):
    done = subprocess.run(
        [sys.executable, "-m", f"eigenstep.{folder}"], capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    if folder == "reports":
        assert done.returncode == 0
        assert done.stdout.startswith("Usage: eigenstep")
    else:
        assert len(done.stderr.splitlines()) == 1
        assert "eigenstep" in done.stderr


@pytest.mark.parametrize(("words", "expected"), [
    ("eigenstep derive heavy", {"heavy_ball"}), ("eigenstep check x:y --against ada", {"adam", "adamw", "adagrad"}),
    ("eigenstep figure reg", {"regions"}), ("eigenstep prove M9", {"M9", "M9.sufficient", "M9.necessary"}),
    ("eigenstep report --only exp", {"experiments"}), ("eigenstep exercises momentum.2", {"momentum.2"}),
    ("eigenstep rad", {"radius"}),
])  # fmt: skip
def test_completion(words, expected):
    done = shell(
        '"$E"',
        _EIGENSTEP_COMPLETE="complete_bash",
        COMP_WORDS=words,
        COMP_CWORD=str(len(words.split()) - 1),
    )
    assert done.returncode == 0, done.stderr
    assert expected <= set(done.stdout.split())
    assert done.stderr == ""


def test_completion_is_offered():
    assert "complete" in shell('"$E" --show-completion bash; true').stdout.lower()
    assert "--install-completion" in check("--help").out
