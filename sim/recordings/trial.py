"""What accuracy some random numbers cost a network: exact bits against ideal ones, on the same images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from spinsc.integers import ceil_div
from spinsc.models.golden.evaluation import evaluate
from spinsc.models.network import Network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.lanes import numbers_of_bits
from spinsc.models.streams.protocol import WORD_BITS, WORD_BYTES, Bits, Numbers, PackedBits, Streams

#: Images of the period whose random numbers are looked at, evenly spread over it, and images of ideal numbers.
SLOTS, IDEAL_SLOTS = 16, 64
#: Times that each image is run, with the random numbers of another slot.
ROUNDS = 8
_MOST_IMAGES = 2000
_SEED = 1

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Loss:
    """Loss of accuracy against ideal random numbers.

    Attributes
    ----------
    points : float
        In per cent of the images; negative if there were more right answers.
    error : float
        Two standard errors of it, by the scatter over the images.
    """

    points: float
    error: float


class Trial:
    """A network on some images, to be run with different random numbers.

    Parameters
    ----------
    network : Network
    images, labels : uint8 (images, inputs), integers (images,)
        Only the first 2,000 are used.
    """

    def __init__(self, network: Network, images: npt.NDArray[np.uint8], labels: npt.NDArray[np.integer]) -> None:
        self.network = network
        self.images, self.labels = images[:_MOST_IMAGES], labels[:_MOST_IMAGES]
        self._best = self._right(IdealStreams(network, _SEED, IDEAL_SLOTS))

    @property
    def ideal_percent(self) -> float:
        """Per cent of the images that are classified right with ideal random numbers."""
        return 100 * float(self._best.mean())

    def loss(self, streams: Streams) -> Loss:
        """What these random numbers cost."""
        less = self._best - self._right(streams)
        # One image more that differs keeps a small error from a few images in its place.
        error = 200 * math.sqrt(float(((less - less.mean()) ** 2).sum()) + 1 / ROUNDS) / len(less)
        return Loss(100 * float(less.mean()), error)

    def _right(self, streams: Streams) -> Floats:
        """Share of the rounds in which each image is classified right."""
        count = len(self.images)
        order = np.concatenate([(np.arange(count) + shift) % count for shift in range(ROUNDS)])
        classes = evaluate(self.network, self.images[order], streams).classes
        right = np.zeros(count)
        np.add.at(right, order, classes == self.labels[order])
        return right / ROUNDS


def spread_slots(period: int, count: int = SLOTS) -> list[int]:
    """Some images of a period, evenly spread, all if there are no more."""
    return [int(slot) for slot in np.unique(np.linspace(0, period - 1, min(period, count)).round())]


class SampleStreams:
    """Random numbers from the samples of each layer's devices.

    Parameters
    ----------
    network : Network
    samples : list of uint8 arrays, shape (devices, slots, samples)
        0 or 1, of each layer.
    """

    def __init__(self, network: Network, samples: Sequence[Bits]) -> None:
        self.network, self.samples = network, samples
        self.period = samples[0].shape[1]
        self._packed: dict[int, Bits] = {}

    def numbers(self, layer: int, slot: int) -> tuple[Numbers, Numbers]:
        """See `Streams.numbers`."""
        return numbers_of_bits(self.network.layers[layer], self.samples[layer][:, slot])

    def packed(self, layer: int, slots: Sequence[int]) -> PackedBits:
        """See `PackedStreams.packed`."""
        devices, count, steps = self.samples[layer].shape
        width = WORD_BYTES * ceil_div(steps, WORD_BITS)
        if layer not in self._packed:
            packed = np.zeros((devices, count, width), np.uint8)
            packed[:, :, :ceil_div(steps, 8)] = np.packbits(self.samples[layer], axis=2, bitorder="little")
            self._packed[layer] = packed.reshape(devices, count * width)
        starts = np.asarray(slots, np.int64) * width * 8 + self.network.layers[layer].fill
        return PackedBits(self._packed[layer], starts)
