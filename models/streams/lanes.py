"""Random numbers of a layer's lanes: which group each lane reads, and how much later."""

from __future__ import annotations

import numpy as np

from spinsc.models.layer import Layer
from spinsc.models.side import Side
from spinsc.models.streams.protocol import Bits, Numbers


def lane_numbers(layer: Layer, activations: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Random numbers of a layer's lanes, shape (steps, lanes), from those of its groups, shape (samples, groups)."""
    return (_of_lanes(layer.activation, layer.fill, activations),
            _of_lanes(layer.weight, layer.fill, weights))


def _of_lanes(side: Side, fill: int, of_groups: Numbers) -> Numbers:
    if side.direct:
        return of_groups[fill:]
    steps = np.arange(fill, len(of_groups))[:, None]
    numbers: Numbers = of_groups[steps - side.delay_of_lane, side.group_of_lane]
    return numbers


def numbers_of_bits(layer: Layer, bits: Bits) -> tuple[Numbers, Numbers]:
    """Random numbers of a layer's lanes, each of shape (steps, lanes), from its devices' bits, (devices, samples)."""
    activation, weight = layer.sides
    return lane_numbers(layer, _assemble(bits[:activation.devices], activation),
                        _assemble(bits[activation.devices:], weight))


def _assemble(bits: Bits, side: Side) -> Numbers:
    """Numbers of each group, shape (samples, groups)."""
    numbers: Numbers = np.zeros((side.groups, bits.shape[1]), np.uint8 if side.bits <= 8 else np.uint16)
    for b in range(side.bits):
        numbers |= bits[b * side.groups:(b + 1) * side.groups].astype(numbers.dtype) << b
    return np.ascontiguousarray(numbers.T)
