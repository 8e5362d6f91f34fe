"""The shipped networks, and what is said of other names."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from spinsc.errors import InputError
from spinsc.models.shipped import SHIPPED, ShippedNetwork, load_network


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


def test_load_network_names_the_choices(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'mlp9' is neither a shipped network \(mlp1-k5, .*\) nor a file"):
        load_network("mlp9")
