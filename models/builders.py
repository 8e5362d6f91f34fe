"""Networks that are made rather than trained, and the folding that networks have by default."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from spinsc.integers import ceil_div
from spinsc.models.layer import Folding, Layer
from spinsc.models.network import Network
from spinsc.models.outcome import Outcome, Scores, Thresholds
from spinsc.models.side import Side


def balanced_folding(sizes: tuple[int, ...], max_lanes: int = 64) -> list[Folding]:
    """Default folding of each layer: every neuron in parallel, and all layers in the same number of chunks.

    Layers work on successive images at the same time, so equal chunks keep all of them busy; 64 lanes fit the
    machine words of a simulator.
    """
    chunks = ceil_div(sizes[0], max_lanes)
    return [Folding(ceil_div(inputs, chunks), neurons) for inputs, neurons in itertools.pairwise(sizes)]


def random_network(sizes: tuple[int, ...], *, input_states: int, weight_states: int, activation_states: int,
                   length: int, seed: int, folding: Sequence[Folding] | None = None) -> Network:
    """An untrained network whose thresholds lie where its sums fall, so that every state occurs."""
    rng = np.random.default_rng(seed)
    layers = []
    states = input_states
    for number, of_layer in enumerate(folding or balanced_folding(sizes)):
        inputs, neurons = sizes[number], sizes[number + 1]
        weights = rng.integers(0, weight_states, (neurons, inputs)).astype(np.uint8)
        spread = np.sqrt(inputs)
        outcome: Outcome
        if number == len(sizes) - 2:
            outcome = Scores(rng.normal(0, spread / 2, neurons))
        else:
            outcome = Thresholds(np.sort(rng.normal(0, spread, (neurons, activation_states - 1)), axis=1))
        layers.append(Layer(weights, Side(states), Side(weight_states), of_layer, outcome))
        states = activation_states
    thetas = np.sort(rng.integers(1, 256, input_states - 1))
    return Network(tuple(layers), thetas, length, {"origin": "random", "seed": seed})
