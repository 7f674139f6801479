"""The lecture's 31 exercises: what is mathematical is a claim, what is experimental an experiment.

>>> len(ALL_EXERCISES)
31
>>> ALL_EXERCISES["adagrad.1"].claims
('P2',)
>>> print(ALL_EXERCISES["sgd.5"].run().text())  # doctest: +ELLIPSIS
minimum at  f  f'  f''
...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...optimizers.rules import adadelta, adam, rmsprop
from ..experiments import trials
from ..experiments.trials import Table
from ..work import register, result


@dataclass(frozen=True)
class Exercise:
    """An exercise, its answer in words, the claims that prove it and the experiment that shows it.

    Attributes:
        id: chapter and number, as in the lecture.
        question: in short.
        answer: in short; every number in it is in a claim or in the experiment's table.
        claims: ids of the ledger.
        experiment: what is run for it.
    """

    id: str
    question: str
    answer: str
    claims: tuple[str, ...] = ()
    experiment: Callable[[], Table] | None = None

    def run(self) -> Table:
        """Run the experiment.

        Raises:
            ValueError: the exercise has none.
        """
        if self.experiment is None:
            raise ValueError(f"exercise {self.id} is answered by proof: {', '.join(self.claims)}")
        return self.experiment()


_CHAPTERS = {
    "sgd": "Stochastic gradient descent", "minibatch": "Minibatch stochastic gradient descent",
    "momentum": "Momentum", "adagrad": "Adagrad", "rmsprop": "RMSprop", "adadelta": "Adadelta", "adam": "Adam",
}  # fmt: skip

_ALL = [
    Exercise("sgd.1", "Try learning rate schedules and numbers of iterations; plot the distance from (0, 0).",
             "A constant rate stops improving at the noise floor; exponential decay stops moving before it arrives; "
             "polynomial decay goes on improving.", ("G14.exponential", "G14.polynomial", "G15.gradient_descent"), trials.schedules),
    Exercise("sgd.2", "Is normal noise on the gradient of x₁² + 2x₂² the same as minimizing (x₁−w₁)² + 2(x₂−w₂)² with "
             "normal x? Derive mean and variance; show it in general.",
             "Yes: with Hessian Q the loss has the gradient Qw − Qx, so x of mean 0 and covariance σ²Q⁻² gives noise of "
             "variance σ² in every coordinate: here σ²/4 and σ²/16.", ("G13.gradient", "G13"), trials.equivalent_noise),
    Exercise("sgd.3", "Compare sampling with and without replacement.",
             "Without replacement a batch’s gradient has (n−b)/(n−1) of the variance, and every sample is seen once an epoch; "
             "the losses differ little, the spread is larger with replacement.", ("G10", "G11", "G11.corrected", "G12"), trials.replacement),
    Exercise("sgd.4", "What if one coordinate of the gradient were consistently larger?",
             "One rate for all is limited by the largest curvature; divide each coordinate by its size, by the diagonal of the "
             "Hessian or by accumulated gradients.", ("M7.region", "tuning.gradient_descent", "P5.scaled"), trials.larger_coordinate),
    Exercise("sgd.5", "How many local minima has x²(1 + sin x)? Change it so that all must be evaluated.",
             "Infinitely many: it is never negative and 0 at every −π/2 + 2πk (and at 0), so all of these are global. Lower "
             "each by its own unknown amount, say by −a_k on a small interval around it with 0 < a_k < 1, and nothing short "
             "of evaluating all of them tells which is least.", (), trials.minima),
    Exercise("minibatch.1", "Vary batch size and learning rate.",
             "Larger batches make an epoch cheaper and allow a larger rate, though none beyond 2/L; they also take fewer steps.",
             ("G2.with", "M7.region"), trials.batch_sizes),
    Exercise("minibatch.2", "Reduce the learning rate to a tenth after every epoch.",
             "The spread between runs falls with the rate, and after two epochs nothing moves any more: the remaining path is "
             "bounded by the sum of the rates.", ("G14.exponential",), trials.decayed_each_epoch),
    Exercise("minibatch.3", "Sample with replacement from the training set instead.",
             "About e⁻¹ of the samples are not seen in an epoch and the gradient’s variance is larger by (n−1)/(n−b), which for "
             "small batches is next to nothing.", ("G10", "G2.without", "G12"), trials.replacement),
    Exercise("minibatch.4", "A genie doubles the data set without telling you.",
             "Full gradients, and so gradient descent, do not change; one epoch of minibatches takes twice as many steps and "
             "so gets further; the variance without replacement rises a little, as n has doubled.", ("G1.batch", "G2.without"),
             trials.evil_genie),
    Exercise("momentum.1", "Try other combinations of momentum and learning rate.",
             "What matters at small rates is η/(1−β); too much of either lets the noise floor or the slow modes show.",
             ("M9.sufficient", "M9.necessary", "M10.corrected", "M12"), trials.momentum_grid),
    Exercise("momentum.2", "Gradient descent and momentum for λᵢ = 2^(−i), from xᵢ = 1.",
             "Gradient descent shrinks small curvatures slowly; momentum at its optimum shrinks all at the same rate √β after a transient.",
             ("tuning.gradient_descent", "tuning.heavy_ball"), trials.many_eigenvalues),
    Exercise("momentum.3", "Minimum value and minimizer of ½xᵀQx + xᵀc + b.",
             "x* = −Q⁻¹c with the value b − ½cᵀQ⁻¹c.", ("M1.value", "M1.minimizer")),
    Exercise("momentum.4", "Momentum with SGD and with minibatches.",
             "At the same η/(1−β) the floor of the noise is about the same; at the same η it is 1/(1−β) times as high.",
             ("G15.heavy_ball",), trials.momentum_batches),
    Exercise("adagrad.1", "‖c − δ‖ = ‖Uc − Uδ‖ for orthogonal U; what does it mean for perturbations?",
             "UᵀU = 1 cancels inside the norm: a rotation changes no distance, so an error is as large after a change of "
             "variables as it was before.", ("P2",)),
    Exercise("adagrad.2", "Adagrad on 0.1x₁² + 2x₂² and on the same turned by 45 degrees.",
             "It differs: dividing each coordinate by its own gradients fits axes, not directions. (The printed turned "
             "function is twice the rotated one.)", ("P8.adagrad", "P7", "P7.corrected"), trials.rotated_adagrad),
    Exercise("adagrad.3", "Prove Gerschgorin’s circle theorem.",
             "Take the row of the largest entry of an eigenvector and divide by that entry.", ("P5",)),
    Exercise("adagrad.4", "What does it say of the diagonally preconditioned matrix?",
             "Its eigenvalues lie within R, the largest sum of |Q_ij|/√(Q_ii Q_jj) over a row, of 1; so κ ≤ (1+R)/(1−R).",
             ("P5.scaled", "P4.unit")),
    Exercise("adagrad.5", "Adagrad on a deep network.",
             "It trains, given a large enough rate: its steps shrink as t^(−1/2), so a small first rate is not made up for.",
             ("P6",), trials.network_adagrad),
    Exercise("adagrad.6", "How could Adagrad’s decay be made less aggressive?",
             "Average the squares instead of adding them (RMSprop): the step no longer falls with t.", ("P6.sum", "P6", "P9"),
             trials.effective_rates),
    Exercise("rmsprop.1", "What happens with γ = 1, and why?",
             "s stays what it was, 0: every gradient is divided by √ε, and the run diverges.", ("P20",), trials.gamma_one),
    Exercise("rmsprop.2", "Turn the problem: what happens to convergence?",
             "It changes, as for Adagrad: the preconditioner is diagonal.", ("P8.rmsprop",), trials.rotated_rmsprop),
    Exercise("rmsprop.3", "RMSprop on a real problem, with schedules.",
             "A rate ten times too small is slow; in so few epochs a decay only slows it down.", (), trials.network_rmsprop),
    Exercise("rmsprop.4", "Should γ be adjusted; how sensitive is RMSprop to it?",
             "Here the loss hardly changes with γ; without bias correction a γ near 1 makes the first steps large.",
             ("P9.weights", "P9.half_life_corrected"), trials.sweep(rmsprop, "gamma", (0.5, 0.9, 0.99, 0.999), lr=0.01)),
    Exercise("adadelta.1", "Adjust ρ.", "A larger ρ allows longer first steps, up to √(ε/(1−ρ)), and averages over more: here it ends lower.",
             ("R6.rescaled", "P11.first"), trials.sweep(adadelta, "rho", (0.5, 0.9, 0.95, 0.99))),
    Exercise("adadelta.2", "Adadelta without g′; why might that be good?",
             "Update Δx from the change of x itself: one tensor less in memory.", ("P11", "R6.change")),
    Exercise("adadelta.3", "Is Adadelta free of a learning rate? Break it.",
             "ε is one: the first step is at most √(ε/(1−ρ)) long, so a far start takes many steps.", ("P11.first",), trials.far_away),
    Exercise("adadelta.4", "Compare Adadelta with Adagrad and RMSprop.",
             "Adadelta begins slowly, as its average of steps begins at 0. A larger ε makes it faster and leaves it a higher "
             "floor, as a learning rate does.", ("P10.corrected", "P6"),
             trials.compare_adaptive),
    Exercise("adam.1", "Adjust the learning rate.", "Ten times too small is slow; ten times too large leaves a high noise floor.",
             ("R7.outside",), trials.sweep(adam, "lr", (0.001, 0.01, 0.1, 1.0))),
    Exercise("adam.2", "Updates that need no bias correction.",
             "Average with β_t = β(1−β^(t−1))/(1−β^t).", ("P15",)),
    Exercise("adam.3", "Why reduce η as we converge?",
             "At a constant rate the variance settles at a floor proportional to η; the best schedule on a quadratic falls as 1/t.",
             ("G15.gradient_descent", "G14.best", "G14.harmonic"), trials.why_decay),
    Exercise("adam.4", "Construct a case where Adam diverges and Yogi converges.",
             "Reddi’s: one large gradient among many small ones of the other sign; exact for every β₁ < √β₂.",
             ("P17.general", "P17.few", "P17"), trials.adam_diverges),
]  # fmt: skip

ALL_EXERCISES: dict[str, Exercise] = {e.id: e for e in _ALL}


def chapter(exercise: Exercise) -> str:
    """The chapter of the lecture that an exercise closes."""
    return _CHAPTERS[exercise.id.split(".")[0]]


def table_of(exercise_id: str) -> dict[str, Any]:
    """What an exercise's experiment measured, as plain values."""
    table = ALL_EXERCISES[exercise_id].run()
    return {"columns": table.columns, "rows": table.rows, "note": table.note}


for _id, _exercise in ALL_EXERCISES.items():
    if _exercise.experiment:
        register(f"exercise:{_id}", table_of, _id)


def known_table(exercise: Exercise) -> dict[str, Any]:
    """The same, made once."""
    return result(f"exercise:{exercise.id}")
