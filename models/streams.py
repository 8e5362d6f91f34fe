"""Sources of the random numbers a network computes with: the Protocol, ideal numbers, the LFSRs of the hardware.

``docs/bit-contract.md``, "Random numbers", decides the order of steps and lanes and the LFSRs' seeds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from .errors import InputError
from .network import Layer, Network
from .plan import Side

Numbers = npt.NDArray[np.unsignedinteger[Any]]
Words = npt.NDArray[np.uint64]
Bits = npt.NDArray[np.uint8]

WORD_BITS = 64
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


@runtime_checkable
class PackedStreams(Streams, Protocol):
    """Streams that can give the bits of their random numbers packed along time, which is faster where they are so kept.
    """

    def fill_planes(self, layer: int, slots: Sequence[int], planes: Words) -> None:
        """Write the bits of the random numbers of one layer for some images of the period.

        Parameters
        ----------
        layer : int
        slots : sequence of int
        planes : uint64, shape (m_a + m_w, ceil(L / 64), passes, slots, chunks, lanes)
            Bit t mod 64 of word t div 64 becomes what the pass, slot and chunk have at step t, and 0 beyond the last
            step. The bits of r_a come first, those of r_w after them, each from the lowest up.
        """
        ...


def fill_planes(network: Network, streams: Streams, layer: int, slots: Sequence[int], planes: Words) -> None:
    """`PackedStreams.fill_planes` of any streams, or an `InputError` where they do not fit the network."""
    if isinstance(streams, PackedStreams):
        streams.fill_planes(layer, slots, planes)
    else:
        pack_numbers(network, streams, layer, slots, planes)


def pack_numbers(network: Network, streams: Streams, layer: int, slots: Sequence[int], planes: Words) -> None:
    """`PackedStreams.fill_planes` from the random numbers themselves."""
    described = network.layers[layer]
    shape = (described.passes, described.chunks, described.lanes, planes.shape[1])
    for position, slot in enumerate(slots):
        plane = 0
        sides = checked_numbers(network, streams, layer, slot)
        for numbers, bits in zip(sides, (described.m_a, described.m_w), strict=True):
            by_lane = np.zeros((*shape[:3], shape[3] * WORD_BITS), numbers.dtype)
            by_lane[..., :network.length] = numbers.reshape(
                (described.passes, described.chunks, network.length, described.lanes)).swapaxes(2, 3)
            for b in range(bits):
                words = np.packbits(by_lane.reshape(-1) & (1 << b) != 0, bitorder="little").view("<u8").reshape(shape)
                planes[plane, :, :, position] = np.moveaxis(words, 3, 0)
                plane += 1


def checked_numbers(network: Network, streams: Streams, layer: int, slot: int) -> tuple[Numbers, Numbers]:
    """``streams.numbers(layer, slot)``, or an `InputError` where they do not fit the network."""
    described = network.layers[layer]
    expected = (described.steps(network.length), described.lanes)
    activations, weights = streams.numbers(layer, slot)
    for side, numbers, bits in (("activation", activations, described.m_a), ("weight", weights, described.m_w)):
        if numbers.shape != expected or numbers.dtype.kind != "u":
            raise InputError(f"the {side} random numbers of layer {layer} must be unsigned integers of shape "
                             f"{expected}, not {numbers.dtype} {numbers.shape}; make the streams for this network")
        if int(numbers.max()) >> bits:
            raise InputError(f"the {side} random numbers of layer {layer} must be below {1 << bits}, "
                             f"not {numbers.max()}; make the streams for this network")
    return activations, weights


def lane_numbers(layer: Layer, activations: Numbers, weights: Numbers) -> tuple[Numbers, Numbers]:
    """Random numbers of a layer's lanes, shape (steps, lanes), from those of its groups, shape (samples, groups)."""
    return (_of_lanes(layer.activation_side, layer.fill, activations),
            _of_lanes(layer.weight_side, layer.fill, weights))


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
    """Independent uniform random numbers, each slot of each layer from a generator of its own.

    Junctions of tuned sources give independent bits of their probability. Layers that share junctions have one
    generator.

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

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `Streams.numbers`."""
        described = self.network.layers[layer]
        samples = described.samples(self.network.length)
        if self.network.shared_layers:
            bits = _bernoulli(np.random.SFC64([self.seed, slot]), max(self.network.samples),
                              self.network.device_probabilities)
            return numbers_of_bits(described, bits[:described.devices, :samples])
        source = np.random.SFC64([self.seed, layer, slot])
        if any(side.tuned for side in described.sides):
            return numbers_of_bits(described, _bernoulli(source, samples, described.probabilities))
        return lane_numbers(described, *(_uniform(source, (samples, side.groups), side.bits)
                                         for side in described.sides))


def _uniform(source: np.random.SFC64, shape: tuple[int, int], bits: int) -> Numbers:
    """Uniform ``bits``-bit numbers, cut from the generator's 64-bit words in little-endian order."""
    dtype = np.dtype("u1" if bits <= 8 else "<u2")
    if bits == 0:
        return np.zeros(shape, dtype)
    count = shape[0] * shape[1]
    words: Any = source.random_raw(-(-count * dtype.itemsize // 8))
    numbers = words.astype("<u8", copy=False).view(dtype)[:count]
    numbers &= (1 << bits) - 1
    return numbers.reshape(shape)  # type: ignore[no-any-return]


def _bernoulli(source: np.random.SFC64, samples: int, probabilities: npt.NDArray[np.float64]) -> Bits:
    """Bits of the given P(1), shape (devices, samples), each from 32 bits of the generator's words."""
    count = samples * len(probabilities)
    words: Any = source.random_raw(-(-count // 2))
    drawn = words.astype("<u8", copy=False).view("<u4")[:count].reshape(len(probabilities), samples)
    limits = np.rint(probabilities * 2.0**32).astype(np.uint64)
    return (drawn < limits[:, None]).astype(np.uint8)  # type: ignore[no-any-return]


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
        lanes_before = sum(earlier.lanes for earlier in self.network.layers[:layer])
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
