"""Training by the rule beside another, both swept over the same learning rates: on data, and a network on digits."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ...analysis.simulation import follow
from ...optimizers.machine.extras import require_extra
from ..experiments.airfoil import LeastSquares, load_regression
from ..page.escaping import word
from ..page.markup import table
from .drawing import Sweep, sweeps
from .head import engine_of
from .matrices import given_gradients_alone, matrices_only
from .part import Numbers, Part, Refused, picture, reason_of
from .rates import rates_of, said_rate
from .subject import Subject
from .surfaces import names_of

MARKS = 20
"""How often on the way the loss over all data is noted."""
_BESIDE = 1e-3
"""The learning rate of AdamW for the vectors beside a rule of matrices."""
_BEYOND = 1e3
"""A loss so many times that of the start: the run has diverged and is ended."""


@dataclass(frozen=True)
class Problem:
    """Something to be trained.

    Attributes:
        begin: of a seed; the first parameters.
        batch: the loss of some samples, to be differentiated.
        loss: over all data, less the least there can be where that is known.
        samples: how many there are.
        size: samples a step.
        steps: in all.
    """

    begin: Callable[[int], list[Any]]
    batch: Callable[[list[Any], np.ndarray], Any]
    loss: Callable[[list[Any]], float]
    samples: int
    size: int
    steps: int


def _batches(problem: Problem, seed: int) -> Iterator[np.ndarray]:
    """The samples of each step, the same for every rule and however it is run."""
    random = np.random.default_rng([seed, 1])
    while True:
        order = random.permutation(problem.samples)
        for begin in range(0, problem.samples - problem.size + 1, problem.size):
            yield order[begin : begin + problem.size]


def _first_weights(data: LeastSquares, seed: int) -> np.ndarray:
    return 0.01 * np.random.default_rng([seed, 0]).standard_normal(data.X.shape[1])


def run(subject: Subject, problem: Problem, rate: float, seed: int) -> np.ndarray:
    """The loss before the first step and at each mark, by the rule as a torch optimizer; infinite once diverged."""
    import torch

    from ...optimizers import RuleOptimizer

    parameters = problem.begin(seed)
    batches = _batches(problem, seed)
    engine = engine_of(subject)
    given_gradients_alone(subject.rule)
    vectors = [p for p in parameters if p.ndim < 2] if matrices_only(subject.rule) else []
    mine = [p for p in parameters if p.ndim > 1] if vectors else parameters
    if not mine:
        raise Refused("the problem has a vector only, and the rule is for matrices")
    optimizer = RuleOptimizer(mine, subject.rule, engine=engine, **subject.at(rate))
    beside = torch.optim.AdamW(vectors, lr=_BESIDE) if vectors else None
    every = problem.steps // MARKS
    losses = np.full(MARKS + 1, np.inf)
    losses[0] = problem.loss(parameters)
    for step in range(1, every * MARKS + 1):
        rows = next(batches)
        gradients = torch.autograd.grad(problem.batch(parameters, rows), parameters)
        for p, g in zip(parameters, gradients, strict=True):
            p.grad = g
        optimizer.step()
        if beside:
            beside.step()
        if step % every == 0:
            with (
                optimizer.at_iterate()
            ):  # where the gradient is taken elsewhere, the parameters hold that
                now = problem.loss(parameters)
            if not now < _BEYOND * losses[0]:
                break
            losses[step // every] = now
    return losses


def run_plainly(
    subject: Subject, data: LeastSquares, problem: Problem, rate: float, seed: int
) -> np.ndarray:
    """The same for least squares by the rule's own function on NumPy's arrays, which takes a tenth of the time."""
    start, batches = _first_weights(data, seed), _batches(problem, seed)
    least = data.loss(data.minimizer)
    every = problem.steps // MARKS
    losses = np.full(MARKS + 1, np.inf)
    losses[0] = data.loss(start) - least

    def gradient(_: int, w: np.ndarray) -> np.ndarray:
        rows = next(batches)
        X = data.X[rows]
        return X.T @ (X @ w - data.y[rows]) / len(rows)

    steps = follow(subject.rule, start, gradient, subject.at(rate))
    with np.errstate(all="ignore"):
        for step, (_, w, _) in enumerate(itertools.islice(steps, every * MARKS), 1):
            if step % every == 0:
                now = data.loss(w) - least
                if not now < _BEYOND * losses[0]:
                    break
                losses[step // every] = now
    return losses


def swept(
    subject: Subject,
    problem: Problem,
    seeds: int,
    one: Callable[[Subject, Problem, float, int], np.ndarray],
) -> tuple[Sweep, np.ndarray]:
    """The rule at every rate, the mean over seeds; and the loss at the end by rate and seed."""
    rates = rates_of(subject)
    found = np.array([[one(subject, problem, r, s) for s in range(seeds)] for r in rates])
    last = found[:, :, -1]
    with np.errstate(invalid="ignore"):
        means = found.mean(axis=1)
    at = int(np.argmin(means[:, -1]))
    seen = np.arange(MARKS + 1) * (problem.steps // MARKS)
    return Sweep(np.array(rates), means[:, -1], seen, means[at]), last


def _said(
    subject: Subject,
    other: Subject,
    problem: Problem,
    seeds: int,
    name: str,
    caption: str,
    what: str,
    one: Callable[[Subject, Problem, float, int], np.ndarray] = run,
) -> Part:
    labels = names_of(subject, other)
    found: dict[str, Sweep] = {}
    rows, refused = [], []
    start = float(np.mean([problem.loss(problem.begin(s)) for s in range(seeds)]))
    for side, label in zip((subject, other), labels, strict=True):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found[label], last = swept(side, problem, seeds, one)
        except Exception as error:
            reason = reason_of(error, side)
            if side is subject:
                raise Refused(reason) from error
            refused.append((f"{side.name} on the same", reason))
            continue
        sweep = found[label]
        at = int(np.argmin(sweep.last))
        diverged = int((~np.isfinite(sweep.last)).sum())
        if not np.isfinite(sweep.last[at]):
            rows.append(
                [
                    word(label),
                    "none",
                    "diverged at every rate",
                    "",
                    f"{diverged} of {len(sweep.rates)}",
                ]
            )
            continue
        spread = f"{last[at].std(ddof=1):.2g}" if seeds > 1 else ""
        rows.append([word(label), said_rate(side, sweep.rates[at]), f"{sweep.last[at]:.4g}", spread,
                     f"{diverged} of {len(sweep.rates)}"])  # fmt: skip
    if len(found) == 1:
        found[f"{other.name} (not run)"] = Sweep(
            np.ones(1), np.full(1, np.nan), np.zeros(1), np.full(1, np.nan)
        )
    said = table(["rule", "best rate", "loss at the end", "deviation", "rates that diverge"], rows,
                 f"{what} Mean of {seeds} seeds; both rules have the same starts, batches and learning rates, and their "
                 f"other hyperparameters as listed above. The loss at the start is {start:.4g}.", [20, 20, 18, 12, 18])  # fmt: skip
    figures = {name: sweeps(found, start, "steps")}
    alt = "Left, loss at the end against the learning rate; right, loss against steps at the best rate, for both rules."
    return Part("\n".join([picture(name, caption, alt), said]), figures, tuple(refused))


def _takes_arrays(subject: Subject, data: LeastSquares, problem: Problem) -> bool:
    """Whether the rule's function takes NumPy's arrays, tried on a mark's worth of steps."""
    try:
        run_plainly(subject, data, replace(problem, steps=MARKS), rates_of(subject)[0], 0)
    except Exception:
        return False
    return True


def regression(data: LeastSquares, steps: int) -> Problem:
    """Least squares in batches of ten, its loss less the least there is."""
    import torch

    X, y = torch.tensor(data.X), torch.tensor(data.y)
    least = data.loss(data.minimizer)

    def begin(seed: int) -> list[Any]:
        return [torch.nn.Parameter(torch.tensor(_first_weights(data, seed)))]

    def batch(parameters: list[Any], rows: np.ndarray) -> Any:
        part = torch.as_tensor(rows)
        return 0.5 * ((X[part] @ parameters[0] - y[part]) ** 2).mean()

    def loss(parameters: list[Any]) -> float:
        return data.loss(parameters[0].detach().numpy()) - least

    return Problem(begin, batch, loss, len(data.y), 10, steps)


def airfoil(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """Least squares on minibatches of the airfoil data, or of what stands in for it."""
    given_gradients_alone(subject.rule)
    data = load_regression()
    problem = regression(data, numbers.size(300, 100))

    def one(side: Subject, problem: Problem, rate: float, seed: int) -> np.ndarray:
        if plainly[side]:
            return run_plainly(side, data, problem, rate, seed)
        return run(side, problem, rate, seed)

    plainly = {side: _takes_arrays(side, data, problem) for side in (subject, other)}
    caption = (f"Linear regression on the {data.name} data, batches of 10: excess loss at the end against the learning rate, "
               "and on the way at each rule’s best.")  # fmt: skip
    part = _said(subject, other, problem, numbers.size(3, 1), "airfoil", caption,
                 f"Excess of ½ mean squared error over its least, after {problem.steps} steps on the {data.name} data.", one)  # fmt: skip
    if "airfoil" in data.name:
        return part
    absent = "the data file is not here, so scikit-learn’s diabetes data stands in; `eigenstep data` gets it"
    return Part(part.text, part.figures, (*part.refused, ("The airfoil data", absent)))


def digits(subject: Subject, other: Subject, numbers: Numbers) -> Part:
    """A network of one hidden layer on scikit-learn's digits."""
    given_gradients_alone(subject.rule)
    require_extra("training on the digits", "report", "sklearn")
    import torch
    from sklearn.datasets import load_digits

    data: Any = load_digits()
    x, target = torch.tensor(data.data / 16), torch.tensor(data.target)
    hidden = 32

    def begin(seed: int) -> list[Any]:
        generator = torch.Generator().manual_seed(seed)
        shapes = ((hidden, 64), (hidden,), (10, hidden), (10,))
        return [
            torch.nn.Parameter(
                (s[-1] ** -0.5 if len(s) > 1 else 0.0)
                * torch.randn(s, generator=generator, dtype=torch.float64)
            )
            for s in shapes
        ]

    def of(parameters: list[Any], rows: Any) -> Any:
        a, b, c, d = parameters
        outputs = torch.tanh(x[rows] @ a.T + b) @ c.T + d
        return torch.nn.functional.cross_entropy(outputs, target[rows])

    def loss(parameters: list[Any]) -> float:
        with torch.no_grad():
            return float(of(parameters, slice(None)))

    problem = Problem(
        begin,
        lambda p, rows: of(p, torch.as_tensor(rows)),
        loss,
        len(target),
        64,
        numbers.size(120, 60),
    )
    caption = ("A network with 32 hidden units on scikit-learn’s digits, batches of 64: training loss at the end against the "
               "learning rate, and on the way at each rule’s best.")  # fmt: skip
    split = [word(s.name) for s in (subject, other) if matrices_only(s.rule)]
    said = (
        f" The two vectors beside {', '.join(split)} are AdamW’s, at {_BESIDE:g}." if split else ""
    )
    return _said(subject, other, problem, numbers.size(2, 1), "digits", caption,
                 f"Cross-entropy over all 1797 digits after {problem.steps} steps.{said}")  # fmt: skip
