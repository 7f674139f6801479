"""What follows from the code on a quadratic: the iteration matrix, where it converges, tuning, noise."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import sympy as sp

from ...analysis import derive
from ...analysis.adaptive.frozen import freeze
from ...analysis.expressions import parse
from ...analysis.linear.derivation import Derivation
from ...analysis.simulation import growth
from ...analysis.tracing import LAMBDA
from ...optimizers.domains import Choice, Integers, Interval
from ...optimizers.errors import EigenstepError, RuleError
from ..page.escaping import code, plain
from ..page.markup import display
from ..page.typeset import aligned, eigenvalues_tex, polynomial_tex, tex
from .drawing import Map, Radius, Roots, stability
from .part import Numbers, Part, picture, reason_of
from .subject import Subject

LONGEST = 420
"""Characters of TeX that fit a page; what is longer is not printed, and said not to be."""
_WIDEST = 55
"""Characters that fit a line of print."""
_APART = 0.02
"""Grid points whose spectral radius is nearer to 1 than this are no test of the boundary."""


class NoTheory(RuleError):
    """A rule that is not linear, and not linear either once some of its state is held."""


@dataclass(frozen=True)
class Theory:
    """The theory that a rule has.

    Attributes:
        of: the theory itself.
        held: the state that was held still; empty where the rule is linear as it is.
    """

    of: Derivation
    held: tuple[str, ...]
    nonlinear: bool


@lru_cache(maxsize=4)
def theory_of(subject: Subject) -> Theory:
    """The theory of a linear rule, or of what an adaptive one is while some of its state stands still.

    Raises:
        NoTheory: neither can be derived; both reasons are said.
    """
    rule = subject.rule.fix(**subject.fixed) if subject.fixed else subject.rule
    try:
        return Theory(derive(rule), (), False)
    except EigenstepError as error:
        first = str(error)
    try:
        frozen = freeze(rule)
        found = derive(frozen)
    except EigenstepError as error:
        second = str(error)
        raise NoTheory(first if second in first else f"{first}; linearised: {second}") from error
    kept = set(frozen.state)
    return Theory(found, tuple(s for s in rule.state if s not in kept), True)


def _printed(expression: Any, what: str) -> tuple[str, str]:
    """TeX of an expression, or why it is not printed."""
    written = tex(expression)
    if len(re.sub(r"\\[a-zA-Z]+|[{}]", " ", written)) <= LONGEST:
        return written, ""
    return (
        "",
        f"the expression for {what} has {sp.count_ops(expression)} operations, too many to print",
    )


def _polynomial(theory: Derivation) -> list[str]:
    """The characteristic polynomial on one line, or a power of z on each; empty where that is too wide."""
    whole = polynomial_tex(theory._characteristic)
    if _width(whole) <= _WIDEST:
        return [rf"\det(zI - R) &= {whole}"]
    terms = [sp.Poly({m: c}, theory._characteristic.gen) for m, c in theory._characteristic.terms()]
    lines = [polynomial_tex(term) for term in terms]
    if max(map(_width, lines)) > _WIDEST:
        return []
    first, *rest = lines
    signed = [line if line.startswith("-") else f"+ {line}" for line in rest]
    return [rf"\det(zI - R) &= {first}", *(rf"&\quad {line}" for line in signed)]


def _width(written: str) -> int:
    """About how many characters wide TeX is in print."""
    signs = re.sub(r"\\[a-zA-Z]+", "x", re.sub(r"\\(?:left|right|operatorname)", "", written))
    return len(re.sub(r"[{}\s_^]", "", signs))


def _own(subject: Subject, theory: Derivation) -> dict[str, Any]:
    """The report's numbers for what is free in the eigenvalues.

    Raises:
        RuleError: one of them has none.
    """
    values = {k: subject.values.get(k, theory.rule.hyperparameters[k].default) for k in theory.free}
    for key, value in values.items():
        if value is None:
            raise RuleError(f"{key} has no number: give --set {key}=VALUE")
    return values


def _at(values: dict[str, Any]) -> str:
    return ", ".join(f"{code(k)} = {plain(f'{v:.6g}')}" for k, v in values.items())


def matrix(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """The rule as a linear system, its iteration matrix, characteristic polynomial and eigenvalues."""
    found = theory_of(subject)
    theory, system = found.of, found.of.system
    refused: list[tuple[str, str]] = []
    if found.nonlinear:
        held = ", ".join(map(code, found.held)) or "a factor of its step"
        opening = (
            f"The rule is not linear in its state and gradient. What follows is the linear rule that it is "
            f"**while {held} is held still**, as near a minimum, where it changes slowly; "
            + (
                "$p$ is the scale that the held state gives the step, and $p = 1$ here: a learning rate below "
                r"is $\tilde\eta = \eta/p$. "
                if "p" in theory.rule.hyperparameters
                else ""
            )
            + "Terms in ε and weight decay are left out. It says nothing of a run while the held state moves.\n"
        )
        if theory.latex_update and len(" ".join(theory.latex_update)) < 2 * LONGEST:
            opening += "\n" + display(*theory.latex_update)
    else:
        opening = "The rule is linear in its state and in the gradient, so on a quadratic one matrix says everything.\n"
    state = ", ".join(sp.latex(s) for s in system.state)
    parts = [opening]
    written, why = _printed(theory.matrix, "the iteration matrix")
    if why:
        refused.append(("The iteration matrix in print", why))
    else:
        parts += [
            rf"On $\tfrac12\lambda x^2$ one step multiplies $\xi = ({state})$ by" "\n",
            display(rf"R = {written}", label="eq-matrix"),
        ]
    if lines := _polynomial(theory):
        parts += ["Its characteristic polynomial is\n", display(*lines)]
    else:
        refused.append(("The characteristic polynomial in print", "it is too long for a page"))
    roots = eigenvalues_tex(theory)
    if not theory.eigenvalues:
        reason = f"an irreducible factor of the characteristic polynomial (order {system.order}) has a degree above 2"
        refused.append(("Eigenvalues in closed form", reason))
    elif max(map(len, roots)) > 3 * LONGEST:
        refused.append(("Eigenvalues in print", "they are too long for a page"))
    else:
        parts += ["with the eigenvalues\n", display(*[r.replace("&", "") for r in roots])]
    return Part("\n".join(parts), refused=tuple(refused))


def region(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """Where it converges: the exact inequalities, the limit, the map with the code's own runs over it."""
    found = theory_of(subject)
    theory, refused = found.of, []
    parts: list[str] = []
    variable = r"\lambda" if theory.variable == LAMBDA else (
        r"\tilde\eta\lambda" if found.nonlinear else r"\eta\lambda")  # fmt: skip
    relations = theory.stability.latex()
    if len(re.sub(r"\\[a-zA-Z]+|[{}]", " ", relations)) <= LONGEST:
        parts += [
            "The iteration converges from every start exactly where\n",
            display(relations, label="eq-region"),
        ]
    else:
        refused.append(("The inequalities in print", "they are too long for a page"))
    try:
        limit = theory.limit
        written, why = _printed(limit, "the limit")
        if written:
            parts.append(rf"The largest stable ${variable}$ is ${written}$." "\n")
        else:
            refused.append(("The limit in print", why))
    except EigenstepError as error:
        refused.append(("The limit as an expression", reason_of(error, subject)))
    upper = math.inf
    values = _own(subject, theory)
    try:
        lower, upper = theory.stable_interval(**values)
        at = f" at {_at(values)}" if values else ""
        ends = (
            rf"{lower:.6g} < {variable} < {upper:.6g}"
            if math.isfinite(upper)
            else rf"{variable} > {lower:.6g}"
        )
        parts.append(f"In numbers, ${ends}${at}.\n")
    except EigenstepError as error:
        refused.append(("The limit at the report’s numbers", reason_of(error, subject)))
    drawn, said, undrawn = _map(theory, values, upper, numbers)
    refused += [(a, subject.without_folders(b)) for a, b in undrawn]
    parts += said
    return Part("\n".join(parts), drawn, tuple(refused))


def _shown_parameters(theory: Derivation) -> list[str]:
    """The hyperparameters that a map is drawn over, two at most: those with bounded domains first."""
    domains = {k: theory.rule.hyperparameters[k].domain for k in theory.free}
    real = [k for k, d in domains.items() if not isinstance(d, Choice | Integers) and k != "lr"]
    bounded = [
        k
        for k in real
        if isinstance(d := domains[k], Interval) and math.isfinite(d.upper - d.lower)
    ]
    return (bounded + [k for k in real if k not in bounded])[:2]


def _range(theory: Derivation, name: str, value: float, count: int) -> np.ndarray:
    domain: Any = theory.rule.hyperparameters[name].domain
    lower = domain.lower if math.isfinite(domain.lower) else min(0.0, 2 * value)
    upper = domain.upper if math.isfinite(domain.upper) else max(lower + 1.0, 2 * value)
    inside = np.linspace(lower, upper, count + 2)
    return inside[1:-1]


def _map(
    theory: Derivation, values: dict[str, Any], upper: float, numbers: Numbers
) -> tuple[dict[str, bytes], list[str], list[tuple[str, str]]]:
    """The figure, the words around it, and what could not be drawn."""
    symbol = "curvature" if theory.variable == LAMBDA else "eta_lambda"
    most = 1.3 * upper if math.isfinite(upper) and upper > 0 else 4.0
    points, steps = numbers.size(90, 40), numbers.size(500, 200)
    x = np.linspace(most / points, most, points)
    names, refused = _shown_parameters(theory), []
    panels: list[Any] = []
    agree = tested = 0
    for name in names or [""]:
        y = _range(theory, name, float(values[name]), points) if name else np.zeros(1)
        others = {k: np.full((1, 1), float(v)) for k, v in values.items() if k != name}
        if name:
            others[name] = y[:, None]
        radius = np.broadcast_to(
            theory.spectral_radius(**{symbol: x[None, :]}, **others), (len(y), len(x))
        )
        measured = None
        try:
            if symbol == "curvature":
                raise RuleError("η and λ do not enter by their product alone")
            with np.errstate(all="ignore"):
                measured = np.broadcast_to(
                    growth(theory.rule, steps, eta_lambda=x[None, :] + 0 * y[:, None], **others),
                    radius.shape,
                )
            clear = (np.abs(radius - 1) > _APART) & np.isfinite(measured)
            tested += int(clear.sum())
            agree += int((clear & ((radius < 1) == (measured < 1))).sum())
        except Exception as error:
            refused.append(("Simulated boundary", str(error)))
        if not name:
            panels.append(Radius(x, radius[0], None if measured is None else measured[0], upper))
            continue
        ends = []
        for b in y[:: max(1, points // 22)]:
            try:
                ends.append(theory.stable_interval(**{**values, name: float(b)})[1])
            except EigenstepError:
                ends.append(math.nan)
        exact = (np.array(ends), y[:: max(1, points // 22)])
        panels.append(
            Map(sp.latex(theory.free[name]), x, y, radius, measured, exact, float(values[name]))
        )
    h = np.linspace(0, min(most, 1.15 * upper), 80)
    roots = theory.eigenvalues_at(
        **{symbol: h}, **{k: np.full(1, float(v)) for k, v in values.items()}
    )
    panels.append(Roots(h, roots, upper))
    figure = {"stability": stability(panels, symbol == "eta_lambda")}
    caption = "Spectral radius" + (
        " and the exact boundary (dashed)" if names else " against the step"
    )
    if tested:
        caption += (
            ", with the boundary of the code’s own runs (white)"
            if names
            else ", with the code’s own runs (dots)"
        )
    caption += (
        "; right, the eigenvalues as the step grows to 1.15 times its limit, which the star marks."
    )
    alt = "Maps of the spectral radius over the step and hyperparameters, and paths of eigenvalues in the unit disk."
    said = [picture("stability", caption, alt)]
    if tested:
        said.append(f"The rule itself was run at the {tested} points of these maps where the spectral radius is not within "
                    f"{_APART:g} of 1: at {agree} of them theory and run agree on whether it converges.\n")  # fmt: skip
    return figure, said, list(dict.fromkeys(refused))


def tuning(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """The best hyperparameters for a spectrum, and their rate."""
    found = theory_of(subject)
    theory = found.of
    best = theory.tuning(parse(numbers.mu, {}), parse(numbers.L, {}))
    names = {k: sp.latex(s) for k, s in theory.trace.free.items()} | {"rate": r"\rho"}
    if found.nonlinear:
        names["lr"] = r"\tilde\eta"
    reached = "is reached at" if best.exact else "that was found is reached at"
    given = rf"$\mu = {tex(parse(numbers.mu, {}))}$, $L = {tex(parse(numbers.L, {}))}$"
    lines = aligned(
        [
            (names.get(k, k), f"{float(v):.8g}")
            for k, v in {**best.values, "rate": best.rate}.items()
        ]
    )
    parts = [f"For curvatures in $[\\mu, L]$ with {given} the smallest worst-case spectral radius {reached}\n",
             display(*lines, label="eq-tuning")]  # fmt: skip
    if best.exact:
        written = [(names.get(k, k), tex(e)) for k, e in best.exact.items()]
        if max(len(w) for _, w in written) <= LONGEST:
            parts += ["which in closed form is\n", display(*aligned(written))]
    least = (math.sqrt(k := float(parse(numbers.L, {}) / parse(numbers.mu, {}))) - 1) / (
        math.sqrt(k) + 1
    )
    parts.append(f"How it was found: {plain(best.method)}, {plain(best.how)}. No method that combines past gradients "
                 rf"has a rate below $(\sqrt\kappa - 1)/(\sqrt\kappa + 1) = {least:.8g}$ on all such quadratics." "\n")  # fmt: skip
    return Part("\n".join(parts))


def noise(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """Where gradient noise leaves it."""
    found = theory_of(subject)
    theory = found.of
    variance = theory.noise.variance
    written, why = _printed(variance, "the stationary variance")
    parts, refused = [], []
    opening = r"With gradient noise of variance $\sigma^2$, independent from step to step, $\theta$ settles at the variance"
    if written:
        parts += [
            f"{opening}\n",
            display(rf"\operatorname{{Var}}\theta = \sigma^2\,{written}", label="eq-noise"),
        ]
    else:
        refused.append(("The noise floor in print", why))
    try:
        hyperparameters = theory.rule.hyperparameters
        values = {k: subject.values.get(k, hyperparameters[k].default) for k in theory.trace.free}
        if values.get("lr", 0) is None:
            raise RuleError("lr has no number: give --set lr=VALUE")
        at = theory.stationary_variance(curvature=1, **values)
        where = f"at $\\lambda = 1$, {_at(values)}"
        parts.append(
            f"That is ${at:.6g}\\,\\sigma^2$ {where}.\n" if written
            else f"{opening} ${at:.6g}\\,\\sigma^2$ {where}.\n"
        )  # fmt: skip
    except EigenstepError as error:
        refused.append(("The noise floor at the report’s numbers", reason_of(error, subject)))
    return Part("\n".join(parts), refused=tuple(refused))
