"""The command ``eigenstep``.

Every command imports what it needs when it runs, so that help and bad input answer at once and
theory never loads torch.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperCommand

from ...optimizers.errors import EigenstepError, RuleError, UnknownName, shown
from ...optimizers.machine.signals import end_on_signals
from ..streams import OutputError, take_over

_HELP = """The theory of an optimizer, derived from the code that runs it.

An update rule is a plain Python function. eigenstep runs it on symbols to derive its
iteration matrix, eigenvalues, exact convergence region, optimal tuning and noise floor;
decides claims about it; and runs the same function as a torch optimizer.

RULE is a name from `eigenstep list`, or your own: path/to/file.py:rule.

Example: eigenstep derive heavy_ball
"""

app = typer.Typer(
    help=_HELP, rich_markup_mode=None, pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip


def _completer(names: Callable[[], Iterable[str]]) -> Callable[[str], list[str]]:
    """Completes what begins as typed; silent where the names cannot be had."""

    def complete(incomplete: str) -> list[str]:
        with contextlib.suppress(Exception):
            return [n for n in names() if n.startswith(incomplete)]
        return []

    return complete


def _rule_names() -> list[str]:
    from ...optimizers.rules import ALL_RULES

    return list(ALL_RULES)


def _claim_ids() -> list[str]:
    from ...proofs import with_corrections

    known = list(with_corrections())
    groups = dict.fromkeys(k.split(".")[0] for k in known if "." in k)
    return list(dict.fromkeys([*groups, *known]))


def _figure_names() -> list[str]:
    from ..figures.registry import ALL_FIGURES

    return ["list", *ALL_FIGURES]


def _exercise_names() -> list[str]:
    from ..chapters.exercises import ALL_EXERCISES

    return [*dict.fromkeys(k.split(".")[0] for k in ALL_EXERCISES), *ALL_EXERCISES]


def _chapter_names() -> list[str]:
    from ..document import CHAPTERS

    return list(CHAPTERS)


RuleName = Annotated[
    str,
    typer.Argument(
        metavar="RULE", help="name, or path/to/file.py:rule", autocompletion=_completer(_rule_names)
    ),
]
Json = Annotated[bool, typer.Option("--json", help="one JSON document on stdout")]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="set a parameter; may be repeated"),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="of a Dask cluster, tcp://HOST:PORT, that does the work",
    ),
]


_INTERRUPTED = 130
"""The exit status after Ctrl-C."""


class BadOption(EigenstepError, ValueError):
    """An option or ``--set`` that is malformed, repeated, contradictory or not used by the command."""


_output: TextIO | None = None
"""Where the running command writes; what else prints, a user's file for one, prints to stderr."""


class _Command(TyperCommand):
    """A command whose own output is all that reaches standard output."""

    def invoke(self, ctx: Any) -> Any:
        global _output
        before, _output = _output, sys.stdout
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return super().invoke(ctx)
        finally:
            _output = before


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        sys.stdout.write(f"eigenstep {version('eigenstep')}\n")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="the version")
    ] = False,
) -> None:
    pass


def _strict(value: Any) -> Any:
    """A JSON value: numbers that are not finite, which JSON has none of, as text."""
    if isinstance(value, dict):
        return {str(k): _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    return value if isinstance(value, str | int | float | bool | None) else _strict_other(value)


def _strict_other(value: Any) -> Any:
    item = getattr(value, "item", None)
    if item is not None and getattr(value, "ndim", 1) == 0:
        return _strict(item())
    return str(value)


def _emit(document: dict[str, Any], as_json: bool, text: str) -> None:
    """One JSON document in ASCII, or text."""
    output = _output or sys.stdout
    output.write((json.dumps(_strict(document), allow_nan=False) if as_json else text) + "\n")


def _split(settings: list[str] | None) -> dict[str, str]:
    values: dict[str, str] = {}
    for setting in settings or []:
        name, separator, value = setting.partition("=")
        name = name.strip()
        if not separator or not name or not value.strip():
            raise BadOption(f"--set {shown(setting)} is not of the form NAME=VALUE")
        if name in values:
            raise BadOption(f"--set {shown(name)} is given twice")
        values[name] = value.strip()
    return values


POINT = ("eta_lambda", "curvature", "lr")
"""What says where on a quadratic the theory is evaluated, beside the free hyperparameters."""


def _theory(
    rule_name: str, settings: list[str] | None, into_theory: bool = False
) -> tuple[Any, dict[str, Any]]:
    """The theory of a rule, and the numbers set for what stays free in it.

    A choice, a convention, or an expression in other hyperparameters changes the theory itself;
    a number for any other parameter is only a point at which the theory is evaluated, unless it is
    asked to be set ``into_theory``.
    """
    given = _split(settings)
    _check_rule_name(rule_name)
    from ...analysis import derive
    from ...analysis.expressions import ExpressionError, parse
    from ...analysis.loading import load_rule
    from ...analysis.reals import real
    from ...analysis.tracing import symbol_of

    rule = load_rule(rule_name)
    hyperparameters = rule.hyperparameters
    symbols = {k: symbol_of(h) for k, h in hyperparameters.items() if not h.is_choice}
    fixed: dict[str, Any] = {}
    point: dict[str, Any] = {}
    for name, text in given.items():
        if name not in hyperparameters and name not in POINT:
            raise UnknownName(
                f"parameter of {rule.name}", name, dict.fromkeys([*hyperparameters, *POINT])
            )
        if name in hyperparameters and hyperparameters[name].is_choice:
            fixed[name] = text
            continue
        try:
            value = parse(text, symbols)
        except ExpressionError as error:
            raise BadOption(f"--set {name}: {error}") from error
        if name not in hyperparameters:
            if value.free_symbols:
                raise BadOption(f"{name} = {shown(text)} must be a number")
            point[name] = real(name, value)
        elif value.free_symbols or hyperparameters[name].convention:
            fixed[name] = value
        else:
            number = _in_domain(hyperparameters[name], value)
            if into_theory and name != "lr":
                fixed[name] = number
            else:
                point[name] = number
    if set(POINT) <= point.keys() and point["lr"] * point["curvature"] != point["eta_lambda"]:
        raise BadOption(
            f"eta_lambda = {given['eta_lambda']} contradicts lr*curvature = "
            f"{shown(point['lr'] * point['curvature'])}"
        )
    theory = derive(rule, **fixed)
    theory._check_conditions({symbols[k]: v for k, v in point.items() if k in symbols})
    return theory, point


def _in_domain(hyperparameter: Any, value: Any) -> Any:
    """The exact number, or the error that shows it as a decimal."""
    from ...analysis.reals import real
    from ...optimizers.errors import DomainError

    name, domain = hyperparameter.name, hyperparameter.domain
    try:
        return real(name, value, domain)
    except DomainError:
        raise DomainError(name, float(value), domain.describe(name)) from None


def _check_rule_name(name: str) -> None:
    """Refuse a name that no rule has before anything is imported to run one."""
    from ...optimizers.rules import ALL_RULES

    key = name.replace("-", "_")
    known = key in ALL_RULES or (key.endswith("_frozen") and key[: -len("_frozen")] in ALL_RULES)
    if not known and ":" not in name and not name.endswith(".py"):
        raise UnknownName("rule", name, [*ALL_RULES, "path/to/file.py:rule"])


def _check_used(theory: Any, point: dict[str, Any], command: str, more: Iterable[str] = ()) -> None:
    """Refuse numbers that a command does not compute with."""
    used = [*theory.free, *more]
    for name in point:
        if name not in used:
            raise BadOption(
                f"{name} is not used by {command} of {theory.rule.name}; used are "
                f"{', '.join(used) or 'none'}"
            )


def _pretty(expression: Any) -> str:
    import sympy as sp

    unicode = (getattr(_output, "encoding", "") or "").lower().replace("-", "") == "utf8"
    return sp.pretty(expression, use_unicode=unicode, wrap_line=False)


def _where(theory: Any) -> str:
    """The conditions that expressions set for hyperparameters put on the free ones."""
    return f"   where {', '.join(map(str, theory.conditions))}" if theory.conditions else ""


@app.command("list", cls=_Command, epilog="Example: eigenstep list --json")
def list_rules(as_json: Json = False) -> None:
    """The rules: state, hyperparameters with domains, source."""
    from ...optimizers.rules import ALL_RULES

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


@app.command(cls=_Command, epilog="Example: eigenstep derive heavy_ball --set dampening=beta")
def derive(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Equations, iteration matrix, characteristic polynomial, eigenvalues, region, tuning."""
    import sympy as sp

    theory, point = _theory(rule, settings, into_theory=True)
    for name in point:
        raise BadOption(f"{name} stays a symbol in derive, which does not use a number for it")
    closed = theory.closed_tuning if theory.tunable else None
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
        "where": [str(c) for c in theory.conditions],
        "variable": "curvature" if str(theory.variable) == "lambda" else "eta_lambda",
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
    if theory.conditions:
        parts += ["", "where:", *[_pretty(c) for c in theory.conditions]]
    if limit is not None:
        largest = "ηλ" if document["variable"] == "eta_lambda" else "λ"
        parts += ["", f"largest stable {largest}:", _pretty(limit)]
    parts += ["", "optimal for curvatures in [μ, L]:"]
    if exact:
        parts += [_pretty(sp.Eq(sp.Symbol(k), e, evaluate=False)) for k, e in exact.items()]
    elif theory.tunable:
        parts += ["no closed form; `eigenstep tune` searches for it numerically"]
    else:
        parts += ["no learning rate is free to be tuned"]
    parts += [
        "",
        "stationary variance of θ for unit gradient noise:",
        _pretty(theory.noise.variance),
    ]
    _emit(document, as_json, "\n".join(parts))


@app.command(cls=_Command, epilog="Example: eigenstep limit heavy_ball --set beta=0.9")
def limit(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """The largest stable ηλ: exact expression, and its value at the parameters set."""
    theory, point = _theory(rule, settings)
    for name in point:
        if name in POINT and name not in theory.free:
            raise BadOption(f"{name} is what limit computes with; set only {[*theory.free]}")
    _check_used(theory, point, "limit")
    exact = theory.limit
    variable = "curvature" if str(theory.variable) == "lambda" else "eta_lambda"
    missing = [k for k in theory.free if k not in point]
    lower: float | None = 0.0
    upper = None
    if not missing:
        lower, upper = theory.stable_interval(**{k: point[k] for k in theory.free})
        upper = upper if math.isfinite(upper) else None
    document: dict[str, Any] = {
        "rule": theory.rule.name,
        variable: {"lower": lower, "upper": upper, "exact": str(exact)},
    }
    if theory.conditions:
        document["where"] = [str(c) for c in theory.conditions]
    value = f" = {upper:g}" if upper is not None else ""
    hint = f"   (set {', '.join(missing)} for a number)" if missing else ""
    _emit(document, as_json, f"{lower:g} < {variable} < {exact}{value}{_where(theory)}{hint}")


@app.command(
    cls=_Command, epilog="Example: eigenstep radius heavy_ball --set beta=0.9 --set eta_lambda=0.5"
)
def radius(rule: RuleName, settings: Settings = None, as_json: Json = False) -> None:
    """Spectral radius and eigenvalues at a point."""
    theory, point = _theory(rule, settings)
    product = str(theory.variable) != "lambda"
    _check_used(theory, point, "radius", POINT if product else ("curvature",))
    value = theory.spectral_radius(**point)
    roots = [[float(z.real), float(z.imag)] for z in theory.eigenvalues_at(**point)]
    stable = theory.is_stable(**point)
    listed = ", ".join(f"{re:.10g}{im:+.10g}i" if im else f"{re:.10g}" for re, im in roots)
    # What rounds to 1 is said in words.
    words = "" if (value < 1) == stable else f" ({'' if stable else 'not '}stable)"
    _emit(
        {"rule": theory.rule.name, "radius": value, "stable": stable, "eigenvalues": roots}, as_json,
        f"spectral radius {value:.12g}{words}\neigenvalues {listed}",
    )  # fmt: skip


@app.command(cls=_Command, epilog="Example: eigenstep tune heavy_ball --mu 1 --L 100")
def tune(
    rule: RuleName,
    mu: Annotated[str, typer.Option("--mu", help="smallest curvature, > 0")],
    largest: Annotated[str, typer.Option("--L", help="largest curvature, >= mu")],
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """Optimal hyperparameters for curvatures in [mu, L], and their rate per step."""
    from ...analysis.expressions import parse

    theory, point = _theory(rule, settings)
    if point:
        raise BadOption(f"{next(iter(point))} is what tune chooses; set only conventions")
    best = theory.tuning(parse(mu, {}), parse(largest, {}))
    document = {
        "rule": theory.rule.name, **{k: float(v) for k, v in best.values.items()},
        "rate": float(best.rate), "exact": {k: str(e) for k, e in best.exact.items()},
        "method": best.method, "how": best.how,
    }  # fmt: skip
    lines = [f"{k} = {document[k]:.12g}" + (f" = {best.exact[k]}" if best.exact else "")
             for k in (*best.values, "rate")]  # fmt: skip
    if not best.exact:
        lines.append(f"(numerical: no closed form was found; {best.how})")
    _emit(document, as_json, "\n".join(lines))


@app.command(
    cls=_Command,
    epilog="Example: eigenstep noise heavy_ball --set lr=0.1 --set beta=0.9 --set curvature=1",
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


@app.command(cls=_Command, epilog="Example: eigenstep check torch.optim:RAdam --set lr=0.01")
def check(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="package.module:Optimizer, path.py:Optimizer")
    ],
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="RULE",
            help="try this rule only",
            autocompletion=_completer(_rule_names),
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="keyword argument of TARGET"),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, max=100_000, help="steps to compare")] = 100,
    seed: Annotated[
        int, typer.Option(min=0, max=(1 << 63) - 1, help="of the random gradients")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Say which rule an optimizer computes, and under which convention.

    TARGET is a torch optimizer class, a function of the parameters that returns one, a function
    that returns an optax transformation, or a rule. It is run beside every rule (or the one given)
    under every convention, on the same float64 gradients. Exit status: 0 if one agrees to 1e-10 of
    the distance travelled at every step, 1 if none does, 2 for bad input.
    """
    from ...analysis.comparison.comparing import compare
    from ...analysis.loading import load_rule, load_target
    from ...optimizers.rules import ALL_RULES
    from ..progress import progress

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
    from ...proofs import Verdict

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


def _rows(keys: list[str], cache: bool, scheduler: str | None = None) -> list[dict[str, Any]]:
    """Claims decided over all cores, each with its correction, with progress."""
    from ...optimizers.machine.scheduler import executor_at
    from ...proofs import decide_all, with_corrections
    from ...proofs.running import PROVERS, cores
    from ..progress import progress

    known = with_corrections()
    corrections = [c.id for c in (known[k].corrected for k in keys) if c and c.id not in keys]
    wanted = [*keys, *corrections]
    with (
        executor_at(scheduler, PROVERS) as executor,
        progress("deciding claims", len(wanted)) as advance,
    ):
        decided = decide_all(
            wanted, workers=cores(), cache=cache, advance=advance, executor=executor
        )
    return [_row(known[k], decided) for k in keys]


def _point(row: dict[str, Any]) -> str:
    return ", ".join(f"{k} = {v}" for k, v in (row["counterexample"] or {}).items())


@app.command(cls=_Command, epilog="Example: eigenstep coefficients radam --t 10 --set beta2=0.999")
def coefficients(
    rule: RuleName,
    t: Annotated[int, typer.Option("--t", min=1, max=1 << 53, help="the step; the first is 1")] = 1,
    settings: Settings = None,
    as_json: Json = False,
) -> None:
    """What a rule computes once a step: bias factors, ρ_t, r_t, bounds, learning rate."""
    given = _split(settings)
    _check_rule_name(rule)
    from ...analysis.loading import load_rule
    from ...analysis.settings import value_of
    from ...analysis.user_code import running

    found = load_rule(rule)
    for key in given:
        found._check_name(key)
    values = {key: value_of(found.hyperparameters[key], text) for key, text in given.items()}
    full = found.with_defaults(values)
    with running(RuleError, f"the coefficients of {found.name} failed", found):
        numbers = found.coefficients(t, full)
        if not isinstance(numbers, dict):
            raise RuleError(f"the coefficients of {found.name} are no dict, but {shown(numbers)}")
    document: dict[str, Any] = {"rule": found.name, "t": t, **numbers}
    lines = [f"{k:14} {v:.12g}" if isinstance(v, float) else f"{k:14} {v}"
             for k, v in document.items()]  # fmt: skip
    _emit(document, as_json, "\n".join(lines))


@app.command(cls=_Command, epilog="Example: eigenstep bound sgd --r 2 --L 3 --T 100")
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
    from ...analysis.convex import exact_constant_step, first_step, schedule_bound

    if method not in ("sgd", "gradient_descent"):
        raise UnknownName("method with a convex bound", method, ["sgd"])
    value = schedule_bound(schedule, r, L, T)
    first = first_step(schedule, r, L, T)
    exact = exact_constant_step()
    text = {
        "constant": str(exact["bound"]),
        "inverse_square_root": "(r**2 + L**2*sum(lr_t**2))/(2*sum(lr_t)), lr_t = r/(L*sqrt(t))",
        "inverse_time": "(r**2 + L**2*sum(lr_t**2))/(2*sum(lr_t)), lr_t = r/(L*t)",
    }[schedule]
    _emit(
        {"method": "sgd", "schedule": schedule, "lr": first, "bound": value, "exact": text}, as_json,
        f"learning rate {first:.12g}, bound {value:.12g} = {text}",
    )  # fmt: skip


def _errata_lines(rows: list[dict[str, Any]]) -> list[str]:
    lines = []
    for row in rows:
        lines.append(f"{row['id']}  ({row['source']})")
        lines.append(f"    printed: {row['statement']}\n    false at: {_point(row)}")
        if new := row["corrected"]:
            lines.append(f"    instead: {new['statement']}  [{new['verdict']}]")
    return lines


def _claim_lines(rows: list[dict[str, Any]], steps: bool) -> list[str]:
    lines = []
    for row in rows:
        again = ", decided before" if row["cached"] else ""
        lines.append(
            f"{row['verdict']:8} {row['id']:26} {row['method']} ({row['seconds']:.2f} s{again})"
        )
        for number, step in enumerate(row["steps"] if steps else [], 1):
            lines.append(f"{'':8} {number}. {step}")
        if row["counterexample"]:
            lines.append(f"{'':8} {'':26} counterexample: {_point(row)}")
        if not row["evidence"]["agrees"] and row["verdict"] == "PROVED":
            lines.append(
                f"{'':8} {'':26} but a numerical trial disagrees: {row['evidence']['tried']}"
            )
        if new := row["corrected"]:
            lines.append(f"{new['verdict']:8} {new['id']:26} {new['method']}; in its place")
    return lines


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


@app.command(cls=_Command, epilog="Example: eigenstep prove M9.sufficient M9.necessary")
def prove(
    claims: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CLAIM]...", autocompletion=_completer(_claim_ids)),
    ] = None,
    errata: Annotated[bool, typer.Option("--errata", help="only what print has wrong")] = False,
    steps: Annotated[bool, typer.Option("--steps", help="the steps of each proof too")] = False,
    cache: Annotated[
        bool, typer.Option(help="take what was decided before by the same code from the cache")
    ] = True,
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Decide the claims of the ledger, or some of them, and try each numerically.

    A name stands for all claims that begin with it: M9 is M9.sufficient and M9.necessary. Exit status:
    0 if all are decided, 1 if one is open.
    """
    from ...proofs import ALL_CLAIMS, with_corrections

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
    rows = _rows(chosen, cache, scheduler)
    undecided = any(r["verdict"] == "OPEN" for r in rows)
    if errata:
        rows = [r for r in rows if r["verdict"] == "REFUTED"]
    lines = _errata_lines(rows) if errata else _claim_lines(rows, steps)
    if not errata and len(rows) > 1:
        lines.append(f"\n{_summary(rows)}")
    _emit({"errata" if errata else "claims": rows}, as_json, "\n".join(lines))
    if undecided:
        raise typer.Exit(1)


@app.command(cls=_Command, epilog="Example: eigenstep exercises adam.4")
def exercises(
    chosen: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXERCISE]...",
            help="as momentum.2; or a chapter",
            autocompletion=_completer(_exercise_names),
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """The lecture's exercises with their answers; those named are proved and run.

    Without a name all are listed, each with the ids of the claims that answer it and whether there is
    an experiment. With names their claims are decided and their experiments run.
    """
    from ..chapters.exercises import ALL_EXERCISES, chapter
    from ..progress import progress

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
    lines = []
    for row in rows:
        lines.append(f"{row['id']:12} {row['question']}\n{'':12} {row['answer']}")
        for claim in row.get("decided", []):
            lines.append(f"{'':12} {claim['verdict']:8} {claim['id']}: {claim['statement']}")
        if not chosen:
            said = ", ".join(row["claims"]) or "none"
            lines.append(f"{'':12} claims: {said}; experiment: {row['experiment'] or 'none'}")
        elif row["text"]:
            lines += [f"    {line}" for line in row["text"].splitlines()]
        lines.append("")
    document = {"exercises": [{k: v for k, v in r.items() if k != "text"} for r in rows]}
    _emit(document, as_json, "\n".join(lines))


@app.command(cls=_Command, epilog="Example: eigenstep figure regions --out regions.svg")
def figure(
    name: Annotated[
        str,
        typer.Argument(
            help="name of the figure; `eigenstep figure list` lists them",
            autocompletion=_completer(_figure_names),
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="file: .svg, .pdf or .png")] = None,
    as_json: Json = False,
) -> None:
    """Draw one figure; the suffix of the file chooses the format."""
    from ..figures.registry import ALL_FIGURES, draw, save

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


@app.command(cls=_Command, epilog="Example: eigenstep report --out build/report --format html,pdf")
def report(
    out: Annotated[Path, typer.Option("--out", help="folder to write to")] = Path("build/report"),
    formats: Annotated[str, typer.Option("--format", help="html, pdf, or both")] = "html,pdf",
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only",
            metavar="CHAPTER",
            autocompletion=_completer(_chapter_names),
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
    scheduler: Scheduler = None,
    as_json: Json = False,
) -> None:
    """Write the whole report: index.html (one self-contained file) and eigenstep.pdf."""
    from ...optimizers.machine.scheduler import executor_at
    from ...proofs.running import PROVERS
    from ..report import write_report
    from ..work import PACKAGES

    chosen = tuple(f.strip() for f in formats.split(",") if f.strip())
    with executor_at(scheduler, (*PROVERS, *PACKAGES)) as executor:
        written = write_report(
            out, chosen, only=tuple(only or ()), cache=cache, quick=quick, executor=executor
        )
    _emit({"files": [str(p) for p in written]}, as_json, "\n".join(map(str, written)))


@app.command(cls=_Command, epilog="Example: eigenstep data")
def data(as_json: Json = False) -> None:
    """Download the airfoil data set into the cache folder, verified by its checksum."""
    from ..experiments.airfoil import download

    path = download()
    _emit({"path": str(path)}, as_json, str(path))


def _usage(error: Exception) -> str | None:
    """What typer says of a wrong command line; it carries its own copy of click, told by its shape."""
    message = getattr(error, "format_message", None)
    return None if message is None else " ".join(message().split())


def _failure(error: BaseException) -> tuple[str, int]:
    """What is said of an error, in one line, and the exit status."""
    from ...analysis.user_code import add_place, is_interrupt, place_of, said_by

    if isinstance(error, EigenstepError):
        add_place(error, place_of(error))
        return " ".join(str(error).split()), 2
    if is_interrupt(error) or type(error).__name__ == "Abort":
        return "interrupted", _INTERRUPTED
    if isinstance(error, OutputError):
        return f"cannot write to standard output: {error}", 1
    if place := place_of(error):
        return f"{place}: {said_by(error)}", 2
    return f"internal error: {said_by(error)} (EIGENSTEP_TRACEBACK=1 shows where)", 2


def main() -> None:
    """Run the command; bad input ends with one line on stderr and exit status 2."""
    end_on_signals()
    output = take_over()
    if len(sys.argv) == 1:
        sys.argv.append("--help")
    try:
        status = app(standalone_mode=False, prog_name="eigenstep")
        output.flush()
        if status == _INTERRUPTED:  # typer's answer to Ctrl-C
            raise KeyboardInterrupt
    except BrokenPipeError:
        status = 0
    except SystemExit as error:  # typer's, unless it is a user's, which says where
        status = error.code
    except BaseException as error:
        if os.environ.get("EIGENSTEP_TRACEBACK"):
            raise
        usage = _usage(error) if isinstance(error, Exception) else None
        said, status = (usage, 2) if usage is not None else _failure(error)
        with contextlib.suppress(OSError):
            print(f"eigenstep: {said}", file=sys.stderr)
    sys.stdout = sys.stderr  # for what is printed as the process ends
    sys.exit(status if isinstance(status, int) else 0)
