"""The hardware's LFSRs, computed by a recurrence rather than shift by shift.

``docs/bit-contract.md``, "LFSR", decides the polynomial, the seeds and which bits are taken.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.streams.lanes import lane_numbers
from spinsc.models.streams.protocol import Bits, Numbers

LFSR_BITS = 32
LFSR_TAPS = (31, 21, 1, 0)


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


def lfsr_bits(seeds: npt.NDArray[np.uint32], shifts: int) -> Bits:
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
    """Numbers of ``bits`` bits, shape (steps, lanes): q[bits-1:0] before each ``bits`` shifts."""
    numbers: Numbers = np.zeros((steps, len(seeds)), np.uint8 if bits <= 8 else np.uint16)
    if bits:
        sequence = lfsr_bits(seeds, (steps - 1) * bits)
        for b in range(bits):
            first = LFSR_BITS - 1 - b
            numbers |= sequence[first:first + (steps - 1) * bits + 1:bits].astype(numbers.dtype) << b
    return numbers
