"""Coverage of a run: every kind of threshold of a network, filled from the golden model's traces."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from spinsc.models.golden.evaluation import evaluate_batches
from spinsc.models.golden.trace import Trace
from spinsc.models.network import Network
from spinsc.models.outcome import Thresholds
from spinsc.models.streams.protocol import Streams
from spinsc.sim.coverage.activation import ActivationThresholds
from spinsc.sim.coverage.argmax import MOST_CLASSES, Argmax
from spinsc.sim.coverage.comparators import ComparatorLevels
from spinsc.sim.coverage.pixels import PixelThresholds
from spinsc.sim.coverage.reach import Reach
from spinsc.sim.coverage.told import Told


class Collector:
    """What consecutive images tell apart.

    Parameters
    ----------
    network : Network
    streams : Streams
        Made for it.
    quantizers : int
        Pixels of a beat, each of which has a quantizer of its own.
    """

    def __init__(self, network: Network, streams: Streams, quantizers: int = 1) -> None:
        self.network = network
        self.reach = Reach(network, streams)
        layers = range(len(network.layers))
        self.activations = [ActivationThresholds(network, number) for number in layers
                            if isinstance(network.layers[number].outcome, Thresholds)]
        self.comparators = [ComparatorLevels(network, streams, number) for number in layers
                            if network.arithmetic == "stochastic"]
        self.pixels = PixelThresholds(network, streams, quantizers)
        self.argmax = Argmax(network.classes) if network.classes <= MOST_CLASSES else None

    def add(self, images: npt.NDArray[np.uint8], trace: Trace, first: int) -> None:
        """Take note of images, the first of which is number ``first``, and their trace."""
        for activation in self.activations:
            activation.add(trace)
        for comparators in self.comparators:
            comparators.add(trace, first)
        self.pixels.add(images, trace, first)
        if self.argmax is not None:
            self.argmax.add(trace)

    def of_inputs(self) -> list[Told]:
        """Levels of comparators and pixels, which any images may meet."""
        return [*(told for comparators in self.comparators for told in comparators.told()), self.pixels.told()]

    def told(self) -> list[Told]:
        """All thresholds, kind by kind and layer by layer."""
        return [*(activation.told(self.reach) for activation in self.activations),
                *self.of_inputs(), *([] if self.argmax is None else [self.argmax.told()])]


def coverage(network: Network, streams: Streams, images: npt.NDArray[np.uint8], *, first: int = 0, quantizers: int = 1,
             ) -> list[Told]:
    """What the images from number ``first`` on tell apart, by the golden model."""
    collector = Collector(network, streams, quantizers)
    for trace in evaluate_batches(network, images, streams, first=first):
        part = images[:len(trace)]
        collector.add(part, trace, first)
        images, first = images[len(part):], first + len(part)
    return collector.told()


def summary(told: list[Told]) -> list[dict[str, Any]]:
    """Counts of every kind and layer in values of JSON."""
    return [item.data for item in told]
