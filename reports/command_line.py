"""The command ``eigenstep``.

Every command imports what it needs when it runs, so that help and bad input answer at once and
theory never loads torch.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ..optimizers.errors import EigenstepError, RuleError, UnknownName
from ..optimizers.signals import end_on_signals

_HELP = """The theory of an optimizer, derived from the code that runs it.

An update rule is a plain Python function. eigenstep runs it on symbols to derive its
iteration matrix, eigenvalues, exact convergence region, optimal tuning and noise floor;
decides claims about it; and runs the same function as a torch optimizer.

RULE is a name from `eigenstep list`, or your own: path/to/file.py:rule.

Example: eigenstep derive heavy_ball
"""

app = typer.Typer(
    help=_HELP, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip

RuleName = Annotated[str, typer.Argument(metavar="RULE", help="name, or path/to/file.py:rule")]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="set a parameter; may be repeated"),
]


_INTERRUPTED = 130
"""The exit status after Ctrl-C."""


class BadSetting(EigenstepError, ValueError):
    """A ``--set`` that is not NAME=VALUE, or repeats a name."""


def _emit(document: dict[str, Any], as_json: bool, text: str) -> None:
    if as_json:
        print(json.dumps(document, ensure_ascii=False, allow_nan=False))
    else:
        print(text)


def _split(settings: list[str] | None) -> dict[str, str]:
    values: dict[str, str] = {}
    for setting in settings or []:
        name, separator, value = setting.partition("=")
        name = name.strip()
        if not separator or not name or not value.strip():
            raise BadSetting(f"--set {setting!r} is not of the form NAME=VALUE")
        if name in values:
            raise BadSetting(f"--set {name} is given twice")
        values[name] = value.strip()
    return values


def _theory(rule_name: str, settings: list[str] | None) -> tuple[Any, dict[str, Any]]:
    """The theory of a rule, and the numbers set for what stays free in it.

    A choice, a convention, or an expression in other hyperparameters changes the theory itself;
    a number for any other parameter is only a point at which the theory is evaluated.
    """
    from ..analysis import derive
    from ..analysis.expressions import ExpressionError, parse
    from ..analysis.loading import load_rule
    from ..analysis.tracing import symbol_of

    rule = load_rule(rule_name)
    extra = ("eta_lambda", "curvature")
    hyperparameters = rule.hyperparameters
    symbols = {k: symbol_of(h) for k, h in hyperparameters.items() if not h.is_choice}
    fixed: dict[str, Any] = {}
    point: dict[str, Any] = {}
    for name, text in _split(settings).items():
        if name not in hyperparameters and name not in extra:
            raise UnknownName(f"parameter of {rule.name}", name, [*hyperparameters, *extra])
        if name in hyperparameters and hyperparameters[name].is_choice:
            words = {"true": True, "false": False}
            fixed[name] = words.get(text.lower(), text)
            continue
        try:
            value = parse(text, {k: s for k, s in symbols.items() if k != name})
        except ExpressionError as error:
            raise BadSetting(f"--set {name}: {error}") from error
        if name in extra and value.free_symbols:
            raise BadSetting(f"{name} = {text} must be a number")
        if name in extra:
            point[name] = value
        elif value.free_symbols or hyperparameters[name].convention:
            fixed[name] = value
        else:
            hyperparameters[name].check(float(value))
            point[name] = value
    return derive(rule, **fixed), point


def _number(value: Any) -> float | None:
    number = float(value)
    return number if abs(number) != float("inf") else None


def _pretty(expression: Any) -> str:
    import sympy as sp

    unicode = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    return sp.pretty(expression, use_unicode=unicode, wrap_line=False)


@app.command("list", epilog="Example: eigenstep list --json")
def list_rules(as_json: Json = False) -> None:
    """The rules: state, hyperparameters with domains, source."""
    from ..optimizers.rules import ALL_RULES

    rules = [
        {
            "name": r.name,
            "state": list(r.state),
            "hyperparameters": [
                {"name": h.name, "default": h.default, "domain": h.domain.describe(h.name)}
                for h in r.hyperparameters.values()
            ],
            "source": r.source,
        }
        for r in ALL_RULES.values()
    ]
    lines = []
    for r in rules:
        lines.append(f"{r['name']}  (state: {', '.join(r['state']) or 'none'})")
        lines += [f"    {h['domain']}, default {h['default']!r}" for h in r["hyperparameters"]]
        lines.append(f"    source: {r['source']}")
    _emit({"rules": rules}, as_json, "\n".join(lines))


@app.command(epilog="Example: eigenstep derive heavy_ball --set dampening=beta")
def derive(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Equations, iteration matrix, characteristic polynomial, eigenvalues, region, tuning."""
    import sympy as sp

    theory, _ = _theory(rule, settings)
    closed = theory.closed_tuning
    exact = {} if closed is None else closed.exact
    try:
        limit = theory.limit
    except RuleError:
        limit = None
    document = {
        "rule": theory.rule.name,
        "equations": [{"left": str(e.lhs), "right": str(e.rhs)} for e in theory.equations],
        "state": [str(s) for s in theory.system.state],
        "system": {k: [[str(x) for x in row] for row in getattr(theory.system, k).tolist()]
                   for k in "ABC"},
        "matrix": [[str(x) for x in row] for row in theory.matrix.tolist()],
        "characteristic_polynomial": str(theory.characteristic_polynomial),
        "eigenvalues": [str(e) for e in theory.eigenvalues],
        "region": [str(r) for r in theory.stability.relations],
        "minimal": theory.stability.minimal,
        "limit": None if limit is None else str(limit),
        "critical_damping": {k: [str(e) for e in v] for k, v in theory.critical_damping.items()},
        "tuning": {k: str(e) for k, e in exact.items()},
        "noise": str(theory.noise.variance),
        "latex": {"matrix": sp.latex(theory.matrix), "region": theory.stability.latex()},
    }  # fmt: skip
    parts = [f"{theory.rule.name}: {theory.rule.source or 'your rule'}"]
    parts += [
        _pretty(sp.Eq(sp.Symbol(str(e.lhs)), e.rhs, evaluate=False)) for e in theory.equations
    ]
    parts += ["", f"iteration matrix on ½λx², acting on ({', '.join(document['state'])}):",
              _pretty(theory.matrix), "", "characteristic polynomial:",
              _pretty(theory.characteristic_polynomial), "", "eigenvalues:"]  # fmt: skip
    parts += [_pretty(e) for e in theory.eigenvalues] or ["no closed form (degree above 2)"]
    parts += ["", "stable exactly where:", *[_pretty(r) for r in theory.stability.relations]]
    if limit is not None:
        parts += ["", "largest stable ηλ:", _pretty(limit)]
    parts += ["", "optimal for curvatures in [μ, L]:"]
    parts += [_pretty(sp.Eq(sp.Symbol(k), e, evaluate=False)) for k, e in exact.items()] or [
        "no closed form; `eigenstep tune` finds it numerically"
    ]
    parts += [
        "",
        "stationary variance of θ for unit gradient noise:",
        _pretty(theory.noise.variance),
    ]
    _emit(document, as_json, "\n".join(parts))


@app.command(epilog="Example: eigenstep limit heavy_ball --set beta=0.9")
def limit(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """The largest stable ηλ: exact expression, and its value at the parameters set."""
    theory, point = _theory(rule, settings)
    for name in point:
        if name in ("eta_lambda", "curvature", "lr"):
            raise BadSetting(f"{name} is what limit computes with; set only {[*theory.free]}")
    exact = theory.limit
    missing = [k for k in theory.free if k not in point]
    lower: float | None = 0.0
    upper = None
    if not missing:
        lower, upper = theory.stable_interval(**{k: point[k] for k in theory.free})
        upper = _number(upper)
    document = {
        "rule": theory.rule.name,
        "eta_lambda": {"lower": lower, "upper": upper, "exact": str(exact)},
    }
    value = f" = {upper:g}" if upper is not None else ""
    hint = f"   (set {', '.join(missing)} for a number)" if missing else ""
    _emit(document, as_json, f"0 < eta_lambda < {exact}{value}{hint}")


@app.command(epilog="Example: eigenstep radius heavy_ball --set beta=0.9 --set eta_lambda=0.5")
def radius(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Spectral radius and eigenvalues at a point."""
    theory, point = _theory(rule, settings)
    values = {k: float(v) for k, v in point.items()}
    value = theory.spectral_radius(**values)
    roots = [[float(z.real), float(z.imag)] for z in theory.eigenvalues_at(**values)]
    shown = ", ".join(f"{re:.10g}{im:+.10g}i" if im else f"{re:.10g}" for re, im in roots)
    _emit(
        {"rule": theory.rule.name, "radius": value, "eigenvalues": roots}, as_json,
        f"spectral radius {value:.12g}\neigenvalues {shown}",
    )  # fmt: skip


@app.command(epilog="Example: eigenstep tune heavy_ball --mu 1 --L 100")
def tune(
    rule: RuleName,
    mu: Annotated[str, typer.Option("--mu", help="smallest curvature, > 0")],
    largest: Annotated[str, typer.Option("--L", help="largest curvature, >= mu")],
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Optimal hyperparameters for curvatures in [mu, L], and their rate per step."""
    from ..analysis.expressions import parse

    theory, point = _theory(rule, settings)
    if point:
        raise BadSetting(f"{next(iter(point))} is what tune chooses; set only conventions")
    best = theory.tuning(parse(mu, {}), parse(largest, {}))
    document = {
        "rule": theory.rule.name, **{k: float(v) for k, v in best.values.items()},
        "rate": float(best.rate), "exact": {k: str(e) for k, e in best.exact.items()},
    }  # fmt: skip
    lines = [f"{k} = {document[k]:.12g}" + (f" = {best.exact[k]}" if best.exact else "")
             for k in (*best.values, "rate")]  # fmt: skip
    if not best.exact:
        lines.append("(numerical: no closed form was found)")
    _emit(document, as_json, "\n".join(lines))


@app.command(
    epilog="Example: eigenstep noise heavy_ball --set lr=0.1 --set beta=0.9 --set curvature=1"
)
def noise(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Stationary variance of the parameter for unit gradient noise."""
    theory, point = _theory(rule, settings)
    value = theory.stationary_variance(**point)
    exact = theory.noise.variance
    _emit(
        {"rule": theory.rule.name, "variance": value, "exact": str(exact)}, as_json,
        f"variance {value:.12g} = {exact}",
    )  # fmt: skip


def _setting(text: str) -> Any:
    """A keyword argument as typed: a number, a pair of numbers, true, false, none, or a word."""
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if "," in text:
        return tuple(
            _setting(part.strip()) for part in text.strip("()[]").split(",") if part.strip()
        )
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


@app.command(epilog="Example: eigenstep check torch.optim:RAdam --set lr=0.01")
def check(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="package.module:Optimizer, path.py:Optimizer")
    ],
    against: Annotated[
        str | None, typer.Option("--against", metavar="RULE", help="try this rule only")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="keyword argument of TARGET"),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="steps to compare")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="of the random gradients")] = 0,
    as_json: Json = False,
) -> None:
    """Say which rule an optimizer computes, and under which convention.

    TARGET is a torch optimizer class, a function of the parameters that returns one, a function
    that returns an optax transformation, or a rule. It is run beside every rule (or the one given)
    under every convention, on the same float64 gradients. Exit status: 0 if one agrees to 1e-10 of
    the distance travelled at every step, 1 if none does, 2 for bad input.
    """
    from ..analysis.comparison import compare
    from ..analysis.loading import load_rule, load_target
    from ..optimizers.rules import ALL_RULES
    from .progress import progress

    rule = load_rule(against) if against else None
    build = load_target(target)
    keywords = {k: _setting(v) for k, v in _split(settings).items()}
    with progress("comparing", 1 if rule else len(ALL_RULES) + 3) as advance:
        found = compare(build, rule, settings=keywords, steps=steps, seed=seed, name=target,
                        advance=advance)  # fmt: skip
    _emit(found.as_json(), as_json, found.describe())
    if not found.match:
        raise typer.Exit(1)


def _row(claim: Any, decided: Any) -> dict[str, Any]:
    """A claim with its proof, and where it is refuted what holds in its place."""
    from ..proofs import Verdict

    proof = decided[claim.id].proof
    refuted = proof.verdict is Verdict.REFUTED
    return {
        "id": claim.id, "statement": claim.statement, "source": claim.source,
        "verdict": proof.verdict.value, "method": proof.method,
        "counterexample": proof.counterexample,
        "corrected": _row(claim.corrected, decided) if refuted and claim.corrected else None,
        "steps": list(proof.steps), "evidence": {"agrees": decided[claim.id].evidence.agrees,
                     "tried": decided[claim.id].evidence.tried},
        "seconds": round(proof.seconds, 4), "cached": decided[claim.id].cached,
    }  # fmt: skip


def _rows(keys: list[str], cache: bool) -> list[dict[str, Any]]:
    """Claims decided over all cores, each with its correction, with progress."""
    from ..proofs import decide_all, with_corrections
    from ..proofs.running import cores
    from .progress import progress

    known = with_corrections()
    corrections = [c.id for c in (known[k].corrected for k in keys) if c and c.id not in keys]
    wanted = [*keys, *corrections]
    with progress("deciding claims", len(wanted)) as advance:
        decided = decide_all(wanted, workers=cores(), cache=cache, advance=advance)
    return [_row(known[k], decided) for k in keys]


def _point(row: dict[str, Any]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in (row["counterexample"] or {}).items())


@app.command(epilog="Example: eigenstep coefficients radam --t 10 --set beta2=0.999")
def coefficients(
    rule: RuleName,
    t: Annotated[int, typer.Option("--t", min=1, help="the step; the first is 1")] = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """What a rule computes once a step: bias factors, ρ_t, r_t, bounds, learning rate."""
    import math

    from ..analysis.expressions import parse
    from ..analysis.loading import load_rule

    found = load_rule(rule)
    given: dict[str, Any] = {}
    for key, text in _split(settings).items():
        found._check_name(key)
        h = found.hyperparameters[key]
        value = _setting(text) if h.is_choice else float(parse(text, {}))  # type: ignore[arg-type]
        given[key] = int(value) if isinstance(h.default, int) and value == int(value) else value
    found.check(given)
    numbers = found.coefficients(t, found.with_defaults(given))
    document: dict[str, Any] = {"rule": found.name, "t": t}
    for key, value in numbers.items():
        finite = not isinstance(value, float) or math.isfinite(value)
        document[key] = value if finite else str(value)
    lines = [f"{k:14} {v:.12g}" if isinstance(v, float) else f"{k:14} {v}"
             for k, v in document.items()]  # fmt: skip
    _emit(document, as_json, "\n".join(lines))


@app.command(epilog="Example: eigenstep bound sgd --r 2 --L 3 --T 100")
def bound(
    method: Annotated[str, typer.Argument(metavar="METHOD", help="sgd")],
    r: Annotated[float, typer.Option("--r", help="distance of the start from a minimizer, r > 0")],
    L: Annotated[float, typer.Option("--L", help="largest length of a sample's gradient, L > 0")],
    T: Annotated[int, typer.Option("--T", help="steps, T >= 1")],
    schedule: Annotated[
        str, typer.Option(help="constant, inverse_square_root or inverse_time")
    ] = "constant",
    as_json: Json = False,
) -> None:
    """The convex bound on the mean iterate of stochastic gradient descent, and the best constant step."""
    from ..analysis.convex import exact_constant_step, optimal_constant_step, schedule_bound

    if method not in ("sgd", "gradient_descent"):
        raise UnknownName("method with a convex bound", method, ["sgd"])
    best, _ = optimal_constant_step(r, L, T)
    value = schedule_bound(schedule, r, L, T)
    exact = exact_constant_step()
    first = best if schedule == "constant" else r / L
    text = {
        "constant": str(exact["bound"]),
        "inverse_square_root": "(r**2 + L**2*sum(lr_t**2))/(2*sum(lr_t)), lr_t = r/(L*sqrt(t))",
        "inverse_time": "(r**2 + L**2*sum(lr_t**2))/(2*sum(lr_t)), lr_t = r/(L*t)",
    }[schedule]
    _emit(
        {"method": "sgd", "schedule": schedule, "lr": first, "bound": value, "exact": text}, as_json,
        f"learning rate {first:.12g}, bound {value:.12g} = {text}",
    )  # fmt: skip


def _print_errata(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        print(f"{row['id']}  ({row['source']})")
        print(f"    printed: {row['statement']}\n    false at: {_point(row)}")
        if new := row["corrected"]:
            print(f"    instead: {new['statement']}  [{new['verdict']}]")


def _print_claims(rows: list[dict[str, Any]], steps: bool) -> None:
    for row in rows:
        again = ", decided before" if row["cached"] else ""
        print(f"{row['verdict']:8} {row['id']:26} {row['method']} ({row['seconds']:.2f} s{again})")
        for number, step in enumerate(row["steps"] if steps else [], 1):
            print(f"{'':8} {number}. {step}")
        if row["counterexample"]:
            print(f"{'':8} {'':26} counterexample: {_point(row)}")
        if not row["evidence"]["agrees"] and row["verdict"] == "PROVED":
            print(f"{'':8} {'':26} but a numerical trial disagrees: {row['evidence']['tried']}")
        if new := row["corrected"]:
            print(f"{new['verdict']:8} {new['id']:26} {new['method']}; in its place")


def _summary(rows: list[dict[str, Any]]) -> str:
    """How many claims of each verdict, by the letter that their ids begin with."""
    verdicts = ("PROVED", "REFUTED", "OPEN")
    kinds = {"R": "update rules", "M": "quadratics, momentum", "G": "stochastic gradients",
             "P": "preconditioning, adaptivity"}  # fmt: skip
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        kind = (
            kinds.get(row["id"][0], "printed nowhere")
            if row["id"][1:2].isdigit()
            else "printed nowhere"
        )
        counts.setdefault(kind, dict.fromkeys(verdicts, 0))[row["verdict"]] += 1
    totals = {v: sum(c[v] for c in counts.values()) for v in verdicts}
    lines = [f"{'':30}" + "".join(f"{v.lower():>10}" for v in verdicts)]
    for kind, count in [*counts.items(), ("in all", totals)]:
        lines.append(f"{kind:30}" + "".join(f"{count[v]:>10}" for v in verdicts))
    return "\n".join(lines)


@app.command(epilog="Example: eigenstep prove M9.sufficient M9.necessary")
def prove(
    claims: Annotated[list[str] | None, typer.Argument(metavar="[CLAIM]...")] = None,
    errata: Annotated[bool, typer.Option("--errata", help="only what print has wrong")] = False,
    steps: Annotated[bool, typer.Option("--steps", help="the steps of each proof too")] = False,
    cache: Annotated[
        bool, typer.Option(help="take what was decided before by the same code from the cache")
    ] = True,
    as_json: Json = False,
) -> None:
    """Decide the claims of the ledger, or some of them, and try each numerically.

    A name stands for all claims that begin with it: M9 is M9.sufficient and M9.necessary. Exit status:
    0 if all are decided, 1 if one is open.
    """
    from ..proofs import ALL_CLAIMS, with_corrections

    chosen: list[str] = []
    known = with_corrections()
    for name in claims or list(ALL_CLAIMS):
        found = [name] if name in known else []
        found += [k for k in ALL_CLAIMS if k.startswith(f"{name}.")]
        if not found:
            raise UnknownName("claim", name, known)
        chosen += [k for k in found if k not in chosen]
    if errata:  # what eigenstep itself states is printed nowhere
        chosen = [k for k in chosen if known[k].source != "eigenstep"]
    rows = _rows(chosen, cache)
    undecided = any(r["verdict"] == "OPEN" for r in rows)
    if errata:
        rows = [r for r in rows if r["verdict"] == "REFUTED"]
    if as_json:
        print(json.dumps({"errata" if errata else "claims": rows}, ensure_ascii=False))
    elif errata:
        _print_errata(rows)
    else:
        _print_claims(rows, steps)
        if len(rows) > 1:
            print(f"\n{_summary(rows)}")
    if undecided:
        raise typer.Exit(1)


@app.command(epilog="Example: eigenstep exercises adam.4")
def exercises(
    chosen: Annotated[
        list[str] | None,
        typer.Argument(metavar="[EXERCISE]...", help="as momentum.2; or a chapter"),
    ] = None,
    as_json: Json = False,
) -> None:
    """The lecture's exercises with their answers; those named are proved and run.

    Without a name all are listed, each with the ids of the claims that answer it and whether there is
    an experiment. With names their claims are decided and their experiments run.
    """
    from .exercises import ALL_EXERCISES, chapter
    from .progress import progress

    names: list[str] = []
    for name in chosen or ALL_EXERCISES:
        found = [k for k in ALL_EXERCISES if k == name or k.startswith(f"{name}.")]
        if not found:
            raise UnknownName("exercise", name, ALL_EXERCISES)
        names += [k for k in found if k not in names]
    rows = []
    with progress("experiments", len(names)) as advance:
        for name in names:
            e = ALL_EXERCISES[name]
            row: dict[str, Any] = {
                "id": e.id, "chapter": chapter(e), "question": e.question, "answer": e.answer,
                "claims": list(e.claims), "experiment": e.experiment.__name__ if e.experiment else None,
            }  # fmt: skip
            if chosen:
                row["decided"] = [{k: r[k] for k in ("id", "verdict", "statement")}
                                  for r in _rows(list(e.claims), True)]  # fmt: skip
                table = e.run() if e.experiment else None
                row["table"] = table and {
                    "columns": table.columns,
                    "rows": table.rows,
                    "note": table.note,
                }
                row["text"] = table.text() if table else ""
            rows.append(row)
            advance(1)
    if as_json:
        print(json.dumps({"exercises": [{k: v for k, v in r.items() if k != "text"} for r in rows]},
                         ensure_ascii=False, default=str))  # fmt: skip
        return
    for row in rows:
        print(f"{row['id']:12} {row['question']}\n{'':12} {row['answer']}")
        for claim in row.get("decided", []):
            print(f"{'':12} {claim['verdict']:8} {claim['id']}: {claim['statement']}")
        if not chosen:
            said = ", ".join(row["claims"]) or "none"
            print(f"{'':12} claims: {said}; experiment: {row['experiment'] or 'none'}")
        elif row["text"]:
            print("\n".join(f"    {line}" for line in row["text"].splitlines()))
        print()


@app.command(epilog="Example: eigenstep figure regions --out regions.svg")
def figure(
    name: Annotated[
        str, typer.Argument(help="name of the figure; `eigenstep figure list` lists them")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="file: .svg, .pdf or .png")] = None,
    as_json: Json = False,
) -> None:
    """Draw one figure; the suffix of the file chooses the format."""
    from .figures import ALL_FIGURES, draw, save

    if name == "list":
        document = {"figures": {k: f.caption for k, f in ALL_FIGURES.items()}}
        text = "\n".join(f"{k:14} {f.caption}" for k, f in ALL_FIGURES.items())
        _emit(document, as_json, text)
        return
    if name not in ALL_FIGURES:
        raise UnknownName("figure", name, ALL_FIGURES)
    out = out or Path(f"{name}.svg")
    save(draw, name, out)
    _emit({"figure": name, "out": str(out)}, as_json, str(out))


@app.command(epilog="Example: eigenstep report --out build/report --format html,pdf")
def report(
    out: Annotated[Path, typer.Option("--out", help="folder to write to")] = Path("build/report"),
    formats: Annotated[str, typer.Option("--format", help="html, pdf, or both")] = "html,pdf",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CHAPTER",
            help="overview, momentum, adaptive, bounded, layerwise, wrappers, side_by_side, data, "
            "experiments, edge, claims, exercises, references or reproduce; may be repeated",
        ),
    ] = None,
    cache: Annotated[
        bool, typer.Option(help="take what the same code made before from the cache")
    ] = True,
    quick: Annotated[
        bool, typer.Option("--quick", help="a draft: coarser grids, fewer seeds, shorter training")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write the whole report: index.html (one self-contained file) and eigenstep.pdf."""
    from .report import write_report

    chosen = tuple(f.strip() for f in formats.split(",") if f.strip())
    written = write_report(out, chosen, only=tuple(only or ()), cache=cache, quick=quick)
    _emit({"files": [str(p) for p in written]}, as_json, "\n".join(map(str, written)))


@app.command(epilog="Example: eigenstep data")
def data(as_json: Json = False) -> None:
    """Download the airfoil data set into the cache folder, verified by its checksum."""
    from .airfoil import download

    path = download()
    _emit({"path": str(path)}, as_json, str(path))


def main() -> None:
    """Run the command; bad input ends with one line on stderr and exit status 2."""
    end_on_signals()
    try:
        status = app(standalone_mode=False)
        sys.stdout.flush()
        if status == _INTERRUPTED:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except EigenstepError as error:
        print(f"eigenstep: {' '.join(str(error).split())}", file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        print("eigenstep: interrupted", file=sys.stderr)
        status = _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 0
    except Exception as error:
        # typer's usage errors; typer carries its own copy of click, so they are told by their shape.
        if not hasattr(error, "format_message"):
            if type(error).__name__ == "Abort":
                print("eigenstep: interrupted", file=sys.stderr)
                sys.exit(_INTERRUPTED)
            raise
        message = " ".join(error.format_message().split())  # type: ignore[attr-defined]
        print(f"eigenstep: {message}", file=sys.stderr)
        status = 2
    sys.exit(status if isinstance(status, int) else 0)
