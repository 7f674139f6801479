"""The report's text as Markdown with TeX mathematics, every formula and number of it generated."""

from __future__ import annotations

import html
import platform
import re
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

import sympy as sp

from ..analysis.derivation import ETA_LAMBDA, Derivation
from ..analysis.spectrum import discriminant, trace_and_determinant
from ..analysis.tracing import ETA, LAMBDA
from ..optimizers.rule import Rule
from ..proofs import Proof, with_corrections
from . import optimizer_pages
from .experiments import regression_runs, theories
from .figures import ALL_FIGURES
from .lecture import exercises_chapter, experiments_chapter, practice_chapter
from .markup import display, figure, mark, table, widget
from .regression import RULES

TITLE = "The theory of an optimizer, derived from the code that runs it"
SUBTITLE = "Gradient descent, heavy ball, Nesterov’s method, and every adaptive optimizer"
_PACKAGES = ("eigenstep", "sympy", "numpy", "scipy", "matplotlib", "torch", "z3-solver")


def tex(expression: Any) -> str:
    """TeX of a SymPy object, ηλ written as the product it is, sums begun by a positive term if can be."""
    if isinstance(expression, sp.Basic | sp.MatrixBase):
        expression = expression.subs(ETA_LAMBDA, ETA * LAMBDA)
    written = [sp.latex(expression, order=order) for order in ("rev-lex", None)]
    return min(written, key=lambda text: len(re.findall(r"(?:^|[{(&]\s*)-", text)))


def polynomial_tex(polynomial: sp.Poly) -> str:
    """A polynomial in z, highest power first."""
    terms = []
    for (power,), coefficient in polynomial.terms():
        factor = tex(coefficient)
        if power and len(sp.Add.make_args(coefficient)) > 1:
            factor = rf"\left({factor}\right)"
        variable = {0: "", 1: "z"}.get(power, f"z^{{{power}}}")
        factor = "" if power and coefficient == 1 else factor
        terms.append(("" if factor.startswith("-") or not terms else "+ ") + f"{factor} {variable}")
    return " ".join(terms)


def eigenvalues_tex(theory: Derivation) -> list[str]:
    """The eigenvalues; a pair as half of trace ∓ root of the discriminant."""
    if theory.system.order != 2 or len(theory.eigenvalues) != 2:
        return [rf"z_{{{i}}} &= {tex(z)}" for i, z in enumerate(theory.eigenvalues, 1)]
    trace, _ = trace_and_determinant(theory._characteristic)
    root = tex(discriminant(theory._characteristic))
    return [rf"z_{{1,2}} = \tfrac12\left({tex(trace)} \mp \sqrt{{{root}}}\right)"]


def _aligned(pairs: Sequence[tuple[str, str]]) -> list[str]:
    mark = " &= " if len(pairs) > 1 else " = "
    return [f"{left}{mark}{right}" for left, right in pairs]


def _decided(decisions: Any) -> str:
    words = {True: "proved", False: "refuted", None: "not decided within the time limit"}
    return ", ".join(f"{k.replace('_', ' ')}: {words[d.holds]}" for k, d in decisions.items())


def rule_chapter(method: str, rule: Rule, theory: Derivation) -> str:
    """One rule's chapter: equations, matrix, eigenvalues, region, tuning, iterate, noise."""
    region = theory.stability
    h = r"\eta\lambda"
    # As one symbol: SymPy would split the root of a product.
    product = {ETA_LAMBDA: r"\eta\lambda"}
    critical = [
        rf"{sp.latex(theory.free[k])} = {sp.latex(e, symbol_names=product, order='rev-lex')}"
        for k, v in theory.critical_damping.items()
        for e in v
    ]
    tuned = theory.closed_tuning
    names = {k: sp.latex(s) for k, s in theory.trace.free.items()} | {"rate": r"\rho"}
    state = ", ".join(sp.latex(s) for s in theory.system.state)
    parts = [
        f"# {method[0].upper() + method[1:]} {{#{rule.name}}}\n",
        f"Source: {rule.source}. Traced from the code:\n",
        display(*_aligned([(sp.latex(e.lhs), tex(e.rhs)) for e in theory.equations])),
        rf"As a linear system $\xi^+ = A\xi + Bg$ with the gradient taken at $y = C\xi$, $\xi = ({state})$:"
        "\n",
        display(rf"A = {tex(theory.system.A)},\quad B = {tex(theory.system.B)},\quad "
                rf"C = {tex(theory.system.C)}"),
        "## Iteration matrix and eigenvalues\n",
        r"On $\tfrac12\lambda x^2$ the gradient is $\lambda y$, and one step multiplies $\xi$ by"
        "\n",
        display(rf"R = A + \lambda BC = {tex(theory.matrix)}"),
        "Its characteristic polynomial and eigenvalues are\n",
        display(rf"\det(zI - R) = {polynomial_tex(theory._characteristic)}"),
        display(*[line.replace("&", "") for line in eigenvalues_tex(theory)]),
    ]  # fmt: skip
    if critical:
        parts += [f"They coincide, critical damping, at ${'$ and $'.join(critical)}$.\n"]
    parts += [
        "## Convergence region\n",
        "The iteration converges from every start exactly where\n",
        display(region.latex()),
        rf"The largest stable $\eta\lambda$ is ${tex(theory.limit)}$. "
        + ("No inequality is redundant. " if region.minimal else "")
        + f"Both directions, decided by z3 over the reals: {_decided(region.decision)}.\n",
    ]
    if tuned is not None:
        values = _aligned([(names.get(k, k), tex(e)) for k, e in tuned.exact.items()])
        parts += [
            "## Optimal tuning\n",
            r"For curvatures in $[\mu, L]$ the smallest worst-case spectral radius is reached at" "\n",
            display(*values),
            f"For every spectrum, decided by z3: {_decided(tuned.optimality())}.\n",
        ]  # fmt: skip
    parts += ["## Closed-form iterate\n"]
    iterate = theory.iterate
    if theory.system.order == 1:
        power = iterate.power.subs({"z_1": theory.matrix[0, 0]})[0, 0]
        parts += [display(rf"x_t = z_1^t\, x_0 = {tex(power)}\, x_0")]
    else:
        parts += [
            display(r"R^t = U_t\, R - z_1 z_2\, U_{t-1}\, I, \qquad U_t = \begin{cases}"
                    r"\dfrac{z_1^t - z_2^t}{z_1 - z_2} & \text{if } z_1 \ne z_2 \\ "
                    r"t\, z_1^{t-1} & \text{if } z_1 = z_2"
                    r"\end{cases}")
        ]  # fmt: skip
        worst = theory.transient_growth(eta_lambda=0.01, beta=0.9)
        parts += [
            rf"It gets worse before it gets better: at ${h} = 0.01$, $\beta = 0.9$ the largest "
            rf"$\lVert R^t\rVert_2$ over all $t$ is {worst.peak:.3f}, reached at $t = {worst.step}$ "
            "(state measured in the parameter’s unit).\n"
        ]
    noise = theory.noise
    parts += [
        "## Noise floor\n",
        r"With gradient noise of variance $\sigma^2$, independent from step to step, $\theta$ settles at "
        "the variance\n",
        display(rf"\operatorname{{Var}}\theta = \sigma^2\,{tex(noise.variance)}"),
        r"With a random curvature of mean $\lambda$ and standard deviation $s$ the second moment stays "
        "bounded exactly where the iteration is stable and\n",
        display(tex(noise.mean_square)),
    ]
    return "\n".join(parts)


def overview(named: dict[str, Derivation], proofs: dict[str, Proof]) -> str:
    """What was derived, proved and measured, in one screen."""
    counts: dict[str, int] = {}
    for proof in proofs.values():
        counts[proof.verdict.value] = counts.get(proof.verdict.value, 0) + 1
    rows = []
    for method, theory in named.items():
        tuned = theory.closed_tuning
        rate = tex(tuned.exact["rate"]) if tuned else r"\text{numerical}"
        limit = rf"0 < \eta\lambda < {tex(theory.limit)}"
        row = [limit, rate, tex(theory.noise.variance)]
        rows.append([method, *(rf"$\displaystyle {formula}$" for formula in row)])
    name, runs = regression_runs()
    worst = max(r.difference for r in runs)
    said = ", ".join(f"{n} {verdict.lower()}" for verdict, n in counts.items())
    return "\n".join([
        "# Overview {#overview}\n",
        "An update rule is written once, as a plain Python function. Run on symbols it gives the theory "
        "below; run on tensors it is the optimizer that trained the models below. "
        f"Of {len(proofs)} claims of the [ledger](#claims): {said}. On the {name} data, predicted and "
        f"measured rates of {len(runs)} training runs differ by at most {worst:.1e}.\n",
        table(["rule", "converges", "optimal rate on $[\\mu, L]$", "variance, unit noise"], rows,
              "Theory of the three rules on a quadratic of curvature λ, learning rate η, momentum β.",
              [16, 26, 24, 34]),
        "## Convergence regions\n",
        "Each boundary is the curve on which an eigenvalue of the iteration matrix reaches −1:\n",
        display(*[rf"\text{{{m}:}}\quad & {t.stability.latex()}" for m, t in named.items()]),
        widget("explorer", figure("regions")),
        "## Eigenvalues\n",
        r"As $\eta\lambda$ grows the eigenvalues, the roots of $\det(zI - R)$, move through the unit disk:"
        "\n",
        display(*[rf"\text{{{m}:}}\quad & {polynomial_tex(t._characteristic)} = 0"
                  for m, t in named.items()]),
        figure("eigenvalues"),
        "## Rates\n",
        r"With the optimal hyperparameters of each rule the error shrinks by $\rho$ a step, "
        r"$\kappa = L/\mu$; no method that combines past gradients does better on all quadratics than "
        r"$(\sqrt\kappa - 1)/(\sqrt\kappa + 1)$:" "\n",
        display(*[rf"\text{{{m}:}}\quad & \rho = {tex(t.closed_tuning.exact['rate'])}"
                  for m, t in named.items() if t.closed_tuning]),
        figure("rates"),
        "## Trajectories\n",
        r"$f(x) = 0.1x_1^2 + 2x_2^2$ has the curvatures 0.2 and 4, so the steep direction decides "
        "stability:\n",
        display(r"\eta\cdot 4 < 2 \text{ for gradient descent},\qquad \eta\cdot 4 < 2 + 2\beta "
                r"\text{ for heavy ball}"),
        figure("trajectories"),
        "## Noise floor\n",
        "A constant step never averages gradient noise away. The stationary variance for unit noise is\n",
        display(*[rf"\text{{{m}:}}\quad & {tex(t.noise.variance)}" for m, t in named.items()]),
        figure("noise"),
        "## All optimizers, side by side\n",
        "Every optimizer, translated from its trace, from one start on one surface.\n",
        widget("race", figure("race")),
    ])  # fmt: skip


def claims_chapter(proofs: dict[str, Proof], tried: Mapping[str, str]) -> str:
    """The ledger as a table, one claim a row; on the page each opens to what was tried of it."""
    rows = []
    claims = with_corrections()
    for key, proof in proofs.items():
        claim = claims[key]
        statement = claim.statement
        if proof.counterexample:
            statement += f". Counterexample: {proof.point}."
        if claim.corrected:
            statement += f" In its place: `{claim.corrected.id}`."
        if key in tried:
            said = html.escape(tried[key]).replace("`", "’").replace("|", "&#124;")
            statement += f" `<details><summary>tried</summary>{said}</details>`{{=html}}"
        rows.append([f"`{key}`", mark(proof), statement, claim.source, proof.method])
    return "\n".join([
        "# Claims {#claims}\n",
        "Statements are typed in from their source, apart from the code, and decided when this report was "
        "made: by polynomial identity on the traced code, by induction, or by a decision procedure for "
        "real arithmetic.\n",
        widget("ledger", table(["id", "verdict", "statement", "source", "method"], rows, "The ledger.",
                               [31, 14, 46, 19, 19])),
    ])  # fmt: skip


def data_chapter() -> str:
    """Theory against the torch optimizers on real data."""
    from .airfoil import load_regression

    problem = load_regression()
    name, runs = regression_runs()
    spectrum = ", ".join(f"{v:.6f}" for v in problem.eigen[0])
    rows = [
        [r.method, r.setting, f"{r.lr:.6f}", "—" if r.beta is None else f"{r.beta:.6f}",
         f"{r.predicted:.10f}", f"{r.measured:.10f}", f"{r.difference:.1e}",
         "converges" if r.converges else "diverges"]
        for r in runs
    ]  # fmt: skip
    wide = [r for r in runs if r.difference > 1e-6]
    explained = (
        "All differences are below 1e-6. "
        if not wide
        else f"{len(wide)} runs differ by more than 1e-6, "
        "all at a double root, where the identified root carries the square root of the rounding error. "
    )
    stand_in = (
        ""
        if name.startswith("airfoil")
        else "The airfoil data was not at hand (`eigenstep data` gets it); "
        "a data set that scikit-learn ships was used instead.\n"
    )
    return "\n".join([
        "# Real data {#data}\n",
        f"Linear regression on the {name} data, {problem.X.shape[0]} rows, all columns standardised, "
        f"a constant added; squared loss/2, full batch, float64. {stand_in}\n",
        rf"The loss is a quadratic with Hessian $X^TX/n$. Its eigenvalues are {spectrum}; "
        rf"$\mu = {problem.mu:.6f}$, $L = {problem.L:.6f}$, $\kappa = {problem.L / problem.mu:.4f}$. "
        "From these the theory predicts, before any training, each rule’s largest stable learning rate, "
        "its optimal tuning, and the rate of every run:\n",
        display(r"\rho_{\text{predicted}} = \max_{\lambda_i} \rho\big(R(\eta\lambda_i, \beta)\big)"),
        "The torch optimizers then run 1% below the limit, 1% above it, and at the optimum. Each "
        "eigenvector’s component of the iterates follows a linear recurrence; the measured rate is the "
        "largest root of the recurrences identified from the iterates alone.\n",
        table(["rule", "setting", "η", "β", "predicted ρ", "measured ρ", "differ by", "outcome"], rows,
              "Predicted and measured rates.", [16, 14, 11, 11, 15, 15, 11, 11]),
        explained + "Where two eigenvalues coincide, at the optimum of the momentum methods, the measured "
        "root is accurate to about the square root of the rounding error only.\n",
        figure("regression"),
    ])  # fmt: skip


def appendix() -> str:
    """Versions, and how to make each part again."""
    versions = ", ".join(f"{p} {version(p)}" for p in _PACKAGES)
    commands = "\n".join(f"eigenstep figure {name} --out {name}.svg" for name in ALL_FIGURES)
    return "\n".join([
        "# Reproduce {#reproduce}\n",
        f"Python {platform.python_version()}, {versions}. Random numbers come from seeded generators "
        "(seed 0).\n",
        "```sh\nmake report\neigenstep prove\n" + commands + "\n```\n",
    ])  # fmt: skip


CHAPTERS = ("overview", *(r.name for r in RULES.values()), "optimizers", "data", "experiments", "edge",
            "claims", "exercises", "reproduce")  # fmt: skip
"""The ids of all chapters, in their order."""
NEED_PROOFS = ("overview", "optimizers", "claims", "exercises")


def markdown(
    proofs: dict[str, Proof], only: Sequence[str] = (), tried: Mapping[str, str] | None = None
) -> str:
    """The whole report, or only some of its chapters.

    Args:
        proofs: of all claims, where a chapter among them shows any.
        only: ids of chapters; by default all.
        tried: the evidence beside each claim, in words.
    """
    named = theories()
    made: dict[str, Any] = {
        "overview": lambda: overview(named, proofs),
        **{RULES[m].name: partial(rule_chapter, m, RULES[m], t) for m, t in named.items()},
        "optimizers": lambda: optimizer_pages.chapter(proofs),
        "data": data_chapter,
        "experiments": experiments_chapter,
        "edge": practice_chapter,
        "claims": lambda: claims_chapter(proofs, tried or {}),
        "exercises": lambda: exercises_chapter(proofs),
        "reproduce": appendix,
    }
    return "\n\n".join(made[name]() for name in CHAPTERS if not only or name in only)
