"""Accuracy on the whole test set with exact bits, as all studies measure it."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Literal

from spinsc.models.data import Images, load_mnist
from spinsc.models.golden import accuracy
from spinsc.models.network import Network
from spinsc.models.streams import Streams

from ..recording import DEFAULT_PERIOD, RecordedStreams, simulate
from ..smtj import SMTJ


@lru_cache(maxsize=2)
def images(split: Literal["train", "test"], folder: str | None = None) -> Images:
    """MNIST, read once in a process."""
    return load_mnist(split, folder)


def recorded(network: Network, seed: int, junction: SMTJ | None = None, period: int = DEFAULT_PERIOD) -> Streams:
    """Bits of simulated junctions for ``period`` images, which then repeat; ``junction`` gets the seed."""
    model = dataclasses.replace(junction or SMTJ(), seed=seed)
    return RecordedStreams(simulate(model, network, max(network.samples) * period), network)


def percent_right(network: Network, streams: Streams, folder: str | None = None, count: int | None = None) -> float:
    """Accuracy in per cent on the first ``count`` test images, by default on all."""
    test = images("test", folder)[:count]
    return round(100 * accuracy(network, test.images, test.labels, streams), 3)
