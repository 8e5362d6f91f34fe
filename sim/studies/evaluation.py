"""Accuracy on the whole test set with exact bits, as all studies measure it."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from typing import Literal

from spinsc.errors import InputError
from spinsc.models.data.images import Images
from spinsc.models.data.sources import load_dataset
from spinsc.models.golden.evaluation import accuracy
from spinsc.models.network import Network
from spinsc.models.shipped import load_network
from spinsc.models.streams.ideal import IdealStreams
from spinsc.models.streams.protocol import Streams
from spinsc.models.streams.recorded import RecordedStreams
from spinsc.sim.junctions.model import simulate
from spinsc.sim.junctions.smtj import SMTJ
from spinsc.sim.recordings.recording import DEFAULT_PERIOD

_PARTS = 10


@lru_cache(maxsize=2)
def images(split: Literal["train", "test"], folder: str | None = None) -> Images:
    """MNIST, read once in a process."""
    return load_dataset("mnist", split, folder)


def digest_of(name: str) -> str:
    """Beginning of a shipped network's hash, so that cells of another network of this name are told apart."""
    return load_network(name).hash[:12]


def shipped(name: str, digest: str) -> Network:
    """A shipped network, or an `InputError` if its hash does not begin with ``digest``."""
    network = load_network(name)
    if not network.hash.startswith(digest):
        raise InputError(f"{name} is not the network {digest}... of this cell; install the same spinsc everywhere")
    return network


def recorded(network: Network, seed: int, junction: SMTJ | None = None, period: int = DEFAULT_PERIOD) -> Streams:
    """Bits of simulated junctions for ``period`` images, which then repeat; ``junction`` gets the seed."""
    model = dataclasses.replace(junction or SMTJ(), seed=seed)
    return RecordedStreams(simulate(model, network, max(network.samples) * period), network)


def streams(network: Network, seed: int) -> Streams:
    """Bits of simulated junctions, as `recorded`; for a network that takes none, a period that cuts its images up."""
    return recorded(network, seed) if network.devices else IdealStreams(network, seed, _PARTS)


def percent_right(network: Network, streams: Streams, folder: str | None = None, count: int | None = None) -> float:
    """Accuracy in per cent on the first ``count`` test images, by default on all."""
    test = images("test", folder)[:count]
    return round(100 * accuracy(network, test.images, test.labels, streams), 3)
