"""The sections of a report on one rule, in their order."""

from __future__ import annotations

from .head import equations, head
from .invariance import invariance
from .libraries import libraries
from .part import Section
from .speed import speed
from .surfaces import surfaces
from .theory import matrix, noise, region, tuning
from .training import airfoil, digits
from .worst_case import worst_case

SECTIONS: tuple[Section, ...] = (
    Section("rule", "The rule", head, level=1),
    Section("equations", "Equations", equations),
    Section("matrix", "Iteration matrix and eigenvalues", matrix),
    Section("region", "Where it converges", region, 15.0),
    Section("tuning", "Tuning", tuning, 15.0),
    Section("worst_case", "Beyond quadratics", worst_case, 25.0),
    Section("noise", "Noise floor", noise),
    Section("symmetries", "Symmetries", invariance),
    Section("surfaces", "On four surfaces", surfaces, 20.0),
    Section("airfoil", "Regression on measured data", airfoil, 25.0),
    Section("digits", "A network on digits", digits, 30.0),
    Section("libraries", "What libraries compute under its name", libraries, 20.0, level=1),
    Section("speed", "Speed", speed, 25.0, level=1, alone=True),
)
"""A refusal of one is said at the end."""

GROUPS: dict[str, tuple[str, tuple[str, ...]]] = {
    "theory": ("Theory on a quadratic", ("matrix", "region", "tuning", "worst_case", "noise")),
    "behaviour": ("Behaviour", ("symmetries", "surfaces", "airfoil", "digits")),
}
"""Sections of the second level, by the heading above them."""
