"""Descriptions of networks: derived integers, folding, the artifact, and one-line errors for all that is wrong."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact, save_artifact
from spinsc.models.builders import balanced_folding, random_network
from spinsc.models.contract import default_comparator_thresholds, default_random_bits
from spinsc.models.layer import Folding, Layer, Scores, Thresholds
from spinsc.models.network import Network
from spinsc.models.side import Side

Arrays = dict[str, npt.NDArray[Any]]


@pytest.fixture(scope="module")
def network() -> Network:
    return random_network((12, 5, 3), input_states=5, weight_states=4, activation_states=3, length=20, seed=1,
                          folding=[Folding(5, 2), Folding(5, 3)])


def hidden(**changes: Any) -> Layer:
    fields: dict[str, Any] = {
        "weights": np.zeros((2, 4), np.uint8), "activation": Side(3), "weight": Side(3), "folding": Folding(4, 2),
        "outcome": Thresholds(np.array([[-1.0, 1.0], [0.0, 0.5]]))}
    return Layer(**(fields | changes))


def output(**changes: Any) -> Layer:
    fields: dict[str, Any] = {
        "weights": np.zeros((3, 2), np.uint8), "activation": Side(3), "weight": Side(3), "folding": Folding(2, 3),
        "outcome": Scores(np.zeros(3))}
    return Layer(**(fields | changes))


def joined(**changes: Any) -> Network:
    fields: dict[str, Any] = {"layers": (hidden(), output()), "input_thresholds": np.array([85, 170]), "length": 10}
    return Network(**(fields | changes))


@pytest.mark.parametrize(("states", "bits"), [(2, 0), (3, 1), (5, 2), (9, 3), (11, 8), (4, 8), (17, 4), (129, 7),
                                              (256, 8)])
def test_default_random_bits(states: int, bits: int) -> None:
    assert default_random_bits(states) == bits


@pytest.mark.parametrize("states", [2, 3, 4, 5, 11, 17, 255, 256])
@pytest.mark.parametrize("bits", [0, 1, 2, 7, 8, 16])
def test_comparator_thresholds_are_rounded_half_up(states: int, bits: int) -> None:
    expected = [math.floor(Fraction(2**bits * k, states - 1) + Fraction(1, 2)) for k in range(states)]
    assert default_comparator_thresholds(states, bits).tolist() == expected
    assert expected[0] == 0
    assert expected[-1] == 2**bits


@pytest.mark.parametrize("length", [1, 16, 99, 100, 1000])
def test_integers_follow_for_any_length(length: int) -> None:
    z_thresholds = np.sort(np.random.default_rng(1).normal(0, 9, (40, 4)), axis=1)
    z_thresholds[0] = [-np.inf, -12.0, 12.0, np.inf]
    z_biases = np.random.default_rng(2).normal(0, 9, 40)
    weights = np.zeros((40, 12), np.uint8)
    layer = Layer(weights, Side(3), Side(3), Folding(12, 40), Thresholds(z_thresholds))
    full_scale = 12 * length
    for z_row, row in zip(z_thresholds.tolist(), layer.outcome_integers(length).tolist(), strict=True):
        for z, threshold in zip(z_row, row, strict=True):
            wanted = z if math.isinf(z) else math.ceil(length * (12 + z) / 2)
            assert threshold == min(max(wanted, 0), full_scale + 1)
    assert layer.outcome_integers(length)[0].tolist() == [0, 0, full_scale, full_scale + 1]
    biases = dataclasses.replace(layer, outcome=Scores(z_biases)).outcome_integers(length)
    assert biases.tolist() == [min(max(round(length * z / 2), -full_scale), full_scale) for z in z_biases.tolist()]


def test_biases_round_half_to_even() -> None:
    layer = output(outcome=Scores(np.array([1.0, 3.0, -5.0])))
    assert layer.outcome_integers(1).tolist() == [0, 2, -2]
    assert output(outcome=Scores(np.array([1e9, -1e9, 0]))).outcome_integers(7).tolist() == [14, -14, 0]


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


def test_balanced_folding_gives_all_layers_the_same_chunks() -> None:
    sizes = (784, 512, 100, 10)
    folding = balanced_folding(sizes)
    assert [each.units for each in folding] == [512, 100, 10]
    assert {-(-inputs // each.lanes) for inputs, each in zip(sizes, folding, strict=False)} == {13}
    assert max(each.lanes for each in folding) <= 64


def test_arrays_are_frozen(network: Network) -> None:
    for array in (network.layers[0].weights, network.layers[0].outcome.z, network.input_thresholds):
        assert array is not None
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_written_network_reads_back(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "network.npz"
    save_artifact(network, path)
    loaded = load_artifact(path)
    assert loaded.hash == network.hash
    assert loaded.provenance == network.provenance == {"origin": "random", "seed": 1}
    for a, b in zip(loaded.layers, network.layers, strict=True):
        assert (a.sides, a.folding, type(a.outcome)) == (b.sides, b.folding, type(b.outcome))
        np.testing.assert_array_equal(a.weights, b.weights)
        np.testing.assert_array_equal(a.outcome.z, b.outcome.z)
    assert os.listdir(path.parent) == ["network.npz"]


def test_infinite_thresholds_read_back(tmp_path: Path) -> None:
    save_artifact(joined(layers=(hidden(outcome=Thresholds(np.array([[-np.inf, np.inf]] * 2))), output())),
                  tmp_path / "n.npz")
    assert np.isinf(load_artifact(tmp_path / "n.npz").layers[0].outcome.z).all()


def test_an_interrupted_write_leaves_the_old_file(network: Network, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "network.npz"
    save_artifact(network, path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        save_artifact(network.with_length(99), path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["network.npz"]


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


BAD_LAYERS: list[tuple[Callable[[], object], str]] = [
    (lambda: hidden(weights=np.zeros((2, 4))), "non-empty integer matrix"),
    (lambda: hidden(weights=np.zeros(4, np.uint8)), "non-empty integer matrix"),
    (lambda: hidden(weights=np.zeros((0, 4), np.uint8)), "non-empty integer matrix"),
    (lambda: hidden(weights=np.full((2, 4), 3, np.uint8)), "from 0 to 2, but neuron 0, input 0 has 3"),
    (lambda: hidden(weights=np.full((2, 4), -1)), "has -1"),
    (lambda: Side(1), r"states \(K\) must be from 2 to 256, not 1"),
    (lambda: Side(257), r"states \(K\) must be from 2 to 256, not 257"),
    (lambda: Side(3, 17), r"random bits \(m\) must be from 0 to 16, not 17"),
    (lambda: Side(3, -1), r"random bits \(m\) must be from 0 to 16, not -1"),
    (lambda: hidden(folding=Folding(0, 2)), r"lanes \(S\) must be from 1 to 4, not 0"),
    (lambda: hidden(folding=Folding(5, 2)), r"lanes \(S\) must be from 1 to 4, not 5"),
    (lambda: hidden(folding=Folding(4, 0)), r"\(P\) must be from 1 to 2, not 0"),
    (lambda: hidden(folding=Folding(4, 3)), r"\(P\) must be from 1 to 2, not 3"),
    (lambda: hidden(folding=Folding(4, 2, 0)), r"unroll \(B\) must be at least 1, not 0"),
    (lambda: Thresholds(np.zeros(3)), r"shape \(neurons, 1..255\), not \(3,\)"),
    (lambda: Thresholds(np.zeros((3, 256))), r"shape \(neurons, 1..255\), not \(3, 256\)"),
    (lambda: Thresholds(np.array([[0, np.nan], [0, 1]])), "NaN"),
    (lambda: Thresholds(np.array([[0, 1.0], [1, 0.5]])), "entry 1 of neuron 1 is 0.5 after 1.0"),
    (lambda: Scores(np.zeros((3, 1))), r"shape \(neurons,\), not \(3, 1\)"),
    (lambda: Scores(np.array([0, np.nan])), "finite"),
    (lambda: Scores(np.array([0, np.inf])), "finite"),
    (lambda: hidden(outcome=Thresholds(np.zeros((3, 2)))), "2 neurons has thresholds for each of them, not for 3"),
    (lambda: hidden(outcome=Scores(np.zeros(3))), "2 neurons has biases for each of them, not for 3"),
]


@pytest.mark.parametrize(("make", "message"), BAD_LAYERS)
def test_bad_layers_are_one_line(make: Callable[[], object], message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        make()
    assert "\n" not in str(error.value)


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


@pytest.mark.parametrize(("change", "message"), [({"lanes": 0}, r"\(S\) must be at least 1, not 0"),
                                                 ({"units": 0}, r"\(P\) must be at least 1, not 0")])
def test_bad_folding_is_one_line(change: dict[str, int], message: str, network: Network) -> None:
    with pytest.raises(InputError, match=message):
        network.with_folding(**change)


def assert_refused(path: Path, message: str) -> None:
    with pytest.raises(InputError, match=message) as error:
        load_artifact(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path / "none.npz", "no network file")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert_refused(tmp_path, "not a readable network file")


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.6, 0.99])
def test_a_truncated_file_is_refused(part: float, network: Network, tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    save_artifact(network, path)
    content = path.read_bytes()
    path.write_bytes(content[:int(part * len(content))])
    assert_refused(path, "not a readable network file .*; give a file written by 'spinsc train'")


def test_flipped_bits_are_noticed(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    save_artifact(network, path)
    content = path.read_bytes()
    messages = []
    for position in range(0, len(content), 7):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0x10]) + content[position + 1:])
        try:
            loaded = load_artifact(path)
        except InputError as error:
            messages.append(str(error))
        else:  # a bit that says nothing, such as a time in the archive
            assert loaded.hash == network.hash
    assert len(messages) > 100
    assert not any("\n" in message for message in messages)


@pytest.mark.parametrize("content", [b"", b"time,voltage\n0,1\n", b"\x93NUMPY\x01\x00", b"PK\x03\x04 not an archive",
                                     bytes(range(256)) * 10])
def test_foreign_files_are_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "foreign.npz"
    path.write_bytes(content)
    assert_refused(path, "not a readable network file")


def test_foreign_arrays_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "foreign.npz", weights=np.zeros(3))
    assert_refused(tmp_path / "foreign.npz", "not a readable network file")
    np.save(tmp_path / "single.npy", np.zeros(3))
    assert_refused(tmp_path / "single.npy", "not a readable network file")
    np.savez(tmp_path / "objects.npz", meta=np.array([{"a": 1}], dtype=object))
    assert_refused(tmp_path / "objects.npz", "not a readable network file")


def change_array(name: str, change: Callable[[npt.NDArray[Any]], None]) -> Callable[[Arrays, dict[str, Any]], None]:
    def apply(arrays: Arrays, _: dict[str, Any]) -> None:
        change(arrays[name])
    return apply


def put(index: Any, value: float) -> Callable[[npt.NDArray[Any]], None]:
    return lambda array: array.__setitem__(index, value)


def change_meta(*path: str | int, value: Any) -> Callable[[Arrays, dict[str, Any]], None]:
    def apply(_: Arrays, meta: dict[str, Any]) -> None:
        target: Any = meta
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
    return apply


CHANGES: list[tuple[Callable[[Arrays, dict[str, Any]], Any], str]] = [
    (change_array("layer0_weights", put((1, 2), 4)), "from 0 to 3, but neuron 1, input 2 has 4"),
    (change_array("layer0_weights", lambda w: put((0, 0), (w[0, 0] + 1) % 4)(w)), "changed after it was written"),
    (change_array("layer0_z_thresholds", put((1, 0), 99.0)), "entry 1 of neuron 1 is .* after 99"),
    (change_array("layer0_z_thresholds", put((1, 0), np.nan)), "NaN"),
    (change_array("layer0_z_thresholds", put((1, 0), -9.0)), "layer0_thresholds does not follow"),
    (change_array("layer0_thresholds", put((1, 0), 0)), "layer0_thresholds does not follow"),
    (change_array("layer1_biases", put(0, 33)), "layer1_biases does not follow"),
    (change_array("layer1_z_biases", put(0, np.nan)), "finite"),
    (change_array("input_thresholds", put(0, 255)), "input_thresholds must not descend"),
    (change_array("input_thresholds", put(0, -1)), "from 0 to 256"),
    (lambda arrays, _: arrays.pop("layer0_thresholds"), "incomplete"),
    (lambda arrays, _: arrays.pop("layer1_z_biases"), "either z_thresholds"),
    (lambda arrays, _: arrays.pop("layer1_weights"), "incomplete"),
    (lambda arrays, _: arrays.pop("input_thresholds"), "incomplete"),
    (lambda arrays, _: arrays.update(layer0_weights=arrays["layer0_weights"].astype(float)), "integer matrix"),
    (change_meta("format", value="other"), "not a spinsc network"),
    (change_meta("version", value=2), "format version 2, this spinsc reads 1"),
    (change_meta("length", value=0), "must be from 1 to"),
    (change_meta("length", value=21), "does not follow"),
    (change_meta("length", value=None), "incomplete"),
    (change_meta("layers", value=3), "incomplete"),
    (change_meta("layers", value=[]), "at least one layer"),
    (change_meta("layers", 0, "lanes", value=0), r"lanes \(S\) must be from 1 to 12, not 0"),
    (change_meta("layers", 0, "units", value=0), r"\(P\) must be from 1 to 5, not 0"),
    (change_meta("layers", 0, "lanes", value=6), "changed after it was written"),
    (change_meta("layers", 0, "lanes", value="all"), "incomplete"),
    (change_meta("layers", 0, "speed", value=9), "incomplete"),
    (change_meta("layers", 0, "weight_states", value=300), "from 2 to 256, not 300"),
    (change_meta("hash", value="0" * 64), "changed after it was written"),
]


@pytest.mark.parametrize(("change", "message"), CHANGES)
def test_changed_contents_are_refused(change: Callable[[Arrays, dict[str, Any]], Any], message: str, network: Network,
                                      tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    save_artifact(network, path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    meta = json.loads(arrays.pop("meta").tobytes())
    change(arrays, meta)
    np.savez(path, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)
    assert_refused(path, message)


def test_random_network_uses_every_state() -> None:
    network = random_network((100, 50, 10), input_states=5, weight_states=5, activation_states=5, length=50, seed=1)
    assert len(np.unique(network.layers[0].weights)) == 5
    again = random_network((100, 50, 10), input_states=5, weight_states=5, activation_states=5, length=50, seed=1)
    assert again.hash == network.hash
