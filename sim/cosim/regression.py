"""The long regression: every shipped network, and odd untrained ones, on all test images through the RTL."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Sequence
from pathlib import Path

from spinsc.errors import InputError
from spinsc.gen.emit import emit
from spinsc.models.builders import random_network
from spinsc.models.data.catalogue import embedded_images
from spinsc.models.data.images import Images
from spinsc.models.data.sources import load_dataset
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.shipped import SHIPPED, load_network
from spinsc.sim.cosim.report import Report
from spinsc.sim.cosim.run import Progress, cosimulate


def odd_network() -> Network:
    """Untrained, with K = 7 weights, K = 3 activations, L = 123, and S, P and B that divide nothing."""
    network = random_network((784, 37, 21, 10), input_states=5, weight_states=7, activation_states=3, length=123,
                             seed=7)
    return network.with_foldings([Folding(61, 15, 2), Folding(11, 8, 5), Folding(9, 4, 50)])


def planned_network() -> Network:
    """Untrained, with a plan of its random numbers that differs from layer to layer."""
    plain = random_network((784, 37, 21, 10), input_states=5, weight_states=7, activation_states=3, length=23, seed=7,
                           folding=[Folding(61, 15), Folding(11, 8), Folding(9, 4)])
    plans = ("activation.groups=1,weight.groups=8,weight.delay=23", "tuned,groups=4,assignment=blocks,delay=1",
             "activation.source=tuned,weight.groups=2")
    return dataclasses.replace(plain, layers=tuple(
        plain.with_plan(plan).layers[number] for number, plan in enumerate(plans)))


UNTRAINED = {"odd": odd_network, "planned": planned_network}


def images_of(dataset: str) -> tuple[Images, str]:
    """The whole test set, or the images in the package where there is no more; and why there is no more."""
    try:
        return load_dataset(dataset, "test"), ""
    except InputError as error:
        return embedded_images(dataset), str(error)


def named_networks(names: Sequence[str]) -> dict[str, Network]:
    """Shipped and untrained networks by name; by default all."""
    chosen = names or [*(shipped.name for shipped in SHIPPED), *UNTRAINED]
    return {name: UNTRAINED[name]() if name in UNTRAINED else load_network(name) for name in chosen}


def regress(name: str, network: Network, images: Images, jobs: int, progress: Progress | None = None) -> Report:
    """Emit, simulate with simulated s-MTJ recordings, and compare every word of every image."""
    with tempfile.TemporaryDirectory(prefix="spinsc-") as folder:
        directory = Path(folder) / name
        emit(network, directory)
        return cosimulate(directory, images.images, images.labels, jobs=jobs, progress=progress)
