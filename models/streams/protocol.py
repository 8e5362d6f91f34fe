"""Sources of the random numbers a network computes with: the Protocol, ideal numbers, the LFSRs of the hardware.

``docs/bit-contract.md``, "Random numbers", decides the order of steps and lanes and the LFSRs' seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.layer import Layer
from spinsc.models.network import Network
from spinsc.models.plan import SIDES
from spinsc.models.side import Side

Numbers = npt.NDArray[np.unsignedinteger[Any]]
Words = npt.NDArray[np.uint64]
Bits = npt.NDArray[np.uint8]

WORD_BITS = 64
_WORD_BYTES = 8
_BERNOULLI_BITS = 32
LFSR_BITS = 32
LFSR_TAPS = (31, 21, 1, 0)


class Streams(Protocol):
    """A source of random numbers with a period in images.

    Attributes
    ----------
    period : int
        R, at least 1: image i uses the numbers of slot ``i % R``.
    """

    @property
    def period(self) -> int: ...

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """Random numbers of one layer (0 first) for one image of the period.

        Returns
        -------
        activations, weights : unsigned integers, shape (steps, lanes)
            r_a below 2**m_a and r_w below 2**m_w at each of the layer's Q*C*L compute steps, in the order
            pass, chunk, t. All zero where the width is 0.
        """
        ...


class PackedBits(NamedTuple):
    """Samples of a layer's devices, packed along time, in which some images of the period can be found.

    Attributes
    ----------
    samples : uint8, shape (devices, bytes), C-contiguous, at least 8 bytes
        Sample n of a device is bit n mod 8 (weight 2^(n mod 8)) of byte n div 8. Devices as the bit contract numbers
        them within the layer; in `packed_bits` of a layer with delays, as if each lane had devices of its own.
    starts : int64, shape (images,)
        Sample that each image's first compute step reads; the following steps read those that follow.
    """

    samples: Bits
    starts: npt.NDArray[np.int64]


@runtime_checkable
class PackedStreams(Streams, Protocol):
    """Streams that can give the bits of their random numbers packed along time, which is faster where they are so kept.
    """

    def packed(self, layer: int, slots: Sequence[int]) -> PackedBits:
        """Bits of the random numbers of one layer for some images of the period, the same as `numbers` gives."""
        ...


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


def packed_bits(network: Network, streams: Streams, layer: int, slots: Sequence[int]) -> PackedBits:
    """`PackedStreams.packed` of any streams, or an `InputError` where they do not fit the network."""
    described = network.layers[layer]
    steps = described.steps(network.length)
    if described.fill or not isinstance(streams, PackedStreams):
        different, which = np.unique(np.asarray(slots, np.int64), return_inverse=True)
        width = _WORD_BYTES * -(-steps // WORD_BITS)
        # a lane of each group; where delays make them differ, all
        lanes = [np.arange(side.lanes) if described.fill else np.unique(side.group_of_lane, return_index=True)[1]
                 for side in described.sides]
        rows = sum(len(chosen) * side.bits for chosen, side in zip(lanes, described.sides, strict=True))
        packed = np.zeros((rows, len(different), width), np.uint8)
        for position, slot in enumerate(different):
            sides = checked_numbers(network, streams, layer, int(slot))
            bits = [numbers.T[chosen] >> b & 1
                    for numbers, chosen, side in zip(sides, lanes, described.sides, strict=True)
                    for b in range(side.bits)]
            if bits:
                packed[:, position, :-(-steps // 8)] = np.packbits(np.concatenate(bits), axis=1, bitorder="little")
        return PackedBits(packed.reshape(rows, len(different) * width), which.astype(np.int64) * width * 8)
    samples, starts = streams.packed(layer, slots)
    if (samples.dtype != np.uint8 or samples.ndim != 2 or len(samples) != described.devices
            or not samples.flags.c_contiguous or samples.shape[1] < _WORD_BYTES):
        raise InputError(f"the packed bits of layer {layer} must be contiguous bytes of {described.devices} devices, "
                         f"at least {_WORD_BYTES} of each, not {samples.dtype} {samples.shape}; "
                         "make the streams for this network")
    if starts.shape != (len(slots),) or starts.min() < 0 or (
            len(samples) and starts.max() + steps > 8 * samples.shape[1]):
        raise InputError(f"the packed bits of layer {layer} must hold {steps} steps of each of {len(slots)} images; "
                         "make the streams for this network")
    return PackedBits(samples, starts)


def checked_numbers(network: Network, streams: Streams, layer: int, slot: int) -> tuple[Numbers, Numbers]:
    """``streams.numbers(layer, slot)``, or an `InputError` where they do not fit the network."""
    described = network.layers[layer]
    expected = (described.steps(network.length), described.folding.lanes)
    activations, weights = streams.numbers(layer, slot)
    for name, side, numbers in zip(SIDES, described.sides, (activations, weights), strict=True):
        if numbers.shape != expected or numbers.dtype.kind != "u":
            raise InputError(f"the {name} random numbers of layer {layer} must be unsigned integers of shape "
                             f"{expected}, not {numbers.dtype} {numbers.shape}; make the streams for this network")
        if int(numbers.max()) >> side.bits:
            raise InputError(f"the {name} random numbers of layer {layer} must be below {1 << side.bits}, "
                             f"not {numbers.max()}; make the streams for this network")
    return activations, weights


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


class IdealStreams:
    """Independent uniform random numbers; any image of the period can be drawn alone.

    The bits of a layer are words of SplitMix64 from a place of its cycle that seed and layer decide; bits of tuned
    junctions take 32 bits of them each. Layers that share junctions draw from one place.

    Parameters
    ----------
    network : Network
    seed : int
        0 or more; the same seed gives the same numbers on every machine.
    period : int
        R in images, at least 1.
    """

    def __init__(self, network: Network, seed: int, period: int) -> None:
        if seed < 0:
            raise InputError(f"the seed must be at least 0, not {seed}")
        if period < 1:
            raise InputError(f"the period of ideal streams must be at least 1 image, not {period}")
        self.network = network
        self.seed = seed
        self.period = period
        self._places = [np.random.SeedSequence([seed, layer]).generate_state(1, np.uint64)[0]
                        for layer in range(len(network.layers))]

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `Streams.numbers`."""
        described = self.network.layers[layer]
        bits = np.unpackbits(self.packed(layer, [slot]).samples, axis=1, count=described.samples(self.network.length),
                             bitorder="little")
        return numbers_of_bits(described, bits)

    def packed(self, layer: int, slots: Sequence[int]) -> PackedBits:
        """See `PackedStreams.packed`."""
        from spinsc.models.streams.splitmix import (
            draw,  # with the compiler, which not everyone who reads random numbers needs
        )

        network, described = self.network, self.network.layers[layer]
        shared = network.shared_layers
        samples = max(network.samples) if shared else described.samples(network.length)
        probabilities = network.device_probabilities if shared else described.probabilities
        tuned = bool((probabilities != 0.5).any())
        different, which = np.unique(np.asarray(slots, np.uint64), return_inverse=True)
        width = -(-samples // WORD_BITS)
        words: Words = np.empty((len(probabilities), len(different), width * (_BERNOULLI_BITS if tuned else 1)), "<u8")
        draw(self._places[0 if shared else layer], different, words)
        if tuned:
            limits = np.rint(probabilities * 2.0**_BERNOULLI_BITS).astype(np.uint64)
            words = np.packbits(words.view("<u4") < limits[:, None, None], axis=2, bitorder="little").view("<u8")
        packed = words[:described.devices].view(np.uint8).reshape(described.devices,
                                                                  len(different) * width * _WORD_BYTES)
        return PackedBits(packed, which.astype(np.int64) * width * WORD_BITS + described.fill)


def check_lfsrs(network: Network) -> None:
    """Refuse plans for which LFSRs cannot stand."""
    if network.tuned:
        raise InputError("an LFSR gives unbiased bits, so it does not suit a plan with source=tuned; "
                         "take s-MTJs, or the comparator")
    if network.shared_layers:
        raise InputError("layers=shared saves no LFSR, as every layer runs its own; leave it out")


class LfsrStreams:
    """The hardware's LFSRs, which restart from their seeds at each image: a period of one image."""

    period = 1

    def __init__(self, network: Network) -> None:
        check_lfsrs(network)
        self.network = network

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `Streams.numbers`."""
        described = self.network.layers[layer]
        samples = described.samples(self.network.length)
        lanes_before = sum(earlier.folding.lanes for earlier in self.network.layers[:layer])
        first = 2 * lanes_before + 1
        return lane_numbers(described, *(
            _lfsr_numbers(mix(first + offset + 2 * np.arange(side.groups)), samples, side.bits)
            for offset, side in enumerate(described.sides)))


def mix(numbers: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint32]:
    """The contract's 32-bit finalizer, a bijection that keeps 0."""
    x = numbers.astype(np.uint32)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def lfsr_bits(seeds: npt.NDArray[np.uint32], shifts: int) -> npt.NDArray[np.uint8]:
    """Bits that pass through LFSRs, oldest first: the 32 of the seed (q[31] first), then one for each shift.

    Parameters
    ----------
    seeds : uint32, shape (lanes,)
    shifts : int

    Returns
    -------
    uint8, shape (32 + shifts, lanes)
        After n shifts, q[b] is entry ``n + 31 - b``.
    """
    bits = np.empty((LFSR_BITS + shifts, len(seeds)), np.uint8)
    bits[:LFSR_BITS] = seeds >> np.arange(LFSR_BITS - 1, -1, -1, dtype=np.uint32)[:, None] & np.uint32(1)
    # The feedback polynomial's 2**k-th power is itself with all exponents times 2**k, so the sequence also obeys the
    # recurrence with all delays times 2**k; that one depends on nothing newer than 2**k and gives a block at once.
    done = LFSR_BITS
    while done < len(bits):
        scale = 1 << (done // LFSR_BITS).bit_length() - 1
        stop = min(done + scale, len(bits))
        bits[done:stop] = 0
        for tap in LFSR_TAPS:
            delay = (tap + 1) * scale
            bits[done:stop] ^= bits[done - delay:stop - delay]
        done = stop
    return bits


def _lfsr_numbers(seeds: npt.NDArray[np.uint32], steps: int, bits: int) -> Numbers:
    """Numbers of ``bits`` bits, shape (steps, lanes): q[bits-1:0] before each group of ``bits`` shifts."""
    numbers: Numbers = np.zeros((steps, len(seeds)), np.uint8 if bits <= 8 else np.uint16)
    if bits:
        sequence = lfsr_bits(seeds, (steps - 1) * bits)
        for b in range(bits):
            first = LFSR_BITS - 1 - b
            numbers |= sequence[first:first + (steps - 1) * bits + 1:bits].astype(numbers.dtype) << b
    return numbers
