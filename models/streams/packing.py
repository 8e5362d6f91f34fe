"""The bits of a layer's random numbers packed along time, from any streams."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.streams.protocol import (
    WORD_BITS,
    WORD_BYTES,
    PackedBits,
    Slots,
    Streams,
    checked_numbers,
)


def packed_bits(network: Network, streams: Streams, layer: int, slots: Slots) -> PackedBits:
    """`PackedStreams.packed` of any streams, or an `InputError` where they do not fit the network."""
    described = network.layers[layer]
    packed = getattr(streams, "packed", None)  # many times faster than to ask whether they are `PackedStreams`
    if described.fill or packed is None:
        return _packed_numbers(network, streams, layer, slots)
    samples, starts = packed(layer, slots)
    steps = described.steps(network.length)
    if (samples.dtype != np.uint8 or samples.ndim != 2 or len(samples) != described.devices
            or not samples.flags.c_contiguous or samples.shape[1] < WORD_BYTES):
        raise InputError(f"the packed bits of layer {layer} must be contiguous bytes of {described.devices} devices, "
                         f"at least {WORD_BYTES} of each, not {samples.dtype} {samples.shape}; "
                         "make the streams for this network")
    if starts.shape != (len(slots),) or starts.min() < 0 or (
            len(samples) and starts.max() + steps > 8 * samples.shape[1]):
        raise InputError(f"the packed bits of layer {layer} must hold {steps} steps of each of {len(slots)} images; "
                         "make the streams for this network")
    return PackedBits(samples, starts)


def _packed_numbers(network: Network, streams: Streams, layer: int, slots: Slots) -> PackedBits:
    """Bits of the random numbers as `Streams.numbers` gives them."""
    described = network.layers[layer]
    steps = described.steps(network.length)
    different, which = np.unique(np.asarray(slots, np.int64), return_inverse=True)
    width = WORD_BYTES * ceil_div(steps, WORD_BITS)
    # a lane of each group; where delays make them differ, all
    lanes = [np.arange(side.lanes) if described.fill else np.unique(side.group_of_lane, return_index=True)[1]
             for side in described.sides]
    rows = sum(len(chosen) * side.bits for chosen, side in zip(lanes, described.sides, strict=True))
    packed = np.zeros((rows, len(different), width), np.uint8)
    for position, slot in enumerate(different):
        sides = checked_numbers(network, streams, layer, int(slot))
        bits = [numbers.T[chosen] >> b & 1
                for numbers, chosen, side in zip(sides, lanes, described.sides, strict=True) for b in range(side.bits)]
        if bits:
            packed[:, position, :ceil_div(steps, 8)] = np.packbits(np.concatenate(bits), axis=1, bitorder="little")
    return PackedBits(packed.reshape(rows, len(different) * width), which.astype(np.int64) * width * 8)


def device_rows(layer: Layer) -> list[npt.NDArray[np.int64]]:
    """Row of `packed_bits` that has each bit of each lane's number, shape (bits, lanes), for both sides."""
    rows, first = [], 0
    for side in layer.sides:
        own = layer.fill > 0
        count = side.lanes if own else side.groups
        rows.append(first + count * np.arange(side.bits)[:, None]
                    + (np.arange(side.lanes) if own else side.group_of_lane))
        first += count * side.bits
    return rows
