"""Trained networks of the shapes that hls4ml and FINN publish: random weights, and norms as data leave them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from spinsc.models.timing import one_thread_per_operation

#: hls4ml's jet tagging, and FINN's tiny fully connected network.
JET_TAGGING, TFC = (16, 64, 32, 32, 5), (784, 64, 64, 64, 10)


def settled(model: nn.Module, inputs: torch.Tensor, seed: int) -> nn.Module:
    """With random batch norms that suit what comes through, some of negative scale; in evaluation."""
    generator = torch.Generator().manual_seed(seed)
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm1d):
            module.momentum = None
            module.weight.data.uniform_(-1.5, 1.5, generator=generator)
            module.bias.data.normal_(std=0.5, generator=generator)
    with torch.no_grad():
        model(inputs)
    return model.eval()


def float_network(sizes: tuple[int, ...], seed: int, norms: bool = True) -> nn.Sequential:
    """Linear layers with batch norms and ReLU."""
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for inputs, neurons in itertools.pairwise(sizes[:-1]):
        layers += [nn.Linear(inputs, neurons), *([nn.BatchNorm1d(neurons)] if norms else []), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(sizes[-2], sizes[-1]))


def blobs(features: int, classes: int, number: int, seed: int = 0) -> tuple[npt.NDArray[np.float64], Any]:
    """Points around a centre of each class, and their classes."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(77).normal(0, 1, (classes, features))
    labels = rng.integers(0, classes, number)
    return centres[labels] + rng.normal(0, 0.8, (number, features)), labels.astype(np.uint8)


def trained(model: nn.Module, points: npt.NDArray[Any], labels: npt.NDArray[Any]) -> nn.Module:
    """After some steps of Adam on all points; in evaluation."""
    x, y = torch.as_tensor(points).float(), torch.as_tensor(labels).long()
    optimizer = torch.optim.Adam(model.parameters(), 5e-3)
    model.train()
    with one_thread_per_operation():
        for _ in range(80):
            optimizer.zero_grad()
            nn.functional.cross_entropy(model(x), y).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    return model.eval()
