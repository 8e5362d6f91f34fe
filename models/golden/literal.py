"""The golden model's literal form: the contract's bits, one compute step after the other."""

from __future__ import annotations

import torch
from torch import Tensor

from spinsc.models.network import Network
from spinsc.models.side import Side
from spinsc.models.streams.protocol import Streams, checked_numbers

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
        at_once = max(1, _XNORS_AT_ONCE // (layer.folding.units * layer.folding.lanes))
        return torch.cat([self._accumulate(number, states[first:first + at_once], r_a, r_w)
                          for first in range(0, len(states), at_once)])

    def _accumulate(self, number: int, states: Tensor, r_a: Tensor, r_w: Tensor) -> Tensor:
        layer = self.network.layers[number]
        weights = torch.tensor(layer.weights, device=self.device)
        activations = _Bits(layer.activation, states.int())
        weight_bits = _Bits(layer.weight, weights.int())
        acc = torch.zeros(len(states), layer.neurons, dtype=torch.int32, device=self.device)
        step = 0
        for neuron in range(0, layer.neurons, layer.folding.units):
            a_pass = slice(neuron, neuron + layer.folding.units)
            for first in range(0, layer.inputs, layer.folding.lanes):
                chunk = slice(first, min(first + layer.folding.lanes, layer.inputs))
                lanes = slice(0, chunk.stop - chunk.start)
                for _ in range(self.network.length):
                    activation = activations(r_a[step, lanes], slice(None), chunk)
                    weight = weight_bits(r_w[step, lanes], a_pass, chunk)
                    xnor = activation[:, None, :] == weight
                    acc[:, a_pass] += xnor.sum(2, dtype=torch.int32)
                    step += 1
        return acc


class _Bits:
    """Bits of one side's states, shape (rows, inputs), from its lanes' random numbers."""

    def __init__(self, side: Side, states: Tensor) -> None:
        self.side = side
        lane = torch.arange(states.shape[1], device=states.device) % side.lanes
        thresholds = torch.from_numpy(side.comparator_thresholds.astype("int32")).to(states.device)
        self.operand = states if side.tuned else thresholds[lane, states]

    def __call__(self, numbers: Tensor, rows: slice, inputs: slice) -> Tensor:
        """Of some rows and inputs, which meet the random numbers, shape (inputs,)."""
        if not self.side.tuned:
            return numbers < self.operand[rows, inputs]
        # bit k is that of state k: 0 below those of the junctions, 1 above them
        of_states = numbers << 1 | 1 << self.side.states - 1
        return of_states >> self.operand[rows, inputs] & 1 != 0
