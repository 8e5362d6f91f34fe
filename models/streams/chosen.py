"""Some images of the period of other streams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spinsc.models.network import Network
from spinsc.models.streams.packing import packed_bits
from spinsc.models.streams.protocol import Numbers, PackedBits, Slots, Streams


class ChosenSlots:
    """Random numbers of some images of the period of others, in any order, as a period of their own.

    Parameters
    ----------
    network : Network
    streams : Streams
        Made for it.
    slots : integers, shape (period,)
        The slot of ``streams`` that each slot is.
    """

    def __init__(self, network: Network, streams: Streams, slots: Slots | Sequence[int]) -> None:
        self.network, self.streams = network, streams
        self.slots = np.asarray(slots, np.int64)
        self.period = len(self.slots)

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `Streams.numbers`."""
        return self.streams.numbers(layer, int(self.slots[slot]))

    def packed(self, layer: int, slots: Slots) -> PackedBits:
        """See `PackedStreams.packed`."""
        return packed_bits(self.network, self.streams, layer, self.slots[slots])
