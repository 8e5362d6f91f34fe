"""The artifact: what is written reads back, and nothing else does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from spinsc.errors import InputError
from spinsc.models.artifact import load_artifact
from spinsc.models.network import Network
from spinsc.models.outcome import Thresholds
from tests.models.small import hidden, joined, output

Arrays = dict[str, npt.NDArray[Any]]


def test_a_written_network_reads_back(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "folder" / "network.npz"
    network.save(path)
    loaded = load_artifact(path)
    assert loaded.hash == network.hash
    assert loaded.provenance == network.provenance == {"origin": "random", "seed": 1}
    for a, b in zip(loaded.layers, network.layers, strict=True):
        assert (a.sides, a.folding, type(a.outcome)) == (b.sides, b.folding, type(b.outcome))
        np.testing.assert_array_equal(a.weights, b.weights)
        np.testing.assert_array_equal(a.outcome.z, b.outcome.z)
    assert os.listdir(path.parent) == ["network.npz"]


def test_infinite_thresholds_read_back(tmp_path: Path) -> None:
    joined(layers=(hidden(outcome=Thresholds(np.array([[-np.inf, np.inf]] * 2))), output())).save(tmp_path / "n.npz")
    assert np.isinf(load_artifact(tmp_path / "n.npz").layers[0].outcome.z).all()


def test_an_interrupted_write_leaves_the_old_file(network: Network, tmp_path: Path,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "network.npz"
    network.save(path)
    before = path.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="no space left"):
        network.with_length(99).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["network.npz"]


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
    network.save(path)
    content = path.read_bytes()
    path.write_bytes(content[:int(part * len(content))])
    assert_refused(path, "not a readable network file .*; give a file written by 'spinsc train'")


def test_flipped_bits_are_noticed(network: Network, tmp_path: Path) -> None:
    path = tmp_path / "network.npz"
    network.save(path)
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


def assigned(index: Any, value: float) -> Callable[[npt.NDArray[Any]], None]:
    return lambda array: array.__setitem__(index, value)


def change_meta(*path: str | int, value: Any) -> Callable[[Arrays, dict[str, Any]], None]:
    def apply(_: Arrays, meta: dict[str, Any]) -> None:
        target: Any = meta
        for key in path[:-1]:
            target = target[key]
        target[path[-1]] = value
    return apply


CHANGES: list[tuple[Callable[[Arrays, dict[str, Any]], Any], str]] = [
    (change_array("layer0_weights", assigned((1, 2), 4)), "from 0 to 3, but neuron 1, input 2 has 4"),
    (change_array("layer0_weights", lambda w: assigned((0, 0), (w[0, 0] + 1) % 4)(w)), "changed after it was written"),
    (change_array("layer0_z_thresholds", assigned((1, 0), 99.0)), "entry 1 of neuron 1 is .* after 99"),
    (change_array("layer0_z_thresholds", assigned((1, 0), np.nan)), "NaN"),
    (change_array("layer0_z_thresholds", assigned((1, 0), -9.0)), "layer0_thresholds does not follow"),
    (change_array("layer0_thresholds", assigned((1, 0), 0)), "layer0_thresholds does not follow"),
    (change_array("layer1_biases", assigned(0, 33)), "layer1_biases does not follow"),
    (change_array("layer1_z_biases", assigned(0, np.nan)), "finite"),
    (change_array("input_thresholds", assigned(0, 255)), "input_thresholds must not descend"),
    (change_array("input_thresholds", assigned(0, -1)), "from 0 to 256"),
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
    network.save(path)
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    meta = json.loads(arrays.pop("meta").tobytes())
    change(arrays, meta)
    np.savez(path, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)
    assert_refused(path, message)
