"""The shipped networks, and what is said of other names."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.models.data.sources import load_dataset
from spinsc.models.golden.evaluation import accuracy
from spinsc.models.shipped import SHIPPED, ShippedNetwork, load_network
from spinsc.sim.recordings.sources import parse_rng


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.name)
def test_shipped_networks(shipped: ShippedNetwork) -> None:
    network = load_network(shipped.name)
    assert network.hash == load_network(shipped.path).hash
    assert network.sizes == (784, *shipped.config.hidden, 10)
    assert network.dataset == shipped.config.dataset
    assert network.length == shipped.config.length
    assert network.provenance["command"] in shipped.command
    hidden = list(shipped.config.hidden)
    settings = dataclasses.asdict(shipped.config) | {"hidden": hidden}
    # those trained before there was a choice had the only input thresholds and noise there were
    assert {"input_thresholds": "even", "noise": "independent"} | network.provenance["settings"] == settings
    assert network.provenance["test_accuracy_percent"] >= (
        89 if shipped.config.dataset == "fashion-mnist" else 96 if "mlp1" in shipped.name
        else 98 if shipped.config.length < 8 else 98.5)


def test_accuracies_are_those_of_the_documents() -> None:
    table = (Path(__file__).parents[2] / "docs" / "networks.md").read_text()
    rows = re.findall(r"^\| `([\w-]+)`.*? \| (\d+\.\d+) % \|", table, re.MULTILINE)
    assert rows == [(shipped.name, f"{shipped.accuracy_percent:.2f}") for shipped in SHIPPED]


def test_an_accuracy_is_that_of_all_test_images() -> None:
    images = load_dataset("mnist", "test")
    shipped, network = SHIPPED[0], load_network(SHIPPED[0].name)
    streams = parse_rng("smtj", network, images=len(images))
    assert round(100 * accuracy(network, images.images, images.labels, streams), 2) == shipped.accuracy_percent


def test_load_network_names_the_choices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'mlp9' is neither a shipped network \(mlp1-k5, .*\) nor a file"):
        load_network("mlp9")
