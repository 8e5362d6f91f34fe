"""Pixel thresholds of the input quantizer: a pixel against theta[k], in each of the quantizers that share a beat.

States of pixels are not compared themselves, so a threshold is told from a neighbour where what it changes in an image
changes an accumulator of the first layer; that is worked out exactly.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spinsc.models.contract import PIXEL_LEVELS
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.counts import Counts, countable
from spinsc.sim.coverage.told import LOWER, Flags, Told

NO_PIXEL = "no pixel is that dark or that bright"
#: Slots of random numbers that are looked at, and images at a time.
MOST_SLOTS, _AT_ONCE = 32, 256


class PixelThresholds:
    """Those of all quantizers, filled image by image.

    Parameters
    ----------
    network : Network
    streams : Streams
    quantizers : int
        Pixels that come in at a time.
    """

    def __init__(self, network: Network, streams: Streams, quantizers: int) -> None:
        self.network, self.streams, self.quantizers = network, streams, quantizers
        self.values = np.stack([network.input_thresholds - 1, network.input_thresholds])
        impossible = (self.values < 0) | (self.values >= PIXEL_LEVELS)
        self.same = np.broadcast_to(impossible[:, None], (2, quantizers, self.values.shape[1]))
        self.seen: Flags = np.zeros(self.same.shape, bool)
        self.looked_at: set[int] = set()

    def add(self, pixels: npt.NDArray[np.uint8], trace: Trace, first: int) -> None:
        """Take note of some images, the first of which is number ``first``."""
        period = self.streams.period
        for start in range(min(period, len(pixels))):
            slot = (first + start) % period
            if slot in self.looked_at or len(self.looked_at) < MOST_SLOTS:
                self.looked_at.add(slot)
                for begin in range(start, len(pixels), period * _AT_ONCE):
                    if (self.seen | self.same).all() or not countable(self.network, 0):
                        return
                    rows = slice(begin, begin + period * _AT_ONCE, period)
                    self._look(slot, pixels[rows], trace.input_states[rows])

    def _look(self, slot: int, pixels: npt.NDArray[np.uint8], states: npt.NDArray[np.uint8]) -> None:
        effects = None
        for neighbour, k in np.argwhere(~(self.seen | self.same).all(1)):
            missing = ~(self.seen | self.same)[neighbour, :, k]
            met = (pixels == self.values[neighbour, k]) & missing[np.arange(pixels.shape[1]) % self.quantizers]
            images, inputs = np.nonzero(met)
            if not len(images):
                continue
            if effects is None:
                effects = Counts(self.network, self.streams, 0, slot).of_neurons()
            change = 1 if neighbour == LOWER else -1
            now = states[images, inputs].astype(np.int64)
            differences = effects[:, inputs, now + change] - effects[:, inputs, now]  # (neurons, pixels met)
            places = images * self.quantizers + inputs % self.quantizers
            groups, which = np.unique(places, return_inverse=True)
            order = np.argsort(which, kind="stable")
            starts = np.searchsorted(which[order], np.arange(len(groups)))
            changed = np.add.reduceat(differences[:, order], starts, axis=1).any(0)
            self.seen[neighbour, groups[changed] % self.quantizers, k] = True

    def told(self) -> Told:
        """What was told apart."""
        return Told("pixel", None, self.seen, {NO_PIXEL: self.same})
