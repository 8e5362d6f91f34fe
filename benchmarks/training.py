"""Training: time to the shipped accuracy, from the time of some steps, against plain float training."""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

from benchmarks.table import Row
from spinsc.models.artifact import load_artifact
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.images import Images
from spinsc.models.shipped import SHIPPED
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import train_on

MINUTES = {"mlp1-k5": 5, "mlp3-k5": 30}
TIMES_PLAIN = 2.6
MNIST_TRAINING_IMAGES = 60_000


def benchmark(quick: bool) -> list[Row]:
    """Rows of the training of two shipped networks, whose accuracy and settings are in their artifacts."""
    return [_row(name, steps=20 if quick else 100) for name in MINUTES]


def _row(name: str, steps: int) -> Row:
    shipped = next(each for each in SHIPPED if each.name == name)
    config = shipped.config
    network = load_artifact(shipped.path)
    plain = _plain_step(network.sizes, config.batch_size)
    times: dict[str, list[float]] = {"ours": [], "plain": []}
    threads = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        for _ in range(3):
            times["ours"].append(_seconds_a_step(config, steps))
            begin = time.process_time()
            for _ in range(steps):
                plain()
            times["plain"].append((time.process_time() - begin) / steps)
    finally:
        torch.set_num_threads(threads)
    total = config.epochs * ((MNIST_TRAINING_IMAGES - config.validation_images) // config.batch_size)
    minutes, reference = (min(times[kind]) * total / 60 for kind in ("ours", "plain"))
    accuracy = network.provenance["test_accuracy_percent"]
    return Row(f"training of {name} to {accuracy:.2f} %, one thread", minutes, "min",
               "plain float training of the same sizes", reference,
               target=f"at most {TIMES_PLAIN}, and {MINUTES[name]} min",
               met=minutes <= min(MINUTES[name], TIMES_PLAIN * reference),
               note=f"CPU time, from {steps} of {total:,} steps")


def _seconds_a_step(config: TrainingConfig, steps: int) -> float:
    """CPU seconds of a step, from runs of one epoch and of two."""
    digits = embedded_images()
    validation = 100
    copies = -(-(steps * config.batch_size + validation) // len(digits))
    images = Images(np.tile(digits.images, (copies, 1)), np.tile(digits.labels, copies), digits.source)
    seconds = []
    for epochs in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            settings = dataclasses.replace(config, epochs=epochs, validation_images=validation)
            begin = time.process_time()
            train_on(settings, images, digits[:validation], Path(folder) / "network.npz", progress=False)
            seconds.append(time.process_time() - begin)
    return (seconds[1] - seconds[0]) / ((len(images) - validation) // config.batch_size)


def _plain_step(sizes: tuple[int, ...], batch: int) -> Callable[[], None]:
    generator = torch.Generator().manual_seed(0)
    layers: list[nn.Module] = []
    for inputs, neurons in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, neurons), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters())
    images = torch.rand(batch, sizes[0], generator=generator)
    labels = torch.randint(sizes[-1], (batch,), generator=generator)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    return step
