"""Emitted networks against the oracle: memories, places of devices, and every word that the simulated Verilog gives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from spinsc.gen.emit import emit
from spinsc.gen.random_sources.replay import Replay
from spinsc.gen.random_sources.source import RandomSource, RecordedImage
from spinsc.models.golden.trace import Trace
from spinsc.sim.cosim import shards
from spinsc.sim.cosim.run import cosimulate
from tests.oracle import contract
from tests.oracle.cases import Case, draw_case, parts
from tests.test_oracle import built, streams_of
from tests.test_oracle_lies import LIES

#: Case, parts of its plan, its source of random numbers, and B.
CASES = {
    "recorded bits, delayed": (
        partial(draw_case, 26, sizes=(20, 9, 5, 3), shared=False, images=6),
        {"groups", "blocks", "delays", "tuned", "calibrated"}, "ports", 1),
    "LFSRs, several time steps per cycle": (
        partial(draw_case, 9, lfsr=True, sizes=(17, 8, 4), images=6), {"groups", "blocks", "calibrated", "width"},
        "lfsr", 5),
    "shared layers, replayed": (
        partial(draw_case, 10, sizes=(12, 7, 5), shared=True, period=1, images=6),
        {"groups", "blocks", "delays", "tuned", "shared"}, "replay", 1),
}


def source_of(case: Case, name: str) -> RandomSource | str:
    """With the bits of the first image, taken from the recording by the oracle's device numbers."""
    if name != "replay":
        return name
    assert case.recording is not None
    network = case.network
    return Replay(RecordedImage({
        number: case.recording[first:first + layer.D, :layer.steps(network.L)].T
        for number, (first, layer) in enumerate(zip(network.first_devices, network.layers, strict=True))}, "the test"))


def integers(path: Path, width: int, count: int) -> npt.NDArray[np.int64]:
    """Of a memory image of words of `count` integers, the first lowest; (words, count)."""
    words = [int(line, 16) for line in path.read_text().split()]
    return np.array([[word >> number * width & (1 << width) - 1 for number in range(count)] for word in words])


def wrong_memories(directory: Path, network: contract.Network) -> Iterator[str]:
    """Memory images that do not hold the oracle's integers."""
    manifest = json.loads((directory / "manifest.json").read_text())
    if integers(directory / "mem" / "input_thresholds.mem", 9, len(network.theta)).tolist() != [list(network.theta)]:
        yield "input_thresholds.mem"
    for layer, entry in zip(network.layers, manifest["layers"], strict=True):
        largest = layer.I * network.L
        if layer.z_biases is None:
            expected = layer.integer_thresholds(network.L)
            width = (largest + 1).bit_length()
        else:
            width = largest.bit_length() + 1
            expected = layer.integer_biases(network.L)[:, None] % 2**width
        if not np.array_equal(integers(directory / "mem" / entry["outcome_file"], width, expected.shape[1]), expected):
            yield entry["outcome_file"]


def trace_of(case: Case) -> Trace:
    results, layers = case.results, case.network.layers
    return Trace(np.array([result.input_states for result in results], np.uint8),
                 [np.array([result.accumulators[n] for result in results], np.int32) for n in range(len(layers))],
                 [np.array([result.states[n] for result in results], np.uint8) for n in range(len(layers) - 1)],
                 np.array([result.scores for result in results]), np.array([result.digit for result in results]))


@pytest.mark.parametrize("name", CASES)
def test_every_word(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulation is compared with the oracle in place of the golden model."""
    make, of_plan, source, unroll = CASES[name]
    case = make()
    assert parts(case.network) == of_plan
    network = built(case.network).with_folding(unroll=unroll)
    manifest = emit(network, tmp_path / "hw", source=source_of(case, source))
    assert list(wrong_memories(tmp_path / "hw", case.network)) == []
    assert manifest.devices == case.network.devices
    assert [(entry.devices.first, entry.devices.count, entry.fill_steps) for entry in manifest.layers] == [
        (first, layer.D, layer.F) for first, layer in zip(case.network.first_devices, case.network.layers, strict=True)]

    expected = trace_of(case)
    monkeypatch.setattr(shards, "evaluate_batches", lambda *args, **options: iter([expected]))
    report = cosimulate(tmp_path / "hw", case.pixels, expected.classes,
                        streams_of(case, network) if source == "ports" else None, first=case.first)
    assert report.comparison.listed == []
    assert report.passed
    assert report.comparison.correct == len(case.pixels)
    words: list[npt.NDArray[Any]] = [*expected.accumulators, *expected.states, expected.scores, expected.classes]
    assert report.comparison.words == sum(array.size for array in words)


@pytest.mark.parametrize("lie", ["thresholds by floor", "biases by trunc"])
def test_lies_about_memories_are_found(lie: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = draw_case(9, lfsr=True, sizes=(5, 6, 8), images=1)
    LIES[lie][0](monkeypatch)
    emit(built(case.network), tmp_path / "hw")
    assert list(wrong_memories(tmp_path / "hw", case.network)) == [
        "layer0_thresholds.mem" if "thresholds" in lie else "layer1_biases.mem"]
