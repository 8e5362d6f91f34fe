"""Counting of thresholds, for the golden model: compiled by numba for CPUs, in torch's operations for other devices."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from spinsc.models.compiled import compiled


def thresholds_reached(sums: Tensor, thresholds: Tensor) -> Tensor:
    """Number of each neuron's thresholds that its sum reaches.

    Parameters
    ----------
    sums : int32, shape (images, neurons), C-contiguous
    thresholds : int32, shape (1 to 255, neurons), C-contiguous

    Returns
    -------
    uint8, shape (images, neurons)
    """
    if sums.device.type != "cpu":
        return reached_by_torch(sums, thresholds)
    reached = torch.empty(sums.shape, dtype=torch.uint8)
    _count_reached(sums.numpy(), thresholds.numpy(), reached.numpy())
    return reached


def reached_by_torch(sums: Tensor, thresholds: Tensor) -> Tensor:
    """`thresholds_reached` on any device."""
    reached = (sums >= thresholds[0]).byte()
    for threshold in thresholds[1:]:
        reached += sums >= threshold
    return reached


@compiled
def _count_reached(sums: Any, thresholds: Any, reached: Any) -> None:
    images, neurons = sums.shape
    for image in range(images):
        for neuron in range(neurons):
            reached[image, neuron] = 0
        for level in range(len(thresholds)):
            for neuron in range(neurons):
                reached[image, neuron] += sums[image, neuron] >= thresholds[level, neuron]
