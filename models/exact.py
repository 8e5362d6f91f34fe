"""A network without streams: what it computes as its stream length goes to infinity."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.models.network import Network
from spinsc.models.outcome import Activation

_AT_ONCE = 4096


def exact_scores(network: Network, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Scores z + bias of images (n, inputs), shape (n, classes); z is exact, the mean of what streams estimate."""
    if not len(images):
        return np.zeros((0, network.classes))
    parts = [_scores(network, images[start:start + _AT_ONCE]) for start in range(0, len(images), _AT_ONCE)]
    return np.concatenate(parts)


def exact_classes(network: Network, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Class of each image, the lowest of equal scores."""
    classes: npt.NDArray[np.int64] = exact_scores(network, images).argmax(1)
    return classes


def _scores(network: Network, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    k: npt.NDArray[np.integer[Any]] = np.searchsorted(network.input_thresholds, images, side="right")
    z: npt.NDArray[np.float64] = np.zeros(0)
    for layer in network.layers:
        full_a, full_w = layer.activation.states - 1, layer.weight.states - 1
        a, w = 2.0 * k - full_a, 2.0 * layer.weights - full_w
        z = (a @ w.T) / (full_a * full_w)  # sums of integers, exact in float64
        if isinstance(layer.outcome, Activation):
            k = layer.outcome.states_of_z(z)
    return z + network.layers[-1].outcome.z
