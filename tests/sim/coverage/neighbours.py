"""Small networks, and networks that differ from one in a single threshold."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.models.builders import random_network
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.outcome import Thresholds
from spinsc.models.streams.protocol import Streams

NETWORKS = {
    "K=5": random_network((12, 7, 3), input_states=5, weight_states=5, activation_states=3, length=8, seed=3,
                          folding=[Folding(7, 4), Folding(4, 3)]),
    "three layers": random_network((9, 6, 5, 4), input_states=3, weight_states=5, activation_states=3, length=9, seed=1,
                                   folding=[Folding(4, 6), Folding(3, 2), Folding(5, 4)]),
    "groups": random_network((10, 5, 3), input_states=5, weight_states=3, activation_states=5, length=6, seed=5,
                             folding=[Folding(5, 5), Folding(4, 3)]).with_plan("groups=2,delay=1"),
    "K=2": random_network((9, 8, 4), input_states=2, weight_states=2, activation_states=2, length=6, seed=2,
                          folding=[Folding(3, 4), Folding(8, 4)]),
    "binary": random_network((8, 5, 4), input_states=4, weight_states=3, activation_states=3, length=6, seed=7,
                             folding=[Folding(3, 2), Folding(5, 4)]).with_binary_arithmetic(),
    "K=11": random_network((6, 4, 3), input_states=11, weight_states=4, activation_states=6, length=12, seed=4,
                           folding=[Folding(3, 2), Folding(4, 3)])}


def some_images(network: Network, count: int, seed: int = 0) -> npt.NDArray[np.uint8]:
    """Random ones, some pixels of which lie at or just below a pixel threshold."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, network.inputs))
    near = np.clip(rng.choice(network.input_thresholds, images.shape) - rng.integers(0, 2, images.shape), 0, 255)
    return np.where(rng.random(images.shape) < 0.3, near, images).astype(np.uint8)


def with_activation(network: Network, number: int, place: tuple[int, int], value: int) -> Network:
    """One integer threshold of a hidden layer set to a value that may be out of order, as only the count matters."""
    layer = network.layers[number]
    length = network.lengths[number]
    thresholds = layer.outcome_integers(length).copy()
    thresholds[place] = value
    thresholds.sort(axis=1)
    z = 2 * (thresholds - 0.5) / length - layer.inputs  # whose ceiling they are
    z[thresholds <= 0] = -np.inf
    return _with_layer(network, number, outcome=Thresholds(z))


def with_level(network: Network, number: int, side: str, group: int, state: int, change: int) -> Network:
    """One level of a comparator moved."""
    layer = network.layers[number]
    found = getattr(layer, side)
    levels = found.comparator_thresholds[np.unique(found.group_of_lane, return_index=True)[1]].copy()
    levels[group, state] += change
    return _with_layer(network, number, **{side: found.with_plan(found.plan.calibrated(levels))})


def accumulators(network: Network, streams: Streams, images: npt.NDArray[np.uint8], number: int, first: int,
                 ) -> npt.NDArray[np.int32]:
    """Of one layer; the streams of another network with the same devices will do."""
    return evaluate(network, images, streams, first=first, method="literal").accumulators[number]


def _with_layer(network: Network, number: int, **changes: Any) -> Network:
    layers = list(network.layers)
    layers[number] = dataclasses.replace(layers[number], **changes)
    return dataclasses.replace(network, layers=tuple(layers))
