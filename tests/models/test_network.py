"""Descriptions of networks: what follows, what the hash covers, and one-line errors for all that is wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from spinsc.errors import InputError
from spinsc.models.layer import Folding
from spinsc.models.network import Network
from spinsc.models.outcome import Scores, Thresholds
from spinsc.models.side import Side
from tests.models.small import hidden, joined, output


def test_with_length_changes_the_length_alone(network: Network) -> None:
    longer = network.with_length(33)
    assert longer.length == 33
    assert [layer.weights is other.weights for layer, other in zip(longer.layers, network.layers, strict=True)]
    assert longer.hash != network.hash
    assert longer.with_length(20).hash == network.hash


def test_with_folding_is_cut_to_each_layer(network: Network) -> None:
    folded = network.with_folding(lanes=7, units=4)
    assert [layer.folding for layer in folded.layers] == [Folding(7, 4), Folding(5, 3)]
    assert [(layer.chunks, layer.passes) for layer in folded.layers] == [(2, 2), (1, 1)]
    assert folded.steps == (2 * 2 * 20, 20)
    assert [layer.folding for layer in network.with_folding(units=1).layers] == [Folding(5, 1), Folding(5, 1)]


def test_devices_are_counted_layer_after_layer(network: Network) -> None:
    assert [layer.devices for layer in network.layers] == [5 * (2 + 8), 5 * (1 + 8)]
    assert network.device_bases == (0, 50)
    assert network.devices == 95


def test_arrays_are_frozen(network: Network) -> None:
    for array in (network.layers[0].weights, network.layers[0].outcome.z, network.input_thresholds):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_provenance_is_no_part_of_the_hash(network: Network) -> None:
    assert dataclasses.replace(network, provenance={"other": 1}).hash == network.hash


def test_everything_that_decides_a_bit_is_part_of_the_hash() -> None:
    weights = np.zeros((2, 4), np.uint8)
    weights[1, 3] = 1
    others = [
        joined(length=11), joined(input_thresholds=np.array([85, 171])),
        *(joined(layers=(hidden(**change), output())) for change in (
            {"weights": weights}, {"weight": Side(4, 1)}, {"folding": Folding(3, 2)}, {"folding": Folding(4, 1)},
            {"activation": Side(3, 4)}, {"weight": Side(3, 4)},
            {"outcome": Thresholds(np.array([[-1.0, 1.0], [0.0, 0.6]]))})),
        joined(layers=(hidden(), output(outcome=Scores(np.array([0, 0, 0.3]))))),
    ]
    assert len({joined().hash, *(other.hash for other in others)}) == 1 + len(others)


BAD_NETWORKS: list[tuple[dict[str, Any], str]] = [
    ({"layers": ()}, "at least one layer"),
    ({"layers": (hidden(),)}, "last layer must be an output layer"),
    ({"layers": (hidden(outcome=Scores(np.zeros(2))), output())},
     "layer 0 is an output layer, but 1"),
    ({"layers": (hidden(), output(activation=Side(4)))}, "gives 2 values of 3 states, but layer 1 takes 2 of 4"),
    ({"layers": (hidden(), output(weights=np.zeros((3, 5), np.uint8)))}, "layer 1 takes 5 of 3"),
    ({"length": 0}, r"length \(L\) must be from 1 to 1048576, not 0"),
    ({"length": -3}, "not -3"),
    ({"input_thresholds": np.array([85])}, "must have 2 entries, not 1"),
    ({"input_thresholds": np.array([85.0, 170.0])}, "list of integers, not float64"),
    ({"input_thresholds": np.array([170, 85])}, "entry 1 is 85 after 170"),
    ({"input_thresholds": np.array([-1, 85])}, "from 0 to 256, not -1 to 85"),
    ({"input_thresholds": np.array([85, 257])}, "from 0 to 256, not 85 to 257"),
]


@pytest.mark.parametrize(("change", "message"), BAD_NETWORKS)
def test_bad_networks_are_one_line(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        joined(**change)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("provenance", "message"), [
    ("trained by me", "must be a dict of names and values, not 'trained by me'"), (None, "must be a dict"),
    ({1: 2}, "must be a dict"), ({"epochs": np.int64(3)}, r"provenance 'epochs' .* not np.int64\(3\) .*int\(\)"),
    ({"a": {"b": [np.float32(1)]}}, "provenance 'a' must be a value that JSON can hold"),
    ({"a": {1, 2}}, "provenance 'a'"),
    ({"a": float("nan")}, "provenance 'a'")])
def test_provenance_that_no_file_can_hold_is_refused(provenance: Any, message: str, network: Network) -> None:
    with pytest.raises(InputError, match=message) as error:
        dataclasses.replace(network, provenance=provenance)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("change", "message"), [({"lanes": 0}, r"\(S\) must be at least 1, not 0"),
                                                 ({"units": 0}, r"\(P\) must be at least 1, not 0")])
def test_bad_folding_is_one_line(change: dict[str, int], message: str, network: Network) -> None:
    with pytest.raises(InputError, match=message):
        network.with_folding(**change)
