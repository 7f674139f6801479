"""What was trained: on the data, and a network at the edge of stability."""

from __future__ import annotations

from matplotlib.figure import Figure

from ..experiments.airfoil import load_regression
from ..experiments.regression import regression_runs
from ..experiments.sharpness import known_runs
from ..experiments.training_table import known_batch_runs
from . import drawing
from .entry import FigureEntry


def batch_sizes() -> Figure:
    """Loss against examples seen."""
    problem = load_regression()
    return drawing.losses(known_batch_runs(), problem.loss(problem.minimizer))


BATCH_SIZES = FigureEntry(
    "Loss against examples seen, and against the time that the updates took, for the lecture’s four batch sizes; mean of five seeds.",
    "Four falling curves. Small batches fall after a few hundred examples, gradient descent needs several "
    "passes over all of them. Against time, one example at a time is slowest of all.",
    batch_sizes,
    needs=("table:batch_runs",),
)


def sharpness() -> Figure:
    """Sharpness of a network in training against the limits derived."""
    return drawing.sharpness(known_runs())


SHARPNESS = FigureEntry(
    "Full-batch training of a small network on digits: the Hessian’s largest eigenvalue (Adam: between the "
    "roots of its preconditioner) rises to the limit of the linear theory and stays there.",
    "Three panels of sharpness against step with a dashed limit, 2/η, (2 + 2β)/η and 38/η. Each curve rises "
    "towards its limit; below, the loss falls all the while.",
    sharpness,
    needs=("table:sharpness",),
)


def regression() -> Figure:
    """Training curves on the data."""
    return drawing.regression_runs(regression_runs()[1])


REGRESSION = FigureEntry(
    "Full-batch linear regression: loss above its minimum under the torch optimizers, 1% below "
    "and above the predicted limit, and at the predicted optimum.",
    "Three semi-logarithmic plots of loss against step. At 0.99 of the limit each method "
    "converges slowly, at 1.01 it diverges, at the optimum it converges fastest.",
    regression,
    needs=("table:regression",),
)
