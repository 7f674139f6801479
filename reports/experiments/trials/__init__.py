"""Experiments that answer exercises: each runs the rules and returns a table of what was measured.

A file for each of what is run on: quadratics, the data, a network. May import the other experiments.
"""

from .adam import adam_diverges
from .conditioning import (
    effective_rates,
    far_away,
    gamma_one,
    larger_coordinate,
    many_eigenvalues,
    minima,
    on_the_seed_function,
    rotated_adagrad,
    rotated_rmsprop,
)
from .network import network_adagrad, network_rmsprop, train_network
from .noise import equivalent_noise, noisy_distances, schedules, why_decay
from .regression import (
    batch_sizes,
    compare_adaptive,
    decayed_each_epoch,
    evil_genie,
    momentum_batches,
    momentum_grid,
    replacement,
    sweep,
)
from .table import Table, show

__all__ = [
    "Table",
    "adam_diverges",
    "batch_sizes",
    "compare_adaptive",
    "decayed_each_epoch",
    "effective_rates",
    "equivalent_noise",
    "evil_genie",
    "far_away",
    "gamma_one",
    "larger_coordinate",
    "many_eigenvalues",
    "minima",
    "momentum_batches",
    "momentum_grid",
    "network_adagrad",
    "network_rmsprop",
    "noisy_distances",
    "on_the_seed_function",
    "replacement",
    "rotated_adagrad",
    "rotated_rmsprop",
    "schedules",
    "show",
    "sweep",
    "train_network",
    "why_decay",
]
