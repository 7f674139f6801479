"""What the report computes once and shows in several places, by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..experiments.sharpness import runs
from ..experiments.training_table import batch_runs, lecture_table
from ..figures.shown import run_regression
from .families import lookahead_ranges, momentum_text
from .optimizer_pages import find_conventions, find_symmetries
from .rule_theory import rule_theory

TABLES: dict[str, Callable[[], Any]] = {
    "sharpness": runs,
    "rules": rule_theory,
    "lecture_table": lecture_table,
    "batch_runs": batch_runs,
    "regression": run_regression,
    "lookahead": lookahead_ranges,
    "momentum": momentum_text,
    "conventions": find_conventions,
    "symmetries": find_symmetries,
}
"""By name; the longest first."""
