"""What an input adds to the accumulators of a layer in one slot, for each of its states.

Formed from the contract's bits by products over the steps of a chunk; the golden model's tables are made otherwise, and
what is made with these is confirmed with the golden model.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.side import Side
from spinsc.models.streams.protocol import Numbers, Streams, checked_numbers

_MOST_ENTRIES = 1 << 27


def bits_of_states(side: Side, numbers: Numbers) -> npt.NDArray[np.bool_]:
    """The bit of every state at each step of each lane, shape (steps, lanes, states), from numbers (steps, lanes)."""
    if not side.tuned:
        return numbers[:, :, None] < side.comparator_thresholds[:numbers.shape[1]]
    bits = np.zeros((*numbers.shape, side.states), bool)
    bits[..., 1:-1] = numbers[..., None] >> np.arange(side.states - 2).astype(numbers.dtype) & 1
    bits[..., -1] = True
    return bits


class Counts:
    """Counts of one layer in one slot.

    Attributes
    ----------
    entries : int32, shape (passes, inputs, activation states, weight states)
        Steps of a pass and chunk at which the bits of an input's state and of a weight's state are equal; of binary
        arithmetic, the products.
    """

    def __init__(self, network: Network, streams: Streams, number: int, slot: int) -> None:
        self.layer = layer = network.layers[number]
        self.entries: npt.NDArray[np.int32]
        if network.arithmetic == "binary":
            states, weights = (np.arange(side.states, dtype=np.int32) for side in layer.sides)
            products = states[:, None] * weights + states[::-1, None] * weights[::-1]
            self.entries = np.broadcast_to(products, (layer.passes, layer.inputs, *products.shape))
            return
        a, w = (bits_of_states(side, numbers).reshape(
            layer.passes, layer.chunks, network.length, layer.folding.lanes, side.states).astype(np.float32)
            for side, numbers in zip(layer.sides, checked_numbers(network, streams, number, slot), strict=True))
        both = a.transpose(0, 1, 3, 4, 2) @ w.transpose(0, 1, 3, 2, 4)
        equal = network.length - a.sum(2)[..., None] - w.sum(2)[..., None, :] + 2 * both
        self.entries = equal.reshape(
            layer.passes, -1, *equal.shape[3:])[:, :layer.inputs].astype(np.int32)

    def of_neuron(self, neuron: int) -> npt.NDArray[np.int32]:
        """What each state of each input adds to a neuron's accumulator, shape (inputs, states)."""
        of_pass = self.entries[neuron // self.layer.folding.units]
        effects: npt.NDArray[np.int32] = of_pass[np.arange(self.layer.inputs), :, self.layer.weights[neuron]]
        return effects

    def of_neurons(self) -> npt.NDArray[np.int32]:
        """`of_neuron` of all neurons, shape (neurons, inputs, states)."""
        return np.stack([self.of_neuron(neuron) for neuron in range(self.layer.neurons)])


def countable(network: Network, number: int) -> bool:
    """Whether `Counts` of a layer fit in little memory."""
    layer = network.layers[number]
    bits = network.steps[number] * layer.folding.lanes * (layer.activation.states + layer.weight.states)
    entries = layer.passes * layer.inputs * layer.activation.states * layer.weight.states
    return max(entries, bits, layer.neurons * layer.inputs * layer.activation.states) <= _MOST_ENTRIES


def possible_states(network: Network, number: int) -> npt.NDArray[np.bool_]:
    """States that the inputs of a layer can have, whatever the image, shape (inputs, states), or a few more."""
    layer = network.layers[number]
    if number == 0:
        edges = np.concatenate([[0], network.input_thresholds, [256]])
        return np.broadcast_to(np.diff(edges) > 0, (layer.inputs, layer.activation.states))
    before: Layer = network.layers[number - 1]
    thresholds = before.outcome_integers(network.lengths[number - 1])
    edge = np.zeros((before.neurons, 1), np.int64)
    edges = np.concatenate([edge, thresholds, edge + full_scale(network, number - 1) + 1], axis=1)
    possible: npt.NDArray[np.bool_] = np.diff(edges, axis=1) > 0
    return possible


def full_scale(network: Network, number: int) -> int:
    """The largest value that an accumulator of a layer can have by its size, I*L."""
    return network.layers[number].inputs * network.lengths[number]
