"""A page for every optimizer: equations, memory, conventions, proofs, a trajectory, speed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from ..analysis.comparison import Comparison, compare
from ..analysis.loading import load_target
from ..analysis.symmetries import symmetries
from ..analysis.tracing import STEP, Trace, symbol_of, trace
from ..optimizers.errors import EigenstepError
from ..optimizers.rule import Rule
from ..optimizers.rules import ALL_RULES
from ..proofs import ALL_CLAIMS, Proof
from ..proofs.claims import EquationsClaim
from .markup import figure, mark, table
from .work import result

CLASS_NAMES = {
    "gradient_descent": "GradientDescent", "heavy_ball": "HeavyBall", "nesterov": "Nesterov",
    "adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "Adam",
    "adamw": "AdamW", "adamax": "AdaMax", "nadam": "Nadam", "amsgrad": "AMSGrad",
    "radam": "RAdam", "yogi": "Yogi", "adabound": "AdaBound", "amsbound": "AMSBound",
    "lars": "LARS", "lamb": "LAMB", "ralamb": "Ralamb", "ranger": "Ranger",
    "ranger_lars": "RangerLARS",
}  # fmt: skip
"""The torch class of each rule."""
_LATEX = {
    "eps": r"\epsilon", "final_lr": r"\eta^*", "largest": r"\hat v", "slow": r"\theta",
    "fast": r"\varphi",
}  # fmt: skip
_KEPT = ("threshold", "momentum_decay", "phi_lower", "phi_upper", "trust_coefficient")

TARGETS: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("torch.optim:SGD", {"momentum": 0.9}, "heavy_ball"),
    ("torch.optim:SGD", {"momentum": 0.9, "nesterov": True}, "nesterov"),
    ("torch.optim:Adagrad", {}, "adagrad"),
    ("torch.optim:RMSprop", {}, "rmsprop"),
    ("torch.optim:Adadelta", {}, "adadelta"),
    ("torch.optim:Adam", {}, "adam"),
    ("torch.optim:Adam", {"amsgrad": True}, "amsgrad"),
    ("torch.optim:AdamW", {}, "adamw"),
    ("torch.optim:Adamax", {}, "adamax"),
    ("torch.optim:NAdam", {}, "nadam"),
    ("torch.optim:RAdam", {}, "radam"),
    ("optax:adagrad", {}, "adagrad"),
    ("optax:rmsprop", {}, "rmsprop"),
    ("optax:adadelta", {}, "adadelta"),
    ("optax:adam", {}, "adam"),
    ("optax:adamw", {}, "adamw"),
    ("optax:adamax", {}, "adamax"),
    ("optax:nadam", {}, "nadam"),
    ("optax:amsgrad", {}, "amsgrad"),
    ("optax:radam", {}, "radam"),
    ("optax:yogi", {}, "yogi"),
    ("optax:lars", {"weight_decay": 0.1}, "lars"),
    ("optax:lamb", {}, "lamb"),
    ("pytorch_optimizer:RAdam", {}, "radam"),
    ("pytorch_optimizer:Yogi", {}, "yogi"),
    ("pytorch_optimizer:AdaBound", {}, "adabound"),
    ("pytorch_optimizer:LARS", {}, "lars"),
    ("pytorch_optimizer:Lamb", {}, "lamb"),
    ("pytorch_optimizer:Ranger", {"use_gc": False}, "ranger"),
    ("torch_optimizer:Yogi", {}, "yogi"),
    ("torch_optimizer:AdaBound", {}, "adabound"),
    ("torch_optimizer:Lamb", {}, "lamb"),
)  # fmt: skip
"""What the conventions table is made of: library, arguments, and the rule of that name."""


def traced(rule: Rule) -> Trace:
    """The rule at step t, its hyperparameters as symbols where they are not zero by default."""
    free = {
        k: symbol_of(h) for k, h in rule.hyperparameters.items()
        if not h.is_choice and h.default and k not in _KEPT and k not in rule.fixed
    }  # fmt: skip
    zero = {k: 0 for k, h in rule.hyperparameters.items()
            if not h.is_choice and h.default == 0 and k not in rule.fixed}  # fmt: skip
    return trace(rule, step=STEP, **free, **zero)


def equations(rule: Rule) -> list[str]:
    """The update as TeX lines, state first; what a line computes is used by name in the next.

    Where the rule distinguishes cases by ρ_t, a line for each; lookahead's synchronization comes last.
    """
    t = traced(rule)
    names: dict[Any, Any] = {s: sp.Symbol(_LATEX.get(s.name, s.name)) for s in (*t.state, t.theta)}
    for k, h in rule.hyperparameters.items():
        if not h.is_choice:
            symbol = symbol_of(h)
            names[symbol] = sp.Symbol(_LATEX.get(k, symbol.name))
    new = dict(zip((*t.state, t.theta), (*t.new_state, t.new_theta), strict=True))
    lines = []
    named: dict[Any, Any] = {}
    coefficients = rule.coefficients(STEP, dict(t.hyperparameters))
    tractable: Any = None
    if "rho_t" in coefficients:
        rho, r, longest = sp.symbols(r"\rho_t r_t \rho_\infty")
        length, ratio = coefficients["rho_t"], coefficients["r_t"].args[0].expr
        limit = length.as_independent(STEP)[0]
        tractable = coefficients["r_t"].args[0].cond
        threshold = t.hyperparameters["threshold"]
        named = {ratio: r}
        shown = ratio.subs(length, rho).subs(limit, longest)
        lines += [rf"\rho_\infty &= {_tex(limit, names)}",
                  rf"\rho_t &= {_tex(length.subs(limit, longest), names)}",
                  rf"r_t &= {_tex(shown, names)} \quad (\rho_t > {threshold})"]  # fmt: skip
    synchronizes = [c for e in new.values() for c in e.atoms(sp.Le) if c.lhs.func is sp.Mod]
    never = dict.fromkeys(synchronizes, sp.false)
    known: list[tuple[Any, Any]] = []
    order = sorted(new, key=lambda s: sp.count_ops(new[s].xreplace(never)))
    for symbol in order:
        value = new[symbol].xreplace(never)
        if value == symbol:
            continue
        plus = sp.Symbol(rf"{sp.latex(names[symbol])}^{{+}}")
        cases = [(value, "")]
        if tractable is not None and value.has(tractable):
            cases = [(value.xreplace({tractable: truth}).xreplace(named), words) for truth, words in (
                (sp.true, rf" \quad \text{{if }} \rho_t > {threshold}"),
                (sp.false, r" \quad \text{otherwise}"))]  # fmt: skip
        for case, words in cases:
            short = case
            for before, old in known:
                short = short.subs(old, before)
            lines.append(rf"{sp.latex(plus)} &= {_tex(short, names)}{words}")
        known.insert(0, (plus, value))
    if synchronizes:
        fast, slow = t.theta, t.state[-1]
        stepped = sp.Symbol("stepped")
        always = dict.fromkeys(synchronizes, sp.true)
        after = new[slow].xreplace(always).subs(new[fast].xreplace(never), stepped)
        plus = rf"{sp.latex(names[fast])}^{{+}}"
        text = _tex(after, {**names, stepped: sp.Symbol(plus)})
        every = r" \quad \text{every } k \text{ steps, and then } "
        lines.append(rf"{sp.latex(names[slow])}^{{+}} &= {text},{every} {plus} \leftarrow "
                     rf"{sp.latex(names[slow])}^{{+}}")  # fmt: skip
    return lines


def _tex(expression: Any, names: Mapping[Any, Any]) -> str:
    modulo = {c: sp.Eq(c.lhs, 0) for c in expression.atoms(sp.Le) if c.lhs.func is sp.Mod}
    expression = expression.xreplace(modulo)
    while norms := [f for f in expression.atoms(AppliedUndef) if f.func.__name__ == "norm"]:
        inner = min(norms, key=lambda f: f.count_ops())
        text = sp.latex(inner.args[0].xreplace(names))
        expression = expression.xreplace(
            {inner: sp.Symbol(rf"\lVert {text} \rVert", positive=True)}
        )
    return sp.latex(expression.xreplace(names))


@lru_cache(maxsize=1)
def conventions() -> tuple[tuple[str, dict[str, Any], str, Comparison | None], ...]:
    """Every target against the rule of its name; None where its library is not installed."""
    rows = []
    for name, settings, rule in TARGETS:
        if find_spec(name.partition(":")[0].partition(".")[0]) is None:
            rows.append((name, settings, rule, None))
            continue
        found = compare(load_target(name), ALL_RULES[rule], settings=settings, name=name)
        rows.append((name, settings, rule, found))
    return tuple(rows)


def speed(path: Path = Path("build/benchmarks/step.json")) -> dict[str, Any]:
    """The benchmark's rows by optimizer for one tensor of 10M parameters, where it has been run."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
        return {r["optimizer"]: r for r in rows if r["case"] == "10M"}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _setting(value: Any) -> str:
    return f"`{value!r}`" if isinstance(value, str | bool) else f"{value:g}"


def _conventions_of(rule: Rule) -> str:
    said = []
    for library, changed in rule.conventions.items():
        settings = ", ".join(f"`{k}` = {_setting(v)}" for k, v in changed.items())
        said.append(f"**{library}**: {settings or 'as above'}")
    return "; ".join(said)


def _claims_of(rule: Rule, proofs: Mapping[str, Proof]) -> str:
    found = [c for c in ALL_CLAIMS.values() if isinstance(c, EquationsClaim) and c.rule is rule]
    said = [f"`{c.id}` {mark(proofs[c.id])} ({c.source})" for c in found]
    return "; ".join(said)


def page(rule: Rule, proofs: Mapping[str, Proof], speeds: Mapping[str, Any]) -> str:
    """One optimizer's section."""
    name = CLASS_NAMES[rule.name]
    count = len(rule.state)
    moved = 4 * (3 + 2 * count)
    hyperparameters = ", ".join(
        f"`{h.domain.describe(k)}`" for k, h in rule.hyperparameters.items()
        if not h.convention and k not in rule.fixed
    )  # fmt: skip
    body = "\n".join([r"\begin{aligned}", " \\\\\n".join(equations(rule)), r"\end{aligned}"])
    state = ", ".join(f"`{s}`" for s in rule.state) or "none"
    parts = [
        f"## {name} {{#{rule.name}_page}}\n",
        f"Source: {rule.source}. Traced from the code, at step $t$:\n",
        f"$$\n{body}\n$$\n",
        f"Hyperparameters: {hyperparameters}. State: {state}, {4 * count} bytes a float32 parameter; "
        f"a step that reads and writes each once moves {moved}.\n",
    ]
    if claims := _claims_of(rule, proofs):
        parts.append(f"As printed, for all inputs and every $t$: {claims}.\n")
    if known := _conventions_of(rule):
        parts.append(f"What libraries compute under this name: {known}.\n")
    if row := speeds.get(name):
        parts.append(
            f"Speed, one tensor of 10M float32, torch’s fused Adam = 1: "
            f"compiled {row['ratios'].get('compiled', float('nan')):.2f}, "
            f"without a compiler {row['ratios']['blocked']:.2f}"
            + "".join(f", {k} {v:.2f}" for k, v in row["ratios"].items()
                      if k not in ("compiled", "blocked")) + ".\n"
        )  # fmt: skip
    return "\n".join(parts)


def find_conventions() -> dict[str, Any]:
    """Rows of the table of what libraries compute, found by running them; and what is not installed."""
    rows, missing = [], set()
    for target, settings, rule, found in conventions():
        library, _, cls = target.partition(":")
        arguments = ", ".join(f"{k}={v}" for k, v in settings.items())
        if found is None:
            missing.add(library)
            continue
        chosen = ", ".join(f"`{k}` = {_setting(v)}" for k, v in found.nearest.conventions.items())
        if found.match:
            verdict = chosen or "the paper’s"
        else:
            d = found.departure
            assert d is not None
            verdict = f"none: departs at step {d.step}, tensor {d.tensor}, {d.coordinate}"
        rows.append([library, f"`{cls}({arguments})`", f"`{rule}`", verdict,
                     f"{found.difference:.0e}".replace("0e+00", "0") if found.match else "—"])  # fmt: skip
    return {"rows": rows, "missing": sorted(missing)}


def conventions_table() -> str:
    """What libraries compute."""
    found = result("conventions")
    said = table(["library", "optimizer", "rule", "computes the convention", "differs by"], found["rows"],
                 "What libraries compute, by `eigenstep check`: 100 float64 steps on gradients from 1e-8 "
                 "to 1e8; the difference is relative to the distance travelled.",
                 [16, 24, 12, 36, 9])  # fmt: skip
    if found["missing"]:
        said += f"\nNot installed, so not compared: {', '.join(found['missing'])}.\n"
    return said


def find_symmetries() -> dict[str, dict[str, bool]]:
    """What each rule's path does not depend on, by algebra."""
    return {name: symmetries(rule) for name, rule in ALL_RULES.items()}


def symmetries_table() -> str:
    """The same as a table."""
    kinds = ("loss scale", "units", "shift", "rotation", "permutation")
    found = result("symmetries")
    rows = [[f"`{name}`", *("yes" if s[k] else "no" for k in kinds)] for name, s in found.items()]
    return table(["rule", *kinds], rows,
                 "Symmetries, with ε = 0 and no decay: does the path stay when the loss is multiplied "
                 "by c > 0; scale with the parameter’s unit; move, turn, permute with the problem?",
                 [16, 12, 12, 12, 12, 12])  # fmt: skip


def chapter(proofs: Mapping[str, Proof]) -> str:
    """All optimizers, and what libraries make of them."""
    speeds = speed()
    note = "" if speeds else " Run `make bench` first to have speed rows here."
    parts = [
        "# All optimizers {#optimizers}\n",
        "Every rule is one function; its equations below are what tracing that function gives, so they "
        f"cannot differ from what the torch class runs.{note}\n",
        figure("all_trajectories"),
    ]
    for rule in ALL_RULES.values():
        try:
            parts.append(page(rule, proofs, speeds))
        except EigenstepError as error:
            raise type(error)(f"{rule.name}: {error}") from error
    parts += ["## Symmetries {#symmetries}\n", symmetries_table()]
    parts += ["## Conventions of libraries {#conventions}\n", conventions_table()]
    return "\n".join(parts)
