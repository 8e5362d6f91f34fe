"""What a source of a network's random numbers gives: the protocols that the golden model reads, with their checks.

``docs/bit-contract.md``, "Random numbers", decides the order of steps and lanes.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.models.network import Network
from spinsc.models.plan import SIDES

Numbers = npt.NDArray[np.unsignedinteger[Any]]
Bits = npt.NDArray[np.uint8]
Slots = npt.NDArray[np.integer[Any]]

WORD_BITS = 64
WORD_BYTES = 8


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

    def packed(self, layer: int, slots: Slots) -> PackedBits:
        """Bits of the random numbers of one layer for some images of the period, the same as `numbers` gives."""
        ...


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
