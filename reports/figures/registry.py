"""The figures by name: caption, text for those who cannot see them, and how a file is made of each."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from ...optimizers.errors import DomainError
from ...optimizers.machine.files import check_folder, write_atomically

_STYLE: Any = {
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "legend.fontsize": 8,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "mathtext.fontset": "stix",
    "svg.hashsalt": "eigenstep",
    "svg.fonttype": "path",
    "savefig.dpi": 200,
}
FORMATS = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}, ".png": {"Software": None}}


@dataclass(frozen=True)
class FigureEntry:
    """A named figure: its caption, its text for those who cannot see it, and how it is made."""

    caption: str
    alt: str
    make: Callable[[], Figure]
    width: int = 100
    """Of the page's column, in percent."""


def render(figure: Figure, suffix: str) -> bytes:
    """The figure as the bytes of an .svg, .pdf or .png file, the same bytes every time."""
    buffer = io.BytesIO()
    with mpl.rc_context(_STYLE):
        figure.savefig(buffer, format=suffix[1:], metadata=FORMATS[suffix])
    return _short(buffer.getvalue()) if suffix == ".svg" else buffer.getvalue()


def _short(svg: bytes) -> bytes:
    """The same picture in fewer bytes: coordinates to a tenth of a point, shared styles, no metadata."""
    from scour import scour

    def rounded(found: re.Match[str]) -> str:
        return re.sub(r"-?\d+\.\d{2,}", lambda n: f"{float(n[0]):.1f}", found[0])

    text = re.sub(r' (?:d|x|y)="[^"]*"', rounded, svg.decode())
    options = scour.parse_args([
        "--enable-viewboxing", "--enable-id-stripping", "--shorten-ids", "--indent=none",
        "--remove-metadata", "--strip-xml-prolog", "--enable-comment-stripping", "--no-line-breaks", "--quiet",
    ])  # fmt: skip
    short = scour.scourString(text, options)
    return re.sub(r"<!DOCTYPE[^>]*>\s*", "", short).encode()


def draw(name: str) -> Figure:
    """Make a figure by name."""
    with mpl.rc_context(_STYLE):
        return ALL_FIGURES[name].make()


def save(drawing: Callable[[str], Figure], name: str, out: Path) -> None:
    """Draw a figure into a file; the suffix chooses the format.

    Raises:
        DomainError: another suffix.
        OutputError: the file cannot be written.
    """
    if out.suffix.lower() not in FORMATS:
        raise DomainError("out", repr(str(out)), f"its suffix is one of {', '.join(FORMATS)}")
    check_folder(out.parent)
    write_atomically(out, render(drawing(name), out.suffix.lower()))


def _make(name: str) -> Callable[[], Figure]:
    def make() -> Figure:
        from . import shown as experiments

        return getattr(experiments, name)()

    return make


ALL_FIGURES: dict[str, FigureEntry] = {
    "regions": FigureEntry(
        "Spectral radius over (ηλ, β) and the convergence regions: the exact boundary (dashed) "
        "lies on the simulated one (white).",
        "Three colour maps of the spectral radius over the plane of ηλ and momentum β. Gradient "
        "descent is stable left of the vertical line ηλ = 2, heavy ball left of the line from 2 "
        "to 4, Nesterov left of a curve from 2 down to 4/3.",
        _make("regions"),
    ),
    "eigenvalues": FigureEntry(
        "Eigenvalues of the iteration matrix in the complex plane as ηλ grows; the star is where "
        "one leaves the unit circle, always at −1.",
        "Paths of eigenvalues inside the unit circle for the three rules. Gradient descent moves "
        "along the real axis; the momentum methods circle as complex pairs, then split on the "
        "negative real axis. All leave the circle at minus one.",
        _make("eigenvalues"),
    ),
    "rates": FigureEntry(
        "Steps per factor e at optimal tuning against the condition number. Heavy ball attains the "
        "lower bound on quadratics.",
        "Log-log plot of steps per factor e against condition number. Gradient descent grows in "
        "proportion to kappa; heavy ball and Nesterov to its square root, heavy ball on the lower "
        "bound.",
        _make("rates"),
        width=75,
    ),
    "trajectories": FigureEntry(
        "Twenty steps on the contours of 0.1x₁² + 2x₂² from (−5, −2). At η = 0.5 gradient descent "
        "sits exactly on its limit ηλ₂ = 2.",
        "Five contour plots. Gradient descent at 0.4 oscillates in and converges, at 0.5 bounces "
        "for ever between two lines, at 0.6 diverges; heavy ball at 0.6 converges with beta 0.5 "
        "and, slowly, with beta 0.25.",
        _make("trajectories"),
    ),
    "all_trajectories": FigureEntry(
        "Forty steps of every optimizer on the contours of 0.1x₁² + 2x₂² from (−5, −2), with the "
        "learning rate shown and the paper’s other hyperparameters.",
        "Twenty small contour plots, one an optimizer. The adaptive ones leave the start along a "
        "diagonal, as each coordinate moves at its own scale; Adadelta hardly moves in forty steps; "
        "the layer-wise ones take steps in proportion to the distance from the origin.",
        _make("all_trajectories"),
    ),
    "race": FigureEntry(
        "150 steps of eight optimizers on a quadratic (κ = 10, turned), at a saddle point, on Rosenbrock’s "
        "(with 10 in place of 100) and Beale’s functions, from the black dot.",
        "Four contour plots with paths of eight optimizers. On the turned quadratic the momentum methods "
        "overshoot and come back; at the saddle the adaptive rules leave first; in Rosenbrock's curved "
        "valley they cross to the minimum or follow it slowly.",
        _make("race"),
    ),
    "noise": FigureEntry(
        "Stationary variance of θ under unit gradient noise: theory (lines) and simulation.",
        "Log-log plot of stationary variance against ηλ: simulated points lie on the theoretical "
        "curves, which rise without bound towards each rule's stability limit.",
        _make("noise"),
        width=75,
    ),
    "adaptive_theory": FigureEntry(
        "Theory of the adaptive rules: the largest stable step while the second moment stands still; what averages hold of a constant gradient before correction; RAdam’s rectifier against the exact one; Reddi’s problem, on which Adam goes the wrong way.",
        "Four panels. Adam's limit rises from 2 to 78 as beta one grows to 0.95, Nadam's to 27; the part held rises to one; r_t stays below the exact rectifier at first and joins it; Adam ends at the worst point 1, AMSGrad and Yogi near the minimizer.",
        _make("adaptive_theory"),
    ),
    "bounds": FigureEntry(
        "AdaBound’s bounds close on the final rate (left); below the limit that this sets a run converges, above it diverges, however small the learning rate is (right).",
        "Left, two curves from far above and far below meet at 0.1. Right, with nine tenths of the limiting curvature the distance falls, with eleven tenths it grows without bound once the bounds have closed.",
        _make("bounds"),
    ),
    "layerwise_cycles": FigureEntry(
        "Layer-wise rules with a constant learning rate do not come to rest at the minimum of 0.1(x₁ − 2)² + 2(x₂ − 1)², since θ is not 0 there; with a falling one they keep coming nearer.",
        "Two log-log panels of distance against step for LARS and LAMB. At constant rates the distance levels off in proportion to the rate; with a rate that falls as one over root t it goes on falling.",
        _make("layerwise_cycles"),
    ),
    "lookahead_range": FigureEntry(
        "Lookahead’s spectral radius a step against ηλ, α = ½: the range grows for gradient descent with odd k and shrinks for heavy ball.",
        "Two panels of curves and a dotted line at 1. Around gradient descent k = 5 crosses one at 2.25, k = 6 at 2; around heavy ball the first crossing is earlier than alone, with dips below one after it.",
        _make("lookahead_range"),
    ),
    "film_contours": FigureEntry(
        "All optimizers on Beale’s function at six moments, from the same start.",
        "Six frames of twenty paths on contours. From one start the paths fan out, heavy ball swinging furthest down; by step 120 most are in the valley by the minimum at (3, 0.5), where the layer-wise rules keep wandering.",
        _make("film_contours"),
    ),
    "film_saddle": FigureEntry(
        "All optimizers at a saddle point at six moments: the start is on the ridge but for a hundredth.",
        "Six frames of twenty paths. Most adaptive rules turn off the ridge at once, since the small slope across it is scaled up; gradient descent and the momentum rules first run to the saddle and leave it thirty steps later or more.",
        _make("film_saddle"),
    ),
    "lecture_curves": FigureEntry(
        "Schedules of the learning rate; weights of past gradients in momentum, β^τ; (1 − ηλ)^t for η = 0.1; "
        "weights of RMSprop, (1 − γ)γ^τ.",
        "Four panels of curves. Exponential decay falls fastest, polynomial slowest; larger β and γ spread the "
        "weights over more steps; at ηλ = 1.9 the factor changes sign at every step.",
        _make("lecture_curves"),
    ),
    "lecture_paths": FigureEntry(
        "The lecture’s other trajectories: gradient descent with noise and three schedules on x₁² + 2x₂², "
        "Adagrad with η = 0.4 and 2 and RMSprop with η = 0.4, γ = 0.9 on 0.1x₁² + 2x₂².",
        "Six contour plots. With a constant rate noise keeps the path moving about the minimum; with exponential "
        "decay it stops short; Adagrad at 0.4 slows down before it arrives, at 2 it arrives, as RMSprop does.",
        _make("lecture_paths"),
    ),
    "batch_sizes": FigureEntry(
        "Loss against examples seen, and against the time that the updates took, for the lecture’s four batch sizes; mean of five seeds.",
        "Four falling curves. Small batches fall after a few hundred examples, gradient descent needs several "
        "passes over all of them. Against time, one example at a time is slowest of all.",
        _make("batch_sizes"),
    ),
    "sharpness": FigureEntry(
        "Full-batch training of a small network on digits: the Hessian’s largest eigenvalue (Adam: between the "
        "roots of its preconditioner) rises to the limit of the linear theory and stays there.",
        "Three panels of sharpness against step with a dashed limit, 2/η, (2 + 2β)/η and 38/η. Each curve rises "
        "towards its limit; below, the loss falls all the while.",
        _make("sharpness"),
    ),
    "regression": FigureEntry(
        "Full-batch linear regression: loss above its minimum under the torch optimizers, 1% below "
        "and above the predicted limit, and at the predicted optimum.",
        "Three semi-logarithmic plots of loss against step. At 0.99 of the limit each method "
        "converges slowly, at 1.01 it diverges, at the optimum it converges fastest.",
        _make("regression"),
    ),
}
