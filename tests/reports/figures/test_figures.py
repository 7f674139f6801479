"""What the figures show, against theory and runs; and their files."""

import matplotlib as mpl
import numpy as np
import pytest
from eigenstep.analysis import derive
from eigenstep.optimizers.rules import ALL_RULES
from eigenstep.reports.chapters.wrappers import lookahead_ranges
from eigenstep.reports.experiments.linear_rules import RULES
from eigenstep.reports.experiments.race import FILM, race_rates, run_on
from eigenstep.reports.figures import (
    drawing,
    layerwise,
    lookahead,
    momentum,
    race,
    registry,
    trajectories,
)
from eigenstep.reports.figures.drawing import rule_colours
from eigenstep.reports.work import is_timed, registered


def test_every_figure_is_registered_in_the_order_of_the_report():
    assert list(registry.ALL_FIGURES) == [
        "regions", "worst_case", "eigenvalues", "rates", "trajectories", "all_trajectories", "race", "noise",
        "adaptive_theory", "bounds", "layerwise_cycles", "lookahead_range", "film_contours", "film_saddle",
        "lecture_curves", "lecture_paths", "batch_sizes", "sharpness", "regression",
    ]  # fmt: skip
    for name, entry in registry.ALL_FIGURES.items():
        assert entry.make.__name__ == name
        assert len(entry.alt) > 20
        assert set(entry.needs) <= set(registered("table"))


def test_a_figure_that_shows_times_is_known_to():
    """Under SOURCE_DATE_EPOCH it is kept apart from the one with times."""
    assert [n for n in registered("figure") if is_timed(n)] == ["figure:batch_sizes"]


def test_the_same_bytes_every_time():
    theory = {m: derive(r) for m, r in RULES.items()}
    for suffix in registry.FORMATS:
        one, two = (
            registry.render(drawing.eigenvalue_paths(theory, 0.9), suffix) for _ in range(2)
        )
        assert one == two


def test_simulated_noise_lies_on_theory():
    """27 points, 4000 chains each: within 4.5 standard errors (chance of a miss 2e-4)."""
    for curve in momentum.noise_curves():
        rule = RULES[curve.method]
        theory = derive(rule)
        others = {"beta": 0.9} if "beta" in theory.free else {}
        for h, got in zip(curve.sampled_at, curve.measured, strict=True):
            exact = theory.stationary_variance(lr=float(h), curvature=1, **others)
            assert abs(got - exact) < 4.5 * exact * np.sqrt(2 / 3999)


def test_seed_trajectories_do_what_the_lecture_says():
    """Converges at 0.4; neither at 0.5; diverges at 0.6; momentum at 0.6 converges with both β."""
    ends = [p.points[-1] for p in trajectories.seed_paths()]
    assert abs(ends[0][1]) < 1e-3
    assert abs(ends[1][1]) == 2.0
    assert abs(ends[2][1]) > 1000
    assert np.abs(ends[3]).max() < 0.1
    assert np.abs(ends[4]).max() < 1


def lines(figure):
    return [[line.get_xydata() for line in ax.lines] for ax in figure.axes]


def test_layerwise_rules_do_not_rest_at_a_constant_rate():
    """In the figure: the last hundred steps' mean distance goes with η, and falls where η falls."""
    for panel in lines(layerwise.layerwise_cycles()):
        tenth, hundredth, falling = (p[p[:, 0] > 1500][:, 1].mean() for p in panel)
        assert 3 < tenth / hundredth < 30
        assert falling < hundredth


def test_lookahead_figure_crosses_one_where_the_table_says():
    ranges = lookahead_ranges()
    descent = lines(lookahead.lookahead_range())[0]
    for k, line in ((5, descent[1]), (6, descent[2])):
        end = ranges["gradient descent"][str(k)][0][1]
        x, radius = line.T
        assert (radius[x < 0.99 * end] < 1).all()
        assert (radius[x > 1.01 * end] > 1).all()


@pytest.mark.parametrize(
    ("draw", "surface"), [("film_contours", "Beale"), ("film_saddle", "saddle")]
)
def test_a_film_shows_where_the_rules_are(draw, surface):
    with mpl.rc_context():
        figure = getattr(race, draw)()
    moments = FILM[surface]
    assert len(figure.axes) == len(moments)
    for ax, moment in zip(figure.axes, moments, strict=True):
        shown = {line.get_label(): line.get_xydata()[-1] for line in ax.lines}
        for name in ("adam", "heavy_ball", "lars"):
            path = run_on(ALL_RULES[name], surface, race_rates(surface)[name], moment, 10.0, 0.5)
            assert shown[name.replace("_", " ")] == pytest.approx(path[-1])


def test_colours_are_different():
    colours = rule_colours()
    assert set(colours) == set(ALL_RULES)
    assert len(set(colours.values())) == len(colours)
