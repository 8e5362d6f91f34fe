"""Ideal random numbers, for studies without hardware: independent bits of the probability that the plan says."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.errors import InputError
from spinsc.integers import ceil_div
from spinsc.models.network import Network
from spinsc.models.streams.lanes import numbers_of_bits
from spinsc.models.streams.protocol import WORD_BITS, WORD_BYTES, Numbers, PackedBits, Slots

# of a random number that decides a bit of a tuned junction
_BERNOULLI_BITS = 32


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
        packed = self.packed(layer, np.array([slot])).samples
        bits = np.unpackbits(packed, axis=1, count=described.samples(self.network.length), bitorder="little")
        return numbers_of_bits(described, bits)

    def packed(self, layer: int, slots: Slots) -> PackedBits:
        """See `PackedStreams.packed`."""
        # with the compiler, which not everyone who reads random numbers needs
        from spinsc.models.streams.splitmix import draw

        network, described = self.network, self.network.layers[layer]
        shared = network.shared_layers
        samples = max(network.samples) if shared else described.samples(network.length)
        probabilities = network.device_probabilities if shared else described.probabilities
        tuned = bool((probabilities != 0.5).any())
        different, which = np.unique(np.asarray(slots, np.uint64), return_inverse=True)
        width = ceil_div(samples, WORD_BITS)
        shape = len(probabilities), len(different), width * (_BERNOULLI_BITS if tuned else 1)
        words: npt.NDArray[np.uint64] = np.empty(shape, "<u8")
        draw(self._places[0 if shared else layer], different, words)
        if tuned:
            limits = np.rint(probabilities * 2.0**_BERNOULLI_BITS).astype(np.uint64)
            words = np.packbits(words.view("<u4") < limits[:, None, None], axis=2, bitorder="little").view("<u8")
        packed = words[:described.devices].view(np.uint8).reshape(described.devices,
                                                                  len(different) * width * WORD_BYTES)
        return PackedBits(packed, which.astype(np.int64) * width * WORD_BITS + described.fill)
