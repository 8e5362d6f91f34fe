"""Training: time to the shipped accuracy, from the time of some steps, against plain float training."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from benchmarks.measure import interleaved
from benchmarks.table import Row
from spinsc.models.artifact import load_artifact
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.images import Images
from spinsc.models.shipped import SHIPPED
from spinsc.models.training.config import TrainingConfig
from spinsc.models.training.trainer import Trainer
from spinsc.progress import Bar

MINUTES = {"mlp1-k5": 5, "mlp1-k11": 5, "mlp3-k5": 30}
TIMES_PLAIN = 2.6
MNIST_TRAINING_IMAGES = 60_000


def benchmark(quick: bool) -> list[Row]:
    """Rows of the training of some shipped networks, whose accuracy and settings are in their artifacts."""
    return [_row(name, steps=20 if quick else 100) for name in MINUTES]


def _row(name: str, steps: int) -> Row:
    shipped = next(each for each in SHIPPED if each.name == name)
    config = shipped.config
    network = load_artifact(shipped.path)
    epoch, plain = _epoch(config, steps), _plain_step(network.sizes, config.batch_size)

    def plain_steps() -> None:
        for _ in range(steps):
            plain()

    threads = torch.get_num_threads()
    torch.set_num_threads(config.threads)
    try:
        taken = interleaved({"ours": epoch, "plain": plain_steps}, 5)
    finally:
        torch.set_num_threads(threads)
    total = config.epochs * ((MNIST_TRAINING_IMAGES - config.validation_images) // config.batch_size)
    minutes, reference = (taken[kind].cpu_s / steps * total / 60 for kind in ("ours", "plain"))
    accuracy = network.provenance["test_accuracy_percent"]
    return Row(f"training of {name} to {accuracy:.2f} %, one thread", minutes, "min",
               "plain float training of the same sizes", reference,
               target=f"at most {TIMES_PLAIN}, and {MINUTES[name]} min",
               met=minutes <= min(MINUTES[name], TIMES_PLAIN * reference),
               note=f"CPU time, from {steps} of {total:,} steps")


def _epoch(config: TrainingConfig, steps: int) -> Callable[[], object]:
    """An epoch of so many steps, on as many images as MNIST has."""
    digits = embedded_images()
    images = Images(np.tile(digits.images, (MNIST_TRAINING_IMAGES // len(digits), 1)),
                    np.tile(digits.labels, MNIST_TRAINING_IMAGES // len(digits)), digits.source)
    few = dataclasses.replace(config, epochs=1000, validation_images=len(images) - steps * config.batch_size)
    trainer = Trainer(few, images)
    return lambda: trainer.run_epoch(Bar())


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
