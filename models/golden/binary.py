"""The golden model of binary arithmetic: products of states as integers, exact, without streams."""

from __future__ import annotations

import torch
from torch import Tensor

from spinsc.models.network import Network

_EXACT_FLOAT32 = 1 << 24


class BinaryAccumulator:
    """Accumulators of a layer: the sum of x*w + (K_a-1-x)*(K_w-1-w) over its inputs.

    Parameters
    ----------
    network : Network
        Of binary arithmetic.
    device : torch.device
    """

    def __init__(self, network: Network, device: torch.device) -> None:
        self._layers = []
        for layer, length in zip(network.layers, network.lengths, strict=True):
            # products and their sums are integers that these floats hold exactly
            dtype = torch.float32 if layer.inputs * length <= _EXACT_FLOAT32 else torch.float64
            weights = torch.tensor(layer.weights, device=device).to(dtype).T
            self._layers.append((layer.activation.states - 1, weights, layer.weight.states - 1 - weights))

    def __call__(self, number: int, slot: int, states: Tensor) -> Tensor:
        """Accumulators of layer ``number``, int32, of states, uint8; both of shape (images, ...)."""
        highest, weights, complement = self._layers[number]
        x = states.to(weights.dtype)
        return (x @ weights + (highest - x) @ complement).to(torch.int32)
