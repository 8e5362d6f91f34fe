"""The golden model's literal form: the contract's bits, one compute step after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from .network import Network, comparator_thresholds
from .streams import Streams, checked_numbers

_XNORS_AT_ONCE = 1 << 20  # stay in a core's cache


class LiteralAccumulator:
    """Accumulators of a layer from bits: two comparators, an XNOR and a count at every compute step.

    Parameters
    ----------
    network : Network
    streams : Streams
    device : torch.device
    """

    def __init__(self, network: Network, streams: Streams, device: torch.device) -> None:
        self.network = network
        self.streams = streams
        self.device = device

    def __call__(self, number: int, slot: int, states: Tensor) -> Tensor:
        """Accumulators of layer ``number`` for images of one slot.

        Parameters
        ----------
        states : uint8, shape (images, inputs)

        Returns
        -------
        int32, shape (images, neurons)
        """
        layer = self.network.layers[number]
        r_a, r_w = (torch.from_numpy(r.astype("int32")).to(self.device)
                    for r in checked_numbers(self.network, self.streams, number, slot))
        at_once = max(1, _XNORS_AT_ONCE // (layer.units * layer.lanes))
        return torch.cat([self._accumulate(number, states[first:first + at_once], r_a, r_w)
                          for first in range(0, len(states), at_once)])

    def _accumulate(self, number: int, states: Tensor, r_a: Tensor, r_w: Tensor) -> Tensor:
        layer = self.network.layers[number]
        thresholds_a = self._comparators(layer.input_states, layer.m_a)[states.int()]
        weights = torch.tensor(layer.weights, device=self.device)
        thresholds_w = self._comparators(layer.weight_states, layer.m_w)[weights.int()]
        acc = torch.zeros(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        step = 0
        for neuron in range(0, layer.neurons, layer.units):
            a_pass = slice(neuron, neuron + layer.units)
            for first in range(0, layer.inputs, layer.lanes):
                chunk = slice(first, min(first + layer.lanes, layer.inputs))
                lanes = slice(0, chunk.stop - chunk.start)
                for _ in range(self.network.length):
                    activation = r_a[step, lanes] < thresholds_a[:, chunk]
                    weight = r_w[step, lanes] < thresholds_w[a_pass, chunk]
                    xnor = activation[:, None, :] == weight
                    acc[:, a_pass] += xnor.sum(2, dtype=torch.int32)
                    step += 1
        return acc

    def _comparators(self, states: int, bits: int) -> Tensor:
        return torch.from_numpy(comparator_thresholds(states, bits)).int().to(self.device)
