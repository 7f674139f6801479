"""A deep network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from ....optimizers.machine.extras import require_extra
from ....optimizers.schedules import exponential, polynomial
from ...work import size
from .table import Table


def train_network(
    make: Callable[[Any], Any], epochs: int, seed: int, factor: Any = None
) -> tuple[float, float]:
    """LeNet's shape in small on scikit-learn's digits: last training loss and test accuracy."""
    require_extra("training on the digits", "report", "sklearn")
    import torch
    from sklearn.datasets import load_digits
    from torch import nn

    data: Any = load_digits()
    images = torch.tensor(data.images, dtype=torch.float32)[:, None] / 16
    labels = torch.tensor(data.target)
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))
    held, kept = order[:360], order[360:]
    torch.manual_seed(seed)
    net = nn.Sequential(
        nn.Conv2d(1, 6, 3, padding=1), nn.ReLU(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 3), nn.ReLU(),
        nn.Flatten(), nn.Linear(64, 60), nn.ReLU(), nn.Linear(60, 10),
    )  # fmt: skip
    optimizer = make(net.parameters())
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor) if factor else None
    loss_of, last = nn.CrossEntropyLoss(), float("nan")
    for _ in range(epochs):
        total = 0.0
        shuffled = kept[torch.randperm(len(kept))]
        for rows in shuffled.split(64):
            optimizer.zero_grad()
            loss = loss_of(net(images[rows]), labels[rows])
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(rows)
        last = total / len(kept)
        if schedule:
            schedule.step()
    with torch.no_grad():
        accuracy = float((net(images[held]).argmax(1) == labels[held]).float().mean())
    return last, accuracy


def _network(runs: Sequence[tuple[str, str, dict[str, Any], Any]]) -> Table:
    from .... import optimizers

    rows, epochs, seeds = [], size(8, 2), size(2, 1)
    for name, cls, settings, factor in runs:
        make = partial(getattr(optimizers, cls), **settings)
        found = [train_network(make, epochs, seed, factor) for seed in range(seeds)]
        rows.append((name, *(float(v) for v in np.mean(found, axis=0))))
    return Table(("optimizer", "training loss", "test accuracy"), tuple(rows),
                 f"a small LeNet on scikit-learn’s 8×8 digits, batch 64, {epochs} epochs, {seeds} seeds "
                 "(Fashion-MNIST does not come with a package)")  # fmt: skip


def network_adagrad() -> Table:
    """Adagrad on a deep network."""
    return _network(
        [
            ("SGD, η = 0.9", "SGD", {"lr": 0.9}, None),
            ("Adagrad, η = 0.01", "Adagrad", {"lr": 0.01}, None),
            ("Adagrad, η = 0.1", "Adagrad", {"lr": 0.1}, None),
            ("Adam, η = 0.01", "Adam", {"lr": 0.01}, None),
        ]
    )


def network_rmsprop() -> Table:
    """RMSprop on a deep network, with schedules."""
    return _network(
        [
            ("RMSprop, η = 0.001", "RMSprop", {"lr": 0.001}, None),
            ("RMSprop, η = 0.01", "RMSprop", {"lr": 0.01}, None),
            ("… times (t + 1)^(−1/2)", "RMSprop", {"lr": 0.01}, polynomial(0.5, 1.0)),
            ("… times e^(−0.2t)", "RMSprop", {"lr": 0.01}, exponential(0.2)),
        ]
    )
